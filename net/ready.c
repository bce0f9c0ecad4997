// SPDX-License-Identifier: Apache-2.0
/*
 * Waiting for what the kernel does later, so that the container's first packet, and the answer to it,
 * arrive. A lost one is sent again a second later: ARP, neighbour discovery and TCP all wait that long.
 *
 * Carrier: a veth end that was up before its peer gets its carrier when the peer comes up, but the
 * kernel acts on that from a work queue (net/core/link_watch.c). Until then the end's queue drops what
 * is sent, its bridge port does not forward, and a bridge whose first port it is has no carrier.
 * Measured point to point without waiting: more than 1 in 10 first packets lost. Since 6.8 the kernel
 * catches up when it is asked for the link; before, asking again helps.
 *
 * IPv6 addresses: also when duplicate address detection is off, the route that makes an address local
 * and the solicited-node group that answers for it come from a work queue (net/ipv6/addrconf.c).
 * Measured without waiting: 1 in 10 first packets lost.
 */
#include "net/address.h"
#include "net/link.h"
#include "net/patience.h"
#include "net/route.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

/* --- link.ready --- */

/*
 * A state of "unknown" is the last word of drivers that know no carrier. Of others it is the first:
 * that of a new link until the work queue comes to it for the first time (before 6.8). Taken for the
 * last word, it cost 1 in 150 first packets on a busy 6.1.
 */
static bool has_carrier(const struct link *link)
{
	/* A link that is not up waits for its owner, not for us. */
	if (!(link->flags & IFF_UP) || link->operstate == IF_OPER_UP)
		return true;
	return link->operstate == IF_OPER_UNKNOWN && !link->carrier_changes;
}

/* Ask for the link, whose state @link is, until it is ready or gone. */
static int wait_carrier(struct nl *nl, struct link *link, struct err *err)
{
	struct net_patience patience = { 0 };
	char name[IFNAMSIZ];
	int ret = 0;

	snprintf(name, sizeof(name), "%s", link->name);
	while (ret == 0 && link->index && !has_carrier(link)) {
		if (!net_patience_wait(&patience))
			return err_set(err, -ETIMEDOUT, "link '%s' gets no carrier", name);
		ret = link_find_index(nl, link->index, link, err);
	}
	return ret;
}

/* The link that a step is about; one that is missing is an error. */
static int find_link(struct scope *scope, const struct net_args *at, struct nl **nl,
		     struct link *out, struct err *err)
{
	int ret = link_find_in(scope, at->ns, at->link, nl, out, err);

	if (ret == 0 && !out->index)
		ret = err_set(err, -ENODEV, "no link '%s'", at->link);
	return ret;
}

static int apply_link(struct scope *scope, void *args, struct err *err)
{
	const struct link_args *a = args;
	struct link link, master = { 0 };
	struct nl *nl;
	int ret = find_link(scope, &a->at, &nl, &link, err);

	if (ret == 0)
		ret = wait_carrier(nl, &link, err);
	if (ret == 0 && link.master)
		ret = link_find_index(nl, link.master, &master, err);
	return ret < 0 ? ret : wait_carrier(nl, &master, err);
}

/* There is no command for it: as a comment, the lines stay a script. */
static void show_link(const void *args, FILE *out)
{
	const struct link_args *a = args;

	fprintf(out, "# wait until %s has carrier\n", a->at.link);
}

static const struct json_field link_fields[] = { NET_ARGS_JSON(struct link_args, "name"),
						 JSON_END };
static const struct json_schema link_schema = JSON_SCHEMA(struct link_args, link_fields);

const struct step_type link_ready_step = {
	.name = "link.ready",
	.args = &link_schema,
	.phase = PHASE_CONNECT,
	.apply = apply_link,
	.show = show_link,
};

/* --- link.follow --- */

/* A stacked link takes over its parent's state from the same work queue. */
static int apply_follow(struct scope *scope, void *args, struct err *err)
{
	const struct link_follow_args *a = args;
	struct link link, parent;
	struct nl *nl;
	int ret = link_find_in(scope, a->parent_ns, a->parent, NULL, &parent, err);

	if (ret < 0 || !parent.index || !(parent.flags & IFF_LOWER_UP) || !has_carrier(&parent))
		return ret;
	ret = find_link(scope, &a->at, &nl, &link, err);
	return ret < 0 ? ret : wait_carrier(nl, &link, err);
}

static void show_follow(const void *args, FILE *out)
{
	const struct link_follow_args *a = args;

	fprintf(out, "# wait until %s has carrier, if %s has\n", a->at.link, a->parent);
}

static const struct json_field follow_fields[] = {
	NET_ARGS_JSON(struct link_follow_args, "name"),
	JSON_CHARS(struct link_follow_args, "parent_ns", parent_ns),
	JSON_CHARS(struct link_follow_args, "parent", parent), JSON_END
};
static const struct json_schema follow_schema = JSON_SCHEMA(struct link_follow_args, follow_fields);

const struct step_type link_follow_step = {
	.name = "link.follow",
	.args = &follow_schema,
	.phase = PHASE_CONNECT,
	.apply = apply_follow,
	.show = show_follow,
};

/* --- addr.ready --- */

/* Has the kernel found out that nobody else has it? An address, or a link, that is not there any more is another's business. */
static int dad_done(struct scope *scope, const struct address_args *a, bool *done, struct err *err)
{
	struct address found;
	char text[IP_TEXT_MAX];
	int ret = address_find(scope, a, &found, err);

	if (ret < 0)
		return ret;
	if (found.index && found.flags & IFA_F_DADFAILED)
		return err_set(err, -EADDRINUSE, "address %s on %s: somebody else has it",
			       ip_prefix_format(&a->prefix, text, sizeof(text)), a->at.link);
	*done = !found.index || !(found.flags & IFA_F_TENTATIVE);
	return 0;
}

static int apply_address(struct scope *scope, void *args, struct err *err)
{
	const struct address_args *a = args;
	struct net_patience patience = { 0 };
	char text[IP_TEXT_MAX];
	bool local = false;
	struct link link;
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	while (ret == 0 && a->dad) {
		bool done = false;

		ret = dad_done(scope, a, &done, err);
		if (ret < 0 || done)
			break;
		if (!net_patience_wait(&patience))
			return err_set(err, -ETIMEDOUT,
				       "duplicate address detection of %s on %s does not end",
				       ip_prefix_format(&a->prefix, text, sizeof(text)),
				       a->at.link);
	}
	while (ret == 0) {
		ret = route_is_local(nl, &a->prefix.addr, &local, err);
		if (ret == 0 && !local)
			ret = find_link(scope, &a->at, &nl, &link, err);
		/* The kernel does not take up the addresses of a link that is down. */
		if (ret < 0 || local || !(link.flags & IFF_UP))
			return ret;
		if (!net_patience_wait(&patience))
			return err_set(err, -ETIMEDOUT, "address %s on %s does not become usable",
				       ip_prefix_format(&a->prefix, text, sizeof(text)),
				       a->at.link);
	}
	return ret;
}

static void show_address(const void *args, FILE *out)
{
	const struct address_args *a = args;
	char text[IP_TEXT_MAX];

	fprintf(out, "# wait until %s answers for %s\n", a->at.link,
		ip_addr_format(&a->prefix.addr, text, sizeof(text)));
}

const struct step_type addr_ready_step = {
	.name = "addr.ready",
	.args = &address_args_schema,
	.phase = PHASE_CONNECT,
	.apply = apply_address,
	.show = show_address,
};
