/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's side of a start or a join: a table of functions, in order, each of which brings the process
 * closer to what the spec says, until it executes its command. Nothing here outlives the process or its
 * namespaces, so there is nothing to undo.
 */
#ifndef CONTAINER_INIT_H
#define CONTAINER_INIT_H

#include "container/spec.h"
#include "lib/sync.h"
#include "ns/user.h"

#include <signal.h>
#include <stdio.h>

/* The stages that parent and child post each other. */
enum stage {
	STAGE_MAPPED,  /* parent: ids of the user namespace are mapped; only where there is one */
	STAGE_NETWORK, /* child: in its network namespace; with a netlink socket and the namespace */
	STAGE_CONNECTED, /* parent: networks and cgroups are in place */
	STAGE_ROOTED, /* child: all is set but the command; with the pty's master if there is one */
	STAGE_GO,     /* parent: the state is written, execute */
	/* A join has these instead of STAGE_ROOTED, and so has a start that enters a pid namespace: */
	STAGE_TERMINAL, /* child: only where there is one; with the pty's master */
	STAGE_ENTERED,  /* child: with a pidfd of the process that goes on in its place */
};
extern const char *const init_stages[];

#define INIT_PAGE (64 * 1024) /* the largest there are */

/*
 * Memory of both the parent and the child, for what a filter may not let the child send: to be looked at when the socket has
 * ended, or the child.
 */
struct init_shared {
	struct err words; /* what went wrong behind the filter; somebody inside may have got at it */
	char rest[INIT_PAGE - sizeof(struct err)];
	pid_t entered; /* a join: see init_enter_filtered(); nobody inside has this page */
};

struct init {
	const struct spec *spec;
	const struct process *process;
	bool detached; /* see container.h */
	struct sync sync;
	sigset_t signals;          /* the mask to give back */
	const struct scope *scope; /* with the cgroup's doors */
	const struct seccomp_program *filter;
	struct init_shared *shared; /* NULL without a filter */
	pid_t *entered;             /* see init_entered() */
	int apparmor, selinux;      /* files of lsm_open(), or -1 */
	/* A start: */
	const struct namespace_fds *joined; /* namespaces that the config joins by path */
	bool enters; /* the pid namespace is one of them, and is entered last of all, as by a join */
	struct rootfs_run run;
	/* A join: */
	int pidfd; /* the container's first process */
	int ptmx;  /* the host's */
	/* What the steps find out for each other: */
	int master, slave;
	struct user user;
	char **env;
	char *command;     /* path of the program */
	bool filter_first; /* a join: the filter is loaded outside of the container's pid namespace */
	struct capabilities
		command_rights; /* what it has then, without what is only for the filter */
};

/* In the child: run the table and execute; never returns. Failures go to the parent. */
void init_start(struct init *in) __attribute__((noreturn));
void init_join(struct init *in) __attribute__((noreturn));

/* That memory, to be made before the clone if there is a filter (else *@shared is NULL); and given back. */
int init_share(const struct spec *spec, struct init_shared **shared, struct err *err);
void init_unshare(struct init_shared *shared);
/*
 * Where the pid of the one that is cloned inside is to be: the caller's @second (see struct running), that memory, or, with
 * neither, nowhere. In both it is a page that the one inside does not have.
 */
pid_t *init_entered(struct init_shared *shared, pid_t *second);
/* In the parent: what the child put there, as an error; 0: nothing. */
int init_last_words(const struct init_shared *shared, struct err *err);
/* In the parent: wait until the child executes its command, or for why it does not. */
int init_wait_executed(struct sync *sync, const struct init_shared *shared, struct err *err);

/* For dry runs. */
void init_show_clone(const struct spec *spec, FILE *out);
void init_show(const struct spec *spec, FILE *out);

#endif
