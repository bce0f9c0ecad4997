# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A config of each of the OCI's drafts, with all that they had in common: hostname "draft", /proc, /dev, /tmp, /bound
# (the test's directory), null and full, some capabilities and limits, user 5:6, and a command that says who it is.

# What of a draft is in one object, whatever its name and place there.
PARTS='
	def mounts: [
		{type: "proc", source: "proc", destination: "/proc", options: "nosuid,noexec,nodev"},
		{type: "tmpfs", source: "tmpfs", destination: "/dev", options: "nosuid,strictatime,mode=755,size=64k"},
		{type: "tmpfs", source: "tmpfs", destination: "/tmp", options: ""},
		{type: "sysfs", source: "sysfs", destination: "/sys", options: null},
		{type: "bind", source: "given", destination: "/home", options: "rbind,ro"}
	];
	def words: if . == null or . == "" then [] else split(",") end;
	def node($minor): {type: 99, major: 1, minor: $minor, permissions: "rwm", fileMode: 438, uid: 0, gid: 0};
	def nodes: [node(3) + {path: "/dev/null"}, node(7) + {path: "/dev/full"}];
	def root: {path: "rootfs", readonly: true};
	def capabilities: ["KILL", "CAP_NET_RAW"];
	def process: {terminal: false, user: {uid: 5, gid: 6, additionalGids: [7]}, args: ["/bin/sh", "-c", "echo args; id -G"],
		env: ["PATH=/bin", "A=b c"], cwd: "tmp"};
	def namespaces($pid): [$pid, "network", "ipc", "uts", "mount" | {type: ., path: ""}];
	def resources: {disableOOMKiller: false, memory: {limit: 67108864, reservation: 0, swap: 0, kernel: 0, swappiness: -1},
		cpu: {shares: 333, quota: 50000, period: 100000, realtimeRuntime: 0, realtimePeriod: 0, cpus: "", mems: ""},
		hugepageLimits: null, network: {classId: "", priorities: null}};
	def blockIO: {blkioWeight: 0, blkioWeightDevice: "", blkioThrottleReadBpsDevice: "", blkioThrottleWriteBpsDevice: "",
		blkioThrottleReadIopsDevice: "", blkioThrottleWriteIopsDevice: ""};
	def hooks: {prestart: [], poststop: null};
	def linux: {uidMappings: null, gidMappings: null, rlimits: [{type: 7, soft: 99, hard: 111}], sysctl: {"kernel.shmmni": "77"},
		namespaces: namespaces("process"), capabilities: capabilities, rootfsPropagation: ""};
	def config: {version: "pre-draft", platform: {os: "linux", arch: "amd64"}, process: process, root: root,
		hostname: "draft", mounts: mounts, hooks: hooks};
	def names: {"/proc": "proc", "/dev": "dev", "/tmp": "tmp", "/sys": "sys", "/home": "home"};
'

# draft ROW [FILTER]: write one, changed by a jq filter, and print its path. The filter sees what is in the file; of D3,
# {config, runtime}.
draft() {
	local dir what
	dir=$(mktemp -d "$T/bundle-XXXXXX")
	mkdir "$dir/given"
	case $1 in
	D0) what='{version: "0.1", os: "linux", arch: "amd64", processes: [process | .user = "5:6" | .tty = false | del(.terminal)],
		root: root, cpus: 0.5, memory: 64, hostname: "draft", namespaces: namespaces("process"), capabilities: capabilities,
		devices: ["null", "full"], mounts: mounts, rlimits: linux.rlimits, systemProperties: linux.sysctl,
		resources: {cpuShares: 333}}' ;;
	D1) what='config + {linux: (linux + {devices: ["null", "full"], resources: (resources + {blockIO: blockIO})})}' ;;
	# As the samples of the time had it.
	D1sample) what='config + {linux: (linux + {devices: ["null", "full"], uidMapping: null, gidMapping: null,
		systemProperties: linux.sysctl, resources: resources} | del(.sysctl, .uidMappings, .gidMappings))}' ;;
	D2) what='config + {linux: (linux + {devices: nodes, namespaces: namespaces("pid"), resources: (resources + {blockIO: blockIO}),
		seccomp: {defaultAction: "SCMP_ACT_ALLOW", syscalls: []}, apparmorProfile: "", selinuxProcessLabel: ""})}' ;;
	D3) what='{config: (config | del(.hooks) | .version = "0.2.0" | .mounts |= map({name: names[.destination], path: .destination}) |
			.linux = {capabilities: capabilities}),
		runtime: {hooks: (hooks + {poststart: null}), mounts: (mounts | map({key: names[.destination],
				value: {type, source, options: (.options | words)}}) | from_entries),
			linux: (linux + {devices: nodes, namespaces: namespaces("pid"), rlimits: [{type: "RLIMIT_NOFILE", soft: 99, hard: 111}],
				resources: (resources + {pids: {limit: 77}, blockIO: {blkioWeight: 0, blkioWeightDevice: null}}),
				cgroupsPath: "", seccomp: {defaultAction: "SCMP_ACT_ALLOW", architectures: null, syscalls: []}} | del(.capabilities))}}' ;;
	esac
	jq -n "$PARTS ($what) | ${2:-.}" >"$dir/all.json"
	if [ "$1" = D3 ]; then
		jq .config "$dir/all.json" >"$dir/config.json"
		jq .runtime "$dir/all.json" >"$dir/runtime.json"
		rm "$dir/all.json"
	else
		mv "$dir/all.json" "$dir/config.json"
	fi
	cp -a "$ROOT" "$dir/rootfs"
	echo "$dir/config.json"
}

# shellcheck disable=SC2034 # for those who load this
DRAFTS='D0 D1 D1sample D2 D3'
