// SPDX-License-Identifier: Apache-2.0
/* A container's network as the kernel has it. */
#include "container/api.h"
#include "container/live.h"
#include "lib/cleanup.h"
#include "net/nat_view.h"
#include "net/netns_find.h"
#include "net/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct route_texts {
	char destination[IP_TEXT_MAX], gateway[IP_TEXT_MAX], source[IP_TEXT_MAX];
};

struct peer_texts {
	char public_key[WIREGUARD_KEY_TEXT_MAX], endpoint[WIREGUARD_ENDPOINT_TEXT_MAX];
	char (*texts)[IP_TEXT_MAX]; /* of the allowed IPs */
	const char **allowed_ips;
};

/* What an interface of the picture points to. */
struct part {
	struct ctrnet_interface link;
	struct ctrnet_net_peer peer;
	char mac[MAC_TEXT_MAX];
	char (*texts)[IP_TEXT_MAX]; /* of the addresses */
	const char **addresses;
	struct route_texts *route_texts;
	struct ctrnet_net_route *routes;
	struct peer_texts *peer_texts;
	struct ctrnet_wireguard_peer *wireguard_peers;
	size_t wireguard_peer_count;
	char *egress_text, *ingress_text;
	struct ctrnet_net_shaping egress, ingress;
};

struct port_texts {
	char host_address[IP_TEXT_MAX], address[IP_TEXT_MAX];
};

/* What ctrnet_net points to. */
struct picture {
	struct ctrnet_net net; /* first: it is what the caller has */
	struct net_view from;
	struct nat_port_list ports_from;
	char *id;
	struct ctrnet_net_interface *interfaces;
	struct part *parts;
	struct ctrnet_net_port *ports;
	struct port_texts *port_texts;
};

static struct ctrnet_traffic of_traffic(const struct net_traffic *from)
{
	return (struct ctrnet_traffic){ from->bytes, from->packets, from->errors, from->dropped };
}

static void picture_link(struct part *p, const struct net_interface *from)
{
	if (!mac_is_zero(&from->mac))
		mac_format(&from->mac, p->mac, sizeof(p->mac));
	p->link = (struct ctrnet_interface){
		.index = from->index,
		.name = from->name,
		.kind = from->kind,
		.mac = p->mac,
		.mtu = from->mtu,
		.loopback = from->loopback,
		.up = from->up,
		.rx = of_traffic(&from->rx),
		.tx = of_traffic(&from->tx),
	};
}

static int picture_addresses(struct part *p, const struct net_view_interface *from)
{
	p->texts = calloc(from->address_count + 1, sizeof(*p->texts));
	p->addresses = calloc(from->address_count + 1, sizeof(*p->addresses));
	if (!p->texts || !p->addresses)
		return -1;
	for (size_t i = 0; i < from->address_count; i++)
		p->addresses[i] = ip_prefix_format(&from->addresses[i].prefix, p->texts[i],
						   sizeof(p->texts[i]));
	return 0;
}

static const char *ip_or_empty(const struct ip_addr *a, char *buf, size_t size)
{
	return a->family ? ip_addr_format(a, buf, size) : "";
}

static int picture_routes(struct part *p, const struct net_view_interface *from)
{
	p->route_texts = calloc(from->route_count + 1, sizeof(*p->route_texts));
	p->routes = calloc(from->route_count + 1, sizeof(*p->routes));
	if (!p->route_texts || !p->routes)
		return -1;
	for (size_t i = 0; i < from->route_count; i++) {
		const struct route *r = &from->routes[i];
		struct route_texts *t = &p->route_texts[i];

		p->routes[i] = (struct ctrnet_net_route){
			.destination =
				net_destination_text(r, t->destination, sizeof(t->destination)),
			.gateway = ip_or_empty(&r->gateway, t->gateway, sizeof(t->gateway)),
			.source = ip_or_empty(&r->source, t->source, sizeof(t->source)),
			.metric = r->metric,
			.table = r->table,
			.protocol = r->protocol,
		};
	}
	return 0;
}

static int picture_allowed_ips(struct peer_texts *t, const struct ip_prefix_list *from)
{
	t->texts = calloc(from->count + 1, sizeof(*t->texts));
	t->allowed_ips = calloc(from->count + 1, sizeof(*t->allowed_ips));
	if (!t->texts || !t->allowed_ips)
		return -1;
	for (size_t i = 0; i < from->count; i++)
		t->allowed_ips[i] =
			ip_prefix_format(&from->items[i], t->texts[i], sizeof(t->texts[i]));
	return 0;
}

