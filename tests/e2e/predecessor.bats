#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real configs of the predecessor, unchanged, given a bridge docker0 and a rootfs: each thing that they declare is
# looked for. They are not part of this repository: CTRNET_PREDECESSORS says where they are.

load lib

setup_file() {
	export CTRNET_PREDECESSORS=${CTRNET_PREDECESSORS:-$BATS_TEST_DIRNAME/../../../shared/configs}
}

# predecessor NAME: the path of one, or skip.
predecessor() {
	CONFIG=$CTRNET_PREDECESSORS/$1.json
	[ -f "$CONFIG" ] || skip "no $1.json in CTRNET_PREDECESSORS"
}

make_bridge() {
	ip link add docker0 address 02:42:00:00:00:01 type bridge
	ip addr add 172.17.42.1/16 dev docker0
	ip link set docker0 up
}

inside() {
	run box_all /bin/sh -c "$1"
	assert_status 0
}

# By ctrnet itself: a user namespace is entered as well.
join_box() {
	ctrnet exec --id "$ID" "$@"
}

# mount_of PATH: "type options" of what is mounted there in the box.
mount_of() {
	awk -v at="$1" '$5 == at { for (i = 7; $i != "-"; i++) ; print $(i + 1), $6, $(i + 3) }' \
		"/proc/$BOX_PID/mountinfo"
}

has_mount() {
	local got
	got=$(mount_of "$1" | tail -n 1)
	# shellcheck disable=SC2053 # a pattern
	[[ $got == $2 ]] || { echo "on $1: $got; expected $2"; return 1; }
}

