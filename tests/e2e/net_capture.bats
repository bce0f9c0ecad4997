#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net capture`: the files are looked at block by block (pcapng.pl), by tcpdump(8), and beside what ping(8) sent.

load lib
load net

# capture_start NAME OPTION...: in the background, with its words in $T/NAME.err. Sets CAPTURE, once it captures.
capture_start() {
	local name=$1
	shift
	ctrnet net capture "$@" 2>"$T/$name.err" 3>&- &
	CAPTURE=$!
	wait_for 10 grep -q '^capturing on' "$T/$name.err"
}

# capture_stop [SIGNAL]: returns its exit status.
capture_stop() {
	local pid=$CAPTURE
	kill "-${1:-INT}" "$(pgrep -P "$pid" -x ctrnet || echo "$pid")"
	wait "$pid"
}

blocks() {
	perl "$BATS_TEST_DIRNAME/pcapng.pl" "$@"
}

# The echo requests and answers of a file, by the name of their interface: "eth0 in 0800" and the like, in the file's order.
echoes() {
	blocks "$1" | jq -rs '[.[] | select(.block == "interface")] as $i | .[] | select(.block == "packet") |
		select(.data[24:28] == "0800" and .data[46:48] == "01") |
		"\($i[.interface].name) \(if .flags % 4 == 1 then "in" else "out" end) \(.data[68:70])"'
}

two_networks() {
	config dual_stack '.networks += [{type: "veth", name: "ptp", host_interface_name: "ctrptp", address: "10.79.0.2/30",
		host_address: "10.79.0.1/30"}]'
}

@test "net capture: two interfaces in one file" {
	local file=$T/two.pcapng n i
	box_start "$(two_networks)"
	capture_start two "$ID" eth0 ptp -w "$file"
	for n in 1 2 3; do
		ping -qc 1 -W 5 172.30.1.2 >/dev/null
		box_net ping -qc 1 -W 5 10.79.0.1 >/dev/null
	done
	capture_stop
	[ "$(echoes "$file" | sort | uniq -c | sed 's/^ *//')" = "3 eth0 in 08
3 eth0 out 00
3 ptp in 00
3 ptp out 08" ]
	# In the order in which it happened: one ping began when the one before had its answer.
	for n in 1 2 3; do printf '%s\n' "eth0 in 08" "eth0 out 00" "ptp out 08" "ptp in 00"; done >"$T/order"
	diff "$T/order" <(echoes "$file")
	blocks "$file" | jq -r 'select(.block == "packet").time' >"$T/times"
	sort -nc "$T/times"
	# They are times of today.
	[ $(($(date +%s) - $(head -c 10 "$T/times"))) -lt 100 ]
	i=$(blocks "$file" | jq -s 'map(select(.block == "interface"))')
	for n in eth0 ptp; do
		assert_json "$i" 'any(.[]; .name == $n and .description == "\($id) \($n)" and .mac == $mac and .linktype == 1 and .tsresol == 9)' \
			--arg n $n --arg id "$ID" --arg mac "$(box_net ip -j link show $n | jq -r '.[0].address')"
	done
	i=$(blocks "$file" | jq -s .)
	assert_json "$i" '.[0].block == "section" and .[0].version == "1.0" and (.[0].os | test("^Linux [0-9]")) and (.[0].application | test("^ctrnet "))'
	# At the end, what there was.
	assert_json "$i" '[.[-2:][] | .block] == ["statistics", "statistics"]'
	assert_json "$i" '. as $all | .[-2:] | all(.[]; . as $s | .usrdeliv == ([$all[] | select(.block == "packet" and .interface == $s.interface)] | length)
		and .ifrecv == .usrdeliv and .osdrop == 0 and .starttime <= .endtime)'
	grep -qE '^eth0: [0-9]+ packets captured, 0 dropped$' "$T/two.err"
	grep -qE '^ptp: [0-9]+ packets captured, 0 dropped$' "$T/two.err"
	[ "$(stat -c %a "$file")" = 600 ]
	# As others read it.
	[ "$(tcpdump -nr "$file" 'icmp[icmptype] == icmp-echo' 2>"$T/tcpdump.err" | grep -c 'ICMP echo request')" = 6 ] || { cat "$T/tcpdump.err"; false; }
	box_stop
}

