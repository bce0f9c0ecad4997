#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The networks of the samples, looked at by ip(8) from outside and used from inside.

load lib

# The addresses of a link as "local/prefix" lines, without the kernel's own link-local ones.
addresses() {
	jq -r '.[].addr_info[] | select(.scope != "link") | "\(.local)/\(.prefixlen)"' | sort
}

link_of() {
	ip -j -d link show dev "$1"
}

# ping_from_inside CONFIG ADDRESS...: as the container's own first act.
ping_from_inside() {
	local config=$1 address
	shift
	for address; do
		run ctrnet_run "$config" -- /bin/ping -c 1 -W 2 "$address"
		assert_status 0
	done
}

@test "network: lo is up in every new network namespace" {
	box_start "$(config minimal 'del(.networks)')"
	run box_net ip -j addr
	assert_json "$output" 'length == 1 and .[0].ifname == "lo" and (.[0].flags | index("UP"))'
	assert_json "$output" '[.[0].addr_info[] | "\(.local)/\(.prefixlen)"] | sort == ["127.0.0.1/8", "::1/128"]'
	box_stop
}

# bats test_tags=vm
@test "network: attach_to_bridge" {
	box_start attach_to_bridge
	local inside host bridge
	inside=$(box_net ip -j -d addr show dev eth0)
	assert_json "$inside" '.[0].linkinfo.info_kind == "veth" and .[0].mtu == 1500 and .[0].operstate == "UP"'
	assert_json "$inside" '.[0].flags | index("MULTICAST") and index("BROADCAST")'
	[ "$(addresses <<<"$inside")" = 172.30.0.2/24 ]
	run box_net ip -j route
	assert_json "$output" 'map(select(.dst == "default")) | length == 1 and .[0].gateway == "172.30.0.1" and .[0].dev == "eth0"'

	host=$(link_of ctrveth0)
	assert_json "$host" '.[0].master == "ctrbr0" and .[0].operstate == "UP" and .[0].mtu == 1500'
	assert_json "$host" '.[0].ifalias == $mark' --arg mark "ctrnet:$ID"
	assert_json "$host" '.[0].link_index == $peer' --argjson peer "$(jq '.[0].ifindex' <<<"$inside")"

	bridge=$(ip -j -d addr show dev ctrbr0)
	assert_json "$bridge" '.[0].linkinfo.info_kind == "bridge" and .[0].operstate == "UP"'
	[ "$(addresses <<<"$bridge")" = 172.30.0.1/24 ]

	run box_all /bin/ping -c 1 -W 2 172.30.0.1
	assert_status 0
	ping -c 1 -W 2 172.30.0.2
	box_stop
}

@test "network: point_to_point" {
	box_start point_to_point
	local inside host
	inside=$(box_net ip -j -d addr show dev eth0)
	assert_json "$inside" '.[0].address == "02:42:ac:1e:02:02" and .[0].mtu == 1400 and .[0].txqlen == 500'
	[ "$(addresses <<<"$inside")" = 172.30.2.2/30 ]
	host=$(ip -j -d addr show dev ctrp2p0)
	assert_json "$host" '.[0].master == null and .[0].mtu == 1400 and .[0].operstate == "UP"'
	[ "$(addresses <<<"$host")" = 172.30.2.1/30 ]
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "172.30.2.1"'
	run box_all /bin/ping -c 1 -W 2 172.30.2.1
	assert_status 0
	ping -c 1 -W 2 172.30.2.2
	box_stop
}

@test "network: dual_stack" {
	box_start dual_stack
	[ "$(box_net ip -j addr show dev eth0 | addresses)" = $'172.30.1.2/24\nfd5a:c7e1:30:1::2/64' ]
	[ "$(ip -j addr show dev ctrbr1 | addresses)" = $'172.30.1.1/24\nfd5a:c7e1:30:1::1/64' ]
	run box_net ip -j addr show dev eth0
	assert_json "$output" '[.[].addr_info[] | select(.tentative or .dadfailed)] == []'
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "172.30.1.1"'
	run box_net ip -j -6 route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "fd5a:c7e1:30:1::1"'
	run box_all /bin/ping -c 1 -W 2 172.30.1.1
	assert_status 0
	run box_all /bin/ping6 -c 1 -W 2 fd5a:c7e1:30:1::1
	assert_status 0
	box_stop
}

