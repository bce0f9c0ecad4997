#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net show`, beside what ip(8) tells.

load lib
load net

two_networks() {
	config dual_stack '.networks += [{type: "veth", name: "ptp", host_interface_name: "ctrptp", address: "10.79.0.2/30",
		host_address: "10.79.0.1/30", mtu: 1400, txqueuelen: 77}]'
}

# The interfaces as ip(8) has them, in the words of net show.
expected() {
	box_net ip -j -s -d addr | jq -S 'map({index: .ifindex, name: .ifname, mtu, txqueuelen: .txqlen, mac: (if .link_type == "loopback" then null else .address end),
		kind: .linkinfo.info_kind, state: (.operstate | ascii_downcase), up: (.flags | index("UP") != null),
		rx: {bytes: .stats64.rx.bytes, packets: .stats64.rx.packets}, tx: {bytes: .stats64.tx.bytes, packets: .stats64.tx.packets},
		addresses: [.addr_info[] | "\(.local)/\(.prefixlen)"] | sort})'
}

shown() {
	ctrnet net show --json "$ID" | jq -S '.[0].interfaces | map({index, name, mtu, txqueuelen, mac, kind, state, up, rx: (.rx | {bytes, packets}), tx: (.tx | {bytes, packets}),
		addresses: [.addresses[].address] | sort})'
}

same_interfaces() {
	diff <(expected) <(shown)
}

routes_expected() {
	{
		box_net ip -j -4 route show
		box_net ip -j -6 route show
	} | jq -s 'add | map("\(.dst) \(.gateway // "-") \(.dev) \(.prefsrc // "-") \(.metric // 0)") | sort'
}

routes_shown() {
	ctrnet net show --json "$ID" | jq '[.[0].interfaces[] | .name as $dev | .routes[] | select(.table == 254) |
		"\(.destination) \(.gateway // "-") \($dev) \(.source // "-") \(.metric)"] | sort'
}

@test "net show: as ip(8) has it" {
	box_start "$(two_networks)"
	wait_for 15 settled
	wait_for 10 same_interfaces
	diff <(routes_expected) <(routes_shown)
	run ctrnet net show --json "$ID"
	assert_json "$output" '.[0].id == $id' --arg id "$ID"
	assert_json "$output" '.[0].interfaces[] | select(.name == "eth0") | .peer == {index: $i, name: $to, bridge: "ctrbr1"}' \
		--arg to "$(host_end)" --argjson i "$(ip -j link show dev "$(host_end)" | jq '.[0].ifindex')"
	assert_json "$output" '.[0].interfaces[] | select(.name == "ptp") | .peer.name == "ctrptp" and .peer.bridge == null'
	assert_json "$output" '[.[0].interfaces[].addresses[] | select(.ours)] | length == 3'
	run ctrnet net show "$ID"
	assert_status 0
	grep -qE "^$ID +eth0 +2 +veth +up +1500 .* 172\.30\.1\.2/24,.* $(host_end)@ctrbr1 " <<<"$output"
	grep -qE "^$ID +default +172\.30\.1\.1 +eth0 " <<<"$output"
	box_stop
}

@test "net show: without an id all that run, and none that does not" {
	run ctrnet net show --json
	assert_status 0
	assert_output '[]'
	box_start attach_to_bridge
	run ctrnet net show -j
	assert_json "$output" 'length == 1 and .[0].id == $id' --arg id "$ID"
	box_stop
	run ctrnet net show
	assert_status 0
	[ "$(wc -l <<<"$output")" = 1 ]
}

@test "net show: one with the host's network has none of its own" {
	box_start "$(config minimal 'del(.networks) | .namespaces |= map(select(.type != "NEWNET"))')"
	run ctrnet net show -j "$ID"
	assert_status 0
	assert_json "$output" '.[0].host and .[0].interfaces == []'
	assert_untouched
	box_stop
}