static int picture_wireguard(struct part *p, const struct wireguard_device *from)
{
	p->peer_texts = calloc(from->peer_count + 1, sizeof(*p->peer_texts));
	p->wireguard_peers = calloc(from->peer_count + 1, sizeof(*p->wireguard_peers));
	if (!p->peer_texts || !p->wireguard_peers)
		return -1;
	p->wireguard_peer_count = from->peer_count;
	for (size_t i = 0; i < from->peer_count; i++) {
		const struct wireguard_device_peer *peer = &from->peers[i];
		struct peer_texts *t = &p->peer_texts[i];

		if (picture_allowed_ips(t, &peer->set.allowed_ips) < 0)
			return -1;
		if (peer->set.endpoint.addr.family)
			wireguard_endpoint_format(&peer->set.endpoint, t->endpoint,
						  sizeof(t->endpoint));
		p->wireguard_peers[i] = (struct ctrnet_wireguard_peer){
			.public_key = wireguard_key_format(&peer->set.public_key, t->public_key,
							   sizeof(t->public_key)),
			.endpoint = t->endpoint,
			.allowed_ips = t->allowed_ips,
			.allowed_ip_count = peer->set.allowed_ips.count,
			.persistent_keepalive = peer->set.persistent_keepalive,
			.latest_handshake = peer->last_handshake,
			.rx_bytes = peer->rx_bytes,
			.tx_bytes = peer->tx_bytes,
		};
	}
	return 0;
}

static int picture_way(char **text, struct ctrnet_net_shaping *to, const struct shaping_seen *from)
{
	*text = shaping_way_text(&from->way);
	*to = (struct ctrnet_net_shaping){ *text, from->dropped, from->backlog };
	return *text ? 0 : -1;
}

static int picture_shaping(struct part *p, const struct net_view_interface *from)
{
	return picture_way(&p->egress_text, &p->egress, &from->egress) < 0 ||
			       picture_way(&p->ingress_text, &p->ingress, &from->ingress) < 0
		       ? -1
		       : 0;
}

static int picture_interface(struct ctrnet_net_interface *to, struct part *p,
			     const struct net_view_interface *from)
{
	picture_link(p, &from->link);
	if (picture_addresses(p, from) < 0 || picture_routes(p, from) < 0 ||
	    picture_wireguard(p, &from->wireguard) < 0 || picture_shaping(p, from) < 0)
		return -1;
	p->peer = (struct ctrnet_net_peer){ from->peer.index, from->peer.name, from->peer.bridge };
	*to = (struct ctrnet_net_interface){
		.link = &p->link,
		.state = net_state_name(from->link.state),
		.txqueuelen = from->txqueuelen,
		.master = from->master,
		.peer = from->peer.index ? &p->peer : NULL,
		.addresses = p->addresses,
		.address_count = from->address_count,
		.routes = p->routes,
		.route_count = from->route_count,
		.wireguard_peers = p->wireguard_peers,
		.wireguard_peer_count = p->wireguard_peer_count,
		.egress = p->egress_text[0] ? &p->egress : NULL,
		.ingress = p->ingress_text[0] ? &p->ingress : NULL,
	};
	return 0;
}

static int picture_ports(struct picture *p)
{
	const struct nat_port_list *from = &p->ports_from;

	p->ports = calloc(from->count + 1, sizeof(*p->ports));
	p->port_texts = calloc(from->count + 1, sizeof(*p->port_texts));
	if (!p->ports || !p->port_texts)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		const struct nat_port *port = &from->items[i];
		struct port_texts *t = &p->port_texts[i];

		p->ports[i] = (struct ctrnet_net_port){
			.protocol = port_protocol_name(port->map.protocol),
			.host_address = ip_addr_format(&port->map.host_address, t->host_address,
						       sizeof(t->host_address)),
			.host = port->map.host.first,
			.address = ip_addr_format(&port->to, t->address, sizeof(t->address)),
			.container = port->map.container.first,
			.count = port_map_count(&port->map),
		};
	}
	return 0;
}

static int fill(struct picture *p, const char *id, bool host, struct err *err)
{
	p->id = strdup(id);
	p->interfaces = calloc(p->from.count + 1, sizeof(*p->interfaces));
	p->parts = calloc(p->from.count + 1, sizeof(*p->parts));
	if (!p->id || !p->interfaces || !p->parts)
		return err_oom(err);
	for (size_t i = 0; i < p->from.count; i++)
		if (picture_interface(&p->interfaces[i], &p->parts[i], &p->from.interfaces[i]) < 0)
			return err_oom(err);
	if (picture_ports(p) < 0)
		return err_oom(err);
	p->net = (struct ctrnet_net){ p->id,         host,     p->interfaces,
				      p->from.count, p->ports, p->ports_from.count };
	return 0;
}

static void part_release(struct part *p)
{
	for (size_t i = 0; i < p->wireguard_peer_count; i++) {
		free(p->peer_texts[i].texts);
		free(p->peer_texts[i].allowed_ips);
	}
	free(p->peer_texts);
	free(p->egress_text);
	free(p->ingress_text);
	free(p->wireguard_peers);
	free(p->texts);
	free(p->addresses);
	free(p->route_texts);
	free(p->routes);
}

