#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A container with CAP_SYS_PTRACE, and no user namespace to confine it, may look at and trace whoever joins it, before the
# command is executed as well. What it finds there has to be no more than the command.

load lib
load inject

teardown() {
	rm -f "$ROOT/bin/prowl"
	if ! check_leaks; then
		end_leftovers
		return 1
	fi
}

# harmless FOUND [MORE]: nothing but what a traced command shows as well, and MORE.
harmless() {
	! grep -vxE "prowling|seized|${2:-seized}" "$1"
}

# prowl_start [FILTER]: a container that looks out for whoever comes; FILTER changes its config. Sets BOX.
prowl_start() {
	export SECRET=only-the-host-knows
	# The address sanitizer keeps a copy of the environment.
	local word=${SAN:+no-such-words}
	: >"$T/found"
	cp "$TOOLS/prowl" "$ROOT/bin/prowl"
	"$CTRNET" --root "$RUN" exec --config "$(config minimal '.capabilities += ["SYS_PTRACE"] | '"${1:-.}")" --rootfs "$ROOT" \
		--id "$ID" -e LOOK_FOR="${word:-$SECRET}" -- /bin/prowl 600 >"$T/found" 2>&1 </dev/null 3>&- &
	BOX=$!
	wait_for 10 grep -q prowling "$T/found"
}

prowl_end() {
	ctrnet delete --force "$ID"
	wait "$BOX" || true
	sort -u "$T/found"
}

@test "joining: a container that may trace finds no more in who joins it than in the command" {
	local i
	prowl_start
	for ((i = 0; i < 200; i++)); do
		run timeout 20 "$CTRNET" --root "$RUN" exec "$ID" /bin/echo joined </dev/null 3>&-
		assert_output joined
	done
	prowl_end
	# That it came in time shows that it would have found more.
	grep -qx seized "$T/found"
	harmless "$T/found"
}

# strace(1) is the tracer then, so nobody else can be; but all of /proc can be looked at.
@test "joining: however long it stays at each of its calls" {
	local call
	without_leak_sanitizer
	prowl_start
	for call in close_range setns clone3 sendmsg recvmsg setresuid capset prctl setsid rt_sigprocmask chdir execve dup2; do
		# What it has to say itself is of no interest, and goes to where the command's would go.
		run timeout 60 bash -c 'exec "$@" 2>/dev/null' bash \
			strace -f -qq -o "$T/trace" -e "trace=$call" -e "inject=$call:delay_enter=20000:delay_exit=20000" \
			"$CTRNET" --root "$RUN" exec -u alice "$ID" /bin/echo joined </dev/null 3>&-
		assert_output joined
		grep -q "$call" "$T/trace"
	done
	prowl_end
	harmless "$T/found"
}

# What the kernel says of a process' rights, in one line.
STATUS='/^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):/ { printf "%s ", $2 }'

