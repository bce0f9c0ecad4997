# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What a container is like, as lines "NAME: VALUE", seen from inside by busybox and from outside by ip(8), /proc and the
# cgroup files: for tests that ask whether a key makes any difference. Hundreds of containers are looked at, so no
# program is started twice where once will do.

# What the shell in the container prints of itself; "observe" has told the rest (observe.c).
# shellcheck disable=SC2016 # the container's shell expands it
OBSERVE_INSIDE='
for f in /mnt/*; do
	[ ! -f "$f" ] || { IFS= read -r line <"$f"; echo "file $f: $line"; }
done
echo "hostname: $(hostname)"
echo "shmmni: $(cat /proc/sys/kernel/shmmni)"
for d in null zero full random urandom; do
	[ -c /dev/$d ] || continue
	{ true </dev/$d; } 2>/dev/null && echo "$d: can be read"
	{ true >/dev/$d; } 2>/dev/null && echo "$d: can be written"
done
{ true >/touched; } 2>/dev/null && rm /touched && echo "root: writable"
{ true >/dev/probe; } 2>/dev/null && {
	for u in 11 12 13 14 16 18; do
		echo "chown $u: $(chown $u:$u /dev/probe 2>&1)"
	done
	echo "mkfifo: $(mkfifo /dev/fifo 2>&1)"
	rm -f /dev/probe /dev/fifo
}
echo READY
read -r _'

observe_mounts() {
	# Without ids and device numbers, which are given out anew; by mountpoint.
	sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ (\S+) (\S+) /mount \2: \1 /; s/(master|shared|propagate_from):[0-9]+/\1/g; s/,inode64//' "/proc/$1/mountinfo"
	# Links and directories have sizes that say nothing.
	stat -c '%n: %A %u %g %t:%T' "/proc/$1/root/dev"/* | sed -E 's/^\S+\/root\/dev\//dev /'
}

observe_process() {
	local pid=$1 kind kinds='cgroup ipc mnt net pid time user uts' own theirs
	sed -nE 's/^(Uid|Gid|Groups|Cap[A-Z][a-z]+|NoNewPrivs|Seccomp):\s*/status \1: /p' "/proc/$pid/status"
	sed -E '1d; s/^(Max [a-z]+ [a-z]* ?[a-z]*)  +/limit \1: /' "/proc/$pid/limits"
	tr '\0' '\n' <"/proc/$pid/environ" | sed 's/^/env /; s/=/: /'
	echo "label: $(tr -d '\0' <"/proc/$pid/attr/current" 2>/dev/null)"
	# shellcheck disable=SC2086 # a list
	(cd "/proc/$pid" && grep -s '' uid_map gid_map timens_offsets setgroups) | sed -E 's/:/: /; s/ +/ /g'
	# shellcheck disable=SC2086 # a list
	own=$(cd /proc/self/ns && readlink $kinds) theirs=$(cd "/proc/$pid/ns" && readlink $kinds)
	for kind in $theirs; do
		case $own/${JOINED:-} in
		*"$kind"*/*) echo "ns ${kind%%:*}: shared" ;;
		*"$kind"*) echo "ns ${kind%%:*}: joined" ;;
		*) echo "ns ${kind%%:*}: own" ;;
		esac
	done
}

observe_network() {
	local pid=$1
	# Without indexes, which are given out anew, and without lifetimes.
	{
		# shellcheck disable=SC2016 # the shell inside expands it
		nsenter -t "$pid" --net sh -c 'echo inside link; ip -d -o link; echo inside addr; ip -o addr; echo inside route; ip route show table all; echo inside rule; ip rule; ip -6 rule; echo inside neigh; ip neigh show nud all; ip neigh show proxy
			echo inside qdisc; tc -d qdisc; echo inside class; tc qdisc | sed -n "s/^qdisc htb .* dev \([^ ]*\) .*/\1/p" | while read -r d; do tc class show dev "$d"; done'
		echo host link
		ip -d -o link
		echo host addr
		ip -o addr
		echo host qdisc
		tc -d qdisc
		echo host class
		tc qdisc | sed -n 's/^qdisc htb .* dev \([^ ]*\) .*/\1/p' | while read -r d; do tc class show dev "$d"; done
	} | sed -nE '/^(inside|host) [a-z]+$/{h;d}; G; s/^(.*)\n(.*)$/\2: \1/
		s/^([a-z]+ (link|addr)): [0-9]+: ([^:@ ]+)/\1 \3: /; s/@if[0-9]+//; s/(bridge_slave state) \S+/\1/; s/(valid|preferred)_lft \S+//g; s/ link-netns(id)? \S+//
		s/(bridge_id|designated_root|root_port|designated_bridge|designated_port|port_id|port_no) \S+//g; s/(hello|tcn|topology_change|gc|hold|message_age|forward_delay)_timer +\S+//g; p'
	# A line for each element of a set: "nft any_ports4: tcp 18080 10.77.0.2 80".
	! command -v nft >/dev/null || nft -j list ruleset | jq -r '.nftables[] | (.set, .map) // empty | .name as $set | .elem // [] | .[]
		| "nft \($set): " + ([.. | scalars | tostring | select(startswith("ctrnet:") | not)] | join(" "))'
}

