// SPDX-License-Identifier: Apache-2.0
/* The keys of a network about its link: how they are checked, and which steps they become. */
#include "net/link_keys.h"

#include "net/link_set.h"
#include "net/offload.h"
#include "net/sysctl.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* rtnl_create_link() in the kernel. */
#define QUEUES_MAX 4096
/* What fits into one message. */
#define ALTNAMES_MAX 8

/* --- "up": the member is what it is not, so that a missing key is true --- */

static int decode_up(const struct json_value *v, void *out, struct err *err)
{
	bool up = true;
	int ret = json_value_bool(v, &up, err);

	*(bool *)out = !up;
	return ret;
}

static void encode_up(const void *in, const char *key, struct json_writer *w)
{
	json_write_bool(w, key, !*(const bool *)in);
}

const struct json_custom net_up_custom = {
	.decode = decode_up,
	.encode = encode_up,
	.what = "true or false",
	.forms = json_bool_forms,
};

/* --- sysctl --- */

/* "ipv4.rp_filter" and "ipv4.neigh.delay_first_probe_time": what a name begins with, and where that is. */
static const struct {
	const char *prefix, *dir;
} places[] = {
	{ "ipv4.neigh.", "net/ipv4/neigh" },
	{ "ipv6.neigh.", "net/ipv6/neigh" },
	{ "ipv4.", "net/ipv4/conf" },
	{ "ipv6.", "net/ipv6/conf" },
};

/* NULL: it is none. */
static const char *setting_of(const char *name, const char **dir)
{
	for (size_t i = 0; i < array_size(places); i++) {
		const char *word = name + strlen(places[i].prefix);

		if (!str_starts(name, places[i].prefix))
			continue;
		*dir = places[i].dir;
		return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0'
			       ? word
			       : NULL;
	}
	return NULL;
}

static int check_sysctl(const struct json_pair *pair, struct err *err)
{
	const char *dir;

	if (!setting_of(pair->key, &dir) || strlen(pair->key) > 48)
		return err_set(err, -EINVAL,
			       "sysctl: '%s': expected a name as in ipv4.rp_filter, ipv6.accept_ra "
			       "or ipv4.neigh.gc_stale_time",
			       pair->key);
	if (strlen(pair->value) >= SYSCTL_VALUE_MAX || pair->value[strcspn(pair->value, "\n")])
		return err_set(err, -EINVAL, "sysctl: %s: at most %d bytes, and one line",
			       pair->key, SYSCTL_VALUE_MAX - 1);
	return 0;
}

int net_link_plan_sysctls(const struct net_planner *p, const struct network *n, const char *link,
			  struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n->sysctl_count; i++) {
		struct sysctl_args args = { .ns = SCOPE_CONTAINER };
		const char *dir = "", *name = setting_of(n->sysctl[i].key, &dir);

		snprintf(args.path, sizeof(args.path), "%s/%s/%s", dir, link, name ? name : "");
		snprintf(args.value, sizeof(args.value), "%s", n->sysctl[i].value);
		ret = net_planner_add(p, &sysctl_step, SCOPE_CONTAINER, NULL, &args, err);
	}
	return ret;
}

/* --- offloads --- */

int net_link_plan_offloads(const struct net_planner *p, const struct network *n, const char *link,
			   struct err *err)
{
	struct offload_args args = { .at.ns = SCOPE_CONTAINER };
	int ret = 0;

	if (!n->offloads.count)
		return 0;
	if (str_copy(args.at.link, sizeof(args.at.link), link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s", link);
	for (size_t i = 0; ret == 0 && i < n->offloads.count; i++)
		ret = offload_list_add(&args.offloads, &n->offloads.items[i]);
	if (ret == 0)
		return net_planner_add(p, &link_offloads_step, SCOPE_CONTAINER, NULL, &args, err);
	offload_list_release(&args.offloads);
	return err_oom(err);
}

/* --- group and altnames --- */

int net_link_plan_set(const struct net_planner *p, const struct network *n, const char *link,
		      struct err *err)
{
	struct link_set_args args = { .at.ns = SCOPE_CONTAINER, .group = n->group };

	if (!n->group && !n->altnames)
		return 0;
	if (str_copy(args.at.link, sizeof(args.at.link), link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s", link);
	if (strv_copy(&args.altnames, n->altnames) < 0)
		return err_oom(err);
	return net_planner_add(p, &link_set_step.type, SCOPE_CONTAINER, NULL, &args, err);
}

static int check_altnames(const struct network *n, struct err *err)
{
	for (size_t i = 0; i < strv_count(n->altnames); i++) {
		if (i == ALTNAMES_MAX)
			return err_set(err, -EINVAL, "altnames: at most %d are possible",
				       ALTNAMES_MAX);
		if (link_altname_check(n->altnames[i], err) < 0)
			return err_wrap(err, "altnames[%zu]", i);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(n->altnames[i], n->altnames[j]))
				return err_set(err, -EINVAL, "altnames: '%s' is given twice",
					       n->altnames[i]);
	}
	return 0;
}

int net_link_check(const struct network *n, struct err *err)
{
	int ret = check_altnames(n, err);

	if (ret == 0)
		ret = offload_check(&n->offloads, err);
	if (ret == 0 && n->queues && !n->driver->has_queues)
		ret = err_set(err, -EINVAL, "queues: a %s has no number of them", n->driver->type);
	if (ret == 0 && n->queues > QUEUES_MAX)
		ret = err_set(err, -ERANGE, "queues: %u is out of range (1 to %d)", n->queues,
			      QUEUES_MAX);
	for (size_t i = 0; ret == 0 && i < n->sysctl_count; i++)
		ret = check_sysctl(&n->sysctl[i], err);
	/* The kernel would refuse them, or forget them: what they need comes with the link's being up. */
	if (ret == 0 && n->down && (n->gateway.family || n->ipv6_gateway.family || n->route_count))
		ret = err_set(err, -EINVAL,
			      "up: a link that stays down has no gateway and no routes");
	return ret;
}