@test "net capture: as tcpdump(8) sees it at the same time" {
	local tcpdump
	box_start attach_to_bridge
	box_net tcpdump -i eth0 -U --immediate-mode -w "$T/witness.pcap" 2>"$T/tcpdump.err" 3>&- &
	tcpdump=$!
	wait_for 10 grep -q 'listening on' "$T/tcpdump.err"
	capture_start own "$ID" eth0 -w "$T/own.pcapng"
	ping -qc 3 -i 0.1 -s 1000 "$(box_net ip -j -4 addr show eth0 | jq -r '.[0].addr_info[0].local')" >/dev/null
	wait_for 10 witnessed
	capture_stop TERM
	kill "$(pgrep -x tcpdump)"
	wait $tcpdump
	for file in witness.pcap own.pcapng; do
		tcpdump -nexxttr "$T/$file" icmp 2>/dev/null
	done | sed -n '/^[0-9]/{ s/^[0-9.]* //; }; p' >"$T/both"
	[ "$(grep -c 'ICMP echo' "$T/both")" = 12 ]
	diff <(head -n $(($(wc -l <"$T/both") / 2)) "$T/both") <(tail -n $(($(wc -l <"$T/both") / 2)) "$T/both")
	box_stop
}

witnessed() {
	[ "$(tcpdump -nr "$T/witness.pcap" icmp 2>/dev/null | wc -l)" = 6 ]
}

@test "net capture: live, through a pipe" {
	local reader
	box_start attach_to_bridge
	mkfifo "$T/pipe"
	tcpdump -nlr "$T/pipe" >"$T/lines" 2>"$T/tcpdump.err" 3>&- &
	reader=$!
	ctrnet net capture "$ID" 2>"$T/live.err" >"$T/pipe" 3>&- &
	CAPTURE=$!
	wait_for 10 grep -q '^capturing on lo, eth0$' "$T/live.err"
	box_net ping -qc 1 -W 5 127.0.0.1 >/dev/null
	# Before anybody ends anything.
	wait_for 10 grep -q 'ICMP echo reply' "$T/lines"
	# Through lo they go once, not twice.
	[ "$(grep -c 'ICMP echo request' "$T/lines")" = 1 ]
	# What nobody reads any more is over, also when no packet comes.
	kill "$(pgrep -x tcpdump)"
	wait "$reader" || true
	status=0
	wait "$CAPTURE" || status=$?
	assert_status 2
	[ "$(grep -v 'captured' "$T/live.err" | tail -n 1)" = "ctrnet: net: standard output: Broken pipe" ]
	box_stop
}

has_socket() {
	readlink "/proc/$1/fd/"* | grep -q ^socket:
}

@test "net capture: ends when told to, also at a fifo that nobody reads" {
	local pid
	box_start "$(two_networks)"
	mkfifo "$T/fifo"
	"$CTRNET" --root "$RUN" net capture "$ID" -w "$T/fifo" 2>"$T/fifo.err" 3>&- &
	pid=$!
	wait_for 10 has_socket "$pid"
	kill -TERM "$pid"
	wait_for 5 sh -c "! kill -0 $pid 2>/dev/null"
	box_stop
}

@test "net capture: until the container ends" {
	box_start attach_to_bridge
	capture_start end "$ID" -w "$T/end.pcapng"
	box_net ping -qc 2 -i 0.2 127.0.0.1 >/dev/null
	box_stop
	wait "$CAPTURE"
	[ "$(echoes "$T/end.pcapng" | grep -c '^lo in 08')" = 2 ]
	assert_json "$(blocks "$T/end.pcapng" | jq -s .)" 'map(select(.block == "statistics")) | length == 2'
	run ! grep -q gone "$T/end.err"
}

