#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many at once, again at once, and two with one id; and the container's first instruction.

load lib

# box I CMD...: exec in the background, with its output in $T/out.I and $T/err.I; pids[I] is it.
box() {
	local i=$1
	shift
	: >"$T/out.$i"
	timeout 60 "$CTRNET" --root "$RUN" "$@" <&0 >"$T/out.$i" 2>"$T/err.$i" 3>&- 9>&- &
	pids[i]=$!
}

# ended I: sets status to that of box I.
ended() {
	status=0
	wait "${pids[$1]}" || status=$?
	[ "$status" != 124 ] || { echo "$1 hangs"; return 1; }
}

says() {
	grep -qE "$2" "$T/err.$1" && [ "$(wc -l <"$T/err.$1")" = 1 ]
}

# A fifo that all containers read from; `release` is its end of file.
hold() {
	mkfifo "$T/hold"
	exec 9<>"$T/hold"
}

release() {
	exec 9>&-
	rm -f "$T/hold"
}

lines() {
	[ "$(cat "$T"/out.* | wc -l)" -ge "$1" ]
}

@test "races: start and stop 200 times with one host_interface_name" {
	local file i
	file=$(config attach_to_bridge '.')
	for i in $(seq 200); do
		ctrnet exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true 2>"$T/err" ||
			{ echo "round $i: $(cat "$T/err")"; return 1; }
		[ ! -s "$T/err" ] || { cat "$T/err"; return 1; }
	done
}

@test "races: by turns two ids with one host_interface_name, and IPv6" {
	local file i
	file=$(config dual_stack '.networks[1].host_interface_name = "ctrfixed0"')
	for i in $(seq 60); do
		ctrnet exec --config "$file" --rootfs "$ROOT" --id "$ID-$((i % 2))" -- /bin/true 2>"$T/err" ||
			{ echo "round $i: $(cat "$T/err")"; return 1; }
	done
}

