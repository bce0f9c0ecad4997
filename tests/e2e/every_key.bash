# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Every key of every format (`ctrnet config --keys` has them from the codecs' own tables): it makes the difference that it
# should, or it is refused in the words that it should be, or docs/differences.md says that it has no effect.
#
# A row for each key is in keys/*.rows; rows_of() says which formats have which of them, and base_of() what they change,
# which is a container with all there is to change and as little of it set as can be:
#
#	KEY :: WITHOUT :: WITH :: SHOWN :: OUTCOME
#
# WITHOUT and WITH are jq filters: the base changed by the first, and by both, are two containers. They can be applied
# one after the other for many keys at once (whole_config.bash does), so they do not rely on each other. SHOWN is what is true then of
# what `ctrnet config` shows; a key that is refused before has none. OUTCOME is one of
#
#	+ LINE		a line that is observed then (see observe.bash), and was not without it; an extended regular expression
#	- LINE		one that was, and is not any more
#	refused WORDS	the whole line that ctrnet says; see said_of()
#	without NEED: WORDS [|| OUTCOME]	it is refused so where the host lacks something, see has(), and else has the other outcome
#	none		documented as without effect
#	test FILE: TITLE	what cannot be seen this way has a test of its own
#
# In place of SHOWN and OUTCOME, "= NAME" stands for those that keys/effects.rows has under that name; LIST in it for the key, up to
# the list that it is in an element of. Filters may use what keys/defs.jq
# defines, and $root, $other, $src, $join, $disk, $profile, $id, $inside and $calls.

load observe

KEYS=$BATS_TEST_DIRNAME/keys

DEFS=$(<"$KEYS/defs.jq")

# What a shell and its applets call, but for chown and mknodat.
CALLS='read write open openat close fstat newfstatat stat lstat statx mmap mprotect munmap mremap brk rt_sigaction rt_sigprocmask rt_sigreturn
	ioctl access faccessat faccessat2 pipe pipe2 dup dup2 dup3 getpid gettid getppid clone clone3 fork vfork execve exit exit_group wait4 uname
	fcntl getcwd chdir unlink unlinkat readlink readlinkat umask getuid geteuid getgid getegid getgroups setpgid getpgrp getpgid prctl arch_prctl
	set_tid_address set_robust_list rseq prlimit64 getrlimit getrandom clock_gettime gettimeofday time poll ppoll lseek getdents64 sendfile
	utimensat futex sysinfo tgkill kill getsid setsid'

# rows LIST [AT]: those of a list; for lists of objects, AT is their place.
rows() {
	local at=${2:-}
	grep -v '^#' "$KEYS/$1.rows" | sed "s/\.@/.$at/g; s/^@/$at/; s/NO_PIVOT/${at%mounts}no_pivot_root/g"
}

# rows_of FORMAT: all rows of one.
rows_of() {
	case $1 in
	'libcontainer (mid-2015)') rows common && rows mid_2015 && rows devices devices && rows networks && rows cgroups ;;
	# With a `context` it is of 2014.
	'libcontainer (February 2015)') rows flat && rows_of 'libcontainer (mid-2015)' | grep -vE '^(networks\[\]\.context|process)\.' | sed -E 's/^(devices\[\]\S+) :: \. /\1 :: own_nodes /; s/^privatefs :: \. /privatefs :: .no_pivot_root = true /' && rows process && rows devices device_nodes ;;
	'libcontainer (June 2014 to February 2015)') rows common && rows process && rows context && rows mount_config && rows devices mount_config.device_nodes &&
		rows old_mounts mount_config.mounts && rows networks && rows cgroups ;;
	'libcontainer (May and June 2014)') rows_of_spring && rows_of_may && rows may_and_june ;;
	'libcontainer (March to May 2014)') rows_of_spring && rows_of_may && rows mask ;;
	'libcontainer (February and March 2014)') rows_of_spring && rows first ;;
	'first runc draft (June 2015)') rows first_draft && rows draft_mounts ;;
	'runc 0.0.5 (November 2015)') rows linux && rows pair ;;
	*) rows version && rows linux && rows draft_mounts ;;
	esac
}

