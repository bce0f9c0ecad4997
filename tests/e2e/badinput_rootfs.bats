#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Root directories, mounts, devices and limits that cannot be.

load lib
load refuse

# mount_refused OBJECT LINE: as mounts[2], behind /proc and /dev.
mount_refused() {
	refuses ".mounts += [$1]" "$2"
}

# bind DESTINATION LINE: the host's /etc there.
bind() {
	mount_refused "{source: \"/etc\", destination: \"$1\", device: \"bind\", flags: 4096}" "$2"
}

# tmpfs DATA LINE
tmpfs() {
	mount_refused "{source: \"tmpfs\", destination: \"/mnt\", device: \"tmpfs\", data: \"$1\"}" "mounts[2] (/mnt): $2"
}

# rootfs DIR LINE: by the option, and by the key of the config.
rootfs() {
	local FILE
	FILE=$(changed .)
	refused 255 "exec: $2" exec --config "$FILE" --rootfs "$1" --id "$ID" /bin/true
	FILE=$(changed '.rootfs = $dir' --arg dir "$1")
	refused 255 "exec: $2" exec --config "$FILE" --id "$ID" /bin/true
}

@test "bad rootfs" {
	rootfs /no/such "rootfs '/no/such': No such file or directory"
	rootfs "$ROOT/bin/busybox" "rootfs 'T/rootfs/bin/busybox': Not a directory"
	ln -s rootfs "$T/link"
	rootfs "$T/link" "rootfs: 'T/link' is not an absolute path or is a symlink"
	ln -s . "$T/here"
	rootfs "$T/here/rootfs" "rootfs: 'T/here/rootfs' is not an absolute path or is a symlink"
	refused 255 'exec: --rootfs: empty' exec --config "$(changed .)" --rootfs '' --id "$ID" /bin/true
	local FILE
	FILE=$(changed .)
	refused 255 'exec: FILE: rootfs: missing (or give --rootfs)' exec --config "$FILE" --id "$ID" /bin/true
	FILE=$(changed '.rootfs = "rootfs"')
	refused 255 "exec: rootfs: 'rootfs' is not an absolute path or is a symlink" exec --config "$FILE" --id "$ID" /bin/true
}

@test "bad pivot_dir" {
	refuses '.pivot_dir = "/../x"' "FILE: pivot_dir: '/../x' leaves the rootfs"
	refuses '.pivot_dir = "x/../.."' "FILE: pivot_dir: 'x/../..' leaves the rootfs"
	refuses '.pivot_dir = 1' 'FILE:L:C: pivot_dir: expected a string, found the number 1'
	accepts '.pivot_dir = ""'
	accepts '.pivot_dir = "/no/such"'
}

@test "bad mount: a destination outside" {
	local path
	for path in /../etc /x/../../etc ..; do
		bind $path "FILE: mounts[2]: '$path' leaves the rootfs"
	done
	bind '' 'FILE: mounts[2]: destination is empty'
	bind / "FILE: mounts[2]: '/': mounting into / is prohibited"
	# A symlink to the outside is followed as from inside.
	ln -s ../../../../tmp "$ROOT/out"
	accepts '.mounts += [{source: "/etc", destination: "/out", device: "bind", flags: 4096}]'
	[ -z "$(ls -A "$ROOT/tmp")" ]
	rm "$ROOT/out"
}

@test "bad mount: over /proc" {
	local path
	for path in /proc /proc/self //proc/./sys /x/../proc; do
		bind $path "FILE: mounts[2]: '$path' cannot be mounted because it is located inside '/proc'"
	done
	mount_refused '{source: "tmpfs", destination: "/proc", device: "tmpfs"}' \
		"FILE: mounts[2]: '/proc' cannot be mounted because it is located inside '/proc'"
	refuses '.devices = [{type: 99, path: "/proc/x", major: 1, minor: 3}]' "FILE: devices[0] (/proc/x): '/proc/x' lies inside '/proc'"
}

@test "bad mount: a symlink in the rootfs to where nothing may be mounted" {
	ln -s /proc "$ROOT/toproc"
	ln -s / "$ROOT/toroot"
	ln -s loop "$ROOT/loop"
	ln -s /proc/self/root "$ROOT/magic"
	bind /toproc "mounts[2] (/toproc): cannot be mounted because it is located inside '/proc'"
	bind /toproc/sys "mounts[2] (/toproc/sys): cannot be mounted because it is located inside '/proc'"
	bind /toroot 'mounts[2] (/toroot): leads to the rootfs itself: mounting into / is prohibited'
	bind /loop "mounts[2] (/loop): '/loop' in the rootfs: Too many levels of symbolic links"
	bind /magic/tmp "mounts[2] (/magic/tmp): '/proc/self' in the rootfs: Too many levels of symbolic links"
	rm "$ROOT/toproc" "$ROOT/toroot" "$ROOT/loop" "$ROOT/magic"
	mv "$ROOT/proc" "$ROOT/elsewhere"
	ln -s elsewhere "$ROOT/proc"
	refuses . "mounts[0] (/proc): '/proc' leads through a symlink in the rootfs to '/elsewhere', and proc is only mounted on a directory proper"
	rm "$ROOT/proc"
	mv "$ROOT/elsewhere" "$ROOT/proc"
}

