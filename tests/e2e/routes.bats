#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Routes of every type, as ip(8) sees them in the container.

load lib
load refuse

# with ROUTES [NETWORK]: a container on a bridge with these routes, and its eth0 changed by a filter.
with() {
	config attach_to_bridge ".routes = $1 | .networks[1] |= (${2:-.})"
}

# route_is FAMILY TABLE DESTINATION FILTER: of the only route to it the filter is true.
route_is() {
	local found
	# Without the filter of ip(8), which lacks those that are no unicast.
	found=$(box_net ip -j -d "-$1" route show table "$2" | jq --arg to "$3" 'map(select(.dst == $to))')
	assert_json "$found" 'length == 1'
	assert_json "$found" ".[0] | $4"
}

@test "routes: metric, table, source, mtu and advmss, IPv4 and IPv6" {
	box_start "$(with '[
		{destination: "10.40.0.0/16", gateway: "172.30.0.1", interface_name: "eth0", metric: 7, mtu: 1300, advmss: 1200},
		{destination: "10.40.0.0/16", gateway: "172.30.0.9", interface_name: "eth0", metric: 9},
		{destination: "10.40.0.0/16", interface_name: "eth0", table: 100, source: "172.30.0.2"},
		{destination: "10.41.0.0/16", interface_name: "eth0", table: "default", scope: "global"},
		{destination: "10.42.0.0/16", interface_name: "eth0", table: 100000, metric: 4294967295},
		{destination: "fd00:40::/32", gateway: "fd00:30::1", interface_name: "eth0", metric: 7, table: 100, mtu: 1300},
		{destination: "fd00:41::/32", gateway: "fd00:30::1", interface_name: "eth0"}]' \
		'.addresses = ["fd00:30::2/64"] | .bridge_address = ["172.30.0.1/24", "fd00:30::1/64"]')"
	run box_net ip -j -d route show 10.40.0.0/16
	assert_json "$output" 'length == 2'
	assert_json "$output" '.[0] | .metric == 7 and .gateway == "172.30.0.1" and .metrics == [{mtu: 1300, advmss: 1200}] and .protocol == "206"'
	assert_json "$output" '.[1] | .metric == 9 and .gateway == "172.30.0.9" and .metrics == null'
	route_is 4 100 10.40.0.0/16 '.prefsrc == "172.30.0.2" and .scope == "link" and .gateway == null'
	route_is 4 default 10.41.0.0/16 '.scope == "global" and .dev == "eth0"'
	route_is 4 100000 10.42.0.0/16 '.metric == 4294967295'
	route_is 6 100 fd00:40::/32 '.metric == 7 and .gateway == "fd00:30::1" and .metrics == [{mtu: 1300}]'
	route_is 6 main fd00:41::/32 '.metric == 1024 and .protocol == "206"'
	box_stop
}

@test "routes: blackhole, unreachable, prohibit, throw and local, IPv4 and IPv6" {
	box_start "$(with '[
		{type: "blackhole", destination: "10.50.0.0/16", metric: 5},
		{type: "unreachable", destination: "10.51.0.0/16"},
		{type: "prohibit", destination: "10.52.0.0/16"},
		{type: "throw", destination: "10.53.0.0/16", table: 100},
		{type: "local", destination: "10.54.0.0/16", interface_name: "lo"},
		{type: "blackhole", destination: "fd00:50::/32"},
		{type: "unreachable", destination: "fd00:51::/32", metric: 5},
		{type: "prohibit", destination: "fd00:52::/32"},
		{type: "throw", destination: "fd00:53::/32", table: 100},
		{type: "local", destination: "fd00:54::/32", interface_name: "lo"}]')"
	route_is 4 main 10.50.0.0/16 '.type == "blackhole" and .metric == 5 and .protocol == "206"'
	route_is 4 main 10.51.0.0/16 '.type == "unreachable"'
	route_is 4 main 10.52.0.0/16 '.type == "prohibit"'
	route_is 4 100 10.53.0.0/16 '.type == "throw"'
	route_is 4 local 10.54.0.0/16 '.type == "local" and .dev == "lo" and .scope == "host"'
	route_is 6 main fd00:50::/32 '.type == "blackhole"'
	route_is 6 main fd00:51::/32 '.type == "unreachable" and .metric == 5'
	route_is 6 main fd00:52::/32 '.type == "prohibit"'
	route_is 6 100 fd00:53::/32 '.type == "throw"'
	route_is 6 local fd00:54::/32 '.type == "local" and .dev == "lo"'
	# It answers to all of them, and what is refused is refused.
	run box_all /bin/ping -c 1 -W 2 10.54.200.1
	assert_status 0
	run box_net ip route get 10.51.0.1
	assert_status 2
	[[ $output == *'Network is unreachable'* || $output == *'No route to host'* ]]
	run box_net ip route get 10.52.0.1
	assert_status 2
	[[ $output == *'Permission denied'* ]]
	box_stop
}

