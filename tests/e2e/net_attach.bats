#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net attach` and `net detach`: networks of a container that runs come and go as if they had always, or never, been there.

load lib
load net
load nat

# All that a network can leave: links, addresses, routes, rules, neighbours, settings, queueing disciplines, nftables.
whole() {
	picture
	snap_nft
	tc -j qdisc | jq -S 'map(select(.dev != "ctrother") | del(.refcnt)) | sort_by(.dev)'
	box_net sh -c 'ip -j rule; ip -6 -j rule; ip -j neigh; tc -j qdisc' | jq -S .
	find /run/ctrnet-shared -mindepth 1 2>/dev/null | sort
}

remember() {
	wait_for 5 settled
	whole >"$T/whole.before"
}

# The kernel takes down what a helper waits for a moment later.
as_before() {
	whole >"$T/whole.after"
	diff "$T/whole.before" "$T/whole.after" >"$T/whole.diff"
}

assert_as_before() {
	wait_for 5 as_before || { cat "$T/whole.diff"; return 1; }
}

plain() {
	config minimal '.networks = [{type: "loopback"}]'
}

attach() {
	run ctrnet net attach "$ID" "$@"
	assert_status 0
}

detach() {
	run ctrnet net detach "$ID" "$@"
	assert_status 0
	assert_output ''
}

refused() {
	local words=$1
	shift
	run ctrnet net "$@"
	assert_status 2
	[[ $output == "ctrnet: net: $words"* ]] || assert_output "ctrnet: net: $words"
	[ "${#lines[@]}" = 1 ]
}

@test "net attach: a veth with address, route and masquerade, by words, and gone again" {
	box_start "$(plain)"
	remember
	attach type=veth bridge=ctrbr0 bridge_address=10.61.0.1/24 address=10.61.0.2/24 gateway=10.61.0.1 masquerade=true
	assert_output eth0
	assert_json "$(box_net ip -j addr show dev eth0)" '.[0] | .operstate == "UP" and (.addr_info | any(.local == "10.61.0.2" and .prefixlen == 24))'
	assert_json "$(box_net ip -j route show default)" '.[0] | .gateway == "10.61.0.1" and .dev == "eth0"'
	assert_json "$(ip -j -d link show dev "$(host_end)")" '.[0] | .master == "ctrbr0" and .ifalias == $mark' --arg mark "ctrnet:$ID"
	nft -j list table inet ctrnet | grep -q 10.61.0.2
	box_net ping -c 1 -W 2 10.61.0.1
	assert_untouched
	assert_json "$(ctrnet state "$ID")" '.config.networks[1] | .name == "eth0" and .address == "10.61.0.2/24" and .masquerade'
	detach eth0
	assert_as_before
	assert_json "$(ctrnet state "$ID")" '.config.networks | length == 1'
	assert_untouched
	box_stop
}

# shown_as_exec KEYS: a dry run says of such a network what `exec --dry-run` says of it, and does nothing.
shown_as_exec() {
	local config
	jq -c . <<<"$1" >"$T/keys.json"
	config=$(config "$BASE_CONFIG" '.networks += $new' --slurpfile new "$T/keys.json")
	cp -r "$RUN/$ID" "$T/record"
	run ctrnet net attach --dry-run "$ID" "$T/keys.json"
	assert_status 0
	assert_as_before
	diff -r "$RUN/$ID" "$T/record"
	rm -r "$T/record"
	diff <(sort <<<"$output") <(comm -13 <(lines "$BASE_CONFIG") <(lines "$config"))
}

lines() {
	ctrnet exec --dry-run --config "$1" --rootfs "$ROOT" --id "$ID" -- /bin/true | sort
}

