#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A config in each of the formats of 2014 and early 2015, run: what only that format says, or says in its own way.

load lib

# era NAME: start it.
era() {
	box_start "$BATS_TEST_DIRNAME/../golden/configs/$1.json"
}

status_of() {
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/$BOX_PID/status"
}

# bounded_by NUMBER...: all capabilities that we have, but these.
bounded_by() {
	local mask number
	mask=$((16#$(awk '/^CapBnd/ { print $2 }' /proc/self/status)))
	for number in "$@"; do
		mask=$((mask & ~(1 << number)))
	done
	[ "$(status_of CapBnd)" = "$(printf %016x $mask)" ] || { status_of CapBnd; return 1; }
}

# made KIND...: these namespaces are its own, and no others.
made() {
	local kind own=()
	for kind in ipc mnt net pid uts; do
		[ "$(readlink "/proc/$BOX_PID/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ] || own+=("$kind")
	done
	[ "${own[*]}" = "$*" ] || { echo "own: ${own[*]}"; return 1; }
}

# mounted PATH PATTERN: "type options" of what is there.
mounted() {
	local got
	got=$(mount_flags "$1")
	# shellcheck disable=SC2053 # a pattern
	[[ $got == $2 ]] || { echo "on $1: $got"; return 1; }
}

has_environment() {
	tr '\0' '\n' <"/proc/$BOX_PID/environ" | grep -qx "$1"
}

# devices NAME...: these in its /dev, and no others (but the console).
devices() {
	run box_all /bin/sh -c 'find /dev -xdev -type c -o -xdev -type b | grep -v console | sort | tr "\n" " "'
	[ "$output" = "$(printf "${1:+/dev/%s }" "$@")" ] || { echo "$output"; return 1; }
}

# limit FILE: what a file of its v1 cgroups says.
limit() {
	cat "$(cgroup_of "${1%%.*}")/$1"
}

has_controller() {
	grep -q "^$1[[:space:]]" /proc/cgroups && grep -q " cgroup cgroup .*[ ,]$1" /proc/self/mountinfo
}

@test "formats: February 2014, the first" {
	era 2014-02_first
	made ipc mnt net pid uts
	# SYS_ADMIN with what it has become, SYS_MODULE, MKNOD
	bounded_by 21 38 39 40 16 27
	has_environment FORMAT=first
	[ "$(status_of Uid)" = 1000 ]
	[ "$(readlink "/proc/$BOX_PID/cwd")" = /home/alice ]
	mounted / '* ro,*'
	mounted /sys 'sysfs rw,*'
	devices full null random tty urandom zero
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1400 and [.[0].addr_info[] | select(.family == "inet").local] == ["10.88.0.2"]'
	run box_net ip -j route show default
	assert_json "$output" '.[0].gateway == "10.88.0.1"'
	if has_controller memory; then
		[ "$(limit memory.limit_in_bytes)" = 67108864 ]
		[ "$(limit memory.memsw.limit_in_bytes)" = 134217728 ]
	fi
	box_stop
}

@test "formats: the command of the first one is run without words of our own" {
	run ctrnet exec --config "$BATS_TEST_DIRNAME/../golden/configs/2014-02_first.json" --rootfs "$ROOT" --id "$ID"
	assert_status 0
	assert_output "of the config"
}

@test "formats: March 2014, lists of objects" {
	era 2014-03_list
	made mnt pid uts
	# SYS_TIME, NET_ADMIN; not MKNOD
	bounded_by 25 12
	has_environment FORMAT=list
	devices full null random tty urandom zero
	box_stop
}

@test "formats: May 2014, objects of names" {
	era 2014-05_mask
	made ipc mnt net pid uts
	bounded_by 21 38 39 40 13
	! has_controller devices || [ "$(limit devices.list)" = 'a *:* rwm' ]
	run box_net ip -j link
	assert_json "$output" 'map(.ifname) == ["lo"] and (.[0].flags | index("UP"))'
	box_stop
}

@test "formats: May 2014, devices by name" {
	local name
	for name in object names; do
		era 2014-05_device_$name
		has_environment FORMAT=$name
		[ "$(status_of CapBnd)" = 0000000000000001 ]
		devices full null zero
		box_stop
	done
}

@test "formats: June 2014, context" {
	era 2014-06_context
	made ipc mnt net pid uts
	[ "$(status_of CapEff)" = 0000000000000420 ]
	[ "$(readlink "/proc/$BOX_PID/cwd")" = /tmp ]
	mounted /sys 'sysfs ro,*'
	mounted /proc/sys 'proc ro,*'
	mounted /usr '* ro,*'
	mounted /mnt '* rw,*'
	[ -z "$(grep -E ' /usr .* (shared|master):' "/proc/$BOX_PID/mountinfo")" ]
	devices null tty
	run ip -j link show master ctrbr0
	assert_json "$output" 'length == 1 and (.[0].ifname | startswith("ctr"))'
	run box_net ip -j route show 192.0.2.0/24
	assert_json "$output" '.[0].gateway == "10.88.0.1"'
	! has_controller devices || [ "$(limit devices.list | sort)" = "$(printf '%s\n' 'c *:* m' 'c 136:* rwm' 'c 1:3 rwm')" ]
	! has_controller memory || [ "$(limit memory.memsw.limit_in_bytes)" = 100663296 ]
	box_stop
}

@test "formats: June 2014, both context and mount_config" {
	era 2014-06_both
	mounted /sys 'sysfs ro,*'
	mounted /proc/sys 'proc ro,*'
	mounted /tmp 'tmpfs rw,nosuid,nodev,noexec*'
	mounted /dev/mqueue 'mqueue rw,nosuid,nodev,noexec*'
	box_stop
}

@test "formats: July 2014, mount_config and flags" {
	era 2014-07_flags
	made mnt pid uts
	mounted / '* ro,*'
	mounted /sys 'sysfs rw,*'
	if has_controller memory; then
		[ "$(limit memory.limit_in_bytes)" = 67108864 ]
		# Left alone: far above all that there is.
		[ "$(limit memory.memsw.limit_in_bytes)" -gt 1000000000000 ]
	fi
	box_stop
}

@test "formats: November 2014, namespaces by name and path" {
	era 2014-11_names
	made mnt pid uts
	grep -q '^Max open files  *256  *512 ' "/proc/$BOX_PID/limits"
	devices
	box_stop
}

@test "formats: January 2015, mount_config" {
	era 2015-01_mount_config
	made ipc mnt net pid uts
	[ "$(status_of CapBnd)" = 0000000000000021 ]
	# Those of the config, and alice's own.
	[ "$(awk '/^Groups:/ { $1 = ""; print }' "/proc/$BOX_PID/status" | xargs -n 1 | sort -n | xargs)" = '5 29 46 100' ]
	has_environment HOME=/home/alice
	grep -q '^Max open files  *256  *512 ' "/proc/$BOX_PID/limits"
	mounted / '* ro,*'
	mounted /sys 'sysfs ro,*'
	mounted /proc/sys 'proc ro,*'
	mounted /tmp 'tmpfs rw,nosuid,nodev,noexec*'
	mounted /usr '* ro,*'
	mounted /mnt '* rw,*'
	run box_all /bin/stat -c '%a %u %g' /dev/zero
	assert_output '640 1000 29'
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].address == "02:00:00:00:00:07" and .[0].txqlen == 500'
	assert_json "$output" '[.[0].addr_info[] | select(.scope == "global").local] == ["10.88.0.2", "2001:db8::2"]'
	run box_net ip -j route show 192.0.2.0/24
	assert_json "$output" '.[0].prefsrc == "10.88.0.2"'
	! has_controller cpuset || [ "$(limit cpuset.cpus)" = 0 ]
	box_stop
}

@test "formats: February 2015, flat" {
	era 2015-02_flat
	made ipc mnt pid uts
	mounted /dev/shm 'tmpfs *'
	mounted /tmp 'tmpfs rw,nosuid,nodev,noexec*'
	mounted /mnt 'tmpfs ro,nosuid,nodev,noexec*'
	mounted /sys 'sysfs ro,*'
	mounted /proc/sys 'proc ro,*'
	devices null
	has_environment FORMAT=flat
	box_stop
}

@test "formats: an older config stands in its rootfs, to which a link may lead" {
	local config='{"namespaces": {"NEWNS": true, "NEWPID": true}, "root_fs": $r}' name
	# Whatever the file is called, and from wherever.
	jq -n "$config | del(.root_fs)" --arg r "" >"$ROOT/any.json"
	ln -s rootfs "$T/link"
	for name in "$ROOT/any.json" "$T/link/any.json"; do
		run ctrnet exec --config "$name" --id "$ID" /bin/cat /any.json
		assert_status 0
		[[ $output == *NEWPID* ]]
	done
	jq -n "$config" --arg r "$T/link" >"$T/linked.json"
	run ctrnet exec --config "$T/linked.json" --id "$ID" /bin/cat /any.json
	assert_status 0
	run ctrnet exec --config "$ROOT/any.json" --rootfs "$T/link" --id "$ID" /bin/cat /any.json
	assert_status 0
	jq -n "$config" --arg r "$T/none" >"$T/none.json"
	run ctrnet exec --config "$T/none.json" --id "$ID" /bin/true
	assert_status 255
	assert_output "ctrnet: exec: root_fs '$T/none': No such file or directory"
	rm "$ROOT/any.json" "$T/link"
}

@test "formats: a later config needs a rootfs, and does not follow links to it" {
	echo '{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}], "devices": []}' >"$T/c.json"
	run ctrnet exec --config "$T/c.json" --id "$ID" /bin/true
	assert_status 255
	assert_output "ctrnet: exec: $T/c.json: rootfs: missing (or give --rootfs)"
	ln -s rootfs "$T/link"
	run ctrnet exec --config "$T/c.json" --rootfs "$T/link" --id "$ID" /bin/true
	assert_status 255
	assert_output "ctrnet: exec: rootfs: '$T/link' is not an absolute path or is a symlink"
}

@test "formats: what the originals refused of an older config" {
	local line config
	while IFS='|' read -r config line; do
		echo "$config" >"$T/c.json"
		run ctrnet exec --config "$T/c.json" --rootfs "$ROOT" --id "$ID" /bin/true
		assert_status 255
		assert_output "ctrnet: exec: $T/c.json: $line"
	done <<-'LINES'
		{"mount_config": {}, "namespaces": [{"type": "NEWPID"}]}|namespaces: a container needs a mount namespace of its own (NEWNS without a path)
		{"mount_config": {}, "namespaces": [{"type": "NEWNS"}], "hostname": "x"}|hostname: unable to set hostname without a private UTS namespace (NEWUTS)
		{"mount_config": {}, "namespaces": [{"type": "NEWNS"}], "networks": [{"type": "loopback"}]}|networks: unable to apply network settings without a private NET namespace (NEWNET)
		{"mount_config": {}, "namespaces": [{"type": "NEWNS"}], "routes": [{"gateway": "10.0.0.1", "interface_name": "eth0"}]}|routes: unable to apply network settings without a private NET namespace (NEWNET)
	LINES
}
