// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"
#include "cmd/table.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nets {
	struct ctrnet_net **items;
	size_t count;
};

static void nets_release(struct nets *nets)
{
	for (size_t i = 0; i < nets->count; i++)
		ctrnet_net_free(nets->items[i]);
	free(nets->items);
}

static int read_one(struct ctrnet_factory *factory, const char *id, struct ctrnet_net **net,
		    struct ctrnet_error *error)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	int ret = ctrnet_container_load(factory, id, &container, error);

	return ret < 0 ? ret : ctrnet_container_net(container, net, error);
}

/* One that does not run, or is removed while we look, has no network. */
static int read_ids(struct ctrnet_factory *factory, char *const *ids, struct nets *nets,
		    struct err *err)
{
	nets->items = calloc(strv_count(ids) + 1, sizeof(struct ctrnet_net *));
	if (!nets->items)
		return err_oom(err);
	for (; ids && *ids; ids++) {
		struct ctrnet_error error;

		if (read_one(factory, *ids, &nets->items[nets->count], &error) == 0)
			nets->count++;
		else if (error.code != CTRNET_CONTAINER_NOT_EXISTS &&
			 error.code != CTRNET_CONTAINER_NOT_RUNNING)
			return library_fail(&cmd_net, &error, err);
	}
	return 0;
}

