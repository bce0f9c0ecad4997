// SPDX-License-Identifier: Apache-2.0
#include "net/change.h"

#include "net/address.h"
#include "net/choose.h"
#include "net/driver.h"
#include "net/ifb.h"
#include "net/link_add.h"
#include "net/link_move.h"
#include "net/pasta.h"
#include "net/qdisc.h"
#include "net/tuntap.h"
#include "net/veth.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

/* --- From words --- */

static int set_mtu(struct network *n, const char *value, struct err *err)
{
	unsigned long long mtu;

	if (str_to_u64(value, 65535, &mtu) < 0 || !mtu)
		return err_set(err, -EINVAL, "'%s': expected a number from 68 to 65535", value);
	n->mtu = (uint32_t)mtu;
	return 0;
}

static int set_txqueuelen(struct network *n, const char *value, struct err *err)
{
	unsigned long long length;

	if (str_to_u64(value, UINT32_MAX, &length) < 0 || !length)
		return err_set(err, -EINVAL, "'%s': expected a number from 1 on", value);
	n->txqueuelen = (uint32_t)length;
	return 0;
}

static int set_mac(struct network *n, const char *value, struct err *err)
{
	return mac_parse(value, &n->mac_address, err);
}

static int set_up(struct network *n, const char *value, struct err *err)
{
	if (strcmp(value, "true") && strcmp(value, "false"))
		return err_set(err, -EINVAL, "'%s': expected true or false", value);
	n->down = !strcmp(value, "false");
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct network *n, const char *value, struct err *err);
} keys[] = {
	{ "mtu", set_mtu },
	{ "txqueuelen", set_txqueuelen },
	{ "mac_address", set_mac },
	{ "up", set_up },
};

static int merge_shaping(struct network *n, const char *text, struct err *err)
{
	const char *none = "=none";
	size_t len, tail = strlen(none);
	_cleanup_free_ char *copy = strdup(str_starts(text, "shaping.") ? text + 8 : text);

	if (!copy)
		return err_oom(err);
	len = strlen(copy);
	if (len > tail && !strcmp(copy + len - tail, none))
		copy[len - tail + 1] = '\0';
	return shaping_merge(&n->shaping, copy, err);
}

/* What is one word is meant to be any key. */
static int merge_other(struct network *n, const char *text, size_t len, struct err *err)
{
	int ret = merge_shaping(n, text, err);

	if (ret == 0 || !text[len] || memchr(text, '.', len) || shaping_has_key(text))
		return ret;
	err_append(err, " (what can be changed besides:");
	for (size_t i = 0; i < array_size(keys); i++)
		err_append(err, "%s %s", i ? "," : "", keys[i].key);
	return err_append(err, ")");
}

int net_change_merge(struct network *n, const char *text, struct err *err)
{
	struct network changed = *n;
	size_t len = strcspn(text, "=");

	for (size_t i = 0; text[len] && i < array_size(keys); i++) {
		if (strlen(keys[i].key) != len || strncmp(keys[i].key, text, len))
			continue;
		if (keys[i].set(&changed, text + len + 1, err) < 0)
			return err_wrap(err, "%s", keys[i].key);
		*n = changed;
		return 0;
	}
	return merge_other(n, text, len, err);
}

/* --- The plan --- */

static const char *end_name(const struct net_change *c)
{
	return c->end.name;
}

void net_change_find(struct net_change *c, const char *name, const struct plan *plan)
{
	c->end = (struct endpoint){ 0 };
	snprintf(c->end.name, sizeof(c->end.name), "%s", name);
	net_choose_mac(c->scope, name, 0xfe, &c->end.host_mac);
	for (size_t i = 0; i < plan->count; i++) {
		const struct veth_args *a = plan->steps[i].args;

		/* By its name: a build need not have it. */
		if (step_has_owner(&plan->steps[i], name) &&
		    !strcmp(plan->steps[i].type->name, "link.veth"))
			memcpy(c->end.host_name, a->name, sizeof(c->end.host_name));
	}
}

static void change_number(uint32_t *planned, uint32_t was, uint32_t now)
{
	if (was != now)
		*planned = now;
}

static void change_mac(struct mac *planned, const struct net_change *c)
{
	if (!mac_equal(&c->was->mac_address, &c->now->mac_address))
		*planned = c->now->mac_address;
}

static void change_args(const struct net_change *c, uint32_t *mtu, uint32_t *txqueuelen,
			struct mac *mac)
{
	change_number(mtu, c->was->mtu, c->now->mtu);
	change_number(txqueuelen, c->was->txqueuelen, c->now->txqueuelen);
	change_mac(mac, c);
}

static bool is_move(const struct step *s)
{
	return !strcmp(s->type->name, "link.move");
}

static void change_move(void *args, const void *arg)
{
	struct link_move_args *a = args;

	change_args(arg, &a->mtu, &a->txqueuelen, &a->mac);
}

