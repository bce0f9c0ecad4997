// SPDX-License-Identifier: Apache-2.0
/* Plans, shared records and journals over a fake step type that can fail at every position. */
#include "lib/plan.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* The fake kernel: which names exist, and when to fail. */
static struct {
	bool exists[16];
	int applied, reverted, batches;
	int fail_at; /* the n-th apply fails; -1: none */
	bool fail_revert;
	char log[256];
} fake;

struct fake_args {
	uint32_t number;
	uint32_t learned;
	char *name;
};

static const struct json_field fake_fields[] = {
	JSON_UINT(struct fake_args, "number", number, .max = 15),
	JSON_UINT(struct fake_args, "learned", learned),
	JSON_STRING(struct fake_args, "name", name), JSON_END
};
static const struct json_schema fake_schema = JSON_SCHEMA(struct fake_args, fake_fields);

static void note(char what, uint32_t n)
{
	size_t len = strlen(fake.log);

	snprintf(fake.log + len, sizeof(fake.log) - len, "%c%u ", what, n);
}

static int fake_apply(struct scope *scope, void *args, struct err *err)
{
	struct fake_args *a = args;

	(void)scope;
	note('+', a->number);
	if (fake.fail_at == fake.applied++)
		return err_set(err, -EBUSY, "step %u failed", a->number);
	a->learned = 100 + a->number;
	fake.exists[a->number] = true;
	return 0;
}

static int fake_apply_many(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	fake.batches++;
	for (size_t i = 0; i < n; i++) {
		int ret = fake_apply(scope, at[i].args, err);

		if (ret < 0) {
			step_wrap(&at[i], err);
			return ret;
		}
	}
	return 0;
}

static int fake_revert(struct scope *scope, void *args, struct err *err)
{
	struct fake_args *a = args;

	(void)scope;
	note('-', a->number);
	fake.reverted++;
	if (fake.fail_revert)
		return err_set(err, -EIO, "cannot revert %u", a->number);
	fake.exists[a->number] = false;
	return 0;
}

static int fake_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct fake_args *a = args;

	(void)scope;
	return fake.exists[a->number] ? 0 : err_set(err, -ENOENT, "%u is missing", a->number);
}

static void fake_show(const void *args, FILE *out)
{
	fprintf(out, "make %u\n", ((const struct fake_args *)args)->number);
}

static const struct step_type plain = {
	.name = "fake.plain",
	.args = &fake_schema,
	.phase = PHASE_PREPARE,
	.apply = fake_apply,
	.revert = fake_revert,
	.probe = fake_probe,
	.show = fake_show,
	.learns = true,
};
static const struct step_type batched = {
	.name = "fake.batched",
	.args = &fake_schema,
	.phase = PHASE_CONNECT,
	.apply = fake_apply,
	.apply_many = fake_apply_many,
	.revert = fake_revert,
	.probe = fake_probe,
	.show = fake_show,
};
static const struct step_type alone = {
	.name = "fake.alone",
	.args = &fake_schema,
	.phase = PHASE_PREPARE,
	.apply = fake_apply,
	.revert = fake_revert,
	.probe = fake_probe,
	.show = fake_show,
	.exclusive = true,
};
static const struct step_type *const types[] = { &plain, &batched, &alone, NULL };
static const struct step_type *const *const tables[] = { types, NULL };

struct fixture {
	char dir[64];
	struct scope scope;
	struct plan plan;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	_cleanup_free_ char *run = NULL;
	_cleanup_free_ char *shared = NULL;

