#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net check` and `net repair`: each way to tamper with a container's network is found, named and mended, and nothing else is.

load lib
load net

# A port of a bridge with everything that there is, over both families, and a point-to-point pair beside it.
rich_config() {
	config minimal '.networks += [
		{type: "veth", bridge: "ctrbr0", bridge_address: ["10.77.0.1/24", "fd77::1/64"], hairpin_mode: true,
			address: "10.77.0.2/24", ipv6_address: "fd77::2/64", addresses: ["10.77.0.3/24", "10.78.0.2/16"],
			gateway: "10.77.0.1", ipv6_gateway: "fd77::1"},
		{type: "veth", name: "ptp", host_interface_name: "ctrptp", host_address: ["10.79.0.1/30", "fd79::1/64"],
			address: "10.79.0.2/30", ipv6_address: "fd79::2/64", mtu: 1400, txqueuelen: 77}]
		| .routes = [{destination: "10.99.0.0/16", gateway: "10.79.0.1", interface_name: "ptp", source: "10.79.0.2"},
			{destination: "10.98.0.0/24", interface_name: "ptp"},
			{destination: "fd99::/48", gateway: "fd79::1", interface_name: "ptp"}]'
}

# What somebody does (@ is the host's end of eth0; "in" is the box's namespace, "out" the host's), and what a check says of it.
tamperings() {
	cat <<-'EOF'
		out | ip link set @ down | link '@' is down
		out | ip link delete @ | no link '@'
		out | ip link set @ name ctrfoo | link '@' is called 'ctrfoo'
		out | ip link set @ address 02:00:00:00:00:09 | link '@': MAC is 02:00:00:00:00:09, planned fe:
		out | ip link set @ mtu 1300 | link '@': mtu is 1300, planned 1500
		out | ip link set @ txqueuelen 5 | link '@': txqueuelen is 5, planned 1000
		out | ip link set @ nomaster | link '@' is not a port of 'ctrbr0'
		out | ip link set @ master ctrother | link '@' is a port of 'ctrother', planned 'ctrbr0'
		out | bridge link set dev @ hairpin off | link '@': hairpin mode is off, planned on
		out | ip link set @ alias '' | link '@' does not carry the mark
		out | ip link set @ alias stolen | link '@' does not carry the mark
		out | ip link set ctrbr0 down | bridge 'ctrbr0' is down
		out | ip link delete ctrbr0 | no bridge 'ctrbr0'
		out | ip link set ctrbr0 name ctrfoo | bridge 'ctrbr0' is called 'ctrfoo'
		out | ip link set ctrbr0 address 02:00:00:00:00:08 | bridge 'ctrbr0': MAC is 02:00:00:00:00:08, planned 06:
		out | ip link set ctrbr0 alias '' | bridge 'ctrbr0' is not marked
		out | ip addr del 10.77.0.1/24 dev ctrbr0 | no address 10.77.0.1/24 on ctrbr0
		out | ip addr del fd77::1/64 dev ctrbr0 | no address fd77::1/64 on ctrbr0
		out | ip addr del 10.77.0.1/24 dev ctrbr0; ip addr add 10.77.0.1/16 dev ctrbr0 | address 10.77.0.1/24 on ctrbr0 has prefix length 16, planned 24
		out | ip link set ctrptp down | link 'ctrptp' is down
		out | ip link delete ctrptp | no link 'ctrptp'
		out | ip link set ctrptp master ctrother | link 'ctrptp' is a port of 'ctrother', planned none
		out | ip link set ctrptp mtu 1500 | link 'ctrptp': mtu is 1500, planned 1400
		out | ip link set ctrptp txqueuelen 78 | link 'ctrptp': txqueuelen is 78, planned 77
		out | ip addr flush dev ctrptp scope global | no address 10.79.0.1/30 on ctrptp
		in | ip link set eth0 down | link 'eth0' is down
		in | ip link delete eth0 | no link '@'
		in | ip link set eth0 name foo | link 'eth0' is called 'foo'
		in | ip link set eth0 address 02:00:00:00:00:07 | link 'eth0': MAC is 02:00:00:00:00:07, planned 02:
		in | ip link set eth0 mtu 1280 | link 'eth0': mtu is 1280, planned 1500
		in | ip link set eth0 mtu 1000 | link 'eth0': mtu is 1000, planned 1500
		in | ip link set eth0 txqueuelen 5 | link 'eth0': txqueuelen is 5, planned 1000
		in | ip link set ptp mtu 1500 | link 'ptp': mtu is 1500, planned 1400
		in | ip link set eth0 down; ip link set eth0 name foo; ip link set ptp name eth0 | link 'eth0' is called 'foo'
		in | ip link set lo down | link 'lo' is down
		in | ip addr del 10.77.0.2/24 dev eth0 | no address 10.77.0.2/24 on eth0
		in | ip addr del 10.77.0.3/24 dev eth0 | no address 10.77.0.3/24 on eth0
		in | ip addr del 10.78.0.2/16 dev eth0 | no address 10.78.0.2/16 on eth0
		in | ip addr del fd77::2/64 dev eth0 | no address fd77::2/64 on eth0
		in | ip addr flush dev eth0 scope global | no address 10.77.0.2/24 on eth0
		in | ip addr del 10.78.0.2/16 dev eth0; ip addr add 10.78.0.2/24 dev eth0 | address 10.78.0.2/16 on eth0 has prefix length 24, planned 16
		in | ip addr del fd77::2/64 dev eth0; ip addr add fd77::2/48 dev eth0 nodad | address fd77::2/64 on eth0 has prefix length 48, planned 64
		in | ip route del default | no gateway 10.77.0.1
		in | ip -6 route del default | no gateway fd77::1
		in | ip route replace default via 10.77.0.9 | gateway 10.77.0.1: gateway is 10.77.0.9, planned 10.77.0.1
		in | ip -6 route replace default via fd77::9 dev eth0 | gateway fd77::1: gateway is fd77::9, planned fd77::1
		in | ip route replace default via 10.77.0.1 src 10.78.0.2 | gateway 10.77.0.1: source is 10.78.0.2, planned none
		in | ip route replace default via 10.77.0.1 | gateway 10.77.0.1: protocol is 3, planned 206
		in | ip route del default; ip route add default via 10.77.0.1 metric 50 | gateway 10.77.0.1: metric is 50, planned 0
		in | ip -6 route del default; ip -6 route add default via fd77::1 dev eth0 metric 50 | gateway fd77::1: metric is 50, planned 1024
		in | ip route replace default via 10.79.0.1 | gateway 10.77.0.1: gateway is 10.79.0.1, planned 10.77.0.1
		in | ip route replace unreachable default | gateway 10.77.0.1: type is unreachable, planned unicast
		in | ip route del 10.99.0.0/16 | no route to 10.99.0.0/16 via 10.79.0.1
		in | ip route replace 10.99.0.0/16 via 10.79.0.1 | route to 10.99.0.0/16 via 10.79.0.1: source is none, planned 10.79.0.2
		in | ip route del 10.98.0.0/24 | no route to 10.98.0.0/24 on ptp
		in | ip route replace 10.98.0.0/24 dev eth0 | route to 10.98.0.0/24 on ptp: leads to another link than 'ptp'
		in | ip -6 route del fd99::/48 | no route to fd99::/48 via fd79::1
		in | ip -6 route replace fd99::/48 via fd79::8 dev ptp | route to fd99::/48 via fd79::1: gateway is fd79::8, planned fd79::1
		in | sysctl -qw net.ipv6.conf.default.accept_dad=1 | sysctl net/ipv6/conf/default/accept_dad is 1, planned 0
		in | sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 | no address fd77::2/64 on eth0
		out | ip link delete ctrbr0; ip link delete @; ip link delete ctrptp | no link 'ctrptp'
	EOF
}

