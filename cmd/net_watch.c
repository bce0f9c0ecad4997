// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void print_text(const struct ctrnet_net_event *e)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", e->text);
	str_make_printable(text);
	printf("%s%s %s\n", e->gone ? "deleted " : "", e->what, text);
}

static void print_json(const struct ctrnet_net_event *e)
{
	struct json_writer *w = json_writer_new(stdout, false);

	json_write_begin(w, NULL, '{');
	json_write_string(w, "event", e->what);
	json_write_bool(w, "gone", e->gone);
	if (e->index) {
		json_write_uint(w, "index", e->index);
		json_write_string(w, "interface", e->interface);
	}
	json_write_string(w, "text", e->text);
	json_write_end(w);
	json_writer_end(w, NULL);
	putchar('\n');
}

static void print_event(void *arg, const struct ctrnet_net_event *e)
{
	const struct net_options *o = arg;

	if (o->json)
		print_json(e);
	else
		print_text(e);
}

/* Until the container ends; who reads it wants each line at once. */
static int follow(struct ctrnet_net_watch *watch, const struct net_options *o,
		  struct ctrnet_error *error)
{
	struct pollfd p = { .fd = ctrnet_net_watch_fd(watch), .events = POLLIN };
	bool ended = false;
	int ret = 0;

	while (ret == 0 && !ended && !ferror(stdout)) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		ret = ctrnet_net_watch_read(watch, print_event, (void *)o, &ended, error);
		fflush(stdout);
	}
	return ret;
}

static int run(const struct globals *globals, const struct net_options *o,
	       struct ctrnet_container *container, struct err *err)
{
	struct ctrnet_net_watch *watch;
	struct ctrnet_error error;
	int ret;

	(void)globals;
	if (ctrnet_container_net_watch(container, &watch, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	ret = follow(watch, o, &error);
	ctrnet_net_watch_free(watch);
	return ret < 0 ? library_fail(&cmd_net, &error, err) : 0;
}

const struct net_verb cmd_net_watch = {
	.verb = {
		.name = "watch",
		.args = "[-j|--json] [ID]",
		.summary = "changes of links, addresses and routes in the container as they happen, a line each (of JSON with "
			   "--json), until it ends",
	},
	.json = true,
	.run = run,
};
