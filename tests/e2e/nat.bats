#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Address translation and ports: by what nft(8) has, and by whom each side sees.

load lib
load nat
load net

SAMPLE_ADDRESS=172.30.4.2

# The kernel's modules are loaded when they are needed first, which takes its time on a slow machine.
setup_file() {
	"$CTRNET" exec --config "$SAMPLES/networks/nat_ports.json" --rootfs "$ROOTFS" --id x --dry-run -- /bin/true |
		sed -n "/^nft add element/d; s/^nft //; T; s/'//g; p" | unshare -n nft -f -
}

# bats test_tags=net
@test "nat: masquerade: outside sees the host, and without it the container" {
	outside_up
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7777
	box_start "$(nat_config 'del(.ports)')"
	[ "$(elements masquerade4 | jq -r '"\(.key) \(.comment)"')" = "$SAMPLE_ADDRESS ctrnet:$ID" ]
	[ "$(elements links4 | jq -r '"\(.key | join(" ")) \(.comment)"')" = "$SAMPLE_ADDRESS ctrbr4 ctrnet:$ID" ]
	box_net ping -c 1 -W 2 $OUT4
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT4 7777)" = $HOST4 ]
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT6 7777)" = $HOST6 ]
	box_stop

	# The host forwards, as before, but translates nothing.
	sysctl -qw net.ipv4.ip_forward=1
	outside_route 172.30.4.0/24
	box_start "$(nat_config 'del(.ports, .masquerade)')"
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT4 7777)" = $SAMPLE_ADDRESS ]
	run nft list tables
	assert_output ''
	box_stop
	sysctl -qw net.ipv4.ip_forward=0
	stop_peers
	outside_down
}

@test "nat: not between addresses of one subnet, nor to the bridge" {
	two_boxes "$(nat_config '.ports = []')" \
		"$(nat_config '.ports = [] | .address = "172.30.4.3/24" | .ipv6_address = "fd5a:c7e1:30:4::3/64"')"
	serve tcp 7777
	start_peer "$TOOLS/peer" serve tcp 7778
	# The bridge's own.
	[ "$(box_net "$TOOLS/peer" ask tcp 172.30.4.1 7778)" = $SAMPLE_ADDRESS ]
	[ "$(elements masquerade4 | wc -l)" = 2 ]
	[ "$(nsenter --target "$SECOND" --net "$TOOLS/peer" ask tcp $SAMPLE_ADDRESS 7777)" = 172.30.4.3 ]
	end_second
	[ "$(elements masquerade4 | jq -r .key)" = $SAMPLE_ADDRESS ]
	stop_peers
	box_stop
}

@test "nat: of an address that is chosen out of a subnet" {
	local subnets='["172.30.4.0/24", "fd5a:c7e1:30:4::/64"]'
	outside_up
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7777
	box_start "$(nat_config "del(.address, .ipv6_address, .gateway, .ipv6_gateway, .bridge_address) |
		.subnet = $subnets | .ports = [{host: 18080, container: 80}]")"
	[ "$(elements masquerade4 | jq -r .key)" = "$(box_net ip -j -4 addr show dev eth0 | jq -r '.[0].addr_info[0].local')" ]
	serve tcp 80
	[ "$(outside "$TOOLS/peer" ask tcp $HOST4 18080)" = $OUT4 ]
	[ "$(outside "$TOOLS/peer" ask tcp $HOST6 18080)" = $OUT6 ]
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT4 7777)" = $HOST4 ]
	run ctrnet net check "$ID"
	assert_status 0
	stop_peers
	box_stop
	outside_down
}

