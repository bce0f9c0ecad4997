#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configs that say something impossible about user and time namespaces: one line, and nothing done.

load lib
load refuse

MAPPED='.namespaces += [{type: "NEWUSER"}] | .uid_mappings = [{container_id: 0, host_id: 100000, size: 1000}] | .gid_mappings = .uid_mappings'

@test "bad user namespaces: maps without one, and one without maps" {
	accepts "$MAPPED"
	refuses "$MAPPED | del(.namespaces[5])" \
		"FILE: uid_mappings: user namespace mappings specified, but USER namespace isn't enabled in the config (NEWUSER)"
	refuses "$MAPPED | del(.namespaces[5], .uid_mappings)" \
		"FILE: gid_mappings: user namespace mappings specified, but USER namespace isn't enabled in the config (NEWUSER)"
	refuses "$MAPPED | del(.uid_mappings)" \
		'FILE: uid_mappings: user namespaces enabled (NEWUSER), but no user mappings found'
	refuses "$MAPPED | .gid_mappings = []" \
		'FILE: gid_mappings: user namespaces enabled (NEWUSER), but no group mappings found'
	refuses "$MAPPED | .namespaces[5].path = \"/proc/1/ns/user\"" \
		'FILE: uid_mappings: the user namespace that is joined (NEWUSER with a path) has its mappings already'
}

@test "bad user namespaces: maps" {
	refuses "$MAPPED | .uid_mappings[0].container_id = 1" \
		'FILE: uid_mappings: no mapping for id 0 found, and a container is set up as its root'
	refuses "$MAPPED | .gid_mappings[0].container_id = 1" \
		'FILE: gid_mappings: no mapping for id 0 found, and a container is set up as its root'
	refuses "$MAPPED | .uid_mappings[0].size = 0" 'FILE: uid_mappings[0]: size 0 maps nothing'
	refuses "$MAPPED | .gid_mappings[0].size = 4294967295" 'FILE: gid_mappings[0]: the range ends above 4294967294, the last id'
	refuses "$MAPPED | .uid_mappings += [{container_id: 999, host_id: 5, size: 1}]" \
		'FILE: uid_mappings[1]: its ids in the container overlap those of [0]'
	refuses "$MAPPED | .uid_mappings += [{container_id: 1000, host_id: 100999, size: 1}]" \
		'FILE: uid_mappings[1]: its ids on the host overlap those of [0]'
	refuses "$MAPPED | .uid_mappings = [range(341) | {container_id: ., host_id: ., size: 1}]" \
		'FILE: uid_mappings: the kernel takes at most 340 ranges'
	refuses "$MAPPED | .uid_mappings = [range(340) | {container_id: ., host_id: (1000000000 + .), size: 1}]" \
		'uid_mappings: uid_map: 340 ranges are more text than the kernel takes'
	refuses "$MAPPED | .uid_mappings[0].host_id = -1" \
		'FILE:L:C: uid_mappings[0].host_id: -1 is out of range (0 to 4294967295)'
	refuses "$MAPPED | .uid_mappings[0].size = \"all\"" \
		'FILE:L:C: uid_mappings[0].size: expected a number, found a string "all"'
}

@test "bad user namespaces: file systems that belong to the host" {
	refuses "$MAPPED | del(.namespaces[3])" \
		"FILE: mounts[0] (/proc): in a user namespace a file system of type 'proc' needs NEWPID without a path (or MS_BIND and MS_REC of the host's)"
	refuses "$MAPPED | del(.namespaces[3], .mounts[0])" \
		"FILE: the automatic mount on /proc: in a user namespace a file system of type 'proc' needs NEWPID without a path (or MS_BIND and MS_REC of the host's)"
	refuses "$MAPPED | .mounts += [{source: \"x\", destination: \"/sys\", device: \"sysfs\"}] | del(.networks, .namespaces[4])" \
		"FILE: mounts[2] (/sys): in a user namespace a file system of type 'sysfs' needs NEWNET without a path (or MS_BIND and MS_REC of the host's)"
	refuses "$MAPPED | .mounts += [{source: \"x\", destination: \"/dev/mqueue\", device: \"mqueue\"}] | .namespaces[2].path = \"/proc/self/ns/ipc\"" \
		"FILE: mounts[2] (/dev/mqueue): in a user namespace a file system of type 'mqueue' needs NEWIPC without a path (or MS_BIND and MS_REC of the host's)"
	refuses "$MAPPED | .mounts += [{source: \"x\", destination: \"/dev/pts\", device: \"devpts\", data: \"newinstance,gid=1000,mode=620\"}]" \
		"FILE: mounts[2] (/dev/pts): option 'gid=1000': the group is not in gid_mappings"
	refuses "$MAPPED | .mounts += [{source: \"x\", destination: \"/tmp\", device: \"tmpfs\", data: \"uid=1000\"}]" \
		"FILE: mounts[2] (/tmp): option 'uid=1000': the user is not in uid_mappings"
	refuses "$MAPPED | .mounts += [{source: \"/dev/null\", destination: \"/tmp\", device: \"ext4\"}]" \
		"mounts[2] (/tmp): cannot mount a file system of type 'ext4': Operation not permitted (in a user namespace only file systems without a disk can be mounted)"
	# The group of the automatic one is no wish of the config's.
	accepts "$MAPPED | del(.mounts[1]) | .gid_mappings[0].size = 1 | .devices = [{type: 99, path: \"/dev/null\", major: 1, minor: 3}]"
	accepts "$MAPPED | .mounts += [{source: \"x\", destination: \"/dev/pts\", device: \"devpts\", data: \"newinstance,gid=999,mode=620\"}]"
}

