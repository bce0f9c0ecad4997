# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What all end-to-end tests share. Each test has a directory of its own ($T), a run directory of
# ctrnet's ($RUN) and a copy of the rootfs ($ROOT); after it, nothing may be left: see check_leaks.
# The programs beside the tests (tests/e2e/NAME.c) are $TOOLS/NAME, static, so that they also run in a
# container.
#
# Tests run inside the machine that tests/run.sh makes, where every process, link, mount and cgroup
# is the test's. What ctrnet did is looked at with ip(8), /proc and /sys, never asked of ctrnet.

bats_require_minimum_version 1.5.0

# The leak sanitizer is a tracer itself, so it cannot look at what strace(1) has.
without_leak_sanitizer() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
}

# A machine that was made for some tests says that none of them may be passed over (tests/vm/run.sh).
eval "bats_$(declare -f skip)"
skip() {
	[ -z "${MUST_RUN:-}" ] || { echo "skipped, where it must not be: $*"; exit 1; }
	bats_skip "$@"
}

SAMPLES=$(cd "${BATS_TEST_DIRNAME}/../../sample_configs" && pwd)

# --- the command -------------------------------------------------------------------------------

ctrnet() {
	"$CTRNET" --root "$RUN" "$@"
}

# ctrnet_run CONFIG CMD...: a new container in the test's rootfs. CONFIG is a sample's name or a file.
ctrnet_run() {
	local config
	config=$(config_path "$1")
	shift
	ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID" "$@"
}

