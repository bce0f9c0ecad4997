# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tampering with a container's network in every way that its objects allow: tamper.jq makes the list out of what the kernel has of
# the box. Each is done, found, named and mended, and then the kernel has what it had before.

load net
load links

# dump_here DIR: of the namespace one is in, as the tools have it. Few programs, as this is done again and again.
dump_here() {
	local dev
	ip -j -d -batch - >"$1/objects" <<-'END'
		addr
		neigh show nud all
		neigh show proxy
	END
	ip -o -d -4 -batch - >"$1/lines4" <<-'END'
		route show table all
		rule
	END
	ip -o -d -6 -batch - >"$1/lines6" <<-'END'
		route show table all
		rule
	END
	bridge -j fdb show >"$1/fdb"
	tc -j qdisc >"$1/qdiscs"
	: >"$1/classes"
	: >"$1/filters"
	if grep -q '"handle":"ce:"\|"kind":"ingress"' "$1/qdiscs"; then
		for dev in $(ip -o link | awk '{ sub("[@:].*", "", $2); print $2 }'); do
			tc class show dev "$dev" | jq -Rc --arg d "$dev" 'split(" ") | {dev: $d, class: .[1], handle: .[2], all: join(" ")}' >>"$1/classes"
			tc -j filter show dev "$dev" ingress | jq -c --arg d "$dev" 'map(.dev = $d)[]' >>"$1/filters"
		done
	fi
	: >"$1/nft"
	[ -z "$WITH_NFT" ] || nft -j list ruleset >"$1/nft"
	while read -r dev; do
		echo "$dev $(cat "/proc/sys/$dev")"
	done <"$1/paths" >"$1/settings"
}

# What both sides have, in $T/raw. Strangers were there before the box.
dump() {
	dump_here "$T/raw/host"
	box_net env WITH_NFT= bash -c "$(declare -f dump_here); dump_here $T/raw/box"
}

# picture FILTER [JQ-ARG...]: of the last dump, each side as an object.
picture_by() {
	local d=$T/raw
	jq -nr -L "$BATS_TEST_DIRNAME" --argjson strangers "$STRANGERS" \
		--slurpfile h "$d/host/objects" --slurpfile b "$d/box/objects" --rawfile h4 "$d/host/lines4" --rawfile h6 "$d/host/lines6" \
		--rawfile b4 "$d/box/lines4" --rawfile b6 "$d/box/lines6" --slurpfile hf "$d/host/fdb" --slurpfile bf "$d/box/fdb" \
		--slurpfile hq "$d/host/qdiscs" --slurpfile bq "$d/box/qdiscs" --slurpfile hc "$d/host/classes" --slurpfile bc "$d/box/classes" \
		--slurpfile hi "$d/host/filters" --slurpfile bi "$d/box/filters" --slurpfile nft "$d/host/nft" \
		--rawfile hs "$d/host/settings" --rawfile bs "$d/box/settings" "${@:2}" '
		include "tamper";
		{host: side($strangers; $h; $h4; $h6; $hf[0]; $hq[0]; $hc; $hi; ($nft[0].nftables // []); $hs),
		box: side([]; $b; $b4; $b6; $bf[0]; $bq[0]; $bc; $bi; []; $bs)} | '"$1"
}

picture() {
	dump
	picture_by 'map_values(comparable)' -S
}

# The settings that the plan has on each side.
find_settings() {
	local side ns
	for side in host:host box:container; do
		ns=${side#*:} side=${side%:*}
		mkdir -p "$T/raw/$side"
		jq -r --arg ns "$ns" '.steps[] | select(.type == "sysctl" or .type == "sysctl.borrow") | .args | select(.ns == $ns) | .path' \
			"$RUN/$ID/journal.json" >"$T/raw/$side/paths"
	done
}

# begin CONFIG: a box of which everything is known.
begin() {
	export WITH_NFT=
	STRANGERS=$(ip -j link | jq -c 'map(.ifname)')
	box_start "$1"
	grep -q '"nft.table"' "$RUN/$ID/journal.json" && WITH_NFT=1
	wait_for 15 settled
	find_settings
	PLAN=$(ctrnet exec --dry-run --config "$1" --rootfs "$ROOT" --id "$ID-plan" -- /bin/true 2>/dev/null || true)
	assert_untouched
	picture >"$T/picture.before"
	picture_by 'to_entries[] | .key as $side | .value | tamperings
		| select(.planned as $p | $p == null or ($plan | test(" type .*\\b\($p)\\b"))) | [$side, .class, .word, .command] | @tsv' --arg plan "$PLAN" >"$T/tamperings"
	[ -s "$T/tamperings" ]
}

# A look takes long on a busy machine, so what counts is the time.
soon() {
	local end=$((SECONDS + 5))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
	done
}

on_side() {
	if [ "$1" = host ]; then bash -ec "$2"; else box_net bash -ec "$2"; fi
}

# tamper SIDE CLASS WORD COMMAND: prints what is wrong with what ctrnet makes of it.
tamper() {
	local said
	# What this kernel refuses as a whole nobody does.
	on_side "$1" "$4" >"$T/said" 2>&1 || ! same_picture || { echo "$1: $2: refused: $(cat "$T/said")" >>"$T/refused"; return 0; }
	run ctrnet net check "$ID"
	[ "$status" = 1 ] || { echo "check says $status: $output"; return 1; }
	said=$output
	grep -qF -- "$3" <<<"$said" || { echo "not named: $said"; return 1; }
	run ctrnet net repair "$ID"
	[ "$status" = 0 ] || { echo "repair says $status: $output (of $said)"; return 1; }
	run ctrnet net check "$ID"
	[ "$status" = 0 ] && [ -z "$output" ] || { echo "repaired, but $status: $output"; return 1; }
	ip link delete ctrother 2>/dev/null || box_net ip link delete ctrother 2>/dev/null || true
	soon same_picture || { echo "not as before: $(head -n 30 "$T/picture.diff")"; return 1; }
}

# tamper_all CONFIG [once]: of each class only the first, of all that this file's tests have met. Of what fails, all is told.
tamper_all() {
	local side class word command wrong count=0 failed=0
	begin "$1"
	while IFS=$'\t' read -r side class word command <&4; do
		if [ -n "${2:-}" ]; then
			! grep -qxF "$class" "$BATS_FILE_TMPDIR/classes" 2>/dev/null || continue
			echo "$class" >>"$BATS_FILE_TMPDIR/classes"
		fi
		count=$((count + 1))
		wrong=$(tamper "$side" "$class" "$word" "$command") && continue
		failed=$((failed + 1))
		echo "$side: $class: $command: $wrong"
		# What comes next begins with a whole one.
		box_stop || true
		ip link delete ctrother 2>/dev/null || true
		nft flush ruleset 2>/dev/null || true
		begin "$1"
	done 4< <(cat "$T/tamperings")
	box_stop
	echo "$count tamperings of $1, $failed failed"
	[ "$failed" = 0 ]
}
