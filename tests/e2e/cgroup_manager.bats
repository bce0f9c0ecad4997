#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# --cgroup-manager disabled: no cgroup is made, and what would need one is refused by name.

load lib
load refuse

WITHOUT="there is no cgroup with the cgroup manager 'disabled'"

# no_cgroup FILTER LINE
no_cgroup() {
	local FILE
	FILE=$(changed "$1")
	refused 255 "exec: $2" --cgroup-manager disabled exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
}

# bats test_tags=vm
# shellcheck disable=SC2086 # a list
@test "disabled: the container's processes stay where ctrnet is, and no directory is made" {
	local before
	before=$(find $CTRNET_TEST_CGROUPS -type d | sort)
	printf '#!/bin/sh\nexec %q --cgroup-manager disabled "$@"\n' "$CTRNET" >"$T/without"
	chmod +x "$T/without"
	CTRNET=$T/without box_start "$(changed '.cgroups = {parent: "lab", name: "x"}')"
	[ "$(cat "/proc/$BOX_PID/cgroup")" = "$(cat /proc/self/cgroup)" ]
	[ "$(find $CTRNET_TEST_CGROUPS -type d | sort)" = "$before" ]
	[ "$(jq -r .cgroup_manager "$RUN/$ID/state.json")" = disabled ]
	# What comes later knows it without being told.
	run ctrnet exec "$ID" cat /proc/self/cgroup
	assert_status 0
	[ "$(ctrnet stats --json "$ID" | jq .memory.usage)" = null ]
	run --separate-stderr ctrnet update --memory 67108864 "$ID"
	assert_status 1
	[ "$stderr" = "ctrnet: update: cgroups: the container has none" ]
	box_stop
}

@test "disabled: each limit is refused by its name" {
	no_cgroup '.cgroups = {memory: 67108864}' "FILE: cgroups.memory: $WITHOUT"
	no_cgroup '.cgroups = {pids_limit: 7}' "FILE: cgroups.pids_limit: $WITHOUT"
	no_cgroup '.cgroups = {cpuset_cpus: "0"}' "FILE: cgroups.cpuset_cpus: $WITHOUT"
	no_cgroup '.cgroups = {freezer: "FROZEN"}' "FILE: cgroups.freezer: $WITHOUT"
	no_cgroup '.cgroups = {unified: {"memory.high": "1"}}' "FILE: cgroups.unified: $WITHOUT"
	no_cgroup '.cgroups = {allowed_devices: [{type: "c", major: 1, minor: 3, permissions: "r"}]}' "FILE: cgroups.allowed_devices: $WITHOUT"
	no_cgroup '.cgroups = {denied_devices: [{type: "c", major: 1, minor: 3, permissions: "r"}]}' "FILE: cgroups.denied_devices: $WITHOUT"
}

@test "disabled: without a pid namespace, or with a mount of cgroups, there has to be one" {
	no_cgroup '.namespaces |= map(select(.type != "NEWPID"))' \
		"FILE: namespaces: without a pid namespace of its own (NEWPID without a path) a container needs a cgroup, and with the cgroup manager 'disabled' there is none"
	no_cgroup '.mounts += [{source: "cgroup", destination: "/sys/fs/cgroup", device: "cgroup"}]' \
		"FILE: mounts: a mount of type cgroup shows the container's cgroup, and with the cgroup manager 'disabled' there is none"
}

# In mounts that are this file's own: see tests/run.sh.
cgroup_mounts() {
	awk '$(NF - 2) ~ /^cgroup2?$/ { print $5 }' /proc/self/mountinfo | tac
}

# All of them, until writable().
read_only() {
	local dir
	for dir in $(cgroup_mounts); do mount --bind "$dir" "$dir" && mount -o remount,bind,ro "$dir"; done
}

writable() {
	local dir
	for dir in $(cgroup_mounts | sort -u | tac); do umount "$dir"; done
}

# bats test_tags=vm
@test "a cgroup file system that is read-only, or not there, is named" {
	local FILE line
	FILE=$(changed '.cgroups = {parent: "lab", name: "x"}')
	read_only
	run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true
	line=$stderr
	writable
	assert_status 255
	[[ "$line" =~ ^'ctrnet: exec: cgroups: mkdir /sys/fs/cgroup/'.*': Read-only file system (the cgroup file system is mounted read-only)'$ ]]
	# A mount of something else, on top, is as if there were none.
	unshare --mount --propagation private sh -c 'umount -R /sys/fs/cgroup && exec "$@"' sh \
		"$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" -- /bin/true 2>"$T/none" || [ $? = 255 ]
	[ "$(cat "$T/none")" = "ctrnet: exec: cgroups: no cgroup file system is mounted" ]
}

cgroups_left() {
	# shellcheck disable=SC2086 # a list
	find $CTRNET_TEST_CGROUPS -mindepth 1 -type d -path '*/lab*' | sort
}

# bats test_tags=vm
@test "read-only cgroups: delete tells, and delete --force forgets the container and leaves no process of it" {
	local FILE line pids pid left
	# Without a pid namespace it is its cgroup alone that tells which processes are its own.
	FILE=$(config minimal '.cgroups = {parent: "lab", name: "x"} | .namespaces |= map(select(.type != "NEWPID"))')
	box_start "$FILE"
	ctrnet exec "$ID" /bin/sh -c 'sleep 1000 & setsid sleep 1000 &' 3>&-
	pids=$(cat "$(cgroup_of pids || echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")")/cgroup.procs")
	[ "$(wc -l <<<"$pids")" = 3 ]
	left=$(cgroups_left)
	[ -n "$left" ]
	# Nobody cleans up behind it. Read-only before: its guard freezes what it kills, and must be able to thaw that.
	read_only
	kill -KILL "$BOX"
	wait "$BOX" || true
	run --separate-stderr ctrnet delete "$ID"
	line=$stderr
	[ "$status" = 1 ]
	[[ "$line" =~ ^'ctrnet: delete: cgroups: rmdir /sys/fs/cgroup/'[^:]*': Read-only file system'$ ]]
	[ -e "$RUN/$ID/journal.json" ]
	run --separate-stderr ctrnet delete --force "$ID"
	line=$stderr
	writable
	assert_status 0
	[[ "$line" =~ ^'ctrnet: warning: cgroups: rmdir /sys/fs/cgroup/'[^:]*": Read-only file system; container '$ID' is forgotten all the same"$ ]]
	[ -z "$(list_run)" ]
	for pid in $pids; do
		run ! kill -0 "$pid"
	done
	# What it left is known to be nobody's: it goes with the next one that is there.
	[ "$(cgroups_left)" = "$left" ]
	run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-2" -- /bin/true
	assert_status 0
	[ -z "$stderr" ]
	[ -z "$(cgroups_left)" ]
}
