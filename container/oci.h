/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config.json of the OCI's runtime-spec 1.0.2, as types and as tables for both directions.
 *
 * Networks, routes, rules, dns and hosts, for which it has no place, are the annotation "org.ctrnet.networks": a JSON text like
 * {"networks": [...], "routes": [...]}.
 */
#ifndef CONTAINER_OCI_H
#define CONTAINER_OCI_H

#include "container/spec.h"

#define OCI_VERSION  "1.0.2"
#define OCI_NETWORKS "org.ctrnet.networks"

struct oci_ids {
	uint32_t *items;
	size_t count;
};

struct oci_user {
	uint32_t uid, gid;
	struct oci_ids additional_gids;
};

struct oci_process {
	bool terminal;
	struct oci_user user;
	char **args, **env;
	char *cwd;
	struct capabilities capabilities;
	struct rlimit_spec *rlimits;
	size_t rlimit_count;
	bool no_new_privileges;
	char *apparmor_profile, *selinux_label;
};

struct oci_root {
	char *path;
	bool readonly;
};

struct oci_mount {
	char *destination, *type, *source;
	char **options; /* rootfs/option.h */
};

/* A number that may be missing. */
struct oci_number {
	bool set;
	uint32_t value;
};

/* A rule about devices; what is missing stands for all. */
struct oci_rule {
	bool allow;
	char type; /* 'c', 'b', 'a'; 0: missing */
	struct oci_number major, minor;
	char *access;
};

struct oci_resources {
	struct oci_rule *devices;
	size_t device_count;
	struct cgroup_spec limits; /* of which only the limits count */
};

/* All of its comparisons have to hold. */
struct oci_syscall {
	char **names;
	int action; /* as SECCOMP_DO_*, and 0 for an errno */
	struct oci_number errno_ret;
	struct seccomp_arg *args;
	size_t arg_count;
};

struct oci_seccomp {
	bool present;
	int default_action;
	struct oci_syscall *syscalls;
	size_t syscall_count;
};

struct oci_linux {
	struct namespaces namespaces;
	struct id_map *uid_mappings, *gid_mappings;
	size_t uid_mapping_count, gid_mapping_count;
	struct time_offsets time_offsets;
	struct rootfs_device *devices;
	size_t device_count;
	struct json_pair *sysctl;
	size_t sysctl_count;
	struct oci_resources resources;
	char *cgroups_path;
	char *rootfs_propagation;
	char **masked_paths, **readonly_paths;
	char *mount_label;
	struct oci_seccomp seccomp;
};

struct oci {
	char *version;
	struct oci_process process;
	struct oci_root root;
	char *hostname;
	struct oci_mount *mounts;
	size_t mount_count;
	struct json_pair *annotations;
	size_t annotation_count;
	struct oci_linux linux_part;
};

extern const struct json_schema oci_schema;
/* Parts that the OCI's drafts had already. */
extern const struct json_schema oci_id_map_schema;   /* struct id_map */
extern const struct json_schema oci_memory_schema;   /* struct cgroup_spec */
extern const struct json_schema oci_cpu_schema;      /* struct cgroup_spec */
extern const struct json_schema oci_pids_schema;     /* struct cgroup_spec */
extern const struct json_schema oci_hugepage_schema; /* struct cgroup_hugetlb */
extern const struct json_schema oci_priority_schema; /* struct cgroup_ifprio */

/* struct net_config, as the annotation has it. */
extern const struct json_schema oci_networks_schema;

/*
 * Make @oci of @spec, which spec_prepare() has seen and whose process has a command. Whatever the OCI has a place for moves
 * from one to the other; both are the caller's to release, also if this fails. What it has none for is an error that names
 * the key, or, where another runtime comes to the same or can be told so otherwise, a warning. @id: of the container, for
 * the name of its cgroup.
 */
int oci_take(struct spec *spec, const char *id, struct oci *oci, struct err *err);

#endif
