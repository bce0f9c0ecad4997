#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files that are no config: no file at all, no JSON, JSON of other types, of a format that is not read.

load lib
load refuse

# text TEXT LINE: a config of these bytes (as printf's %b takes them) is refused.
text() {
	local FILE=$T/c.json
	printf %b "$1" >"$FILE"
	run --separate-stderr "$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[ "$status" = 255 ] && [ -z "$output" ] && [ "$stderr" = "ctrnet: exec: $FILE:$2" ] && [ -z "$(list_run)" ] && return
	printf '%s\n' "text: $1" "expected: 255 $FILE:$2" "got:      $status $stderr" "stdout: $output"
	return 1
}

# file PATH LINE: this config is refused.
file() {
	refused 255 "exec: $2" exec --config "$1" --rootfs "$ROOT" --id "$ID" /bin/true
}

@test "bad input: the config that the tests change is a good one" {
	accepts .
}

@test "bad input: broken JSON, by line and column" {
	text '' ' is empty, expected a JSON value'
	text ' \n ' ' is empty, expected a JSON value'
	text '{' '1:2: expected a key in double quotes, found the end of the text'
	text '{"a"}' "1:5: expected ':', found '}'"
	text '[1,,3]' "1:4: expected a value, found ','"
	text '{"a":1,}' "1:8: a comma must not stand before '}'"
	text '{"a":tru}' "1:6: expected a value, found the word 'tru'"
	text '{"a":01}' '1:6: a number must not begin with 0'
	text '{"a":1e}' '1:8: expected a digit in the exponent'
	text '{"a":"x' '1:6: the string is not closed'
	text '{"a":"\\x"}' "1:7: unknown escape '\\x'"
	text '{"a":"\\ud800"}' '1:7: \ud800 is half of a surrogate pair'
	text '{"a":"\0001"}' '1:7: control character 0x01 in a string (write it as \u0001)'
	text '{"a":"\0377"}' '1:7: invalid UTF-8 (byte 0xff)'
	text '{"a":1} x' "1:9: expected nothing behind the JSON value, found 'x'"
	text '// no\n{}' "1:1: expected a value, found '/' (JSON has no comments)"
	text "{'a':1}" "1:2: expected a key in double quotes, found ''' (strings take double quotes)"
	text '\0357\0273\0277{}' '1:1: JSON must not begin with a byte order mark'
	text '{"hostname":"x"\n "rootfs":"y"}' "2:2: expected ',' or '}', found '\"'"
	text '{\n\t"hostname": "é",\t"mounts": [{"a": 1]}' "2:37: expected ',' or '}', found ']'"
	text "$(printf '[%.0s' {1..65})" '1:65: nested deeper than 64 levels'
}

@test "bad input: duplicate keys" {
	text '{"x":1,\n "x":2}' '2:2: x: duplicate key'
	text '{"hostname":"x",\n "Hostname":"y"}' "2:2: Hostname: duplicate key (the same as 'hostname')"
	text '{"networks":[{"type":"veth",\n"MTU":1500, "mtu":1500}]}' "2:13: networks[0].mtu: duplicate key (the same as 'MTU')"
}

@test "bad input: wrong types" {
	text '[]' '1:1: expected an object, found an array'
	text '5' '1:1: expected an object, found the number 5'
	text 'null' '1:1: expected an object, found null'
	text '{"hostname":5}' '1:13: hostname: expected a string, found the number 5'
	text '{\n\t"networks": [\n\t\t{"type": "veth",\n\t\t "mtu": "1500"}\n\t]\n}' \
		'4:11: networks[0].mtu: expected a number, found a string "1500"'
	refuses '.networks = 7' 'FILE:L:C: networks: expected an array, found the number 7'
	refuses '.networks[1] = "veth"' 'FILE:L:C: networks[1]: expected an object, found a string "veth"'
	refuses '.networks[1].hairpin_mode = 1' 'FILE:L:C: networks[1].hairpin_mode: expected true or false, found the number 1'
	refuses '.networks[1].address = 5' 'FILE:L:C: networks[1].address: expected a string, found the number 5'
	refuses '.networks[1].type = null' 'FILE:L:C: networks[1].type: must not be null'
	refuses '.rlimits = {}' 'FILE:L:C: rlimits: expected an array, found an object'
	refuses '.mounts[0].flags = "ro"' 'FILE:L:C: mounts[0].flags: expected a number, found a string "ro"'
	refuses '.mask_paths = "/x"' 'FILE:L:C: mask_paths: expected an array of strings, found a string "/x"'
	refuses '.mask_paths = [5]' 'FILE:L:C: mask_paths[0]: expected a string, found the number 5'
	refuses '.capabilities = "KILL"' 'FILE:L:C: capabilities: expected a list of capability names'
	refuses '.additional_groups = "x"' 'FILE:L:C: additional_groups: expected a list of names or numbers'
	refuses '.system_properties = {"net.ipv4.ip_forward": 1}' \
		'FILE:L:C: system_properties["net.ipv4.ip_forward"]: expected a string, found the number 1'
	refuses '.cgroups = 5' 'FILE:L:C: cgroups: expected an object, found the number 5'
	refuses '.hostname = "a\u0000b"' 'FILE:L:C: hostname: a NUL character (\u0000) is not allowed here'
}