	memset(&fake, 0, sizeof(fake));
	fake.fail_at = -1;
	strcpy(f->dir, "/tmp/ctrnet-test-plan.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	run = str_format("%s/run/a", f->dir);
	shared = str_format("%s/shared/1", f->dir);
	assert_int_equal(file_mkdirs(AT_FDCWD, run, 0700, NULL), 0);
	assert_int_equal(scope_init(&f->scope, "a", run, shared, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	plan_release(&f->plan);
	scope_release(&f->scope);
	assert_int_equal(file_remove_tree(AT_FDCWD, f->dir, NULL), 0);
	free(f);
	return 0;
}

static void add(struct fixture *f, const struct step_type *type, uint32_t number, const char *ns,
		const char *shared)
{
	char origin[32];
	struct err err = { 0 };

	snprintf(origin, sizeof(origin), "thing[%u]", number);
	assert_int_equal(
		plan_add(&f->plan, type,
			 &(struct step){
				 .ns = (char *)ns, .origin = origin, .shared = (char *)shared },
			 &(struct fake_args){ .number = number, .name = strdup("n") }, &err),
		0);
}

static int count_calls(void *arg, struct err *err)
{
	(void)err;
	++*(int *)arg;
	return 0;
}

static void test_phases_in_order(void **state)
{
	struct fixture *f = *state;
	int journals = 0;

	add(f, &batched, 1, "host", NULL);
	add(f, &plain, 2, NULL, NULL);
	add(f, &batched, 3, "host", NULL);
	add(f, &plain, 4, NULL, NULL);
	assert_int_equal(
		plan_apply(&f->plan, PHASE_PREPARE, &f->scope, count_calls, &journals, NULL), 0);
	assert_string_equal(fake.log, "+2 +4 ");
	assert_int_equal(journals, 2);
	assert_int_equal(
		plan_apply(&f->plan, PHASE_CONNECT, &f->scope, count_calls, &journals, NULL), 0);
	assert_string_equal(fake.log, "+2 +4 +1 +3 ");
	assert_int_equal(journals, 2);
	assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, NULL), 0);
	assert_string_equal(fake.log, "+2 +4 +1 +3 -4 -3 -2 -1 ");
}

static void test_neighbours_share_a_trip(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 3; i++)
		add(f, &batched, i, "container", NULL);
	add(f, &batched, 3, "host", NULL);
	add(f, &batched, 4, "host", NULL);
	assert_int_equal(plan_apply(&f->plan, PHASE_CONNECT, &f->scope, NULL, NULL, NULL), 0);
	assert_int_equal(fake.batches, 2);
	assert_int_equal(fake.applied, 5);
}

/* Whatever position fails: the error names it, and reverting leaves nothing. */
static void test_failure_at_every_position(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 8; i++)
		add(f, i % 2 ? &batched : &plain, i, NULL,
		    i == 2 || i == 5 ? (i == 2 ? "two" : "five") : NULL);
	for (int at = 0; at < 8; at++) {
		struct err err = { 0 };
		int ret;

		memset(&fake, 0, sizeof(fake));
		fake.fail_at = at;
		ret = plan_apply(&f->plan, PHASE_PREPARE, &f->scope, NULL, NULL, &err);
		if (ret == 0)
			ret = plan_apply(&f->plan, PHASE_CONNECT, &f->scope, NULL, NULL, &err);
		assert_int_equal(ret, -EBUSY);
		assert_non_null(strstr(err.text, "thing["));
		assert_non_null(strstr(err.text, "failed"));
		fake.fail_at = -1;
		assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, &err), 0);
		for (int i = 0; i < 8; i++)
			assert_false(fake.exists[i]);
		assert_int_equal(access(f->scope.shared_dir, F_OK), -1);
	}
}

static void test_mortal_and_gone_namespaces_are_passed_over(void **state)
{
	struct fixture *f = *state;

	add(f, &plain, 1, "container", NULL);
	add(f, &plain, 2, "joined", NULL);
	add(f, &plain, 3, "host", NULL);
	assert_int_equal(scope_set_ns(&f->scope, "container",
				      open("/dev/null", O_RDONLY | O_CLOEXEC), true, NULL),
			 0);
	assert_int_equal(scope_set_ns(&f->scope, "joined", -1, false, NULL), 0);
	assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, NULL), 0);
	assert_string_equal(fake.log, "-3 ");
}

