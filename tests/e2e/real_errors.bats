#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the kernel really refuses, behind much that it has done: afterwards it has what it had before, as ip(8), tc(8) and nft(8) see it.

load lib

# A host with something of its own, that could be taken along.
host_up() {
	ip link add ctrown type bridge
	ip addr add 198.51.100.1/24 dev ctrown
	ip link set ctrown up
	ip rule add pref 77 from 198.51.100.0/24 lookup 77
	ip route add 203.0.113.0/24 dev ctrown table 77
	nft add table inet own
	nft add chain inet own c
	wait_for 5 sh -c '! ip -j addr | grep -q tentative'
	picture >"$T/picture.before"
}

host_down() {
	picture | diff "$T/picture.before" -
	ip rule del pref 77
	ip link delete ctrown
	nft delete table inet own
}

# Without what is counted or given out anew.
picture() {
	{
		ip -j -d link
		ip -j addr
		ip -j -4 route show table all
		ip -j -6 route show table all
		ip -j rule
		ip -j -6 rule
		ip -j neigh show nud permanent
		bridge -j fdb
		tc -j qdisc
		nft -j list ruleset
		sysctl -a 2>/dev/null | grep -E '^net.ipv[46].(ip_forward|conf.(all|ctrown).(forwarding|route_localnet))' | jq -R .
	} | jq -S 'walk(if type == "object" then del(.gc_timer, .hello_timer, .tcn_timer, .topology_change_timer, .valid_life_time, .preferred_life_time) else . end)'
}

# A bridge of ours, translation, ports, shaping, routes; then what filter adds.
config_with() {
	config "$SAMPLES/networks/nat_ports.json" '.networks[1].shaping = {ingress: {rate: "20mbit", burst: "64kb"}}
		| .networks += [{type: "veth", name: "second", host_address: "172.30.5.1/24", address: "172.30.5.2/24"}] | '"$1" "${@:2}"
}

# fails WORDS CONFIG
fails() {
	run ctrnet_run "$2" -- /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: "*"$1"* ]] && [ "${#lines[@]}" = 1 ] || { echo "$output"; return 1; }
	[ ! -e "$RUN/$ID" ]
	[ -z "$(find /run/ctrnet-shared -type f 2>/dev/null)" ]
}

@test "real errors: an address that is there already" {
	host_up
	ip netns add "$ID"
	ip -n "$ID" link add eth9 type ifb
	ip -n "$ID" addr add 172.30.5.2/24 dev eth9
	ip -n "$ID" link set lo up
	ip -n "$ID" -j -d addr | jq -S . >"$T/inside"
	# The kernel has an address once on a link: twice in a config is the same.
	fails "172.30.5.2/24" "$(config_with '.networks[2].addresses = ["172.30.5.2/24"]')"
	# And a proxy for one that is permanent already.
	fails "there is an entry for that address already" "$(config_with '.networks[2].neighbors = [
		{address: "172.30.5.9", mac_address: "02:00:00:00:00:09"}, {address: "172.30.5.9", mac_address: "02:00:00:00:00:0a"}]')"
	ip -n "$ID" -j -d addr | jq -S . | diff "$T/inside" -
	ip netns delete "$ID"
	host_down
}

@test "real errors: a gateway and a route that the kernel refuses" {
	host_up
	fails "gateway fd05::2: Invalid argument" "$(config_with '.networks[2] += {ipv6_address: "fd05::2/64", ipv6_gateway: "fd05::2"}
		| del(.networks[1].ipv6_gateway)')"
	fails "route to 10.9.0.0/16 on second: Invalid argument" "$(config_with '.routes = [{destination: "10.9.0.0/16", source: "10.9.9.9", interface_name: "second"}]')"
	host_down
}

@test "real errors: what this kernel has no module for" {
	local type lacks=0
	host_up
	for type in dummy vrf ipvlan vlan geneve; do
		local keys='{}'
		case $type in
		vrf) keys='{table: 10}' ;;
		geneve) keys='{id: 5, remote: "192.0.2.1"}' ;;
		ipvlan) keys='{parent: "ctrown"}' ;;
		vlan) keys='{parent: "ctrown", id: 5}' ;;
		esac
		run ctrnet_run "$(config_with ".networks += [{type: \"$type\", name: \"third\"} + $keys]")" -- /bin/true
		[ "$status" = 255 ] || continue
		[[ $output == *"this kernel has no $type"* ]] || { echo "$output"; return 1; }
		lacks=$((lacks + 1))
		picture | diff "$T/picture.before" -
	done
	host_down
	[ "$lacks" -gt 0 ] || skip "this kernel has them all"
}

@test "real errors: a port that is taken" {
	local pid
	host_up
	"$TOOLS/peer" hold tcp 0.0.0.0 18080 >"$T/peer" 2>&1 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$T/peer"
	fails "18080" "$(config_with .)"
	kill "$pid"
	wait "$pid" || true
	host_down
}

# bats test_tags=slow
@test "real errors: a bridge that is full" {
	local i
	export PATIENCE=20000
	ip link add ctrfull type bridge
	ip addr add 172.30.4.1/24 dev ctrfull
	# A bridge has 1023 ports at most (net/bridge/br_private.h: BR_MAX_PORTS).
	for ((i = 0; i < 1023; i++)); do
		echo "link add name p$i group 77 master ctrfull type ifb"
	done | ip -batch -
	host_up
	fails "is full" "$(config_with '.networks[1] |= (.bridge = "ctrfull" | del(.bridge_address, .ipv6_address, .ipv6_gateway))')"
	host_down
	ip link delete group 77
	ip link delete ctrfull
}