# filtered_joins FILTER: a filter that is loaded with CAP_SYS_ADMIN, or with no_new_privs, is in force for who joins when it
# is first seen, and it has what the first process has.
filtered_joins() {
	local i expected ambient box
	prowl_start "$1"
	box=$(first_process "$BOX")
	expected=$(awk "$STATUS" "/proc/$box/status")
	[[ $expected == *' 2 ' ]]
	ambient=$(awk '/^CapAmb:/ { print $2 }' "/proc/$box/status")
	for ((i = 0; i < 100; i++)); do
		run timeout 20 "$CTRNET" --root "$RUN" exec "$ID" /bin/awk "$STATUS" /proc/self/status </dev/null 3>&-
		assert_output "$expected"
	done
	run timeout 20 "$CTRNET" --root "$RUN" exec -t -u alice "$ID" /bin/sh -c \
		'tty; echo >/dev/tty here; grep -E "^(CapEff|Seccomp):" /proc/$$/status; [ "$(cut -d " " -f 1,6 /proc/$$/stat)" = "$$ $$" ] && echo leads' </dev/null 3>&-
	[[ $output == /dev/pts/*here*CapEff:*"$ambient"*Seccomp:*2*leads* ]]
	prowl_end
	grep -qx seized "$T/found"
	harmless "$T/found"
}

# x86-64's numbers.
CHOWN='.seccomp = {syscalls: [{value: 92, action: 1}]}'

@test "joining: a filter is in force for who joins from the first moment inside, without no_new_privileges too" {
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of its system calls are those of x86-64"
	filtered_joins "$CHOWN | .no_new_privileges = false"
	filtered_joins "$CHOWN"
	# In sets of its own, CAP_SYS_ADMIN as one that it can have but not use.
	filtered_joins "$CHOWN"' | .no_new_privileges = false | .capabilities as $c | .capabilities =
		{bounding: ($c + ["SYS_ADMIN"]), permitted: $c, effective: ($c - ["CHOWN"]), inheritable: ["KILL"], ambient: ["KILL"]}'
	# As Docker's default profile has it: clone3 is not there, and clone(2) makes no namespaces.
	filtered_joins '.no_new_privileges = false | .seccomp = {default_action: 1, syscalls: ([range(335) | select(. != 56) | {value: ., action: -1}] +
		[{value: 56, action: -1, args: [{index: 0, op: 4, value: 2114060288, value_two: 0}]}, {value: 435, action: 38}])}'
}

@test "joining: with a filter, however long it stays at each of its calls" {
	local call
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of its system calls are those of x86-64"
	without_leak_sanitizer
	prowl_start "$CHOWN | .no_new_privileges = false"
	for call in seccomp capset clone exit_group read prctl setsid setresuid rt_sigprocmask chdir execve; do
		run timeout 60 bash -c 'exec "$@" 2>/dev/null' bash \
			strace -f -qq -o "$T/trace" -e "trace=$call" -e "inject=$call:delay_enter=20000:delay_exit=20000" \
			"$CTRNET" --root "$RUN" exec -u alice "$ID" /bin/echo joined </dev/null 3>&-
		assert_output joined
		grep -q "$call" "$T/trace"
	done
	prowl_end
	harmless "$T/found"
}

first_process_is() {
	[ "$(cat "/proc/$(first_process "$BOX")/comm")" = "$1" ]
}

# sleeper FILTER: a container whose command calls next to nothing. Sets BOX.
sleeper() {
	cp "$TOOLS/call" "$ROOT/bin/call"
	"$CTRNET" --root "$RUN" exec --config "$(config minimal "$1")" --rootfs "$ROOT" --id "$ID" -- /bin/call 34 \
		>/dev/null 2>"$T/err" </dev/null 3>&- &
	BOX=$!
	wait_for 10 first_process_is call
}

sleeper_end() {
	ctrnet delete --force "$ID"
	wait "$BOX" || true
	rm "$ROOT/bin/call"
}

# What is called behind the filter; with each way to forbid it, errno 0 ("it seems to succeed") among them.
@test "joining: a filter that forbids what that takes says so, and nobody comes in" {
	local row name number options action tail
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of its system calls are those of x86-64"
	for row in capset:126 clone:56 read:0 prctl:157 setsid:112 ioctl:16:-t; do
		IFS=: read -r name number options <<<"$row"
		tail=
		[ "$name" != capset ] || tail=' (but not with no_new_privileges)'
		for action in -3 -2 0 1; do
			sleeper ".capabilities += [\"SYS_PTRACE\"] | .no_new_privileges = false | .seccomp = {syscalls: [{value: $number, action: $action}]}"
			# shellcheck disable=SC2086 # an option or none
			run timeout 20 "$CTRNET" --root "$RUN" exec $options "$ID" /bin/call 39 </dev/null 3>&-
			assert_status 255
			assert_output "ctrnet: exec: seccomp: the filter forbids $name, which it takes to join a container with CAP_SYS_PTRACE$tail"
			sleeper_end
		done
	done
}

@test "joining: where nobody may trace, a filter may forbid all but the command" {
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of its system calls are those of x86-64"
	sleeper '.no_new_privileges = false | .seccomp = {syscalls: ([126, 56, 0, 157, 112, 16] | map({value: ., action: -3}))}'
	run timeout 20 "$CTRNET" --root "$RUN" exec "$ID" /bin/call 39 </dev/null 3>&-
	assert_status 0
	sleeper_end
	# What only loading without no_new_privileges takes.
	sleeper '.capabilities += ["SYS_PTRACE"] | .seccomp = {syscalls: [{value: 126, action: -3}]}'
	run timeout 20 "$CTRNET" --root "$RUN" exec "$ID" /bin/call 39 </dev/null 3>&-
	assert_status 0
	sleeper_end
}

# started FILTER [WRAPPER...]: a second container in the pid namespace of the first: its /proc is that one's.
started() {
	local filter=$1
	shift
	BESIDE=$(config minimal '(.namespaces[] | select(.type == "NEWPID")).path = $p | '"$filter" \
		--arg p "/proc/$(first_process "$BOX")/ns/pid")
	run timeout 60 "$@" "$CTRNET" --root "$RUN" exec --config "$BESIDE" --rootfs "$ROOT" --id "$ID-b" -- \
		/bin/sh -c 'cat /proc/1/comm; awk "/^Seccomp:/ { print \$2 }" /proc/$$/status; readlink /proc/self' </dev/null 3>&-
	assert_status 0
	[ "${lines[0]}" = prowl ]
	[ "${lines[1]}" = "$FILTERED" ]
	[ "${lines[2]}" -gt 1 ]
}

@test "joining: who starts in a pid namespace of others shows no more than the command there" {
	local i
	FILTERED=0
	prowl_start
	for ((i = 0; i < 60; i++)); do
		started .
	done
	prowl_end
	grep -qx seized "$T/found"
	harmless "$T/found" apart
	[ "$(uname -m)" = x86_64 ] || return 0
	# Prowling under a filter, it tells who has none.
	FILTERED=2
	prowl_start "$CHOWN"
	for ((i = 0; i < 30; i++)); do
		started "$CHOWN | .no_new_privileges = false"
		started "$CHOWN"
	done
	prowl_end
	harmless "$T/found" apart
}

@test "joining: who starts there, however long it stays at each of its calls" {
	local call
	without_leak_sanitizer
	FILTERED=0
	prowl_start
	for call in fsopen unshare fork,clone,clone3 sendmsg setns exit_group setresuid capset prctl setsid chdir execve; do
		started . bash -c 'exec "$@" 2>/dev/null' bash \
			strace -f -qq -o "$T/trace" -e "trace=$call" -e "inject=$call:delay_enter=20000:delay_exit=20000"
		grep -qE "${call//,/|}" "$T/trace"
	done
	prowl_end
	harmless "$T/found" apart
}

@test "joining: who starts there and may make no user namespace says so" {
	without_leak_sanitizer
	prowl_start
	BESIDE=$(config minimal '(.namespaces[] | select(.type == "NEWPID")).path = $p' --arg p "/proc/$(first_process "$BOX")/ns/pid")
	run timeout 60 strace -f -qq -o "$T/trace" -e trace=unshare -e inject=unshare:error=ENOSPC:when=2 \
		"$CTRNET" --root "$RUN" exec --config "$BESIDE" --rootfs "$ROOT" --id "$ID-b" -- /bin/true </dev/null 3>&-
	assert_status 255
	[[ $output == "ctrnet: exec: "*"cannot make a user namespace, in which to open the /proc of a pid namespace that is joined: No space left on device" ]]
	[[ $output != *$'\n'* ]]
	prowl_end
}

@test "joining: a filter that forbids what starting there takes says so" {
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of its system calls are those of x86-64"
	prowl_start
	BESIDE=$(config minimal '(.namespaces[] | select(.type == "NEWPID")).path = $p | .seccomp = {syscalls: [{value: 112, action: -3}]}' \
		--arg p "/proc/$(first_process "$BOX")/ns/pid")
	run timeout 60 "$CTRNET" --root "$RUN" exec --config "$BESIDE" --rootfs "$ROOT" --id "$ID-b" -- /bin/true </dev/null 3>&-
	assert_status 255
	assert_output "ctrnet: exec: seccomp: the filter forbids setsid, which it takes to start in a pid namespace where others live"
	prowl_end
}

@test "joining: who starts there has its terminal, user, limits and session, can be joined, and ends with its ctrnet" {
	local inside
	prowl_start
	BESIDE=$(config minimal '(.namespaces[] | select(.type == "NEWPID")).path = $p | .rlimits = [{type: "NOFILE", soft: 17, hard: 17}]' \
		--arg p "/proc/$(first_process "$BOX")/ns/pid")
	run timeout 20 "$CTRNET" --root "$RUN" exec -t -u alice --config "$BESIDE" --rootfs "$ROOT" --id "$ID-b" -- /bin/sh -c \
		'tty; echo >/dev/tty here; ulimit -n; id -un; [ "$(cut -d " " -f 1,6 /proc/$$/stat)" = "$$ $$" ] && echo leads; exit 7' </dev/null 3>&-
	assert_status 7
	[[ $output == /dev/pts/*here*17*alice*leads* ]]
	"$CTRNET" --root "$RUN" exec --config "$BESIDE" --rootfs "$ROOT" --id "$ID-b" -- /bin/sleep 4902 </dev/null 3>&- &
	local beside=$!
	wait_for 10 pgrep -fx '/bin/sleep 4902'
	inside=$(pgrep -fx '/bin/sleep 4902')
	[ "$(awk '/^PPid/ { print $2 }' "/proc/$inside/status")" = "$beside" ]
	grep -qw "$inside" "$RUN/$ID-b/state.json"
	run timeout 20 "$CTRNET" --root "$RUN" exec "$ID-b" /bin/cat /proc/1/comm </dev/null 3>&-
	assert_output prowl
	kill -KILL "$beside"
	wait "$beside" || true
	wait_for 5 no_process '/bin/sleep 4902'
	ctrnet delete "$ID-b"
	prowl_end
}

@test "joining: descriptors, terminal, session and death signal are as ever" {
	box_start minimal
	run ctrnet exec -t "$ID" /bin/sh -c 'tty; echo >/dev/tty here; ps -o pid,sid,tty | grep "^ *$$ "; ls /proc/self/fd' </dev/null
	assert_status 0
	[[ $output == /dev/pts/*here* ]]
	# It leads a session of its own.
	run ctrnet exec "$ID" /bin/sh -c 'cut -d " " -f 1,6,7 /proc/$$/stat; echo $$'
	[ "${lines[0]}" = "${lines[1]} ${lines[1]} 0" ]
	"$CTRNET" --root "$RUN" exec --id "$ID" -- /bin/sleep 4901 3>&- &
	local joined=$!
	wait_for 5 pgrep -fx '/bin/sleep 4901'
	[ "$(awk '/^PPid/ { print $2 }' "/proc/$(pgrep -fx '/bin/sleep 4901')/status")" = "$joined" ]
	kill "$(pgrep -fx '/bin/sleep 4901')"
	wait "$joined" || [ $? = 143 ]
	box_stop
}

# What counts processes or files must not keep one from coming in that would have had room.
@test "joining: with room for one more" {
	box_start "$(config minimal '.rlimits = [{type: "NPROC", soft: 1, hard: 1}, {type: "NOFILE", soft: 3, hard: 3}]')" \
		-u root
	run ctrnet exec -u alice "$ID" /bin/echo joined
	assert_output joined
	run ctrnet exec -u alice "$ID" /bin/sh -c 'ulimit -u; ulimit -Hu; ulimit -n; ulimit -Hn'
	assert_output $'1\n1\n3\n3'
	box_stop
}

# strangers: processes of ctrnet's beside those of the container.
strangers() {
	pgrep -x 'ctrnet|ctrnet-guard' | grep -vx -e "$BOX" -e "$(guard_of "$BOX")"
}

no_strangers() {
	! strangers
}

@test "joining: ctrnet, or who joins for it, is killed at any of its calls" {
	local call n runs=0 status tty='' died=
	without_leak_sanitizer
	box_start minimal
	guard_of "$BOX"
	# With a terminal it has more to say, so that it is hit at a message at which ctrnet is not.
	for call in clone3 clone setns sendmsg -tsendmsg recvmsg -trecvmsg setsid prctl execve; do
		for n in 1 2 3 4; do
			status=0
			[ "$call" = "${call#-t}" ] || tty=-t
			timeout 20 strace -f -qq -o "$T/trace" -e "trace=${call#-t}" -e "inject=${call#-t}:signal=SIGKILL:when=$n" \
				"$CTRNET" --root "$RUN" exec $tty "$ID" /bin/true </dev/null >"$T/out" 2>"$T/err" 3>&- || status=$?
			[ "$status" != 0 ] || break
			[ "$status" != 124 ] || { echo "$call $n: it hangs"; return 1; }
			! grep -q "died before 'entered'" "$T/err" || died=yes
			wait_for 2 no_strangers
			runs=$((runs + 1))
		done
		tty=
	done
	echo "# $runs runs" >&3
	[ "$runs" -gt 10 ]
	[ "$died" = yes ]
	run ctrnet exec "$ID" /bin/echo joined
	assert_output joined
	box_stop
}

# Nobody is stopped by root of another pid namespace but who comes in; it may get as far as its command, and be stopped then.
# bats test_tags=vm
@test "joining: a container that stops whoever comes in does not hold ctrnet" {
	box_start minimal
	box_all /bin/sh -c 'while :; do kill -STOP -1; done' 3>&- 2>/dev/null &
	local stopper=$!
	# As pid 1 of the container's would, it stops all but itself.
	for _ in 1 2 3 4 5; do
		run --separate-stderr timeout 30 "$CTRNET" --root "$RUN" exec "$ID" /bin/true 3>&-
		[ "$status" = 124 ] || [ "$status" = 0 ] || break
	done
	assert_status 255
	[ "$stderr" = 'ctrnet: exec: somebody in the container has stopped the process that was to become the command' ]
	kill -KILL "$BOX_PID"
	wait "$stopper" || true
	wait "$BOX" || true
}
