// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TABLE, FORMAT_JSON };

struct options {
	bool help;
	bool quiet;
	int format;
};

static const struct option_name formats[] = {
	{ "table", FORMAT_TABLE },
	{ "json", FORMAT_JSON },
	{ NULL, 0 },
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 'q', "quiet", NULL, "only the ids", OPTION_FLAG, offsetof(struct options, quiet), NULL },
	{ 'f', "format", "table|json", "how to show them (default table)", OPTION_ENUM,
	  offsetof(struct options, format), formats },
	CMD_OPTIONS_END,
};

struct rows {
	struct ctrnet_state **items;
	size_t count;
};

static void rows_release(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		ctrnet_state_free(rows->items[i]);
	free(rows->items);
}

static int read_row(struct ctrnet_factory *factory, const char *id, struct ctrnet_state **state,
		    struct ctrnet_error *error)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	int ret = ctrnet_container_load(factory, id, &container, error);

	return ret < 0 ? ret : ctrnet_container_state(container, state, error);
}

/* One that is removed while we look is none; one that cannot be read is told of, and the others are shown. */
static int read_rows(struct ctrnet_factory *factory, char *const *ids, struct rows *rows,
		     struct err *err)
{
	rows->items = calloc(strv_count(ids) + 1, sizeof(*rows->items));
	if (!rows->items)
		return err_oom(err);
	for (; *ids; ids++) {
		struct ctrnet_error why;

		if (read_row(factory, *ids, &rows->items[rows->count], &why) == 0)
			rows->count++;
		else if (why.code != CTRNET_CONTAINER_NOT_EXISTS)
			log_warn("%s", why.text);
	}
	return 0;
}

static const char *or_dash(const char *s)
{
	return str_empty(s) ? "-" : s;
}

static const char *or_null(const char *s)
{
	return str_empty(s) ? NULL : s;
}

static int widest(const struct rows *rows, const char *head,
		  const char *(*cell)(const struct ctrnet_state *))
{
	size_t width = strlen(head);

	for (size_t i = 0; i < rows->count; i++)
		if (strlen(cell(rows->items[i])) > width)
			width = strlen(cell(rows->items[i]));
	return (int)width;
}

static const char *id_cell(const struct ctrnet_state *state)
{
	return state->id;
}

static const char *bundle_cell(const struct ctrnet_state *state)
{
	return or_dash(state->bundle);
}

/* Who may make a directory may give it a name that a terminal obeys. */
static void print_bundle(const struct ctrnet_state *state, int width)
{
	_cleanup_free_ char *text = strdup(bundle_cell(state));

	if (text)
		str_make_printable(text);
	printf("%-*s", width, text ? text : "-");
}

static void print_table(const struct rows *rows)
{
	int id = widest(rows, "ID", id_cell), bundle = widest(rows, "BUNDLE", bundle_cell);

	printf("%-*s  %-7s  %-8s  %-*s  %-20s  %s\n", id, "ID", "PID", "STATUS", bundle, "BUNDLE",
	       "CREATED", "OWNER");
	for (size_t i = 0; i < rows->count; i++) {
		const struct ctrnet_state *s = rows->items[i];
		char owner[64];

		printf("%-*s  %-7d  %-8s  ", id, s->id, s->pid, ctrnet_status_string(s->status));
		print_bundle(s, bundle);
		printf("  %-20s  %s\n", or_dash(s->created),
		       user_name(s->owner, owner, sizeof(owner)));
	}
}

static void write_row(struct json_writer *w, const struct ctrnet_state *s)
{
	char owner[64];

	json_write_begin(w, NULL, '{');
	json_write_string(w, "id", s->id);
	json_write_string(w, "status", ctrnet_status_string(s->status));
	json_write_int(w, "pid", s->pid);
	json_write_string(w, "bundle", or_null(s->bundle));
	json_write_string(w, "rootfs", or_null(s->rootfs));
	json_write_string(w, "created", or_null(s->created));
	json_write_string(w, "owner", user_name(s->owner, owner, sizeof(owner)));
	json_write_end(w);
}

static int print_json(const struct rows *rows, struct err *err)
{
	struct json_writer *w = json_writer_new(stdout, true);
	int ret;

	json_write_begin(w, NULL, '[');
	for (size_t i = 0; i < rows->count; i++)
		write_row(w, rows->items[i]);
	json_write_end(w);
	ret = json_writer_end(w, err);
	putchar('\n');
	return ret;
}

static int print(const struct options *o, struct rows *rows, struct err *err)
{
	if (o->quiet) {
		for (size_t i = 0; i < rows->count; i++)
			puts(rows->items[i]->id);
		return 0;
	}
	if (o->format == FORMAT_JSON)
		return print_json(rows, err);
	print_table(rows);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	_cleanup_(strv_cleanup) char **ids = NULL;
	_cleanup_(rows_release) struct rows rows = { 0 };
	struct options o = { 0 };
	int at = command_options(&cmd_list, &o, argc, argv, err);
	struct ctrnet_error error;
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at < argc)
		return usage_error(&cmd_list, err, "takes no arguments");
	ret = library_open(globals, &factory, err);
	if (ret == 0 && ctrnet_container_list(factory, &ids, &error) < 0)
		ret = library_fail(&cmd_list, &error, err);
	if (ret == 0)
		ret = read_rows(factory, ids, &rows, err);
	return ret < 0 ? ret : print(&o, &rows, err);
}

const struct command cmd_list = {
	.name = "list",
	.args = "[-q|--quiet] [-f|--format table|json]",
	.summary = "list containers",
	.options = options,
	.failure = 1,
	.run = run,
};
