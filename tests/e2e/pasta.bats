#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pasta(1) for a container: out by the host's sockets, in by mapped ports; it ends with the container, whoever is killed.

load lib
load inject
load nat
load links

setup() {
	PEERS=
	lib_setup
	ip link set lo up
	sysctl -qw net.ipv6.conf.default.accept_dad=0
	outside_up
	ip route add default via $OUT4
}

needs_pasta() {
	command -v pasta >/dev/null || skip 'pasta is not installed'
}

behind_pasta() {
	config minimal '.networks += [{type: "pasta", options: ["--ipv4-only"]} + '"${1:-{\}}]"
}

# echo_in PORT: in the box somebody listens who says what he hears. Who asks speaks first: see "who speaks first" below.
echo_in() {
	nsenter --target "$BOX_PID" --net busybox nc -ll -p "$1" -e /bin/cat 3>&- &
	PEERS+=" $!"
	wait_for 5 sh -c "nsenter --target $BOX_PID --net ss -Hltn 'sport = :$1' | grep -q ."
}

# echoed WHO... -- ADDRESS PORT
echoed() {
	# shellcheck disable=SC2016 # the inner shell's
	"${@:1:$#-2}" bash -c 'exec 5<>"/dev/tcp/$0/$1" && echo hello >&5 && read -r -t 5 line <&5 && [ "$line" = hello ]' "${@: -2}"
}

pastas() {
	pgrep -f "pasta.*--netns $RUN/"
}

no_pasta() {
	! pastas
}

@test "pasta: the sample: out by the host's sockets, and in by a port of the host's" {
	needs_pasta
	box_start "$(sample pasta)"
	inside '.ifname == "eth0" and .linkinfo.info_kind == "tun" and (.flags | index("UP"))'
	run box_net ip -j route show default
	assert_json "$output" ".[0].gateway == \"$OUT4\" and .[0].dev == \"eth0\""
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7000
	echo_in 80
	# To the other side it is the host itself.
	run box_net "$TOOLS/peer" ask tcp $OUT4 7000
	assert_output "$HOST4"
	echoed env 127.0.0.1 18080
	echoed outside $HOST4 18080
	run ctrnet net check "$ID"
	assert_output ''
	assert_status 0
	stop_peers
	box_stop
	no_pasta
}

@test "pasta: an address, MAC, MTU and name of the container's own; ports of one address, a range, and udp; the host by its gateway" {
	needs_pasta
	box_start "$(behind_pasta '{name: "net0", address: "10.99.0.2/24", gateway: "10.99.0.1", mac_address: "02:42:00:00:00:07", mtu: 1400,
		map_gateway: true, host_interface: "ctrup0", ports: [{host: 18081, container: 81, host_address: "127.0.0.1"},
		{host: "18090-18091", container: "90-91"}, {host: 18053, container: 53, protocol: "udp"}]}')"
	inside '.ifname == "net0" and .address == "02:42:00:00:00:07" and .mtu == 1400'
	run box_net ip -j -4 addr show dev net0
	assert_json "$output" '[.[].addr_info[].local] == ["10.99.0.2"]'
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7000
	start_peer "$TOOLS/peer" serve tcp 7001
	echo_in 81
	echo_in 91
	serve udp 53
	run box_net "$TOOLS/peer" ask tcp $OUT4 7000
	assert_output "$HOST4"
	run box_net "$TOOLS/peer" ask tcp 10.99.0.1 7001
	assert_status 0
	echoed env 127.0.0.1 18081
	! echoed outside $HOST4 18081 2>/dev/null || return 1
	echoed outside $HOST4 18091
	run outside "$TOOLS/peer" ask udp $HOST4 18053
	assert_status 0
	stop_peers
	box_stop
	no_pasta
}

keepers() {
	pgrep -x ctrnet-keeper
}

# What asks from inside is the host to those outside.
gets_out() {
	start_peer ip netns exec outside "$TOOLS/peer" serve tcp 7000
	run box_net "$TOOLS/peer" ask tcp $OUT4 7000
	assert_output "$HOST4"
	stop_peers
}

not_there() {
	! kill -0 "$1" 2>/dev/null
}

no_keeper() {
	! keepers
}

@test "pasta: ends with the container when ctrnet is killed, whether it was there from the start, came later, or was repaired" {
	local how
	needs_pasta
	for how in start attach repair; do
		if [ $how = attach ]; then
			box_start minimal
			run ctrnet net attach "$ID" type=pasta 'options=["--ipv4-only"]' 'ports=[{"host": 18080}]'
			assert_status 0
		else
			box_start "$(behind_pasta '{ports: [{host: 18080}]}')"
		fi
		if [ $how = repair ]; then
			kill -KILL "$(pastas)"
			wait_for 5 no_keeper
			run ctrnet net repair "$ID"
			assert_status 0
		fi
		pastas
		keepers
		cut_off
		wait_for 5 no_pasta
		wait_for 5 no_keeper
		wait_for 5 sh -c '[ -z "$(ss -Hltn "sport = :18080")" ]'
		run ctrnet delete "$ID"
		assert_status 0
	done
}

