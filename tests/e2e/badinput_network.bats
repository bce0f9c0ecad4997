#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks, routes and namespaces that make no sense, by themselves or on this host.

load lib
load refuse

# net FILTER LINE: networks[1] changed so is refused.
net() {
	refuses ".networks[1] |= ($1)" "$2"
}

# route OBJECT LINE: as the only route.
route() {
	refuses ".routes = [{interface_name: \"eth0\"} + $1]" "$2"
}

@test "bad network: type" {
	net '.type = "vlxan"' "FILE:L:C: networks[1].type: unknown type 'vlxan'; known are loopback, veth, netns, macvlan, macvtap, ipvlan, vlan, vxlan, geneve, wireguard, tap, tun, dummy, ifb, vrf, bridge, host, host-device, pasta"
	net 'del(.type)' "FILE:L:C: networks[1]: the key 'type' is missing"
}

# wg OBJECT LINE: a wireguard with a private key and what the object has.
wg() {
	refuses ".networks[1] = {type: \"wireguard\", private_key: \"stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=\"} + $1" "$2"
}

@test "bad network: wireguard" {
	local one='public_key: "H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hlI="' two='public_key: "iO+Xs/xDu/dgCfaRH8mAsOSE4F4EeyjdHjjT1/Et4FQ="'
	local key='a key is 32 bytes in base64' at='FILE:L:C: networks[1].peers[0]'
	refuses '.networks[1] = {type: "wireguard"}' 'FILE: networks[1]: private_key is missing, and so is private_key_file'
	wg '{private_key: "c2VjcmV0"}' "FILE:L:C: networks[1].private_key: $key, 44 characters; here are 8"
	wg '{private_key: "stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9B="}' "FILE:L:C: networks[1].private_key: $key; these 44 characters are not"
	wg '{private_key: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}' 'FILE:L:C: networks[1].private_key: the key of zeros stands for none'
	wg '{private_key_file: "/k"}' 'FILE: networks[1]: private_key_file: there is a private_key as well'
	wg '{listen_port: 65536}' 'FILE:L:C: networks[1].listen_port: 65536 is out of range (0 to 65535)'
	wg '{socket: "nowhere"}' 'FILE:L:C: networks[1].socket: unknown value "nowhere" (known: host, container)'
	wg '{mac_address: "02:00:00:00:00:01"}' 'FILE: networks[1]: mac_address: a wireguard carries no Ethernet, and has none'
	wg '{peers: [{}]}' "$at: the key 'public_key' is missing"
	wg '{peers: [{public_key: "x"}]}' "$at.public_key: $key, 44 characters; here are 1"
	wg "{peers: [{$one, preshared_key: \"x\"}]}" "$at.preshared_key: $key, 44 characters; here are 1"
	wg "{peers: [{$one}, {$two}, {$one}]}" 'FILE: networks[1]: peers[2].public_key: it is that of peers[0]'
	wg "{peers: [{$one, allowed_ips: [\"10.0.0.0/33\"]}]}" "$at.allowed_ips[0]: 10.0.0.0/33: the prefix length of an IPv4 address is a number from 0 to 32"
	wg "{peers: [{$one, allowed_ips: [\"10.0.0.0/8\"]}, {$two, allowed_ips: [\"10.0.0.0/8\"]}]}" \
		'FILE: networks[1]: peers[1].allowed_ips: 10.0.0.0/8 is one of peers[0]'
	wg "{peers: [{$one, endpoint: \"vpn.example.org:5\"}]}" "$at.endpoint: vpn.example.org:5: 'vpn.example.org' is no IP address, and names are not looked up"
	wg "{peers: [{$one, endpoint: \"192.0.2.1\"}]}" \
		"$at.endpoint: 192.0.2.1: expected ADDRESS:PORT, as in 192.0.2.1:51820 or [2001:db8::1]:51820"
	wg "{peers: [{$one, endpoint: \"192.0.2.1:65536\"}]}" "$at.endpoint: 192.0.2.1:65536: the port has to be 1 to 65535"
	wg "{peers: [{$one, endpoint: \"0.0.0.0:5\"}]}" 'FILE: networks[1]: peers[0]: endpoint: 0.0.0.0 is not the address of a machine'
	wg "{peers: [{$one, persistent_keepalive: 65536}]}" "$at.persistent_keepalive: 65536 is out of range (0 to 65535)"
}

