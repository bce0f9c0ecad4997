#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# ctrnet is killed, and what it ran goes with it, though it has no parent-death signal: it has disarmed that, or executing
# a set-user-ID program has (prctl(2), PR_SET_PDEATHSIG).

load lib

teardown() {
	rm -rf "$ROOT/bin/disarm" "$ROOT/suid"
	if ! check_leaks; then
		end_leftovers
		return 1
	fi
}

# The processes that have the words of $1 for their command, as we see them.
processes() {
	local pid
	pgrep -f -- "$1" | while read -r pid; do
		[ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" != "$1 " ] || echo "$pid"
	done 2>/dev/null
}

gone() {
	[ -z "$(processes "$1")" ]
}

there() {
	! gone "$1"
}

# disarmed CONFIG CMD...: the container of a config that runs a command without a death signal. Sets BOX.
disarmed() {
	local config
	config=$(config_path "$1")
	shift
	cp "$TOOLS/disarm" "$ROOT/bin/disarm"
	"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/disarm "$@" \
		>"$T/out" 2>"$T/err" </dev/null 3>&- &
	BOX=$!
}

# joined CMD...: the same of one that joins. Sets JOINED.
joined() {
	cp "$TOOLS/disarm" "$ROOT/bin/disarm"
	"$CTRNET" --root "$RUN" exec --id "$ID" -- /bin/disarm "$@" >"$T/joined" 2>&1 </dev/null 3>&- &
	JOINED=$!
}

end_ctrnet() {
	kill -KILL "$@"
	wait "$@" || true
}

@test "death: a first process that disarmed its death signal goes with ctrnet" {
	local sample
	for sample in minimal userns host-pid; do
		disarmed "$sample" /bin/sh -c 'trap "" TERM HUP INT; setsid sleep 4801 & exec sleep 4802'
		wait_for 5 there 'sleep 4801'
		wait_for 5 there 'sleep 4802'
		end_ctrnet "$BOX"
		wait_for 1 gone 'sleep 4801'
		wait_for 1 gone 'sleep 4802'
		ctrnet delete "$ID"
	done
}

@test "death: the next exec takes its place at once" {
	disarmed attach_to_bridge sleep 4803
	wait_for 5 there 'sleep 4803'
	end_ctrnet "$BOX"
	run ctrnet_run attach_to_bridge /bin/echo again
	assert_output again
	gone 'sleep 4803'
}

@test "death: a set-user-ID program as the first process goes with ctrnet" {
	mkdir "$ROOT/suid"
	cp "$ROOT/bin/busybox" "$ROOT/suid/sleep"
	chmod 4755 "$ROOT/suid/sleep"
	"$CTRNET" --root "$RUN" exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID" -u alice -- /suid/sleep 4804 3>&- &
	BOX=$!
	wait_for 5 there '/suid/sleep 4804'
	end_ctrnet "$BOX"
	wait_for 1 gone '/suid/sleep 4804'
	ctrnet delete "$ID"
}

@test "death: a joined process that disarmed its death signal goes with its own ctrnet, and the container stays" {
	local sample
	for sample in minimal userns host-pid; do
		box_start "$sample"
		joined sleep 4805
		wait_for 5 there 'sleep 4805'
		end_ctrnet "$JOINED"
		wait_for 1 gone 'sleep 4805'
		kill -0 "$BOX_PID"
		box_stop
	done
}

@test "death: a joined process goes with the container's ctrnet, too" {
	local sample
	for sample in minimal userns host-pid; do
		disarmed "$sample" sleep 4806
		wait_for 5 there 'sleep 4806'
		joined sh -c 'setsid sleep 4807 & exec sleep 4808'
		wait_for 5 there 'sleep 4807'
		wait_for 5 there 'sleep 4808'
		end_ctrnet "$BOX"
		wait_for 1 gone 'sleep 4806'
		wait_for 1 gone 'sleep 4807'
		wait_for 1 gone 'sleep 4808'
		wait "$JOINED" || [ $? = 137 ]
		ctrnet delete "$ID"
	done
}

@test "death: a container that is told by another signal has time to end by itself, and no more" {
	local config
	config=$(config minimal '.parent_death_signal = 15')
	disarmed "$config" /bin/true
	wait "$BOX"
	"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- \
		/bin/sh -c 'trap "sleep 1; echo over >/tmp/over; exit" TERM; while :; do sleep 0.05; done' 3>&- &
	wait_for 5 there "/bin/sh -c trap \"sleep 1; echo over >/tmp/over; exit\" TERM; while :; do sleep 0.05; done"
	end_ctrnet $!
	wait_for 5 test -s "$ROOT/tmp/over"
	rm "$ROOT/tmp/over"
	ctrnet delete "$ID"
	disarmed "$config" sleep 4810
	wait_for 5 there 'sleep 4810'
	end_ctrnet "$BOX"
	sleep 2
	there 'sleep 4810'
	wait_for 12 gone 'sleep 4810'
	ctrnet delete "$ID"
}

# holds_nothing PID: what is open in it, where it is, and what it heeds.
holds_nothing() {
	[ "$(readlink "/proc/$1/cwd")" = / ]
	# Its session, and no terminal (proc(5): fields 6 and 7 behind a name without spaces).
	[ "$(cut -d ' ' -f 6,7 "/proc/$1/stat")" = "$1 0" ]
	# All of them but SIGKILL, SIGSTOP, and two of the C library's.
	[ "$(awk '/^SigBlk/ { print $2 }' "/proc/$1/status")" = fffffffe7ffbfeff ]
	run ! grep -vE '^(pipe:|anon_inode:\[pidfd\]|pidfd:)' < <(readlink "/proc/$1/fd"/*)
	[ "$(readlink "/proc/$1/fd"/* | grep -c '^pipe:')" = 1 ]
}

@test "death: a guard holds nothing, hears nothing, is not seen inside, and goes when the command does" {
	local sample guard
	exec 7</etc/passwd 8<"$T"
	for sample in minimal host-pid; do
		box_start "$sample"
		guard=$(guard_of "$BOX")
		[ "$(wc -w <<<"$guard")" = 1 ]
		holds_nothing "$guard"
		"$CTRNET" --root "$RUN" exec --id "$ID" -- sleep 4811 3>&- &
		JOINED=$!
		wait_for 5 there 'sleep 4811'
		holds_nothing "$(guard_of "$JOINED")"
		[ "$sample" = host-pid ] || [ "$(box_all ps | grep -c ctrnet)" = 0 ]
		kill "$(processes 'sleep 4811')"
		wait "$JOINED" || [ $? = 143 ]
		box_stop
		[ ! -e "/proc/$guard" ]
	done
	exec 7<&- 8<&-
}
