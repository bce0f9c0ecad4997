#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Each key of `cgroups` is in the file that it means, of v1 or v2, whatever this machine has; where it has neither
# the error names key and controller. The files are looked at through /proc/PID/cgroup, from the host.

load lib
load refuse

# v1_dir CONTROLLER [PID]: the directory of the process; fails where v1 does not have the controller.
v1_dir() {
	local path mount
	path=$(awk -F: -v c="$1" '{ n = split($2, w, ","); for (i = 1; i <= n; i++) if (w[i] == c) print $3 }' "/proc/${2:-$BOX_PID}/cgroup")
	[ -n "$path" ] || return 1
	# A mount shows its own top as "/".
	mount=$(awk -v c="$1" '$(NF - 2) == "cgroup" { n = split($NF, w, ","); for (i = 1; i <= n; i++) if (w[i] == c) print $5 }' \
		/proc/self/mountinfo | head -n 1)
	echo "$mount$path"
}

v2_mount() {
	awk '$(NF - 2) == "cgroup2" { print $5 }' /proc/self/mountinfo | head -n 1
}

v2_dir() {
	echo "$(v2_mount)$(sed -n 's/^0:://p' "/proc/${1:-$BOX_PID}/cgroup")"
}

on_v1() {
	v1_dir "$1" self >/dev/null
}

# Has the v2 tree that the tests sit in the controller to give?
on_v2() {
	local dir
	dir=$(v2_dir self)
	grep -qsw "$1" "${dir%/init.scope}/cgroup.controllers"
}

limited() {
	config minimal ".cgroups = {parent: \"ctrnet\"} + $1"
}

# The file's lines, as one; the key of a flat keyed file stays.
content() {
	tr '\n' ' ' <"$1" | sed 's/ $//'
}

# key CONTROLLER JSON V1-FILE WORDS V2-CONTROLLER V2-FILE WORDS: "-" for what v2 lacks.
key() {
	local dir file want name
	name=$(jq -rn "$2 | keys[-1]")
	if on_v1 "$1"; then
		box_start "$(limited "$2")"
		dir=$(v1_dir "$1") file=$3 want=$4
	elif [ "$6" != - ] && on_v2 "$5"; then
		box_start "$(limited "$2")"
		dir=$(v2_dir) file=$6 want=$7
	elif [ "$6" = - ] && [ "$(v2_mount)" = /sys/fs/cgroup ]; then
		refuses ".cgroups = {parent: \"ctrnet\"} + $2" "cgroups.$name: cgroup v2 has no such limit: $7"
		return
	else
		refuses ".cgroups = {parent: \"ctrnet\"} + $2" "cgroups.$name: the host has no '$1' cgroup controller"
		return
	fi
	if [ "$(content "$dir/$file")" != "$want" ]; then
		echo "$name: $dir/$file has '$(content "$dir/$file")' instead of '$want'"
		box_stop
		return 1
	fi
	box_stop
}

# bats test_tags=vm,v1,v2
@test "cgroups: memory" {
	key memory '{memory: 67108864}' memory.limit_in_bytes 67108864 memory memory.max 67108864
	key memory '{memory: 67108864, memory_reservation: 33554432}' memory.soft_limit_in_bytes 33554432 memory memory.low 33554432
	key memory '{memory: -1}' memory.limit_in_bytes 9223372036854771712 memory memory.max max
	[ ! -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || return 0
	key memory '{memory: 67108864, memory_swap: 134217728}' memory.memsw.limit_in_bytes 134217728 memory memory.swap.max 67108864
	key memory '{memory: 67108864, memory_swap: -1}' memory.memsw.limit_in_bytes 9223372036854771712 memory memory.swap.max max
}

# bats test_tags=v1
@test "cgroups: memory_swappiness: given, zero, and left" {
	local lacks="the system's vm.swappiness is everybody's there" own
	key memory '{memory_swappiness: 77}' memory.swappiness 77 - - "$lacks"
	key memory '{memory_swappiness: 0}' memory.swappiness 0 - - "$lacks"
	key memory '{memory_swappiness: 100}' memory.swappiness 100 - - "$lacks"
	on_v1 memory || return 0
	own=$(cat "$(v1_dir memory self)/memory.swappiness")
	[ "$own" != 0 ]
	key memory '{memory_swappiness: -1}' memory.swappiness "$own" - - ''
	key memory '{}' memory.swappiness "$own" - - ''
}

# bats test_tags=vm,v1
@test "cgroups: oom_kill_disable" {
	key memory '{oom_kill_disable: true}' memory.oom_control 'oom_kill_disable 1 under_oom 0 oom_kill 0' - - 'its OOM killer cannot be disabled'
}

# bats test_tags=v1
@test "cgroups: kernel_memory is set, or its absence warned of" {
	on_v1 memory || { key memory '{kernel_memory: 52428800}' - - - - 'kernel memory is part of cgroups.memory there'; return; }
	FILE=$(limited '{kernel_memory: 52428800}')
	run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/echo runs
	assert_status 0
	assert_output runs
	case $stderr in
	'') ;; # The kernel has it: it was read back.
	'ctrnet: warning: cgroups.kernel_memory: this kernel no longer has the limit, so nothing is limited') ;;
	*) echo "$stderr"; return 1 ;;
	esac
}

