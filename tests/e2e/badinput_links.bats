#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks that do not go together, or do not fit what they lie on: refused before anything is made. The kernel tells of each change to
# its links, addresses and routes, and of none there is anything to tell.

load lib
load refuse
load shaping

setup_file() {
	ip link add ctrup0 type veth peer name ctrfar0
	ip link set ctrup0 mtu 1400 addrgenmode none up
	ip link set ctrfar0 addrgenmode none up
	wait_for 5 sh -c 'ip -j link show ctrup0 | grep -q "\"operstate\":\"UP\""'
}

watch() {
	ip -o monitor link address route >"$T/events" 3>&- &
	MONITOR=$!
	told ctrbegin
	DUMPED=$(dump)
}

# A link comes and goes, and the kernel has told of it: it tells in order.
told() {
	while ! grep -q "$1" "$T/events"; do
		ip link add "$1" type bridge
		ip link delete "$1"
		sleep 0.01
	done
}

dump() {
	ip -j -d link
	ip -j addr
	ip -j -4 route show table all
	ip -j -6 route show table all
	nft -j list ruleset
	cat /proc/sys/net/ipv4/ip_forward
	find /run/ctrnet-shared 2>/dev/null || true
}

# nothing_made: since watch().
nothing_made() {
	[ "$(dump)" = "$DUMPED" ] || { diff <(echo "$DUMPED") <(dump); return 1; }
	told ctrend
	kill "$MONITOR"
	wait "$MONITOR" || true
	! grep -vE 'ctrbegin|ctrend|^Deleted (local|multicast|anycast)|table local' "$T/events" || { echo 'changes were made'; return 1; }
}

# net FILTER LINE: networks[1] changed so is refused.
net() {
	refuses ".networks[1] |= ($1)" "$2"
}

# nets KEYS LINE: these as further networks.
nets() {
	refuses ".networks += [$1]" "$2"
}

# warned KEYS LINE: of a config with this as its only network, config says just that.
warned() {
	local FILE
	FILE=$(changed ".networks = [$1]")
	run --separate-stderr "$CTRNET" config "$FILE"
	[ "$status" = 0 ] && [ "$(said)" = "ctrnet: warning: FILE:L:C: $2" ] && return
	printf '%s\n' "keys: $1" "expected: $2" "got:      $status $stderr"
	return 1
}

@test "bad networks: subnets that overlap" {
	watch
	net '.subnet = ["10.88.0.0/24", "10.88.0.128/25"]' 'FILE: networks[1]: subnet: 10.88.0.0/24 and 10.88.0.128/25 overlap'
	net '.subnet = ["10.88.0.0/24", "fd00::/64", "fd00::/80"]' 'FILE: networks[1]: subnet: fd00::/64 and fd00::/80 overlap'
	refuses '.networks[1].subnet = "10.88.0.0/24" | .networks += [{type: "veth", name: "eth1", bridge: "ctrbr1", subnet: "10.0.0.0/8"}]' \
		'FILE: networks[1] and networks[2]: subnets 10.88.0.0/24 and 10.0.0.0/8 overlap'
	nothing_made
}

