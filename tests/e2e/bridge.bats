#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ports of bridges, on the host and in the container: what bridge(8) calls flags, and entries of the forwarding database, judged by
# it and by packets. VLANs, which this kernel may lack, are in bridge_vm.bats.

load lib
load net
load refuse
load bridge

# flag LINK FILTER: true of what the bridge knows of a port of the host's.
flag() {
	local json
	json=$(bridge -j -d link show dev "$1")
	assert_json "$json" ".[0] | $2"
}

@test "bridge: the sample bridge_ports, at both bridges" {
	local port
	box_start "$SAMPLES/networks/bridge_ports.json"
	port=$(host_end)
	flag "$port" '.isolated and .guard and .root_block and (.learning | not) and (.flood | not) and .mcast_flood and .bcast_flood'
	run box_net bridge -j -d link show
	assert_json "$output" 'any(.[]; .ifname == "port0" and .isolated) and any(.[]; .ifname == "port1" and .priority == 8 and .cost == 50 and (.isolated | not))'
	run bridge -j fdb show br ctrbr21
	assert_json "$output" 'any(.[]; .mac == "02:00:00:00:21:02" and .ifname == $port and .state == "static" and (.flags | index("sticky")))' --arg port "$port"
	run ip -j -d link show dev ctrbr21
	assert_json "$output" '.[0].linkinfo.info_data.stp_state == 0'
	# It floods nothing to the port, and knows the one MAC that is behind it.
	run box_all /bin/ping -c 1 -W 2 172.30.21.1
	assert_status 0
	box_stop
}

@test "bridge: each flag, off and on" {
	local flag
	for flag in learning flood mcast_flood bcast_flood mcast_to_unicast neigh_suppress guard root_block fastleave; do
		port_config "{isolated: false, bridge_port: {$flag: false}}, {isolated: true, bridge_port: {$flag: true}}"
		box_start "$FILE"
		flag "$(host_end eth0)" ".$flag == false and .isolated == false"
		flag "$(host_end eth1)" ".$flag == true and .isolated == true"
		assert_untouched
		box_stop
	done
}

@test "bridge: isolated ports reach the bridge, and not each other" {
	port_config '{isolated: true, address: "10.90.0.2/24"}'
	box_start "$FILE"
	run box_all /bin/ping -c 1 -W 2 10.90.0.1
	assert_status 0
	beside '{isolated: true, address: "10.90.0.3/24"}' /bin/ping -c 1 -W 1 10.90.0.2
	assert_status 1
	beside '{address: "10.90.0.4/24"}' /bin/ping -c 1 -W 2 10.90.0.2
	assert_status 0
	box_stop
}

@test "bridge: a MAC is where its entry says, whoever calls himself so" {
	port_config '{address: "10.90.0.2/24", mac_address: "02:00:00:00:90:02", fdb: [{mac: "02:00:00:00:90:02", sticky: true}]}'
	box_start "$FILE"
	beside '{address: "10.90.0.3/24", mac_address: "02:00:00:00:90:02"}' /bin/ping -c 1 -W 1 10.90.0.1
	run bridge -j fdb show br ctrport
	assert_json "$output" '[.[] | select(.mac == "02:00:00:00:90:02" and .state != "permanent") | .ifname] | unique == [$port]' --arg port "$(host_end)"
	run box_all /bin/ping -c 1 -W 2 10.90.0.1
	assert_status 0
	box_stop
}

@test "bridge: entries of a bridge in the container, of a vxlan, and of a link itself" {
	box_start "$(config minimal '.networks += [{type: "bridge"},
		{type: "ifb", master: "br0", fdb: [{mac_address: "02:00:00:00:00:31"}]},
		{type: "vxlan", id: 4100, port: 4100, master: "br0", remotes: ["10.70.0.11"], fdb: [
			{mac_address: "02:00:00:00:00:32", dst: "10.70.0.12", port: 4790, vni: 7},
			{dst: "10.70.0.13"}, {mac_address: "02:00:00:00:00:33", master: true}]},
		{type: "veth", fdb: [{mac_address: "02:00:00:00:00:34"}]}]')"
	run box_net bridge -j fdb show
	assert_json "$output" 'any(.[]; .mac == "02:00:00:00:00:31" and .ifname == "ifb0" and .master == "br0" and .state == "static")'
	assert_json "$output" 'any(.[]; .mac == "02:00:00:00:00:32" and .ifname == "vxlan0" and .dst == "10.70.0.12" and .port == 4790 and .vni == 7)'
	assert_json "$output" '[.[] | select(.mac == "00:00:00:00:00:00" and .ifname == "vxlan0") | .dst] | sort == ["10.70.0.11", "10.70.0.13"]'
	assert_json "$output" 'any(.[]; .mac == "02:00:00:00:00:33" and .ifname == "vxlan0" and .master == "br0")'
	assert_json "$output" 'any(.[]; .mac == "02:00:00:00:00:34" and .ifname == "eth0" and (.flags | index("self")))'
	assert_untouched
	box_stop
}

