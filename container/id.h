/* SPDX-License-Identifier: Apache-2.0 */
/* Container ids: what is one, and which one a config has that was not given one. */
#ifndef CONTAINER_ID_H
#define CONTAINER_ID_H

#include "lib/err.h"

#define ID_MAX 200

/* 1 to 200 characters of [A-Za-z0-9_+.-], not starting with a dot: it becomes a directory's name. */
int id_check(const char *id, struct err *err);

/*
 * The id of a container that was started from the config file @path without --id: a name and 8 hex digits
 * of a hash of a real path, so that it is the same at the next start and no other directory's. For a container.json
 * both are its directory's, since there is one in each; any other file stands for itself. Two paths can have the same hash:
 * *@source, the path that was hashed, tells them apart. Both are allocated; @source may be NULL.
 */
int id_derive(const char *path, char **id, char **source, struct err *err);
/* The same of a path that is a real one. */
int id_derive_real(const char *real, char **id, char **source, struct err *err);

#endif