@test "races: 100 at once on one bridge that they make" {
	local i template link monitor
	template=$(config attach_to_bridge 'del(.networks[1].host_interface_name)
		| .networks[1] += {bridge: "ctrbr100", bridge_address: "10.86.0.1/16", address: "10.86.1.NUMBER/16", gateway: "10.86.0.1"}')
	ip -o monitor link >"$T/monitor" 3>&- &
	monitor=$!
	hold
	for i in $(seq 100); do
		sed "s/NUMBER/$i/" "$template" >"$T/config.$i.json"
		box "$i" exec --config "$T/config.$i.json" --rootfs "$ROOT" --id "$ID-$i" -- /bin/sh -c 'echo ready; read -r _; exit 0' <"$T/hold"
	done
	wait_for 50 lines 100 || { cat "$T"/err.*; return 1; }
	link=$(ip -j link)
	assert_json "$link" '[.[] | select(.master == "ctrbr100") | .ifname] | (length == 100) and (unique | length == 100)'
	assert_json "$link" '[.[] | select(.ifname == "ctrbr100")] | length == 1'
	run ctrnet list --format json
	assert_json "$output" '[.[] | select(.status == "running")] | length == 100'
	[ "$(grep -c '^Deleted [0-9]*: ctrbr100:' "$T/monitor")" = 0 ]
	release
	for i in $(seq 100); do
		ended "$i"
		[ "$status" = 0 ] && [ ! -s "$T/err.$i" ] || { echo "$i: $status $(cat "$T/err.$i")"; return 1; }
	done
	run ip -j link
	assert_json "$output" '[.[].ifname] == ["lo"]'
	# The kernel says that it is gone at the end of the deletion, which nobody waits for.
	wait_for 5 grep -q '^Deleted [0-9]*: ctrbr100:' "$T/monitor"
	kill "$monitor"
	wait "$monitor" || true
	[ "$(grep -c '^Deleted [0-9]*: ctrbr100:' "$T/monitor")" = 1 ]
	[ "$(grep -v ^Deleted "$T/monitor" | grep -oE '^[0-9]+: ctrbr100:' | sort -u | wc -l)" = 1 ]
}

@test "races: containers come and go on one bridge, 4 at a time" {
	local i k template
	template=$(config attach_to_bridge 'del(.networks[1].host_interface_name)
		| .networks[1] += {bridge: "ctrbrx", bridge_address: "10.86.0.1/16", address: "10.86.1.NUMBER/16", gateway: "10.86.0.1"}')
	for k in 1 2 3 4; do
		sed "s/NUMBER/$k/" "$template" >"$T/config.$k.json"
		# Each pings at once: a bridge that goes under somebody's feet is noticed.
		(
			for i in $(seq 25); do
				"$CTRNET" --root "$RUN" exec --config "$T/config.$k.json" --rootfs "$ROOT" --id "$ID-$k" -- \
					/bin/ping -c 1 -W 1 10.86.0.1 >"$T/out.$k" 2>"$T/err.$k" || exit 1
			done
		) 3>&- &
		pids[k]=$!
	done
	for k in 1 2 3 4; do
		ended "$k"
		[ "$status" = 0 ] || { echo "$k: $(cat "$T/out.$k" "$T/err.$k")"; return 1; }
	done
}

# --- the first instruction ------------------------------------------------------------------------

# A static program as the command of a rootfs that has nothing else, and its server.
first_setup() {
	FIRST=$T/first
	mkdir -p "$FIRST"/{proc,sys,dev}
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -o "$FIRST/first_instruction" "$BATS_TEST_DIRNAME/first_instruction.c"
	coproc SERVER { exec "$FIRST/first_instruction" --listen 4700 3>&-; }
	server=$SERVER_PID
	read -r -t 5 -u "${SERVER[0]}" _
}

first_end() {
	kill "$server"
	wait "$server" || true
}

# first_acts TIMES CONFIG ADDRESS...: new containers whose first act is to talk to each of these.
first_acts() {
	local times=$1 file=$2 words=() i
	shift 2
	for i; do words+=("$i" 4700); done
	for ((i = 1; i <= times; i++)); do
		ctrnet exec --config "$file" --rootfs "$FIRST" --id "$ID" -- /first_instruction "${words[@]}" 2>"$T/err" ||
			{ echo "start $i: $(cat "$T/err")"; first_end; return 1; }
	done
}

@test "races: the first instruction connects to its gateway, IPv6 first, on a bridge that is made for it" {
	first_setup
	first_acts 50 "$(config dual_stack .)" fd5a:c7e1:30:1::1 172.30.1.1
	first_end
}

@test "races: the first instruction connects to its gateway, on a bridge that stands" {
	first_setup
	# It keeps the bridge.
	box_start "$(config dual_stack '.networks[1] |= (.address = "172.30.1.9/24" | .ipv6_address = "fd5a:c7e1:30:1::9/64")')"
	local box=$ID
	ID=$ID-first
	first_acts 50 "$(config dual_stack .)" 172.30.1.1 fd5a:c7e1:30:1::1
	ID=$box
	box_stop
	first_end
}

@test "races: the first instruction connects to the other end of a point-to-point link" {
	first_setup
	first_acts 30 "$(config point_to_point '.networks[1] += {host_address: ["172.30.2.1/30", "fd00:87::1/64"], ipv6_address: "fd00:87::2/64"}')" \
		fd00:87::1 172.30.2.1
	first_end
}

# --- two with one id ------------------------------------------------------------------------------

@test "races: two starts of one id: one starts, the other joins" {
	local file round k
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		hold
		for k in 1 2; do
			box $k exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/sh -c 'echo $$; read -r _; exit 0' <"$T/hold"
		done
		wait_for 10 lines 2 || { cat "$T"/err.*; return 1; }
		[ "$(cat "$T/out.1" "$T/out.2" | grep -cx 1)" = 1 ] || { cat "$T"/out.*; return 1; }
		release
		for k in 1 2; do
			ended $k
			# The one that joined ends with the container, if not before.
			[ "$status" = 0 ] || { [ "$status" = 137 ] && [ "$(cat "$T/out.$k")" != 1 ]; } ||
				{ echo "$k: $status $(cat "$T/err.$k")"; return 1; }
		done
		[ -z "$(ls "$RUN")" ]
	done
}

@test "races: start and delete" {
	local file round
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		box 1 exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true
		[ $((round % 3)) = 0 ] || sleep "0.0$((round * 2))"
		box 2 delete "$ID"
		ended 1
		[ "$status" = 0 ] && [ ! -s "$T/err.1" ] || { echo "round $round: $status $(cat "$T/err.1")"; return 1; }
		ended 2
		[ "$status" = 0 ] || says 2 'does not exist|is running' || { echo "round $round: $(cat "$T/err.2")"; return 1; }
		[ -z "$(ls "$RUN")" ]
	done
}

@test "races: start and delete --force" {
	local file round
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		box 1 exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/sleep 0.2
		sleep "0.0$((round * 2))"
		box 2 delete --force "$ID"
		ended 2
		[ "$status" = 0 ] && [ ! -s "$T/err.2" ] || { echo "round $round: $status $(cat "$T/err.2")"; return 1; }
		ended 1
		case $status in
		0 | 137) [ ! -s "$T/err.1" ] || { echo "round $round: $status $(cat "$T/err.1")"; return 1; } ;;
		*) echo "round $round: $status $(cat "$T/err.1")"; return 1 ;;
		esac
		[ -z "$(ls "$RUN")" ]
	done
}

