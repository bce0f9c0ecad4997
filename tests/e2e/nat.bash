# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of address translation: the network namespace that the tests are in is "the host", and beside it is "outside", in a
# namespace of its own, which knows the way to nothing but the host's own addresses.

HOST4=192.0.2.1 OUT4=192.0.2.2
HOST6=2001:db8::1 OUT6=2001:db8::2

# Rules and the settings that go with them leak, too. Handles are given out anew.
snap_nft() {
	nft -j list ruleset | jq -cS '.nftables[] | walk(if type == "object" then del(.handle) else . end)'
	sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
}
KINDS+=' nft'

outside() {
	ip netns exec outside "$@"
}

outside_up() {
	ip netns add outside
	ip link add ctrup0 type veth peer name eth0 netns outside
	ip addr add $HOST4/24 dev ctrup0
	ip addr add $HOST6/64 dev ctrup0 nodad
	ip link set ctrup0 up
	outside ip link set lo up
	outside ip addr add $OUT4/24 dev eth0
	outside ip addr add $OUT6/64 dev eth0 nodad
	outside ip link set eth0 up
	wait_for 5 outside ping -c 1 -W 1 $HOST4 >/dev/null
	wait_for 5 outside ping -6 -c 1 -W 1 $HOST6 >/dev/null
}

# Its end on the host goes with it, but only in a moment.
outside_down() {
	ip link delete ctrup0
	ip netns delete outside
}

# As a way back to the container, for where nothing is translated.
outside_route() {
	outside ip route add "$1" via $HOST4
}

# start_peer [PREFIX...] serve|hold ...: waits until it has its port. Its pid is added to PEERS.
start_peer() {
	local out
	out=$(mktemp "$T/peer-XXXXXX")
	"$@" >"$out" 2>&1 3>&- &
	PEERS+=" $!"
	wait_for 5 grep -q ready "$out" || { cat "$out"; return 1; }
}

# In the box.
serve() {
	start_peer nsenter --target "$BOX_PID" --net "$TOOLS/peer" serve "$@"
}

stop_peers() {
	# shellcheck disable=SC2086 # a list
	[ -z "$PEERS" ] || kill $PEERS
	# shellcheck disable=SC2086
	wait $PEERS || true
	PEERS=
}

# asks WHO... -- PROTOCOL ADDRESS PORT: prints what address it is seen with.
ask() {
	"$TOOLS/peer" ask "$@"
}

eval "lib_$(declare -f setup)"
eval "lib_$(declare -f teardown)"

setup() {
	PEERS=
	lib_setup
}

# What a failed test left must not be the next one's.
teardown() {
	[ -z "$PEERS" ] || stop_peers
	if ip netns list | grep -q outside; then outside_down; fi
	lib_teardown && return
	nft list tables | grep -q 'inet ctrnet' && nft delete table inet ctrnet
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	return 1
}

# nat_config [FILTER [JQ-ARGS...]]: the sample, changed by a filter about its network.
nat_config() {
	config "$SAMPLES/networks/nat_ports.json" ".networks[1] |= (${1:-.})" "${@:2}"
}

# The elements of a set as lines of JSON: key, value (of a map), comment. Without /etc/protocols nft(8) has numbers of them.
elements() {
	nft -j list table inet ctrnet 2>/dev/null | jq -c --arg set "$1" '.nftables[] | (.set, .map) // empty | select(.name == $set) | .elem // [] | .[]
		| if type == "array" then {key: .[0], value: .[1]} else {key: .} end
		| (.key.elem // {val: .key}) as $e | .key = ($e.val | .concat? // .) | (.key | arrays | .[0]) |= ({"6": "tcp", "17": "udp"}[tostring] // .) | .comment = $e.comment
		| if .value then .value |= (.concat? // .) else . end'
}

# two_boxes CONFIG CONFIG: the second one's first process is SECOND.
two_boxes() {
	box_start "$1"
	"$CTRNET" --root "$RUN" exec --config "$2" --rootfs "$ROOT" --id "$ID-2" -- /bin/sleep 60 3>&- &
	SECOND_BOX=$!
	wait_for 10 running "$ID-2"
	SECOND=$(first_process $SECOND_BOX)
	[ -n "$SECOND" ]
}

running() {
	[ "$(ctrnet state "$1" 2>/dev/null | jq -r .status)" = running ]
}

end_second() {
	ctrnet delete --force "$ID-2"
	wait "$SECOND_BOX" || true
}

# The sample on another bridge.
other_network() {
	nat_config "(.. | strings) |= (gsub(\"172.30.4\"; \"172.30.5\") | gsub(\":30:4:\"; \":30:5:\") | gsub(\"ctrbr4\"; \"ctrbr5\")) | $1"
}
