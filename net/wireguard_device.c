// SPDX-License-Identifier: Apache-2.0
/* The kernel's messages about WireGuard interfaces: read, compared, and built. */
#include "net/wireguard.h"

#include "lib/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

void wireguard_device_release(struct wireguard_device *d)
{
	for (size_t i = 0; i < d->peer_count; i++)
		ip_prefix_list_release(&d->peers[i].set.allowed_ips);
	free(d->peers);
	*d = (struct wireguard_device){ 0 };
}

void wireguard_device_forget_secrets(struct wireguard_device *d)
{
	d->private_key = (struct wireguard_key){ 0 };
	for (size_t i = 0; i < d->peer_count; i++)
		d->peers[i].set.preshared_key = (struct wireguard_key){ 0 };
}

/* --- Reading --- */

static bool get_key(const struct nlattr *attr, struct wireguard_key *out)
{
	return nl_get_bytes(attr, out->bytes, sizeof(out->bytes));
}

static void get_endpoint(const struct nlattr *attr, struct wireguard_endpoint *out)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (nl_get_bytes(attr, &in, sizeof(in)) && in.sin_family == AF_INET) {
		out->addr.family = AF_INET;
		memcpy(out->addr.bytes, &in.sin_addr, sizeof(in.sin_addr));
		out->port = ntohs(in.sin_port);
	} else if (nl_get_bytes(attr, &in6, sizeof(in6)) && in6.sin6_family == AF_INET6) {
		out->addr.family = AF_INET6;
		memcpy(out->addr.bytes, &in6.sin6_addr, sizeof(in6.sin6_addr));
		out->port = ntohs(in6.sin6_port);
	}
}

static bool get_allowed_ip(const struct nlattr *nest, struct ip_prefix *out)
{
	const struct nlattr *attrs[WGALLOWEDIP_A_MAX + 1] = { 0 };
	struct ip_prefix p = { 0 };
	uint16_t family;
	uint8_t length;

	nl_attrs_nested(nest, attrs, WGALLOWEDIP_A_MAX);
	if (!nl_get_bytes(attrs[WGALLOWEDIP_A_FAMILY], &family, sizeof(family)) ||
	    !nl_get_u8(attrs[WGALLOWEDIP_A_CIDR_MASK], &length))
		return false;
	p.addr.family = family;
	p.length = length;
	if (length > ip_family_bits(family) ||
	    !nl_get_bytes(attrs[WGALLOWEDIP_A_IPADDR], p.addr.bytes, ip_family_size(family)))
		return false;
	*out = p;
	return true;
}

static void parse_allowed_ips(const struct nlattr *nest, struct wireguard_device *d,
			      struct wireguard_device_peer *p)
{
	const struct nlattr *at = NULL;
	struct ip_prefix prefix;

	while (nest && (at = nl_nested_next(nest, at)))
		if (!get_allowed_ip(at, &prefix))
			d->code = -EBADMSG;
		else if (ip_prefix_list_add(&p->set.allowed_ips, &prefix) < 0)
			d->code = -ENOMEM;
}

/* The last one, where the message before had no room for all of it, or a new one; NULL: out of memory. */
static struct wireguard_device_peer *open_peer(struct wireguard_device *d,
					       const struct wireguard_key *key)
{
	struct wireguard_device_peer *last = d->peer_count ? &d->peers[d->peer_count - 1] : NULL;
	void *more;

	if (last && wireguard_key_equal(&last->set.public_key, key))
		return last;
	/* In powers of two, told from the count alone. */
	if (!(d->peer_count & (d->peer_count - 1))) {
		more = reallocarray(d->peers, d->peer_count ? d->peer_count * 2 : 1,
				    sizeof(*d->peers));
		if (!more)
			return NULL;
		d->peers = more;
	}
	last = &d->peers[d->peer_count++];
	*last = (struct wireguard_device_peer){ .set.public_key = *key };
	return last;
}

