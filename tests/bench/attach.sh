#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# attach.sh: what does it take to give a container that runs one more network, and to take it away again? Prints Markdown, a
# chapter of docs/benchmarks.md.
#
# All programs take turns (A B C A B C ...) on one bridge, whose other ports are containers of ctrnet's. As root; works in
# network and mount namespaces of its own. Variables: BENCH (where floor_attach and timer are), CTRNET, ROUNDS, CURVE_ROUNDS,
# WARMUPS, CURVE (how many containers are on the bridge, one behind the other).

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export BENCH=${BENCH:-$top/build/tests/bench} CTRNET=${CTRNET:-$top/build/ctrnet}
. "$here/report.bash"
rounds=${ROUNDS:-40} curve_rounds=${CURVE_ROUNDS:-15} warmups=${WARMUPS:-3} curve=${CURVE:-1 10 100 300 1000}
CNI=${CNI:-/usr/lib/cni} NETAVARK=${NETAVARK:-/usr/lib/podman/netavark}

[ "$(id -u)" = 0 ] || { echo 'attach.sh: must be root' >&2; exit 1; }
for program in "$BENCH/floor_attach" "$BENCH/timer" "$CTRNET"; do
	[ -x "$program" ] || { echo "attach.sh: no $program (run make bench)" >&2; exit 1; }
done
# What runs in the containers ends with the first process.
if [ "${BENCH_INSIDE:-}" != yes ]; then
	BENCH_INSIDE=yes exec unshare --net --mount --pid --fork --kill-child --mount-proc -- "$0" "$@"
fi

# --- the place: a /run of its own, a rootfs, a bridge, a table ---

work=$(mktemp -d /tmp/ctrnet-bench.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
# Namespaces, records and what plugins write down are on a tmpfs, as /run is; and what others would find of the machine's is not.
mount -t tmpfs tmpfs /run
[ ! -d /var/lib/cni ] || mount -t tmpfs tmpfs /var/lib/cni
mkdir -p "$work/rootfs" /run/lock
"$top/tests/rootfs.sh" "$work/rootfs"

bridge=brbench gateway=10.9.0.1
ip link set lo up
ip link add "$bridge" address 02:00:00:00:09:01 type bridge
ip addr add "$gateway/16" dev "$bridge"
ip link set "$bridge" up
sysctl -qw net.ipv4.ip_forward=1
ip netns add bench
ip -n bench link set lo up
# The table that ctrnet has, without what masquerading does not need: for those who have no other.
nft -f - <<-END
	add table inet floor
	add set inet floor links4 { type ipv4_addr . ifname; }
	add set inet floor masquerade4 { type ipv4_addr; }
	add chain inet floor postrouting { type nat hook postrouting priority 100; }
	add rule inet floor postrouting ip saddr . oifname @links4 return
	add rule inet floor postrouting ip saddr @masquerade4 masquerade
END

ctrnet() { "$CTRNET" --root /run/ctrnet "$@"; }

# container ID NETWORK: one that runs, with that network besides its loopback; it ends with us.
container() {
	jq -n --argjson network "$2" '{hostname: "bench", namespaces: ["NEWNS", "NEWUTS", "NEWIPC", "NEWPID", "NEWNET"] | map({type: .}),
		mounts: [{source: "proc", destination: "/proc", device: "proc", flags: 14}],
		networks: [{type: "loopback"}, $network | select(. != null)]}' >"$work/$1.json"
	ctrnet exec --config "$work/$1.json" --id "$1" --rootfs "$work/rootfs" /bin/sleep 1000000 </dev/null >/dev/null 2>"$work/$1.err" &
}

# network NAME-OF-THE-HOST'S-END ADDRESS
network() {
	jq -nc --arg bridge "$bridge" --arg gateway "$gateway" --arg name "$1" --arg address "$2/16" '{type: "veth", bridge: $bridge,
		name: "eth0", host_interface_name: $name, address: $address, gateway: $gateway, masquerade: true}'
}

running() {
	[ "$(ctrnet state "$1" 2>/dev/null | jq -r .status)" = running ]
}

await() {
	until "$@"; do sleep 0.02; done
}

# --- what is run: attach_PROGRAM and detach_PROGRAM, which print microseconds ---

timer() { "$BENCH/timer" "$@"; }

floor_port=$bridge,vfloor,10.9.255.2/16,$gateway
attach_floor() { timer "$BENCH/floor_attach" attach /run/netns/bench "$floor_port"; }
detach_floor() { timer "$BENCH/floor_attach" detach /run/netns/bench "$floor_port"; }

attach_ctrnet() { timer "$CTRNET" --root /run/ctrnet net attach bench "$work/attach.json"; }
detach_ctrnet() { timer "$CTRNET" --root /run/ctrnet net detach bench eth0; }