# bats test_tags=vm,v1,v2
@test "cgroups: cpu" {
	key cpu '{cpu_shares: 512}' cpu.shares 512 cpu cpu.weight 59
	key cpu '{cpu_quota: 50000}' cpu.cfs_quota_us 50000 cpu cpu.max '50000 100000'
	key cpu '{cpu_period: 50000}' cpu.cfs_period_us 50000 cpu cpu.max 'max 50000'
	key cpu '{cpu_period: 50000, cpu_quota: 25000}' cpu.cfs_quota_us 25000 cpu cpu.max '25000 50000'
}

# A new cgroup has no real-time time at all, so what is nested needs some above it.
@test "cgroups: cpu_rt_quota, in nested cgroups as well" {
	local lacks='it has no real-time bandwidth control' dir
	key cpu '{cpu_rt_period: 500000}' cpu.rt_period_us 500000 - - "$lacks"
	if on_v1 cpu && [ ! -e "$(v1_dir cpu self)/cpu.rt_runtime_us" ]; then skip 'no RT_GROUP_SCHED'; fi
	if ! on_v1 cpu; then
		key cpu '{cpu_rt_quota: 1000}' - - - - "$lacks"
		return
	fi
	# The test's own cgroup has nothing to give, as any that was made by others.
	dir=$(v1_dir cpu self)
	[ "$(cat "$dir/cpu.rt_runtime_us")" = 0 ]
	refuses '.cgroups = {cpu_rt_quota: 1000}' "cgroups.cpu_rt_quota: 1000: write to $dir/ID/cpu.rt_runtime_us: Invalid argument (the kernel takes what the parent cgroup has to give, 0 unless that was changed)"
	echo 20000 >"$dir/cpu.rt_runtime_us"
	box_start "$(config minimal '.cgroups = {parent: "a/b", cpu_rt_quota: 5000, cpu_rt_period: 500000}')"
	[ "$(cat "$dir/a/b/$ID/cpu.rt_runtime_us" "$dir/a/b/$ID/cpu.rt_period_us" | paste -sd ' ')" = '5000 500000' ]
	# Twice as much in a period that is twice as long, and a bit for rounding.
	[ "$(cat "$dir/a/b/cpu.rt_runtime_us")" = 10001 ]
	[ "$(cat "$dir/a/cpu.rt_runtime_us")" = 10001 ]
	# A second one beside it, and a third that is too much.
	FILE=$(config minimal '.cgroups = {parent: "a/b", cpu_rt_quota: 4000}')
	run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-2" -- /bin/echo fits
	assert_output fits
	[ "$(cat "$dir/a/b/cpu.rt_runtime_us")" -ge 14000 ]
	FILE=$(config minimal '.cgroups = {parent: "a/b", cpu_rt_quota: 15000}')
	run -255 --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-2" -- /bin/echo fits
	[[ "$stderr" =~ ^"ctrnet: exec: cgroups.cpu_rt_quota: "[0-9]+": write to $dir/a/cpu.rt_runtime_us: Invalid argument (the cgroup above it has not so much to give)"$ ]] ||
		{ echo "$stderr"; return 1; }
	box_stop
}

@test "cgroups: too few shares, and too many" {
	refuses '.cgroups = {parent: "ctrnet", cpu_shares: 1}' 'cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2'
	refuses '.cgroups = {parent: "ctrnet", cpu_shares: 262145}' 'cgroups.cpu_shares: 262145: the maximum allowed cpu-shares is 262144'
}

