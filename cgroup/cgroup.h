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
 *	parent: plan_apply(PHASE_STARTED)         behind the execve: freezes it, if that is asked for
 *
 * Without the doors the join step writes the child's pid to each cgroup.procs. That takes the kernel's
 * lock against forking everywhere, and after some idleness the first taker waits for an RCU grace
 * period: 7 to 12 ms on kernel 6.18 (two CPUs). A thread that moves itself ("0" in v1's `tasks`)
 * needs no such lock (cgroup_procs_write_start() in kernel/cgroup/cgroup.c): 0.1 ms for eight
 * hierarchies. So the doors are the way to go.
 *
 * Who makes it is the manager's to say: we ourselves, or systemd, of which we ask for a transient scope (cgroup/scope.h)
 * and find its directories; what comes after that is the same for both.
 *
 * Device rules are the list of v1's `devices` controller; where that is not mounted they are an eBPF
 * program on the v2 directory (cgroup/device_bpf.h).
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

/* A limit of one block device: a weight, or bytes or operations per second. */
struct cgroup_block {
	uint32_t major, minor;
	uint64_t value;
};

struct cgroup_blocks {
	struct cgroup_block *items;
	size_t count;
};

struct cgroup_hugetlb {
	char *page_size; /* as the kernel's files have it: "2MB", "1GB" */
	uint64_t limit;  /* bytes */
};

struct cgroup_ifprio {
	char *interface;
	uint32_t priority;
};

enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS, /* directories are ours to make */
	CGROUP_MANAGER_SYSTEMD,  /* systemd makes a scope */
	CGROUP_MANAGER_DISABLED, /* there is no cgroup */
};
/* "cgroupfs", "systemd", "disabled"; ended by NULL. */
extern const struct json_name cgroup_manager_names[];

#define CGROUP_WEIGHT_MAX 10000 /* of v2's cpu.weight and io.weight; the least is 1 */

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
	int64_t memory_high, memory_low, memory_min; /* v2 alone; bytes; -1 = all of it */
	uint64_t cpu_shares;
	int64_t cpu_quota;   /* microseconds in each period; -1 = no limit */
	uint64_t cpu_period; /* microseconds */
	uint64_t cpu_burst;  /* microseconds; what a period may have of what earlier ones left */
	uint32_t cpu_weight; /* v2 alone, where it is what cpu_shares comes to: 1 to 10000 */
	int64_t cpu_rt_quota;
	uint64_t cpu_rt_period;
	char *cpuset_cpus, *cpuset_mems;
	int64_t pids_limit; /* -1 = no limit */
	uint16_t blkio_weight;
	uint32_t io_weight; /* v2 alone, where it is what blkio_weight comes to: 1 to 10000 */
	struct cgroup_blocks blkio_weight_device;
	struct cgroup_blocks blkio_throttle_read_bps_device, blkio_throttle_write_bps_device;
	struct cgroup_blocks blkio_throttle_read_iops_device, blkio_throttle_write_iops_device;
	bool oom_kill_disable;
	bool has_swappiness;       /* else it is left as the parent has it */
	uint8_t memory_swappiness; /* 0 to 100 */
	struct cgroup_hugetlb *hugetlb_limit;
	size_t hugetlb_limit_count;
	uint32_t net_cls_classid; /* major << 16 | minor, tc(8) */
	struct cgroup_ifprio *net_prio_ifpriomap;
	size_t net_prio_ifpriomap_count;
	/* Files of cgroup v2 and what is written there, for what has no key of its own: "memory.high". */
	struct json_pair *unified;
	size_t unified_count;
	bool frozen; /* freezer: FROZEN: it is frozen as soon as its command is executed */
	char *slice; /* systemd's; without that manager it never meant anything */
	/* Said to be false, or 0: in a config that asks for nothing, in an update for the end of what was (cgroup_mark_zeros()). */
	struct {
		bool oom_kill_disable, net_cls_classid;
	} zero;
	enum cgroup_manager manager; /* not the config's to say, so no key of it */
	bool alone; /* nor is this: nobody else may be in it, as who is will be killed at the container's end */
};

