// SPDX-License-Identifier: Apache-2.0
/* Rules between the keys of one route. */
#include "net/check.h"

#include "net/link.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What fits into one message with room to spare. */
#define HOPS_MAX 64

#define MTU_MIN_IPV4 68
#define MTU_MIN_IPV6 1280

/* The @i-th address of a route, given or not; NULL past the end. */
static const struct ip_addr *address_at(const struct net_route *r, size_t i)
{
	const struct ip_addr *own[] = { &r->destination.addr, &r->gateway, &r->source };

	if (i < array_size(own))
		return own[i];
	i -= array_size(own);
	return i < r->hop_count ? &r->hops[i].gateway : NULL;
}

int net_route_family(const struct net_route *r)
{
	const struct ip_addr *a;
	int family = 0;

	for (size_t i = 0; (a = address_at(r, i)); i++) {
		if (family && a->family && a->family != family)
			return 0;
		if (a->family)
			family = a->family;
	}
	return family;
}

static bool has_address(const struct net_route *r)
{
	const struct ip_addr *a;

	for (size_t i = 0; (a = address_at(r, i)); i++)
		if (a->family)
			return true;
	return false;
}

static int check_family(const struct net_route *r, struct err *err)
{
	if (!has_address(r))
		return err_set(err, -EINVAL,
			       "one of destination, gateway and source must be given");
	if (!net_route_family(r))
		return err_set(
			err, -EINVAL,
			r->hop_count
				? "destination, source and the gateways of nexthops are not of one family"
				: "destination, gateway and source are not of one family");
	return 0;
}

/* A route that only says no has no way, and a local one ends here. */
static int check_dead_end(const struct net_route *r, struct err *err)
{
	const char *type = route_name(route_type_names, r->type);
	const bool local = r->type == RTN_LOCAL;
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "gateway", r->gateway.family },
		{ "nexthops", r->hop_count },
		{ "onlink", r->onlink },
		{ "source", !local && r->source.family },
		{ "interface_name", !local && r->interface_name[0] },
		{ "scope", !local && r->scope },
		{ "mtu", !local && r->mtu },
		{ "advmss", !local && r->advmss },
	};

	for (size_t i = 0; i < array_size(keys); i++)
		if (keys[i].given)
			return err_set(err, -EINVAL, "%s: a route of type '%s' has none",
				       keys[i].key, type);
	if (!r->destination.addr.family)
		return err_set(err, -EINVAL,
			       "destination is missing: a route of type '%s' needs it", type);
	return 0;
}

static int check_hops(const struct net_route *r, struct err *err)
{
	int ret = 0;
	size_t i;

	if (r->gateway.family || r->interface_name[0])
		return err_set(err, -EINVAL, "nexthops: with them, %s is theirs to say",
			       r->gateway.family ? "gateway" : "interface_name");
	if (r->hop_count > HOPS_MAX)
		return err_set(err, -EINVAL, "nexthops: %zu of them; at most %d are possible",
			       r->hop_count, HOPS_MAX);
	for (i = 0; ret == 0 && i < r->hop_count; i++) {
		const struct route_hop *hop = &r->hops[i];

		ret = link_name_check(hop->link, err);
		if (ret == 0 && hop->gateway.family)
			ret = net_check_gateway("gateway", &hop->gateway, hop->gateway.family, err);
	}
	return ret < 0 ? err_wrap(err, "nexthops[%zu]", i - 1) : 0;
}

static int check_way(const struct net_route *r, bool own, struct err *err)
{
	int ret = 0;

	if (!own && !r->hop_count) {
		if (!r->interface_name[0])
			return err_set(err, -EINVAL, "interface_name is missing");
		ret = link_name_check(r->interface_name, err);
	}
	if (ret == 0)
		ret = check_family(r, err);
	if (ret == 0 && r->gateway.family)
		ret = net_check_gateway("gateway", &r->gateway, r->gateway.family, err);
	return ret;
}

static int check_rest(const struct net_route *r, struct err *err)
{
	const int family = net_route_family(r);
	const uint32_t least = family == AF_INET6 ? MTU_MIN_IPV6 : MTU_MIN_IPV4;
	bool gateway = r->gateway.family;

	for (size_t i = 0; i < r->hop_count; i++)
		gateway |= r->hops[i].gateway.family != 0;
	if (r->onlink && !gateway)
		return err_set(err, -EINVAL,
			       "onlink: there is no gateway that it could be said of");
	if (r->scope && family == AF_INET6)
		return err_set(err, -EINVAL, "scope: only IPv4 routes have one");
	if (r->mtu && r->mtu < least)
		return err_set(err, -ERANGE, "mtu: %u is out of range (%u to 65535)", r->mtu,
			       least);
	return 0;
}

int net_route_check(const struct net_route *r, bool own, struct err *err)
{
	const bool dead_end = r->type && r->type != RTN_UNICAST;
	int ret = dead_end ? check_dead_end(r, err) : 0;

	if (ret == 0 && r->hop_count)
		ret = check_hops(r, err);
	if (ret == 0 && (!dead_end || r->type == RTN_LOCAL))
		ret = check_way(r, own, err);
	return ret < 0 ? ret : check_rest(r, err);
}
