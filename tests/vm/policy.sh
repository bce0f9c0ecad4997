#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Print an SELinux policy for checkpolicy -M: three types that may do everything, levels with categories as on a Fedora, and
# labels on each file system that containers meet. It forbids nothing: the tests look at labels.

types='host_t svirt_lxc_net_t lxc_file_t'
context=system_u:object_r:host_t:s0
# The kernel goes by the order of these.
sids='kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket tcp_socket
	sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy scmp_packet devnull'
files='lnk_file fifo_file chr_file blk_file sock_file'

for name in security process system capability filesystem file dir $files; do echo "class $name"; done
for name in $sids; do echo "sid $name"; done
cat <<'POLICY'
class security { compute_av }
class process { transition dyntransition }
class system { ipc_info }
class capability { chown }
class filesystem { associate relabelto relabelfrom }
class file { execute entrypoint relabelto relabelfrom }
class dir { relabelto relabelfrom }
POLICY
for name in $files; do echo "class $name { relabelto relabelfrom }"; done

echo 'sensitivity s0; dominance { s0 }'
for name in {0..1023}; do echo "category c$name;"; done
echo 'level s0:c0.c1023;'
# checkpolicy wants one.
echo 'mlsconstrain file { relabelto } ( l2 eq h2 );'

echo 'attribute any;'
for name in $types; do echo "type $name, any;"; done
for name in security process system capability; do echo "allow any any:$name *;"; done
for name in filesystem file dir $files; do echo "allow any any:$name *;"; done
echo "role system_r; role system_r types { $types };"
# object_r is there by itself.
echo 'user system_u roles { system_r } level s0 range s0 - s0:c0.c1023;'
for name in $sids; do echo "sid $name system_u:system_r:host_t:s0"; done
echo "fs_use_xattr ext4 $context;"
for name in tmpfs devtmpfs mqueue devpts; do echo "fs_use_trans $name $context;"; done
for name in pipefs sockfs; do echo "fs_use_task $name $context;"; done
for name in proc sysfs selinuxfs cgroup2 cgroup rootfs; do echo "genfscon $name / $context"; done