rows_of_spring() {
	rows spring && rows process && rows context && rows old_mounts mounts && rows networks && rows cgroups
}

rows_of_may() {
	rows may && rows devices device_nodes
}

# base_of FORMAT: the filter that makes it, of nothing.
base_of() {
	local mid_2015='base | del(.environment, .root_fs) + {rootfs: $root, capabilities: capabilities, rlimits: limits,
		namespaces: (kinds + ["NEWCGROUP"] | map({type: .})), devices: (named_nodes + nodes), readonlyfs: false, mask_paths: ["/proc/kcore"],
		mounts: [{source: "proc", destination: "/proc", device: "proc"}, {source: "tmpfs", destination: "/dev", device: "tmpfs", data: "mode=755"},
			{source: "devpts", destination: "/dev/pts", device: "devpts", data: "newinstance,ptmxmode=0666,mode=0620,gid=5"},
			{source: "shm", destination: "/dev/shm", device: "tmpfs", flags: 14, data: "mode=1777,size=64k"},
			{source: "x", destination: "/mnt", device: "tmpfs"}, {source: "moved", destination: "/media", device: "tmpfs"},
			{source: "kind", destination: "/kind", device: "tmpfs"}, {source: $src, destination: "/srv", device: "bind", flags: 20480}]}'

	case $1 in
	'libcontainer (mid-2015)') echo "$mid_2015" ;;
	'libcontainer (February 2015)') echo "$mid_2015 | .restrict_sys = false | .mounts += [bind(\"/vary\"), bind(\"/old\"), (bind(\"/tmp\") | .source = \$root)]
		| .devices = named_nodes | .device_nodes = nodes" ;;
	'libcontainer (June 2014 to February 2015)') echo 'base + {namespaces: (kinds | map({type: .})), capabilities: capabilities, rlimits: limits,
		mount_config: {device_nodes: (named_nodes + nodes), mounts: old_mounts}}' ;;
	'libcontainer (May and June 2014)') echo 'base + {namespaces: (kinds | map({key: ., value: true}) | from_entries), capabilities: capabilities,
		mounts: old_mounts, required_device_nodes: ["null", "zero", "full", "random", "urandom", "tty"], device_nodes: nodes}' ;;
	'libcontainer (March to May 2014)') echo 'base + {namespaces: (kinds | map({key: ., enabled: true})), capabilities: capabilities,
		mounts: old_mounts, required_device_nodes: ["null", "zero", "full", "random", "urandom", "tty"], device_nodes: nodes}' ;;
	'libcontainer (February and March 2014)') echo 'base + {namespaces: kinds, capabilities: ["SYS_MODULE", "NET_RAW"], mounts: old_mounts}' ;;
	'first runc draft (June 2015)') echo 'draft | {version: "0.1", os: .platform.os, processes: [{args: ["/bin/true"], env: ["PATH=/bin"]}],
		root, hostname, mounts, resources: {}} + .linux | .resources = {}' ;;
	'pre-OCI runc config.json (2015)') echo 'draft | .linux.devices = ["null", "zero", "full", "random", "urandom"] + .linux.devices[5:]' ;;
	'runc 0.0.4 (September 2015)') echo 'draft' ;;
	'runc 0.0.5 (November 2015)') echo 'draft | .version = "0.2.0" | .named = ([.mounts[] | {key: .destination, value: del(.destination)}] | from_entries)
		| .named["/named"] = {type: "tmpfs", source: "named", options: []} | .named["/mnt"] = {type: "tmpfs", source: "x", options: []}
		| .mounts |= map({name: .destination, path: .destination}) + [{name: "/mnt", path: "/mnt"}]' ;;
	*) return 1 ;;
	esac
}

# can_add WORDS: does the kernel know such links? Another refusal than that it does not is fine.
can_add() {
	! unshare -n ip link add name x0 "$@" 2>&1 | grep -qi 'unknown device type\|answers: operation not supported'
}

