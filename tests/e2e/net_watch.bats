#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net watch`, beside what ip(8) changes.

load lib

@test "net watch: what ip(8) changes, until the container ends" {
	local watch json
	box_start attach_to_bridge
	ctrnet net watch "$ID" >"$T/lines" 3>&- &
	watch=$!
	ctrnet net watch --json "$ID" >"$T/json" 3>&- &
	json=$!
	wait_for 10 listening
	box_net ip link set eth0 mtu 1400
	box_net ip addr add 192.0.2.7/24 dev eth0
	box_net ip route add 198.51.100.0/24 via 192.0.2.1 metric 9
	box_net ip route del 198.51.100.0/24
	box_net ip addr del 192.0.2.7/24 dev eth0
	box_net ip -6 addr add fd00:9::1/64 dev eth0 nodad
	box_net ip -6 route add unreachable fd00:8::/64
	box_net ip link add dev dm0 type bridge
	box_net ip link delete dm0
	wait_for 10 grep -q 'deleted link .* dm0' "$T/lines"
	wait_for 10 grep -q '"gone":true.*dm0' "$T/json"
	grep -qE '^link 2: eth0 up mtu 1400 state up address ' "$T/lines"
	grep -qx 'address 192.0.2.7/24 dev eth0' "$T/lines"
	grep -qx 'route 198.51.100.0/24 via 192.0.2.1 dev eth0 metric 9' "$T/lines"
	grep -qx 'deleted route 198.51.100.0/24 via 192.0.2.1 dev eth0 metric 9' "$T/lines"
	grep -qx 'deleted address 192.0.2.7/24 dev eth0' "$T/lines"
	grep -qx 'address fd00:9::1/64 dev eth0' "$T/lines"
	grep -q '^route unreachable fd00:8::/64' "$T/lines"
	jq -se 'any(.event == "address" and .gone == false and .interface == "eth0" and .index == 2)' "$T/json"
	# A change of the host's is none of the container's.
	run ! grep -q ctrbr0 "$T/lines"
	box_stop
	wait "$watch"
	wait "$json"
}

# Both sockets of the watches are there: each is in five groups.
listening() {
	[ "$(box_net cat /proc/net/netlink | awk '$2 == 0 && $4 != "00000000"' | wc -l)" -ge 2 ]
}

@test "net watch: bad input" {
	run ctrnet net watch nobody
	assert_status 2
	assert_output "ctrnet: net: container 'nobody' does not exist"
	box_start "$(config minimal 'del(.networks) | .namespaces |= map(select(.type != "NEWNET"))')"
	run ctrnet net watch "$ID"
	assert_status 2
	assert_output "ctrnet: net: container '$ID' has the host's network"
	box_stop
}
