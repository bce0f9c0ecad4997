// SPDX-License-Identifier: Apache-2.0
/* Comparing a container's network with its plan, and mending it: both enter namespaces, so they run apart. */
#include "container/api_net.h"

#include "container/net_live.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- By way of a file --- */

int api_net_give(const struct json_schema *schema, const void *object, int *fds, struct err *err)
{
	_cleanup_fd_ int fd = memfd_create("ctrnet", MFD_CLOEXEC);
	_cleanup_file_ FILE *out = NULL;
	int copy = fd < 0 ? -1 : dup(fd);
	int ret;

	if (copy >= 0)
		out = fdopen(copy, "w");
	if (!out) {
		ret = err_sys(err, -errno, "memfd");
		close_fd(copy);
		return ret;
	}
	ret = json_encode_compact(schema, object, out, err);
	if (ret == 0)
		fds[0] = take_fd(&fd);
	return ret;
}

int api_net_take(const struct json_schema *schema, void *object, int fd, struct err *err)
{
	_cleanup_fd_ int file = fd;
	_cleanup_free_ char *path = str_format("/proc/self/fd/%d", file);

	return path ? json_decode_file(schema, object, AT_FDCWD, path, err) : err_oom(err);
}

int api_net_json(const struct json_schema *schema, const void *object, char **json,
		 struct ctrnet_error *error)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? json_encode(schema, object, out, &err) : err_oom(&err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*json = take_ptr(text);
	return 0;
}

enum ctrnet_code api_net_code(int ret)
{
	return ret == -ESRCH ? CTRNET_CONTAINER_NOT_RUNNING : api_store_code(ret);
}

/* --- Reports --- */

/* What ctrnet_net_report points to. */
struct picture {
	struct ctrnet_net_report report; /* first: it is what the caller has */
	struct net_report from;
	struct ctrnet_net_difference *differences;
};

struct call {
	const char *root, *id;
	int (*function)(const char *root, const char *id, struct net_report *report,
			struct err *err);
};

static int run_apart(void *arg, int *fds, struct err *err)
{
	_cleanup_(net_report_release) struct net_report report = { 0 };
	const struct call *call = arg;
	int ret = call->function(call->root, call->id, &report, err);

	return ret < 0 ? ret : api_net_give(&net_report_schema, &report, fds, err);
}

static int fill(struct picture *p, struct err *err)
{
	p->differences = calloc(p->from.count + 1, sizeof(*p->differences));
	if (!p->differences)
		return err_oom(err);
	for (size_t i = 0; i < p->from.count; i++) {
		const struct net_difference *f = &p->from.items[i];

		p->differences[i] = (struct ctrnet_net_difference){
			.type = f->type ? f->type : "",
			.origin = f->origin ? f->origin : "",
			.planned = f->planned ? f->planned : "",
			.found = f->found ? f->found : "",
		};
	}
	p->report = (struct ctrnet_net_report){ p->differences, p->from.count };
	return 0;
}

void ctrnet_net_report_free(struct ctrnet_net_report *report)
{
	struct picture *p = (struct picture *)report;

	if (!p)
		return;
	free(p->differences);
	net_report_release(&p->from);
	free(p);
}

static int get_report(struct ctrnet_container *c, struct call *call,
		      struct ctrnet_net_report **report, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct picture *p = calloc(1, sizeof(*p));
	struct err err = { 0 };
	int fd = -1;
	int ret = p ? api_apart(run_apart, call, 0, &fd, 1, &err) : err_oom(&err);

	if (ret == 0)
		ret = api_net_take(&net_report_schema, &p->from, fd, &err);
	if (ret == 0)
		ret = fill(p, &err);
	if (ret < 0) {
		ctrnet_net_report_free(p ? &p->report : NULL);
		return api_fail(error, api_net_code(ret), &err);
	}
	*report = &p->report;
	return 0;
}

int ctrnet_container_net_check(struct ctrnet_container *c, struct ctrnet_net_report **report,
			       struct ctrnet_error *error)
{
	return get_report(c, &(struct call){ c->root, c->id, container_net_check }, report, error);
}

int ctrnet_container_net_repair(struct ctrnet_container *c, struct ctrnet_net_report **report,
				struct ctrnet_error *error)
{
	return get_report(c, &(struct call){ c->root, c->id, container_net_repair }, report, error);
}

int ctrnet_net_report_json(const struct ctrnet_net_report *report, char **json,
			   struct ctrnet_error *error)
{
	return api_net_json(&net_report_schema, &((const struct picture *)report)->from, json,
			    error);
}