# All that minimal and attach_to_bridge have in common.
check_common() {
	local pid=$BOX_PID kind
	for kind in mnt uts ipc pid net; do
		[ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
	done
	[ "$(readlink "/proc/$pid/ns/cgroup")" = "$(readlink /proc/self/ns/cgroup)" ]

	has_mount /proc 'proc *'
	has_mount /dev/shm 'tmpfs *nosuid,nodev,noexec* *size=65536k*'
	has_mount /dev/mqueue 'mqueue *nosuid,nodev,noexec*'
	has_mount /sys 'sysfs ro,nosuid,nodev,noexec*'
	for kind in sys irq bus; do
		has_mount "/proc/$kind" 'proc ro,*'
	done
	inside 'echo 1 >/proc/sys/kernel/domainname && exit 1; stat -c "%t %T %a %F" /dev/null /dev/fuse /dev/urandom /dev/tty'
	assert_output "/bin/sh: can't create /proc/sys/kernel/domainname: Read-only file system
1 3 666 character special file
a e5 0 character special file
1 9 666 character special file
5 0 666 character special file"

	# CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE
	[ "$(awk '/^Cap(Prm|Eff|Bnd)/ { print $2 }' "/proc/$pid/status" | sort -u)" = 00000000a80425fb ]
	grep -q '^Max open files  *1024  *1024 ' "/proc/$pid/limits"
	box_net ip -j addr show dev lo | jq -e '.[0].flags | index("UP")'
}

# What nsinit let all containers do with devices.
check_device_rules() {
	local dir
	dir=$(cgroup_of devices) || return 0
	[ "$(sort "$dir/devices.list")" = "$(sort <<-LIST
		b *:* m
		c *:* m
		c 10:200 rwm
		c 136:* rwm
		c 1:3 rwm
		c 1:5 rwm
		c 1:7 rwm
		c 1:8 rwm
		c 1:9 rwm
		c 4:0 rwm
		c 4:1 rwm
		c 5:0 rwm
		c 5:1 rwm
		c 5:2 rwm
	LIST
	)" ]
}

check_cgroups() {
	grep -q '/nsinit/libcontainer$' "/proc/$BOX_PID/cgroup"
	check_device_rules
}

@test "predecessor: 2015-06 minimal" {
	predecessor 2015-06_minimal
	box_start "$CONFIG"
	check_common
	check_cgroups
	inside hostname
	assert_output nsinit
	run box_net ip -j link
	assert_json "$output" 'map(.ifname) == ["lo"]'
	box_stop
}

@test "predecessor: 2015-06 attach_to_bridge" {
	predecessor 2015-06_attach_to_bridge
	make_bridge
	box_start "$CONFIG"
	check_common
	check_cgroups
	inside hostname
	assert_output koye

	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1500 and .[0].operstate == "UP" and (.[0].flags | index("MULTICAST"))'
	assert_json "$output" '[.[0].addr_info[] | select(.family == "inet") | "\(.local)/\(.prefixlen)"] == ["172.17.0.101/16"]'
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "172.17.42.1" and .[0].dev == "eth0"'
	run ip -j link show dev vethnsinit
	assert_json "$output" '.[0].master == "docker0" and .[0].operstate == "UP"'
	inside 'ping -c 1 -W 2 172.17.42.1'
	box_stop

	# The bridge is somebody else's: it stays.
	ip link delete docker0
}

@test "predecessor: 2015-06 attach_to_bridge without docker0 tells how to get one" {
	predecessor 2015-06_attach_to_bridge
	run ctrnet_run "$CONFIG" /bin/true
	assert_status 255
	[[ $output == *"no bridge 'docker0'"*bridge_address* ]]
}

@test "predecessor: 2015-06 userns" {
	local pid path
	predecessor 2015-06_userns
	box_start "$CONFIG"
	pid=$BOX_PID
	[ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ]
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$pid/uid_map")" = $'0 1000 1\n1 1 999\n1001 1001 2147482647' ]
	cmp "/proc/$pid/uid_map" "/proc/$pid/gid_map"
	[ "$(awk '/^[UG]id/ { print $2, $3, $4, $5 }' "/proc/$pid/status" | sort -u)" = '1000 1000 1000 1000' ]

	has_mount /proc 'proc *'
	has_mount /dev/shm 'tmpfs *nosuid,nodev,noexec* *size=65536k*'
	has_mount /dev/mqueue 'mqueue *nosuid,nodev,noexec*'
	has_mount /sys 'sysfs ro,nosuid,nodev,noexec*'
	for path in sys irq bus; do
		has_mount "/proc/$path" 'proc ro,*'
	done
	# The nodes are the host's, bind-mounted.
	for path in $(jq -r '.devices[].path' "$CONFIG"); do
		has_mount "$path" 'devtmpfs *'
		[ "$(stat -c '%t %T %a %u %F' "/proc/$pid/root$path")" = "$(stat -c '%t %T %a %u %F' "$path")" ]
	done
	[ "$(awk '/^Cap(Prm|Eff|Bnd)/ { print $2 }' "/proc/$pid/status" | sort -u)" = 00000000a80425fb ]
	grep -q '^Max open files  *1024  *1024 ' "/proc/$pid/limits"
	check_cgroups
	run join_box id
	assert_output 'uid=0(root) gid=0(root)'
	run join_box hostname
	assert_output nsinit
	run box_net ip -j link
	assert_json "$output" 'map(.ifname) == ["lo"] and (.[0].flags | index("UP"))'
	box_stop
}

# --- 2014 and early 2015: the process is in the config, and what is mounted is not ----------------

# has_caps PID UID MASK: it can have these; and root has them (capabilities(7): another user loses them by execve).
has_caps() {
	local has=$3
	[ "$2" = 0 ] || has=0000000000000000
	[ "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb)/ { print $2 }' "/proc/$1/status" | tr '\n' ' ')" = \
		"0000000000000000 $has $has $3 0000000000000000 " ]
}

environment_of() {
	tr '\0' '\n' <"/proc/$1/environ" | sort
}

# Controllers of v1 and the unified tree: all but systemd's own.
in_cgroup() {
	local line path
	while IFS=: read -r _ line path; do
		[[ $line == name=* ]] || [[ $path == */docker/docker-koye ]] || { echo "$line: $path"; return 1; }
	done <"/proc/$1/cgroup"
}

check_terminal() {
	[ "$(readlink "/proc/$1/fd/0")" = /dev/pts/0 ]
	[ "$(readlink "/proc/$1/fd/2")" = /dev/pts/0 ]
	# Its session's controlling terminal is a pty: major 136.
	[ $(($(sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 5) >> 8 & 0xfff)) = 136 ]
}