static void parse_peer(const struct nlattr *nest, struct wireguard_device *d)
{
	const struct nlattr *attrs[WGPEER_A_MAX + 1] = { 0 };
	struct wireguard_device_peer *p;
	struct wireguard_key key;
	int64_t time[2]; /* struct __kernel_timespec */

	nl_attrs_nested(nest, attrs, WGPEER_A_MAX);
	if (!get_key(attrs[WGPEER_A_PUBLIC_KEY], &key)) {
		d->code = -EBADMSG;
		return;
	}
	p = open_peer(d, &key);
	if (!p) {
		d->code = -ENOMEM;
		return;
	}
	get_key(attrs[WGPEER_A_PRESHARED_KEY], &p->set.preshared_key);
	get_endpoint(attrs[WGPEER_A_ENDPOINT], &p->set.endpoint);
	nl_get_bytes(attrs[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL], &p->set.persistent_keepalive,
		     sizeof(p->set.persistent_keepalive));
	if (nl_get_bytes(attrs[WGPEER_A_LAST_HANDSHAKE_TIME], time, sizeof(time)))
		p->last_handshake = time[0];
	nl_get_bytes(attrs[WGPEER_A_RX_BYTES], &p->rx_bytes, sizeof(p->rx_bytes));
	nl_get_bytes(attrs[WGPEER_A_TX_BYTES], &p->tx_bytes, sizeof(p->tx_bytes));
	parse_allowed_ips(attrs[WGPEER_A_ALLOWEDIPS], d, p);
}

void wireguard_parse(const struct genl *g, const struct nlmsghdr *msg, struct wireguard_device *d)
{
	const struct nlattr *attrs[WGDEVICE_A_MAX + 1] = { 0 }, *at = NULL;

	if (genl_attrs(g, msg, attrs, WGDEVICE_A_MAX) < 0) {
		d->code = -EBADMSG;
		return;
	}
	get_key(attrs[WGDEVICE_A_PRIVATE_KEY], &d->private_key);
	get_key(attrs[WGDEVICE_A_PUBLIC_KEY], &d->public_key);
	nl_get_bytes(attrs[WGDEVICE_A_LISTEN_PORT], &d->listen_port, sizeof(d->listen_port));
	nl_get_u32(attrs[WGDEVICE_A_FWMARK], &d->fwmark);
	while (attrs[WGDEVICE_A_PEERS] && (at = nl_nested_next(attrs[WGDEVICE_A_PEERS], at)))
		parse_peer(at, d);
}

struct reading {
	const struct genl *g;
	struct wireguard_device *d;
};

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct reading *r = arg;

	(void)tag;
	wireguard_parse(r->g, msg, r->d);
}

int wireguard_read(const struct genl *g, const char *link, struct wireguard_device *out,
		   struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_(wireguard_device_release) struct wireguard_device d = { 0 };
	int ret;

	nl_put_str(genl_batch_add(g, &b, WG_CMD_GET_DEVICE, 0, 0), WGDEVICE_A_IFNAME, link);
	ret = nl_dump(g->nl, &b, see, &(struct reading){ g, &d }, err);
	if (ret == -ENODEV)
		return err_set(err, -ENOENT, "no link '%s'", link);
	if (ret == -EOPNOTSUPP)
		return err_set(err, -ESTALE, "link '%s' is no wireguard", link);
	if (ret == 0 && d.code < 0)
		ret = err_sys(err, d.code, "wireguard %s: the kernel's answer", link);
	if (ret == 0)
		*out = take_struct(d);
	return ret;
}

/* --- Comparing --- */

static int compare_prefixes(const void *a, const void *b)
{
	const struct ip_prefix *p = a, *q = b;
	int ret = p->addr.family - q->addr.family;

	if (!ret)
		ret = (int)p->length - (int)q->length;
	return ret ? ret : memcmp(p->addr.bytes, q->addr.bytes, sizeof(p->addr.bytes));
}

static int compare_peers(const void *a, const void *b)
{
	const struct wireguard_device_peer *p = a, *q = b;

	return memcmp(&p->set.public_key, &q->set.public_key, sizeof(p->set.public_key));
}

