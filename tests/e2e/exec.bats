#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ctrnet exec: the command, its surroundings, its end.

load lib

@test "exec: the exit status is the command's" {
	for want in 0 1 7 125 254; do
		run ctrnet_run minimal -- /bin/sh -c "exit $want"
		assert_status "$want"
	done
}

@test "exec: arguments arrive as they are" {
	run ctrnet_run minimal -- /bin/sh -c 'for a; do printf "<%s>" "$a"; done' - 'a  b' '' '$HOME' '*' '--help' $'x\ny'
	assert_status 0
	assert_output $'<a  b><><$HOME><*><--help><x\ny>'
}

@test "exec: without words on the command line, the config's are run" {
	local config
	config=$(config minimal '.process = {args: ["/bin/sh", "-c", "echo $0 $1", "of", "config"]}')
	run ctrnet_run "$config"
	assert_status 0
	assert_output 'of config'
	run ctrnet_run "$config" -- echo of mine
	assert_output 'of mine'
}

@test "exec: options behind the command are the command's" {
	run ctrnet_run minimal echo --config -e
	assert_output '--config -e'
}

@test "exec: a command without a slash is looked up in the container's PATH" {
	printf '#!/bin/sh\necho found it\n' >"$ROOT/usr/bin/only-here"
	chmod 755 "$ROOT/usr/bin/only-here"
	run ctrnet_run minimal only-here
	assert_status 0
	assert_output 'found it'
	run -255 ctrnet_run minimal --env PATH=/sbin only-here
	rm "$ROOT/usr/bin/only-here"
}

@test "exec: a command that is missing is 255 and one line that names it" {
	run -255 --separate-stderr ctrnet_run minimal -- /no/such/command
	assert_output ''
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == ctrnet:*'/no/such/command'*'No such file or directory'* ]]
}

@test "exec: the environment is the container's own" {
	FROM_HOST=1 run ctrnet_run minimal --env A=1 -e B= -e 'C=x=y z' --env A=2 -- /bin/busybox env
	assert_status 0
	[[ $output != *FROM_HOST* ]]
	[[ $'\n'$output$'\n' == *$'\nA=2\n'* ]]
	[[ $'\n'$output$'\n' != *$'\nA=1\n'* ]]
	[[ $'\n'$output$'\n' == *$'\nB=\n'* ]]
	[[ $'\n'$output$'\n' == *$'\nC=x=y z\n'* ]]
	[[ $'\n'$output$'\n' == *$'\nHOME=/root\n'* ]]
	[[ $'\n'$output$'\n' == *$'\nPATH=/'* ]]
}

@test "exec: --cwd" {
	run ctrnet_run minimal --cwd /tmp -- /bin/pwd
	assert_output /tmp
	run ctrnet_run minimal -- /bin/pwd
	assert_output /
	run -255 ctrnet_run minimal --cwd /nowhere -- /bin/pwd
	[[ $output == *'/nowhere'* ]]
}

@test "exec: --user by name, with groups and home from the container's files" {
	run ctrnet_run minimal --user alice -- /bin/sh -c 'id -u; id -g; id -G | tr " " "\n" | sort -n | tr "\n" " "; echo; echo $HOME'
	assert_status 0
	assert_output $'1000\n1000\n29 46 1000 \n/home/alice'
}

@test "exec: --user by number, of nobody known and with a group" {
	run ctrnet_run minimal -u 4242:17 -- /bin/sh -c 'id -u; id -g; id -G'
	assert_status 0
	assert_output $'4242\n17\n17'
	run ctrnet_run minimal -u alice:audio -- /bin/sh -c 'id -u; id -g; id -G'
	assert_output $'1000\n29\n29'
}

@test "exec: another user has no capabilities to use" {
	run ctrnet_run minimal -u alice -- /bin/sh -c 'grep -E "^Cap(Eff|Prm|Amb)" /proc/self/status | sort -u'
	assert_status 0
	[ "$(grep -c 0000000000000000 <<<"$output")" = 3 ]
}

@test "exec: death by a signal is 128 + its number" {
	# Without a pid namespace the shell is not pid 1, so it can kill itself.
	run ctrnet_run host-pid -- /bin/sh -c 'kill -KILL $$'
	assert_status 137
	run ctrnet_run host-pid -- /bin/sh -c 'kill -TERM $$'
	assert_status 143
}

