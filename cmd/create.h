/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags instead of a config, as nsinit had them: a container is made of the template (ctrnet_template()) and of what they
 * change in it.
 */
#ifndef CMD_CREATE_H
#define CMD_CREATE_H

#include "container/ctrnet.h"
#include "lib/err.h"
#include "lib/option.h"

#include <stdbool.h>

/* NULL, false: not given. */
struct create_flags {
	bool cgroup, read_only;
	const char *cpushares, *memory_limit, *memory_swap, *memory_swappiness;
	const char *cpuset_cpus, *cpuset_mems;
	const char *parent_death_signal, *userns_root_uid;
	const char *hostname;
	const char *ipc, *mnt, *net, *pid, *uts;
	const char *apparmor_profile, *mount_label, *process_label, *security;
	const char *veth_address, *veth_bridge, *veth_gateway, *veth_mtu;
	char **bind, **sysctl, **tmpfs, **groups;
};

/* For an OPTION_TABLE row. --rootfs is none of them: it also goes with a config. */
extern const struct option_desc create_options[];

/*
 * The config of the flags, with @rootfs (NULL: the current directory) as its root directory, made absolute, and with @command
 * (NULL: none) in it. Errors name the flag.
 */
int create_config(const struct create_flags *flags, const char *rootfs, const char *command,
		  struct ctrnet_config **config, struct err *err);

/* The same for what the library says to it later: a key in front, which a flag stands for, becomes the flag. */
void create_name_flag(struct err *err);

#endif
