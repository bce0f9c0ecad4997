// SPDX-License-Identifier: Apache-2.0
/* Comparing a plan with the kernel, and mending what differs. */
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/plan.h"
#include "lib/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Mending may undo what was mended before, as an address that is moved to another place takes along routes. */
#define MEND_ROUNDS 4

typedef void differs_fn(void *arg, const struct step *step, const struct err *why);

static bool concerns(const struct step *s, const struct step_type *const *types)
{
	if (!types)
		return true;
	for (; *types; types++)
		if (*types == s->type)
			return true;
	return false;
}

static bool only_waits(const struct step *s)
{
	return !s->type->probe && !s->type->revert;
}

/* 0: as planned; 1: it differs, as @why tells; or an error. */
static int compare(const struct step *s, struct scope *scope, struct err *why, struct err *err)
{
	int ret;

	if (!s->type->probe)
		return 0;
	*why = (struct err){ 0 };
	ret = s->shared ? shared_probe(scope, s, why) : s->type->probe(scope, s->args, why);
	if (ret == -ENOENT || ret == -ESTALE)
		return 1;
	if (ret == 0)
		return 0;
	step_wrap(s, why);
	return err_set(err, ret, "%s", why->text);
}

int plan_probe(const struct plan *p, struct scope *scope, const struct step_type *const *types,
	       differs_fn *differs, void *arg, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		struct err why;
		int ret = concerns(s, types) ? compare(s, scope, &why, err) : 0;

		if (ret < 0)
			return ret;
		if (ret == 0)
			continue;
		any = true;
		if (differs)
			differs(arg, s, &why);
	}
	return any ? err_set(err, -ESTALE, "the kernel differs from the plan") : 0;
}

static int apply_alone(struct scope *scope, struct step *s, struct err *err)
{
	return s->type->apply ? s->type->apply(scope, s->args, err)
			      : s->type->apply_many(scope, s, 1, err);
}

static int make_anew(struct scope *scope, struct step *s, struct err *err)
{
	int ret = s->type->revert ? s->type->revert(scope, s->args, err) : 0;

	return ret < 0 ? ret : apply_alone(scope, s, err);
}

static int mend_step(struct scope *scope, struct step *s, struct err *err)
{
	int ret = 1;

	log_debug("mend %s%s%s", s->type->name, s->origin ? " for " : "",
		  s->origin ? s->origin : "");
	if (s->shared)
		ret = shared_mend(scope, s, err);
	else if (s->type->mend)
		ret = s->type->mend(scope, s->args, err);
	if (ret > 0)
		ret = make_anew(scope, s, err);
	return ret < 0 ? step_wrap(s, err) : 0;
}

struct mending {
	struct plan *plan;
	struct scope *scope;
	const struct step_type *const *types;
	differs_fn *mended;
	int (*learned)(void *arg, struct err *err);
	void *arg;
};

/* One way through the plan: how many steps were mended, or an error. */
static int mend_round(const struct mending *m, struct err *err)
{
	int mended = 0;

	for (size_t i = 0; i < m->plan->count; i++) {
		struct step *s = &m->plan->steps[i];
		struct err why;
		int ret = concerns(s, m->types) ? compare(s, m->scope, &why, err) : 0;

		if (ret > 0) {
			ret = mend_step(m->scope, s, err);
			if (ret == 0)
				mended++;
			if (ret == 0 && m->mended)
				m->mended(m->arg, s, &why);
			if (ret == 0 && s->type->learns && m->learned)
				ret = m->learned(m->arg, err);
		}
		if (ret < 0)
			return ret;
	}
	return mended;
}

static int wait_again(const struct mending *m, struct err *err)
{
	for (size_t i = 0; i < m->plan->count; i++) {
		struct step *s = &m->plan->steps[i];

		if (!concerns(s, m->types) || !only_waits(s))
			continue;
		if (apply_alone(m->scope, s, err) < 0)
			return step_wrap(s, err);
	}
	return 0;
}

int plan_mend(struct plan *p, struct scope *scope, const struct step_type *const *types,
	      differs_fn *mended, int (*learned)(void *arg, struct err *err), void *arg,
	      struct err *err)
{
	const struct mending m = { p, scope, types, mended, learned, arg };
	bool any = false;
	int ret;

	for (int round = 0; round < MEND_ROUNDS; round++) {
		ret = mend_round(&m, err);
		if (ret < 0)
			return ret;
		if (ret == 0)
			return any ? wait_again(&m, err) : 0;
		any = true;
	}
	return err_set(err, -ELOOP, "what is mended differs again each time");
}

const char *step_describe(const struct step *step, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out;

	buf[0] = '\0';
	if (step->type->describe) {
		step->type->describe(step->args, buf, size);
		return buf;
	}
	out = step->type->show ? open_memstream(&text, &len) : NULL;
	if (!out)
		return buf;
	step->type->show(step->args, out);
	if (fclose(out) == 0)
		snprintf(buf, size, "%.*s", (int)strcspn(text, "\n"), text);
	return buf;
}
