// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/show.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

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

struct row {
	struct state state;
	enum status status;
};

struct rows {
	struct row *items;
	size_t count;
};

static void rows_release(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		state_release(&rows->items[i].state);
	free(rows->items);
}

/* One that is removed while we look is none; one that cannot be read is told of, and the others are shown. */
static int read_rows(const char *root, char *const *ids, struct rows *rows, struct err *err)
{
	rows->items = calloc(strv_count(ids) + 1, sizeof(*rows->items));
	if (!rows->items)
		return err_oom(err);
	for (; ids && *ids; ids++) {
		struct row *row = &rows->items[rows->count];
		struct err why = { 0 };
		int ret = store_peek(root, *ids, &row->state, &row->status, &why);

		if (ret == 0)
			rows->count++;
		else if (ret != -ENOENT)
			log_warn("%s", why.text);
	}
	return 0;
}

static const char *or_dash(const char *s)
{
	return str_empty(s) ? "-" : s;
}

static int widest(const struct rows *rows, const char *head,
		  const char *(*cell)(const struct row *))
{
	size_t width = strlen(head);

	for (size_t i = 0; i < rows->count; i++)
		if (strlen(cell(&rows->items[i])) > width)
			width = strlen(cell(&rows->items[i]));
	return (int)width;
}

static const char *id_cell(const struct row *row)
{
	return row->state.id;
}

static const char *bundle_cell(const struct row *row)
{
	return or_dash(row->state.bundle);
}

static void print_table(const struct rows *rows)
{
	int id = widest(rows, "ID", id_cell);
	int bundle = widest(rows, "BUNDLE", bundle_cell);

	printf("%-*s  %-7s  %-8s  %-*s  %-20s  %s\n", id, "ID", "PID", "STATUS", bundle, "BUNDLE",
	       "CREATED", "OWNER");
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->items[i];
		char owner[64];

		printf("%-*s  %-7d  %-8s  %-*s  %-20s  %s\n", id, id_cell(r),
		       r->status == STATUS_RUNNING ? r->state.init.pid : 0, status_name(r->status),
		       bundle, bundle_cell(r), or_dash(r->state.created),
		       show_owner(r->state.owner, owner, sizeof(owner)));
	}
}

static int print_json(const struct rows *rows, struct err *err)
{
	struct json_writer *w = json_writer_new(stdout, true);
	int ret;

	if (!w)
		return err_oom(err);
	json_write_begin(w, NULL, '[');
	for (size_t i = 0; i < rows->count; i++)
		show_container(w, &rows->items[i].state, rows->items[i].status, false);
	json_write_end(w);
	ret = json_writer_end(w, err);
	putchar('\n');
	return ret;
}

static int print(const struct options *o, const struct rows *rows, struct err *err)
{
	if (o->quiet) {
		for (size_t i = 0; i < rows->count; i++)
			puts(rows->items[i].state.id);
		return 0;
	}
	if (o->format == FORMAT_JSON)
		return print_json(rows, err);
	print_table(rows);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(strv_cleanup) char **ids = NULL;
	_cleanup_(rows_release) struct rows rows = { 0 };
	struct options o = { 0 };
	int at = command_options(&cmd_list, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at < argc)
		return usage_error(&cmd_list, err, "takes no arguments");
	ret = store_list(globals->root, &ids, err);
	if (ret == 0)
		ret = read_rows(globals->root, ids, &rows, err);
	return ret < 0 ? err_wrap(err, "list") : print(&o, &rows, err);
}

const struct command cmd_list = {
	.name = "list",
	.args = "[-q|--quiet] [-f|--format table|json]",
	.summary = "list containers",
	.options = options,
	.failure = 1,
	.run = run,
};
