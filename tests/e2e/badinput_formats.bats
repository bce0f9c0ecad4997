#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is wrong with a config is said in its own words, in whatever format it is: by the checks, which need no host, by a look
# at the host, and by the kernel, from the plan's steps or from inside the container.

load lib
load refuse

# refuses_config JSON LINE [EXEC-OPTION...]: exec of this config ends with LINE.
refuses_config() {
	local FILE=$T/config.json line=$2
	echo "$1" >"$FILE"
	shift 2
	refused 255 "exec: $line" exec --config "$FILE" --id "$ID" "$@" -- /bin/true || { cat "$FILE"; return 1; }
}

# bad FILTER LINE: the config $GOOD, changed, with the test's rootfs.
bad() {
	refuses_config "$(jq -c "$1" <<<"$GOOD")" "$2" --rootfs "$ROOT"
}

NO_APPARMOR="is asked for, but this kernel runs without AppArmor (--ignore-missing-lsm goes on without it)"

without_apparmor() {
	[ ! -d /sys/kernel/security/apparmor ] && [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]
}

@test "formats: words of February and March 2014" {
	GOOD='{"namespaces": ["NEWNS", "NEWPID", "NEWNET", "NEWIPC"], "cgroup_parent": "ctrnet"}'
	bad '.cgroup_name = "/x"' "FILE: cgroup_name: '/x' must be relative to cgroup_parent"
	bad '.memory_swap = 7' 'FILE: memory_swap: limits memory and swap together, so memory must be set as well'
	bad 'del(.cgroup_parent) | .cgroups = {memory_swap: 7}' \
		'FILE: cgroups.memory_swap: limits memory and swap together, so cgroups.memory must be set as well'
	bad '.network = {address: "10.0.0.1/24", mtu: 5}' 'FILE: network: mtu: 5 is out of range (68 to 65535, or 0 to leave it)'
	bad '.network = {IP: "10.0.0.1/24", gateway: "10.9.0.1"}' \
		"FILE: network: gateway: 10.9.0.1 is not on the link of 'eth0' (10.0.0.1/24), and no route over it leads there"
	bad '.network = {address: "10.0.0.1/24", bridge: "nobr"}' \
		'network (eth0): no bridge '\''nobr'\'' (add "bridge_address": "ADDRESS/PREFIX" to have it made)'
	bad '.cpu_shares = 1' 'cpu_shares: 1: the minimum allowed cpu-shares is 2'
}

@test "formats: words of March to June 2014" {
	GOOD='{"namespaces": {"NEWNS": true, "NEWPID": true, "NEWNET": true, "NEWIPC": true}, "context": {}}'
	bad '.device_nodes = [{type: 99, path: "/dev/a"}, {type: 99, path: "/proc/a"}]' \
		"FILE: device_nodes[1] (/proc/a): '/proc/a' lies inside '/proc'"
	bad '.mounts = [{type: "tmpfs", destination: "/a"}, {type: "bind", source: "/x", destination: "/b/../.."}]' \
		"FILE: mounts[1]: '/b/../..' leaves the rootfs"
	bad '.mounts = [{type: "tmpfs", destination: "/a"}, {type: "bind", source: "/nowhere", destination: "/b"}]' \
		"mounts[1] (/b): source '/nowhere': No such file or directory"
	bad '.networks = [{type: "veth", context: {bridge: "br0", prefix: "vethvethvethve"}}]' \
		"FILE: networks[0]: context.prefix: 'vethvethvethve' leaves no room for 4 digits behind it (at most 11 bytes)"
	bad '.networks = [{type: "veth", context: {bridge: "lo", prefix: "ve"}}]' \
		"networks[0] (eth0): context.bridge: 'lo' is there, but is not a bridge"
	bad '.device_nodes = [{type: 99, path: "/dev/pts/x", major: 1, minor: 3}]' \
		"device_nodes[0] (/dev/pts/x): '/dev/pts/x' is missing, and nodes are only made where the container has a tmpfs of its own"
	without_apparmor || return 0
	bad '.context.apparmor_profile = "some"' "context.apparmor_profile: 'some' $NO_APPARMOR"
}

