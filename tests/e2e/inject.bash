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