@test "bad mount: what is mounted" {
	mount_refused '{source: "/no/such", destination: "/mnt", device: "bind", flags: 4096}' \
		"mounts[2] (/mnt): source '/no/such': No such file or directory"
	mount_refused '{destination: "/mnt", device: "bind", flags: 4096}' 'FILE: mounts[2] (/mnt): a bind mount needs a source'
	mount_refused '{source: "/etc/passwd", destination: "/tmp", device: "bind", flags: 4096}' \
		'mounts[2] (/tmp): the destination is a directory, and a file is to be mounted'
	bind /etc/passwd 'mounts[2] (/etc/passwd): the destination is no directory, and a directory is to be mounted'
	bind /etc/passwd/x "mounts[2] (/etc/passwd/x): '/etc/passwd/x' in the rootfs: Not a directory"
	mount_refused '{source: "x", destination: "/mnt", device: "foofs"}' "mounts[2] (/mnt): file system type 'foofs': No such device"
	mount_refused '{source: "x", destination: "/mnt"}' 'FILE: mounts[2] (/mnt): the type of the file system is missing'
	mount_refused '{destination: "/bin", flags: 32}' 'mounts[2] (/bin): nothing is mounted there that could be changed'
	mount_refused '{source: "tmpfs", destination: "/mnt", device: "tmpfs", flags: 1310720}' \
		'FILE: mounts[2] (/mnt): flags 1310720: only one of private, slave, shared, unbindable is possible'
	mount_refused '{source: "tmpfs", destination: "/mnt", device: "tmpfs", flags: 1073741824}' \
		'FILE: mounts[2] (/mnt): flags 1073741824: 0x40000000 is unknown or has no meaning here'
}

@test "bad mount: its data, in the kernel's words" {
	tmpfs size=lots "option 'size=lots': Invalid argument (kernel: tmpfs: Bad value for 'size')"
	tmpfs nr_inodes=10,foo=bar "option 'foo=bar': Invalid argument (kernel: tmpfs: Unknown parameter 'foo')"
	tmpfs mode=9999 "option 'mode=9999': Invalid argument (kernel: tmpfs: Bad value for 'mode')"
	refuses '.mounts[0].data = "hidepid=7"' \
		"mounts[0] (/proc): option 'hidepid=7': Invalid argument (kernel: proc: unknown value of hidepid - 7)"
}

@test "bad mount: its commands" {
	local what
	for what in premount_cmds postmount_cmds; do
		refuses ".mounts[1].$what = [{path: \"true\"}, {}]" "FILE: mounts[1].${what}[1] (): the path is empty"
		refuses ".mounts[1].$what = [{path: \"bin/true\"}]" \
			"FILE: mounts[1].${what}[0] (bin/true): the path must be absolute, or a name to be found in PATH"
		refuses ".mounts[1].$what = [{path: \"/bin/true\", env: [\"A=1\", \"B\"]}]" \
			"FILE: mounts[1].${what}[0] (/bin/true): invalid environment 'B': expected NAME=VALUE"
		refuses ".mounts[1].$what = [{path: \"/bin/true\", env: [\"=1\"]}]" \
			"FILE: mounts[1].${what}[0] (/bin/true): invalid environment '=1': expected NAME=VALUE"
		refuses ".mounts[1].$what = \"/bin/true\"" "FILE:L:C: mounts[1].$what: expected an array, found a string \"/bin/true\""
		refuses ".mounts[1].$what = [\"/bin/true\"]" "FILE:L:C: mounts[1].${what}[0]: expected an object, found a string \"/bin/true\""
		refuses ".mounts[1].$what = [{path: \"/bin/true\", args: \"x\"}]" \
			"FILE:L:C: mounts[1].${what}[0].args: expected an array of strings, found a string \"x\""
		refuses ".mounts[1].$what = [{path: \"/bin/true\", dir: 1}]" "FILE:L:C: mounts[1].${what}[0].dir: expected a string, found the number 1"
		refuses ".mounts[1].$what = [{path: \"/no/such\"}]" \
			"mounts[1].${what}[0] (/no/such): cannot be executed: No such file or directory"
		refuses ".mounts[1].$what = [{path: \"no-such\"}]" "mounts[1].${what}[0] (no-such): executable file not found in \$PATH"
		refuses ".mounts[1].$what = [{path: \"/etc/passwd\"}]" "mounts[1].${what}[0] (/etc/passwd): cannot be executed: Permission denied"
		refuses ".mounts[1].$what = [{path: \"/bin/true\", dir: \"/no/such\"}]" \
			"mounts[1].${what}[0] (/bin/true): cannot change to the directory '/no/such': No such file or directory"
		refuses ".mounts[1].$what = [{path: \"/bin/false\"}]" "mounts[1].${what}[0] (/bin/false): exited with status 1"
		refuses ".mounts[1].$what = [{path: \"sh\", args: [\"-c\", \"kill -TERM \$\$\"]}]" \
			"mounts[1].${what}[0] (sh): was killed by signal 15"
	done
}

