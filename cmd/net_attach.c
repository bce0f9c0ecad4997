// SPDX-License-Identifier: Apache-2.0
/* attach, detach and set: networks of a container that runs come, go and change. */
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdio.h>

static int show_attach(struct ctrnet_container *container, const struct net_texts *texts,
		       struct err *err)
{
	_cleanup_free_ char *plan = NULL;
	struct ctrnet_error error;
	int ret = ctrnet_container_net_attach_plan(container, texts->items, texts->count, &plan,
						   &error);

	if (ret < 0)
		return library_fail(&cmd_net, &error, err);
	fputs(plan, stdout);
	return 0;
}

static int run_attach(const struct globals *globals, const struct net_options *o,
		      struct ctrnet_container *container, struct err *err)
{
	_cleanup_(net_texts_release) struct net_texts texts = { 0 };
	_cleanup_(strv_cleanup) char **names = NULL;
	struct ctrnet_error error;

	(void)globals;
	if (net_texts_read(o->words, o->word_count, &texts, err) < 0)
		return err_wrap(err, "net: attach");
	if (o->dry_run)
		return show_attach(container, &texts, err);
	if (ctrnet_container_net_attach(container, texts.items, texts.count, &names, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	for (char **name = names; *name; name++)
		puts(*name);
	return 0;
}

const struct net_verb cmd_net_attach = {
	.verb = {
		.name = "attach",
		.args = "[-n|--dry-run] ID FILE|-|KEY=VALUE...",
		.summary = "make further networks for a container that runs, as `networks` of a config has them: of files with an object "
			   "or an array, or of words, in which each type= begins one; prints the interfaces, or with --dry-run the commands that would make them",
	},
	.dry_run = true,
	.takes_words = true,
	.needs_words = true,
	.run = run_attach,
};

static int run_detach(const struct globals *globals, const struct net_options *o,
		      struct ctrnet_container *container, struct err *err)
{
	struct ctrnet_error error;

	(void)globals;
	for (size_t i = 0; i < o->word_count; i++)
		if (ctrnet_container_net_detach(container, o->words[i], &error) < 0)
			return library_fail(&cmd_net, &error, err);
	return 0;
}

const struct net_verb cmd_net_detach = {
	.verb = {
		.name = "detach",
		.args = "ID IFNAME...",
		.summary = "take back all that was made for these networks, one by one, as if they had never been there",
	},
	.takes_words = true,
	.needs_words = true,
	.run = run_detach,
};

static int run_set(const struct globals *globals, const struct net_options *o,
		   struct ctrnet_container *container, struct err *err)
{
	struct ctrnet_error error;

	(void)globals;
	if (o->word_count < 2)
		return err_set(err, -EINVAL, "net: set: expected KEY=VALUE behind '%s'",
			       o->words[0]);
	if (ctrnet_container_net_set(container, o->words[0], o->words + 1, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	return 0;
}

const struct net_verb cmd_net_set = {
	.verb = {
		.name = "set",
		.args = "ID IFNAME KEY=VALUE...",
		.summary = "change of a network what is named, and only that: mtu, mac_address, txqueuelen, up, and what `shaping` has "
			   "(rate=10mbit ingress.delay=20ms; rate=none)",
	},
	.takes_words = true,
	.needs_words = true,
	.run = run_set,
};
