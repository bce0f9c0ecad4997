#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bridges that tell VLANs apart, judged by bridge(8) and by packets; a kernel without them is told by name.

load lib
load net
load bridge

setup_file() {
	# The tests' namespaces may not load any.
	modprobe -qa 8021q tun || true
}

eval "lib_$(declare -f setup)"
setup() {
	lib_setup
	unshare -n ip link add probe0 type bridge vlan_filtering 1 2>/dev/null && return
	run ctrnet_run "$SAMPLES/networks/bridge_vlans.json" -- /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (eth0): bridge ctrbr20: this kernel has no bridge, or no vlan_filtering"* ]]
	skip 'this kernel has no vlan_filtering'
}

# vlans_of LINK: "10 PVID Egress Untagged,20-30" and the like, as bridge(8) has it of the host's.
vlans_of() {
	bridge -j -compressvlans vlan show dev "$1" | jq -r '[.[0].vlans[] | ([(.vlan | tostring) + (if .vlanEnd then "-\(.vlanEnd)" else "" end)] + (.flags // []) | join(" "))] | join(",")'
}

FILTERS='vlan_filtering: true'

# bats test_tags=net
@test "bridge: the sample bridge_vlans, at both bridges" {
	box_start "$SAMPLES/networks/bridge_vlans.json"
	run ip -j -d link show dev ctrbr20
	assert_json "$output" '.[0].linkinfo.info_data | .vlan_filtering == 1 and .stp_state == 0'
	[ "$(vlans_of "$(host_end eth0)")" = '1 PVID Egress Untagged' ]
	[ "$(vlans_of "$(host_end eth1)")" = '10 PVID Egress Untagged,20-30,40 Egress Untagged' ]
	run bridge -j fdb show br ctrbr20
	assert_json "$output" '[.[] | select(.mac == "02:00:00:00:20:01") | .vlan] == [20]'
	run box_net bridge -j vlan show
	assert_json "$output" 'any(.[]; .ifname == "port0" and (.vlans | length == 1 and .[0].vlan == 10 and .[0].flags == ["PVID", "Egress Untagged"]))'
	assert_json "$output" 'any(.[]; .ifname == "port1" and (.vlans | map(.vlan) == [10, 20]) and all(.vlans[]; .flags | not))'
	assert_untouched
	run ctrnet net show --json "$ID"
	assert_json "$output" '[.[0].interfaces[] | select(.name == "eth0" or .name == "eth1") | .peer.vlans] ==
		[[{vid: "1", pvid: true, untagged: true}], [{vid: "10", pvid: true, untagged: true}, "20-30", {vid: "40", untagged: true}]]'
	box_stop
}

# bats test_tags=net
@test "bridge: who is in one VLAN reaches the others in it, and nobody else" {
	port_config "{$FILTERS, vlan: 10, address: \"10.90.0.2/24\"}"
	box_start "$FILE"
	beside "{$FILTERS, vlan: 10, address: \"10.90.0.3/24\"}" /bin/ping -c 1 -W 3 10.90.0.2
	assert_status 0
	beside "{$FILTERS, vlan: 20, address: \"10.90.0.3/24\"}" /bin/ping -c 1 -W 1 10.90.0.2
	assert_status 1
	# Without any, in that of the bridge itself.
	beside "{address: \"10.90.0.3/24\"}" /bin/ping -c 1 -W 1 10.90.0.2
	assert_status 1
	beside "{address: \"10.90.0.3/24\"}" /bin/ping -c 1 -W 3 10.90.0.1
	assert_status 0
	# With tags, of which the container takes one off.
	port_config "{$FILTERS, name: \"trunk\", vlans: \"10-20\"}" '{type: "vlan", parent: "trunk", id: 10, address: "10.90.0.3/24"}'
	run ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-b" -- /bin/ping -c 1 -W 3 10.90.0.2
	assert_status 0
	port_config "{$FILTERS, name: \"trunk\", vlans: \"11-20\"}" '{type: "vlan", parent: "trunk", id: 10, address: "10.90.0.3/24"}'
	run ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-b" -- /bin/ping -c 1 -W 1 10.90.0.2
	assert_status 1
	box_stop
}

