#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is done to a container that runs: pause, resume, ps, kill, wait, and the others of containers that are paused or gone.
# What happened is read from /proc and from the freezer's own files.

load lib
load refuse

# The freezer's directory of the box.
freezer_dir() {
	cgroup_of freezer || echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")"
}

# FROZEN or THAWED, whatever the version calls it.
freezer_says() {
	local dir
	dir=$(freezer_dir)
	if [ -f "$dir/freezer.state" ]; then
		cat "$dir/freezer.state"
	elif grep -qx 'frozen 1' "$dir/cgroup.events"; then
		echo FROZEN
	else
		echo THAWED
	fi
}

# The CPU time of process $1, in ticks (proc_pid_stat(5)).
ticks_of() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

gone() {
	[ ! -e "/proc/$1" ]
}

# A child of the box's first process: the pid on the host.
child_of_box() {
	CHILD=$(pgrep -P "$BOX_PID") && [ -n "$CHILD" ]
}

# Ends ctrnet and its container, whatever state it is in.
box_end() {
	ctrnet delete --force "$ID"
	wait "$BOX" || true
}

in_cgroup() {
	config "${1:-minimal}" '.cgroups = {parent: "ctrnet"}'
}

# bats test_tags=vm,v1,v2
@test "pause, resume: processes get no time meanwhile, and go on" {
	local before word
	box_start "$(in_cgroup)"
	nsenter -t "$BOX_PID" --pid --mount --root --wd=/ /bin/sh -c 'while :; do :; done' 3>&- &
	local busy=$! spinner
	wait_for 5 pgrep -P "$busy"
	spinner=$(pgrep -P "$busy")
	if [ -f "$(freezer_dir)/tasks" ]; then echo "$spinner" >"$(freezer_dir)/tasks"; else echo "$spinner" >"$(freezer_dir)/cgroup.procs"; fi
	for word in resume unpause; do
		run -0 --separate-stderr ctrnet pause "$ID"
		[ -z "$output$stderr" ]
		[ "$(freezer_says)" = FROZEN ]
		[ "$(ctrnet list --format json | jq -r '.[0].status')" = paused ]
		before=$(ticks_of "$spinner")
		sleep 0.3
		[ "$(ticks_of "$spinner")" = "$before" ]
		# As it is already.
		run -0 --separate-stderr ctrnet pause "$ID"
		run -0 --separate-stderr ctrnet "$word" "$ID"
		[ -z "$output$stderr" ]
		[ "$(freezer_says)" = THAWED ]
		[ "$(ctrnet state "$ID" | jq -r .status)" = running ]
		before=$(ticks_of "$spinner")
		sleep 0.3
		[ "$(ticks_of "$spinner")" -gt "$before" ]
		run -0 --separate-stderr ctrnet "$word" "$ID"
	done
	kill -KILL "$spinner"
	wait "$busy" || true
	box_stop
}

# bats test_tags=vm,v1,v2
@test "pause: during exec, which goes on when resumed" {
	box_start "$(in_cgroup)"
	"$CTRNET" --root "$RUN" exec "$ID" /bin/sh -c 'echo in >/tmp-in; until [ -e /tmp-go ]; do sleep 0.02; done; echo out; exit 3' >"$T/out" 2>&1 3>&- &
	local pid=$! status=0
	wait_for 10 test -e "$ROOT/tmp-in"
	ctrnet pause "$ID"
	touch "$ROOT/tmp-go"
	sleep 0.3
	[ ! -s "$T/out" ]
	refused 255 "exec: container 'ID' is frozen, nothing can run in it" exec "$ID" /bin/true
	ctrnet resume "$ID"
	wait "$pid" || status=$?
	[ "$status" = 3 ]
	[ "$(cat "$T/out")" = out ]
	rm "$ROOT/tmp-in" "$ROOT/tmp-go"
	box_stop
}

# bats test_tags=vm,v1,v2
@test "pause: many times while processes join and end" {
	local i pids=()
	box_start "$(in_cgroup)"
	for i in 1 2 3 4 5 6 7 8; do
		"$CTRNET" --root "$RUN" exec "$ID" /bin/true >>"$T/joined" 2>&1 3>&- &
		pids+=($!)
		ctrnet pause "$ID"
		ctrnet resume "$ID"
	done
	# Each joined, or was told that it could not.
	for i in "${pids[@]}"; do
		wait "$i" || true
	done
	sed "s/$ID/ID/" "$T/joined" | sort -u >"$T/said"
	[ ! -s "$T/said" ] || [ "$(cat "$T/said")" = "ctrnet: exec: container 'ID' is frozen, nothing can run in it" ]
	box_stop
}

