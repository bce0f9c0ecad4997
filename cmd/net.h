/* SPDX-License-Identifier: Apache-2.0 */
/* `ctrnet net VERB`: a file and a row of the table in net.c for each verb. */
#ifndef CMD_NET_H
#define CMD_NET_H

#include "cmd/target.h"

struct net_options {
	bool help;
	const char *id;
	bool json;
	bool dry_run;
	/* Of capture. */
	const char *write, *count, *snaplen;
	int direction; /* enum ctrnet_net_direction and 1; 0: not given */
	/* Of graph. */
	int format; /* enum ctrnet_net_graph_format and 1; 0: not given */
	/* Operands behind the id, of a verb that takes such, or all of one that takes ids; NULL-terminated. */
	char *const *words;
	size_t word_count;
};

struct net_verb {
	struct verb verb;
	bool json, dry_run; /* the options it takes, besides --id */
	bool capture, format;
	bool needs_no_id; /* without one it is about all */
	bool takes_no_id; /* it is always about all */
	bool takes_words; /* behind the id */
	bool needs_words; /* and neither may be left out */
	bool takes_ids;   /* any number of them, which it looks up itself */
	/*
	 * With @container, or NULL for a verb that also does without. The exit status, or a negative errno with @err filled
	 * in, which begins with "net".
	 */
	int (*run)(const struct globals *globals, const struct net_options *o,
		   struct ctrnet_container *container, struct err *err);
};

/*
 * Texts for the library out of words: files ("-" is standard input), and words KEY=VALUE, of which each `type=` begins an
 * object. To be given to net_texts_release().
 */
struct net_texts {
	struct ctrnet_text *items;
	size_t count;
};
int net_texts_read(char *const *words, size_t count, struct net_texts *out, struct err *err);
void net_texts_release(struct net_texts *texts);

extern const struct net_verb cmd_net_attach, cmd_net_detach, cmd_net_set;
extern const struct net_verb cmd_net_show, cmd_net_check, cmd_net_repair, cmd_net_gc, cmd_net_watch,
	cmd_net_capture, cmd_net_graph;

#endif