static void sort_device(struct wireguard_device *d)
{
	if (d->peer_count)
		qsort(d->peers, d->peer_count, sizeof(*d->peers), compare_peers);
	for (size_t i = 0; i < d->peer_count; i++) {
		struct ip_prefix_list *list = &d->peers[i].set.allowed_ips;

		if (list->count)
			qsort(list->items, list->count, sizeof(*list->items), compare_prefixes);
	}
}

/* In a sorted one. */
static const struct wireguard_device_peer *find_peer(const struct wireguard_device *d,
						     const struct wireguard_key *key)
{
	const struct wireguard_device_peer wanted = { .set.public_key = *key };

	return d->peer_count
		       ? bsearch(&wanted, d->peers, d->peer_count, sizeof(*d->peers), compare_peers)
		       : NULL;
}

static bool is_planned(const struct wireguard_options *want, const struct wireguard_key *key)
{
	for (size_t i = 0; i < want->peer_count; i++)
		if (wireguard_key_equal(&want->peers[i].public_key, key))
			return true;
	return false;
}

/* What the kernel has beside those planned, which it has all. */
static int refuse_more(const struct ip_prefix_list *want, const struct ip_prefix_list *have,
		       struct err *err)
{
	char text[IP_TEXT_MAX] = "";

	for (size_t i = 0; i < have->count && !text[0]; i++) {
		bool planned = false;

		for (size_t at = 0; at < want->count && !planned; at++)
			planned = ip_prefix_equal(&want->items[at], &have->items[i]);
		if (!planned)
			ip_prefix_format(&have->items[i], text, sizeof(text));
	}
	return err_set(err, -ESTALE, "allowed_ips have %s as well", text);
}

static int compare_allowed_ips(const struct ip_prefix_list *want, const struct ip_prefix_list *have,
			       struct err *err)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < want->count; i++)
		if (!have->count || !bsearch(&want->items[i], have->items, have->count,
					     sizeof(*have->items), compare_prefixes))
			return err_set(err, -ESTALE, "allowed_ips lack %s",
				       ip_prefix_format(&want->items[i], text, sizeof(text)));
	return want->count == have->count ? 0 : refuse_more(want, have, err);
}

