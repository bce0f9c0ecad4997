// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_name directions[] = {
	{ "in", CTRNET_NET_IN + 1 },
	{ "out", CTRNET_NET_OUT + 1 },
	{ "inout", CTRNET_NET_INOUT + 1 },
	{ NULL, 0 },
};

static const struct option_name formats[] = {
	{ "dot", CTRNET_NET_GRAPH_DOT + 1 },
	{ "svg", CTRNET_NET_GRAPH_SVG + 1 },
	{ NULL, 0 },
};

static const struct option_desc options[] = {
	CMD_HELP(struct net_options),
	CMD_ID(struct net_options),
	{ 'j', "json", NULL, "show it as JSON", OPTION_FLAG, offsetof(struct net_options, json),
	  NULL },
	{ 'n', "dry-run", NULL, "of repair, gc and attach: only tell what would be done",
	  OPTION_FLAG, offsetof(struct net_options, dry_run), NULL },
	{ 'w', "write", "FILE", "of capture: where to; -: standard output (default)", OPTION_STRING,
	  offsetof(struct net_options, write), NULL },
	{ 'c', "count", "COUNT", "of capture: end after so many packets", OPTION_STRING,
	  offsetof(struct net_options, count), NULL },
	{ 's', "snapshot-length", "SNAPLEN",
	  "of capture: bytes that are kept of each packet (default 262144)", OPTION_STRING,
	  offsetof(struct net_options, snaplen), NULL },
	{ 'Q', "direction", "in|out|inout",
	  "of capture: only what the container receives, or sends (default inout)", OPTION_ENUM,
	  offsetof(struct net_options, direction), directions },
	{ 0, "format", "dot|svg", "of graph: for graphviz (default), or a picture", OPTION_ENUM,
	  offsetof(struct net_options, format), formats },
	CMD_OPTIONS_END,
};

/* Which verbs take an option: those with that member. */
static const struct {
	const char *option;
	size_t taken; /* a bool in struct net_verb */
} takers[] = {
	{ "json", offsetof(struct net_verb, json) },
	{ "dry-run", offsetof(struct net_verb, dry_run) },
	{ "write", offsetof(struct net_verb, capture) },
	{ "count", offsetof(struct net_verb, capture) },
	{ "snapshot-length", offsetof(struct net_verb, capture) },
	{ "direction", offsetof(struct net_verb, capture) },
	{ "format", offsetof(struct net_verb, format) },
};

static const struct verb *const verbs[] = {
	&cmd_net_show.verb,
	&cmd_net_check.verb,
	&cmd_net_repair.verb,
	&cmd_net_gc.verb,
	&cmd_net_watch.verb,
	&cmd_net_attach.verb,
	&cmd_net_detach.verb,
	&cmd_net_set.verb,
	&cmd_net_capture.verb,
	&cmd_net_graph.verb,
	NULL,
};

static const struct net_verb *verb_of(const struct verb *verb)
{
	return (const void *)((const char *)verb - offsetof(struct net_verb, verb));
}

static int find_verb(const char *name, const struct net_verb **out, struct err *err)
{
	const char *names[array_size(verbs)] = { NULL }, *near;

	for (size_t i = 0; verbs[i]; i++) {
		names[i] = verbs[i]->name;
		if (strcmp(verbs[i]->name, name))
			continue;
		*out = verb_of(verbs[i]);
		return 0;
	}
	near = json_nearest(name, names);
	return err_set(err, -EINVAL, "net: unknown verb '%.40s'%s%s%s (see 'ctrnet help net')",
		       name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Options may stand before the verb, behind it and behind the id. Returns the number of operands. */
static int take_words(struct net_options *o, int argc, char **argv, char **operands,
		      struct err *err)
{
	int n = 0;

	for (int at = 1; at < argc; at++) {
		int found = option_parse(options, o, argc - at, argv + at, err);

		if (found < 0)
			return err_wrap(err, "net");
		at += found;
		if (at < argc)
			operands[n++] = argv[at];
	}
	return n;
}

static bool is_taken(const struct net_verb *v, const char *option)
{
	for (size_t i = 0; i < array_size(takers); i++)
		if (!strcmp(takers[i].option, option))
			return *(const bool *)((const char *)v + takers[i].taken);
	return true;
}

static int check_options(const struct net_verb *v, const struct net_options *o, struct err *err)
{
	for (const struct option_desc *row = options; row->name; row++) {
		const struct option_desc alone[] = { *row, { .name = NULL } };

		if (option_given(alone, o) && !is_taken(v, row->name))
			return err_set(err, -EINVAL, "net: %s takes no --%s", v->verb.name,
				       row->name);
	}
	return 0;
}

static int check_words(const struct net_verb *v, const struct net_options *o, int ids,
		       struct err *err)
{
	if (v->takes_no_id && (ids || o->id))
		return err_set(err, -EINVAL, "net: %s is about no single container", v->verb.name);
	if (ids + !!o->id > 1)
		return usage_error(&cmd_net, err, "expected one ID");
	if (v->needs_words && !(ids + !!o->id))
		return usage_error(&cmd_net, err, "expected an ID");
	if (v->needs_words && !o->word_count)
		return err_set(err, -EINVAL, "net: %s: expected more behind the ID: %s",
			       v->verb.name, v->verb.args);
	return check_options(v, o, err);
}

/* Those behind the id; with --id, all. Returns the number of ids. */
static int split_words(const struct net_verb *v, struct net_options *o, int n, char **operands)
{
	int ids = o->id || !n || v->takes_ids ? 0 : 1;

	if (!v->takes_words && !v->takes_ids)
		return n;
	o->words = operands + ids;
	o->word_count = (size_t)(n - ids);
	return ids;
}

static int run_verb(const struct net_verb *v, const struct globals *globals, struct net_options *o,
		    int words, char **operands, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	bool wanted = !v->takes_no_id && !v->takes_ids && (words || o->id || !v->needs_no_id);
	int at = 0;
	int ret = check_words(v, o, words, err);

	if (ret == 0 && wanted)
		ret = target_open(&cmd_net, globals, o->id, words, operands, &at, &container, err);
	return ret < 0 ? ret : v->run(globals, o, container, err);
}

static int run_words(const struct globals *globals, struct net_options *o, int n, char **operands,
		     struct err *err)
{
	const struct net_verb *verb = NULL;

	if (!n)
		return usage_error(&cmd_net, err, "expected a verb");
	if (find_verb(operands[0], &verb, err) < 0)
		return -EINVAL;
	n = split_words(verb, o, n - 1, operands + 1);
	return run_verb(verb, globals, o, n, operands + 1, err);
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_free_ char **operands = calloc((size_t)argc + 1, sizeof(*operands));
	struct net_options o = { 0 };
	int n = operands ? take_words(&o, argc, argv, operands, err) : err_oom(err);

	if (n < 0)
		return n;
	if (o.help) {
		command_help(&cmd_net, stdout);
		return 0;
	}
	return run_words(globals, &o, n, operands, err);
}

const struct command cmd_net = {
	.name = "net",
	.args = "VERB [OPTION...] [ID]",
	.summary =
		"show a container's network, change it, compare it with its config, mend it, and look at its packets",
	.verbs = verbs,
	.options = options,
	.failure = 2,
	.run = run,
};
