#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An interface of the host's in a container: it works there, and comes home as it was, whoever is killed and whatever fails.

load lib
load inject
load links

# uplink0 is as rich as it can be: a port of a bridge, with further names, settings, addresses, neighbours and routes.
setup_file() {
	sysctl -qw net.ipv6.conf.default.accept_dad=0
	uplink
	ip link add hostbr7 type bridge
	ip link set hostbr7 up
	ip link set uplink0 master hostbr7 mtu 1420 txqueuelen 77 group 7 alias 'the way out'
	ip link property add dev uplink0 altname the-way-out-of-here altname up7
	bridge link set dev uplink0 learning off isolated on hairpin on cost 77 mcast_router 2
	sysctl -qw net.ipv4.conf.uplink0.rp_filter=2 net.ipv6.conf.uplink0.accept_ra=0 net.ipv4.neigh.uplink0.gc_stale_time=77
	ip addr add 10.70.0.9/24 brd + dev uplink0 label uplink0:x
	ip addr add 10.71.0.1 peer 10.71.0.2/32 dev uplink0
	ip -6 addr add fd00:71::9/64 dev uplink0
	ip neigh add 10.70.0.77 lladdr 02:00:00:00:00:77 dev uplink0
	ip route add 10.72.0.0/16 via 10.70.0.1 metric 7 mtu 1300
	ip route add 10.73.0.0/16 dev uplink0 table 77
	ip route add 10.74.0.0/16 nexthop via 10.70.0.1 dev uplink0 weight 2 nexthop via 10.70.0.2 dev uplink0
	ip route add 10.75.0.0/16 dev far0 src 10.70.0.9
	ip -6 route add fd00:72::/48 via fd00:71::1 dev uplink0
	wait_for 5 sh -c '! ip -o addr | grep -q tentative'
	wait_for 5 sh -c 'bridge link show dev uplink0 | grep -q "state forwarding" && ip link show dev hostbr7 | grep -q "state UP"'
}