@test "bridge: each tampering with a port, an entry or the bridge is found and mended" {
	port_config '{isolated: true, bridge_port: {learning: false, cost: 50, priority: 9}, fdb: [
		{mac_address: "02:00:00:00:90:07", sticky: true}, {mac_address: "02:00:00:00:90:08"}, {mac_address: "02:00:00:00:90:09", self: true}]}' \
		'{type: "bridge"}, {type: "ifb", master: "br0", isolated: true, fdb: [{mac_address: "02:00:00:00:90:0a"}]},
		{type: "vxlan", id: 4101, port: 4101, fdb: [{mac_address: "02:00:00:00:90:0b", dst: "10.70.0.12"}]}'
	box_start "$FILE"
	assert_untouched
	ip link add ctrother type veth peer name ctrother1
	ip link set ctrother master ctrport
	tampered out 'bridge link set dev @ isolated off' "port '@': isolated is 0, not 1"
	tampered out 'bridge link set dev @ learning on' "port '@': learning is 1, not 0"
	tampered out 'bridge link set dev @ cost 7' "port '@': cost is 7, not 50"
	tampered out 'bridge link set dev @ priority 7' "port '@': priority is 7, not 9"
	tampered out 'ip link set @ nomaster' "link '@' is not the port of a bridge"
	tampered out 'bridge fdb del 02:00:00:00:90:07 dev @ master' 'no fdb entry 02:00:00:00:90:07 of @'
	tampered out 'bridge fdb replace 02:00:00:00:90:07 dev ctrother master static' 'no fdb entry 02:00:00:00:90:07 of @'
	tampered out 'bridge fdb replace 02:00:00:00:90:08 dev @ master dynamic' 'fdb entry 02:00:00:00:90:08 of @: it is not static'
	tampered out 'bridge fdb replace 02:00:00:00:90:08 dev @ master static sticky' 'fdb entry 02:00:00:00:90:08 of @: sticky is on, planned off'
	tampered out 'ip link set ctrport type bridge stp_state 1' "bridge 'ctrport': stp is on, planned off"
	tampered in 'bridge fdb del 02:00:00:00:90:09 dev eth0 self' 'no fdb entry 02:00:00:00:90:09 of eth0'
	tampered in 'bridge link set dev ifb0 isolated off' "port 'ifb0': isolated is 0, not 1"
	tampered in 'bridge fdb del 02:00:00:00:90:0a dev ifb0 master' 'no fdb entry 02:00:00:00:90:0a of ifb0'
	tampered in 'bridge fdb replace 02:00:00:00:90:0b dev vxlan0 dst 10.70.0.13' 'fdb entry 02:00:00:00:90:0b of vxlan0: dst is 10.70.0.13, planned 10.70.0.12'
	ip link delete ctrother
	box_stop
}

# vlan KEYS LINE: of a port of a bridge of the host's, with these keys.
vlan() {
	refuses ".networks[1] += {$1}" "$2"
}

# inner KEYS LINE: of a port of a bridge in the container.
inner() {
	refuses ".networks += [{type: \"bridge\", vlan_filtering: true}, {type: \"bridge\", name: \"plain\"}, {type: \"vrf\", table: 9}, {type: \"ifb\", $1}]" "$2"
}

