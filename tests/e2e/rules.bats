#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Policy rules, as ip(8) sees them in the container, and as packets feel them.

load lib
load refuse

# rule_is FAMILY PRIORITY FILTER: of the only rule with it the filter is true.
rule_is() {
	local found
	found=$(box_net ip -j -d "-$1" rule show | jq --argjson at "$2" 'map(select(.priority == $at))')
	assert_json "$found" 'length == 1'
	assert_json "$found" ".[0] | $3"
}

@test "rules: every key, IPv4 and IPv6" {
	box_start "$(config attach_to_bridge '.rules = [
		{from: "10.1.0.0/16", table: 100},
		{to: "10.2.3.4/32", table: "main", priority: 7},
		{iif: "lo", table: 4000000000},
		{oif: "eth0", action: "unreachable"},
		{fwmark: 16, table: "default"},
		{fwmark: "0x10/0xff", family: "ipv6", table: 300},
		{from: "fd00:1::/32", action: "prohibit", priority: 9},
		{to: "10.3.0.0/16", action: "blackhole"}]')"
	rule_is 4 1000 '.src == "10.1.0.0" and .srclen == 16 and .table == "100" and .protocol == "206"'
	rule_is 4 7 '.src == "all" and .dst == "10.2.3.4" and .table == "main"'
	rule_is 4 1002 '.iif == "lo" and .table == "4000000000"'
	rule_is 4 1003 '.oif == "eth0" and .action == "unreachable"'
	rule_is 4 1004 '.fwmark == "0x10" and .fwmask == null and .table == "default"'
	rule_is 6 1005 '.fwmark == "0x10" and .fwmask == "0xff" and .table == "300" and .protocol == "206"'
	rule_is 6 9 '.src == "fd00:1::" and .srclen == 32 and .action == "prohibit"'
	rule_is 4 1007 '.dst == "10.3.0.0" and .dstlen == 16 and .action == "blackhole"'
	box_stop
}

@test "rules: a packet's way depends on where it comes from" {
	box_start "$(config attach_to_bridge '.networks[1].addresses = ["172.30.0.3/24"]
		| .rules = [{from: "172.30.0.3/32", table: 100}, {to: "10.9.0.0/16", action: "prohibit"}]
		| .routes = [{destination: "10.8.0.0/16", gateway: "172.30.0.7", interface_name: "eth0", table: 100}]')"
	run box_net ip -j route get 10.8.0.1 from 172.30.0.3
	assert_json "$output" '.[0].gateway == "172.30.0.7"'
	run box_net ip -j route get 10.8.0.1 from 172.30.0.2
	assert_json "$output" '.[0].gateway == "172.30.0.1"'
	run box_net ip route get 10.9.0.1
	assert_status 2
	[[ $output == *'Permission denied'* ]]
	box_stop
}

@test "rules: undone in a namespace that was joined, and only our own" {
	ip netns add "$ID"
	ip -n "$ID" link set lo up
	ip -n "$ID" rule add from 10.1.0.0/16 lookup 100 priority 1000
	local before after inside
	before=$(ip -n "$ID" -j -d rule; ip -n "$ID" -6 -j -d rule)
	box_start "$(config minimal '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)
		| .rules = [{from: "10.1.0.0/16", table: 101}, {family: "ipv6", oif: "lo", action: "blackhole"}]' --arg path "/run/netns/$ID")"
	inside=$(box_net ip -j rule; box_net ip -6 -j rule)
	box_stop
	after=$(ip -n "$ID" -j -d rule; ip -n "$ID" -6 -j -d rule)
	ip netns delete "$ID"
	[ "$(jq -s 'flatten | map(select(.priority >= 1000 and .priority < 2000)) | length' <<<"$inside")" = 3 ]
	[ "$before" = "$after" ]
}

@test "rules: one that stands already is refused, and nothing is left" {
	ip netns add "$ID"
	ip -n "$ID" link set lo up
	ip -n "$ID" rule add from 10.1.0.0/16 lookup 100 priority 1001 protocol 206
	run ctrnet_run "$(config minimal '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)
		| .rules = [{from: "10.2.0.0/16", table: 100}, {from: "10.1.0.0/16", table: 100}]' --arg path "/run/netns/$ID")" -- /bin/true
	local got=$output code=$status left
	left=$(ip -n "$ID" -j rule | jq -c 'map(.priority)')
	ip netns delete "$ID"
	[ "$code" != 0 ]
	[[ $got == *'rules[1]: IPv4 rule 1001: there is one that says the same already'* ]]
	[[ $left == '[0,32766,32767]' || $left == '[0,1001,32766,32767]' ]]
}

# rule RULE LINE: as the only one.
rule() {
	refuses ".rules = [$1]" "$2"
}

@test "rules: bad ones" {
	rule '{from: "10.0.0.0/8"}' "FILE: rules[0]: table is missing: a rule of action 'lookup' needs it"
	rule '{table: 5, action: "prohibit"}' "FILE: rules[0]: table: a rule of action 'prohibit' looks nowhere"
	rule '{table: 5, from: "10.0.0.0/8", to: "fd00::/8"}' 'FILE: rules[0]: family, from and to are not of one family'
	rule '{table: 5, from: "10.0.0.0/8", family: "ipv6"}' 'FILE: rules[0]: family, from and to are not of one family'
	rule '{table: 5, from: "10.0.0.1/8"}' 'FILE:L:C: rules[0].from: 10.0.0.1/8 has host bits set; did you mean 10.0.0.0/8?'
	rule '{table: 5, iif: "a/b"}' "FILE: rules[0]: iif: interface name 'a/b': no '/', ':', '%' or white space allowed"
	rule '{table: 5, fwmark: "0x10/"}' 'FILE:L:C: rules[0].fwmark: 0x10/: expected MARK or MARK/MASK, as in 16 or 0x10/0xff'
	rule '{table: 5, fwmark: "0x100000000"}' 'FILE:L:C: rules[0].fwmark: 0x100000000: expected MARK or MARK/MASK, as in 16 or 0x10/0xff'
	rule '{table: 5, fwmark: "1/0"}' 'FILE:L:C: rules[0].fwmark: 1/0: expected MARK or MARK/MASK, as in 16 or 0x10/0xff'
	rule '{table: 5, fwmark: -1}' 'FILE:L:C: rules[0].fwmark: -1 is out of range (0 to 4294967295)'
	rule '{action: "drop"}' 'FILE:L:C: rules[0].action: unknown value "drop" (known: lookup, blackhole, unreachable, prohibit)'
	refuses 'del(.namespaces[4], .networks) | .rules = [{table: 5}]' \
		'FILE: rules: unable to apply network settings without a private NET namespace (NEWNET)'
	accepts '.rules = [{table: 5, fwmrak: 5}]' "warning: FILE:L:C: rules[0].fwmrak: unknown key; did you mean 'fwmark'?"
}