static bool endpoint_equal(const struct wireguard_endpoint *a, const struct wireguard_endpoint *b)
{
	return ip_addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

static int compare_endpoint(const struct wireguard_peer *want,
			    const struct wireguard_device_peer *have, struct err *err)
{
	char is[WIREGUARD_ENDPOINT_TEXT_MAX], should[WIREGUARD_ENDPOINT_TEXT_MAX];

	if (!want->endpoint.addr.family || have->rx_bytes ||
	    endpoint_equal(&want->endpoint, &have->set.endpoint))
		return 0;
	wireguard_endpoint_format(&want->endpoint, should, sizeof(should));
	if (!have->set.endpoint.addr.family)
		return err_set(err, -ESTALE, "it has no endpoint, planned %s", should);
	return err_set(err, -ESTALE, "endpoint is %s, planned %s",
		       wireguard_endpoint_format(&have->set.endpoint, is, sizeof(is)), should);
}

static int compare_peer(const struct wireguard_peer *want, const struct wireguard_device_peer *have,
			struct err *err)
{
	int ret = 0;

	if (!wireguard_key_equal(&want->preshared_key, &have->set.preshared_key))
		ret = err_set(err, -ESTALE, "preshared_key is another one");
	else if (want->persistent_keepalive != have->set.persistent_keepalive)
		ret = err_set(err, -ESTALE, "persistent_keepalive is %u, planned %u",
			      have->set.persistent_keepalive, want->persistent_keepalive);
	if (ret == 0)
		ret = compare_endpoint(want, have, err);
	return ret < 0 ? ret : compare_allowed_ips(&want->allowed_ips, &have->set.allowed_ips, err);
}

static bool same_private_key(const struct wireguard_options *want,
			     const struct wireguard_device *have)
{
	const struct wireguard_key clamped = wireguard_key_clamped(&want->private_key);

	return wireguard_key_equal(&clamped, &have->private_key);
}

static int compare_device(const struct wireguard_options *want, const struct wireguard_device *have,
			  struct err *err)
{
	if (!same_private_key(want, have))
		return err_set(err, -ESTALE, "private_key is another one");
	if (want->listen_port && want->listen_port != have->listen_port)
		return err_set(err, -ESTALE, "listen_port is %u, planned %u", have->listen_port,
			       want->listen_port);
	if (want->fwmark != have->fwmark)
		return err_set(err, -ESTALE, "fwmark is %u, planned %u", have->fwmark,
			       want->fwmark);
	return 0;
}

int wireguard_compare(const struct wireguard_options *want, struct wireguard_device *have,
		      struct err *err)
{
	char key[WIREGUARD_KEY_TEXT_MAX];
	int ret = compare_device(want, have, err);

	if (ret == 0)
		sort_device(have);
	for (size_t i = 0; ret == 0 && i < want->peer_count; i++) {
		const struct wireguard_peer *p = &want->peers[i];
		const struct wireguard_device_peer *found = find_peer(have, &p->public_key);

		wireguard_key_format(&p->public_key, key, sizeof(key));
		if (!found)
			return err_set(err, -ESTALE, "no peer %s", key);
		ret = compare_peer(p, found, err);
		if (ret < 0)
			err_wrap(err, "peer %s", key);
	}
	for (size_t i = 0; ret == 0 && i < have->peer_count; i++)
		if (!is_planned(want, &have->peers[i].set.public_key))
			ret = err_set(err, -ESTALE, "peer %s as well",
				      wireguard_key_format(&have->peers[i].set.public_key, key,
							   sizeof(key)));
	return ret;
}

/* --- Building --- */

/* One message; a peer with more allowed IPs than it has room for goes on in the next one. */
#define MESSAGE_SIZE 16384
/* More than all attributes of a peer, or one allowed IP, take in it. */
#define PEER_SIZE       256
#define ALLOWED_IP_SIZE 64

struct writer {
	const struct genl *g;
	struct nl_batch *b;
	const char *link;
	struct nl_msg *m;
	struct nl_nest peers;
};

static void begin_message(struct writer *w)
{
	nl_batch_expect(w->b, MESSAGE_SIZE);
	w->m = genl_batch_add(w->g, w->b, WG_CMD_SET_DEVICE, 0, 0);
	nl_put_str(w->m, WGDEVICE_A_IFNAME, w->link);
}

static bool has_room(const struct writer *w, size_t size)
{
	return !w->m->head || w->m->head->nlmsg_len + size <= w->m->room;
}

static void next_message(struct writer *w)
{
	nl_nest_end(w->m, &w->peers);
	begin_message(w);
	w->peers = nl_nest_begin(w->m, WGDEVICE_A_PEERS);
}

/* Begin a peer, in a message that has room for it. */
static struct nl_nest begin_peer(struct writer *w, const struct wireguard_key *key)
{
	struct nl_nest nest;

	if (!has_room(w, PEER_SIZE))
		next_message(w);
	nest = nl_nest_begin(w->m, 0);
	nl_put(w->m, WGPEER_A_PUBLIC_KEY, key->bytes, sizeof(key->bytes));
	return nest;
}

static void put_removal(struct writer *w, const struct wireguard_key *key)
{
	struct nl_nest nest = begin_peer(w, key);

	nl_put_u32(w->m, WGPEER_A_FLAGS, WGPEER_F_REMOVE_ME);
	nl_nest_end(w->m, &nest);
}

static void put_endpoint(struct writer *w, const struct wireguard_endpoint *e)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

	memcpy(&in6.sin6_addr, e->addr.bytes, sizeof(in6.sin6_addr));
	memcpy(&in.sin_addr, e->addr.bytes, sizeof(in.sin_addr));
	if (e->addr.family == AF_INET6)
		nl_put(w->m, WGPEER_A_ENDPOINT, &in6, sizeof(in6));
	else if (e->addr.family == AF_INET)
		nl_put(w->m, WGPEER_A_ENDPOINT, &in, sizeof(in));
}

