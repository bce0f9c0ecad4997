/* SPDX-License-Identifier: Apache-2.0 */
/* What `ctrnet help` tells that is no command: one file, and one entry of the table in help.c, each. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "cmd/cmd.h"

struct topic {
	const char *name;    /* "networks" */
	const char *summary; /* what help tells of it */
	const char *more;    /* how usage calls the word behind it */
	/* @more: a word behind the topic's name, or NULL. 0, or a negative errno with @err filled in. */
	int (*show)(const char *more, FILE *out, struct err *err);
	/* Call @visit for each word that may stand behind it. Words are gone when @visit returns. */
	void (*each)(void (*visit)(const char *word, void *arg), void *arg);
};

extern const struct topic topic_networks;
/* All of them, NULL-terminated. */
extern const struct topic *const topics[];

#endif
