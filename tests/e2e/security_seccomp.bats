#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# System call filters: what the commands of a container feel of them. Numbers are x86-64's where they are numbers.

load lib
load refuse

setup_file() {
	[ "$(uname -m)" = x86_64 ] || skip "the tests' system call numbers are those of x86-64"
}

# filter JSON: a config with that seccomp object.
filter() {
	config minimal '.seccomp = $s' --argjson s "$1"
}

# in_filter JSON CMD...: with the tests' program `call` in the rootfs.
in_filter() {
	local file
	file=$(filter "$1")
	shift
	cp "$TOOLS/call" "$ROOT/bin/call"
	run ctrnet_run "$file" "$@"
	rm "$ROOT/bin/call"
}

# rule ACTION NUMBER [ARGS]
rule() {
	jq -nc '{syscalls: [{value: $n, action: $a, args: $args}]}' --argjson a "$1" --argjson n "$2" --argjson args "${3:-null}"
}

@test "seccomp: chown is not permitted, and all else is" {
	# busybox has fchownat and chown; either is its.
	in_filter '{"syscalls": [{"value": 92, "action": 1}, {"value": 260, "action": 1}]}' \
		/bin/sh -c 'touch /dev/x && chown 1 /dev/x'
	assert_status 1
	assert_output "chown: /dev/x: Operation not permitted"
}

@test "seccomp: the first process and one that joins have the filter, from the kernel's view" {
	box_start "$(filter "$(rule 1 92)")"
	[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$BOX_PID/status")" = 2 ]
	[ "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$BOX_PID/status")" = 1 ]
	run ctrnet exec --id "$ID" awk '/^(Seccomp|NoNewPrivs):/ { print $2 }' /proc/self/status 3>&-
	assert_output $'1\n2'
	cp "$TOOLS/call" "$ROOT/bin/call"
	run ctrnet exec --id "$ID" call 92 0 0 0 3>&-
	assert_output 1
	rm "$ROOT/bin/call"
	box_stop
}

@test "seccomp: without the key there is no filter" {
	run ctrnet_run minimal awk '/^(Seccomp|NoNewPrivs):/ { print $2 }' /proc/self/status
	assert_output $'0\n0'
}

@test "seccomp: kill ends the command as by SIGSYS" {
	in_filter "$(rule -3 92)" call 92 0
	assert_status 159
	in_filter "$(rule -3 92)" call 39
	assert_output ok
}

@test "seccomp: trap sends SIGSYS, which can be caught" {
	in_filter "$(rule -2 92)" call 92 0
	assert_status 0
	assert_output "trapped on system call 092"
}

@test "seccomp: the errno is the one that is asked for, and 0 looks like success" {
	for errno in 13 95 4095; do
		in_filter "$(rule $errno 92)" call 92 0
		assert_output $errno
	done
	in_filter "$(rule 0 92)" call 92 0
	assert_output ok
}

# compares OP VALUE TWO HIT... -- MISS...: getpriority(ARG, 0) fails with errno 77 for each HIT, and not so for each MISS.
compares() {
	local arg file hits=1
	file=$(filter "$(jq -nc '{syscalls: [{value: 140, action: 77, args: [{index: 0, op: $op, value: $v} + $two]}]}' \
		--argjson op "$1" --argjson v "$2" --argjson two "$3")")
	shift 3
	cp "$TOOLS/call" "$ROOT/bin/call"
	for arg; do
		[ "$arg" != -- ] || { hits=; continue; }
		run ctrnet_run "$file" call 140 "$arg" 0
		assert_status 0
		if [ -n "$hits" ]; then assert_output 77; else [ "$output" != 77 ]; fi
	done
	rm "$ROOT/bin/call"
}

@test "seccomp: each operator compares all 64 bits, unsigned" {
	local big=0x100000005
	compares 0 5 '{}' 5 -- 4 $big
	compares 0 4294967301 '{}' $big -- 5
	# The original wanted both halves to differ.
	compares 1 5 '{}' 4 $big 0x500000000 -- 5
	compares 2 5 '{}' 6 0x100000000 0xffffffffffffffff -- 5 0
	compares 3 4294967296 '{}' 0 0xffffffff -- 0x100000000 $big
	# And here an equal upper half.
	compares 4 5 '{}' 5 7 0x10000000d -- 4 1
	compares 4 12 '{"value_two": 8}' 8 11 -- 12 4
	compares 5 5 '{}' 5 $big -- 4
	compares 6 5 '{}' 5 0 -- 6 $big
}