@test "bad input: numbers out of range" {
	refuses '.networks[1].mtu = 1500.5' \
		'FILE:L:C: networks[1].mtu: 1500.5 is not an integer (no fraction or exponent is allowed)'
	refuses '.networks[1].mtu = 4294968796' 'FILE:L:C: networks[1].mtu: 4294968796 is out of range (0 to 65535)'
	refuses '.networks[1].txqueuelen = -1' 'FILE:L:C: networks[1].txqueuelen: -1 is out of range (0 to 4294967295)'
	refuses '.mounts[0].flags = -1' 'FILE:L:C: mounts[0].flags: -1 is out of range (0 to 18446744073709551615)'
	refuses '.parent_death_signal = 65' 'FILE:L:C: parent_death_signal: 65 is out of range (0 to 64)'
	refuses '.rlimits = [{type: 99, soft: 1, hard: 1}]' 'FILE:L:C: rlimits[0].type: 99 is out of range (0 to 15)'
	refuses '.rlimits = [{type: 7, soft: 1, hard: -1}]' \
		'FILE:L:C: rlimits[0].hard: -1 is out of range (0 to 18446744073709551615)'
	text '{"cgroups":{"memory":9223372036854775808}}' \
		'1:22: cgroups.memory: 9223372036854775808 is out of range (-1 to 9223372036854775807)'
	text '{"cgroups":{"memory":1e9}}' '1:22: cgroups.memory: 1e9 is not an integer (no fraction or exponent is allowed)'
}

@test "bad input: what is in a config cannot write to the terminal" {
	text '{"networks":[{"type":"a\\nb\\u001b[31m"}]}' \
		"1:22: networks[0].type: unknown type 'a?b?[31m'; known are loopback, veth, netns, macvlan, macvtap, ipvlan, vlan, vxlan, geneve, wireguard, tap, tun, dummy, ifb, vrf, bridge, host, host-device, pasta"
	FILE=$(changed '.hostname = "\u001b]0;x\n" * 20')
	refused 255 "exec: FILE: hostname: '$(printf '?]0;x?%.0s' {1..20} | cut -c -80)' is longer than 64 bytes" \
		exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
}

@test "bad input: a format that is not read is named" {
	text '{"ociVersion": "1.0.2"}' ' this build does not read the format OCI runtime-spec config.json yet'
}

@test "bad input: keys that cannot be put into effect" {
	local key=cgroups.blkio_weight_device
	refuses ".$key = [{major: 8, minor: 0, weight: 500, leafWeight: 300}]" \
		"FILE:L:C: ${key}[0].leafWeight: this version of ctrnet cannot put this into effect"
	# What asks for nothing is fine.
	accepts '.seccomp = null | .apparmor_profile = "" | .uid_mappings = [] | .cgroups = {freezer: "", memory_swappiness: -1}'
}

@test "bad input: files that are no config" {
	file "$T" 'T: a directory with neither config.json nor container.json'
	file "$T/none.json" 'T/none.json: No such file or directory'
	file '' '--config: empty'
	file /dev/null '/dev/null: not a regular file'
	mkfifo "$T/fifo"
	file "$T/fifo" 'T/fifo: not a regular file'
	ln -s loop "$T/loop"
	file "$T/loop" 'T/loop: Too many levels of symbolic links'
	truncate -s 100M "$T/big.json"
	file "$T/big.json" 'T/big.json: larger than 16777216 bytes'
}

@test "bad input: a container.json that is none" {
	mkdir -p "$T/dir/container.json"
	cd "$T/dir"
	refused 255 'exec: container.json: Is a directory' exec /bin/true
	cd /
	data_path=$T/dir refused 255 'exec: T/dir/container.json: Is a directory' exec /bin/true
	data_path=/no/such refused 255 'exec: /no/such/container.json: No such file or directory' exec /bin/true
}
