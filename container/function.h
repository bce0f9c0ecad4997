/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of ctrnet's own that are executed in a container in place of a program: as its first process, or as one
 * that joins it, with its namespaces, its root directory, its user, its capabilities and its filter. They need no file in
 * it. Since nothing is executed, a profile that AppArmor or SELinux put in force at execve(2) is not theirs.
 */
#ifndef CONTAINER_FUNCTION_H
#define CONTAINER_FUNCTION_H

#include "lib/err.h"

#include <stdio.h>

struct function {
	const char *name;
	const char *args; /* for its usage: "PATH TYPE MAJOR MINOR"; "": none */
	const char *summary;
	/* Rules of its arguments (NULL-terminated, the name is not among them), before anything is done. */
	int (*check)(char *const *args, struct err *err);
	/* In the container; what it has to say goes to @out. */
	int (*run)(char *const *args, FILE *out, struct err *err);
};

/* Ended by one without a name. The first one, "exec", stands for programs: it has neither check nor run. */
extern const struct function functions[];

/* -EINVAL with the list of known ones. */
int function_find(const char *name, const struct function **out, struct err *err);

#endif
