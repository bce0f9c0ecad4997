#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Types of networks beyond veth, judged by ip(8) and by packets. What this kernel may lack is in links_vm.bats.

load lib
load inject
load links

setup_file() {
	uplink
}

# Another container beside the box, for one command.
beside() {
	local config=$1
	shift
	ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID-b" -- "$@"
}

# --- macvlan --------------------------------------------------------------------------------------

@test "links: the sample macvlan" {
	box_start "$(sample macvlan)"
	inside '.ifname == "eth0" and .linkinfo.info_kind == "macvlan" and .linkinfo.info_data.mode == "bridge"'
	inside '(.flags | index("UP") and index("MULTICAST")) and .mtu == 1500 and .operstate == "UP"'
	inside '.link_index == $up and (.address | startswith("02:"))' --argjson up "$(of_uplink ifindex)"
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "10.70.0.1" and .[0].dev == "eth0"'
	run box_all /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
	box_stop
}

@test "links: macvlan: the command's first act reaches the network, over IPv4 and IPv6" {
	local file
	file=$(on_uplink '{type: "macvlan", parent: "uplink0", address: "10.70.0.2/24", ipv6_address: "fd00:70::2/64"}')
	run ctrnet_run "$file" -- /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
	run ctrnet_run "$file" -- /bin/ping6 -c 1 -W 2 fd00:70::1
	assert_status 0
}

@test "links: macvlan: two containers reach each other in mode bridge, and not in mode private" {
	local mode
	for mode in bridge private; do
		box_start "$(on_uplink '{type: "macvlan", parent: "uplink0", mode: "'$mode'", address: "10.70.0.2/24"}')"
		run beside "$(on_uplink '{type: "macvlan", parent: "uplink0", mode: "'$mode'", address: "10.70.0.3/24"}')" \
			/bin/ping -c 1 -W 1 10.70.0.2
		if [ $mode = bridge ]; then assert_status 0; else assert_status 1; fi
		box_stop
	done
}

@test "links: macvlan and macvtap: each mode, the same address at each start" {
	local type mode mac more before=''
	for type in macvlan macvtap; do
		for mode in private vepa bridge passthru source; do
			more=
			[ $mode != source ] || more=', source_macs: ["02:00:00:00:00:11", "02:00:00:00:00:12"]'
			box_start "$(on_uplink '{type: "'$type'", name: "net0", link: "uplink0", mode: "'$mode'"'"$more"'}')"
			inside '.linkinfo.info_kind == $type and .linkinfo.info_data.mode == $mode' --arg type $type --arg mode $mode
			if [ $mode = source ]; then
				box_net ip -d link show dev net0 | grep -q 'remotes (2) .*02:00:00:00:00:1[12] .*02:00:00:00:00:1[12]'
			fi
			mac=$(box_net ip -j link show dev net0 | jq -r '.[0].address')
			box_stop
			if [ $mode = passthru ]; then
				[ "$mac" = "$(of_uplink address)" ]
			else
				[ "$mac" = "${before:=$mac}" ]
			fi
		done
	done
}

@test "links: macvlan: MAC, MTU and queue as asked for; an MTU of 0 is the parent's" {
	box_start "$(on_uplink '{type: "macvlan", parent: "uplink0", mac_address: "02:42:00:00:00:07", mtu: 1300, txqueuelen: 77}')"
	inside '.address == "02:42:00:00:00:07" and .mtu == 1300 and .txqlen == 77'
	box_stop
	ip link set uplink0 mtu 1420
	box_start "$(on_uplink '{type: "macvlan", parent: "uplink0", mtu: 0}')"
	inside '.mtu == 1420'
	box_stop
	ip link set uplink0 mtu 1500
}

