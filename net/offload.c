// SPDX-License-Identifier: Apache-2.0
#include "net/offload.h"

#include "net/genl.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/ethtool_netlink.h>
#include <string.h>

/* The kernel has about 60 (NETDEV_FEATURE_COUNT), as bits of one number. */
#define FEATURES_MAX 64

/* What a list of names makes of a feature. */
enum wish {
	LEAVE,
	SWITCH_OFF,
	SWITCH_ON,
};

struct feature {
	char name[OFFLOAD_NAME_MAX];
	bool can_switch; /* the driver's hw_features, and the kernel lets it */
	bool wanted;     /* it was told to; it may lack another one */
	bool active;
	enum wish wish;
};

struct features {
	struct feature items[FEATURES_MAX];
	size_t count;
};

static struct feature *find(struct features *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->items[i].name, name))
			return &f->items[i];
	return NULL;
}

/* --- Asking (Documentation/networking/ethtool-netlink.rst, FEATURES_GET) --- */

static void put_head(struct nl_msg *m, const char *link)
{
	nl_nest (m, ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED)
		nl_put_str(m, ETHTOOL_A_HEADER_DEV_NAME, link);
}

struct bit {
	char name[OFFLOAD_NAME_MAX];
	bool value;
};

/* The bit behind @at in a bitset, or the first one. False: there is none. */
static bool next_bit(const struct nlattr *bits, const struct nlattr **at, struct bit *out)
{
	while ((*at = nl_nested_next(bits, *at))) {
		const struct nlattr *attrs[ETHTOOL_A_BITSET_BIT_VALUE + 1] = { 0 };

		nl_attrs_nested(*at, attrs, ETHTOOL_A_BITSET_BIT_VALUE);
		if (!nl_get_str(attrs[ETHTOOL_A_BITSET_BIT_NAME], out->name, sizeof(out->name)))
			continue;
		out->value = attrs[ETHTOOL_A_BITSET_BIT_VALUE];
		return true;
	}
	return false;
}

static const struct nlattr *bits_of(const struct nlattr *bitset)
{
	const struct nlattr *attrs[ETHTOOL_A_BITSET_BITS + 1] = { 0 };

	nl_attrs_nested(bitset, attrs, ETHTOOL_A_BITSET_BITS);
	return attrs[ETHTOOL_A_BITSET_BITS];
}

/* This one has a value for each feature that there is; the others list those that are. */
static void keep_names(struct features *f, const struct nlattr *bits)
{
	const struct nlattr *at = NULL;
	struct bit bit;

	while (bits && f->count < FEATURES_MAX && next_bit(bits, &at, &bit)) {
		struct feature *feature = &f->items[f->count++];

		memcpy(feature->name, bit.name, sizeof(feature->name));
		feature->can_switch = bit.value;
	}
}

struct answer {
	const struct genl *genl;
	struct features *features;
};

static void keep(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[ETHTOOL_A_FEATURES_MAX + 1] = { 0 };
	const struct nlattr *bits, *at = NULL;
	struct answer *answer = arg;
	struct feature *feature;
	struct bit bit;

	(void)tag;
	if (genl_attrs(answer->genl, msg, attrs, ETHTOOL_A_FEATURES_MAX) !=
	    ETHTOOL_MSG_FEATURES_GET_REPLY)
		return;
	keep_names(answer->features, bits_of(attrs[ETHTOOL_A_FEATURES_HW]));
	bits = bits_of(attrs[ETHTOOL_A_FEATURES_ACTIVE]);
	while (bits && next_bit(bits, &at, &bit))
		if ((feature = find(answer->features, bit.name)))
			feature->active = true;
	bits = bits_of(attrs[ETHTOOL_A_FEATURES_WANTED]);
	at = NULL;
	while (bits && next_bit(bits, &at, &bit))
		if ((feature = find(answer->features, bit.name)))
			feature->wanted = true;
	bits = bits_of(attrs[ETHTOOL_A_FEATURES_NOCHANGE]);
	at = NULL;
	while (bits && next_bit(bits, &at, &bit))
		if ((feature = find(answer->features, bit.name)))
			feature->can_switch = false;
}

