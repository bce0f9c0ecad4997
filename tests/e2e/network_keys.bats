#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Keys that all networks have in common, seen by ip(8): addresses with all that is said of them, and links.

load lib
load refuse

# address_is IP FILTER: of that address of eth0 the filter is true.
address_is() {
	local found
	found=$(box_net ip -j -d addr show dev eth0 | jq --arg ip "$1" '[.[0].addr_info[] | select(.local == $ip)]')
	assert_json "$found" 'length == 1'
	assert_json "$found" ".[0] | $2"
}

@test "addresses: peer, scope, label and lifetimes, IPv4 and IPv6" {
	box_start "$(config attach_to_bridge '.networks[1].addresses = ["10.1.1.1/24",
		{address: "10.1.0.2/32", peer: "10.1.0.1"},
		{address: "10.2.0.2/24", scope: "link", label: "eth0:two"},
		{address: "10.3.0.2/24", valid_lft: 5000, preferred_lft: 3000},
		{address: "fd00:3::2/64", valid_lft: 5000, preferred_lft: 3000},
		{address: "fd00:4::2/128", peer: "fd00:4::1"}]')"
	address_is 10.1.1.1 '.prefixlen == 24 and .label == "eth0" and .valid_life_time == 4294967295 and .scope == "global"'
	address_is 10.1.0.2 '.address == "10.1.0.1" and .prefixlen == 32'
	address_is 10.2.0.2 '.scope == "link" and .label == "eth0:two"'
	address_is 10.3.0.2 '.valid_life_time > 4900 and .valid_life_time <= 5000 and .preferred_life_time > 2900 and .preferred_life_time <= 3000'
	address_is fd00:3::2 '.valid_life_time > 4900 and .valid_life_time <= 5000 and .preferred_life_time <= 3000 and .nodad'
	address_is fd00:4::2 '.address == "fd00:4::1" and .prefixlen == 128'
	# The peer is a neighbour by its route.
	[ "$(box_net ip -j route get 10.1.0.1 | jq -r '.[0].dev')" = eth0 ]
	box_stop
}

@test "addresses: duplicate address detection where it is asked for, and who has the address already" {
	local file before
	file=$(config dual_stack '.networks[1].dad = true | .networks += [{type: "veth", name: "eth1", ipv6_address: "fd00:99::2/64"}]')
	box_start "$file"
	[ "$(box_net cat /proc/sys/net/ipv6/conf/eth0/accept_dad)" = 1 ]
	[ "$(box_net cat /proc/sys/net/ipv6/conf/eth1/accept_dad)" = 0 ]
	# It is over when the command starts.
	address_is fd5a:c7e1:30:1::2 '(.tentative | not) and (.dadfailed | not) and (.nodad | not)'
	# A second one with the same address on the same bridge is told.
	jq '.networks[1] |= (.address = "172.30.1.9/24" | del(.host_interface_name))' "$file" >"$T/second.json"
	run ctrnet exec --config "$T/second.json" --rootfs "$ROOT" --id "$ID-two" -- /bin/true
	box_stop
	[ "$status" != 0 ]
	[[ $output == *'networks[1] (eth0): address fd5a:c7e1:30:1::2/64 on eth0: somebody else has it'* ]]
}

# address ADDRESS LINE: as the only further one.
address() {
	refuses ".networks[1].addresses = [$1]" "$2"
}

@test "addresses: bad ones" {
	address '{peer: "10.1.0.1"}' "FILE:L:C: networks[1].addresses[0]: the key 'address' is missing"
	address '{address: "10.1.0.2"}' 'FILE:L:C: networks[1].addresses[0].address: 10.1.0.2: expected ADDRESS/PREFIX, as in 172.17.0.2/16'
	address '{address: "10.1.0.2/24", peer: "fd00::1"}' 'FILE: networks[1]: addresses[0]: peer: it is not an IPv4 address'
	address '{address: "10.1.0.2/24", peer: "10.1.0.1/24"}' \
		'FILE:L:C: networks[1].addresses[0].peer: 10.1.0.1/24: expected an address without a prefix length, as in 172.17.0.1'
	address '{address: "fd00::2/64", scope: "link"}' 'FILE: networks[1]: addresses[0]: scope: that of an IPv6 address follows from it'
	address '{address: "fd00::2/64", label: "eth0:1"}' 'FILE: networks[1]: addresses[0]: label: only IPv4 addresses have one'
	address '"10.9.0.1/24", {address: "10.1.0.2/24", valid_lft: 5, preferred_lft: 6}' \
		'FILE: networks[1]: addresses[1]: preferred_lft: an address is preferred no longer than it is valid'
	address '{address: "10.1.0.2/24", label: "sixteen-letters-"}' \
		'FILE:L:C: networks[1].addresses[0].label: "sixteen-letters-" is too long (at most 15 bytes)'
	address '{address: "10.88.0.2/16"}' 'FILE: networks[1]: address 10.88.0.2/16 is given twice'
	address '7' 'FILE:L:C: networks[1].addresses[0]: expected a string, found the number 7'
	accepts '.networks[1].addresses = [{address: "10.1.0.2/24", pere: "10.1.0.1"}]' \
		"warning: FILE:L:C: networks[1].addresses[0].pere: unknown key; did you mean 'peer'?"
}
