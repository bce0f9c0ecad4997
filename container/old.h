/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the codecs of libcontainer's formats from February 2014 to February 2015 share. A format is a struct old_format:
 * its own keys as a table over struct old_config, the names of those keys that mean what they do in mid-2015
 * (spec_schema reads them), and what its containers got without asking. old_load() does the rest.
 *
 *	old.c             from a format's description to the typed spec
 *	old_mount.c       mounts: those of the config, and the fixed ones
 *	old_namespace.c   namespaces in five spellings
 *	old_capability.c  capabilities to keep, and to drop
 *	old_device.c      devices, also by their names on the host
 */
#ifndef CONTAINER_OLD_H
#define CONTAINER_OLD_H

#include "container/format.h"

struct old_mounts {
	struct rootfs_mount *items;
	size_t count;
	size_t skipped; /* entries of the config that are not among them */
};

struct old_devices {
	struct rootfs_device *items;
	size_t count;
	size_t skipped; /* as of mounts */
	bool given;
};

/* What became `mount_config`, and stood at the top before. */
struct old_rootfs {
	bool readonly, no_pivot_root;
	char *pivot_dir, *mount_label;
	struct old_mounts mounts;
	struct old_devices devices;
};

struct old_capabilities {
	bool given;
	uint64_t mask;
};

/* What became keys of their own. */
struct old_context {
	char *apparmor_profile, *process_label, *mount_label;
	char *restrictions; /* now restrict_sys: "" is none, all else is one and the same */
};

/* A config as it is written; what it shares with the later format is in a struct spec meanwhile. */
struct old_config {
	struct process process;
	struct process command; /* the first format had its words and environment apart */
	struct namespaces namespaces;
	struct old_capabilities keep, drop;
	struct old_rootfs rootfs;
	struct old_devices required, optional;
	struct old_context context;
	struct network network; /* the only one, if it has a driver */
	struct cgroup_spec cgroup;
	char *path; /* of the rootfs */
	char *ipc_path;
	char *console;
	bool restrict_sys;
};

struct old_system_mount;

struct old_format {
	const struct json_schema *schema; /* of struct old_config */
	const char *const *shared;        /* keys of spec_schema; NULL: all of them */
	const char *const *but; /* shared keys that the schema has otherwise; may be NULL */
	const struct old_system_mount *const *system; /* in their order */
	const char *const
		*devices; /* in /dev, for a config that says nothing of devices; may be NULL */
	bool readonly_sys_path; /* a restricted container's /sys is made read-only */
	bool readonly_sys;      /* a restricted container's /sys is mounted read-only */
	bool pid_file;          /* see struct spec */
	bool keeps_all;         /* without a word about capabilities, all are kept */
};

int old_load(const struct old_format *format, struct spec *spec, const struct json_value *root,
	     const char *path, struct err *err);

/* --- For the tables --- */

/* Rows that all of these formats have. */
/* clang-format off */
#define OLD_PROCESS_FIELDS \
	JSON_STRING(struct old_config, "user", process.user, .as = "process.user"), \
	JSON_STRING(struct old_config, "working_dir", process.cwd, .as = "process.cwd"), \
	JSON_STRINGS(struct old_config, "environment", process.env, .as = "process.env"), \
	JSON_BOOL(struct old_config, "tty", process.terminal, .as = "process.terminal")
/* clang-format on */

extern const struct json_schema old_context_schema;

/*
 * {"NEWNET": true}, ["NEWNET"], or [{"type": "NEWNET"}] with a path, where "type" may be "name"; or a "key", which goes
 * with "enabled". Unknown names are passed over, with a warning, but not those of "type" and "name".
 */
extern const struct json_custom old_namespaces_json; /* struct namespaces */
/* The same; a format's list of keys has only those that a config may have without being of a later one. */
extern const struct json_custom old_enabled_namespaces_json, old_named_namespaces_json;
/* A list of names; unknown ones are passed over with a warning. */
extern const struct json_custom old_keep_json; /* struct old_capabilities */
/* ["KILL"], {"KILL": false}, [{"key": "KILL", "enabled": false}]: what is true is not dropped. */
extern const struct json_custom old_drop_json; /* likewise */
/* The same; a format's list of keys has the object only. */
extern const struct json_custom old_drop_flags_json;

/* Bind mounts; others are passed over, as they were until August 2014. */
extern const struct json_custom old_bind_mounts_json; /* struct old_mounts */
/* Bind mounts and tmpfs; others are refused. */
extern const struct json_custom old_mounts_json;
/* As these, or as in mid-2015, which each entry decides for itself by "device" or "flags". */
extern const struct json_custom old_flat_mounts_json;

/* A list of device objects, or {"required": [...], "optional": [...]} of names. */
extern const struct json_custom old_devices_json; /* struct old_devices */
/* A list of names in the host's /dev, of which the optional ones may be missing. */
extern const struct json_custom old_required_json, old_optional_json;

/* What libcontainer mounted in each container. */
extern const struct old_system_mount old_proc, old_sys, old_dev, old_shm, old_mqueue, old_pts;

/* --- Between the files --- */

/* Put the fixed mounts before those of @spec; not on destinations that these take. */
int old_add_system_mounts(const struct old_format *format, bool restricted, struct spec *spec,
			  struct err *err);
/* Append all of @from, which keeps nothing but what it says of the config. */
int old_add_devices(struct old_devices *from, struct spec *spec, struct err *err);
/* Append the devices that the host has in /dev under @names. */
int old_add_host_devices(const char *const *names, struct spec *spec, struct err *err);
/* All capabilities but those of @mask. */
struct capabilities old_all_but(uint64_t mask);
/* The namespace of @type is joined at @path, also if a new one was asked for. */
int old_join_namespace(struct namespaces *list, int type, const char *path, struct err *err);

#endif