@test "bad network: address" {
	local at='FILE:L:C: networks[1].address:' like='expected ADDRESS/PREFIX, as in 172.17.0.2/16'
	net '.address = "10.88.0.2"' "$at 10.88.0.2: $like"
	net '.address = "10.88.0.256/24"' "$at 10.88.0.256/24: $like or 2001:db8::2/64"
	net '.address = "10.88.0/24"' "$at 10.88.0/24: $like or 2001:db8::2/64"
	for length in 33 -1 '' 24x; do
		net ".address = \"10.88.0.2/$length\"" \
			"$at 10.88.0.2/$length: the prefix length of an IPv4 address is a number from 0 to 32"
	done
	net '.ipv6_address = "fd00::2/129"' \
		'FILE:L:C: networks[1].ipv6_address: fd00::2/129: the prefix length of an IPv6 address is a number from 0 to 128'
	net '.address = "fd00::2/64"' 'FILE: networks[1]: address: fd00::2 is not an IPv4 address'
	net '.ipv6_address = "10.88.0.2/24"' 'FILE: networks[1]: ipv6_address: 10.88.0.2 is not an IPv6 address'
	net '.address = "224.0.0.1/24"' 'FILE: networks[1]: address: 224.0.0.1/24 is a multicast address'
	net '.address = "0.0.0.0/24"' 'FILE: networks[1]: address: 0.0.0.0/24 is not an address of an interface'
	net '.addresses = ["10.88.0.3"]' "FILE:L:C: networks[1].addresses[0]: 10.88.0.3: $like"
	net '.addresses = ["10.88.0.2/16"]' 'FILE: networks[1]: address 10.88.0.2/16 is given twice'
	net '.bridge_address = "10.88.0.1"' "FILE:L:C: networks[1].bridge_address: 10.88.0.1: $like"
	net '.bridge_address = "224.0.0.1/24"' 'FILE: networks[1]: bridge_address: 224.0.0.1 is not an address of an interface'
}

@test "bad network: gateway" {
	net '.gateway = "10.88.0.1/24"' \
		'FILE:L:C: networks[1].gateway: 10.88.0.1/24: expected an address without a prefix length, as in 172.17.0.1'
	net '.gateway = "router"' 'FILE:L:C: networks[1].gateway: router: expected an address, as in 172.17.0.1 or 2001:db8::1'
	net '.gateway = "fd00::1"' 'FILE: networks[1]: gateway: fd00::1 is not an IPv4 address'
	net '.ipv6_gateway = "10.88.0.1"' 'FILE: networks[1]: ipv6_gateway: 10.88.0.1 is not an IPv6 address'
	net '.gateway = "localhost"' 'FILE: networks[1]: gateway: 127.0.0.1 cannot be a gateway'
	net '.gateway = "224.0.0.1"' 'FILE: networks[1]: gateway: 224.0.0.1 cannot be a gateway'
	refuses '.networks += [.networks[1] + {name: "wan", host_interface_name: "ctrveth1", gateway: "10.88.0.9"}]' \
		'FILE: networks[2] (wan): a second route to 0.0.0.0/0; the first one is of networks[1] (eth0)'
}

