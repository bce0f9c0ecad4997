/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drafts of the OCI that runc read from June to December 2015, one view for all of them:
 *
 *	"0.1"        the first days: `processes`, and all else at the top
 *	"pre-draft"  runc 0.0.1 to 0.0.4: `process`, `linux`
 *	"0.2.0"      runc 0.0.5 and 0.0.6: a config.json, and what belongs to the host in a runtime.json beside it
 *
 * runc took paths relative to the directory that it was run in, which was meant to be the config's; ours is the config's.
 */
#ifndef CONTAINER_OCF_H
#define CONTAINER_OCF_H

#include "container/spec.h"

struct ocf_mount {
	char *name; /* of a pair: by which the other file calls it */
	struct rootfs_mount mount;
};

struct ocf_mounts {
	struct ocf_mount *items;
	size_t count;
};

struct ocf_device {
	struct rootfs_device node;
	char *permissions; /* "" or NULL: only made */
};

struct ocf_devices {
	struct ocf_device *items;
	size_t count;
};

struct ocf_id_maps {
	struct id_map *items;
	size_t count;
};

/* What goes with the container wherever it is run. */
struct ocf_config {
	char *version;
	char os[32];
	struct process process;
	bool has_user;
	uint32_t uid, gid;
	char **groups;
	char *root;
	bool readonly;
	char *hostname;
	struct ocf_mounts mounts;
	struct capabilities capabilities;
};

/* What belongs to the host that it is run on; also in the config.json, but for the pair of files. */
struct ocf_runtime {
	struct ocf_mounts mounts; /* of a pair */
	struct namespaces namespaces;
	struct ocf_id_maps uids, gids;
	struct rlimit_spec *rlimits;
	size_t rlimit_count;
	struct json_pair *sysctl;
	size_t sysctl_count;
	struct cgroup_spec cgroup;
	char *cgroups_path;
	int64_t cpus;       /* quota, in hundred thousandths */
	uint32_t megabytes; /* of memory */
	struct ocf_devices devices;
	char *apparmor_profile, *process_label;
	struct seccomp_spec seccomp;
	int propagation; /* MS_*, 0: as it was without the key */
};

/* The two views of a file of each kind; the names are those of the list above. */
extern const struct json_schema ocf_first_config_schema, ocf_first_runtime_schema; /* "0.1" */
extern const struct json_schema ocf_config_schema, ocf_linux_schema;               /* "pre-draft" */
extern const struct json_schema ocf_pair_schema, ocf_runtime_schema; /* "0.2.0": two files */

/* Is what is mounted left to another file? */
bool ocf_is_pair(const struct json_value *root);

/*
 * Decode into @spec, which is zero; spec_release() it if this fails. @runtime: the other file of a pair, else NULL. @path is
 * for messages, @dir, absolute, for relative paths.
 */
int ocf_decode(struct spec *spec, const struct json_value *config, const struct json_value *runtime,
	       const char *path, const char *dir, struct err *err);

/* As struct format has them (container/format.h). */
int ocf_load(struct spec *spec, const struct json_value *root, const char *path,
	     struct json_doc **other, struct err *err);

#endif
