# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the tests of bad input share: a small config of their own, so that indexes in messages stay
# what they are, and helpers that state the one line that the user reads.
#
# In that line FILE stands for the config's path, FILE:L:C for a place in it (the tests of JSON say
# which), T for the test's directory and ID for the container's id.

BASE='{
	"hostname": "box",
	"namespaces": [
		{"type": "NEWNS"}, {"type": "NEWUTS"}, {"type": "NEWIPC"}, {"type": "NEWPID"}, {"type": "NEWNET"}
	],
	"capabilities": ["CHOWN", "KILL"],
	"mounts": [
		{"source": "proc", "destination": "/proc", "device": "proc"},
		{"source": "tmpfs", "destination": "/dev", "device": "tmpfs"}
	],
	"networks": [
		{"type": "loopback"},
		{
			"type": "veth",
			"bridge": "ctrbr0",
			"bridge_address": "10.88.0.1/24",
			"host_interface_name": "ctrveth0",
			"address": "10.88.0.2/24",
			"gateway": "10.88.0.1"
		}
	]
}'

# changed FILTER [JQ-ARGS...]: print the path of a copy of BASE, changed by a jq filter.
changed() {
	local filter=$1 out
	shift
	out=$(mktemp "$T/config-XXXXXX.json")
	jq "$@" "$filter" <<<"$BASE" >"$out"
	echo "$out"
}

list_run() {
	find "$RUN" -mindepth 1 2>/dev/null | sort
}

# What ctrnet said, with names that differ from run to run replaced. $FILE: the config, if any.
said() {
	local text=$stderr
	text=${text//"${FILE:-/no/file}"/FILE}
	text=$(sed -E 's/FILE:[0-9]+:[0-9]+:/FILE:L:C:/' <<<"$text")
	text=${text//"$T"/T}
	echo "${text//"$ID"/ID}"
}

# refused STATUS LINE ARG...: ctrnet ARG... ends with that status, has said just "ctrnet: LINE" on stderr and
# nothing on stdout, and has left no file behind.
refused() {
	local want=$1 line="ctrnet: $2" before after text
	shift 2
	before=$(list_run)
	run --separate-stderr timeout 20 "$CTRNET" --root "$RUN" "$@"
	after=$(list_run)
	text=$(said)
	[ "$status" = "$want" ] && [ -z "$output" ] && [ "$text" = "$line" ] && [ "$before" = "$after" ] && return
	printf '%s\n' "ctrnet $*" "expected: $want $line" "got:      $status $text" "stdout: $output" "left: $after"
	return 1
}

# refuses FILTER LINE [EXEC-OPTION...]: the changed config is no good; LINE is what comes behind "ctrnet: exec: ".
refuses() {
	local FILE line=$2
	FILE=$(changed "$1")
	shift 2
	refused 255 "exec: $line" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" "$@" -- /bin/true ||
		{ echo "config: $(jq -c . "$FILE")"; return 1; }
}

# accepts FILTER [LINE]: it is good; with LINE as the only warning, if one is given.
accepts() {
	local FILE
	FILE=$(changed "$1")
	run --separate-stderr timeout 20 "$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[ "$status" = 0 ] && [ -z "$output" ] && [ "$(said)" = "${2:+ctrnet: $2}" ] && return
	printf '%s\n' "filter: $1" "expected: 0 $2" "got:      $status $stderr" "stdout: $output"
	return 1
}