# bats test_tags=vm,v1,v2
@test "pause: delete --force, kill and wait of a paused container" {
	box_start "$(in_cgroup)"
	ctrnet pause "$ID"
	refused 1 "delete: container 'ID' is running (pid $BOX_PID); delete --force kills it" delete "$ID"
	box_end
	gone "$BOX_PID"
	box_start "$(in_cgroup)"
	ctrnet pause "$ID"
	ctrnet kill "$ID" TERM
	sleep 0.2
	[ "$(freezer_says)" = FROZEN ]
	refused 1 "wait: container 'ID' has not ended" wait --timeout 100ms "$ID"
	ctrnet kill "$ID" KILL
	wait_for 5 gone "$BOX_PID"
	wait "$BOX" || true
}

@test "pause: a container without a cgroup" {
	box_start "$(config minimal 'del(.cgroups)')"
	refused 1 "pause: container 'ID' cannot be paused: it has no cgroup that could be frozen" pause "$ID"
	box_stop
}

# bats test_tags=vm,v1,v2
@test "ps: what /proc has of each process" {
	local pid
	box_start "$(in_cgroup)"
	"$CTRNET" --root "$RUN" exec --user 12:13 "$ID" /bin/sh -c 'sleep 1000' "$(printf 'a\tb\033c\377')" >"$T/out" 2>&1 3>&- &
	local exec=$!
	joined() { [ "$(grep -c . "$(freezer_dir)/cgroup.procs")" = 2 ]; }
	wait_for 10 joined
	executed() { grep -qz sleep "/proc/$pid/cmdline"; }
	pid=$(grep -vx "$BOX_PID" "$(freezer_dir)/cgroup.procs")
	wait_for 10 executed
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" '[.[].pid] == ($p | split(" ") | map(tonumber) | sort)' --arg p "$BOX_PID $pid"
	assert_json "$output" '.[] | select(.pid == $p) | .pid_inside == $n and .uid == 12 and (.command | startswith("sleep 1000") or startswith("/bin/sh -c sleep 1000 a\tb\u001bc"))' \
		--argjson p "$pid" --argjson n "$(awk '/^NSpid/ { print $3 }' "/proc/$pid/status")"
	assert_json "$output" '.[] | select(.pid == $p) | .pid_inside == 1 and .uid == 0 and (.command | startswith("/bin/sh -c echo ready"))' --argjson p "$BOX_PID"
	run -0 --separate-stderr ctrnet ps "$ID"
	[ "${lines[0]}" = 'PID       INSIDE    USER      COMMAND' ]
	[[ $output =~ (^|$'\n')"$BOX_PID"\ +1\ +root\ +/bin/sh\ -c\ echo\ ready ]]
	[ "${#lines[@]}" = 3 ]
	# Nothing for the terminal.
	[[ $output != *$'\033'* ]]
	kill -KILL "$pid"
	wait "$exec" || true
	box_stop
}

@test "ps: without a pid namespace, and without a cgroup" {
	box_start "$(in_cgroup host-pid)"
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" 'length == 1 and .[0].pid == $p and .[0].pid_inside == $p' --argjson p "$BOX_PID"
	box_stop
	box_start "$(config minimal 'del(.cgroups)')"
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" 'length == 1 and .[0].pid == $p and .[0].pid_inside == 1' --argjson p "$BOX_PID"
	box_stop
}

# A container whose first process writes down what it gets; its child does not.
trap_start() {
	"$CTRNET" --root "$RUN" exec --config "$(in_cgroup "${1:-minimal}")" --rootfs "$ROOT" --id "$ID" -- /bin/sh -c '
		for s in HUP INT QUIT USR1 USR2 TERM WINCH CHLD URG; do trap "echo $s" $s; done
		sleep 1000 & echo ready; while :; do wait; done' >"$T/out" 2>"$T/err" </dev/null 3>&- &
	BOX=$!
	wait_for 10 grep -q ready "$T/out"
	BOX_PID=$(first_process "$BOX")
	wait_for 10 child_of_box
}

# gets LINE ARG...: kill with these arguments, and the first process has got just that.
gets() {
	local line=$1
	shift
	: >"$T/out"
	run -0 --separate-stderr ctrnet kill "$@"
	[ -z "$output$stderr" ]
	wait_for 5 test -s "$T/out"
	[ "$(cat "$T/out")" = "$line" ] || { echo "kill $*: $(cat "$T/out")"; return 1; }
}

