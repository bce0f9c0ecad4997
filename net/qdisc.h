/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queueing disciplines of links (tc(8)): the step types that shaping is made of.
 *
 * They go with their link, so undoing matters only where the link stays. What is ours has a handle that
 * tells: ce:, the number of our protocol, for the root, and cf: for the one in its class ce:1.
 */
#ifndef NET_QDISC_H
#define NET_QDISC_H

#include "net/link.h"
#include "net/netem.h"

#include <linux/pkt_sched.h>

#define QDISC_ROOT  ((uint32_t)NL_PROTO_CTRNET << 16)
#define QDISC_CLASS (QDISC_ROOT | 1)
#define QDISC_LEAF  ((uint32_t)(NL_PROTO_CTRNET + 1) << 16)

/* Begins the args of all of them. */
struct qdisc_args {
	struct net_args at;
	char key[32]; /* of the config, for errors: "shaping.egress" */
	bool leaf;    /* in the root's class; else it is the root */
	bool replace; /* change the one that is there */
};

#define QDISC_ARGS_JSON(T)                                                                      \
	JSON_CHARS(T, "ns", q.at.ns, .flags = JSON_REQUIRED), JSON_CHARS(T, "link", q.at.link), \
		JSON_CHARS(T, "key", q.key), JSON_BOOL(T, "leaf", q.leaf),                      \
		JSON_BOOL(T, "replace", q.replace)

struct tbf_args {
	struct qdisc_args q;
	uint64_t rate;         /* bytes per second */
	uint32_t burst, limit; /* bytes */
};

struct htb_args {
	struct qdisc_args q;
	uint64_t rate, ceil;
	uint32_t burst, cburst;
};

struct bfifo_args {
	struct qdisc_args q;
	uint32_t limit; /* bytes */
};

struct netem_args {
	struct qdisc_args q;
	struct netem netem;
};

extern const struct net_step_type qdisc_tbf_step;
/* With its class, which all packets go to. */
extern const struct net_step_type qdisc_htb_step;
extern const struct net_step_type qdisc_bfifo_step;
extern const struct net_step_type qdisc_netem_step;
/*
 * Is the seed of struct netem_args in force? Kernels before 6.6 pass over it: -EOPNOTSUPP. Changes nothing, so there is nothing to undo.
 */
extern const struct step_type qdisc_seed_step;
/*
 * Has this kernel netem, if need be as a module? -EOPNOTSUPP: no, and the error names @key. Makes nothing. Who may not ask is told
 * by the step, as is who asks while a discipline of somebody's is on the host's lo.
 */
int qdisc_netem_check(struct scope *scope, const char *key, struct err *err);
/* Remove the tree of struct qdisc_args; what is gone already is fine. Not undone. */
extern const struct step_type qdisc_remove_step;

/* --- For the step types --- */

/* Start an RTM_NEWQDISC or RTM_DELQDISC; @kind may be NULL. */
struct nl_msg *qdisc_put(struct nl_batch *b, uint16_t type, size_t tag, const struct qdisc_args *q,
			 uint32_t index, const char *kind);

/* What the kernel counts times in (/proc/net/psched), whatever its HZ. */
#define QDISC_TICK_NS 64

/* The ticks that @bytes take at @rate. */
uint64_t qdisc_ticks(uint64_t rate, uint32_t bytes);
/* Are @ticks what the kernel says of a bucket of @bytes? It rounds. */
bool qdisc_ticks_are(uint32_t ticks, uint64_t rate, uint32_t bytes);
/* The bucket of which the kernel says @ticks: the roundest number of bytes that it may be. */
uint32_t qdisc_bytes(uint32_t ticks, uint64_t rate);
/* The rate for a kernel that has it as 64 bits; the 32 bits are full where they do not suffice. */
struct tc_ratespec qdisc_rate(uint64_t rate);
uint64_t qdisc_rate_of(const struct tc_ratespec *rate, const struct nlattr *rate64);

/* Called with what TCA_OPTIONS of the qdisc (or class) has. */
typedef void qdisc_read_fn(const struct nlattr *options, void *out);

/* What a tbf, or a class of htb, says of its buckets. */
struct qdisc_buckets {
	uint64_t rate, ceil;    /* bytes per second; ceil is htb's */
	uint32_t ticks, cticks; /* what the bytes that fit in take */
	uint32_t limit;         /* tbf's: bytes that may wait */
};

/* Into a struct qdisc_buckets, which is zero. */
void qdisc_tbf_read(const struct nlattr *options, void *out);
void qdisc_htb_read_class(const struct nlattr *options, void *out);
/* Into a struct tc_htb_glob, likewise. */
void qdisc_htb_read(const struct nlattr *options, void *out);
/* Into a struct netem, likewise. Of distributions the kernel says nothing. */
void qdisc_netem_read(const struct nlattr *options, void *out);

/*
 * Read ours of @kind on the link. -ENOENT: there is none; -ESTALE: it is of another kind. @type: RTM_GETQDISC, or
 * RTM_GETTCLASS for its class.
 */
int qdisc_read(struct scope *scope, const struct qdisc_args *q, uint16_t type, const char *kind,
	       qdisc_read_fn *read, void *out, struct err *err);

/* For the step types' functions of the same names. Args begin with struct qdisc_args. */
int qdisc_revert(struct scope *scope, void *args, struct err *err);
/* Removes a stranger's that stands in its place; it is made anew behind that. */
int qdisc_mend(struct scope *scope, void *args, struct err *err);
/* "tc -n KEY qdisc add dev LINK root handle ce: " */
void qdisc_show(const struct qdisc_args *q, FILE *out);
/* "tc " or "tc -n KEY ". */
void qdisc_show_tc(FILE *out, const char *ns);
/* "qdisc ce: on eth0", for probes. */
const char *qdisc_name(const struct qdisc_args *q, char *buf, size_t size);

#endif
