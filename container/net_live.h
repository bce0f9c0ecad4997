/* SPDX-License-Identifier: Apache-2.0 */
/* The network of a container that runs: compared with what was planned, mended, and cleared of what nobody has any more. */
#ifndef CONTAINER_NET_LIVE_H
#define CONTAINER_NET_LIVE_H

#include "container/store.h"
#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>

/* A step that is not as planned. */
struct net_difference {
	char *type;    /* of the step: "link.veth" */
	char *origin;  /* the key of the config: "networks[0] (eth0)"; or "" */
	char *planned; /* in words: "gateway 10.9.0.1" */
	char *found;   /* what the kernel has: "no gateway 10.9.0.1" */
};

struct net_report {
	struct net_difference *items;
	size_t count;
};

extern const struct json_schema net_report_schema; /* `differences` */

/*
 * Compare every step of the container's network with the kernel, under its lock. Differences are no error. -ESRCH: it does not
 * run. Enters namespaces.
 */
int container_net_check(const char *root, const char *id, struct net_report *report,
			struct err *err);
/* Mend what differs; what was mended is in @report. */
int container_net_repair(const char *root, const char *id, struct net_report *report,
			 struct err *err);
void net_report_release(struct net_report *report);

/*
 * A scope in which the steps of @plan, the journal of a container that runs, reach its namespaces: those of its first process
 * (@pidfd), those that it joined by path, and the host's.
 */
int container_live_scope(const struct store *store, const struct state *state,
			 const struct plan *plan, int pidfd, struct scope *scope, struct err *err);

/* A container that runs, with what was made for it, while its lock is held. */
struct net_live {
	struct store store;
	struct state state;
	struct plan plan; /* its journal */
	struct scope scope;
	int pidfd;
};
#define NET_LIVE_INIT                        \
	{                                    \
		.store.fd = -1, .pidfd = -1, \
	}

/* -ESRCH: it does not run. To be closed also on failure. */
int net_live_open(struct net_live *l, const char *root, const char *id, struct err *err);
void net_live_close(struct net_live *l);

/* --- Networks that come and go, and changes of them --- */

/*
 * Make the networks of @added, which move into its config, also on failure: all or none. *@names are what they are called in it
 * (strv). -ESRCH: it does not run; -EINVAL, -ERANGE: they do not fit; -EOPNOTSUPP: it has no network namespace of its own.
 */
int container_net_attach(const char *root, const char *id, struct net_config *added, char ***names,
			 struct err *err);
/*
 * What container_net_attach() would do, as commands; nothing is made, reserved or written. -EBUSY: it would first take back what
 * somebody left who was killed.
 */
int container_net_attach_plan(const char *root, const char *id, struct net_config *added,
			      char **plan, struct err *err);
/*
 * Take back all that was made for the network @name, as if it had never been there. -ENODEV: there is none; -EBUSY: another one
 * needs it.
 */
int container_net_detach(const char *root, const char *id, const char *name, struct err *err);

/*
 * Change of the network @name what each of @changes (strv) names, as net_change_merge() reads it: all or nothing. -EINVAL, -ERANGE:
 * they are not as they should be.
 */
int container_net_set(const char *root, const char *id, const char *name, char *const *changes,
		      struct err *err);

/*
 * Take back what a process left that was killed while it attached, detached or changed a network: what belongs to none of the
 * config's. How many networks those were, or an error.
 */
int net_live_recover(struct net_live *l, struct err *err);
/* net_live_open(), for who adds, removes or changes networks: one that has its own namespace, and nothing left behind in it. */
int net_live_open_to_change(struct net_live *l, const char *root, const char *id, struct err *err);
/* Write the journal; @arg is the struct net_live. */
int net_live_write(void *arg, struct err *err);
/* The container does not end now: what is undone in its own namespace is undone in earnest. */
int net_live_stay(struct net_live *l, struct err *err);
/* The same network by network: the first name in @plan that is none of the config's, or false. */
bool net_live_stray(const struct net_live *l, char name[IFNAMSIZ]);

/* --- What nobody has any more --- */

/* Something found without a living owner, or of which it cannot be told whether it has one. */
struct net_garbage {
	char *kind; /* "container", "link", "element", "record", "address" */
	char *name;
	char *why;
	bool kept; /* it was left alone */
};

struct net_garbage_list {
	struct net_garbage *items;
	size_t count;
};

extern const struct json_schema net_garbage_schema; /* `garbage` */

/* Remove it, or with @dry_run only tell. What could not be removed is left, and says why. */
int container_net_gc(const char *root, bool dry_run, struct net_garbage_list *list,
		     struct err *err);
void net_garbage_release(struct net_garbage_list *list);

#endif
