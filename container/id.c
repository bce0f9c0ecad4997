// SPDX-License-Identifier: Apache-2.0
#include "container/id.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool id_char(char c)
{
	return c && (isalnum((unsigned char)c) || strchr("_+.-", c));
}

int id_check(const char *id, struct err *err)
{
	size_t len = strlen(id);

	if (len < 1 || len > ID_MAX)
		return err_set(err, -EINVAL, "invalid id '%.40s%s': must be 1 to %d characters", id,
			       len > 40 ? "..." : "", ID_MAX);
	if (id[0] == '.')
		return err_set(err, -EINVAL, "invalid id '%s': must not start with a dot", id);
	for (const char *c = id; *c; c++)
		if (!id_char(*c))
			return err_set(err, -EINVAL,
				       "invalid id '%s': only [A-Za-z0-9_+.-] are allowed", id);
	return 0;
}

/* The last part of @path, fit for an id: foreign characters become '_', and an ending ".json" goes. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash && slash[1] ? slash + 1 : "root");
	size_t len;

	if (!name)
		return NULL;
	len = strlen(name);
	if (len > 5 && !strcmp(name + len - 5, ".json"))
		name[len -= 5] = '\0';
	if (len > ID_MAX - 9)
		name[ID_MAX - 9] = '\0';
	for (char *c = name; *c; c++)
		if (!id_char(*c) || (c == name && *c == '.'))
			*c = '_';
	return name;
}

int id_derive_real(const char *real, char **id, char **source, struct err *err)
{
	_cleanup_free_ char *hashed = strdup(real);
	_cleanup_free_ char *name = NULL;
	char *slash = hashed ? strrchr(hashed, '/') : NULL;

	if (slash && !strcmp(slash, "/container.json"))
		slash[slash == hashed] = '\0';
	name = hashed ? name_of(hashed) : NULL;
	*id = name ? str_format("%s-%08x", name, hash32(hashed, strlen(hashed))) : NULL;
	if (*id && source)
		*source = take_ptr(hashed);
	return *id ? 0 : err_oom(err);
}

int id_derive(const char *path, char **id, char **source, struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	return real ? id_derive_real(real, id, source, err) : err_sys(err, -errno, "%s", path);
}