# bats test_tags=net
@test "nat: a port, from outside, from the host, and from the container itself; IPv4 and IPv6" {
	outside_up
	box_start "$(nat_config '.ports = [{host: 18080, container: 80}]')"
	serve tcp 80
	[ "$(elements any_ports4)" = '{"key":["tcp",18080],"value":["172.30.4.2",80],"comment":"ctrnet:'"$ID"'"}' ]
	[ "$(outside "$TOOLS/peer" ask tcp $HOST4 18080)" = $OUT4 ]
	[ "$(outside "$TOOLS/peer" ask tcp $HOST6 18080)" = $OUT6 ]
	[ "$(ask tcp $HOST4 18080)" = $HOST4 ]
	[ "$(ask tcp $HOST6 18080)" = $HOST6 ]
	# From the host's loopback: answers come by the bridge.
	[ "$(ask tcp 127.0.0.1 18080)" = 172.30.4.1 ]
	# Of IPv6 there is no way, so it is refused at once and not after a minute.
	run ask tcp ::1 18080
	[ "$output" = 'connect: Connection refused' ]
	# Hairpin.
	[ "$(box_net "$TOOLS/peer" ask tcp $HOST4 18080)" = 172.30.4.1 ]
	[ "$(box_net "$TOOLS/peer" ask tcp $HOST6 18080)" = fd5a:c7e1:30:4::1 ]
	# A port that is not mapped is nobody's.
	run ask tcp $HOST4 18081
	[ "$output" = 'connect: Connection refused' ]
	stop_peers
	box_stop
	outside_down
}

@test "nat: a port by a neighbour on the bridge, with and without a bridge that shows its frames to netfilter" {
	local call
	outside_up
	box_start "$(nat_config '.ports = [{host: 18080, container: 80}]')"
	serve tcp 80
	# A neighbour that ctrnet knows nothing of.
	ip netns add neighbour
	ip link add ctrnb0 master ctrbr4 up type veth peer name eth0 netns neighbour
	ip -n neighbour addr add 172.30.4.9/24 dev eth0
	ip -n neighbour link set eth0 up
	ip -n neighbour route add default via 172.30.4.1
	call=/proc/sys/net/bridge/bridge-nf-call-iptables
	for value in 0 1; do
		[ ! -e $call ] || echo $value >$call
		ip netns exec neighbour "$TOOLS/peer" ask tcp $HOST4 18080
		[ "$(box_net "$TOOLS/peer" ask tcp $HOST4 18080)" = 172.30.4.1 ]
		[ -e $call ] || break
	done
	ip link delete ctrnb0
	ip netns delete neighbour
	stop_peers
	box_stop
	outside_down
}

@test "nat: UDP, ranges, and an address of the host's" {
	outside_up
	ip addr add 192.0.2.7/24 dev ctrup0
	box_start "$(nat_config '.ports = [
		{host: "18100-18110", container: "8100-8110", protocol: "udp"},
		{host: 18200, container: 80, host_address: "192.0.2.7"},
		{host: 18300, container: 80, host_address: "127.0.0.1"},
		{host: 18400, host_address: "::", container: 80}]')"
	[ "$(elements any_ports4 | wc -l)" = 11 ]
	[ "$(elements any_ports6 | wc -l)" = 12 ]
	serve udp 8100
	serve udp 8110
	serve tcp 80
	[ "$(outside "$TOOLS/peer" ask udp $HOST4 18100)" = $OUT4 ]
	[ "$(outside "$TOOLS/peer" ask udp $HOST6 18110)" = $OUT6 ]
	[ "$(ask udp 127.0.0.1 18110)" = 172.30.4.1 ]
	[ "$(outside "$TOOLS/peer" ask tcp 192.0.2.7 18200)" = $OUT4 ]
	run outside "$TOOLS/peer" ask tcp $HOST4 18200
	[ "$output" = 'connect: Connection refused' ]
	[ "$(ask tcp 127.0.0.1 18300)" = 172.30.4.1 ]
	run outside "$TOOLS/peer" ask tcp $HOST4 18300
	[ "$output" = 'connect: Connection refused' ]
	[ "$(outside "$TOOLS/peer" ask tcp $HOST6 18400)" = $OUT6 ]
	run outside "$TOOLS/peer" ask tcp $HOST4 18400
	[ "$output" = 'connect: Connection refused' ]
	stop_peers
	box_stop
	ip addr delete 192.0.2.7/24 dev ctrup0
	outside_down
}

