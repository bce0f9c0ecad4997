#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Types of networks that Debian's kernel has and others may lack: where it does, it is said by name.

load lib
load links

setup_file() {
	local module
	# The tests' namespaces may not load any.
	for module in ipvlan 8021q dummy vrf geneve macvlan tun; do modprobe -q $module || true; done
	uplink
}

# bats test_tags=net
@test "links: ipvlan: the sample, another mode and flag, and who excludes it" {
	need ipvlan
	box_start "$(sample ipvlan)"
	inside '.linkinfo.info_kind == "ipvlan" and .linkinfo.info_data.mode == "l2" and .address == $mac' --arg mac "$(of_uplink address)"
	run box_all /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
	# One parent has links of one kind.
	run ctrnet exec --config "$(on_uplink '{type: "macvlan", parent: "uplink0"}')" --rootfs "$ROOT" --id "$ID-b" -- /bin/true
	assert_status 255
	[[ $output == *'macvlan eth0 on uplink0: its parent is used in a way that excludes it'* ]]
	box_stop
	box_start "$(on_uplink '{type: "ipvlan", parent: "uplink0", mode: "l3s", flags: "vepa"}')"
	box_net ip -d link show dev eth0 | grep -q 'mode l3s vepa'
	box_stop
}

# bats test_tags=net
@test "links: vlan: the sample, 802.1ad, one on a network of the container, and one after the other" {
	need vlan id 7
	box_start "$(sample vlan)"
	inside '.linkinfo.info_kind == "vlan" and .linkinfo.info_data.id == 42 and .linkinfo.info_data.protocol == "802.1Q" and .operstate == "UP"'
	box_stop
	run ctrnet_run "$(sample vlan)" -- /bin/true
	assert_status 0
	box_start "$(on_uplink '{type: "vlan", name: "outer", parent: "uplink0", id: 4094, protocol: "802.1ad"}, {type: "vlan", name: "inner", parent: "outer", id: 1}')"
	run box_net ip -j -d link
	assert_json "$output" 'any(.[]; .ifname == "outer" and .linkinfo.info_data.protocol == "802.1ad" and .linkinfo.info_data.id == 4094)'
	assert_json "$output" 'any(.[]; .ifname == "inner" and .link == "outer" and .linkinfo.info_data.id == 1)'
	box_stop
	ip link add ctrdown0 type veth peer name ctrdown1
	run ctrnet_run "$(on_uplink '{type: "vlan", parent: "ctrdown0", id: 7}')" -- /bin/true
	ip link delete ctrdown0
	assert_status 255
	[ "$output" = 'ctrnet: exec: networks[1] (vlan0): vlan vlan0 on ctrdown0: its parent is down' ]
}

# bats test_tags=net
@test "links: dummy: the sample" {
	need dummy
	box_start "$(sample dummy)"
	inside '.linkinfo.info_kind == "dummy" and (.flags | index("UP"))'
	run box_all /bin/ping -c 1 -W 2 10.75.0.1
	assert_status 0
	box_stop
}

# bats test_tags=net
@test "links: vrf: the sample, whose member has its routes in the vrf's table" {
	need vrf table 10
	box_start "$(sample vrf)"
	run box_net ip -j -d link show dev red
	assert_json "$output" '.[0].linkinfo.info_kind == "vrf" and .[0].linkinfo.info_data.table == 10'
	run box_net ip -j link show master red
	assert_json "$output" 'map(.ifname) == ["eth0"]'
	run box_net ip -j route show table 10
	assert_json "$output" 'any(.[]; .dst == "10.76.0.0/24" and .dev == "eth0")'
	box_stop
}

# bats test_tags=net
@test "links: geneve: the sample, to the other end of ip(8)'s making, and one after the other" {
	need geneve id 7 remote 10.70.0.11
	box_start "$(sample geneve)"
	run box_net ip -j -d link show dev geneve0
	assert_json "$output" '.[0].linkinfo | .info_kind == "geneve" and .info_data.id == 42 and .info_data.remote == "10.70.0.11" and .info_data.port == 6081'
	box_stop
	ip netns add "$ID"
	ip link add ctrway0 type veth peer name way0 netns "$ID"
	ip link set ctrway0 up
	ip addr add 10.70.1.1/24 dev ctrway0
	ip -n "$ID" addr add 10.70.1.2/24 dev way0
	ip -n "$ID" link set way0 up
	ip -n "$ID" link add ge0 type geneve id 7 remote 10.70.1.1
	ip -n "$ID" addr add 10.74.0.1/24 dev ge0
	ip -n "$ID" link set ge0 up
	for _ in 1 2; do
		run ctrnet_run "$(on_uplink '{type: "geneve", id: 7, remote: "10.70.1.2", ttl: 9, address: "10.74.0.2/24"}')" \
			-- /bin/ping -c 1 -W 3 10.74.0.1
		[ "$status" = 0 ] || break
	done
	ip link delete ctrway0
	ip netns delete "$ID"
	assert_status 0
}

# bats test_tags=net
@test "links: macvlan, tap, bridge with vlan_filtering: on this kernel as well" {
	run ctrnet_run "$(sample macvlan)" -- /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
	box_start "$(on_uplink '{type: "bridge", vlan_filtering: true}, {type: "tap", master: "br0"}')" || {
		grep -q 'this kernel has no bridge, or no vlan_filtering' "$T/box.err"
		skip 'no vlan_filtering'
	}
	run box_net ip -j -d link show dev br0
	assert_json "$output" '.[0].linkinfo.info_data.vlan_filtering == 1'
	run box_net ip -j link show master br0
	assert_json "$output" 'map(.ifname) == ["tap0"]'
	box_stop
}