@test "links: macvlan: what cannot be is refused by name" {
	refused_with "networks[1] (eth0): parent: no link 'nosuch0' on the host" \
		"$(on_uplink '{type: "macvlan", parent: "nosuch0"}')"
	refused_with "networks[1] (eth0): mtu: 1501 is above the 1500 that its parent 'uplink0' leaves it" \
		"$(on_uplink '{type: "macvlan", parent: "uplink0", mtu: 1501}')"
	refused_with "networks[1]: mac_address: in mode passthru it has its parent's" \
		"$(on_uplink '{type: "macvlan", parent: "uplink0", mode: "passthru", mac_address: "02:42:00:00:00:07"}')"
	run ctrnet_run "$(on_uplink '{type: "macvlan", parent: "lo"}')" -- /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (eth0): macvlan eth0 on lo: its parent cannot have one: "* ]]
	# Somebody else has it.
	box_start "$(on_uplink '{type: "macvlan", parent: "uplink0", mode: "passthru"}')"
	run beside "$(on_uplink '{type: "macvlan", parent: "uplink0"}')" /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (eth0): macvlan eth0 on uplink0: its parent cannot have one: "*passthru* ]]
	box_stop
	ip link add ctrbrother type bridge
	# A parent is busy until the namespace of the box has gone.
	wait_for 5 ip link set uplink0 master ctrbrother
	run ctrnet_run "$(on_uplink '{type: "macvlan", parent: "uplink0"}')" -- /bin/true
	ip link delete ctrbrother
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (eth0): macvlan eth0 on uplink0: its parent is used in a way that excludes it: "* ]]
}

# The namespace of the one before may not have gone yet, with the same MAC address or the whole parent.
@test "links: macvlan: one starts behind the other" {
	local mode
	for mode in bridge passthru; do
		for _ in $(seq 10); do
			run ctrnet_run "$(on_uplink '{type: "macvlan", parent: "uplink0", mode: "'$mode'", address: "10.70.0.2/24"}')" \
				-- /bin/ping -c 1 -W 2 10.70.0.1
			assert_status 0
		done
	done
}

@test "links: macvlan: in a namespace that is joined it is marked, and goes" {
	local file
	ip netns add "$ID"
	file=$(config minimal '(.namespaces[] | select(.type == "NEWNET")).path = $path | .networks =
		[{type: "macvlan", parent: "uplink0", address: "10.70.0.2/24", ipv6_address: "fd00:70::2/64"}]' --arg path "/run/netns/$ID")
	box_start "$file"
	run ip -n "$ID" -j -d link show dev eth0
	assert_json "$output" '.[0].ifalias == $mark and .[0].group == "default" and .[0].operstate == "UP"' --arg mark "ctrnet:$ID"
	box_stop
	[ "$(ip -n "$ID" -o link | wc -l)" = 1 ]
	# A stranger's is not touched.
	ip link add link uplink0 name eth0 netns "$ID" type macvlan
	run ctrnet_run "$file" -- /bin/true
	assert_status 255
	[ "$output" = "ctrnet: exec: networks[0] (eth0): macvlan eth0 on uplink0: File exists" ]
	ip -n "$ID" link show dev eth0
	ip netns delete "$ID"
}

inject_macvlan() {
	inject_setup
	CONFIG=$(config "$CONFIG" '.networks = [
		{type: "loopback"},
		{type: "macvlan", parent: "uplink0", address: "10.70.0.2/24", gateway: "10.70.0.1"},
		{type: "macvlan", name: "below", parent: "uplink0"}, {type: "macvlan", name: "top", parent: "below"}]')
	# The parent counts who listens on it, until a namespace has gone.
	export CLEAN_TRIES=100
}

@test "links: macvlan: killed before each message to the kernel's network" {
	inject_macvlan
	kill_at sendto sendmsg
}

# bats test_tags=slow
@test "links: macvlan: each message to the kernel's network fails" {
	inject_macvlan
	fail_at ENOMEM sendto recvmsg
}

# In a namespace that stays, of which nothing goes by itself: between its making and its mark a link has no name of ours.
# bats test_tags=slow
@test "links: in a namespace that is joined: killed before each message, and each call that makes a tap" {
	eval "plain_$(declare -f quick_snap)"
	quick_snap() {
		plain_quick_snap
		ip -n "$ID" -o link
	}
	ip netns add "$ID"
	inject_setup
	CONFIG=$(config "$CONFIG" '(.namespaces[] | select(.type == "NEWNET")).path = $path | .networks = [
		{type: "macvlan", parent: "uplink0", mode: "passthru"}, {type: "ifb", master: "br0"}, {type: "bridge"}, {type: "tap"}]' \
		--arg path "/run/netns/$ID")
	export CLEAN_TRIES=100
	kill_at sendto sendmsg ioctl
	ip netns delete "$ID"
}

# --- macvtap --------------------------------------------------------------------------------------

@test "links: the sample macvtap" {
	box_start "$(sample macvtap)"
	inside '.ifname == "macvtap0" and .linkinfo.info_kind == "macvtap" and .linkinfo.info_data.mode == "bridge" and .mtu == 1400'
	inside '.operstate == "UP" and .link_index == $up' --argjson up "$(of_uplink ifindex)"
	box_stop
}

# --- parents inside ------------------------------------------------------------------------------

@test "links: a parent may be another network of the container, whatever the order" {
	box_start "$(config minimal '.networks += [
		{type: "macvlan", name: "top", parent: "low", address: "10.71.0.2/24", mtu: 1300},
		{type: "veth", name: "low", host_address: "10.71.0.1/24", mtu: 1400}]')"
	run box_net ip -j -d link show dev top
	assert_json "$output" '.[0].link == "low" and .[0].mtu == 1300 and (.[0].flags | index("UP"))'
	run box_all /bin/ping -c 1 -W 2 10.71.0.1
	assert_status 0
	box_stop
}

