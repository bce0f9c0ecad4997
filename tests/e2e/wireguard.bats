#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks of type wireguard, judged by wg(8), ip(8) and packets. What a config cannot say is in badinput_network.bats.

load lib
load links

setup_file() {
	# The tests' namespaces may not load any.
	modprobe -q wireguard || true
	uplink
}

# pair: keys of two ends, $A and $B the public ones, and one that they share.
pair() {
	local end
	for end in a b; do
		(umask 077 && wg genkey >"$T/$end.key")
		declare -g "${end^^}=$(wg pubkey <"$T/$end.key")"
	done
	(umask 077 && wg genpsk >"$T/psk")
}

# one_end END KEYS [FILTER]: a config with a wireguard that has the key of END, of the keys of a jq object. There, $a and $b are the public
# keys, and $psk is the shared one.
one_end() {
	config minimal ".networks += [{type: \"wireguard\", private_key: \$key} + $2] | ${3:-.}" --arg key "$(cat "$T/$1.key")" \
		--arg a "$A" --arg b "$B" --arg psk "$(cat "$T/psk")" --arg dir "$T"
}

# dump FIELD: a column of the line of `wg show all dump` about the interface; peer FIELD: about the only peer.
dump() {
	box_net wg show all dump | awk -F '\t' -v n="$1" 'NR == 1 { print $n }'
}
peer() {
	box_net wg show all dump | awk -F '\t' -v n="$1" 'NR == 2 { print $n }'
}

A_END='{listen_port: 51821, fwmark: 77, address: "10.77.0.2/24", peers: [{public_key: $b, preshared_key: $psk,
	endpoint: "127.0.0.1:51822", allowed_ips: ["10.77.0.3/32", "fd00:77::3/128"], persistent_keepalive: 25}]}'
B_END='{listen_port: 51822, address: "10.77.0.3/24", peers: [{public_key: $a, preshared_key: $psk, endpoint: "127.0.0.1:51821",
	allowed_ips: ["10.77.0.2/32"]}]}'

# Of the other container: one packet through the tunnel, and back.
reach() {
	ctrnet exec --config "$(one_end b "$B_END")" --rootfs "$ROOT" --id "$ID-b" -- /bin/ping -c 1 -W 15 10.77.0.2
}

# --- everywhere ---------------------------------------------------------------------------------------

@test "wireguard: keys in files that cannot be read, and no key is shown" {
	local key=stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A= psk=TMZ3AbLC7cnWBt7A64d2xwzcbAET/Dovg7yWO/d+oiM= file
	file=$(config minimal '.networks += [{type: "wireguard", private_key_file: ($dir + "/key")}]' --arg dir "$T")
	refused_with "networks[1] (wg0): private_key_file: $T/key: No such file or directory" "$file"
	echo "$key$key" >"$T/key"
	refused_with "networks[1] (wg0): private_key_file: $T/key: a key is 32 bytes in base64, 44 characters; here are 88" "$file"
	mkdir "$T/dir"
	file=$(config "$file" '.networks[1].private_key_file = $dir + "/dir"' --arg dir "$T")
	refused_with "networks[1] (wg0): private_key_file: $T/dir: Is a directory" "$file"
	file=$(config minimal '.networks += [{type: "wireguard", private_key: $key, peers: [{preshared_key: $psk,
		public_key: "H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hlI="}]}]' --arg key $key --arg psk $psk)
	run ctrnet --debug exec --config "$file" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/true
	assert_status 0
	[[ $output == *'ip netns exec container wg set wg0 private-key wg0.key'$'\n'* ]]
	[[ $output == *" preshared-key wg0.peer0.key"* ]]
	[[ $output != *"${key:0:8}"* && $output != *"${psk:0:8}"* ]]
	# Whether or not this kernel has it.
	run ctrnet --debug exec --config "$file" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[[ $output != *"${key:0:8}"* && $output != *"${psk:0:8}"* ]]
}

# --- where the kernel has it --------------------------------------------------------------------------