@test "bad device" {
	local node='{path: "/dev/x", major: 1, minor: 3}' known='known are 99 or "c", 98 or "b", 117 or "u", 112 or "p"' type
	for type in 120 97 '"x"' '"cc"' '""'; do
		refuses ".devices = [$node + {type: $type}]" "FILE:L:C: devices[0].type: not a device type; $known"
	done
	refuses ".devices = [$node]" "FILE:L:C: devices[0]: the key 'type' is missing"
	node='{type: 99, path: "/dev/x", major: 1, minor: 3}'
	refuses ".devices = [$node + {major: 4096}]" 'FILE:L:C: devices[0].major: 4096 is out of range (-1 to 4095)'
	refuses ".devices = [$node + {major: -1}]" 'FILE: devices[0] (/dev/x): major number -1 is out of range (0 to 4095)'
	refuses ".devices = [$node + {minor: 1048576}]" 'FILE:L:C: devices[0].minor: 1048576 is out of range (-1 to 1048575)'
	refuses ".devices = [$node + {file_mode: 32768}]" \
		'FILE: devices[0] (/dev/x): file mode 0100000 has more than permission bits'
	refuses ".devices = [$node + {path: \"/../x\"}]" "FILE: devices[0] (/../x): '/../x' leaves the rootfs"
	refuses ".devices = [$node + {path: \"/\"}]" "FILE: devices[0] (/): '/' is no place for a device"
	refuses ".devices = [$node + {path: \"/dev\"}]" 'devices[0] (/dev): something else is there already'
	refuses ".devices = [$node, $node + {minor: 5}]" 'devices[1] (/dev/x): something else is there already'
}

@test "bad masks" {
	refuses '.mask_paths = ["/"]' "FILE: mask_paths[0]: '/': the root cannot be masked"
	refuses '.mask_paths = ["/../x"]' "FILE: mask_paths[0]: '/../x' leaves the rootfs"
	refuses '.readonly_paths = [""]' 'FILE: readonly_paths[0]: the path is empty'
}

@test "bad capabilities" {
	refuses '.capabilities = ["KILL", "FLY"]' "FILE:L:C: capabilities[1]: unknown capability 'FLY'"
	refuses '.capabilities = ["CAP_FLY"]' "FILE:L:C: capabilities[0]: unknown capability 'CAP_FLY'"
	refuses '.capabilities = ["0"]' "FILE:L:C: capabilities[0]: unknown capability '0'"
	refuses '.capabilities = {bounding: ["FLY"]}' "FILE:L:C: capabilities.bounding[0]: unknown capability 'FLY'"
}

@test "bad rlimits" {
	refuses '.rlimits = [{type: "NOFLIES", soft: 1, hard: 1}]' "FILE:L:C: rlimits[0].type: unknown resource limit 'NOFLIES'"
	refuses '.rlimits = [{type: "RLIMIT_NOFILE", soft: 1}]' "FILE:L:C: rlimits[0]: the key 'hard' is missing"
	refuses '.rlimits = [{type: 7, soft: 2, hard: 1}]' 'FILE: rlimits[0] (NOFILE): the soft limit is above the hard one'
	refuses '.rlimits = [{type: 7, soft: 9, hard: 9}, {type: "NOFILE", soft: 9, hard: 9}]' 'FILE: rlimits[1]: a second NOFILE'
	refuses '.rlimits = [{type: 7, soft: 1, hard: 99999999999}]' \
		'rlimits[0] (NOFILE): cannot set 1/99999999999: Operation not permitted'
}

