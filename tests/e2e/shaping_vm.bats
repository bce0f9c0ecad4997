#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How late and how badly packets get through: needs a kernel with netem, as Debian's.

load lib
load shaping

need_netem() {
	has_netem || skip "this kernel has no netem"
}

# From the host, whose ping(8) sends them quickly: 200 in a second.
ping_stats() {
	ping -q -c "$1" -i 0.005 -W 1 172.30.4.2
}

# bats test_tags=net
@test "netem: each key, as tc shows it, and typed in by hand it is the same" {
	need_netem
	local all='{"delay": "20ms", "jitter": "2ms", "distribution": "normal", "correlation": "25%", "loss": "1%", "loss_correlation": "5%",
		"duplicate": "2%", "duplicate_correlation": "6%", "reorder": "25%", "reorder_correlation": "50%", "gap": 5, "corrupt": "0.1%",
		"corrupt_correlation": "7%", "slot": {"min": "1ms", "max": "3ms", "packets": 4, "bytes": 6000}, "limit": 777}' got
	box_start "$(shaped "$all" '{"loss": {"gemodel": {"p": "1%", "r": "10%", "h": "30%", "k": "99%"}}}')"
	tree
	got=$(inside_qdiscs)
	assert_json "$got" 'map(.kind) == ["netem"] and .[0].handle == "ce:" and (.[0].options.limit == 777)'
	assert_json "$got" 'def near($x): . > $x * 0.9999 and . < $x * 1.0001; .[0].options | (.delay.delay | near(0.02)) and (.delay.jitter | near(0.002))
		and (.delay.correlation | near(0.25)) and (."loss-random".loss | near(0.01)) and (."loss-random".correlation | near(0.05))
		and (.duplicate.duplicate | near(0.02)) and (.duplicate.correlation | near(0.06)) and (.reorder.reorder | near(0.25)) and (.reorder.correlation | near(0.5))
		and (.corrupt.corrupt | near(0.001)) and (.corrupt.correlation | near(0.07)) and .gap == 5
		and (.slot."min-delay" | near(0.001)) and (.slot."max-delay" | near(0.003)) and .slot.packets == 4 and .slot.bytes == 6000'
	got=$(host_qdiscs)
	assert_json "$got" 'def near($x): . > $x * 0.9999 and . < $x * 1.0001; .[0].options."loss-gemodel" | (.p | near(0.01)) and (.r | near(0.1))
		and (."1-h" | near(0.7)) and (."1-k" | near(0.01))'
	# The kernel does not tell of a distribution.
	assert_json "$(ctrnet net show --json "$ID")" '.[0].interfaces[1].shaping.egress | del(.dropped, .backlog) == ($all | del(.distribution))' --argjson all "$all"
	assert_json "$(ctrnet net show --json "$ID")" '.[0].interfaces[1].shaping.ingress.loss == {gemodel: {p: "1%", r: "10%", h: "30%", k: "99%"}}'
	box_stop
	same_by_hand "$(shaped "$all" '{"loss": {"gemodel": {"p": "33.3%"}}, "rate": "10mbit", "delay": "1500us"}')"
	same_by_hand "$(shaped '{"delay": "100s", "slot": {"delay": "5ms", "jitter": "1ms", "distribution": "pareto", "packets": 3}}' \
		'{"rate": "1mbit", "ceil": "2mbit", "delay": "10ms", "jitter": "5ms", "distribution": "paretonormal"}')"
}

# bats test_tags=net
@test "netem: a delay in both directions" {
	need_netem
	local rtt
	box_start "$(shaped '{"delay": "40ms"}' '{"delay": "20ms"}')"
	rtt=$(ping -c 3 -i 0.2 172.30.4.2 | sed -nE 's|^rtt .* = ([0-9]+)\..*|\1|p')
	echo "rtt: $rtt ms"
	[ "$rtt" -ge 60 ]
	box_stop
}

# bats test_tags=net
@test "netem: loss, of both kinds, and duplicates" {
	need_netem
	local out gone
	box_start "$(shaped '{"loss": "100%"}')"
	out=$(ping_stats 20) || true
	[[ $out == *' 0 received'* ]]
	box_stop
	# Out of 1000, a tenth: 5 standard deviations are 47.
	box_start "$(shaped '{}' '{"loss": "10%"}')"
	out=$(ping_stats 1000)
	echo "$out"
	gone=$((1000 - $(sed -nE 's/.* ([0-9]+) received.*/\1/p' <<<"$out")))
	[ "$gone" -ge 50 ] && [ "$gone" -le 150 ]
	assert_json "$(host_qdiscs)" '.[0].drops >= $gone' --argjson gone "$gone"
	box_stop
	# In the bad state for half of the time, and then all are lost.
	box_start "$(shaped '{}' '{"loss": {"gemodel": {"p": "20%", "r": "20%"}}}')"
	out=$(ping_stats 600)
	echo "$out"
	gone=$((600 - $(sed -nE 's/.* ([0-9]+) received.*/\1/p' <<<"$out")))
	[ "$gone" -ge 150 ] && [ "$gone" -le 450 ]
	box_stop
	box_start "$(shaped '{"duplicate": "100%"}')"
	out=$(ping_stats 20)
	[[ $out == *' 20 received, +19 duplicates'* || $out == *' 20 received, +20 duplicates'* ]]
	box_stop
}

# bats test_tags=net
@test "netem: below a rate" {
	need_netem
	local rtt begin ms
	box_start "$(shaped '{"rate": "8mbit", "burst": "16kb", "delay": "30ms"}')"
	assert_json "$(inside_qdiscs)" 'map(.kind) == ["tbf", "netem"] and .[1].parent == "ce:1"'
	rtt=$(ping -c 3 -i 0.2 172.30.4.2 | sed -nE 's|^rtt .* = ([0-9]+)\..*|\1|p')
	[ "$rtt" -ge 30 ]
	mkfifo "$T/silence"
	busybox nc -l -p 7001 <>"$T/silence" >"$T/received" 3>&- &
	sleep 1
	begin=$(date +%s%N)
	box_all /bin/sh -c "head -c 500000 /dev/zero | nc -w 60 172.30.4.1 7001"
	wait $!
	ms=$((($(date +%s%N) - begin) / 1000000))
	echo "500000 bytes in $ms ms"
	[ "$ms" -ge 480 ]
	[ "$(stat -c %s "$T/received")" = 500000 ]
	run inside_qdiscs
	assert_json "$output" '.[0].overlimits > 0 and .[0].backlog == 0 and .[0].qlen == 0 and .[1].qlen == 0'
	box_stop
}

# bats test_tags=net
@test "netem: a seed, or that this kernel takes none" {
	need_netem
	local file
	file=$(shaped '{"loss": "1%", "seed": 4242424242}')
	if unshare --net sh -c 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms && tc -j qdisc show dev lo' | grep -q '"seed"'; then
		box_start "$file"
		assert_json "$(inside_qdiscs)" '.[0].options.seed == 4242424242'
		box_stop
	else
		run ctrnet_run "$file" -- /bin/true
		assert_status 255
		assert_output "ctrnet: exec: networks[1] (eth0): shaping.egress.seed: this kernel's netem takes none (Linux 6.6 does)"
	fi
}
