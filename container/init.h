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
	STAGE_NETWORK, /* child: in its network namespace; with a netlink socket and the namespace */
	STAGE_CONNECTED, /* parent: networks and cgroups are in place */
	STAGE_ROOTED, /* child: all is set but the command; with the pty's master if there is one */
	STAGE_GO,     /* parent: the state is written, execute */
};
extern const char *const init_stages[];

struct init {
	const struct spec *spec;
	const struct process *process;
	struct sync sync;
	sigset_t signals;          /* the mask to give back */
	const struct scope *scope; /* with the cgroup's doors */
	/* A start: */
	const struct namespace_fds *joined; /* namespaces that the config joins by path */
	struct rootfs_run run;
	/* A join: */
	int pidfd; /* the container's first process */
	int ptmx;  /* the host's */
	/* What the steps find out for each other: */
	int master, slave;
	struct user user;
	char **env;
	char *command; /* path of the program */
};

/* In the child: run the table and execute; never returns. Failures go to the parent. */
void init_start(struct init *in) __attribute__((noreturn));
void init_join(struct init *in) __attribute__((noreturn));

/* For dry runs. */
void init_show_clone(const struct spec *spec, FILE *out);
void init_show(const struct spec *spec, FILE *out);

#endif
