// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/page.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SOURCE_MAX (1u << 20)

int page_source(const struct gen *gen, const char *file, char **text, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/%s", gen->source, file);
	size_t len;

	*text = NULL;
	if (!path)
		return err_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	return file_read(AT_FDCWD, path, SOURCE_MAX, text, &len, err);
}

int page_open(const struct gen *gen, const char *path, FILE **out, struct err *err)
{
	_cleanup_free_ char *full = str_format("%s/%s", gen->out, path);
	char *slash = full ? strrchr(full, '/') : NULL;
	int ret;

	if (!full)
		return err_oom(err);
	*slash = '\0';
	ret = file_mkdirs(AT_FDCWD, full, 0755, err);
	if (ret < 0)
		return ret;
	*slash = '/';
	*out = fopen(full, "we");
	return *out ? 0 : err_sys(err, -errno, "%s", full);
}

int page_close(FILE **out, const char *path, struct err *err)
{
	bool failed = ferror(*out);

	if (fclose(take_ptr(*out)) != 0 || failed)
		return err_set(err, -EIO, "%s: cannot be written", path);
	return 0;
}

struct part {
	const char *heading, *text;
	size_t heading_len, len;
};

/* The part of @in behind @at, which is moved there; false if there is none. */
static bool next_part(const char **at, struct part *part)
{
	const char *p = *at && !str_starts(*at, "# ") ? strstr(*at, "\n# ") : *at, *end;

	if (!p)
		return false;
	p += *p == '\n';
	part->heading = p + 2;
	part->heading_len = strcspn(part->heading, "\n");
	part->text = part->heading + part->heading_len;
	end = strstr(part->text, "\n# ");
	part->len = end ? (size_t)(end + 1 - part->text) : strlen(part->text);
	*at = part->text + part->len;
	return true;
}

static bool is_named(const struct part *part, const char *heading)
{
	return strlen(heading) == part->heading_len &&
	       !strncmp(heading, part->heading, part->heading_len);
}

static bool is_made(const struct part *part, const struct page_section *sections)
{
	for (; sections->heading; sections++)
		if (is_named(part, sections->heading))
			return true;
	return false;
}

static void print_section(struct roff *r, const struct page_section *s, const char *in,
			  const void *arg)
{
	struct part part;

	roff_section(r, s->heading);
	s->print(r, arg);
	while (next_part(&in, &part)) {
		if (!is_named(&part, s->heading))
			continue;
		roff_text(r, part.text, part.len);
	}
}

static void print_others(struct roff *r, const struct page_section *sections, const char *in)
{
	struct part part;

	while (next_part(&in, &part)) {
		char heading[128];

		if (is_made(&part, sections))
			continue;
		snprintf(heading, sizeof(heading), "%.*s", (int)part.heading_len, part.heading);
		roff_section(r, heading);
		roff_text(r, part.text, part.len);
	}
}

static void print(struct roff *r, const struct page_section *sections, const char *in,
		  const void *arg)
{
	for (const struct page_section *s = sections; s->heading; s++) {
		/* The last one is SEE ALSO. */
		if (!s[1].heading)
			print_others(r, sections, in);
		print_section(r, s, in, arg);
	}
	if (r->column)
		putc('\n', r->out);
}

int page_write(const struct gen *gen, const char *name, const char *section,
	       const struct page_section *sections, const void *arg, struct err *err)
{
	_cleanup_free_ char *path = str_format("man%s/%s.%s", section, name, section);
	_cleanup_free_ char *file = str_format("%s.%s.in", name, section);
	_cleanup_free_ char *in = NULL;
	_cleanup_file_ FILE *out = NULL;
	struct roff r = { 0 };
	int ret;

	if (!path || !file)
		return err_oom(err);
	ret = page_source(gen, file, &in, err);
	if (ret == 0)
		ret = page_open(gen, path, &out, err);
	if (ret < 0)
		return ret;
	r.out = out;
	roff_title(&r, name, section, &gen->origin);
	print(&r, sections, in, arg);
	return page_close(&out, path, err);
}
