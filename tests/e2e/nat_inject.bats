#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ctrnet dies, or a system call of its fails, at each step of address translation: rules and settings are as they were.

load lib
load inject
load nat

eval "plain_$(declare -f quick_snap)"

quick_snap() {
	plain_quick_snap
	snap_nft
}

nat_setup() {
	inject_setup
	export CONFIG
	CONFIG=$(nat_config '.snat = "192.0.2.7" | .isolate = true')
	quick_snap >"$T/quick.before"
}

@test "nat: SIGKILL at each transaction, then delete or the next exec" {
	nat_setup
	kill_at sendmsg
}

# bats test_tags=slow
@test "nat: SIGKILL at messages, records and settings, then delete or the next exec" {
	nat_setup
	STEP=5 kill_at sendto
	STEP=4 kill_at renameat write
}

@test "nat: each transaction fails" {
	nat_setup
	fail_at ENOBUFS sendmsg
}

# bats test_tags=slow
@test "nat: messages, answers and settings fail" {
	nat_setup
	STEP=3 fail_at ENOMEM sendto
	STEP=5 fail_at ENOMEM recvmsg
	STEP=3 fail_at EACCES write
	fail_at EPERM socket bind
}
