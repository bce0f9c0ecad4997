#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ctrnet dies, or a system call of its fails, at each step of an attach, a detach or a change: then repair, the next one of
# these, or the container's end finds all of it.

load lib
load net
load nat

# In few processes, since it is looked at often. What is there from the start keeps its index.
whole() {
	printf '%s show\n' link addr 'route table all' | sed 's/\(route\) \(table all\) show/\1 show \2/' >"$T/batch"
	ip -o -batch "$T/batch"
	ip -6 route show table all
	box_net sh -c 'ip -o -batch "$1"; ip -6 route show table all; tc qdisc' sh "$T/batch"
	nft list ruleset
	find /run/ctrnet-shared -mindepth 1 2>/dev/null | sort
	jq -cS '.config.networks | map(.name)' "$RUN/$ID/state.json"
}

# A container with a port of the bridge that all have in common, so that there is something shared and something new.
inject_box() {
	without_leak_sanitizer
	NETS=(type=veth bridge=ctrbr0 address=10.61.0.3/24 masquerade=true 'shaping={"egress": {"rate": "1mbit"}}'
		type=veth name=ptp bridge=ctrbr1 subnet=10.67.0.0/24)
	box_start "$(config minimal '.networks += [{type: "veth", name: "first", bridge: "ctrbr0", bridge_address: "10.61.0.1/24",
		address: "10.61.0.2/24", masquerade: true}]')"
	# All names are written down from the first change on.
	ctrnet net attach "$ID" type=veth name=once && ctrnet net detach "$ID" once
	wait_for 5 settled
	whole >"$T/bare"
	export runs=0
}

# traced OPTION... -- VERB WORD...
traced() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	timeout --kill-after=1 20 strace -f -qq -o "$T/trace" "${options[@]}" "$CTRNET" --root "$RUN" net "$1" "$ID" "${@:2}" \
		>"$T/out" 2>"$T/err" 3>&-
}

is_like() {
	whole >"$T/now"
	diff "$T/$1" "$T/now" >"$T/now.diff"
}

assert_like() {
	wait_for 3 is_like "$1" || { echo "after $2: $(cat "$T/err")"; cat "$T/now.diff"; return 1; }
}

# Whatever state it is in: with the networks that were to come, or without.
all_gone() {
	local name
	for name in eth0 ptp; do
		ctrnet net detach "$ID" "$name" >"$T/err" 2>&1 || grep -q "has the name '$name'" "$T/err" || { echo "detach $name after $1: $(cat "$T/err")"; return 1; }
	done
	assert_like bare "$1 and detach"
}

# By turns what comes behind a crash: repair, a repeated attach, the next detach.
recover() {
	case $((runs++ % 3)) in
	0)
		ctrnet net repair "$ID" >/dev/null || return 1
		assert_untouched
		;;
	1) ctrnet net attach "$ID" type=veth name=other && ctrnet net detach "$ID" other ;;
	esac
	all_gone "$1"
}

# kill_attach SYSCALL...: killed in front of the first, second, ... of these calls.
kill_attach() {
	local call n code
	for call; do
		for ((n = 1; n < 300; n += ${STEP:-1})); do
			code=0
			traced -e trace="$call" -e "inject=$call:signal=SIGKILL:when=$n" -- attach "${NETS[@]}" || code=$?
			[ "$code" != 0 ] || break
			recover "SIGKILL of attach at $call $n"
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
		all_gone "an attach that was not hurt"
	done
	echo "# $runs runs" >&3
}

# Killed in detach: then it is there whole, or a repeated one ends it; neither is told by check for long.
kill_detach() {
	local call n code
	for call; do
		for ((n = 1; n < 300; n += ${STEP:-1})); do
			ctrnet net attach "$ID" "${NETS[@]}" >/dev/null
			code=0
			traced -e trace="$call" -e "inject=$call:signal=SIGKILL:when=$n" -- detach ptp eth0 || code=$?
			recover_detach "SIGKILL of detach at $call $n"
			[ "$code" != 0 ] || break
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
	done
	echo "# $runs runs" >&3
}

recover_detach() {
	if [ $((runs++ % 2)) = 0 ]; then
		ctrnet net repair "$ID" >/dev/null || return 1
		assert_untouched
	fi
	for name in eth0 ptp; do
		ctrnet net detach "$ID" "$name" >"$T/err" 2>&1 || grep -q "has the name '$name'" "$T/err" || { echo "detach after $1: $(cat "$T/err")"; return 1; }
	done
	assert_like bare "$1 and detach"
}

# fail_attach ERROR SYSCALL...: each of these calls fails: then ctrnet says so in one line and nothing has changed, or it did not matter.
fail_attach() {
	local error=$1 call n code
	shift
	for call; do
		for ((n = 1; n < 300; n += ${STEP:-1})); do
			code=0
			traced -e trace="$call" -e "inject=$call:error=$error:when=$n" -- attach "${NETS[@]}" || code=$?
			grep -q INJECTED "$T/trace" || break
			! grep -q 'error while loading shared libraries' "$T/err" || continue
			runs=$((runs + 1))
			if grep -q 'is not wholly removed' "$T/err"; then
				ctrnet net repair "$ID" >/dev/null
			elif [ "$code" != 0 ]; then
				[ "$(wc -l <"$T/err")" = 1 ] || { echo "$error of $call $n: $(cat "$T/err")"; return 1; }
			fi
			# What failed is the word that all is done: it is as if ctrnet had been killed then.
			if [ "$code" = 0 ] || grep -q "died before 'done'" "$T/err"; then
				all_gone "$error of $call $n (did not matter)"
				continue
			fi
			assert_like bare "$error of $call $n (status $code)"
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
		all_gone "a run in which nothing failed"
	done
	echo "# $runs runs" >&3
}