@test "formats: words of June 2014 to February 2015" {
	GOOD='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "mount_config": {}}'
	bad '.mount_config.pivot_dir = "../x"' "FILE: mount_config.pivot_dir: '/../x' leaves the rootfs"
	bad '.mount_config.mounts = [{type: "bind", source: "/x"}]' 'FILE: mount_config.mounts[0]: destination is empty'
	bad '.mount_config.mounts = [{type: "bind", source: "/nowhere", destination: "/b"}]' \
		"mount_config.mounts[0] (/b): source '/nowhere': No such file or directory"
	bad '.mount_config.device_nodes = [{type: 99, path: "/dev/pts/x", major: 1, minor: 3}]' \
		"mount_config.device_nodes[0] (/dev/pts/x): '/dev/pts/x' is missing, and nodes are only made where the container has a tmpfs of its own"
	bad '.ipc = "/nowhere"' "namespaces: NEWIPC: cannot open '/nowhere': No such file or directory"
	refuses_config '{"root_fs": "/nowhere", "restrict_sys": true, "namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}]}' \
		"root_fs '/nowhere': No such file or directory"
	# Of the two weeks behind it.
	GOOD='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "restrict_sys": true, "mounts": [], "devices": [{"type": 99, "path": "/dev/null"}]}'
	bad '.device_nodes = [{type: 99, path: "/dev/zero"}, {type: 99, path: "/proc/x"}]' \
		"FILE: device_nodes[1] (/proc/x): '/proc/x' lies inside '/proc'"
	bad '.devices[0].path = "/proc/x"' "FILE: devices[0] (/proc/x): '/proc/x' lies inside '/proc'"
}

@test "formats: words of mid-2015, second spellings" {
	bad() { refuses "$@"; }
	bad '.sysctl = {"a/b": "1"}' "FILE: sysctl: 'a/b' is not a sysctl name"
	bad 'del(.hostname) | .Hostname = ("x" * 65)' \
		"FILE: Hostname: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is longer than 64 bytes"
	bad '.sysctl = {"kernel.shmmni": "many"}' "sysctl: kernel.shmmni = 'many': /proc/sys/kernel/shmmni: Invalid argument"
}


@test "formats: words of the OCI's drafts" {
	GOOD='{"version": "pre-draft", "platform": {"os": "linux"}, "process": {}, "root": {"path": "/"},
		"mounts": [{"type": "proc", "source": "proc", "destination": "/proc"}, {"type": "tmpfs", "source": "tmpfs", "destination": "/dev"}],
		"linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}], "devices": [], "resources": {}}}'
	bad '.linux.resources.memory = {swap: 7}' \
		'FILE: linux.resources.memory.swap: limits memory and swap together, so linux.resources.memory.limit must be set as well'
	bad '.linux.resources.blockIO.blkioWeight = 9' 'FILE: linux.resources.blockIO.blkioWeight: 9 is out of range (10 to 1000)'
	bad '.linux.resources.hugepageLimits = [{pageSize: "2M"}]' "FILE: linux.resources.hugepageLimits[0].pageSize: '2M' is not a size like 2MB"
	bad '.linux.resources.network.priorities = [{name: "a b"}]' \
		"FILE: linux.resources.network.priorities[0].name: 'a b' is not a name of an interface"
	bad '.linux.resources.cpu.shares = 1' 'linux.resources.cpu.shares: 1: the minimum allowed cpu-shares is 2'
	bad '.linux.uidMapping = [{containerID: 0, hostID: 0, size: 1}]' \
		'FILE: linux.gidMappings: user namespaces enabled (NEWUSER), but no group mappings found'
	bad '.linux.namespaces += [{type: "user"}]' 'FILE: linux.uidMappings: user namespaces enabled (NEWUSER), but no user mappings found'
	bad '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{size: 0}] | .linux.gidMapping = [{size: 1}]' \
		'FILE: linux.uidMappings[0]: size 0 maps nothing'
	bad '.linux.devices = [{type: 99, path: "/dev/a", major: 1, minor: 3, permissions: "x"}]' \
		"FILE:L:C: linux.devices[0]: permissions: 'x': must be out of 'rwm'"
	bad '.linux.sysctl = {"kernel.shmmni": "many"}' "linux.sysctl: kernel.shmmni = 'many': /proc/sys/kernel/shmmni: Invalid argument"
	bad '.linux.systemProperties = {"kernel.shmmni": "many"}' \
		"linux.systemProperties: kernel.shmmni = 'many': /proc/sys/kernel/shmmni: Invalid argument"
	bad '.mounts[1].options = "size=x"' "mounts[1] (/dev): option 'size=x': Invalid argument (kernel: tmpfs: Bad value for 'size')"
	refuses_config "$(jq '.root.path = "/nowhere"' <<<"$GOOD")" "root.path '/nowhere': No such file or directory"
	refuses_config "$(jq 'del(.root)' <<<"$GOOD")" 'FILE: root.path: missing (or give --rootfs)'
	without_apparmor || return 0
	bad '.linux.apparmorProfile = "some"' "linux.apparmorProfile: 'some' $NO_APPARMOR"
}