# bats test_tags=vm,v1,v2
@test "cgroups: cpuset" {
	local last
	last=$(($(nproc) - 1))
	key cpuset "{cpuset_cpus: \"$last\"}" cpuset.cpus "$last" cpuset cpuset.cpus.effective "$last"
	key cpuset '{cpuset_mems: "0"}' cpuset.mems 0 cpuset cpuset.mems.effective 0
}

# bats test_tags=vm,v1,v2
@test "cgroups: cpuset: a process runs where it may" {
	on_v1 cpuset || on_v2 cpuset || skip 'no cpuset'
	local last
	last=$(($(nproc) - 1))
	run ctrnet_run "$(limited "{cpuset_cpus: \"$last\"}")" /bin/grep Cpus_allowed_list /proc/self/status
	assert_output "Cpus_allowed_list:	$last"
}

# bats test_tags=vm,v1,v2
@test "cgroups: pids_limit" {
	key pids '{pids_limit: 64}' pids.max 64 pids pids.max 64
	key pids '{pids_limit: -1}' pids.max max pids pids.max max
	on_v1 pids || on_v2 pids || return 0
	run ctrnet_run "$(limited '{pids_limit: 4}')" /bin/sh -c 'for i in 1 2 3 4 5 6; do sleep 1000 & done 2>&1'
	[[ "$output" == *"can't fork"* ]]
}

# The block device that the tests' files are on, or another whole disk.
a_disk() {
	local dir
	for dir in /sys/block/{vd,sd,nvme,loop}*; do
		[ ! -f "$dir/dev" ] || { cat "$dir/dev"; return; }
	done
	return 1
}

