#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# premount_cmds and postmount_cmds: programs of the host's that a config has run around a mount.

load lib

# with_cmds WHEN COMMANDS [DIR]: print the path of a config that binds $T/src to /mnt with these.
with_cmds() {
	mkdir -p "$T/src"
	config minimal '.mounts += [{source: $src, destination: "/mnt", device: "bind", flags: 20480, ($when): '"$2"'}]' \
		--arg src "$T/src" --arg when "$1" --arg t "$T" --arg root "$ROOT" --arg dir "${3:-}"
}

# TestMountCmds of libcontainer, with its commands, which are found by PATH.
@test "mount commands: touch before and cp behind" {
	local file
	mkdir "$T/src"
	file=$(config minimal '.mounts += [{
		source: $src, destination: "/tmp", device: "bind", flags: 20480,
		premount_cmds: [
			{path: "touch", args: [$src + "/hello"]},
			{path: "touch", args: [$src + "/world"]}
		],
		postmount_cmds: [
			{path: "cp", args: [$root + "/tmp/hello", $root + "/tmp/hello-backup"]},
			{path: "cp", args: [$root + "/tmp/world", $root + "/tmp/world-backup"]}
		]}]' --arg src "$T/src" --arg root "$ROOT")
	run ctrnet_run "$file" ls /tmp
	assert_status 0
	assert_output $'hello\nhello-backup\nworld\nworld-backup'
	[ "$(ls "$T/src" | tr '\n' ' ')" = 'hello hello-backup world world-backup ' ]
	[ -z "$(ls -A "$ROOT/tmp")" ]
}

@test "mount commands: in order, before and behind their own mount" {
	local file note
	# What is mounted on /mnt and /media at the time, and what was said before.
	note='{path: "/bin/sh", args: ["-c", "awk \"{ print \\$5 }\" /proc/self/mountinfo | grep -e ^$0/mnt -e ^$0/media | sed s:^$0:'"' '"'$1: >>$2", $root, "WORD", $t + "/notes"]}'
	mkdir "$T/src"
	file=$(config minimal '.mounts += [
		{source: $src, destination: "/mnt", device: "bind", flags: 4096, premount_cmds: ['"${note/WORD/1}, ${note/WORD/2}"'],
			postmount_cmds: ['"${note/WORD/3}"']},
		{source: "x", destination: "/media", device: "tmpfs", premount_cmds: ['"${note/WORD/4}"'], postmount_cmds: ['"${note/WORD/5}"']}]' \
		--arg src "$T/src" --arg t "$T" --arg root "$ROOT")
	run ctrnet_run "$file" true
	assert_status 0
	run cat "$T/notes"
	assert_output $' 3/mnt\n 4/mnt\n 5/mnt\n 5/media'
}