# bats test_tags=vm
@test "network: the command's first act reaches its gateway, over IPv4 and IPv6" {
	ping_from_inside attach_to_bridge 172.30.0.1
	ping_from_inside point_to_point 172.30.2.1
	ping_from_inside dual_stack 172.30.1.1 fd5a:c7e1:30:1::1
	ping_from_inside route_source_address_selection 172.30.3.1
}

@test "network: route_source_address_selection" {
	box_start route_source_address_selection
	[ "$(box_net ip -j addr show dev eth0 | addresses)" = $'172.30.3.101/24\n172.30.3.102/24' ]
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].prefsrc == "172.30.3.101" and .[0].gateway == "172.30.3.1"'
	run box_net ip -j route get 192.0.2.1
	assert_json "$output" '.[0].prefsrc == "172.30.3.101"'
	run box_net ip -j route get 198.51.100.7
	assert_json "$output" '.[0].prefsrc == "172.30.3.102" and .[0].gateway == "172.30.3.1"'
	box_stop
}

@test "network: several in one container, v4 and v6, named by themselves" {
	local file
	file=$(config minimal '.networks += [
		{type: "veth", bridge: "ctrbra", bridge_address: "10.88.1.1/24", address: "10.88.1.2/24"},
		{type: "veth", bridge: "ctrbrb", bridge_address: "fd00:88::1/64", ipv6_address: "fd00:88::2/64"},
		{type: "veth", name: "wan", host_address: "10.88.3.1/31", address: "10.88.3.0/31", gateway: "10.88.3.1"}]')
	box_start "$file"
	run box_net ip -j addr
	assert_json "$output" '[.[].ifname] | sort == ["eth0", "eth1", "lo", "wan"]'
	run box_all /bin/ping -c 1 -W 2 10.88.1.1
	assert_status 0
	run box_all /bin/ping6 -c 1 -W 2 fd00:88::1
	assert_status 0
	run box_all /bin/ping -c 1 -W 2 10.88.3.1
	assert_status 0
	box_stop
}

# The names of the host's links that begin with a word.
links_of() {
	ip -j link | jq -r --arg prefix "$1" '.[].ifname | select(startswith($prefix))'
}

@test "network: veth_prefix, and another name where a stranger has the first one" {
	local file first
	file=$(config point_to_point '.networks[1] |= (del(.host_interface_name) | .veth_prefix = "ctrpfx")')
	box_start "$file"
	first=$(links_of ctrpfx)
	[[ $first =~ ^ctrpfx[0-9a-f]{9}$ ]]
	[ "$(ip -j link show dev "$first" | jq -r '.[0].ifalias')" = "ctrnet:$ID" ]
	box_stop
	[ -z "$(links_of ctrpfx)" ]

	ip link add "$first" type bridge
	box_start "$file"
	[ "$(links_of ctrpfx | wc -l)" = 2 ]
	box_stop
	[ "$(links_of ctrpfx)" = "$first" ]
	ip link delete "$first"
}

@test "network: the context of mid-2014, and its one-day keys for IPv6" {
	box_start "$(config attach_to_bridge '.networks = [
		{type: "loopback", address: "127.0.0.1/0", gateway: "localhost", mtu: 0},
		{type: "veth", context: {bridge: "ctrbr0", prefix: "ctrv"}, bridge_address: ["172.30.0.1/24", "fd00:30::1/64"],
			address: "172.30.0.2/24", address6: "fd00:30::2/64", gateway: "172.30.0.1", gateway6: "fd00:30::1", mtu: 0}]
		| .routes = [{gateway: "172.30.0.1", interface_name: "eth0"},
			{destination: "10.77.0.0/16", source: "172.30.0.2/24", interface_name: "eth0"},
			{destination: "10.77.0.0/16", source: "172.30.0.2", interface_name: "eth0"},
			{destination: "fd00:77::5/64", gateway: "fd00:30::1", interface_name: "eth0"}]')"
	run ip -j link show dev "$(links_of ctrv)"
	assert_json "$output" '.[0].master == "ctrbr0" and .[0].mtu == 1500'
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1500 and (.[0].flags | index("MULTICAST"))'
	assert_json "$output" '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] == ["172.30.0.2/24", "fd00:30::2/64"]'
	run box_net ip -j addr show dev lo
	assert_json "$output" '.[0].mtu == 65536 and (.[0].addr_info | map(.local) | sort) == ["127.0.0.1", "::1"]'
	run box_net ip -j route
	assert_json "$output" '[.[] | select(.dst == "default")] | length == 1 and .[0].gateway == "172.30.0.1"'
	assert_json "$output" '[.[] | select(.dst == "10.77.0.0/16")] | length == 1 and .[0].prefsrc == "172.30.0.2"'
	run box_net ip -j -6 route
	assert_json "$output" '[.[] | select(.dst == "fd00:77::/64" and .gateway == "fd00:30::1")] | length == 1'
	assert_json "$output" '[.[] | select(.dst == "default" and .gateway == "fd00:30::1")] | length == 1'
	box_stop
}