@test "nat: the host's loopback stays the host's: no neighbour and no container gets to 127.0.0.1" {
	outside_up
	box_start "$(nat_config '.ports = [{host: 18300, container: 80, host_address: "127.0.0.1"}]')"
	[ "$(sysctl -n net.ipv4.conf.ctrbr4.route_localnet)" = 1 ]
	serve tcp 80
	start_peer "$TOOLS/peer" serve tcp 7777
	# Who sends it to the host's MAC all the same.
	outside ip addr delete 127.0.0.1/8 dev lo
	outside ip route add 127.0.0.0/8 via $HOST4 src $OUT4
	outside sysctl -qw net.ipv4.conf.eth0.route_localnet=1
	box_net ip addr delete 127.0.0.1/8 dev lo
	box_net ip route replace 127.0.0.0/8 via 172.30.4.1 src $SAMPLE_ADDRESS
	box_net sysctl -qw net.ipv4.conf.eth0.route_localnet=1
	run outside "$TOOLS/peer" ask tcp 127.0.0.1 18300
	assert_status 1
	run box_net "$TOOLS/peer" ask tcp 127.0.0.1 7777
	assert_status 1
	stop_peers
	box_stop
	outside_down
}

@test "nat: snat gives another address, and masquerade the rest" {
	outside_up
	ip addr add 192.0.2.7/24 dev ctrup0
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7777
	box_start "$(nat_config 'del(.ports) | .snat = "192.0.2.7"')"
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT4 7777)" = 192.0.2.7 ]
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT6 7777)" = $HOST6 ]
	[ "$(elements snat4 | jq -c '[.key, .value]')" = '["172.30.4.2","192.0.2.7"]' ]
	box_stop
	stop_peers
	ip addr delete 192.0.2.7/24 dev ctrup0
	outside_down
}

@test "nat: isolate: not to another network of ctrnet's, but outside" {
	outside_up
	two_boxes "$(nat_config 'del(.ports) | .isolate = true')" "$(other_network 'del(.ports)')"
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7777
	[ "$(box_net "$TOOLS/peer" ask tcp $OUT4 7777)" = $HOST4 ]
	run ! box_net ping -c 1 -W 1 172.30.5.2
	nsenter --target "$SECOND" --net ping -c 1 -W 2 172.30.5.1
	run ! nsenter --target "$SECOND" --net ping -c 1 -W 1 172.30.4.2
	end_second
	box_stop

	# And without it they talk.
	two_boxes "$(nat_config 'del(.ports)')" "$(other_network 'del(.ports)')"
	box_net ping -c 1 -W 2 172.30.5.2
	end_second
	box_stop
	stop_peers
	outside_down
}

