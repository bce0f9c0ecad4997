#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A config that lies in the container's own root directory: what the container puts beside it is no config.

load lib
load refuse
load drafts

@test "security: a config.json that the container puts beside its container.json is not taken for it" {
	# shellcheck disable=SC2034 # refuse.bash reads it
	local FILE=$ROOT
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	jq '.capabilities = ["SYS_ADMIN"]' "$SAMPLES/minimal.json" >"$ROOT/tmp/mine"
	run ctrnet exec --config "$ROOT" --id "$ID" -- /bin/sh -c 'cp /tmp/mine /config.json'
	assert_status 0
	refused 255 'exec: FILE: a directory with both config.json and container.json: name the one that is meant' \
		exec --config "$ROOT" --id "$ID" -- /bin/true
	refused 1 'config: FILE: a directory with both config.json and container.json: name the one that is meant' \
		config "$ROOT"
	run ctrnet exec --config "$ROOT/container.json" --id "$ID" -- /bin/sh -c 'grep CapBnd /proc/self/status'
	assert_status 0
	[ $((0x${output##*$'\t'} >> 21 & 1)) = 0 ]
	rm "$ROOT/container.json" "$ROOT/config.json" "$ROOT/tmp/mine"
}

@test "security: neither half of a draft in the container's root directory is its own to write" {
	local bundle
	bundle=$(dirname "$(draft D3)")
	# The two in the rootfs, as root.path '.' allows.
	jq '.root = {path: ".", readonly: false}' "$bundle/config.json" >"$ROOT/config.json"
	mv "$bundle/runtime.json" "$ROOT/runtime.json"
	mkdir "$ROOT/given"
	sum=$(cat "$ROOT/config.json" "$ROOT/runtime.json" | md5sum)
	run "$CTRNET" --root "$RUN" exec --config "$ROOT/config.json" --id "$ID" -u 0:0 -- /bin/sh -c '
		for file in config runtime; do
			(echo "{}" >/$file.json) 2>/dev/null && echo "written: $file"
			rm -f /$file.json 2>/dev/null && echo "removed: $file"
			mv /$file.json /var/x 2>/dev/null && echo "moved: $file"
		done
		echo done'
	assert_status 0
	assert_output 'done'
	[ "$(cat "$ROOT/config.json" "$ROOT/runtime.json" | md5sum)" = "$sum" ]
	rm "$ROOT/config.json" "$ROOT/runtime.json"
	rmdir "$ROOT/given"
}

@test "security: a link in the container's root directory to its config is warned of" {
	cp "$SAMPLES/minimal.json" "$T/real.json"
	ln -s "$T/real.json" "$ROOT/container.json"
	cd "$ROOT"
	run --separate-stderr ctrnet exec --rootfs "$ROOT" --id "$ID" -- /bin/true
	assert_status 0
	[ "$(said)" = "ctrnet: warning: T/rootfs/container.json lies inside the container's root directory: it can replace its own config" ]
	rm "$ROOT/container.json"
}

# fnv TEXT: its hash as ctrnet makes one, FNV-1a of 64 bits.
fnv() {
	local h=$((0xcbf29ce484222325)) i
	for ((i = 0; i < ${#1}; i++)); do
		h=$(((h ^ $(printf '%d' "'${1:i:1}")) * 0x100000001b3))
	done
	printf '%016x' "$h"
}

@test "security: a container cannot keep itself from being removed by what it puts beside its config" {
	local name
	name=$(fnv "$RUN/$ID")
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	cd "$ROOT"
	# The name is the one that is used, or this tests nothing.
	without_leak_sanitizer
	strace -f -qq -o "$T/strace" -e trace=renameat2 "$CTRNET" --root "$RUN" exec --id "$ID" -- /bin/true 3>&-
	grep -q "\".state.json.ctrnet-$name\"" "$T/strace"

	run --separate-stderr ctrnet exec --id "$ID" -- /bin/mkdir "/.state.json.ctrnet-$name"
	assert_status 0
	[ -z "$stderr" ] || { echo "$stderr"; return 1; }
	[ ! -e "$RUN/$ID" ]
	[ ! -e "$ROOT/state.json" ]
	run ctrnet exec --id "$ID" -- /bin/true
	assert_status 0
	[ ! -e "$RUN/$ID" ]
	rm "$ROOT/container.json"
	rmdir "$ROOT/.state.json.ctrnet-$name"
}
