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

check_cgroups() {
	local dir
	grep -q '/nsinit/libcontainer$' "/proc/$BOX_PID/cgroup"
	dir=$(awk '$(NF - 2) == "cgroup" && $NF ~ /devices/ { print $5 }' /proc/self/mountinfo)
	if [ -n "$dir" ]; then
		dir=$dir$(awk -F: '$2 == "devices" { print $3 }' "/proc/$BOX_PID/cgroup")
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
	fi
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

@test "predecessor: 2015-06 userns is refused by name" {
	predecessor 2015-06_userns
	run ctrnet_run "$CONFIG" /bin/true
	assert_status 255
	[[ $output == *uid_mappings*"cannot put this into effect"* ]]
}

@test "predecessor: other formats are named" {
	local name words
	for name in 2015-08_ocf_config=2015 2015-02_minimal='June 2014 to February 2015' 2014-06_container=2014; do
		words=${name#*=}
		predecessor "${name%%=*}"
		run ctrnet_run "$CONFIG" /bin/true
		assert_status 255
		[[ $output == *"does not read the format"*"$words"* ]] || { echo "$name: $output"; return 1; }
	done
}
