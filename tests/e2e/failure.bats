#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A system call fails, at each step: ctrnet says so in one line, and leaves the host as it was.

load lib
load inject

@test "failure: each message to the kernel's network" {
	inject_setup
	fail_at ENOMEM sendto recvmsg
	fail_at EPERM socket bind
}

# bats test_tags=slow
@test "failure: each directory and mark" {
	inject_setup
	fail_at ENOSPC mkdir mkdirat
	fail_at EIO rmdir setxattr
}

# bats test_tags=slow
@test "failure: each file that is written, renamed, removed or locked" {
	inject_setup
	fail_at ENOSPC write
	fail_at EIO renameat unlinkat
	STEP=2 fail_at EIO flock
}

# bats test_tags=slow
@test "failure: each clone, wait and what belongs to it" {
	inject_setup
	fail_at EAGAIN clone3 clone
	fail_at EMFILE socketpair signalfd4 pipe2
	fail_at EPERM setns fchmod
}

# bats test_tags=slow
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
