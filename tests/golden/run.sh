#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The plan of each sample, and of a config in each of the older formats (configs/), as --dry-run shows it, compared with
# tests/golden/NAME.txt; configs made of flags; and what is said to bad values of each key of each format (bad_keys/: to one of
# no key's type, with the good configs they are put into; bad_values/: of the right type). TAP.
# UPDATE=1 writes the files anew. Needs no root: where it has it, it gives it up.
#
# A plan depends on what the host has, so every plan is made on the same one: empty network and
# mount namespaces in which tests/golden/host/{mountinfo,cgroup} stand for /proc/self/mountinfo and
# /proc/1/cgroup, /sys/fs/cgroup is empty, and uplink0 is the one interface that networks can lie on.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../../sample_configs

# Inside the namespaces: make the host, then plan without any capability.
on_host() {
	mount -t tmpfs tmpfs /sys/fs/cgroup && mount -t tmpfs tmpfs /run &&
		mount --bind "$here/host/cgroup" /proc/1/cgroup &&
		mount --bind "$here/host/mountinfo" /proc/$$/mountinfo &&
		ip link add uplink0 type veth peer name far0 &&
		exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
}
if [ "${1:-}" = --on-host ]; then
	shift
	on_host "$@"
	exit 125
fi

# ASan needs /proc/self/mountinfo less than LeakSanitizer needs ptrace: it may stay off here.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}

plan() {
	local user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	unshare "${user[@]}" --net --mount --propagation private "$here/run.sh" --on-host \
		"$CTRNET" --root /run/ctrnet exec --config "$1" --rootfs "$ROOTFS" --id golden --dry-run -- /bin/sh 2>&1 |
		sed "s|$ROOTFS|@ROOTFS@|g"
}

# What `config` makes of flags: the template, and one with each kind of thing in it.
generated() {
	"$CTRNET" config --rootfs /srv/box "$@" 2>&1
}

# keys_of FORMAT: key, type, and the key that it is another spelling of.
keys_of() {
	"$CTRNET" config --keys | awk -F '\t' -v want="# $1" '/^#/ { on = $0 == want; next }
		on && !seen[$1]++ { alias = $2 ~ /another spelling/; if (!alias) last = $1; print $1 "\t" $2 "\t" (alias ? last : "") }'
}