@test "seccomp: all comparisons of a rule have to hold, two of one argument too" {
	local file
	file=$(filter '{"syscalls": [{"value": 140, "action": 77, "args": [
		{"index": 0, "op": 2, "value": 3}, {"index": 0, "op": 3, "value": 6}, {"index": 1, "op": 0, "value": 9}]}]}')
	cp "$TOOLS/call" "$ROOT/bin/call"
	for args in '4 9' '5 9'; do
		# shellcheck disable=SC2086 # two words
		run ctrnet_run "$file" call 140 $args
		assert_output 77
	done
	for args in '3 9' '6 9' '4 8'; do
		# shellcheck disable=SC2086
		run ctrnet_run "$file" call 140 $args
		[ "$output" != 77 ]
	done
	rm "$ROOT/bin/call"
}

@test "seccomp: of several rules for one call the first that holds counts" {
	local rules='{"syscalls": [
		{"value": 140, "action": 70, "args": [{"index": 0, "op": 0, "value": 5}]},
		{"value": 140, "action": 71, "args": [{"index": 1, "op": 0, "value": 5}]},
		{"value": 140, "action": -1, "args": [{"index": 0, "op": 0, "value": 0}]},
		{"value": 140, "action": 72}]}'
	in_filter "$rules" call 140 5 5
	assert_output 70
	in_filter "$rules" call 140 6 5
	assert_output 71
	in_filter "$rules" call 140 0 0
	assert_output ok
	in_filter "$rules" call 140 6 6
	assert_output 72
}

# bats test_tags=vm,v1,v2
@test "seccomp: a 32-bit way into the kernel is no way around" {
	cp "$TOOLS/call" "$ROOT/bin/call"
	run ctrnet_run minimal call -32 20
	rm "$ROOT/bin/call"
	[ "$output" = ok ] || skip "this kernel takes no 32-bit system calls"
	# chown, chown32 and umount there
	in_filter '{"syscalls": [{"value": 92, "action": 77}, {"value": 166, "action": 78}]}' call -32 182 0
	assert_output 77
	in_filter '{"syscalls": [{"value": 92, "action": 77}]}' call -32 212 0
	assert_output 77
	in_filter '{"syscalls": [{"value": 166, "action": 78}]}' call -32 22 0
	assert_output 78
	# socket(2) also through socketcall(2)
	in_filter "$(rule 77 41)" call -32 102 1 0
	assert_output 77
	in_filter "$(rule 77 41)" call -32 359 1 1
	assert_output 77
	# x32's numbers
	in_filter "$(rule 77 92)" call $((0x40000000 | 92)) 0
	assert_output 77
}

@test "seccomp: a filter that denies everything but the command still lets it start" {
	local file
	# The C library's own failure, not ctrnet's: there is no memory for it.
	file=$(filter '{"default_action": 38, "syscalls": [{"value": 59, "action": -1}, {"value": 231, "action": -1}]}')
	run -127 ctrnet_run "$file" true
	assert_output ""
	in_filter '{"default_action": -3, "syscalls": [{"value": 59, "action": -1}]}' true
	assert_status 159
}

@test "seccomp: a filter that denies to execute is told as the reason" {
	run ctrnet_run "$(filter "$(rule 1 59)")" true
	assert_status 255
	assert_output "ctrnet: exec: cannot execute '/bin/true': Operation not permitted"
	# With sendmsg and write denied too nothing could be told through the socket. (Nor can a sanitizer end without exit.)
	grep -q __asan_init "$CTRNET" && return
	run ctrnet_run "$(filter '{"default_action": 38}')" true
	assert_status 255
	assert_output "ctrnet: exec: cannot execute '/bin/true': Function not implemented"
}

@test "seccomp: set-user-ID programs gain nothing, unless no_new_privileges is false" {
	cp "$TOOLS/call" "$ROOT/bin/gain"
	chmod 4755 "$ROOT/bin/gain"
	run ctrnet_run "$(filter "$(rule 1 92)")" -u 5 gain setuid-check
	assert_output 5
	run ctrnet_run "$(config minimal '.seccomp = {syscalls: [{value: 92, action: 1}]} | .no_new_privileges = false')" \
		-u 5 gain setuid-check
	assert_output 0
	rm "$ROOT/bin/gain"
}

