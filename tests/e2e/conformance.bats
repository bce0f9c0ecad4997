#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What libcontainer's own integration tests asserted, of the same config, under their names. The table of all of them
# is docs/conformance-libcontainer.md.

load lib

# template FILTER [JQ-ARGS...]: their config: five namespaces, the usual capabilities, 1025 files, lo.
template() {
	config minimal '.namespaces |= map(select(.type != "NEWCGROUP")) | .hostname = "integration"
		| .rlimits = [{type: 7, hard: 1025, soft: 1025}] | .cgroups += {name: $id, parent: "integration"}
		| '"$1" --arg id "$ID" "${@:2}"
}

run_it() {
	ctrnet_run "$@"
}

# The namespace of kind $1 that a process on the host has.
host_ns() {
	readlink "/proc/self/ns/$1"
}

@test "TestExecPS: the command is the first process, and sees no other" {
	run run_it "$(template .)" -- ps
	assert_status 0
	[[ ${lines[1]} =~ ^\ *1\ +root\ .*ps$ ]]
	[ "${#lines[@]}" = 2 ]
}

@test "TestUsernsExecPS: the same in a user namespace" {
	local map='[{container_id: 0, host_id: 0, size: 1000}]'
	run run_it "$(template ".namespaces += [{type: \"NEWUSER\"}] | .uid_mappings = $map | .gid_mappings = $map")" -- ps
	assert_status 0
	[[ ${lines[1]} =~ ^\ *1\ +root\ .*ps$ ]]
	[ "${#lines[@]}" = 2 ]
}

@test "TestFreeze: paused, it is, resumed, it runs, and it ends well" {
	local freezer
	box_start "$(template .)"
	freezer=$(cgroup_of freezer) || freezer=
	ctrnet pause "$ID"
	[ "$(ctrnet state "$ID" | jq -r .status)" = paused ]
	[ -z "$freezer" ] || [ "$(cat "$freezer/freezer.state")" = FROZEN ]
	ctrnet resume "$ID"
	[ "$(ctrnet state "$ID" | jq -r .status)" = running ]
	[ -z "$freezer" ] || [ "$(cat "$freezer/freezer.state")" = THAWED ]
	box_stop
}

@test "TestIPCPrivate, TestPIDNSPrivate" {
	local kind
	for kind in ipc pid; do
		run run_it "$(template .)" -- readlink "/proc/self/ns/$kind"
		assert_status 0
		[[ $output == "$kind:["*"]" && $output != "$(host_ns "$kind")" ]]
	done
}

@test "TestIPCHost: without NEWIPC it is the host's" {
	run run_it "$(template '.namespaces |= map(select(.type != "NEWIPC"))')" -- readlink /proc/self/ns/ipc
	assert_status 0
	assert_output "$(host_ns ipc)"
}

@test "TestIPCJoinPath" {
	run run_it "$(template '.namespaces |= map(if .type == "NEWIPC" then .path = "/proc/1/ns/ipc" else . end)')" \
		-- readlink /proc/self/ns/ipc
	assert_status 0
	assert_output "$(readlink /proc/1/ns/ipc)"
}

@test "TestIPCBadPath" {
	run -255 run_it "$(template '.namespaces |= map(if .type == "NEWIPC" then .path = "/proc/1/ns/ipcc" else . end)')" -- true
	assert_output "ctrnet: exec: namespaces: NEWIPC: cannot open '/proc/1/ns/ipcc': No such file or directory"
}

@test "TestRlimit, TestExecInRlimit" {
	run run_it "$(template .)" -- /bin/sh -c 'ulimit -n'
	assert_output 1025
	box_start "$(template .)"
	run ctrnet exec "$ID" /bin/sh -c 'ulimit -n'
	box_stop
	assert_output 1025
}

# bats test_tags=vm
@test "TestEnter: the second process is in the pid namespace and the cgroup of the first" {
	box_start "$(template .)"
	run ctrnet exec "$ID" readlink /proc/self/ns/pid
	assert_output "$(readlink "/proc/$BOX_PID/ns/pid")"
	run ctrnet exec "$ID" /bin/sh -c 'grep -v -e name= -e "::" /proc/self/cgroup'
	assert_output "$(grep -v -e name= -e '::' "/proc/$BOX_PID/cgroup")"
	coproc SECOND { exec "$CTRNET" --root "$RUN" exec "$ID" /bin/sh -c 'echo in; read -r _' 3>&-; }
	local second=$SECOND_PID
	read -r -t 10 -u "${SECOND[0]}" _
	# In the freezer's or any other hierarchy: two processes.
	run cat "$(find /sys/fs/cgroup -path "*integration/$ID/cgroup.procs" | head -n 1)"
	[ "${#lines[@]}" = 2 ]
	echo >&"${SECOND[1]}"
	wait "$second"
	box_stop
}

@test "TestProcessEnv: what is given, and HOME of the user" {
	run run_it "$(template .)" --env PATH=/bin --env FOO=BAR -- env
	assert_status 0
	[[ $'\n'$output$'\n' == *$'\nFOO=BAR\n'* && $'\n'$output$'\n' == *$'\nHOME=/root\n'* ]]
}

@test "TestProcessCaps: NET_ADMIN is bit 12 of the effective set" {
	local bits
	run run_it "$(template '.capabilities += ["NET_ADMIN"]')" -- /bin/sh -c 'grep CapEff /proc/self/status'
	assert_status 0
	bits=$((0x${output##*[[:space:]]}))
	[ $((bits >> 12 & 1)) = 1 ]
	run run_it "$(template .)" -- /bin/sh -c 'grep CapEff /proc/self/status'
	bits=$((0x${output##*[[:space:]]}))
	[ $((bits >> 12 & 1)) = 0 ]
}

@test "TestAdditionalGroups: plugdev and audio" {
	run run_it "$(template '.additional_groups = ["plugdev", "audio"]')" -- id
	assert_status 0
	[[ $output == *'(plugdev)'* && $output == *'(audio)'* ]]
}

@test "TestCpuShares: 1 is too few" {
	grep -q '^cpu	' /proc/cgroups || skip "no cpu controller"
	run -255 run_it "$(template '.cgroups.cpu_shares = 1')" -- true
	[[ $output == *'cgroups.cpu_shares'*'the minimum allowed cpu-shares is 2' ]]
}

# bats test_tags=v1
@test "TestRunWithKernelMemory" {
	[ -e /sys/fs/cgroup/memory/memory.kmem.limit_in_bytes ] || skip "this kernel limits no kernel memory"
	run run_it "$(template '.cgroups.kernel_memory = 52428800')" -- /bin/sh -c 'echo ran'
	assert_status 0
	[[ $output == *ran ]]
}

@test "TestContainerState: without NEWIPC its namespace is the host's" {
	local pid
	box_start "$(template '.namespaces |= map(select(.type != "NEWIPC"))')"
	pid=$(ctrnet state "$ID" | jq .pid)
	[ "$pid" = "$BOX_PID" ]
	[ "$(readlink "/proc/$pid/ns/ipc")" = "$(host_ns ipc)" ]
	box_stop
}

# with_files CMD...: with two files of the test's open as 3 and 4.
with_files() {
	# shellcheck disable=SC2016 # its own words
	bash -c 'exec 3>"$1" 4>"$2"; shift 2; exec "$@"' - "$T/one" "$T/two" "$CTRNET" --root "$RUN" "$@"
}

# shellcheck disable=SC2016 # the container's shell expands it
EXTRA_FILES='cd /proc/$$/fd; echo *; echo hello >/proc/$$/fd/3; echo world >/proc/$$/fd/4'

@test "TestPassExtraFiles, TestExecinPassExtraFiles" {
	run with_files exec --config "$(template .)" --rootfs "$ROOT" --id "$ID" --preserve-fds 2 -- /bin/sh -c "$EXTRA_FILES"
	assert_status 0
	assert_output '0 1 2 3 4 5'
	[ "$(cat "$T/one" "$T/two")" = $'hello\nworld' ]
	box_start "$(template .)"
	run with_files exec --preserve-fds 2 "$ID" /bin/sh -c "$EXTRA_FILES"
	assert_output '0 1 2 3 4 5'
	[ "$(cat "$T/one" "$T/two")" = $'hello\nworld' ]
	# Not asked for, they stay outside.
	run with_files exec "$ID" /bin/sh -c 'cd /proc/$$/fd; echo *'
	assert_output '0 1 2 3'
	run -255 with_files exec --preserve-fds 3 "$ID" true
	assert_output 'ctrnet: exec: --preserve-fds: descriptor 5 is not open'
	run -255 with_files exec --preserve-fds 1001 "$ID" true
	assert_output "ctrnet: exec: --preserve-fds: '1001' is not a number from 0 to 1000"
	box_stop
}

@test "TestSystemProperties: kernel.shmmni" {
	local key
	for key in system_properties sysctl; do
		run run_it "$(template ".$key = {\"kernel.shmmni\": \"8192\"}")" -- cat /proc/sys/kernel/shmmni
		assert_status 0
		assert_output 8192
	done
}

@test "TestExecIn: a joined ps sees both" {
	coproc CAT { exec "$CTRNET" --root "$RUN" exec --config "$(template .)" --rootfs "$ROOT" --id "$ID" -- cat 3>&-; }
	local pid=$CAT_PID
	wait_for 10 ctrnet exec "$ID" true
	run ctrnet exec "$ID" ps
	assert_status 0
	[[ $output == *' cat'* && $output == *' ps'* ]]
	eval "exec ${CAT[1]}>&-"
	wait "$pid"
}

@test "TestExecInError: a program that is not there, joining" {
	box_start "$(template .)"
	run -255 ctrnet exec "$ID" unexistent
	[[ $output == *'executable file not found'* ]]
	box_stop
}

@test "TestExecInTTY: a joined ps on a terminal shows both within 5 s" {
	box_start "$(template .)"
	run timeout 5 "$CTRNET" --root "$RUN" exec -t "$ID" ps
	assert_status 0
	[[ $output == *'sh -c'* && $output == *' ps'* ]]
	box_stop
}

@test "TestExecInEnvironment: the last of two wins, HOME and PATH are there" {
	box_start "$(template .)"
	run ctrnet exec --env DEBUG=true --env DEBUG=false --env ENV=test "$ID" env
	assert_status 0
	[[ $'\n'$output$'\n' == *$'\nDEBUG=false\n'* && $output != *DEBUG=true* && $'\n'$output$'\n' == *$'\nENV=test\n'* ]]
	[[ $'\n'$output$'\n' == *$'\nHOME=/root\n'* && $'\n'$output$'\n' == *$'\nPATH='* ]]
	box_stop
}
