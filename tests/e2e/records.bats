#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# state.json and journal.json that are cut off, empty, of another version, of another container, or edited by hand: each is
# a clear line of each command; nothing is done on their word; and `delete --force` takes back what is the container's.

load lib
load refuse

# All commands that take one container that runs.
LIVE='state ps kill wait pause resume stats events oom update'

# A container of many kinds of things, whose ctrnet was killed. $GOOD is a copy of its records.
box_dead() {
	box_full
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 test ! -e "/proc/$BOX_PID"
}

# The rootfs lacks mountpoints; the links, the bridge and the cgroups are the container's.
box_full() {
	local file
	mkdir -p "$T/box"
	file=$T/box/container.json
	jq '.networks += [{type: "veth", name: "eth1", host_interface_name: "ctrp2p0",
			host_address: ["10.87.0.1/30"], address: "10.87.0.2/30"}]
		| .cgroups = {parent: "ctrnet/inner"} | .mounts += [{source: "tmpfs", destination: "/made/for/it", device: "tmpfs"}]' \
		"$SAMPLES/attach_to_bridge.json" >"$file"
	box_start "$file"
	GOOD=$T/good
	rm -rf "$GOOD"
	cp -a "$RUN/$ID" "$GOOD"
}

# What a container can leave on the host.
remains() {
	ip -o link | awk -F': ' '{ print $2 }'
	# shellcheck disable=SC2086 # a list
	find $CTRNET_TEST_CGROUPS -type d -name "*$ID*"
	find "$ROOT/made" "$T/box/state.json" /run/ctrnet-shared/*/* 2>/dev/null || true
}

put_back() {
	rm -rf "${RUN:?}/$ID"
	cp -a "$GOOD" "$RUN/$ID"
}

# broken_state LINE [COMMANDS]: state.json was made bad: what commands say. "T/run/ID/state.json: " is in front of it.
broken_state() {
	local line="T/run/ID/state.json: $1" command
	for command in ${2:-state pause}; do
		refused 1 "$command: $line" "$command" "$ID" || return
	done
	refused 255 "exec: $line" exec "$ID" /bin/true || return
	refused 1 "delete: $line" delete "$ID"
}

broken_journal() {
	refused 1 "delete: T/run/ID/journal.json: $1" delete "$ID" || return
	refused 255 "exec: what is left of an earlier container 'ID': T/run/ID/journal.json: $1" exec "$ID" /bin/true
}

# forced WARNING...: delete --force says these, and takes back all of it.
forced() {
	run --separate-stderr timeout 20 "$CTRNET" --root "$RUN" delete --force "$ID"
	[ "$status" = 0 ] || { echo "status $status: $stderr"; return 1; }
	[ "$(said)" = "$(printf 'ctrnet: warning: %s\n' "$@")" ] || { said; return 1; }
	[ ! -e "$RUN/$ID" ] || return 1
	[ "$(remains)" = lo ] || { remains; return 1; }
}

CHANGED='was changed by somebody else than ctrnet: its checksum is wrong'
BY_JOURNAL='going on from the journal alone'
BY_MARKS="going on from what is marked as the container's"
STATE='T/run/ID/state.json'
JOURNAL='T/run/ID/journal.json'

@test "records: a state.json and a journal.json that are empty" {
	box_dead
	: >"$RUN/$ID/state.json"
	broken_state 'is empty, expected a JSON value' "$LIVE"
	forced "$STATE: is empty, expected a JSON value; $BY_JOURNAL"
	box_dead
	: >"$RUN/$ID/journal.json"
	broken_journal 'is empty, expected a JSON value'
	forced "$JOURNAL: is empty, expected a JSON value; $BY_MARKS"
	box_dead
	: >"$RUN/$ID/state.json"
	: >"$RUN/$ID/journal.json"
	# Nobody knows any more where it was.
	rm "$T/box/state.json"
	forced "$STATE: is empty, expected a JSON value; $BY_JOURNAL" "$JOURNAL: is empty, expected a JSON value; $BY_MARKS"
}

@test "records: one that is gone altogether" {
	box_dead
	rm "$RUN/$ID/state.json"
	run -0 --separate-stderr ctrnet list --format json
	assert_json "$output" '.[0].status == "creating"'
	refused 255 "exec: container 'ID' does not exist: it died while it was made ('ctrnet delete ID' removes what is left)" \
		exec "$ID" /bin/true
	refused 1 "pause: container 'ID' is not running" pause "$ID"
	run -0 ctrnet delete "$ID"
	[ "$(remains)" = lo ]
}

@test "records: of another version, and without one" {
	local text
	box_dead
	text=$(cat "$GOOD/state.json")
	printf '%s\n' "${text/'"version": 1'/'"version": 2'}" >"$RUN/$ID/state.json"
	broken_state 'is of version 2, and this ctrnet knows version 1'
	jq 'del(.ctrnet)' "$GOOD/state.json" >"$RUN/$ID/state.json"
	broken_state "has no version, owner and checksum of ctrnet's"
	cp "$GOOD/state.json" "$RUN/$ID"
	text=$(cat "$GOOD/journal.json")
	printf '%s\n' "${text/'"version": 1'/'"version": 900'}" >"$RUN/$ID/journal.json"
	broken_journal 'is of version 900, and this ctrnet knows version 1'
	jq 'del(.ctrnet.version)' "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	broken_journal "has no version, owner and checksum of ctrnet's"
	jq '.ctrnet = 7' "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	refused 1 "delete: T/run/ID/journal.json:2:13: ctrnet: expected an object, found the number 7" delete "$ID"
	# A later one may have steps that we know nothing of.
	sealed "$ID" '.steps += [{type: "no.such", args: {}}]' "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	run --separate-stderr -1 ctrnet delete "$ID"
	[[ $(said) == "ctrnet: delete: T/run/ID/journal.json:1:"*": this build does not know steps of type 'no.such'" ]]
	[ "${#stderr_lines[@]}" = 1 ]
	put_back
	run -0 ctrnet delete "$ID"
	[ "$(remains)" = lo ]
}

@test "records: of another container" {
	local id=$ID
	box_dead
	cp -a "$RUN/$ID" "$RUN/$ID-other"
	ID=$id-other
	broken_state "is of '$id', not of 'ID'"
	run --separate-stderr -0 ctrnet delete --force "$ID"
	[ "$(said)" = "ctrnet: warning: $STATE: is of '$id', not of 'ID'; $BY_JOURNAL
ctrnet: warning: $JOURNAL: is of '$id', not of 'ID'; $BY_MARKS" ]
	# The other one's things are untouched.
	ID=$id
	[ "$(remains | grep -cx ctrbr0)" = 1 ]
	ctrnet delete "$ID"
	[ "$(remains)" = lo ]
}

@test "records: edited by hand: no command acts on it" {
	local edit
	box_dead
	for edit in '.init.pid = -1' '.init.pid = "x"' '.init.pid = 1' ".init.pid = $$" '.supervisor.pid = 0' '.id = "other"' \
		'.cgroup.dirs[0].path = "/sys/fs/cgroup"' '.config.rootfs = "/"' '.config = {}' '.owner = -7' '.netns = 1' \
		'.bundle = "/etc"' '.' 'del(.config)' '.kept = true'; do
		jq "$edit" "$GOOD/state.json" >"$RUN/$ID/state.json"
		run --separate-stderr -1 ctrnet kill "$ID" 0
		[ "$(said)" = "ctrnet: kill: $STATE: $CHANGED" ] || { echo "$edit: $stderr"; return 1; }
	done
	# A space is enough.
	cp "$GOOD/state.json" "$RUN/$ID"
	echo >>"$RUN/$ID/state.json"
	broken_state "$CHANGED"
	forced "$STATE: $CHANGED; $BY_JOURNAL"
}

# What is somebody else's: a cgroup with a process, an empty one, a link, an address, a file, an empty directory.
strangers() {
	local dir
	dir=$(cgroup_of memory || cgroup_of '')
	STRANGERS=$T/strangers
	dir=${dir%/ctrnet/inner/*}
	mkdir -p "$dir/mine-$ID/empty" "$STRANGERS/empty"
	sleep 1000 3>&- &
	STRANGER=$!
	echo "$STRANGER" >"$dir/mine-$ID/cgroup.procs"
	STRANGER_CGROUP=$dir/mine-$ID
	ip link add mine0 type bridge
	ip addr add 10.99.0.1/24 dev mine0
	ip link set mine0 up
	touch "$STRANGERS/file"
}

strangers_live() {
	kill -0 "$STRANGER" || return
	grep -qx "$STRANGER" "$STRANGER_CGROUP/cgroup.procs" || return
	[ -d "$STRANGER_CGROUP/empty" ] || return
	[ -d "$STRANGERS/empty" ] || return
	[ -e "$STRANGERS/file" ] || return
	[ ! -f "$STRANGER_CGROUP/freezer.state" ] || [ "$(cat "$STRANGER_CGROUP/freezer.state")" = THAWED ] || return
	ip -o addr show dev mine0 up | grep -q '10.99.0.1/24'
}

strangers_end() {
	kill "$STRANGER"
	wait "$STRANGER" || true
	rmdir "$STRANGER_CGROUP/empty"
	wait_for 5 rmdir "$STRANGER_CGROUP"
	ip link delete mine0
}

@test "records: edited by hand: delete --force touches nothing that is somebody else's" {
	local edit
	box_full
	strangers
	kill -KILL "$BOX"
	wait "$BOX" || true
	local edits=(
		'(.steps[] | select(.type == "cgroup.dir") | .args) |= (.paths = [$cg, $cg + "/empty"] | .parents = [$cg])'
		'.steps += [{type: "cgroup.dir", args: {lock: "/sys/fs/cgroup", paths: [$files + "/empty"], parents: [$cg + "/empty"]}}]'
		'.steps += [{type: "cgroup.freeze", args: {path: $cg, v2: false}}]'
		'.steps += [{type: "link.borrow", ns: "host", args: {ns: "host", name: "mine0", raised: true}}]'
		'.steps += [{type: "link.veth", args: {ns: "host", name: "mine0", alias: ""}}]'
		'.steps += [{type: "link.bridge", args: {ns: "host", name: "mine0"}}]'
		'.steps += [{type: "addr.add", args: {ns: "host", link: "mine0", address: "10.99.0.1/24"}}]'
		'.steps += [{type: "rootfs.mountpoint", args: {rootfs: $files, path: "/empty", kind: "directory"}}]'
		'.steps += [{type: "rootfs.mountpoint", args: {rootfs: $files, path: "/file", kind: "file"}}]'
		'.namespaces += [{key: "host", path: "/proc/1/ns/net"}]' '.steps = []'
	)
	jq "${edits[-1]}" "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	broken_journal "$CHANGED"
	for edit in "${edits[@]}"; do
		put_back
		jq --arg cg "$STRANGER_CGROUP" --arg files "$STRANGERS" "$edit" "$GOOD/journal.json" >"$RUN/$ID/journal.json"
		run --separate-stderr -0 ctrnet delete --force "$ID"
		[ "$(said)" = "ctrnet: warning: $JOURNAL: $CHANGED; $BY_MARKS" ] || { echo "$edit: $stderr"; return 1; }
		strangers_live || { echo "$edit"; return 1; }
	done
	strangers_end
	[ "$(remains)" = lo ]
}

# The kernel's own word is what counts: not an edit that says of a stranger that he is the container's.
@test "records: edited by hand, both of them, of one that runs" {
	local box
	box_full
	box=$BOX
	strangers
	jq --argjson pid "$STRANGER" --argjson start "$(awk '{ print $22 }' "/proc/$STRANGER/stat")" --arg cg "$STRANGER_CGROUP" \
		'.init = {pid: $pid, start_time: $start} | .cgroup.dirs[].path = $cg' "$GOOD/state.json" >"$RUN/$ID/state.json"
	jq '.steps = []' "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	broken_state "$CHANGED"
	strangers_live
	run --separate-stderr -0 ctrnet delete --force "$ID"
	[ "$(said)" = "ctrnet: warning: $STATE: $CHANGED; $BY_JOURNAL
ctrnet: warning: $JOURNAL: $CHANGED; $BY_MARKS" ]
	wait "$box" || [ $? = 137 ]
	[ ! -s "$T/box.err" ]
	[ ! -e "/proc/$BOX_PID" ]
	strangers_live
	strangers_end
	rm "$T/box/state.json"
	[ "$(remains)" = lo ]
}

# Without a pid namespace nothing but the cgroup tells which processes are the container's.
@test "records: delete --force of one that runs without a pid namespace, by its marks" {
	local box
	box_start host-pid
	box=$BOX
	ctrnet exec "$ID" /bin/sh -c 'setsid sleep 4771 </dev/null >/dev/null 2>&1 &'
	echo '{' >"$RUN/$ID/state.json"
	echo '{' >"$RUN/$ID/journal.json"
	run --separate-stderr -0 ctrnet delete --force "$ID"
	[ "${#stderr_lines[@]}" = 2 ]
	wait "$box" || [ $? = 137 ]
	no_process 'sleep 4771'
	[ ! -e "/proc/$BOX_PID" ]
}

@test "records: cut off at any byte" {
	local length name size
	box_dead
	for name in state journal; do
		size=$(stat -c %s "$GOOD/$name.json")
		for ((length = 1; length < size; length += 1 + size / 60)); do
			head -c "$length" "$GOOD/$name.json" >"$RUN/$ID/$name.json"
			! ctrnet delete "$ID" >"$T/said" 2>&1 || return 1
			grep -q "^ctrnet: delete: $RUN/$ID/$name.json:[0-9]*:[0-9]*: " "$T/said" || { cat "$T/said"; return 1; }
			[ "$(wc -l <"$T/said")" = 1 ]
		done
		cp "$GOOD/$name.json" "$RUN/$ID"
	done
	head -c 300 "$GOOD/journal.json" >"$RUN/$ID/journal.json"
	run -0 ctrnet delete --force "$ID"
	[ "$(remains)" = lo ]
}

@test "records: list goes on with the others" {
	local id=$ID
	box_start minimal
	mkdir "$RUN/a" "$RUN/z" "$RUN/m"
	: >"$RUN/a/state.json"
	jq '.init.pid = 1' "$RUN/$ID/state.json" >"$RUN/z/state.json"
	ln -s /dev/zero "$RUN/m/state.json"
	run -0 --separate-stderr ctrnet list --quiet
	[ "$output" = "$ID" ]
	[ "$(said)" = "ctrnet: warning: T/run/a/state.json: is empty, expected a JSON value
ctrnet: warning: T/run/m/state.json: not a regular file
ctrnet: warning: T/run/z/state.json: is of 'ID', not of 'z'" ]
	for ID in a m z; do ctrnet delete --force "$ID" 2>/dev/null; done
	ID=$id
	box_stop
}

@test "records: a file in place of a container's directory" {
	local FILE
	FILE=$(changed .)
	mkdir -p "$RUN"
	touch "$RUN/$ID"
	refused 1 'state: T/run/ID/state.json: Not a directory' state "$ID"
	refused 255 'exec: T/run/ID: Not a directory' exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
	rm "$RUN/$ID"
}
