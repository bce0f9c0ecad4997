#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Containers that are frozen as soon as they run. What is frozen is told by the kernel: freezer.state or
# cgroup.events of the cgroup that the process is in.

load lib
load refuse

frozen_config() {
	config "${1:-minimal}" '.cgroups = {parent: "ctrnet", freezer: "FROZEN"}'
}

# The freezer's directory of process $1.
freezer_of() {
	local path
	path=$(awk -F: '$2 == "freezer" { print $3 }' "/proc/$1/cgroup")
	if [ -n "$path" ]; then
		echo "/sys/fs/cgroup/freezer$path"
	else
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
	fi
}

is_frozen() {
	local dir
	dir=$(freezer_of "$1")
	grep -qx -e FROZEN "$dir/freezer.state" 2>/dev/null || grep -qx -e 'frozen 1' "$dir/cgroup.events" 2>/dev/null
}

thaw() {
	local dir
	dir=$(freezer_of "$1")
	if [ -f "$dir/freezer.state" ]; then echo THAWED >"$dir/freezer.state"; else echo 0 >"$dir/cgroup.freeze"; fi
}

# The first process of the container, as the state has it.
init_pid() {
	jq -e '.init.pid // empty' "$RUN/$ID/state.json" 2>/dev/null
}

child_frozen() {
	BOX_PID=$(init_pid) && is_frozen "$BOX_PID"
}

# frozen_start CONFIG CMD...: ctrnet is $BOX, the frozen process $BOX_PID.
frozen_start() {
	local file=$1
	shift
	"$CTRNET" --root "$RUN" exec --config "$file" --rootfs "$ROOT" --id "$ID" -- "$@" \
		>"$T/out" 2>"$T/err" </dev/null 3>&- &
	BOX=$!
	wait_for 10 child_frozen
}

# bats test_tags=vm,v1,v2
@test "freezer: frozen once the command is executed, and it goes on when thawed" {
	local status=0
	frozen_start "$(frozen_config)" /bin/sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.2; echo over; exit 7'
	# It is the command, not ctrnet's own child.
	[ "$(tr '\0' ' ' <"/proc/$BOX_PID/cmdline" | cut -c -10)" = '/bin/sh -c' ]
	sleep 0.5
	[ ! -s "$T/out" ]
	kill -0 "$BOX"
	thaw "$BOX_PID"
	wait "$BOX" || status=$?
	[ "$status" = 7 ]
	[ "$(cat "$T/out")" = over ]
}

# bats test_tags=vm,v1,v2
@test "freezer: nothing joins a frozen container" {
	frozen_start "$(frozen_config)" /bin/sleep 1000
	refused 255 "exec: container 'ID' is frozen, nothing can run in it" exec --id "$ID" -- /bin/true
	ctrnet delete --force "$ID"
	wait "$BOX" || true
}

# bats test_tags=vm,v1,v2
@test "freezer: delete --force kills a frozen container" {
	local start
	frozen_start "$(frozen_config)" /bin/sleep 1000
	run ! ctrnet delete "$ID"
	is_frozen "$BOX_PID"
	start=$SECONDS
	ctrnet delete --force "$ID"
	wait "$BOX" || true
	[ ! -e "/proc/$BOX_PID" ]
	[ $((SECONDS - start)) -lt 8 ]
}

# Root in a container may do that to itself, where it may mount.
# bats test_tags=v1
@test "freezer: kill and delete --force end a container with a frozen cgroup nested in its own" {
	local dir child how
	[ -d /sys/fs/cgroup/freezer ] || skip 'no freezer of v1'
	for how in "kill $ID KILL" "delete --force $ID"; do
		box_start minimal
		join /bin/sh -c 'sleep 1000 >/dev/null 2>&1 &'
		dir=$(freezer_of "$BOX_PID")
		child=$(grep -vx "$BOX_PID" "$dir/cgroup.procs")
		mkdir "$dir/n"
		echo "$child" >"$dir/n/cgroup.procs"
		echo FROZEN >"$dir/n/freezer.state"
		wait_for 5 grep -qx FROZEN "$dir/n/freezer.state"
		# shellcheck disable=SC2086 # words
		timeout 20 "$CTRNET" --root "$RUN" $how
		wait "$BOX" || true
		[ ! -e "/proc/$BOX_PID" ]
		[ ! -e "/proc/$child" ]
	done
}

@test "freezer: delete --force kills a frozen container without a pid namespace" {
	frozen_start "$(frozen_config host-pid)" /bin/sh -c 'sleep 1000 & sleep 1000'
	ctrnet delete --force "$ID"
	wait "$BOX" || true
	[ ! -e "/proc/$BOX_PID" ]
}

over_or_frozen() {
	child_frozen || ! kill -0 "$BOX" 2>/dev/null
}

gone() {
	[ ! -e "/proc/$1" ]
}

# bats test_tags=vm,v1,v2
@test "freezer: it dies with ctrnet" {
	local sample
	for sample in minimal host-pid; do
		frozen_start "$(frozen_config $sample)" /bin/sleep 1000
		kill -KILL "$BOX"
		wait "$BOX" || true
		wait_for 5 gone "$BOX_PID"
		ctrnet delete "$ID"
	done
}

# bats test_tags=vm,v1,v2
@test "freezer: what a killed ctrnet left is cleared by the next exec" {
	frozen_start "$(frozen_config)" /bin/sleep 1000
	kill -KILL "$BOX"
	wait "$BOX" || true
	run ctrnet exec --config "$(config minimal .)" --rootfs "$ROOT" --id "$ID" -- /bin/echo new
	assert_status 0
	assert_output new
}

# The freezer and the command's end race: either way ctrnet goes on, and nothing is left.
@test "freezer: a command that is over at once" {
	for _ in 1 2 3 4 5; do
		"$CTRNET" --root "$RUN" exec --config "$(frozen_config)" --rootfs "$ROOT" --id "$ID" -- /bin/true </dev/null 3>&- &
		BOX=$!
		wait_for 10 over_or_frozen
		! child_frozen || ctrnet delete --force "$ID"
		wait "$BOX" || true
	done
}

@test "freezer: THAWED and nothing ask for nothing" {
	local word
	for word in '""' '"THAWED"' null; do
		run ctrnet_run "$(config minimal ".cgroups = {parent: \"ctrnet\", freezer: $word}")" /bin/echo on
		assert_status 0
		assert_output on
	done
}

@test "freezer: bad input" {
	refuses '.cgroups.freezer = "frozen"' "FILE:L:C: cgroups.freezer: 'frozen' is no state of a freezer: FROZEN or THAWED"
	refuses '.cgroups.freezer = true' 'FILE:L:C: cgroups.freezer: expected a string, found true'
}