@test "bad network: a gateway that is not on the link" {
	local at='FILE: networks[1]' not="is not on the link of 'eth0'" no='and no route over it leads there'
	net '.gateway = "192.168.7.1"' "$at: gateway: 192.168.7.1 $not (10.88.0.2/24), $no"
	net 'del(.address)' "$at: gateway: 10.88.0.1 $not (which has no IPv4 address), $no"
	net '.ipv6_address = "fd00::2/64" | .ipv6_gateway = "fd01::1"' "$at: ipv6_gateway: fd01::1 $not (fd00::2/64), $no"
	net '.routes = [{destination: "10.89.0.0/16", gateway: "192.168.7.1"}]' \
		"$at.routes[0]: gateway: 192.168.7.1 $not (10.88.0.2/24), $no"
	route '{destination: "10.0.0.0/8", gateway: "192.168.9.1"}' \
		"FILE: routes[0]: gateway: 192.168.9.1 $not (10.88.0.2/24), $no"
	refuses '.routes = [{destination: "10.0.0.0/8", nexthops: [{gateway: "10.88.0.1", interface_name: "eth0"},
		{gateway: "192.168.9.1", interface_name: "eth0"}]}]' \
		"FILE: routes[0]: nexthops[1]: gateway: 192.168.9.1 $not (10.88.0.2/24), $no"
}

# Each is in a part of a config that the kernel takes.
@test "bad network: gateways that only look as if they were not on the link" {
	accepts '.networks[1] |= (.address = "10.88.0.2/32" | .routes = [{destination: "10.88.0.1/32"}])
		| .networks += [{type: "veth", name: "d31", address: "10.1.0.2/31", routes: [{destination: "10.2.0.0/16", gateway: "10.1.0.3"}]},
		{type: "veth", name: "d32", address: "10.1.0.8/32", routes: [{destination: "10.3.0.0/16", gateway: "10.1.0.8"}]},
		{type: "veth", name: "peer", addresses: [{address: "10.1.0.16/32", peer: "10.1.0.17"}],
			routes: [{destination: "10.4.0.0/16", gateway: "10.1.0.17"}, {destination: "10.5.0.0/16", gateway: "10.1.0.16"}]},
		{type: "veth", name: "onlink", address: "10.1.0.32/32", routes: [{destination: "10.6.0.0/16", gateway: "10.9.0.1", onlink: true}]},
		{type: "veth", name: "table", address: "10.1.0.64/32", routes: [{destination: "10.7.0.0/16", gateway: "10.10.0.1", table: 77},
			{destination: "10.10.0.0/16", table: 77}]},
		{type: "veth", name: "scope", address: "10.1.0.66/31", routes: [{destination: "10.11.0.0/16", gateway: "10.1.0.66", scope: "link"},
			{destination: "10.12.0.0/16", gateway: "10.11.0.1"}]},
		{type: "veth", name: "six", ipv6_address: "fd00:1::1/128", routes: [{destination: "fd00:2::/64", gateway: "fe80::1"},
			{destination: "fd00:3::/64"}, {destination: "fd00:4::/64", gateway: "fd00:3::1"}]}]'
}

# What more there is in a namespace that is joined, only the kernel knows.
@test "bad network: a gateway that is not on the link, in the kernel's words" {
	net '.ipv6_address = "fd00::2/64" | .ipv6_gateway = "fd00::2"' \
		'networks[1] (eth0): gateway fd00::2: Invalid argument (kernel: Gateway can not be a local address)'
	ip netns add "$ID"
	refuses ".namespaces[4].path = \"/run/netns/$ID\" | .networks[1].gateway = \"192.168.7.1\"" \
		'networks[1] (eth0): gateway 192.168.7.1: Network is unreachable (kernel: Nexthop has invalid gateway)'
	ip netns delete "$ID"
}

