/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the drivers of kinds (net/kind.h) have in common, which is nearly all: such a driver is its tables, its rules, and
 *
 *	const struct net_driver macvlan_driver = {
 *		.type = "macvlan", .name = "eth#", .options = &options, .kind = &kind, KIND_DRIVER
 *	};
 */
#ifndef NET_KIND_DRIVER_H
#define NET_KIND_DRIVER_H

#include "net/driver.h"
#include "net/kind.h"

int kind_driver_check(const struct network *n, struct err *err);
int kind_driver_resolve(const struct network *n, struct scope *scope, struct endpoint *e,
			struct err *err);
int kind_driver_plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		     struct err *err);
int kind_driver_ready(const struct network *n, const struct endpoint *e,
		      const struct net_planner *p, struct err *err);

/* clang-format off */
#define KIND_DRIVER \
	.makes_link = true, .check = kind_driver_check, .resolve = kind_driver_resolve, \
	.plan = kind_driver_plan, .plan_ready = kind_driver_ready
/* clang-format on */

#endif
