#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net set`: of a network that runs just what is named changes, in the kernel, in the config and in the journal.

load lib
load net

# What there is of shaping and of the links, without counters.
shaped() {
	tc -j qdisc show | jq -S 'map(select(.dev != "ctrother") | del(.refcnt)) | sort_by(.dev, .handle)'
	box_net tc -j qdisc show | jq -S 'map(del(.refcnt)) | sort_by(.dev, .handle)'
	picture
}

remember() {
	wait_for 5 settled
	shaped >"$T/shaped.before"
}

as_before() {
	shaped >"$T/shaped.after"
	diff "$T/shaped.before" "$T/shaped.after" >"$T/shaped.diff"
}

pair() {
	config minimal '.networks += [{type: "veth", bridge: "ctrbr0", bridge_address: "10.65.0.1/24", address: "10.65.0.2/24",
		ipv6_address: "fd65::2/64", gateway: "10.65.0.1"} + $more]' --argjson more "${1:-{\}}"
}

set_net() {
	run ctrnet net set "$ID" "$@"
	assert_status 0
	assert_output ''
}

# root DIRECTION: the root qdisc that is ctrnet's, at the end where it shapes.
egress() {
	box_net tc -j qdisc show dev eth0 | jq -c '.[] | select(.root and .handle == "ce:") | {kind, rate: .options.rate, burst: .options.burst}'
}

ingress() {
	tc -j qdisc show dev "$(host_end)" | jq -c '.[] | select(.root and .handle == "ce:") | {kind, rate: .options.rate, burst: .options.burst}'
}

@test "net set: rates of both directions come, change, and go" {
	box_start "$(pair)"
	remember
	set_net eth0 rate=10mbit
	assert_json "$(egress)" '.kind == "tbf" and .rate == 1250000'
	[ -z "$(ingress)" ]
	assert_untouched
	set_net eth0 rate=20mbit ingress.rate=5mbit ingress.burst=20kb
	assert_json "$(egress)" '.rate == 2500000'
	assert_json "$(ingress)" '.kind == "tbf" and .rate == 625000'
	assert_untouched
	assert_json "$(ctrnet state "$ID")" '.config.networks[1].shaping | .egress.rate == "20mbit" and .ingress.rate == "5mbit"'
	# What is mended is what holds now.
	box_net tc qdisc del dev eth0 root
	run ctrnet net repair "$ID"
	assert_status 0
	assert_json "$(egress)" '.rate == 2500000'
	set_net eth0 rate=20mbit ceil=40mbit
	assert_json "$(egress)" '.kind == "htb"'
	assert_untouched
	set_net eth0 rate=none ceil=none ingress.rate=none ingress.burst=
	assert_untouched
	as_before || { cat "$T/shaped.diff"; return 1; }
	box_stop
}

@test "net set: the link's own: mtu, MAC, queue length, down and up" {
	box_start "$(pair)"
	remember
	set_net eth0 mtu=1400 mac_address=02:00:00:00:65:01 txqueuelen=77
	assert_json "$(box_net ip -j link show dev eth0)" '.[0] | .mtu == 1400 and .address == "02:00:00:00:65:01" and .txqlen == 77'
	assert_json "$(ip -j link show dev "$(host_end)")" '.[0] | .mtu == 1400 and .txqlen == 77'
	assert_untouched
	box_net ip link set eth0 mtu 1300
	ctrnet net repair "$ID"
	assert_json "$(box_net ip -j link show dev eth0)" '.[0].mtu == 1400'
	run ctrnet net set "$ID" eth0 up=false
	assert_status 2
	assert_output 'ctrnet: net: networks[1]: up: a link that stays down has no gateway and no routes'
	ctrnet net attach "$ID" type=veth address=10.66.0.2/24 ipv6_address=fd66::2/64
	set_net eth1 up=false
	assert_json "$(box_net ip -j link show dev eth1)" '.[0] | .flags | index("UP") == null'
	assert_untouched
	set_net eth1 up=true
	assert_json "$(box_net ip -j addr show dev eth1)" '.[0] | (.flags | index("UP")) and (.addr_info | any(.local == "fd66::2"))'
	assert_untouched
	box_stop
}

@test "net set: up, where it was down from the start, and down again" {
	box_start "$(config minimal '.networks += [{type: "veth", address: "10.66.0.2/24", ipv6_address: "fd66::2/64", up: false}]')"
	set_net eth0 up=true
	assert_json "$(box_net ip -j addr show dev eth0)" '.[0] | (.flags | index("UP")) and (.addr_info | any(.local == "fd66::2"))'
	assert_untouched
	set_net eth0 up=false
	assert_untouched
	box_net ip link set eth0 up
	run ctrnet net check "$ID"
	assert_status 1
	ctrnet net repair "$ID"
	assert_json "$(box_net ip -j link show dev eth0)" '.[0] | .flags | index("UP") == null'
	box_stop
}

@test "net set: where nothing is on the host, what is received goes over an ifb, which comes and goes" {
	box_start "$(config minimal '.networks += [{type: "tap", name: "eth0", address: "10.65.0.2/24"}]')"
	remember
	set_net eth0 ingress.rate=5mbit
	assert_json "$(box_net tc -j qdisc show dev rx-eth0)" 'any(.kind == "tbf" and .options.rate == 625000)'
	assert_untouched
	set_net eth0 ingress.rate=6mbit rate=1mbit
	assert_json "$(box_net tc -j qdisc show dev rx-eth0)" 'any(.kind == "tbf" and .options.rate == 750000)'
	assert_untouched
	set_net eth0 ingress.rate=none
	assert_json "$(egress)" '.kind == "tbf" and .rate == 125000'
	assert_untouched
	set_net eth0 rate=none
	as_before || { cat "$T/shaped.diff"; return 1; }
	box_stop
}

@test "net set: what cannot be is refused in one line, and all is as it was" {
	local words given
	box_start "$(pair '{"shaping": {"egress": {"rate": "1mbit"}}}')"
	remember
	while IFS='|' read -r words given; do
		eval "run ctrnet net set \"\$ID\" eth0 $given"
		assert_status 2
		assert_output "ctrnet: net: $words"
		as_before || { cat "$T/shaped.diff"; return 1; }
	done <<-'EOF'
		mtu: '99999': expected a number from 68 to 65535|mtu=99999
		networks[1]: mtu: IPv6 needs at least 1280, and here it is 1000|mtu=1000
		shaping.egress.rat: unknown key; did you mean 'rate'? (what can be changed besides: mtu, txqueuelen, mac_address, up)|rat=1mbit
		shaping.egress.name: unknown key (what can be changed besides: mtu, txqueuelen, mac_address, up)|name=eth9
		shaping.egress.slot.no: unknown key|slot.no=1
		'rate': expected KEY=VALUE, as in rate=10mbit|rate
		networks[1]: shaping.egress: ceil: 500kbit is below the rate, 1mbit|mtu=1400 ceil=500kbit
		up: 'maybe': expected true or false|mtu=1400 up=maybe
	EOF
	# The kernel's own no: all that came before it is taken back.
	run ctrnet net set "$ID" eth0 txqueuelen=55 rate=2mbit mac_address=03:00:00:00:00:01
	assert_status 2
	[ "${#lines[@]}" = 1 ]
	as_before || { cat "$T/shaped.diff"; return 1; }
	assert_untouched
	run ctrnet net set "$ID" eth7 rate=1mbit
	assert_output "ctrnet: net: no network of the container has the name 'eth7' (there are eth0)"
	box_stop
}