static void test_revert_goes_on_after_a_failure(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	add(f, &plain, 1, NULL, NULL);
	add(f, &plain, 2, NULL, NULL);
	fake.fail_revert = true;
	assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, &err), -EIO);
	assert_string_equal(fake.log, "-2 -1 ");
	assert_string_equal(err.text, "thing[2]: cannot revert 2");
}

static void test_owners_are_reverted_alone(void **state)
{
	struct fixture *f = *state;
	struct plan sub = { 0 };
	struct err err = { 0 };

	add(f, &plain, 1, NULL, NULL);
	assert_int_equal(plan_add(&sub, &plain, NULL, &(struct fake_args){ .number = 7 }, &err), 0);
	assert_int_equal(plan_append(&f->plan, &sub, "r1", &err), 0);
	assert_int_equal(f->plan.count, 2);
	assert_int_equal(sub.count, 0);
	assert_int_equal(plan_revert(&f->plan, &f->scope, "r1", &err), 0);
	assert_string_equal(fake.log, "-7 ");
}

static void add_owned(struct plan *p, uint32_t number, const char *shared, const char *owner)
{
	const struct step where = { .shared = (char *)shared, .owner = (char *)owner };

	assert_int_equal(plan_add(p, &plain, &where, &(struct fake_args){ .number = number }, NULL),
			 0);
}

/* "1:a b 2:" */
static void assert_owners(const struct plan *p, const char *expected)
{
	char text[256] = "";

	for (size_t i = 0; i < p->count; i++) {
		const struct fake_args *a = p->steps[i].args;
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%u:%s ", a->number,
			 p->steps[i].owner ? p->steps[i].owner : "");
	}
	assert_string_equal(text, expected);
}

static void test_owners_are_words(void **state)
{
	struct step s = { 0 };

	(void)state;
	assert_false(step_has_owner(&s, "a"));
	assert_int_equal(step_add_owner(&s, "eth1"), 0);
	assert_int_equal(step_add_owner(&s, "eth10"), 0);
	assert_int_equal(step_add_owner(&s, "eth1"), 0);
	assert_string_equal(s.owner, "eth1 eth10");
	assert_true(step_has_owner(&s, "eth10"));
	assert_false(step_has_owner(&s, "eth"));
	assert_false(step_has_owner(&s, "th1"));
	free(s.owner);
}

/* What is shared is there once, for both; what is the plan's own stays so. */
static void test_merge_shares(void **state)
{
	struct fixture *f = *state;
	struct plan more = { 0 };

	add_owned(&f->plan, 1, "x", "a");
	add_owned(&f->plan, 2, NULL, "a");
	add_owned(&f->plan, 3, "own", NULL);
	add_owned(&more, 4, "x", "b c");
	add_owned(&more, 5, NULL, "b");
	add_owned(&more, 6, "own", "b");
	add_owned(&more, 7, "y", "c");
	assert_int_equal(plan_merge(&f->plan, &more, NULL), 0);
	assert_int_equal(more.count, 0);
	assert_owners(&f->plan, "1:a b c 2:a 3: 5:b 7:c ");
	plan_release(&more);
}

