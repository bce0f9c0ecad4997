/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps that are netlink messages.
 *
 * Such a step says which link it works on and builds its messages; net_step_apply() and
 * net_step_apply_many() do the rest for all of them: look up the links, send, map acks back to
 * steps, say what went wrong. As they all share one apply_many, neighbouring steps of one namespace leave in one
 * sendmsg(2), whatever their types.
 */
#ifndef NET_STEP_H
#define NET_STEP_H

#include "lib/plan.h"
#include "net/nl.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/* Longest key of a namespace in a scope, NUL included. */
#define NET_KEY_MAX 64

/* Begins the args of every step type in net/. */
struct net_args {
	char ns[NET_KEY_MAX]; /* scope key of the namespace it acts in */
	char link[IFNAMSIZ];  /* the link it works on, which exists before it; "" for none */
};

/* The JSON keys of struct net_args, the first member, called at, of @T. @key: what link is called. */
#define NET_ARGS_JSON(T, key) \
	JSON_CHARS(T, "ns", at.ns, .flags = JSON_REQUIRED), JSON_CHARS(T, key, at.link)

struct link;

struct net_step_type {
	struct step_type type;
	bool makes_link; /* later steps may work on what this one makes */
	/* Add messages to @b, each with @tag. @link is args->link as the kernel has it, or NULL if args->link is "". */
	int (*build)(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		     const struct link *link, struct err *err);
	/* The subject of an error: "gateway 10.9.0.1". */
	void (*describe)(const void *args, char *buf, size_t size);
	/* What a refusal means here, if it can be said better than strerror() does; else NULL. May be NULL. */
	const char *(*explain)(const void *args, int code);
	/*
	 * Messages about what the first ones made, sent when all of the batch worked. They must not ride
	 * with those: the kernel goes on behind a message that it refused, so where the name of a new
	 * link was taken, they would change a stranger's. May be NULL.
	 */
	void (*finish)(struct nl_batch *b, size_t tag, const void *args, const struct link *link);
};

/* The net_step_type around a step's type. */
const struct net_step_type *net_step_type_of(const struct step_type *type);

/* For .apply_many. */
int net_step_apply_many(struct scope *scope, struct step *at, size_t n, struct err *err);
/* For .apply of one type. */
int net_step_apply(const struct net_step_type *type, struct scope *scope, void *args,
		   struct err *err);

/* "ip " or "ip -n KEY ": how show() begins a line about the namespace @ns. */
void net_show_ip(FILE *out, const char *ns);
/* The same of another program of iproute2's. */
void net_show_tool(FILE *out, const char *tool, const char *ns);

#endif
