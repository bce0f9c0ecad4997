// SPDX-License-Identifier: Apache-2.0
/*
 * Makes the manuals and completions of the tables that ctrnet itself works by. It links their objects, so that nothing of
 * this is in ctrnet, and it runs at build time.
 *
 *	gen-docs all OUT DATE VERSION       OUT/man1 ..., OUT/schema, OUT/completion
 *	gen-docs header FILE NAME OUT ...   OUT/man3, of a header
 *	gen-docs check                      is anything described that does not exist?
 */
#include "docs/gen/command.h"
#include "docs/gen/completion.h"
#include "docs/gen/config.h"
#include "docs/gen/header.h"

#include <errno.h>
#include <string.h>

#define SOURCE "docs/man"

static int all(struct gen *gen, struct err *err)
{
	int ret = command_pages(gen, err);

	if (ret == 0)
		ret = config_page(gen, err);
	if (ret == 0)
		ret = config_schema(gen, err);
	return ret < 0 ? ret : completions(gen, err);
}

static int run(int argc, char **argv, struct err *err)
{
	struct gen gen = { .source = SOURCE };

	if (argc == 2 && !strcmp(argv[1], "check"))
		return config_check(err);
	if (argc == 5 && !strcmp(argv[1], "all")) {
		gen.out = argv[2];
		gen.origin = (struct roff_origin){ argv[3], argv[4] };
		return all(&gen, err);
	}
	if (argc == 7 && !strcmp(argv[1], "header")) {
		gen.out = argv[4];
		gen.origin = (struct roff_origin){ argv[5], argv[6] };
		return header_page(&gen, argv[2], argv[3], err);
	}
	return err_set(err, -EINVAL,
		       "usage: gen-docs all OUT DATE VERSION | gen-docs header FILE NAME OUT DATE "
		       "VERSION | gen-docs check");
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "gen-docs: %s\n", err.text);
	return 1;
}
