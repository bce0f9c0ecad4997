// SPDX-License-Identifier: Apache-2.0
/* Routes in words: as errors call them, and as ip-route(8) would be told. */
#include "net/route.h"

#include <sys/socket.h>

static const char *destination_text(const struct route_args *a, char *buf, size_t size)
{
	return a->destination.length ? ip_prefix_format(&a->destination, buf, size) : "default";
}

void route_describe(const void *args, char *buf, size_t size)
{
	const struct route_args *a = args;
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];
	const char *type = route_name(route_type_names, route_type(a));

	ip_addr_format(&a->gateway, via, sizeof(via));
	destination_text(a, to, sizeof(to));
	if (!a->destination.length)
		snprintf(to, sizeof(to), "default");
	if (route_is_refusal(a))
		snprintf(buf, size, "%s route to %s", type, to);
	else if (a->hop_count)
		snprintf(buf, size, "route to %s over %zu next hops", to, a->hop_count);
	else if (!a->destination.length && a->gateway.family)
		snprintf(buf, size, "gateway %s", via);
	else if (a->gateway.family)
		snprintf(buf, size, "route to %s via %s", to, via);
	else
		snprintf(buf, size, "%sroute to %s on %s",
			 route_type(a) == RTN_LOCAL ? "local " : "", to, a->at.link);
}

static void show_way(const struct ip_addr *gateway, const char *link, FILE *out)
{
	char text[IP_TEXT_MAX];

	if (gateway->family)
		fprintf(out, " via %s", ip_addr_format(gateway, text, sizeof(text)));
	if (link[0])
		fprintf(out, " dev %s", link);
}

/* What is said only where it is not what ip(8) would do anyway. */
static void show_more(const struct route_args *a, FILE *out)
{
	char table[ROUTE_TABLE_TEXT_MAX];

	if (a->metric)
		fprintf(out, " metric %u", a->metric);
	if (a->table)
		fprintf(out, " table %s", route_table_format(a->table, table, sizeof(table)));
	if (a->scope)
		fprintf(out, " scope %s", route_name(route_scope_names, a->scope));
	if (a->mtu)
		fprintf(out, " mtu %u", a->mtu);
	if (a->advmss)
		fprintf(out, " advmss %u", a->advmss);
}

static void show_hops(const struct route_args *a, FILE *out)
{
	for (size_t i = 0; i < a->hop_count; i++) {
		const struct route_hop *hop = &a->hops[i];

		fprintf(out, " nexthop");
		show_way(&hop->gateway, hop->link, out);
		fprintf(out, " weight %u", hop->weight ? hop->weight : 1);
		if (a->onlink && hop->gateway.family)
			fprintf(out, " onlink");
	}
}

void route_show(const void *args, FILE *out)
{
	const struct route_args *a = args;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "%sroute add ", a->destination.addr.family == AF_INET6 ? "-6 " : "");
	if (route_type(a) != RTN_UNICAST)
		fprintf(out, "%s ", route_name(route_type_names, route_type(a)));
	fprintf(out, "%s", destination_text(a, text, sizeof(text)));
	show_way(&a->gateway, a->at.link, out);
	if (a->onlink && !a->hop_count)
		fprintf(out, " onlink");
	if (a->source.family)
		fprintf(out, " src %s", ip_addr_format(&a->source, text, sizeof(text)));
	show_more(a, out);
	show_hops(a, out);
	fputc('\n', out);
}
