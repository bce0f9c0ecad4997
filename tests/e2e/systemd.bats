#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# --cgroup-manager systemd: scopes, looked at by busctl(1) and in the cgroups' files. Where systemd is not the init there is only
# a line that says so.

load lib
load refuse
load systemd

scope_dir() {
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")"
}

# bats test_tags=systemd
@test "a container is in a scope of systemd's, alone, and the scope goes with it" {
	local dir
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited "{parent: \"ctrnet\"}")"
	dir=$(scope_dir)
	[ "$dir" = "/sys/fs/cgroup/system.slice/$UNIT" ]
	[ "$(cat "$dir/cgroup.procs" | wc -l)" = 1 ]
	[ "$(property Unit ActiveState)" = 's "active"' ]
	[ "$(property Unit DefaultDependencies)" = 'b false' ]
	[ "$(property Scope Delegate)" = 'b true' ]
	[ "$(property Scope Slice)" = 's "system.slice"' ]
	[ "$(property Scope ControlGroup)" = "s \"/system.slice/$UNIT\"" ]
	box_stop
	[ ! -e "$dir" ]
	no_unit
}

# bats test_tags=systemd
@test "the unit is named after parent and name, and is in the slice that the config has" {
	need_systemd
	UNIT=lab-one-$ID.scope
	managed "$(limited "{parent: \"lab\", name: \"one-$ID\", slice: \"ctrnettest-blue.slice\"}")"
	[ "$(scope_dir)" = "/sys/fs/cgroup/ctrnettest.slice/ctrnettest-blue.slice/$UNIT" ]
	box_stop
	no_unit
	UNIT=ctrnet-a\\x2bb-$ID.scope
	managed "$(limited "{parent: \"/ctrnettest.slice\", name: \"a+b-$ID\"}")"
	[ "$(scope_dir)" = "/sys/fs/cgroup/ctrnettest.slice/$UNIT" ]
	box_stop
	no_unit
	# Names that a file of the kernel's could have.
	UNIT=_lab-$ID.scope
	managed "$(limited "{parent: \"_lab\", slice: \"cpu-ctrnettest.slice\"}")"
	[ "$(scope_dir)" = "/sys/fs/cgroup/_cpu.slice/cpu-ctrnettest.slice/_$UNIT" ]
	box_stop
	no_unit
}

# has DIR FILE TEXT
has() {
	[ "$(cat "$1/$2")" = "$3" ] || { echo "$2: $(cat "$1/$2")"; return 1; }
}

# bats test_tags=systemd
@test "limits are properties, so that systemd leaves them, and files" {
	local dir weight
	need_systemd
	UNIT=ctrnet-$ID.scope
	DISK=$(cat /sys/block/vda/dev)
	managed "$(limited "{memory: 67108864, memory_swap: 134217728, memory_reservation: 33554432, cpu_shares: 2048, cpu_quota: 25000,
		cpu_period: 50000, pids_limit: 77, cpuset_cpus: \"0\", blkio_throttle_write_bps_device: \"$DISK 1048576\"}")"
	dir=$(scope_dir)
	weight=$(cat "$dir/cpu.weight")
	[ "$weight" != 100 ]
	has "$dir" memory.max 67108864
	has "$dir" memory.low 33554432
	has "$dir" memory.swap.max 67108864
	has "$dir" cpu.max "25000 50000"
	has "$dir" pids.max 77
	has "$dir" cpuset.cpus 0
	grep "^$DISK .*wbps=1048576" "$dir/io.max"
	[ "$(property Scope MemoryMax)" = 't 67108864' ]
	[ "$(property Scope MemoryLow)" = 't 33554432' ]
	[ "$(property Scope MemorySwapMax)" = 't 67108864' ]
	[ "$(property Scope CPUWeight)" = "t $weight" ]
	[ "$(property Scope CPUQuotaPerSecUSec)" = 't 500000' ]
	[ "$(property Scope CPUQuotaPeriodUSec)" = 't 50000' ]
	[ "$(property Scope TasksMax)" = 't 77' ]
	[[ "$(property Scope AllowedCPUs)" =~ ^ay\ [0-9]+\ 1(\ 0)*$ ]]
	# What it writes when it looks at its units again is the same.
	busctl call "${MANAGER[@]}" Reload
	has "$dir" memory.max 67108864
	has "$dir" cpu.max "25000 50000"
	has "$dir" pids.max 77
	ctrnet update --memory 134217728 --pids-limit 99 "$ID"
	[ "$(property Scope MemoryMax)" = 't 134217728' ]
	[ "$(property Scope TasksMax)" = 't 99' ]
	busctl call "${MANAGER[@]}" Reload
	busctl call "${MANAGER[@]}" SetUnitProperties 'sba(sv)' "$UNIT" true 1 CPUWeight t 55
	has "$dir" cpu.weight 55
	has "$dir" memory.max 134217728
	has "$dir" pids.max 99
	has "$dir" cpu.max "25000 50000"
	box_stop
}

