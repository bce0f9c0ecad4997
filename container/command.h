/* SPDX-License-Identifier: Apache-2.0 */
/* The command to execute: its environment, and where its program is. */
#ifndef CONTAINER_COMMAND_H
#define CONTAINER_COMMAND_H

#include "lib/err.h"
#include "lib/run.h"

/* What PATH is when nobody says. */
#define COMMAND_PATH RUN_PATH

/*
 * @given (K=V; the last of two with one name counts) with HOME=@home if it has none, or an empty one. *@env is
 * allocated (strv).
 */
int command_env(char *const *given, const char *home, char ***env, struct err *err);

/*
 * Where @name is, by PATH of @env, as the calling user and root see it. With a slash it is a path. *@path is allocated.
 * -ENOENT: "executable file not found in $PATH"; -EACCES: there is one, but not executable.
 */
int command_find(const char *name, char *const *env, char **path, struct err *err);

/* "K=V" with a K? */
int command_check_env(const char *word, struct err *err);

#endif