config_path() {
	case $1 in
	*/*) echo "$1" ;;
	*) echo "$SAMPLES/$1.json" ;;
	esac
}

# config SAMPLE FILTER [JQ-ARGS...]: print the path of a copy of a sample, changed by a jq filter.
config() {
	local from out filter=$2
	from=$(config_path "$1")
	shift 2
	out=$(mktemp "$T/config-XXXXXX.json")
	jq "$@" "$filter" "$from" >"$out"
	echo "$out"
}

# --- a container that runs while the test looks at it -------------------------------------------

# box_start CONFIG [EXEC-OPTION...]: start one that waits. Sets BOX (ctrnet) and BOX_PID (its first process). CONFIG is
# a sample's name, a file, or "-": then options describe it.
box_start() {
	local config=() line
	[ "$1" = - ] || config=(--config "$(config_path "$1")")
	shift
	# Descriptor 3 is bats' own: it waits for all who hold it.
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec "${config[@]}" --rootfs "$ROOT" --id "$ID" "$@" \
		-- /bin/sh -c 'echo ready; read -r line; exit "${line:-0}"' 2>"$T/box.err" 3>&-; }
	BOX=$BOX_IO_PID
	# Behind a terminal of its own, which a config may ask for, the line ends in a carriage return, too.
	if ! read -r -t 10 -u "${BOX_IO[0]}" line || [ "${line%$'\r'}" != ready ]; then
		echo "the container did not start: $(cat "$T/box.err")"
		return 1
	fi
	BOX_PID=$(first_process "$BOX")
	[ -n "$BOX_PID" ]
}

# first_process CTRNET: the container's of a ctrnet, whose child it is beside the guard (container/guard.h).
first_process() {
	local pid
	for pid in $(pgrep -P "$1"); do
		# It may not have given itself its name yet.
		[[ $(cat "/proc/$pid/comm") == ctrnet* ]] || echo "$pid"
	done
}

# The guard of a ctrnet, once it is one.
guard_of() {
	local tries
	for ((tries = 0; tries < 40; tries++)); do
		pgrep -P "$1" -x ctrnet-guard && return
		sleep 0.05
	done
	return 1
}

# box_stop [STATUS]: let it end, and wait for ctrnet; returns ctrnet's exit status.
box_stop() {
	local pid=$BOX
	echo "${1:-0}" >&"${BOX_IO[1]}"
	wait "$pid"
}

# As if by a power cut: ctrnet, its guard and the container are gone before anybody can clean up.
cut_off() {
	local guard
	guard=$(guard_of "$BOX")
	kill -STOP "$BOX"
	kill -KILL "$guard" "$BOX_PID" "$BOX"
	wait "$BOX" || [ $? = 137 ]
	wait_for 10 test ! -d "/proc/$BOX_PID"
}

# join [EXEC-OPTION...] CMD...: into the box by ctrnet itself, with a time limit: a hostile container must not hold it.
join() {
	timeout 20 "$CTRNET" --root "$RUN" exec --id "$ID" "$@" 3>&-
}

# Run something in the network namespace of the box; any program of the host's.
box_net() {
	nsenter --target "$BOX_PID" --net "$@"
}

# Run something of the rootfs in all namespaces of the box (not in its cgroup).
box_all() {
	nsenter --target "$BOX_PID" --mount --uts --ipc --net --pid --root --wd=/ "$@"
}

# --- looking -----------------------------------------------------------------------------------

# mount_line PATH: the line of mountinfo (proc(5)) of what is mounted there last, in the box.
mount_line() {
	awk -v at="$1" '$5 == at' "/proc/$BOX_PID/mountinfo" | tail -n 1
}

# mount_flags PATH: its type and its flags, as in "proc rw,nosuid".
mount_flags() {
	mount_line "$1" | awk '{ for (i = 7; $i != "-"; i++) ; print $(i + 1), $6 }'
}

# cgroup_of CONTROLLER: the directory of the box's cgroup in its v1 hierarchy. Fails where there is none.
cgroup_of() {
	local dir
	dir=$(awk -v c="$1" '$(NF - 2) == "cgroup" && $NF ~ "(^|,)" c "(,|$)" { print $5; exit }' /proc/self/mountinfo)
	[ -n "$dir" ] || return 1
	echo "$dir$(awk -F: -v c="$1" '$2 ~ "(^|,)" c "(,|$)" { print $3 }' "/proc/$BOX_PID/cgroup")"
}

# sealed ID FILTER FILE: a state.json or journal.json, changed by a jq filter, and yet as ctrnet writes it (lib/seal.h).
sealed() {
	jq -c "del(.ctrnet) | $2" "$3" | perl -e 'use integer;
		sub fnv { my $h = 0xcbf29ce484222325; $h = ($h ^ $_) * 0x100000001b3 for unpack("C*", $_[0]); $h }
		my $rest = substr(join("", <STDIN>), 1);
		printf("{\"ctrnet\": {\"version\": 1, \"owner\": \"%s\", \"checksum\": \"%016x\"},%s",
			$ARGV[0], fnv($rest) ^ fnv($ARGV[0]), $rest)' "$1"
}

# assert_json JSON FILTER [JQ-ARGS...]: the filter must be true.
assert_json() {
	local json=$1 filter=$2
	shift 2
	if ! jq -e "$@" "$filter" >/dev/null <<<"$json"; then
		echo "not true: $filter ($*)"
		echo "of: $json"
		return 1
	fi
}

assert_status() {
	if [ "$status" -ne "$1" ]; then
		echo "exit status $status instead of $1; output:"
		echo "$output"
		return 1
	fi
}

# The status and stdout of the last `run`.
assert_output() {
	if [ "$output" != "$1" ]; then
		echo "expected: $1"
		echo "got:      $output"
		return 1
	fi
}

# wait_for SECONDS CMD...: until it succeeds.
wait_for() {
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "waited in vain for: $*"; return 1; }
		sleep 0.05
	done
}

# no_process PATTERN: none has such a command line.
no_process() {
	! pgrep -f "$1"
}

# --- before and after ---------------------------------------------------------------------------

# This runs before and behind each test, so no program is started twice where once will do.
snap_links() {
	printf '%s\n' link addr | ip -o -batch -
	# Among its own of one metric the kernel has no order.
	{ ip route show table all && ip -6 route show table all; } | sort
}

snap_namespaces() {
	local name
	readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u
	for name in /run/netns/*; do echo "${name#/run/netns/}"; done
}

snap_mounts() {
	# Without the first two numbers: they are given out anew.
	cut -d ' ' -f 3- /proc/self/mountinfo | sort
}

# Below the test's own all; elsewhere only what is named after the test.
snap_cgroups() {
	local own=${CTRNET_TEST_CGROUPS%% *}
	own=${own##*/}
	find /sys/fs/cgroup -type d \( -name "*$ID*" -o -path "*/$own" -o -path "*/$own/*" \) | sort
}