@test "bad network: names of interfaces" {
	local key
	for key in name bridge host_interface_name; do
		net ".$key = \"abcdefghijklmnop\"" "FILE:L:C: networks[1].$key: \"abcdefghijklmnop\" is too long (at most 15 bytes)"
	done
	for name in 'a/b' 'a b' 'a:b' 'eth%d'; do
		net ".name = \"$name\"" "FILE: networks[1]: interface name '$name': no '/', ':', '%' or white space allowed"
	done
	net '.name = ".."' "FILE: networks[1]: interface name '..': not a name"
	net '.name = "all"' "FILE: networks[1]: interface name 'all': reserved by the kernel"
	net '.name = "lo"' "FILE: networks[1]: the name 'lo' is the loopback interface's"
	net '.bridge = "a/b"' "FILE: networks[1]: bridge: interface name 'a/b': no '/', ':', '%' or white space allowed"
	net '.host_interface_name = "default"' \
		"FILE: networks[1]: host_interface_name: interface name 'default': reserved by the kernel"
	net '.host_interface_name = "ctrbr0"' "FILE: networks[1]: host_interface_name: 'ctrbr0' is the bridge"
	refuses '.networks[0].name = "lo1"' "FILE: networks[0]: name: the loopback interface is named 'lo', not 'lo1'"
}

@test "bad network: two of one name" {
	refuses '.networks[1].name = "eth1" | .networks += [.networks[1] | del(.host_interface_name, .name)]' \
		"FILE: networks[1] and networks[2]: two interfaces named 'eth1'"
	refuses '.networks += [.networks[1] | .name = "wan" | del(.gateway)]' \
		"FILE: networks[1] and networks[2]: two host interfaces named 'ctrveth0'"
}

@test "bad network: mac_address, mtu" {
	local at='FILE:L:C: networks[1].mac_address:'
	net '.mac_address = "01:00:5e:00:00:01"' "$at 01:00:5e:00:00:01: a multicast MAC address cannot belong to an interface"
	net '.mac_address = "00:00:00:00:00:00"' "$at 00:00:00:00:00:00: the zero MAC address cannot belong to an interface"
	net '.mac_address = "02:42:ac:11:00:0g"' "$at 02:42:ac:11:00:0g: expected a MAC address, as in 02:42:ac:11:00:02"
	net '.mtu = 67' 'FILE: networks[1]: mtu: 67 is out of range (68 to 65535, or 0 to leave it)'
	net '.mtu = 65536' 'FILE:L:C: networks[1].mtu: 65536 is out of range (0 to 65535)'
	net '.mtu = -1' 'FILE:L:C: networks[1].mtu: -1 is out of range (0 to 65535)'
	net '.mtu = 1279 | .ipv6_address = "fd00::2/64"' \
		'FILE: networks[1]: mtu: IPv6 needs at least 1280, and here it is 1279'
}

@test "bad network: a bridge that is none, or not there" {
	net 'del(.bridge_address)' \
		"networks[1] (eth0): no bridge 'ctrbr0' (add \"bridge_address\": \"ADDRESS/PREFIX\" to have it made)"
	net 'del(.bridge)' 'FILE: networks[1]: bridge_address: there is no bridge to give it to'
	net 'del(.bridge, .bridge_address) | .hairpin_mode = true' 'FILE: networks[1]: hairpin_mode: only the port of a bridge has it'
	net '.host_address = "10.88.1.1/24"' \
		'FILE: networks[1]: host_address: the port of a bridge has no address; use bridge_address'
	net '.bridge = "lo"' "networks[1] (eth0): bridge: 'lo' is there, but is not a bridge"
}

@test "bad network: a host_interface_name that is taken" {
	net '.host_interface_name = "lo"' "networks[1] (eth0): host_interface_name: 'lo' is taken"
	box_start "$(changed .)"
	local FILE
	FILE=$(changed '.networks[1].address = "10.88.0.3/24"')
	refused 255 "exec: networks[1] (eth0): host_interface_name: 'ctrveth0' is taken by container 'ID'" \
		exec --config "$FILE" --rootfs "$ROOT" --id "$ID-two" /bin/true
	ip link show dev ctrbr0
	box_stop
}