# plain_network N [FILTER]: a bridge network of another subnet, with no key of address translation.
plain_network() {
	other_network "del(.ports, .masquerade, .mac_address) | (.. | strings) |= gsub(\"172.30.5\"; \"172.30.$1\") | (.. | strings) |= gsub(\":30:5:\"; \":30:$1:\")
		| (.. | strings) |= gsub(\"ctrbr5\"; \"ctrbr$1\") | ${2:-.}"
}

# reaches PID ADDRESS; the other way round is what a stranger on the host does.
reaches() {
	nsenter --target "$1" --net ping -c 1 -W 1 "$2" >/dev/null
}

# kept_apart A B: two configs, of which the first is isolated (172.30.4.2), and the second is at 172.30.$3.2.
kept_apart() {
	two_boxes "$1" "$2"
	reaches "$BOX_PID" 172.30.4.1
	reaches "$SECOND" "172.30.$3.1"
	run ! reaches "$BOX_PID" "172.30.$3.2"
	run ! reaches "$SECOND" 172.30.4.2
	end_second
	box_stop
	# In the other order.
	two_boxes "$2" "$1"
	run ! reaches "$BOX_PID" 172.30.4.2
	run ! reaches "$SECOND" "172.30.$3.2"
	assert_untouched
	assert_untouched "$ID-2"
	end_second
	box_stop
}

@test "nat: isolate: from networks without a key of address translation, too" {
	local isolated
	isolated=$(nat_config 'del(.ports, .masquerade) | .isolate = true')
	sysctl -qw net.ipv4.ip_forward=1
	kept_apart "$isolated" "$(plain_network 5)" 5
	# A pair of links of its own.
	kept_apart "$isolated" "$(plain_network 5 'del(.bridge, .bridge_address, .ipv6_address, .ipv6_gateway) | .host_address = "172.30.5.1/24"')" 5
	# A bridge of somebody else's, which is left as it is.
	ip link add ctrbr6 type bridge
	ip addr add 172.30.6.1/24 dev ctrbr6
	ip link set ctrbr6 up
	ip -j -d link show dev ctrbr6 | jq '.[0] | {group, ifalias}' >"$T/bridge.before"
	kept_apart "$isolated" "$(plain_network 6 'del(.bridge_address, .ipv6_address, .ipv6_gateway)')" 6
	ip -j -d link show dev ctrbr6 | jq '.[0] | {group, ifalias}' | diff "$T/bridge.before" -
	ip link delete ctrbr6
	# Without isolate they talk, and there is no table.
	two_boxes "$(plain_network 4)" "$(plain_network 5)"
	reaches "$BOX_PID" 172.30.5.2
	reaches "$SECOND" 172.30.4.2
	[ -z "$(nft list ruleset)" ]
	end_second
	box_stop
	sysctl -qw net.ipv4.ip_forward=0
}

@test "nat: internal: nowhere but its own subnet" {
	local internal='del(.ports, .masquerade, .gateway, .ipv6_gateway) | .internal = true'
	outside_up
	outside_route 172.30.4.0/24
	sysctl -qw net.ipv4.ip_forward=1
	two_boxes "$(nat_config "$internal")" "$(nat_config "$internal"' | .address = "172.30.4.3/24" | del(.ipv6_address)')"
	# Even if it finds the way.
	box_net ip route add default via 172.30.4.1
	run ! box_net ping -c 1 -W 1 $OUT4
	run ! outside ping -c 1 -W 1 $SAMPLE_ADDRESS
	box_net ping -c 1 -W 2 172.30.4.3
	box_net ping -c 1 -W 2 172.30.4.1
	end_second
	box_stop
	sysctl -qw net.ipv4.ip_forward=0
	outside_down
}

# refused CONFIG WORDS: before anything is made.
refused() {
	# Without how far the kernel is with its own link-local addresses.
	snap_links | grep -v fe80 >"$T/links.before"
	nft -j list ruleset >"$T/nft.before"
	run ctrnet exec --config "$1" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
	assert_status 255
	assert_output "ctrnet: exec: networks[1] (eth0): $2"
	snap_links | grep -v fe80 | diff "$T/links.before" -
	nft -j list ruleset | diff "$T/nft.before" -
}

@test "nat: a port that another container has is refused before anything is made" {
	box_start "$(nat_config '.ports = [{host: 18080, container: 80}, {host: 18081, host_address: "192.0.2.7"}]')"
	refused "$(other_network '.ports = [{host: 18079}, {host: 18080, container: 81}]')" \
		"ports[1].host: tcp port 18080 is taken by container '$ID'"
	refused "$(other_network '.ports = [{host: "18070-18090", host_address: "192.0.2.1"}]')" \
		"ports[0].host: tcp port 18080 is taken by container '$ID'"
	refused "$(other_network '.ports = [{host: 18081}]')" \
		"ports[0].host: tcp port 18081 is taken by container '$ID'"
	# Another protocol or address is another port.
	ctrnet exec --config "$(other_network '.ports = [{host: 18080, protocol: "udp"}, {host: 18081, host_address: "192.0.2.8"}]')" \
		--rootfs "$ROOT" --id "$ID-2" -- /bin/true
	box_stop
}

@test "nat: a port that a program of the host's has is refused" {
	start_peer "$TOOLS/peer" hold tcp 0.0.0.0 18080
	refused "$(nat_config '.ports = [{host: 18080}]')" 'ports[0].host: tcp port 18080 is in use on the host'
	refused "$(nat_config '.ports = [{host: 18080, host_address: "127.0.0.1"}]')" 'ports[0].host: tcp port 18080 is in use on the host'
	ctrnet exec --config "$(nat_config '.ports = [{host: 18080, protocol: "udp"}]')" --rootfs "$ROOT" --id "$ID" -- /bin/true
	stop_peers
	start_peer "$TOOLS/peer" hold udp 127.0.0.1 18080
	refused "$(nat_config '.ports = [{host: "18079-18081", protocol: "udp"}]')" 'ports[0].host: udp port 18080 is in use on the host'
	ctrnet exec --config "$(nat_config '.ports = [{host: 18080, protocol: "udp", host_address: "192.0.2.1"}]')" \
		--rootfs "$ROOT" --id "$ID" -- /bin/true
	stop_peers
}

@test "nat: a stranger's table of our name is left alone, and we are refused; other tables are untouched" {
	nft add table inet ctrnet
	nft add chain inet ctrnet prerouting '{ type nat hook prerouting priority 0; }'
	refused "$(nat_config)" 'masquerade: table inet ctrnet of nftables is there, and is not ctrnet'\''s'
	nft delete table inet ctrnet
	nft add table ip other '{ comment "ctrnet:shared:nat2"; }'
	nft add chain ip other forward '{ type filter hook forward priority 0; policy drop; }'
	nft -j list table ip other >"$T/other"
	box_start "$(nat_config)"
	nft -j list table ip other | diff "$T/other" -
	box_stop
	nft -j list table ip other | diff "$T/other" -
	nft delete table ip other
}

# bats test_tags=net
@test "nat: the lines of a dry run make the same table" {
	ctrnet exec --config "$(nat_config '.snat = "192.0.2.7" | .isolate = true')" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/true |
		grep '^nft ' >"$T/lines"
	box_start "$(nat_config '.snat = "192.0.2.7" | .isolate = true')"
	snap_nft >"$T/made"
	nft list ruleset >"$T/made.text"
	box_stop
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	sh -e "$T/lines"
	snap_nft | diff "$T/made" -
	nft list ruleset | diff "$T/made.text" -
	nft delete table inet ctrnet
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

@test "nat: forwarding that was on before stays on; what somebody changed since is theirs" {
	sysctl -qw net.ipv4.ip_forward=1
	box_start "$(nat_config)"
	[ "$(sysctl -n net.ipv6.conf.all.forwarding)" = 1 ]
	sysctl -qw net.ipv6.conf.all.forwarding=2
	box_stop
	[ "$(sysctl -n net.ipv4.ip_forward)" = 1 ]
	[ "$(sysctl -n net.ipv6.conf.all.forwarding)" = 2 ]
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

@test "nat: 20 containers at once: one table, which goes with the last" {
	local i n=20 pids=() fifo=$T/fifo
	mkfifo "$fifo"
	for ((i = 1; i <= n; i++)); do
		ctrnet exec --config "$(nat_config '.address = $a | .ipv6_address = $b | .ports = [{host: $p, container: 80}]' \
			--arg a "172.30.4.$((i + 1))/24" --arg b "fd5a:c7e1:30:4::$((i + 1))/64" --argjson p $((18000 + i)))" \
			--rootfs "$ROOT" --id "$ID-$i" -- /bin/cat >"$T/out.$i" 2>&1 <"$fifo" 3>&- &
		pids+=($!)
	done
	exec 9>"$fifo"
	wait_for 60 eval '[ "$(elements any_ports4 | wc -l)" = 20 ]'
	[ "$(elements any_ports4 | jq -r '"\(.key[1]) \(.value[0]) \(.comment)"' | sort)" = \
		"$(for ((i = 1; i <= n; i++)); do echo "$((18000 + i)) 172.30.4.$((i + 1)) ctrnet:$ID-$i"; done | sort)" ]
	[ "$(nft list tables | wc -l)" = 1 ]
	[ "$(nft -j list table inet ctrnet | jq '[.nftables[].rule // empty] | length')" = \
		"$(ctrnet exec --config "$(nat_config '.ports = []')" --rootfs "$ROOT" --id x --dry-run -- /bin/true | grep -c '^nft add rule')" ]
	# While most of them are still there.
	wait_for 60 running "$ID-1"
	ctrnet delete --force "$ID-1"
	[ "$(elements any_ports4 | wc -l)" = 19 ]
	exec 9>&-
	for i in "${pids[@]}"; do wait "$i" || true; done
	run nft list tables
	assert_output ''
}

@test "nat: after SIGKILL, delete leaves the ruleset as it was" {
	snap_nft >"$T/before"
	box_start "$(nat_config)"
	kill -KILL "$BOX"
	wait "$BOX" || true
	[ "$(elements masquerade4 | wc -l)" = 1 ]
	ctrnet delete "$ID"
	snap_nft | diff "$T/before" -
}

@test "nat: without the journal, delete finds its elements by their comments" {
	two_boxes "$(nat_config '.ports = [{host: "18000-18020"}]')" "$(other_network 'del(.ports)')"
	kill -KILL "$BOX"
	wait "$BOX" || true
	echo nonsense >"$RUN/$ID/journal.json"
	ctrnet delete --force "$ID"
	[ "$(elements masquerade4 | jq -r .comment)" = "ctrnet:$ID-2" ]
	[ "$(elements links4 | wc -l)" = 1 ]
	[ -z "$(elements any_ports4)" ]
	end_second
}

@test "nat: a table that somebody flushed is made anew for the next one, and does not hold up the end" {
	box_start "$(nat_config '.ports = []')"
	nft flush ruleset
	ctrnet exec --config "$(other_network '.ports = []')" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
	# One rule less.
	nft delete rule inet ctrnet postrouting handle \
		"$(nft -a -j list chain inet ctrnet postrouting | jq '.nftables[].rule // empty | select(.comment == "masquerade") | .handle')"
	ctrnet exec --config "$(other_network '.ports = []')" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
	nft list chain inet ctrnet postrouting | grep -q 'comment "masquerade"'
	nft delete table inet ctrnet
	box_stop
}

# Of each map of ports, what nft(8) has of it: protocol, host address and port, address and port.
ports_expected() {
	local set
	for set in ports4 ports6 any_ports4 any_ports6; do
		elements $set | jq -c --arg any "$([[ $set == *4 ]] && echo 0.0.0.0 || echo ::)" '.key as $k | .value as $v |
			[$k[0], (if $k | length == 3 then $k[1] else $any end), $k[-1], $v[0], $v[1]]'
	done | sort
}

ports_shown() {
	ctrnet net show --json "$ID" | jq -c 'def ports: if type == "string" then split("-") | map(tonumber) else [., .] end | [range(.[0]; .[1] + 1)];
		.[0].ports[] | [(.protocol // "tcp"), .host_address, (.host | ports), .address, (.container | ports)] | . as $p
		| range($p[2] | length) | [$p[0], $p[1], $p[2][.], $p[3], $p[4][.]]' | sort
}

@test "nat: net show has the ports, as nft(8) has them, and nobody else's" {
	box_start "$(nat_config '.ports = [{host: 18080, container: 80}, {host: "19000-19004", container: "9000-9004", protocol: "udp"},
		{host: 18443, container: 443, host_address: "127.0.0.1"}]')"
	ports_expected >"$T/expected"
	[ "$(wc -l <"$T/expected")" -ge 7 ]
	diff "$T/expected" <(ports_shown)
	run ctrnet net show "$ID"
	grep -qE "^$ID +tcp +0\.0\.0\.0:18080 +172\.30\.4\.2:80$" <<<"$output"
	grep -qE "^$ID +udp +0\.0\.0\.0:19000-19004 +172\.30\.4\.2:9000-9004$" <<<"$output"
	grep -qE "^$ID +tcp +127\.0\.0\.1:18443 +172\.30\.4\.2:443$" <<<"$output"
	# One of another container, which has the same id elsewhere or another one here, and one that somebody took away.
	nft add element inet ctrnet any_ports4 "{ tcp . 18081 comment \"ctrnet:$ID\" : 10.1.1.1 . 80, tcp . 18082 comment \"ctrnet:other\" : 172.30.4.2 . 80 }"
	nft delete element inet ctrnet any_ports4 '{ tcp . 18080 }'
	grep -v '"0.0.0.0",18080' "$T/expected" | diff - <(ports_shown)
	nft delete element inet ctrnet any_ports4 '{ tcp . 18081, tcp . 18082 }'
	ctrnet net repair "$ID"
	diff "$T/expected" <(ports_shown)
	box_stop
}