# libcontainer's tests of its systemd driver: docs/conformance-libcontainer.md.
# bats test_tags=systemd
@test "TestSystemdFreeze: paused, it is, resumed, it runs, and it ends well" {
	local dir
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited "{parent: \"ctrnet\"}")"
	dir=$(scope_dir)
	ctrnet pause "$ID"
	[ "$(ctrnet state "$ID" | jq -r .status)" = paused ]
	has "$dir" cgroup.freeze 1
	grep -qx 'frozen 1' "$dir/cgroup.events"
	ctrnet resume "$ID"
	[ "$(ctrnet state "$ID" | jq -r .status)" = running ]
	has "$dir" cgroup.freeze 0
	box_stop
	no_unit
}

# bats test_tags=systemd
@test "TestCpuSharesSystemd: 1 is too few" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	run -255 ctrnet --cgroup-manager systemd exec --config "$(limited "{cpu_shares: 1}")" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[[ $output == *'cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2' ]]
	no_unit
}

# Version 2 has no such limit, and says so, instead of limiting nothing.
# bats test_tags=systemd
@test "TestRunWithKernelMemorySystemd: started where there is such a limit" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	run ctrnet --cgroup-manager systemd exec --config "$(limited "{kernel_memory: 52428800}")" --rootfs "$ROOT" --id "$ID" -- /bin/echo ran
	if grep -q ' - cgroup .*[ ,]memory' /proc/self/mountinfo; then
		assert_status 0
		[[ $output == *ran ]]
	else
		assert_status 255
		[[ $output == *'cgroups.kernel_memory: cgroup v2 has no such limit: kernel memory is part of cgroups.memory there' ]]
	fi
	no_unit
}

# bats test_tags=systemd
@test "so are files of v2, as the kernel reads them" {
	local dir
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited '{parent: "ctrnet", unified: {"memory.high": "512M", "memory.low": "0x100000", "cpuset.cpus": "0, 1", "pids.max": " 077"}}')"
	dir=$(scope_dir)
	has "$dir" memory.high 536870912
	busctl call "${MANAGER[@]}" Reload
	busctl call "${MANAGER[@]}" SetUnitProperties 'sba(sv)' "$UNIT" true 1 CPUWeight t 55
	has "$dir" cpu.weight 55
	has "$dir" memory.high 536870912
	has "$dir" memory.low 1048576
	has "$dir" cpuset.cpus 0-1
	has "$dir" pids.max 63
	box_stop
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(limited '{unified: {"cpu.idle": "1"}}')" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups.unified: 'cpu.idle': systemd writes cpu.weight, and so undoes it" ]
}

# bats test_tags=systemd
@test "a container may have one process only" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(limited '{parent: "ctrnet", pids_limit: 1}')" \
		--rootfs "$ROOT" --id "$ID" /bin/cat /proc/self/cgroup
	assert_status 0
	[ "$output" = 0::/ ]
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(limited '{parent: "ctrnet", pids_limit: 1}')" \
		--rootfs "$ROOT" --id "$ID" /bin/sh -c '/bin/true & wait'
	[ "$status" != 0 ]
	[[ "$stderr" = *"can't fork"* ]]
	no_unit
}

# bats test_tags=systemd
@test "what joins is in the scope too, without the option, and so are statistics" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited "{parent: \"ctrnet\"}")"
	run ctrnet exec "$ID" cat /proc/self/cgroup
	assert_status 0
	[[ "$output" = *"/$UNIT" ]] || [ "$output" = "0::/" ]
	run ctrnet stats --json "$ID"
	assert_json "$output" '.memory.usage > 0 and .pids.usage >= 1'
	box_stop
	no_unit
}

# bats test_tags=systemd
@test "without a pid namespace all processes end with the scope" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed host-pid
	box_all /bin/true
	ctrnet exec "$ID" /bin/sh -c 'sleep 1000 & sleep 1000 &'
	[ "$(wc -l <"$(scope_dir)/cgroup.procs")" = 3 ]
	box_stop
	no_unit
}

# bats test_tags=systemd
@test "the name is free as soon as ctrnet has returned" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	for _ in {1..5}; do
		run ctrnet --cgroup-manager systemd exec --config "$(config_path minimal)" --rootfs "$ROOT" --id "$ID" /bin/sh -c 'exit 7'
		assert_status 7
		no_unit
	done
}