# --- tunnels --------------------------------------------------------------------------------------

@test "links: the sample vxlan, with an entry for each of several remotes" {
	box_start "$(sample vxlan)"
	run box_net ip -j -d link show dev vxlan0
	assert_json "$output" '.[0].linkinfo | .info_kind == "vxlan" and (.info_data | .id == 42 and .port == 4789 and .ttl == 8 and .learning)'
	assert_json "$output" '.[0].linkinfo.info_data | .local == "10.70.0.1" and .remote == "10.70.0.11"'
	run box_net bridge -j fdb show dev vxlan0
	assert_json "$output" 'map(select(.mac == "00:00:00:00:00:00") | .dst) | sort == ["10.70.0.11", "10.70.0.12"]'
	box_stop
}

# The other end is ip(8)'s, in a namespace of its own, where the way leads over the host's interfaces.
@test "links: vxlan: the command's first act reaches the other end, by the host's address" {
	ip netns add "$ID"
	ip link add ctrway0 addr 02:00:00:00:99:01 type veth peer name way0 netns "$ID"
	ip link set ctrway0 up
	ip addr add 10.70.1.1/24 dev ctrway0
	ip -n "$ID" addr add 10.70.1.2/24 dev way0
	ip -n "$ID" link set way0 up
	ip -n "$ID" link add vx0 type vxlan id 7 dstport 4789 local 10.70.1.2 remote 10.70.1.1
	ip -n "$ID" addr add 10.73.0.1/24 dev vx0
	ip -n "$ID" link set vx0 up
	run ctrnet_run "$(on_uplink '{type: "vxlan", id: 7, remote: "10.70.1.2", address: "10.73.0.2/24"}')" \
		-- /bin/ping -c 1 -W 2 10.73.0.1
	ip link delete ctrway0
	ip netns delete "$ID"
	assert_status 0
}

@test "links: vxlan: by a parent, to a multicast group, IPv6, without learning" {
	box_start "$(on_uplink '{type: "vxlan", id: 16777215, parent: "uplink0", group: "239.1.1.1", learning: false, port: 4791, mtu: 1400}')"
	run box_net ip -j -d link show dev vxlan0
	assert_json "$output" '.[0].linkinfo.info_data | .id == 16777215 and .group == "239.1.1.1" and (.learning | not) and .port == 4791'
	assert_json "$output" '.[0].mtu == 1400'
	box_stop
	box_start "$(on_uplink '{type: "vxlan", id: 8, local: "fd00:70::1", remotes: ["fd00:70::11", "fd00:70::12"]}')"
	run box_net ip -j -d link show dev vxlan0
	assert_json "$output" '.[0].linkinfo.info_data | .local6 == "fd00:70::1" and .remote6 == "fd00:70::11"'
	run box_net bridge -j fdb show dev vxlan0
	assert_json "$output" 'map(select(.mac == "00:00:00:00:00:00") | .dst) | sort == ["fd00:70::11", "fd00:70::12"]'
	box_stop
}