# bats test_tags=vm,v1,v2
@test "cgroups: the four throttles" {
	local disk number k v2=1
	disk=$(a_disk) || skip 'no block device'
	for k in read_bps:rbps write_bps:wbps read_iops:riops write_iops:wiops; do
		number=$((v2++ * 1000000))
		key blkio "{blkio_throttle_${k%:*}_device: \"$disk $number\"}" "blkio.throttle.${k%:*}_device" "$disk $number" \
			io io.max "$disk $(for w in rbps wbps riops wiops; do [ $w = "${k#*:}" ] && echo $w=$number || echo $w=max; done | paste -sd ' ')"
	done
	# A list, of objects as well; several keys share a line on v2.
	key blkio "{blkio_throttle_read_bps_device: [\"$disk 5000\"]}" blkio.throttle.read_bps_device "$disk 5000" \
		io io.max "$disk rbps=5000 wbps=max riops=max wiops=max"
	key blkio "{blkio_throttle_read_bps_device: \"$disk 5000\", blkio_throttle_write_iops_device: [{major: ${disk%:*}, minor: ${disk#*:}, rate: 70}]}" \
		blkio.throttle.write_iops_device "$disk 70" io io.max "$disk rbps=5000 wbps=max riops=max wiops=70"
}

# bats test_tags=vm,v1,v2
@test "cgroups: blkio_weight" {
	local dir
	on_v1 blkio || on_v2 io || { key blkio '{blkio_weight: 300}' - - io - -; return; }
	box_start "$(limited '{blkio_weight: 300}')"
	dir=$(v1_dir blkio) || dir=$(v2_dir)
	case $(cat "$dir"/blkio.weight "$dir"/blkio.bfq.weight "$dir"/io.weight "$dir"/io.bfq.weight 2>/dev/null | head -n 1) in
	300 | 'default 300' | 'default 2930') box_stop ;;
	*) cat "$dir"/*weight; box_stop; return 1 ;;
	esac
}

# A loop device of our own with the BFQ scheduler, where the kernel has both.
# bats test_tags=vm,v1,v2
@test "cgroups: blkio_weight_device" {
	local loop disk dir words
	on_v1 blkio || on_v2 io || skip 'no controller'
	truncate -s 1M "$T/disk"
	loop=$(losetup --find --show "$T/disk" 2>/dev/null) || skip 'no loop devices'
	disk=$(cat "/sys/block/${loop#/dev/}/dev")
	if ! echo bfq >"/sys/block/${loop#/dev/}/queue/scheduler"; then
		losetup --detach "$loop"
		skip 'no bfq scheduler'
	fi
	words=$(box_start "$(limited "{blkio_weight_device: \"$disk 400\"}")" 2>&1 && { dir=$(v1_dir blkio) || dir=$(v2_dir)
		cat "$dir"/{blkio.weight_device,blkio.bfq.weight_device,io.weight,io.bfq.weight} 2>/dev/null; box_stop; } 2>&1) || true
	echo none >"/sys/block/${loop#/dev/}/queue/scheduler"
	losetup --detach "$loop"
	grep -qx -e "$disk 400" -e "$disk 3940" <<<"$words" || { echo "$words"; return 1; }
}

@test "cgroups: block devices that are none" {
	refuses '.cgroups.blkio_weight_device = "8:0"' "FILE:L:C: cgroups.blkio_weight_device: '8:0' is not \"MAJOR:MINOR NUMBER\""
	refuses '.cgroups.blkio_throttle_read_bps_device = "8:0  5"' "FILE:L:C: cgroups.blkio_throttle_read_bps_device: '8:0  5' is not \"MAJOR:MINOR NUMBER\""
	refuses '.cgroups.blkio_throttle_write_bps_device = ["8:0 5", "8 5"]' \
		"FILE:L:C: cgroups.blkio_throttle_write_bps_device[1]: '8 5' is not \"MAJOR:MINOR NUMBER\""
	refuses '.cgroups.blkio_throttle_read_iops_device = [{major: 8}]' \
		"FILE:L:C: cgroups.blkio_throttle_read_iops_device[0]: the key 'minor' is missing"
	refuses '.cgroups.blkio_throttle_write_iops_device = 5' \
		'FILE:L:C: cgroups.blkio_throttle_write_iops_device: expected a string, found the number 5'
	refuses '.cgroups.blkio_weight_device = "8:0 9"' 'FILE: cgroups.blkio_weight_device: 9 is out of range (10 to 1000)'
	refuses '.cgroups.blkio_weight = 1001' 'FILE: cgroups.blkio_weight: 1001 is out of range (10 to 1000)'
}

# bats test_tags=v1
@test "cgroups: a block device that is not there" {
	on_v1 blkio || skip "states the words for v1's files"
	FILE=$(changed '.cgroups = {parent: "ctrnet", blkio_throttle_read_bps_device: "4000:0 5"}')
	run -255 --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	[[ "$stderr" =~ ^ctrnet:\ exec:\ cgroups.blkio_throttle_read_bps_device:\ 4000:0\ 5:\ write\ to\ [^\ ]*/blkio.throttle.read_bps_device:\ No\ such\ device$ ]]
}

page_size() {
	local kib
	kib=$(ls /sys/kernel/mm/hugepages | sed 's/hugepages-\(.*\)kB/\1/' | sort -n | head -n 1)
	[ -n "$kib" ] && echo "$((kib / 1024))MB"
}

# systemd hands down what it knows, which this is not of.
# bats test_tags=vm,hugetlb
@test "cgroups: hugetlb_limit" {
	local size
	size=$(page_size) || skip 'no huge pages'
	# A v2 tree beside v1's is the machine's: nothing is enabled in it for a test.
	on_v1 hugetlb || on_v2 hugetlb || ! grep -qsw hugetlb "$(v2_mount)/cgroup.controllers" ||
		skip 'the controller is in a v2 tree that does not hand it down to the tests'
	key hugetlb "{hugetlb_limit: [{page_size: \"$size\", limit: 4194304}]}" "hugetlb.$size.limit_in_bytes" 4194304 \
		hugetlb "hugetlb.$size.max" 4194304
}

# bats test_tags=systemd
@test "cgroups: a controller that is not handed down is an error of the key that needs it" {
	local size dir
	size=$(page_size) || skip 'no huge pages'
	dir=$(v2_dir self)
	on_v1 hugetlb && skip 'the controller is on v1'
	grep -qsw hugetlb "$(v2_mount)/cgroup.controllers" || skip 'there is no such controller'
	on_v2 hugetlb && skip 'the controller is handed down'
	FILE=$(changed ".cgroups = {parent: \"ctrnet\", hugetlb_limit: [{page_size: \"$size\", limit: 4194304}]}")
	run -255 --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	[ "$stderr" = "ctrnet: exec: cgroups.hugetlb_limit: enable the hugetlb controller in cgroup ${dir%/init.scope}: No such file or directory (the cgroup above it does not hand it the controller)" ]
}

