/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line options from a table. One table per command gives parsing and help; manuals and
 * shell completion can be made from it as well.
 *
 * Options end at "--" or at the first word that is not an option: what follows is a command line
 * of somebody else's. "--name=value", "--name value", "-n value", "-nvalue" and "-ab" are
 * understood, abbreviations are not.
 */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include "lib/err.h"

#include <stddef.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,    /* bool: set to true */
	OPTION_STRING,  /* const char *: the argument itself */
	OPTION_STRINGS, /* char **: appended (strv_add) */
	OPTION_ENUM,    /* int: the value of one of names */
	OPTION_TABLE, /* further rows, whose offsets count from this one's; help is their heading */
};

struct option_name {
	const char *name;
	int value;
};

struct option_desc {
	char letter;      /* 0: none */
	const char *name; /* without the dashes, "": none; NULL ends the table */
	const char *arg;  /* how help calls the argument: "FILE" */
	const char *help;
	enum option_type type;
	size_t offset; /* of the member in the options struct */
	/* OPTION_ENUM: struct option_name[], ended by NULL; OPTION_TABLE: struct option_desc[] without such rows. */
	const void *more;
};

/*
 * Parse argv[0..argc) into @out. Returns the index of the first word that is not an option (behind
 * "--" if there is one), or -EINVAL with a text that names the option. @out is zeroed by the caller
 * and given to option_release() in any case; strings in it point into @argv. Of an option given
 * twice the last one holds.
 */
int option_parse(const struct option_desc *table, void *out, int argc, char **argv,
		 struct err *err);

/* Free what OPTION_STRINGS collected. */
void option_release(const struct option_desc *table, void *out);

/* The table as lines of help. */
void option_help(const struct option_desc *table, FILE *out);

/* The first option of @table (without OPTION_TABLE rows) that was given in @out, or NULL. */
const struct option_desc *option_given(const struct option_desc *table, const void *out);

#endif
