/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: one file and one entry of the table in commands.c each. Only this folder prints. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "lib/err.h"
#include "lib/option.h"

#include <stdbool.h>

#define CMD_ROOT "/run/ctrnet"

struct globals {
	bool help, version;
	const char *root; /* absolute once main() has seen it */
	bool debug;
	const char *log;
	int log_format;     /* enum log_format */
	int cgroup_manager; /* enum ctrnet_cgroup_manager */
	char **argv;        /* of main() */
};

/* Of a command that does several things: the first word behind it. */
struct verb {
	const char *name;
	const char *args;    /* for its usage line */
	const char *summary; /* one line */
};

struct command {
	const char *name;
	const char *args;    /* for its usage line: "[flags] ID CMD [ARG...]" */
	const char *summary; /* one line */
	const char *text;    /* more lines, or NULL */
	const struct verb *const
		*verbs; /* NULL-terminated; NULL: it has none. Its args begin with VERB then */
	const struct option_desc *options;
	int failure; /* exit status when ctrnet itself fails */
	/* The exit status, or a negative errno with @err filled in. argv[0] is the command's name. */
	int (*run)(const struct globals *globals, int argc, char **argv, struct err *err);
};

/* Each options struct begins with `bool help`; this is its row. */
#define CMD_HELP(T)                                                                       \
	{                                                                                 \
		'h', "help", NULL, "show this help", OPTION_FLAG, offsetof(T, help), NULL \
	}
#define CMD_OPTIONS_END      \
	{                    \
		.name = NULL \
	}

extern const struct command cmd_exec, cmd_list, cmd_state, cmd_ps, cmd_kill, cmd_wait, cmd_pause,
	cmd_resume, cmd_unpause, cmd_net, cmd_stats, cmd_events, cmd_oom, cmd_update, cmd_delete,
	cmd_config, cmd_help, cmd_version;

/* All of them, NULL-terminated. */
extern const struct command *const commands[];
extern const struct option_desc global_options[];

/* "ctrnet 1.2", for what we make. */
extern const char program_version[];

const struct command *command_by_name(const char *name);
void command_help(const struct command *c, FILE *out);
void program_help(FILE *out);

/*
 * option_parse() for a command, in whose struct `help` is first: returns the index of the first operand; -ECANCELED when
 * help was asked for and shown (the command returns 0 then).
 */
int command_options(const struct command *c, void *out, int argc, char **argv, struct err *err);

/* "COMMAND: @what", and how to get help; -EINVAL. */
int usage_error(const struct command *c, struct err *err, const char *what);

#endif