/* Whichever goes first, what they share goes with the last; many steps, so that the arrays grow. */
static void test_split_takes_what_is_alone(void **state)
{
	struct fixture *f = *state;
	struct plan part = { 0 };

	add_owned(&f->plan, 1, "x", "a b c");
	for (uint32_t i = 0; i < 20; i++)
		add_owned(&f->plan, 2 + i % 3, NULL, (const char *[]){ "a", "b", "c" }[i % 3]);
	add_owned(&f->plan, 9, NULL, NULL);
	assert_int_equal(plan_split(&f->plan, "b", &part, NULL), 0);
	assert_owners(&part, "3:b 3:b 3:b 3:b 3:b 3:b 3:b ");
	assert_string_equal(f->plan.steps[0].owner, "a c");
	assert_int_equal(f->plan.count, 15);
	plan_release(&part);
	assert_int_equal(plan_split(&f->plan, "nobody", &part, NULL), 0);
	assert_int_equal(part.count, 0);
	plan_release(&part);
	assert_int_equal(plan_split(&f->plan, "c", &part, NULL), 0);
	plan_release(&part);
	assert_string_equal(f->plan.steps[0].owner, "a");
	/* Both can grow behind that. */
	for (uint32_t i = 0; i < 20; i++)
		add_owned(&f->plan, 10, NULL, "a");
	assert_int_equal(plan_split(&f->plan, "a", &part, NULL), 0);
	assert_owners(&f->plan, "9: ");
	assert_int_equal(((struct fake_args *)part.steps[0].args)->number, 1);
	for (uint32_t i = 0; i < 20; i++)
		add_owned(&part, 11, NULL, "a");
	plan_release(&part);
}

static char *encoded(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(plan_encode(p, out, NULL), 0);
	fclose(out);
	return text;
}

static void test_journal_round_trip(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL;
	_cleanup_free_ char *after = NULL;
	struct plan read = { 0 };
	struct err err = { 0 };

	add(f, &plain, 1, NULL, "key");
	add(f, &batched, 2, "host", NULL);
	assert_int_equal(plan_add_ns(&f->plan, "container", NULL, 0, true, &err), 0);
	assert_int_equal(plan_add_ns(&f->plan, "joined", "/run/netns/x", 7, false, &err), 0);
	before = encoded(&f->plan);
	assert_int_equal(plan_decode(&read, tables, before, strlen(before), "journal", &err), 0);
	after = encoded(&read);
	assert_string_equal(before, after);
	assert_string_equal(((struct fake_args *)read.steps[1].args)->name, "n");
	assert_string_equal(read.ns[1].path, "/run/netns/x");
	assert_int_equal(read.ns[1].inode, 7);
	plan_release(&read);
}

static void test_journal_refuses_unknown_types(void **state)
{
	static const char text[] = "{\"steps\":[{\"type\":\"fake.other\",\"args\":{}}]}";
	struct plan read = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(plan_decode(&read, tables, text, strlen(text), "journal", &err),
			 -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "fake.other"));
	assert_int_equal(read.count, 0);
}

static void test_probe_tells_what_differs(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	add(f, &plain, 1, NULL, NULL);
	add(f, &plain, 2, NULL, NULL);
	assert_int_equal(plan_apply(&f->plan, PHASE_PREPARE, &f->scope, NULL, NULL, NULL), 0);
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, &err), 0);
	fake.exists[2] = false;
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, &err), -ESTALE);
}

/* --- Mending --- */

/* What is there in a wrong way: it is mended in place, or else made anew. */
static bool bent[16];
/* Mending it takes along this one; 0: none. */
static uint32_t takes_along[16];

static int bent_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct fake_args *a = args;
	int ret = fake_probe(scope, args, err);

	return ret == 0 && bent[a->number] ? err_set(err, -ESTALE, "%u is bent", a->number) : ret;
}

static int bent_mend(struct scope *scope, void *args, struct err *err)
{
	struct fake_args *a = args;

	(void)scope;
	note('~', a->number);
	if (fake.fail_at == fake.applied++)
		return err_set(err, -EEXIST, "%u is a stranger's", a->number);
	if (takes_along[a->number])
		fake.exists[takes_along[a->number]] = false;
	bent[a->number] = false;
	return fake.exists[a->number] ? 0 : 1;
}

static const struct step_type mendable = {
	.name = "fake.mendable",
	.args = &fake_schema,
	.phase = PHASE_PREPARE,
	.apply = fake_apply,
	.revert = fake_revert,
	.probe = bent_probe,
	.mend = bent_mend,
	.show = fake_show,
};

