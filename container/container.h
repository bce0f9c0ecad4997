/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a container: a command is executed in it (which makes it, if it is not there), and it is
 * removed. The caller's process waits; signals that reach it are handed on.
 */
#ifndef CONTAINER_CONTAINER_H
#define CONTAINER_CONTAINER_H

#include "container/guard.h"
#include "container/spec.h"
#include "container/store.h"
#include "lib/err.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>

struct init_shared;
struct sync;

struct exec_request {
	const char *root; /* directory of the containers' directories; absolute */
	const char *id;
	const char *bundle; /* directory of the config, or NULL */
	const char *source; /* of the spec, as id_derive() has it; or NULL */
	bool beside;        /* files are kept in it while the container lives: see beside.h */
	struct spec *
		spec; /* prepared; NULL: an existing container's stored one. Its process is unused */
	struct process *process; /* the command; args not empty */
	bool joins;              /* only: a container that does not run is -ESRCH */
	enum ctrnet_code code;   /* of a failure, for who asked; filled in by it */
};

/*
 * If the container runs, the command joins it; else it becomes the first process of a new one, which ends with it
 * and leaves nothing. What an earlier one of that id left behind is removed first. Without a spec an id that
 * does not exist is -ENOENT; what runs must have been made from the same source, if one is given (-EEXIST). Blocks until the
 * command ends: *@exit_code is its status, or 128 + signal. Spec
 * and process are consumed (left zero).
 */
int container_exec(struct exec_request *request, int *exit_code, struct err *err);

/*
 * -EBUSY if it runs and not @force; else kills it and takes back all that its journal lists. With @force what cannot be taken back
 * is a warning, and its record goes, unless something of it is left alive (-EBUSY).
 */
int container_delete(const char *root, const char *id, bool force, struct err *err);

/* --- for container/ itself --- */

struct births {
	pid_t first;   /* that we cloned */
	pid_t between; /* that cloned another one */
};

/* The first process of a container, or one that joined it, until it is waited for. */
struct running {
	/*
	 * Set by a caller that is not what lives as long as the container, but whose parent may: the process is that one's
	 * child (clone(2), CLONE_PARENT), has no death signal and no guard, and nobody is its supervisor. Nor is it waited
	 * for: container_wait() is not for it.
	 */
	bool detached;
	pid_t between; /* then: another child of our parent's, gone already, to be reaped; else 0 */
	/* Then, or NULL: our parent's memory, where it finds its new children should we be killed before we have told it. */
	struct births *births;
	/*
	 * The same for one that another one cloned for us, which has the memory, too, and nobody else: a page of its own. As who
	 * has it comes close to the container, it is not that of @births.
	 */
	pid_t *second;
	pid_t pid;
	int pidfd;
	int master;          /* of its pty, or -1 */
	struct winsize size; /* of that, for a detached one; 0: as the kernel has it */
	struct plan plan;    /* what was made for it (a start only) */
	sigset_t signals;    /* the mask that ctrnet was started with, once they are blocked */
	bool blocked;
	/* Of a container without a pid namespace, whose orphans come to us; in its state. Else NULL. */
	const struct cgroup_place *cgroup;
	/* Of a container that is to be frozen, in its state: it dies only when it is thawed. Else NULL. */
	const struct cgroup_place *freezer;
	struct guard guard; /* ends it if we are killed */
	/* Its own cgroup below the container's, for cgroup_unnest() when it has ended; "": it has none. */
	char nested[CGROUP_NEST_MAX];
};
#define RUNNING_INIT                                                      \
	{                                                                 \
		.pid = -1, .pidfd = -1, .master = -1, .guard = GUARD_INIT \
	}

/*
 * Start the container that @state describes (its spec complete, process included), under the lock of @store. On
 * failure nothing is left, the store's directory included.
 */
int container_start(struct store *store, struct state *state, struct running *run, struct err *err);
/* Execute @process in the container of @state, which runs (@pidfd is its first process). */
int container_join(const struct state *state, const struct process *process, int pidfd,
		   struct running *run, struct err *err);
/* Signals that are handed on are blocked from here on; the mask to give to the command is kept in @run. Idempotent. */
int container_block_signals(struct running *run, struct err *err);
/* Hand on signals and the terminal's bytes until the process ends; reaps it. Closes what @run holds. */
int container_wait(struct running *run, int *exit_code, struct err *err);
/* Give its pty its size: before the command looks. */
void container_size_terminal(const struct running *run);
/*
 * Wait until the process that we cloned (in @run) has been replaced by the one inside the pid namespace that it enters, which
 * then is in @run, and waits for STAGE_GO.
 */
int container_follow_in(struct running *run, struct sync *sync, struct init_shared *shared,
			bool terminal, struct err *err);
/* Behind STAGE_GO: wait until it executes its command, or for why it does not. -ETIMEDOUT: somebody has stopped it before. */
int container_wait_executed(const struct running *run, struct sync *sync,
			    const struct init_shared *shared, struct err *err);
/* Kill and reap a process that was not let go, and close what @run holds. Safe on one that was never cloned. */
void container_abandon(struct running *run);
/*
 * Take back all that was made for it, by @plan or, if that is NULL, by its journal, and remove its directory. Its
 * processes are gone or in its cgroup.
 */
int container_clean(struct store *store, const struct state *state, struct plan *plan,
		    struct err *err);
/*
 * Is it alive? Then *@pidfd is of its first process, else -1. One whose ctrnet was killed is killed: its death
 * signal is on its way at best. Nothing else is done.
 */
int container_find_init(const struct state *state, int *pidfd, struct err *err);
/* The same, with the state of a store that is locked. -ESRCH: "container 'x' is not running". */
int container_find_running(const struct store *store, struct state *state, int *pidfd,
			   struct err *err);

#endif
