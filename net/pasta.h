/* SPDX-License-Identifier: Apache-2.0 */
/* The step that has a pasta(1) run for the container's network namespace. */
#ifndef NET_PASTA_H
#define NET_PASTA_H

#include "net/addr.h"
#include "net/step.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pasta_args {
	char ns[NET_KEY_MAX];     /* scope key of the namespace it is for */
	char name[IFNAMSIZ];      /* of the link that it makes there */
	struct mac mac;           /* of the link; pasta is told by an option */
	uint32_t mtu, txqueuelen; /* 0: as pasta has them */
	char *program;            /* a path, or a name to be looked up in PATH */
	char **options;           /* all but the namespace */
	pid_t pid;                /* learned, with when it started */
	uint64_t start;
};

/*
 * pasta goes to the background when all is ready, and stays for as long as the container; it would hold the network
 * namespace for ever, so reverting kills it. It is told by pid and start time, and until these are known by its command line, which names
 * a file of the container's run directory.
 */
extern const struct step_type pasta_step;

/*
 * A process of ours that kills it when the container's first process ends, so that it does not hold ports of the host's
 * when nobody is left to revert anything. It goes with what it watches, so it need not be found by who has lost the plan.
 */
struct pasta_keeper_args {
	char name[IFNAMSIZ]; /* of the link */
	pid_t pid;           /* learned, with when it started */
	uint64_t start;
	pid_t watched; /* which pasta; learned likewise */
	uint64_t watched_start;
};
extern const struct step_type pasta_keeper_step;

/* Which one runs for the link @name of the container's? False: none. */
bool pasta_find(const struct scope *scope, const char *name, pid_t *pid, uint64_t *start);

/* For who has lost the plan: append a step for each that runs for the container. */
int pasta_salvage(const struct scope *scope, struct plan *plan, struct err *err);

#endif
