// SPDX-License-Identifier: Apache-2.0
/* The owners of a plan's steps: parts that come to it and go again while the rest stays. */
#include "lib/cleanup.h"
#include "lib/plan.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* plan_add() takes it that there is room up to a power of two. */
#define ROOM_MIN 8

static const char *next_word(const char *at)
{
	at += strcspn(at, " ");
	return at + strspn(at, " ");
}

static bool is_word(const char *at, const char *word, size_t len)
{
	return strcspn(at, " ") == len && !strncmp(at, word, len);
}

/* Where @word is among the owners, or NULL. */
static char *find_owner(const struct step *s, const char *word, size_t len)
{
	const char *at = s->owner ? s->owner : "";

	while (*at && !is_word(at, word, len))
		at = next_word(at);
	return *at ? s->owner + (at - s->owner) : NULL;
}

bool step_has_owner(const struct step *step, const char *owner)
{
	return find_owner(step, owner, strlen(owner)) != NULL;
}

static int add_word(struct step *s, const char *word, size_t len)
{
	char *more;

	if (find_owner(s, word, len))
		return 0;
	more = str_format("%s%s%.*s", s->owner ? s->owner : "", s->owner ? " " : "", (int)len,
			  word);
	if (!more)
		return -ENOMEM;
	free(s->owner);
	s->owner = more;
	return 0;
}

int step_add_owner(struct step *step, const char *owner)
{
	return add_word(step, owner, strlen(owner));
}

static bool has_other(const struct step *s, const char *owner)
{
	for (const char *at = s->owner; *at; at = next_word(at))
		if (!is_word(at, owner, strlen(owner)))
			return true;
	return false;
}

static void drop_owner(struct step *s, const char *owner)
{
	char *at = find_owner(s, owner, strlen(owner));
	const char *rest = next_word(at);

	memmove(at, rest, strlen(rest) + 1);
	/* The last one leaves the space in front of it. */
	if (!*at && at > s->owner)
		at[-1] = '\0';
}

/* --- Joining --- */

static struct step *find_shared(const struct plan *p, const char *key)
{
	for (size_t i = 0; key && i < p->count; i++)
		if (p->steps[i].shared && !strcmp(p->steps[i].shared, key))
			return &p->steps[i];
	return NULL;
}

/* What is the plan's own stays so. */
static int add_owners(struct step *to, const struct step *from)
{
	int ret = 0;

	for (const char *at = from->owner; to->owner && at && *at && ret == 0; at = next_word(at))
		ret = add_word(to, at, strcspn(at, " "));
	return ret;
}

/* An empty plan with room for as many steps as @p has. */
static int make_room(const struct plan *p, struct plan *out, struct err *err)
{
	size_t room = ROOM_MIN;

	while (room < p->count)
		room *= 2;
	out->steps = calloc(room, sizeof(*out->steps));
	return out->steps ? 0 : err_oom(err);
}

int plan_merge(struct plan *p, struct plan *sub, struct err *err)
{
	_cleanup_(plan_release) struct plan twice = { 0 };
	size_t kept = 0;
	int ret = make_room(sub, &twice, err);

	for (size_t i = 0; ret == 0 && i < sub->count; i++) {
		struct step *there = find_shared(p, sub->steps[i].shared);

		if (there && add_owners(there, &sub->steps[i]) < 0)
			return err_oom(err);
		if (there)
			twice.steps[twice.count++] = sub->steps[i];
		else
			sub->steps[kept++] = sub->steps[i];
		sub->steps[i] = (i < kept) ? sub->steps[i] : (struct step){ 0 };
	}
	if (ret < 0)
		return ret;
	sub->count = kept;
	return plan_append(p, sub, NULL, err);
}

/* --- Parting --- */

int plan_split(struct plan *p, const char *owner, struct plan *out, struct err *err)
{
	size_t kept = 0;
	int ret = make_room(p, out, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < p->count; i++) {
		struct step s = p->steps[i];

		if (step_has_owner(&s, owner) && !has_other(&s, owner)) {
			out->steps[out->count++] = s;
			continue;
		}
		if (step_has_owner(&s, owner))
			drop_owner(&s, owner);
		p->steps[kept++] = s;
	}
	p->count = kept;
	return 0;
}
