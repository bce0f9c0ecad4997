// SPDX-License-Identifier: Apache-2.0
#include "ns/capability.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(n) (1ULL << (n))

static const struct set {
	const char *name;
	size_t offset;
} sets[] = {
	{ "bounding", offsetof(struct capabilities, bounding) },
	{ "effective", offsetof(struct capabilities, effective) },
	{ "permitted", offsetof(struct capabilities, permitted) },
	{ "inheritable", offsetof(struct capabilities, inheritable) },
	{ "ambient", offsetof(struct capabilities, ambient) },
};

static uint64_t *set_of(struct capabilities *c, const struct set *s)
{
	return (uint64_t *)((char *)c + s->offset);
}

/* libcap knows "cap_chown"; configs write "CHOWN" or "CAP_CHOWN". */
static int parse_one(const char *name, uint64_t *mask, struct err *err)
{
	const char *bare = strncasecmp(name, "CAP_", 4) ? name : name + 4;
	char full[64];
	cap_value_t value;

	snprintf(full, sizeof(full), "cap_%s", bare);
	/* cap_from_name() also reads numbers, which no config format has. */
	if (strlen(bare) > sizeof(full) - 5 || (*bare >= '0' && *bare <= '9') ||
	    cap_from_name(full, &value) < 0)
		return err_set(err, -EINVAL, "unknown capability '%.60s'", name);
	*mask |= BIT(value);
	return 0;
}

uint64_t capability_mask(const char *name)
{
	uint64_t mask = 0;

	return parse_one(name, &mask, NULL) < 0 ? 0 : mask;
}

struct capabilities capabilities_keep(uint64_t mask)
{
	return (struct capabilities){ .bounding = mask, .effective = mask, .permitted = mask };
}

static int decode_list(const struct json_value *list, uint64_t *mask, struct err *err)
{
	uint64_t made = 0;

	if (json_value_kind(list) == JSON_IS_NULL)
		return 0;
	if (json_value_kind(list) != JSON_IS_ARRAY)
		return json_value_err(list, err, -EINVAL, "expected a list of capability names");
	for (const struct json_value *v = json_value_at(list, 0); v; v = json_value_next(v)) {
		_cleanup_free_ char *name = NULL;
		struct err why = { 0 };
		int ret = json_value_string(v, &name, err);

		if (ret < 0)
			return ret;
		if (parse_one(name, &made, &why) < 0)
			return json_value_err(v, err, -EINVAL, "%s", why.text);
	}
	*mask = made;
	return 0;
}

static const struct set *find_set(const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *key = NULL;

	if (json_value_key(v, &key, err) < 0)
		return NULL;
	for (size_t i = 0; i < array_size(sets); i++)
		if (!strcmp(sets[i].name, key))
			return &sets[i];
	json_value_err(v, err, -EINVAL, "unknown capability set");
	return NULL;
}

