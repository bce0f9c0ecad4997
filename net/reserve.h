/* SPDX-License-Identifier: Apache-2.0 */
/* The step that keeps an address of a subnet for a container (net/pool.h). */
#ifndef NET_RESERVE_H
#define NET_RESERVE_H

#include "lib/plan.h"
#include "net/addr.h"

struct reserve_args {
	struct ip_prefix subnet;
	struct ip_addr address;
	bool chosen; /* the next one that is chosen is behind it */
};

/*
 * Note in the subnet's pool whose the address is. Neighbouring steps are done under one lock, which resolve holds already
 * when it has chosen. -EEXIST: another container that may be alive has it.
 */
extern const struct step_type addr_reserve_step;

struct pool;

/* -EEXIST, "10.1.0.5 is reserved by container 'x'", if somebody has it who may be alive and is not @run_dir; else 0. */
int reserve_check(const struct pool *pool, const struct ip_addr *address, const char *run_dir,
		  struct err *err);

/* For who has lost his journal: append a step for each address that a pool says is ours. */
int reserve_salvage(const struct scope *scope, struct plan *plan, struct err *err);

#endif