@test "races: join and delete --force" {
	local file round box
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		box_start "$file"
		box=$BOX
		box 1 exec "$ID" /bin/sleep 5
		[ $((round % 3)) = 0 ] || sleep "0.0$round"
		box 2 delete --force "$ID"
		ended 2
		[ "$status" = 0 ] && [ ! -s "$T/err.2" ] || { echo "round $round: $status $(cat "$T/err.2")"; return 1; }
		ended 1
		[ "$status" = 137 ] || { [ "$status" = 255 ] && says 1 '^ctrnet: exec: '; } ||
			{ echo "round $round: $status $(cat "$T/err.1")"; return 1; }
		status=0
		wait "$box" || status=$?
		[ "$status" = 137 ]
		[ -z "$(ls "$RUN")" ]
	done
}

# A container whose ctrnet was killed.
dead_box() {
	local box
	box_start "$1"
	box=$BOX
	kill -KILL "$box"
	wait "$box" || true
}

@test "races: two deletes of one that is dead" {
	local file round
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		dead_box "$file"
		box 1 delete "$ID"
		box 2 delete "$ID"
		ended 1
		local first=$status
		ended 2
		case $first:$status in
		0:0) ;;
		0:1) says 2 'does not exist' ;;
		1:0) says 1 'does not exist' ;;
		*) echo "round $round: $first $status $(cat "$T"/err.*)"; return 1 ;;
		esac
		[ -z "$(ls "$RUN")" ]
	done
}

@test "races: exec of one that is dead, and delete" {
	local file round
	file=$(config attach_to_bridge .)
	for round in $(seq 20); do
		dead_box "$file"
		box 1 exec "$ID" /bin/true
		[ $((round % 2)) = 0 ] || sleep "0.00$((round % 10))"
		box 2 delete "$ID"
		ended 1
		[ "$status" = 0 ] || { [ "$status" = 255 ] && says 1 'does not exist'; } || { echo "round $round: $status $(cat "$T/err.1")"; return 1; }
		ended 2
		[ "$status" = 0 ] || says 2 'does not exist|is running' || { echo "round $round: $status $(cat "$T/err.2")"; return 1; }
		[ -z "$(ls "$RUN")" ]
	done
}

# box_start, and then two commands at it at once, the second of them a little later in each round. $1: what may be said by both.
at_once() {
	local may=$1 first=$2 second=$3 file round box
	file=$(config minimal '.cgroups = {parent: "ctrnet"}')
	for round in $(seq 12); do
		box_start "$file"
		box=$BOX
		# shellcheck disable=SC2086 # words
		box 1 ${first//ID/$ID}
		[ $((round % 3)) = 0 ] || sleep "0.00$((round % 10))"
		# shellcheck disable=SC2086 # words
		box 2 ${second//ID/$ID}
		ended 1
		[ "$status" = 0 ] || says 1 "^ctrnet: [a-z]+: container '$ID' $may\$" || { echo "round $round: $status $(cat "$T/err.1")"; return 1; }
		ended 2
		[ "$status" = 0 ] || { echo "round $round: $status $(cat "$T/err.2")"; return 1; }
		ctrnet delete --force "$ID"
		wait "$box" || [ $? = 137 ]
		[ ! -s "$T/box.err" ]
		[ -z "$(ls "$RUN")" ]
	done
}

@test "races: update and kill" {
	at_once '(is not running|does not exist)' 'update --memory 64m --pids-limit 99 ID' 'kill --signal KILL ID'
}

@test "races: pause and delete --force" {
	at_once '(is not running|does not exist)' 'pause ID' 'delete --force ID'
}
