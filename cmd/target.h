/* SPDX-License-Identifier: Apache-2.0 */
/* The library as commands use it, and the container that a command is about. */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include "cmd/cmd.h"
#include "container/ctrnet.h"

/* Where the library's log goes: to ours. */
void library_log(void *arg, enum ctrnet_log_level level, const char *line);
/* What goes for all of its containers. */
struct ctrnet_factory_options library_options(const struct globals *globals);
/* The factory of --root, with these. */
int library_open(const struct globals *globals, struct ctrnet_factory **factory, struct err *err);
void library_close(struct ctrnet_factory **factory);
/* What the library says, as it is; its negative errno. */
int library_error(const struct ctrnet_error *error, struct err *err);
/* The same, as what @c says. */
int library_fail(const struct command *c, const struct ctrnet_error *error, struct err *err);

/* Has @config, which was read from a file, a root directory? Else the error says how to give it one. */
int library_check_rootfs(const struct ctrnet_config *config, struct err *err);

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