@test "cgroups: unified: files of v2, by their names" {
	refuses '.cgroups = {unified: {"memory/high": "1"}}' "FILE: cgroups.unified: 'memory/high' is no file of a controller, like memory.high"
	refuses '.cgroups = {unified: {"cgroup.kill": "1"}}' "FILE: cgroups.unified: 'cgroup.kill' is none of a controller's"
	refuses '.cgroups = {pids_limit: 5, unified: {"pids.max": "6"}}' "FILE: cgroups.unified: 'pids.max' is what cgroups.pids_limit writes"
	refuses '.cgroups = {parent: "ctrnet", unified: {"nosuch.max": "6"}}' "cgroups.unified: 'nosuch.max': the host has no 'nosuch' cgroup controller"
	if on_v1 memory; then
		refuses '.cgroups = {parent: "ctrnet", unified: {"memory.high": "6"}}' \
			"cgroups.unified: 'memory.high': the host has the 'memory' controller on cgroup v1, and this is a file of v2"
		return
	fi
	on_v2 memory || skip 'the controller is not handed down'
	box_start "$(limited '{unified: {"memory.high": "104857600"}}')"
	[ "$(cat "$(v2_dir)/memory.high")" = 104857600 ]
	box_stop
}

@test "cgroups: hugetlb_limit: sizes that are none, or that the kernel has not" {
	refuses '.cgroups.hugetlb_limit = [{limit: 1}]' "FILE:L:C: cgroups.hugetlb_limit[0]: the key 'page_size' is missing"
	refuses '.cgroups.hugetlb_limit = [{page_size: "../x", limit: 1}]' "FILE: cgroups.hugetlb_limit[0].page_size: '../x' is not a size like 2MB"
	refuses '.cgroups.hugetlb_limit = [{page_size: "2M", limit: 1}]' "FILE: cgroups.hugetlb_limit[0].page_size: '2M' is not a size like 2MB"
	[ "$(ls /sys/kernel/mm/hugepages 2>/dev/null | sort | paste -sd ' ')" = 'hugepages-1048576kB hugepages-2048kB' ] || return 0
	grep -q hugetlb "$(v2_mount)/cgroup.controllers" || return 0
	FILE=$(changed '.cgroups = {parent: "ctrnet", hugetlb_limit: [{page_size: "3MB", limit: 1}]}')
	run -255 --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	[[ "$stderr" =~ ^'ctrnet: exec: cgroups.hugetlb_limit[0].page_size: the kernel has no pages of 3MB (it has '('2MB, 1GB'|'1GB, 2MB')')'$ ]]
}

# bats test_tags=v1
@test "cgroups: net_cls_classid and net_prio_ifpriomap" {
	local lacks="firewall rules match its cgroups by path" value
	for value in '"0x100001"' '"1048577"' 1048577; do
		key net_cls "{net_cls_classid: $value}" net_cls.classid 1048577 - - "$lacks"
	done
	if ! on_v1 net_prio; then
		key net_prio '{net_prio_ifpriomap: [{interface: "lo", priority: 5}]}' - - - - "$lacks"
		return
	fi
	box_start "$(limited '{net_prio_ifpriomap: [{interface: "lo", priority: 5}]}')"
	grep -qx 'lo 5' "$(v1_dir net_prio)/net_prio.ifpriomap"
	box_stop
}

@test "cgroups: bad classes, interfaces and swappiness" {
	local what='is not a class id: a number of 32 bits, the major one in the upper half' bad
	for bad in x 0x 1x -1 ' 1' 0x100000000; do
		refuses ".cgroups.net_cls_classid = \"$bad\"" "FILE:L:C: cgroups.net_cls_classid: '$bad' $what"
	done
	refuses '.cgroups.net_cls_classid = 4294967296' 'FILE:L:C: cgroups.net_cls_classid: 4294967296 is out of range (0 to 4294967295)'
	refuses '.cgroups.net_prio_ifpriomap = [{interface: "a b"}]' \
		"FILE: cgroups.net_prio_ifpriomap[0].interface: 'a b' is not a name of an interface"
	for bad in -2 101; do
		refuses ".cgroups.memory_swappiness = $bad" \
			"FILE:L:C: cgroups.memory_swappiness: invalid value $bad: swappiness goes from 0 to 100, and -1 leaves it as it is"
	done
	refuses '.cgroups.memory_swappiness = "60"' 'FILE:L:C: cgroups.memory_swappiness: expected a number, found a string "60"'
	refuses '.cgroups.slice = 5' 'FILE:L:C: cgroups.slice: expected a string, found the number 5'
}

