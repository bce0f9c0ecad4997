// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "ns/self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const code_strings[] = {
	[CTRNET_ID_IN_USE] = "Id already in use",
	[CTRNET_INVALID_ID_FORMAT] = "Invalid format",
	[CTRNET_CONTAINER_NOT_EXISTS] = "Container does not exist",
	[CTRNET_CONTAINER_PAUSED] = "Container paused",
	[CTRNET_CONTAINER_NOT_STOPPED] = "Container is not stopped",
	[CTRNET_CONTAINER_NOT_RUNNING] = "Container is not running",
	[CTRNET_PROCESS_NOT_EXECUTED] = "Process is not executed",
	[CTRNET_CONFIG_INVALID] = "Invalid configuration",
	[CTRNET_SYSTEM_ERROR] = "System error",
};

const char *ctrnet_code_string(enum ctrnet_code code)
{
	return (size_t)code < array_size(code_strings) ? code_strings[code] : "Unknown error";
}

static const char *const status_strings[] = {
	[CTRNET_CREATING] = "creating", [CTRNET_CREATED] = "created",
	[CTRNET_RUNNING] = "running",   [CTRNET_PAUSING] = "pausing",
	[CTRNET_PAUSED] = "paused",     [CTRNET_CHECKPOINTED] = "checkpointed",
	[CTRNET_STOPPED] = "stopped",
};

const char *ctrnet_status_string(enum ctrnet_status status)
{
	return (size_t)status < array_size(status_strings) ? status_strings[status] : "unknown";
}

int api_fail(struct ctrnet_error *error, enum ctrnet_code code, const struct err *err)
{
	if (error) {
		*error = (struct ctrnet_error){ .code = code, .number = err->code };
		snprintf(error->text, sizeof(error->text), "%s", err->text);
		str_make_printable(error->text);
	}
	return err->code;
}

int api_fail_named(struct ctrnet_error *error, enum ctrnet_code code,
		   const struct spec_names *names, const struct err *err)
{
	struct err named = *err;

	spec_names_apply(names, &named);
	return api_fail(error, code, &named);
}

static bool all_zero(const unsigned char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

int api_take(void *to, size_t size, const void *from, const char *what, struct err *err)
{
	size_t given = *(const size_t *)from;

	if (given < sizeof(given))
		return err_set(err, -EINVAL, "struct %s: its size is %zu, is its _INIT missing?",
			       what, given);
	if (given > size && !all_zero((const unsigned char *)from + size, given - size))
		return err_set(err, -E2BIG,
			       "struct %s: the program sets a member that this libctrnet is too "
			       "old for",
			       what);
	memcpy(to, from, given < size ? given : size);
	memcpy(to, &size, sizeof(size));
	return 0;
}

enum ctrnet_code api_store_code(int ret)
{
	return ret == -ENOENT ? CTRNET_CONTAINER_NOT_EXISTS : CTRNET_SYSTEM_ERROR;
}

int ctrnet_protect_program(char *const *argv, struct ctrnet_error *error)
{
	struct err err = { 0 };

	return self_protect(argv, &err) < 0 ? api_fail(error, CTRNET_SYSTEM_ERROR, &err) : 0;
}

enum ctrnet_code api_live_code(int ret)
{
	return ret == -ESRCH ? CTRNET_CONTAINER_NOT_RUNNING : CTRNET_SYSTEM_ERROR;
}

static void record(void *arg, enum log_level level, const char *line)
{
	static const enum ctrnet_log_level levels[] = {
		[LOG_DEBUG] = CTRNET_LOG_DEBUG,
		[LOG_WARNING] = CTRNET_LOG_WARNING,
		[LOG_ERROR] = CTRNET_LOG_ERROR,
	};
	const struct api_options *options = arg;

	options->log(options->log_arg, levels[level], line);
}

struct log_diversion api_log(const struct api_options *options)
{
	return log_divert(options && options->log ? record : NULL, (void *)options);
}

/* Records of a process that runs apart: each is a byte for its level and a string. What is too much is lost. */
struct records {
	size_t used;
	char text[8192];
};

struct recorded {
	apart_function *f;
	void *arg;
	struct records *records;
};

static void keep(void *arg, enum log_level level, const char *line)
{
	struct records *r = arg;
	size_t size = strlen(line) + 2;

	if (r->used >= sizeof(r->text) || size > sizeof(r->text) - r->used)
		return;
	r->text[r->used] = (char)level;
	memcpy(r->text + r->used + 1, line, size - 1);
	r->used += size;
}

static int run_recorded(void *arg, int *fds, struct err *err)
{
	const struct recorded *r = arg;

	log_divert(keep, r->records);
	return r->f(r->arg, fds, err);
}

/*
 * A process that joins a container has this memory until its execve(2), and somebody inside may get at it: what is in it is
 * taken for text, and no more is believed.
 */
static void replay(const struct records *shared)
{
	struct records r;

	memcpy(&r, shared, sizeof(r));
	r.used = r.used < sizeof(r.text) ? r.used : sizeof(r.text) - 1;
	r.text[r.used] = '\0';
	for (size_t at = 0; at + 1 < r.used; at += strlen(r.text + at + 1) + 2) {
		if (r.text[at] == LOG_DEBUG)
			log_debug("%s", r.text + at + 1);
		else
			log_warn("%s", r.text + at + 1);
	}
}

int api_apart(apart_function *f, void *arg, int low, int *fds, size_t n, struct err *err)
{
	struct recorded r = { f, arg, apart_memory(sizeof(*r.records)) };
	int ret;

	if (!r.records)
		return err_oom(err);
	ret = apart_run(run_recorded, &r, low, fds, n, err);
	replay(r.records);
	apart_memory_free(r.records, sizeof(*r.records));
	return ret;
}

int api_apart_or_here(const struct api_options *options, apart_function *f, void *arg, int *fds,
		      size_t n, struct err *err)
{
	return options->one_thread ? apart_here(f, arg, fds, err)
				   : api_apart(f, arg, 0, fds, n, err);
}

void ctrnet_strings_free(char **strings)
{
	strv_free(strings);
}
