#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Run one test file by its kind and print TAP: run.sh FILE. For prove --exec.
#
# A file that takes longer than TEST_TIMEOUT seconds hangs: what of it runs then is shown, and killed, so that a run of all
# tests ends, and says which one it was.
#
# A .bats file gets a little machine of its own, so that tests run in parallel and anywhere, can
# leave nothing on the machine, and can tell what ctrnet leaves: new network, mount and pid
# namespaces, an empty /run, and a cgroup in each hierarchy that its pid 1 sits in, which is where
# ctrnet puts cgroups with a relative parent.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

export CMOCKA_MESSAGE_OUTPUT=TAP
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

limit=${TEST_TIMEOUT:-400}
[ -z "${SAN:-}" ] || limit=${TEST_TIMEOUT:-1000}

# The processes at and below $1 as lines of a pid and where it waits.
below() {
	ps -e -o pid=,ppid=,stat=,etimes=,wchan:24=,args= | awk -v root="$1" '
	{ parent[$1] = $2; line[$1] = $0 }
	END {
		for (pid in line) {
			for (up = pid; up in parent && up != root; up = parent[up])
				;
			if (up == root)
				print line[pid]
		}
	}' | sort -n
}

# What is frozen dies only when it is thawed, and a pid namespace does not end before all in it have: that of a failed test would
# never. Nested ones are frozen as long as one that they are in is, so the outermost come first.
thaw_cgroups() {
	local file

	# shellcheck disable=SC2086 # a list
	find ${CTRNET_TEST_CGROUPS:-/nowhere} -name freezer.state -o -name cgroup.freeze 2>/dev/null | sort | while read -r file; do
		case $file in
		*/freezer.state) echo THAWED >"$file" ;;
		*) echo 0 >"$file" ;;
		esac 2>/dev/null || true
	done
}

# What has left the process group is found by its parents; a pid namespace goes with its first process.
kill_below() {
	# shellcheck disable=SC2046 # several words
	kill -KILL -- "-$1" $(below "$1" | awk '{ print $1 }') 2>/dev/null || true
	thaw_cgroups
}

kill_late() {
	# No program is started for the waiting: it would outlive this.
	read -rt "$limit" <> <(:) || true
	printf '# %s: not done after %s s; what runs:\n' "$2" "$limit" >&2
	below "$1" | cut -c 1-200 | sed 's/^/# /' >&2
	kill_below "$1"
}

# limited NAME COMMAND...: with its exit status.
limited() {
	local name=$1 pid watch status=0
	shift
	# Each is a process group, to be killed as one; who interrupts us does not reach them.
	set -m
	"$@" </dev/null &
	pid=$!
	kill_late $pid "$name" >/dev/null &
	watch=$!
	set +m
	trap 'kill_below $watch; kill_below $pid; exit 130' INT TERM HUP
	wait $pid || status=$?
	{ kill_below $watch && wait $watch; } 2>/dev/null || true
	trap - INT TERM HUP
	return $status
}

