#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What an interface does itself of a packet's work, judged by ethtool(8).

load lib
load net
load refuse

# feature LINK NAME: "off", "on [fixed]", ... as ethtool(8) has it in the box.
feature() {
	box_net ethtool -k "$1" | sed -n "s/^\s*$2: //p"
}

# offloads OBJECT [MORE]: FILE is a config of a veth with these, and further networks.
offloads() {
	FILE=$(config minimal ".networks += [{type: \"veth\", offloads: $1}${2:-}]")
}

@test "offloads: the sample, as ethtool has it" {
	local file=$SAMPLES/networks/offloads.json
	box_start "$file"
	[ "$(feature eth0 tx-checksumming)" = off ]
	[ "$(feature eth0 tx-checksum-ip-generic)" = off ]
	[ "$(feature eth0 generic-receive-offload)" = on ]
	[ "$(feature eth0 tx-udp-segmentation)" = off ]
	# What it needs goes with it, and the rest stays.
	[[ $(feature eth0 tx-tcp-segmentation) == off* ]]
	[ "$(feature eth0 scatter-gather)" = on ]
	assert_untouched
	run box_all /bin/ping -c 1 -W 2 172.30.22.1
	assert_status 0
	box_stop
	run ctrnet_run "$file" --dry-run -- /bin/true
	[[ $output == *'ip netns exec container ethtool -K eth0 tx-checksumming off gro on'* ]]
	[[ $output == *'ip netns exec container ethtool -K eth0 tx-udp-segmentation off'* ]]
}

@test "offloads: the commands of a dry run come to the same" {
	local before
	offloads '{"tso": false, "scatter-gather": true, "tx-sctp-segmentation": false, "tx-udp-segmentation": false, "gro": true, "rx": false}'
	box_start "$FILE"
	before=$(box_net ethtool -k eth0)
	box_stop
	run ctrnet_run "$FILE" --dry-run -- /bin/true
	ip netns add "$ID"
	ip -n "$ID" link add eth0 numtxqueues 1 numrxqueues 1 type veth peer name peer0 numtxqueues 1 numrxqueues 1
	grep -o 'ethtool -K.*' <<<"$output" | while read -r line; do
		# shellcheck disable=SC2086 # words
		ip netns exec "$ID" $line
	done
	diff <(echo "$before") <(ip netns exec "$ID" ethtool -k eth0)
	ip netns delete "$ID"
}

@test "offloads: a feature's own name counts more than its group's" {
	offloads '{"tx-tcp6-segmentation": true, "tso": false}'
	box_start "$FILE"
	[ "$(feature eth0 tx-tcp-segmentation)" = off ]
	[ "$(feature eth0 tx-tcp-ecn-segmentation)" = off ]
	[ "$(feature eth0 tx-tcp6-segmentation)" = on ]
	assert_untouched
	box_stop
}

@test "offloads: in a user namespace, and of other types of links" {
	box_start "$(config userns '.networks = [{type: "tap", offloads: {gro: false}}, {type: "bridge", offloads: {tso: false}},
		{type: "veth", offloads: {gro: true}}]')"
	[ "$(feature tap0 generic-receive-offload)" = off ]
	[ "$(feature br0 tcp-segmentation-offload)" = off ]
	[ "$(feature eth0 generic-receive-offload)" = on ]
	box_stop
}

@test "offloads: each tampering is found and mended" {
	local row
	offloads '{"tx": false, "gro": true, "tx-udp-segmentation": false}'
	box_start "$FILE"
	assert_untouched
	for row in 'tx on|tx-checksum-ip-generic is on, planned off' 'gro off|rx-gro is off, planned on' \
		'tx on tx-udp-segmentation on|is on, planned off'; do
		# shellcheck disable=SC2086 # words
		box_net ethtool -K eth0 ${row%|*}
		run ctrnet net check "$ID"
		assert_status 1
		[[ $output == *"link 'eth0': "*"${row#*|}"* ]] || { echo "$row: $output"; return 1; }
		run ctrnet net repair "$ID"
		assert_status 0
		assert_untouched
	done
	box_stop
}

# bad OBJECT LINE
bad() {
	refuses ".networks[1].offloads = $1" "$2"
}

@test "offloads: what cannot be" {
	bad '{"tso": 1}' 'FILE:L:C: networks[1].offloads.tso: expected true or false, found the number 1'
	bad '["tso"]' 'FILE:L:C: networks[1].offloads: expected an object of true and false'
	bad '{"T S O": true}' 'FILE:L:C: networks[1].offloads["T S O"]: expected a name as ethtool -k prints them, as in tso'
	bad '{"tso": true, "tcp-segmentation-offload": false}' "FILE: networks[1]: offloads: 'tso' and 'tcp-segmentation-offload' are the same"
	bad '{"tsp": true}' "networks[1] (eth0): offloads: this kernel has no 'tsp'; did you mean 'tso'?"
	bad '{"tx-checksum-ip-genric": true}' "networks[1] (eth0): offloads: this kernel has no 'tx-checksum-ip-genric'; did you mean 'tx-checksum-ip-generic'?"
	bad '{"lro": true}' 'networks[1] (eth0): offloads: lro of eth0 is fixed off'
	bad '{"tx-nocache-copy": false, "highdma": true, "rx-fcs": true}' 'networks[1] (eth0): offloads: rx-fcs of eth0 is fixed off'
	bad '{"tx": false, "tso": true}' 'networks[1] (eth0): offloads: tx-tcp-segmentation of eth0 stays off (it may need another one)'
	refuses '.networks[0].offloads = {"tso": false}' 'FILE: networks[0]: offloads: type loopback makes no link'
}