observe_cgroups() {
	local pid=$1 controllers path mount dirs=()
	while IFS=: read -r _ controllers path; do
		mount=/sys/fs/cgroup/${controllers#name=}
		if [ -z "$controllers" ]; then
			mount=/sys/fs/cgroup
			[ ! -d "$mount/unified" ] || mount+=/unified
		fi
		echo "cgroup $controllers: $path"
		dirs+=("$mount$path")
	done <"/proc/$pid/cgroup"
	find "${dirs[@]}" -maxdepth 1 -type f -perm /444 ! -name '*stat' ! -name '*usage*' ! -name '*.procs' ! -name tasks \
		! -name '*threads' ! -name '*events*' ! -name '*pressure' ! -name '*.current' ! -name '*failcnt' ! -name '*_time' \
		! -name '*peak' ! -name '*io_service*' ! -name '*.local' -exec grep -sH '' {} + | sed -E 's/^[^:]*\/([^:]*):/cgroup \1: /'
}

# Devices, whether there are such or not, that nobody's rules are about but those of the keys' rows.
OBSERVE_NODES='b:10:200 c:1:11 c:10:203 c:10:206 c:10:212 c:10:215 c:10:250 c:11:201 c:11:204'

# In $T/nodes.
make_observe_nodes() {
	local node type major minor
	mkdir "$T/nodes"
	for node in $OBSERVE_NODES; do
		IFS=: read -r type major minor <<<"$node"
		mknod "$T/nodes/$type $major:$minor" "$type" "$major" "$minor"
	done
}

# What the rules for devices let a process in the container's cgroup do: v1's list, or v2's program. Asked is with access(2),
# for which there need be no such device.
observe_devices() {
	local dir node may
	dir=$(sed -nE 's/^[0-9]+:devices:/\/sys\/fs\/cgroup\/devices/p' "/proc/$1/cgroup")
	[ -n "$dir" ] || dir=$(sed -n 's/^0::/\/sys\/fs\/cgroup/p' "/proc/$1/cgroup")
	(
		echo "$BASHPID" >"$dir/cgroup.procs"
		for node in "$T/nodes/"*; do
			may=
			[ ! -r "$node" ] || may=r
			[ ! -w "$node" ] || may+=w
			echo "device ${node##*/}: ${may:-none}"
		done
	)
}

# observe CONFIG OUT [EXEC-OPTION...]: the lines go to OUT, sorted; of one that does not start, its error. A config that has
# the command itself is left to it. $JOINED: namespaces that it may join, as readlink(1) shows them.
observe() {
	local config=$1 out=$2 line pid command=(-- /observe /bin/sh -c "$OBSERVE_INSIDE")
	shift 2
	rm -f "$out"
	if grep -q '"/observe"' "$config"; then command=(); fi
	coproc OBSERVED { exec "$CTRNET" --root "$RUN" exec --config "$config" --id "$ID" "$@" "${command[@]}" 2>"$T/observe.err" 3>&-; }
	local ctrnet=$OBSERVED_PID from=${OBSERVED[0]} to=${OBSERVED[1]}
	{
		while read -r -t 10 -u "$from" line && [ "${line%$'\r'}" != READY ]; do
			echo "${line%$'\r'}"
		done 2>/dev/null
		if [ "${line%$'\r'}" = READY ] && pid=$(pgrep -o -P "$ctrnet") && [ -n "$pid" ]; then
			observe_mounts "$pid"
			observe_process "$pid"
			observe_network "$pid" 2>/dev/null
			observe_cgroups "$pid"
			observe_devices "$pid"
			echo >&"$to"
		fi
		wait "$ctrnet" 2>/dev/null || true
		sed 's/^/error: /' "$T/observe.err"
		[ "${line%$'\r'}" = READY ] || echo "error: not READY"
	} >"$T/observe.out"
	sort "$T/observe.out" >"$out"
}