# bats test_tags=systemd
@test "a unit that somebody else has is not touched" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited "{parent: \"ctrnet\", name: \"$ID\"}")"
	run --separate-stderr "$CTRNET" --root "$RUN.other" --cgroup-manager systemd exec --config \
		"$(limited "{parent: \"ctrnet\", name: \"$ID\"}")" --rootfs "$ROOT" --id other /bin/true
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups: systemd has a unit $UNIT already (systemctl stop $UNIT ends it)" ]
	[ "$(property Unit ActiveState)" = 's "active"' ]
	kill -0 "$BOX_PID"
	box_stop
	rm -rf "$RUN.other"
}

# bats test_tags=systemd
@test "nor is one of that name in another slice, by a failed start or a later delete" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited '{parent: "ctrnet"}')"
	kill -KILL "$BOX"
	wait "$BOX" || true
	for _ in {1..100}; do
		unit_path "$UNIT" || break
		sleep 0.1
	done
	RUN=$RUN.other managed "$(limited '{parent: "ctrnet", slice: "ctrnettest.slice"}')"
	run --separate-stderr "$CTRNET" --root "$RUN.third" --cgroup-manager systemd exec --config "$(config_path minimal)" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups: systemd has a unit $UNIT already (systemctl stop $UNIT ends it)" ]
	kill -0 "$BOX_PID"
	ctrnet delete --force "$ID"
	kill -0 "$BOX_PID"
	[ "$(property Scope Slice)" = 's "ctrnettest.slice"' ]
	[ "$(property Unit ActiveState)" = 's "active"' ]
	box_stop
	no_unit
	rm -rf "$RUN.other" "$RUN.third"
}

# bats test_tags=systemd
@test "ctrnet was killed: the scope is gone with the next delete" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	managed "$(limited "{parent: \"ctrnet\"}")"
	kill -KILL "$BOX"
	wait "$BOX" || true
	ctrnet delete --force "$ID"
	no_unit
	[ ! -e "/sys/fs/cgroup/system.slice/$UNIT" ]
}

# bats test_tags=systemd
@test "a limit that the kernel refuses takes the scope back" {
	need_systemd
	UNIT=ctrnet-$ID.scope
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(limited '{cpuset_cpus: "4000"}')" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 255
	[[ "$stderr" = "ctrnet: exec: cgroups.cpuset_cpus: 4000: "* ]]
	no_unit
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(limited '{slice: "no slice"}')" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups.slice: 'no slice' is no slice of systemd's, like machine.slice or lab-blue.slice" ]
}

# bats test_tags=systemd
@test "no bus, no library: a line each" {
	need_systemd
	mount -t tmpfs tmpfs /run/dbus
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(config_path minimal)" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	umount /run/dbus
	assert_status 255
	[ "$stderr" = "ctrnet: exec: cgroups: cannot reach systemd: the system bus (D-Bus): No such file or directory" ]
	mount --bind /dev/null "$(realpath /lib/x86_64-linux-gnu/libsystemd.so.0)"
	run --separate-stderr "$CTRNET" --root "$RUN" --cgroup-manager systemd exec --config "$(config_path minimal)" \
		--rootfs "$ROOT" --id "$ID" /bin/true
	umount "$(realpath /lib/x86_64-linux-gnu/libsystemd.so.0)"
	assert_status 255
	[[ "$stderr" = "ctrnet: exec: cgroups: the systemd cgroup manager needs libsystemd.so.0 (package libsystemd0): "* ]]
}

# bats test_tags=systemd
@test "a dry run shows systemd-run" {
	need_systemd
	run ctrnet --cgroup-manager systemd exec --dry-run --config "$(limited '{memory: 67108864}')" --rootfs "$ROOT" --id "$ID" /bin/true
	assert_status 0
	grep "^systemd-run --scope --unit=ctrnet-$ID.scope --slice=system.slice .* -p Delegate=yes .* -p MemoryMax=67108864 sleep infinity &$" <<<"$output"
	grep "^echo 67108864 > /sys/fs/cgroup/system.slice/ctrnet-$ID.scope/memory.max$" <<<"$output"
}

@test "without systemd: a line that says so" {
	[ ! -d /run/systemd/system ] || skip "systemd is the init here"
	FILE=$(config_path minimal)
	refused 255 "exec: cgroups: the systemd cgroup manager needs a system that systemd is the init of (there is no /run/systemd/system)" \
		--cgroup-manager systemd exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	refused 1 "option --cgroup-manager: unknown value 'x' (known: cgroupfs, systemd, disabled)" --cgroup-manager x list
}
