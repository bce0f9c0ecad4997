// SPDX-License-Identifier: Apache-2.0
#include "lib/user.h"

#include <pwd.h>
#include <stdio.h>

const char *user_name(uid_t uid, char *buf, size_t size)
{
	struct passwd entry, *p = NULL;
	char text[4096];

	if (getpwuid_r(uid, &entry, text, sizeof(text), &p) == 0 && p)
		snprintf(buf, size, "%s", p->pw_name);
	else
		snprintf(buf, size, "%u", uid);
	return buf;
}
