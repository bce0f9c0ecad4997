#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How fast packets get through, in each direction: looked at by tc(8), and measured.

load lib
load refuse
load shaping

BYTES=600000

# elapsed CMD...: sets MS to how long it took.
elapsed() {
	local begin
	begin=$(date +%s%N)
	"$@"
	MS=$((($(date +%s%N) - begin) / 1000000))
}

listening() {
	"${@:2}" ss -Hltn "sport = :$1" | grep -q .
}

# From the container to the host: until the host has it all. Whoever listens says nothing, and keeps its side open: nc ends when
# the other has closed its own.
send_out() {
	[ -p "$T/silence" ] || mkfifo "$T/silence"
	"$ROOT/bin/busybox" nc -l -p 7001 <>"$T/silence" >"$T/received" 3>&- &
	wait_for 10 listening 7001
	box_all /bin/sh -c "head -c $BYTES /dev/zero | nc -w 60 172.30.4.1 7001"
	wait $!
	[ "$(stat -c %s "$T/received")" = "$BYTES" ]
}

send_in() {
	local receiver
	[ -p "$T/silence" ] || mkfifo "$T/silence"
	box_all /bin/sh -c 'nc -l -p 7002 | wc -c' <>"$T/silence" >"$T/received" 3>&- &
	receiver=$!
	wait_for 10 listening 7002 box_net
	head -c $BYTES /dev/zero | "$ROOT/bin/busybox" nc -w 60 172.30.4.2 7002
	wait "$receiver"
	[ "$(tr -d ' \n' <"$T/received")" = "$BYTES" ]
}

# bats test_tags=net
@test "shaping: the sample, in both directions" {
	box_start "$SHAPED"
	run inside_qdiscs
	assert_json "$output" 'length == 1 and .[0].kind == "tbf" and .[0].root and .[0].handle == "ce:"'
	assert_json "$output" '.[0].options | .rate == 1250000 and (.burst | . >= 32767 and . <= 32768)'
	run host_qdiscs
	assert_json "$output" 'map(.kind) == ["htb", "bfifo"] and .[1].parent == "ce:1"'
	run tc class show dev ctrshape0
	[[ $output == *'htb ce:1 root leaf cf: prio 0 rate 20Mbit ceil 100Mbit burst 64Kb cburst 125000b'* ]]
	run box_all /bin/ping -c 1 -W 2 172.30.4.1
	assert_status 0
	box_stop
}

# bats test_tags=net
@test "shaping: a rate is no faster than it says, and only in its direction" {
	# Half a megabyte and more, at one each second, but for the first 16 kB of it.
	local least=$((BYTES * 1000 / 1000000 - 30))
	box_start "$(shaped '{"rate": "8mbit", "burst": "16kb"}')"
	elapsed send_out
	echo "out: $MS ms"
	[ "$MS" -ge "$least" ]
	run inside_qdiscs
	assert_json "$output" '.[0].bytes >= $least and .[0].overlimits > 0' --argjson least $BYTES
	run host_qdiscs
	assert_json "$output" 'all(.kind != "tbf")'
	box_stop

	box_start "$(shaped '{}' '{"rate": "8mbit", "burst": "16kb"}')"
	elapsed send_in
	echo "in: $MS ms"
	[ "$MS" -ge "$least" ]
	run host_qdiscs
	assert_json "$output" '.[0].kind == "tbf" and .[0].bytes >= $least and .[0].overlimits > 0' --argjson least $BYTES
	run inside_qdiscs
	assert_json "$output" 'all(.kind != "tbf")'
	box_stop
}

@test "shaping: a ceil lets a burst go faster, and no more than that" {
	# All but the burst, which is a third, at the rate.
	local least=$(((BYTES - 200000) * 1000 / 1000000 - 100))
	box_start "$(shaped '{"rate": "8mbit", "ceil": "400mbit", "burst": "200000"}')"
	elapsed send_out
	echo "out: $MS ms"
	[ "$MS" -ge "$least" ]
	run box_net tc -j -s class show dev eth0
	[[ $output == *'htb ce:1'* ]]
	box_stop
}

@test "shaping: beyond 32 bits of bytes per second" {
	box_start "$(shaped '{"rate": "34359738368bit", "burst": "1mb"}' '{"rate": "100gbit", "ceil": "1tbit", "burst": "2mb"}')"
	run inside_qdiscs
	assert_json "$output" '.[0].options.rate == 4294967296'
	run tc class show dev ctrshape0
	[[ $output == *' rate 100Gbit ceil 1Tbit '* ]]
	run box_all /bin/ping -c 1 -W 2 172.30.4.1
	assert_status 0
	box_stop
}

# bats test_tags=net
@test "shaping: typed in by hand, it is the same" {
	same_by_hand "$SHAPED"
	same_by_hand "$(shaped '{"rate": "12345678bit", "burst": "1514", "limit": 100}' '{"rate": "100gbit", "burst": "1mb"}')"
	same_by_hand "$(shaped '{"rate": "10mbit", "ceil": "10mbit", "limit": 7}' '{"rate": "1kbit"}')"
}

