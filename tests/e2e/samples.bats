#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every sample runs as it is, and what it declares is so.

load lib

# What the kernel calls a resource limit, by its number in <asm-generic/resource.h>.
RLIMITS=(CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME)

# The proc name of a namespace type.
namespace_file() {
	case $1 in
	NEWNS) echo mnt ;;
	*) tr '[:upper:]' '[:lower:]' <<<"${1#NEW}" ;;
	esac
}

check_namespaces() {
	local file=$1 type here there
	for type in NEWNS NEWUTS NEWIPC NEWPID NEWNET NEWCGROUP NEWUSER NEWTIME; do
		here=$(readlink "/proc/self/ns/$(namespace_file $type)")
		there=$(readlink "/proc/$BOX_PID/ns/$(namespace_file $type)")
		if jq -e --arg t $type '.namespaces | any(.type == $t)' "$file" >/dev/null; then
			[ "$here" != "$there" ] || { echo "$type is the host's"; return 1; }
		else
			[ "$here" = "$there" ] || { echo "$type is not the host's"; return 1; }
		fi
	done
}

check_hostname() {
	[ "$(nsenter --target "$BOX_PID" --uts uname -n)" = "$(jq -r .hostname "$1")" ]
}

# Each mount of the config: there, of its type, with its flags, in order.
check_mounts() {
	local destination device flags line options bit word
	while read -r destination device flags; do
		line=$(mount_line "$destination")
		[[ $line == *" - $device "* ]] || { echo "$destination: $line"; return 1; }
		options=,$(cut -d ' ' -f 6 <<<"$line"),
		for word in 1:ro 2:nosuid 4:nodev 8:noexec; do
			bit=${word%:*}
			if ((flags & bit)); then
				[[ $options == *,${word#*:},* ]] || { echo "$destination: no ${word#*:} in $options"; return 1; }
			else
				[[ $options != *,${word#*:},* ]] || { echo "$destination: ${word#*:} in $options"; return 1; }
			fi
		done
	done < <(jq -r '.mounts[] | "\(.destination) \(.device) \(.flags)"' "$1")
}

check_devices() {
	local path want
	while read -r path want; do
		[ "$(stat -c '%F %Hr:%Lr %a %u %g' "/proc/$BOX_PID/root$path")" = "character special file $want" ] ||
			{ stat "/proc/$BOX_PID/root$path"; return 1; }
	done < <(jq -r '.devices[] | "\(.path) \(.major):\(.minor) 666 \(.uid) \(.gid)"' "$1")
	# And those that every container has.
	[ "$(readlink "/proc/$BOX_PID/root/dev/fd")" = /proc/self/fd ]
	[ "$(readlink "/proc/$BOX_PID/root/dev/stdin")" = /proc/self/fd/0 ]
	[ "$(readlink "/proc/$BOX_PID/root/dev/ptmx")" = pts/ptmx ]
}

check_capabilities() {
	local name mask=0 bit set
	for name in $(jq -r '.capabilities[]' "$1"); do
		bit=$(awk -v name="CAP_$name" '$1 == "#define" && $2 == name { print $3 }' /usr/include/linux/capability.h)
		mask=$((mask | 1 << bit))
	done
	for set in CapBnd CapPrm CapEff; do
		[ "$(awk -v set=$set: '$1 == set { print $2 }' "/proc/$BOX_PID/status")" = "$(printf %016x $mask)" ] ||
			{ echo "$set is not $(printf %016x $mask):"; grep ^Cap "/proc/$BOX_PID/status"; return 1; }
	done
}

check_rlimits() {
	local type soft hard got
	while read -r type soft hard; do
		got=$(prlimit --pid "$BOX_PID" --raw --noheadings --output RESOURCE,SOFT,HARD | awk -v r="${RLIMITS[type]}" '$1 == r { print $2, $3 }')
		[ "$got" = "$soft $hard" ] || { echo "${RLIMITS[type]}: $got instead of $soft $hard"; return 1; }
	done < <(jq -r '.rlimits[] | "\(.type) \(.soft) \(.hard)"' "$1")
}

check_paths() {
	local path
	for path in $(jq -r '.mask_paths[]' "$1"); do
		[ ! -s "/proc/$BOX_PID/root$path" ] || { echo "$path is not masked"; return 1; }
	done
	for path in $(jq -r '.readonly_paths[]' "$1"); do
		[ -e "/proc/$BOX_PID/root$path" ] || continue
		mount_line "$path" | grep -q ' ro,' || { echo "$path is writable"; return 1; }
	done
}

# In a cgroup of its own, below the one of pid 1 and the config's parent.
check_cgroup() {
	local parent
	parent=$(jq -r .cgroups.parent "$1")
	grep -q "/ctrnet-test-[0-9]*/\(init.scope/\)\?$parent/$ID\$" "/proc/$BOX_PID/cgroup"
}

check_sample() {
	local file=$SAMPLES/$1.json
	box_start "$1"
	check_namespaces "$file"
	check_hostname "$file"
	check_mounts "$file"
	check_devices "$file"
	check_capabilities "$file"
	check_rlimits "$file"
	check_paths "$file"
	check_cgroup "$file"
	box_stop
}

@test "sample: minimal" { check_sample minimal; }
@test "sample: attach_to_bridge" { check_sample attach_to_bridge; }
@test "sample: point_to_point" { check_sample point_to_point; }
@test "sample: dual_stack" { check_sample dual_stack; }
@test "sample: route_source_address_selection" { check_sample route_source_address_selection; }
@test "sample: limits" { check_sample limits; }
@test "sample: host-pid" { check_sample host-pid; }
@test "sample: userns" { check_sample userns; }

@test "sample: each file has its test here" {
	local file
	for file in "$SAMPLES"/*.json; do
		grep -qF "@test \"sample: $(basename "$file" .json)\"" "$BATS_TEST_FILENAME" || { echo "$file has none"; return 1; }
	done
}

# The value of a cgroup file of the box: v1's controller and file, or v2's file.
cgroup_value() {
	local dir
	if dir=$(cgroup_of "$1"); then
		cat "$dir/$2"
	else
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")/$3"
	fi
}

# bats test_tags=vm,v1,v2
@test "sample: limits are in the cgroup's files" {
	box_start limits
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(cgroup_value memory memory.soft_limit_in_bytes memory.low)" = 33554432 ]
	[ "$(cgroup_value pids pids.max pids.max)" = 64 ]
	case $(cgroup_value cpu cpu.cfs_quota_us cpu.max) in
	50000 | '50000 100000') ;;
	*) false ;;
	esac
	box_stop
}

# bats test_tags=vm,v1,v2
@test "sample: limits hold" {
	# 64 processes at most, the shell among them.
	run ctrnet_run limits -- /bin/sh -c 'i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i + 1)); done 2>&1; echo all'
	[[ $output == *"can't fork"* ]]
	# 64 MiB at most: a shell variable of 100 MB is killed.
	run ctrnet_run limits -- /bin/sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo ${#x}'
	[[ $output != *100000000* ]]
}

# bats test_tags=v1
@test "sample: devices that the config does not allow are refused" {
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip 'device rules are checked on v1'
	run ctrnet_run minimal -- /bin/sh -c 'mknod /dev/mem0 c 1 1 && head -c 1 /dev/mem0'
	[[ $output == *'Operation not permitted'* ]]
	run ctrnet_run minimal -- /bin/sh -c 'head -c 4 /dev/zero | wc -c'
	assert_output 4
}