@test "formats: words of the first draft, and of a pair of files" {
	GOOD='{"version": "0.1", "os": "linux", "processes": [{"args": ["/bin/true"]}], "root": {"path": "/"},
		"mounts": [{"type": "proc", "source": "proc", "destination": "/proc"}],
		"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}]}'
	bad '.resources = {memorySwap: 7}' 'FILE: resources.memorySwap: limits memory and swap together, so memory must be set as well'
	bad '.memory = 1 | .resources = {memorySwap: 7}' 'FILE: resources.memorySwap: 7 is less than memory (1048576)'
	bad '.userMapping = {uid: {count: 1}, gid: {count: 0}}' 'FILE: userMapping.gid: size 0 maps nothing'
	bad '.namespaces += [{type: "user"}] | .userMapping = {uid: {count: 1}, gid: {count: 0}}' 'FILE: userMapping.gid: size 0 maps nothing'
	bad '.resources.cpuShares = 1' 'resources.cpuShares: 1: the minimum allowed cpu-shares is 2'
	bad '.systemProperties = {"kernel.shmmni": "many"}' "systemProperties: kernel.shmmni = 'many': /proc/sys/kernel/shmmni: Invalid argument"
	GOOD='{"version": "0.2.0", "platform": {"os": "linux"}, "process": {}, "root": {"path": "/"}, "mounts": [{"name": "proc", "path": "/proc"}]}'
	echo '{"mounts": {"proc": {"type": "proc", "source": "proc"}}, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}],
		"systemProperties": {"kernel.shmmni": "many"}, "resources": {"blockIO": {"blkioWeight": 10}}}}' >"$T/runtime.json"
	bad . "linux.systemProperties: kernel.shmmni = 'many': /proc/sys/kernel/shmmni: Invalid argument"
	sed -i 's/: 10}/: 9}/' "$T/runtime.json"
	bad . 'FILE: linux.resources.blockIO.blkioWeight: 9 is out of range (10 to 1000)'
}