# bats test_tags=vm,v1,v2
@test "kill: names and numbers, however they are written" {
	trap_start
	gets TERM "$ID"
	gets TERM "$ID" TERM
	gets TERM "$ID" sigterm
	gets TERM --id "$ID" SigTerm
	gets HUP "$ID" 1
	gets INT -s INT "$ID"
	gets QUIT --id "$ID" --signal=quit
	gets USR1 "$ID" SIGUSR1
	gets USR2 "$ID" 12
	gets WINCH "$ID" winch
	gets URG "$ID" urg
	# None is sent.
	: >"$T/out"
	ctrnet kill "$ID" 0
	sleep 0.1
	[ ! -s "$T/out" ]
	# The child has got none of these.
	[ -e "/proc/$CHILD" ]
	ctrnet kill "$ID" KILL
	wait "$BOX" || true
	gone "$CHILD"
}

# bats test_tags=vm,v1,v2
@test "kill --all: each process gets it" {
	local sample
	for sample in minimal host-pid; do
		trap_start "$sample"
		: >"$T/out"
		ctrnet kill --all "$ID" USR1
		wait_for 5 gone "$CHILD"
		wait_for 5 grep -qx USR1 "$T/out"
		[ -e "/proc/$BOX_PID" ]
		ctrnet kill -a -s 9 "$ID"
		wait "$BOX" || true
		gone "$BOX_PID"
	done
}

@test "kill: unknown signals" {
	local word
	for word in FOO SIGFOO '' -1 65 1x 15.0 TERM1 SIG RTMIN+31 RTMAX+1 RTMIN- 4294967311 'TERM '; do
		refused 1 "kill: unknown signal '$word'" kill -s "$word" nobody
		[ "$word" = -1 ] || refused 1 "kill: unknown signal '$word'" kill nobody "$word"
	done
	refused 1 "kill: expected one ID and one signal (see 'ctrnet help kill')" kill nobody TERM TERM
	refused 1 "kill: expected one ID and one signal (see 'ctrnet help kill')" kill --id nobody TERM TERM
	refused 1 "kill: expected one ID and one signal (see 'ctrnet help kill')" kill -s TERM nobody TERM
	for word in RTMIN RTMIN+1 rtmax-30 SIGRTMAX 64 CLD IOT io POLL 0; do
		refused 1 "kill: container 'nobody' does not exist" kill nobody "$word"
	done
}

# bats test_tags=vm,v1,v2
@test "wait: until the end, by anybody, and not longer" {
	box_start "$(in_cgroup)"
	ctrnet wait "$ID" >"$T/wait" 2>&1 3>&- &
	local one=$!
	ctrnet wait --timeout 1m --id "$ID" >"$T/wait2" 2>&1 3>&- &
	local two=$!
	sleep 0.3
	kill -0 "$one"
	kill -0 "$two"
	refused 1 "wait: container 'ID' has not ended" wait --timeout=50ms "$ID"
	box_stop 7 || [ $? = 7 ]
	wait "$one"
	wait "$two"
	[ ! -s "$T/wait" ]
	[ ! -s "$T/wait2" ]
	refused 1 "wait: --timeout: '1h' is no time up to a day like 500ms, 5s or 2m" wait --timeout 1h "$ID"
}

# All that take one container.
ALL='state ps kill wait pause resume unpause stats events oom update'

@test "commands: a container that is not there, and bad words" {
	local command
	cd "$T"
	for command in $ALL; do
		refused 1 "$command: container 'nobody' does not exist" "$command" nobody
		refused 1 "$command: container 'nobody' does not exist" "$command" --id nobody
		refused 1 "$command: expected an ID, or a directory with a container.json (see 'ctrnet help $command')" "$command"
		refused 1 "$command: invalid id '.x': must not start with a dot" "$command" .x
		[ "$command" = kill ] || refused 1 "$command: expected one ID (see 'ctrnet help $command')" "$command" a b
		[ "$command" = kill ] || refused 1 "$command: expected one ID (see 'ctrnet help $command')" "$command" --id a b
		refused 1 "$command: unknown option --xyzzy" "$command" --xyzzy
	done
}

