/* SPDX-License-Identifier: Apache-2.0 */
/* nsinit's security profiles: what they left a container of capabilities and system calls. */
#ifndef CONTAINER_PROFILE_H
#define CONTAINER_PROFILE_H

#include "container/spec.h"

/* Put the one of @name in the place of the capabilities and the filter of @spec. -EINVAL: there is none. */
int spec_set_profile(struct spec *spec, const char *name, struct err *err);

#endif