@test "bad groups and sysctls" {
	refuses '.additional_groups = ["tty", "flies"]' \
		"additional_groups[1]: unable to find group 'flies' in the container's /etc/group"
	refuses '.additional_groups = ["4294967295"]' \
		"additional_groups[0]: '4294967295': uids and gids must be in range 0-2147483647"
	refuses '.additional_groups = [-1]' 'FILE:L:C: additional_groups[0]: -1 is out of range (0 to 2147483647)'
	refuses '.system_properties = {"kernel.pid_max": "9"}' \
		"FILE: system_properties: 'kernel.pid_max' belongs to the host, not to a namespace"
	refuses '.system_properties = {"net.../../kernel.pid_max": "9"}' \
		"FILE: system_properties: 'net.../../kernel.pid_max' is not a sysctl name"
	refuses 'del(.namespaces[2]) | .system_properties = {"kernel.shmmax": "1"}' \
		"FILE: system_properties: 'kernel.shmmax' needs a namespace of the container's own (NEWIPC without a path)"
	refuses '.system_properties = {"net.ipv4.flies": "1"}' \
		"system_properties: net.ipv4.flies = '1': /proc/sys/net/ipv4/flies: No such file or directory"
	refuses '.system_properties = {"net.ipv4.ip_forward": "x"}' \
		"system_properties: net.ipv4.ip_forward = 'x': /proc/sys/net/ipv4/ip_forward: Invalid argument"
}

@test "bad cgroups" {
	refuses '.cgroups.parent = "../x"' "FILE: cgroups.parent: '../x' must not contain '..'"
	refuses '.cgroups.parent = "a/../b"' "FILE: cgroups.parent: 'a/../b' must not contain '..'"
	refuses '.cgroups.name = ".."' "FILE: cgroups.name: '..' must not contain '..'"
	refuses '.cgroups.name = "/x"' "FILE: cgroups.name: '/x' must be relative to cgroups.parent"
	refuses '.cgroups.memory = -2' 'FILE:L:C: cgroups.memory: -2 is out of range (-1 to 9223372036854775807)'
	refuses '.cgroups.memory = "64M"' 'FILE:L:C: cgroups.memory: expected a number, found a string "64M"'
	refuses '.cgroups.memory_swap = 1048576' \
		'FILE: cgroups.memory_swap: limits memory and swap together, so cgroups.memory must be set as well'
	refuses '.cgroups |= {memory: 67108864, memory_swap: 1048576}' \
		'FILE: cgroups.memory_swap: 1048576 is less than cgroups.memory (67108864)'
	refuses '.cgroups.blkio_weight = 9' 'FILE: cgroups.blkio_weight: 9 is out of range (10 to 1000)'
	refuses '.cgroups.allowed_devices = [{type: 112, permissions: "r"}]' \
		'FILE:L:C: cgroups.allowed_devices[0].type: not a device type; known are 99 or "c", 98 or "b", 97 or "a"'
	refuses '.cgroups.allowed_devices = [{type: 99, permissions: "x"}]' \
		"FILE: cgroups.allowed_devices[0].permissions: 'x': must be out of 'rwm'"
	refuses '.cgroups.cpu_shares = 1' 'cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2'
	refuses '.cgroups.cpu_shares = 262145' 'cgroups.cpu_shares: 262145: the maximum allowed cpu-shares is 262144'
}

# bats test_tags=v1
@test "bad cgroups: limits that the kernel refuses" {
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip "states the words for v1's files"
	local FILE key value words
	while IFS='|' read -r key value words; do
		FILE=$(changed ".cgroups = {parent: \"ctrnet\", $key: $value}")
		run -255 --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" /bin/true
		[ "$(sed -E 's/ \/sys\/fs\/cgroup[^ :]*:/ PATH:/' <<<"$stderr")" = "ctrnet: exec: cgroups.$key: ${value//\"/}: write to PATH: $words" ] ||
			{ echo "$key: $value: $stderr"; return 1; }
		[ -z "$output$(list_run)" ]
	done <<-'EOT'
		cpu_quota|999|Invalid argument (the kernel takes at least 1000 microseconds, and no more of its period than the cgroup above it has)
		cpu_period|1|Invalid argument (the kernel takes 1000 to 1000000 microseconds)
		cpuset_cpus|"x"|Invalid argument (the kernel takes a list like 0-2,4 of what the parent cgroup has)
	EOT
}

# bats test_tags=vm
@test "bad cgroups: too little memory to start" {
	run -255 --separate-stderr ctrnet exec --config "$(changed '.cgroups = {memory: 4096}')" --rootfs "$ROOT" --id "$ID" /bin/true
	# How far it gets is a matter of luck.
	[ "$(sed -E "s/before '[a-z]+'/before STAGE/" <<<"$stderr")" = \
		"ctrnet: exec: the container's process died before STAGE (killed by signal 9; is cgroups.memory too small?)" ] ||
		{ echo "$stderr"; return 1; }
	[ -z "$output$(list_run)" ]
}