@test "net show: a name that is neither text nor fit for a terminal" {
	box_start attach_to_bridge
	box_net ip link add $'br\xff' type bridge
	box_net ip link add $'br\x1b[1m' type bridge
	run ctrnet net show -j "$ID"
	assert_status 0
	assert_json "$output" '[.[0].interfaces[].name] | index("br?") and index("br\u001b[1m")'
	run ctrnet net show "$ID"
	[[ $output == *"br?[1m"* ]]
	box_net ip link set eth0 name $'eth\xff'
	run ctrnet net check -j "$ID"
	assert_status 1
	assert_json "$output" '.differences[0].found == "link '"'eth0' is called 'eth?'"'"'
	run ctrnet net repair "$ID"
	assert_status 0
	assert_untouched
	box_stop
}

# shaping WAY: that of eth0, "" for none.
shaping() {
	ctrnet net show --json "$ID" | jq -r --arg way "$1" '.[0].interfaces[] | select(.name == "eth0") | .shaping[$way] // "" | tostring'
}

@test "net show: shaping, in both directions, as tc(8) has it, and in the words of net set" {
	local words least shown most
	box_start "$SAMPLES/networks/shaping.json"
	assert_json "$(shaping egress)" '. == {rate: "10mbit", burst: "32kb", dropped: 0, backlog: 0}'
	assert_json "$(shaping ingress)" '. == {rate: "20mbit", ceil: "100mbit", burst: "64kb", dropped: 0, backlog: 0}'
	run ctrnet net show "$ID"
	grep -qE "^$ID +eth0 +egress +rate=10mbit burst=32kb +0 +0$" <<<"$output"
	grep -qE "^$ID +eth0 +ingress +rate=20mbit ceil=100mbit burst=64kb +0 +0$" <<<"$output"
	# Whoever set it.
	tc qdisc replace dev ctrshape0 root handle 5: tbf rate 8kbit burst 2kb limit 1
	assert_json "$(shaping ingress)" '.rate == "8kbit" and .burst == "2kb"'
	# More than the bucket holds, and nothing can wait.
	ping -q -c 4 -i 0.002 -s 1200 -W 1 172.30.4.2 >"$T/pings" || true
	# More may be dropped meanwhile.
	least=$(tc -j -s qdisc show dev ctrshape0 root | jq '.[0].drops')
	shown=$(shaping ingress | jq .dropped)
	most=$(tc -j -s qdisc show dev ctrshape0 root | jq '.[0].drops')
	[ "$least" -gt 0 ]
	[ "$least" -le "$shown" ]
	[ "$shown" -le "$most" ]
	box_net tc qdisc replace dev eth0 root handle 5: fq_codel || box_net tc qdisc replace dev eth0 root handle 5: pfifo
	[ -z "$(shaping egress)" ]
	# What is shown is what net set takes.
	box_net tc qdisc del dev eth0 root
	tc qdisc del dev ctrshape0 root
	ctrnet net repair "$ID"
	words=$(ctrnet net show "$ID" | sed -n "s/^$ID  *eth0  *ingress  *\(.*[^ ]\)  *0  *0$/\1/p")
	tc qdisc show dev ctrshape0 >"$T/before"
	tc class show dev ctrshape0 >>"$T/before"
	# shellcheck disable=SC2046,SC2086 # words
	ctrnet net set "$ID" eth0 $(printf 'ingress.%s ' $words)
	{
		tc qdisc show dev ctrshape0
		tc class show dev ctrshape0
	} | diff "$T/before" -
	box_stop
}

@test "net show: what a link without an end on the host receives is shaped in its ifb" {
	local file
	file=$(config "$SAMPLES/networks/shaping.json" '.networks[1] = {type: "macvlan", name: "eth0", parent: "ctrup0", mode: "bridge", address: "172.30.4.2/30",
		shaping: {egress: {rate: "9mbit"}, ingress: {rate: "8mbit"}}}')
	! "$CTRNET" config "$file" 2>&1 | grep -q "unknown type" || skip "this build has no macvlan"
	ip link add ctrup0 type veth peer name ctrup1
	ip link set ctrup0 up
	box_start "$file"
	assert_json "$(shaping egress)" '.rate == "9mbit"'
	assert_json "$(shaping ingress)" '.rate == "8mbit"'
	box_stop
	ip link delete ctrup0
}

@test "net show: JSON stands as far in as what is around it" {
	box_start attach_to_bridge
	ctrnet net show --json "$ID" >"$T/shown"
	diff <(jq --tab . "$T/shown") "$T/shown"
	box_stop
}
