#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# --cgroup-manager systemd where all controllers, and systemd itself, are on cgroup v1.

load lib
load systemd

need_v1() {
	need_systemd
	[ -d /sys/fs/cgroup/systemd ] || skip "needs systemd on cgroup v1"
}

# dir CONTROLLER: of the box's cgroup.
dir() {
	echo "/sys/fs/cgroup/$1/system.slice/$UNIT"
}

# All that systemd does when it looks at its units again.
look_again() {
	busctl call "${MANAGER[@]}" Reload
	busctl call "${MANAGER[@]}" SetUnitProperties 'sba(sv)' "$UNIT" true 1 CPUShares t 777
	[ "$(cat "$(dir cpu)/cpu.shares")" = 777 ]
}

# bats test_tags=systemd-v1
@test "v1: systemd leaves the device rules" {
	need_v1
	UNIT=ctrnet-$ID.scope
	managed "$(limited '. + {allowed_devices: (.allowed_devices + [{type: 98, major: 7, minor: 3, permissions: "r"}])}')"
	sort "$(dir devices)/devices.list" >"$T/before"
	grep -x 'b 7:3 r' "$T/before"
	grep -x 'c 136:\* rwm' "$T/before"
	[ "$(wc -l <"$T/before")" = 12 ]
	look_again
	sort "$(dir devices)/devices.list" | diff "$T/before" -
	ctrnet update --cpu-quota 50000 "$ID"
	sort "$(dir devices)/devices.list" | diff "$T/before" -
	run ctrnet exec "$ID" /bin/sh -c 'mknod /dev/loop b 7 4 && : </dev/loop'
	[ "$status" != 0 ]
	[[ "$output" = *"Operation not permitted"* ]]
	box_stop
	no_unit
}

# bats test_tags=systemd-v1
@test "v1: a device rule that systemd cannot have is refused" {
	need_v1
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config \
		"$(limited '{allow_all_devices: true, denied_devices: [{type: 98, major: 7, minor: 3, permissions: "r"}]}')" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups.denied_devices: systemd, which writes the rules on cgroup v1, too, has only rules that allow" ]
}

# quota WORDS: what the box has.
has_quota() {
	[ "$(cat "$(dir cpu)/cpu.cfs_quota_us" "$(dir cpu)/cpu.cfs_period_us" | xargs)" = "$1" ]
}

# bats test_tags=systemd-v1
@test "v1: an update of the quota or of its period leaves the other one" {
	need_v1
	UNIT=ctrnet-$ID.scope
	managed "$(limited '{cpu_quota: 25000, cpu_period: 50000}')"
	has_quota "25000 50000"
	ctrnet update --cpu-quota 30000 "$ID"
	has_quota "30000 50000"
	ctrnet update --cpu-period 40000 "$ID"
	has_quota "30000 40000"
	look_again
	has_quota "30000 40000"
	box_stop
}

# The child's way in is made long, in case that it has one of its own.
# bats test_tags=systemd-v1
@test "v1: the scope is held until the container's process is in it" {
	local tasks
	need_v1
	UNIT=ctrnet-$ID.scope
	without_leak_sanitizer
	tasks=/sys/fs/cgroup/systemd/system.slice/$UNIT/tasks
	run --separate-stderr timeout 120 strace -f -qq -o "$T/trace" -P "$tasks" -e trace=write -e inject=write:delay_enter=5000000 \
		"$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config \
		"$(config minimal '.namespaces |= map(select(.type != "NEWNET")) | .networks = [] | del(.readonly_paths)')" \
		--rootfs "$ROOT" --id "$ID" /bin/cat /proc/self/cgroup
	assert_status 0
	[[ "$output" = *":name=systemd:"* ]]
	no_unit
}

# bats test_tags=systemd-v1
@test "v1: all directories of the scope are the container's, for a cgroup nested in it, too" {
	local dir
	need_v1
	UNIT=ctrnet-$ID.scope
	managed "$(limited '{parent: "ctrnet", memory: 67108864}')"
	for dir in /sys/fs/cgroup/*/system.slice/"$UNIT"; do
		[ "$(getfattr --absolute-names --match '^trusted.ctrnet' "$dir" | wc -l)" -gt 0 ] || { echo "no mark: $dir"; false; }
	done
	run --separate-stderr ctrnet exec --cgroup "$ID" /bin/cat /proc/self/cgroup
	assert_status 0
	grep -E '[:,]memory:/exec-[0-9]+$' <<<"$output"
	grep -E '[:,]name=systemd:/exec-[0-9]+$' <<<"$output"
	box_stop
	no_unit
	for dir in /sys/fs/cgroup/*/system.slice/"$UNIT"; do [ ! -e "$dir" ]; done
}

# bats test_tags=systemd-v1
@test "v1: without a pid namespace all processes end with the scope" {
	need_v1
	UNIT=ctrnet-$ID.scope
	managed host-pid
	ctrnet exec "$ID" /bin/sh -c 'sleep 1000 & sleep 1000 &'
	[ "$(wc -l <"$(dir pids)/cgroup.procs")" = 3 ]
	box_stop
	no_unit
}