# A pid alone may be that of a run that was killed and left its directories.
started=${EPOCHREALTIME//[!0-9]/}

# The directories of the test's own cgroup, one for each hierarchy.
cgroup_dirs() {
	local controllers path mount

	while IFS=: read -r _ controllers path; do
		mount=/sys/fs/cgroup/${controllers#name=}
		if [ -z "$controllers" ]; then
			mount=/sys/fs/cgroup
			# Processes may sit only in leaves of v2, so not below our own.
			if [ -d "$mount/unified" ]; then mount+=/unified; else path=${CTRNET_TEST_PARENT:-/}; fi
		fi
		[ -f "$mount/cgroup.procs" ] && echo "$mount${path%/}/ctrnet-test-$$$started"
	done </proc/self/cgroup
}

make_cgroup() {
	local dir=$1 parent file

	parent=$(dirname "$dir")
	mkdir "$dir"
	# A new cpuset takes no process before it has these.
	for file in cpuset.cpus cpuset.mems; do
		[ ! -f "$dir/$file" ] || [ -f "$dir/cgroup.controllers" ] || cat "$parent/$file" >"$dir/$file"
	done
	# As where systemd is pid 1 of a v2 host: it sits in a leaf beside the others.
	if grep -qs . "$dir/cgroup.controllers"; then mkdir "$dir/init.scope"; fi
}

enter_cgroup() {
	local dir=$1

	[ ! -d "$dir/init.scope" ] || dir+=/init.scope
	echo 0 >"$dir/cgroup.procs"
}

# When the tests are interrupted their processes may still be on their way out.
remove_cgroups() {
	local dir tries

	thaw_cgroups
	for dir in $CTRNET_TEST_CGROUPS; do
		for ((tries = 0; tries < 40; tries++)); do
			[ -d "$dir" ] || break
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
		done
	done
}

# Tests make a rootfs each, of hundreds of links, which is ten times faster in memory. Before Linux 6.6 a tmpfs can neither be mounted
# with mapped ids nor have attributes of users (tmpfs(5)), so they do without.
in_memory() {
	printf '6.6\n%s\n' "$(uname -r)" | sort -C -V
}

outside() {
	local dir status=0

	[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP needs root'; return; }
	CTRNET_TEST_CGROUPS=$(cgroup_dirs | tr '\n' ' ')
	# For names: inside, pids are small and much the same in every run.
	CTRNET_TEST_RUN=$$
	export CTRNET_TEST_CGROUPS CTRNET_TEST_RUN
	! in_memory || TESTS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ct.XXXXXX")
	export TESTS_DIR=${TESTS_DIR:-}
	trap 'remove_cgroups; [ -z "$TESTS_DIR" ] || rmdir "$TESTS_DIR"' EXIT
	for dir in $CTRNET_TEST_CGROUPS; do make_cgroup "$dir"; done
	limited "$1" little_machine "$1" || status=$?
	return $status
}

little_machine() {
	local dir
	for dir in $CTRNET_TEST_CGROUPS; do enter_cgroup "$dir"; done
	exec unshare --net --mount --pid --fork --kill-child --mount-proc \
		--propagation private "$here/run.sh" --inside "$1"
}

# Tests with any word of $TAGS; a word is TAG,TAG... that a test must have, or with "!" must not. Without any: all but the slow ones.
filter_tags() {
	local word
	for word in ${TAGS:-!slow}; do echo --filter-tags "$word"; done
}

# Of the /run that descriptor 8 is: what says that systemd is the init, and its bus.
show_systemd() {
	local dir

	for dir in systemd/system dbus; do
		[ -d "/proc/self/fd/8/$dir" ] || continue
		mkdir -p "/run/$dir"
		# As it is: the path that the link has is that of the new /run.
		mount --no-canonicalize --bind "/proc/self/fd/8/$dir" "/run/$dir"
	done
	exec 8<&-
}

# Pid 1 of the little machine; it must not exec, or nobody reaps what containers leave.
inside() {
	local status=0

	ip link set lo up
	exec 8</run
	mount -t tmpfs -o mode=755 tmpfs /run
	if [ -n "$TESTS_DIR" ]; then
		mount -t tmpfs -o mode=1777 tmpfs "$TESTS_DIR"
		export TMPDIR=$TESTS_DIR
	fi
	show_systemd
	# What mount(8) and ip(8) make on first use is here from the start.
	mkdir -p /run/mount
	ip netns add first && ip netns delete first
	# shellcheck disable=SC2046 # several words
	bats --tap ${TIMING:+--timing} ${FILTER:+--filter "$FILTER"} $(filter_tags) "$1" || status=$?
	thaw_cgroups
	return $status
}

case $1 in
--inside) inside "$2" ;;
*.bats) outside "$1" ;;
*.sh) limited "$1" bash "$1" ;;
# A unit test; cmocka closes with the name of the group as a comment.
*) limited "$1" "$1" | sed '/^# ok - /d' ;;
esac