# Without its ctrnet, whose death takes it along.
@test "commands: a container that is dead" {
	local command
	box_start "$(in_cgroup)"
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 gone "$BOX_PID"
	for command in ps kill pause resume unpause stats events oom update; do
		refused 1 "$command: container 'ID' is not running" "$command" "$ID"
	done
	run -0 --separate-stderr ctrnet state "$ID"
	assert_json "$output" '.status == "stopped" and .pid == 0'
	run -0 --separate-stderr ctrnet wait "$ID"
	ctrnet delete "$ID"
}

# bats test_tags=vm,v1,v2
@test "commands: a container that is paused" {
	box_start "$(in_cgroup)"
	ctrnet pause "$ID"
	run -0 --separate-stderr ctrnet state "$ID"
	assert_json "$output" '.status == "paused" and .pid == $p' --argjson p "$BOX_PID"
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" '.[0].pid == $p' --argjson p "$BOX_PID"
	run -0 --separate-stderr ctrnet stats --json "$ID"
	assert_json "$output" '.cpu.usage_ns > 0'
	run -0 --separate-stderr ctrnet update --memory 64m "$ID"
	run -0 --separate-stderr ctrnet events --stats "$ID"
	refused 1 "delete: container 'ID' is running (pid $BOX_PID); delete --force kills it" delete "$ID"
	[ "$(freezer_says)" = FROZEN ]
	ctrnet resume "$ID"
	box_stop
}

@test "commands: of the directory one stands in" {
	local command id
	mkdir "$T/here"
	cp "$(in_cgroup)" "$T/here/container.json"
	cd "$T/here"
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --rootfs "$ROOT" /bin/sh -c 'echo ready; read -r line' 3>&-; }
	BOX=$BOX_IO_PID
	read -r -t 10 -u "${BOX_IO[0]}" _
	BOX_PID=$(first_process "$BOX")
	id=$(ctrnet list -q)
	[ "$(ctrnet state | jq -r .id)" = "$id" ]
	ctrnet pause
	[ "$(freezer_says)" = FROZEN ]
	ctrnet unpause
	[ "$(ctrnet ps --json | jq '.[0].pid')" = "$BOX_PID" ]
	refused 1 "delete: container '$id' is running (pid $BOX_PID); delete --force kills it" delete
	ctrnet kill -s KILL
	wait "$BOX" || true
	# That of a ctrnet that was killed, and one that runs.
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --rootfs "$ROOT" /bin/sh -c 'echo ready; read -r line' 3>&-; }
	BOX=$BOX_IO_PID
	read -r -t 10 -u "${BOX_IO[0]}" _
	kill -KILL "$BOX"
	wait "$BOX" || true
	[ -d "$RUN/$id" ]
	ctrnet delete
	[ ! -e "$RUN/$id" ]
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --rootfs "$ROOT" /bin/sh -c 'echo ready; read -r line' 3>&-; }
	BOX=$BOX_IO_PID
	read -r -t 10 -u "${BOX_IO[0]}" _
	BOX_PID=$(first_process "$BOX")
	cd "$T"
	refused 1 "delete: expected an ID, or a directory with a container.json (see 'ctrnet help delete')" delete --force
	[ -e "/proc/$BOX_PID" ]
	data_path=$T/here ctrnet delete --force
	[ ! -e "/proc/$BOX_PID" ]
	[ ! -e "$RUN/$id" ]
	wait "$BOX" || true
}

@test "delete: --id" {
	box_start "$(in_cgroup)"
	mkdir "$T/here"
	cp "$(in_cgroup)" "$T/here/container.json"
	cd "$T/here"
	refused 1 "delete: container 'ID' is running (pid $BOX_PID); delete --force kills it" delete --id "$ID"
	refused 1 "delete: expected one ID (see 'ctrnet help delete')" delete --force --id "$ID" other
	refused 1 "delete: invalid id '': must be 1 to 200 characters" delete --force --id ''
	[ -e "/proc/$BOX_PID" ]
	ctrnet delete --force --id="$ID"
	[ ! -e "/proc/$BOX_PID" ]
	[ ! -e "$RUN/$ID" ]
	wait "$BOX" || true
}

# The path of process $1 in each hierarchy that has controllers, and in v2's.
paths_of() {
	awk -F: '$2 !~ /^name=/ { print $2 ":" $3 }' "/proc/$1/cgroup"
}

nested_left() {
	find /sys/fs/cgroup -type d -path "*/$ID/exec-*"
}

