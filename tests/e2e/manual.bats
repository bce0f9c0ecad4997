#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The examples of the manuals are run as they are written.

load lib

PAGES=$BATS_TEST_DIRNAME/../../docs/man

# The verbatim blocks of a page, and its commands: those beginning with "ctrnet".
verbatim() { sed -n 's/^    //p' "$PAGES/$1.in"; }
commands() { verbatim "$1" | grep '^ctrnet '; }

# What the examples take for granted: a ctrnet, a config, and a root directory.
prepare() {
	mkdir "$T/bin" "$T/here"
	printf '#!/bin/sh\nexec %q --root %q "$@" 3>&-\n' "$CTRNET" "$RUN" >"$T/bin/ctrnet"
	chmod +x "$T/bin/ctrnet"
	jq --arg root "$ROOT" '.rootfs = $root' "$SAMPLES/attach_to_bridge.json" >"$T/here/web.json"
}

# examples PAGE...: of one page after another. One in the background is a container, which is waited for.
examples() {
	local page
	{
		echo "cd $T/here; PATH=$T/bin:\$PATH"
		echo 'running() { for _ in $(seq 100); do ctrnet list | grep -q "web .*running" && return; sleep 0.1; done; return 1; }'
		for page; do
			commands "$page" | sed -E "s|/srv/box|$ROOT|g; s|^(.*) &\$|\1 \& running|"
		done
	} >"$T/script"
	bash -eux -o pipefail "$T/script" 3>&- >"$T/out" 2>"$T/err" || { cat "$T/out" "$T/err"; return 1; }
}

has_commands() {
	local page
	for page; do
		[ -n "$(commands "$page")" ] || { echo "$page: has no example"; return 1; }
	done
}

@test "manual: the examples of ctrnet(1)" {
	prepare
	has_commands ctrnet.1
	examples ctrnet.1
	grep -q '172\.30\.0\.2/24' "$T/out"
	grep -q '^web .*running' "$T/out"
}

@test "manual: the examples of exec, and of commands about the container it leaves running" {
	prepare
	has_commands ctrnet-exec.1 ctrnet-state.1 ctrnet-list.1 ctrnet-net.1 ctrnet-pause.1 ctrnet-kill.1 ctrnet-delete.1
	examples ctrnet-exec.1 ctrnet-state.1 ctrnet-list.1 ctrnet-net.1 ctrnet-pause.1 ctrnet-kill.1 ctrnet-delete.1
	tar -tf "$T/here/web.tar" etc/passwd
	grep -qx hello "$T/out"
	grep -qx box "$T/out"
	grep -q '^uid=1000' "$T/out"
	grep -q '172\.30\.0\.2/24' "$T/out"
}

@test "manual: the examples of config" {
	prepare
	has_commands ctrnet-config.1
	examples ctrnet-config.1
	assert_json "$(<"$T/here/config.json")" '.ociVersion and .hostname == "attach-to-bridge"'
}

@test "manual: each page's examples are run here" {
	local page
	for page in "$PAGES"/*.1.in; do
		page=$(basename "$page" .in)
		[ -z "$(commands "$page")" ] || grep -q "examples .*$page" "$BATS_TEST_FILENAME" || { echo "$page"; return 1; }
	done
}

@test "manual: the configs of ctrnet.json(5) are containers" {
	local file n=0
	# One whose root is nobody on the host has to get to it.
	chmod o+x "$T" "$ROOT" "$(dirname "$T")"
	verbatim ctrnet.json.5 | awk -v dir="$T" '/^\{/ { file = dir "/example-" ++n ".json" } { print >file }'
	for file in "$T"/example-*.json; do
		n=$((n + 1))
		"$CTRNET" config "$file" >"$T/printed.json"
		run "$CTRNET" --root "$RUN" exec --config "$file" --rootfs "$ROOT" -- /bin/sh -c 'ip address; ip route; cat /proc/self/uid_map'
		echo "$output"
		[ "$status" = 0 ]
		case $n in
		1) [[ $output == *172.30.0.2/24* ]] ;;
		2) [[ $output == *100000* ]] ;;
		3) [[ $output == *2001:db8::2/64*198.51.100.0/24* ]] ;;
		esac
	done
	[ "$n" -ge 3 ]
}