# cases FILE VALUES: for each key of the format that FILE has a good config of, that config with a bad value in its place: of a
# list, in its first element. VALUES is a jq filter that makes them of the key's type.
cases() {
	keys_of "$(jq -r .format "$1")" | jq -Rrc --slurpfile in "$1" '
		# A number that jq cannot hold.
		def number: "@number:\(.)";
		def wrong: 1.5;
		def any: "", "no such", ("-9223372036854775809", "99999999999999999999" | number), [""], ["no such"];
		def bad: . as $type | if test(", or ") then any elif test("^integer \\(.* to ") then capture("\\((?<a>[-0-9]+) to (?<b>[0-9]+)") | (.a | tonumber - 1), (.b | tonumber + 1)
			elif test("^integer \\(at least") then (capture("(?<a>-?[0-9]+)\\)").a | tonumber - 1), ("99999999999999999999" | number)
			elif test("^integer") then ("-9223372036854775809", "99999999999999999999" | number)
			elif test("at most [0-9]+ bytes") then "", "/../ ?", ("x" * (capture("most (?<n>[0-9]+)").n | tonumber + 1))
			elif test("^string") then "", "/../ ?\n"
			elif test("^list of strings") then [""], ["/../ ?\n"]
			elif test("^object of strings") then {"": ""}, {"/../ ?": "\n"}
			elif test("^(object|true|refused|list of objects)") then empty
			else any end;
		def path_of($key): $key | gsub("\\[\\]"; ".0") | split(".") | map(if . == "0" then 0 else . end);
		split("\t") as [$key, $type, $of] | $in[0]
		# A context makes it a config of before that.
		| select((.config | has("restrict_sys") and ($key | test("\\.context"))) | not)
		| (.runtime and ($key | test("^(linux\\.(?!capabilities)|hooks|mounts\\[]\\.(type|source|options))"))) as $second
		| (if $second then path_of($key | sub("^mounts\\[]"; "mounts.proc")) else path_of($key) end) as $path
		| (if $second then .runtime else .config end) |= (
			if $of == "" then . else delpaths([path_of($of)]) end
			| if $key | test("ns_?path$") then .networks = [{type: "netns"}] else . end
			| (if $key | startswith("networks[].") then $key[11:] else "" end) as $link
			| (({type: "macvlan", parent: "up0"} | {parent: ., mode: ., link: del(.parent), source_macs: (.mode = "source")})
				+ ({type: "vlan", parent: "up0", id: 5} | {id: ., protocol: .}) + {flags: {type: "ipvlan", parent: "up0"}, table: {type: "vrf", table: 5}}
				+ ({type: "vxlan", id: 5, parent: "up0"} | {local: ., remote: ., group: ., remotes: ., port: ., ttl: ., learning: .})
				+ ({type: "pasta"} | {program: ., host_interface: ., map_gateway: ., dns_forward: ., options: .}) + ({type: "host-device"} | {device: ., hwaddr: ., kernelpath: ., pci_bus_id: ., pciBusID: .}) + ({type: "tap"} | {owner: ., multi_queue: .}) + ({type: "bridge"} | {stp: ., vlan_filtering: .})
				+ ({type: "wireguard", private_key: "stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=",
					peers: [{public_key: "H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hlI="}]} as $wg
					| reduce ("private_key", "listen_port", "fwmark", "route_allowed_ips", "socket", "peers",
						("public_key", "preshared_key", "preshared_key_file", "endpoint", "allowed_ips", "persistent_keepalive" | "peers[].\(.)"))
						as $key ({private_key_file: ($wg | del(.private_key))}; .[$key] = $wg))) as $types
			| if $types[$link] then .networks = [$types[$link]] else . end
			| if $key | test("networks\\[]\\.context\\.(bridge|prefix)") then .networks[0].context = {bridge: "br0", prefix: "ve"} else . end
			| if $key | test("^network\\.context\\.(bridge|prefix)") then .network.context = {bridge: "br0", prefix: "ve"} else . end
			| if $key | test("^networks\\[]\\.ports\\[]\\.") then .networks[0].ports = [{host: 18080}] else . end
			| if $key | test("^(cgroup_name|cgroup_parent|device_access|memory|memory_swap|cpu_shares)$") then del(.cgroups) else . end
			| if $key | test("^capabilities(_mask)?[[]") then del(.capabilities) | setpath($path[:1]; [{key: "MKNOD"}]) else . end
			| if $key | test("^namespaces\\[]") then .namespaces |= map(if type == "object" then . else {key: .} end) else . end
			| if ($key | test("^mounts\\[]\\.(device|flags|data|pre|post)")) and has("restrict_sys")
				then .mounts = [{source: "/x", destination: "/x", device: "bind"} + ({path: "/bin/true"} | {premount_cmds: [.], postmount_cmds: [.]})]
				else . end
			| if ($key | test("^linux\\.devices\\[]")) and .linux.devices == null then .linux.devices = [{type: 99, path: "/dev/x"}] else . end)
		| . as $good | ($type | '"$2"') as $value
		| (if $value == wrong then $key else "\($key) = \($value | tojson | gsub("\"@number:(?<n>[-0-9]+)\""; .n))" end) as $name
		| try ((if $second then .runtime else .config end) |= setpath($path; $value)
			| [$name, (.config | tojson), (.runtime // empty | tojson)] | join("\t") | gsub("\"@number:(?<n>[-0-9]+)\""; .n))
			catch "\($name)\t{}"'
}

# words: what is said to each case.
words() {
	local dir
	dir=$(mktemp -d)
	(cd "$dir" && "$GOLDEN/try_configs" 2>/dev/null) | sed -E 's/\t[^\t]*(config|runtime)\.json(:[0-9]+:[0-9]+)?: /\t/'
	rm -r "$dir"
}

# bad DIRECTORY NAME VALUES: what is said to bad values, but for what another format says of a key that both have. The word of a
# string is often as good as any other, so those that are accepted are left out; a number never is.
bad() {
	local file=$here/bad_keys/$2.json like
	like=$(jq -r '.like // empty' "$file")
	{
		printf 'a good config\t%s\n' "$(jq -r '[.config, .runtime // empty | tojson] | join("\t")' "$file")"
		cases "$file" "$3"
	} | words | grep -v -P ' = [\["{].*\taccepted$' |
		if [ "$like" ]; then grep -vxF -e "$(grep -v '^a good config' "$here/$1/$like.txt")"; else cat; fi
}

n=0 failed=0

# compare NAME CMD...: what CMD prints is what the file NAME has.
compare() {
	local name=$1 golden=$here/$1 text difference
	shift
	n=$((n + 1))
	if ! text=$("$@"); then
		failed=1
		printf 'not ok %d - %s\n' $n "$name"
		sed 's/^/# /' <<<"$text"
		return
	fi
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$text" >"$golden"
	if difference=$(diff -u --label "$name" --label got "$golden" <(printf '%s\n' "$text")); then
		printf 'ok %d - %s\n' $n "$name"
	else
		failed=1
		printf 'not ok %d - %s\n' $n "$name"
		sed 's/^/# /' <<<"$difference"
	fi
}

names=("$samples"/*.json "$samples"/networks/*.json "$here"/configs/*.json)
# Those that others are compared with come first.
mapfile -t formats < <(grep -L '"like"' "$here"/bad_keys/*.json && grep -l '"like"' "$here"/bad_keys/*.json)
echo "1..$((${#names[@]} + 2 * ${#formats[@]} + 2))"
for file in "${names[@]}"; do
	name=$(basename "$file" .json)
	[[ $file != */networks/* ]] || name=networks/$name
	compare "$name.txt" plan "$file"
done
for file in "${formats[@]}"; do
	name=$(basename "$file" .json)
	compare "bad_keys/$name.txt" bad bad_keys "$name" wrong
	compare "bad_values/$name.txt" bad bad_values "$name" bad
done
compare template.json generated
compare flags.json generated --hostname box --read-only --cgroup --net /run/netns/blue --pid host --bind /src:/dst:ro \
	--tmpfs /scratch --sysctl kernel.shmmni=8192 --memory-limit 33554432 --memory-swap -1 --cpushares 512 \
	--cpuset-cpus 0-1 --cpuset-mems 0 --groups wheel --groups 77 --parent-death-signal 15 \
	--veth-bridge br0 --veth-address 10.0.0.2/24 --veth-gateway 10.0.0.1 --veth-mtu 1400
exit $failed