@test "net attach: a dry run shows the commands, as exec does, and does nothing" {
	BASE_CONFIG=$(config "$(plain)" '.networks += [{type: "tap", name: "first"}]')
	box_start "$BASE_CONFIG"
	remember
	shown_as_exec '{"type": "veth", "bridge": "ctrbr0", "bridge_address": "10.61.0.1/24", "address": "10.61.0.2/24", "gateway": "10.61.0.1",
		"masquerade": true, "ports": [{"host": 18061, "container": 80}], "shaping": {"egress": {"rate": "10mbit"}}}'
	shown_as_exec '{"type": "veth", "subnet": ["10.61.0.0/24", "fd61::/64"], "bridge": "ctrbr0", "routes": [{"destination": "10.90.0.0/16"}]}'
	shown_as_exec '{"type": "tap", "name": "tap7", "shaping": {"ingress": {"rate": "1mbit"}}}'
	refused "networks[2]: mtu: 7 is out of range (68 to 65535, or 0 to leave it)" attach -n "$ID" type=veth mtu=7
	refused "detach takes no --dry-run" detach --dry-run "$ID" eth0
	assert_as_before
	# What another network of the container's has made already is not made again.
	attach type=veth bridge=ctrbr0 bridge_address=10.61.0.1/24 address=10.61.0.2/24
	run ctrnet net attach "$ID" --dry-run type=veth bridge=ctrbr0 bridge_address=10.61.0.1/24 address=10.61.0.3/24
	assert_status 0
	[[ $output == *'ip -n container addr add 10.61.0.3/24 dev eth1'* && $output != *'link add ctrbr0'* ]]
	refused "networks[2] and networks[3]: two interfaces named 'eth0'" attach --dry-run "$ID" type=veth name=eth0
	# Who was killed left something, which an attach would take back first.
	cp "$RUN/$ID/state.json" "$T/state.json"
	sealed "$ID" '.config.networks |= .[:2]' "$T/state.json" >"$RUN/$ID/state.json"
	refused "what is left of the network 'eth0' has to go first: whoever attached or detached it was killed" attach --dry-run "$ID" type=tap
	cp "$T/state.json" "$RUN/$ID/state.json"
	detach eth0
	assert_as_before
	box_stop
}

@test "net attach: what was there at the start can go, too; names and numbers stay unambiguous" {
	box_start "$(config minimal '.networks += [
		{type: "veth", bridge: "ctrbr0", bridge_address: "10.61.0.1/24", address: "10.61.0.2/24", gateway: "10.61.0.1", masquerade: true},
		{type: "veth", bridge: "ctrbr0", bridge_address: "10.61.0.1/24", address: "10.61.1.3/24", mtu: 1400, masquerade: true},
		{type: "veth", bridge: "ctrbr0", bridge_address: "10.61.0.1/24", address: "10.61.2.4/24", isolate: true}]
		| .routes = [{destination: "10.90.0.0/16", gateway: "10.61.1.1", interface_name: "eth1"}, {destination: "10.91.0.0/16", interface_name: "eth2"}]')"
	remember
	detach eth1
	assert_json "$(box_net ip -j link)" 'map(.ifname) | contains(["eth0", "eth2"]) and (index("eth1") == null)'
	assert_untouched
	# eth2 is networks[2] now, and its route routes[0].
	box_net ip route del 10.91.0.0/16
	box_net ip addr del 10.61.2.4/24 dev eth2
	run ctrnet net check "$ID"
	assert_status 1
	[[ $output == *'networks[2] (eth2) '*'routes[0] '* ]]
	ctrnet net repair "$ID"
	assert_untouched
	assert_json "$(ctrnet state "$ID")" '.config | (.networks | map(.name)) == [null, "eth0", "eth2"] and (.routes | length) == 1'
	# The first one made the bridge and the table, the other ones need them.
	detach eth0
	assert_untouched
	ip link show dev ctrbr0
	nft list table inet ctrnet | grep -q isolate
	attach type=veth bridge=ctrbr0 address=10.61.0.2/24 gateway=10.61.0.1 masquerade=true
	assert_output eth0
	attach type=veth bridge=ctrbr0 address=10.61.1.3/24 mtu=1400 masquerade=true
	assert_output eth1
	box_net ip route add 10.90.0.0/16 via 10.61.1.1 proto 206
	wait_for 5 settled
	detach eth0 eth1 eth2
	run ! ip link show dev ctrbr0
	run ! nft list table inet ctrnet
	[ ! -e "/run/ctrnet-shared/$(stat -L -c %i /proc/self/ns/net)" ]
	box_stop
}