# The devices that these configs name, as they name them, and the pty of user $1 as the console; no others.
check_devices() {
	inside 'stat -c "%n %t:%T %a %u %F" $(find /dev -xdev -type c -o -xdev -type b) | sort'
	assert_output "/dev/console 88:0 620 $1 character special file
/dev/full 1:7 666 0 character special file
/dev/null 1:3 666 0 character special file
/dev/random 1:8 666 0 character special file
/dev/tty 5:0 666 0 character special file
/dev/urandom 1:9 666 0 character special file
/dev/zero 1:5 666 0 character special file"
	inside 'for name in fd stdin stdout stderr ptmx; do readlink /dev/$name; done'
	assert_output "/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx"
}

check_fixed_mounts() {
	has_mount /proc 'proc rw,nosuid,nodev,noexec*'
	has_mount /dev 'tmpfs rw,nosuid* *mode=755*'
	has_mount /dev/shm 'tmpfs rw,nosuid,nodev,noexec* *size=65536k*'
	has_mount /dev/pts 'devpts rw,nosuid,noexec* *gid=5,mode=620,ptmxmode=666*'
}

check_separate() {
	local kind
	for kind in "$@"; do
		[ "$(readlink "/proc/$BOX_PID/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ] ||
			{ echo "$kind is shared"; return 1; }
	done
}

check_gone() {
	local dirs
	dirs=$(find /sys/fs/cgroup -type d -name docker-koye 2>/dev/null || true)
	[ -z "$dirs" ] || { echo "left: $dirs"; return 1; }
}

# On docker0, with the address and the default route of the config.
check_bridged() {
	local address=$1 port
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1500 and .[0].operstate == "UP" and (.[0].flags | index("MULTICAST"))'
	assert_json "$output" '[.[0].addr_info[] | select(.family == "inet") | "\(.local)/\(.prefixlen)"] == [$a]' \
		--arg a "$address"
	run box_net ip -j route show default
	assert_json "$output" 'length == 1 and .[0].gateway == "172.17.42.1" and .[0].dev == "eth0"'
	port=$(ip -j link show master docker0 type veth | jq -r '.[].ifname')
	[[ $port == veth* ]]
	inside 'ping -c 1 -W 2 172.17.42.1'
}