/* By their names: a build need not have them all. */
static void change_step(const struct net_change *c, struct step *s)
{
	if (is_move(s)) {
		change_move(s->args, c);
	} else if (!strcmp(s->type->name, "pasta.run")) {
		struct pasta_args *a = s->args;

		change_args(c, &a->mtu, &a->txqueuelen, &a->mac);
	} else if (!strcmp(s->type->name, "link.veth")) {
		struct veth_args *a = s->args;

		change_args(c, &a->mtu, &a->txqueuelen, &a->peer_mac);
	} else if (s->type == &link_add_step.type) {
		struct link_add_args *a = s->args;

		change_args(c, &a->mtu, &a->txqueuelen, &a->mac);
	} else if (s->type == &tuntap_add_step) {
		struct tuntap_args *a = s->args;

		change_args(c, &a->mtu, &a->txqueuelen, &a->mac);
	}
}

/* That brings it up, or takes it down, and waits for what comes with that. */
static bool is_up_step(const struct net_change *c, const struct step *s)
{
	static const struct step_type *const types[] = {
		&link_up_step.type, &link_down_step.type, &link_ready_step,
		&link_follow_step,  &addr_ready_step,
	};

	for (size_t i = 0; i < array_size(types); i++)
		if (types[i] == s->type)
			return step_has_owner(s, end_name(c));
	return false;
}

static bool is_shaping(const struct net_change *c, const struct step *s)
{
	static const struct step_type *const types[] = {
		&qdisc_tbf_step.type,   &qdisc_htb_step.type, &qdisc_bfifo_step.type,
		&qdisc_netem_step.type, &qdisc_seed_step,     &link_redirect_step.type,
		&link_ifb_step.type,
	};

	for (size_t i = 0; i < array_size(types); i++)
		if (types[i] == s->type)
			return step_has_owner(s, end_name(c));
	return false;
}

/* Move steps from one plan to another. */
static int take(const struct net_change *c, struct plan *plan,
		bool (*is)(const struct net_change *c, const struct step *s), struct plan *out,
		struct err *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct step *s = &plan->steps[i];
		char *taken = is(c, s) ? strdup(NET_CHANGE_TAKEN) : NULL;

		if (!is(c, s))
			continue;
		if (!taken)
			return err_oom(err);
		free(s->owner);
		s->owner = taken;
	}
	return plan_split(plan, NET_CHANGE_TAKEN, out, err);
}

static struct net_planner planner_of(const struct net_change *c, struct plan *plan)
{
	return (struct net_planner){
		.plan = plan, .mark = c->mark, .origin = c->origin, .owner = end_name(c)
	};
}

static int change_up(const struct net_change *c, struct plan *plan, struct err *err)
{
	const struct net_planner p = planner_of(c, plan);
	_cleanup_(plan_release) struct plan gone = { 0 };
	const bool down = c->now->down;
	int ret;

	if (c->was->down == down)
		return 0;
	ret = take(c, plan, is_up_step, &gone, err);
	if (ret == 0)
		ret = net_plan_link(&p, down ? &link_down_step.type : &link_up_step.type,
				    SCOPE_CONTAINER, end_name(c), err);
	return ret < 0 ? ret : net_plan_ready(&p, c->now, &c->end, err);
}

int net_change_steps(const struct net_change *c, struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->count; i++)
		if (step_has_owner(&plan->steps[i], end_name(c)))
			change_step(c, &plan->steps[i]);
	return change_up(c, plan, err);
}

int net_change_records(const struct net_change *c, const struct plan *plan, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->count; i++)
		if (is_move(&plan->steps[i]) && step_has_owner(&plan->steps[i], end_name(c)))
			ret = shared_change(c->scope, &plan->steps[i], change_move, c, err);
	return ret;
}

int net_change_take_shaping(const struct net_change *c, struct plan *plan, struct plan *out,
			    struct err *err)
{
	return take(c, plan, is_shaping, out, err);
}

int net_change_plan_shaping(const struct net_change *c, struct plan *plan, struct err *err)
{
	const struct net_planner p = planner_of(c, plan);

	return net_plan_shaping(&p, c->now, &c->end, err);
}

/* Without an end on the host what is received goes over an ifb. */
static bool has_ifb(const struct network *n)
{
	return !n->driver->has_host_end && shaping_way_present(&n->shaping.ingress);
}

bool net_change_drops_ifb(const struct net_change *c)
{
	return has_ifb(c->was) && !has_ifb(c->now);
}