@test "net attach: several at once, of files, of standard input and of words, on each other" {
	box_start "$(plain)"
	remember
	echo '[{"type": "veth", "name": "up", "bridge": "ctrbr0", "bridge_address": "10.61.0.1/24", "address": "10.61.0.2/24"},
		{"type": "bridge", "name": "br", "address": "10.62.0.1/24"}]' >"$T/nets.json"
	echo '{"type": "macvlan", "parent": "up", "name": "on", "address": "10.63.0.1/24"}' >"$T/on.json"
	run ctrnet net attach "$ID" "$T/nets.json" - type=tap name=tap7 master=br type=veth 'addresses=["10.64.0.1/24", "fd64::1/64"]' <"$T/on.json"
	assert_status 0
	assert_output $'up\nbr\non\ntap7\neth0'
	assert_json "$(box_net ip -j -d link show dev on)" '.[0].link == "up"'
	assert_json "$(box_net ip -j -d link show dev tap7)" '.[0].master == "br"'
	assert_untouched
	refused "'up' is needed: it is the parent of on" detach "$ID" up
	refused "'br' is needed: it is the master of tap7" detach "$ID" br
	refused "no network of the container has the name 'eth7' (there are up, br, on, tap7, eth0)" detach "$ID" eth7
	detach tap7 on eth0 br up
	assert_as_before
	box_stop
}

@test "net attach: ports, isolation and addresses out of a subnet; the first name's addresses in /etc/hosts" {
	local pool
	pool=/run/ctrnet-shared/$(stat -L -c %i /proc/self/ns/net).pools/10.61.0.0_24.pool
	box_start "$(config minimal '.hostname = "box" | .hosts = {other: "10.9.9.9"}
		| .networks += [{type: "veth", bridge: "ctrbr0", subnet: "10.61.0.0/24"}]')"
	remember
	join cat /etc/hosts >"$T/hosts.before"
	attach type=veth bridge=ctrbr1 subnet=10.62.0.0/24 'ports=[{"host": 18080, "container": 80}]' isolate=true masquerade=true
	assert_output eth1
	assert_json "$(box_net ip -j addr show dev eth1)" '.[0].addr_info | any(.local == "10.62.0.2")'
	[ "$(join cat /etc/hosts)" = $'127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n10.61.0.2\tbox\n10.62.0.2\tbox\n10.9.9.9\tother' ]
	assert_json "$(box_net ip -j route show default)" 'length == 1 and .[0].dev == "eth0"'
	serve tcp 80
	[ "$(ask tcp 127.0.0.1 18080)" ]
	assert_untouched
	stop_peers
	[ -e "${pool/10.61/10.62}" ]
	detach eth1
	[ ! -e "${pool/10.61/10.62}" ]
	assert_as_before
	[ "$(join cat /etc/hosts)" = "$(cat "$T/hosts.before")" ]
	box_stop
	[ ! -e "$pool" ]
}

@test "net attach: what does not fit is refused in one line, and changes nothing" {
	local words taken
	box_start "$(config minimal '.networks += [
		{type: "veth", bridge: "ctrbr0", bridge_address: "10.61.0.1/24", address: "10.61.0.2/24", gateway: "10.61.0.1",
			mac_address: "02:00:00:00:00:61", ports: [{host: 18080, container: 80}], masquerade: true},
		{type: "veth", name: "sub", bridge: "ctrbr1", subnet: "10.62.0.0/24"}]')"
	remember
	while IFS='|' read -r words taken; do
		eval "refused \"$words\" attach \"\$ID\" $taken"
		as_before || { cat "$T/whole.diff"; return 1; }
	done <<-'EOF'
		networks[1] and networks[3]: two interfaces named 'eth0'|type=veth name=eth0
		networks[3] (eth1): address 10.61.0.2 is networks[1]'s (eth0) already|type=veth bridge=ctrbr0 address=10.61.0.2/24
		networks[3] (eth1): mac_address: 02:00:00:00:00:61 is networks[1]'s (eth0)|type=veth mac_address=02:00:00:00:00:61
		networks[3] (eth1): a second route to 0.0.0.0/0; the first one is of networks[1] (eth0)|type=veth bridge=ctrbr0 address=10.61.0.3/24 gateway=10.61.0.1
		networks[3].ports[0].host: networks[1].ports[0] has tcp port 18080 already|type=veth bridge=ctrbr0 address=10.61.0.3/24 'ports=[{"host": 18080}]'
		networks[3]: master: no other network has the name 'br'|type=veth master=br
		networks[4]: loop of parents: b -> a -> b|type=macvlan name=a parent=b type=macvlan name=b parent=a
		networks[3] (eth1): no bridge 'ctrno' (add \"bridge_address\": \"ADDRESS/PREFIX\" to have it made)|type=veth bridge=ctrno
		networks[3] (lo): type: a loopback makes no link that could be attached to what runs|type=loopback
		mtu: 99999 is out of range (0 to 65535)|type=veth mtu=99999
		type: unknown type 'veht'; known are |type=veht
	EOF
	assert_untouched
	refused "container 'no-such' does not exist" attach no-such type=veth
	box_stop
}

