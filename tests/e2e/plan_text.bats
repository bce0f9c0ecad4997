#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A plan as text: typed in by hand, in order, its lines give the same as ctrnet does (see plan_text.bash).

load lib
load whole_config
load plan_text

setup_file() {
	local module
	# The tests' namespaces may not load any.
	for module in ipvlan 8021q dummy vrf geneve macvlan tun wireguard; do modprobe -q $module || true; done
	uplink
}

# all_same CONFIG...: one by one; where networks have to be all there are, none may be passed over.
all_same() {
	local file status failed=0
	for file; do
		# A program that stays, and makes the rest itself.
		! jq -e 'any(.networks[]?; .type == "pasta")' "$file" >/dev/null || continue
		status=0
		same_by_hand "$file" >"$T/said" || status=$?
		[ "$status" != 2 ] || [ -n "${MUST_RUN:-}" ] || continue
		[ "$status" = 0 ] || { echo "$file: $(cat "$T/said")"; failed=1; }
	done
	return $failed
}

@test "plan as text: every sample" {
	all_same "$SAMPLES"/*.json
}

@test "plan as text: every sample of a network" {
	all_same "$SAMPLES"/networks/*.json
}

# bats test_tags=net
@test "plan as text: some of what many kernels lack" {
	[ -n "${MUST_RUN:-}" ] || skip "all that this kernel has is in the test before"
	all_same "$SAMPLES"/networks/{ipvlan,vlan,vrf}.json
}

# without CONFIG LINE [SECONDS]: without the lines that match, it is not the same.
without() {
	lines_of "$1"
	grep -q "$2" "$T/lines" || { echo "no line: $2"; return 1; }
	run same_by_hand "$1" "\\#$2#d" "${3:-1}"
	[ "$status" = 1 ] || { echo "not missed: $2"; return 1; }
}

@test "plan as text: the test of tests" {
	without "$SAMPLES/networks/link_keys.json" rp_filter
	[[ $output == *'< inside settings: "/proc/sys/net/ipv4/conf/eth0/rp_filter:2"'* ]]
	without "$SAMPLES/networks/nat_ports.json" 'add element inet ctrnet any_ports4'
	[[ $output == *'< host nft: '*'"name":"any_ports4"'* ]]
	without "$SAMPLES/networks/addresses.json" 'link set dev eth0 up'
	[[ $output == *refused:* ]]
}

# As few configs as there can be, with all that does not exclude each other.
# bats test_tags=slow
@test "plan as text: every key of a network" {
	local row part keys bridge failed=0
	begin
	use 'libcontainer (mid-2015)'
	# A namespace that is joined is none of the two, and an interface that a container takes along is in one of them.
	rows_of() { rows networks | grep -vE '^[^ ]*(ns_?path|\.device|\.hwaddr) '; }
	ip -j link show type ifb | jq -r '.[].ifname' | xargs -rn 1 ip link delete
	while IFS= read -r row; do
		parse "$row"
		# shellcheck disable=SC2034 # take() looks at it
		[[ $OUTCOME != refused* ]] || REFUSED[$KEY]=1
	done < <(rows_of "$FORMAT")
	partition "$FORMAT" >"$T/partition"
	for ((part = 1; ; part++)); do
		mapfile -t keys < <(sed -n "s/^$part //p" "$T/partition")
		[ ${#keys[@]} != 0 ] || break
		take "${keys[@]}"
		generate
		# As new as on the other host.
		for bridge in ctrctx ctrctx2; do
			ip link delete $bridge
			ip link add $bridge address 02:00:00:00:98:0${#bridge} type bridge
		done
		same_by_hand "$CHANGED" >"$T/said" || { echo "${ROWS_KEY[*]}: $(cat "$T/said")"; failed=1; }
	done
	[ "$part" -gt 1 ]
	return $failed
}