@test "exec: pid 1 killed from outside is 137" {
	box_start minimal
	local pid=$BOX status=0
	kill -KILL "$BOX_PID"
	wait "$pid" || status=$?
	[ "$status" = 137 ]
}

@test "exec: signals to ctrnet reach the command" {
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID" \
		-- /bin/sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.05; done' 3>&-; }
	local pid=$BOX_IO_PID status=0
	read -r -t 10 -u "${BOX_IO[0]}" _
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" = 42 ]
}

@test "exec: stdin, stdout and stderr are ours" {
	run --separate-stderr bash -c 'head -c 1000000 /dev/zero | "$@"' - \
		"$CTRNET" --root "$RUN" exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID" \
		-- /bin/sh -c 'wc -c; echo problem >&2'
	assert_status 0
	assert_output 1000000
	[ "$stderr" = problem ]
}

@test "exec: no descriptor of ctrnet's or ours gets into the container" {
	exec 7</dev/null
	run ctrnet_run minimal -- /bin/sh -c 'ls /proc/$$/fd; :'
	exec 7<&-
	assert_status 0
	assert_output $'0\n1\n2'
}

@test "exec: the command is pid 1 and sees nobody else" {
	run ctrnet_run minimal -- /bin/sh -c 'echo $$ /proc/[0-9]*'
	assert_status 0
	assert_output '1 /proc/1'
}

@test "exec: the hostname is the container's" {
	local before
	before=$(uname -n)
	run ctrnet_run minimal -- /bin/hostname
	assert_output minimal
	[ "$(uname -n)" = "$before" ]
}

@test "exec: the root of the host cannot be seen" {
	run ctrnet_run minimal -- /bin/sh -c 'ls -d /work /lib /boot /old_root /.pivot* 2>/dev/null; ls / | tr "\n" " "'
	assert_output "$(ls "$ROOT" | tr '\n' ' ')"
}

@test "exec: a tty without a terminal on stdin is a pty of the container's" {
	run ctrnet_run minimal --tty -- /bin/sh -c 'test -t 0 && test -t 1 && test -t 2 && tty' </dev/null
	assert_status 0
	[[ $output == /dev/console* || $output == /dev/pts/* ]]
}

# bats test_tags=vm
@test "exec: an id of a living container joins it" {
	box_start minimal
	run ctrnet exec "$ID" /bin/sh -c 'hostname; test -d /proc/1; for n in ipc mnt net pid uts; do readlink /proc/self/ns/$n; done'
	assert_status 0
	local want='minimal' n
	for n in ipc mnt net pid uts; do want+=$'\n'$(readlink "/proc/$BOX_PID/ns/$n"); done
	assert_output "$want"
	box_stop
}

@test "exec: an unknown id is an error" {
	run -255 ctrnet exec nobody-is-called-this /bin/true
	[[ $output == *nobody-is-called-this* ]]
}

@test "exec: in a directory with a container.json, that is the container" {
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	cd "$ROOT"
	run ctrnet exec /bin/hostname
	assert_status 0
	assert_output minimal
	cd /
	data_path=$ROOT run ctrnet exec /bin/hostname
	assert_status 0
	assert_output minimal
	rm "$ROOT/container.json"
}

@test "exec: a dry run does nothing" {
	run ctrnet_run dual_stack --dry-run -- /bin/sh -c 'exit 3'
	assert_status 0
	[[ $output == *ctrbr1* ]]
}

@test "exec: a container may end while a child of its command runs" {
	run ctrnet_run minimal -- /bin/sh -c 'sleep 100 & exit 4'
	assert_status 4
}

@test "exec: without a pid namespace, what the command started ends too" {
	run ctrnet_run host-pid -- /bin/sh -c 'sleep 100 >/dev/null & exit 4'
	assert_status 4
}

# bats test_tags=vm
@test "exec: 20 at once, of one config" {
	local i pids=()
	for i in $(seq 20); do
		ctrnet exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID-$i" -- /bin/sh -c "exit $i" 3>&- &
		pids+=($!)
	done
	for i in $(seq 20); do
		local status=0
		wait "${pids[i - 1]}" || status=$?
		[ "$status" = "$i" ]
	done
}
