// SPDX-License-Identifier: Apache-2.0
#include "net/view.h"

#include "net/ifb.h"
#include "net/port.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct net_view view;
	bool full;      /* out of memory */
	bool malformed; /* an answer without what each has */
};

static void reading_release(struct reading *r)
{
	net_view_release(&r->view);
}

/* Room for one more behind the @count that are there: the array grows in powers of two. */
static void *grow(struct reading *r, void *items, size_t count, size_t size)
{
	void *more;

	if (count & (count - 1))
		return items;
	more = reallocarray(items, count ? count * 2 : 1, size);
	if (!more)
		r->full = true;
	return more;
}

static void add_interface(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct reading *r = arg;
	struct net_view_interface found = { 0 }, *more;
	struct link link;

	(void)tag;
	if (!net_interface_parse(msg, &found.link) || link_parse(msg, &link) < 0) {
		r->malformed = true;
		return;
	}
	/* A name may be any bytes, and JSON is not. */
	str_make_utf8(found.link.name);
	found.txqueuelen = link.txqueuelen;
	found.peer_index = strcmp(link.kind, "veth") ? 0 : link.peer;
	found.master_index = link.master;
	more = grow(r, r->view.interfaces, r->view.count, sizeof(*more));
	if (!more)
		return;
	r->view.interfaces = more;
	more[r->view.count++] = found;
}

static struct net_view_interface *by_index(struct reading *r, uint32_t index)
{
	for (size_t i = 0; index && i < r->view.count; i++)
		if (r->view.interfaces[i].link.index == index)
			return &r->view.interfaces[i];
	return NULL;
}

/* What is on a link that came between the dumps is passed over. */
static void add_address(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct reading *r = arg;
	struct net_view_interface *at;
	struct address found, *more;

	(void)tag;
	if (address_parse(msg, &found) < 0)
		return;
	at = by_index(r, found.index);
	more = at ? grow(r, at->addresses, at->address_count, sizeof(*more)) : NULL;
	if (!more)
		return;
	at->addresses = more;
	more[at->address_count++] = found;
}

static void add_route(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct reading *r = arg;
	struct net_view_interface *at;
	struct route found, *more;

	(void)tag;
	if (route_parse(msg, &found) < 0 || found.table == RT_TABLE_LOCAL)
		return;
	at = by_index(r, found.index);
	found.hops = NULL;
	more = at ? grow(r, at->routes, at->route_count, sizeof(*more)) : NULL;
	if (!more)
		return;
	at->routes = more;
	more[at->route_count++] = found;
}

static const struct {
	uint16_t type;
	size_t header;
	nl_reply_fn *add;
} dumps[] = {
	{ RTM_GETLINK, sizeof(struct ifinfomsg), add_interface },
	{ RTM_GETADDR, sizeof(struct ifaddrmsg), add_address },
	{ RTM_GETROUTE, sizeof(struct rtmsg), add_route },
};

static int read_dumps(struct nl *nl, struct reading *r, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(dumps); i++) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

		nl_put_header(nl_batch_add(&b, dumps[i].type, 0, 0), dumps[i].header);
		ret = nl_dump(nl, &b, dumps[i].add, r, err);
	}
	if (ret == 0 && r->full)
		ret = err_oom(err);
	if (ret == 0 && r->malformed)
		ret = err_set(err, -EBADMSG,
			      "interfaces: the kernel's answer is not what it should be");
	return ret;
}

static void name_masters(struct reading *r)
{
	for (size_t i = 0; i < r->view.count; i++) {
		struct net_view_interface *at = &r->view.interfaces[i];
		const struct net_view_interface *master = by_index(r, at->master_index);

		if (master)
			memcpy(at->master, master->link.name, sizeof(at->master));
	}
}

static void keep_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct link *links = arg;

	link_parse(msg, &links[tag]);
}

/* One trip: @links[i] becomes the host's link with the index @index(i); what is not there stays zero. */
static int look_up(struct nl *host, const uint32_t *indexes, size_t count, struct link *links,
		   struct err *err)
{
	size_t at = 0;

