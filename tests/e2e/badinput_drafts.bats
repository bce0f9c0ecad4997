#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Drafts of the OCI that cannot be: a test for each message.

load lib
load refuse
load drafts

# bad ROW FILTER LINE: the changed draft is no good. In LINE FILE is its path, or of what lies beside it.
bad() {
	local FILE
	FILE=$(draft "$1" "$2")
	refused 1 "config: $3" config "$FILE" || { echo "draft: $(jq -c . "$FILE")"; return 1; }
}

@test "bad draft: versions" {
	bad D1 '.version = "draft"' "FILE: version: 'draft': a config with these keys has 'pre-draft'"
	bad D1 'del(.version)' "FILE: version: missing: a config with these keys has 'pre-draft'"
	bad D2 '.version = ""' "FILE: version: missing: a config with these keys has 'pre-draft'"
	bad D0 '.version = "0.3"' "FILE: version: '0.3': a config with these keys has '0.1'"
	bad D3 '.config.version = "0.3.0"' \
		"FILE: version: '0.3.0': a config with these keys has '0.1.0' or '0.1.1' or '0.2.0'"
	bad D1 '.version = 1' 'FILE:L:C: version: expected a string, found the number 1'
	bad D1 '.platform.os = "plan9"' "FILE: platform.os: 'plan9' is not linux"
	bad D0 '.os = "plan9"' "FILE: os: 'plan9' is not linux"
}

@test "bad draft: a pair" {
	local FILE
	bad D3 '.config.mounts += [{name: "x", path: "/x"}]' "FILE: mounts[5].name: 'x' is not among the mounts of runtime.json"
	bad D3 '.config.mounts += [{path: "/x"}]' "FILE: mounts[5].name: '' is not among the mounts of runtime.json"
	FILE=$(draft D3)
	rm "$(dirname "$FILE")/runtime.json"
	refused 1 'config: FILE: needs a runtime.json beside it, and there is none' config "$FILE"
	echo '{"mounts": []}' >"$(dirname "$FILE")/runtime.json"
	FILE=$(dirname "$FILE")/runtime.json
	refused 1 'config: FILE:L:C: mounts: expected an object of mounts by name' config "$(dirname "$FILE")"
	echo '{' >"$FILE"
	refused 1 'config: FILE:L:C: expected a key in double quotes, found the end of the text' config "$(dirname "$FILE")"
	rm "$FILE" "$(dirname "$FILE")/config.json"
	FILE=$(dirname "$FILE")
	refused 1 'config: FILE: a directory with neither config.json nor container.json' config "$FILE"
}

@test "bad draft: the process" {
	bad D0 '.processes += .processes' 'FILE:L:C: processes: expected a list of one process'
	bad D0 '.processes = []' 'FILE:L:C: processes: expected a list of one process'
	bad D0 '.processes = [3]' 'FILE:L:C: processes[0]: expected an object, found the number 3'
	bad D1 '.process.user = "daemon"' 'FILE:L:C: process.user: expected an object, found a string "daemon"'
	bad D1 '.process.user.uid = -1' 'FILE:L:C: process.user.uid: -1 is out of range (0 to 4294967295)'
	bad D1 '.process.user.additionalGids = [-1]' 'FILE:L:C: process.user.additionalGids[0]: -1 is out of range (0 to 2147483647)'
	bad D1 '.process.args = "sh"' 'FILE:L:C: process.args: expected an array of strings, found a string "sh"'
	bad D2 '.linux.capabilities = ["FLY"]' "FILE:L:C: linux.capabilities[0]: unknown capability 'FLY'"
	bad D2 '.linux.rlimits[0].type = "NOFLIES"' "FILE:L:C: linux.rlimits[0].type: unknown resource limit 'NOFLIES'"
}

@test "bad draft: devices" {
	bad D1 '.linux.devices = ["nosuch"]' "FILE:L:C: linux.devices[0]: the host's device '/dev/nosuch': No such file or directory"
	bad D1 '.linux.devices = ["fd"]' "FILE:L:C: linux.devices[0]: the host's device '/dev/fd': Invalid cross-device link"
	bad D1 '.linux.devices = ["pts"]' "FILE:L:C: linux.devices[0]: the host's '/dev/pts' is not a device"
	local name
	for name in '' / /null ../dev/null pts/../null pts//ptmx ..; do
		bad D1 ".linux.devices = [\"$name\"]" "FILE:L:C: linux.devices[0]: '$name' is no name below /dev"
	done
	bad D1 '.linux.devices = [3]' 'FILE:L:C: linux.devices[0]: expected a string, found the number 3'
	bad D1 '.linux.devices = {}' 'FILE:L:C: linux.devices: expected a list of devices'
	bad D0 '.devices = ["nosuch"]' "FILE:L:C: devices[0]: the host's device '/dev/nosuch': No such file or directory"
	bad D2 '.linux.devices = [{path: "/x"}]' "FILE:L:C: linux.devices[0]: the key 'type' is missing"
	bad D2 '.linux.devices = [{type: 99}]' "FILE:L:C: linux.devices[0]: the key 'path' is missing"
	bad D2 '.linux.devices[1].type = 120' \
		'FILE:L:C: linux.devices[1].type: not a device type; known are 99 or "c", 98 or "b", 117 or "u", 112 or "p"'
	bad D2 '.linux.devices[1].major = 5000' 'FILE:L:C: linux.devices[1].major: 5000 is out of range (-1 to 4095)'
}