# What a codec adds by itself, passes over or takes from several lists is not counted.
@test "formats: indexes are those of the config" {
	local taken="something else is there already" dev="{type: \"bind\", source: \"$T/dev\", destination: \"/dev\"}" names
	mkdir -p "$T/dev/"{full,x}
	GOOD='{"namespaces": ["NEWNS", "NEWPID", "NEWNET", "NEWIPC"]}'
	# Before the mounts of the first formats are five of its own, and behind them no device of the config's.
	bad '.mounts = [{type: "bind", source: "/", destination: "/../x"}]' "FILE: mounts[0]: '/../x' leaves the rootfs"
	bad ".mounts = [$dev]" "the automatic device /dev/full: $taken"
	bad '.command.environment = ["A=b", "=c"]' "FILE: command.environment[1]: invalid environment '=c': expected NAME=VALUE"
	bad '.networks = [{type: "loopback"}] | .network = {address: "10.0.0.1/24", gateway: "10.9.0.1"}' \
		"FILE: network: gateway: 10.9.0.1 is not on the link of 'eth0' (10.0.0.1/24), and no route over it leads there"
	bad '.network = {address: "10.0.0.1/24", gateway: "10.0.0.9"} | .networks = [{type: "loopback"}, {type: "loopback"}, {type: "veth", mtu: 5}]' \
		'FILE: networks[2]: mtu: 5 is out of range (68 to 65535, or 0 to leave it)'
	GOOD='{"namespaces": [{"key": "NEWNS", "enabled": true}, {"key": "NEWNET", "enabled": false}, {"key": "NEWPID", "enabled": true}], "capabilities_mask": []}'
	bad '.namespaces += [{key: "NEWPID", enabled: true}]' "FILE: namespaces[3]: a second NEWPID"
	GOOD='{"namespaces": {"NEWNS": true, "NEWPID": true, "NEWIPC": true}, "context": {}}'
	bad '.mounts = [{type: "tmpfs", destination: "/a"}, {type: "bind", source: "/", destination: "/b/../.."}]' \
		"FILE: mounts[1]: '/b/../..' leaves the rootfs"
	names='.optional_device_nodes = ["nosuch", "null", "nosuch", "full"]'
	bad ".mounts = [$dev] | $names" "optional_device_nodes[3] (/dev/full): $taken"
	bad ".mounts = [$dev] | .required_device_nodes = [\"zero\", \"full\"] | $names" "required_device_nodes[1] (/dev/full): $taken"
	bad ".mounts = [$dev] | .device_nodes = [{type: 112, path: \"/dev/y\"}, {type: 112, path: \"/dev/x\"}] | $names" \
		"device_nodes[1] (/dev/x): $taken"
	bad ".mounts = [$dev] | .device_nodes = [{type: 112, path: \"/dev/y\"}] | .required_device_nodes = [\"zero\"] | $names" \
		"optional_device_nodes[3] (/dev/full): $taken"
	bad ".mounts = [$dev] | .device_nodes = {optional: [\"nosuch\", \"null\", \"full\"]}" "device_nodes (/dev/full): $taken"
	GOOD='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "mount_config": {}}'
	bad '.mount_config.mounts = [{type: "bind", source: "/", destination: "/../x"}]' "FILE: mount_config.mounts[0]: '/../x' leaves the rootfs"
	bad '.mount_config.mounts = [{type: "tmpfs", destination: "/a"}, {type: "tmpfs", destination: "/.."}]' \
		"FILE: mount_config.mounts[1]: '/..' leaves the rootfs"
	bad '.mount_config.mounts = [{type: "tmpfs", destination: "/a"}, {type: "bind", source: "/nowhere", destination: "/b"}]' \
		"mount_config.mounts[1] (/b): source '/nowhere': No such file or directory"
	bad '.namespaces += [{type: "NEWPID"}]' 'FILE: namespaces[3]: a second NEWPID'
	# Two lists of two names.
	GOOD='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "restrict_sys": true, "mounts": [],
		"devices": [{"type": 99, "path": "/dev/null", "major": 1, "minor": 3}],
		"device_nodes": [{"type": 99, "path": "/dev/full", "major": 1, "minor": 7}]}'
	bad '.mounts = [{source: "/", destination: "/../x", device: "bind", flags: 4096}]' "FILE: mounts[0]: '/../x' leaves the rootfs"
	bad '.device_nodes[0].path = "/proc/x"' "FILE: device_nodes[0] (/proc/x): '/proc/x' lies inside '/proc'"
	bad '.devices += [.devices[0] | .path = "/proc/x"]' "FILE: devices[1] (/proc/x): '/proc/x' lies inside '/proc'"
	# Only what has to be there is added where mounts are listed.
	bad() { refuses "$@"; }
	bad 'del(.mounts) | .mounts = [{source: "/", destination: "/../x", device: "bind", flags: 4096}]' "FILE: mounts[0]: '/../x' leaves the rootfs"
	bad '.mounts = [{source: "/nowhere", destination: "/x", device: "bind", flags: 4096}] | .devices = [{type: 99, path: "/dev/null", major: 1, minor: 3}]' \
		"mounts[0] (/x): source '/nowhere': No such file or directory"
	bad '.devices = [{type: 99, path: "/dev/null", major: 1, minor: 3}, {type: 99, path: "/proc/x"}]' \
		"FILE: devices[1] (/proc/x): '/proc/x' lies inside '/proc'"
}

