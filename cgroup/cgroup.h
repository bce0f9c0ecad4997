/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups, on v1, hybrid and v2 hosts (cgroups(7), Documentation/admin-guide/cgroup-v1/ and
 * cgroup-v2.rst).
 *
 * A table (cgroup/keys.c) maps each limit to controller, file and encoding for both versions. A limit
 * that is asked for and whose controller the host lacks is an error that names key and controller.
 *
 * A container's cgroup has one directory in each mounted v1 hierarchy that has controllers (those of
 * name=systemd and the like are left alone), and one in the v2 tree, on a hybrid host too: there it
 * has no limits, but cgroup.kill reaches all processes at once and clone3 puts the child in for
 * nothing.
 *
 * How a new process gets in, in the order of the calls:
 *
 *	parent: plan_apply(PHASE_PREPARE)         directories and limits are there
 *	parent: fd = cgroup_clone_fd()            into v2 by clone3's CLONE_INTO_CGROUP
 *	parent: cgroup_join_open()                optional: doors into the v1 hierarchies ...
 *	child:  cgroup_join_self()                ... through which the child goes by itself
 *	parent: plan_apply(PHASE_CONNECT)         the cgroup.join step does what is not done
 *
 * Without the doors the join step writes the child's pid to each cgroup.procs. That takes the kernel's
 * lock against forking everywhere, and after some idleness the first taker waits for an RCU grace
 * period: 7 to 12 ms on kernel 6.18 (two CPUs). A thread that moves itself ("0" in v1's `tasks`)
 * needs no such lock (cgroup_procs_write_start() in kernel/cgroup/cgroup.c): 0.1 ms for eight
 * hierarchies. So the doors are the way to go.
 *
 * Device rules need the v1 `devices` controller; on v2 they are eBPF programs, which are not made
 * yet: the container runs without them, and planning warns of it once, unless they are just those
 * that libcontainer's configs have always carried (then it is a debug record).
 */
#ifndef CGROUP_CGROUP_H
#define CGROUP_CGROUP_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/plan.h"
#include "lib/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A device rule: type, numbers (-1 = all), access. */
struct cgroup_device {
	char type; /* 'c', 'b', 'a' */
	int64_t major, minor;
	char *permissions; /* out of "rwm" */
};

/* What a config asks for. Zero (or NULL) means "leave", as in libcontainer. */
struct cgroup_spec {
	bool present; /* the config has a `cgroups` object: make one */
	char *name;   /* NULL: the container's id */
	char *parent; /* relative: below pid 1's own cgroup; absolute: below the hierarchy's root */
	bool allow_all_devices;
	bool device_rules; /* the config says something about devices: apply rules */
	struct cgroup_device *allowed_devices;
	size_t allowed_device_count;
	struct cgroup_device *denied_devices;
	size_t denied_device_count;
	int64_t memory, memory_reservation, memory_swap; /* bytes; -1 = no limit */
	int64_t kernel_memory;
	uint64_t cpu_shares;
	int64_t cpu_quota;   /* microseconds in each period; -1 = no limit */
	uint64_t cpu_period; /* microseconds */
	int64_t cpu_rt_quota;
	uint64_t cpu_rt_period;
	char *cpuset_cpus, *cpuset_mems;
	int64_t pids_limit; /* -1 = no limit */
	uint16_t blkio_weight;
	bool oom_kill_disable;
};

enum cgroup_mode {
	CGROUP_NONE, /* no cgroup file system is mounted */
	CGROUP_V1,
	CGROUP_HYBRID, /* controllers on v1, an additional bare v2 tree */
	CGROUP_V2,
};

struct cgroup_hierarchy {
	char *controllers; /* "cpu,cpuacct", "name=systemd", or for v2 the list in cgroup.controllers */
	char *mount;       /* "/sys/fs/cgroup/cpu" */
	char *base;        /* pid 1's cgroup there: "/" or "/docker/x" */
	bool v2;
};

/* What the host has. */
struct cgroup_host {
	enum cgroup_mode mode;
	struct cgroup_hierarchy *hierarchies;
	size_t count;
};

/* One directory of a container's cgroup. */
struct cgroup_dir {
	char *controllers;
	char *path; /* absolute, below the mount */
	bool v2;
};

/* Where a container's cgroup is; part of its state, so that others can join or kill it. A v2 directory comes last. */
struct cgroup_place {
	struct cgroup_dir *dirs;
	size_t count;
};

extern const struct json_schema cgroup_place_schema;

/* Read /proc/self/mountinfo and /proc/1/cgroup. Unprivileged. */
int cgroup_host_read(struct cgroup_host *host, struct err *err);
/*
 * The same from the two texts (proc_pid_mountinfo(5), cgroups(7)). Where a mount shows only a part of
 * the hierarchy (docker-in-docker), bases are relative to that part; systemd's /init.scope counts as
 * its parent, as nobody else may live in it. `controllers` of the v2 tree stays "".
 */
int cgroup_host_parse(const char *mountinfo, const char *proc_cgroup, struct cgroup_host *host,
		      struct err *err);
void cgroup_host_release(struct cgroup_host *host);

/* Ranges and rules that need no kernel: a parent with "..", a swap limit below the memory limit, ... */
int cgroup_check(const struct cgroup_spec *spec, struct err *err);

/* Choose the directories. Pure: from spec and host. Nothing (count 0) if !spec->present. */
int cgroup_place(const struct cgroup_spec *spec, const struct cgroup_host *host, const char *id,
		 struct cgroup_place *place, struct err *err);
void cgroup_place_release(struct cgroup_place *place);

/*
 * Append the steps: cgroup.dir, cgroup.enable (v2), cgroup.cpuset (v1), cgroup.write for each limit,
 * cgroup.devices (v1), cgroup.join. Reads which directories stand already: those that ctrnet has not
 * made are never removed. Directories that it made are marked (an extended attribute for each
 * container that uses them) and go with their last user.
 */
int cgroup_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err);

/*
 * An fd of the v2 directory (hybrid hosts included) for clone3's CLONE_INTO_CGROUP once PHASE_PREPARE
 * is done; -1 where there is none. If it cannot be opened that is -1 too: the join step then moves
 * the child, or tells what is wrong.
 */
int cgroup_clone_fd(const struct cgroup_place *place);

/*
 * Before the clone: open the `tasks` files of the v1 directories and keep them in @scope until it is
 * released. After it, as the child's first act (before it unshares the cgroup namespace, drops
 * privileges or starts a thread): move itself through them. The kernel checks the rights of who
 * opened them. The join step relies on the child to call this, and to report its failure.
 */
int cgroup_join_open(const struct cgroup_place *place, struct scope *scope, struct err *err);
int cgroup_join_self(const struct scope *scope, struct err *err);

/*
 * Move @pid into all directories, for a process that joins a running container. Where @scope holds doors, the v1
 * ones are left to the process itself; a v2 one that it is in already is left alone.
 */
int cgroup_enter(const struct cgroup_place *place, const struct scope *scope, pid_t pid,
		 struct err *err);

/*
 * SIGKILL all that is in it (cgroup.kill where the kernel has it) and wait until it is empty (at most
 * 10 s). Gone already is success. Knows no difference between the container's processes and others:
 * not for a cgroup that it shares.
 */
int cgroup_kill(const struct cgroup_place *place, struct err *err);

/* All step types of this folder, NULL-terminated. */
extern const struct step_type *const cgroup_step_types[];

#endif
