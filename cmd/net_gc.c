// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of links are whatever their makers gave them. */
static void print_text(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (copy)
		str_make_printable(copy);
	fputs(copy ? copy : "?", stdout);
}

static void print_lines(const struct ctrnet_net_garbage_list *list, bool dry_run)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ctrnet_net_garbage *g = &list->items[i];

		printf("%s %s ", g->kept ? "left" : dry_run ? "would remove" : "removed", g->kind);
		print_text(g->name);
		fputs(": ", stdout);
		print_text(g->why);
		putchar('\n');
	}
}

static int print(const struct ctrnet_net_garbage_list *list, const struct net_options *o,
		 struct err *err)
{
	_cleanup_free_ char *json = NULL;
	struct ctrnet_error error;

	if (!o->json) {
		print_lines(list, o->dry_run);
		return 0;
	}
	if (ctrnet_net_garbage_json(list, &json, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	puts(json);
	return 0;
}

static int run(const struct globals *globals, const struct net_options *o,
	       struct ctrnet_container *container, struct err *err)
{
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	struct ctrnet_net_garbage_list *list;
	struct ctrnet_error error;
	int ret = library_open(globals, &factory, err);

	(void)container;
	if (ret < 0)
		return ret;
	if (ctrnet_factory_net_gc(factory, o->dry_run, &list, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	ret = print(list, o, err);
	ctrnet_net_garbage_free(list);
	return ret;
}

const struct net_verb cmd_net_gc = {
	.verb = {
		.name = "gc",
		.args = "[-j|--json] [-n|--dry-run]",
		.summary = "remove what nobody has any more: containers whose process and ctrnet are gone, links with the mark "
			   "of such, what was shared by such; a line each for what it removed, and for what it left because it "
			   "cannot tell whose it is",
	},
	.json = true,
	.dry_run = true,
	.takes_no_id = true,
	.run = run,
};
