/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's /etc/resolv.conf, /etc/hosts and /etc/hostname, where its config has `dns` or `hosts`: files in
 * its run directory, which are bind-mounted read-only over those of the rootfs.
 */
#ifndef CONTAINER_DNS_H
#define CONTAINER_DNS_H

#include "container/spec.h"
#include "lib/plan.h"
#include "lib/scope.h"

/* Rules between its keys and others; no kernel. */
int dns_check(const struct spec *spec, struct err *err);

/* Add the mounts to a prepared spec. Idempotent: a spec that was stored has them already. */
int dns_add_mounts(struct spec *spec, const struct scope *scope, struct err *err);

/* Append the steps that write the files. @net: the spec's, with the addresses that were chosen. */
int dns_plan(const struct spec *spec, const struct net_config *net, const struct scope *scope,
	     struct plan *plan, struct err *err);

/* Of a container that runs: put what the files are to say now, with @net, into the steps of @plan. */
int dns_replan(const struct spec *spec, const struct net_config *net, struct plan *plan,
	       struct err *err);
/* Write the files whose steps say something else than they, in place: a new file would not be the one that is mounted. */
int dns_rewrite(struct scope *scope, const struct plan *plan, struct err *err);

/*
 * networks[@first] on come to a container that runs, whose files are there or not: `dns` of theirs that nobody will see is warned of,
 * or an error, if no container could be started with it.
 */
int dns_check_attached(const struct spec *spec, size_t first, const struct plan *plan,
		       struct err *err);

extern const struct step_type *const dns_step_types[];

#endif