# has NEED: what some kernels and hosts lack.
has() {
	case $1 in
	apparmor) [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ;;
	selinux) grep -q selinuxfs /proc/filesystems ;;
	v1) [ -e /sys/fs/cgroup/memory ] ;;
	v2_memory) [ -e /sys/fs/cgroup/cgroup.controllers ] ;;
	rt) [ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] ;;
	node63) [ -e /sys/devices/system/node/node63 ] ;;
	weights) grep -qs '\[bfq\]' "/sys/dev/block/${DISK:-7:0}/queue/scheduler" ;;
	netem) has_qdisc 'netem delay 1ms' >/dev/null ;;
	netem_seed) has_qdisc 'netem delay 1ms' | grep -q seed ;;
	ipvlan) can_add link lo type ipvlan ;;
	vlan) can_add link lo type vlan id 7 ;;
	vrf) can_add type vrf table 7 ;;
	vlan_filtering) can_add type bridge vlan_filtering 1 ;;
	wireguard) can_add type wireguard ;;
	hugetlb | net_cls | net_prio)
		# shellcheck disable=SC2086 # a list
		[ -e "/sys/fs/cgroup/$1" ] || grep -qsw "$1" ${CTRNET_TEST_CGROUPS// //cgroup.controllers } ;;
	*) return 1 ;;
	esac
}

# has_qdisc ARGUMENTS: can a link have it? What it then says of itself.
has_qdisc() {
	unshare --net sh -c "ip link set lo up && tc qdisc add dev lo root $1 && tc qdisc show dev lo" 2>/dev/null
}

# It forbids nothing.
load_profile() {
	echo "profile $(profile) flags=(attach_disconnected,mediate_deleted) { file, capability, network, signal, ptrace, mount, umount, unix, }" |
		apparmor_parser -K "$@"
}

profile() {
	echo "ctrnet-keys-$ID"
}