@test "cgroups: slice is accepted and means nothing here" {
	box_start "$(limited '{slice: "other.slice"}')"
	run ! grep -q slice "/proc/$BOX_PID/cgroup"
	box_stop
}

# bats test_tags=vm,v1,v2
@test "cgroups: devices: allowed and denied ones" {
	local rules
	# What is denied cannot be opened, though the node is there.
	rules='[{type: 99, major: -1, minor: -1, permissions: "m"}, {type: 99, major: 1, minor: 3, permissions: "rw"}, {type: 99, major: 1, minor: 5, permissions: "r"}]'
	box_start "$(limited "{allow_all_devices: false, allowed_devices: $rules}")"
	box_stop
	run ctrnet_run "$(limited "{allowed_devices: $rules}")" /bin/sh -c \
		'echo 1 >/dev/null; cat </dev/null; head -c 1 /dev/zero >/dev/null && (: >/dev/zero); (: </dev/full)'
	[ "$status" = 1 ]
	[ "$(grep -c 'Operation not permitted' <<<"$output")" = 2 ]
	[[ "$output" == *"can't create /dev/zero"* ]] && [[ "$output" == *"can't open /dev/full"* ]]
	run ctrnet_run "$(limited '{allow_all_devices: true, denied_devices: [{type: 99, major: 1, minor: 5, permissions: "w"}]}')" /bin/sh -c \
		'(: </dev/full) && head -c 1 /dev/zero >/dev/null && (: >/dev/zero)'
	[[ "$output" == *"can't create /dev/zero: Operation not permitted" ]]
}

@test "cgroups: devices: the keys of 2014 say the same" {
	run ctrnet_run "$(limited '{allowed_devices: [{type: 99, major_number: -1, minor_number: -1, cgroup_permissions: "m"},
		{type: 99, major_number: 1, minor_number: 3, cgroup_permissions: "rwm"}]}')" /bin/sh -c 'echo 1 >/dev/null && (: </dev/full)'
	[[ "$output" == *"can't open /dev/full: Operation not permitted" ]]
}

# bats test_tags=vm,v1,v2
@test "cgroups: a parent that is absolute, nested, or the root" {
	local base
	base=$(sed -n 's/^0:://p; t; s/^[0-9]*:pids://p' /proc/self/cgroup | head -n 1)
	base=${base%/init.scope}
	box_start "$(config minimal '.cgroups = {parent: $p, cpuset_cpus: "0"}' --arg p "$base/a/b")"
	grep -q "$base/a/b/$ID\$" "/proc/$BOX_PID/cgroup"
	run ! grep -q "$base$base" "/proc/$BOX_PID/cgroup"
	box_stop
	box_start "$(config minimal '.cgroups = {parent: "a/b", name: "c/d"}')"
	grep -q "/a/b/c/d\$" "/proc/$BOX_PID/cgroup"
	box_stop
}

# bats test_tags=vm,v1,v2
@test "cgroups: a process that joins is in all of them" {
	local joined pid
	box_start "$(limited '{pids_limit: 50}')"
	"$CTRNET" --root "$RUN" exec --id "$ID" -- /bin/sleep 1000 3>&- &
	joined=$!
	wait_for 5 pgrep -P $joined -x sleep
	pid=$(pgrep -P $joined -x sleep)
	[ "$(cat "/proc/$pid/cgroup")" = "$(cat "/proc/$BOX_PID/cgroup")" ]
	grep -q "/ctrnet/$ID\$" "/proc/$pid/cgroup"
	box_stop
	wait $joined || [ $? = 137 ]
}

