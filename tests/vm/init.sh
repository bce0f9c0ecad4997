#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pid 1 of a virtual machine without systemd: mounts what a system has, control groups as the configuration says, runs the
# tests and turns the machine off. /vm/config is the configuration that tests/vm/run.sh wrote.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8
# shellcheck disable=SC1091
. /vm/config

base_mounts() {
	mkdir -p /dev/{pts,shm,mqueue}
	mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t mqueue mqueue /dev/mqueue
	mount -t tmpfs -o mode=755 run /run
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t securityfs securityfs /sys/kernel/security
	ln -sf /proc/self/fd /dev/fd
	ln -sf fd/0 /dev/stdin
	ln -sf fd/1 /dev/stdout
	ln -sf fd/2 /dev/stderr
	mount --make-rshared /
}

# As systemd has it: pid 1 in a leaf of its own, and what is beside it may have any controller.
cgroups_v2() {
	mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
	mkdir /sys/fs/cgroup/init.scope
	echo 1 >/sys/fs/cgroup/init.scope/cgroup.procs
	sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

# All of them, and nothing of v2. Two pairs share a hierarchy, as in systemd's "legacy" set-up.
cgroups_v1() {
	local set word
	mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
	for set in cpu,cpuacct net_cls,net_prio cpuset memory devices freezer blkio pids hugetlb perf_event rdma misc; do
		mkdir "/sys/fs/cgroup/$set"
		mount -t cgroup -o "$set" cgroup "/sys/fs/cgroup/$set"
		case $set in
		*,*) for word in ${set//,/ }; do ln -s "$set" "/sys/fs/cgroup/$word"; done ;;
		esac
	done
	mkdir /sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
}

selinux() {
	mount -t selinuxfs selinuxfs /sys/fs/selinux
	cat /vm/policy >/sys/fs/selinux/load
	echo 1 >/sys/fs/selinux/enforce
}

base_mounts
[ ! -f /vm/policy ] || selinux
"cgroups_$CGROUPS"
hostname ctrnet-vm
setsid /vm/tree/tests/vm/guest.sh </dev/null
sync
echo o >/proc/sysrq-trigger
sleep 60
