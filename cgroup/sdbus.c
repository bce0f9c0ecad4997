// SPDX-License-Identifier: Apache-2.0
#include "cgroup/sdbus.h"

#include "lib/cleanup.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libsystemd.so.0"

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define SDBUS_ROW(name) { "sd_bus_" #name, offsetof(struct sdbus, name) },
	SDBUS_FUNCTIONS(SDBUS_ROW)
#undef SDBUS_ROW
};

int sdbus_load(struct sdbus *table, struct err *err)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(err, -ENOENT,
			       "the systemd cgroup manager needs " LIBRARY
			       " (package libsystemd0): %s",
			       dlerror());
	for (size_t i = 0; i < array_size(functions); i++) {
		void *f = dlsym(library, functions[i].name);

		if (!f)
			return err_set(err, -ENOENT, LIBRARY " has no %s", functions[i].name);
		memcpy((char *)table + functions[i].offset, &f, sizeof(f));
	}
	return 0;
}