# bats test_tags=vm,v1,v2
@test "cgroups: keys that are v2's alone" {
	local dir none='which has no such limit'
	if on_v1 memory; then
		refuses '.cgroups = {memory_high: 1}' "cgroups.memory_high: the host has the 'memory' controller on cgroup v1, $none"
		key cpu '{cpu_quota: 50000, cpu_burst: 20000}' cpu.cfs_burst_us 20000 cpu cpu.max.burst 20000
		return
	fi
	box_start "$(limited '{memory_high: 134217728, memory_low: 33554432, memory_min: 16777216, cpu_weight: 55, cpu_quota: 50000,
		cpu_burst: 20000, io_weight: 300}')"
	dir=$(v2_dir)
	[ "$(content "$dir/memory.high")" = 134217728 ]
	[ "$(content "$dir/memory.low")" = 33554432 ]
	[ "$(content "$dir/memory.min")" = 16777216 ]
	[ "$(content "$dir/cpu.weight")" = 55 ]
	[ "$(content "$dir/cpu.max.burst")" = 20000 ]
	[ ! -e "$dir/io.weight" ] || [ "$(content "$dir/io.weight")" = "default 300" ]
	box_stop
}

# bats test_tags=vm,v2
@test "cgroups: v2 without a limit has statistics all the same, and the root hands down what it did" {
	local dir before
	[ "$(v2_mount)" = /sys/fs/cgroup ] || skip "needs all controllers on v2"
	before=$(cat /sys/fs/cgroup/cgroup.subtree_control)
	box_start "$(limited '{}')"
	dir=$(v2_dir)
	[ -e "$dir/memory.current" ]
	[ -e "$dir/pids.current" ]
	[ -e "$dir/io.stat" ]
	[ -e "$dir/cpu.max" ]
	[ "$(cat "$dir/memory.max")" = max ]
	[ "$(cat /sys/fs/cgroup/cgroup.subtree_control)" = "$before" ]
	assert_json "$(ctrnet stats --json "$ID")" '.memory.usage > 0 and .pids.usage == 1'
	box_stop
}

