#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a command has when it begins: descriptors, groups, and the kernel's settings.

load lib
load refuse

# Descriptors up to a high number, of files, directories and a socket pair, all inheritable.
open_many() {
	local fd
	for ((fd = 100; fd < 500; fd++)); do
		eval "exec $fd<$T"
	done
	exec 900</etc/passwd
}

close_many() {
	local fd
	for ((fd = 100; fd < 500; fd++)); do
		eval "exec $fd<&-"
	done
	exec 900<&-
}

@test "process: of 400 open descriptors of the caller a command has none but 0, 1, 2" {
	open_many
	# Of the shell, not of ls, which has one more by which it reads them.
	run ctrnet_run minimal /bin/sh -c 'ls /proc/$$/fd; :'
	assert_output $'0\n1\n2'
	close_many
	box_start minimal
	open_many
	run timeout 20 "$CTRNET" --root "$RUN" exec --id "$ID" /bin/sh -c 'ls /proc/$$/fd; :' 3>&-
	assert_output $'0\n1\n2'
	close_many
	box_stop
}

@test "process: the first process has no more than 0, 1, 2 while it runs" {
	open_many
	box_start minimal
	close_many
	run ls "/proc/$BOX_PID/fd"
	assert_output $'0\n1\n2'
	box_stop
}

@test "process: with a filter and limits too, descriptors are none but 0, 1, 2" {
	open_many
	run ctrnet_run "$(config minimal '.seccomp = {syscalls: [{value: 92, action: 1}]}')" /bin/sh -c 'ls /proc/$$/fd; :'
	assert_output $'0\n1\n2'
	close_many
}

@test "process: sysctl is another name of system_properties" {
	for key in sysctl system_properties; do
		run ctrnet_run "$(config minimal '. + {($key): {"kernel.shmmni": "8192"}}' --arg key "$key")" cat /proc/sys/kernel/shmmni
		assert_output 8192
	done
	refuses '.sysctl = {"kernel.shmmni": "1"} | .system_properties = {"kernel.shmmni": "2"}' \
		"FILE:L:C: system_properties: duplicate key (the same as 'sysctl')"
	refuses '.sysctl = {"kernel.panic": "1"}' "FILE: sysctl: 'kernel.panic' belongs to the host, not to a namespace"
}

@test "process: additional groups by number and by name" {
	cp "$ROOT/etc/group" "$T/group"
	printf 'root:x:0:\naudio:x:29:\n' >"$ROOT/etc/group"
	run ctrnet_run "$(config minimal '.additional_groups = ["audio", "77"]')" awk '/^Groups:/ { print $2, $3 }' /proc/self/status
	assert_output "29 77"
	run ctrnet_run "$(config minimal '.additional_groups = [29, 77]')" awk '/^Groups:/ { print $2, $3 }' /proc/self/status
	assert_output "29 77"
	run ctrnet_run "$(config minimal '.additional_groups = ["nobodies"]')" true
	assert_status 255
	assert_output "ctrnet: exec: additional_groups[0]: unable to find group 'nobodies' in the container's /etc/group"
	cp "$T/group" "$ROOT/etc/group"
}
