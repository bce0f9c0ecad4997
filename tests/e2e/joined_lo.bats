#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lo of a network namespace that several containers join: up for as long as one of them needs it, and then as it was.

load lib

declare -gA PIDS

# joining: print the path of a config whose container joins $NS and wants lo. $1: path (of NEWNET) or type (a netns network).
joining() {
	case $1 in
	path) config minimal '.networks = [{type: "loopback"}] |
		.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)' --arg path "/run/netns/$NS" ;;
	type) config minimal '.networks = [{type: "netns", ns_path: $path}, {type: "loopback"}]' --arg path "/run/netns/$NS" ;;
	esac
}

# enter NAME path|type [CMD-PREFIX...]: start a container that stays until it is told to leave.
enter() {
	local name=$1 file
	file=$(joining "$2")
	shift 2
	rm -f "$T/$name.in" "$T/$name.out"
	mkfifo "$T/$name.in"
	"$@" "$CTRNET" --root "$RUN" exec --config "$file" --rootfs "$ROOT" --id "$ID-$name" \
		-- sh -c 'echo ready; read -r line' <>"$T/$name.in" >"$T/$name.out" 2>&1 3>&- &
	PIDS[$name]=$!
	wait_for 10 grep -sqx ready "$T/$name.out" || { cat "$T/$name.out"; return 1; }
}

leave() {
	echo >"$T/$1.in"
	wait "${PIDS[$1]}"
}

# As if by a power cut.
cut_off() {
	kill -KILL "${PIDS[$1]}"
	wait "${PIDS[$1]}" || [ $? = 137 ]
}

lo_is() {
	local flags
	flags=$(ip -j -n "$NS" link show dev lo | jq -r '.[0].flags | join(" ")')
	case $1 in
	up) [[ " $flags " == *" UP "* ]] ;;
	down) [[ " $flags " != *" UP "* ]] ;;
	esac || { echo "lo is not $1: $flags"; return 1; }
}

records() {
	find /run/ctrnet-shared -type f 2>/dev/null || true
}

@test "joined lo: up until the last of two leaves, in either order" {
	NS=$ID
	ip netns add "$NS"
	lo_is down
	enter a path
	lo_is up
	enter b type
	leave a
	lo_is up
	leave b
	lo_is down
	enter a type
	enter b path
	leave b
	lo_is up
	leave a
	lo_is down
	[ -z "$(records)" ]
	ip netns delete "$NS"
}

@test "joined lo: what was up stays up" {
	NS=$ID
	ip netns add "$NS"
	ip -n "$NS" link set dev lo up
	enter a path
	enter b path
	leave a
	lo_is up
	leave b
	lo_is up
	[ -z "$(records)" ]
	ip netns delete "$NS"
}

@test "joined lo: one that does not need it neither holds it nor takes it down" {
	local file
	NS=$ID
	ip netns add "$NS"
	enter a path
	file=$(config minimal '.networks = [{type: "netns", ns_path: $path}]' --arg path "/run/netns/$NS")
	ctrnet_run "$file" true
	lo_is up
	leave a
	lo_is down
	ip netns delete "$NS"
}

@test "joined lo: after a SIGKILL, a lost journal and a delete --force" {
	NS=$ID
	ip netns add "$NS"
	enter a path
	enter b path
	cut_off a
	: >"$RUN/$ID-a/journal.json"
	ctrnet delete --force "$ID-a"
	lo_is up
	leave b
	lo_is down
	enter a path
	cut_off a
	: >"$RUN/$ID-a/journal.json"
	# Nor does a state say what was joined.
	rm "$RUN/$ID-a/state.json"
	ctrnet delete --force "$ID-a"
	lo_is down
	[ -z "$(records)" ]
	enter a path
	cut_off a
	: >"$RUN/$ID-a/journal.json"
	# It went, and what is recorded of it is forgotten.
	ip netns delete "$NS"
	ctrnet delete --force "$ID-a"
	[ -z "$(records)" ]
}

@test "joined lo: after a SIGKILL and a delete" {
	NS=$ID
	ip netns add "$NS"
	enter a path
	enter b path
	cut_off a
	lo_is up
	ctrnet delete "$ID-a"
	lo_is up
	leave b
	lo_is down
	# The other way round, nobody is left but the dead one.
	enter a path
	enter b path
	cut_off a
	leave b
	lo_is up
	ctrnet delete "$ID-a"
	lo_is down
	# Both.
	enter a path
	enter b path
	cut_off a
	cut_off b
	ctrnet delete --force "$ID-b"
	lo_is up
	ctrnet delete "$ID-a"
	lo_is down
	[ -z "$(records)" ]
	ip netns delete "$NS"
}

@test "joined lo: by containers of different hosts" {
	NS=$ID
	ip netns add "$NS"
	ip netns add "$ID-host"
	enter a path
	enter b path nsenter --net="/run/netns/$ID-host"
	leave a
	lo_is up
	leave b
	lo_is down
	[ -z "$(records)" ]
	ip netns delete "$NS"
	ip netns delete "$ID-host"
}

# The kernel gives the next namespace the number of the one that went.
@test "joined lo: another namespace at the same path is not touched" {
	local before
	NS=$ID
	ip netns add "$NS"
	before=$(stat -c %i "/run/netns/$NS")
	enter a path
	cut_off a
	ip netns delete "$NS"
	wait_for 10 gone "$before"
	ip netns add "$NS"
	ip -n "$NS" link set dev lo up
	enter b path
	leave b
	lo_is up
	ctrnet delete "$ID-a"
	lo_is up
	[ -z "$(records)" ]
	# Nor one of another number.
	ip netns add "$ID-other"
	ip -n "$ID-other" link set dev lo up
	ip -n "$NS" link set dev lo down
	enter a path
	cut_off a
	touch "$T/held"
	mount --bind "/run/netns/$NS" "$T/held"
	ip netns delete "$NS"
	mv_netns "$ID-other" "$NS"
	ctrnet delete "$ID-a"
	lo_is up
	[ "$(nsenter --net="$T/held" ip -j link show dev lo | jq '.[0].flags | index("UP")')" = null ]
	umount "$T/held"
	[ -z "$(records)" ]
	ip netns delete "$NS"
}

# Nothing has it open any more.
gone() {
	! find /proc/[0-9]*/ns/net -printf '%l\n' 2>/dev/null | grep -qF "net:[$1]"
}

mv_netns() {
	touch "/run/netns/$2"
	mount --bind "/run/netns/$1" "/run/netns/$2"
	ip netns delete "$1"
}

@test "joined lo: a namespace that is gone leaves no record" {
	NS=$ID
	ip netns add "$NS"
	enter a path
	enter b path
	cut_off a
	cut_off b
	ip netns delete "$NS"
	ctrnet delete "$ID-a"
	ctrnet delete "$ID-b"
	[ -z "$(records)" ]
}