static int read_all(const struct globals *globals, struct nets *nets, struct err *err)
{
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	_cleanup_(strv_cleanup) char **ids = NULL;
	struct ctrnet_error error;
	int ret = library_open(globals, &factory, err);

	if (ret < 0)
		return ret;
	if (ctrnet_container_list(factory, &ids, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	return read_ids(factory, ids, nets, err);
}

static int read_given(struct ctrnet_container *container, struct nets *nets, struct err *err)
{
	struct ctrnet_error error;

	nets->items = calloc(1, sizeof(struct ctrnet_net *));
	if (!nets->items)
		return err_oom(err);
	if (ctrnet_container_net(container, nets->items, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	nets->count = 1;
	return 0;
}

/* --- As a table --- */

static void add_list(struct table *t, const char *const *texts, size_t count)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t n = 0; out && n < count; n++)
		fprintf(out, "%s%s", n ? "," : "", texts[n]);
	if (out && fclose(out) != 0)
		t->full = true;
	table_add(t, text);
}

static void add_interface(struct table *t, const char *id, const struct ctrnet_net_interface *i)
{
	const struct ctrnet_interface *link = i->link;
	const struct ctrnet_net_peer *peer = i->peer;

	table_add(t, id);
	table_add(t, link->name);
	table_addf(t, "%u", link->index);
	table_add(t, link->loopback ? "loopback" : link->kind);
	table_add(t, link->up ? i->state : "off");
	table_addf(t, "%u", link->mtu);
	table_add(t, link->mac);
	add_list(t, i->addresses, i->address_count);
	table_addf(t, "%s%s%s", peer ? peer->name : "", peer && *peer->bridge ? "@" : "",
		   peer ? peer->bridge : "");
	table_addf(t, "%llu/%llu", (unsigned long long)link->rx.packets,
		   (unsigned long long)link->rx.bytes);
	table_addf(t, "%llu/%llu", (unsigned long long)link->tx.packets,
		   (unsigned long long)link->tx.bytes);
}

#define ADD_HEADS(t, ...)                                            \
	do {                                                         \
		static const char *const heads_[] = { __VA_ARGS__ }; \
		for (size_t i_ = 0; i_ < array_size(heads_); i_++)   \
			table_add((t), heads_[i_]);                  \
	} while (0)

/* Behind another table, unless it has but its heads. */
static void print_below(const struct table *t, size_t count)
{
	if (!count)
		return;
	putchar('\n');
	table_print(t);
}

static void print_interfaces(const struct nets *nets)
{
	_cleanup_(table_release) struct table t = TABLE(11);

	ADD_HEADS(&t, "ID", "INTERFACE", "INDEX", "KIND", "STATE", "MTU", "MAC", "ADDRESSES",
		  "PEER", "RX PACKETS/BYTES", "TX PACKETS/BYTES");
	for (size_t n = 0; n < nets->count; n++)
		for (size_t i = 0; i < nets->items[n]->interface_count; i++)
			add_interface(&t, nets->items[n]->id, &nets->items[n]->interfaces[i]);
	table_print(&t);
}

static size_t add_routes(struct table *t, const struct ctrnet_net *net)
{
	size_t count = 0;

	for (size_t i = 0; i < net->interface_count; i++) {
		const struct ctrnet_net_interface *at = &net->interfaces[i];

		count += at->route_count;
		for (size_t n = 0; n < at->route_count; n++) {
			const struct ctrnet_net_route *r = &at->routes[n];

			table_add(t, net->id);
			table_add(t, r->destination);
			table_add(t, r->gateway);
			table_add(t, at->link->name);
			table_add(t, r->source);
			table_addf(t, "%u", r->metric);
			table_addf(t, "%u", r->table);
		}
	}
	return count;
}

static void print_routes(const struct nets *nets)
{
	_cleanup_(table_release) struct table t = TABLE(7);
	size_t count = 0;

	ADD_HEADS(&t, "ID", "ROUTE", "GATEWAY", "INTERFACE", "SOURCE", "METRIC", "TABLE");
	for (size_t n = 0; n < nets->count; n++)
		count += add_routes(&t, nets->items[n]);
	print_below(&t, count);
}

static size_t add_way(struct table *t, const char *id, const char *interface, const char *direction,
		      const struct ctrnet_net_shaping *s)
{
	if (!s)
		return 0;
	table_add(t, id);
	table_add(t, interface);
	table_add(t, direction);
	table_add(t, s->text);
	table_addf(t, "%llu", (unsigned long long)s->dropped);
	table_addf(t, "%llu", (unsigned long long)s->backlog);
	return 1;
}

static size_t add_shaping(struct table *t, const struct ctrnet_net *net)
{
	size_t count = 0;

	for (size_t i = 0; i < net->interface_count; i++) {
		const struct ctrnet_net_interface *at = &net->interfaces[i];

		count += add_way(t, net->id, at->link->name, "egress", at->egress);
		count += add_way(t, net->id, at->link->name, "ingress", at->ingress);
	}
	return count;
}

static void print_shaping(const struct nets *nets)
{
	_cleanup_(table_release) struct table t = TABLE(6);
	size_t count = 0;

	ADD_HEADS(&t, "ID", "INTERFACE", "DIRECTION", "SHAPING", "DROPPED", "BACKLOG");
	for (size_t n = 0; n < nets->count; n++)
		count += add_shaping(&t, nets->items[n]);
	print_below(&t, count);
}

/* "10.1.0.2:80", "[::]:8000-8010" */
static void add_address(struct table *t, const char *address, unsigned int port, unsigned int count)
{
	const bool bare = !strchr(address, ':');
	char last[16] = "";

	if (count > 1)
		snprintf(last, sizeof(last), "-%u", port + count - 1);
	table_addf(t, "%s%s%s:%u%s", bare ? "" : "[", address, bare ? "" : "]", port, last);
}

static size_t add_ports(struct table *t, const struct ctrnet_net *net)
{
	for (size_t i = 0; i < net->port_count; i++) {
		const struct ctrnet_net_port *p = &net->ports[i];

		table_add(t, net->id);
		table_add(t, p->protocol);
		add_address(t, p->host_address, p->host, p->count);
		add_address(t, p->address, p->container, p->count);
	}
	return net->port_count;
}

static void print_ports(const struct nets *nets)
{
	_cleanup_(table_release) struct table t = TABLE(4);
	size_t count = 0;

	ADD_HEADS(&t, "ID", "PROTOCOL", "HOST PORT", "LEADS TO");
	for (size_t n = 0; n < nets->count; n++)
		count += add_ports(&t, nets->items[n]);
	print_below(&t, count);
}

static size_t add_wireguard_peers(struct table *t, const struct ctrnet_net *net)
{
	char time[STR_UTC_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < net->interface_count; i++) {
		const struct ctrnet_net_interface *at = &net->interfaces[i];

		count += at->wireguard_peer_count;
		for (size_t n = 0; n < at->wireguard_peer_count; n++) {
			const struct ctrnet_wireguard_peer *p = &at->wireguard_peers[n];

			time[0] = '\0';
			if (p->latest_handshake)
				str_utc(time, p->latest_handshake);
			table_add(t, net->id);
			table_add(t, at->link->name);
			table_add(t, p->public_key);
			table_add(t, p->endpoint);
			add_list(t, p->allowed_ips, p->allowed_ip_count);
			table_addf(t, time[0] ? "%sZ" : "%s", time);
			table_addf(t, "%llu", (unsigned long long)p->rx_bytes);
			table_addf(t, "%llu", (unsigned long long)p->tx_bytes);
		}
	}
	return count;
}

static void print_wireguard_peers(const struct nets *nets)
{
	_cleanup_(table_release) struct table t = TABLE(8);
	size_t count = 0;

	ADD_HEADS(&t, "ID", "INTERFACE", "WIREGUARD PEER", "ENDPOINT", "ALLOWED IPS",
		  "LATEST HANDSHAKE", "RX BYTES", "TX BYTES");
	for (size_t n = 0; n < nets->count; n++)
		count += add_wireguard_peers(&t, nets->items[n]);
	print_below(&t, count);
}

static int print_json(const struct nets *nets, struct err *err)
{
	struct json_writer *w = json_writer_new(stdout, true);
	int ret;

	json_write_begin(w, NULL, '[');
	for (size_t i = 0; i < nets->count; i++) {
		_cleanup_free_ char *json = NULL;
		struct ctrnet_error error;

		if (ctrnet_net_json(nets->items[i], &json, &error) < 0) {
			json_writer_end(w, NULL);
			return library_fail(&cmd_net, &error, err);
		}
		json_write_json(w, NULL, json);
	}
	json_write_end(w);
	ret = json_writer_end(w, err);
	if (ret == 0)
		putchar('\n');
	return ret;
}

static int run(const struct globals *globals, const struct net_options *o,
	       struct ctrnet_container *container, struct err *err)
{
	_cleanup_(nets_release) struct nets nets = { 0 };
	int ret = container ? read_given(container, &nets, err) : read_all(globals, &nets, err);

	if (ret < 0)
		return ret;
	if (o->json)
		return print_json(&nets, err);
	print_interfaces(&nets);
	print_routes(&nets);
	print_shaping(&nets);
	print_ports(&nets);
	print_wireguard_peers(&nets);
	return 0;
}

const struct net_verb cmd_net_show = {
	.verb = {
		.name = "show",
		.args = "[-j|--json] [ID]",
		.summary = "interfaces, addresses, routes, counters, shaping, ports, the host's end of each veth, and WireGuard's peers, as the kernel "
			   "has them; without ID of all that run",
	},
	.json = true,
	.needs_no_id = true,
	.run = run,
};