static int ask(const struct genl *genl, const char *link, struct features *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct features found = { .count = 0 };
	struct answer answer = { genl, &found };
	int ret;

	put_head(genl_batch_add(genl, &b, ETHTOOL_MSG_FEATURES_GET, 0, 0), link);
	ret = nl_batch_send(genl->nl, &b, keep, &answer, err);
	if (ret == 0)
		ret = nl_batch_error(&b, err, "features of %s", link);
	if (ret == 0)
		*out = found;
	return ret;
}

/* --- Names to features --- */

static int no_such(const struct features *f, const char *name, struct err *err)
{
	const char *names[FEATURES_MAX + 64];
	size_t n = offload_group_names(names, 63);
	const char *near;

	for (size_t i = 0; i < f->count; i++)
		names[n++] = f->items[i].name;
	names[n] = NULL;
	near = json_nearest(name, names);
	if (near)
		return err_set(err, -EINVAL,
			       "offloads: this kernel has no '%s'; did you mean '%s'?", name, near);
	return err_set(err, -EINVAL, "offloads: this kernel has no '%s'", name);
}

static int fixed(const struct offload *o, const char *link, struct err *err)
{
	return err_set(err, -EOPNOTSUPP, "offloads: %s of %s is fixed %s", o->name, link,
		       o->on ? "off" : "on");
}

/* What of a group a link cannot switch is none of its business, unless that is all of it. */
static int wish_group(struct features *f, const struct offload *o, const char *pattern,
		      const char *link, struct err *err)
{
	bool can_switch = false, active = false;

	for (size_t i = 0; i < f->count; i++) {
		struct feature *feature = &f->items[i];

		if (fnmatch(pattern, feature->name, 0) != 0)
			continue;
		active |= feature->active;
		can_switch |= feature->can_switch;
		if (feature->can_switch)
			feature->wish = o->on ? SWITCH_ON : SWITCH_OFF;
	}
	return can_switch || active == o->on ? 0 : fixed(o, link, err);
}

static int wish_one(struct features *f, const struct offload *o, const char *link, struct err *err)
{
	struct feature *feature = find(f, o->name);

	if (!feature)
		return no_such(f, o->name, err);
	if (!feature->can_switch)
		return feature->active == o->on ? 0 : fixed(o, link, err);
	feature->wish = o->on ? SWITCH_ON : SWITCH_OFF;
	return 0;
}

/* Groups first: what is said of one feature is said in spite of its group. */
static int wish(struct features *f, const struct offload_args *a, struct err *err)
{
	int ret = 0;

	for (int groups = 1; groups >= 0; groups--)
		for (size_t i = 0; ret == 0 && i < a->offloads.count; i++) {
			const struct offload *o = &a->offloads.items[i];
			const struct offload_group *group = offload_group_find(o->name);

			if (group && groups)
				ret = wish_group(f, o, group->pattern, a->at.link, err);
			else if (!group && !groups)
				ret = wish_one(f, o, a->at.link, err);
		}
	return ret;
}

/* NULL: all are as wished. */
static const struct feature *find_other(const struct features *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].wish != LEAVE &&
		    f->items[i].active != (f->items[i].wish == SWITCH_ON))
			return &f->items[i];
	return NULL;
}

/* What it is like, with what is wished of it. */
static int look(struct scope *scope, const struct offload_args *a, struct genl *genl,
		struct features *out, struct err *err)
{
	int ret = genl_for(scope, a->at.ns, ETHTOOL_GENL_NAME, genl, err);

	if (ret == 0)
		ret = ask(genl, a->at.link, out, err);
	return ret < 0 ? ret : wish(out, a, err);
}

/* --- Switching --- */

static void put_bit(struct nl_msg *m, const struct feature *feature)
{
	nl_nest (m, ETHTOOL_A_BITSET_BITS_BIT | NLA_F_NESTED) {
		nl_put_str(m, ETHTOOL_A_BITSET_BIT_NAME, feature->name);
		if (feature->wish == SWITCH_ON)
			nl_put(m, ETHTOOL_A_BITSET_BIT_VALUE, NULL, 0);
	}
}