# tamper WHERE COMMAND: with @ for the host's end.
tamper() {
	local command=${2//@/$END}
	if [ "$1" = in ]; then box_net bash -ec "$command"; else bash -ec "$command"; fi
}

@test "net check: each tampering is found and named, repair mends it, and all is as before" {
	local where command word
	# Else the kernel's own addresses on the host's links would be a second in coming, each time.
	sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	ip link add ctrother type bridge
	ip link set ctrother up
	box_start "$(rich_config)"
	wait_for 15 settled
	picture >"$T/picture.before"
	assert_untouched
	tamperings >"$T/tamperings"
	while IFS='|' read -r where command word; do
		where=${where// /} command=${command# } word=${word# }
		END=$(host_end)
		[ -n "$END" ]
		echo "$where: $command"
		tamper "$where" "$command"
		run ctrnet net check "$ID"
		assert_status 1
		grep -qF -- "${word//@/$END}" <<<"$output" || { echo "not named (${word//@/$END}): $output"; return 1; }
		run ctrnet net repair --dry-run "$ID"
		assert_status 0
		grep -qF -- "${word//@/$END}" <<<"$output"
		run ctrnet net check "$ID"
		assert_status 1
		run ctrnet net repair "$ID"
		assert_status 0
		grep -qF -- "${word//@/$END}" <<<"$output"
		assert_untouched
		wait_for 10 same_picture || { cat "$T/picture.diff"; return 1; }
		# Again there is nothing to do.
		run ctrnet net repair "$ID"
		assert_status 0
		assert_output ''
		wait_for 10 same_picture || { cat "$T/picture.diff"; return 1; }
	done <"$T/tamperings"
	run box_all /bin/ping -c 1 -W 2 10.77.0.1
	assert_status 0
	box_stop
	ip link delete ctrother
}

@test "net check: what was not touched is never reported: each sample, at once and under load" {
	local sample i
	for sample in "$SAMPLES"/*.json; do
		echo "$sample"
		box_start "$sample"
		assert_untouched
		for ((i = 0; i < 5; i++)); do
			ctrnet net check "$ID" >>"$T/said" 2>&1 &
			join /bin/true &
		done
		wait_jobs
		[ ! -s "$T/said" ] || { cat "$T/said"; return 1; }
		run ctrnet net repair "$ID"
		assert_status 0
		assert_output ''
		box_stop
	done
}

# All of this shell's but the box, whose ctrnet waits for its line.
wait_jobs() {
	local pid
	for pid in $(jobs -p); do
		[ "$pid" = "$BOX" ] || wait "$pid"
	done
}

@test "net check: a container with 20 networks and 400 routes" {
	local file
	file=$(config minimal '.networks += [range(20) | {type: "veth", bridge: "ctrbr\(. % 4)", bridge_address: "10.80.\(. % 4).1/24",
			address: "10.80.\(. % 4).\(. + 2)/24", ipv6_address: "fd80:\(.)::2/64"}]
		| .routes = [range(400) | {destination: "10.\(100 + . / 200 | floor).\(. % 200).0/24", gateway: "10.80.\(. % 4).1", interface_name: "eth\(. % 20)"}]')
	box_start "$file"
	assert_untouched
	box_net ip link set eth7 down
	box_net ip route flush proto 206
	run ctrnet net check -j "$ID"
	assert_status 1
	assert_json "$output" '[.differences[] | select(.type == "route.add")] | length == 400'
	assert_json "$output" '.differences[] | select(.type == "link.up") | .origin == "networks[8] (eth7)" and .found == "link '"'eth7'"' is down"'
	run ctrnet net repair "$ID"
	assert_status 0
	assert_untouched
	[ "$(box_net ip -j route show proto 206 | jq length)" = 400 ]
	box_stop
}

@test "net check: a sysctl that the config itself sets otherwise is as planned" {
	box_start "$(config dual_stack '.system_properties = {"net.ipv6.conf.default.accept_dad": "1"}')"
	run box_net cat /proc/sys/net/ipv6/conf/default/accept_dad
	assert_output 1
	assert_untouched
	box_stop
}

@test "net check: what a container or somebody adds is nobody's business" {
	box_start "$(rich_config)"
	box_net ip link add br0 type bridge
	box_net ip addr add 192.0.2.1/24 dev eth0
	box_net ip route add 192.0.3.0/24 dev eth0
	box_net ip route add default via 10.77.0.7 metric 7
	ip addr add 192.0.4.1/24 dev ctrbr0
	assert_untouched
	box_stop
}

# metrics CMD...: of the routes to 10.98.0.0/24 where that runs ip(8).
metrics() {
	"$@" ip -j route show 10.98.0.0/24 | jq -c 'map(.metric) | sort'
}

@test "net repair: routes of ours at another metric go, and those that may be others' stay" {
	# Of several to one destination, each may be another one of the plan.
	box_start "$(config minimal '.networks += [{type: "veth", address: "10.77.0.2/24"}] | .routes = [range(5; 8) |
		{destination: "10.98.0.0/24", gateway: "10.77.0.1", interface_name: "eth0", metric: .}]')"
	box_net ip route del 10.98.0.0/24 metric 6
	box_net ip route add 10.98.0.0/24 via 10.77.0.1 metric 60 proto 206
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(metrics box_net)" = '[5,6,7,60]' ]
	assert_untouched
	box_stop
	# One that says something else, too, was never ours.
	box_start "$(config minimal '.networks += [{type: "veth", address: "10.77.0.2/24"}]
		| .routes = [{destination: "10.98.0.0/24", gateway: "10.77.0.1", interface_name: "eth0", metric: 5}]')"
	box_net ip route add 10.98.0.0/24 via 10.77.0.1 metric 6 mtu 1400 proto 206
	box_net ip route add 10.98.0.0/24 via 10.77.0.9 metric 7 proto 206
	assert_untouched
	box_net ip route del 10.98.0.0/24 metric 5
	box_net ip route add 10.98.0.0/24 via 10.77.0.1 metric 8 proto 206
	run ctrnet net repair "$ID"
	assert_status 0
	[[ $output == *'metric is 8, planned 5'* ]]
	[ "$(metrics box_net)" = '[5,6,7]' ]
	assert_untouched
	box_stop
	# In a namespace that was joined it may be another container's.
	ip netns add "$ID"
	box_start "$(config minimal '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end) | .networks += [{type: "veth", address: "10.77.0.2/24"}]
		| .routes = [{destination: "10.98.0.0/24", gateway: "10.77.0.1", interface_name: "eth0", metric: 5}]' --arg path "/run/netns/$ID")"
	ip -n "$ID" route del 10.98.0.0/24
	ip -n "$ID" route add 10.98.0.0/24 via 10.77.0.1 metric 6 proto 206
	run ctrnet net repair "$ID"
	assert_status 0
	[ "$(metrics ip netns exec "$ID")" = '[5,6]' ]
	assert_untouched
	box_stop
	ip netns delete "$ID"
}

@test "net repair: a stranger's link that took a name is an error, and stays as it is" {
	box_start attach_to_bridge
	# On the host.
	ip link set ctrveth0 name ctrfoo
	ip link add ctrveth0 type bridge
	run ctrnet net check "$ID"
	assert_status 1
	[[ $output == *"link 'ctrveth0' is a stranger's"* ]]
	ip -j link show dev ctrveth0 | jq -S 'del(.[0].ifindex)' >"$T/stranger"
	run ctrnet net repair "$ID"
	assert_status 2
	assert_output "ctrnet: net: networks[1] (eth0): the name 'ctrveth0' was taken by a stranger's link"
	diff <(ip -j link show dev ctrveth0 | jq -S 'del(.[0].ifindex)') "$T/stranger"
	ip link delete ctrveth0
	run ctrnet net repair "$ID"
	assert_status 0
	assert_untouched
	# Inside.
	box_net ip link set eth0 name foo
	box_net ip link add eth0 type bridge
	run ctrnet net repair "$ID"
	assert_status 2
	assert_output "ctrnet: net: networks[1] (eth0): the name 'eth0' was taken by a stranger's link"
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].addr_info == [] and (.[0].flags | index("UP") | not)'
	box_net ip link delete eth0
	run ctrnet net repair "$ID"
	assert_status 0
	# Instead of the bridge.
	ip link delete ctrbr0
	ip link add ctrbr0 type veth peer name ctrbr1
	run ctrnet net repair "$ID"
	assert_status 2
	assert_output "ctrnet: net: networks[1] (eth0): the name 'ctrbr0' was taken by a stranger's link"
	ip link delete ctrbr0
	run ctrnet net repair "$ID"
	assert_status 0
	assert_untouched
	box_stop
}

# enter NAME CONFIG: a further container, which stays until `leave NAME`.
declare -gA PIDS
enter() {
	mkfifo "$T/$1.in"
	"$CTRNET" --root "$RUN" exec --config "$2" --rootfs "$ROOT" --id "$ID-$1" \
		-- sh -c 'echo ready; read -r line' <>"$T/$1.in" >"$T/$1.out" 2>&1 3>&- &
	PIDS[$1]=$!
	wait_for 10 grep -sqx ready "$T/$1.out" || { cat "$T/$1.out"; return 1; }
}

leave() {
	echo >"$T/$1.in"
	wait "${PIDS[$1]}"
}

@test "net repair: two containers on one bridge" {
	enter a "$(config attach_to_bridge '.networks |= map(del(.host_interface_name))')"
	enter b "$(config attach_to_bridge '.networks |= map(del(.host_interface_name) | if .address then .address = "172.30.0.3/24" else . end)')"
	assert_untouched "$ID-a"
	assert_untouched "$ID-b"
	ip link delete ctrbr0
	for name in a b; do
		run ctrnet net check "$ID-$name"
		assert_status 1
		[[ $output == *"no bridge 'ctrbr0'"* ]]
	done
	run ctrnet net repair "$ID-a"
	assert_status 0
	assert_untouched "$ID-a"
	# The port of the other one is its own.
	run ctrnet net check -j "$ID-b"
	assert_status 1
	assert_json "$output" '.differences | length == 1 and (.[0].found | contains("is not a port of"))'
	run ctrnet net repair "$ID-b"
	assert_status 0
	assert_untouched "$ID-b"
	ip -j link show master ctrbr0 | jq -e 'length == 2'
	# It goes with the last one all the same.
	leave a
	assert_untouched "$ID-b"
	leave b
	run ! ip link show dev ctrbr0
}

@test "net repair: in a network namespace that was joined, and with lo that two have" {
	local file
	ip netns add "$ID"
	file=$(config dual_stack '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)' --arg path "/run/netns/$ID")
	enter a "$file"
	enter b "$(config minimal '.namespaces |= map(if .type == "NEWNET" then .path = $path else . end)' --arg path "/run/netns/$ID")"
	assert_untouched "$ID-a"
	assert_untouched "$ID-b"
	ip -n "$ID" link set lo down
	ip -n "$ID" link delete eth0
	run ctrnet net check "$ID-b"
	assert_status 1
	[[ $output == *"link 'lo' is down"* ]]
	run ctrnet net repair "$ID-a"
	assert_status 0
	assert_untouched "$ID-a"
	assert_untouched "$ID-b"
	run ip netns exec "$ID" cat /proc/sys/net/ipv6/conf/eth0/accept_dad
	assert_output 0
	leave a
	run ! ip -n "$ID" link show dev eth0
	leave b
	# As it was before both.
	ip -j -n "$ID" link show dev lo | jq -e '.[0].flags | index("UP") | not'
	ip netns delete "$ID"
}

@test "net check: bad input" {
	run ctrnet net check nobody
	assert_status 2
	assert_output "ctrnet: net: container 'nobody' does not exist"
	run ctrnet net chek nobody
	assert_status 2
	assert_output "ctrnet: net: unknown verb 'chek'; did you mean 'check'? (see 'ctrnet help net')"
	run ctrnet net
	assert_status 2
	assert_output "ctrnet: net: expected a verb (see 'ctrnet help net')"
	run ctrnet net check a b
	assert_status 2
	assert_output "ctrnet: net: expected one ID (see 'ctrnet help net')"
	run ctrnet net check --dry-run a
	assert_status 2
	assert_output "ctrnet: net: check takes no --dry-run"
	run ctrnet net repair ../a
	assert_status 2
	ctrnet net --help | grep -q 'check'
	# It runs no more.
	box_start attach_to_bridge
	kill -STOP "$BOX"
	kill -KILL "$BOX_PID"
	wait_for 10 is_zombie "$BOX_PID"
	for verb in check repair show; do
		run ctrnet net "$verb" "$ID"
		assert_status 2
		assert_output "ctrnet: net: container '$ID' is not running"
	done
	kill -CONT "$BOX"
	wait "$BOX" || true
	# Its record is not what was written.
	box_start attach_to_bridge
	cp "$RUN/$ID/journal.json" "$T/journal"
	sed -i 's/eth0/eth9/' "$RUN/$ID/journal.json"
	run ctrnet net check "$ID"
	assert_status 2
	cp "$T/journal" "$RUN/$ID/journal.json"
	assert_untouched
	box_stop
}

is_zombie() {
	grep -q '^State:.Z' "/proc/$1/status"
}
