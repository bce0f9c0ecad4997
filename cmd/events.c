// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"
#include "cmd/time.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define INTERVAL_DEFAULT 5000 /* ms */

struct options {
	bool help;
	const char *id;
	bool stats;
	const char *interval;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 0, "stats", NULL, "only the statistics of now, then end", OPTION_FLAG,
	  offsetof(struct options, stats), NULL },
	{ 0, "interval", "TIME",
	  "between two statistics: 500ms, 5s (default), 2m; 0: none are printed", OPTION_STRING,
	  offsetof(struct options, interval), NULL },
	CMD_OPTIONS_END,
};

/* What is watched: an OOM, and each level of pressure. */
enum { OOM, PRESSURE, WATCHED = PRESSURE + CTRNET_LEVEL_CRITICAL + 1 };

struct watch {
	struct ctrnet_container *container;
	int pidfd;
	struct ctrnet_notify *notify[WATCHED];
};

static void watch_release(struct watch *w)
{
	for (size_t i = 0; i < WATCHED; i++)
		ctrnet_notify_free(w->notify[i]);
	close_fd(w->pidfd);
	ctrnet_container_free(w->container);
}

/* An id needs no quoting; @data is JSON. */
static void print_event(const struct watch *w, const char *type, const char *data)
{
	printf("{\"type\":\"%s\",\"id\":\"%s\"", type, ctrnet_container_id(w->container));
	if (data)
		printf(",\"data\":%s", data);
	puts("}");
	fflush(stdout);
}

static int print_stats(const struct watch *w, struct ctrnet_error *error)
{
	_cleanup_free_ char *json = NULL;
	struct ctrnet_stats *stats;
	int ret = ctrnet_container_stats(w->container, &stats, error);

	if (ret < 0)
		return ret;
	ret = ctrnet_stats_json(stats, CTRNET_STATS, false, &json, error);
	if (ret == 0)
		print_event(w, "stats", json);
	ctrnet_stats_free(stats);
	return ret;
}

static void print_notice(const struct watch *w, int what)
{
	char data[64];

	if (what == OOM) {
		print_event(w, "oom", NULL);
		return;
	}
	snprintf(data, sizeof(data), "{\"level\":\"%s\"}",
		 ctrnet_level_string((enum ctrnet_level)(what - PRESSURE)));
	print_event(w, "memory_pressure", data);
}

/* What the kernel cannot tell is said once; the rest is worth having. */
static void watch_open(struct watch *w)
{
	struct ctrnet_error why;

	if (ctrnet_container_notify_oom(w->container, &w->notify[OOM], &why) < 0)
		log_warn("events: no OOM will be seen: %s", why.text);
	for (int i = PRESSURE; i < WATCHED; i++)
		if (ctrnet_container_notify_memory_pressure(w->container,
							    (enum ctrnet_level)(i - PRESSURE),
							    &w->notify[i], &why) < 0) {
			log_warn("events: no memory pressure will be seen: %s", why.text);
			return;
		}
}

/* Of those that have ended nothing comes any more, and the container's end is told by its pidfd. */
static int read_notices(struct watch *w, const struct pollfd *fds, struct ctrnet_error *error)
{
	int ret = 0;

	for (int i = 0; ret == 0 && i < WATCHED; i++) {
		struct ctrnet_notice notice = { 0 };

		if (!w->notify[i] || !fds[i].revents)
			continue;
		ret = ctrnet_notify_read(w->notify[i], &notice, error);
		if (ret == 0 && notice.happened)
			print_notice(w, i);
		if (notice.ended) {
			ctrnet_notify_free(w->notify[i]);
			w->notify[i] = NULL;
		}
	}
	return ret;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* At most @ms; false when nothing happened. */
static bool wait_events(const struct watch *w, struct pollfd *fds, int ms)
{
	for (int i = 0; i < WATCHED; i++)
		fds[i] = (struct pollfd){ .fd = w->notify[i] ? ctrnet_notify_fd(w->notify[i]) : -1,
					  .events = POLLIN };
	fds[WATCHED] = (struct pollfd){ .fd = w->pidfd, .events = POLLIN };
	return poll(fds, WATCHED + 1, ms) > 0;
}

/* Until the container ends. What came before that is printed. */
static int follow(struct watch *w, int interval, struct ctrnet_error *error)
{
	struct pollfd fds[WATCHED + 1];
	long long next = now_ms(), left;
	int ret = 0;

	do {
		left = next - now_ms();
		if (interval && left <= 0) {
			ret = print_stats(w, error);
			next = now_ms() + interval;
			left = interval;
		}
		fds[WATCHED].revents = 0;
		if (ret == 0 && wait_events(w, fds, interval ? (int)left : -1))
			ret = read_notices(w, fds, error);
	} while (ret == 0 && !fds[WATCHED].revents);
	return ret < 0 && error->code == CTRNET_CONTAINER_NOT_RUNNING ? 0 : ret;
}

static int events(struct watch *w, const struct options *o, int interval,
		  struct ctrnet_error *error)
{
	int ret;

	if (o->stats)
		return print_stats(w, error);
	ret = ctrnet_container_pidfd(w->container, &w->pidfd, error);
	if (ret < 0)
		return ret;
	watch_open(w);
	return follow(w, interval, error);
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_events, &o, argc, argv, err);
	_cleanup_(watch_release) struct watch w = { .pidfd = -1 };
	int interval = INTERVAL_DEFAULT;
	struct ctrnet_error error;
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = o.interval ? parse_time(&cmd_events, "interval", o.interval, &interval, err) : 0;
	if (ret == 0)
		ret = target_only(&cmd_events, globals, o.id, argc, argv, at, &w.container, err);
	if (ret < 0)
		return ret;
	return events(&w, &o, interval, &error) < 0 ? library_fail(&cmd_events, &error, err) : 0;
}

const struct command cmd_events = {
	.name = "events",
	.args = "[--stats | --interval TIME] [ID]",
	.summary = "print what happens to a container, a line of JSON each, until it ends",
	.text = "Lines have a type: stats (at the start and at each interval), oom, memory_pressure (with its\n"
		"level: low, medium, critical).\n",
	.options = options,
	.failure = 1,
	.run = run,
};
