/* SPDX-License-Identifier: Apache-2.0 */
/* The library as commands use it, and the container that a command is about. */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include "cmd/cmd.h"
#include "container/ctrnet.h"

/* The factory of --root, with the log of ours. */
int library_open(const struct globals *globals, struct ctrnet_factory **factory, struct err *err);
void library_close(struct ctrnet_factory **factory);
/* What the library says, as what @c says; its negative errno. */
int library_fail(const struct command *c, const struct ctrnet_error *error, struct err *err);

/*
 * --id, or else the operand argv[*@at], which is taken then, or else the container of the directory one stands in, or that
 * data_path names, whose id comes from its config. To be given to target_close(). Errors begin with the command's name.
 */
int target_open(const struct command *c, const struct globals *globals, const char *id_option,
		int argc, char **argv, int *at, struct ctrnet_container **container,
		struct err *err);
/* The same, and more operands are an error. */
int target_only(const struct command *c, const struct globals *globals, const char *id_option,
		int argc, char **argv, int at, struct ctrnet_container **container,
		struct err *err);
void target_close(struct ctrnet_container **container);

/* Just the id that it would be: of the option or the operand @given, or if that is NULL by the directory. Allocated. */
int target_id(const struct command *c, const char *given, char **id, struct err *err);

/* The whole of a command that has just --id and calls @call. */
int target_run(const struct command *c, const struct globals *globals, int argc, char **argv,
	       int (*call)(struct ctrnet_container *container, struct ctrnet_error *error),
	       struct err *err);

/* The row of --id, for options structs with `const char *id`. */
#define CMD_ID(T)                                                                                 \
	{                                                                                         \
		0, "id", "ID", "the container (default: the one of the directory one stands in)", \
			OPTION_STRING, offsetof(T, id), NULL                                      \
	}

/* For target_run(). */
struct target_options {
	bool help;
	const char *id;
};
extern const struct option_desc target_options[];

#endif
