/* SPDX-License-Identifier: Apache-2.0 */
/* How what is found apart comes to the caller: as JSON in a file without a name. */
#ifndef CONTAINER_API_NET_H
#define CONTAINER_API_NET_H

#include "container/api.h"

/* For a function that runs apart: put @object into a file for fds[0]. */
int api_net_give(const struct json_schema *schema, const void *object, int *fds, struct err *err);
/* What was put there; takes the fd, also on failure. */
int api_net_take(const struct json_schema *schema, void *object, int fd, struct err *err);

/* @object as JSON, allocated. */
int api_net_json(const struct json_schema *schema, const void *object, char **json,
		 struct ctrnet_error *error);

/* What a call about the network of a container, which has to run, failed with. */
enum ctrnet_code api_net_code(int ret);

#endif
