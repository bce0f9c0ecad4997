// SPDX-License-Identifier: Apache-2.0
#include "net/stats.h"

#include "lib/cleanup.h"
#include "lib/scope.h"
#include "net/link.h"
#include "net/nl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

static const struct json_name state_names[] = {
	{ "unknown", IF_OPER_UNKNOWN }, { "notpresent", IF_OPER_NOTPRESENT },
	{ "down", IF_OPER_DOWN },       { "lowerlayerdown", IF_OPER_LOWERLAYERDOWN },
	{ "testing", IF_OPER_TESTING }, { "dormant", IF_OPER_DORMANT },
	{ "up", IF_OPER_UP },           { NULL, 0 },
};

const char *net_state_name(int state)
{
	for (const struct json_name *n = state_names; n->name; n++)
		if (n->value == state)
			return n->name;
	return "unknown";
}

static const struct json_field traffic_fields[] = {
	JSON_UINT(struct net_traffic, "bytes", bytes, .flags = JSON_KEEP),
	JSON_UINT(struct net_traffic, "packets", packets, .flags = JSON_KEEP),
	JSON_UINT(struct net_traffic, "errors", errors, .flags = JSON_KEEP),
	JSON_UINT(struct net_traffic, "dropped", dropped, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema traffic_schema = JSON_SCHEMA(struct net_traffic, traffic_fields);

static const struct json_field interface_fields[] = {
	JSON_UINT(struct net_interface, "index", index, .flags = JSON_REQUIRED),
	JSON_CHARS(struct net_interface, "name", name, .flags = JSON_REQUIRED),
	JSON_CHARS(struct net_interface, "kind", kind, .help = "veth, bridge, ..."),
	JSON_BOOL(struct net_interface, "loopback", loopback),
	JSON_BOOL(struct net_interface, "up", up, .help = "it was brought up"),
	JSON_ENUM(struct net_interface, "state", state, state_names, .flags = JSON_KEEP,
		  .help = "does it work (RFC 2863)"),
	JSON_UINT(struct net_interface, "mtu", mtu),
	JSON_TEXT(struct net_interface, "mac", mac, &mac_text),
	JSON_OBJECT(struct net_interface, "rx", rx, &traffic_schema, .flags = JSON_KEEP,
		    .help = "received"),
	JSON_OBJECT(struct net_interface, "tx", tx, &traffic_schema, .flags = JSON_KEEP,
		    .help = "sent"),
	JSON_END,
};
const struct json_schema net_interface_schema = JSON_SCHEMA(struct net_interface, interface_fields);

static const struct json_field stats_fields[] = {
	JSON_ARRAY(struct net_stats, "interfaces", interfaces, count, &net_interface_schema),
	JSON_END,
};
const struct json_schema net_stats_schema = JSON_SCHEMA(struct net_stats, stats_fields);

#define OLD(k, m) JSON_UINT(struct net_interface, k, m, .flags = JSON_KEEP)

static const struct json_field old_fields[] = {
	JSON_CHARS(struct net_interface, "Name", name, .flags = JSON_REQUIRED),
	OLD("RxBytes", rx.bytes),
	OLD("RxPackets", rx.packets),
	OLD("RxErrors", rx.errors),
	OLD("RxDropped", rx.dropped),
	OLD("TxBytes", tx.bytes),
	OLD("TxPackets", tx.packets),
	OLD("TxErrors", tx.errors),
	OLD("TxDropped", tx.dropped),
	JSON_END,
};
const struct json_schema net_interface_libcontainer_schema =
	JSON_SCHEMA(struct net_interface, old_fields);

struct dump {
	struct net_stats stats;
	bool full;      /* out of memory */
	bool malformed; /* an answer without what each has */
};

static void dump_release(struct dump *d)
{
	net_stats_release(&d->stats);
}

/* All kernels with IFLA_STATS64 (2.6.35) have the counters up to the last that is read here. */
static bool parse_counters(const struct nlmsghdr *msg, struct net_interface *i)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 };
	struct rtnl_link_stats64 s;

	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	if (!nl_get_start(attrs[IFLA_STATS64], &s, sizeof(s),
			  offsetof(struct rtnl_link_stats64, multicast)))
		return false;
	i->rx = (struct net_traffic){ s.rx_bytes, s.rx_packets, s.rx_errors, s.rx_dropped };
	i->tx = (struct net_traffic){ s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped };
	return true;
}

bool net_interface_parse(const struct nlmsghdr *msg, struct net_interface *i)
{
	struct link link;

	if (link_parse(msg, &link) < 0)
		return false;
	*i = (struct net_interface){
		.index = link.index,
		.loopback = link.flags & IFF_LOOPBACK,
		.up = link.flags & IFF_UP,
		.state = link.operstate <= IF_OPER_UP ? link.operstate : IF_OPER_UNKNOWN,
		.mtu = link.mtu,
		.mac = link.mac,
	};
	memcpy(i->name, link.name, sizeof(i->name));
	memcpy(i->kind, link.kind, sizeof(i->kind));
	return parse_counters(msg, i);
}

static void add_interface(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct dump *d = arg;
	struct net_interface found, *more;

	(void)tag;
	if (!net_interface_parse(msg, &found)) {
		d->malformed = true;
		return;
	}
	more = reallocarray(d->stats.interfaces, d->stats.count + 1, sizeof(*more));
	if (!more) {
		d->full = true;
		return;
	}
	d->stats.interfaces = more;
	more[d->stats.count++] = found;
}

typedef int open_fn(const struct scope *scope, const char *key, struct err *err);

static int open_in_netns(int netns, open_fn *open, struct err *err)
{
	_cleanup_(scope_release) struct scope scope = { 0 };
	int fd, ret;

	if (netns < 0)
		return open(&scope, SCOPE_HOST, err);
	/* The scope takes what it is given. */
	fd = fcntl(netns, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, -errno, "network namespace");
	ret = scope_set_ns(&scope, SCOPE_CONTAINER, fd, false, err);
	return ret < 0 ? ret : open(&scope, SCOPE_CONTAINER, err);
}

int net_stats_open(int netns, struct err *err)
{
	return open_in_netns(netns, nl_open_in, err);
}

int net_stats_open_generic(int netns, struct err *err)
{
	return open_in_netns(netns, nl_open_generic_in, err);
}

int net_stats_open_netfilter(int netns, struct err *err)
{
	return open_in_netns(netns, nl_open_netfilter_in, err);
}

int net_stats_read(int sock, struct net_stats *stats, struct err *err)
{
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_(dump_release) struct dump d = { 0 };
	int ret = nl_new(sock, &nl, err);

	if (ret < 0)
		return ret;
	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	ret = nl_dump(nl, &b, add_interface, &d, err);
	if (ret < 0)
		return err_wrap(err, "interfaces");
	if (d.full)
		return err_oom(err);
	if (d.malformed)
		return err_set(err, -EBADMSG,
			       "interfaces: the kernel's answer is not what it should be");
	*stats = take_struct(d.stats);
	return 0;
}

void net_stats_release(struct net_stats *stats)
{
	json_release(&net_stats_schema, stats);
}
