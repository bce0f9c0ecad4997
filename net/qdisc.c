// SPDX-License-Identifier: Apache-2.0
/* What all queueing disciplines have in common. */
#include "net/qdisc.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

static uint32_t parent_of(const struct qdisc_args *q)
{
	return q->leaf ? QDISC_CLASS : TC_H_ROOT;
}

static uint32_t handle_of(const struct qdisc_args *q)
{
	return q->leaf ? QDISC_LEAF : QDISC_ROOT;
}

struct nl_msg *qdisc_put(struct nl_batch *b, uint16_t type, size_t tag, const struct qdisc_args *q,
			 uint32_t index, const char *kind)
{
	uint16_t flags = q->replace ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_CREATE | NLM_F_EXCL;
	struct nl_msg *m = nl_batch_add(b, type, type == RTM_NEWQDISC ? flags : 0, tag);
	struct tcmsg *head = nl_put_header(m, sizeof(*head));

	head->tcm_ifindex = (int)index;
	head->tcm_parent = parent_of(q);
	head->tcm_handle = handle_of(q);
	if (kind)
		nl_put_str(m, TCA_KIND, kind);
	return m;
}

/* --- Rates --- */

uint64_t qdisc_ticks(uint64_t rate, uint32_t bytes)
{
	const unsigned __int128 below = (unsigned __int128)rate * QDISC_TICK_NS;

	return (uint64_t)(((unsigned __int128)bytes * 1000000000 + below - 1) / below);
}

bool qdisc_ticks_are(uint32_t ticks, uint64_t rate, uint32_t bytes)
{
	uint64_t wanted = qdisc_ticks(rate, bytes);
	/* The kernel divides by multiplying with a number of 32 bits, and tc(8) counts in microseconds. */
	uint64_t slack = 17 + (wanted >> 24);

	return ticks + slack >= wanted && ticks <= wanted + slack;
}

/* Whole kB, as people give them, where the rounding has room for it. */
uint32_t qdisc_bytes(uint32_t ticks, uint64_t rate)
{
	const unsigned __int128 exact =
		(unsigned __int128)rate * ticks * QDISC_TICK_NS / 1000000000;
	const uint32_t bytes = exact < UINT32_MAX ? (uint32_t)exact : UINT32_MAX;
	const uint64_t whole = ((uint64_t)bytes + 512) / 1024 * 1024;

	if (whole && whole <= UINT32_MAX && qdisc_ticks_are(ticks, rate, (uint32_t)whole))
		return (uint32_t)whole;
	return bytes;
}

struct tc_ratespec qdisc_rate(uint64_t rate)
{
	/* With the link layer said, no kernel since 3.8 asks for the table of times by packet size that tc(8) still sends. */
	return (struct tc_ratespec){ .rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX,
				     .linklayer = TC_LINKLAYER_ETHERNET };
}

uint64_t qdisc_rate_of(const struct tc_ratespec *rate, const struct nlattr *rate64)
{
	uint64_t value;

	return nl_get_bytes(rate64, &value, sizeof(value)) ? value : rate->rate;
}

/* --- Looking --- */

struct search {
	uint32_t index, parent, handle;
	bool class;
	bool found;
	uint32_t other; /* the handle of a stranger's in its place; 0: there is none */
	char kind[16];
	qdisc_read_fn *read; /* NULL: only whether it is there */
	const char *wanted;
	void *out;
};

/* One of handle 0 is the kernel's, which gives way. */
static void look_at_place(struct search *s, const struct tcmsg *head)
{
	if (!s->class && (uint32_t)head->tcm_ifindex == s->index && head->tcm_parent == s->parent &&
	    head->tcm_handle != s->handle)
		s->other = head->tcm_handle;
}

/* Dumps are of all links; a class is dumped with the handle of its qdisc in front of its own number. */
static bool matches(const struct search *s, const struct tcmsg *head)
{
	if ((uint32_t)head->tcm_ifindex != s->index)
		return false;
	if (s->class)
		return head->tcm_handle == QDISC_CLASS;
	return head->tcm_handle == s->handle && head->tcm_parent == s->parent;
}

static void look(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	const struct tcmsg *head = nl_header(msg, sizeof(*head));
	struct search *s = arg;

	(void)tag;
	if (!head)
		return;
	look_at_place(s, head);
	if (!matches(s, head))
		return;
	nl_attrs(msg, sizeof(*head), attrs, TCA_MAX);
	if (!nl_get_str(attrs[TCA_KIND], s->kind, sizeof(s->kind)))
		return;
	s->found = true;
	if (s->read && !strcmp(s->kind, s->wanted))
		s->read(attrs[TCA_OPTIONS], s->out);
}

