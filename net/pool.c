// SPDX-License-Identifier: Apache-2.0
/* What is in a pool. The file is net/pool_file.c's. */
#include "net/pool.h"

#include "lib/claim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* So many are looked at each time one goes; of more, the last ones will see to it. */
#define FEW 16

void pool_release(struct pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->holders[i].claim);
	free(p->holders);
	pool_log_release(p);
	*p = (struct pool){ 0 };
}

/* Where @address is, or would be. */
static size_t place_of(const struct pool *p, const struct ip_addr *address)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ip_addr_compare(&p->holders[mid].address, address) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct pool_holder *find(const struct pool *p, const struct ip_addr *address)
{
	size_t at = place_of(p, address);

	if (at == p->count || !ip_addr_equal(&p->holders[at].address, address))
		return NULL;
	return &p->holders[at];
}

const struct pool_holder *pool_find(const struct pool *p, const struct ip_addr *address)
{
	return find(p, address);
}

const struct pool_holder *pool_holder_other(const struct pool *p, const struct ip_addr *address,
					    const char *run_dir)
{
	const struct pool_holder *h = find(p, address);

	if (!h || claim_is(h->claim, run_dir) || claim_look(h->claim) == CLAIM_DEAD)
		return NULL;
	return h;
}

int pool_take(struct pool *p, const struct ip_addr *address, const char *run_dir, struct err *err)
{
	struct pool_holder *more, *held = find(p, address);
	char *claim = claim_new(run_dir);
	size_t at = place_of(p, address);

	if (!claim)
		return err_oom(err);
	if (held) {
		pool_log_add(p, address, claim);
		free(held->claim);
		held->claim = claim;
		return 0;
	}
	more = reallocarray(p->holders, p->count + 1, sizeof(*more));
	if (!more) {
		free(claim);
		return err_oom(err);
	}
	p->holders = more;
	memmove(more + at + 1, more + at, (p->count - at) * sizeof(*more));
	more[at] = (struct pool_holder){ .address = *address, .claim = claim };
	p->count++;
	pool_log_add(p, address, claim);
	return 0;
}

static void remove_at(struct pool *p, size_t at)
{
	pool_log_add(p, &p->holders[at].address, NULL);
	free(p->holders[at].claim);
	p->count--;
	memmove(p->holders + at, p->holders + at + 1, (p->count - at) * sizeof(*p->holders));
}

size_t pool_drop_dead(struct pool *p)
{
	size_t before = p->count;

	for (size_t i = p->count; i-- > 0;)
		if (claim_look(p->holders[i].claim) == CLAIM_DEAD)
			remove_at(p, i);
	return before - p->count;
}

bool pool_give_back(struct pool *p, const struct ip_addr *address, const char *run_dir)
{
	const struct pool_holder *h = find(p, address);

	if (!h || !claim_is(h->claim, run_dir))
		return false;
	remove_at(p, (size_t)(h - p->holders));
	if (p->count <= FEW)
		pool_drop_dead(p);
	return true;
}

/* --- Choosing --- */

void pool_rule_release(struct pool_rule *r)
{
	ip_range_list_release(&r->ranges);
	ip_range_list_release(&r->exclude);
}

/* The lowest address of a range that is not below @at. */
static bool enter_ranges(const struct ip_range_list *ranges, struct ip_addr *at)
{
	struct ip_addr best = *at;
	bool found = false;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct ip_range *r = &ranges->items[i];
		const struct ip_addr *low = ip_addr_compare(&r->first, at) < 0 ? at : &r->first;

		if (ip_addr_compare(&r->last, at) < 0)
			continue;
		if (!found || ip_addr_compare(low, &best) < 0)
			best = *low;
		found = true;
	}
	*at = best;
	return found;
}

static const struct ip_range *excluded(const struct ip_range_list *list, const struct ip_addr *a)
{
	for (size_t i = 0; i < list->count; i++)
		if (ip_range_has(&list->items[i], a))
			return &list->items[i];
	return NULL;
}

/* Move @at up to the first address that may be chosen, which may be @at itself. Whole ranges are passed over, never one by one. */
static bool rule_next(const struct pool_rule *r, struct ip_addr *at)
{
	while (enter_ranges(&r->ranges, at)) {
		const struct ip_range *hit = excluded(&r->exclude, at);

		if (!hit)
			return true;
		*at = hit->last;
		if (!ip_addr_step(at))
			return false;
	}
	return false;
}

bool pool_rule_any(const struct pool_rule *r)
{
	struct ip_addr at;

	if (!r->ranges.count)
		return false;
	at = (struct ip_addr){ .family = r->ranges.items[0].first.family };
	return rule_next(r, &at);
}

static bool free_from(const struct pool *p, const struct pool_rule *rule, struct ip_addr at,
		      struct ip_addr *out)
{
	while (rule_next(rule, &at)) {
		if (!find(p, &at)) {
			*out = at;
			return true;
		}
		if (!ip_addr_step(&at))
			return false;
	}
	return false;
}

static bool choose(const struct pool *p, const struct pool_rule *rule, struct ip_addr *out)
{
	struct ip_addr at = p->last;

	return (at.family && ip_addr_step(&at) && free_from(p, rule, at, out)) ||
	       free_from(p, rule, p->subnet.addr, out);
}

int pool_choose(struct pool *p, const struct pool_rule *rule, struct ip_addr *out, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (choose(p, rule, out) || (pool_drop_dead(p) && choose(p, rule, out)))
		return 0;
	return err_set(err, -EADDRNOTAVAIL, "subnet %s: no address is left (%zu %s reserved)",
		       ip_prefix_format(&p->subnet, text, sizeof(text)), p->count,
		       p->count == 1 ? "is" : "are");
}
