#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# ctrnet in a container of ctrnet's: the inner container's cgroup is below the outer's, with limits of its own, its bridge is the
# outer's, and nothing is left in there. Looked at from the host.
#
# bats file_tags=vm,v1,v2

load lib

# The rootfs gets ctrnet, what that is linked with, and a rootfs and a config for the inner container.
furnish() {
	local library
	cp "$CTRNET" "$ROOT/bin/ctrnet"
	for library in $(ldd "$CTRNET" | grep -o '/[^ ]*'); do
		mkdir -p "$ROOT$(dirname "$library")"
		cp -L "$library" "$ROOT$library"
	done
	mkdir "$ROOT/inner"
	cp -a "$ROOTFS" "$ROOT/inner/rootfs"
	cp "$(config minimal '.cgroups = {memory: 67108864, pids_limit: 20} | .networks += [
		{type: "veth", name: "eth0", bridge: "br0", bridge_address: "10.9.0.1/24", address: "10.9.0.2/24", gateway: "10.9.0.1"}]')" \
		"$ROOT/inner/c.json"
	# All that is to be there afterwards.
	snap_all before
}

outer() {
	config minimal '.cgroups = {parent: "ctrnet", memory: 268435456} | .readonly_paths = [] |
		.capabilities += ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"] |
		.mounts += [{source: "cgroup", destination: "/sys/fs/cgroup", device: "cgroup", flags: 14},
			{source: "tmpfs", destination: "/run", device: "tmpfs", flags: 0}]'
}

inner_exec='ctrnet exec --config /inner/c.json --rootfs /inner/rootfs --id inner --'

# A cgroup of v2 that has processes has no controllers for others: whoever has been given one moves them into a leaf first,
# that of pid 1 by its usual name.
leave_top='[ ! -e /sys/fs/cgroup/cgroup.procs ] || {
	mkdir /sys/fs/cgroup/init.scope
	while read -r pid; do echo "$pid" >/sys/fs/cgroup/init.scope/cgroup.procs; done </sys/fs/cgroup/cgroup.procs
}'

@test "nested: a container in a container, and nothing of it is left there" {
	furnish
	run -0 --separate-stderr ctrnet exec --config "$(outer)" --rootfs "$ROOT" --id "$ID" -- /bin/sh -c "$leave_top
		$inner_exec /bin/sh -c 'hostname; ping -c 1 -W 2 10.9.0.1 >&2 && ls -d /proc/[0-9]* | wc -l'
		echo status \$?; ctrnet list --quiet; ip -o link | wc -l; ls /run/ctrnet; find /sys/fs/cgroup -name inner"
	# The shell, ls and wc.
	assert_output $'minimal\n3\nstatus 0\n1'
}

# The inner container's processes are the box's too, so both see the limits of both.
start_inner() {
	box_start "$(outer)"
	coproc INNER_IO { exec "$CTRNET" --root "$RUN" exec --id "$ID" /bin/sh -c "$leave_top
		$inner_exec /bin/sh -c 'echo ready; read -r line'" 2>"$T/inner.err" 3>&-; }
	INNER=$INNER_IO_PID
	read -r -t 20 -u "${INNER_IO[0]}" _ || { cat "$T/inner.err"; return 1; }
	INNER_PID=$(pgrep -f '^/bin/sh -c echo ready; read -r line$')
}

# v1's file or v2's, of the inner container, as the host sees it.
limit_of_inner() {
	local dir
	if dir=$(BOX_PID=$INNER_PID cgroup_of "$1"); then
		cat "$dir/$2"
	else
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$INNER_PID/cgroup")/$3"
	fi
}

@test "nested: limits of its own below those of the outer one, and it ends with that" {
	local path
	furnish
	start_inner
	path=$(sed -n "s|.*:\(.*/$ID.*\)|\1|p" "/proc/$INNER_PID/cgroup" | sort -u)
	echo "$path"
	[[ $path == */ctrnet/$ID/inner ]]
	[ "$(limit_of_inner memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(limit_of_inner pids pids.max pids.max)" = 20 ]
	kill -KILL "$BOX_PID"
	wait "$INNER" || true
	wait "$BOX" || true
	[ ! -e "/proc/$INNER_PID" ]
}