# bats test_tags=net
@test "wireguard: two containers, and packets between them, as wg(8) sees it" {
	need wireguard
	pair
	box_start "$(one_end a "$A_END")"
	[ "$(dump 2)" = "$(cat "$T/a.key")" ]
	[ "$(dump 3) $(dump 4) $(dump 5)" = "$A 51821 0x4d" ]
	[ "$(peer 2) $(peer 3) $(peer 4) $(peer 9)" = "$B $(cat "$T/psk") 127.0.0.1:51822 25" ]
	[ "$(peer 5)" = '10.77.0.3/32,fd00:77::3/128' ]
	inside '.ifname == "wg0" and .linkinfo.info_kind == "wireguard" and (.flags | index("UP")) and .link_type == "none"'
	run reach
	assert_status 0
	[ "$(peer 6)" -gt 0 ]
	[ "$(peer 7)" -gt 0 ]
	[ "$(peer 8)" -gt 0 ]
	run ctrnet net check "$ID"
	assert_status 0
	run ctrnet net show --json "$ID"
	assert_json "$output" '[.. | .wireguard? | objects][0] | .public_key == $a and .listen_port == 51821 and .fwmark == 77 and (.peers | length) == 1' --arg a "$A"
	assert_json "$output" '[.. | .wireguard? | objects][0].peers[0] | .public_key == $b and .endpoint == "127.0.0.1:51822" and .allowed_ips == ["10.77.0.3/32", "fd00:77::3/128"]
		and .latest_handshake == $t and .rx_bytes > 0 and .tx_bytes > 0 and .persistent_keepalive == 25' --arg b "$B" --argjson t "$(peer 6)"
	run ctrnet net show "$ID"
	tr -s ' ' <<<"$output" | grep -qF " wg0 $B 127.0.0.1:51822 10.77.0.3/32,fd00:77::3/128 2" || { echo "$output"; return 1; }
	# Nobody but root can read it, and nothing shows it.
	[ "$(stat -c %a "$RUN/$ID")" = 700 ]
	[ "$(grep -rlF "$(cat "$T/a.key")" "$RUN" | xargs stat -c %a | sort -u)" = 600 ]
	run bash -c '"$0" --root "$1" net show "$2"; "$0" --root "$1" net show --json "$2"; "$0" --root "$1" list; "$0" --root "$1" state "$2"' \
		"$CTRNET" "$RUN" "$ID"
	[[ $output == *wg0* && $output != *"$(cat "$T/a.key")"* && $output != *"$(cat "$T/psk")"* ]]
	[[ $output == *'"private_key": "(hidden)"'*'"preshared_key": "(hidden)"'* ]]
	box_stop
	# The port is free for the next one, and it is the host's.
	box_start "$(one_end a "$A_END")"
	ss -lun | grep -q ':51821 '
	box_stop
}

# What somebody does in the box, and what a check says of it.
tamperings() {
	cat <<-EOF
		wg set wg0 peer $B remove | no peer $B
		wg set wg0 peer $A2 allowed-ips 10.66.0.0/16 | peer $A2 as well
		wg set wg0 peer $A2 allowed-ips 10.77.0.3/32 | peer $B: allowed_ips lack 10.77.0.3/32
		wg set wg0 peer $B allowed-ips 10.77.0.3/32 | peer $B: allowed_ips lack fd00:77::3/128
		wg set wg0 peer $B allowed-ips 10.77.0.3/32,fd00:77::3/128,10.9.0.0/16 | peer $B: allowed_ips have 10.9.0.0/16 as well
		wg set wg0 peer $B preshared-key /dev/null | peer $B: preshared_key is another one
		wg set wg0 peer $B persistent-keepalive off | peer $B: persistent_keepalive is 0, planned 25
		wg set wg0 peer $B endpoint 127.0.0.1:9 | peer $B: endpoint is 127.0.0.1:9, planned 127.0.0.1:51822
		wg set wg0 listen-port 51829 | listen_port is 51829, planned 51821
		wg set wg0 fwmark 0 | fwmark is 0, planned 77
		wg set wg0 private-key $T/b.key | private_key is another one
		wg set wg0 private-key /dev/null | private_key is another one
		ip link delete wg0 | no link 'wg0'
		ip link set wg0 down | link 'wg0' is down
		ip addr del 10.77.0.2/24 dev wg0 | no address 10.77.0.2/24 on wg0
	EOF
}

