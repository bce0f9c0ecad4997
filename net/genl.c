// SPDX-License-Identifier: Apache-2.0
#include "net/genl.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

/* The only family whose number is known beforehand; it knows the others'. */
static const struct genl controller = { .id = GENL_ID_CTRL, .version = 2 };

struct nl_msg *genl_batch_add(const struct genl *g, struct nl_batch *b, uint8_t cmd, uint16_t flags,
			      size_t tag)
{
	struct nl_msg *m = nl_batch_add(b, g->id, flags, tag);
	struct genlmsghdr *head = nl_put_header(m, sizeof(*head));

	head->cmd = cmd;
	head->version = g->version;
	return m;
}

int genl_attrs(const struct genl *g, const struct nlmsghdr *msg, const struct nlattr **table,
	       uint16_t max)
{
	const struct genlmsghdr *head = nl_header(msg, sizeof(*head));

	if (msg->nlmsg_type != g->id || !head)
		return -EBADMSG;
	nl_attrs(msg, sizeof(*head), table, max);
	return head->cmd;
}

static void keep_family(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[CTRL_ATTR_MAX + 1] = { 0 };
	struct genl *g = arg;
	uint32_t version = 0;

	(void)tag;
	if (genl_attrs(&controller, msg, attrs, CTRL_ATTR_MAX) != CTRL_CMD_NEWFAMILY)
		return;
	nl_get_bytes(attrs[CTRL_ATTR_FAMILY_ID], &g->id, sizeof(g->id));
	nl_get_u32(attrs[CTRL_ATTR_VERSION], &version);
	g->version = (uint8_t)version;
}

int genl_find(struct nl *nl, const char *name, struct genl *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct genl found = { .nl = nl };
	int ret;

	nl_put_str(genl_batch_add(&controller, &b, CTRL_CMD_GETFAMILY, 0, 0), CTRL_ATTR_FAMILY_NAME,
		   name);
	ret = nl_batch_send(nl, &b, keep_family, &found, err);
	if (ret == 0)
		ret = nl_batch_error(&b, err, "generic netlink family '%s'", name);
	if (ret == -ENOENT)
		return err_set(err, -EOPNOTSUPP, "this kernel has no %s", name);
	if (ret == 0 && !found.id)
		ret = err_set(err, -EBADMSG, "generic netlink family '%s': no number", name);
	if (ret == 0)
		*out = found;
	return ret;
}

/* Its address is the name under which the scope keeps families: of the whole kernel, whatever the namespace. */
static const char family_tag;

static int keep(struct scope *scope, const char *name, const struct genl *found, struct err *err)
{
	struct genl *kept = malloc(sizeof(*kept));

	if (!kept)
		return err_oom(err);
	*kept = *found;
	kept->nl = NULL;
	return scope_set_handle(scope, &family_tag, name, kept, free, err);
}

int genl_for(struct scope *scope, const char *key, const char *name, struct genl *out,
	     struct err *err)
{
	const struct genl *kept = scope_handle(scope, &family_tag, name);
	struct genl found;
	struct nl *nl;
	int ret = nl_for_generic(scope, key, &nl, err);

	if (ret < 0)
		return ret;
	if (kept) {
		*out = *kept;
		out->nl = nl;
		return 0;
	}
	ret = genl_find(nl, name, &found, err);
	if (ret == 0)
		ret = keep(scope, name, &found, err);
	if (ret == 0)
		*out = found;
	return ret;
}