# By ip(8) and nft(8): in as few starts as can be, and one for each thing.
link_words="link add vshell address fe:00:00:00:09:02 numtxqueues 1 numrxqueues 1 master $bridge up type veth peer name eth0 numtxqueues 1 numrxqueues 1 netns bench"
cat >"$work/host.batch" <<-END
	$link_words
	link set dev vshell alias bench
END
cat >"$work/inside.batch" <<-END
	link set dev eth0 up
	addr add 10.9.255.3/16 dev eth0
	route add default via $gateway
END
for verb in add delete; do
	printf '%s element inet floor %s\n' $verb "links4 { 10.9.255.3 . \"$bridge\" }" $verb 'masquerade4 { 10.9.255.3 }' >"$work/$verb.nft"
done
cat >"$work/batch_attach.sh" <<-END
	ip -batch $work/host.batch && ip -n bench -batch $work/inside.batch && exec nft -f $work/add.nft
END
cat >"$work/batch_detach.sh" <<-END
	nft -f $work/delete.nft && exec ip link delete dev vshell
END
{
	echo 'set -e'
	sed 's/^/ip /' "$work/host.batch"
	sed 's/^/ip -n bench /' "$work/inside.batch"
	sed "s/\(.*floor [a-z0-9]*\) \(.*\)/nft \1 '\2'/" "$work/add.nft"
} >"$work/shell_attach.sh"
{
	echo 'set -e'
	sed "s/\(.*floor [a-z0-9]*\) \(.*\)/nft \1 '\2'/" "$work/delete.nft"
	echo 'ip link delete dev vshell'
} >"$work/shell_detach.sh"
script() { timer PATH="$PATH" sh "$work/$1.sh"; }
attach_batch() { script batch_attach; }
detach_batch() { script batch_detach; }
attach_shell() { script shell_attach; }
detach_shell() { script shell_detach; }

jq -n --arg bridge "$bridge" --arg gateway "$gateway" '{cniVersion: "1.0.0", name: "bench", type: "bridge", bridge: $bridge, isGateway: true,
	ipMasq: true, ipam: {type: "host-local", dataDir: "/run/host-local", routes: [{dst: "0.0.0.0/0"}],
	ranges: [[{subnet: "10.9.0.0/16", rangeStart: "10.9.254.1", rangeEnd: "10.9.254.250", gateway: $gateway}]]}}' >"$work/cni.json"
cni() {
	timer -i "$work/cni.json" PATH="$PATH" CNI_COMMAND="$1" CNI_CONTAINERID=bench CNI_NETNS=/run/netns/bench CNI_IFNAME=eth0 \
		CNI_PATH="$CNI" "$CNI/bridge"
}
attach_cni() { cni ADD; }
detach_cni() { cni DEL; }

jq -n --arg bridge "$bridge" --arg gateway "$gateway" '{container_id: "bench", container_name: "bench",
	networks: {bench: {static_ips: ["10.9.255.4"], interface_name: "eth0"}},
	network_info: {bench: {name: "bench", id: ("b" * 64), driver: "bridge", network_interface: $bridge, created: "2026-01-01T00:00:00Z",
	subnets: [{subnet: "10.9.0.0/16", gateway: $gateway}], ipv6_enabled: false, internal: false, dns_enabled: false,
	ipam_options: {driver: "host-local"}}}}' >"$work/netavark.json"
netavark() { timer -i "$work/netavark.json" PATH="$PATH" "$NETAVARK" --config /run/netavark "$1" /run/netns/bench; }
attach_netavark() { netavark setup; }
detach_netavark() { netavark teardown; }

# In words, and where it comes from; the first is what the others are compared with.
title() {
	case $1 in
	floor) echo 'floor' ;;
	ctrnet) echo 'ctrnet net attach, detach' ;;
	batch) echo '`ip -batch`, `nft -f`' ;;
	shell) echo 'a shell script of `ip` and `nft`' ;;
	cni) echo 'CNI `bridge` with `host-local`, `ipMasq`' ;;
	netavark) echo 'netavark' ;;
	esac
}

programs='floor ctrnet batch shell'
absent=
if [ -x "$CNI/bridge" ] && [ -x "$CNI/host-local" ] && type -P iptables >/dev/null; then programs+=' cni'; else absent+=' CNI plugins (containernetworking-plugins, iptables),'; fi
if [ -x "$NETAVARK" ] && type -P iptables >/dev/null; then programs+=' netavark'; else absent+=' netavark,'; fi