# bats test_tags=net
@test "wireguard: each way to tamper is found and mended, and sessions with others go on" {
	need wireguard
	pair
	A2=$(wg genkey | wg pubkey)
	box_start "$(one_end a "$A_END")"
	box_net wg showconf wg0 | sort >"$T/before"
	tamperings >"$T/tamperings"
	while IFS='|' read -r deed said; do
		box_net sh -c "$deed"
		run ctrnet net check "$ID"
		[ "$status" = 1 ] && [[ $output == *"${said# }"* ]] || { echo "$deed: $output"; return 1; }
		run ctrnet net repair "$ID"
		[ "$status" = 0 ] || { echo "$deed: $output"; return 1; }
		run ctrnet net check "$ID"
		assert_status 0
		box_net wg showconf wg0 | sort | diff "$T/before" - || { echo "after $deed"; return 1; }
	done <"$T/tamperings"
	run reach
	assert_status 0
	# One that has sent something is where it says.
	box_net wg set wg0 peer "$B" endpoint 127.0.0.1:9
	run ctrnet net check "$ID"
	assert_status 0
	before=$(peer 6)
	box_net wg set wg0 listen-port 51829 peer "$A2" allowed-ips 10.66.0.0/16
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(peer 6)" = "$before" ]
	box_stop
}

# bats test_tags=net
@test "wireguard: keys in files, and a plan that is typed by hand" {
	need wireguard
	pair
	file=$(one_end a "$A_END" '.networks[-1] |= (del(.private_key) | .private_key_file = $dir + "/a.key"
		| .peers[0] |= (del(.preshared_key) | .preshared_key_file = $dir + "/psk"))')
	box_start "$file"
	[ "$(dump 2) $(peer 3)" = "$(cat "$T/a.key" "$T/psk" | tr '\n' ' ' | sed 's/ $//')" ]
	box_net wg showconf wg0 >"$T/ours"
	# What was read stays known.
	mv "$T/a.key" "$T/moved.key"
	box_net wg set wg0 private-key "$T/b.key"
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(dump 2)" = "$(cat "$T/moved.key")" ]
	mv "$T/moved.key" "$T/a.key"
	box_stop
	run ctrnet exec --config "$file" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/true
	assert_status 0
	grep -E '^ip .*(type wireguard|exec container wg set)' <<<"$output" | sed "s/container/$ID/g" >"$T/lines"
	ip netns add "$ID"
	wait_for 3 sh -e "$T/lines"
	ip netns exec "$ID" wg showconf wg0 >"$T/hand" || true
	ip netns delete "$ID"
	diff "$T/ours" "$T/hand"
}

# bats test_tags=net
@test "wireguard: routes to what is allowed, and a socket in the container" {
	need wireguard
	pair
	box_start "$(one_end a '{socket: "container", route_allowed_ips: true, address: "10.77.0.2/24", peers: [{public_key: $b, endpoint: "10.78.0.1:51822",
		allowed_ips: ["10.77.0.3/32", "10.90.0.0/16", "fd00:90::/48"]}]}' \
		'.networks += [{type: "veth", host_interface_name: "ctrwgp2p", host_address: "10.78.0.1/24", address: "10.78.0.2/24"}]')"
	run box_net ip -j route show dev wg0
	assert_json "$output" 'map(.dst) | sort == ["10.77.0.0/24", "10.90.0.0/16"]'
	run box_net ip -j -6 route show dev wg0
	assert_json "$output" 'any(.[]; .dst == "fd00:90::/48")'
	ip netns add "$ID"
	ip link add wgfar type wireguard
	ip link set wgfar netns "$ID"
	ip netns exec "$ID" wg set wgfar listen-port 51822 private-key "$T/b.key" peer "$A" allowed-ips 10.77.0.2/32
	ip -n "$ID" addr add 10.77.0.3/24 dev wgfar
	ip -n "$ID" link set wgfar up
	run box_all /bin/ping -c 1 -W 15 10.77.0.3
	from=$(ip netns exec "$ID" wg show wgfar endpoints)
	ip netns delete "$ID"
	assert_status 0
	[[ $from == "$A"*10.78.0.2:* ]] || { echo "$from"; return 1; }
	box_stop
}

