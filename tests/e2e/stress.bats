#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers that want more than they may have, and many processes: nothing hangs, nothing is left, and who asked is told.

load lib

# The number in a file of the box's cgroup: of v1's, or of v2's. $1 is the controller.
number_in() {
	local dir
	if dir=$(cgroup_of "$1"); then
		cat "$dir/$2"
	else
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")/$3"
	fi
}

with_limits() {
	config minimal ".cgroups = {parent: \"ctrnet\"} + $1"
}

# In a container: $1 bytes of anonymous memory, for $2 seconds. It volunteers, so that no other is killed for it.
HOG='echo 1000 >/proc/self/oom_score_adj; x=$(head -c "$1" /dev/zero | tr "\0" x); sleep "$2"; echo ${#x}'

levels() {
	jq -r 'select(.type == "memory_pressure").data.level' "$T/events" | sort -u
}

# bats test_tags=vm,v1,v2
@test "stress: a memory hog is killed, an OOM is told of within a second, and the container lives on" {
	local oom events status=0
	box_start "$(with_limits '{memory: 33554432, memory_swap: 33554432}')"
	ctrnet oom "$ID" >"$T/oom" 2>&1 3>&- &
	oom=$!
	ctrnet events --interval 1m "$ID" >"$T/events" 2>&1 3>&- &
	events=$!
	wait_for 5 grep -q '"type":"stats"' "$T/events"
	[ ! -s "$T/oom" ]
	"$CTRNET" --root "$RUN" exec "$ID" /bin/sh -c "$HOG" hog 100000000 0 >"$T/out" 2>&1 3>&- || status=$?
	[ "$status" != 0 ]
	wait_for 1 grep -qx 'OOM notification received' "$T/oom"
	wait_for 1 grep -q '"type":"oom"' "$T/events"
	kill -0 "$BOX_PID"
	run -0 ctrnet exec "$ID" /bin/echo lives
	assert_output lives
	box_stop
	wait "$oom"
	wait "$events"
}

# The kernel's notion of "low" on v1 is that it reclaims at all: pages of files, that nobody needs.
# bats test_tags=v1
@test "stress: memory pressure is told of by its level" {
	local events
	box_start "$(with_limits '{memory: 33554432, memory_swap: 33554432}')"
	ctrnet events --interval 1m "$ID" >"$T/events" 2>"$T/events.err" 3>&- &
	events=$!
	wait_for 5 grep -q '"type":"stats"' "$T/events"
	sleep 0.3
	[ -z "$(levels)" ]
	for _ in 1 2 3; do
		ctrnet exec "$ID" /bin/sh -c 'dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null; cat /big >/dev/null; rm /big'
	done
	low() { levels | grep -qx low; }
	wait_for 3 low
	# Nothing but what is in use is left then.
	run ctrnet exec "$ID" /bin/sh -c "$HOG" hog 100000000 0
	critical() { levels | grep -qx critical; }
	wait_for 3 critical
	box_stop
	wait "$events"
	[ ! -s "$T/events.err" ]
	[ "$(levels | xargs)" = "critical low medium" ]
}

# Some fork has failed for the limit.
full() {
	number_in pids pids.events pids.events | grep -q '^max [1-9]'
}

# bats test_tags=vm,v1,v2
@test "stress: a fork bomb gets no further than pids_limit, and ends with its container" {
	local bomb
	box_start "$(with_limits '{pids_limit: 30}')"
	ctrnet exec "$ID" /bin/sh -c 'bomb() { bomb | bomb & }; bomb; sleep 100' >"$T/out" 2>&1 3>&- &
	bomb=$!
	wait_for 10 full
	sleep 0.3
	[ "$(number_in pids pids.current pids.current)" -le 30 ]
	# Looked at, listed and ended like any other.
	run -0 timeout 10 "$CTRNET" --root "$RUN" stats --json "$ID"
	assert_json "$output" '.pids.usage <= 30 and .pids.limit == 30 and .pids.failcnt > 0'
	run -0 timeout 10 "$CTRNET" --root "$RUN" ps --json "$ID"
	timeout 20 "$CTRNET" --root "$RUN" delete --force "$ID"
	wait "$bomb" || true
	wait "$BOX" || true
}

# Neither pid namespace nor first process takes it along.
@test "stress: a fork bomb without a pid namespace" {
	box_start "$(config host-pid '.cgroups.pids_limit = 30')"
	ctrnet exec "$ID" /bin/sh -c 'bomb() { bomb | bomb & }; bomb; sleep 4791' >"$T/out" 2>&1 3>&- &
	local bomb=$!
	wait_for 10 full
	box_stop
	wait "$bomb" || true
	no_process 'sleep 4791'
}

# many N: processes started and reaped through exec, 4 at a time.
many() {
	local n=$1 k pids=() zombies
	box_start "$(with_limits '{pids_limit: 100}')"
	for k in 1 2 3 4; do
		(
			for ((i = k; i <= n; i += 4)); do
				"$CTRNET" --root "$RUN" exec "$ID" /bin/sh -c 'exit $(($1 % 100))' n "$i" >>"$T/out.$k" 2>&1 </dev/null && status=0 || status=$?
				[ "$status" = $((i % 100)) ] || exit 1
			done
		) 3>&- &
		pids+=($!)
	done
	for k in "${pids[@]}"; do
		wait "$k" || { cat "$T"/out.*; return 1; }
	done
	[ -z "$(cat "$T"/out.*)" ]
	# Nobody is left in it, alive or dead.
	[ "$(number_in pids pids.current pids.current)" = 1 ]
	run -0 ctrnet ps --json "$ID"
	assert_json "$output" 'length == 1'
	zombies=$(ps -e -o stat= | grep -c '^Z' || true)
	[ "$zombies" = 0 ]
	box_stop
}

@test "stress: 60 processes started and reaped through exec" {
	many 60
}

# bats test_tags=slow
@test "stress: 500 processes started and reaped through exec" {
	many 500
}
