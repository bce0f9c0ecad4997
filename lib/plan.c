// SPDX-License-Identifier: Apache-2.0
#include "lib/plan.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int copy_string(char **out, const char *s)
{
	*out = s ? strdup(s) : NULL;
	return s && !*out ? -ENOMEM : 0;
}

static void step_release(struct step *s)
{
	if (s->args)
		json_release(s->type->args, s->args);
	free(s->args);
	free(s->ns);
	free(s->origin);
	free(s->shared);
	free(s->owner);
	*s = (struct step){ 0 };
}

static int step_init(struct step *s, const struct step_type *type, const struct step *where)
{
	*s = (struct step){ .type = type, .args = calloc(1, type->args->size) };
	if (!s->args)
		return -ENOMEM;
	if (where &&
	    (copy_string(&s->ns, where->ns) < 0 || copy_string(&s->origin, where->origin) < 0 ||
	     copy_string(&s->shared, where->shared) < 0 ||
	     copy_string(&s->owner, where->owner) < 0))
		return -ENOMEM;
	return 0;
}

/* Room for one more: the array grows in powers of two, told from the count alone. */
static int grow(void **items, size_t count, size_t size)
{
	void *more;

	if (count & (count - 1) || (count && count < 8))
		return 0;
	more = realloc(*items, (count < 8 ? 8 : count * 2) * size);
	if (!more)
		return -ENOMEM;
	*items = more;
	return 0;
}

int plan_add(struct plan *p, const struct step_type *type, const struct step *where,
	     const void *args, struct err *err)
{
	struct step step = { 0 };

	if (grow((void **)&p->steps, p->count, sizeof(*p->steps)) < 0 ||
	    step_init(&step, type, where) < 0) {
		_cleanup_free_ void *given = malloc(type->args->size);

		/* What @args points to is ours by now, so it goes too. */
		if (given) {
			memcpy(given, args, type->args->size);
			json_release(type->args, given);
		}
		step_release(&step);
		return err_oom(err);
	}
	memcpy(step.args, args, type->args->size);
	p->steps[p->count++] = step;
	return 0;
}

int plan_add_ns(struct plan *p, const char *key, const char *path, uint64_t inode, bool mortal,
		struct err *err)
{
	struct plan_ns ns = { .inode = inode, .mortal = mortal };

	if (grow((void **)&p->ns, p->ns_count, sizeof(*p->ns)) < 0 ||
	    copy_string(&ns.key, key) < 0 || copy_string(&ns.path, path) < 0) {
		free(ns.key);
		return err_oom(err);
	}
	p->ns[p->ns_count++] = ns;
	return 0;
}

int plan_append(struct plan *p, struct plan *sub, const char *owner, struct err *err)
{
	for (size_t i = 0; i < sub->count; i++) {
		char *name = NULL;

		if (copy_string(&name, owner) < 0 ||
		    grow((void **)&p->steps, p->count, sizeof(*p->steps)) < 0) {
			free(name);
			memmove(sub->steps, sub->steps + i, (sub->count - i) * sizeof(*sub->steps));
			sub->count -= i;
			return err_oom(err);
		}
		if (name) {
			free(sub->steps[i].owner);
			sub->steps[i].owner = name;
		}
		p->steps[p->count++] = sub->steps[i];
	}
	sub->count = 0;
	for (size_t i = 0; i < sub->ns_count; i++) {
		const struct plan_ns *ns = &sub->ns[i];
		int ret = plan_add_ns(p, ns->key, ns->path, ns->inode, ns->mortal, err);

		if (ret < 0)
			return ret;
	}
	plan_release(sub);
	return 0;
}

int step_wrap(const struct step *step, struct err *err)
{
	if (step->origin)
		return err_wrap(err, "%s", step->origin);
	return err ? err->code : -EINVAL;
}

/* How many steps from @at on go together: 1, unless they share apply_many and namespace. */
static size_t group_size(const struct step *at, const struct step *end)
{
	const struct step *s = at + 1;

	if (!at->type->apply_many || at->shared)
		return 1;
	while (s < end && s->type->apply_many == at->type->apply_many &&
	       s->type->phase == at->type->phase && !s->shared && same(s->ns, at->ns))
		s++;
	return (size_t)(s - at);
}

static int apply_group(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	int ret;

	if (n > 1 || (at->type->apply_many && !at->type->apply))
		return at->type->apply_many(scope, at, n, err);
	log_debug("apply %s%s%s", at->type->name, at->origin ? " for " : "",
		  at->origin ? at->origin : "");
	ret = at->shared ? shared_acquire(scope, at, err) : at->type->apply(scope, at->args, err);
	if (ret < 0)
		step_wrap(at, err);
	return ret;
}

static bool group_learns(const struct step *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].type->learns && (!at[i].type->learned || at[i].type->learned(at[i].args)))
			return true;
	return false;
}

int plan_apply(struct plan *p, enum phase phase, struct scope *scope,
	       int (*learned)(void *arg, struct err *err), void *arg, struct err *err)
{
	struct step *end = p->steps + p->count;
	size_t n;

	for (struct step *at = p->steps; at < end; at += n) {
		int ret;

		n = 1;
		if (at->type->phase != phase)
			continue;
		n = group_size(at, end);
		ret = apply_group(scope, at, n, err);
		if (ret < 0)
			return ret;
		for (size_t i = 0; i < n; i++)
			at[i].done = true;
		if (learned && group_learns(at, n) && (ret = learned(arg, err)) < 0)
			return ret;
	}
	return 0;
}

/*
 * What is in a mortal namespace went, or goes at once, with the container. A joined one that no longer
 * exists took its contents along as well.
 */
static bool revert_needed(const struct step *s, const struct scope *scope)
{
	if (!s->type->revert)
		return false;
	return !s->ns || !(scope_ns_mortal(scope, s->ns) || scope_ns_gone(scope, s->ns));
}

static int revert_step(struct step *s, struct scope *scope, struct err *err)
{
	int ret;

	if (!revert_needed(s, scope))
		return s->shared && scope_ns_gone(scope, s->ns) ? shared_forget(scope, s, err) : 0;
	log_debug("revert %s%s%s", s->type->name, s->origin ? " for " : "",
		  s->origin ? s->origin : "");
	ret = s->shared ? shared_release(scope, s, err) : s->type->revert(scope, s->args, err);
	if (ret < 0)
		step_wrap(s, err);
	else
		s->done = false;
	return ret;
}

int plan_revert(struct plan *p, struct scope *scope, const char *owner, struct err *err)
{
	int first = 0;

	for (size_t i = p->count; i-- > 0;) {
		struct step *s = &p->steps[i];
		struct err why = { 0 };
		int ret;

		if (owner && !same(s->owner, owner))
			continue;
		ret = revert_step(s, scope, &why);
		if (ret < 0 && first < 0)
			log_warn("also: %s", why.text);
		if (ret < 0 && first == 0) {
			first = ret;
			err_set(err, ret, "%s", why.text);
		}
	}
	return first;
}

void plan_show(const struct plan *p, enum phase phase, FILE *out)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].type->phase == phase)
			p->steps[i].type->show(p->steps[i].args, out);
}

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		step_release(&p->steps[i]);
	for (size_t i = 0; i < p->ns_count; i++) {
		free(p->ns[i].key);
		free(p->ns[i].path);
	}
	free(p->steps);
	free(p->ns);
	*p = (struct plan){ 0 };
}