@test "net attach: not to who has the host's network, and not to what does not run" {
	run ctrnet net attach "$ID" type=veth
	assert_status 2
	assert_output "ctrnet: net: container '$ID' does not exist"
	box_start "$(config minimal '.namespaces |= map(select(.type != "NEWNET")) | del(.networks)')"
	run ctrnet net attach "$ID" type=veth
	assert_status 2
	assert_output "ctrnet: net: container '$ID' has the host's network, and no namespace of its own"
	box_stop
}

@test "net attach: dns, where nothing can be made of it" {
	box_start "$(plain)"
	attach type=veth name=one 'dns={"servers": ["10.1.1.1"]}'
	assert_output "ctrnet: warning: networks[1] (one): dns: has no effect, since the container was started without any: its /etc/resolv.conf is not ctrnet's
one"
	box_stop
	box_start "$(config minimal '.networks = [{type: "loopback"}] | .dns.servers = ["10.1.1.2"]')"
	attach type=veth name=one 'dns={"servers": ["10.1.1.1"]}'
	assert_output one
	[ "$(join cat /etc/resolv.conf)" = $'nameserver 10.1.1.2\nnameserver 10.1.1.1' ]
	box_stop
	box_start "$(config userns '.networks = [{type: "loopback"}]')"
	refused 'networks[1] (one): dns: not with a user namespace (NEWUSER)' attach "$ID" type=veth name=one 'dns={"servers": ["10.1.1.1"]}'
	box_stop
}

# with_socket TEXT CMD...: with TEXT for its standard input, which is a socket, as programs in other languages like to make it.
with_socket() {
	perl -MSocket -e 'my $text = shift;
		socketpair(my $here, my $there, AF_UNIX, SOCK_STREAM, 0) or die;
		syswrite($here, $text) == length $text or die;
		close $here;
		open(STDIN, "<&", $there) or die;
		exec @ARGV' "$@"
}

@test "net attach: of standard input that is a socket" {
	box_start "$(plain)"
	run with_socket '{"type": "tap", "name": "on"}' "$CTRNET" --root "$RUN" net attach "$ID" -
	assert_status 0
	assert_output on
	run with_socket '{"type": "tap"' "$CTRNET" --root "$RUN" net attach "$ID" -
	assert_status 2
	[[ $output == 'ctrnet: net: standard input:1:'* ]]
	with_socket '{}' "$CTRNET" --root "$RUN" update --resources - "$ID"
	assert_untouched
	box_stop
}