static int switch_all(const struct genl *genl, const char *link, const struct features *f,
		      struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m;
	int ret;

	nl_batch_expect(&b, NL_MSG_MAX + sizeof(*f));
	m = genl_batch_add(genl, &b, ETHTOOL_MSG_FEATURES_SET, 0, 0);
	put_head(m, link);
	nl_nest (m, ETHTOOL_A_FEATURES_WANTED | NLA_F_NESTED)
		nl_nest (m, ETHTOOL_A_BITSET_BITS | NLA_F_NESTED)
			for (size_t i = 0; i < f->count; i++)
				if (f->items[i].wish != LEAVE)
					put_bit(m, &f->items[i]);
	ret = nl_batch_send(genl->nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "offloads of %s", link);
}

/* The kernel says yes to all; what it made of it is seen by asking again. */
static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct offload_args *a = args;
	const struct feature *other;
	struct features f;
	struct genl genl;
	int ret = look(scope, a, &genl, &f, err);

	if (ret < 0 || !find_other(&f))
		return ret;
	ret = switch_all(&genl, a->at.link, &f, err);
	if (ret == 0)
		ret = look(scope, a, &genl, &f, err);
	other = ret < 0 ? NULL : find_other(&f);
	if (other)
		ret = err_set(err, -EOPNOTSUPP,
			      "offloads: %s of %s stays %s (it may need another one)", other->name,
			      a->at.link, other->active ? "on" : "off");
	return ret;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct offload_args *a = args;
	const struct feature *other;
	struct features f;
	struct genl genl;
	int ret = look(scope, a, &genl, &f, err);

	if (ret == -ENODEV)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	other = ret < 0 ? NULL : find_other(&f);
	if (other)
		ret = err_set(err, -ESTALE, "link '%s': %s is %s, planned %s", a->at.link,
			      other->name, other->active ? "on" : "off",
			      other->active ? "off" : "on");
	return ret;
}

/* --- As it was --- */

static int ask_there(struct scope *scope, const char *ns, const char *link, struct genl *genl,
		     struct features *out, struct err *err)
{
	int ret = genl_for(scope, ns, ETHTOOL_GENL_NAME, genl, err);

	return ret < 0 ? ret : ask(genl, link, out, err);
}

int offload_look(struct scope *scope, const char *ns, const char *link, struct offload_list *out,
		 struct err *err)
{
	struct features f;
	struct genl genl;
	int ret = ask_there(scope, ns, link, &genl, &f, err);

	for (size_t i = 0; ret == 0 && i < f.count; i++) {
		const struct feature *feature = &f.items[i];
		struct offload one = { .on = feature->wanted };

		memcpy(one.name, feature->name, sizeof(one.name));
		if (feature->can_switch && offload_list_add(out, &one) < 0)
			ret = err_oom(err);
	}
	return ret;
}

/* What the link has no more, or cannot switch any more, is nobody's to restore. */
int offload_restore(struct scope *scope, const char *ns, const char *link,
		    const struct offload_list *list, struct err *err)
{
	struct features f;
	struct genl genl;
	size_t count = 0;
	int ret = list->count ? ask_there(scope, ns, link, &genl, &f, err) : 0;

	for (size_t i = 0; ret == 0 && i < list->count; i++) {
		const struct offload *o = &list->items[i];
		struct feature *feature = find(&f, o->name);

		if (!feature || !feature->can_switch || feature->wanted == o->on)
			continue;
		feature->wish = o->on ? SWITCH_ON : SWITCH_OFF;
		count++;
	}
	return ret == 0 && count ? switch_all(&genl, link, &f, err) : ret;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct offload_args *a = args;

	snprintf(buf, size, "offloads of %s", a->at.link);
}

/* --- The commands --- */

static void show_names(const struct offload_args *a, bool groups, FILE *out)
{
	bool begun = false;

	for (size_t i = 0; i < a->offloads.count; i++) {
		const struct offload *o = &a->offloads.items[i];

		if (!offload_group_find(o->name) == groups)
			continue;
		if (!begun)
			fprintf(out, "ip netns exec %s ethtool -K %s", a->at.ns, a->at.link);
		fprintf(out, " %s %s", o->name, o->on ? "on" : "off");
		begun = true;
	}
	if (begun)
		fputc('\n', out);
}

static void show(const void *args, FILE *out)
{
	show_names(args, true, out);
	show_names(args, false, out);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct offload_args, "name"),
	JSON_CUSTOM(struct offload_args, "offloads", offloads, &offload_list_custom),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct offload_args, fields);

const struct step_type link_offloads_step = {
	.name = "link.offloads",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.probe = probe,
	.describe = describe,
	.show = show,
};