@test "bad network: veth_prefix and context" {
	net '.veth_prefix = "veth"' 'FILE: networks[1]: veth_prefix: host_interface_name gives the whole name already'
	net 'del(.host_interface_name) | .veth_prefix = "twelve-bytes"' \
		"FILE: networks[1]: veth_prefix: 'twelve-bytes' leaves no room for 4 digits behind it (at most 11 bytes)"
	net 'del(.host_interface_name) | .veth_prefix = "a/"' \
		"FILE: networks[1]: veth_prefix: interface name 'a/': no '/', ':', '%' or white space allowed"
	net '.context = {prefix: "v"}' "FILE:L:C: networks[1].context: the key 'bridge' is missing"
	net '.context = {bridge: "br0"}' "FILE:L:C: networks[1].context: the key 'prefix' is missing"
	net '.context = {bridge: "", prefix: "v"}' 'FILE:L:C: networks[1].context: bridge is empty'
	net '.context = {bridge: "br0", prefix: "v"}' \
		"FILE:L:C: networks[1]: bridge is 'ctrbr0', but in the context it is 'br0'"
	net '.context = "br0"' 'FILE:L:C: networks[1].context: expected an object, found a string "br0"'
	accepts '.networks[1] |= (del(.host_interface_name) | .context = {bridge: "ctrbr0", prefix: "v", prefx: "w"})' \
		"warning: FILE:L:C: networks[1].context.prefx: unknown key; did you mean 'prefix'?"
}

@test "bad network: unknown keys are warned of, with the nearest one" {
	accepts '.networks[1].hairpinmode = true' \
		"warning: FILE:L:C: networks[1].hairpinmode: unknown key; did you mean 'hairpin_mode'?"
	accepts '.networks[1].xyzzy = {}' 'warning: FILE:L:C: networks[1].xyzzy: unknown key'
	accepts '.routes = [{destination: "10.89.0.0/16", interface_name: "eth0", gatewy: "x"}]' \
		"warning: FILE:L:C: routes[0].gatewy: unknown key; did you mean 'gateway'?"
	# Elsewhere they are passed over, as Go's encoding/json did.
	accepts '.xyzzy = 1 | .mounts[0].xyzzy = 1'
}

@test "bad route" {
	route '{destination: "10.0.0.1/8"}' \
		'FILE:L:C: routes[0].destination: 10.0.0.1/8 has host bits set; did you mean 10.0.0.0/8?'
	route '{destination: "10.0.0.0"}' \
		'FILE:L:C: routes[0].destination: 10.0.0.0: expected ADDRESS/PREFIX, as in 172.17.0.2/16'
	route '{destination: "10.0.0.0/8", interface_name: "eth7"}' "routes[0]: interface_name: no network has the name 'eth7'"
	route '{destination: "10.0.0.0/8", interface_name: ""}' 'FILE: routes[0]: interface_name is missing'
	refuses '.routes = [{destination: "10.0.0.0/8"}]' 'FILE: routes[0]: interface_name is missing'
	route '{}' 'FILE: routes[0]: one of destination, gateway and source must be given'
	route '{destination: "10.0.0.0/8", gateway: "fd00::1"}' \
		'FILE: routes[0]: destination, gateway and source are not of one family'
	route '{destination: "10.0.0.0/8", gateway: "127.0.0.1"}' 'FILE: routes[0]: gateway: 127.0.0.1 cannot be a gateway'
	route '{destination: "0.0.0.0/0", gateway: "10.88.0.9"}' \
		'FILE: routes[0]: a second route to 0.0.0.0/0; the first one is of networks[1] (eth0)'
	route '{destination: "10.0.0.0/8", source: "192.168.9.1"}' \
		'routes[0]: route to 10.0.0.0/8 on eth0: Invalid argument (kernel: Invalid prefsrc address)'
	route '{destination: "10.88.0.0/24"}' \
		'routes[0]: route to 10.88.0.0/24 on eth0: there is a route to the same destination already'
}