static int wait_apply(struct scope *scope, void *args, struct err *err)
{
	(void)scope;
	(void)err;
	note('w', ((struct fake_args *)args)->number);
	return 0;
}

static const struct step_type waiting = {
	.name = "fake.waiting",
	.args = &fake_schema,
	.phase = PHASE_PREPARE,
	.apply = wait_apply,
	.show = fake_show,
};

static void note_mended(void *arg, const struct step *step, const struct err *why)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%s: %s; ", step->origin, why->text);
}

/* All applied, and the log as new. */
static void begin_mending(struct fixture *f)
{
	memset(bent, 0, sizeof(bent));
	memset(takes_along, 0, sizeof(takes_along));
	assert_int_equal(plan_apply(&f->plan, PHASE_PREPARE, &f->scope, NULL, NULL, NULL), 0);
	fake.log[0] = '\0';
	fake.applied = 0;
}

static void test_mend_does_what_differs_alone(void **state)
{
	struct fixture *f = *state;
	char text[256] = "";

	add(f, &plain, 1, NULL, NULL);
	add(f, &waiting, 2, NULL, NULL);
	add(f, &mendable, 3, NULL, NULL);
	add(f, &plain, 4, NULL, NULL);
	add(f, &mendable, 5, NULL, NULL);
	begin_mending(f);
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, note_mended, NULL, text, NULL), 0);
	assert_string_equal(fake.log, "");
	assert_string_equal(text, "");
	bent[3] = true;
	fake.exists[4] = fake.exists[5] = false;
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, note_mended, NULL, text, NULL), 0);
	/* In place; anew, for want of another way; anew, as it cannot be mended; and what waits, waits. */
	assert_string_equal(fake.log, "~3 -4 +4 ~5 -5 +5 w2 ");
	assert_string_equal(text, "thing[3]: 3 is bent; thing[4]: 4 is missing; "
				  "thing[5]: 5 is missing; ");
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, NULL), 0);
}

static void test_mend_brings_back_what_it_took_along(void **state)
{
	struct fixture *f = *state;

	add(f, &mendable, 1, NULL, NULL);
	add(f, &plain, 2, NULL, NULL);
	add(f, &mendable, 3, NULL, NULL);
	begin_mending(f);
	bent[1] = bent[3] = true;
	/* One behind it, and one before: that takes a second round. */
	takes_along[1] = 2;
	takes_along[3] = 2;
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, NULL, NULL, NULL, NULL), 0);
	assert_string_equal(fake.log, "~1 -2 +2 ~3 -2 +2 ");
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, NULL), 0);
}

static void always(void *arg, const struct step *step, const struct err *why)
{
	(void)arg;
	(void)why;
	bent[((const struct fake_args *)step->args)->number] = true;
}

static void test_mend_gives_up(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	add(f, &mendable, 1, NULL, NULL);
	begin_mending(f);
	bent[1] = true;
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, always, NULL, NULL, &err), -ELOOP);
}

/* What stands on what could not be mended is left alone. */
static void test_mend_ends_with_a_failure(void **state)
{
	struct fixture *f = *state;
	char text[256] = "";
	struct err err = { 0 };

	add(f, &mendable, 1, NULL, NULL);
	add(f, &mendable, 2, NULL, NULL);
	add(f, &plain, 3, NULL, NULL);
	begin_mending(f);
	bent[1] = bent[2] = true;
	fake.exists[3] = false;
	fake.fail_at = 1;
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, note_mended, NULL, text, &err),
			 -EEXIST);
	assert_string_equal(err.text, "thing[2]: 2 is a stranger's");
	assert_string_equal(fake.log, "~1 ~2 ");
	assert_string_equal(text, "thing[1]: 1 is bent; ");
}

