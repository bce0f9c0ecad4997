#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The exec rule, and the end of a container: who joins, who starts, who kills.

load lib

# Where a process is: its namespaces and its cgroups (of $1), as lines.
place_of() {
	local n
	for n in cgroup ipc mnt net pid uts; do readlink "/proc/$1/ns/$n"; done
	cat "/proc/$1/cgroup"
}

# The pid, as we see it, of the process of the box that has these words in its command line.
find_process() {
	pgrep -f -- "$1" | while read -r pid; do
		[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" != "$1 " ] || echo "$pid"
	done
}

gone() {
	[ -z "$(find_process "$1")" ]
}

running() {
	[ -n "$(find_process "$1")" ]
}

state_json() {
	ctrnet state "$ID"
}

# --- joining ------------------------------------------------------------------------------------

# bats test_tags=vm
@test "join: namespaces and cgroups are the container's" {
	box_start attach_to_bridge
	ctrnet exec "$ID" /bin/sleep 4711 3>&- &
	local joined=$!
	wait_for 5 running '/bin/sleep 4711'
	local pid
	pid=$(find_process '/bin/sleep 4711')
	diff <(place_of "$BOX_PID") <(place_of "$pid")
	kill -KILL "$pid"
	wait "$joined" || [ $? = 137 ]
	box_stop
}

@test "join: by --config and --id, too, without a second container" {
	box_start minimal
	run ctrnet_run minimal -- /bin/sh -c 'echo /proc/[0-9]*; hostname'
	assert_status 0
	[[ $output == '/proc/1 /proc/'* ]]
	run ctrnet list --quiet
	assert_output "$ID"
	box_stop
}

@test "join: environment, directory and user are its own" {
	box_start minimal --env ONLY=first --cwd /home
	run ctrnet exec --env SECOND=2 --cwd /tmp --user alice "$ID" /bin/sh -c 'pwd; id -u; id -G; echo "$SECOND:$ONLY:$HOME"'
	assert_status 0
	assert_output $'/tmp\n1000\n1000 29 46\n2::/home/alice'
	run -255 ctrnet exec --user nobody-of-that-name "$ID" /bin/true
	[[ $output == *nobody-of-that-name* ]]
	run -255 ctrnet exec "$ID" no-such-command
	[[ $output == 'ctrnet: exec: '*no-such-command* ]]
	[ "${#lines[@]}" = 1 ]
	box_stop
}

@test "join: capabilities, limits and masks come from the stored spec, not from what the container wrote" {
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	box_start "$ROOT/container.json"
	local all='["SYS_ADMIN", "NET_ADMIN", "CHOWN"]' want name
	# What a container that is root in its rootfs can do.
	for name in container.json state.json; do
		jq ".capabilities = $all | .rlimits = [] | .hostname = \"rewritten\"" "$SAMPLES/minimal.json" >"$ROOT/$name"
	done
	want=$(grep -E '^Cap(Bnd|Prm|Eff|Inh|Amb)' "/proc/$BOX_PID/status")
	run ctrnet exec "$ID" /bin/grep -E '^Cap(Bnd|Prm|Eff|Inh|Amb)' /proc/self/status
	assert_output "$want"
	# By the config itself, as well: it says who is meant, and the spec is the stored one.
	run ctrnet exec --config "$ROOT/container.json" --id "$ID" /bin/sh -c 'grep -E "^Cap(Bnd|Prm|Eff|Inh|Amb)" /proc/self/status; hostname'
	assert_output "$want"$'\nminimal'
	run ctrnet exec "$ID" /bin/sh -c 'ulimit -n; ulimit -Hn'
	assert_output $'1024\n1024'
	box_stop
	rm -f "$ROOT/container.json" "$ROOT/state.json"
}

@test "join: one that ends does not end the container, and the end of the container ends it" {
	box_start minimal
	run ctrnet exec "$ID" /bin/sh -c 'exit 9'
	assert_status 9
	run ctrnet exec "$ID" /bin/sh -c 'kill -TERM $$'
	assert_status 143
	kill -0 "$BOX_PID"
	local status=0
	ctrnet exec "$ID" /bin/sleep 4712 3>&- &
	local joined=$!
	wait_for 5 running '/bin/sleep 4712'
	box_stop 5 || status=$?
	[ "$status" = 5 ]
	status=0
	wait "$joined" || status=$?
	[ "$status" = 137 ]
}

# bats test_tags=vm
@test "join: without a pid namespace the joined one ends with the container, too" {
	box_start host-pid
	local status=0
	ctrnet exec "$ID" /bin/sleep 4713 3>&- &
	local joined=$!
	wait_for 5 running '/bin/sleep 4713'
	box_stop 6 || status=$?
	[ "$status" = 6 ]
	status=0
	wait "$joined" || status=$?
	[ "$status" = 137 ]
}

@test "join: what a joined command leaves running stays until the container's end" {
	box_start minimal
	run timeout 10 "$CTRNET" --root "$RUN" exec "$ID" /bin/sh -c 'setsid sleep 4714 </dev/null >/dev/null 2>&1 & exit 3'
	assert_status 3
	running 'sleep 4714'
	box_stop
	gone 'sleep 4714'
}

@test "join: a pid that is somebody else's by now is not joined" {
	box_start minimal
	local state=$RUN/$ID/state.json kept
	kept=$(cat "$state")
	# As if the container had ended and its pid had been given out again.
	sealed "$ID" '.init.start_time += 1' - <<<"$kept" >"$state"
	run ctrnet state "$ID"
	assert_json "$output" '.status == "stopped"'
	echo "$kept" >"$state"
	box_stop
}

# --- which container is meant -------------------------------------------------------------------

@test "rule: a container.json here, data_path before it, --config before both" {
	mkdir -p "$T/here" "$T/there"
	jq '.hostname = "here"' "$SAMPLES/minimal.json" >"$T/here/container.json"
	jq '.hostname = "there"' "$SAMPLES/minimal.json" >"$T/there/container.json"
	cd "$T/here"
	run ctrnet exec --rootfs "$ROOT" hostname
	assert_output here
	data_path=$T/there run ctrnet exec --rootfs "$ROOT" hostname
	assert_output there
	data_path=$T/there run ctrnet exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" hostname
	assert_output minimal
	cd "$T"
	# None of these: --rootfs is enough to make one, and without it the first word is an id.
	run ctrnet exec --rootfs "$ROOT" hostname
	assert_output nsinit
	run -255 ctrnet exec hostname /bin/true
	assert_output "ctrnet: exec: container 'hostname' does not exist"
	data_path=$T/nowhere run -255 ctrnet exec hostname
	[[ $output == *"$T/nowhere/container.json"* ]]
}

@test "rule: the id of a container.json is its directory's, and the same at the next start" {
	mkdir "$T/web"
	jq ".rootfs = \"$ROOT\"" "$SAMPLES/minimal.json" >"$T/web/container.json"
	cd "$T/web"
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec -- sh -c 'echo ready; read -r _' 3>&-; }
	read -r -t 10 -u "${BOX_IO[0]}" _
	run ctrnet list -q
	[[ $output =~ ^web-[0-9a-f]{8}$ ]]
	local id=$output pid=$BOX_IO_PID
	run ctrnet exec -- sh -c 'echo /proc/[0-9]*'
	[[ $output == '/proc/1 '* ]]
	cd /
	run ctrnet exec "$id" hostname
	assert_output minimal
	data_path=$T/web run ctrnet exec hostname
	assert_output minimal
	echo >&"${BOX_IO[1]}"
	wait "$pid"
}

