#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# bench.sh: what does it take to start and remove a container that runs /bin/true? Prints Markdown.
#
# All programs take turns (A B C A B C ...) in one run on one machine, so that the ratios mean
# something when the machine's moods change the times. As root; works in network and mount namespaces
# of its own. Variables: BENCH (where floor and timer are), CTRNET, ROUNDS, COLD_ROUNDS, WARMUPS.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export BENCH=${BENCH:-$top/build/tests/bench} CTRNET=${CTRNET:-$top/build/ctrnet}
. "$here/report.bash"
rounds=${ROUNDS:-40} cold_rounds=${COLD_ROUNDS:-10} warmups=${WARMUPS:-3}
cgroup=ctrnet-bench-$$

[ "$(id -u)" = 0 ] || { echo 'bench.sh: must be root' >&2; exit 1; }
for program in "$BENCH/floor" "$BENCH/timer" "$CTRNET"; do
	[ -x "$program" ] || { echo "bench.sh: no $program (run make bench)" >&2; exit 1; }
done
if [ "${BENCH_INSIDE:-}" != yes ]; then
	BENCH_INSIDE=yes exec unshare -n -m -- "$0" "$@"
fi

# --- the place: a temporary directory, a bridge, a rootfs ---

work=$(mktemp -d /tmp/ctrnet-bench.XXXXXX)
records=/run/ctrnet-shared/$(stat -L -c %i /proc/self/ns/net)

