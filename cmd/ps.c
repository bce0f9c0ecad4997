// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"
#include "lib/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_MAX 4096 /* bytes that are shown at most */
#define STATUS_MAX  8192
#define DEPTH_MAX   33 /* the kernel's MAX_PID_NS_LEVEL, and the outermost */

struct options {
	bool help;
	const char *id;
	bool json;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 'j', "json", NULL, "as a list of objects", OPTION_FLAG, offsetof(struct options, json),
	  NULL },
	CMD_OPTIONS_END,
};

struct row {
	pid_t pid, inside;
	uid_t uid;
	char *command;
};

struct rows {
	struct row *items;
	size_t count;
};

static void rows_release(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->items[i].command);
	free(rows->items);
}

static ssize_t read_proc(pid_t pid, const char *file, char *buf, size_t size)
{
	_cleanup_free_ char *path = str_format("/proc/%d/%s", pid, file);
	_cleanup_fd_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* Behind @name at the beginning of a line of /proc/PID/status. */
static const char *status_line(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? at + strlen(name) : "";
}

/* The pid in each namespace from ours inwards; returns how many there are. */
static size_t pids_of(const char *status, pid_t *pids, size_t max)
{
	const char *at = status_line(status, "\nNSpid:");
	size_t n = 0;

	while (n < max && *at == '\t') {
		char *end;

		pids[n++] = (pid_t)strtol(at, &end, 10);
		at = end;
	}
	return n;
}

/* How far inwards the container's namespace is: its first process is in none within that. */
static size_t depth_of(pid_t init)
{
	char status[STATUS_MAX];
	pid_t pids[DEPTH_MAX];
	size_t n;

	read_proc(init, "status", status, sizeof(status));
	n = pids_of(status, pids, array_size(pids));
	return n ? n - 1 : 0;
}

/* Its words with spaces between them, or its name in brackets where it has none. */
static char *command_of(pid_t pid)
{
	char line[COMMAND_MAX], name[64];
	ssize_t n = read_proc(pid, "cmdline", line, sizeof(line));

	while (n > 0 && !line[n - 1])
		n--;
	if (n <= 0) {
		read_proc(pid, "comm", name, sizeof(name));
		name[strcspn(name, "\n")] = '\0';
		return str_format("[%s]", name);
	}
	for (ssize_t i = 0; i < n; i++)
		line[i] = line[i] ? line[i] : ' ';
	return strndup(line, (size_t)n);
}

/* One that has gone meanwhile is none. */
static int add_row(struct rows *rows, pid_t pid, size_t depth, struct err *err)
{
	struct row *row = &rows->items[rows->count];
	char status[STATUS_MAX];
	pid_t pids[DEPTH_MAX];

	if (read_proc(pid, "status", status, sizeof(status)) <= 0)
		return 0;
	*row = (struct row){ .pid = pid, .command = command_of(pid) };
	if (!row->command)
		return err_oom(err);
	/* The second is the effective one. */
	sscanf(status_line(status, "\nUid:"), "%*u %u", &row->uid);
	row->inside = pids_of(status, pids, array_size(pids)) > depth ? pids[depth] : 0;
	rows->count++;
	return 0;
}

static bool is_in(pid_t pid, const pid_t *pids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* A pid that is listed again was the container's all the time, or is its again: what was read of it is of nobody else. */
static void keep(struct rows *rows, const pid_t *pids, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (is_in(rows->items[i].pid, pids, count))
			rows->items[kept++] = rows->items[i];
		else
			free(rows->items[i].command);
	rows->count = kept;
}

static int fill_rows(struct rows *rows, pid_t init, const pid_t *pids, size_t count,
		     struct err *err)
{
	size_t depth = depth_of(init);
	int ret = 0;

	rows->items = calloc(count + 1, sizeof(*rows->items));
	if (!rows->items)
		return err_oom(err);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = add_row(rows, pids[i], depth, err);
	return ret;
}

static int read_rows(struct ctrnet_container *container, struct rows *rows, struct err *err)
{
	_cleanup_free_ pid_t *before = NULL, *after = NULL;
	struct ctrnet_error error = { 0 };
	struct ctrnet_state *state;
	size_t count, still;
	pid_t init;
	int ret;

	if (ctrnet_container_state(container, &state, &error) < 0)
		return library_fail(&cmd_ps, &error, err);
	init = state->pid;
	ctrnet_state_free(state);
	if (ctrnet_container_processes(container, &before, &count, &error) < 0)
		return library_fail(&cmd_ps, &error, err);
	ret = fill_rows(rows, init, before, count, err);
	if (ret < 0)
		return ret;
	if (ctrnet_container_processes(container, &after, &still, &error) < 0)
		return library_fail(&cmd_ps, &error, err);
	keep(rows, after, still);
	return 0;
}

/* JSON has nothing else; a command line may be any bytes. */
static void make_utf8(char *text)
{
	size_t left = strlen(text), len;

	for (; left; text += len, left -= len) {
		len = str_utf8(text, left);
		if (!len)
			*text = '?';
		len = len ? len : 1;
	}
}

static int print_json(const struct rows *rows, struct err *err)
{
	struct json_writer *w = json_writer_new(stdout, true);
	int ret;

	json_write_begin(w, NULL, '[');
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->items[i];

		make_utf8(r->command);
		json_write_begin(w, NULL, '{');
		json_write_int(w, "pid", r->pid);
		json_write_int(w, "pid_inside", r->inside);
		json_write_uint(w, "uid", r->uid);
		json_write_string(w, "command", r->command);
		json_write_end(w);
	}
	json_write_end(w);
	ret = json_writer_end(w, err);
	putchar('\n');
	return ret;
}

static void print_table(const struct rows *rows)
{
	printf("%-8s  %-8s  %-8s  %s\n", "PID", "INSIDE", "USER", "COMMAND");
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->items[i];
		char user[64];

		str_make_printable(r->command);
		printf("%-8d  %-8d  %-8s  %s\n", r->pid, r->inside,
		       user_name(r->uid, user, sizeof(user)), r->command);
	}
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	_cleanup_(rows_release) struct rows rows = { 0 };
	struct options o = { 0 };
	int at = command_options(&cmd_ps, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = target_only(&cmd_ps, globals, o.id, argc, argv, at, &container, err);
	if (ret == 0)
		ret = read_rows(container, &rows, err);
	if (ret < 0)
		return ret;
	if (o.json)
		return print_json(&rows, err);
	print_table(&rows);
	return 0;
}

const struct command cmd_ps = {
	.name = "ps",
	.args = "[-j|--json] [ID]",
	.summary = "list the processes of a container",
	.text = "PID is the number that the host knows a process by, INSIDE the one that the container does, USER the host's\n"
		"user that it is. Those in cgroups below the container's own are listed too.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