@test "bad networks: addresses, gateways and ranges outside of the subnet" {
	watch
	net '.subnet = "10.99.0.0/24" | .gateway = "10.99.0.1"' 'FILE: networks[1]: address: 10.88.0.2 is in none of its subnets (10.99.0.0/24)'
	net '.subnet = "10.88.0.0/24" | .addresses = ["10.99.0.2/24"]' \
		'FILE: networks[1]: addresses: 10.99.0.2 is in none of its subnets (10.88.0.0/24)'
	net '.subnet = "10.88.0.0/16"' 'FILE: networks[1]: address: 10.88.0.2/24 has not the prefix length of its subnet 10.88.0.0/16'
	net '.subnet = "10.88.0.0/24" | .address = "10.88.0.255/24"' \
		'FILE: networks[1]: address: 10.88.0.255 is the broadcast address of subnet 10.88.0.0/24'
	net '.subnet = "10.88.0.0/24" | .address = "10.88.0.1/24"' "FILE: networks[1]: address: 10.88.0.1 is the gateway's in subnet 10.88.0.0/24"
	net '.subnet = "10.88.0.0/24" | .gateway = "10.99.0.1"' \
		'FILE: networks[1]: gateway: 10.99.0.1 is in none of its subnets (10.88.0.0/24)'
	net '.subnet = ["10.88.0.0/24", "fd00::/64"] | .ipv6_gateway = "fd01::1"' \
		'FILE: networks[1]: ipv6_gateway: fd01::1 is in none of its subnets (fd00::/64)'
	net '.subnet = "10.88.0.0/24" | .ranges = ["10.88.0.100-10.88.1.5"]' \
		'FILE: networks[1]: ranges: 10.88.0.100-10.88.1.5 is in none of its subnets (10.88.0.0/24)'
	net '.subnet = "10.88.0.0/24" | .exclude = "10.99.0.0/24"' \
		'FILE: networks[1]: exclude: 10.99.0.0/24 is in none of its subnets (10.88.0.0/24)'
	net '.ranges = "10.88.0.5"' 'FILE: networks[1]: ranges: there is no subnet to choose from'
	nothing_made
}

@test "bad networks: one MAC address twice where both are heard" {
	watch
	local mac='mac_address: "02:42:00:00:00:07"'
	refuses ".networks[1].mac_address = \"02:42:00:00:00:07\" | .networks += [{type: \"veth\", name: \"wan\", bridge: \"ctrbr0\", $mac}]" \
		"FILE: networks[1] and networks[2]: two interfaces with the MAC address 02:42:00:00:00:07 on 'ctrbr0'"
	nets "{type: \"macvlan\", name: \"a\", parent: \"ctrup0\", $mac}, {type: \"macvtap\", name: \"b\", link: \"ctrup0\", $mac}" \
		"FILE: networks[2] and networks[3]: two interfaces with the MAC address 02:42:00:00:00:07 on 'ctrup0'"
	nothing_made
	# Elsewhere nobody mistakes one for the other.
	accepts ".networks[1].mac_address = \"02:42:00:00:00:07\" | .networks += [{type: \"veth\", name: \"wan\", host_address: \"10.89.0.1/24\", $mac}]"
}

@test "bad networks: ports that collide" {
	watch
	net '.ports = [{host: 18080}, {host: "18070-18090"}]' 'FILE: networks[1]: ports[1].host: ports[0] has tcp port 18080 already'
	refuses '.networks[1].ports = [{host: 18080, host_address: "127.0.0.1"}]
		| .networks += [{type: "veth", name: "wan", address: "10.89.0.2/24", host_address: "10.89.0.1/24", ports: [{host: 80}, {host: 18080}]}]' \
		'FILE: networks[2].ports[1].host: networks[1].ports[0] has tcp port 18080 already'
	net '.ports = [{host: 0}]' 'FILE:L:C: networks[1].ports[0].host: 0 is out of range (1 to 65535)'
	net '.ports = [{host: 65536}]' 'FILE:L:C: networks[1].ports[0].host: 65536 is out of range (1 to 65535)'
	net '.ports = [{host: "90-80"}]' 'FILE:L:C: networks[1].ports[0].host: the range 90-80 runs backwards'
	nothing_made
}

@test "bad networks: the number of a VLAN or a tunnel" {
	watch
	local type
	for type in 0 4095; do
		nets "{type: \"vlan\", parent: \"ctrup0\", id: $type}" "FILE:L:C: networks[2].id: $type is out of range (1 to 4094)"
	done
	nets '{type: "vlan", parent: "ctrup0"}' "FILE:L:C: networks[2]: the key 'id' is missing"
	for type in vxlan geneve; do
		nets "{type: \"$type\", id: 16777216, remote: \"10.88.0.9\"}" 'FILE:L:C: networks[2].id: 16777216 is out of range (1 to 16777215)'
	done
	nothing_made
}

