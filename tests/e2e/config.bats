#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctrnet config`: what it prints is a config, and comes to the same as the one it was made of.

load lib
load refuse
load drafts

PREDECESSORS=${CTRNET_PREDECESSORS:-$BATS_TEST_DIRNAME/../../../shared/configs}

# What would be done, whatever the file is called. A rootfs is given, as most are not on this machine.
dry_run() {
	"$CTRNET" --root "$RUN" exec --config "$1" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/true 2>&1 | sed "s|$1|FILE|g"
}

# same FILE: printed, and printed again, it stays what it is; and so does what is done for it.
same() {
	local said printed=$T/printed.json
	"$CTRNET" --root "$RUN" config "$1" >"$printed" 2>"$T/err" || { echo "$1: $(cat "$T/err")"; return 1; }
	jq -e 'type == "object"' "$printed" >/dev/null
	"$CTRNET" --root "$RUN" config "$printed" >"$T/again.json"
	cmp "$printed" "$T/again.json"
	said=$(dry_run "$1")
	[ "$said" = "$(dry_run "$printed")" ] || { diff <(echo "$said") <(dry_run "$printed"); return 1; }
}

@test "config: samples are the same again" {
	local file
	for file in "$SAMPLES"/*.json; do same "$file"; done
}

@test "config: the predecessors' files are the same again" {
	[ -d "$PREDECESSORS" ] || skip 'no CTRNET_PREDECESSORS'
	local file
	# Its maps, and labels where the kernel has none for them, are for other tests.
	for file in "$PREDECESSORS"/*.json; do same "$file"; done
}

@test "config: drafts are the same again" {
	local name
	for name in $DRAFTS; do same "$(draft $name)"; done
}

@test "config: the process of a draft is in what is printed" {
	"$CTRNET" config "$(draft D2)" >"$T/printed.json"
	assert_json "$(<"$T/printed.json")" '.process == {args: ["/bin/sh", "-c", "echo args; id -G"], env: ["PATH=/bin", "A=b c"],
		user: "5:6", cwd: "/tmp"}'
	run "$CTRNET" --root "$RUN" exec --config "$T/printed.json" --id "$ID"
	assert_output $'args\n6 7'
}

@test "config: --keys lists those of the formats, or of the one that FILE is in" {
	local name
	run ctrnet config --keys
	assert_status 0
	[ "$(grep -c '^# ' <<<"$output")" = 10 ]
	# What makes a file one of another format is no key of this one.
	echo "$output" >"$T/keys"
	[ "$(awk '/^#/ { on = /February 2015)$/ && !/to/ } on' "$T/keys" | grep -c '^networks\[\].context')" = 0 ]
	[ "$(awk '/^#/ { on = /February and March 2014/ } on' "$T/keys" | grep -c '^capabilities_mask')" = 1 ]
	for name in "D0:# first runc draft (June 2015)" "D3:# runc 0.0.5 (November 2015)"; do
		run ctrnet config --keys "$(draft "${name%%:*}")"
		assert_status 0
		[ "${lines[0]}" = "${name#*:}" ]
		[ "$(grep -c '^#' <<<"$output")" = 1 ]
		[[ $output == *$'\nhostname\tstring'* ]]
	done
	run ctrnet config --keys "$SAMPLES/minimal.json"
	[ "${lines[0]}" = '# libcontainer (mid-2015)' ]
	refused 1 'config: T/none.json: No such file or directory' config --keys "$T/none.json"
}

# told TYPE KEY: the lines about a key in what help tells of a type of networks.
told() {
	ctrnet help networks "$1" | awk -v key="$2" '/^  [^ ]/ { on = $1 == key || $1 == key "," } on'
}

@test "help: types of networks, and the keys of each, as the decoder has them" {
	local type known
	echo '{"networks": [{"type": "?"}]}' >"$T/unknown.json"
	known=$(ctrnet config "$T/unknown.json" 2>&1 | sed -n 's/.*known are //; s/,//gp')
	[ "$(ctrnet help networks | sed -n 's/^  \([a-z-]*\)  *[A-Z].*/\1/p' | xargs)" = "$known" ]
	for type in $known; do
		run ctrnet help networks "$type"
		assert_status 0
		[ "${lines[0]}" = "Networks of type $type" ]
		[[ $output == *$'\nExample, in "networks":\n  { "type": "'"$type"'"'* ]]
		! grep -qn '`' <<<"$output"
		[ "$(awk 'length > 100 && !/^  \{/' <<<"$output")" = '' ]
	done
	[ "$(told vlan id)" = $'  id\n      Integer, 1 to 4094; required.\n      The number of the VLAN, 1 to 4094; of a vxlan or geneve the network identifier, 1 to 16777215.' ]
	[ "$(told vlan parent | head -n 2)" = $'  parent, also link\n      String, at most 15 bytes.' ]
	[ "$(told macvlan mode | sed -n 2p)" = '      String, one of private, vepa, bridge, passthru, source; default: bridge; of an ipvlan l2.' ]
	[ "$(told vxlan mtu | sed -n 2p)" = '      Integer, 0 to 65535, in bytes; default: 0, as the kernel has it: of a link with a parent, the' ]
	[ "$(told veth parent)" = '' ]
	# Keys of a list's elements, where they are the type's own.
	[[ $(told veth context.bridge) == *'String, at most 15 bytes; required.'* ]]
	[ "$(told host name)" = '' ]
}

