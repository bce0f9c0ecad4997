#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A pid that somebody else has by now: each file of tests runs in a pid namespace of its own, where one can say which pid comes
# next (/proc/sys/kernel/ns_last_pid, pid_namespaces(7)).

load lib
load refuse

# next_pid PID: a stranger gets it. Others of the namespace may fork in between: then once more.
next_pid() {
	local try
	for ((try = 0; try < 50; try++)); do
		echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 4781 3>&- &
		STRANGER=$!
		[ "$STRANGER" != "$1" ] || return 0
		kill "$STRANGER"
		wait "$STRANGER" || true
	done
	echo "pid $1 cannot be had"
	return 1
}

# The container's first process and its ctrnet are dead, and the pid of the former is a stranger's.
box_reused() {
	box_start "${1:-$(config minimal '.cgroups = {parent: "ctrnet"}')}"
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 test ! -e "/proc/$BOX_PID"
	next_pid "$BOX_PID"
	[ "$STRANGER" = "$BOX_PID" ]
	STRANGER_AT=$(cat "/proc/$STRANGER/cgroup")
}

# It is as it was: alive, not stopped, not moved, and nothing was sent to it.
untouched() {
	[[ $(sed 's/.*) //' "/proc/$STRANGER/stat") == S* ]] || return
	[ "$(cat "/proc/$STRANGER/cgroup")" = "$STRANGER_AT" ] || return
	[ "$(tr '\0' ' ' <"/proc/$STRANGER/cmdline")" = 'sleep 4781 ' ]
}

stranger_end() {
	untouched
	kill "$STRANGER"
	wait "$STRANGER" || true
}

# bats test_tags=vm,v1
@test "reuse: no command reports a stranger with the pid, joins it, or does anything to it" {
	local command
	box_reused
	run -0 ctrnet state "$ID"
	assert_json "$output" '.status == "stopped" and .pid == 0'
	run -0 ctrnet list --format json
	assert_json "$output" '.[0].status == "stopped" and .[0].pid == 0'
	for command in ps kill pause resume stats events oom update; do
		refused 1 "$command: container 'ID' is not running" "$command" "$ID"
	done
	for command in KILL STOP 0; do
		refused 1 "kill: container 'ID' is not running" kill --all "$ID" "$command"
	done
	run -0 --separate-stderr timeout 5 "$CTRNET" --root "$RUN" wait "$ID"
	refused 255 "exec: --cgroup: container 'ID' does not run, so that nothing can join it" exec --cgroup "$ID" /bin/true
	untouched
	# Not into it, but into a new container.
	run -0 ctrnet exec "$ID" /bin/sh -c 'echo $$; readlink /proc/self/ns/pid'
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" != "$(readlink "/proc/$STRANGER/ns/pid")" ]
	stranger_end
}

# bats test_tags=vm,v1
@test "reuse: delete, with and without --force" {
	box_reused
	run -0 ctrnet delete "$ID"
	[ -z "$output" ]
	stranger_end
	box_reused
	run -0 ctrnet delete --force "$ID"
	[ -z "$output" ]
	stranger_end
}

@test "reuse: without a pid namespace, and without a cgroup" {
	local file
	for file in "$(config host-pid .)" "$(config minimal 'del(.cgroups)')"; do
		box_reused "$file"
		[ "$(ctrnet state "$ID" | jq -r .status)" = stopped ]
		refused 1 "kill: container 'ID' is not running" kill --all "$ID" KILL
		refused 1 "ps: container 'ID' is not running" ps "$ID"
		ctrnet delete --force "$ID"
		stranger_end
	done
}

# Of ctrnet itself: the container of one that is dead is dead, too, whoever has its pid.
@test "reuse: the pid of the ctrnet that waited" {
	local first
	box_start "$(config minimal '.cgroups = {parent: "ctrnet"}')"
	first=$BOX_PID
	kill -STOP "$first"
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 test ! -e "/proc/$first"
	next_pid "$BOX"
	STRANGER_AT=$(cat "/proc/$STRANGER/cgroup")
	[ "$(ctrnet state "$ID" | jq -r .status)" = stopped ]
	ctrnet delete "$ID"
	stranger_end
}