@test "bad user namespaces: /proc of a host that hides parts of its own" {
	local FILE
	FILE=$(changed "$MAPPED")
	mount --bind /dev/null /proc/meminfo
	refused 255 "exec: mounts[0] (/proc): cannot mount a file system of type 'proc': Operation not permitted (kernel: VFS: Mount too revealing) (in a user namespace it takes one of the host that is not read-only and has nothing mounted over parts of it)" \
		exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	umount /proc/meminfo
}

@test "bad namespaces: kinds that the kernel has not" {
	local FILE kind
	for kind in user:NEWUSER time:NEWTIME; do
		FILE=$(changed "$MAPPED | .namespaces[5:] = [{type: \"${kind#*:}\"}] | if \"${kind#*:}\" == \"NEWTIME\" then del(.uid_mappings, .gid_mappings) else . end")
		run -255 unshare --mount --propagation private bash -c \
			'mkdir "$1/ns"; for k in mnt uts ipc pid net; do : >"$1/ns/$k"; done; mount --bind "$1/ns" "/proc/$$/ns"; shift; exec "$@"' x "$T" \
			"$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/true
		rm -r "$T/ns"
		assert_output "ctrnet: exec: namespaces[5] (${kind#*:}): the kernel has no such namespaces (/proc/self/ns/${kind%:*} is missing)"
	done
}

@test "bad user namespaces: more than the machine allows" {
	local FILE
	without_leak_sanitizer
	FILE=$(changed "$MAPPED")
	run -255 strace -qq -o /dev/null -e inject=clone3:error=ENOSPC:when=1 \
		"$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	assert_output "ctrnet: exec: cannot clone the container's process: No space left on device (is a limit of /proc/sys/user reached?)"
}

@test "bad time namespaces" {
	accepts '.namespaces += [{type: "NEWTIME"}] | .time_offsets = {monotonic: {secs: 5, nanosecs: 999999999}, boottime: {}}'
	refuses '.time_offsets = {monotonic: {secs: 5}}' \
		"FILE: time_offsets: a time namespace of the container's own is needed (NEWTIME without a path)"
	refuses '.namespaces += [{type: "NEWTIME", path: "/proc/self/ns/time"}] | .time_offsets = {boottime: {nanosecs: 5}}' \
		"FILE: time_offsets: a time namespace of the container's own is needed (NEWTIME without a path)"
	refuses '.namespaces += [{type: "NEWTIME"}] | .time_offsets = {monotonic: {nanosecs: 1000000000}}' \
		'FILE:L:C: time_offsets.monotonic.nanosecs: 1000000000 is out of range (0 to 999999999)'
	refuses '.namespaces += [{type: "NEWTIME"}] | .time_offsets = {boottime: {secs: -4000000000}}' \
		'time_offsets.boottime: /proc/self/timens_offsets: Numerical result out of range (the clock would stand below zero, or too far ahead)'
	refuses '.namespaces += [{type: "NEWTIME"}] | .time_offsets = {monotonic: {secs: 5000000000}}' \
		'time_offsets.monotonic: /proc/self/timens_offsets: Numerical result out of range (the clock would stand below zero, or too far ahead)'
}
