// SPDX-License-Identifier: Apache-2.0
/* Rules as configs and journals have them. */
#include "net/rule.h"

#include "lib/cleanup.h"
#include "net/link.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const struct json_name family_names[] = {
	{ "ipv4", AF_INET },
	{ "ipv6", AF_INET6 },
	{ NULL, 0 },
};

const struct json_name net_rule_action_names[] = {
	{ "lookup", FR_ACT_TO_TBL },
	{ "blackhole", FR_ACT_BLACKHOLE },
	{ "unreachable", FR_ACT_UNREACHABLE },
	{ "prohibit", FR_ACT_PROHIBIT },
	{ NULL, 0 },
};

/* --- fwmark: "0x10/0xff", "16", 16 --- */

/* A number as C writes it; false if it is none, or has more than 32 bits. */
static bool word_number(const char *text, size_t len, uint32_t *out)
{
	char word[16], *end;
	unsigned long long value;

	if (len == 0 || len >= sizeof(word) || *text < '0' || *text > '9')
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	value = strtoull(word, &end, 0);
	if (*end || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

static int mark_text(const struct json_value *v, struct rule_mark *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct rule_mark mark = { .mask = UINT32_MAX };
	size_t len;
	int ret = json_value_string(v, &text, err);

	if (ret < 0 || !*text)
		return ret;
	len = strcspn(text, "/");
	if (!word_number(text, len, &mark.value) ||
	    (text[len] && !word_number(text + len + 1, strlen(text + len + 1), &mark.mask)) ||
	    !mark.mask)
		return json_value_err(v, err, -EINVAL,
				      "%s: expected MARK or MARK/MASK, as in 16 or 0x10/0xff",
				      text);
	*out = mark;
	return 0;
}

static int decode_mark(const struct json_value *v, void *out, struct err *err)
{
	unsigned long long number = 0;
	int ret;

	if (json_value_kind(v) == JSON_IS_STRING)
		return mark_text(v, out, err);
	ret = json_value_uint(v, UINT32_MAX, &number, err);
	if (ret == 0)
		*(struct rule_mark *)out =
			(struct rule_mark){ .value = (uint32_t)number, .mask = UINT32_MAX };
	return ret;
}

const char *rule_mark_format(const struct rule_mark *m, char *buf, size_t size)
{
	if (m->mask == UINT32_MAX)
		snprintf(buf, size, "%#x", m->value);
	else
		snprintf(buf, size, "%#x/%#x", m->value, m->mask);
	return buf;
}

static void encode_mark(const void *in, const char *key, struct json_writer *out)
{
	char text[RULE_MARK_TEXT_MAX];

	json_write_string(out, key, rule_mark_format(in, text, sizeof(text)));
}

#define MARK_PATTERN "(?:0[xX][0-9A-Fa-f]+|[0-9]+)"

static const struct json_form mark_forms[] = {
	JSON_FORM_NUMBER(0, UINT32_MAX),
	{ JSON_IS_STRING, .pattern = MARK_PATTERN "(?:/" MARK_PATTERN ")?" },
	JSON_FORM_END,
};

static const struct json_custom mark_json = {
	.decode = decode_mark,
	.encode = encode_mark,
	.what = "number, or string of MARK/MASK",
	.forms = mark_forms,
};

/* --- The tables --- */

#define RULE_JSON(T, at)                                                                     \
	JSON_ENUM(T, "family", at family, family_names),                                     \
		JSON_TEXT(T, "from", at from, &ip_network_text),                             \
		JSON_TEXT(T, "to", at to, &ip_network_text), JSON_CHARS(T, "iif", at iif),   \
		JSON_CHARS(T, "oif", at oif), JSON_CUSTOM(T, "fwmark", at mark, &mark_json), \
		JSON_CUSTOM(T, "table", at table, &route_table_json),                        \
		JSON_UINT(T, "priority", at priority),                                       \
		JSON_ENUM(T, "action", at action, net_rule_action_names)

static const struct json_field fields[] = { RULE_JSON(struct net_rule, ), JSON_END };
const struct json_schema net_rule_schema =
	JSON_SCHEMA(struct net_rule, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static const struct json_field args_fields[] = { NET_ARGS_JSON(struct rule_args, "link"),
						 RULE_JSON(struct rule_args, rule.),
						 JSON_BOOL(struct rule_args, "crowded", crowded),
						 JSON_END };
const struct json_schema rule_args_schema = JSON_SCHEMA(struct rule_args, args_fields);

/* --- Rules between the keys --- */

int net_rule_family(const struct net_rule *r)
{
	const int families[] = { r->family, r->from.addr.family, r->to.addr.family };
	int family = 0;

	for (size_t i = 0; i < array_size(families); i++) {
		if (family && families[i] && families[i] != family)
			return 0;
		if (families[i])
			family = families[i];
	}
	return family ? family : AF_INET;
}

static int check_name(const char *key, const char *name, struct err *err)
{
	int ret = name[0] ? link_name_check(name, err) : 0;

	return ret < 0 ? err_wrap(err, "%s", key) : 0;
}

int net_rule_check(const struct net_rule *r, struct err *err)
{
	const bool lookup = !r->action || r->action == FR_ACT_TO_TBL;
	int ret = check_name("iif", r->iif, err);

	if (ret == 0)
		ret = check_name("oif", r->oif, err);
	if (ret < 0)
		return ret;
	if (!net_rule_family(r))
		return err_set(err, -EINVAL, "family, from and to are not of one family");
	if (lookup && !r->table)
		return err_set(err, -EINVAL,
			       "table is missing: a rule of action 'lookup' needs it");
	if (!lookup && r->table)
		return err_set(err, -EINVAL, "table: a rule of action '%s' looks nowhere",
			       route_name(net_rule_action_names, r->action));
	return 0;
}