@test "links: vxlan: what cannot be is refused by name" {
	refused_with "networks[1] (vxlan0): mtu: 1451 is above the 1450 that its parent 'uplink0' leaves it" \
		"$(on_uplink '{type: "vxlan", id: 7, parent: "uplink0", mtu: 1451}')"
	box_start "$(on_uplink '{type: "vxlan", id: 9, remote: "10.70.0.11"}')"
	run beside "$(on_uplink '{type: "vxlan", id: 9, remote: "10.70.0.12"}')" /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (vxlan0): vxlan vxlan0: the name is taken, or the id is, by another vxlan with this port"* ]]
	box_stop
}

@test "links: vxlan: one starts behind the other" {
	for _ in $(seq 10); do
		run ctrnet_run "$(on_uplink '{type: "vxlan", id: 9, remote: "10.70.0.11"}')" -- /bin/true
		assert_status 0
	done
}

# --- tap and tun ----------------------------------------------------------------------------------

@test "links: the samples tap and tun" {
	box_start "$(sample tap)"
	run box_net ip -j -d link show dev tap0
	assert_json "$output" '.[0] | .linkinfo.info_kind == "tun" and (.linkinfo.info_data | .type == "tap" and .user == "root" and .persist and (.multi_queue | not))'
	assert_json "$output" '.[0] | .mtu == 1400 and (.flags | index("UP")) and (.address | startswith("02:"))'
	run box_net ip -j addr show dev tap0
	assert_json "$output" '.[0].addr_info[0].local == "10.78.0.1"'
	box_stop
	box_start "$(sample tun)"
	run box_net ip -j -d link show dev tun0
	assert_json "$output" '.[0].linkinfo.info_data | .type == "tun" and (.user | tostring) == $user and (.group | tostring) == $group and .multi_queue and .persist' \
		--arg user "$(id -un 1000 2>/dev/null || echo 1000)" --arg group "$(getent group 1000 | cut -d : -f 1 | grep . || echo 1000)"
	box_stop
}

@test "links: tap and tun: IPv6, queue, and what cannot be" {
	box_start "$(on_uplink '{type: "tun", ipv6_address: "fd00:79::1/64", txqueuelen: 77}')"
	run box_net ip -j addr show dev tun0
	assert_json "$output" '.[0].txqlen == 77 and any(.[0].addr_info[]; .local == "fd00:79::1")'
	box_stop
	refused_with 'networks[1]: mac_address: a tun carries no Ethernet, and has none' \
		"$(on_uplink '{type: "tun", mac_address: "02:42:00:00:00:07"}')"
	run ctrnet_run "$(on_uplink '{type: "tap", owner: 4294967295}')" -- /bin/true
	assert_status 255
	[[ $output == *'networks[1].owner: 4294967295 is out of range (0 to 4294967294)' ]]
}