@test "seccomp: the right to load the filter is not the command's" {
	local file
	file=$(config minimal '.seccomp = {syscalls: [{value: 92, action: 1}]} | .no_new_privileges = false
		| .capabilities = ["CHOWN"]')
	for user in 0 5; do
		run ctrnet_run "$file" -u $user awk '/^(CapPrm|CapEff|Seccomp):/ { print $2 }' /proc/self/status
		if [ $user = 0 ]; then
			assert_output $'0000000000000001\n0000000000000001\n2'
		else
			assert_output $'0000000000000000\n0000000000000000\n2'
		fi
	done
}

@test "seccomp: bad rules are refused by name" {
	refuses '.seccomp = 5' 'FILE:L:C: seccomp: expected an object, found the number 5'
	refuses '.seccomp = {syscalls: [{action: 1}]}' "FILE:L:C: seccomp.syscalls[0]: the key 'value' is missing"
	refuses '.seccomp = {syscalls: [{value: 1}]}' "FILE:L:C: seccomp.syscalls[0]: the key 'action' is missing"
	refuses '.seccomp = {syscalls: [{value: 1, action: 4096}]}' \
		'FILE:L:C: seccomp.syscalls[0].action: 4096 is out of range (-3 to 4095)'
	refuses '.seccomp = {syscalls: [{value: 1, action: -4}]}' \
		'FILE:L:C: seccomp.syscalls[0].action: -4 is out of range (-3 to 4095)'
	refuses '.seccomp = {syscalls: [{value: 1, action: 1, args: [{index: 6}]}]}' \
		'FILE:L:C: seccomp.syscalls[0].args[0].index: 6 is out of range (0 to 5)'
	refuses '.seccomp = {syscalls: [{value: 1, action: 1, args: [{op: 7}]}]}' \
		'FILE:L:C: seccomp.syscalls[0].args[0].op: 7 is out of range (0 to 6)'
	refuses '.seccomp = {syscalls: [{value: 1, action: 1, args: [{value: -1}]}]}' \
		'FILE:L:C: seccomp.syscalls[0].args[0].value: -1 is out of range (0 to 18446744073709551615)'
	refuses '.seccomp = {syscalls: [{value: 0, action: 1}, {value: 400, action: 1}]}' \
		'FILE: seccomp.syscalls[1]: there is no system call 400'
	refuses '.seccomp = {syscalls: [range(800) | {value: 92, action: 1, args: [{index: 0, op: 0, value: .}]}]}' \
		'seccomp: the rules make more than the 4096 instructions that the kernel takes'
}

# --- other ways to ask for one -----------------------------------------------------------------------

@test "seccomp: nsinit's profiles deny what they meant to, and the rest works" {
	local profile call want
	cp "$TOOLS/call" "$ROOT/bin/call"
	# mount, umount2, unshare of users, fsmount, clone3; chroot, sethostname; chown, fchmodat
	# shellcheck disable=SC2034 # the profiles' are read by name
	while read -r call low medium high; do
		for profile in low medium high; do
			want=${!profile}
			# shellcheck disable=SC2086 # words
			run ctrnet exec --rootfs "$ROOT" --id "$ID" --security $profile call ${call//,/ } 3>&-
			if [ "$want" = - ]; then
				[ "$output" != 1 ] || { echo "$profile: $call"; false; }
			else
				assert_output "$want"
			fi
		done
	done <<-'EOT'
		272,0x10000000 1 1 1
		432,-1 1 1 1
		435,0,0 38 38 38
		161,1 - 1 1
		268,-100,1,0 - - 1
	EOT
	run ctrnet exec --rootfs "$ROOT" --id "$ID" --security high /bin/sh -c 'touch /dev/shm/x && ls /dev/shm | cat; rm /dev/shm/x' 3>&-
	assert_output $'x\nrm: can\'t remove \'/dev/shm/x\': Operation not permitted'
	rm "$ROOT/bin/call"
}

@test "seccomp: in a user namespace, with and without no_new_privileges" {
	local file nnp
	chmod o+x "$T" "$ROOT"
	for nnp in true false; do
		file=$(config userns '.seccomp = {syscalls: [{value: 92, action: 1}]} | .no_new_privileges = $n' --argjson n $nnp)
		run ctrnet_run "$file" awk '/^(Seccomp|NoNewPrivs):/ { print $2 }' /proc/self/status
		if [ $nnp = true ]; then assert_output $'1\n2'; else assert_output $'0\n2'; fi
	done
}
