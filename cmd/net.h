/* SPDX-License-Identifier: Apache-2.0 */
/* `ctrnet net VERB`: a file and a row of the table in net.c for each verb. */
#ifndef CMD_NET_H
#define CMD_NET_H

#include "cmd/target.h"

struct net_options {
	bool help;
	const char *id;
	bool json;
	bool dry_run;
};

struct net_verb {
	struct verb verb;
	bool json, dry_run; /* the options it takes, besides --id */
	bool needs_no_id;   /* without one it is about all */
	bool takes_no_id;   /* it is always about all */
	/*
	 * With @container, or NULL for a verb that also does without. The exit status, or a negative errno with @err filled
	 * in, which begins with "net".
	 */
	int (*run)(const struct globals *globals, const struct net_options *o,
		   struct ctrnet_container *container, struct err *err);
};

extern const struct net_verb cmd_net_show, cmd_net_check, cmd_net_repair, cmd_net_gc, cmd_net_watch;

#endif
