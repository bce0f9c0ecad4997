#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ctrnet is killed at each step: nothing is left that the next command does not clean.

load lib
load inject

@test "crash: killed before each message to the kernel's network and to its child" {
	inject_setup
	kill_at sendto sendmsg
}

# bats test_tags=slow
@test "crash: killed before each directory that is made or removed" {
	inject_setup
	kill_at mkdir mkdirat rmdir
}

# bats test_tags=slow
@test "crash: killed before each file that is renamed or removed, and each mark" {
	inject_setup
	kill_at renameat unlinkat setxattr
}

# bats test_tags=slow
@test "crash: killed before each clone, lock and wait" {
	inject_setup
	kill_at clone3 clone socketpair setns ppoll waitid wait4 signalfd4 fchmod
	STEP=2 kill_at flock
}

# bats test_tags=slow
@test "crash: killed before each file that is written, and some that are opened" {
	inject_setup
	kill_at write
	STEP=3 kill_at openat
}

@test "crash: killed at any time" {
	inject_setup
	local i status
	for i in $(seq 60); do
		status=0
		start_one timeout --foreground -s KILL "$(printf 0.%03d $((i * 7 % 60 + 1)))" || status=$?
		# 124: it had ended just before.
		[ "$status" = 0 ] || [ "$status" = 124 ] || [ "$status" = 137 ] || { echo "status $status: $(cat "$T/err")"; return 1; }
		runs=$((runs + 1))
		mend "kill after $((i * 7 % 60 + 1)) ms"
		clean "a kill after $((i * 7 % 60 + 1)) ms"
	done
}

# bats test_tags=slow
@test "crash: without a pid namespace: killed before clones, messages and writes" {
	inject_setup
	export CONFIG
	CONFIG=$(config host-pid '.cgroups.parent = "ctrnet/inner"')
	# Who kills the others, and ctrnet's next command, may meet.
	kill_at clone3 pipe2 sendmsg waitid
	STEP=3 kill_at write
}

# The child is killed: ctrnet is there to say so and to take everything back.
@test "crash: the container's process is killed while it sets itself up" {
	inject_setup
	local call status
	for call in socket:4 move_mount:1 move_mount:3 fsopen:1 fsmount:2 mount:1 mknodat:1 symlinkat:1 \
		sethostname:1 unshare:1 pivot_root:1 umount2:1 chroot:1 capset:1 execve:2; do
		status=0
		start_one strace -f -qq -o /dev/null -e trace="${call%:*}" -e "inject=${call%:*}:signal=SIGKILL:when=${call#*:}" || status=$?
		[ "$status" != 0 ] || continue
		runs=$((runs + 1))
		# ctrnet itself may make the call as well.
		if [ "$status" = 137 ]; then
			mend "$call"
		else
			[ "$status" = 255 ] && one_line || { echo "$call: status $status: $(cat "$T/err")"; return 1; }
			grep -q 'died' "$T/err"
		fi
		clean "the child's SIGKILL at $call"
	done
	[ "$runs" -ge 6 ]
}