@test "bad draft: mounts" {
	bad D1 '.mounts[0].options = 3' 'FILE:L:C: mounts[0].options: expected a string or a list of strings'
	bad D1 '.mounts[0].options = ["ro", 3]' 'FILE:L:C: mounts[0].options[1]: expected a string, found the number 3'
	local FILE
	FILE=$(dirname "$(draft D3 '.runtime.mounts.tmp.options = {}')")/runtime.json
	refused 1 'config: FILE:L:C: mounts.tmp.options: expected a string or a list of strings' config "$(dirname "$FILE")"
}

@test "bad draft: resources" {
	bad D2 '.linux.resources.memory.swappiness = 101' \
		'FILE:L:C: linux.resources.memory.swappiness: invalid value 101: swappiness goes from 0 to 100, and -1 leaves it as it is'
	bad D2 '.linux.resources.memory.limit = "64M"' 'FILE:L:C: linux.resources.memory.limit: expected a number, found a string "64M"'
	bad D2 '.linux.resources.memory.limit = -2' 'FILE:L:C: linux.resources.memory.limit: -2 is out of range (-1 to 9223372036854775807)'
	bad D2 '.linux.resources.cpu.shares = -1' 'FILE:L:C: linux.resources.cpu.shares: -1 is out of range (0 to 18446744073709551615)'
	bad D2 '.linux.resources.blockIO.blkioWeightDevice = "8:0"' \
		"FILE:L:C: linux.resources.blockIO.blkioWeightDevice: '8:0' is not \"MAJOR:MINOR NUMBER\""
	bad D2 '.linux.resources.blockIO.blkioLeafWeight = 10' \
		'FILE:L:C: linux.resources.blockIO.blkioLeafWeight: this version of ctrnet cannot put this into effect'
	bad D2 '.linux.resources.blockIO.blkioWeightDevice = [{major: 8, minor: 0, weight: 10, leafWeight: 10}]' \
		'FILE:L:C: linux.resources.blockIO.blkioWeightDevice[0].leafWeight: this version of ctrnet cannot put this into effect'
	bad D2 '.linux.resources.network.classId = "red"' \
		"FILE:L:C: linux.resources.network.classId: 'red' is not a class id: a number of 32 bits, the major one in the upper half"
	bad D2 '.linux.resources.network.priorities = [{priority: 1}]' \
		"FILE:L:C: linux.resources.network.priorities[0]: the key 'name' is missing"
	bad D2 '.linux.resources.hugepageLimits = [{limit: 1}]' "FILE:L:C: linux.resources.hugepageLimits[0]: the key 'pageSize' is missing"
	bad D0 '.cpus = "1"' 'FILE:L:C: cpus: expected a number, found a string "1"'
	bad D0 '.cpus = -0.5' 'FILE:L:C: cpus: -0.5 is negative or has an exponent'
	bad D0 '.cpus = 999999999999999' 'FILE:L:C: cpus: 999999999999999 is out of range'
	bad D0 '.memory = -1' 'FILE:L:C: memory: -1 is out of range (0 to 4294967295)'
}

@test "bad draft: the rest of linux" {
	bad D1 '.hooks.prestart = [{path: "/bin/true"}]' 'FILE:L:C: hooks.prestart: this version of ctrnet cannot put this into effect'
	bad D1 '.hooks.poststop = [{path: "/bin/true"}]' 'FILE:L:C: hooks.poststop: this version of ctrnet cannot put this into effect'
	bad D2 '.linux.namespaces[0].type = "pids"' "$(printf '%s%s' "FILE:L:C: linux.namespaces[0].type: unknown value \"pids\"; did you mean 'pid'? " \
		'(known: NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET, NEWUSER, NEWCGROUP, NEWTIME, mount, mnt, uts, ipc, pid, process, network, net, user, cgroup, time)')"
	bad D2 '.linux.rootfsPropagation = "unbindable"' \
		"FILE:L:C: linux.rootfsPropagation: 'unbindable' is none of private, slave, shared, or these with r"
	bad D2 '.linux.rootfsPropagation = "rshared"' \
		'FILE: linux.rootfsPropagation: what is mounted in a container is never shared with the host; private and slave are possible'
	bad D3 '.runtime.linux.cgroupsPath = "/a/../b"' "FILE: linux.cgroupsPath: '/a/../b' must not contain '..'"
	bad D3 '.runtime.linux.cgroupsPath = "/"' "FILE: linux.cgroupsPath: '/' names no cgroup"
	bad D2 '.linux.uidMapping = [] | .linux.uidMappings = []' "FILE:L:C: linux.uidMapping: duplicate key (the same as 'uidMappings')"
	bad D2 '.linux.sysctl = {} | .linux.systemProperties = {}' "FILE:L:C: linux.systemProperties: duplicate key (the same as 'sysctl')"
	bad D2 '.linux.sysctl = {x: 1}' 'FILE:L:C: linux.sysctl.x: expected a string, found the number 1'
}