# At its end all that is in its cgroup is killed, so nobody else may be in it: not a stranger before it, nor a container behind it.
# bats test_tags=vm,v1,v2
@test "cgroups: a container without a pid namespace shares its cgroup with nobody" {
	local lone shared mount stranger dir why dirs=()
	why="is not the container's alone, and without a pid namespace (NEWPID) it has to be: all that is in it is killed at the container's end"
	lone=$(config minimal '.cgroups = {parent: "lab", name: "x"} | .namespaces |= map(select(.type != "NEWPID"))')
	shared=$(config minimal '.cgroups = {parent: "lab", name: "x"}')
	sleep 1000 3>&- &
	stranger=$!
	for mount in $CTRNET_TEST_CGROUPS; do
		dirs+=("$mount/lab/x")
		mkdir -p "$mount/lab/x"
		[[ $mount == */cpuset/* ]] || echo "$stranger" >"$mount/lab/x/cgroup.procs"
	done
	run --separate-stderr ctrnet exec --config "$lone" --rootfs "$ROOT" --id "$ID" -- /bin/true
	assert_status 255
	[[ $stderr =~ ^"ctrnet: exec: cgroups: /sys/fs/cgroup/"[^:]*"/lab/x $why"$ ]]
	kill -0 "$stranger"
	kill "$stranger"
	wait "$stranger" || true
	for dir in "${dirs[@]}"; do
		rmdir "$dir" "${dir%/*}"
	done

	box_start "$shared"
	run --separate-stderr ctrnet exec --config "$lone" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
	assert_status 255
	[[ $stderr =~ ^"ctrnet: exec: cgroups: /sys/fs/cgroup/"[^:]*"/lab/x $why"$ ]]
	kill -0 "$BOX_PID"
	box_stop

	box_start "$lone"
	for FILE in "$lone" "$shared"; do
		run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
		assert_status 255
		[[ $stderr =~ ^"ctrnet: exec: cgroups: /sys/fs/cgroup/"[^:]*"/lab/x is another container's, which has no pid namespace: its end is the end of all that is in its cgroup"$ ]]
	done
	kill -0 "$BOX_PID"
	box_stop
	# One whose container is gone, killed beyond all cleaning up, is in nobody's way.
	box_start "$lone"
	kill -KILL "$BOX"
	wait "$BOX" || true
	ctrnet delete --force "$ID"
	ctrnet_run "$shared" /bin/true
}

# bats test_tags=vm
@test "cgroups: what somebody else made, and killed all of before, takes a container and what joins it" {
	local mount dir
	for mount in $CTRNET_TEST_CGROUPS; do
		[ ! -e "$mount/cgroup.kill" ] || dir=$mount/theirs/box
	done
	[ -n "$dir" ] || skip 'no cgroup.kill'
	mkdir -p "$dir"
	echo 1 >"$dir/cgroup.kill"
	box_start "$(config minimal '.cgroups = {parent: "theirs", name: "box"}')"
	[ "$(cat "$dir/cgroup.procs")" = "$BOX_PID" ]
	run ctrnet exec "$ID" /bin/echo joined
	assert_output joined
	box_stop
	rmdir "$dir" "${dir%/*}"
}

# other_run WORD...: run in a mount namespace where $RUN leads to another directory, which goes with it.
other_run() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private /bin/sh -c 'mkdir -p "$RUN" && mount -t tmpfs tmpfs "$RUN" && exec "$@"' sh "$@"
}

# bats test_tags=vm,v1,v2
@test "cgroups: one that lives in another mount namespace, with a run directory of its own, is no leftover" {
	local config dir status=0
	config=$(config minimal '.cgroups = {parent: "lab", name: "x", pids_limit: 50}')
	box_start "$config"
	dir=$(cgroup_of pids || v2_dir)
	export RUN CTRNET ROOT ID config
	# Of the same id, and so with a run directory of the same path.
	other_run timeout 20 "$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/true
	kill -0 "$BOX_PID"
	[ "$(cat "$dir/cgroup.procs")" = "$BOX_PID" ]
	# One that was killed in there, and is found by another ctrnet when its run directory is gone.
	other_run /bin/sh -c '"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/true
		timeout -s KILL 1 "$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/sleep 1000' || status=$?
	[ "$status" = 137 ]
	kill -0 "$BOX_PID"
	box_stop
	ctrnet_run "$config" /bin/true
}

# bats test_tags=vm
@test "cgroups: nobody else can hold the lock" {
	local mount flocks=()
	command -v setpriv flock >/dev/null || skip 'no setpriv or flock'
	for mount in /sys/fs/cgroup /sys/fs/cgroup/*/ /run /run/ctrnet-shared; do
		setpriv --reuid 65534 --regid 65534 --clear-groups flock --nonblock "$mount" sleep 1000 2>/dev/null 3>&- &
		flocks+=($!)
	done
	wait_for 5 pgrep -u 65534 -x sleep
	timeout 60 "$CTRNET" --root "$RUN" exec --config "$(limited '{pids_limit: 50}')" --rootfs "$ROOT" --id "$ID" -- /bin/true
	pkill -u 65534 -x sleep || true
	wait "${flocks[@]}" || true
}

# bats test_tags=vm,v1
@test "cgroups: a cpuset that somebody left empty is filled for as long as it is needed" {
	local mount config top file
	for mount in $CTRNET_TEST_CGROUPS; do
		[[ $mount != /sys/fs/cgroup/cpuset/* ]] || top=$mount/theirs
	done
	[ -n "$top" ] || skip 'needs cpuset on cgroup v1'
	lists() { cat "$top/$1/cpuset.cpus" "$top/$1/cpuset.mems" | tr '\n' ' '; }
	mkdir -p "$top/inner/used"
	config=$(config minimal '.cgroups = {parent: "theirs/inner/ours"}')
	box_start "$config"
	[ "$(lists .)" != '  ' ]
	[ "$(lists inner)" = "$(lists .)" ]
	ID=$ID-2 ctrnet_run "$config" /bin/true
	[ "$(lists inner)" = "$(lists .)" ]
	box_stop
	[ "$(lists .)$(lists inner)" = '    ' ]
	# One that was killed, and whose journal is lost.
	box_start "$config"
	kill -KILL "$BOX"
	wait "$BOX" || true
	: >"$RUN/$ID/journal.json"
	ctrnet delete --force "$ID"
	[ "$(lists .)$(lists inner)" = '    ' ]
	# Where somebody counts on it it stays, and is that one's from then on.
	box_start "$config"
	for file in cpuset.cpus cpuset.mems; do echo 0 >"$top/inner/used/$file"; done
	box_stop
	[ "$(lists inner)" = "$(lists .)" ]
	[ "$(lists inner)" != '  ' ]
	rmdir "$top/inner/used"
	ctrnet_run "$config" /bin/true
	[ "$(lists inner)" != '  ' ]
	rmdir "$top/inner" "$top"
}