@test "bridge: one of several networks at a bridge says that it tells VLANs apart" {
	local order
	for order in '{}, {vlan_filtering: true, vlan: 7}' '{vlan_filtering: true, vlan: 7}, {}'; do
		port_config "$order"
		run ctrnet_run "$FILE" --dry-run -- /bin/true
		assert_status 0
		[ "$(grep -c '^ip link add ctrport .* type bridge vlan_filtering 1$' <<<"$output")" = 1 ]
		[ "$(grep -c '^bridge vlan add dev .* vid 7 pvid untagged$' <<<"$output")" = 1 ]
	done
}

@test "bridge: bad VLANs" {
	local filter='vlan_filtering: true'
	for id in -1 0 4095 4096; do
		vlan "$filter, vlan: $id" "FILE:L:C: networks[1].vlan: $id is out of range (1 to 4094)"
		vlan "$filter, vlans: [$id]" "FILE:L:C: networks[1].vlans[0]: $id is out of range (1 to 4094)"
	done
	vlan "$filter, vlans: [\"20-4095\"]" 'FILE:L:C: networks[1].vlans[0]: 20-4095 is out of range (1 to 4094)'
	vlan "$filter, vlans: [\"30-20\"]" 'FILE:L:C: networks[1].vlans[0]: 30-20: the second id is below the first one'
	for text in x 10- -10 10-20-30 '' 1.5; do
		vlan "$filter, vlans: [\"$text\"]" "FILE:L:C: networks[1].vlans[0]: $text: expected a vlan's id or a range, as in 20-30"
	done
	vlan "$filter, vlans: [{pvid: true}]" "FILE:L:C: networks[1].vlans[0]: the key 'vid' is missing"
	vlan "$filter, vlans: [\"20-30\", 25]" 'FILE: networks[1]: vlans: 20-30 and 25 overlap'
	vlan "$filter, vlan: 10, vlans: [\"1-10\"]" 'FILE: networks[1]: vlans: 10 and 1-10 overlap'
	vlan "$filter, vlans: [{vid: 7, pvid: true}, {vid: 8, pvid: true}]" 'FILE: networks[1]: vlans: 7 and 8 are both the pvid, and a port has one'
	vlan "$filter, vlan: 7, vlans: [{vid: 8, pvid: true}]" 'FILE: networks[1]: vlans: 7 and 8 are both the pvid, and a port has one'
	vlan "$filter, vlans: [{vid: \"7-8\", pvid: true}]" 'FILE: networks[1]: vlans: 7-8: the pvid is one vlan, not a range'
	vlan 'vlan: 10' "networks[1] (eth0): vlan: the bridge 'ctrbr0' would be made without vlan_filtering"
	vlan 'vlans: 10' "networks[1] (eth0): vlans: the bridge 'ctrbr0' would be made without vlan_filtering"
	ip link add ctrbr0 type bridge
	vlan 'vlan: 10' "networks[1] (eth0): vlan: the bridge 'ctrbr0' does not tell VLANs apart (ip link set dev ctrbr0 type bridge vlan_filtering 1)"
	vlan "$filter" "networks[1] (eth0): vlan_filtering: the bridge 'ctrbr0' does not tell VLANs apart (ip link set dev ctrbr0 type bridge vlan_filtering 1)"
	ip link delete ctrbr0
	refuses '.networks[1] |= (del(.bridge, .bridge_address) | .vlan_filtering = true)' 'FILE: networks[1]: vlan_filtering: there is no bridge to have it'
	inner 'vlan: 10, master: "plain"' "FILE: networks[5]: vlan: its master 'plain' has no vlan_filtering"
	inner 'vlan: 10' 'FILE: networks[5]: vlan: only the port of a bridge has it'
}