static void test_mend_keeps_to_its_types(void **state)
{
	static const struct step_type *const only[] = { &mendable, NULL };
	struct fixture *f = *state;

	add(f, &plain, 1, NULL, NULL);
	add(f, &mendable, 2, NULL, NULL);
	begin_mending(f);
	fake.exists[1] = false;
	assert_int_equal(plan_probe(&f->plan, &f->scope, only, NULL, NULL, NULL), 0);
	bent[2] = true;
	assert_int_equal(plan_probe(&f->plan, &f->scope, only, NULL, NULL, NULL), -ESTALE);
	assert_int_equal(plan_mend(&f->plan, &f->scope, only, NULL, NULL, NULL, NULL), 0);
	assert_string_equal(fake.log, "~2 ");
}

/* What is shared is only made again: its other users have it still. A record that is lost is made, too. */
static void test_mend_of_what_is_shared(void **state)
{
	_cleanup_free_ char *other_dir = NULL;
	struct fixture *f = *state;
	struct scope other = { 0 };

	other_dir = str_format("%s/run/b", f->dir);
	assert_int_equal(file_mkdirs(AT_FDCWD, other_dir, 0700, NULL), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	add(f, &plain, 1, NULL, "bridge");
	begin_mending(f);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	fake.exists[1] = false;
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, NULL, NULL, NULL, NULL), 0);
	assert_string_equal(fake.log, "+1 ");
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_true(fake.exists[1]);
	/* We are none of its users any more, which a probe tells, and mending mends. */
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, NULL), -ESTALE);
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(shared_release(&other, &f->plan.steps[0], NULL), 0);
	assert_true(fake.exists[1]);
	assert_int_equal(file_remove_tree(AT_FDCWD, f->scope.shared_dir, NULL), 0);
	assert_int_equal(plan_probe(&f->plan, &f->scope, NULL, NULL, NULL, NULL), -ESTALE);
	assert_int_equal(plan_mend(&f->plan, &f->scope, NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_false(fake.exists[1]);
	scope_release(&other);
}

static void note_found(void *arg, const char *key, const char *why)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%s%s%s; ", key, why ? ": " : "",
		 why ? why : "");
}

static void test_shared_is_collected(void **state)
{
	_cleanup_free_ char *other_dir = NULL;
	struct fixture *f = *state;
	struct scope other = { 0 };
	char text[256] = "";

	other_dir = str_format("%s/run/b", f->dir);
	assert_int_equal(file_mkdirs(AT_FDCWD, other_dir, 0700, NULL), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	add(f, &plain, 1, NULL, "a");
	add(f, &plain, 2, NULL, "a/b");
	add(f, &plain, 3, NULL, "c");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(shared_acquire(&other, &f->plan.steps[i], NULL), 0);
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[2], NULL), 0);
	assert_int_equal(shared_collect(&f->scope, tables, false, note_found, text, NULL), 0);
	assert_string_equal(text, "");
	assert_int_equal(file_remove_tree(AT_FDCWD, other_dir, NULL), 0);
	assert_int_equal(shared_collect(&f->scope, tables, true, note_found, text, NULL), 0);
	assert_string_equal(text, "a/b; a; ");
	assert_true(fake.exists[1] && fake.exists[2]);
	text[0] = fake.log[0] = '\0';
	fake.fail_revert = true;
	assert_int_equal(shared_collect(&f->scope, tables, false, note_found, text, NULL), 0);
	assert_string_equal(text, "a/b; a/b: cannot revert 2; a; a: cannot revert 1; ");
	fake.fail_revert = false;
	text[0] = fake.log[0] = '\0';
	assert_int_equal(shared_collect(&f->scope, tables, false, note_found, text, NULL), 0);
	assert_string_equal(text, "a/b; a; ");
	assert_string_equal(fake.log, "-2 -1 ");
	assert_true(fake.exists[3]);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[2], NULL), 0);
	assert_false(fake.exists[3]);
	scope_release(&other);
}