static void put_allowed_ip(struct writer *w, const struct ip_prefix *p)
{
	nl_nest (w->m, 0) {
		nl_put_u16(w->m, WGALLOWEDIP_A_FAMILY, (uint16_t)p->addr.family);
		nl_put(w->m, WGALLOWEDIP_A_IPADDR, p->addr.bytes, ip_family_size(p->addr.family));
		nl_put_u8(w->m, WGALLOWEDIP_A_CIDR_MASK, (uint8_t)p->length);
	}
}

/* Into the peer that is open at @nest, and into others of the same key. */
static void put_allowed_ips(struct writer *w, const struct wireguard_peer *p, struct nl_nest *nest)
{
	struct nl_nest list = nl_nest_begin(w->m, WGPEER_A_ALLOWEDIPS);

	for (size_t i = 0; i < p->allowed_ips.count; i++) {
		if (!has_room(w, ALLOWED_IP_SIZE)) {
			nl_nest_end(w->m, &list);
			nl_nest_end(w->m, nest);
			next_message(w);
			*nest = begin_peer(w, &p->public_key);
			list = nl_nest_begin(w->m, WGPEER_A_ALLOWEDIPS);
		}
		put_allowed_ip(w, &p->allowed_ips.items[i]);
	}
	nl_nest_end(w->m, &list);
}

/* All of it, so that nothing stays of what it was; an endpoint that is not planned cannot be taken away. */
static void put_peer(struct writer *w, const struct wireguard_peer *p)
{
	struct nl_nest nest = begin_peer(w, &p->public_key);

	nl_put_u32(w->m, WGPEER_A_FLAGS, WGPEER_F_REPLACE_ALLOWEDIPS);
	nl_put(w->m, WGPEER_A_PRESHARED_KEY, p->preshared_key.bytes,
	       sizeof(p->preshared_key.bytes));
	put_endpoint(w, &p->endpoint);
	nl_put_u16(w->m, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, p->persistent_keepalive);
	put_allowed_ips(w, p, &nest);
	nl_nest_end(w->m, &nest);
}

/* To set the private key anew ends all sessions, also if it is the same one unclamped. */
static void put_device(struct writer *w, const struct wireguard_options *want,
		       const struct wireguard_device *have)
{
	if (!same_private_key(want, have))
		nl_put(w->m, WGDEVICE_A_PRIVATE_KEY, want->private_key.bytes,
		       sizeof(want->private_key.bytes));
	if (want->listen_port && want->listen_port != have->listen_port)
		nl_put_u16(w->m, WGDEVICE_A_LISTEN_PORT, want->listen_port);
	if (want->fwmark != have->fwmark)
		nl_put_u32(w->m, WGDEVICE_A_FWMARK, want->fwmark);
}

void wireguard_put(const struct genl *g, struct nl_batch *b, const char *link,
		   const struct wireguard_options *want, struct wireguard_device *have)
{
	struct writer w = { .g = g, .b = b, .link = link };

	sort_device(have);
	begin_message(&w);
	put_device(&w, want, have);
	w.peers = nl_nest_begin(w.m, WGDEVICE_A_PEERS);
	for (size_t i = 0; i < have->peer_count; i++)
		if (!is_planned(want, &have->peers[i].set.public_key))
			put_removal(&w, &have->peers[i].set.public_key);
	/* An address that another peer has comes back with the one that it is planned for: those are sent behind. */
	for (size_t i = 0; i < want->peer_count; i++) {
		const struct wireguard_peer *p = &want->peers[i];
		const struct wireguard_device_peer *found = find_peer(have, &p->public_key);

		if (!found || compare_peer(p, found, NULL) < 0)
			put_peer(&w, p);
	}
	nl_nest_end(w.m, &w.peers);
}