# All of the host's that ip(8) tells, but for counters and timers.
snap_device() {
	ip -j -d link show dev uplink0 | jq -S 'map(del(.linkinfo.info_slave_data, .stats, .stats64))'
	ip -j -d addr show dev uplink0 | jq -S 'map(del(.linkinfo)) | .[].addr_info |= sort_by(.local)'
	ip -j neigh show dev uplink0 nud permanent | jq -S .
	ip -j -4 -d route show table all | jq -S -c '.[]' | sort
	ip -j -6 -d route show table all | jq -S -c '.[]' | sort
	(cd /proc/sys/net && grep -s . ipv4/conf/uplink0/* ipv6/conf/uplink0/* ipv4/neigh/uplink0/*) | grep -v stable_secret
	ethtool -k uplink0
	bridge -j -d link show dev uplink0 | jq -S .
	grep -c 'netns\.uplink0' /proc/self/mountinfo || true
}

# is_home: nothing differs from what was before.
is_home() {
	snap_device >"$T/device.after"
	diff "$T/device.before" "$T/device.after" >"$T/device.diff"
}

# The carrier comes a moment behind the link, and with it some flags.
assert_home() {
	wait_for 5 is_home || { cat "$T/device.diff"; return 1; }
}

with_device() {
	config minimal '.networks += [{type: "host-device", device: "uplink0"} + '"${1:-{\}}]"
}

remember() {
	snap_device >"$T/device.before"
}

@test "host-device: the container has it, with what is asked for, and at its end it is home as it was" {
	remember
	box_start "$(with_device '{address: "10.70.0.2/24", ipv6_address: "fd00:70::2/64", gateway: "10.70.0.1", mtu: 1400, txqueuelen: 99,
		mac_address: "02:42:00:00:00:07", link_group: 9, altnames: ["inside-name"], offloads: {tso: false, gro: true}, sysctl: {"ipv4.rp_filter": "1"}}')"
	! ip -o link show dev uplink0 2>/dev/null || return 1
	inside '.ifname == "eth0" and .mtu == 1400 and .txqlen == 99 and .address == "02:42:00:00:00:07" and .group == "9" and .ifalias == "ctrnet:shared:device:uplink0"'
	inside '.altnames | index("inside-name")'
	run box_all /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
	run box_all /bin/ping6 -c 1 -W 2 fd00:70::1
	assert_status 0
	run ctrnet net check "$ID"
	assert_output ''
	assert_status 0
	box_stop
	assert_home
}

@test "host-device: the command's first act reaches the network" {
	run ctrnet_run "$(with_device '{address: "10.70.0.2/24"}')" -- /bin/ping -c 1 -W 2 10.70.0.1
	assert_status 0
}

@test "host-device: by its MAC address, and by its device below /sys" {
	remember
	local by
	for by in '{hwaddr: "'"$(of_uplink address)"'"}' '{device: "up7"}'; do
		box_start "$(config minimal ".networks += [$by + {type: \"host-device\", name: \"lan0\"}]")"
		inside '.ifname == "lan0" and .ifalias == "ctrnet:shared:device:uplink0"'
		box_stop
		assert_home
	done
}

@test "host-device: killed at once with all that is ctrnet's: delete, gc and the next start bring it home" {
	local how
	remember
	for how in delete gc exec; do
		box_start "$(with_device '{address: "10.70.0.2/24"}')"
		cut_off
		! ip link show dev uplink0 2>/dev/null || return 1
		case $how in
		delete) run ctrnet delete "$ID" ;;
		gc) run ctrnet net gc ;;
		exec) run ctrnet_run minimal -- /bin/true ;;
		esac
		assert_status 0
		[ ! -e "$RUN/$ID" ]
		assert_home
	done
}

@test "host-device: delete --force brings it home without the journal" {
	remember
	box_start "$(with_device '{address: "10.70.0.2/24"}')"
	cut_off
	echo '{' >"$RUN/$ID/journal.json"
	run ctrnet delete --force "$ID"
	assert_status 0
	[ ! -e "$RUN/$ID" ]
	assert_home
}

@test "host-device: whatever root of the container did to it" {
	local what
	remember
	for what in 'ip link set eth0 down; ip link set eth0 name foo; ip link set foo address 02:00:00:00:00:99 mtu 600 alias x promisc on' \
		'ethtool -K eth0 tx off gro off' \
		'ip link add br0 type bridge; ip link set eth0 master br0; tc qdisc add dev eth0 root tbf rate 1mbit burst 16kb latency 1s' \
		'ip link property add dev eth0 altname hostbr7; ip link set eth0 group 3; ip addr flush dev eth0'; do
		box_start "$(with_device '{address: "10.70.0.2/24"}')"
		box_net sh -ec "$what"
		box_stop
		assert_home
	done
}

@test "host-device: two containers cannot have it, and are told who has" {
	box_start "$(with_device)"
	run ctrnet exec --config "$(with_device)" --rootfs "$ROOT" --id "$ID-b" -- /bin/true
	assert_status 255
	[[ $output == *"networks[1] (eth0): device: 'uplink0' is in container '$ID'" ]]
	[ ! -e "$RUN/$ID-b" ]
	box_stop
	# All at once: one gets it at a time, and the others hear why not.
	local i pids='' pid won=0
	remember
	for i in 1 2 3 4; do
		ctrnet exec --config "$(with_device)" --rootfs "$ROOT" --id "$ID-$i" -- /bin/sleep 0.3 >"$T/two.$i" 2>&1 3>&- &
		pids+=" $!"
	done
	for pid in $pids; do ! wait "$pid" || won=$((won + 1)); done
	[ "$won" -ge 1 ]
	[ "$(cat "$T"/two.* | grep -vc "is in container\|has it\|no link 'uplink0' on the host" || true)" = 0 ]
	assert_home
}

@test "host-device: what cannot be is refused by name" {
	refused_with "networks[1] (eth0): device: no link 'nosuch0' on the host" "$(config minimal '.networks += [{type: "host-device", device: "nosuch0"}]')"
	refused_with "networks[1] (eth0): device: 'lo' is the host's loopback, which stays" "$(config minimal '.networks += [{type: "host-device", device: "lo"}]')"
	refused_with "networks[1] (eth0): device: 'hostbr7' is a bridge, and 'uplink0' is a port of it" "$(config minimal '.networks += [{type: "host-device", device: "hostbr7"}]')"
	refused_with "networks[1] (eth0): hwaddr: no link on the host has 02:00:00:00:12:34" "$(config minimal '.networks += [{type: "host-device", hwaddr: "02:00:00:00:12:34"}]')"
	refused_with "networks[1] (eth0): kernelpath: no network interface of the host's at /sys/devices/nosuch" "$(config minimal '.networks += [{type: "host-device", kernelpath: "/sys/devices/nosuch"}]')"
	run ctrnet_run "$(config minimal '.networks += [{type: "host-device", kernelpath: "/sys/devices/virtual"}]')" -- /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] (eth0): kernelpath: /sys/devices/virtual has "*" network interfaces: give 'device'" ]]
	refused_with "networks[1] (eth0): pciBusID: no network interface of the host's at /sys/bus/pci/devices/0000:ff:1f.7" "$(config minimal '.networks += [{type: "host-device", pciBusID: "0000:ff:1f.7"}]')"
	refused_with "networks[1]: device: one of device, hwaddr, kernelpath and pci_bus_id says which, and here none does" "$(config minimal '.networks += [{type: "host-device"}]')"
	refused_with "networks[1]: device: one of device, hwaddr, kernelpath and pci_bus_id says which, and here several do" "$(with_device '{hwaddr: "02:00:00:00:12:34"}')"
	refused_with "networks[1]: kernelpath: '/etc' is not below /sys" "$(config minimal '.networks += [{type: "host-device", kernelpath: "/etc"}]')"
	refused_with "networks[1]: pci_bus_id: '../x' is none, as in 0000:00:1f.6" "$(config minimal '.networks += [{type: "host-device", pci_bus_id: "../x"}]')"
	refused_with "networks[1] and networks[2]: two host interfaces named 'uplink0'" "$(config minimal '.networks += [{type: "host-device", device: "uplink0"}, {type: "host-device", device: "uplink0"}]')"
	refused_with "networks[1]: masquerade: packets of a network of type 'host-device' do not pass through a link of the host" "$(with_device '{masquerade: true, address: "10.70.0.2/24"}')"
	ip link add ctrempty type bridge
	refused_with "networks[1] (eth0): device: 'ctrempty' is a bridge, which cannot leave its namespace" "$(config minimal '.networks += [{type: "host-device", device: "ctrempty"}]')"
	ip link delete ctrempty
}

@test "host-device: a step that fails behind the move leaves the host as it was" {
	remember
	run ctrnet_run "$(with_device '{sysctl: {"ipv4.nosuch": "1"}}')" -- /bin/true
	assert_status 255
	[ "$(wc -l <<<"$output")" = 1 ]
	assert_home
	run ctrnet_run "$(with_device '{address: "10.70.0.2/24", routes: [{source: "10.99.0.1"}]}')" -- /bin/true
	assert_status 255
	[ "$(wc -l <<<"$output")" = 1 ]
	[[ $output == *'Invalid prefsrc address'* ]]
	assert_home
	run ctrnet_run "$(with_device)" -- /nosuch
	assert_status 255
	assert_home
}

@test "host-device: where its name is taken it stays in its pinned namespace until the name is free" {
	remember
	box_start "$(with_device)"
	ip link add uplink0 type bridge
	box_stop || true
	grep -q "'uplink0' cannot come home from the container: the name, or one of its altnames, is taken on the host" "$T/box.err"
	run ctrnet delete "$ID"
	assert_status 1
	run ctrnet delete --force "$ID"
	assert_status 1
	[ -e "$RUN/$ID/netns.uplink0" ]
	ip link delete uplink0
	run ctrnet delete "$ID"
	assert_status 0
	assert_home
}

@test "host-device: one that the container has deleted is said to be gone, and nothing is left" {
	ip link add dying0 type veth peer name dying1
	box_start "$(config minimal '.networks += [{type: "host-device", device: "dying0"}]')"
	box_net ip link delete eth0
	run ctrnet net check "$ID"
	assert_status 1
	[[ $output == *"no link 'eth0'"* ]]
	box_stop
	grep -q "'dying0' does not come home: it is not in the container any more" "$T/box.err"
	[ ! -e "$RUN/$ID" ]
}

@test "host-device: in a namespace that is joined, and in a user namespace" {
	remember
	ip netns add "$ID"
	# shellcheck disable=SC2016 # a jq variable
	box_start "$(config minimal '(.namespaces[] | select(.type == "NEWNET")).path = $path |
		.networks = [{type: "host-device", device: "uplink0", address: "10.70.0.2/24"}]' --arg path "/run/netns/$ID")"
	ip -n "$ID" -o link show dev eth0
	box_stop
	assert_home
	[ "$(ip -n "$ID" -o link | wc -l)" = 1 ]
	ip netns delete "$ID"
	box_start "$(config userns '.networks = [{type: "host-device", device: "uplink0", address: "10.70.0.2/24"}]')"
	box_net ping -c 1 -W 2 10.70.0.1
	cut_off
	ctrnet delete "$ID"
	assert_home
}

# What somebody does in the container, and what a check says of it.
tamperings() {
	cat <<-'EOF'
		ip link set eth0 down | link 'eth0' is down
		ip link set eth0 down; ip link set eth0 name foo | link 'eth0' is called 'foo'
		ip link set eth0 mtu 1300 | link 'eth0': mtu is 1300, planned 1400
		ip link set eth0 txqueuelen 3 | link 'eth0': txqueuelen is 3, planned 99
		ip link set eth0 address 02:00:00:00:00:99 | link 'eth0': MAC is 02:00:00:00:00:99
		ip link set eth0 alias mine | link 'eth0' does not carry the mark
		ip addr del 10.70.0.2/24 dev eth0 | no address 10.70.0.2/24 on eth0
		ip route del default | no gateway 10.70.0.1
		ip link set eth0 down; ip link set eth0 netns HOST name uplink0 | no link 'eth0'
		umount PIN | the network namespace is not pinned at PIN
	EOF
}

@test "host-device: net check finds what somebody did to it, and net repair mends it" {
	local command word
	remember
	box_start "$(with_device '{address: "10.70.0.2/24", gateway: "10.70.0.1", mtu: 1400, txqueuelen: 99, mac_address: "02:42:00:00:00:07"}')"
	ip netns attach "$ID-host" $$
	while IFS='|' read -r command word; do
		command=${command//PIN/$RUN/$ID/netns.uplink0} word=${word//PIN/$RUN/$ID/netns.uplink0} word=${word# }
		case $command in
		umount*) sh -ec "$command" ;;
		*) box_net sh -ec "${command//HOST/$ID-host}" ;;
		esac
		run ctrnet net check "$ID"
		[ "$status" = 1 ] && [[ $output == *"$word"* ]] || { echo "$command: $status: $output"; return 1; }
		run ctrnet net repair "$ID"
		assert_status 0
		run ctrnet net check "$ID"
		assert_output ''
		assert_status 0
		box_net ping -c 1 -W 2 10.70.0.1
	done < <(tamperings)
	ip netns delete "$ID-host"
	box_stop
	assert_home
}

@test "host-device: it comes, changes and goes while the container runs, and what was changed holds" {
	local how
	remember
	for how in detach end; do
		box_start minimal
		run ctrnet net attach "$ID" type=host-device device=uplink0 address=10.70.0.2/24 mtu=1300
		assert_output eth0
		run ctrnet net set "$ID" eth0 mtu=1280 txqueuelen=33 mac_address=02:42:00:00:00:07
		assert_status 0
		# A link that goes down and up is looked at again.
		ctrnet net set "$ID" eth0 up=false
		ctrnet net set "$ID" eth0 up=true
		inside '.mtu == 1280 and .txqlen == 33 and .address == "02:42:00:00:00:07"'
		run ctrnet net check "$ID"
		assert_output ''
		[ $how = end ] || ctrnet net detach "$ID" eth0
		[ $how = end ] || assert_home
		box_stop
		assert_home
	done
}

inject_device() {
	inject_setup
	CONFIG=$(config "$CONFIG" '.networks = [{type: "loopback"}, {type: "host-device", device: "uplink0", address: "10.70.0.2/24", gateway: "10.70.0.1"}]')
	quick_snap() {
		snap_device
		# shellcheck disable=SC2086 # a list
		find $CTRNET_TEST_CGROUPS -type d | sort
		find "$RUN" /run/ctrnet-shared -mindepth 1 2>/dev/null || true
	}
	quick_snap >"$T/quick.before"
	# The carrier and its flags come a moment later.
	export CLEAN_TRIES=100
}

@test "host-device: killed before each fourth message to the kernel, and each mount and record" {
	inject_device
	STEP=4 kill_at sendto
	kill_at mount renameat umount2
}

# bats test_tags=slow
@test "host-device: killed before each message, write and namespace" {
	inject_device
	kill_at sendto sendmsg setns mount umount2 unlink renameat
	STEP=3 kill_at write openat
}

# bats test_tags=slow
@test "host-device: each message to the kernel fails" {
	inject_device
	fail_at ENOMEM sendto
	STEP=3 fail_at ENOMEM recvmsg
	fail_at EPERM mount
}