# A rootfs on a mount that is shared, another one, namespaces to join, two bridges that stand, two links to take, and a disk if there is one.
begin() {
	local disk dir
	! has apparmor || load_profile -r
	cp "$TOOLS/observe" "$ROOT/observe"
	make_observe_nodes
	mkdir -p "$ROOT"/{mnt,media,srv,opt,kind,vary,old} "$T/src/sub" "$T/join"
	cp -a "$ROOT" "$T/other"
	echo source >"$T/src/file"
	ip link add ctrctx type bridge
	ip link add ctrctx2 type bridge
	ip link add ctrdev type ifb
	ip link add ctrmac address 02:00:00:00:0d:0e type ifb
	for dir in "$ROOT" "$T/other"; do
		mount --bind "$dir" "$dir"
		mount --make-shared "$dir"
	done
	touch "$T/join/ipc" "$T/join/net"
	unshare --ipc="$T/join/ipc" --net="$T/join/net" ip link set lo up
	# shellcheck disable=SC2034 # observe.bash has it
	JOINED="ipc:[$(stat -c %i "$T/join/ipc")] net:[$(stat -Lc %i "$T/join/net")]"
	for disk in /sys/block/*/dev; do
		[ ! -e "$disk" ] || DISK=$(cat "$disk")
	done
	# What others made has no real-time time to give.
	for dir in $CTRNET_TEST_CGROUPS; do
		[ ! -e "$dir/cpu.rt_runtime_us" ] || echo 20000 >"$dir/cpu.rt_runtime_us"
	done
}

end() {
	[ -e "$ROOT/observe" ] || return 0
	! has apparmor || load_profile -R
	umount "$ROOT" "$T/other" "$T/join/ipc" "$T/join/net" || true
	ip link delete ctrctx 2>/dev/null
	ip link delete ctrctx2 2>/dev/null
	ip link delete ctrdev 2>/dev/null
	ip link delete ctrmac 2>/dev/null
	rm -rf "${ROOT:?}"/{observe,mnt,media,srv,opt,kind,vary,old}
}

# Also when a test fails.
teardown() {
	end
	check_leaks || { end_leftovers; return 1; }
}

# jq with all that filters may use.
filtered() {
	local filter=$1
	shift
	jq -c --arg src "$T/src" --arg other "$T/other" --arg root "$ROOT" --arg join "$T/join" --arg disk "${DISK:-7:0}" --arg id "$ID" \
		--arg profile "$(profile)" --arg calls "$CALLS" --arg inside "$OBSERVE_INSIDE" "$DEFS"$'\n'"$filter" "$@"
}

declare -gA SEEN

# use FORMAT: its base is what rows change.
use() {
	FORMAT=$1 SEEN=() BASE=$T/base.json
	filtered "$(base_of "$FORMAT")" -n >"$BASE" || return 1
	observed . || return 1
	# Or nothing that is compared with it says anything.
	! grep '^error:' "$OBSERVED_FILE"
}

# split FILE: of the last draft there are two files: a config.json, and a runtime.json beside it.
split() {
	[ "$FORMAT" = 'runc 0.0.5 (November 2015)' ] || return 0
	jq '{hooks, mounts: .named, linux: (.linux | del(.capabilities))}' "$1" >"${1%/*}/runtime.json"
	jq 'del(.hooks, .named) | .linux |= {capabilities}' "$1" >"$1.new"
	mv "$1.new" "$1"
}

# put FILTER [BASE]: the base changed by it, as a config. Sets CHANGED.
put() {
	CHANGED=$T/changed/config.json
	mkdir -p "$T/changed"
	filtered "$1" "${2:-$BASE}" >"$CHANGED" || { echo "no config: $1"; return 1; }
	split "$CHANGED"
}

# observed FILTER: the base changed by it; once looked at, it is kept. Sets OBSERVED_FILE.
observed() {
	OBSERVED_FILE=${SEEN[$1]:-}
	[ -z "$OBSERVED_FILE" ] || return 0
	put "$1" || return 1
	OBSERVED_FILE=$T/seen.${#SEEN[@]}
	SEEN[$1]=$OBSERVED_FILE
	observe "$CHANGED" "$OBSERVED_FILE"
}

# said_of FILE: what ctrnet says in it when it refuses, without what differs from run to run: FILE is the config, CGROUP a cgroup's
# directory, DISK the disk's number, PROFILE what load_profile() loads, N an index, or an interface's.
said_of() {
	sed -nE 's/^(error: )?ctrnet: (exec|config): //; T; s/\S+\.json(:[0-9]+:[0-9]+)?:/FILE:/; s/\[[0-9]+\]/[N]/g; s/\(eth[0-9]\)/(ethN)/; s/ctrnet-keys-[[:alnum:]-]+/PROFILE/
		s/cgroup \/sys\/fs\/cgroup\/[^ :]*:/cgroup CGROUP:/; s/\/sys\/fs\/cgroup\/[^ :]*\/([a-z_.]+)(:|$)/CGROUP\/\1\2/; '"s/${DISK:-7:0}/DISK/; p" "$1"
}

# By name, what keys/effects.rows has.
declare -gA EFFECTS
while IFS= read -r row; do
	row=${row// :: /$'\001'}
	EFFECTS[${row%%$'\001'*}]=${row#*$'\001'}
done < <(grep -v '^#' "$KEYS/effects.rows")

# parse ROW: sets KEY, WITHOUT, WITH, SHOWN and OUTCOME.
parse() {
	local row=${1// :: /$'\001'}
	IFS=$'\001' read -r KEY WITHOUT WITH SHOWN OUTCOME <<<"$row"
	case $SHOWN in
	'= '*)
		row=${EFFECTS[${SHOWN#= }]:-}
		[ -n "$row" ] || { echo "$KEY: no effect '${SHOWN#= }'"; return 1; }
		IFS=$'\001' read -r SHOWN OUTCOME <<<"$row" ;;
	'refused '*) OUTCOME=$SHOWN SHOWN=- ;;
	esac
	OUTCOME=${OUTCOME//LIST/${KEY%%\[*}}
	# What this host lacks decides which it is.
	while [[ $OUTCOME == 'without '* ]]; do
		row=${OUTCOME#without }
		if ! has "${row%%:*}"; then
			row=${row#*: }
			OUTCOME="refused ${row%% || *}"
		elif [[ $row == *' || '* ]]; then
			OUTCOME=${row#* || }
		else
			OUTCOME=elsewhere
		fi
	done
}

# differs OUTCOME BEFORE AFTER: are the files with what was observed as it says?
differs() {
	local there=$3 not_there=$2
	case $1 in
	'- '*) there=$2 not_there=$3 ;;
	esac
	grep -qE -- "${1#[-+] }" "$there" && ! grep -qE -- "${1#[-+] }" "$not_there"
}

failed_to_start() {
	grep -q '^error: ctrnet: exec:' "$1"
}

# One row, which has been parsed.
check_key() {
	case $OUTCOME in
	'refused '* | '+ '* | '- '*) check_effect ;;
	none)
		sed '1,/^## Keys that have no effect/d' "$BATS_TEST_DIRNAME/../../docs/differences.md" | grep -F '|' | grep -qF "\`${KEY##*.}\`" && return
		echo "$KEY: not in docs/differences.md"
		return 1 ;;
	'test '*)
		local title=${OUTCOME#test }
		grep -qF "@test \"${title#*: }" "$BATS_TEST_DIRNAME/${title%%: *}" && return
		echo "$KEY: no test '$title'"
		return 1 ;;
	elsewhere) return 0 ;;
	*)
		echo "$KEY: no such outcome: '$OUTCOME'"
		return 1 ;;
	esac
}

check_effect() {
	local before said
	observed "$WITHOUT" || return 1
	before=$OBSERVED_FILE
	if grep -E '^error: (ctrnet: exec:|not READY)' "$before"; then
		echo "$KEY: cannot be looked at without it"
		return 1
	fi
	observed "$WITHOUT | $WITH" || return 1
	if [[ $OUTCOME == refused* ]]; then
		said=$(said_of "$OBSERVED_FILE")
		[ "$said" = "${OUTCOME#refused }" ] && return
		printf '%s: is not refused as it should be: %s\nexpected: %s\ngot:      %s\n' "$KEY" "$WITH" "${OUTCOME#refused }" "$said"
	elif grep -E '^error: (ctrnet: exec:|not READY)' "$OBSERVED_FILE"; then
		echo "$KEY: does not run: $WITH"
	elif differs "$OUTCOME" "$before" "$OBSERVED_FILE"; then
		return 0
	else
		printf '%s: has not the effect %s of %s, but:\n' "$KEY" "$OUTCOME" "$WITH"
		comm -3 "$before" "$OBSERVED_FILE"
	fi
	return 1
}

# check_rows: all of stdin.
check_rows() {
	local row failed=0
	while IFS= read -r row; do
		parse "$row" && check_key || failed=1
	done
	return "$failed"
}

# complete FORMAT: each of its keys has a row, and each row a key.
complete() {
	"$CTRNET" config --keys | awk -F '\t' -v want="# $1" '/^#/ { on = $0 == want; next } on { print $1 }' | sort -u >"$T/keys"
	[ -s "$T/keys" ] || { echo "no such format: $1"; return 1; }
	rows_of "$1" | sed 's/ :: .*//' | sort >"$T/have"
	{
		# An object counts by what is in it.
		grep -vxFf "$T/have" "$T/keys" | while read -r key; do
			grep -qE "^${key//[/\\[}(\[\])?\." "$T/keys" || echo "$key: has no row"
		done
		grep -vxFf "$T/keys" "$T/have" | sed 's/$/: is no key/'
		uniq -d "$T/have" | sed 's/$/: has two rows/'
	} >"$T/missing"
	cat "$T/missing"
	[ ! -s "$T/missing" ]
}
