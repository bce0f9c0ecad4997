// SPDX-License-Identifier: Apache-2.0
/* What makes no sense about subnets, without a look at the host. */
#include "net/ipam.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* "10.1.0.0/24, 10.2.0.0/24": the subnets of a family. */
static const char *list_subnets(const struct network *n, int family, char *buf, size_t size)
{
	char text[IP_TEXT_MAX];
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n->subnets.count && len < size; i++)
		if (n->subnets.items[i].addr.family == family)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
						ip_prefix_format(&n->subnets.items[i], text,
								 sizeof(text)));
	return buf;
}

#define LIST_MAX (NET_SUBNETS_MAX * (IP_TEXT_MAX + 2))

static int not_in_any(const struct network *n, const char *key, const char *what, int family,
		      struct err *err)
{
	char list[LIST_MAX];

	list_subnets(n, family, list, sizeof(list));
	if (!list[0])
		return err_set(err, -EINVAL, "%s: %s: there is no %s subnet", key, what,
			       ip_family_name(family));
	return err_set(err, -EINVAL, "%s: %s is in none of its subnets (%s)", key, what, list);
}

/* The subnet that @a is in, or NULL. */
static const struct ip_prefix *subnet_of(const struct network *n, const struct ip_addr *a)
{
	for (size_t i = 0; i < n->subnets.count; i++) {
		const struct ip_range all = ip_range_of(&n->subnets.items[i]);

		if (ip_range_has(&all, a))
			return &n->subnets.items[i];
	}
	return NULL;
}

static bool has_family(const struct network *n, int family)
{
	for (size_t i = 0; i < n->subnets.count; i++)
		if (n->subnets.items[i].addr.family == family)
			return true;
	return false;
}

/* --- Subnets --- */

static int check_subnet(const struct ip_prefix *subnet, struct err *err)
{
	unsigned int longest = ip_family_bits(subnet->addr.family) - 1;
	char text[IP_TEXT_MAX];

	ip_prefix_format(subnet, text, sizeof(text));
	if (ip_addr_is_multicast(&subnet->addr) || ip_addr_is_loopback(&subnet->addr) ||
	    ip_addr_is_unspecified(&subnet->addr))
		return err_set(err, -EINVAL, "subnet: no interface has addresses of %s", text);
	if (subnet->length > longest)
		return err_set(err, -EINVAL, "subnet: %s is too small (at most /%u)", text,
			       longest);
	return 0;
}

static bool overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	const struct ip_range one = ip_range_of(a), two = ip_range_of(b);

	return ip_range_overlaps(&one, &two);
}

static int check_subnets(const struct network *n, struct err *err)
{
	const struct ip_prefix *subnets = n->subnets.items;
	char one[IP_TEXT_MAX], two[IP_TEXT_MAX];
	int ret = 0;

	if (n->subnets.count > NET_SUBNETS_MAX)
		return err_set(err, -E2BIG, "subnet: %zu of one network (at most %d)",
			       n->subnets.count, NET_SUBNETS_MAX);
	for (size_t i = 0; ret == 0 && i < n->subnets.count; i++) {
		ret = check_subnet(&subnets[i], err);
		for (size_t j = 0; ret == 0 && j < i; j++)
			if (overlap(&subnets[i], &subnets[j]))
				ret = err_set(err, -EINVAL, "subnet: %s and %s overlap",
					      ip_prefix_format(&subnets[j], one, sizeof(one)),
					      ip_prefix_format(&subnets[i], two, sizeof(two)));
	}
	return ret;
}

int ipam_check_pair(const struct network *a, const struct network *b, struct err *err)
{
	char one[IP_TEXT_MAX], two[IP_TEXT_MAX];

	for (size_t i = 0; i < a->subnets.count; i++)
		for (size_t j = 0; j < b->subnets.count; j++)
			if (overlap(&a->subnets.items[i], &b->subnets.items[j]))
				return err_set(
					err, -EINVAL, "subnets %s and %s overlap",
					ip_prefix_format(&b->subnets.items[j], one, sizeof(one)),
					ip_prefix_format(&a->subnets.items[i], two, sizeof(two)));
	return 0;
}

/* --- Addresses --- */

/* Not the subnet's own ones, which no interface has. */
static int check_edges(const char *key, const struct ip_prefix *subnet, const struct ip_addr *a,
		       struct err *err)
{
	const struct ip_range all = ip_range_of(subnet);
	char text[IP_TEXT_MAX], of[IP_TEXT_MAX];

	if (!ipam_has_edges(subnet) || (!ip_addr_equal(a, &all.first) &&
					(a->family == AF_INET6 || !ip_addr_equal(a, &all.last))))
		return 0;
	return err_set(err, -EINVAL, "%s: %s is the %s address of subnet %s", key,
		       ip_addr_format(a, text, sizeof(text)),
		       !ip_addr_equal(a, &all.first) ? "broadcast"
		       : a->family == AF_INET6       ? "anycast"
						     : "network",
		       ip_prefix_format(subnet, of, sizeof(of)));
}