# bats test_tags=net
@test "bridge: VLANs at a bridge of somebody else's, which puts new ports into another one" {
	ip link add ctrport address 02:00:00:00:90:00 type bridge vlan_filtering 1 vlan_default_pvid 5
	ip link set ctrport up
	port_config '{vlan: 10}, {vlans: ["4090-4094", 5]}, {}'
	box_start "$FILE"
	[ "$(vlans_of "$(host_end eth0)")" = '10 PVID Egress Untagged' ]
	[ "$(vlans_of "$(host_end eth1)")" = '5,4090-4094' ]
	[ "$(vlans_of "$(host_end eth2)")" = '5 PVID Egress Untagged' ]
	assert_untouched
	# It is not ours to change: VLANs that are no more than words are told, and how to mend them.
	ip link set ctrport type bridge vlan_filtering 0
	run ctrnet net check "$ID"
	assert_status 1
	[[ $output == *"bridge 'ctrport': vlan_filtering is off, planned on"* ]]
	run ctrnet net repair "$ID"
	assert_status 2
	[[ $output == *"bridge 'ctrport': vlan_filtering is off, planned on (ip link set dev ctrport type bridge vlan_filtering 1)" ]]
	ip link set ctrport type bridge vlan_filtering 1
	assert_untouched
	box_stop
	ip link delete ctrport
}

# bats test_tags=net
@test "bridge: a port that was a container's host-device is in its VLANs again" {
	ip link add ctrport type bridge vlan_filtering 1
	ip link add ctrdev0 type veth peer name ctrdev1
	ip link set ctrdev0 master ctrport up
	bridge vlan del dev ctrdev0 vid 1
	bridge vlan add dev ctrdev0 vid 10 pvid untagged
	bridge vlan add dev ctrdev0 vid 20-30
	box_start "$(config minimal '.networks += [{type: "host-device", device: "ctrdev0"}]')"
	run ! ip link show dev ctrdev0
	box_stop
	[ "$(cat "$T/box.err")" = '' ]
	[ "$(vlans_of ctrdev0)" = '10 PVID Egress Untagged,20-30' ]
	ip link delete ctrdev0
	ip link delete ctrport
}

# bats test_tags=net
@test "bridge: each tampering with VLANs is found and mended" {
	port_config "{$FILTERS, vlan: 10, vlans: [\"20-30\", {vid: 40, untagged: true}]}, {}" \
		'{type: "bridge", vlan_filtering: true}, {type: "ifb", master: "br0", vlans: [7, 8]}'
	box_start "$FILE"
	assert_untouched
	tampered out 'bridge vlan del dev @ vid 10' "port '@': vlan 10 is none, planned pvid untagged"
	tampered out 'bridge vlan add dev @ vid 10' "port '@': vlan 10 is tagged, planned pvid untagged"
	tampered out 'bridge vlan add dev @ vid 10 untagged' "port '@': vlan 10 is untagged, planned pvid untagged"
	tampered out 'bridge vlan add dev @ vid 1 pvid untagged' "port '@': vlan 1 is pvid untagged, planned none"
	tampered out 'bridge vlan del dev @ vid 20-30' "port '@': vlan 20 is none, planned tagged"
	tampered out 'bridge vlan del dev @ vid 25' "port '@': vlan 25 is none, planned tagged"
	tampered out 'bridge vlan add dev @ vid 31-4094' "port '@': vlan 31 is tagged, planned none"
	tampered out 'bridge vlan add dev @ vid 20-30 untagged' "port '@': vlan 20 is untagged, planned tagged"
	tampered out 'ip link set ctrport type bridge vlan_filtering 0' "bridge 'ctrport': vlan_filtering is off, planned on"
	tampered out 'ip link set @ nomaster' "link '@' is not the port of a bridge"
	tampered in 'bridge vlan del dev ifb0 vid 8' "port 'ifb0': vlan 8 is none, planned tagged"
	[ "$(vlans_of "$(host_end)")" = '10 PVID Egress Untagged,20-30,40 Egress Untagged' ]
	box_stop
}

# bats test_tags=net
@test "bridge: three hundred VLANs that are no range" {
	port_config "{$FILTERS, vlans: [range(300) | 2 * . + 2]}"
	box_start "$FILE"
	run bridge -j vlan show dev "$(host_end)"
	assert_json "$output" '[.[0].vlans[].vlan] == [range(300) | 2 * . + 2]'
	assert_untouched
	box_stop
}
