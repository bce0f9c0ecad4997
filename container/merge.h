/* SPDX-License-Identifier: Apache-2.0 */
/* The process that is run: what the command line says, on top of what the config says. */
#ifndef CONTAINER_MERGE_H
#define CONTAINER_MERGE_H

#include "container/spec.h"
#include "lib/err.h"

#include <stdbool.h>

struct process_flags {
	const char *user, *cwd; /* NULL: as the config has it */
	unsigned int preserve_fds;
	bool tty;
	char **env; /* on top of the config's, or of what a login would find if that has none */
};

/*
 * @spec's process, which is left zero, becomes @out, with @argv (may be empty: the config's command) and @flags in
 * it. Its command may still be missing.
 */
int process_merge(struct spec *spec, const struct process_flags *flags, char *const *argv,
		  struct process *out, struct err *err);

#endif
