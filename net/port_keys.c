// SPDX-License-Identifier: Apache-2.0
#include "net/port_keys.h"

#include "net/driver.h"
#include "net/kind.h"
#include "net/parents.h"
#include "net/port.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

/* BR_MAX_PORT_PRIORITY and BR_MAX_PATH_COST in the kernel's net/bridge/br_private_stp.h. */
#define PRIORITY_MAX 63
#define COST_MAX     65535

/* clang-format off */
#define SWITCH(word) JSON_CUSTOM(struct port_options, #word, word, &kind_switch_custom)
/* clang-format on */

#define OPTIONS                                                                    \
	SWITCH(learning), SWITCH(flood), SWITCH(mcast_flood), SWITCH(bcast_flood), \
		SWITCH(mcast_to_unicast), SWITCH(neigh_suppress), SWITCH(guard),   \
		SWITCH(root_block), SWITCH(fastleave), SWITCH(locked),             \
		JSON_UINT(struct port_options, "priority", priority, .min = 1,     \
			  .max = PRIORITY_MAX),                                    \
		JSON_UINT(struct port_options, "cost", cost, .min = 1, .max = COST_MAX)

static const struct json_field fields[] = { OPTIONS, JSON_END };
const struct json_schema port_options_schema =
	JSON_SCHEMA(struct port_options, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static const struct json_field all_fields[] = { SWITCH(isolated), OPTIONS, JSON_END };
const struct json_schema port_options_all_schema = JSON_SCHEMA(struct port_options, all_fields);

/* --- What is given --- */

const char *net_port_vlan_key(const struct network *n)
{
	if (n->port.vlan)
		return "vlan";
	return n->port.vlans.count ? "vlans" : NULL;
}

/* The first of all of them, or NULL. */
static const char *given_key(const struct network *n)
{
	static const struct port_options none;
	const char *key = net_port_vlan_key(n);

	if (key)
		return key;
	if (n->port.options.isolated)
		return "isolated";
	return memcmp(&n->port.options, &none, sizeof(none)) ? "bridge_port" : NULL;
}

static const char *host_bridge(const struct network *n)
{
	return n->driver->bridge ? n->driver->bridge(n) : "";
}

bool net_port_on_host(const struct network *n)
{
	return given_key(n) && host_bridge(n)[0];
}

/* --- Rules --- */

static int check_master(const struct net_config *c, size_t i, const char *key, struct err *err)
{
	const struct network *n = &c->networks[i], *master;
	size_t at;

	/* A master that is none is said of its own key. */
	if (!net_master(c, i, &at))
		return 0;
	master = &c->networks[at];
	if (!master->driver->filters_vlans)
		return err_set(err, -EINVAL, "%s: its master '%s' is a %s, not a bridge", key,
			       n->master, master->driver->type);
	if (net_port_vlan_key(n) && !master->driver->filters_vlans(master))
		return err_set(err, -EINVAL, "%s: its master '%s' has no vlan_filtering", key,
			       n->master);
	return 0;
}

static int check_bridge(const struct net_config *c, size_t i, const char *key, struct err *err)
{
	const struct network *n = &c->networks[i];
	const char *bridge = host_bridge(n);

	if (n->master[0] && bridge[0])
		return err_set(err, -EINVAL,
			       "%s: of which port: its bridge is '%s', and its master '%s'", key,
			       bridge, n->master);
	if (!n->master[0] && !bridge[0])
		return err_set(err, -EINVAL, "%s: only the port of a bridge has it", key);
	return n->master[0] ? check_master(c, i, key, err) : 0;
}

int net_port_check(const struct net_config *c, size_t i, struct err *err)
{
	const struct network *n = &c->networks[i];
	const char *key = given_key(n);
	int ret;

	if (!key)
		return 0;
	ret = check_bridge(c, i, key, err);
	if (ret == 0)
		ret = port_vlan_check(&n->port.vlans, n->port.vlan, err);
	return ret < 0 ? err_wrap(err, "networks[%zu]", i) : 0;
}

/* --- The step --- */

static int copy_vlans(const struct port_keys *keys, struct port_vlan_list *out)
{
	const struct port_vlan own = {
		.ids = { keys->vlan, keys->vlan },
		.pvid = true,
		.untagged = true,
	};
	int ret = keys->vlan ? port_vlan_list_add(out, &own) : 0;

	for (size_t i = 0; ret == 0 && i < keys->vlans.count; i++)
		ret = port_vlan_list_add(out, &keys->vlans.items[i]);
	return ret;
}

static bool is_in(const struct port_vlan_list *list, uint16_t vlan)
{
	for (size_t i = 0; i < list->count; i++)
		if (vlan >= list->items[i].ids.first && vlan <= list->items[i].ids.last)
			return true;
	return false;
}

int net_port_plan(const struct net_planner *p, const struct network *n, const char *ns,
		  const char *link, const char *bridge, uint16_t given, struct err *err)
{
	struct port_args args = { .options = n->port.options };

	if (!given_key(n))
		return 0;
	if (str_copy(args.at.ns, sizeof(args.at.ns), ns) < 0 ||
	    str_copy(args.at.link, sizeof(args.at.link), link) < 0 ||
	    str_copy(args.bridge, sizeof(args.bridge), bridge) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: %s", ns, link);
	if (copy_vlans(&n->port, &args.vlans) < 0) {
		port_vlan_list_release(&args.vlans);
		return err_oom(err);
	}
	if (args.vlans.count && !is_in(&args.vlans, given))
		args.given = given;
	return net_planner_add(p, &link_port_step.type, ns, NULL, &args, err);
}