@test "routes: several next hops, and their weights" {
	box_start "$(with '[
		{destination: "10.60.0.0/16", nexthops: [
			{gateway: "172.30.0.1", interface_name: "eth0", weight: 3}, {gateway: "172.30.7.1", interface_name: "eth1"}]},
		{destination: "fd00:60::/32", metric: 8, nexthops: [
			{gateway: "fd00:30::1", interface_name: "eth0", weight: 256}, {gateway: "fd00:37::1", interface_name: "eth1", weight: 2}]},
		{destination: "10.61.0.0/16", table: 61, onlink: true, nexthops: [
			{gateway: "10.99.99.1", interface_name: "eth0"}, {gateway: "10.99.99.2", interface_name: "eth1"}]}]' \
		'.addresses = ["fd00:30::2/64"]' | xargs -I{} jq '.networks += [{type: "veth", name: "eth1", host_address: "172.30.7.1/24",
			address: "172.30.7.2/24", ipv6_address: "fd00:37::2/64"}]' {} >"$T/two.json" && echo "$T/two.json")"
	route_is 4 main 10.60.0.0/16 '.nexthops == [{gateway: "172.30.0.1", dev: "eth0", weight: 3, flags: []},
		{gateway: "172.30.7.1", dev: "eth1", weight: 1, flags: []}]'
	route_is 6 main fd00:60::/32 '.metric == 8 and (.nexthops | map([.gateway, .dev, .weight]) | sort) ==
		[["fd00:30::1", "eth0", 256], ["fd00:37::1", "eth1", 2]]'
	route_is 4 61 10.61.0.0/16 '.nexthops | map(.flags) == [["onlink"], ["onlink"]]'
	box_stop
}

@test "routes: of a network, its metric, and a gateway that a route or onlink makes reachable" {
	box_start "$(config attach_to_bridge '.routes = [{destination: "10.71.0.0/16", gateway: "192.0.2.9", interface_name: "eth0", onlink: true}]
		| .networks[1] |= (.address = "172.30.0.2/32" | .gateway = "169.254.1.1" | .metric = 42 | .routes = [
			{type: "blackhole", destination: "0.0.0.0/0", metric: 4000000000},
			{destination: "10.70.0.0/16", gateway: "169.254.1.1"},
			{destination: "169.254.1.1/32"}])
		| .networks[0].routes = [{type: "local", destination: "10.72.0.0/16"}]')"
	run box_net ip -j -d route show
	assert_json "$output" '[.[] | select(.dst == "default")] == [
		{type: "unicast", dst: "default", gateway: "169.254.1.1", dev: "eth0", protocol: "206", scope: "global", metric: 42, flags: []},
		{type: "blackhole", dst: "default", protocol: "206", scope: "global", metric: 4000000000, flags: []}]
		or (map(select(.dst == "default") | [.type, .metric]) == [["unicast", 42], ["blackhole", 4000000000]])'
	route_is 4 main 10.70.0.0/16 '.gateway == "169.254.1.1"'
	route_is 4 main 169.254.1.1 '.scope == "link" and .dev == "eth0"'
	route_is 4 main 10.71.0.0/16 '.gateway == "192.0.2.9" and .flags == ["onlink"]'
	route_is 4 local 10.72.0.0/16 '.type == "local" and .dev == "lo"'
	box_stop
}

