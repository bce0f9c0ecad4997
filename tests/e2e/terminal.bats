#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# -t: the command's terminal, and ours while it has it.

load lib

setup_file() {
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/on_terminal" "$BATS_TEST_DIRNAME/on_terminal.c" -lutil
}

# On a terminal of its own: see on_terminal.c. It fails with 100 if the terminal is not as it was.
on_terminal() {
	timeout 20 "$BATS_FILE_TMPDIR/on_terminal" "$@"
}

# exec -t in a new container, as words for on_terminal.
words() {
	WORDS=("$CTRNET" --root "$RUN" exec -t --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID" --)
}

plain() {
	tr -d '\r'
}

# What is typed, and what is shown: FIFO and $T/screen. Sets TERMINAL and SHOW.
terminal_start() {
	mkfifo "$T/keys"
	exec 8<>"$T/keys"
	"$BATS_FILE_TMPDIR/on_terminal" "$@" <"$T/keys" >"$T/screen" 2>"$T/mode" 3>&- 8>&- &
	TERMINAL=$!
}

terminal_end() {
	status=0
	wait "$TERMINAL" || status=$?
	exec 8>&-
	rm "$T/keys"
}

shown() {
	grep -qF "$1" "$T/screen"
}

mode_is() {
	kill -USR2 "$TERMINAL"
	sleep 0.05
	[ "$(tail -n 1 "$T/mode")" = "$1" ]
}

@test "terminal: 0, 1 and 2 are a pty, which is /dev/console and the controlling terminal" {
	words
	run on_terminal "${WORDS[@]}" /bin/sh -c 'test -t 0 && test -t 1 && test -t 2 && tty; echo via-console >/dev/console; echo via-tty >/dev/tty
		stat -Lc %t:%T /dev/console /proc/self/fd/0 | sort -u | wc -l; ps -o pid,tty | grep -c "^ *1 "; stty size'
	assert_status 0
	output=$(plain <<<"$output")
	[[ $output == /dev/* ]]
	[[ $output == *$'\nvia-console\nvia-tty\n1\n'*$'\n24 80' ]] || { echo "$output"; return 1; }
}

@test "terminal: of one that joins" {
	box_start minimal
	run on_terminal "$CTRNET" --root "$RUN" exec -t "$ID" /bin/sh -c 'tty; echo via-tty >/dev/tty; stty size; exit 7'
	assert_status 7
	output=$(plain <<<"$output")
	[[ $output == /dev/pts/*$'\nvia-tty\n24 80' ]] || { echo "$output"; return 1; }
	# A second one has a pty of its own.
	run on_terminal "$CTRNET" --root "$RUN" exec -t "$ID" /bin/sh -c 'exit 0'
	assert_status 0
	box_stop
}

@test "terminal: the pty belongs to the command's user" {
	words
	run on_terminal "${WORDS[@]:0:5}" --user alice "${WORDS[@]:5}" /bin/sh -c 'stat -Lc %u /proc/self/fd/0; echo x >/dev/tty'
	[ "$(plain <<<"$output")" = $'1000\nx' ]
}

@test "terminal: ours is raw while the command has it, then as it was" {
	words
	terminal_start "${WORDS[@]}" /bin/sh -c 'echo here; read -r line; echo "got $line"; exit 5'
	wait_for 5 shown here
	wait_for 2 mode_is raw
	echo typed >&8
	terminal_end
	[ "$status" = 5 ]
	shown 'got typed'
}

@test "terminal: keys are the command's: interrupt, end of file" {
	words
	# Without a pid namespace, so that the signal is not one to pid 1.
	WORDS[6]=$SAMPLES/host-pid.json
	terminal_start "${WORDS[@]}" /bin/sh -c 'echo here; sleep 20'
	wait_for 5 shown here
	printf '\003' >&8
	terminal_end
	[ "$status" = 130 ]
	words
	terminal_start "${WORDS[@]}" /bin/sh -c 'echo here; cat; echo behind; exit 4'
	wait_for 5 shown here
	printf 'one\n\004' >&8
	terminal_end
	[ "$status" = 4 ]
	shown behind
}

@test "terminal: its size follows ours" {
	words
	terminal_start "${WORDS[@]}" /bin/sh -c 'trap "stty size; exit 0" WINCH; echo here; while :; do sleep 0.02; done'
	wait_for 5 shown here
	kill -USR1 "$TERMINAL"
	terminal_end
	[ "$status" = 0 ]
	shown '43 132'
}

@test "terminal: restored when the container is killed" {
	words
	terminal_start "${WORDS[@]}" /bin/sh -c 'echo here; sleep 20'
	wait_for 5 shown here
	wait_for 2 mode_is raw
	ctrnet delete --force "$ID"
	terminal_end
	[ "$status" = 137 ]
}

@test "terminal: restored when ctrnet gets a signal that ends the command" {
	local signal
	for signal in TERM HUP INT QUIT; do
		words
		terminal_start "${WORDS[@]}" /bin/sh -c 'trap "exit 33" TERM HUP INT QUIT; echo here; while :; do sleep 0.02; done'
		wait_for 5 shown here
		kill "-$signal" "$(pgrep -P "$TERMINAL")"
		terminal_end
		[ "$status" = 33 ] || { echo "$signal: $status"; return 1; }
	done
}

@test "terminal: restored when the command cannot be executed" {
	words
	run on_terminal "${WORDS[@]}" /no/such/command
	assert_status 255
	[[ $output == 'ctrnet: exec: '*'/no/such/command'* ]]
	# One that fails in execve() itself.
	printf '#!/no/such/interpreter\n' >"$ROOT/bin/broken"
	chmod 755 "$ROOT/bin/broken"
	run on_terminal "${WORDS[@]}" /bin/broken
	rm "$ROOT/bin/broken"
	assert_status 255
	[[ $output == 'ctrnet: exec: '*'/bin/broken'* ]]
}

@test "terminal: the window is closed: the command's terminal is, too" {
	words
	terminal_start "${WORDS[@]}" /bin/sh -c 'echo here; cat >/dev/null; exit 0'
	wait_for 5 shown here
	local ctrnet
	ctrnet=$(pgrep -P "$TERMINAL")
	kill -HUP "$TERMINAL"
	terminal_end
	ended() { ! kill -0 "$ctrnet" 2>/dev/null; }
	wait_for 5 ended
}

@test "terminal: all of a big output arrives, though the command ends at once" {
	words
	for _ in 1 2 3; do
		run on_terminal "${WORDS[@]}" /bin/seq 1 20000
		assert_status 0
		[ "$(plain <<<"$output" | md5sum)" = "$(seq 1 20000 | md5sum)" ]
	done
	run timeout 20 "${WORDS[@]}" /bin/seq 1 20000 </dev/null
	[ "$(plain <<<"$output" | md5sum)" = "$(seq 1 20000 | md5sum)" ]
}

@test "terminal: all arrives through a reader that is slow" {
	words
	timeout 20 "${WORDS[@]}" /bin/seq 1 20000 </dev/null | (sleep 0.5; cat) | plain >"$T/got"
	diff "$T/got" <(seq 1 20000)
}

@test "terminal: a reader that goes away ends it" {
	words
	local status=0
	timeout 10 "${WORDS[@]}" /bin/seq 1 1000000 </dev/null | head -n 3 | plain >"$T/got" || status=$?
	[ "${PIPESTATUS[0]}" != 124 ]
	[ "$(cat "$T/got")" = $'1\n2\n3' ]
	run timeout 1 "$CTRNET" --root "$RUN" list -q
	assert_output ''
}

@test "terminal: asked for without one on stdin: a pty, and stdin is typed into it" {
	words
	run timeout 10 "${WORDS[@]}" /bin/echo hi </dev/null
	assert_status 0
	[ "$(plain <<<"$output")" = hi ]
	# The end of stdin is the end of file for who reads the terminal.
	run timeout 10 bash -c 'echo hi | "$@"' - "${WORDS[@]}" /bin/cat
	assert_status 0
	[ "$(plain <<<"$output")" = $'hi\nhi' ]
	run timeout 10 bash -c 'printf "no newline" | "$@"' - "${WORDS[@]}" /bin/sh -c 'stty -echo; cat'
	assert_status 0
	[[ $output == *'no newline' ]]
	run timeout 10 "${WORDS[@]}" /bin/cat </dev/null
	assert_status 0
}

@test "terminal: stdin at its end from the start, joining" {
	box_start minimal
	run timeout 10 "$CTRNET" --root "$RUN" exec -t "$ID" /bin/sh -c 'read -r line; echo "end: $line"' </dev/null
	assert_status 0
	[ "$(plain <<<"$output")" = 'end: ' ]
	box_stop
}

@test "terminal: a child that keeps it does not keep ctrnet" {
	words
	WORDS[6]=$SAMPLES/host-pid.json
	run timeout 10 "${WORDS[@]}" /bin/sh -c '(trap "" HUP; setsid sleep 30) & echo over; exit 3' </dev/null
	assert_status 3
	[ "$(plain <<<"$output")" = over ]
}

@test "terminal: one whose output nobody reads any more can be told to end" {
	local pid
	mkfifo "$T/full"
	exec 7<>"$T/full"
	dd if=/dev/zero bs=4096 count=1000 of="$T/full" oflag=nonblock 2>/dev/null || true
	"$CTRNET" --root "$RUN" exec -t --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID" -- /bin/echo hello >"$T/full" 3>&- 7>&- &
	pid=$!
	ended() { [ -d "$RUN/$ID" ] && [ -z "$(first_process "$pid")" ]; }
	wait_for 10 test -e "$RUN/$ID/state.json"
	wait_for 10 ended
	sleep 0.5
	kill -0 "$pid"
	kill -TERM "$pid"
	gone() { ! kill -0 "$pid" 2>/dev/null; }
	wait_for 5 gone || { kill -KILL "$pid"; return 1; }
	wait "$pid"
	exec 7>&-
}
