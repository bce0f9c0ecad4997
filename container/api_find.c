// SPDX-License-Identifier: Apache-2.0
/* What the command line makes of its words, for others that want to mean the same container. */
#include "container/api.h"
#include "container/find.h"
#include "container/id.h"
#include "lib/cleanup.h"

int ctrnet_config_find(const char *given, char **path, struct ctrnet_error *error)
{
	struct err err = { 0 };
	char *found;

	if (config_find(given, &found, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	*path = found;
	return 0;
}

int ctrnet_config_id(const char *path, char **id, struct ctrnet_error *error)
{
	_cleanup_free_ char *source = NULL;
	struct err err = { 0 };

	if (id_derive(path, id, &source, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	return 0;
}
