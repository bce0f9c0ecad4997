// SPDX-License-Identifier: Apache-2.0
/* check and repair: the one tells of differences, the other mends them. */
#include "cmd/net.h"
#include "cmd/table.h"

#include "lib/cleanup.h"

#include <stdio.h>
#include <stdlib.h>

static void print_table(const struct ctrnet_net_report *report)
{
	_cleanup_(table_release) struct table t = TABLE(3);

	if (!report->count)
		return;
	table_add(&t, "FOR");
	table_add(&t, "PLANNED");
	table_add(&t, "FOUND");
	for (size_t i = 0; i < report->count; i++) {
		const struct ctrnet_net_difference *d = &report->differences[i];

		table_add(&t, *d->origin ? d->origin : d->type);
		table_add(&t, d->planned);
		table_add(&t, d->found);
	}
	table_print(&t);
}

static int print(const struct ctrnet_net_report *report, bool json, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct ctrnet_error error;

	if (!json) {
		print_table(report);
		return 0;
	}
	if (ctrnet_net_report_json(report, &text, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	puts(text);
	return 0;
}

typedef int report_fn(struct ctrnet_container *container, struct ctrnet_net_report **report,
		      struct ctrnet_error *error);

/* The number of differences in *@found. */
static int tell(report_fn *call, const struct net_options *o, struct ctrnet_container *container,
		size_t *found, struct err *err)
{
	struct ctrnet_net_report *report;
	struct ctrnet_error error;
	int ret;

	if (call(container, &report, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	*found = report->count;
	ret = print(report, o->json, err);
	ctrnet_net_report_free(report);
	return ret;
}

static int run_check(const struct globals *globals, const struct net_options *o,
		     struct ctrnet_container *container, struct err *err)
{
	size_t found = 0;
	int ret = tell(ctrnet_container_net_check, o, container, &found, err);

	(void)globals;
	return ret < 0 ? ret : found > 0;
}

const struct net_verb cmd_net_check = {
	.verb = {
		.name = "check",
		.args = "[-j|--json] [ID]",
		.summary = "all that differs from what was made for the config, a line each; the exit status is 1 if anything "
			   "does, and 2 if that cannot be told",
	},
	.json = true,
	.run = run_check,
};

static int run_repair(const struct globals *globals, const struct net_options *o,
		      struct ctrnet_container *container, struct err *err)
{
	size_t found = 0;

	(void)globals;
	return tell(o->dry_run ? ctrnet_container_net_check : ctrnet_container_net_repair, o,
		    container, &found, err);
}

const struct net_verb cmd_net_repair = {
	.verb = {
		.name = "repair",
		.args = "[-j|--json] [-n|--dry-run] [ID]",
		.summary = "mend what differs, and only that; prints what it mended, or with --dry-run what it would",
	},
	.json = true,
	.dry_run = true,
	.run = run_repair,
};