/* Two users: one effect, and it goes with the second, by the arguments of the first. */
static void test_shared_goes_with_its_last_user(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };

	add(f, &plain, 1, NULL, "bridge");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	assert_false(shared_in_use(&f->scope, "bridge"));
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_true(shared_in_use(&f->scope, "bridge"));
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_true(fake.exists[1]);
	assert_int_equal(shared_release(&other, &f->plan.steps[0], NULL), 0);
	assert_false(fake.exists[1]);
	assert_int_equal(shared_release(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(fake.reverted, 1);
	assert_int_equal(access(f->scope.shared_dir, F_OK), -1);
	scope_release(&other);
}

/* A user that died without a word is no user: its directory is gone. */
static void test_shared_forgets_the_dead(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };

	add(f, &plain, 1, NULL, "bridge");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(rmdir(other_dir), 0);
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_false(fake.exists[1]);
	scope_release(&other);
}

/* One after the other: who is alive keeps it, and what a dead one has left is undone by his arguments before the next one's count. */
static void test_exclusive_is_one_users(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };
	struct err err = { 0 };
	char id[16] = "";

	add(f, &alone, 1, NULL, "link");
	add(f, &alone, 2, NULL, "link");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	assert_false(shared_user(&f->scope, "link", id, sizeof(id)));
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_false(shared_user(&other, "link", id, sizeof(id)));
	assert_true(shared_user(&f->scope, "link", id, sizeof(id)));
	assert_string_equal(id, "b");
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[1], &err), -EBUSY);
	assert_string_equal(err.text, "container 'b' has it");
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[1], NULL), 0);
	assert_true(fake.exists[1]);
	assert_int_equal(rmdir(other_dir), 0);
	assert_false(shared_user(&f->scope, "link", id, sizeof(id)));
	fake.log[0] = '\0';
	fake.fail_revert = true;
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[1], NULL), -EIO);
	fake.fail_revert = false;
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[1], NULL), 0);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[1], NULL), 0);
	assert_string_equal(fake.log, "-1 -1 +2 -2 ");
	scope_release(&other);
}

/* A record whose effect is missing (its maker was killed in between) is made good by the next user. */
static void test_shared_is_made_again_when_missing(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };

	add(f, &plain, 1, NULL, "bridge");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	fake.exists[1] = false;
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_true(fake.exists[1]);
	assert_int_equal(fake.applied, 2);
	scope_release(&other);
}

/* A revert that fails keeps the record, so that it can be tried again. */
static void test_shared_revert_can_be_tried_again(void **state)
{
	struct fixture *f = *state;

	add(f, &plain, 1, NULL, "bridge");
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	fake.fail_revert = true;
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), -EIO);
	assert_true(shared_in_use(&f->scope, "bridge"));
	fake.fail_revert = false;
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_false(fake.exists[1]);
	assert_false(shared_in_use(&f->scope, "bridge"));
}

/* What is in a namespace that was joined is recorded there, whatever the host of who joined it. */
static void test_shared_in_a_namespace(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	_cleanup_free_ char *other_host = str_format("%s/shared/2", f->dir);
	_cleanup_free_ char *joined = str_format("%s/shared/3", f->dir);
	struct scope other = { 0 };

	add(f, &plain, 1, "joined", "lo");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, other_host, NULL), 0);
	assert_int_equal(scope_set_ns_shared_dir(&f->scope, "joined", joined, NULL), 0);
	assert_int_equal(scope_set_ns_shared_dir(&other, "joined", joined, NULL), 0);
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(access(f->scope.shared_dir, F_OK), -1);
	assert_int_equal(access(joined, F_OK), 0);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(fake.reverted, 0);
	assert_int_equal(shared_release(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(fake.reverted, 1);
	assert_int_equal(access(joined, F_OK), -1);
	scope_release(&other);
}

/* Of a namespace that is gone nothing is reverted, but the record goes with its last user. */
static void test_shared_is_forgotten_with_its_namespace(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };

	add(f, &plain, 1, "joined", "lo");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(scope_set_ns(&f->scope, "joined", -1, false, NULL), 0);
	assert_int_equal(scope_set_ns(&other, "joined", -1, false, NULL), 0);
	/* Who never was a user takes nothing away from others. */
	assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, NULL), 0);
	assert_true(shared_in_use(&f->scope, "lo"));
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(plan_revert(&f->plan, &f->scope, NULL, NULL), 0);
	assert_true(shared_in_use(&f->scope, "lo"));
	assert_int_equal(plan_revert(&f->plan, &other, NULL, NULL), 0);
	assert_false(shared_in_use(&f->scope, "lo"));
	assert_int_equal(access(f->scope.shared_dir, F_OK), -1);
	assert_int_equal(fake.reverted, 0);
	scope_release(&other);
}