enum cgroup_mode {
	CGROUP_NONE, /* no cgroup file system is mounted */
	CGROUP_V1,
	CGROUP_HYBRID, /* controllers on v1, an additional bare v2 tree */
	CGROUP_V2,
};

struct cgroup_hierarchy {
	char *controllers; /* "cpu,cpuacct", "name=systemd"; for v2 what @mount has to hand down */
	char *mount;       /* "/sys/fs/cgroup/cpu" */
	char *base;        /* pid 1's cgroup there: "/" or "/docker/x" */
	bool v2;
};

/* What the host has. */
struct cgroup_host {
	enum cgroup_mode mode;
	struct cgroup_hierarchy *hierarchies;
	size_t count;
	char **page_sizes; /* of huge pages: "2MB" */
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
	char *unit; /* of systemd, which made them; NULL: they are ours */
};

extern const struct json_schema cgroup_place_schema;

/* Read /proc/self/mountinfo and /proc/1/cgroup. Unprivileged. */
int cgroup_host_read(struct cgroup_host *host, struct err *err);
/*
 * The same from the two texts (proc_pid_mountinfo(5), cgroups(7)). Where a mount shows only a part of
 * the hierarchy (docker-in-docker), bases are relative to that part; systemd's /init.scope counts as
 * its parent, as nobody else may live in it. `controllers` of the v2 tree stays "", page sizes
 * unknown.
 */
int cgroup_host_parse(const char *mountinfo, const char *proc_cgroup, struct cgroup_host *host,
		      struct err *err);
void cgroup_host_release(struct cgroup_host *host);

/*
 * For the manager systemd: bases are systemd's own cgroup from here on. -EOPNOTSUPP: there is no systemd, or no way to it in
 * this build.
 */
int cgroup_host_ask_systemd(struct cgroup_host *host, struct err *err);

/*
 * Has it to do without a cgroup (CGROUP_MANAGER_DISABLED)? Then what the spec asks for beyond a name is -EINVAL, by the key's
 * name, and it asks for none any more.
 */
int cgroup_do_without(struct cgroup_spec *spec, struct err *err);

/* Ranges and rules that need no kernel: a parent with "..", a swap limit below the memory limit, ... */
int cgroup_check(const struct cgroup_spec *spec, struct err *err);

/* Choose the directories. Pure: from spec and host. Nothing (count 0) if !spec->present. */
int cgroup_place(const struct cgroup_spec *spec, const struct cgroup_host *host, const char *id,
		 struct cgroup_place *place, struct err *err);
void cgroup_place_release(struct cgroup_place *place);

/*
 * Append the steps: cgroup.fill (v1), cgroup.scope (systemd), cgroup.dir, cgroup.enable (v2), cgroup.cpuset and cgroup.rt (v1), cgroup.write for
 * each limit, cgroup.devices, cgroup.join, cgroup.freeze. Reads which directories stand already: those that ctrnet has not
 * made are never removed. Directories that it made are marked (an extended attribute for each
 * container that uses them) and go with their last user. -EBUSY, if need be only when the plan is applied: spec->alone, and it is
 * not.
 */
int cgroup_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err);

/*
 * An fd of the v2 directory (hybrid hosts included) for clone3's CLONE_INTO_CGROUP once PHASE_PREPARE
 * is done; -1 where there is none. If it cannot be opened, is not one that ctrnet made, or is a new scope of systemd's (@scope knows)
 * that is full before the child is in it, that is -1 too: the join step then moves the child, or tells what is wrong.
 */
int cgroup_clone_fd(const struct cgroup_place *place, const struct scope *scope);