static int plan_ingress(const struct net_change *c, const struct net_planner *p, struct err *err)
{
	const struct shaping_way *was = &c->was->shaping.ingress, *now = &c->now->shaping.ingress;
	struct shaping_place at = { SCOPE_CONTAINER, end_name(c), "ingress", c->now->mtu };
	char ifb[IFNAMSIZ];

	if (c->now->driver->has_host_end) {
		at.ns = SCOPE_HOST;
		at.link = c->end.host_name;
		return shaping_plan_change(p, &at, was, now, err);
	}
	if (!has_ifb(c->was))
		return shaping_plan_redirected(p, &at, &c->end.host_mac, now, err);
	if (!has_ifb(c->now))
		return 0;
	ifb_name(end_name(c), ifb);
	at.link = ifb;
	return shaping_plan_change(p, &at, was, now, err);
}

int net_change_plan_way(const struct net_change *c, struct plan *plan, struct err *err)
{
	const struct net_planner p = planner_of(c, plan);
	const struct shaping_place out = { SCOPE_CONTAINER, end_name(c), "egress", c->now->mtu };
	int ret = shaping_plan_change(&p, &out, &c->was->shaping.egress, &c->now->shaping.egress,
				      err);

	return ret < 0 ? ret : plan_ingress(c, &p, err);
}

/* --- The kernel --- */

static bool wants_any(const struct link_wanted *w)
{
	return w->mtu || w->txqueuelen || !mac_is_zero(&w->mac) || w->up >= 0;
}

static void put_wanted(struct nl_batch *b, const struct link_wanted *w, uint32_t index)
{
	struct nl_msg *m = nl_batch_add(b, RTM_SETLINK, 0, 0);
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

	head->ifi_index = (int)index;
	head->ifi_change = w->up >= 0 ? IFF_UP : 0;
	head->ifi_flags = w->up > 0 ? IFF_UP : 0;
	if (!mac_is_zero(&w->mac))
		nl_put(m, IFLA_ADDRESS, w->mac.bytes, sizeof(w->mac.bytes));
	if (w->mtu)
		nl_put_u32(m, IFLA_MTU, w->mtu);
	if (w->txqueuelen)
		nl_put_u32(m, IFLA_TXQLEN, w->txqueuelen);
}

static int send_wanted(struct nl *nl, const struct link_wanted *w, const struct link *link,
		       struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	put_wanted(&b, w, link->index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "link '%s'", link->name);
}

/* What it has, of what is wanted otherwise. */
static struct link_wanted of_link(const struct link *link, const struct link_wanted *w)
{
	struct link_wanted is = {
		.mtu = w->mtu ? link->mtu : 0,
		.txqueuelen = w->txqueuelen ? link->txqueuelen : 0,
		.up = w->up < 0 ? -1 : (link->flags & IFF_UP) != 0,
	};

	if (!mac_is_zero(&w->mac))
		is.mac = link->mac;
	return is;
}

/* The kernel sets one after the other, and stops at what it refuses. */
static int set_link(const struct net_change *c, const char *ns, const char *name,
		    const struct link_wanted *w, struct link_wanted *before, struct err *err)
{
	struct link link;
	struct nl *nl;
	int ret;

	if (!wants_any(w))
		return 0;
	ret = link_find_in(c->scope, ns, name, &nl, &link, err);
	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENODEV, "no link '%s'", name);
	*before = of_link(&link, w);
	return send_wanted(nl, w, &link, err);
}

static struct link_wanted difference(const struct network *was, const struct network *now)
{
	struct link_wanted w = { .up = was->down == now->down ? -1 : !now->down };

	if (was->mtu != now->mtu)
		w.mtu = now->mtu;
	if (was->txqueuelen != now->txqueuelen)
		w.txqueuelen = now->txqueuelen;
	if (!mac_equal(&was->mac_address, &now->mac_address))
		w.mac = now->mac_address;
	return w;
}

int net_change_link(struct net_change *c, struct err *err)
{
	const struct link_wanted inside = difference(c->was, c->now);
	const struct link_wanted outside = { .mtu = inside.mtu,
					     .txqueuelen = inside.txqueuelen,
					     .up = -1 };
	int ret;

	c->inside.up = c->outside.up = -1;
	ret = set_link(c, SCOPE_CONTAINER, end_name(c), &inside, &c->inside, err);
	if (ret == 0 && c->end.host_name[0])
		ret = set_link(c, SCOPE_HOST, c->end.host_name, &outside, &c->outside, err);
	if (ret == 0)
		return 0;
	net_change_link_back(c);
	return err_wrap(err, "%s", c->origin);
}

void net_change_link_back(const struct net_change *c)
{
	struct link_wanted before = { 0 };
	struct err why = { 0 };
	int ret = set_link(c, SCOPE_CONTAINER, end_name(c), &c->inside, &before, &why);

	if (ret == 0)
		ret = set_link(c, SCOPE_HOST, c->end.host_name, &c->outside, &before, &why);
	if (ret < 0)
		log_warn("%s (ctrnet net repair mends it)", why.text);
}
