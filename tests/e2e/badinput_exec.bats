#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Words and options that make no sense, containers that are not there, state that is broken.

load lib
load refuse

# Set FILE, the config that exec_refused takes.
prepare() {
	FILE=$(changed .)
}

# exec_refused LINE ARG...: exec of the good config with these further words.
exec_refused() {
	local line=$1
	shift
	refused 255 "exec: $line" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" "$@"
}

@test "bad command" {
	prepare
	exec_refused "expected a command (see 'ctrnet help exec')"
	exec_refused "'': executable file not found in \$PATH" ''
	exec_refused "'no-such': executable file not found in \$PATH" no-such
	exec_refused "'busybox': executable file not found in \$PATH" -e PATH=/tmp -- busybox
	exec_refused "cannot execute '/no/such': No such file or directory" /no/such
	exec_refused "cannot execute '/etc': Is a directory" /etc
	exec_refused "cannot execute '/etc/passwd': Permission denied" /etc/passwd
	exec_refused "cannot execute '/etc/passwd/x': Not a directory" /etc/passwd/x
}

@test "bad command: programs that are none" {
	prepare
	echo x | install -m 644 /dev/stdin "$ROOT/bin/plain"
	: | install -m 755 /dev/stdin "$ROOT/bin/empty"
	echo '#!/no/such/shell' | install -m 755 /dev/stdin "$ROOT/bin/script"
	exec_refused "cannot execute 'plain': Permission denied" plain
	exec_refused "cannot execute '/bin/empty': Exec format error" empty
	exec_refused "cannot execute '/bin/script': No such file or directory (it is there, its interpreter or loader is not)" script
	rm "$ROOT/bin/plain" "$ROOT/bin/empty" "$ROOT/bin/script"
}

@test "bad user" {
	prepare
	exec_refused "unable to find user 'nobody' in the container's /etc/passwd" -u nobody /bin/true
	exec_refused "unable to find group 'flies' in the container's /etc/group" -u alice:flies /bin/true
	for number in -1 2147483648 4294967295 99999999999999999999; do
		exec_refused "'$number': uids and gids must be in range 0-2147483647" "--user=$number" /bin/true
		exec_refused "'$number': uids and gids must be in range 0-2147483647" "--user=0:$number" /bin/true
	done
}

@test "bad directory, bad environment" {
	prepare
	exec_refused "--cwd: 'tmp' is not an absolute path" --cwd tmp /bin/true
	exec_refused "--cwd: '' is not an absolute path" --cwd '' /bin/true
	exec_refused "cannot change to the directory '/nowhere': No such file or directory" --cwd /nowhere /bin/true
	exec_refused "cannot change to the directory '/etc/passwd': Not a directory" --cwd /etc/passwd /bin/true
	for word in FOO =x ''; do
		exec_refused "invalid environment '$word': expected NAME=VALUE" -e "$word" /bin/true
	done
}

@test "bad options" {
	prepare
	exec_refused 'unknown option --confg; did you mean --config?' --confg x
	exec_refused 'unknown option --xyzzy' --xyzzy
	exec_refused 'unknown option -x' -x
	exec_refused 'option --env needs an argument (K=V)' -e
	exec_refused 'option --tty takes no argument' --tty=yes
	refused 255 "exec: expected --config FILE, or the ID of a container (see 'ctrnet help exec')" exec
	refused 255 'exec: --dry-run: needs a config, or flags in its place' exec --dry-run "$ID" /bin/true
	refused 1 'unknown option --xyzzy' --xyzzy exec
	refused 1 "option --log-format: unknown value 'xml' (known: text, json)" --log-format xml list
	refused 1 "unknown command 'start' (see 'ctrnet help')" start
	refused 1 "unknown command '' (see 'ctrnet help')" ''
	refused 1 "unknown command 'start' (see 'ctrnet help')" help start
	refused 1 "help: expected one COMMAND (see 'ctrnet help help')" help exec list
	refused 1 "help: expected no more than a topic and a TYPE (see 'ctrnet help help')" help networks veth lo
	refused 1 "help: unknown type of networks 'macvaln'; did you mean 'macvlan'? (see 'ctrnet help networks')" help networks macvaln
	refused 1 "help: unknown type of networks 'xyzzy' (see 'ctrnet help networks')" help networks xyzzy
	refused 1 "state: expected an ID, or a directory with a container.json (see 'ctrnet help state')" state
	refused 1 "state: expected one ID (see 'ctrnet help state')" state a b
	refused 1 "delete: expected an ID, or a directory with a container.json (see 'ctrnet help delete')" delete
	refused 1 "list: takes no arguments (see 'ctrnet help list')" list x
	refused 1 "list: option --format: unknown value 'yaml' (known: table, json)" list --format yaml
	refused 1 'log file /no/such/log: No such file or directory' --log /no/such/log list
}

