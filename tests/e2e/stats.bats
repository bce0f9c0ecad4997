#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Statistics, events and new limits of a container that runs. What they should be is read from the cgroup's files and asked of
# ip(8) in the container's namespace.

load lib

# The number that the first line of the file $1 or $2 has: of v1's, or of v2's.
file_of() {
	local dir
	if dir=$(cgroup_of "$1"); then
		head -n 1 "$dir/$2"
	else
		head -n 1 "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$BOX_PID/cgroup")/$3"
	fi
}

limited() {
	config attach_to_bridge ".cgroups += {memory: 33554432, pids_limit: 50} + ${1:-{\}}"
}

@test "stats: numbers are those of the cgroup's files and of the container's own interfaces" {
	box_start "$(limited)"
	ping -q -c 3 -i 0.05 -s 1000 172.30.0.2
	run ctrnet stats --json "$ID"
	assert_status 0
	assert_json "$output" '.memory.limit == 33554432 and .pids.limit == 50 and .pids.usage == ($p | tonumber)' \
		--arg p "$(file_of pids pids.current pids.current)"
	assert_json "$output" '.cpu.usage_ns > 0 and .memory.usage > 0 and (.memory.stat | length) > 10'
	assert_json "$output" '[.interfaces[].name] == ["lo", "eth0"]'
	# Three echo requests came in there, each of which was answered: 1042 bytes with their heads.
	# Neighbours talk at any time: what ip(8) says before and after.
	box_net ip -j -s link show eth0 >"$T/before"
	run ctrnet stats --json "$ID"
	box_net ip -j -s link show eth0 >"$T/after"
	assert_json "$output" '.interfaces[1] as $i | $before[0][0] as $b | $after[0][0] as $a | $i.mtu == $a.mtu and
		$i.mac == $a.address and $i.state == "up" and ([["rx", "bytes"], ["rx", "packets"], ["tx", "bytes"], ["tx", "packets"]] |
		all(. as $p | ($b.stats64 | getpath($p)) <= ($i | getpath($p)) and ($i | getpath($p)) <= ($a.stats64 | getpath($p))))' \
		--slurpfile before "$T/before" --slurpfile after "$T/after"
	box_stop
}

@test "stats: rx of libcontainer's format is what the container received" {
	box_start "$(limited)"
	# Datagrams for a port that nobody has: what comes back about each is smaller.
	for _ in 1 2 3 4 5; do head -c 1400 /dev/zero >/dev/udp/172.30.0.2/9 || true; done
	run ctrnet stats --format libcontainer "$ID"
	assert_status 0
	assert_json "$output" '.Interfaces | length == 1 and .[0].Name == "eth0" and .[0].RxBytes > 7000 and .[0].TxBytes < 5000'
	assert_json "$output" '.CgroupStats | .cpu_stats.cpu_usage.total_usage > 0 and .memory_stats.usage.usage > 0
		and (.memory_stats.usage | has("failcnt")) and (.cpu_stats.cpu_usage | has("usage_in_usermode"))'
	box_stop
}

@test "stats: a table for people, by id, by --id, and of the directory one stands in" {
	mkdir "$T/here"
	cp "$(limited)" "$T/here/container.json"
	cd "$T/here"
	ID=$(basename "$T/here")
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --rootfs "$ROOT" /bin/sh -c 'echo ready; read -r line' 3>&-; }
	local pid=$BOX_IO_PID id
	read -r -t 10 -u "${BOX_IO[0]}" _
	id=$(ctrnet list -q)
	for how in "" "--id $id" "$id"; do
		# shellcheck disable=SC2086 # words
		run ctrnet stats $how
		assert_status 0
		[[ $output == *"memory limit              32.0 MiB"* ]]
		[[ $output == *"pids limit                50"* ]]
		[[ $output == *"eth0 received  "* ]]
	done
	echo >&"${BOX_IO[1]}"
	wait "$pid"
}