@test "shaping: at a bridge, in a user namespace, and of several interfaces" {
	local file
	file=$(config attach_to_bridge '(.networks[] | select(.type == "veth")).shaping = {egress: {rate: "5mbit"}, ingress: {rate: "6mbit"}}
		| .networks += [{type: "veth", name: "wan", host_interface_name: "ctrwan", shaping: {ingress: {rate: "7mbit"}}}]')
	box_start "$file"
	assert_json "$(inside_qdiscs)" '.[0].options.rate == 625000'
	assert_json "$(tc -j qdisc show dev ctrveth0)" '.[0].options.rate == 750000'
	assert_json "$(tc -j qdisc show dev ctrwan)" '.[0].options.rate == 875000'
	run box_all /bin/ping -c 1 -W 2 172.30.0.1
	assert_status 0
	box_stop

	file=$(config userns '(.networks[] | select(.type == "veth")) += {host_interface_name: "ctrshape0",
		shaping: {egress: {rate: "5mbit"}, ingress: {rate: "6mbit", ceil: "7mbit"}}}')
	box_start "$file"
	assert_json "$(inside_qdiscs)" '.[0].options.rate == 625000'
	run tc class show dev ctrshape0
	[[ $output == *' rate 6Mbit ceil 7Mbit '* ]]
	box_stop
}

@test "shaping: a link without an end on the host, over an ifb" {
	local file least=$((BYTES * 1000 / 1000000 - 30))
	file=$(config "$SHAPED" '.networks[1] = {type: "macvlan", name: "eth0", parent: "ctrup0", mode: "bridge", address: "172.30.4.2/30",
		shaping: {egress: {rate: "9mbit"}, ingress: {rate: "8mbit", burst: "16kb"}}}')
	! "$CTRNET" config "$file" 2>&1 | grep -q "unknown type" || skip "this build has no macvlan"
	ip link add ctrup0 type veth peer name ctrup1
	ip link set ctrup0 up
	ip link set ctrup1 up
	ip addr add 172.30.4.1/30 dev ctrup1
	box_start "$file"
	assert_json "$(inside_qdiscs)" 'map(.kind) == ["tbf", "ingress"] and .[0].options.rate == 1125000'
	elapsed send_in
	echo "in: $MS ms"
	[ "$MS" -ge "$least" ]
	assert_json "$(box_net tc -j -s qdisc show dev rx-eth0)" '.[0].kind == "tbf" and .[0].bytes >= $least and .[0].overlimits > 0' --argjson least $BYTES
	box_stop
	ip link delete ctrup0
}

@test "shaping: in a namespace that is joined, nothing of it stays" {
	local file before
	ip netns add "$ID"
	before=$(ip netns exec "$ID" tc qdisc)
	file=$(config "$SHAPED" '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end) | del(.networks[0])' --arg path "/run/netns/$ID")
	box_start "$file"
	assert_json "$(ip netns exec "$ID" tc -j qdisc show dev eth0)" '.[0].kind == "tbf"'
	box_stop
	[ "$(ip netns exec "$ID" tc qdisc)" = "$before" ]
	run ip netns exec "$ID" ip -o link show
	[ "$(wc -l <<<"$output")" = 1 ]
	ip netns delete "$ID"
}

# All that tc says of shaping, of both sides, without what is counted and given out anew.
all_trees() {
	local side
	for side in '' box_net; do
		$side tc qdisc show
		for link in $($side ip -j link | jq -r '.[].ifname'); do
			$side tc class show dev "$link"
			$side tc filter show dev "$link" ingress
		done
	done | sed -E 's/direct_packets_stat [0-9]+|index [0-9]+//g' | grep -v noqueue
}

# replaced NSENTER LINK...: what somebody puts into the place of ours is named, and goes with a repair.
replaced() {
	local side=$1 link where
	for link in "${@:2}"; do
		for where in 'root pfifo limit 7' 'root handle 7: htb' 'parent ce:1 pfifo limit 7'; do
			# In a tbf's place for another one there may be none of ours.
			[[ $where != parent* ]] || $side tc qdisc show dev "$link" | grep -q ' cf: ' || continue
			# shellcheck disable=SC2086 # words
			$side tc qdisc replace dev "$link" $where
			run ctrnet net check "$ID"
			assert_status 1
			[[ $output == *" on $link"* ]]
			run ctrnet net repair "$ID"
			assert_status 0
			[ "$(all_trees)" = "$TREES" ] || { echo "$link: $where"; diff <(echo "$TREES") <(all_trees); return 1; }
		done
	done
}

@test "shaping: repaired, where somebody's disciplines are in the place of ours, at each link" {
	local config one='{"rate": "10mbit"}' two='{"rate": "10mbit", "ceil": "20mbit"}'
	for config in "$(shaped "$one" "$two")" "$(shaped "$two" "$one")"; do
		box_start "$config"
		TREES=$(all_trees)
		replaced '' ctrshape0
		replaced box_net eth0
		box_stop
	done
	box_start "$(config minimal '.networks += [{type: "tap", name: "a", shaping: {ingress: {rate: "1mbit"}, egress: {rate: "2mbit"}}},
		{type: "tap", name: "b", shaping: {ingress: {rate: "1mbit", ceil: "2mbit"}}}]')"
	TREES=$(all_trees)
	replaced box_net a rx-a rx-b
	# What is received: another discipline, and another filter in ours, which may stay.
	box_net tc qdisc del dev a ingress
	box_net tc qdisc add dev a clsact
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(all_trees)" = "$TREES" ]
	box_net tc filter del dev a ingress
	box_net tc filter add dev a ingress prio 9 u32 match u32 0 0 action mirred egress redirect dev rx-b
	run ctrnet net repair "$ID"
	assert_status 0
	box_net tc -j filter show dev a ingress | jq -e '[.[].options.actions[]?.to_dev] == ["rx-a", "rx-b"]'
	run ctrnet net check "$ID"
	assert_status 0
	assert_output ''
	box_stop
}

