#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: run the jobs of /vm/jobs (lines of a name, a test file, a filter for tags, and "must" where nothing may be
# skipped), as many at once as there are processors. What they print goes to the port named "tap", each line behind the
# job's name and a tab; a last line "JOB<tab>end STATUS" closes a job, and "-<tab>end 0" the whole.

set -uo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8
# shellcheck disable=SC1091
. /vm/config
export CTRNET=/vm/tree/build/ctrnet ROOTFS=/vm/tree/build/busybox TOOLS=/vm/tree/build/tests/e2e TIMING=1 FILTER SELINUX_PROCESS SELINUX_FILES

port() {
	local dir
	for dir in /sys/class/virtio-ports/*; do
		[ "$(cat "$dir/name")" = tap ] && echo "/dev/${dir##*/}"
	done
}

# What systemd delegated to this service is for the tests; processes sit only in leaves.
take_delegation() {
	local path dir
	path=$(sed -n 's/^0:://p' /proc/self/cgroup) dir=/sys/fs/cgroup$path
	# On v1 none is v2's.
	[ "${path:-/}" != / ] && [ "$(cat /proc/1/comm)" = systemd ] || return 0
	mkdir "$dir/guest"
	echo $$ >"$dir/guest/cgroup.procs"
	sed 's/[^ ]*/+&/g' "$dir/cgroup.controllers" >"$dir/cgroup.subtree_control"
	export CTRNET_TEST_PARENT=$path
}

# job NAME FILE TAGS [must]
job() {
	local status=0
	# Nothing here is late before the machine is.
	export TAGS=$3 MUST_RUN=${4:-} TEST_TIMEOUT=$JOB_TIMEOUT
	timeout -k 5 "$JOB_TIMEOUT" tests/run.sh "$2" 2>&1 | sed -u "s/^/$1	/" || status=$?
	printf '%s\tend %d\n' "$1" $status
}

if [ $# -gt 0 ]; then
	job "$@"
	exit
fi
ulimit -c 0
for module in veth bridge dummy ipv6 loop bfq overlay; do modprobe -q "$module"; done
ip link set lo up
# A disk that has weights, and is not needed any more.
echo bfq >/sys/block/vdb/queue/scheduler
mountpoint -q /tmp || mount -t tmpfs -o mode=1777 tmp /tmp
take_delegation
cd /vm/tree || exit 1
exec >"$(port)"
printf -- '-\t# %s, %s, LSMs %s, pid 1 %s\n' "$(uname -r)" "$CONFIG" "$(cat /sys/kernel/security/lsm)" "$(cat /proc/1/comm)"
xargs -P "$(nproc)" -L 1 "$0" </vm/jobs
printf -- '-\tend 0\n'