@test "routes: undone in a namespace that was joined, and only our own" {
	ip netns add "$ID"
	ip -n "$ID" link set lo up
	ip -n "$ID" route add blackhole 10.80.0.0/16 metric 3
	local before
	before=$(ip -n "$ID" -j -d route show table all | jq -S 'map(select(.dst | startswith("10.8")))')
	box_start "$(config attach_to_bridge '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)
		| .networks[1] |= (.routes = [{destination: "10.82.0.0/16", metric: 4}]) | .routes = [
		{type: "blackhole", destination: "10.80.0.0/16"}, {type: "blackhole", destination: "10.81.0.0/16", table: 100},
		{destination: "10.83.0.0/16", nexthops: [{gateway: "172.30.0.1", interface_name: "eth0"}]},
		{type: "local", destination: "10.84.0.0/16", interface_name: "lo"},
		{type: "unreachable", destination: "fd00:80::/32"}]' --arg path "/run/netns/$ID")"
	run ip -n "$ID" -j -d route show table all
	assert_json "$output" '[.[] | select(.protocol == "206") | .dst] | sort == ["10.80.0.0/16", "10.81.0.0/16", "10.82.0.0/16", "10.83.0.0/16",
		"10.84.0.0/16", "default", "fd00:80::/32"]'
	box_stop
	run ip -n "$ID" -j -d route show table all
	local after=$output six
	six=$(ip -n "$ID" -6 route show table all)
	ip netns delete "$ID"
	[ "$(jq -S 'map(select(.dst | startswith("10.8")))' <<<"$after")" = "$before" ]
	[[ $six != *fd00:80* ]]
}

@test "routes: a failure behind some of them leaves none in a namespace that was joined" {
	ip netns add "$ID"
	ip -n "$ID" link set lo up
	run ctrnet_run "$(config minimal '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)
		| .routes = [{type: "local", destination: "10.84.0.0/16", interface_name: "lo"},
			{destination: "10.85.0.0/16", gateway: "192.0.2.1", interface_name: "lo"}]' --arg path "/run/netns/$ID")" -- /bin/true
	local got=$output code=$status left
	left=$(ip -n "$ID" route show table all | grep -c 'proto 206' || true)
	ip netns delete "$ID"
	[ "$code" != 0 ]
	[[ $got == *'routes[1]: route to 10.85.0.0/16 via 192.0.2.1: '* ]]
	[ "$left" = 0 ]
}

# route ROUTE LINE: as the only one.
route() {
	refuses ".routes = [$1]" "$2"
}

