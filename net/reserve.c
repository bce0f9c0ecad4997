// SPDX-License-Identifier: Apache-2.0
#include "net/reserve.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "net/pool.h"

#include <errno.h>
#include <stdio.h>

int reserve_check(const struct pool *pool, const struct ip_addr *address, const char *run_dir,
		  struct err *err)
{
	const struct pool_holder *other = pool_holder_other(pool, address, run_dir);
	char text[IP_TEXT_MAX], id[256];

	if (!other)
		return 0;
	return err_set(err, -EEXIST, "%s is reserved by container '%s'",
		       ip_addr_format(address, text, sizeof(text)),
		       claim_id(other->claim, id, sizeof(id)));
}

/* --- Apply --- */

static int reserve(const struct pool_dir *d, const char *run_dir, const struct reserve_args *a,
		   struct err *err)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	int ret = pool_read(d, &a->subnet, &pool, err);

	if (ret == 0)
		ret = reserve_check(&pool, &a->address, run_dir, err);
	if (ret == 0)
		ret = pool_take(&pool, &a->address, run_dir, err);
	if (ret == 0 && a->chosen)
		pool.last = a->address;
	return ret == 0 ? pool_write(d, &pool, err) : ret;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(pool_unlock) struct pool_dir d = { .fd = -1 };
	int ret = pool_lock(scope, true, &d, err);

	return ret == 0 ? reserve(&d, scope->run_dir, args, err) : ret;
}

static int apply_many(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	_cleanup_(pool_unlock) struct pool_dir d = { .fd = -1 };
	int ret = pool_lock(scope, true, &d, err);

	for (size_t i = 0; ret == 0 && i < n; i++) {
		ret = reserve(&d, scope->run_dir, at[i].args, err);
		if (ret < 0)
			step_wrap(&at[i], err);
	}
	return ret;
}

/* --- Revert --- */

/* Whoever insists has what the broken record still tells of the others written down anew. */
static int insist(const struct pool *pool, const struct err *why)
{
	log_warn("%s; %zu of its reservations can still be told, and stay", why->text, pool->count);
	return 0;
}

static int give_back(struct scope *scope, const struct pool_dir *d, const struct reserve_args *a,
		     struct err *err)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	struct err why = { 0 };
	int ret = pool_read(d, &a->subnet, &pool, &why);
	bool mends = ret < 0 && ret != -ENOMEM && scope->force;

	if (mends)
		ret = insist(&pool, &why);
	if (ret < 0)
		return err_set(err, ret, "%s", why.text);
	/* One that is empty may have been begun by who was killed. */
	if (pool_give_back(&pool, &a->address, scope->run_dir) || mends || !pool.count)
		return pool_write(d, &pool, err);
	return 0;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(pool_unlock) struct pool_dir d = { .fd = -1 };
	int ret = pool_lock(scope, false, &d, err);

	if (ret == -ENOENT)
		return 0;
	return ret == 0 ? give_back(scope, &d, args, err) : ret;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	const struct reserve_args *a = args;
	const struct pool_holder *holder;
	char text[IP_TEXT_MAX];
	int ret = pool_peek(scope, &a->subnet, &pool, err);

	if (ret < 0)
		return ret;
	holder = pool_find(&pool, &a->address);
	if (holder && claim_is(holder->claim, scope->run_dir))
		return 0;
	if (reserve_check(&pool, &a->address, scope->run_dir, err) < 0)
		return -ESTALE;
	return err_set(err, -ENOENT, "%s is not reserved",
		       ip_addr_format(&a->address, text, sizeof(text)));
}

/* There is no command for it. */
static void show(const void *args, FILE *out)
{
	const struct reserve_args *a = args;
	char address[IP_TEXT_MAX], subnet[IP_TEXT_MAX];

	fprintf(out, "# reserve %s of %s\n", ip_addr_format(&a->address, address, sizeof(address)),
		ip_prefix_format(&a->subnet, subnet, sizeof(subnet)));
}

static const struct json_field fields[] = {
	JSON_TEXT(struct reserve_args, "subnet", subnet, &ip_network_text, .flags = JSON_REQUIRED),
	JSON_TEXT(struct reserve_args, "address", address, &ip_addr_text, .flags = JSON_REQUIRED),
	JSON_BOOL(struct reserve_args, "chosen", chosen),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct reserve_args, fields);

const struct step_type addr_reserve_step = {
	.name = "addr.reserve",
	.args = &schema,
	.phase = PHASE_PREPARE,
	.apply = apply,
	.apply_many = apply_many,
	.revert = revert,
	.probe = probe,
	.show = show,
};

/* --- Without a journal --- */

struct salvage {
	const struct scope *scope;
	struct plan *plan;
	struct err *err;
};

/* One that is broken may have been ours, too: to give back what nobody has is to mend it. */
static int salvage_pool(void *arg, const struct ip_prefix *subnet)
{
	const struct reserve_args any = { .subnet = *subnet, .address = subnet->addr };
	_cleanup_(pool_release) struct pool pool = { 0 };
	const struct salvage *s = arg;
	int ret = 0;

	if (pool_peek(s->scope, subnet, &pool, NULL) < 0)
		ret = plan_add(s->plan, &addr_reserve_step, NULL, &any, s->err);
	for (size_t i = 0; ret == 0 && i < pool.count; i++) {
		const struct reserve_args args = { .subnet = *subnet,
						   .address = pool.holders[i].address };

		if (claim_is(pool.holders[i].claim, s->scope->run_dir))
			ret = plan_add(s->plan, &addr_reserve_step, NULL, &args, s->err);
	}
	return ret;
}

int reserve_salvage(const struct scope *scope, struct plan *plan, struct err *err)
{
	struct salvage s = { scope, plan, err };

	return pool_each(scope, salvage_pool, &s);
}