# Two names X and Y for which "$1/X/$2" and "$1/Y/$2" have the same 32-bit FNV-1a hash.
colliding_names() {
	perl -e 'my ($dir, $name) = @ARGV;
		sub fnv { my ($h, $text) = @_; $h = (($h ^ $_) * 16777619) & 0xffffffff for unpack("C*", $text); $h }
		my ($begin, %seen) = fnv(2166136261, "$dir/");
		for (my $x = 100000;; $x++) {
			my $h = fnv($begin, "$x/$name");
			if ($seen{$h}) { print "$seen{$h} $x\n"; exit }
			$seen{$h} = $x;
		}' "$1" "$2"
}

@test "rule: two configs whose paths have the same hash are not one container" {
	local names one two id
	names=$(colliding_names "$T" web)
	one=${names% *}
	two=${names#* }
	mkdir -p "$T/$one/web" "$T/$two/web"
	jq ".hostname = \"one\" | .rootfs = \"$ROOT\"" "$SAMPLES/minimal.json" >"$T/$one/web/container.json"
	jq ".hostname = \"two\" | .rootfs = \"$ROOT\"" "$SAMPLES/minimal.json" >"$T/$two/web/container.json"
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --config "$T/$one/web" -- sh -c 'echo ready; read -r _' 3>&-; }
	local pid=$BOX_IO_PID
	read -r -t 10 -u "${BOX_IO[0]}" _
	id=$(ctrnet list -q)
	run -255 ctrnet exec --config "$T/$two/web" hostname
	assert_output "ctrnet: exec: container '$id' runs, and was made from '$T/$one/web', not from '$T/$two/web' (--id gives another one an id of its own)"
	run ctrnet exec --config "$T/$two/web" --id "$ID" hostname
	assert_output two
	run ctrnet exec --config "$T/$one/web" hostname
	assert_output one
	echo >&"${BOX_IO[1]}"
	wait "$pid"
	run ctrnet exec --config "$T/$two/web" hostname
	assert_output two
}

