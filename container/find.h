/* SPDX-License-Identifier: Apache-2.0 */
/* Which config a command is about, and the root directory that goes with it. */
#ifndef CONTAINER_FIND_H
#define CONTAINER_FIND_H

#include "container/spec.h"

#define DEFAULT_CONFIG "container.json"

/*
 * @given, else the container.json of the directory that the variable data_path names, else the one of the current
 * directory, as with nsinit. A directory stands for its config.json (the OCI's), or container.json; with both, for
 * neither (-EEXIST). *@path is allocated; NULL: there is none.
 */
int config_find(const char *given, char **path, struct err *err);

/*
 * A spec that names no root directory has that of its config @path, where that was the rule: with a container.json, and in
 * formats before mid-2015. Else it stays without. In these formats a link to the directory counts for what it leads to.
 */
int config_find_rootfs(struct spec *spec, const char *path, struct err *err);
/* Put @given, relative to the current directory, in its place. */
int config_set_rootfs(struct spec *spec, const char *given, struct err *err);

#endif
