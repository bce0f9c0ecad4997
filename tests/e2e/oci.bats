#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctrnet config --format oci`: other runtimes run what it prints, and what the config declares is so inside.

load lib
load drafts

# Both know the v1 hierarchies or v2, but not the two side by side: they get a view without the v2 tree.
on_v1() {
	unshare --mount --propagation private -- /bin/sh -c \
		'mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified; exec "$@"' sh "$@"
}

# bundle CONFIG COMMAND: a directory with the config for the OCI, in which the shell runs COMMAND. crun takes a cgroup's
# relative path from the root of the hierarchies, so it gets one that is the test's.
bundle() {
	mkdir -p "$T/bundle"
	ctrnet config --format oci "$1" 2>"$T/oci.err" |
		jq --arg command "$2" --arg id "$ID" '.process.args = ["/bin/sh", "-c", $command] | .process.terminal = false |
			.linux.cgroupsPath |= "/ctrnet-\($id)/" + .' >"$T/bundle/config.json"
}

# They leave the parents of their cgroups, and mountpoints. Other tests' cgroups go while find(1) looks, which it takes for an
# error; what should be left of ours the look for leaks tells.
tidy() {
	rm -rf "${T:?}/$1"
	find /sys/fs/cgroup -depth -type d -path "/sys/fs/cgroup/*/ctrnet-$ID*" -exec rmdir {} + 2>/dev/null || true
}

# foreign RUNTIME: run the bundle; its output is $output. crun gives its standard streams to the container's
# user, /dev/null too, which is the machine's: so stdin is a file.
foreign() {
	command -v "$1" >/dev/null || skip "no $1 here"
	[ "$1" != crun ] || [ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip "cgroup v2 is not for this crun"
	: >"$T/stdin"
	run on_v1 "$1" --root "$T/$1" run --bundle "$T/bundle" "$ID" <"$T/stdin"
	assert_status 0
	tidy "$1"
}

# All that a config can say and the OCI, too.
rich() {
	jq -n --arg rootfs "$ROOT" --arg here "$T" '{
		rootfs: $rootfs, hostname: "rich", readonlyfs: true, no_new_privileges: true,
		namespaces: [{type: "NEWNS"}, {type: "NEWUTS"}, {type: "NEWIPC"}, {type: "NEWPID"}, {type: "NEWNET"}],
		mounts: [
			{source: "proc", destination: "/proc", device: "proc", flags: 14},
			{source: "tmpfs", destination: "/dev", device: "tmpfs", flags: 16777218, data: "mode=755"},
			{source: "shm", destination: "/dev/shm", device: "tmpfs", flags: 14, data: "mode=1777,size=640k"},
			{source: $here, destination: "/home", device: "bind", flags: 1}
		],
		devices: [{type: 99, path: "/dev/null", major: 1, minor: 3, file_mode: 438},
			{type: 99, path: "/dev/seven", major: 1, minor: 7, file_mode: 384, uid: 3, gid: 4}],
		capabilities: ["KILL", "NET_RAW", "CHOWN"],
		cgroups: {parent: "ctrnet", name: "rich", memory: 67108864, pids_limit: 77, cpu_shares: 333,
			cpu_quota: 50000, cpu_period: 100000,
			allowed_devices: [{type: 99, major: 1, minor: 3, permissions: "rwm"}, {type: 99, major: -1, minor: -1, permissions: "m"}]},
		rlimits: [{type: 7, soft: 99, hard: 111}],
		additional_groups: ["7", "8"],
		mask_paths: ["/etc/group"], readonly_paths: ["/proc/sys"],
		system_properties: {"kernel.shmmni": "77"},
		process: {user: "5:6", cwd: "/tmp", env: ["A=b c", "PATH=/bin"]}
	}' >"$T/rich.json"
}

LOOK='
hostname; id -u; id -g; id -G; pwd; ulimit -n; echo "$A"
grep -E "^(CapBnd|CapEff|CapInh|NoNewPrivs)" /proc/self/status
for at in / /proc /dev /dev/shm /home /proc/sys; do awk -v at=$at "\$5 == at { print \$5, \$6 }" /proc/self/mountinfo | tail -n 1; done
stat -c "%n %t:%T" /dev/null
stat -c "%n %t:%T %a %u %g" /dev/seven
cat /proc/sys/kernel/shmmni
echo "bytes: $(wc -c </etc/group)"
cat /proc/self/cgroup'

