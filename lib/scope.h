/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a step of a plan can reach: the container's run directory, its id and mark, its init
 * process, the namespaces by key, and handles that a folder caches (net/ keeps its netlink sockets
 * here). Steps get nothing else: no globals.
 */
#ifndef LIB_SCOPE_H
#define LIB_SCOPE_H

#include "lib/err.h"

#include <stdbool.h>
#include <sys/types.h>

#define SCOPE_HOST      "host" /* where ctrnet was started */
#define SCOPE_CONTAINER "container"

struct scope {
	char *id;      /* of the container */
	char *mark;    /* "ctrnet:<id>": what we make carries it */
	char *run_dir; /* absolute; the user of shared steps is named by it */
	char *shared_dir; /* records of shared steps, except of namespaces with a directory of their own; made on demand */
	pid_t pid; /* of the container's first process, 0 before the clone */
	/* Only to show a plan: resolving takes nothing, not even a lock. */
	bool dry;
	/* delete --force: of a record that is not as it was, what can still be told counts. */
	bool force;
	struct scope_ns *ns;
	struct scope_handle *handles;
};

/* Fill in a zeroed scope; strings are copied. */
int scope_init(struct scope *s, const char *id, const char *run_dir, const char *shared_dir,
	       struct err *err);
/* Close every namespace and handle; accepts a zeroed or half-built scope. */
void scope_release(struct scope *s);

/*
 * Register the network namespace @fd under @key (copied); takes the fd, also on failure. A mortal
 * namespace is one we made: it goes with the container and takes along what is in it, so reverting
 * skips its steps. @fd may be -1 for one that is gone already.
 */
int scope_set_ns(struct scope *s, const char *key, int fd, bool mortal, struct err *err);
/* The fd (still the scope's), or -1 if @key is unknown or gone. */
int scope_ns_fd(const struct scope *s, const char *key);
/* Was it registered without an fd: is there nothing left to enter? False for an unknown key. */
bool scope_ns_gone(const struct scope *s, const char *key);
/* False for an unknown key. */
bool scope_ns_mortal(const struct scope *s, const char *key);

/*
 * Keep the records of what is shared in the namespace @key in @dir (copied): who shares it need not have been started from the
 * same host.
 */
int scope_set_ns_shared_dir(struct scope *s, const char *key, const char *dir, struct err *err);
/* That directory, or s->shared_dir. @key may be NULL. */
const char *scope_shared_dir(const struct scope *s, const char *key);

/* A handle cached under (@tag, @key): @tag is the address of something of the owner's own. NULL if there is none. */
void *scope_handle(const struct scope *s, const void *tag, const char *key);
/* Cache @handle; the scope calls @close on it when it is released. On failure @close is called at once. */
int scope_set_handle(struct scope *s, const void *tag, const char *key, void *handle,
		     void (*close)(void *handle), struct err *err);

#endif