@test "net attach: SIGKILL at records and at messages, then repair, attach or detach" {
	inject_box
	STEP=3 kill_attach renameat
	STEP=11 kill_attach sendto
	box_stop
}

@test "net detach: SIGKILL at records and at messages, then repair or detach" {
	inject_box
	STEP=3 kill_detach renameat
	box_stop
}

@test "net attach: records and messages fail" {
	inject_box
	STEP=4 fail_attach ENOSPC renameat
	STEP=17 fail_attach ENOBUFS sendto
	box_stop
}

# What shapes it, and an ifb, as the kernel has them; handles and addresses of that are not looked at.
shaped() {
	box_net tc -j qdisc show | jq -cS 'map(select(.kind != "noqueue") | {dev, kind, rate: .options.rate})'
	box_net ip -j link | jq -cS 'map({ifname, mtu})'
}

# kill_set SYSCALL WORD...: killed in front of the first, second, ... of these calls: whoever comes next finds all as it is, or makes it so.
kill_set() {
	local call=$1 n code
	shift
	for ((n = 1; n < 60; n += ${STEP:-1})); do
		code=0
		traced -e trace="$call" -e "inject=$call:signal=SIGKILL:when=$n" -- set eth0 "$@" || code=$?
		if [ $((runs++ % 2)) = 0 ]; then
			ctrnet net repair "$ID" >/dev/null
		else
			ctrnet net attach "$ID" type=tun name=other >/dev/null
			ctrnet net detach "$ID" other
		fi
		assert_untouched
		# It need not have begun; but of what was begun nothing is left.
		ctrnet net set "$ID" eth0 "$@"
		assert_untouched
		shaped >"$T/now"
		diff "$T/wanted" "$T/now" || { echo "after SIGKILL at $call $n"; return 1; }
		[ "$code" != 0 ] || break
		ctrnet net set "$ID" eth0 "${BACK[@]}"
	done
	[ "$n" -gt 1 ]
}

@test "net set: SIGKILL at records and messages, then repair or another change" {
	local runs=0 BACK=(rate=5mbit ingress.rate=6mbit mtu=1500)
	without_leak_sanitizer
	box_start "$(config minimal '.networks += [{type: "tap", name: "eth0", mtu: 1500, address: "10.61.0.2/24",
		shaping: {egress: {rate: "5mbit"}, ingress: {rate: "6mbit"}}}]')"
	ctrnet net set "$ID" eth0 rate=4mbit ingress.rate=none mtu=1400
	shaped >"$T/wanted"
	ctrnet net set "$ID" eth0 "${BACK[@]}"
	kill_set renameat rate=4mbit ingress.rate=none mtu=1400
	ctrnet net set "$ID" eth0 "${BACK[@]}"
	STEP=6 kill_set sendto rate=4mbit ingress.rate=none mtu=1400
	box_stop
	echo "# $runs runs" >&3
}

# Killed in front of each record, and then detached again: the routes over the other one stay, as config and plan have them.
@test "net detach: SIGKILL at records, with routes of the container's over each of two networks" {
	local n code
	without_leak_sanitizer
	for n in 1 2 3 4; do
		box_start "$(config minimal '.networks += [{type: "veth", address: "10.61.0.2/24"}, {type: "veth", address: "10.62.0.2/24"}]
			| .routes = [{destination: "10.90.0.0/16", interface_name: "eth1"}, {destination: "10.91.0.0/16", interface_name: "eth0"}]')"
		code=0
		traced -e trace=renameat -e "inject=renameat:signal=SIGKILL:when=$n" -- detach eth1 || code=$?
		ctrnet net detach "$ID" eth1 2>"$T/err" || grep -q "has the name 'eth1'" "$T/err"
		[ "$(box_net ip -j route show | jq -c 'map(.dst) | sort')" = '["10.61.0.0/24","10.91.0.0/16"]' ]
		assert_json "$(ctrnet state "$ID")" '.config.routes | map(.destination) == ["10.91.0.0/16"]'
		assert_untouched
		box_stop
	done
	[ "$code" = 0 ]
}

# bats test_tags=slow
@test "net attach and detach: SIGKILL at each record, message and setting" {
	inject_box
	kill_attach renameat sendto sendmsg write
	kill_detach renameat sendto sendmsg write
	box_stop
}

# bats test_tags=slow
@test "net attach: each record, message, answer and socket fails" {
	inject_box
	fail_attach ENOSPC renameat
	fail_attach ENOBUFS sendmsg
	fail_attach ENOBUFS sendto
	fail_attach ENOMEM recvmsg
	fail_attach EPERM socket
	box_stop
}
