/* SPDX-License-Identifier: Apache-2.0 */
/* A container whose journal cannot be read any more. */
#ifndef CONTAINER_SALVAGE_H
#define CONTAINER_SALVAGE_H

#include "container/store.h"
#include "lib/err.h"

/*
 * Append to @plan the steps that made what says itself that it is the container's: links and cgroups by their marks, what it has together with others by
 * their records, files beside its config by theirs. @state tells more, and may be empty but for its netns. What was made in a
 * network namespace that it joined is not found.
 */
int container_salvage(const struct store *store, const struct state *state, struct plan *plan,
		      struct err *err);

#endif