@test "network: netns by its context" {
	ip netns add "$ID"
	ip -n "$ID" link add mark0 type bridge
	run ctrnet_run "$(config minimal ".networks = [{type: \"netns\", context: {nspath: \"/run/netns/$ID\"}}]")" \
		-- /bin/ls /sys/class/net/mark0/ifindex
	ip netns delete "$ID"
	assert_status 0
}

@test "network: hairpin_mode is set on the bridge's port, and only where it is asked for" {
	box_start "$(config attach_to_bridge '.networks[1].hairpin_mode = true')"
	assert_json "$(link_of ctrveth0)" '.[0].linkinfo.info_slave_data.hairpin == true'
	box_stop
	box_start attach_to_bridge
	assert_json "$(link_of ctrveth0)" '.[0].linkinfo.info_slave_data.hairpin == false'
	box_stop
}

@test "network: a bridge that stands is used and left as it is" {
	# With an address of its own, or the kernel gives it a port's.
	ip link add mybr address 02:00:00:00:07:01 type bridge
	ip addr add 10.88.7.1/24 dev mybr
	ip link set mybr up
	local before after facts='map({ifindex, mtu, address, ifalias, addresses: [.addr_info[] | select(.family == "inet") | .local]})'
	before=$(ip -j -d addr show dev mybr | jq -S "$facts")
	run ctrnet_run "$(config attach_to_bridge '.networks[1] |= (.bridge = "mybr" | del(.bridge_address)
		| .address = "10.88.7.2/24" | .gateway = "10.88.7.1" | .mtu = 1300)')" -- /bin/ping -c 1 -W 2 10.88.7.1
	assert_status 0
	after=$(ip -j -d addr show dev mybr | jq -S "$facts")
	ip link delete mybr
	[ "$before" = "$after" ] || { echo "before: $before, after: $after"; return 1; }
}

@test "network: the bridge we made goes with its last container, not before" {
	local one two
	one=$(config attach_to_bridge 'del(.networks[1].host_interface_name)')
	two=$(config attach_to_bridge 'del(.networks[1].host_interface_name) | .networks[1].address = "172.30.0.3/24"')
	box_start "$one"
	run ctrnet exec --config "$two" --rootfs "$ROOT" --id "$ID-two" -- /bin/ping -c 1 -W 2 172.30.0.2
	assert_status 0
	ip link show dev ctrbr0
	box_stop
	run ip link show dev ctrbr0
	assert_status 1
}

@test "network: names are free when ctrnet returns" {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		run ctrnet_run attach_to_bridge -- /bin/true
		assert_status 0
		run ip -j link
		assert_json "$output" '[.[].ifname] == ["lo"]'
	done
}

@test "network: netns joins a namespace by its path and leaves it as it is" {
	ip netns add "$ID"
	ip -n "$ID" link set lo up
	ip -n "$ID" link add marker type bridge
	local file
	file=$(config minimal '.networks = [{type: "netns", ns_path: $path}]' --arg path "/run/netns/$ID")
	run ctrnet_run "$file" -- /bin/ip link show marker
	local got=$status
	run ip -n "$ID" -j link
	assert_json "$output" '[.[].ifname] == ["lo", "marker"]'
	ip netns delete "$ID"
	[ "$got" = 0 ]
}

# bats test_tags=vm
@test "network: a bridge stays for a container whose run directory is in another mount namespace" {
	local config other
	config=$(config attach_to_bridge 'del(.networks[1].host_interface_name)')
	export RUN CTRNET ROOT ID config
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private /bin/sh -c 'mkdir -p "$RUN" && mount -t tmpfs tmpfs "$RUN" &&
		exec "$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID-other" -- /bin/sh -c "echo ready; sleep 1000"' >"$T/other" 3>&- &
	other=$!
	wait_for 10 grep -qx ready "$T/other"
	ctrnet_run "$config" /bin/true
	ip link show ctrbr0
	kill -KILL "$(first_process "$other")"
	wait "$other" || true
	run ! ip link show ctrbr0
}
