// SPDX-License-Identifier: Apache-2.0
/* The formats of configs, and their keys. */
#include "container/api.h"
#include "container/format.h"
#include "lib/cleanup.h"

const char *ctrnet_format_name(size_t format)
{
	const struct format *f = format_at(format);

	return f ? f->name : NULL;
}

struct visit {
	void (*visit)(const struct ctrnet_key *key, void *arg);
	void *arg;
};

static void show_key(const struct json_key *key, int which, void *arg)
{
	const struct visit *v = arg;
	const struct ctrnet_key out = { key->path, key->type, key->range, key->help, key->alias };

	(void)which;
	v->visit(&out, v->arg);
}

bool ctrnet_format_is_read(size_t format)
{
	const struct format *f = format_at(format);

	return f && f->load;
}

void ctrnet_format_keys(size_t format, void (*visit)(const struct ctrnet_key *key, void *arg),
			void *arg)
{
	struct visit v = { visit, arg };

	if (ctrnet_format_is_read(format))
		format_keys(format_at(format), show_key, &v);
}

int ctrnet_format_detect(const char *path, size_t *format, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(NULL);
	const struct format *found, *f;
	struct err err = { 0 };

	if (format_of(path, &found, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	for (size_t i = 0; (f = format_at(i)); i++)
		if (f == found)
			*format = i;
	return 0;
}
