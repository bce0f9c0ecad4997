/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of namespaces (namespaces(7)): one table of their names in configs, in /proc, and for clone3(2). */
#ifndef NS_NAMESPACE_H
#define NS_NAMESPACE_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>

/* A namespace that a config asks for: a new one, or with a path the one to join. */
struct namespace
{
	int type;       /* CLONE_NEW* */
	char *path;     /* NULL: make a new one */
	size_t skipped; /* entries before it in the config's list that were passed over, for errors */
};

struct namespaces {
	struct namespace *items;
	size_t count;
};

/* "NEWNET" and its like, with the OCI spellings as further names. */
extern const struct json_name namespace_names[];
extern const struct json_schema namespace_schema;
/* The same with a type like "network". */
extern const struct json_schema namespace_oci_schema;

/* The @i-th kind, CLONE_NEW*; 0 behind the last. */
int namespace_type_at(size_t i);

/* As /proc/PID/ns/ calls it: "net" for CLONE_NEWNET. */
const char *namespace_proc_name(int type);
/* As options of unshare(1) and nsenter(1) call it: "mount" for CLONE_NEWNS. */
const char *namespace_option(int type);
/* As configs of this format call it: "NEWNET". */
const char *namespace_config_name(int type);

/* The entry for @type, or NULL. */
const struct namespace *namespaces_find(const struct namespaces *list, int type);
/* Is a new one of @type asked for? */
bool namespaces_new(const struct namespaces *list, int type);
/* The union of CLONE_NEW* of all entries: with @made only of those to make. */
int namespaces_flags(const struct namespaces *list, bool made);

/* One more; @path is copied, NULL or "" makes a new one. */
int namespaces_add(struct namespaces *list, int type, const char *path, struct err *err);

/* No kind twice. */
int namespaces_check(const struct namespaces *list, struct err *err);

/* Does the kernel have them all? -EOPNOTSUPP names the first that it has not. */
int namespaces_supported(const struct namespaces *list, struct err *err);

/* Namespaces to join, opened before the clone so that nobody can swap the paths in between. */
struct namespace_fds {
	int fd[8];
	int type[8];
	size_t count;
};

int namespaces_open(const struct namespaces *list, struct namespace_fds *fds, struct err *err);
void namespace_fds_close(struct namespace_fds *fds);
/* The fd for @type, or -1. */
int namespace_fds_get(const struct namespace_fds *fds, int type);
/* In the child: enter all but the pid namespace, which only a parent can give (setns(2)); the user namespace last. */
int namespace_fds_enter(const struct namespace_fds *fds, struct err *err);

#endif
