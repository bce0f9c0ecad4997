#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net gc`: what nobody has any more goes, and nothing else.

load lib

# joined NAME [FILTER]: print the path of a config whose container joins /run/netns/NAME and is a port of a bridge of ours.
joined() {
	config attach_to_bridge ".networks |= map(del(.host_interface_name)) | ${2:-.} |
		.namespaces |= map(if .type == \"NEWNET\" then .path = \$path else . end)" --arg path "/run/netns/$1"
}

marked() {
	ip -j link | jq -r '.[] | select(.ifalias // "" | startswith("ctrnet:")) | .ifname' | sort
}

@test "net gc: a machine without containers has nothing to remove" {
	run ctrnet net gc
	assert_status 0
	assert_output ''
	run ctrnet net gc --json
	assert_status 0
	assert_json "$output" '. == {"garbage": []}'
}

@test "net gc: a container whose ctrnet was killed is removed as by delete" {
	ip netns add "$ID"
	box_start "$(joined "$ID")"
	run ctrnet net gc
	assert_status 0
	assert_output ''
	cut_off
	[ -n "$(marked)" ]
	run ctrnet net gc --dry-run
	assert_status 0
	assert_output "would remove container $ID: its process is gone"
	[ -d "$RUN/$ID" ]
	run ctrnet net gc --json
	assert_status 0
	assert_json "$output" '.garbage == [{kind: "container", name: $id, why: "its process is gone", kept: false}]' --arg id "$ID"
	[ -z "$(marked)" ]
	[ ! -e "$RUN/$ID" ]
	[ -z "$(find /run/ctrnet-shared -type f 2>/dev/null)" ]
	run ctrnet net gc
	assert_status 0
	assert_output ''
	ip netns delete "$ID"
}

@test "net gc: links and shared things of a container whose record is lost" {
	ip netns add "$ID"
	box_start "$(joined "$ID")"
	local host
	host=$(marked | grep -v ctrbr0)
	cut_off
	rm -rf "${RUN:?}/$ID"
	run ctrnet net gc -n
	assert_status 0
	grep -qx "would remove link $host: of container '$ID', and nobody lives where its other end is" <<<"$output"
	grep -qx 'would remove record link.bridge:ctrbr0: nobody uses it any more' <<<"$output"
	grep -qx 'would remove record addr.bridge:ctrbr0:172.30.0.1/24: nobody uses it any more' <<<"$output"
	grep -qx 'would remove record link.borrow:lo: nobody uses it any more' <<<"$output"
	grep -qx 'would remove record netns.claim: nobody uses it any more' <<<"$output"
	[ "$(wc -l <<<"$output")" = 5 ]
	[ -n "$(marked)" ]
	run ctrnet net gc
	assert_status 0
	[ "$(grep -c ^removed <<<"$output")" = 5 ]
	[ -z "$(marked)" ]
	# lo is down again, as the container found it.
	ip -j -n "$ID" link show dev lo | jq -e '.[0].flags | index("UP") | not'
	ip netns delete "$ID"
	clear_cgroups
}

@test "net gc: reserved addresses of a container whose record is lost" {
	local pools
	box_start "$(config attach_to_bridge '.networks |= map(select(.type == "veth") | del(.address, .gateway, .bridge_address) + {subnet: "172.30.9.0/29"})')"
	cut_off
	rm -rf "${RUN:?}/$ID"
	pools=$(echo /run/ctrnet-shared/*.pools)
	run ctrnet net gc --dry-run
	assert_status 0
	grep -qx 'would remove address 172.30.9.2 of 172.30.9.0/29: its container is gone' <<<"$output"
	grep -q '172\.30\.9\.2' "$pools"/*
	run ctrnet net gc
	assert_status 0
	grep -qx 'removed address 172.30.9.2 of 172.30.9.0/29: its container is gone' <<<"$output"
	[ ! -e "$pools" ]
	[ -z "$(marked)" ]
	clear_cgroups
}

# What only the record would have told of.
clear_cgroups() {
	find /sys/fs/cgroup -depth -type d -name "*$ID*" -exec rmdir {} + 2>/dev/null || true
	# shellcheck disable=SC2086 # a list
	find $CTRNET_TEST_CGROUPS -mindepth 1 -depth -type d -name ctrnet -exec rmdir {} + 2>/dev/null || true
}

@test "net gc: what lives below another --root stays, whatever its namespace" {
	ip netns add "$ID"
	box_start "$(joined "$ID")"
	run "$CTRNET" --root "$T/other" net gc
	assert_status 0
	assert_output ''
	[ "$(marked | wc -l)" = 2 ]
	box_stop
	box_start attach_to_bridge
	run "$CTRNET" --root "$T/other" net gc
	assert_status 0
	assert_output ''
	[ "$(marked | wc -l)" = 2 ]
	box_all /bin/ping -c 1 -W 2 172.30.0.1
	box_stop
	ip netns delete "$ID"
}

@test "net gc: an id that is dead here and alive below another --root" {
	ip netns add "$ID"
	ip netns add "$ID-2"
	box_start "$(joined "$ID")"
	cut_off
	local mine=$RUN
	RUN=$T/other
	box_start "$(joined "$ID-2" '.networks |= map(if .address then .address = "172.30.0.9/24" else . end)')"
	RUN=$mine
	run ctrnet net gc
	assert_status 0
	assert_output "removed container $ID: its process is gone"
	[ "$(marked | wc -l)" = 2 ]
	box_all /bin/ping -c 1 -W 2 172.30.0.1
	RUN=$T/other
	box_stop
	RUN=$mine
	ip netns delete "$ID"
	ip netns delete "$ID-2"
}

@test "net gc: containers that come and go have nothing to remove" {
	local loop i
	for ((i = 0; i < 15; i++)); do
		ctrnet exec --config "$SAMPLES/dual_stack.json" --rootfs "$ROOT" --id "$ID" -- /bin/true || echo "start $i failed"
	done >"$T/loop" 2>&1 3>&- &
	loop=$!
	while kill -0 "$loop" 2>/dev/null; do
		run ctrnet net gc
		assert_status 0
		assert_output ''
		# Nor does a check ever find anything.
		run ctrnet net check "$ID"
		[ "$status" != 1 ] || { echo "$output"; return 1; }
	done
	wait "$loop"
	[ ! -s "$T/loop" ] || { cat "$T/loop"; return 1; }
}

# In the namespace that it joins: a tap, and a vxlan beside it.
inside_of() {
	config minimal '.networks += [{type: "tap", name: "tap0", address: "10.78.0.1/24"}, {type: "vxlan", name: "vx0", id: 7, remotes: ["192.0.2.1"]}]
		| .namespaces |= map(if .type == "NEWNET" then .path = $path else . end)' --arg path "/run/netns/$1"
}

@test "net gc: links of any kind in a namespace that was joined" {
	local sleeper mine=$RUN
	ip netns add "$ID"
	box_start "$(inside_of "$ID")"
	[ "$(ip -n "$ID" -j link | jq -r '.[] | select(.ifalias) | .ifname' | sort | xargs)" = "tap0 vx0" ]
	# Its owner lives, below whatever --root: nothing goes.
	run "$CTRNET" --root "$T/other" net gc
	assert_status 0
	assert_output ''
	cut_off
	mv "$RUN/$ID" "$T/lost"
	# Another one lives in the namespace, and has a link of its own there.
	jq '.networks |= map(select(.type != "vxlan") | if .name == "tap0" then .name = "tap1" else . end)' "$(inside_of "$ID")" >"$T/second.json"
	RUN=$T/other
	box_start "$T/second.json" --id "$ID-2"
	RUN=$mine
	run ctrnet net gc -n
	assert_status 0
	grep -qx "would remove link tap0: no container '$ID' has links here any more" <<<"$output"
	grep -qx "would remove link vx0: no container '$ID' has links here any more" <<<"$output"
	[[ $output != *tap1* ]]
	run ctrnet net gc
	assert_status 0
	[ "$(ip -n "$ID" -j link | jq -r '.[] | select(.ifalias) | .ifname' | xargs)" = tap1 ]
	RUN=$T/other
	box_stop
	RUN=$mine
	clear_cgroups
	ip netns delete "$ID"
}

@test "net gc: links of any kind where nobody lives any more" {
	ip netns add "$ID"
	box_start "$(inside_of "$ID")"
	cut_off
	rm -rf "${RUN:?}/$ID"
	run ctrnet net gc
	assert_status 0
	grep -qx "removed link tap0: of container '$ID', and nobody lives in its network namespace" <<<"$output"
	[ -z "$(ip -n "$ID" -j link | jq -r '.[] | select(.ifalias) | .ifname')" ]
	run ctrnet net gc
	assert_output ''
	clear_cgroups
	ip netns delete "$ID"
}

# A network with a port, of which there can be several.
with_port() {
	config "$SAMPLES/networks/nat_ports.json" '.networks[1] |= (.address = "172.30.4.\($n)/24" | del(.ipv6_address, .ipv6_gateway) | .ports = [{host: ($n | tonumber + 18000), container: 80}])' --arg n "$1"
}

@test "net gc: elements of nftables of a container whose record is lost, and not those of one that lives" {
	local mine=$RUN first=$ID
	box_start "$(with_port 2)"
	cut_off
	rm -rf "${RUN:?}/$ID"
	# Below another --root, in a mount namespace in which alone it can be seen.
	export RUN=$T/other CTRNET ROOT ID
	mkdir "$RUN"
	# shellcheck disable=SC2016 # expanded inside
	config=$(with_port 3) unshare --mount --propagation private /bin/sh -c 'mount -t tmpfs tmpfs "$RUN" &&
		exec "$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID-other" -- /bin/sh -c "echo ready; sleep 1000"' >"$T/said" 3>&- &
	other=$!
	RUN=$mine
	wait_for 10 grep -qx ready "$T/said"
	[ "$(nft -j list table inet ctrnet | grep -o "ctrnet:$first\"" | wc -l)" -gt 0 ]
	run ctrnet net gc --dry-run
	assert_status 0
	grep -q "^would remove element .*18002.* of $first: its container is gone$" <<<"$output"
	[[ $output != *18003* ]]
	nft list table inet ctrnet | grep -q 18002
	run ctrnet net gc
	assert_status 0
	[[ $(nft list table inet ctrnet) != *18002* ]]
	nft list table inet ctrnet | grep -q 18003
	[[ $(nft -j list table inet ctrnet) != *"ctrnet:$first\""* ]]
	run ctrnet net gc
	assert_output ''
	kill -KILL "$(first_process "$other")"
	wait "$other" || true
	[ -z "$(nft list ruleset)" ]
	clear_cgroups
}

@test "net gc: what cannot be told is left, and said" {
	local sleeper
	ip link add ctrx type bridge
	ip link set ctrx alias ctrnet:nobody
	ip netns add "$ID"
	ip link add ctry type veth peer name ctry1 netns "$ID"
	ip link set ctry alias ctrnet:nobody
	ip netns exec "$ID" sleep 1000 3>&- &
	sleeper=$!
	wait_for 10 in_namespace "$sleeper"
	# Somebody lives there: it is his.
	run ctrnet net gc
	assert_status 0
	assert_output "left link ctrx: nothing tells whether a container 'nobody' of another --root has it"
	kill "$sleeper"
	wait "$sleeper" || true
	run ctrnet net gc
	assert_status 0
	grep -qx "removed link ctry: of container 'nobody', and nobody lives where its other end is" <<<"$output"
	ip link delete ctrx
	ip netns delete "$ID"
}

@test "net gc: a record that cannot be read is told of, and is in nobody else's way" {
	local record
	box_start "$(config attach_to_bridge '.networks[1].masquerade = true')"
	ip link add ctrx type bridge
	ip link set ctrx alias ctrnet:nobody
	record=$(grep -rl '"nft.table"' /run/ctrnet-shared)
	cp "$record" "$T/record"
	echo junk >"$record"
	echo junk >"${record%/*}/0123456789abcdef.json"
	run ctrnet net gc
	assert_status 0
	grep -qx "left record $record: .*expected a value, found the word 'junk'" <<<"$output"
	grep -qx "left record ${record%/*}/0123456789abcdef.json: .*" <<<"$output"
	grep -qx "left link ctrx: .*" <<<"$output"
	grep -qx "left element .*: the record of who uses the table cannot be read" <<<"$output"
	run ! grep -v ^left <<<"$output"
	cp "$T/record" "$record"
	rm "${record%/*}/0123456789abcdef.json"
	box_stop
	ip link delete ctrx
}

in_namespace() {
	[ "$(stat -Lc %i "/proc/$1/ns/net")" = "$(stat -c %i "/run/netns/$ID")" ] && [ "$(cat "/proc/$1/comm")" = sleep ]
}

@test "net gc: bad input" {
	run ctrnet net gc someid
	assert_status 2
	assert_output "ctrnet: net: gc is about no single container"
	ctrnet help net | grep -q -- --dry-run
}