	/* Behind a refusal no further group is sent, so each has a batch of its own. */
	while (at < count) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		size_t end = at + NL_BATCH_MAX < count ? at + NL_BATCH_MAX : count;
		int ret;

		for (; at < end; at++)
			if (indexes[at])
				link_put_get_index(&b, indexes[at], at);
		ret = b.count ? nl_batch_send(host, &b, keep_link, links, err) : 0;
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* One question for each port of a bridge that tells VLANs apart. */
static int find_vlans(struct nl *host, struct reading *r, const struct link *bridges,
		      struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < r->view.count; i++) {
		struct net_view_peer *to = &r->view.interfaces[i].peer;

		if (bridges[i].vlan_filtering)
			ret = net_port_vlans(host, to->index, &to->vlans, err);
		/* It went meanwhile. */
		if (ret == -ENODEV)
			ret = 0;
	}
	return ret;
}

static int find_peers(struct nl *host, struct reading *r, struct err *err)
{
	size_t n = r->view.count;
	_cleanup_free_ uint32_t *indexes = calloc(n + 1, sizeof(*indexes));
	_cleanup_free_ struct link *peers = calloc(n + 1, sizeof(*peers));
	_cleanup_free_ struct link *bridges = calloc(n + 1, sizeof(*bridges));
	int ret;

	if (!indexes || !peers || !bridges)
		return err_oom(err);
	for (size_t i = 0; i < n; i++)
		indexes[i] = r->view.interfaces[i].peer_index;
	ret = look_up(host, indexes, n, peers, err);
	for (size_t i = 0; i < n; i++) {
		/* Indexes are each namespace's own: the other end has to say so, too. */
		if (strcmp(peers[i].kind, "veth") ||
		    peers[i].peer != r->view.interfaces[i].link.index)
			peers[i] = (struct link){ 0 };
		indexes[i] = peers[i].master;
	}
	if (ret == 0)
		ret = look_up(host, indexes, n, bridges, err);
	for (size_t i = 0; ret == 0 && i < n; i++) {
		struct net_view_peer *to = &r->view.interfaces[i].peer;

		to->index = peers[i].index;
		memcpy(to->name, peers[i].name, sizeof(to->name));
		memcpy(to->bridge, bridges[i].name, sizeof(to->bridge));
		str_make_utf8(to->name);
		str_make_utf8(to->bridge);
	}
	return ret < 0 ? ret : find_vlans(host, r, bridges, err);
}

/* --- Shaping --- */

static struct net_view_interface *by_name(struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->view.count; i++)
		if (!strcmp(r->view.interfaces[i].link.name, name))
			return &r->view.interfaces[i];
	return NULL;
}

/* What an interface receives leaves its ifb, if it has one. */
static const struct net_view_interface *ifb_of(struct reading *r,
					       const struct net_view_interface *i)
{
	const struct net_view_interface *ifb;
	char name[IFNAMSIZ];

	ifb_name(i->link.name, name);
	ifb = by_name(r, name);
	return ifb && !strcmp(ifb->link.kind, "ifb") ? ifb : NULL;
}

/* A kernel without queueing disciplines shapes nothing. */
static int see(struct nl *nl, struct shaping_seen *seen, size_t count, struct err *err)
{
	int ret = shaping_see(nl, seen, count, err);

	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int find_shaping(struct nl *inside, struct nl *host, struct reading *r, struct err *err)
{
	size_t n = r->view.count;
	_cleanup_free_ struct shaping_seen *here = calloc(n + 1, sizeof(*here));
	_cleanup_free_ struct shaping_seen *there = calloc(n + 1, sizeof(*there));
	int ret;

	if (!here || !there)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		here[i].index = r->view.interfaces[i].link.index;
		there[i].index = r->view.interfaces[i].peer.index;
	}
	ret = see(inside, here, n, err);
	if (ret == 0)
		ret = see(host, there, n, err);
	for (size_t i = 0; ret == 0 && i < n; i++) {
		const struct net_view_interface *ifb = ifb_of(r, &r->view.interfaces[i]);

		r->view.interfaces[i].egress = here[i];
		r->view.interfaces[i].ingress = ifb ? here[ifb - r->view.interfaces] : there[i];
	}
	return ret;
}