static int search(struct nl *nl, struct search *s, const struct qdisc_args *q, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, s->class ? RTM_GETTCLASS : RTM_GETQDISC, 0, 0);
	struct tcmsg *head = nl_put_header(m, sizeof(*head));
	int ret;

	s->parent = parent_of(q);
	s->handle = handle_of(q);
	head->tcm_ifindex = (int)s->index;
	ret = nl_dump(nl, &b, look, s, err);
	return ret == -ENODEV ? 0 : ret;
}

const char *qdisc_name(const struct qdisc_args *q, char *buf, size_t size)
{
	snprintf(buf, size, "qdisc %x: on %s", handle_of(q) >> 16, q->at.link);
	return buf;
}

int qdisc_read(struct scope *scope, const struct qdisc_args *q, uint16_t type, const char *kind,
	       qdisc_read_fn *read, void *out, struct err *err)
{
	struct search s = {
		.class = type == RTM_GETTCLASS, .read = read, .wanted = kind, .out = out
	};
	struct link link;
	char name[64];
	struct nl *nl;
	int ret = link_find_in(scope, q->at.ns, q->at.link, &nl, &link, err);

	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", q->at.link);
	s.index = link.index;
	ret = search(nl, &s, q, err);
	if (ret < 0)
		return ret;
	qdisc_name(q, name, sizeof(name));
	if (!s.found)
		return err_set(err, -ENOENT, "no %s", name);
	return strcmp(s.kind, kind) ? err_set(err, -ESTALE, "%s: %s, not %s", name, s.kind, kind)
				    : 0;
}

/* --- Undoing --- */

/* s->index 0: there is no such link. */
static int find(struct scope *scope, const struct qdisc_args *q, struct nl **nl, struct search *s,
		struct err *err)
{
	struct link link;
	int ret = link_find_in(scope, q->at.ns, q->at.link, nl, &link, err);

	*s = (struct search){ .index = link.index };
	return ret < 0 || !link.index ? ret : search(*nl, s, q, err);
}

static int remove_from(struct nl *nl, const struct qdisc_args *q, const struct search *s,
		       uint32_t handle, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct tcmsg *head = nl_put_header(nl_batch_add(&b, RTM_DELQDISC, 0, 0), sizeof(*head));
	int ret;

	head->tcm_ifindex = (int)s->index;
	head->tcm_parent = parent_of(q);
	head->tcm_handle = handle;
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "remove qdisc %x: from %s", handle >> 16, q->at.link);
	return ret == -ENOENT || ret == -ENODEV || ret == -EINVAL ? 0 : ret;
}

/* Remove it from a link that has it. */
int qdisc_revert(struct scope *scope, void *args, struct err *err)
{
	const struct qdisc_args *q = args;
	struct search s;
	struct nl *nl;
	int ret = find(scope, q, &nl, &s, err);

	return ret < 0 || !s.found ? ret : remove_from(nl, q, &s, handle_of(q), err);
}

/* The place on a link of ours was ours. */
int qdisc_mend(struct scope *scope, void *args, struct err *err)
{
	const struct qdisc_args *q = args;
	struct search s;
	struct nl *nl;
	int ret = find(scope, q, &nl, &s, err);

	if (ret == 0 && s.other)
		ret = remove_from(nl, q, &s, s.other, err);
	return ret < 0 ? ret : 1;
}

/* --- qdisc.remove --- */

static int apply_remove(struct scope *scope, void *args, struct err *err)
{
	return qdisc_revert(scope, args, err);
}

static void show_remove(const void *args, FILE *out)
{
	const struct qdisc_args *q = args;

	qdisc_show_tc(out, q->at.ns);
	fprintf(out, "qdisc del dev %s root handle %x:\n", q->at.link, QDISC_ROOT >> 16);
}

static const struct json_field remove_fields[] = { NET_ARGS_JSON(struct qdisc_args, "link"),
						   JSON_CHARS(struct qdisc_args, "key", key),
						   JSON_END };
static const struct json_schema remove_schema = JSON_SCHEMA(struct qdisc_args, remove_fields);

const struct step_type qdisc_remove_step = {
	.name = "qdisc.remove",
	.args = &remove_schema,
	.phase = PHASE_CONNECT,
	.apply = apply_remove,
	.show = show_remove,
};

/* --- Showing --- */

void qdisc_show_tc(FILE *out, const char *ns)
{
	net_show_tool(out, "tc", ns);
}

void qdisc_show(const struct qdisc_args *q, FILE *out)
{
	qdisc_show_tc(out, q->at.ns);
	fprintf(out, "qdisc %s dev %s ", q->replace ? "replace" : "add", q->at.link);
	if (q->leaf)
		fprintf(out, "parent %x:1 ", QDISC_ROOT >> 16);
	else
		fprintf(out, "root ");
	fprintf(out, "handle %x: ", handle_of(q) >> 16);
}