clean_up() {
	umount "$work/run" 2>/dev/null || true
	rm -rf --one-file-system "$work"
	rmdir "$records" 2>/dev/null || true
	# Only after a failure is there anything left.
	rmdir /sys/fs/cgroup/*/"$cgroup"-* /sys/fs/cgroup/"$cgroup"-* 2>/dev/null || true
}
trap clean_up EXIT

# What a runtime writes down goes to /run, which is a tmpfs.
mkdir "$work/run"
mount -t tmpfs tmpfs "$work/run"
rootfs=$work/rootfs
"$top/tests/rootfs.sh" "$rootfs"
ip link set lo up
ip link add br0 type bridge
ip addr add 10.9.0.1/24 dev br0
ip link set br0 address 02:00:00:00:09:01 up

# crun refuses hosts whose bare v2 tree beside v1 has controllers, so nobody here gets to see it.
hybrid=
if [ -f /sys/fs/cgroup/unified/cgroup.controllers ] && type -P crun >/dev/null; then
	umount /sys/fs/cgroup/unified
	hybrid=' (hybrid; the bare v2 tree is hidden from all of them, as crun refuses it)'
fi

# --- configs: the same container for each ---

devices='[[5,1],[4,0],[4,1],[136,-1],[5,2],[10,200],[1,3],[1,5],[1,7],[5,0],[1,9],[1,8]]'

# ctrnet_config NAME NETWORK CGROUPS: jq values
ctrnet_config() {
	jq -n --argjson network "$2" --argjson cgroups "$3" '{
		hostname: "floor", rootfs: "", no_pivot_root: false,
		namespaces: ["NEWNS", "NEWUTS", "NEWIPC", "NEWPID", "NEWNET", "NEWCGROUP"] | map({type: .}),
		capabilities: ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID",
			"SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"],
		mounts: [
			{source: "proc", destination: "/proc", device: "proc", flags: 14},
			{source: "tmpfs", destination: "/dev", device: "tmpfs", flags: 16777218, data: "mode=755"},
			{source: "devpts", destination: "/dev/pts", device: "devpts", flags: 10,
				data: "newinstance,ptmxmode=0666,mode=620,gid=5"},
			{source: "shm", destination: "/dev/shm", device: "tmpfs", flags: 14, data: "mode=1777,size=65536k"},
			{source: "mqueue", destination: "/dev/mqueue", device: "mqueue", flags: 14},
			{source: "sysfs", destination: "/sys", device: "sysfs", flags: 15}],
		devices: [["null", 1, 3], ["zero", 1, 5], ["full", 1, 7], ["tty", 5, 0], ["urandom", 1, 9],
			["random", 1, 8], ["fuse", 10, 229]] | map({type: 99, path: ("/dev/" + .[0]), major: .[1],
			minor: .[2], permissions: "rwm", file_mode: 438, uid: 0, gid: 0}),
		networks: [{type: "loopback"}, $network | select(. != null)],
		cgroups: $cgroups,
		rlimits: [{type: 7, hard: 1024, soft: 1024}],
		mask_paths: ["/proc/kcore"],
		readonly_paths: ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"]
	} | with_entries(select(.value != null and .value != ""))' >"$work/$1.json"
}

veth='{"type": "veth", "name": "eth0", "bridge": "br0", "host_interface_name": "vbench", "address": "10.9.0.2/24", "gateway": "10.9.0.1"}'
limits=$(jq -n --arg name "$cgroup-ctrnet" --argjson devices "$devices" '{
	name: $name, parent: "/", allow_all_devices: false, memory: 268435456, pids_limit: 100,
	allowed_devices: (([99, 98] | map({type: ., major: -1, minor: -1, permissions: "m"})) +
		($devices | map({type: 99, major: .[0], minor: .[1], permissions: "rwm"})))}')
ctrnet_config none null null
ctrnet_config veth "$veth" null
ctrnet_config cgroup null "$limits"
ctrnet_config veth_cgroup "$veth" "$limits"

# oci_bundle NAME RESOURCES [CGROUPSPATH]
oci_bundle() {
	mkdir -p "$work/$1"
	jq -n --arg root "$rootfs" --argjson resources "$2" --arg path "${3:-}" '
		["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
		"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
		"CAP_AUDIT_WRITE"] as $caps | ["nosuid", "noexec", "nodev"] as $safe | {
		ociVersion: "1.0.2",
		process: {terminal: false, user: {uid: 0, gid: 0}, args: ["/bin/true"], cwd: "/",
			env: ["PATH=/bin:/usr/bin"], rlimits: [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}],
			capabilities: {bounding: $caps, effective: $caps, permitted: $caps}},
		root: {path: $root}, hostname: "floor",
		mounts: [
			{destination: "/proc", type: "proc", source: "proc", options: $safe},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"]},
			{destination: "/dev/pts", type: "devpts", source: "devpts",
				options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
			{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ($safe + ["mode=1777", "size=65536k"])},
			{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: $safe},
			{destination: "/sys", type: "sysfs", source: "sysfs", options: ($safe + ["ro"])}],
		linux: {
			namespaces: ["pid", "network", "ipc", "uts", "mount", "cgroup"] | map({type: .}),
			resources: $resources, cgroupsPath: $path,
			maskedPaths: ["/proc/kcore"],
			readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"]
		} | with_entries(select(.value != ""))}' >"$work/$1/config.json"
}

oci_limits=$(jq -n --argjson devices "$devices" '{memory: {limit: 268435456}, pids: {limit: 100},
	devices: ([{allow: false, access: "rwm"}] + (["c", "b"] | map({allow: true, type: ., access: "m"})) +
		($devices | map({allow: true, type: "c", major: .[0], access: "rwm"} +
			if .[1] < 0 then {} else {minor: .[1]} end)))}')
oci_bundle crun '{}'
oci_bundle crun_cgroup "$oci_limits" "/$cgroup-crun"
oci_bundle runc_cgroup "$oci_limits" "/$cgroup-runc"

# --- what is run: run_VARIANT PROGRAM ---

timer() { "$BENCH/timer" "$@"; }
time_floor() { timer "$BENCH/floor" --rootfs "$rootfs" "$@" /bin/true; }
time_ctrnet() {
	timer "$CTRNET" --root "$work/run/ctrnet" exec --config "$work/$1.json" --id "$cgroup" --rootfs "$rootfs" /bin/true
}
time_crun() { timer crun --root "$work/run/crun" "$1" run -b "$work/$2" "$cgroup"; }
net=br0,vbench,10.9.0.2/24,10.9.0.1

run() {
	case $1/$2 in
	none/floor) time_floor ;;
	none/ctrnet) time_ctrnet none ;;
	none/crun) time_crun --cgroup-manager=disabled crun ;;
	none/bwrap)
		timer bwrap --unshare-all --bind "$rootfs" / --proc /proc --dev /dev --tmpfs /dev/shm \
			--mqueue /dev/mqueue --ro-bind /sys /sys --hostname floor --cap-drop ALL /bin/true ;;
	veth/floor) time_floor --net "$net" ;;
	veth/ctrnet) time_ctrnet veth ;;
	cgroup/floor) time_floor --cgroup "$cgroup-floor" ;;
	cgroup/ctrnet) time_ctrnet cgroup ;;
	cgroup/crun) time_crun --cgroup-manager=cgroupfs crun_cgroup ;;
	cgroup/runc) timer runc --root "$work/run/runc" run -b "$work/runc_cgroup" "$cgroup" ;;
	veth_cgroup/floor) time_floor --net "$net" --cgroup "$cgroup-floor" ;;
	veth_cgroup/ctrnet) time_ctrnet veth_cgroup ;;
	*) return 64 ;;
	esac
}

# programs VARIANT: those that can do it, the first being what the others are compared with
programs() {
	local all='floor ctrnet crun runc bwrap' has=
	case $1 in
	none) all='floor ctrnet crun bwrap' ;;
	veth*) all='floor ctrnet' ;;
	cgroup) all='floor ctrnet crun runc' ;;
	esac
	for p in $all; do
		case $p in
		crun | runc | bwrap) type -P "$p" >/dev/null || continue ;;
		esac
		has+=" $p"
	done
	echo "$has"
}

# measure NAME VARIANT ROUNDS IDLE: fills $work/NAME.PROGRAM with one time per line
measure() {
	local name=$1 variant=$2 n=$3 idle=$4 us broken=

	for ((i = -warmups; i < n; i++)); do
		for p in $(programs "$variant"); do
			[[ $broken != *" $p "* ]] || continue
			[ "$idle" = 0 ] || [ "$i" -lt 0 ] || sleep "$idle"
			if ! us=$(run "$variant" "$p" 2>"$work/error"); then
				echo "bench.sh: $name: $p failed and is left out: $(head -1 "$work/error")" >&2
				[ "$p" != floor ] || exit 1
				rm -f "$work/$name.$p"
				broken+=" $p "
				continue
			fi
			[ "$i" -lt 0 ] || echo "$us" >>"$work/$name.$p"
		done
	done
}

# --- the report ---

row() {
	local name=$1 title=$2 p=$3 file=$work/$1.$3 median base
	[ -s "$file" ] || return 0
	median=$(percentile 50 "$file")
	base=$(percentile 50 "$work/$name.floor")
	printf '| %s | %s | %d | %d to %d | %s |\n' "$title" "$p" "$median" "$(percentile 10 "$file")" \
		"$(percentile 90 "$file")" "$(ratio "$median" "$base")"
}

report() {
	for p in $(programs "$2"); do
		row "$1" "$3" "$p"
	done
}

measure none none "$rounds" 0
measure veth veth "$rounds" 0
measure cgroup cgroup "$rounds" 0
measure veth_cgroup veth_cgroup "$rounds" 0
measure cold cgroup "$cold_rounds" 1
measure veth_cold veth_cgroup "$cold_rounds" 1

cat <<EOF
# Benchmarks

Starting a container that runs \`/bin/true\`, and removing it: microseconds of wall time from before the
runtime's \`posix_spawn\` to behind its \`wait\`. Each has all namespaces (pid, mount, uts, ipc, net, cgroup),
the loopback up, proc, sysfs, a /dev of its own, mqueue and shm; bubblewrap has no masked paths. When a
runtime returns, all that it made is gone and its names are free. What it writes down is on a tmpfs, as /run is. \`make bench\` makes this file.

\`floor\` (tests/bench/floor.c) is no runtime but a bare program that makes the kernel do the same work in the
cheapest way that we know, without config, plan, journal and state: what is above 1.00 is what a
runtime costs. "one veth" is a port of a bridge with an address and a default route. "cgroup" is a
directory in each hierarchy with two limits and a device list; "cold" means after a second in which
nobody moved a process between cgroups. runc has no way to do without cgroups; neither crun, runc nor
bubblewrap makes links.

All programs took turns in one run ($rounds rounds, $cold_rounds cold, after $warmups to warm up); the
spread is from the 10th to the 90th percentile.

Machine: Linux $(uname -r), $(nproc) CPUs,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -1); cgroups: $(
	[ -f /sys/fs/cgroup/cgroup.controllers ] && echo v2 || echo "v1$hybrid"); ctrnet $("$CTRNET" version 2>/dev/null | head -1 | sed -E 's/^ctrnet (version )?//')$(version crun)$(version runc)$(version bwrap).
Load average at the end: $(cut -d' ' -f1 /proc/loadavg).

| container | program | median | spread | × floor |
|---|---|---:|---:|---:|
$(report none none 'no network, no cgroup')
$(report veth veth 'one veth, no cgroup')
$(report cgroup cgroup 'no network, cgroup hot')
$(report veth_cgroup veth_cgroup 'one veth, cgroup hot')
$(report cold cgroup 'no network, cgroup cold')
$(report veth_cold veth_cgroup 'one veth, cgroup cold')
EOF
