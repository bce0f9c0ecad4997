// SPDX-License-Identifier: Apache-2.0
#include "net/nat_view.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/link.h"
#include "net/nat_ports.h"
#include "net/nft.h"
#include "net/range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	char mark[NFT_MARK_MAX];
	nat_address_fn *is_its;
	const void *arg;
	struct nat_port_list list;
	bool full; /* out of memory */
};

static void add_element(void *arg, const struct nft_element_args *e)
{
	const struct port_range host = { e->port, e->port }, container = { e->to_port, e->to_port };
	struct reading *r = arg;
	struct nat_port *more;

	if (strcmp(e->mark, r->mark) || !r->is_its(r->arg, &e->to))
		return;
	more = reallocarray(r->list.items, r->list.count + 1, sizeof(*more));
	if (!more) {
		r->full = true;
		return;
	}
	r->list.items = more;
	more[r->list.count++] = (struct nat_port){
		.map = { host, container, e->protocol, e->address },
		.to = e->to,
	};
	/* A map for any address has none in its keys. */
	if (!e->address.family)
		more[r->list.count - 1].map.host_address.family = e->to.family;
}

static int by_number(long long a, long long b)
{
	return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
	const struct nat_port *a = left, *b = right;
	int order = by_number(a->to.family, b->to.family);

	if (!order)
		order = by_number(a->map.protocol, b->map.protocol);
	if (!order)
		order = ip_addr_compare(&a->map.host_address, &b->map.host_address);
	return order ? order : by_number(a->map.host.first, b->map.host.first);
}

static bool follows(const struct nat_port *last, const struct nat_port *next)
{
	return next->map.protocol == last->map.protocol &&
	       ip_addr_equal(&next->map.host_address, &last->map.host_address) &&
	       ip_addr_equal(&next->to, &last->to) &&
	       next->map.host.first == last->map.host.last + 1 &&
	       next->map.container.first == last->map.container.last + 1;
}

static void join(struct nat_port_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (n && follows(&list->items[n - 1], &list->items[i])) {
			list->items[n - 1].map.host.last++;
			list->items[n - 1].map.container.last++;
			continue;
		}
		list->items[n++] = list->items[i];
	}
	list->count = n;
}

static int read_all(struct nl *nl, struct reading *r, struct err *err)
{
	int ret = nft_find_table(nl, err);

	/* There is none, or it is a stranger's. */
	if (ret == -ENOENT || ret == -EEXIST)
		return 0;
	for (const char *const *set = nat_port_sets; ret == 0 && *set; set++)
		ret = nft_each_element(nl, nft_set_find(*set), add_element, r, err);
	return ret == 0 && r->full ? err_oom(err) : ret;
}

int nat_ports_read(int sock, const char *id, nat_address_fn *is_its, const void *arg,
		   struct nat_port_list *list, struct err *err)
{
	_cleanup_free_ char *mark = str_format(LINK_MARK "%s", id);
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	struct reading r = { .is_its = is_its, .arg = arg };
	int ret = nl_new(sock, &nl, err);

	if (ret == 0 && !mark)
		ret = err_oom(err);
	if (ret < 0)
		return ret;
	nft_mark(mark, r.mark);
	ret = read_all(nl, &r, err);
	if (ret < 0) {
		nat_ports_release(&r.list);
		return ret;
	}
	if (r.list.count)
		qsort(r.list.items, r.list.count, sizeof(*r.list.items), compare);
	join(&r.list);
	*list = r.list;
	return 0;
}
