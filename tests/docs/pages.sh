#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The manuals: without a fault in their markup, and with all in them that ctrnet has. As TAP. $O: where `make docs` was.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
: "${O:=build}" "${CTRNET:=$PWD/$O/ctrnet}"
man=$O/man
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

n=0 failed=0
echo 1..7
check() {
	local name=$1 found
	shift

	n=$((n + 1))
	found=$("$@" 2>&1)
	if [ -z "$found" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		echo "$found" | head -n 40 | sed 's/^/# /'
		failed=1
	fi
}

# As it is read, but without line breaks within a paragraph.
text() {
	mandoc -T utf8 -O width=1000 "$1" | col -bx
}

lint() {
	local page

	[ -s "$man/man1/ctrnet.1" ] || echo 'there are no pages'
	mandoc -T lint "$man"/man?/*
	for page in "$man"/man?/*; do groff -ww -b -man -T utf8 "$page" >/dev/null; done
}

# The names that help's lists have: "  exec  run a command", "  -f, --file OUT".
commands() { "$CTRNET" help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }
options() { "$CTRNET" help "$@" | sed -nE 's/^ {2,6}(-[a-zA-Z], )?(--[a-z0-9-]+)( .*|$)/\2/p'; }
letters() { "$CTRNET" help "$@" | sed -nE 's/^  (-[a-zA-Z])([, ].*|$)/\1/p'; }

has_options() {
	local page=$1 option
	shift

	[ -f "$page" ] || { echo "$page: missing"; return; }
	text "$page" >"$T/text"
	for option in $(options "$@") $(letters "$@"); do
		grep -qE -- "^ +(-., )?$option( |,|$)" "$T/text" || echo "$page: has no $option"
	done
}

all_commands() {
	local command

	[ -n "$(commands)" ] || echo 'help lists no commands'
	has_options "$man/man1/ctrnet.1"
	mv "$T/text" "$T/program"
	for command in $(commands); do
		has_options "$man/man1/ctrnet-$command.1" "$command"
		grep -q "^ *ctrnet-$command(1)" "$T/program" || echo "ctrnet.1: has no $command"
	done
}

# A key has an entry, or is another spelling in one.
all_keys() {
	local keys=$T/keys key rest

	text "$man/man5/ctrnet.json.5" >"$T/page"
	"$CTRNET" config --keys | sed -n '/^# libcontainer (mid-2015)/,/^# /p' | grep -v '^#' >"$keys"
	[ "$(wc -l <"$keys")" -gt 100 ] || echo 'there are hardly any keys'
	while IFS=$'\t' read -r key rest; do
		grep -qE "^ +$(sed 's/[].[]/\\&/g' <<<"$key")( |$)" "$T/page" && continue
		[[ $rest == *another\ spelling* ]] && grep -q "Also spelled ${key##*.}\." "$T/page" && continue
		echo "ctrnet.json.5: has no $key"
	done <"$keys"
}

all_network_types() {
	local type

	echo '{"networks": [{"type": "?"}]}' >"$T/unknown.json"
	for type in $("$CTRNET" config "$T/unknown.json" 2>&1 | sed -n 's/.*known are //; s/,//gp'); do
		echo "$type" >>"$T/types"
		grep -q "^ *\"type\": \"$type\"" "$T/page" || echo "ctrnet.json.5: has no network of type $type"
	done
	grep -q veth "$T/types" || echo "ctrnet does not say which types it knows"
}

all_formats() {
	"$CTRNET" config --keys | sed -n 's/^# //p' | while read -r format; do
		grep -qF "$format" "$T/page" || echo "ctrnet.json.5: has no format $format"
	done
}

# Headers of the project's own, for the library's is one of them.
header_pages() {
	local header name

	for header in lib/json.h lib/plan.h container/container.h; do
		name=$(basename "$header" .h)
		"$O/gen-docs" header "$header" "$name" "$T/man" 2026-01-01 1.0
		mandoc -T lint "$T/man/man3/$name.3"
		groff -ww -b -man -T utf8 "$T/man/man3/$name.3" >/dev/null
		text "$T/man/man3/$name.3" >"$T/header"
		sed -nE '/^typedef /d; s/^[a-z].*[ *]([a-z_]+)\(.*[,;]$/\1/p' "$header" | grep -v __attribute__ >"$T/functions"
		[ -s "$T/functions" ] || echo "$header: has no functions"
		while read -r name; do
			grep -q "$name(" "$T/header" || echo "$header: $name is not in the page"
			[ "$(readlink "$T/man/man3/$name.3")" = "$(basename "$header" .h).3" ] || echo "$header: $name has no page"
		done <"$T/functions"
	done
}

check 'no page has a fault in its markup' lint
check 'each command has its page, and each option is in it' all_commands
check 'each key of a config is described' all_keys
check 'each type of network is described' all_network_types
check 'each format is named' all_formats
check 'nothing is described that does not exist' "$O/gen-docs" check
check 'a header becomes a page' header_pages
exit $failed