/* --- WireGuard --- */

/* Whoever may not ask, or asks for what is just going, sees the link alone. */
static int read_wireguard(struct nl *nl, struct net_view_interface *i, struct err *err)
{
	struct genl g;
	int ret = genl_find(nl, WIREGUARD_FAMILY, &g, err);

	if (ret == 0)
		ret = wireguard_read(&g, i->link.name, &i->wireguard, err);
	if (ret == 0)
		wireguard_device_forget_secrets(&i->wireguard);
	return ret == -ENOMEM ? ret : 0;
}

static int read_wireguards(int sock, struct reading *r, struct err *err)
{
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	int ret = nl_new(sock, &nl, err);

	for (size_t i = 0; ret == 0 && i < r->view.count; i++)
		if (!strcmp(r->view.interfaces[i].link.kind, "wireguard"))
			ret = read_wireguard(nl, &r->view.interfaces[i], err);
	return ret;
}

static int read_both(struct nl *inside, int host, struct reading *r, struct err *err)
{
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	int ret = nl_new(host, &nl, err);

	if (ret == 0)
		ret = read_dumps(inside, r, err);
	if (ret == 0)
		ret = find_peers(nl, r, err);
	return ret < 0 ? ret : find_shaping(inside, nl, r, err);
}

int net_view_read(int sock, int host, int generic, struct net_view *view, struct err *err)
{
	_cleanup_fd_ int host_fd = host, generic_fd = generic;
	_cleanup_(nl_cleanup) struct nl *inside = NULL;
	_cleanup_(reading_release) struct reading r = { 0 };
	int ret = nl_new(sock, &inside, err);

	if (ret == 0)
		ret = read_both(inside, take_fd(&host_fd), &r, err);
	if (ret == 0)
		ret = read_wireguards(take_fd(&generic_fd), &r, err);
	if (ret < 0)
		return ret;
	name_masters(&r);
	*view = take_struct(r.view);
	return 0;
}

void net_view_release(struct net_view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		free(view->interfaces[i].addresses);
		free(view->interfaces[i].routes);
		wireguard_device_release(&view->interfaces[i].wireguard);
		port_vlan_list_release(&view->interfaces[i].peer.vlans);
	}
	free(view->interfaces);
	*view = (struct net_view){ 0 };
}

/* --- As JSON --- */

const char *net_destination_text(const struct route *route, char *buf, size_t size)
{
	if (route->destination.length)
		return ip_prefix_format(&route->destination, buf, size);
	snprintf(buf, size, "default");
	return buf;
}

static void write_address(struct json_writer *w, const struct address *a)
{
	char text[IP_TEXT_MAX];

	json_write_begin(w, NULL, '{');
	json_write_string(w, "address", ip_prefix_format(&a->prefix, text, sizeof(text)));
	json_write_bool(w, "ours", a->proto == NL_PROTO_CTRNET);
	json_write_end(w);
}

static void write_ip(struct json_writer *w, const char *key, const struct ip_addr *a)
{
	char text[IP_TEXT_MAX];

	if (a->family)
		json_write_string(w, key, ip_addr_format(a, text, sizeof(text)));
}

static void write_route(struct json_writer *w, const struct route *r)
{
	char text[IP_TEXT_MAX];

	json_write_begin(w, NULL, '{');
	json_write_string(w, "destination", net_destination_text(r, text, sizeof(text)));
	json_write_string(w, "family", r->destination.addr.family == AF_INET6 ? "inet6" : "inet");
	write_ip(w, "gateway", &r->gateway);
	write_ip(w, "source", &r->source);
	json_write_uint(w, "metric", r->metric);
	json_write_uint(w, "table", r->table);
	json_write_uint(w, "protocol", r->protocol);
	json_write_bool(w, "ours", r->protocol == NL_PROTO_CTRNET);
	json_write_end(w);
}

