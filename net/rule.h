/* SPDX-License-Identifier: Apache-2.0 */
/* Policy rules: which routing table a packet is looked up in (ip-rule(8)). */
#ifndef NET_RULE_H
#define NET_RULE_H

#include "net/network.h"
#include "net/step.h"

/* Of a rule without a priority: this and its place in the list. Before the kernel's own for main, 32766. */
#define RULE_PRIORITY_FIRST 1000

struct rule_args {
	struct net_args at;   /* link is "": nothing has to exist before */
	struct net_rule rule; /* with a priority and a family */
	bool crowded;         /* another one of the plan may be taken for what has become of it */
};

/* What no key alone can tell. */
int net_rule_check(const struct net_rule *r, struct err *err);

/* AF_INET or AF_INET6; 0 if what is given is of both. */
int net_rule_family(const struct net_rule *r);

/* Add a rule, with our protocol number. One that says the same is -EEXIST. */
extern const struct json_schema rule_args_schema;
extern const struct net_step_type rule_add_step;

#endif