# bats test_tags=net
@test "wireguard: a port that is taken, and a peer that is oneself" {
	need wireguard
	pair
	ip link add ctrwg0 type wireguard
	wg set ctrwg0 listen-port 51821
	ip link set ctrwg0 up
	run ctrnet_run "$(one_end a "$A_END")" -- /bin/true
	ip link delete ctrwg0
	assert_status 255
	assert_output 'ctrnet: exec: networks[1] (wg0): wireguard wg0: listen_port: 51821 is taken'
	run ctrnet_run "$(one_end a '{peers: [{public_key: $b}, {public_key: $a}]}')" -- /bin/true
	assert_status 255
	assert_output 'ctrnet: exec: networks[1] (wg0): wireguard wg0: peers[1].public_key: it is that of the private_key'
}

# bats test_tags=net
@test "wireguard: two hundred peers, and one with two thousand networks" {
	need wireguard
	pair
	box_start "$(one_end a '{peers: ([range(200) | {public_key: ("\(. + 10000 | tostring)" + "A" * 38 + "="), allowed_ips: ["10.200.\(.).0/24", "fd00:200:\(.)::/48"]}]
		+ [{public_key: $b, allowed_ips: [range(2000) | "10.\(. / 250 | floor).\(. % 250).0/24"]}])}')"
	[ "$(box_net wg show wg0 peers | wc -l)" = 201 ]
	[ "$(box_net wg show wg0 allowed-ips | tr '\t ' '\n\n' | grep -cE '/[0-9]+$')" = 2400 ]
	[ "$(box_net wg show wg0 allowed-ips | grep -F "$B" | tr '\t ' '\n\n' | grep -cE '/[0-9]+$')" = 2000 ]
	run ctrnet net check "$ID"
	assert_status 0
	box_net wg set wg0 peer "$B" allowed-ips 10.1.0.0/24
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(box_net wg show wg0 allowed-ips | grep -F "$B" | tr '\t ' '\n\n' | grep -cE '/[0-9]+$')" = 2000 ]
	box_stop
}

# bats test_tags=net
@test "wireguard: in a user namespace, and in a namespace that stays" {
	need wireguard
	pair
	box_start "$(config userns '.networks = $from[0].networks' --slurpfile from "$(one_end a "$A_END")")"
	[ "$(dump 2)" = "$(cat "$T/a.key")" ]
	run reach
	assert_status 0
	box_stop
	ip netns add "$ID"
	file=$(config "$(one_end a "$A_END")" '.networks += [{type: "netns", ns_path: $path}]' --arg path "/run/netns/$ID")
	box_start "$file"
	run ip -n "$ID" -j link show dev wg0
	assert_json "$output" '.[0].ifalias == "ctrnet:" + $id' --arg id "$ID"
	run reach
	assert_status 0
	run ctrnet net check "$ID"
	assert_status 0
	box_stop
	# Nothing is left there, and the port is told by name there, too.
	run ip -n "$ID" -j link show type wireguard
	assert_output '[]'
	ip link add ctrwg0 type wireguard
	wg set ctrwg0 listen-port 51821
	ip link set ctrwg0 up
	run ctrnet_run "$file" -- /bin/true
	ip link delete ctrwg0
	ip netns delete "$ID"
	assert_status 255
	assert_output 'ctrnet: exec: networks[1] (wg0): bring up wg0: the UDP port that it listens on is taken'
}
