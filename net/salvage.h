/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_SALVAGE_H
#define NET_SALVAGE_H

#include "lib/err.h"
#include "lib/plan.h"
#include "lib/scope.h"

/* For who has lost the plan: append steps that made the links in the host's namespace that have the container's mark. */
int net_salvage(struct scope *scope, struct plan *plan, struct err *err);

#endif