# measure NAME ROUNDS PROGRAM...: fills $work/NAME.PROGRAM.attach and .detach with one time per line
measure() {
	local name=$1 n=$2 i p verb us broken=
	shift 2
	for ((i = -warmups; i < n; i++)); do
		for p; do
			[[ $broken != *" $p "* ]] || continue
			for verb in attach detach; do
				if ! us=$("${verb}_$p" 2>"$work/error"); then
					echo "attach.sh: $name: $p failed to $verb and is left out: $(head -1 "$work/error")" >&2
					[ "$p" != floor ] || exit 1
					rm -f "$work/$name.$p".*
					broken+=" $p "
					break
				fi
				[ "$i" -lt 0 ] || echo "$us" >>"$work/$name.$p.$verb"
			done
			# Who is next must not wait for what the kernel still has to free of this one's.
			sleep 0.05
		done
	done
}

# --- the report ---

# cells NAME PROGRAM VERB: median, spread, ratio
cells() {
	local file=$work/$1.$2.$3 median
	median=$(percentile 50 "$file")
	printf ' %d | %d to %d | %s |' "$median" "$(percentile 10 "$file")" "$(percentile 90 "$file")" \
		"$(ratio "$median" "$(percentile 50 "$work/$1.floor.$3")")"
}

# Of one round's attach and detach.
both() {
	paste "$work/$1.$2.attach" "$work/$1.$2.detach" | awk '{ print $1 + $2 }' >"$work/$1.$2.both"
}

table() {
	local p
	for p in $programs; do
		[ -s "$work/$1.$p.attach" ] || continue
		both "$1" "$p"
		printf '| %s |%s%s%s\n' "$(title "$p")" "$(cells "$1" "$p" attach)" "$(cells "$1" "$p" detach)" "$(cells "$1" "$p" both | cut -d '|' -f 1,3-)"
	done
}

curve_row() {
	local p verb
	printf '| %d |' "$1"
	for p in $curve_programs; do
		for verb in attach detach; do
			[ -s "$work/$1.$p.$verb" ] && printf ' %d |' "$(percentile 50 "$work/$1.$p.$verb")" || printf ' - |'
		done
	done
	echo
}

# --- the runs ---

network vctrnet 10.9.255.1 >"$work/attach.json"
container bench null
await running bench
# Its table is there from the first one on, as is the others'.
container another "$(network vanother 10.9.253.1)"
await running another
measure two "$rounds" $programs

curve_programs=floor\ ctrnet\ batch
[[ $programs != *cni* ]] || curve_programs+=' cni'
ctrnet delete --force another
# On a bridge of its own, so that the table stays.
ip link add brother address 02:00:00:00:09:02 up type bridge
container another "$(network vanother 10.10.0.2 | jq -c '.bridge = "brother" | .address = "10.10.0.2/24" | del(.gateway)')"
await running another
have=1
for n in $curve; do
	for (( ; have < n; have++)); do
		container "c$have" "$(network "vc$have" "10.9.$((have / 250 + 1)).$((have % 250 + 1))")"
		# As many at once as there are processors.
		[ $((have % $(nproc))) != 0 ] || await running "c$have"
	done
	[ "$n" = 1 ] || await running "c$((n - 1))"
	await [ "$(ip -o link show master "$bridge" | wc -l)" = $((n - 1)) ]
	measure "$n" "$curve_rounds" $curve_programs
done

cat <<END

## A network of a container that runs

Attaching one veth to a container that runs, and detaching it: a port of a bridge, an address, a default route, and masquerading
for what leaves. Microseconds of wall time as above. When a program returns, the names that it used are free. Another container is on the bridge
already, so that nobody has to make or remove the bridge or what nftables or iptables share. All programs took turns on that
bridge ($rounds rounds, after $warmups to warm up).

\`floor\` (tests/bench/floor_attach.c) is a bare program that makes the kernel do what ctrnet does in the cheapest way that we know,
without config, plan, journal and state. Both return when the port forwards and so the first packet gets through, and have IPv6 without
a wait for duplicate address detection; the others do neither. What a link that has IPv6 at once says of itself goes to all other ports of the
bridge: with hundreds that is most of an attach. The scripts make the same links and the same elements of sets in nftables; those who
delete a link themselves wait some 20 ms for the kernel, and those who remove elements some 10 ms as they close the socket (ctrnet and the floor
leave a process behind that does both). The CNI plugin and netavark call iptables.
$([ -z "$absent" ] || echo "Not installed here, and left out:${absent%,}.")

Load average at the end: $(cut -d' ' -f1 /proc/loadavg).

| program | attach | spread | × floor | detach | spread | × floor | both | × floor |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
$(table two)

The same by how many containers are on the bridge, this one included (medians of $curve_rounds rounds). All others are ctrnet's, with a namespace, a
process and masquerading each.

| containers |$(for p in $curve_programs; do printf ' %s: attach | detach |' "$p"; done)
|---:|$(for p in $curve_programs; do printf -- '---:|---:|'; done)
$(for n in $curve; do curve_row "$n"; done)
END