@test "rule: an id that is given says which container is meant, whatever config it comes with" {
	local file
	file=$(config minimal '.hostname = "other"')
	box_start minimal
	run ctrnet_run "$file" hostname
	assert_output minimal
	box_stop
}

@test "rule: an id that nothing is known of is an error, and makes nothing" {
	run -255 --separate-stderr ctrnet exec "$ID" /bin/true
	[ "$stderr" = "ctrnet: exec: container '$ID' does not exist" ]
	[ ! -e "$RUN/$ID" ]
}

@test "rule: the id of a dead container starts it anew, from the stored spec" {
	local file status=0
	file=$(config attach_to_bridge '.hostname = "again"')
	box_start "$file"
	rm "$file"
	local pid=$BOX
	kill -KILL "$pid"
	wait "$pid" || status=$?
	[ "$status" = 137 ]
	run ctrnet exec "$ID" /bin/sh -c 'hostname; echo /proc/[0-9]*; ip -o -4 addr show dev eth0 | grep -c 172.30.0.2/24'
	assert_status 0
	assert_output $'again\n/proc/1\n1'
	run -255 ctrnet exec "$ID" /bin/true
}

# --- delete, state, list ------------------------------------------------------------------------

@test "delete: refuses one that runs, and --force ends it" {
	local pid status=0
	box_start attach_to_bridge
	pid=$BOX
	run -1 ctrnet delete "$ID"
	[[ $output == "ctrnet: delete: container '$ID' is running"* ]]
	kill -0 "$BOX_PID"
	run ctrnet delete --force "$ID"
	assert_status 0
	assert_output ''
	# All is free when delete returns, not only when the other one does.
	run ip -j link
	assert_json "$output" '[.[].ifname] == ["lo"]'
	[ ! -e "$RUN/$ID" ]
	wait "$pid" || status=$?
	[ "$status" = 137 ]
	[ ! -s "$T/box.err" ] || { cat "$T/box.err"; return 1; }
}