static int fake_look(struct scope *scope, void *args, struct err *err)
{
	struct fake_args *a = args;

	(void)scope;
	(void)err;
	note('?', a->number);
	a->learned = fake.exists[a->number] ? 1 : 2;
	return 0;
}

static int keep_learned(struct scope *scope, void *args, struct err *err)
{
	(void)scope;
	(void)err;
	note('0' + (char)((struct fake_args *)args)->learned, ((struct fake_args *)args)->number);
	return 0;
}

/* What the undoing has to know is on record before there is something to undo: here the apply comes no further. */
static void test_shared_looks_before_the_record(void **state)
{
	static const struct step_type looks = {
		.name = "fake.looks",
		.args = &fake_schema,
		.look = fake_look,
		.apply = fake_apply,
		.revert = keep_learned,
		.probe = fake_probe,
		.show = fake_show,
	};
	struct fixture *f = *state;
	_cleanup_free_ char *other_dir = str_format("%s/run/b", f->dir);
	struct scope other = { 0 };

	add(f, &looks, 1, NULL, "lo");
	assert_int_equal(mkdir(other_dir, 0700), 0);
	assert_int_equal(scope_init(&other, "b", other_dir, f->scope.shared_dir, NULL), 0);
	fake.fail_at = 0;
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), -EBUSY);
	assert_string_equal(fake.log, "?1 +1 ");
	fake.fail_at = -1;
	fake.log[0] = '\0';
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_string_equal(fake.log, "21 ");
	/* Nobody looks where it is in use and whole. */
	fake.log[0] = '\0';
	assert_int_equal(shared_acquire(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_acquire(&other, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_release(&f->scope, &f->plan.steps[0], NULL), 0);
	assert_int_equal(shared_release(&other, &f->plan.steps[0], NULL), 0);
	assert_string_equal(fake.log, "?1 +1 21 ");
	scope_release(&other);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_phases_in_order),
		T(test_neighbours_share_a_trip),
		T(test_failure_at_every_position),
		T(test_mortal_and_gone_namespaces_are_passed_over),
		T(test_revert_goes_on_after_a_failure),
		T(test_owners_are_reverted_alone),
		T(test_owners_are_words),
		T(test_merge_shares),
		T(test_split_takes_what_is_alone),
		T(test_journal_round_trip),
		T(test_journal_refuses_unknown_types),
		T(test_probe_tells_what_differs),
		T(test_mend_does_what_differs_alone),
		T(test_mend_brings_back_what_it_took_along),
		T(test_mend_gives_up),
		T(test_mend_ends_with_a_failure),
		T(test_mend_keeps_to_its_types),
		T(test_mend_of_what_is_shared),
		T(test_shared_is_collected),
		T(test_shared_goes_with_its_last_user),
		T(test_shared_forgets_the_dead),
		T(test_exclusive_is_one_users),
		T(test_shared_is_made_again_when_missing),
		T(test_shared_revert_can_be_tried_again),
		T(test_shared_in_a_namespace),
		T(test_shared_is_forgotten_with_its_namespace),
		T(test_shared_looks_before_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
