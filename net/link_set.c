// SPDX-License-Identifier: Apache-2.0
#include "net/link_set.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

int link_altname_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= LINK_ALTNAME_MAX)
		return err_set(err, -EINVAL, "interface name '%s': must have 1 to %d bytes", name,
			       LINK_ALTNAME_MAX - 1);
	for (const char *c = name; *c; c++)
		if (strchr("/:%", *c) || isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return err_set(
				err, -EINVAL,
				"interface name '%s': no '/', ':', '%%' or white space allowed",
				name);
	return 0;
}

static struct nl_msg *put_link(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
			       uint32_t index)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

	head->ifi_index = (int)index;
	return m;
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct link_set_args *a = args;
	struct nl_msg *m;

	(void)scope;
	(void)err;
	if (a->group)
		nl_put_u32(put_link(b, RTM_SETLINK, 0, tag, link->index), IFLA_GROUP, a->group);
	if (!a->altnames)
		return 0;
	m = put_link(b, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, tag,
		     link->index);
	nl_nest (m, IFLA_PROP_LIST | NLA_F_NESTED)
		for (char **name = a->altnames; *name; name++)
			nl_put_str(m, IFLA_ALT_IFNAME, *name);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct link_set_args *a = args;

	snprintf(buf, size, "group and altnames of %s", a->at.link);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return code == -EEXIST ? "one of the names is taken" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_set_step, scope, args, err);
}

/* --- Comparing --- */

struct found {
	const struct link_set_args *wanted;
	uint32_t group;
	size_t named; /* how many of the wanted names it has */
};

static bool is_name(const struct nlattr *attr, const char *name)
{
	char text[LINK_ALTNAME_MAX];

	return nl_get_str(attr, text, sizeof(text)) && !strcmp(text, name);
}

/* Attributes of one type follow each other, so they are walked, not put into a table. */
static bool has_name(const struct nlattr *list, const char *name)
{
	size_t len, left;
	const char *at = nl_payload(list, &left);

	while (left >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)at;

		len = NLMSG_ALIGN(attr->nla_len);
		if (attr->nla_len < sizeof(*attr) || attr->nla_len > left)
			return false;
		if ((attr->nla_type & NLA_TYPE_MASK) == IFLA_ALT_IFNAME && is_name(attr, name))
			return true;
		len = len < left ? len : left;
		at += len;
		left -= len;
	}
	return false;
}

static void keep(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_PROP_LIST + 1] = { 0 };
	struct found *f = arg;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWLINK)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_PROP_LIST);
	nl_get_u32(attrs[IFLA_GROUP], &f->group);
	for (char **name = f->wanted->altnames; name && *name; name++)
		f->named += has_name(attrs[IFLA_PROP_LIST], *name);
}

static int compare(const struct link_set_args *a, const struct found *f, struct err *err)
{
	if (a->group && f->group != a->group)
		return err_set(err, -ESTALE, "link '%s': group is %u, planned %u", a->at.link,
			       f->group, a->group);
	if (f->named != strv_count(a->altnames))
		return err_set(err, -ESTALE,
			       "link '%s': altnames are %zu of those planned, not %zu", a->at.link,
			       f->named, strv_count(a->altnames));
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct link_set_args *a = args;
	struct found found = { .wanted = a };
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	link_put_get(&b, a->at.link, 0);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, keep, &found, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "link '%s'", a->at.link);
	if (ret == -ENODEV)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	return ret < 0 ? ret : compare(a, &found, err);
}

/* Those names that it still has are in the way of adding all. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct link_set_args *a = args;
	struct link link;
	struct nl *nl;
	int ret = link_find_in(scope, a->at.ns, a->at.link, &nl, &link, err);

	if (ret < 0 || !link.index || !a->altnames)
		return ret < 0 ? ret : 1;
	for (char **name = a->altnames; *name; name++) {
		struct nl_msg *m = put_link(&b, RTM_DELLINKPROP, 0, 0, link.index);

		nl_nest (m, IFLA_PROP_LIST | NLA_F_NESTED)
			nl_put_str(m, IFLA_ALT_IFNAME, *name);
	}
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : 1;
}

static void show(const void *args, FILE *out)
{
	const struct link_set_args *a = args;

	if (a->group) {
		net_show_ip(out, a->at.ns);
		fprintf(out, "link set dev %s group %u\n", a->at.link, a->group);
	}
	for (char **name = a->altnames; name && *name; name++) {
		net_show_ip(out, a->at.ns);
		fprintf(out, "link property add dev %s altname ", a->at.link);
		str_print_shell(out, *name);
		fputc('\n', out);
	}
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct link_set_args, "name"),
	JSON_UINT(struct link_set_args, "group", group),
	JSON_STRINGS(struct link_set_args, "altnames", altnames), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct link_set_args, fields);

const struct net_step_type link_set_step = {
	.type = {
		.name = "link.set",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.probe = probe,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