@test "bad namespaces" {
	refuses 'del(.namespaces[4])' \
		'FILE: networks: unable to apply network settings without a private NET namespace (NEWNET)'
	refuses 'del(.namespaces[4], .networks) | .routes = [{destination: "10.0.0.0/8", interface_name: "eth0"}]' \
		'FILE: routes: unable to apply network settings without a private NET namespace (NEWNET)'
	refuses 'del(.namespaces[1])' 'FILE: hostname: unable to set hostname without a private UTS namespace (NEWUTS)'
	refuses 'del(.namespaces[0])' 'FILE: namespaces: a container needs a mount namespace of its own (NEWNS without a path)'
	refuses '.namespaces += [{type: "network"}]' 'FILE: namespaces[5]: a second NEWNET'
	refuses '.namespaces += [{type: "newnet"}]' \
		"FILE:L:C: namespaces[5].type: unknown value \"newnet\"; did you mean 'NEWNET'? (known: NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET, NEWUSER, NEWCGROUP, NEWTIME, mount, mnt, uts, ipc, pid, process, network, net, user, cgroup, time)"
	refuses '.hostname = "x" * 65' "FILE: hostname: '$(printf 'x%.0s' {1..65})' is longer than 64 bytes"
}

@test "bad namespaces: paths" {
	refuses '.namespaces[4].path = "/no/such"' "namespaces: NEWNET: cannot open '/no/such': No such file or directory"
	refuses '.namespaces[4].path = "/etc/passwd"' "namespaces: NEWNET: '/etc/passwd' is not a namespace"
	refuses '.namespaces[4].path = "/proc/self/ns/mnt"' \
		"namespaces: NEWNET: '/proc/self/ns/mnt' is a namespace of another type (mnt)"
	refuses '.namespaces[3].path = "/proc/self/ns/uts"' \
		"namespaces: NEWPID: '/proc/self/ns/uts' is a namespace of another type (uts)"
}

@test "bad namespaces: of a process that is dead, or a zombie" {
	local pid FILE
	true &
	pid=$!
	wait "$pid"
	refuses ".namespaces[4].path = \"/proc/$pid/ns/net\"" \
		"namespaces: NEWNET: cannot open '/proc/$pid/ns/net': No such file or directory"
	# What the shell that began it became by then never waits.
	bash -c 'sleep 0.3 & echo $!; exec sleep 60' >"$T/zombie" 3>&- &
	wait_for 5 test -s "$T/zombie"
	pid=$(cat "$T/zombie")
	wait_for 5 grep -q '^State:.Z' "/proc/$pid/status"
	refuses ".namespaces[4].path = \"/proc/$pid/ns/net\"" \
		"namespaces: NEWNET: cannot open '/proc/$pid/ns/net': No such file or directory"
	kill %bash
	wait || true
}

@test "bad netns" {
	local base='.networks = [{type: "netns", ns_path: "/run/netns/a"}]'
	refuses '.networks = [{type: "netns", context: {}}]' \
		"FILE:L:C: networks[0].context: the key 'nspath' is missing"
	refuses "$base | .networks[0].context.nspath = \"/run/netns/b\"" \
		"FILE:L:C: networks[0]: ns_path is '/run/netns/a', but in the context it is '/run/netns/b'"
	refuses "$base | .networks[0].ns_path = null" 'FILE: networks[0]: ns_path is missing'
	refuses "$base | .networks[0].ns_path = \"x\"" 'FILE: networks[0]: ns_path: x is not an absolute path'
	refuses "$base" "namespaces: NEWNET: cannot open '/run/netns/a': No such file or directory"
	refuses "$base | .namespaces[4].path = \"/run/netns/b\"" \
		"FILE: networks: a netns network joins '/run/netns/a', but namespaces say '/run/netns/b'"
	refuses "$base | .networks += .networks" 'FILE: networks[0] and networks[1]: only one namespace can be joined'
	refuses "$base | .networks[0].address = \"10.0.0.1/8\"" \
		'FILE: networks[0]: address: a namespace that is joined stays as it is'
}