# look_inside: judge what LOOK has printed.
look_inside() {
	local want
	for want in rich 5 6 '6 7 8' /tmp 99 'b c' '/dev/null 1:3' '/dev/seven 1:7 600 3 4' 77 'bytes: 0'; do
		grep -qxF "$want" <<<"$output" || { echo "no line '$want' in: $output"; return 1; }
	done
	local line
	# KILL is 5, NET_RAW 13, CHOWN 0.
	while read -r line; do
		grep -qE "$line" <<<"$output" || { echo "no line like '$line' in: $output"; return 1; }
	done <<-'EOT'
		^CapBnd:\s+0000000000002021$
		^CapInh:\s+0000000000000000$
		^NoNewPrivs:\s+1$
		^/ ro,
		^/proc rw,nosuid,nodev,noexec
		^/dev rw,nosuid
		^/dev/shm rw,nosuid,nodev,noexec
		^/home ro
		^/proc/sys ro,
	EOT
	grep -qE '(:memory:|^0::).*/rich$' <<<"$output" || { echo "not in the cgroup rich: $output"; return 1; }
}

# The limits are read from outside while it waits.
limits_hold() {
	local runtime=$1 pid value
	bundle "$T/rich.json" 'echo ready; read -r line'
	coproc BOX_IO { on_v1 "$runtime" --root "$T/$runtime" run --bundle "$T/bundle" "$ID" 2>"$T/box.err" 3>&-; }
	pid=$BOX_IO_PID
	read -r -t 10 -u "${BOX_IO[0]}" value && [ "$value" = ready ] || { cat "$T/box.err"; return 1; }
	if [ -d /sys/fs/cgroup/memory ]; then
		for value in memory/memory.limit_in_bytes:67108864 pids/pids.max:77 cpu/cpu.shares:333 cpu/cpu.cfs_quota_us:50000; do
			limit_is "${value%%/*}" "${value#*/}"
		done
		grep -qx 'c 1:3 rwm' "$(crun_cgroup devices)/devices.list"
		! grep -qx 'c 1:5 rw' "$(crun_cgroup devices)/devices.list"
	fi
	echo end >&"${BOX_IO[1]}"
	wait "$pid"
	tidy "$runtime"
}

crun_cgroup() {
	find "/sys/fs/cgroup/$1" -type d -path "*/ctrnet-$ID/ctrnet/rich" | head -n 1
}

# limit_is CONTROLLER FILE:VALUE
limit_is() {
	[ "$(cat "$(crun_cgroup "$1")/${2%:*}")" = "${2#*:}" ] || { echo "$1 $2: $(cat "$(crun_cgroup "$1")/${2%:*}")"; return 1; }
}

@test "oci: what a config declares is so under crun" {
	rich
	bundle "$T/rich.json" "$LOOK"
	foreign crun
	look_inside
}

@test "oci: what a config declares is so under runc" {
	rich
	bundle "$T/rich.json" "$LOOK"
	foreign runc
	look_inside
}

@test "oci: and under ctrnet itself" {
	rich
	run ctrnet exec --config "$T/rich.json" --id "$ID" -- /bin/sh -c "$LOOK"
	assert_status 0
	look_inside
}

@test "oci: limits hold under crun" {
	command -v crun >/dev/null || skip 'no crun here'
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip 'cgroup v2 is not for this crun'
	rich
	limits_hold crun
}

@test "oci: limits hold under runc" {
	command -v runc >/dev/null || skip 'no runc here'
	rich
	limits_hold runc
}

@test "oci: every sample runs under crun and runc" {
	command -v crun runc >/dev/null || skip 'no crun and runc here'
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip 'cgroup v2 is not for this crun'
	local file runtime name
	for file in "$SAMPLES"/*.json; do
		name=$(jq -r .hostname "$file")
		jq --arg rootfs "$ROOT" '.rootfs = $rootfs' "$file" >"$T/sample.json"
		bundle "$T/sample.json" 'hostname; stat -c %t:%T /dev/null; grep ^CapBnd /proc/self/status'
		[ "$(<"$T/oci.err")" = "ctrnet: warning: $T/sample.json: no command; 'sh' is put in its place" ] || { cat "$T/oci.err"; return 1; }
		for runtime in crun runc; do
			foreign $runtime
			[ "${lines[0]}" = "$name" ] || { echo "$file: $runtime: $output"; return 1; }
			[ "${lines[1]}" = 1:3 ]
		done
	done
}

@test "oci: a draft, with labels that are empty" {
	bundle "$(draft D2)" 'hostname; id -u'
	local runtime
	for runtime in crun runc; do
		foreign $runtime
		assert_output $'draft\n5'
	done
}

@test "oci: a filter of system calls, from a draft" {
	local runtime
	bundle "$(draft D2 '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{name: "mkdir", action: "SCMP_ACT_ERRNO", args: []},
		{name: "mkdirat", action: "SCMP_ACT_ERRNO", args: []}]}')" 'mkdir /tmp/x 2>&1; echo $?'
	for runtime in crun runc; do
		foreign $runtime
		[[ $output == *'Operation not permitted'*$'\n1' ]] || { echo "$runtime: $output"; return 1; }
	done
}
