#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The first process of every virtual machine: find the root file system, unpack what is to be tested beside it, and execute
# the init that the kernel's command line names (ctrnet.init=PATH).

export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do
	insmod "/modules/$module"
done </modules/order
for tries in 1 2 3 4 5 6 7 8 9; do
	[ -b /dev/vdb ] && break
	sleep 1
done
mount -t ext4 /dev/vda /new || { echo "no root file system after $tries s"; poweroff -f; }
mount -t tmpfs -o mode=755 vm /new/vm
tar -x -f /dev/vdb -C /new/vm
# This is a copy of the image that nobody keeps.
cp /new/vm/tree/tests/vm/*.service /new/etc/systemd/system/
init=$(sed 's/.*ctrnet\.init=\([^ ]*\).*/\1/' /proc/cmdline)
mount --move /dev /new/dev
mount --move /proc /new/proc
mount --move /sys /new/sys
exec switch_root /new "$init"
