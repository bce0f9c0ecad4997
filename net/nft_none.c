// SPDX-License-Identifier: Apache-2.0
/* In place of net/nat.c and net/nft*.c, in a build without nftables: nat_check() refuses whatever would need them. */
#include "net/nat.h"

#include "lib/cleanup.h"
#include "net/nat_view.h"

#include <errno.h>

int nat_supported(struct err *err)
{
	return err_set(err, -EOPNOTSUPP, "this build has no nftables");
}

int nat_resolve(const struct network *n, struct scope *scope, struct endpoint *e, struct err *err)
{
	(void)scope;
	(void)e;
	return nat_wanted(n, NULL) ? nat_supported(err) : 0;
}

int nat_plan_shared(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		    struct err *err)
{
	(void)p;
	(void)e;
	return nat_wanted(n, NULL) ? nat_supported(err) : 0;
}

int nat_plan(const struct net_planner *p, const struct network *n, const struct endpoint *e,
	     struct err *err)
{
	(void)p;
	(void)e;
	return nat_wanted(n, NULL) ? nat_supported(err) : 0;
}

int nat_ports_read(int sock, const char *id, nat_address_fn *is_its, const void *arg,
		   struct nat_port_list *list, struct err *err)
{
	(void)id;
	(void)is_its;
	(void)arg;
	(void)list;
	(void)err;
	close_fd(sock);
	return 0;
}

int nat_salvage(struct scope *scope, struct plan *plan, struct err *err)
{
	(void)scope;
	(void)plan;
	(void)err;
	return 0;
}

int nat_collect(struct scope *scope, bool dry_run, nat_found_fn *found, void *arg, struct err *err)
{
	(void)scope;
	(void)dry_run;
	(void)found;
	(void)arg;
	(void)err;
	return 0;
}
