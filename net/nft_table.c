// SPDX-License-Identifier: Apache-2.0
/* The step that makes the table. */
#include "net/nft.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

void nft_read_comment(const void *data, uint32_t len, char *out, size_t size)
{
	const uint8_t *at = data;

	*out = '\0';
	/* Type, length, value. */
	for (; len > 2 && at[1] <= len - 2; len -= 2u + at[1], at += 2 + at[1]) {
		if (at[0] != 0 || !at[1] || at[1] > size || at[1 + at[1]] != '\0')
			continue;
		memcpy(out, at + 2, at[1]);
		return;
	}
}

static void read_table(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct nftnl_table *t = nftnl_table_alloc();
	char comment[NFT_MARK_MAX] = "";
	bool *ours = arg;
	uint32_t len = 0;

	(void)tag;
	if (t && nftnl_table_nlmsg_parse(msg, t) == 0) {
		const void *data = nftnl_table_get_data(t, NFTNL_TABLE_USERDATA, &len);

		nft_read_comment(data, data ? len : 0, comment, sizeof(comment));
	}
	*ours = !strcmp(comment, NFT_TABLE_MARK);
	if (t)
		nftnl_table_free(t);
}

static struct nl_msg *put(struct nl_batch *b, uint8_t type)
{
	struct nl_msg *m =
		nl_batch_add_netfilter(b, NFNL_SUBSYS_NFTABLES, type, NFPROTO_INET, 0, 0);

	nl_put_str(m, NFTA_TABLE_NAME, NFT_TABLE);
	return m;
}

int nft_find_table(struct nl *nl, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nl_request *refused;
	bool ours = false;
	int ret;

	put(&b, NFT_MSG_GETTABLE);
	ret = nl_batch_send(nl, &b, read_table, &ours, err);
	if (ret < 0)
		return ret;
	refused = nl_batch_refused(&b);
	if (refused && refused->ack.code == -ENOENT)
		return err_set(err, -ENOENT, "no table inet " NFT_TABLE);
	/* No such subsystem of netfilter's. */
	if (refused && (refused->ack.code == -EINVAL || refused->ack.code == -EOPNOTSUPP))
		return err_set(err, -EOPNOTSUPP, "this kernel has no nftables");
	if (refused)
		return nl_ack_err(&refused->ack, err, "table inet " NFT_TABLE);
	if (!ours)
		return err_set(err, -EEXIST,
			       "table inet " NFT_TABLE
			       " of nftables is there, and is not ctrnet's");
	return 0;
}

static int commit(struct nl *nl, struct nl_batch *b, struct err *err)
{
	int ret = nl_batch_commit(nl, b, NFNL_SUBSYS_NFTABLES, err);

	return ret < 0 ? err_wrap(err, "table inet " NFT_TABLE)
		       : nl_batch_error(b, err, "table inet " NFT_TABLE);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nft_table_args *a = args;
	bool fresh;
	struct nl *nl;
	int ret = nl_for_netfilter(scope, a->ns, &nl, err);

	if (ret < 0)
		return ret;
	ret = nft_find_table(nl, err);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	fresh = ret == -ENOENT;
	ret = nft_put_table(&b, fresh, err);
	if (ret == 0)
		ret = commit(nl, &b, err);
	/* Of what it lacks the kernel says no more than that it is not there. */
	if (ret == -ENOENT || ret == -EOPNOTSUPP)
		err_append(err, " (this kernel lacks nat, masq, fib or ct of nf_tables)");
	return ret;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nft_table_args *a = args;
	struct nl *nl;
	int ret = nl_for_netfilter(scope, a->ns, &nl, err);

	if (ret == 0)
		ret = nft_find_table(nl, err);
	/* Nothing of ours can be in a stranger's, or where there is no nftables. */
	if (ret == -ENOENT || ret == -EEXIST || ret == -EOPNOTSUPP)
		return 0;
	if (ret < 0)
		return ret;
	put(&b, NFT_MSG_DELTABLE);
	ret = commit(nl, &b, err);
	return ret == -ENOENT ? 0 : ret;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct nft_table_args *a = args;
	struct nl *nl;
	int ret = nl_for_netfilter(scope, a->ns, &nl, err);

	if (ret == 0)
		ret = nft_find_table(nl, err);
	if (ret == -EEXIST)
		return err ? err->code = -ESTALE : -ESTALE;
	return ret < 0 ? ret : nft_check_rules(nl, err);
}

static void show(const void *args, FILE *out)
{
	(void)args;
	nft_show_table(out);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct nft_table_args, "ns", ns, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct nft_table_args, fields);

const struct step_type nft_table_step = {
	.name = "nft.table",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.show = show,
};
