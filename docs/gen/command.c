// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/command.h"

#include "cmd/cmd.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* --- Options --- */

/* A sentence of what begins in lower case and has no stop. */
static void sentence(struct roff *r, const char *text)
{
	size_t len = strlen(text);
	_cleanup_free_ char *copy = str_format("%c%s%s", toupper((unsigned char)*text),
					       text + (len > 0),
					       len && strchr(".:", text[len - 1]) ? "" : ".");

	if (copy)
		roff_say(r, copy);
}

/* "-f, --format table|json" */
static void option_term(struct roff *r, const struct option_desc *o)
{
	roff_term_begin(r);
	if (o->letter) {
		roff_bold(r, (char[]){ '-', o->letter, '\0' });
		if (*o->name)
			roff_plain(r, ", ");
	}
	if (*o->name) {
		roff_bold(r, "--");
		roff_bold(r, o->name);
	}
	if (o->type != OPTION_FLAG) {
		putc(' ', r->out);
		roff_italic(r, o->arg ? o->arg : "ARG");
	}
	roff_term_end(r);
}

static void print_options(struct roff *r, const struct option_desc *o)
{
	for (; o->name; o++) {
		if (o->type == OPTION_TABLE) {
			size_t len = strcspn(o->help, ":");
			char heading[160];

			snprintf(heading, sizeof(heading), "%.*s", (int)len, o->help);
			roff_subsection(r, heading);
			print_options(r, o->more);
			continue;
		}
		option_term(r, o);
		sentence(r, o->help);
	}
}

/* --- A command --- */

static void print_name(struct roff *r, const void *arg)
{
	const struct command *c = arg;

	r->column = (size_t)fprintf(r->out, "ctrnet\\-%s \\-", c->name);
	roff_say(r, c->summary);
}

/* A form of its usage line, whose words in capitals are for the user to fill in. */
static void print_form(struct roff *r, const char *form, size_t len)
{
	fputs(".B ctrnet\n", r->out);
	while (len) {
		size_t n = strcspn(form, "[]|. \n");

		n = n > len ? len : n;
		if (n && (isupper((unsigned char)*form)))
			fprintf(r->out, "\\fI%.*s\\fR", (int)n, form);
		else if (n) {
			fputs("\\fB", r->out);
			for (size_t i = 0; i < n; i++)
				fputs(form[i] == '-' ? "\\-" : (char[]){ form[i], '\0' }, r->out);
			fputs("\\fR", r->out);
		} else {
			n = 1;
			putc(*form, r->out);
		}
		form += n;
		len -= n;
	}
	putc('\n', r->out);
}

static void print_synopsis(struct roff *r, const void *arg)
{
	const struct command *c = arg;
	_cleanup_free_ char *usage = str_format("%s %s", c->name, c->args);
	const char *form = usage ? usage : "";

	for (;;) {
		size_t len = strcspn(form, "\n");

		while (len && form[len - 1] == ' ')
			len--;
		print_form(r, form, len);
		form += strcspn(form, "\n");
		if (!*form)
			break;
		form += strspn(form, "\n ");
		/* Further forms repeat the program's name, for who reads them on a terminal. */
		form += str_starts(form, "ctrnet ") ? strlen("ctrnet ") : 0;
		fputs(".br\n", r->out);
	}
}

static void print_description(struct roff *r, const void *arg)
{
	const struct command *c = arg;

	roff_paragraph(r);
	sentence(r, c->summary);
	if (c->text) {
		roff_paragraph(r);
		roff_text(r, c->text, strlen(c->text));
	}
	for (const struct verb *const *v = c->verbs; v && *v; v++) {
		roff_term_begin(r);
		roff_bold(r, (*v)->name);
		roff_plain(r, " ");
		roff_plain(r, (*v)->args);
		roff_term_end(r);
		sentence(r, (*v)->summary);
	}
}

static void print_command_options(struct roff *r, const void *arg)
{
	const struct command *c = arg;

	print_options(r, c->options);
}

static void print_status(struct roff *r, const void *arg)
{
	const struct command *c = arg;

	if (c->failure == 1)
		roff_text(r, ": 0\nSuccess.\n", strlen(": 0\nSuccess.\n"));
	roff_term_begin(r);
	fprintf(r->out, "%d", c->failure);
	roff_term_end(r);
	roff_say(
		r,
		"ctrnet itself failed: one line on standard error says what, and what the kernel said.");
}

static void see(struct roff *r, const char *name, const char *section, bool last)
{
	fprintf(r->out, ".BR ");
	for (; *name; name++)
		fputs(*name == '-' ? "\\-" : (char[]){ *name, '\0' }, r->out);
	fprintf(r->out, " (%s)%s\n", section, last ? "" : ",");
}

static void print_see(struct roff *r, const void *arg)
{
	const struct command *self = arg;

	if (self)
		see(r, "ctrnet", "1", false);
	for (const struct command *const *c = commands; *c; c++) {
		char name[64];

		snprintf(name, sizeof(name), "ctrnet-%s", (*c)->name);
		if (*c != self)
			see(r, name, "1", false);
	}
	see(r, "ctrnet.json", "5", true);
}

static const struct page_section command_sections[] = {
	{ "NAME", print_name },
	{ "SYNOPSIS", print_synopsis },
	{ "DESCRIPTION", print_description },
	{ "OPTIONS", print_command_options },
	{ "EXIT STATUS", print_status },
	{ "SEE ALSO", print_see },
	{ NULL, NULL },
};

/* --- The program --- */

static void print_program_name(struct roff *r, const void *arg)
{
	(void)arg;
	fputs("ctrnet \\- run containers and their networks\n", r->out);
	r->fresh = true;
}

static void print_program_synopsis(struct roff *r, const void *arg)
{
	(void)arg;
	fputs(".B ctrnet\n[\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARG\\fR...]\n", r->out);
}

static void nothing(struct roff *r, const void *arg)
{
	(void)r;
	(void)arg;
}

static void print_commands(struct roff *r, const void *arg)
{
	(void)arg;
	for (const struct command *const *c = commands; *c; c++) {
		_cleanup_free_ char *page = str_format("ctrnet-%s", (*c)->name);

		roff_term_begin(r);
		roff_bold(r, page ? page : "");
		roff_plain(r, "(1)");
		roff_term_end(r);
		sentence(r, (*c)->summary);
	}
}

static void print_global_options(struct roff *r, const void *arg)
{
	(void)arg;
	print_options(r, global_options);
}

static const struct page_section program_sections[] = {
	{ "NAME", print_program_name },
	{ "SYNOPSIS", print_program_synopsis },
	{ "DESCRIPTION", nothing },
	{ "COMMANDS", print_commands },
	{ "OPTIONS", print_global_options },
	{ "SEE ALSO", print_see },
	{ NULL, NULL },
};

int command_pages(const struct gen *gen, struct err *err)
{
	int ret = page_write(gen, "ctrnet", "1", program_sections, NULL, err);

	for (const struct command *const *c = commands; *c && ret == 0; c++) {
		_cleanup_free_ char *name = str_format("ctrnet-%s", (*c)->name);

		if (!name)
			return err_oom(err);
		ret = page_write(gen, name, "1", command_sections, *c, err);
	}
	return ret;
}