static void write_peer(struct json_writer *w, const struct net_view_peer *p)
{
	json_write_begin(w, "peer", '{');
	json_write_uint(w, "index", p->index);
	json_write_string(w, "name", p->name);
	if (p->bridge[0])
		json_write_string(w, "bridge", p->bridge);
	if (p->vlans.count)
		port_vlan_list_custom.encode(&p->vlans, "vlans", w);
	json_write_end(w);
}

static void write_way(struct json_writer *w, const char *key, const struct shaping_seen *s)
{
	if (!shaping_way_present(&s->way))
		return;
	json_write_begin(w, key, '{');
	json_write_fields(w, &shaping_way_schema, &s->way);
	json_write_uint(w, "dropped", s->dropped);
	json_write_uint(w, "backlog", s->backlog);
	json_write_end(w);
}

static void write_shaping(struct json_writer *w, const struct net_view_interface *i)
{
	if (!shaping_way_present(&i->egress.way) && !shaping_way_present(&i->ingress.way))
		return;
	json_write_begin(w, "shaping", '{');
	write_way(w, "egress", &i->egress);
	write_way(w, "ingress", &i->ingress);
	json_write_end(w);
}

static void write_wireguard_peer(struct json_writer *w, const struct wireguard_device_peer *p)
{
	char text[WIREGUARD_ENDPOINT_TEXT_MAX], key[WIREGUARD_KEY_TEXT_MAX];

	json_write_begin(w, NULL, '{');
	json_write_string(w, "public_key",
			  wireguard_key_format(&p->set.public_key, key, sizeof(key)));
	if (p->set.endpoint.addr.family)
		json_write_string(w, "endpoint",
				  wireguard_endpoint_format(&p->set.endpoint, text, sizeof(text)));
	json_write_begin(w, "allowed_ips", '[');
	for (size_t i = 0; i < p->set.allowed_ips.count; i++)
		json_write_string(w, NULL,
				  ip_prefix_format(&p->set.allowed_ips.items[i], text,
						   sizeof(text)));
	json_write_end(w);
	json_write_uint(w, "persistent_keepalive", p->set.persistent_keepalive);
	json_write_int(w, "latest_handshake", p->last_handshake);
	json_write_uint(w, "rx_bytes", p->rx_bytes);
	json_write_uint(w, "tx_bytes", p->tx_bytes);
	json_write_end(w);
}

static void write_wireguard(struct json_writer *w, const struct wireguard_device *d)
{
	char key[WIREGUARD_KEY_TEXT_MAX];

	json_write_begin(w, "wireguard", '{');
	json_write_string(w, "public_key", wireguard_key_format(&d->public_key, key, sizeof(key)));
	json_write_uint(w, "listen_port", d->listen_port);
	json_write_uint(w, "fwmark", d->fwmark);
	json_write_begin(w, "peers", '[');
	for (size_t i = 0; i < d->peer_count; i++)
		write_wireguard_peer(w, &d->peers[i]);
	json_write_end(w);
	json_write_end(w);
}

static void write_interface(struct json_writer *w, const struct net_view_interface *i)
{
	json_write_begin(w, NULL, '{');
	json_write_fields(w, &net_interface_schema, &i->link);
	json_write_uint(w, "txqueuelen", i->txqueuelen);
	if (i->master[0])
		json_write_string(w, "master", i->master);
	if (i->peer.index)
		write_peer(w, &i->peer);
	write_shaping(w, i);
	if (!strcmp(i->link.kind, "wireguard"))
		write_wireguard(w, &i->wireguard);
	json_write_begin(w, "addresses", '[');
	for (size_t n = 0; n < i->address_count; n++)
		write_address(w, &i->addresses[n]);
	json_write_end(w);
	json_write_begin(w, "routes", '[');
	for (size_t n = 0; n < i->route_count; n++)
		write_route(w, &i->routes[n]);
	json_write_end(w);
	json_write_end(w);
}

void net_view_write(struct json_writer *w, const char *key, const struct net_view *view)
{
	json_write_begin(w, key, '[');
	for (size_t i = 0; i < view->count; i++)
		write_interface(w, &view->interfaces[i]);
	json_write_end(w);
}