@test "formats: indexes of the drafts are those of the config" {
	GOOD='{"version": "pre-draft", "platform": {"os": "linux"}, "process": {}, "root": {"path": "/"}, "mounts": [],
		"linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}], "devices": ["null"], "resources": {}}}'
	bad '.mounts = [{type: "bind", source: "/", destination: "/../x"}]' "FILE: mounts[0]: '/../x' leaves the rootfs"
	bad '.mounts = [{type: "bind", source: "/nowhere", destination: "/x"}]' "mounts[0] (/x): source '/nowhere': No such file or directory"
	bad '.linux.devices += [{type: 99, path: "/proc/x", major: 1, minor: 3}]' "FILE: linux.devices[1] (/proc/x): '/proc/x' lies inside '/proc'"
	bad '.linux.namespaces += [{type: "pid"}]' 'FILE: linux.namespaces[3]: a second NEWPID'
	GOOD='{"version": "0.1", "os": "linux", "processes": [{"args": ["/bin/true"]}], "root": {"path": "/"}, "mounts": [],
		"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}], "devices": ["null"]}'
	bad '.mounts = [{type: "bind", source: "/", destination: "/../x"}]' "FILE: mounts[0]: '/../x' leaves the rootfs"
	bad '.devices += [{type: 99, path: "/proc/x", major: 1, minor: 3}]' "FILE: devices[1] (/proc/x): '/proc/x' lies inside '/proc'"
	# Of a pair it is the file that says where.
	GOOD='{"version": "0.2.0", "platform": {"os": "linux"}, "process": {}, "root": {"path": "/"}, "mounts": [{"name": "b", "path": "/b"}]}'
	echo '{"mounts": {"a": {"type": "bind", "source": "/nowhere"}, "b": {"type": "tmpfs"}},
		"linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}], "devices": [{"type": 99, "path": "/proc/x", "major": 1, "minor": 3}]}}' >"$T/runtime.json"
	bad . "FILE: linux.devices[0] (/proc/x): '/proc/x' lies inside '/proc'"
	bad '.mounts += [{name: "a", path: "/../a"}]' "FILE: mounts[1]: '/../a' leaves the rootfs"
	sed -i 's:/proc/x:/dev/x:' "$T/runtime.json"
	bad '.mounts += [{name: "a", path: "/a"}]' "mounts[1] (/a): source '/nowhere': No such file or directory"
}

@test "formats: config --format oci speaks them too" {
	FILE=$T/config.json
	echo '{"namespaces": ["NEWNS", "NEWPID"], "rootfs": "/", "memory_swap": 7}' >"$FILE"
	refused 1 'config: FILE: memory_swap: limits memory and swap together, so memory must be set as well' config --format oci "$FILE"
	echo '{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}], "root_fs": "/usr", "mount_config": {"mounts": [
		{"type": "bind", "source": "/", "destination": "/.."}]}}' >"$FILE"
	refused 1 "config: FILE: mount_config.mounts[0]: '/..' leaves the rootfs" config --format oci "$FILE"
}