@test "config: February 2015: privatefs holds beside no_pivot_root" {
	jq -n '{root_fs: "/", restrict_sys: true, no_pivot_root: true, privatefs: true}' >"$T/flat.json"
	run ctrnet config "$T/flat.json"
	assert_status 0
	assert_json "$output" '.privatefs == true'
}

@test "config: without FILE it is the one of data_path, or the one here" {
	mkdir "$T/here" "$T/there"
	jq '.hostname = "here"' "$SAMPLES/minimal.json" >"$T/here/container.json"
	jq '.hostname = "there"' "$SAMPLES/minimal.json" >"$T/there/container.json"
	cd "$T/here"
	assert_json "$("$CTRNET" config)" '.hostname == "here" and .rootfs == $dir' --arg dir "$T/here"
	assert_json "$(data_path=$T/there "$CTRNET" config)" '.hostname == "there" and .rootfs == $dir' --arg dir "$T/there"
	assert_json "$(data_path=$T/there "$CTRNET" config container.json)" '.hostname == "here"'
	assert_json "$("$CTRNET" config "$T/there")" '.hostname == "there"'
	# The OCI's name comes first.
	cp "$(draft D1)" config.json
	assert_json "$("$CTRNET" config .)" '.hostname == "draft"'
	cd "$T"
	data_path='' refused 1 "config: expected a FILE, since there is no container.json here, or flags in its place (see 'ctrnet help config')" config
	refused 1 "config: expected one FILE (see 'ctrnet help config')" config a b
	refused 1 'config: /no/such: No such file or directory' config /no/such
	refused 1 "config: option --format: unknown value 'xml' (known: libcontainer, oci)" config --format xml /no/such
}

@test "config: help" {
	run "$CTRNET" config --help
	assert_status 0
	[[ $output == 'Usage: ctrnet config [OPTION...] [FILE]'*--format* ]]
}

# unsaid FILTER LINE: what is asked for cannot be said in an OCI's config.
unsaid() {
	local FILE
	FILE=$(changed ".rootfs = \"$ROOT\" | .process = {args: [\"sh\"]} | $1")
	refused 1 "config: FILE: $2" config --format oci "$FILE" || { echo "config: $(jq -c . "$FILE")"; return 1; }
}

# warned FILTER LINE: it is left out, and said so.
warned() {
	local FILE
	FILE=$(changed ".rootfs = \"$ROOT\" | .process = {args: [\"sh\"]} | $1")
	run --separate-stderr "$CTRNET" config --format oci "$FILE"
	assert_status 0
	jq -e .ociVersion <<<"$output" >/dev/null
	[ "$(said)" = "${2:+ctrnet: warning: $2}" ] || { echo "said: $stderr"; return 1; }
}

@test "config: what the OCI has no place for is said" {
	local numbers='an OCI config has numbers only, and which they are is known inside the container'
	warned . ''
	warned '.no_pivot_root = true' 'no_pivot_root: an OCI config cannot say this; runtimes have an option --no-pivot'
	warned '.parent_death_signal = 9' ''
	warned '.parent_death_signal = 15' 'parent_death_signal: 15 is left out: an OCI runtime does not wait for its container'
	warned 'del(.process)' "FILE: no command; 'sh' is put in its place"
	unsaid '.process.user = "daemon"' "process.user: 'daemon': $numbers"
	unsaid '.process.user = "5"' "process.user: '5': $numbers"
	unsaid '.process.user = "5:tty"' "process.user: '5:tty': $numbers"
	unsaid '.additional_groups = ["tty"]' "additional_groups: 'tty': $numbers"
	unsaid '.mounts += [{source: "/etc", destination: "/home", device: "bind", flags: 4096, premount_cmds: [{path: "/bin/true"}]}]' \
		'mounts[2]: premount_cmds: an OCI config cannot say this'
	unsaid '.mounts += [{source: "/etc", destination: "/home", device: "bind", flags: 4096, postmount_cmds: [{path: "/bin/true"}]}]' \
		'mounts[2]: postmount_cmds: an OCI config cannot say this'
	unsaid '.mounts += [{source: "/", destination: "/", device: "bind", flags: 4096}]' \
		"mounts[2]: '/': mounting into / is prohibited"
	local FILE
	FILE=$(changed .)
	refused 1 'config: FILE: rootfs: missing (or give --rootfs)' config --format oci "$FILE"
}