/* A gateway that nobody has asked for, and that will not be there, is in nobody's way. */
static bool gateway_is_meant(const struct network *n, const struct ip_prefix *subnet)
{
	const struct ip_range all = ip_range_of(subnet);

	return ip_range_has(&all, &n->gateway) || ip_range_has(&all, &n->ipv6_gateway) ||
	       ipam_has_bridge(n) || ipam_host_address(n, &all);
}

static int check_given(const struct network *n, const char *key, const struct ip_prefix *p,
		       struct err *err)
{
	const struct ip_prefix *subnet = subnet_of(n, &p->addr);
	char text[IP_TEXT_MAX], of[IP_TEXT_MAX];
	struct ip_addr gateway;

	ip_addr_format(&p->addr, text, sizeof(text));
	if (!p->addr.family || !has_family(n, p->addr.family))
		return 0;
	if (!subnet)
		return not_in_any(n, key, text, p->addr.family, err);
	gateway = ipam_gateway(n, (size_t)(subnet - n->subnets.items));
	ip_prefix_format(subnet, of, sizeof(of));
	if (p->length != subnet->length)
		return err_set(err, -EINVAL, "%s: %s/%u has not the prefix length of its subnet %s",
			       key, text, p->length, of);
	if (ip_addr_equal(&p->addr, &gateway) && gateway_is_meant(n, subnet))
		return err_set(err, -EINVAL, "%s: %s is the gateway's in subnet %s", key, text, of);
	return check_edges(key, subnet, &p->addr, err);
}

static int check_all_given(const struct network *n, struct err *err)
{
	const struct ip_prefix *p;
	const char *key;
	int ret = 0;

	for (size_t i = 0; ret == 0 && (p = ipam_given(n, i, &key)); i++)
		ret = check_given(n, key, p, err);
	return ret;
}

static int check_gateway(const struct network *n, const char *key, const struct ip_addr *a,
			 struct err *err)
{
	const struct ip_prefix *subnet = subnet_of(n, a);
	char text[IP_TEXT_MAX];

	if (!a->family || !has_family(n, a->family))
		return 0;
	if (!subnet)
		return not_in_any(n, key, ip_addr_format(a, text, sizeof(text)), a->family, err);
	return check_edges(key, subnet, a, err);
}

/* --- Ranges --- */

/* A range is in one subnet; what is excluded may be more than a subnet has. */
static int check_ranges(const struct network *n, const char *key, const struct ip_range_list *list,
			bool within, struct err *err)
{
	char text[IP_RANGE_TEXT_MAX];

	if (list->count && !n->subnets.count)
		return err_set(err, -EINVAL, "%s: there is no subnet to choose from", key);
	for (size_t i = 0; i < list->count; i++) {
		const struct ip_range *r = &list->items[i];
		bool good = false;

		for (size_t j = 0; j < n->subnets.count; j++) {
			const struct ip_range all = ip_range_of(&n->subnets.items[j]);

			good |= within ? ip_range_has(&all, &r->first) &&
						 ip_range_has(&all, &r->last)
				       : ip_range_overlaps(&all, r);
		}
		if (!good)
			return not_in_any(n, key, ip_range_format(r, text, sizeof(text)),
					  r->first.family, err);
	}
	return 0;
}

static int check_left(const struct network *n, struct err *err)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < n->subnets.count; i++) {
		_cleanup_(pool_rule_release) struct pool_rule rule = { 0 };
		int ret = ipam_is_given(n, i) ? 0 : ipam_rule(n, i, &rule, err);

		if (ret < 0)
			return ret;
		if (!ipam_is_given(n, i) && !pool_rule_any(&rule))
			return err_set(
				err, -EINVAL,
				"subnet: %s has no address besides its gateway's and what is excluded",
				ip_prefix_format(&n->subnets.items[i], text, sizeof(text)));
	}
	return 0;
}

int ipam_check(const struct network *n, struct err *err)
{
	int ret = check_subnets(n, err);

	if (ret == 0)
		ret = check_ranges(n, "ranges", &n->ranges, true, err);
	if (ret == 0)
		ret = check_ranges(n, "exclude", &n->exclude, false, err);
	if (ret == 0)
		ret = check_gateway(n, "gateway", &n->gateway, err);
	if (ret == 0)
		ret = check_gateway(n, "ipv6_gateway", &n->ipv6_gateway, err);
	if (ret == 0)
		ret = check_all_given(n, err);
	return ret < 0 || !n->subnets.count ? ret : check_left(n, err);
}