@test "bad --root" {
	prepare
	refused 1 '--root: empty' --root '' list
	refused 1 'list: /etc/passwd: Not a directory' --root /etc/passwd list
	refused 1 'state: /etc/passwd/x/state.json: Not a directory' --root /etc/passwd state x
	refused 255 'exec: /etc/passwd/ID: Not a directory' --root /etc/passwd exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	# The kernel says of a mkdir there that it does not exist, each time.
	refused 255 'exec: /proc/x: No such file or directory' --root /proc/x exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
}

@test "bad id" {
	local id
	prepare
	bad_id() {
		refused 255 "exec: $2" exec --config "$FILE" --rootfs "$ROOT" --id "$1" /bin/true
		refused 255 "exec: $2" exec -- "$1" /bin/true
		refused 1 "state: $2" state -- "$1"
		refused 1 "delete: $2" delete -- "$1"
	}
	bad_id '' "invalid id '': must be 1 to 200 characters"
	bad_id "$(printf 'x%.0s' {1..201})" "invalid id '$(printf 'x%.0s' {1..40})...': must be 1 to 200 characters"
	for id in . .. ../x .hidden; do
		bad_id "$id" "invalid id '$id': must not start with a dot"
	done
	for id in a/b a/../b 'a b' a:b é; do
		bad_id "$id" "invalid id '$id': only [A-Za-z0-9_+.-] are allowed"
	done
	bad_id $'a\nb' "invalid id 'a?b': only [A-Za-z0-9_+.-] are allowed"
}

@test "a container that does not exist" {
	refused 255 "exec: container 'nobody' does not exist" exec nobody /bin/true
	refused 255 "exec: container 'nobody' does not exist" exec --id nobody /bin/true
	refused 1 "state: container 'nobody' does not exist" state nobody
	refused 1 "delete: container 'nobody' does not exist" delete nobody
	run -0 ctrnet delete --force nobody
	[ -z "$output" ]
}

@test "a container that runs" {
	box_start "$(changed .)"
	refused 1 "delete: container 'ID' is running (pid $BOX_PID); delete --force kills it" delete "$ID"
	refused 255 "exec: cannot execute '/no/such': No such file or directory" exec "$ID" /no/such
	refused 255 "exec: unable to find user 'nobody' in the container's /etc/passwd" exec -u nobody "$ID" /bin/true
	refused 255 "exec: cannot change to the directory '/nowhere': No such file or directory" exec --cwd /nowhere "$ID" /bin/true
	box_stop
}

# The pid of a state is nobody's, a stranger's, or a zombie's: no command gets into it, but a new container is made.
@test "the first process of a stored container is dead, or somebody else" {
	local edit state here
	box_start "$(changed 'del(.networks)')"
	state=$T/state.json
	cp "$RUN/$ID/state.json" "$state"
	box_stop
	here=$(readlink /proc/self/ns/uts)
	for edit in . '.init.pid = 99999999' ".init.pid = $$" '.init.pid = -1' '.init.pid = 1'; do
		mkdir -p "$RUN/$ID"
		sealed "$ID" "$edit" "$state" >"$RUN/$ID/state.json"
		run -0 ctrnet exec "$ID" /bin/sh -c 'echo $$ $(hostname); readlink /proc/self/ns/uts'
		[ "${lines[0]}" = '1 box' ] && [ "${lines[1]}" != "$here" ] || { echo "$edit: $output"; return 1; }
		[ -z "$(list_run)" ]
	done
}

# With ctrnet stopped nobody waits for the container's first process.
@test "the first process of a stored container is a zombie" {
	box_start "$(changed 'del(.networks)')"
	local pid=$BOX status=0
	kill -STOP "$BOX"
	kill -KILL "$BOX_PID"
	wait_for 5 grep -q '^State:.Z' "/proc/$BOX_PID/status"
	run -0 ctrnet exec "$ID" /bin/sh -c 'echo $$ $(hostname)'
	assert_output '1 box'
	kill -CONT "$BOX"
	wait "$pid" || status=$?
	[ "$status" = 137 ]
	[ -z "$(list_run)" ]
}

# In a directory that anybody may enter, unlike the test's own.
@test "without root" {
	local dir
	dir=$(mktemp -d /tmp/ctrnet-XXXXXX)
	chmod 755 "$dir"
	cp "$CTRNET" "$dir/ctrnet"
	cp "$(changed .)" "$dir/c.json"
	chmod 644 "$dir/c.json"
	run --separate-stderr setpriv --reuid 1000 --regid 1000 --clear-groups \
		"$dir/ctrnet" exec --config "$dir/c.json" --rootfs "$dir" --id "$ID" /bin/true
	rm -r "$dir"
	assert_status 255
	[ -z "$output" ]
	[ "$stderr" = 'ctrnet: exec: must be run as root (--dry-run need not)' ]
}

@test "a stdout that is full" {
	local args
	prepare
	for args in version list 'help exec'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr bash -c '"$@" >/dev/full' - "$CTRNET" --root "$RUN" $args
		assert_status 1
		[ "$stderr" = 'ctrnet: cannot write to stdout: No space left on device' ]
	done
	run --separate-stderr bash -c '"$@" >/dev/full' - "$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" --dry-run x
	assert_status 255
	[ "$stderr" = 'ctrnet: cannot write to stdout: No space left on device' ]
}