@test "config: networks are an annotation of the OCI's" {
	local text
	text=$("$CTRNET" config --format oci "$(changed ".rootfs = \"$ROOT\" | .process = {args: [\"sh\"]} |
		.routes = [{destination: \"10.1.0.0/16\", gateway: \"10.88.0.1\", interface_name: \"eth0\"}]")")
	text=$(jq -r '.annotations["org.ctrnet.networks"]' <<<"$text")
	assert_json "$text" '.networks[1] == {type: "veth", address: "10.88.0.2/24", gateway: "10.88.0.1", bridge: "ctrbr0",
		host_interface_name: "ctrveth0", bridge_address: ["10.88.0.1/24"]}'
	assert_json "$text" '.routes == [{destination: "10.1.0.0/16", gateway: "10.88.0.1", interface_name: "eth0"}]'
}

@test "config: each value of the OCI's" {
	local text
	text=$("$CTRNET" config --format oci "$(changed ".rootfs = \"$ROOT\""' |
		.process = {args: ["sh"], env: ["A=b"], user: "5:6", cwd: "/tmp", terminal: true} | .additional_groups = ["7", 8] |
		.cgroups = {parent: "/a/b", name: "c", allow_all_devices: true, denied_devices: [{type: 99, major: 1, minor: -1, permissions: "w"}],
			memory: 1000000, memory_reservation: 900000, memory_swap: 2000000, cpu_shares: 9, cpu_quota: 5000, cpu_period: 10000,
			cpuset_cpus: "0", cpuset_mems: "0", blkio_weight: 100, oom_kill_disable: true} |
		.rlimits = [{type: 7, soft: 1, hard: 2}] | .privatefs = true |
		.namespaces[0:0] = [{type: "NEWCGROUP"}] | .namespaces[4].path = "/proc/1/ns/pid"')" 2>&1)
	assert_json "$text" '.ociVersion == "1.0.2" and .root == {path: $dir} and .hostname == "box"' --arg dir "$ROOT"
	assert_json "$text" '.process | .user == {uid: 5, gid: 6, additionalGids: [7, 8]} and .cwd == "/tmp" and .terminal and .env == ["A=b"]
		and .rlimits == [{type: "RLIMIT_NOFILE", soft: 1, hard: 2}]
		and .capabilities.bounding == ["CAP_CHOWN", "CAP_KILL"] and .capabilities.inheritable == []'
	assert_json "$text" '.linux | .cgroupsPath == "/a/b/c" and .rootfsPropagation == "rprivate"
		and .namespaces == [{type: "cgroup"}, {type: "mount"}, {type: "uts"}, {type: "ipc"}, {type: "pid", path: "/proc/1/ns/pid"}, {type: "network"}]'
	assert_json "$text" '.linux.resources | .devices == [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, access: "w"}]
		and .memory == {limit: 1000000, reservation: 900000, swap: 2000000, disableOOMKiller: true}
		and .cpu == {shares: 9, quota: 5000, period: 10000, cpus: "0", mems: "0"} and .blockIO == {weight: 100}'
	assert_json "$text" '.mounts[0] == {destination: "/proc", type: "proc", source: "proc"}'
}

@test "config: limits that the OCI has no key for are files of v2 there" {
	local text
	text=$("$CTRNET" config --format oci "$(changed ".rootfs = \"$ROOT\""' |
		.cgroups = {memory_high: 5000000, memory_min: -1, cpu_weight: 55, unified: {"memory.oom.group": "1"}}')")
	assert_json "$text" '.linux.resources.unified ==
		{"memory.oom.group": "1", "memory.high": "5000000", "memory.min": "max", "cpu.weight": "55"}'
	assert_json "$text" '.linux.resources | (has("memory") or has("cpu")) | not'
}
