// SPDX-License-Identifier: Apache-2.0
/* The keys of impairments, and the rules between them. */
#include "net/netem.h"

#include "lib/cleanup.h"
#include "net/unit.h"

#include <errno.h>
#include <string.h>

const struct json_name netem_distributions[] = {
	{ "uniform", NETEM_UNIFORM },
	{ "normal", NETEM_NORMAL },
	{ "pareto", NETEM_PARETO },
	{ "paretonormal", NETEM_PARETONORMAL },
	{ NULL, 0 },
};

static const struct json_field gemodel_fields[] = {
	JSON_TEXT(struct netem_gemodel, "p", p, &unit_chance_text, .flags = JSON_REQUIRED),
	JSON_TEXT(struct netem_gemodel, "r", r, &unit_chance_text),
	JSON_TEXT(struct netem_gemodel, "h", h, &unit_percent_text),
	JSON_TEXT(struct netem_gemodel, "k", k1, &unit_rest_text),
	JSON_END,
};

static const struct json_schema gemodel_schema =
	JSON_SCHEMA(struct netem_gemodel, gemodel_fields, .unknown = JSON_UNKNOWN_REFUSE);

static const struct json_field loss_fields[] = {
	JSON_OBJECT(struct netem_loss, "gemodel", gemodel, &gemodel_schema, .flags = JSON_REQUIRED),
	JSON_END,
};
static const struct json_schema loss_schema =
	JSON_SCHEMA(struct netem_loss, loss_fields, .unknown = JSON_UNKNOWN_REFUSE);

static int decode_loss(const struct json_value *value, void *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct netem_loss loss = { 0 };
	struct err why;
	int ret;

	if (json_value_kind(value) == JSON_IS_OBJECT) {
		ret = json_value_decode(&loss_schema, &loss, value, err);
	} else {
		ret = json_value_string(value, &text, err);
		if (ret == 0 && *text)
			ret = unit_percent_parse(text, &loss.random, &why);
		if (ret < 0 && text)
			json_value_err(value, err, ret, "%s", why.text);
	}
	if (ret == 0)
		*(struct netem_loss *)out = loss;
	return ret;
}

static void encode_loss(const void *in, const char *key, struct json_writer *out)
{
	const struct netem_loss *loss = in;
	char text[UNIT_TEXT_MAX];

	if (loss->gemodel.p)
		json_write_object(out, key, &loss_schema, loss);
	else
		json_write_string(out, key, unit_percent_format(loss->random, text, sizeof(text)));
}

static const struct json_form loss_forms[] = { JSON_FORM_TEXT(&unit_percent_text),
					       JSON_FORM_OBJECT(&loss_schema), JSON_FORM_END };

const struct json_custom netem_loss_json = {
	.decode = decode_loss,
	.encode = encode_loss,
	.what = "string, or object",
	.schema = &loss_schema,
	.forms = loss_forms,
};

static const struct json_field slot_fields[] = {
	JSON_TEXT(struct netem_slot, "min", min, &unit_time_text),
	JSON_TEXT(struct netem_slot, "max", max, &unit_time_text),
	JSON_TEXT(struct netem_slot, "delay", delay, &unit_time_text),
	JSON_TEXT(struct netem_slot, "jitter", jitter, &unit_time_text),
	JSON_ENUM(struct netem_slot, "distribution", distribution, netem_distributions),
	JSON_UINT(struct netem_slot, "packets", packets, .max = INT32_MAX),
	JSON_UINT(struct netem_slot, "bytes", bytes, .max = INT32_MAX),
	JSON_END,
};
const struct json_schema netem_slot_schema =
	JSON_SCHEMA(struct netem_slot, slot_fields, .unknown = JSON_UNKNOWN_REFUSE);

/* --- Rules --- */

static bool has_slot(const struct netem *n)
{
	return n->slot.min || n->slot.max || n->slot.delay || n->slot.jitter;
}

const char *netem_first_key(const struct netem *n)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "delay", n->delay },
		{ "jitter", n->jitter },
		{ "loss", n->loss.random || n->loss.gemodel.p },
		{ "duplicate", n->duplicate },
		{ "reorder", n->reorder },
		{ "corrupt", n->corrupt },
		{ "slot", has_slot(n) },
	};

	for (size_t i = 0; i < array_size(keys); i++)
		if (keys[i].given)
			return keys[i].key;
	return NULL;
}

/* A key that says more of another one, which is missing. */
static int check_lonely(const struct netem *n, struct err *err)
{
	const struct {
		const char *key;
		bool given, missing;
		const char *why;
	} rules[] = {
		{ "jitter", n->jitter, !n->delay, "there is no delay that could vary" },
		{ "distribution", n->distribution, !n->jitter,
		  "there is no jitter that could have one" },
		{ "correlation", n->correlation, !n->jitter,
		  "there is no jitter that could be correlated" },
		{ "loss_correlation", n->loss_correlation, !n->loss.random,
		  "there is no random loss that could be correlated" },
		{ "duplicate_correlation", n->duplicate_correlation, !n->duplicate,
		  "there is no duplicate that could be correlated" },
		{ "reorder", n->reorder, !n->delay,
		  "there is no delay that packets could be spared" },
		{ "reorder_correlation", n->reorder_correlation, !n->reorder,
		  "there is no reorder that could be correlated" },
		{ "gap", n->gap, !n->reorder, "there is no reorder" },
		{ "loss.gemodel", n->loss.gemodel.r || n->loss.gemodel.h || n->loss.gemodel.k1,
		  !n->loss.gemodel.p, "p is missing" },
		{ "corrupt_correlation", n->corrupt_correlation, !n->corrupt,
		  "there is no corrupt that could be correlated" },
		{ "seed", n->seed, !netem_first_key(n), "there is no impairment" },
	};

	for (size_t i = 0; i < array_size(rules); i++)
		if (rules[i].given && rules[i].missing)
			return err_set(err, -EINVAL, "%s: %s", rules[i].key, rules[i].why);
	return 0;
}

static int check_slot(const struct netem_slot *s, struct err *err)
{
	if ((s->min || s->max) && (s->delay || s->jitter))
		return err_set(err, -EINVAL,
			       "slot: min and max, or delay and jitter, but not both");
	if (s->max && s->max < s->min)
		return err_set(err, -EINVAL, "slot.max: it is below min");
	if (s->jitter && !s->delay)
		return err_set(err, -EINVAL, "slot.jitter: there is no delay that could vary");
	if (s->distribution && !s->jitter)
		return err_set(err, -EINVAL,
			       "slot.distribution: there is no jitter that could have one");
	if ((s->packets || s->bytes) && !s->min && !s->max && !s->delay)
		return err_set(err, -EINVAL,
			       "slot: there is no pause between slots (min, or delay)");
	return 0;
}

/* What the kernel would cut off without a word (net/sched/sch_netem.c). */
static int check_jitter(const char *key, uint64_t jitter, struct err *err)
{
	if (jitter > INT32_MAX)
		return err_set(err, -ERANGE, "%s: the kernel knows none above 2147483647ns", key);
	return 0;
}

int netem_check(const struct netem *n, struct err *err)
{
	int ret = check_lonely(n, err);

	if (ret == 0)
		ret = check_slot(&n->slot, err);
	if (ret == 0)
		ret = check_jitter("jitter", n->jitter, err);
	return ret < 0 ? ret : check_jitter("slot.jitter", n->slot.jitter, err);
}
