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
	local file
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

@test "links: queues, group, altnames and sysctl" {
	box_start "$(config attach_to_bridge '.networks[1] += {queues: 3, link_group: 77, altnames: ["a-name-longer-than-fifteen-bytes", "lan"],
		sysctl: {"ipv4.rp_filter": "2", "ipv6.accept_ra": "0", "ipv4.neigh.gc_stale_time": "77"}}')"
	run box_net ip -j -d link show dev eth0
	assert_json "$output" '.[0] | .num_tx_queues == 3 and .num_rx_queues == 3 and .group == "77"'
	assert_json "$output" '.[0].altnames == ["a-name-longer-than-fifteen-bytes", "lan"]'
	run ip -j -d link show dev ctrveth0
	assert_json "$output" '.[0] | .num_tx_queues == 3 and .num_rx_queues == 3 and .group == "206"'
	[ "$(box_net cat /proc/sys/net/ipv4/conf/eth0/rp_filter)" = 2 ]
	[ "$(box_net cat /proc/sys/net/ipv6/conf/eth0/accept_ra)" = 0 ]
	[ "$(box_net cat /proc/sys/net/ipv4/neigh/eth0/gc_stale_time)" = 77 ]
	[ "$(box_net cat /proc/sys/net/ipv6/conf/lo/accept_ra)" = 1 ]
	run box_net ip -j link show dev a-name-longer-than-fifteen-bytes
	assert_json "$output" '.[0].ifname == "eth0"'
	box_stop
}

@test "links: one that stays down" {
	box_start "$(config attach_to_bridge '.networks[1] |= (del(.gateway) | .up = false)')"
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0] | .operstate == "DOWN" and (.flags | index("UP") | not)'
	assert_json "$output" '[.[0].addr_info[].local] == ["172.30.0.2"]'
	box_stop
	# The loopback interface is up, whatever is said of it.
	box_start "$(config attach_to_bridge '.networks[0].up = false | .routes = [{destination: "10.9.0.0/16", interface_name: "lo"}]')"
	assert_json "$(box_net ip -j route show 10.9.0.0/16)" '.[0].dev == "lo"'
	box_stop
}

@test "links: without an mtu, that of the bridge" {
	ip link add ctrmtu address 02:00:00:00:07:01 mtu 1300 type bridge
	ip addr add 10.88.7.1/24 dev ctrmtu
	ip link set ctrmtu up
	local change='.networks[1] |= (.bridge = "ctrmtu" | del(.bridge_address) | .address = "10.88.7.2/24" | .gateway = "10.88.7.1" | .mtu = $mtu)'
	box_start "$(config attach_to_bridge "$change" --argjson mtu 0)"
	[ "$(box_net ip -j link show dev eth0 | jq '.[0].mtu')" = 1300 ]
	[ "$(ip -j link show dev ctrveth0 | jq '.[0].mtu')" = 1300 ]
	[ "$(ip -j link show dev ctrmtu | jq '.[0].mtu')" = 1300 ]
	box_stop
	box_start "$(config attach_to_bridge "$change" --argjson mtu 1280)"
	[ "$(box_net ip -j link show dev eth0 | jq '.[0].mtu')" = 1280 ]
	box_stop
	ip link delete ctrmtu
}

# link KEYS LINE: with these.
link() {
	refuses ".networks[1] += {$1}" "$2"
}

@test "links: bad keys" {
	link 'queues: 4097' 'FILE:L:C: networks[1].queues: 4097 is out of range (0 to 4096)'
	link 'link_group: -1' 'FILE:L:C: networks[1].link_group: -1 is out of range (0 to 4294967295)'
	link 'altnames: ["a/b"]' "FILE: networks[1]: altnames[0]: interface name 'a/b': no '/', ':', '%' or white space allowed"
	link 'altnames: ["x", "x"]' "FILE: networks[1]: altnames: 'x' is given twice"
	link 'altnames: [range(9) | tostring]' 'FILE: networks[1]: altnames: at most 8 are possible'
	link 'altnames: ["lo"]' "networks[1] (eth0): group and altnames of eth0: one of the names is taken"
	local like='expected a name as in ipv4.rp_filter, ipv6.accept_ra or ipv4.neigh.gc_stale_time' name
	for name in net.ipv4.ip_forward ipv4. ipv4/rp_filter ipv4.../../../kernel/core_pattern ipv4.neigh. ipv5.rp_filter; do
		link "sysctl: {\"$name\": \"0\"}" "FILE: networks[1]: sysctl: '$name': $like"
	done
	link 'sysctl: {"ipv4.rp_filter": 0}' 'FILE:L:C: networks[1].sysctl["ipv4.rp_filter"]: expected a string, found the number 0'
	link 'sysctl: {"ipv4.rp_filter": "0\n1"}' 'FILE: networks[1]: sysctl: ipv4.rp_filter: at most 63 bytes, and one line'
	link 'sysctl: {"ipv4.no_such": "0"}' \
		'networks[1] (eth0): sysctl net/ipv4/conf/eth0/no_such: /proc/sys/net/ipv4/conf/eth0/no_such: No such file or directory'
	link 'up: false' 'FILE: networks[1]: up: a link that stays down has no gateway and no routes'
	refuses '.networks[1] |= (del(.gateway) | .up = false) | .routes = [{destination: "10.90.0.0/16", interface_name: "eth0"}]' \
		"FILE: routes[0]: leads over 'eth0', which stays down (networks[1].up)"
	link 'up: "no"' 'FILE:L:C: networks[1].up: expected true or false, found a string "no"'
}