/*
 * Before the clone: open the `tasks` files of the v1 directories and keep them in @scope until it is
 * released. After it, as the child's first act (before it unshares the cgroup namespace, drops
 * privileges or starts a thread): move itself through them. The kernel checks the rights of who
 * opened them. The join step relies on the child to call this, and to report its failure. (In a new scope of systemd's there
 * are no doors, and both do nothing: the join step moves the child, which has to wait for it.)
 */
int cgroup_join_open(const struct cgroup_place *place, struct scope *scope, struct err *err);
int cgroup_join_self(const struct scope *scope, struct err *err);

#define CGROUP_NEST_MAX 48

/*
 * For a process that joins: make a cgroup of its own below @place, in each hierarchy. @name is its last component, *@nested its
 * directories. It has the limits of @place (v1's blkio_throttle_* as a copy of what they are now), and on v2 no controllers itself, for @place has processes (cgroup-v2.rst, "No
 * Internal Process Constraint"). If nobody removes it, it goes with @place, which therefore has to be one that ctrnet
 * made: else -EPERM. -ENODEV: there is no cgroup.
 */
int cgroup_nest(const struct cgroup_place *place, char name[CGROUP_NEST_MAX],
		struct cgroup_place *nested, struct err *err);
/*
 * Remove the cgroup @name below @place. One in which processes are left stays; a @name that is not cgroup_nest()'s, "" for
 * instance, is none.
 */
void cgroup_unnest(const struct cgroup_place *place, const char *name);

/*
 * Move @pid into all directories, for a process that joins a running container. Where @scope holds doors, the v1
 * ones are left to the process itself; a v2 one that it is in already is left alone.
 */
int cgroup_enter(const struct cgroup_place *place, const struct scope *scope, pid_t pid,
		 struct err *err);

/*
 * All processes in it and in cgroups nested in it, each once and in ascending order; those of pid namespaces that we do not see are
 * left out. *@pids is allocated; none, also for a cgroup that is gone, are NULL or no entries.
 */
int cgroup_pids(const struct cgroup_place *place, pid_t **pids, size_t *count, struct err *err);

/* Send @sig to each of them, once, but not to ourselves; by pidfds, so that no stranger with a pid of theirs gets it. One that is forked meanwhile may get none. */
int cgroup_signal(const struct cgroup_place *place, int sig, struct err *err);

/*
 * SIGKILL all that is in it (cgroup.kill where the kernel has it) and wait until it is empty (at most
 * 10 s). Gone already is success. Knows no difference between the container's processes and others:
 * only for a cgroup that was planned for it alone.
 */
int cgroup_kill(const struct cgroup_place *place, struct err *err);

enum cgroup_freezer {
	CGROUP_THAWED,
	CGROUP_FREEZING, /* asked for, but not all of its processes have stopped yet */
	CGROUP_FROZEN,
};

/* A process that joined a frozen one would stop there. One that has no freezer is thawed. */
enum cgroup_freezer cgroup_freezer(const struct cgroup_place *place);
bool cgroup_frozen(const struct cgroup_place *place);
/*
 * Freeze it, waiting until it is (at most 10 s, then it is thawed again: -ETIMEDOUT). -ENODEV: it has no freezer.
 * Thaw it, but not what is nested in it and was frozen there. -EBUSY: it stays frozen, since one that it is in is.
 */
int cgroup_freeze(const struct cgroup_place *place, struct err *err);
int cgroup_thaw(const struct cgroup_place *place, struct err *err);
/* For those in it that were killed: on v1 a frozen process dies only when it is thawed, nested cgroups and all. */
void cgroup_thaw_killed(const struct cgroup_place *place);

/*
 * For who has lost the plan: append a step that made what has the mark of the container @id, whose run directory is
 * @run_dir, in any hierarchy. @place is where its state says that it was; it may be empty. In its parents, as opposed to its own
 * directories, no process will be killed.
 */
int cgroup_salvage(const char *id, const char *run_dir, const struct cgroup_place *place,
		   struct plan *plan, struct err *err);

/* All step types of this folder, NULL-terminated. */
extern const struct step_type *const cgroup_step_types[];

#endif
