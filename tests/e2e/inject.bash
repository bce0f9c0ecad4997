# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests that let ctrnet die, or a system call of its fail, at a chosen moment (strace(1), "Tampering"), over and
# over again: what is left behind is compared after each run, so it has to be quick.

# The config that they use: most kinds of things that a container can leave on the host.
inject_setup() {
	without_leak_sanitizer
	# A rootfs where mountpoints have to be made; the copy in $ROOT stays as the harness knows it.
	BARE=$T/bare
	cp -a "$ROOT" "$BARE"
	rmdir "$BARE/proc" "$BARE/sys" "$BARE/dev"
	CONFIG=$(config attach_to_bridge '.networks += [
		{type: "veth", name: "eth1", host_interface_name: "ctrp2p0",
		 host_address: ["10.87.0.1/30", "fd00:87::1/64"], address: "10.87.0.2/30", ipv6_address: "fd00:87::2/64"}]
		| .cgroups.parent = "ctrnet/inner"')
	quick_snap >"$T/quick.before"
	export runs=0
}

# start WRAPPER...: a container that does next to nothing; stderr goes to $T/err.
start_one() {
	timeout --kill-after=1 20 "$@" "$CTRNET" --root "$RUN" exec --config "$CONFIG" --rootfs "$BARE" --id "$ID" \
		-- /bin/true </dev/null >"$T/out" 2>"$T/err" 3>&-
}

# Everything that ctrnet could leave, in few processes.
quick_snap() {
	printf '%s show\n' link addr 'route' | sed 's/route show/& table all/' | ip -d -batch -
	ip -6 route show table all
	# shellcheck disable=SC2086 # a list
	find $CTRNET_TEST_CGROUPS -type d | sort
	find "$BARE" -path "$BARE/bin/*" -prune -o -printf '%p %y %m\n' | sort
	find "$RUN" /run/ctrnet-shared -mindepth 1 2>/dev/null || true
}

# clean WHAT: fails, and says after WHAT, if something is left.
clean() {
	local try
	for try in 1 2 3 4 5 6 7 8 9 10; do
		quick_snap >"$T/quick.after"
		cmp -s "$T/quick.before" "$T/quick.after" && return 0
		[ "$try" -gt "${CLEAN_TRIES:-1}" ] && break
		sleep 0.02
	done
	echo "left behind after $1:"
	diff "$T/quick.before" "$T/quick.after" | grep '^[<>]'
	echo "its words: $(cat "$T/err")"
	return 1
}

one_line() {
	[ "$(wc -l <"$T/err")" = 1 ] && grep -q '^ctrnet: ' "$T/err"
}

# What undoes a crash: by turns delete and another exec of the id. An id that is not there had not begun, or had ended.
mend() {
	if [ $((runs % 2)) = 0 ]; then
		start_one || { echo "exec after $1: $(cat "$T/err")"; return 1; }
	elif ! ctrnet delete "$ID" >"$T/err" 2>&1; then
		grep -q "container '$ID' does not exist" "$T/err" || { echo "delete after $1: $(cat "$T/err")"; return 1; }
	fi
}

# kill_at SYSCALL...: ctrnet is killed in front of its first, second, ... of these calls, until it lives to its end.
# STEP=3 leaves out two of three.
kill_at() {
	local call n status
	for call; do
		for ((n = 1; n < 500; n += ${STEP:-1})); do
			status=0
			start_one strace -qq -o /dev/null -e trace="$call" -e "inject=$call:signal=SIGKILL:when=$n" || status=$?
			[ "$status" != 0 ] || break
			[ "$status" = 137 ] || { echo "$call $n: status $status, $(cat "$T/err")"; return 1; }
			runs=$((runs + 1))
			mend "$call $n"
			clean "SIGKILL at $call $n and $([ $((runs % 2)) = 0 ] && echo exec || echo delete)"
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
		clean "a run that was not hurt ($call $n)"
	done
	echo "# $runs runs" >&3
}

# fail_at ERROR [-f] SYSCALL...: the first, second, ... of these calls fails. Then ctrnet says so in one line, or it
# did not matter; and nothing is left, unless it failed while it took things back: then it says that too, and delete does it.
fail_at() {
	local error=$1 follow='' call n status
	shift
	[ "$1" != -f ] || { follow=-f; shift; }
	for call; do
		for ((n = 1; n < 500; n += ${STEP:-1})); do
			status=0
			# shellcheck disable=SC2086 # nothing, or an option
			start_one strace $follow -qq -o "$T/trace" -e trace="$call" -e "inject=$call:error=$error:when=$n" || status=$?
			grep -q INJECTED "$T/trace" || break
			# The loader's own, or the leak sanitizer's that it cannot trace (it may not even have read its options).
			! grep -qE 'error while loading shared libraries|LeakSanitizer has encountered a fatal error' "$T/err" || continue
			runs=$((runs + 1))
			if grep -q 'is not wholly removed' "$T/err"; then
				ctrnet delete "$ID" || { echo "delete after $error of $call $n"; return 1; }
			elif [ "$status" = 255 ]; then
				one_line || { echo "$error of $call $n: $(cat "$T/err")"; return 1; }
			else
				[ "$status" = 0 ] || { echo "$error of $call $n: status $status, $(cat "$T/err")"; return 1; }
			fi
			clean "$error of $call $n (status $status)"
		done
		[ "$n" -gt 1 ] || { echo "$call is not called"; return 1; }
		[ "$status" = 0 ] || { echo "$call $n did not fail, but status $status: $(cat "$T/err")"; return 1; }
		clean "a run in which nothing failed ($call $n)"
	done
	echo "# $runs runs" >&3
}