@test "net capture: an interface that goes, and one that is down for a while" {
	box_start "$(two_networks)"
	capture_start gone "$ID" eth0 ptp lo -w "$T/gone.pcapng"
	box_net ip link set lo down
	box_net ip link delete ptp
	wait_for 10 grep -qx 'ptp: the interface is gone' "$T/gone.err"
	box_net ip link set lo up
	box_net ping -qc 1 -W 5 127.0.0.1 >/dev/null
	capture_stop
	[ "$(grep -c gone "$T/gone.err")" = 1 ]
	[ "$(echoes "$T/gone.pcapng")" = "lo in 08
lo in 00" ]
	# One that is all that there is ends it.
	box_net ip link add dm0 type veth peer name dm1
	capture_start all "$ID" dm0 -w "$T/all.pcapng"
	box_net ip link delete dm0
	wait "$CAPTURE"
	grep -qx 'dm0: the interface is gone' "$T/all.err"
	box_stop
}

@test "net capture: so many packets, so much of each, one direction" {
	local file
	box_start attach_to_bridge
	address=$(box_net ip -j -4 addr show eth0 | jq -r '.[0].addr_info[0].local')
	capture_start count --id "$ID" lo -c 5 -s 60 -w "$T/count.pcapng"
	box_net ping -qc 4 -i 0.1 -s 500 127.0.0.1 >/dev/null
	wait "$CAPTURE"
	assert_json "$(blocks "$T/count.pcapng" | jq -s .)" 'map(select(.block == "packet")) | length == 5 and all(.[]; .captured == 60 and .length == 542)'
	capture_start in "$ID" eth0 --direction in -w "$T/in.pcapng"
	ping -qc 2 -i 0.2 "$address" >/dev/null
	capture_stop
	[ "$(echoes "$T/in.pcapng" | sort -u)" = "eth0 in 08" ]
	capture_start out "$ID" eth0 -Q out -w "$T/out.pcapng"
	ping -qc 2 -i 0.2 "$address" >/dev/null
	capture_stop
	[ "$(echoes "$T/out.pcapng" | sort -u)" = "eth0 out 00" ]
	for file in in out; do
		assert_json "$(blocks "$T/$file.pcapng" | jq -s .)" 'all(.[] | select(.block == "packet"); .flags % 4 == $way)' \
			--argjson way "$([ $file = in ] && echo 1 || echo 2)"
	done
	box_stop
}

@test "net capture: tags of VLANs, and interfaces without Ethernet" {
	box_start attach_to_bridge
	box_net ip link add name dm0 type veth peer name dm1
	box_net ip link set dm0 up
	box_net ip link set dm1 up
	box_net ip tuntap add mode tun name tun9
	box_net ip link set tun9 up
	capture_start vlan "$ID" dm0 dm1 tun9 -w "$T/vlan.pcapng"
	# A frame with two tags; the kernel takes the outer one out of what is received.
	box_net perl -e 'use Socket; my $frame = pack("H*", "ffffffffffff02000000000588a80064810000c888b5") . "x" x 46;
		socket(my $s, 17, SOCK_RAW, 0) or die $!; my $ll = pack("S n i S C C a8", 17, 3, $ARGV[0], 0, 0, 0, "");
		send($s, $frame, 0, $ll) or die $!' "$(box_net ip -j link show dm0 | jq '.[0].ifindex')"
	wait_for 10 frame_seen
	capture_stop
	blocks "$T/vlan.pcapng" >"$T/vlan.blocks"
	# Whole on both sides.
	jq -se '([.[] | select(.block == "interface")] | map(.name)) as $i | [.[] | select(.block == "packet" and .data[0:12] == "ffffffffffff")] |
		map({on: $i[.interface], frame: .data[0:44], length, way: (.flags % 4), to: (.flags / 4 | floor)}) |
		. == [{on: "dm0", frame: "ffffffffffff02000000000588a80064810000c888b5", length: 68, way: 2, to: 0},
			{on: "dm1", frame: "ffffffffffff02000000000588a80064810000c888b5", length: 68, way: 1, to: 3}]' "$T/vlan.blocks"
	jq -se 'any(.[]; .block == "interface" and .name == "tun9" and .linktype == 101 and .mac == null)' "$T/vlan.blocks"
	box_stop
}

frame_seen() {
	[ "$(blocks "$T/vlan.pcapng" 2>/dev/null | grep -c '"data":"ffffffffffff')" = 2 ]
}

@test "net capture: IP in IP" {
	box_start attach_to_bridge
	if ! box_net ip link add name tn0 type ipip local 127.0.0.1 remote 127.0.0.1; then
		box_stop
		skip "this kernel has no ipip"
	fi
	box_net ip addr add 10.66.0.1/24 dev tn0
	box_net ip link set tn0 up
	capture_start tunnel "$ID" tn0 -w "$T/tunnel.pcapng"
	box_net ping -qc 1 -W 1 10.66.0.2 >/dev/null || true
	capture_stop
	jq -se '.[1].linktype == 101' < <(blocks "$T/tunnel.pcapng")
	tcpdump -nr "$T/tunnel.pcapng" 2>/dev/null | grep -q 'IP 10.66.0.1 > 10.66.0.2: ICMP echo request'
	box_stop
}

@test "net capture: names that are no text" {
	box_start attach_to_bridge
	box_net ip link add $'br\xff' type bridge
	box_net ip link add $'br\x1b[1m' type bridge
	capture_start names "$ID" -w "$T/names.pcapng"
	capture_stop
	grep -qx 'capturing on lo, eth0, br?, br?\[1m' "$T/names.err"
	assert_json "$(blocks "$T/names.pcapng" | jq -s .)" '[.[] | select(.block == "interface").name] == ["lo", "eth0", "br?", "br\u001b[1m"]'
	box_stop
}

@test "net capture: 64 interfaces" {
	local n
	box_start attach_to_bridge
	for n in $(seq 1 31); do echo "link add a$n type veth peer name b$n"; done | box_net ip -batch -
	for n in $(seq 1 31); do echo "link set a$n up"; echo "link set b$n up"; done | box_net ip -batch -
	capture_start many "$ID" -w "$T/many.pcapng"
	box_net ping -qc 1 -W 5 127.0.0.1 >/dev/null
	capture_stop
	assert_json "$(blocks "$T/many.pcapng" | jq -s .)" '(map(select(.block == "interface")) | length == 64) and (map(select(.block == "statistics")) | length == 64)'
	blocks "$T/many.pcapng" | jq -r 'select(.block == "packet").time' >"$T/times"
	sort -nc "$T/times"
	[ "$(echoes "$T/many.pcapng" | grep -c '^lo in 08')" = 1 ]
	box_stop
}

@test "net capture: bad input" {
	run ctrnet net capture nobody -w "$T/none"
	assert_status 2
	assert_output "ctrnet: net: container 'nobody' does not exist"
	box_start attach_to_bridge
	run ctrnet net capture "$ID" eth7 -w "$T/none"
	assert_status 2
	assert_output "ctrnet: net: there is no interface 'eth7'; there are lo, eth0"
	run ctrnet net capture "$ID" eth0 lo eth0 -w "$T/none"
	assert_status 2
	assert_output "ctrnet: net: interface 'eth0' is given twice"
	[ ! -e "$T/none" ]
	run ctrnet net capture "$ID" -w "$T/no/such"
	assert_status 2
	assert_output "ctrnet: net: $T/no/such: No such file or directory"
	run ctrnet net capture "$ID" -c 0
	assert_status 2
	assert_output "ctrnet: net: option --count: '0' is not a number from 1 to 9223372036854775807"
	run ctrnet net capture "$ID" -s 262145
	assert_status 2
	assert_output "ctrnet: net: option --snapshot-length: '262145' is not a number from 1 to 262144"
	run ctrnet net capture "$ID" --direction up
	assert_status 2
	assert_output "ctrnet: net: option --direction: unknown value 'up' (known: in, out, inout)"
	run ctrnet net capture "$ID" --json
	assert_status 2
	assert_output "ctrnet: net: capture takes no --json"
	run ctrnet net show "$ID" -w "$T/none"
	assert_status 2
	assert_output "ctrnet: net: show takes no --write"
	# A terminal is nothing to write bytes to.
	run script -qec "$CTRNET --root $RUN net capture $ID" /dev/null
	assert_status 2
	[[ $output == "ctrnet: net: standard output is a terminal; give -w FILE, or "* ]]
	# A disk that is full.
	run --separate-stderr ctrnet net capture "$ID" -w /dev/full
	assert_status 2
	[ "$(grep '^ctrnet' <<<"$stderr")" = "ctrnet: net: /dev/full: No space left on device" ]
	box_stop
	box_start "$(config minimal 'del(.networks) | .namespaces |= map(select(.type != "NEWNET"))')"
	run ctrnet net capture "$ID" -w "$T/none"
	assert_status 2
	assert_output "ctrnet: net: container '$ID' has the host's network"
	box_stop
}
