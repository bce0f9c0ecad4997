// SPDX-License-Identifier: Apache-2.0
/* The tables of what this build has: network types, and step types for the journal. */
#include "net/address.h"
#include "net/bridge.h"
#include "net/driver.h"
#include "net/fdb.h"
#include "net/ifb.h"
#include "net/link_add.h"
#include "net/link_master.h"
#include "net/link_move.h"
#include "net/link_set.h"
#include "net/neigh.h"
#include "net/net.h"
#include "net/netns_claim.h"
#include "net/nft.h"
#include "net/offload.h"
#include "net/pasta.h"
#include "net/port.h"
#include "net/qdisc.h"
#include "net/reserve.h"
#include "net/route.h"
#include "net/rule.h"
#include "net/sysctl.h"
#include "net/sysctl_borrow.h"
#include "net/tuntap.h"
#include "net/veth.h"
#include "net/wireguard.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

/* IF_BUILT(CONFIG_X, this, that): `this` where CONFIG_X is defined as 1, else `that`. */
#define IF_BUILT(config, yes, no)  IF_BUILT_(config, yes, no)
#define IF_BUILT_(value, yes, no)  IF_BUILT__(BUILT_##value, yes, no)
#define IF_BUILT__(comma, yes, no) SECOND(comma yes, no, )
#define SECOND(first, second, ...) second
#define BUILT_1                    0,

/* ROW_IF(CONFIG_X, this): `this` and a comma where CONFIG_X is defined as 1, else nothing. */
#define ROW_IF(config, row)  ROW_IF_(config, row)
#define ROW_IF_(value, row)  ROW_IF__(BUILT_##value, row)
#define ROW_IF__(comma, row) REST(comma row, )
#define REST(first, ...)     __VA_ARGS__

static const struct {
	const char *type;
	const struct net_driver *driver; /* NULL: not in this build */
} drivers[] = {
	{ "loopback", &loopback_driver },
	{ "veth", IF_BUILT(CONFIG_NET_VETH, &veth_driver, NULL) },
	{ "netns", IF_BUILT(CONFIG_NET_NETNS, &netns_driver, NULL) },
	{ "macvlan", IF_BUILT(CONFIG_NET_MACVLAN, &macvlan_driver, NULL) },
	{ "macvtap", IF_BUILT(CONFIG_NET_MACVLAN, &macvtap_driver, NULL) },
	{ "ipvlan", IF_BUILT(CONFIG_NET_IPVLAN, &ipvlan_driver, NULL) },
	{ "vlan", IF_BUILT(CONFIG_NET_VLAN, &vlan_driver, NULL) },
	{ "vxlan", IF_BUILT(CONFIG_NET_TUNNELS, &vxlan_driver, NULL) },
	{ "geneve", IF_BUILT(CONFIG_NET_TUNNELS, &geneve_driver, NULL) },
	{ "wireguard", IF_BUILT(CONFIG_NET_WIREGUARD, &wireguard_driver, NULL) },
	{ "tap", IF_BUILT(CONFIG_NET_TUNTAP, &tap_driver, NULL) },
	{ "tun", IF_BUILT(CONFIG_NET_TUNTAP, &tun_driver, NULL) },
	{ "dummy", IF_BUILT(CONFIG_NET_INSIDE, &dummy_driver, NULL) },
	{ "ifb", IF_BUILT(CONFIG_NET_INSIDE, &ifb_driver, NULL) },
	{ "vrf", IF_BUILT(CONFIG_NET_INSIDE, &vrf_driver, NULL) },
	{ "bridge", IF_BUILT(CONFIG_NET_INSIDE, &bridge_driver, NULL) },
	{ "host", &host_driver },
	{ "host-device", IF_BUILT(CONFIG_NET_HOST_DEVICE, &host_device_driver, NULL) },
	{ "pasta", IF_BUILT(CONFIG_NET_PASTA, &pasta_driver, NULL) },
};

/* clang-format off */
const struct step_type *const net_step_types[] = {
	&addr_reserve_step,
	&netns_claim_step,
	&sysctl_step,
	&link_up_step.type,
	&link_down_step.type,
	&link_borrow_step.type,
	&link_set_step.type,
	&link_ready_step,
	&link_follow_step,
	&link_add_step.type,
	&link_mark_step.type,
	&link_master_step.type,
	&link_port_step.type,
	&link_offloads_step,
	&fdb_add_step.type,
	&tuntap_add_step,
	&wireguard_set_step,
	&addr_add_step.type,
	&addr_ready_step,
	&neigh_add_step.type,
	&route_add_step.type,
	&rule_add_step.type,
	&qdisc_tbf_step.type,
	&qdisc_htb_step.type,
	&qdisc_bfifo_step.type,
	&qdisc_netem_step.type,
	&qdisc_seed_step,
	&qdisc_remove_step,
	&link_ifb_step.type,
	&link_redirect_step.type,
	ROW_IF(CONFIG_NET_HOST_DEVICE, &link_move_step)
	ROW_IF(CONFIG_NET_PASTA, &pasta_step)
	ROW_IF(CONFIG_NET_PASTA, &pasta_keeper_step)
	ROW_IF(CONFIG_NFT, &nft_table_step)
	ROW_IF(CONFIG_NFT, &nft_element_step)
	ROW_IF(CONFIG_NFT, &nft_link_step)
	ROW_IF(CONFIG_NFT, &sysctl_borrow_step)
	ROW_IF(CONFIG_NET_VETH, &link_veth_step.type)
	ROW_IF(CONFIG_NET_VETH, &link_bridge_step.type)
	ROW_IF(CONFIG_NET_VETH, &addr_bridge_step.type)
	NULL
};
/* clang-format on */

static int unknown_type(const char *type, struct err *err)
{
	const char *sep = "";
	int ret = err_set(err, -EINVAL, "unknown type '%s'; known are ", type);

	for (size_t i = 0; i < array_size(drivers); i++) {
		if (!drivers[i].driver)
			continue;
		err_append(err, "%s%s", sep, drivers[i].type);
		sep = ", ";
	}
	return ret;
}

const struct net_driver *net_driver_at(size_t i)
{
	for (size_t at = 0; at < array_size(drivers); at++)
		if (drivers[at].driver && i-- == 0)
			return drivers[at].driver;
	return NULL;
}

const struct json_schema *net_driver_options(size_t i)
{
	const struct net_driver *d;

	for (size_t at = 0; (d = net_driver_at(at)); at++)
		if (d->options && i-- == 0)
			return d->options;
	return NULL;
}

const char *net_driver_type(size_t i, const struct json_schema **options)
{
	const struct net_driver *d = net_driver_at(i);

	*options = d ? d->options : NULL;
	return d ? d->type : NULL;
}

int net_driver_find(const char *type, const struct net_driver **out, struct err *err)
{
	for (size_t i = 0; i < array_size(drivers); i++) {
		if (strcmp(drivers[i].type, type))
			continue;
		if (!drivers[i].driver)
			return err_set(err, -EOPNOTSUPP, "this build has no '%s' driver", type);
		*out = drivers[i].driver;
		return 0;
	}
	return unknown_type(type, err);
}