@test "links: tap: in a namespace that is joined it is marked, and goes; a stranger's stays" {
	local file
	ip netns add "$ID"
	file=$(config minimal '(.namespaces[] | select(.type == "NEWNET")).path = $path |
		.networks = [{type: "tap"}, {type: "tun"}]' --arg path "/run/netns/$ID")
	box_start "$file"
	run ip -n "$ID" -j link
	assert_json "$output" 'map(select(.ifalias == $mark) | .ifname) == ["tap0", "tun0"]' --arg mark "ctrnet:$ID"
	box_stop
	[ "$(ip -n "$ID" -o link | wc -l)" = 1 ]
	ip -n "$ID" tuntap add dev tun0 mode tun
	refused_with 'networks[1] (tun0): tun tun0: the name is taken' "$file"
	[ "$(ip -n "$ID" -o link | wc -l)" = 2 ]
	ip netns delete "$ID"
}

# --- links within the container --------------------------------------------------------------------

@test "links: the sample ifb" {
	box_start "$(sample ifb)"
	run box_net ip -j -d link show dev ifb0
	assert_json "$output" '.[0].linkinfo.info_kind == "ifb" and (.[0].flags | index("UP"))'
	box_stop
}

@test "links: the sample bridge, whose ports are other networks" {
	box_start "$(sample bridge)"
	run box_net ip -j -d link show master br0
	assert_json "$output" 'map(.ifname) | sort == ["port0", "port1"]'
	run box_net ip -j -d link show dev br0
	assert_json "$output" '.[0].linkinfo | .info_kind == "bridge" and .info_data.stp_state == 0'
	ping -c 1 -W 2 10.77.0.2
	run box_all /bin/ping -c 1 -W 2 10.77.0.1
	assert_status 0
	box_stop
}

@test "links: bridge: stp, and a master that is none" {
	box_start "$(on_uplink '{type: "bridge", stp: true}')"
	run box_net ip -j -d link show dev br0
	assert_json "$output" '.[0].linkinfo.info_data.stp_state == 1'
	box_stop
	refused_with "networks[1]: master: no other network has the name 'br7'" "$(on_uplink '{type: "tap", master: "br7"}')"
	refused_with 'networks[2] (br1): master br0 of br1: a bridge cannot be a port of a bridge (kernel: Can not enslave a bridge to a bridge)' \
		"$(on_uplink '{type: "bridge"}, {type: "bridge", master: "br0"}')"
}

# --- the host's --------------------------------------------------------------------------------------

@test "links: the sample host" {
	box_start "$(sample host)"
	[ "$(readlink "/proc/$BOX_PID/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	box_stop
	refused_with 'networks: with a network of type host, namespaces has no NEWNET' \
		"$(config "$(sample host)" '.namespaces += [{type: "NEWNET"}]')"
	refused_with 'networks[0] and networks[1]: with the host'"'"'s network there is no other' \
		"$(config "$(sample host)" '.networks += [{type: "dummy"}]')"
	refused_with "networks[0]: mtu: the host's network stays as it is" \
		"$(config "$(sample host)" '.networks[0].mtu = 1400')"
}

# --- all of them --------------------------------------------------------------------------------------

@test "links: in a user namespace" {
	box_start "$(config userns '.networks = [{type: "macvlan", parent: "uplink0", address: "10.70.0.2/24"}, {type: "bridge"},
		{type: "tap", master: "br0"}, {type: "ifb"}, {type: "vxlan", id: 5, remotes: ["10.70.0.11", "10.70.0.12"]}]')"
	run box_net ip -j -d link
	assert_json "$output" 'map(select(.ifname != "lo") | .linkinfo.info_kind) | sort == ["bridge", "ifb", "macvlan", "tun", "vxlan"]'
	run box_net ping -c 1 -W 2 10.70.0.1
	assert_status 0
	box_stop
}

@test "links: sixty-four in one container" {
	box_start "$(config minimal '.networks += [{type: "bridge"}] + [range(31) | {type: "macvlan", parent: "uplink0", name: "m\(.)"}]
		+ [range(32) | {type: "ifb", name: "i\(.)", master: "br0"}]')"
	run box_net ip -j -d link
	assert_json "$output" 'length == 65 and ([.[] | select(.master == "br0")] | length) == 32'
	assert_json "$output" '[.[] | select(.linkinfo.info_kind == "macvlan") | .address] | unique | length == 31'
	box_stop
}

@test "links: twenty containers at once on one parent" {
	local i pid pids='' file
	for i in $(seq 20); do
		file=$(on_uplink '{type: "macvlan", parent: "uplink0", address: "10.70.0.'$((i + 1))'/24"}, {type: "vxlan", id: '$i', remote: "10.70.0.99"}')
		ctrnet exec --config "$file" --rootfs "$ROOT" --id "$ID-$i" -- /bin/ping -c 1 -W 5 10.70.0.1 >"$T/crowd.$i" 2>&1 3>&- &
		pids+=" $!"
	done
	for pid in $pids; do wait "$pid" || { cat "$T"/crowd.*; return 1; }; done
}

@test "networks: each sample runs as it is, and nothing differs from its plan; or the kernel lacks what it needs" {
	local file lacks='this kernel has no \(bridge, or no vlan_filtering\|ipvlan\|vlan\|vrf\|dummy\|geneve\|wireguard\|netem\)\|pasta is not installed'
	# A way out, which pasta looks for.
	ip route add default via 10.70.0.9 dev far0
	for file in "$SAMPLES"/networks/*.json; do
		run ctrnet exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true
		if [ "$status" != 0 ]; then
			grep -q "$lacks" <<<"$output" || { echo "$file: $output"; return 1; }
			continue
		fi
		box_start "$file"
		run ctrnet net check "$ID"
		box_stop
		[ "$status" = 0 ] || { echo "$file: $output"; return 1; }
	done
	ip route delete default
}
