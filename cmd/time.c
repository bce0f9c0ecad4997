// SPDX-License-Identifier: Apache-2.0
#include "cmd/time.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define TIME_MAX 86400000 /* ms: a day */

static const struct option_name units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "", 1000 }, { NULL, 0 },
};

int parse_time(const struct command *c, const char *option, const char *text, int *ms,
	       struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	_cleanup_free_ char *number = strndup(text, digits);
	unsigned long long value;

	if (!number)
		return err_oom(err);
	for (const struct option_name *u = units; u->name; u++)
		if (!strcmp(text + digits, u->name) &&
		    str_to_u64(number, TIME_MAX / (unsigned int)u->value, &value) == 0) {
			*ms = (int)value * u->value;
			return 0;
		}
	return err_set(err, -EINVAL, "%s: --%s: '%s' is no time up to a day like 500ms, 5s or 2m",
		       c->name, option, text);
}
