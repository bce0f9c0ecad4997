/* SPDX-License-Identifier: Apache-2.0 */
/* A container as JSON, as `ctrnet state` has it: with its config, but not the secrets in there. */
#ifndef CONTAINER_SHOW_H
#define CONTAINER_SHOW_H

#include "container/store.h"
#include "lib/json.h"

void show_container(struct json_writer *w, const struct state *state, enum ctrnet_status status);

#endif
