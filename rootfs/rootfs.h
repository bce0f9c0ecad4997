/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's file system: mounts, devices, links, masks, and the change of root.
 *
 * rootfs_plan() holds what outlives the container (mountpoints made in the user's rootfs). The rest
 * happens in the child, inside its own mount namespace, and dies with it. Every path inside the rootfs is
 * resolved beneath it with openat2(2), and mounts are attached by file descriptor (move_mount(2)), so
 * no name is looked up twice.
 */
#ifndef ROOTFS_ROOTFS_H
#define ROOTFS_ROOTFS_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/plan.h"
#include "lib/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * A program that is run as the host's root (in a user namespace: the container's), in the container's
 * namespaces and cgroup, before its root is changed: it sees
 * the host's files, and the container's mounts below the rootfs' path. It is trusted as the config is. In a user
 * namespace it is run as the one who is root there. What it does to the host's files is not taken back, and processes
 * that it leaves running are in the container, with all that root may do.
 */
struct rootfs_command {
	char *path;  /* absolute, or a name to be found in PATH */
	char **args; /* behind argv[0], which is path */
	char **env;  /* K=V: all of it; none: ctrnet's own */
	char *dir;   /* NULL: the rootfs; a relative one is beneath it by text */
};

struct rootfs_mount {
	char *source;
	char *destination;   /* inside the rootfs */
	char *type;          /* file system ("proc", "tmpfs", ...), "bind", "cgroup" or "cgroup2" */
	unsigned long flags; /* MS_* as for mount(2), propagation included */
	char *data;          /* comma-separated, as for mount(2); quotes keep commas together */
	char *relabel; /* SELinux, of a bind mount's source: "z" shared, "Z" private; or NULL */
	struct rootfs_command *premount_cmds, *postmount_cmds;
	size_t premount_cmd_count, postmount_cmd_count;
	bool automatic;    /* not the config's: rootfs_add_defaults(), or a codec, put it there */
	bool planned_file; /* its source is a file that a step has yet to make */
	size_t skipped; /* entries before it in the config's list that it passed over, for errors */
};

struct rootfs_device {
	char type;  /* 'c', 'b', 'u', 'p' */
	char *path; /* inside the rootfs */
	int64_t major, minor;
	uint32_t file_mode; /* permission bits */
	uid_t uid;
	gid_t gid;
	bool automatic; /* both as of a mount */
	size_t skipped;
};

/*
 * One cgroup directory of the container, for mounts of type "cgroup" and "cgroup2": "cpu,cpuacct" and its host path. They
 * are bind mounts: a new mount would show the host's whole tree, since the cgroup namespace comes later.
 */
struct rootfs_cgroup {
	const char *controllers;
	const char *path;
};

struct rootfs_spec {
	char *path; /* absolute; the host's directory */
	bool readonly;
	bool no_pivot_root;       /* MS_MOVE and chroot instead */
	bool private_propagation; /* MS_PRIVATE for what the host mounts later; else MS_SLAVE */
	char *mount_label;
	struct rootfs_mount *mounts;
	size_t mount_count;
	struct rootfs_device *devices;
	size_t device_count;
	char **masked_paths;
	char **readonly_paths;
};

/*
 * Rules that need no kernel: absolute destinations that neither are "/" nor climb out with ".." nor lie in
 * /proc, known mount flags, device types. A destination that already starts with the rootfs' path
 * is taken without it.
 */
int rootfs_check(const struct rootfs_spec *spec, struct err *err);

/* Is there a mount of the container's cgroups, which then has to have some? */
bool rootfs_shows_cgroups(const struct rootfs_spec *spec);

/* Are there commands around its mounts, which may take as long as they like? */
bool rootfs_runs_commands(const struct rootfs_spec *spec);

/*
 * Add what old configs leave to the runtime: /proc where no mount says so; and where devices are
 * declared but nothing is mounted at or above /dev, a tmpfs at /dev with /dev/pts, so that no node is written
 * into the user's rootfs. Added mounts come first. Idempotent.
 */
int rootfs_add_defaults(struct rootfs_spec *spec, struct err *err);
/* Restrict what in /proc is the host's, as libcontainer did: /proc/sys and its like read-only, /proc/kcore masked. */
int rootfs_protect_proc(struct rootfs_spec *spec, struct err *err);

/*
 * The rootfs exists, is a directory, absolute, and no part of it is a symlink ("... is not an absolute path
 * or is a symlink"). Unprivileged.
 * Warns of flags that have no effect.
 */
int rootfs_resolve(const struct rootfs_spec *spec, struct err *err);

/* Append a (shared) step for each mountpoint that the rootfs lacks or that another container made. */
int rootfs_plan(const struct rootfs_spec *spec, const struct scope *scope, struct plan *plan,
		struct err *err);

/* A file system that we mounted in this container (not a bind mount). */
struct rootfs_own {
	uint64_t mount_id; /* stx_mnt_id, statx(2) */
	bool exclusive;    /* not a file system of the kernel that the host has mounted as well */
	bool scratch;      /* tmpfs or ramfs: nothing written to it outlives the container */
	bool devpts;
	int readonly_fd; /* O_PATH: to be made read-only at last, when all is in it; -1: not */
};

/* How the /proc of a pid namespace is mounted that the child is not in: a context of fsopen(2), and a look at the mount made of it. */
struct rootfs_procfs {
	int pidns;
	int (*open)(int pidns, struct err *err);
	int (*check)(int mount_fd, int pidns, struct err *err);
};

/* What the child holds between the calls below. The caller sets cgroups, userns and procfs, the rest is theirs. */
struct rootfs_run {
	int root_fd; /* O_PATH: the rootfs, in the child's mount namespace */
	int null_fd; /* O_PATH: a detached mount of the host's /dev/null, to mask files with */
	const struct rootfs_cgroup *cgroups;
	size_t cgroup_count;
	bool userns;                        /* we are in a user namespace */
	const struct rootfs_procfs *procfs; /* NULL: /proc is that of our own pid namespace */
	struct rootfs_own *own;
	size_t own_count;
};
#define ROOTFS_RUN_INIT                      \
	{                                    \
		.root_fd = -1, .null_fd = -1 \
	}

/* In the child, in a new mount namespace: propagation, the rootfs as a mount of its own, all mounts in order. */
int rootfs_mount_all(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err);
/*
 * Device nodes, the links /dev/fd, stdin, stdout, stderr, core, ptmx. Only below mounts of ours. In a user namespace
 * nobody makes nodes that work, so there the host's of the same path is bind-mounted, if it is the same device: with the
 * owner and mode that it has on the host, and read-only, so that it can be written to, but not changed.
 */
int rootfs_make_devices(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err);
/*
 * A pty: of the container's own devpts if it has one at /dev/pts, else the host's. *@master and *@slave are
 * the caller's. The slave is bind-mounted on /dev/console where /dev is a tmpfs of ours. Its line discipline is the
 * kernel's default: whoever relays it decides about ONLCR together with the mode of the other terminal.
 */
int rootfs_make_console(const struct rootfs_spec *spec, struct rootfs_run *run, uid_t owner,
			int *master, int *slave, struct err *err);
/* pivot_root(2) (or MS_MOVE) into it and chdir("/"); the host's file system is unmounted. */
int rootfs_enter(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err);
/*
 * Masked paths, read-only paths, read-only root, and read-only tmpfs mounts, which until then take mountpoints
 * and devices; inside the new root. Missing paths are fine. Call it even where none of these is asked for.
 */
int rootfs_restrict(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err);
/* O_PATH: a detached mount of the host's /dev/null, which is read-only: it can be written to, but not changed. */
int rootfs_open_null(struct err *err);

/*
 * Inside a container that is joined: a pty of its devpts, opened without trusting its /dev; else @host_ptmx, an open
 * master of the host (-1: none), which stays the caller's.
 */
int rootfs_join_console(int host_ptmx, uid_t owner, int *master, int *slave, struct err *err);

/*
 * Before a user namespace is joined: the other end of the host's pty @ptmx, which rootfs_join_console() may use, is given to
 * @uid and @gid, or nobody in there could be given it.
 */
int rootfs_give_pty(int ptmx, uid_t uid, gid_t gid, struct err *err);

/* Give the open file @fd the label of the container's files; nothing if @label is empty. */
int rootfs_label_file(int fd, const char *label, struct err *err);

/* The commands a person would have typed for each of the above, for --dry-run; with @userns those of a user namespace. */
void rootfs_show(const struct rootfs_spec *spec, bool userns, FILE *out);

extern const struct step_type *const rootfs_step_types[];

#endif