static int decode_sets(const struct json_value *value, struct capabilities *made, struct err *err)
{
	for (const struct json_value *v = json_value_at(value, 0); v; v = json_value_next(v)) {
		const struct set *set = find_set(v, err);
		int ret = set ? decode_list(v, set_of(made, set), err) : -EINVAL;

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	struct capabilities made = { 0 };
	int ret;

	if (json_value_kind(value) == JSON_IS_OBJECT) {
		ret = decode_sets(value, &made, err);
	} else {
		ret = decode_list(value, &made.bounding, err);
		made = capabilities_keep(made.bounding);
	}
	if (ret == 0)
		*(struct capabilities *)out = made;
	return ret;
}

static void encode_list(struct json_writer *w, const char *key, uint64_t mask, bool prefixed)
{
	json_write_begin(w, key, '[');
	for (int n = 0; n < 64; n++) {
		char *name = mask & BIT(n) ? cap_to_name(n) : NULL;

		if (name && str_starts(name, "cap_")) {
			for (char *c = name; *c; c++)
				*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
			json_write_string(w, NULL, prefixed ? name : name + 4);
		}
		cap_free(name);
	}
	json_write_end(w);
}

static void encode_sets(struct capabilities *c, const char *key, struct json_writer *w,
			bool prefixed)
{
	json_write_begin(w, key, '{');
	for (size_t i = 0; i < array_size(sets); i++)
		encode_list(w, sets[i].name, *set_of(c, &sets[i]), prefixed);
	json_write_end(w);
}

static void encode(const void *in, const char *key, struct json_writer *w)
{
	struct capabilities c = *(const struct capabilities *)in;

	if (!c.ambient && !c.inheritable && c.bounding == c.effective &&
	    c.bounding == c.permitted) {
		encode_list(w, key, c.bounding, false);
		return;
	}
	encode_sets(&c, key, w, false);
}

static void encode_oci(const void *in, const char *key, struct json_writer *w)
{
	struct capabilities c = *(const struct capabilities *)in;

	encode_sets(&c, key, w, true);
}

#define WORDS "list of names, or object of such lists"

static const struct json_form name_forms[] = { { JSON_IS_STRING, .pattern = "[A-Za-z_]+" },
					       JSON_FORM_END };
static const struct json_form list_forms[] = { JSON_FORM_LIST(name_forms), JSON_FORM_END };
static const struct json_form all_forms[] = { JSON_FORM_LIST(name_forms),
					      { JSON_IS_OBJECT, .of = list_forms },
					      JSON_FORM_END };

const struct json_custom capabilities_json = {
	.decode = decode,
	.encode = encode,
	.what = WORDS,
	.forms = all_forms,
};
const struct json_custom capabilities_oci_json = {
	.decode = decode,
	.encode = encode_oci,
	.what = WORDS,
};

int capabilities_begin(const struct capabilities *caps, struct err *err)
{
	/* PR_CAPBSET_READ answers EINVAL behind the last one this kernel has. */
	for (int n = 0; prctl(PR_CAPBSET_READ, n, 0, 0, 0) >= 0; n++)
		if (!(caps->bounding & BIT(n)) && prctl(PR_CAPBSET_DROP, n, 0, 0, 0) < 0)
			return err_sys(err, -errno,
				       "cannot drop capability %d from the bounding set", n);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(err, -errno, "cannot keep capabilities over a change of user");
	return 0;
}

static int fill(cap_t state, cap_flag_t flag, uint64_t mask)
{
	for (cap_value_t n = 0; n < 64; n++)
		if (mask & BIT(n) && cap_set_flag(state, flag, 1, &n, CAP_SET) < 0)
			return -errno;
	return 0;
}

/* What we hold ourselves: nobody can give more. */
static uint64_t held(void)
{
	cap_t state = cap_get_proc();
	uint64_t mask = 0;

	for (cap_value_t n = 0; state && n < 64; n++) {
		cap_flag_value_t on = CAP_CLEAR;

		if (cap_get_flag(state, n, CAP_PERMITTED, &on) == 0 && on == CAP_SET)
			mask |= BIT(n);
	}
	cap_free(state);
	return mask;
}

static int raise_ambient(uint64_t mask, struct err *err)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int n = 0; n < 64; n++)
		if (mask & BIT(n) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n, 0, 0) < 0)
			return err_sys(err, -errno, "cannot raise ambient capability %d", n);
	return 0;
}

int capabilities_finish(const struct capabilities *caps, uint64_t until_exec, struct err *err)
{
	uint64_t can = held();
	cap_t state = cap_init();
	int ret;

	if (!state)
		return err_oom(err);
	ret = fill(state, CAP_PERMITTED, (caps->permitted | until_exec) & can);
	if (ret == 0)
		ret = fill(state, CAP_EFFECTIVE,
			   ((caps->effective & caps->permitted) | until_exec) & can);
	if (ret == 0)
		ret = fill(state, CAP_INHERITABLE, caps->inheritable & caps->bounding & can);
	if (ret == 0 && cap_set_proc(state) < 0)
		ret = -errno;
	cap_free(state);
	if (ret < 0)
		return err_sys(err, ret, "cannot set capabilities");
	/* capabilities(7): only what is both permitted and inheritable can be ambient. */
	return raise_ambient(
		caps->ambient & caps->permitted & caps->inheritable & caps->bounding & can, err);
}

/* capset(2): 64 bits of each set in two structures. */
#define SET_WORDS 2

int capabilities_get(struct capabilities *caps, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[SET_WORDS] = { 0 };

	if (syscall(SYS_capget, &header, d) < 0)
		return err_sys(err, -errno, "cannot read capabilities");
	*caps = (struct capabilities){
		.effective = d[0].effective | (uint64_t)d[1].effective << 32,
		.permitted = d[0].permitted | (uint64_t)d[1].permitted << 32,
		.inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32,
	};
	return 0;
}

int capabilities_set(const struct capabilities *caps, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[SET_WORDS];

	for (int i = 0; i < SET_WORDS; i++)
		d[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(caps->effective >> 32 * i),
			.permitted = (uint32_t)(caps->permitted >> 32 * i),
			.inheritable = (uint32_t)(caps->inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &header, d) < 0 ? err_sys(err, -errno, "cannot set capabilities")
						   : 0;
}
