#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A system call fails, at each step: ctrnet says so in one line, and leaves the host as it was.

load lib
load inject

# fail_at ERROR [-f] SYSCALL...: the first, second, ... of these calls fails. Then ctrnet says so in one line, or it
# did not matter; and nothing is left, unless it failed while it took things back: then it says that too, and delete does it.
fail_at() {
	local error=$1 follow='' call n status
	shift
	[ "$1" != -f ] || { follow=-f; shift; }
	for call; do
		for ((n = 1; n < 500; n += ${STEP:-1})); do
			status=0
			# shellcheck disable=SC2086 # nothing, or an option
			start_one strace $follow -qq -o "$T/trace" -e trace="$call" -e "inject=$call:error=$error:when=$n" || status=$?
			grep -q INJECTED "$T/trace" || break
			# The loader's own, or the leak sanitizer's that it cannot trace (it may not even have read its options).
			! grep -qE 'error while loading shared libraries|LeakSanitizer has encountered a fatal error' "$T/err" || continue
			runs=$((runs + 1))
			if grep -q 'is not wholly removed' "$T/err"; then
				ctrnet delete "$ID" || { echo "delete after $error of $call $n"; return 1; }
			elif [ "$status" = 255 ]; then
				one_line || { echo "$error of $call $n: $(cat "$T/err")"; return 1; }
			else
				[ "$status" = 0 ] || { echo "$error of $call $n: status $status, $(cat "$T/err")"; return 1; }
			fi
			clean "$error of $call $n (status $status)"
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
		[ "$status" = 0 ] || { echo "$call $n did not fail, but status $status: $(cat "$T/err")"; return 1; }
		clean "a run in which nothing failed ($call $n)"
	done
	echo "# $runs runs" >&3
}

@test "failure: each message to the kernel's network" {
	inject_setup
	fail_at ENOMEM sendto recvmsg
	fail_at EPERM socket bind
}

@test "failure: each directory and mark" {
	inject_setup
	fail_at ENOSPC mkdir mkdirat
	fail_at EIO rmdir setxattr
}

@test "failure: each file that is written, renamed, removed or locked" {
	inject_setup
	fail_at ENOSPC write
	fail_at EIO renameat unlinkat
	STEP=2 fail_at EIO flock
}

@test "failure: each clone, wait and what belongs to it" {
	inject_setup
	fail_at EAGAIN clone3 clone
	fail_at EMFILE socketpair signalfd4 pipe2
	fail_at EPERM setns fchmod
}

@test "failure: files that are opened and read" {
	inject_setup
	STEP=3 fail_at EIO openat
	STEP=4 fail_at EIO read
	fail_at EIO openat2
}

@test "failure: in the container's process" {
	inject_setup
	fail_at EPERM -f unshare sethostname fsopen fsmount move_mount mount mknodat pivot_root umount2 capset setsid
	fail_at EIO -f execve chdir
}