@test "pasta: who ends it is watched over, too, and goes with a network that is detached" {
	needs_pasta
	box_start "$(behind_pasta)"
	kill -KILL "$(keepers)"
	run ctrnet net check "$ID"
	assert_status 1
	[[ $output == *'nobody ends pasta with the container'* ]]
	run ctrnet net repair "$ID"
	assert_status 0
	run ctrnet net check "$ID"
	assert_output ''
	keepers
	run ctrnet net detach "$ID" eth0
	assert_status 0
	no_pasta
	no_keeper
	box_stop
}

@test "pasta: a mapped port leads to the container's address, also where it has only a list of them" {
	needs_pasta
	box_start "$(behind_pasta '{addresses: ["10.99.0.2/24", "10.99.0.3/24"], gateway: "10.99.0.1", ports: [{host: 18080, container: 80}]}')"
	echo_in 80
	echoed outside $HOST4 18080
	stop_peers
	box_stop
}

@test "pasta: killed at once with all that is ctrnet's: delete, gc, the next start, and delete --force without the journal end it" {
	local how pid
	needs_pasta
	for how in delete gc exec force; do
		box_start "$(behind_pasta)"
		pid=$(pastas)
		kill -KILL "$(keepers)"
		cut_off
		[ -d "/proc/$pid" ]
		case $how in
		delete) run ctrnet delete "$ID" ;;
		gc) run ctrnet net gc ;;
		exec) run ctrnet_run minimal -- /bin/true ;;
		force) echo '{' >"$RUN/$ID/journal.json" && run ctrnet delete --force "$ID" ;;
		esac
		assert_status 0
		no_pasta
	done
}

@test "pasta: one that was killed is found by net check, and net repair starts another" {
	local how keeper
	needs_pasta
	for how in '{}' '{address: "10.99.0.2/24", gateway: "10.99.0.1"}'; do
		box_start "$(behind_pasta "$how")"
		# Who watches over it has not seen its end yet.
		keeper=$(keepers)
		kill -STOP "$keeper"
		kill -KILL "$(pastas)"
		wait_for 5 no_pasta
		run ctrnet net check "$ID"
		assert_status 1
		[[ $output == *'pasta does not run'* ]]
		run ctrnet net repair "$ID"
		assert_status 0
		kill -CONT "$keeper" 2>/dev/null || true
		wait_for 5 not_there "$keeper"
		run ctrnet net check "$ID"
		assert_output ''
		gets_out
		box_stop
		no_pasta
	done
}

@test "pasta: another process that has its number by now is left alone" {
	local other
	needs_pasta
	box_start "$(behind_pasta)"
	cut_off
	wait_for 5 no_pasta
	sleep 60 3>&- &
	other=$!
	sealed "$ID" "(.steps[] | select(.type == \"pasta.run\") | .args.pid) = $other" "$RUN/$ID/journal.json" >"$T/journal"
	cp "$T/journal" "$RUN/$ID/journal.json"
	run ctrnet delete "$ID"
	assert_status 0
	kill "$other"
	wait "$other" || [ $? = 143 ]
}

@test "pasta: what cannot be is refused by name" {
	local at='networks[1] (eth0): '
	PATH=$T run "$CTRNET" --root "$RUN" exec --config "$(PATH=$PATH behind_pasta)" --rootfs "$ROOT" --id "$ID" -- /bin/true
	assert_status 255
	assert_output "ctrnet: exec: ${at}pasta is not installed (Debian: passt)"
	refused_with "${at}/nosuch/pasta: cannot be executed: No such file or directory" "$(behind_pasta '{program: "/nosuch/pasta"}')"
	refused_with "${at}host_interface: no link 'nosuch0' on the host" "$(behind_pasta '{host_interface: "nosuch0"}')"
	refused_with "networks[1]: program: './pasta' is neither a name nor an absolute path" "$(behind_pasta '{program: "./pasta"}')"
	refused_with 'networks[1]: ports[0].protocol: pasta maps ports of tcp and udp' "$(behind_pasta '{ports: [{host: 18080, protocol: "sctp"}]}')"
	refused_with 'networks[1]: ports[1].host: ports[0] has tcp port 18080 already' "$(behind_pasta '{ports: [{host: 18080}, {host: 18080}]}')"
	refused_with "networks[1]: subnet: nobody else sees an address behind pasta; give one" "$(behind_pasta '{subnet: "10.1.0.0/24"}')"
	refused_with "networks[1]: masquerade: packets of a network of type 'pasta' do not pass through a link of the host" \
		"$(behind_pasta '{masquerade: true, address: "10.99.0.2/24"}')"
	needs_pasta
	# Its own words, in one line.
	run ctrnet_run "$(behind_pasta '{options: ["--no-such-option"]}')" -- /bin/true
	assert_status 255
	[ "$(wc -l <<<"$output")" = 1 ]
	[[ $output == "ctrnet: exec: ${at}pasta: "* ]]
	start_peer "$TOOLS/peer" serve tcp 18080
	run ctrnet_run "$(behind_pasta '{ports: [{host: 18080}]}')" -- /bin/true
	stop_peers
	assert_status 255
	[ "$(wc -l <<<"$output")" = 1 ]
	[[ $output == "ctrnet: exec: ${at}pasta: "*18080* ]]
	no_pasta
}

