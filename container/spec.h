/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed spec: what a config of any format declares, in the OCI runtime spec's vocabulary, plus networks
 * and routes. Codecs fill it in; behind them nothing is a string that means something else.
 */
#ifndef CONTAINER_SPEC_H
#define CONTAINER_SPEC_H

#include "cgroup/cgroup.h"
#include "lib/err.h"
#include "lib/json.h"
#include "net/network.h"
#include "ns/capability.h"
#include "ns/idmap.h"
#include "ns/namespace.h"
#include "ns/rlimit.h"
#include "ns/seccomp.h"
#include "ns/timens.h"
#include "rootfs/rootfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct function;

/* Below the cgroup of pid 1: the parent of containers whose config names none. */
#define SPEC_CGROUP_PARENT "ctrnet"

/*
 * What is run. The formats from 2015 on leave it to the command line; of those that describe it, what the command line
 * says comes first.
 */
struct process {
	char **args;
	char **env; /* K=V */
	char *user; /* as user_lookup() reads it; NULL = root */
	char *cwd;  /* absolute; NULL = "/" */
	bool terminal;
	unsigned int preserve_fds; /* how many of the caller's descriptors it gets, from 3 on */
	bool own_capabilities;     /* else it has the spec's; never stored, either */
	struct capabilities capabilities;
	/* What is executed in place of a program; args[0] is its name then. NULL: args[0] is a program. Never stored. */
	const struct function *function;
	bool nested; /* joining: in a cgroup of its own below the container's. Never stored, either */
};

struct spec {
	struct rootfs_spec rootfs;
	char *hostname;
	char *pivot_dir; /* inside the rootfs; checked, but our pivot_root needs no directory */
	struct namespaces namespaces;
	struct id_map *uid_mappings, *gid_mappings; /* of a user namespace that is made */
	size_t uid_mapping_count, gid_mapping_count;
	struct time_offsets time_offsets; /* of a time namespace that is made */
	struct net_config net;
	struct cgroup_spec cgroup;
	struct capabilities capabilities;
	struct rlimit_spec *rlimits;
	size_t rlimit_count;
	char **additional_groups; /* names or numbers */
	struct json_pair *sysctl; /* "net.ipv4.ip_forward" */
	size_t sysctl_count;
	int parent_death_signal; /* 0 = SIGKILL */
	bool no_new_privileges;
	struct seccomp_spec seccomp;
	char *apparmor_profile;  /* NULL or "": as it is */
	char *process_label;     /* SELinux context; likewise */
	bool ignore_missing_lsm; /* go on where the kernel has neither: see labels.h */
	struct process process;
	/*
	 * Of formats before mid-2015, and not stored: without a rootfs it is the config's own directory, and a symlink may
	 * lead to it.
	 */
	bool loose_rootfs;
	/* The format kept files "pid" and "start" beside the config (libcontainer until June 2014). Not stored either. */
	bool pid_file;
};

/*
 * Read the config @path (AT_FDCWD-relative) in whatever format it is written. Errors name file, line, column and
 * key. On failure @spec is zero.
 */
int spec_load(struct spec *spec, const char *path, struct err *err);
/* The same of @text; @path names it in errors, and says where what it refers to is looked for. */
int spec_parse(struct spec *spec, const char *text, size_t len, const char *path, struct err *err);

/*
 * The form in which a spec is stored with a container's state; decodes what it encodes, without loss. The process is
 * not part of it: each exec brings its own, and what is on a command line need not be UTF-8.
 */
extern const struct json_schema spec_schema;
extern const struct json_schema process_schema;
/* Of `mounts` and `devices` in it. */
extern const struct json_schema spec_mount_schema;  /* struct rootfs_mount */
extern const struct json_schema spec_device_schema; /* struct rootfs_device */

/*
 * Print @spec as a config of mid-2015, without a newline at the end. That format has no place for the process, which stands
 * in an object of ours, and is read again from there.
 */
int spec_write(const struct spec *spec, FILE *out, struct err *err);

/* Rules between keys, no kernel in sight. Fills in what old configs leave to the runtime first. */
int spec_prepare(struct spec *spec, struct err *err);

/* The spec's process becomes @process, which is left zero. */
void spec_set_process(struct spec *spec, struct process *process);

void process_release(struct process *process);
void spec_release(struct spec *spec);

#endif
