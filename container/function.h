/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of ctrnet's own that are executed in a container in place of a program: as its first process, or as one
 * that joins it, with its namespaces, its root directory, its user, its capabilities and its filter. They need no file in
 * it. Since nothing is executed, a profile that AppArmor or SELinux put in force at execve(2) is not theirs.
 */
#ifndef CONTAINER_FUNCTION_H
#define CONTAINER_FUNCTION_H

#include "container/ctrnet.h"
#include "lib/err.h"

#include <stdio.h>

struct function {
	struct ctrnet_function shown; /* its name, and what there is to say of it */
	/* Rules of its arguments (NULL-terminated, the name is not among them), before anything is done. */
	int (*check)(char *const *args, struct err *err);
	/* In the container; what it has to say goes to @out. */
	int (*run)(char *const *args, FILE *out, struct err *err);
};

/*
 * The words that are executed: *@argv is an allocated copy of @args (NULL: none), behind the name of the function @name, whose rules
 * they have to keep. *@out is NULL for a program, which is what no name, or the first one, says. An unknown name is -EINVAL with
 * the list of known ones.
 */
int function_words(const char *name, char *const *args, const struct function **out, char ***argv,
		   struct err *err);

#endif