@test "mount commands: as root of the host, in the container's namespaces, with its files" {
	local file kind
	file=$(with_cmds premount_cmds '[{path: "/bin/sh", args: ["-c", "
		exec >$0/facts
		pwd
		for kind in mnt pid net uts ipc; do readlink /proc/self/ns/$kind; done
		grep -E \"^(Uid|CapEff|NoNewPrivs|SigBlk|SigIgn)\" /proc/self/status
		readlink /proc/self/fd/0
		ls /proc/self/fd | wc -l
		cat $0/host-file", $t]}]')
	echo 'of the host' >"$T/host-file"
	exec {extra}</etc/passwd
	# shellcheck disable=SC2016 # the container's
	run ctrnet_run "$file" sh -c 'for kind in mnt pid net uts ipc; do readlink /proc/self/ns/$kind; done'
	exec {extra}<&-
	assert_status 0
	local there=$output
	mapfile -t facts <"$T/facts"
	[ "${facts[0]}" = "$ROOT" ]
	for kind in 1 2 3 4 5; do
		[ "${facts[kind]}" = "$(sed -n "${kind}p" <<<"$there")" ]
	done
	grep -q 'of the host' "$T/facts"
	grep -qP 'Uid:\t0\t0\t0\t0' "$T/facts"
	[ "$(awk '/^CapEff/ { print $2 }' "$T/facts")" = "$(awk '/^CapEff/ { print $2 }' /proc/self/status)" ]
	grep -qP 'SigBlk:\t0{16}' "$T/facts"
	grep -qP 'SigIgn:\t0{16}' "$T/facts"
	# 0, 1, 2, and what ls reads
	grep -qx 4 "$T/facts"
	grep -qx /dev/null "$T/facts"
}

@test "mount commands: arguments, environment and directory" {
	local file
	mkdir "$T/dir"
	file=$(with_cmds postmount_cmds '[
		{path: "/bin/sh", args: ["-c", "pwd >>$0; env | sort >>$0; echo \"$1|$2\" >>$0", $t + "/facts", "a b", ""], env: ["A=1 2", "B="], dir: ($t + "/dir")},
		{path: "sh", args: ["-c", "pwd >>$0; echo $CALLER >>$0", $t + "/facts"], dir: "bin"}]')
	CALLER=known run ctrnet_run "$file" true
	assert_status 0
	run cat "$T/facts"
	assert_output "$T/dir
A=1 2
B=
PWD=$T/dir
a b|
$ROOT/bin
known"
}

# In the rootfs everything is an earlier container's to have made.
@test "mount commands: a directory in the rootfs is looked up beneath it" {
	local file dir
	mkdir -p "$T/host" "$ROOT$T/host"
	ln -s "$T/host" "$ROOT/trap"
	ln -s "../../../../../../../../../..$T" "$ROOT/up"
	for dir in trap up/host "$ROOT/trap"; do
		file=$(with_cmds premount_cmds '[{path: "touch", args: ["made"], dir: $dir}]' "$dir")
		run ctrnet_run "$file" true
		assert_status 0
		[ -z "$(ls -A "$T/host")" ]
		rm "$ROOT$T/host/made"
	done
	ln -s /proc/self/fd/3/ "$ROOT/magic"
	for dir in magic ../rootfs/bin; do
		file=$(with_cmds premount_cmds '[{path: "touch", args: ["made"], dir: $dir}]' "$dir")
		run -255 ctrnet_run "$file" true
		[[ $output == *'premount_cmds[0] (touch): cannot change to the directory'* ]]
	done
	find "$ROOT" -name made | run ! grep .
	rm -r "$ROOT"
	cp -a "$ROOTFS" "$ROOT"
}

@test "mount commands: one that fails fails the start, and its words are passed on" {
	local file what line
	for what in premount_cmds postmount_cmds; do
		file=$(with_cmds $what '[{path: "/bin/true"}, {path: "/bin/sh", args: ["-c", "echo out; echo why >&2; exit 3"]}, {path: "/bin/touch", args: [$t + "/later"]}]')
		run --separate-stderr ctrnet_run "$file" echo started
		[ "$status" = 255 ]
		[ -z "$output" ]
		line="ctrnet: exec: mounts[$(jq '.mounts | length - 1' "$file")].${what}[1] (/bin/sh): exited with status 3"
		[ "$stderr" = $'out\nwhy\n'"$line" ] || { echo "$stderr"; return 1; }
		[ ! -e "$T/later" ]
	done
}

@test "mount commands: what they leave running goes with the container" {
	local file
	# A static program, which both roots have: the root may change before it is executed, or before it has its libraries.
	file=$(with_cmds premount_cmds '[{path: "/bin/sh", args: ["-c", "/bin/busybox sleep 4331 &"]}]')
	box_start "$file"
	wait_for 5 pgrep -fx '/bin/busybox sleep 4331'
	box_stop
	wait_for 2 sh -c "! pgrep -fx '/bin/busybox sleep 4331'"
}

@test "mount commands: they may make what is to be mounted" {
	local file
	file=$(config minimal '.mounts += [
		{source: ($t + "/made"), destination: "/mnt", device: "bind", flags: 4096, premount_cmds: [
			{path: "mkdir", args: [$t + "/made"]}, {path: "touch", args: [$t + "/made/x"]}, {path: "mkdir", args: [$t + "/next"]}]},
		{source: ($t + "/next"), destination: "/srv/next", device: "bind", flags: 4096}]' --arg t "$T")
	run ctrnet_run "$file" sh -c 'ls /mnt; grep -c " /srv/next " /proc/self/mountinfo'
	assert_status 0
	assert_output $'x\n1'
	# Without them it is missing.
	rmdir "$T/next"
	rm -r "$T/made"
	file=$(config "$file" 'del(.mounts[].premount_cmds)')
	run ctrnet_run "$file" true
	assert_status 255
	[[ $output == *"source '$T/made': No such file or directory" ]]
}

@test "mount commands: one that hangs is ended by a signal to ctrnet" {
	local file pid signal
	file=$(with_cmds premount_cmds '[{path: "/bin/sleep", args: ["4333"]}]')
	for signal in TERM INT HUP; do
		"$CTRNET" --root "$RUN" exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true 2>"$T/err" 3>&- &
		pid=$!
		wait_for 5 pgrep -fx '/bin/sleep 4333'
		# Not of those that end a program.
		kill -WINCH "$pid"
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		assert_status 255
		[ "$(cat "$T/err")" = "ctrnet: exec: interrupted by signal $(kill -l "$signal") at the commands of its mounts" ]
		! pgrep -fx '/bin/sleep 4333'
		[ -z "$(ls "$RUN")" ]
	done
}

@test "mount commands: a kill of ctrnet takes a running one along" {
	local file pid
	file=$(with_cmds premount_cmds '[{path: "/bin/sleep", args: ["4332"]}]')
	"$CTRNET" --root "$RUN" exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true 3>&- &
	pid=$!
	wait_for 5 pgrep -fx '/bin/sleep 4332'
	kill -KILL "$pid"
	wait "$pid" || true
	wait_for 5 sh -c "! pgrep -fx '/bin/sleep 4332'"
	ctrnet delete "$ID"
}

@test "mount commands: in a user namespace as the one who is root there" {
	local file
	mkdir "$T/open"
	chmod 777 "$T/open"
	chmod 711 "$T"
	file=$(with_cmds premount_cmds '[{path: "/bin/sh", args: ["-c", "id -u >$0/facts; cat /proc/self/uid_map >>$0/facts", $t + "/open"]}]')
	file=$(config "$file" '.namespaces += [{type: "NEWUSER"}] | .uid_mappings = [{container_id: 0, host_id: 100000, size: 1000}] | .gid_mappings = .uid_mappings')
	run ctrnet_run "$file" true
	assert_status 0
	[ "$(stat -c %u "$T/open/facts")" = 100000 ]
	[ "$(tr -s ' \n' ' ' <"$T/open/facts")" = '0 0 100000 1000 ' ]
}

@test "mount commands: not of a dry run, which shows them, nor of a join" {
	local file at
	file=$(with_cmds premount_cmds '[{path: "/bin/touch", args: [$t + "/a b"]}, {path: "touch", args: ["x"], env: ["A=1 2"], dir: "/usr"}]')
	run ctrnet_run "$file" --dry-run -- true
	assert_status 0
	[ ! -e "$T/a b" ]
	at=$(grep -nF "(cd $ROOT && /bin/touch '$T/a b')   # premount_cmds, as root of the host" <<<"$output" | cut -d : -f 1)
	[ "$(sed -n "$((at + 1))p" <<<"$output")" = "(cd /usr && env -i 'A=1 2' touch x)   # premount_cmds, as root of the host" ]
	[[ $(sed -n "$((at + 2))p" <<<"$output") == "mount --rbind $T/src $ROOT/mnt" ]]

	file=$(with_cmds postmount_cmds '[{path: "/bin/sh", args: ["-c", "echo once >>$0/times", $t]}]')
	box_start "$file"
	run ctrnet exec --id "$ID" true
	assert_status 0
	box_stop
	[ "$(cat "$T/times")" = once ]
}