@test "stats, events, oom, update: a container that is not there, or does not run" {
	local command
	for command in stats events oom update; do
		run -1 --separate-stderr ctrnet "$command" nobody
		[ "$stderr" = "ctrnet: $command: container 'nobody' does not exist" ]
		run -1 --separate-stderr ctrnet "$command" .x
		[[ $stderr == "ctrnet: $command: "*"'.x'"* ]]
		run -1 --separate-stderr ctrnet "$command" a b
		[ "$stderr" = "ctrnet: $command: expected one ID (see 'ctrnet help $command')" ]
		cd "$T"
		run -1 --separate-stderr ctrnet "$command"
		[ "$stderr" = "ctrnet: $command: expected an ID, or a directory with a container.json (see 'ctrnet help $command')" ]
	done
}

# What takes more than it may have; the shell outlives it.
# The first to go, or it could be the container's first process.
HOG='echo 1000 >/proc/self/oom_score_adj; x=$(head -c 100000000 /dev/zero | tr "\0" x); echo ${#x}'

# Process $1 has what the kernel tells it such things by.
listens() {
	readlink /proc/"$1"/fd/* | grep -q 'eventfd\|inotify'
}

@test "oom: a line within a second, and the end with the container" {
	box_start "$(limited '{memory_swap: 33554432}')"
	"$CTRNET" --root "$RUN" oom "$ID" >"$T/oom" 2>"$T/oom.err" 3>&- &
	local oom=$!
	wait_for 10 listens "$oom"
	[ ! -s "$T/oom" ]
	run ctrnet exec "$ID" /bin/sh -c "$HOG"
	wait_for 1 grep -qx 'OOM notification received' "$T/oom"
	box_stop || true
	wait "$oom"
	[ ! -s "$T/oom.err" ]
}

@test "events: lines of JSON: statistics at each interval, an OOM, and the end with the container" {
	box_start "$(limited '{memory_swap: 33554432}')"
	"$CTRNET" --root "$RUN" events --interval 200ms "$ID" >"$T/events" 2>"$T/events.err" 3>&- &
	local events=$!
	wait_for 10 listens "$events"
	four_stats() { [ "$(grep -c '"type":"stats"' "$T/events")" -ge 4 ]; }
	wait_for 10 four_stats
	# It may go on to the first process before it has the hog's memory back; then that is the end.
	run ctrnet exec "$ID" /bin/sh -c "$HOG"
	wait_for 1 grep -q '"type":"oom"' "$T/events"
	box_stop || true
	wait "$events"
	[ ! -s "$T/events.err" ]
	assert_json "$(jq -s . "$T/events")" 'all(.id == $id)
		and all(select(.type == "stats").data.pids.limit == 50)' --arg id "$ID"
	assert_json "$(jq -s . "$T/events")" '[.[].type] | unique - ["memory_pressure", "oom", "stats"] == []'
}

@test "events: --stats prints one, and a time that is none is refused" {
	box_start "$(limited)"
	run ctrnet events --stats "$ID"
	assert_status 0
	[ "${#lines[@]}" = 1 ]
	assert_json "$output" '.type == "stats" and .data.memory.limit == 33554432'
	for time in 5h -1s '' 1.5s 86401s; do
		run -1 --separate-stderr ctrnet events --interval="$time" "$ID"
		[ "$stderr" = "ctrnet: events: --interval: '$time' is no time up to a day like 500ms, 5s or 2m" ]
	done
	box_stop
}

@test "update: what is given changes, in the kernel and in the stored config" {
	box_start "$(limited)"
	run ctrnet update --memory 16m --cpuset-cpus 0 "$ID"
	assert_status 0
	[ "$(file_of memory memory.limit_in_bytes memory.max)" = 16777216 ]
	[ "$(file_of cpuset cpuset.cpus cpuset.cpus)" = 0 ]
	[ "$(file_of pids pids.max pids.max)" = 50 ]
	assert_json "$(ctrnet state "$ID")" '.config.cgroups | .memory == 16777216 and .cpuset_cpus == "0" and .pids_limit == 50'
	run ctrnet update --resources - --memory=-1 "$ID" <<<'{"pids_limit": -1, "memory": 5}'
	assert_status 0
	[ "$(file_of pids pids.max pids.max)" = max ]
	assert_json "$(ctrnet state "$ID")" '.config.cgroups | .memory == -1 and .pids_limit == -1'
	box_stop
}

# What a limit that is no good gets: the words behind the command, with PATH for the file that was written.
limit_words() {
	sed -E 's/^ctrnet: (update|exec): //; s/ \/sys\/fs\/cgroup[^ :]*:/ PATH:/; s/^(options|[^ :]*\.json|standard input):[0-9]+:[0-9]+: (cgroups\.)?/AT: /; s/^[^ :]*\.json: //' <<<"$stderr"
}

# refused_limit KEY VALUE LINE: by `update`, of a container that runs, and in the config of one that is made ($2 is JSON).
refused_limit() {
	local key=$1 value=$2 line=$3
	run -1 --separate-stderr ctrnet update --resources - "$ID" <<<"{\"$key\": $value}"
	[ "$(limit_words)" = "$line" ] || { echo "update $key $value: $stderr"; return 1; }
	run -255 --separate-stderr ctrnet exec --config "$(config minimal '.cgroups = {parent: "ctrnet"} + {($k): $v}' --arg k "$key" --argjson v "$value")" \
		--rootfs "$ROOT" --id "$ID-new" -- /bin/true
	[ "$(limit_words)" = "$line" ] || { echo "exec $key $value: $stderr"; return 1; }
	[ ! -e "$RUN/$ID-new" ]
}

# Files and their limits are those of cgroup v1.
@test "limits: out of the kernel's range, and the message names the range" {
	box_start "$(config minimal '.cgroups = {parent: "ctrnet"}')"
	ctrnet state "$ID" >"$T/before"
	local most=9223372036854775807 key list='the kernel takes a list like 0-2,4 of what the parent cgroup has'
	for key in memory memory_reservation memory_swap kernel_memory cpu_quota pids_limit; do
		refused_limit $key -2 "AT: $key: -2 is out of range (-1 to $most)"
	done
	refused_limit memory_swappiness 101 'AT: memory_swappiness: invalid value 101: swappiness goes from 0 to 100, and -1 leaves it as it is'
	refused_limit cpu_shares -1 'AT: cpu_shares: -1 is out of range (0 to 18446744073709551615)'
	refused_limit cpu_shares 1 'cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2'
	refused_limit cpu_shares 262145 'cgroups.cpu_shares: 262145: the maximum allowed cpu-shares is 262144'
	refused_limit cpu_quota 999 'cgroups.cpu_quota: 999: write to PATH: Invalid argument (the kernel takes at least 1000 microseconds, and no more of its period than the cgroup above it has)'
	for key in 999 1000001; do
		refused_limit cpu_period $key "cgroups.cpu_period: $key: write to PATH: Invalid argument (the kernel takes 1000 to 1000000 microseconds)"
	done
	refused_limit cpuset_cpus '"999999"' "cgroups.cpuset_cpus: 999999: write to PATH: Numerical result out of range ($list)"
	refused_limit cpuset_cpus '"3-1"' "cgroups.cpuset_cpus: 3-1: write to PATH: Invalid argument ($list)"
	refused_limit cpuset_mems '"77"' "cgroups.cpuset_mems: 77: write to PATH: Invalid argument ($list)"
	refused_limit pids_limit 4194305 'cgroups.pids_limit: 4194305: write to PATH: Invalid argument (the kernel takes at most 4194304)'
	for key in 9 1001; do
		refused_limit blkio_weight $key "cgroups.blkio_weight: $key is out of range (10 to 1000)"
	done
	refused_limit net_cls_classid 4294967296 'AT: net_cls_classid: 4294967296 is out of range (0 to 4294967295)'
	refused_limit blkio_throttle_read_bps_device '"999:999 5"' 'cgroups.blkio_throttle_read_bps_device: 999:999 5: write to PATH: No such device'
	refused_limit hugetlb_limit '[{"page_size": "3MB", "limit": 1}]' \
		"cgroups.hugetlb_limit[0].page_size: the kernel has no pages of 3MB (it has $(ls /sys/kernel/mm/hugepages | sed 's/hugepages-//; s/2048kB/2MB/; s/1048576kB/1GB/' | sort -r | paste -sd, | sed 's/,/, /g'))"
	diff "$T/before" <(ctrnet state "$ID")
	box_stop
}

# bats test_tags=v1
@test "limits: less than what is in use: the cgroup is busy" {
	box_start "$(config minimal '.cgroups = {parent: "ctrnet", memory: 67108864}')"
	# What its process has cannot be swapped out here.
	run -1 --separate-stderr ctrnet update --memory 1 "$ID"
	[ "$(limit_words)" = 'cgroups.memory: 1: write to PATH: Device or resource busy (the cgroup uses more than that, and it cannot be reclaimed)' ]
	[ "$(file_of memory memory.limit_in_bytes memory.max)" = 67108864 ]
	box_stop
}

# A config that says so asks for nothing; an update takes back what was.
@test "update: false and 0 are values, too" {
	local dir
	box_start "$(config minimal '.cgroups = {parent: "ctrnet", oom_kill_disable: false, net_cls_classid: 0}')"
	if dir=$(cgroup_of memory); then
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 0' ]
		ctrnet update --oom-kill-disable true "$ID"
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 1' ]
		assert_json "$(ctrnet state "$ID")" '.config.cgroups.oom_kill_disable'
		ctrnet update --memory-swappiness 7 "$ID"
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 1' ]
		ctrnet update --oom-kill-disable false "$ID"
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 0' ]
		assert_json "$(ctrnet state "$ID")" '.config.cgroups.oom_kill_disable | not'
		# The last one wins, and options come last.
		ctrnet update --resources - "$ID" <<<'{"OOM_kill_disable": true}'
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 1' ]
		ctrnet update --resources - --oom-kill-disable=false "$ID" <<<'{"oom_kill_disable": true}'
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 0' ]
		ctrnet update --resources - --oom-kill-disable=true "$ID" <<<'{"oom_kill_disable": false}'
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 1' ]
		ctrnet update --resources - "$ID" <<<'{"oom_kill_disable": null}'
		[ "$(head -n 1 "$dir/memory.oom_control")" = 'oom_kill_disable 1' ]
	fi
	if dir=$(cgroup_of net_cls); then
		ctrnet update --net-cls-classid 0x100001 "$ID"
		[ "$(cat "$dir/net_cls.classid")" = 1048577 ]
		ctrnet update --net-cls-classid 0 "$ID"
		[ "$(cat "$dir/net_cls.classid")" = 0 ]
		ctrnet update --resources - "$ID" <<<'{"net_cls_classid": 5}'
		[ "$(cat "$dir/net_cls.classid")" = 5 ]
		ctrnet update --resources - "$ID" <<<'{"net_cls_classid": "0x0"}'
		[ "$(cat "$dir/net_cls.classid")" = 0 ]
	fi
	# Where there is no such limit, it is so already.
	ctrnet update --net-cls-classid 0 --oom-kill-disable false "$ID"
	run -1 --separate-stderr ctrnet update --oom-kill-disable no "$ID"
	[ "$stderr" = "ctrnet: update: --oom-kill-disable: 'no' is neither true nor false" ]
	box_stop
}

@test "update: all of it or nothing, and the message has key and range" {
	box_start "$(limited)"
	ctrnet state "$ID" >"$T/before"
	run -1 --separate-stderr ctrnet update --memory 64m --pids-limit 5000000 "$ID"
	[ "$(sed -E 's/ \/sys\/fs\/cgroup[^ :]*:/ PATH:/' <<<"$stderr")" = "ctrnet: update: cgroups.pids_limit: 5000000: write to PATH: Invalid argument (the kernel takes at most 4194304)" ]
	run -1 --separate-stderr ctrnet update --memory 64m --cpu-shares 1 "$ID"
	[ "$stderr" = "ctrnet: update: cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2" ]
	run -1 --separate-stderr ctrnet update --memory 64m --memory-swap 1m "$ID"
	[ "$stderr" = "ctrnet: update: cgroups.memory_swap: 1048576 is less than cgroups.memory (67108864)" ]
	run -1 --separate-stderr ctrnet update --memory 12x "$ID"
	[ "$stderr" = "ctrnet: update: --memory: '12x' is not a number" ]
	run -1 --separate-stderr ctrnet update --resources - "$ID" <<<'{"freezer": "FROZEN"}'
	[ "$stderr" = "ctrnet: update: cgroups.freezer: cannot be changed, only limits can" ]
	[ "$(file_of memory memory.limit_in_bytes memory.max)" = 33554432 ]
	[ "$(file_of pids pids.max pids.max)" = 50 ]
	diff "$T/before" <(ctrnet state "$ID")
	box_stop
}