@test "delete: of what is not there" {
	run -1 ctrnet delete "$ID"
	assert_output "ctrnet: delete: container '$ID' does not exist"
	run ctrnet delete --force "$ID"
	assert_status 0
	run -1 ctrnet delete ../etc
	run -1 ctrnet delete --force ''
}

@test "list: a directory's name cannot drive the terminal" {
	local bundle=$T/$'a\e[2J\xc2\x9b2J\nb'
	mkdir "$bundle"
	cp "$SAMPLES/minimal.json" "$bundle/minimal.json"
	box_start "$bundle/minimal.json"
	run ctrnet list
	[ "${#lines[@]}" = 2 ]
	[[ ${lines[1]} == *" $T/a?[2J??2J?b "* ]]
	run ctrnet list --format json
	assert_json "$output" '.[0].bundle == $bundle' --arg bundle "$bundle"
	box_stop
}

@test "state and list: JSON that says what is so" {
	run ctrnet list --format json
	assert_json "$output" '. == []'
	run -1 ctrnet state "$ID"
	assert_output "ctrnet: state: container '$ID' does not exist"
	box_start minimal
	run ctrnet state "$ID"
	assert_status 0
	assert_json "$output" '.id == $id and .status == "running" and .pid == $pid' --arg id "$ID" --argjson pid "$BOX_PID"
	assert_json "$output" '.bundle == $bundle' --arg bundle "$SAMPLES"
	assert_json "$output" '.created | fromdateiso8601 | now - . | . >= -1 and . < 60'
	run ctrnet list --format json
	assert_json "$output" 'length == 1 and .[0].id == $id and .[0].status == "running" and .[0].pid == $pid' \
		--arg id "$ID" --argjson pid "$BOX_PID"
	run ctrnet list
	[[ ${lines[1]} =~ ^$ID\ +$BOX_PID\ +running ]]
	local pid=$BOX
	kill -KILL "$pid"
	wait "$pid" || true
	wait_for 2 gone "/bin/sh -c echo ready; read -r line; exit \"\${line:-0}\""
	run ctrnet state "$ID"
	assert_json "$output" '.status == "stopped"'
	run ctrnet list --format json
	assert_json "$output" '.[0].status == "stopped"'
	ctrnet delete "$ID"
}

# --- ends ---------------------------------------------------------------------------------------