@test "bad networks: an mtu above that of what it lies on" {
	watch
	nets '{type: "macvlan", name: "top", parent: "ctrup0", mtu: 1401}' \
		"networks[2] (top): mtu: 1401 is above the 1400 that its parent 'ctrup0' leaves it"
	nets '{type: "vxlan", name: "top", parent: "ctrup0", id: 1, remote: "10.88.0.9", mtu: 1351}' \
		"networks[2] (top): mtu: 1351 is above the 1350 that its parent 'ctrup0' leaves it"
	# And of another network.
	refuses '.networks[1].mtu = 1300 | .networks += [{type: "macvlan", name: "top", parent: "eth0", mtu: 1301}]' \
		"FILE: networks[2]: mtu: 1301 is above the 1300 that its parent 'eth0' leaves it"
	nothing_made
}

@test "bad networks: parents in a loop, and masters that are none" {
	watch
	nets '{type: "macvlan", name: "a", parent: "b"}, {type: "macvlan", name: "b", parent: "c"}, {type: "macvlan", name: "c", parent: "b"}' \
		'FILE: networks[3]: loop of parents: b -> c -> b'
	nets '{type: "macvlan", name: "a", parent: "a"}' "networks[2] (a): parent: no link 'a' on the host"
	nets '{type: "macvlan", name: "a"}' 'FILE: networks[2]: parent is missing'
	net '.master = "br0"' "FILE: networks[1]: master: no other network has the name 'br0'"
	refuses '.networks[1].name = "eth0" | .networks += [{type: "macvlan", name: "a", parent: "ctrup0", master: "eth0"}]' \
		"FILE: networks[2]: master: 'eth0' is a veth, which has no ports (a bridge or a vrf has)"
	nothing_made
}

@test "bad networks: unknown keys are warned of with the nearest, those of the type, too" {
	watch
	warned '{type: "macvlan", paren: "ctrup0", parent: "ctrup0"}' "networks[0].paren: unknown key; did you mean 'parent'?"
	warned '{type: "macvlan", parent: "ctrup0", maac_address: "02:42:00:00:00:07"}' \
		"networks[0].maac_address: unknown key; did you mean 'mac_address'?"
	# Another type's.
	warned '{type: "vlan", parent: "ctrup0", id: 5, hairpin_mode: true}' 'networks[0].hairpin_mode: unknown key'
	warned '{type: "veth", ports: [{host: 80, contaner: 80}]}' "networks[0].ports[0].contaner: unknown key; did you mean 'container'?"
	warned '{type: "veth", neighbors: [{address: "10.88.0.7", mac_address: "02:42:00:00:00:07", proxi: true}]}' \
		"networks[0].neighbors[0].proxi: unknown key; did you mean 'proxy'?"
	warned '{type: "veth", routes: [{destination: "10.0.0.0/8", metrik: 1}]}' \
		"networks[0].routes[0].metrik: unknown key; did you mean 'metric'?"
	net '.shaping = {ingress: {rate: "1mbit", limt: 7}}' "FILE:L:C: networks[1].shaping.ingress.limt: unknown key; did you mean 'limit'?"
	nothing_made
}

@test "bad networks: impairments where the kernel has no netem, in either direction" {
	! has_netem || skip "this kernel has netem"
	watch
	local none='this kernel has no netem (kernel: Specified qdisc kind is unknown)'
	net '.shaping = {egress: {delay: "20ms", loss: "1%"}}' "networks[1] (eth0): shaping.egress.delay: $none"
	net '.shaping = {egress: {rate: "1mbit"}, ingress: {rate: "1mbit", corrupt: "1%"}}' "networks[1] (eth0): shaping.ingress.corrupt: $none"
	nets '{type: "macvlan", name: "top", parent: "ctrup0", shaping: {ingress: {duplicate: "1%"}}}' \
		"networks[2] (top): shaping.ingress.duplicate: $none"
	nothing_made
}