void ctrnet_net_free(struct ctrnet_net *net)
{
	struct picture *p = (struct picture *)net;

	if (!p)
		return;
	for (size_t i = 0; p->parts && i < p->from.count; i++)
		part_release(&p->parts[i]);
	free(p->parts);
	free(p->interfaces);
	free(p->ports);
	free(p->port_texts);
	nat_ports_release(&p->ports_from);
	free(p->id);
	net_view_release(&p->from);
	free(p);
}

/* --- Reading --- */

struct sides {
	int netns;     /* the container's */
	uint64_t host; /* inode of the one that it was started from */
};

/* Where nobody is seen to hold the host's any more, nothing is on the other side: that of the container itself stands for it. */
static int open_host(const struct sides *s, int (*open)(int netns, struct err *err),
		     struct err *err)
{
	_cleanup_fd_ int netns = -1;
	uint64_t own = 0;
	int ret = host_netns(&own, err);

	if (ret == 0 && own != s->host)
		netns = netns_find(s->host);
	if (ret == 0 && own != s->host && netns < 0)
		return open(s->netns, err);
	return ret < 0 ? ret : open(netns, err);
}

static int open_sides(void *arg, int *fds, struct err *err)
{
	_cleanup_fd_ int sock = -1, host = -1;
	const struct sides *s = arg;

	sock = net_stats_open(s->netns, err);
	if (sock < 0)
		return sock;
	host = open_host(s, net_stats_open, err);
	if (host < 0)
		return host;
	fds[2] = net_stats_open_generic(s->netns, err);
	if (fds[2] < 0)
		return fds[2];
	fds[0] = take_fd(&sock);
	fds[1] = take_fd(&host);
	return 0;
}

static int open_host_netfilter(void *arg, int *fds, struct err *err)
{
	fds[0] = open_host(arg, net_stats_open_netfilter, err);
	return fds[0] < 0 ? fds[0] : 0;
}

static bool has_address(const void *arg, const struct ip_addr *a)
{
	const struct net_view *view = arg;

	for (size_t i = 0; i < view->count; i++)
		for (size_t n = 0; n < view->interfaces[i].address_count; n++)
			if (ip_addr_equal(&view->interfaces[i].addresses[n].prefix.addr, a))
				return true;
	return false;
}

/* Whoever may not ask, or asks a kernel without netfilter, sees none. */
static int read_ports(struct sides *sides, const char *id, struct picture *p, struct err *err)
{
	int sock = -1;
	int ret = api_apart(open_host_netfilter, sides, 0, &sock, 1, err);

	if (ret == 0)
		ret = nat_ports_read(sock, id, has_address, &p->from, &p->ports_from, err);
	return ret == -ENOMEM ? ret : 0;
}

static int read_picture(const struct state *state, int pidfd, const char *id, struct picture *p,
			bool *host, struct err *err)
{
	_cleanup_fd_ int netns = -1;
	int fds[3] = { -1, -1, -1 };
	int ret = container_open_netns(state, pidfd, &netns, err);
	struct sides sides = { netns, state->netns };

	*host = netns < 0;
	if (ret < 0 || netns < 0)
		return ret;
	ret = api_apart(open_sides, &sides, 0, fds, 3, err);
	if (ret == 0)
		ret = net_view_read(fds[0], fds[1], fds[2], &p->from, err);
	return ret < 0 ? ret : read_ports(&sides, id, p, err);
}

int ctrnet_container_net(struct ctrnet_container *c, struct ctrnet_net **net,
			 struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	struct picture *p;
	bool host = false;
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	p = calloc(1, sizeof(*p));
	ret = p ? read_picture(&state, pidfd, c->id, p, &host, &err) : err_oom(&err);
	if (ret == 0)
		ret = fill(p, c->id, host, &err);
	if (ret < 0) {
		ctrnet_net_free(p ? &p->net : NULL);
		return api_fail(error, api_live_code(ret), &err);
	}
	*net = &p->net;
	return 0;
}

static int write_net(const struct picture *p, FILE *out, struct err *err)
{
	struct json_writer *w = json_writer_new(out, true);

	json_write_begin(w, NULL, '{');
	json_write_string(w, "id", p->id);
	if (p->net.host)
		json_write_bool(w, "host", true);
	net_view_write(w, "interfaces", &p->from);
	nat_ports_write(w, "ports", &p->ports_from);
	json_write_end(w);
	return json_writer_end(w, err);
}

int ctrnet_net_json(const struct ctrnet_net *net, char **json, struct ctrnet_error *error)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? write_net((const struct picture *)net, out, &err) : err_oom(&err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*json = take_ptr(text);
	return 0;
}