@test "routes: bad ones" {
	local to='destination: "10.9.0.0/16"' dev='interface_name: "eth0"'
	route "{$to, $dev, type: \"anycast\"}" \
		"FILE:L:C: routes[0].type: unknown value \"anycast\"; did you mean 'unicast'? (known: unicast, blackhole, unreachable, prohibit, throw, local)"
	route "{$to, $dev, table: \"mian\"}" \
		"FILE:L:C: routes[0].table: unknown table 'mian'; known are main, local, default, and numbers"
	route "{$to, $dev, table: 4294967296}" 'FILE:L:C: routes[0].table: 4294967296 is out of range (0 to 4294967295)'
	route "{$to, $dev, metric: -1}" 'FILE:L:C: routes[0].metric: -1 is out of range (0 to 4294967295)'
	route "{$to, $dev, mtu: 67}" 'FILE: routes[0]: mtu: 67 is out of range (68 to 65535)'
	route "{destination: \"fd00::/8\", $dev, mtu: 1279}" 'FILE: routes[0]: mtu: 1279 is out of range (1280 to 65535)'
	route "{destination: \"fd00::/8\", $dev, scope: \"link\"}" 'FILE: routes[0]: scope: only IPv4 routes have one'
	route "{$to, $dev, onlink: true}" 'FILE: routes[0]: onlink: there is no gateway that it could be said of'
	route "{$to, type: \"blackhole\", $dev}" "FILE: routes[0]: interface_name: a route of type 'blackhole' has none"
	route "{$to, type: \"throw\", gateway: \"172.30.0.1\"}" "FILE: routes[0]: gateway: a route of type 'throw' has none"
	route '{type: "prohibit"}' "FILE: routes[0]: destination is missing: a route of type 'prohibit' needs it"
	route "{$to, type: \"local\"}" 'FILE: routes[0]: interface_name is missing'
	route "{$to, $dev, nexthops: [{$dev}]}" 'FILE: routes[0]: nexthops: with them, interface_name is theirs to say'
	route "{$to, gateway: \"172.30.0.1\", nexthops: [{$dev}]}" 'FILE: routes[0]: nexthops: with them, gateway is theirs to say'
	route "{$to, nexthops: [{gateway: \"172.30.0.1\"}]}" "FILE:L:C: routes[0].nexthops[0]: the key 'interface_name' is missing"
	route "{$to, nexthops: [{$dev}, {$dev, weight: 257}]}" 'FILE:L:C: routes[0].nexthops[1].weight: 257 is out of range (0 to 256)'
	route "{$to, nexthops: [{$dev}, {$dev, gateway: \"fd00::1\"}]}" \
		'FILE: routes[0]: destination, source and the gateways of nexthops are not of one family'
	route "{$to, nexthops: [{$dev, gateway: \"127.0.0.1\"}]}" 'FILE: routes[0]: nexthops[0]: gateway: 127.0.0.1 cannot be a gateway'
	route "{$to, nexthops: [{interface_name: \"eth7\"}]}" "routes[0]: nexthops[0]: interface_name: no network has the name 'eth7'"
	refuses '.networks[1].routes = [{destination: "10.9.0.0/16", scope: "host", gateway: "fd00::1"}]' \
		'FILE: networks[1].routes[0]: destination, gateway and source are not of one family'
	accepts '.networks[1].routes = [{destination: "10.9.0.0/16", metrc: 5}]' \
		"warning: FILE:L:C: networks[1].routes[0].metrc: unknown key; did you mean 'metric'?"
	accepts ".routes = [{$to, nexthops: [{$dev, wieght: 5}]}]" \
		"warning: FILE:L:C: routes[0].nexthops[0].wieght: unknown key; did you mean 'weight'?"
}

@test "routes: two to one destination" {
	local to='destination: "10.9.0.0/16"' dev='interface_name: "eth0"'
	route "{$to, $dev, metric: 5}, {$to, $dev, metric: 6}, {type: \"blackhole\", $to, metric: 5}" \
		'FILE: routes[2]: a second route to 10.9.0.0/16 with metric 5; the first one is of routes[0]'
	route "{$to, $dev, table: 5}, {$to, $dev}, {$to, $dev, table: 5, mtu: 1400}" \
		'FILE: routes[2]: a second route to 10.9.0.0/16 in table 5; the first one is of routes[0]'
	route "{destination: \"fd00::/16\", $dev, metric: 1024}, {destination: \"fd00::/16\", $dev, mtu: 1400}" \
		'FILE: routes[1]: a second route to fd00::/16; the first one is of routes[0]'
	refuses '.networks[1].routes = [{destination: "0.0.0.0/0", gateway: "10.88.0.7"}]' \
		'FILE: networks[1].routes[0]: a second route to 0.0.0.0/0; the first one is of networks[1] (eth0)'
	accepts ".routes = [{$to, $dev, type: \"unicast\", table: \"main\"}, {$to, $dev}]"
}

@test "routes: ten thousand" {
	local file before
	file=$(config attach_to_bridge '.routes = [range(10000) | {destination: "100.\(. / 256 | floor).\(. % 256).0/24", gateway: "172.30.0.1",
		interface_name: "eth0", metric: (. + 1)}]')
	before=$(date +%s%N)
	box_start "$file"
	echo "# 10000 routes: $((($(date +%s%N) - before) / 1000000)) ms" >&3
	[ "$(box_net ip route show proto 206 | wc -l)" = 10001 ]
	[ "$(box_net ip -j route show 100.39.15.0/24 | jq -r '.[0].metric')" = 10000 ]
	box_stop
}