@test "predecessor: 2014-06 container" {
	predecessor 2014-06_container
	make_bridge
	box_start "$CONFIG"
	check_separate mnt uts ipc pid net
	inside hostname
	assert_output koye

	check_fixed_mounts
	has_mount /sys 'sysfs rw,nosuid,nodev,noexec*'
	[ -z "$(mount_of /dev/mqueue)" ]
	check_devices 0
	# MKNOD, and nothing else.
	has_caps "$BOX_PID" 0 0000000008000000
	in_cgroup "$BOX_PID"
	check_terminal "$BOX_PID"
	[ "$(environment_of "$BOX_PID")" = 'HOME=/
PATH=PATH=$PATH:/bin:/usr/bin:/sbin:/usr/sbin
TERM=xterm-256color
container=docker' ]

	check_bridged 172.17.42.2/16
	run box_net ip -j route show 192.168.0.0/24
	assert_json "$output" 'length == 1 and .[0].dev == "eth0" and .[0].scope == "link" and .[0].gateway == null'
	box_stop
	check_gone
	ip link delete docker0
}

# What all samples of February 2015 have in common, for their user $1.
check_2015_02() {
	local pid=$BOX_PID kind
	is_user "$pid" "$1"
	check_separate mnt uts ipc net
	inside hostname
	assert_output koye
	check_fixed_mounts
	has_mount /dev/mqueue 'mqueue rw,nosuid,nodev,noexec*'
	has_mount /sys 'sysfs ro,nosuid,nodev,noexec*'
	check_devices "$1"

	# restrict_sys
	for kind in sys irq bus; do
		has_mount "/proc/$kind" 'proc ro,*'
	done
	# Where the kernel has them.
	[ ! -e /proc/sysrq-trigger ] || has_mount /proc/sysrq-trigger 'proc ro,*'
	if [ -e /proc/kcore ]; then
		inside 'cat /proc/kcore'
		assert_output ""
	fi

	# CHOWN DAC_OVERRIDE FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
	has_caps "$pid" "$1" 00000000880425eb
	in_cgroup "$pid"
	check_terminal "$pid"
	[ "$(environment_of "$pid")" = 'HOME=/
HOSTNAME=koye
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
TERM=xterm' ]
	run box_net ip -j addr show dev lo
	assert_json "$output" '.[0].flags | index("UP")'
	check_device_rules
}

# is_user PID UID: all four ids of it.
is_user() {
	[ "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$1/status")" = "$2 $2 $2 $2" ]
}

@test "predecessor: 2015-02 minimal" {
	predecessor 2015-02_minimal
	box_start "$CONFIG"
	check_separate pid
	check_2015_02 1
	has_mount /tmp 'tmpfs rw,nosuid,nodev,noexec*'
	run box_net ip -j link
	assert_json "$output" 'map(.ifname) == ["lo"]'
	box_stop
	check_gone
}

@test "predecessor: 2015-02 attach_to_bridge" {
	predecessor 2015-02_attach_to_bridge
	make_bridge
	box_start "$CONFIG"
	check_separate pid
	check_2015_02 0
	check_bridged 172.17.0.101/16
	box_stop
	check_gone
	ip link delete docker0
}

@test "predecessor: 2015-02 host-pid" {
	predecessor 2015-02_host-pid
	box_start "$CONFIG"
	[ "$(readlink "/proc/$BOX_PID/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
	check_2015_02 1
	has_mount /tmp 'tmpfs rw,nosuid,nodev,noexec*'
	box_stop
	check_gone
}

@test "predecessor: 2015-02 route_source_address_selection" {
	predecessor 2015-02_route_source_address_selection
	make_bridge
	box_start "$CONFIG"
	check_2015_02 0
	check_bridged 172.17.0.101/16
	run box_net ip -j route show default
	assert_json "$output" '.[0].prefsrc == "172.17.0.101"'
	box_stop
	check_gone
	ip link delete docker0
}

# labelled CONFIG KEY MODULE: where the kernel has no such module the config is refused by its key, and runs on demand.
labelled() {
	predecessor "$1"
	run -255 ctrnet_run "$CONFIG" /bin/true
	[[ $output == *" $2: "*"this kernel runs without $3"* ]] || { echo "$output"; return 1; }
	box_start "$CONFIG" --ignore-missing-lsm
	check_separate pid
	check_2015_02 1
	box_stop
	check_gone
}

@test "predecessor: 2015-02 apparmor" {
	[ ! -d /sys/kernel/security/apparmor ] || skip "this kernel has AppArmor: security_labels.bats"
	labelled 2015-02_apparmor apparmor_profile AppArmor
}

@test "predecessor: 2015-02 selinux" {
	[ ! -d /sys/fs/selinux/context ] || skip "this kernel has SELinux: security_labels.bats"
	labelled 2015-02_selinux process_label SELinux
}

@test "predecessor: 2015-02 userns" {
	predecessor 2015-02_userns
	run ctrnet_run "$CONFIG" /bin/true
	assert_status 255
	[[ $output == *"no bridge 'docker0'"* ]]
	make_bridge
	box_start "$CONFIG"
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$BOX_PID/uid_map")" = $'0 1000 1\n1 1 999\n1001 1001 9000' ]
	cmp "/proc/$BOX_PID/uid_map" "/proc/$BOX_PID/gid_map"
	[ "$(awk '/^[UG]id/ { print $2, $3, $4, $5 }' "/proc/$BOX_PID/status" | sort -u)" = '1000 1000 1000 1000' ]
	grep -q '^Max open files  *999  *999 ' "/proc/$BOX_PID/limits"
	has_mount /tmp 'tmpfs *'
	has_mount /sys 'sysfs ro,*'
	has_mount /proc/sys 'proc ro,*'
	has_mount /dev/null 'devtmpfs *'
	[ "$(nsenter --target "$BOX_PID" --uts uname -n)" = koye ]
	# Its tty is of its own devpts, and its root's.
	[ "$(stat -c '%u %t' "/proc/$BOX_PID/root/dev/console")" = '1000 88' ]
	run join_box ping -c 1 -W 2 172.17.42.1
	assert_status 0
	box_stop
	ip link delete docker0
}
