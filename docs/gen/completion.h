/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion for bash, zsh and fish: OUT/completion/{ctrnet.bash,_ctrnet,ctrnet.fish}. Each is a program of the shell's own
 * in docs/completion, in which the line @TABLES@ is replaced by what the command line's tables have.
 */
#ifndef DOCS_GEN_COMPLETION_H
#define DOCS_GEN_COMPLETION_H

#include "cmd/help.h"
#include "docs/gen/page.h"

/* What an argument is, told by what help calls it. */
enum argument {
	ARGUMENT_OTHER, /* nothing to offer */
	ARGUMENT_WORDS, /* one of a few */
	ARGUMENT_FILE,
	ARGUMENT_DIRECTORY,
	ARGUMENT_ID, /* of a container */
	ARGUMENT_USER,
	ARGUMENT_GROUP,
	ARGUMENT_COMMAND, /* of ctrnet */
	ARGUMENT_PROGRAM, /* from here on a command line of its own */
	ARGUMENT_SIGNAL,
	ARGUMENT_VERB,  /* of the command */
	ARGUMENT_TOPIC, /* what there is help for */
	ARGUMENT_TYPE,  /* what belongs to the topic before */
};

enum argument argument_of_option(const struct option_desc *o);
/* "table json" of ARGUMENT_WORDS, separated by @sep; allocated, NULL when out of memory. */
char *argument_words(const struct option_desc *o, const char *sep);

/* A word of a command's usage line that is no option. */
struct operand {
	enum argument argument;
	bool repeats; /* "ID..." */
};

/* Those of @c, separated by spaces. */
void print_verbs(const struct command *c, FILE *out);

/* Names of topics of help, and the words that may follow one, likewise. */
void print_topics(FILE *out);
void print_topic_words(const struct topic *topic, FILE *out);

#define OPERANDS_MAX 8
/* Those of @c's last form, which is the one with the most, up to the program, whose the rest is; their number. */
size_t operands_of(const struct command *c, struct operand operands[OPERANDS_MAX]);

/* Call @visit for each row of @table, and of those in it. */
void each_option(const struct option_desc *table,
		 void (*visit)(const struct option_desc *o, void *arg), void *arg);

/* The tables, in the language of a shell. */
void bash_tables(FILE *out);
void zsh_tables(FILE *out);
void fish_tables(FILE *out);

int completions(const struct gen *gen, struct err *err);

#endif
