// SPDX-License-Identifier: Apache-2.0
/*
 * What is said to each of many configs, in one go. A line of the input is a label, a config and, for a format of two files, what
 * the other one has, with tabs between them; a line of the output is the label and the words, or "accepted". They are
 * written to the current directory, since what is to be tried is what is done with files.
 */
#include "container/names.h"
#include "lib/cleanup.h"
#include "lib/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check(const char *path, struct err *err)
{
	struct spec_names names;
	struct spec spec;
	int ret = spec_load_named(&spec, path, &names, err);

	if (ret < 0)
		return ret;
	ret = spec_prepare(&spec, err);
	if (ret < 0)
		spec_names_apply(&names, err);
	spec_names_release(&names);
	spec_release(&spec);
	return ret;
}

static int put(const char *path, const char *text, struct err *err)
{
	return text ? file_replace(AT_FDCWD, path, text, strlen(text), 0600, err) : 0;
}

static void try_line(char *line)
{
	const char *label = strsep(&line, "\t"), *config = strsep(&line, "\t");
	struct err err = { 0 };
	int ret = put("config.json", config, &err);

	if (ret == 0)
		ret = put("runtime.json", line, &err);
	if (ret == 0)
		ret = check("config.json", &err);
	printf("%s\t%s\n", label, ret < 0 ? err.text : "accepted");
}

int main(void)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		line[len - 1] = '\0';
		try_line(line);
	}
	return 0;
}