# greeted PORT: is a server heard from outside that says something unasked?
greeted() {
	# shellcheck disable=SC2016 # the inner shell's
	if outside bash -c 'exec 5<>"/dev/tcp/$0/$1" && read -r -t 1 line <&5' $HOST4 "$1"; then echo heard; else echo silence; fi
}

@test "pasta: a server that speaks first is heard from outside as with a pasta that was started by hand" {
	local pid
	needs_pasta
	box_start "$(behind_pasta '{ports: [{host: 18080, container: 80}]}')"
	ip netns add by-hand
	ip -n by-hand link set lo up
	pasta --netns /run/netns/by-hand --runas 0:0 --config-net --ipv4-only -t 18081:80 -P "$T/pid" 2>/dev/null 3>&-
	nsenter --target "$BOX_PID" --net busybox nc -ll -p 80 -e /bin/echo hello 3>&- &
	PEERS+=" $!"
	ip netns exec by-hand busybox nc -ll -p 80 -e /bin/echo hello 3>&- &
	PEERS+=" $!"
	wait_for 5 sh -c "nsenter --target $BOX_PID --net ss -Hltn 'sport = :80' | grep -q ."
	wait_for 5 sh -c "ip netns exec by-hand ss -Hltn 'sport = :80' | grep -q ."
	[ "$(greeted 18080)" = "$(greeted 18081)" ]
	pid=$(cat "$T/pid")
	kill "$pid"
	wait_for 5 test ! -d "/proc/$pid"
	stop_peers
	ip netns delete by-hand
	box_stop
}

@test "pasta: what net set has changed holds, also of one that is started anew" {
	needs_pasta
	box_start "$(behind_pasta)"
	run ctrnet net set "$ID" eth0 mtu=1280 txqueuelen=33 mac_address=02:42:00:00:00:08
	assert_status 0
	run ctrnet net check "$ID"
	assert_output ''
	kill -KILL "$(pastas)"
	wait_for 5 no_keeper
	run ctrnet net repair "$ID"
	assert_status 0
	inside '.mtu == 1280 and .txqlen == 33 and .address == "02:42:00:00:00:08"'
	run ctrnet net check "$ID"
	assert_output ''
	gets_out
	box_stop
}

@test "pasta: in a user namespace" {
	needs_pasta
	box_start "$(config userns '.networks = [{type: "pasta", options: ["--ipv4-only"]}]')"
	gets_out
	box_stop
	no_pasta
}

inject_pasta() {
	needs_pasta
	inject_setup
	CONFIG=$(config "$CONFIG" '.networks = [{type: "loopback"}, {type: "pasta", options: ["--ipv4-only"]}]')
	quick_snap() {
		pastas || true
		# shellcheck disable=SC2086 # a list
		find $CTRNET_TEST_CGROUPS -type d | sort
		find "$RUN" -mindepth 1 2>/dev/null || true
		grep "$RUN" /proc/self/mountinfo || true
	}
	quick_snap >"$T/quick.before"
}

@test "pasta: ctrnet is killed around its start" {
	inject_pasta
	kill_at vfork mount umount2
}

# bats test_tags=slow
@test "pasta: ctrnet is killed at each file, wait and message" {
	inject_pasta
	kill_at mount umount2 waitid pidfd_open renameat
	STEP=3 kill_at openat sendto
	fail_at EPERM mount umount2
}

# Its keeper has killed it already, or is about to, when ctrnet comes to it: its ports are free all the same when ctrnet returns.
@test "pasta: one after the other has the same port" {
	local i
	needs_pasta
	for ((i = 0; i < 15; i++)); do
		run ctrnet exec --config "$(behind_pasta '{ports: [{host: 18080, container: 80}]}')" --rootfs "$ROOT" --id "$ID" -- /bin/true
		assert_status 0
	done
}
