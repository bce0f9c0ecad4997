// SPDX-License-Identifier: Apache-2.0
#include "cmd/signal.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

/* What signal(7) has besides sigabbrev_np(3)'s. */
static const struct {
	const char *name;
	int signal;
} others[] = {
	{ "CLD", SIGCHLD },
	{ "IO", SIGIO },
	{ "IOT", SIGABRT },
	{ "UNUSED", SIGSYS },
};

static int by_name(const char *name)
{
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known && !strcasecmp(known, name))
			return i;
	}
	for (size_t i = 0; i < array_size(others); i++)
		if (!strcasecmp(others[i].name, name))
			return others[i].signal;
	return -1;
}

/* "RTMIN", "RTMIN+3", "RTMAX-3" */
static int real_time(const char *name)
{
	bool max = !strncasecmp(name, "RTMAX", 5);
	int base = max ? SIGRTMAX : SIGRTMIN;
	unsigned long long n;

	if (!max && strncasecmp(name, "RTMIN", 5) != 0)
		return -1;
	if (!name[5])
		return base;
	if (name[5] != (max ? '-' : '+') ||
	    str_to_u64(name + 6, (unsigned int)(SIGRTMAX - SIGRTMIN), &n) < 0)
		return -1;
	return max ? base - (int)n : base + (int)n;
}

int signal_parse(const char *text, int *signal, struct err *err)
{
	const char *name = strncasecmp(text, "SIG", 3) ? text : text + 3;
	unsigned long long number;
	int found;

	if (str_to_u64(text, SIGRTMAX, &number) == 0)
		found = (int)number;
	else if ((found = by_name(name)) < 0)
		found = real_time(name);
	if (found < 0)
		return err_set(err, -EINVAL, "unknown signal '%.40s'", text);
	*signal = found;
	return 0;
}