# nested_start ARG...: exec --cgroup of a shell that waits; JOINED is ctrnet, JOINED_PID the shell.
nested_start() {
	coproc JOINED_IO { exec "$CTRNET" --root "$RUN" exec --cgroup "$@" /bin/sh -c 'echo ready; read -r line' 2>"$T/joined.err" 3>&-; }
	JOINED=$JOINED_IO_PID
	read -r -t 10 -u "${JOINED_IO[0]}" _ || { cat "$T/joined.err"; return 1; }
	JOINED_PID=$(first_process "$JOINED")
}

# bats test_tags=vm,v1,v2
@test "exec --cgroup: a cgroup of its own below the container's, until it ends" {
	local pid
	box_start "$(in_cgroup)"
	nested_start "$ID"
	pid=$JOINED
	# Everywhere just below the container's own.
	diff <(paths_of "$BOX_PID" | sed "s|$|/exec-$pid|" | sort) <(paths_of "$JOINED_PID" | sort)
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" '[.[].pid] | index($a) != null and index($b) != null and length == 2' --argjson a "$BOX_PID" --argjson b "$JOINED_PID"
	# Limits and the freezer are the container's.
	ctrnet update --pids-limit 2 "$ID"
	run -0 --separate-stderr ctrnet stats --json "$ID"
	assert_json "$output" '.pids.usage == 2 and .pids.limit == 2'
	# v2 refuses the clone, v1 what it forks.
	run ! ctrnet exec --cgroup "$ID" /bin/sh -c '/bin/true; exit 0'
	[[ $output == *'Resource temporarily unavailable'* ]]
	ctrnet update --pids-limit -1 "$ID"
	ctrnet pause "$ID"
	[ "$(freezer_says)" = FROZEN ]
	ctrnet resume "$ID"
	echo >&"${JOINED_IO[1]}"
	wait "$pid"
	[ -z "$(nested_left)" ]
	box_stop
}

# bats test_tags=vm,v1,v2
@test "exec --cgroup: with a container's id as an option, and of the config that it was made from" {
	local file how
	file=$(in_cgroup)
	box_start "$file"
	for how in "--id $ID" "$ID" "--id $ID --config $file --rootfs $ROOT"; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr ctrnet exec --cgroup $how /bin/sh -c 'sed -n "s/^.*:memory:\|^0:://p" /proc/self/cgroup'
		[[ ${lines[-1]} == /exec-* ]] || { echo "$how: $output"; return 1; }
	done
	[ -z "$(nested_left)" ]
	box_stop
}

# bats test_tags=vm,v1,v2
@test "exec --cgroup: what is left running in it goes with the container, and a killed ctrnet's too" {
	box_start "$(in_cgroup)"
	ctrnet exec --cgroup "$ID" /bin/sh -c 'sleep 1000 </dev/null >/dev/null 2>&1 &'
	[ -n "$(nested_left)" ]
	run -0 --separate-stderr ctrnet ps --json "$ID"
	assert_json "$output" 'length == 2'
	nested_start "$ID"
	kill -KILL "$JOINED"
	wait "$JOINED" || true
	wait_for 5 gone "$JOINED_PID"
	[ "$(nested_left | sed 's|.*/||' | sort -u | wc -l)" = 2 ]
	box_stop
	[ -z "$(nested_left)" ]
}

# bats test_tags=vm,v1,v2
@test "exec --cgroup: killed with the container, without a pid namespace too" {
	local sample
	for sample in minimal host-pid; do
		box_start "$(in_cgroup "$sample")"
		nested_start "$ID"
		ctrnet kill --all "$ID" KILL
		wait "$JOINED" || true
		wait "$BOX" || true
		gone "$JOINED_PID"
		[ -z "$(nested_left)" ]
	done
}

@test "exec --cgroup: what cannot be" {
	local FILE
	FILE=$(config minimal 'del(.cgroups)')
	refused 255 "exec: --cgroup: container 'ID' does not run, so that nothing can join it" exec --cgroup --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	refused 255 'exec: --dry-run: shows how a container is made, and with a config --cgroup is for a process that joins one' \
		exec --dry-run --cgroup --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	box_start "$FILE"
	refused 255 'exec: --cgroup: the container has no cgroup in which one could be nested' exec --cgroup "$ID" /bin/true
	box_stop
	box_start "$(in_cgroup)"
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 gone "$BOX_PID"
	refused 255 "exec: --cgroup: container 'ID' does not run, so that nothing can join it" exec --cgroup "$ID" /bin/true
	ctrnet delete "$ID"
}