# Each type of network that can be attached here, with what it needs.
drivers() {
	cat <<-'EOF'
		veth bridge=ctrbr0 bridge_address=["10.71.0.1/24","fd71::1/64"] address=10.71.0.2/24 ipv6_address=fd71::2/64 ipv6_gateway=fd71::1 neighbors=[{"address":"10.71.0.9","mac_address":"02:00:00:00:00:09"}]
		veth host_interface_name=ctrp0 host_address=10.72.0.1/30 address=10.72.0.2/30 mtu=1400 routes=[{"destination":"10.73.0.0/16","gateway":"10.72.0.1"},{"type":"blackhole","destination":"10.74.0.0/16"}]
		veth shaping={"egress":{"rate":"5mbit"},"ingress":{"rate":"6mbit"}} altnames=["a-very-long-name-of-a-link"] sysctl={"ipv4.rp_filter":"2"} link_group=7
		macvlan parent=uplink0 address=10.70.0.9/24 mode=bridge
		macvtap parent=uplink0 mode=private
		tap address=10.75.0.1/24 shaping={"ingress":{"rate":"6mbit"}}
		tun address=10.76.0.1/24
		vxlan id=7 local=10.70.0.3 remote=10.70.0.1 address=10.77.0.1/24
		bridge address=10.78.0.1/24
		ifb
	EOF
}

@test "net attach: each type of network comes whole, and goes without a trace" {
	local line name
	ip link add uplink0 type veth peer name far0
	ip link set far0 up
	ip link set uplink0 up
	wait_for 5 sh -c '! ip -o addr | grep -q tentative'
	box_start "$(config minimal '.networks += [{type: "veth", address: "10.70.0.3/24", name: "base"}]')"
	remember
	while read -r line; do
		# shellcheck disable=SC2086 # words
		attach type=$line
		name=$output
		assert_untouched
		detach "$name"
		assert_as_before
	done < <(drivers)
	box_stop
	ip link delete uplink0
}

@test "net attach: in a namespace that is joined, and what is left of it there goes with the container" {
	ip netns add "joined$$"
	box_start "$(config minimal '.networks = [{type: "netns", ns_path: $path}]' --arg path "/run/netns/joined$$")"
	ctrnet net attach "$ID" type=veth bridge=ctrbr0 bridge_address=10.61.0.1/24 address=10.61.0.2/24 type=tap name=tap9
	assert_untouched
	ip -n "joined$$" link show dev tap9
	detach eth0
	run ! ip -n "joined$$" link show dev eth0
	assert_untouched
	ctrnet net attach "$ID" type=veth name=eth5 address=10.62.0.2/24
	box_stop
	[ "$(ip -n "joined$$" -j link | jq -c 'map(.ifname)')" = '["lo"]' ] || ip -n "joined$$" -j link | jq -e 'map(.ifname) | all(. == "lo" or . == "sit0" or . == "tunl0")'
	ip netns delete "joined$$"
}

@test "net attach: the wait for what netfilter frees is left to who waits for the link" {
	local socket
	without_leak_sanitizer
	box_start "$(plain)"
	# Who has the bridge, which would be deleted, too.
	attach type=veth bridge=ctrbr0 bridge_address=10.61.0.1/24 address=10.61.0.2/24
	attach type=veth bridge=ctrbr0 address=10.61.1.2/24 masquerade=true
	strace -f -qq -o "$T/trace" -e trace=socket,close_range "$CTRNET" --root "$RUN" net detach "$ID" eth1
	socket=$(sed -n 's/.*NETLINK_NETFILTER) = \([0-9]*\)$/\1/p' "$T/trace")
	grep -q close_range "$T/trace"
	# The last to close it waits.
	run -0 awk -v socket="$socket" -F '[(,]' '/close_range/ && $2 + 0 <= socket && socket <= $3 + 0' "$T/trace"
	assert_output ''
	box_stop
}

@test "net attach: a container that is deleted, or whose ctrnet is killed, takes what was attached along" {
	local how
	for how in delete kill end; do
		box_start "$(plain)"
		ctrnet net attach "$ID" type=veth bridge=ctrbr0 subnet=10.61.0.0/24 masquerade=true
		case $how in
		delete) ctrnet delete --force "$ID" ;;
		kill)
			kill -KILL "$BOX"
			wait_for 5 sh -c "! kill -0 $BOX_PID 2>/dev/null"
			ctrnet delete "$ID"
			;;
		end) echo 0 >&"${BOX_IO[1]}" ;;
		esac
		wait "$BOX" || true
		run ! ip link show dev ctrbr0
		run ! nft list table inet ctrnet
		[ -z "$(find /run/ctrnet-shared -mindepth 1 2>/dev/null)" ]
	done
}