@test "shaping: without netem, impairments are refused by name, and nothing is left" {
	! has_netem || skip "this kernel has netem"
	local key before
	before=$(snap_links)
	for key in 'delay "20ms"' 'loss "1%"' 'duplicate "1%"' 'corrupt "1%"'; do
		run ctrnet_run "$(shaped "{\"${key% *}\": ${key#* }}")" -- /bin/true
		assert_status 255
		assert_output "ctrnet: exec: networks[1] (eth0): shaping.egress.${key% *}: this kernel has no netem (kernel: Specified qdisc kind is unknown)"
		[ "$(snap_links)" = "$before" ]
	done
	# Behind what it stands in, and on the host's side.
	run ctrnet_run "$(shaped '{"rate": "1mbit"}' '{"rate": "1mbit", "slot": {"min": "1ms"}}')" -- /bin/true
	assert_status 255
	assert_output 'ctrnet: exec: networks[1] (eth0): shaping.ingress.slot: this kernel has no netem (kernel: Specified qdisc kind is unknown)'
	[ "$(snap_links)" = "$before" ]
}

# shaping OBJECT LINE: as networks[1].shaping it is refused so.
shaping() {
	refuses ".networks[1].shaping = $1" "$2"
}

@test "bad shaping" {
	local at='FILE:L:C: networks[1].shaping' here='FILE: networks[1]: shaping'
	shaping '[]' "$at: expected an object, found an array"
	shaping '{egress: {rate: "0"}}' "$at.egress.rate: '0': a rate must be above 0"
	shaping '{egress: {rate: "10mbits"}}' "$at.egress.rate: '10mbits': unknown unit 'mbits' of a rate (did you mean 'mbit'?)"
	shaping '{egress: {rate: "fast"}}' "$at.egress.rate: 'fast': expected a rate, as in 10mbit"
	shaping '{egress: {loss: "150%"}}' "$at.egress.loss: '150%' is more than 100%"
	shaping '{egress: {delay: "20"}}' "$at.egress.delay: '20': a time needs its unit, as in 20ms"
	shaping '{egress: {delay: "300s"}}' "$at.egress.delay: '300s' is more than 274s"
	shaping '{egress: {jitter: "2ms"}}' "$here.egress: jitter: there is no delay that could vary"
	shaping '{egress: {delay: "2ms", correlation: "25%"}}' "$here.egress: correlation: there is no jitter that could be correlated"
	shaping '{egress: {duplicate_correlation: "25%"}}' "$here.egress: duplicate_correlation: there is no duplicate that could be correlated"
	shaping '{egress: {delay: "2ms", jitter: "1ms", distribution: "gauss"}}' "$at.egress.distribution: unknown value \"gauss\" (known: uniform, normal, pareto, paretonormal)"
	shaping '{ingress: {rate: "10mbit", ceil: "5mbit"}}' "$here.ingress: ceil: 5mbit is below the rate, 10mbit"
	shaping '{ingress: {rate: "10mbit", burst: "1500"}}' "$here.ingress: burst: 1500b is less than a packet (1514 bytes): none of that size would ever leave"
	shaping '{ingress: {burst: "15kb"}}' "$here.ingress: burst: there is no rate"
	shaping '{egress: {rat: "10mbit"}}' "$at.egress.rat: unknown key; did you mean 'rate'?"
	shaping '{egres: {}}' "$at.egres: unknown key; did you mean 'egress'?"
	refuses '.networks[0].shaping = {egress: {rate: "1mbit"}}' "FILE: networks[0]: shaping: type loopback makes no link that could be shaped"
	refuses '.networks += [{type: "netns", ns_path: "/run/netns/x", shaping: {egress: {rate: "1mbit"}}}] | .namespaces |= map(select(.type != "NEWNET"))' \
		"FILE: networks[2]: shaping: type netns makes no link that could be shaped"
}
