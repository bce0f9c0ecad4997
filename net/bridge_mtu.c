// SPDX-License-Identifier: Apache-2.0
#include "net/bridge_mtu.h"

#include "lib/cleanup.h"

#include <errno.h>

struct look {
	uint32_t bridge; /* its index */
	struct bridge_mtu *out;
};

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct look *l = arg;
	struct link link;

	(void)tag;
	if (link_parse(msg, &link) < 0)
		return;
	if (link.index == l->bridge)
		l->out->is = link.mtu;
	else if (link.master == l->bridge && (!l->out->made || link.mtu < l->out->made))
		l->out->made = link.mtu;
}

int bridge_mtu_read(struct nl *nl, uint32_t bridge, struct bridge_mtu *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct look look = { .bridge = bridge, .out = out };
	int ret;

	*out = (struct bridge_mtu){ 0 };
	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	ret = nl_dump(nl, &b, see, &look, err);
	if (ret == 0 && !out->made)
		out->made = BRIDGE_MTU_DEFAULT;
	return ret;
}

int bridge_mtu_compare(const struct bridge_mtu *m, struct err *err)
{
	if (!m->is || m->is == m->made)
		return 0;
	return err_set(err, -ESTALE, "mtu is %u, not %u as the least of its ports'", m->is,
		       m->made);
}