@test "signals: what ctrnet gets, the command gets" {
	local signal want pid status
	for signal in TERM:143 INT:130 USR1:138 HUP:129 QUIT:131 WINCH:156; do
		want=${signal#*:} signal=${signal%:*}
		coproc BOX_IO { exec env --default-signal=INT,QUIT "$CTRNET" --root "$RUN" exec --config "$SAMPLES/minimal.json" \
			--rootfs "$ROOT" --id "$ID" -- /bin/sh -c "trap 'exit $want' $signal; echo ready; while :; do sleep 0.02; done" 3>&-; }
		pid=$BOX_IO_PID status=0
		read -r -t 10 -u "${BOX_IO[0]}" _
		kill "-$signal" "$pid"
		wait "$pid" || status=$?
		[ "$status" = "$want" ] || { echo "$signal: $status"; return 1; }
	done
}

@test "signals: to one that joined" {
	box_start minimal
	local pid status=0
	ctrnet exec "$ID" /bin/sh -c 'trap "exit 44" USR1; : >/tmp/here; while :; do sleep 0.02; done' 3>&- &
	pid=$!
	wait_for 5 test -e "$ROOT/tmp/here"
	rm "$ROOT/tmp/here"
	# $! is this shell's copy, which ctrnet is a child of.
	kill -USR1 "$(pgrep -P "$pid" || echo "$pid")"
	wait "$pid" || status=$?
	[ "$status" = 44 ]
	box_stop
}

@test "signals: what ctrnet was started to ignore, the command does not" {
	run env --ignore-signal=TERM,INT,CHLD,PIPE "$CTRNET" --root "$RUN" exec --config "$SAMPLES/host-pid.json" \
		--rootfs "$ROOT" --id "$ID" -- /bin/sh -c 'grep ^SigIgn /proc/self/status; exit 7'
	assert_status 7
	assert_output $'SigIgn:\t0000000000000000'
}

# bats test_tags=vm
@test "end: ctrnet's death by SIGKILL takes the container along" {
	box_start minimal
	local pid=$BOX
	ctrnet exec "$ID" /bin/sh -c 'trap "" TERM HUP INT; setsid sleep 4721 & sleep 4722' 3>&- &
	wait_for 5 running 'sleep 4721'
	kill -KILL "$pid"
	wait "$pid" || true
	wait_for 1 gone 'sleep 4721'
	gone 'sleep 4722'
	ctrnet delete "$ID"
}

@test "end: also without a pid namespace, whatever its processes ignore" {
	box_start host-pid
	local pid=$BOX
	ctrnet exec "$ID" /bin/sh -c 'trap "" TERM HUP INT; (trap "" TERM HUP INT; setsid sleep 4731) & exec setsid sleep 4732' 3>&- &
	wait_for 5 running 'sleep 4731'
	wait_for 5 running 'sleep 4732'
	kill -KILL "$pid"
	wait "$pid" || true
	wait_for 1 gone 'sleep 4731'
	wait_for 1 gone 'sleep 4732'
	ctrnet delete "$ID"
}

# bats test_tags=vm
@test "end: without a pid namespace, children that ignore signals go when the first process ends" {
	run timeout 20 "$CTRNET" --root "$RUN" exec --config "$SAMPLES/host-pid.json" --rootfs "$ROOT" --id "$ID" -- \
		/bin/sh -c 'trap "" TERM HUP INT; for i in 1 2 3 4 5; do (setsid setsid sleep 4741 >/dev/null 2>&1 &) ; done; sleep 0.1; exit 8' 3>&-
	assert_status 8
	gone 'sleep 4741'
}

# --- what the command is given -------------------------------------------------------------------

@test "descriptors: 0, 1 and 2 and no other, at the start and joining" {
	exec 7</etc/passwd 8</ 9<"$T"
	run ctrnet_run minimal -- /bin/ls /proc/self/fd
	assert_output $'0\n1\n2\n3'
	run ctrnet_run minimal --tty -- /bin/ls /proc/self/fd </dev/null
	[ "$(tr -d '\r' <<<"$output" | xargs)" = '0 1 2 3' ]
	box_start minimal
	run ctrnet exec "$ID" /bin/ls /proc/self/fd
	assert_output $'0\n1\n2\n3'
	run ctrnet exec -t "$ID" /bin/ls /proc/self/fd </dev/null
	[ "$(tr -d '\r' <<<"$output" | xargs)" = '0 1 2 3' ]
	exec 7<&- 8<&- 9<&-
	box_stop
}

@test "descriptors: /dev/null is the container's own, not the host's node" {
	local inside
	inside='stat -Lc %d /proc/self/fd/0; stat -c %d /dev/null'
	run ctrnet_run minimal -- /bin/sh -c "$inside" </dev/null
	assert_status 0
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "${lines[0]}" != "$(stat -c %d /dev/null)" ]
	box_start minimal
	run ctrnet exec "$ID" /bin/sh -c "$inside" </dev/null
	[ "${lines[0]}" = "${lines[1]}" ]
	box_stop
}

@test "descriptors: ctrnet started without 0, 1 and 2" {
	box_start minimal
	local status=0
	ctrnet exec "$ID" /bin/sh -c 'ls /proc/self/fd >/tmp/fds; exit 6' <&- >&- 2>&- || status=$?
	[ "$status" = 6 ]
	[ "$(xargs <"$ROOT/tmp/fds")" = '0 1 2 3' ]
	rm "$ROOT/tmp/fds"
	box_stop
}