snap_processes() {
	local dir line rest ppid words
	for dir in /proc/[0-9]*; do
		read -r line 2>/dev/null <"$dir/stat" || continue
		line=${line#*(}
		# The name may hold spaces and parentheses: it ends at the last one. Then come a letter and the parent.
		rest=${line##*) ? }
		ppid=${rest%% *}
		# bats' own, which prints its results and may begin later than the first test.
		if [[ $line == cat\)* ]] && mapfile -t -d '' words 2>/dev/null <"/proc/$ppid/cmdline"; then
			[[ ${words[*]} != *bats-format* ]] || continue
		fi
		echo "${dir#/proc/} (${line%)*}) parent $ppid"
	done
}

# All files of /run (records of shared things and what else there may be), of $RUN and of the rootfs.
snap_files() {
	find /run -mindepth 1 ! -path /run/ctrnet-shared -printf '%p %y\n' | sort
	[ ! -d "$RUN" ] || find "$RUN" -mindepth 1 -printf '%p %y\n' | sort
	find "$ROOT" -printf '%p %y %m %U %G %l\n' | sort
}

KINDS='links namespaces mounts cgroups processes files'

snap_all() {
	local kind
	for kind in $KINDS; do
		"snap_$kind" >"$T/$1.$kind"
	done
}

# has_changed KIND: is it not as it was? Then $T/diff.KIND says in what.
has_changed() {
	local before after
	"snap_$1" >"$T/after.$1"
	IFS= read -r -d '' before <"$T/before.$1" || true
	IFS= read -r -d '' after <"$T/after.$1" || true
	[ "$before" != "$after" ] && ! diff "$T/before.$1" "$T/after.$1" >"$T/diff.$1"
}

# Nothing may be left once ctrnet has returned, but the helper that waits for a link's death may
# take a moment to go, and the kernel one to take down namespaces: $PATIENCE milliseconds. What is as it was is not looked at again.
check_leaks() {
	local deadline=$((${EPOCHREALTIME//[!0-9]/} + ${PATIENCE:-1500} * 1000)) kind left=$KINDS still
	while :; do
		still=
		for kind in $left; do
			! has_changed "$kind" || still+=" $kind"
		done
		left=$still
		[ -n "$left" ] || return 0
		[ "${EPOCHREALTIME//[!0-9]/}" -le $deadline ] || break
		sleep 0.05
	done
	for kind in $left; do
		echo "left behind ($kind):"
		cat "$T/diff.$kind"
	done
	return 1
}

# End what a failed test left running, so that the next one starts clean.
end_leftovers() {
	local pid
	# What was as it was has not been looked at to the end.
	snap_processes >"$T/after.processes"
	while read -r _ pid _; do
		kill -KILL "$pid" 2>/dev/null || true
	done < <(diff "$T/before.processes" "$T/after.processes" | grep '^>')
	# Only thawed does one that was frozen die of it.
	# shellcheck disable=SC2086 # a list
	find $CTRNET_TEST_CGROUPS -name freezer.state -exec sh -c 'echo THAWED >"$1"' sh {} \; 2>/dev/null || true
	while read -r pid; do
		ip link delete "$pid" 2>/dev/null || true
	done < <(ip -j link | jq -r '.[].ifname' | grep '^ctr')
	# Or the next one's bridge would still have a user.
	rm -rf /run/ctrnet-shared
}

setup() {
	T=$BATS_TEST_TMPDIR
	RUN=$T/run
	ROOT=$T/rootfs
	ID=t$BATS_SUITE_TEST_NUMBER-${CTRNET_TEST_RUN:-$$}
	BOX_PID=
	# Root of a user namespace has to get to the rootfs as somebody else's id.
	chmod o+x "$BATS_RUN_TMPDIR"
	cp -a "$ROOTFS" "$ROOT"
	snap_all before
}

teardown() {
	if ! check_leaks; then
		end_leftovers
		return 1
	fi
}
