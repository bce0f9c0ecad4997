#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The check that ends every other test: it finds what is left behind, of each kind.

load lib

# finds KIND WORD: the check fails and names it. Then what was left has to be taken away.
finds() {
	PATIENCE=0 run check_leaks
	assert_status 1
	[[ $output == *"left behind ($1):"*"$2"* ]] || { echo "$output"; return 1; }
}

@test "leaks: nothing is found where nothing is left" {
	PATIENCE=0 check_leaks
}

@test "leaks: a link" {
	ip link add left type bridge
	finds links left
	ip link delete left
}

@test "leaks: an address" {
	ip addr add 10.99.0.1/32 dev lo
	finds links 10.99.0.1
	ip addr delete 10.99.0.1/32 dev lo
}

@test "leaks: a route" {
	ip route add 10.99.0.0/16 dev lo
	finds links 10.99.0.0/16
	ip route delete 10.99.0.0/16
}

@test "leaks: a network namespace with a name" {
	ip netns add left
	finds namespaces left
	ip netns delete left
}

@test "leaks: a process, of this shell or of nobody" {
	sleep 100 3>&- &
	finds processes sleep
	kill $!
	wait $! || true
	setsid --fork sh -c 'echo $$ >"$1"; exec sleep 100' - "$T/pid" 3>&-
	wait_for 2 test -s "$T/pid"
	finds processes sleep
	kill "$(cat "$T/pid")"
	rm "$T/pid"
}

@test "leaks: a mount" {
	mkdir "$T/left"
	mount -t tmpfs left "$T/left"
	finds mounts "$T/left"
	umount "$T/left"
}

# bats test_tags=vm
@test "leaks: a cgroup, in each hierarchy" {
	local dir
	for dir in $CTRNET_TEST_CGROUPS; do
		mkdir "$dir/left"
		finds cgroups "$dir/left"
		rmdir "$dir/left"
	done
}

@test "leaks: a file of ctrnet's, or in the rootfs" {
	local dir
	for dir in "$RUN/box" /run/ctrnet-shared/1 "$ROOT/mnt"; do
		mkdir -p "$dir"
		finds files "$dir"
		rmdir "$dir"
	done
	rmdir "$RUN" /run/ctrnet-shared
	chmod 700 "$ROOT/etc"
	finds files "$ROOT/etc"
	chmod 755 "$ROOT/etc"
}
