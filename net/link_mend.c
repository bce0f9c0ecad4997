// SPDX-License-Identifier: Apache-2.0
#include "net/link_mend.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

/* --- Finding --- */

/* One without either is known by nothing but its kind. */
static bool is_lost(const struct link *link, const void *arg)
{
	const struct link_plan *p = arg;

	if (strcmp(link->kind, p->kind))
		return false;
	if (!mac_is_zero(&p->mac))
		return mac_equal(&link->mac, &p->mac);
	return !strcmp(link->alias, p->alias);
}

int link_plan_find(struct nl *nl, const struct link_plan *p, struct link *out, struct err *err)
{
	int ret = link_find(nl, p->name, out, err);

	return ret < 0 || out->index ? ret : link_search(nl, is_lost, p, out, err);
}

/* --- Comparing --- */

int link_plan_compare(const struct link_plan *p, const struct link *link, struct err *err)
{
	char mac[MAC_TEXT_MAX];

	if (strcmp(link->kind, p->kind))
		return err_set(err, -ESTALE, "it is a link of kind '%s'", link->kind);
	if (strcmp(link->name, p->name))
		return err_set(err, -ESTALE, "it is called '%s'", link->name);
	if (!mac_is_zero(&p->mac) && !mac_equal(&link->mac, &p->mac))
		return err_set(err, -ESTALE, "address is %s",
			       mac_format(&link->mac, mac, sizeof(mac)));
	if (p->mtu && link->mtu != p->mtu)
		return err_set(err, -ESTALE, "mtu is %u, not %u", link->mtu, p->mtu);
	if (p->txqueuelen && link->txqueuelen != p->txqueuelen)
		return err_set(err, -ESTALE, "txqueuelen is %u, not %u", link->txqueuelen,
			       p->txqueuelen);
	return 0;
}

/* --- Mending --- */

static int rename_back(struct nl *nl, const struct link_plan *p, const struct link *link,
		       struct err *err)
{
	int ret = link_rename(nl, link, p->name, err);

	if (ret == -EEXIST)
		return err_set(err, ret, "the name '%s' was taken by another link", p->name);
	return ret;
}

static void put_plan(struct nl_msg *m, const struct link_plan *p, const struct link *link,
		     bool marks)
{
	if (!mac_is_zero(&p->mac) && !mac_equal(&link->mac, &p->mac))
		nl_put(m, IFLA_ADDRESS, p->mac.bytes, sizeof(p->mac.bytes));
	if (p->mtu && link->mtu != p->mtu)
		nl_put_u32(m, IFLA_MTU, p->mtu);
	if (p->txqueuelen && link->txqueuelen != p->txqueuelen)
		nl_put_u32(m, IFLA_TXQLEN, p->txqueuelen);
	if (marks && strcmp(link->alias, p->alias))
		nl_put_str(m, IFLA_IFALIAS, p->alias);
}

int link_plan_mend(struct nl *nl, const struct link_plan *p, const struct link *link, bool marks,
		   struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret = strcmp(link->name, p->name) ? rename_back(nl, p, link, err) : 0;

	if (ret < 0)
		return ret;
	put_plan(link_put_change(&b, link->index, false), p, link, marks);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "mend link '%s'", p->name);
}
