#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Neighbours that nobody has to ask for.

load lib
load refuse

@test "neighbors: permanent, noarp and proxy, IPv4 and IPv6" {
	box_start "$(config attach_to_bridge '.networks[1].neighbors = [
		{address: "172.30.0.77", mac_address: "02:00:00:00:00:77"},
		{address: "172.30.0.78", mac_address: "02:00:00:00:00:78", state: "noarp"},
		{address: "fd00:30::77", mac_address: "02:00:00:00:00:79", state: "permanent"},
		{address: "10.7.7.7", proxy: true}, {address: "fd00:77::7", proxy: true}]')"
	run box_net ip -j neigh show nud permanent dev eth0
	assert_json "$output" 'map({dst, lladdr, state}) | sort_by(.dst) ==
		[{dst: "172.30.0.77", lladdr: "02:00:00:00:00:77", state: ["PERMANENT"]}, {dst: "fd00:30::77", lladdr: "02:00:00:00:00:79", state: ["PERMANENT"]}]'
	run box_net ip -j neigh show 172.30.0.78 nud noarp
	assert_json "$output" '.[0] | .lladdr == "02:00:00:00:00:78" and .state == ["NOARP"]'
	run box_net ip -j neigh show proxy
	assert_json "$output" 'map([.dst, .dev]) | sort == [["10.7.7.7", "eth0"], ["fd00:77::7", "eth0"]]'
	# It is marked as ours.
	run box_net ip -j -d neigh show 172.30.0.77
	[[ $output == *206* ]]
	box_stop
}

@test "neighbors: traffic to one that answers no ARP" {
	box_start "$(config point_to_point '.networks[1].mac_address = "02:42:ac:1e:02:02"
		| .networks[1].neighbors = [{address: "172.30.2.1", mac_address: "02:00:00:00:02:01"}]')"
	ip link set dev ctrp2p0 address 02:00:00:00:02:01
	ip neigh replace 172.30.2.2 lladdr 02:42:ac:1e:02:02 nud permanent dev ctrp2p0
	echo 8 >/proc/sys/net/ipv4/conf/ctrp2p0/arp_ignore
	run box_all /bin/ping -c 1 -W 2 172.30.2.1
	assert_status 0
	box_net ip neigh del 172.30.2.1 dev eth0
	run box_all /bin/ping -c 1 -W 2 172.30.2.1
	assert_status 1
	box_stop
}

# neighbor ENTRY LINE: as the only one.
neighbor() {
	refuses ".networks[1].neighbors = [$1]" "$2"
}

@test "neighbors: bad ones" {
	local mac='mac_address: "02:00:00:00:00:07"'
	neighbor "{$mac}" "FILE:L:C: networks[1].neighbors[0]: the key 'address' is missing"
	neighbor '{address: "10.88.0.7"}' 'FILE: networks[1]: neighbors[0]: mac_address is missing'
	neighbor "{address: \"10.88.0.7/24\", $mac}" \
		'FILE:L:C: networks[1].neighbors[0].address: 10.88.0.7/24: expected an address without a prefix length, as in 172.17.0.1'
	neighbor "{address: \"224.0.0.1\", $mac}" "FILE: networks[1]: neighbors[0]: address: 224.0.0.1 is no neighbour's"
	neighbor "{address: \"10.88.0.7\", mac_address: \"03:00:00:00:00:07\"}" \
		'FILE:L:C: networks[1].neighbors[0].mac_address: 03:00:00:00:00:07: a multicast MAC address cannot belong to an interface'
	neighbor "{address: \"10.88.0.7\", $mac, state: \"stale\"}" \
		'FILE:L:C: networks[1].neighbors[0].state: unknown value "stale" (known: permanent, noarp)'
	neighbor "{address: \"10.88.0.7\", $mac, proxy: true}" \
		'FILE: networks[1]: neighbors[0]: mac_address: with proxy, the interface answers with its own'
	neighbor "{address: \"10.88.0.7\", state: \"noarp\", proxy: true}" 'FILE: networks[1]: neighbors[0]: state: with proxy, there is none'
	neighbor "{address: \"10.88.0.7\", $mac}, {address: \"10.88.0.7\", $mac}" \
		'networks[1] (eth0): neighbour 10.88.0.7 on eth0: there is an entry for that address already'
	accepts ".networks[1].neighbors = [{address: \"10.88.0.7\", $mac, porxy: true}]" \
		"warning: FILE:L:C: networks[1].neighbors[0].porxy: unknown key; did you mean 'proxy'?"
}