@test "bridge: bad keys of a port, and entries" {
	vlan 'isolated: 1' 'FILE:L:C: networks[1].isolated: expected true or false, found the number 1'
	vlan 'bridge_port: {cost: 65536}' 'FILE:L:C: networks[1].bridge_port.cost: 65536 is out of range (1 to 65535)'
	vlan 'bridge_port: {priority: 64}' 'FILE:L:C: networks[1].bridge_port.priority: 64 is out of range (1 to 63)'
	accepts '.networks[1] += {bridge_port: {learing: false}}' "warning: FILE:L:C: networks[1].bridge_port.learing: unknown key; did you mean 'learning'?"
	inner 'isolated: true, master: "vrf0"' "FILE: networks[5]: isolated: its master 'vrf0' is a vrf, not a bridge"
	inner 'bridge_port: {learning: false}' 'FILE: networks[5]: bridge_port: only the port of a bridge has it'
	refuses '.networks[1] += {isolated: true, master: "br0"} | .networks += [{type: "bridge"}]' \
		"FILE: networks[1]: isolated: of which port: its bridge is 'ctrbr0', and its master 'br0'"
	local mac='mac_address: "02:00:00:00:00:07"'
	vlan "fdb: [{vlan: 7}]" 'FILE: networks[1]: fdb[0]: mac_address is missing'
	vlan 'fdb: [{mac: "33:33:00:00:00:01"}]' 'FILE:L:C: networks[1].fdb[0].mac: 33:33:00:00:00:01: a multicast MAC address cannot belong to an interface'
	vlan "fdb: [{$mac, dst: \"10.0.0.1\"}]" 'FILE: networks[1]: fdb[0]: dst: a veth has no other ends'
	vlan "fdb: [{$mac, port: 7}]" 'FILE: networks[1]: fdb[0]: port: of which dst?'
	vlan "fdb: [{$mac, self: true, master: true}]" "FILE: networks[1]: fdb[0]: self and master: it is the link's own entry or its bridge's"
	vlan "fdb: [{$mac, self: true, vlan: 7}]" 'FILE: networks[1]: fdb[0]: vlan: only entries of a bridge have one'
	vlan "fdb: [{$mac, self: true, sticky: true}]" 'FILE: networks[1]: fdb[0]: sticky: only entries of a bridge are'
	vlan "fdb: [{$mac}, {$mac, master: true}]" 'FILE: networks[1]: fdb[1]: the same as fdb[0]'
	vlan "fdb: [{$mac, vlan: 4095}]" 'FILE:L:C: networks[1].fdb[0].vlan: 4095 is out of range (0 to 4094)'
	inner "fdb: [{$mac, master: true}]" 'FILE: networks[5]: fdb[0]: master: it is not the port of a bridge'
	inner "fdb: [{$mac}], master: \"vrf0\"" "FILE: networks[5]: fdb[0]: its master 'vrf0' is a vrf, not a bridge"
	refuses ".networks[0].fdb = [{$mac}]" 'FILE: networks[0]: fdb: type loopback makes no link'
	vlan 'fdb: [{mac: "02:00:00:00:00:07", vlan: 7}]' "networks[1] (eth0): fdb entry 02:00:00:00:00:07 vlan 7 of ctrveth0: the port is not in that vlan"
}

@test "bridge: the MTU of one in the container is its ports' least, whichever come and go, and no other" {
	box_start "$(config minimal '.networks += [{type: "bridge"}, {type: "veth", mtu: 1400, master: "br0"},
		{type: "tap", name: "b", mtu: 1300, master: "br0"}, {type: "bridge", name: "empty"}, {type: "bridge", name: "given", mtu: 1350}]')"
	mtu_is() {
		[ "$(box_net ip -j link show dev "$1" | jq '.[0].mtu')" = "$2" ]
	}
	mtu_is br0 1300
	assert_untouched
	ctrnet net attach "$ID" type=veth name=c mtu=1280 master=br0
	mtu_is br0 1280
	assert_untouched
	ctrnet net detach "$ID" c
	box_net ip tuntap add dev mine mode tap
	box_net ip link set mine mtu 1290 master br0
	mtu_is br0 1290
	assert_untouched
	box_net ip link delete mine
	tampered in 'ip link set br0 mtu 1200' "link 'br0': mtu is 1200, not 1300 as the least of its ports'"
	tampered in 'ip link set empty mtu 1200' "link 'empty': mtu is 1200, not 1500 as the least of its ports'"
	tampered in 'ip link set given mtu 1200' "link 'given': mtu is 1200, not 1350"
	tampered in 'ip link set br0 mtu 1200 name brx' "link 'br0': it is called 'brx'"
	mtu_is br0 1300
	box_stop
	# What lies on a bridge was there before it grew.
	box_start "$(config minimal '.networks += [{type: "bridge"}, {type: "veth", name: "a", mtu: 9000, master: "br0"}, {type: "macvlan", name: "m", parent: "br0"}]')"
	mtu_is br0 9000
	mtu_is m 1500
	assert_untouched
	box_stop
}
