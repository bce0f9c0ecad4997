// SPDX-License-Identifier: Apache-2.0
#include "rootfs/option.h"

#include "rootfs/flags.h"
#include "rootfs/newfs.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

/* Words besides those that set a single flag, which mount_flags has. */
static const struct {
	const char *word;
	bool clear;
	unsigned long flags;
} others[] = {
	{ "defaults", false, 0 },
	{ "rw", true, MS_RDONLY },
	{ "suid", true, MS_NOSUID },
	{ "dev", true, MS_NODEV },
	{ "exec", true, MS_NOEXEC },
	{ "symfollow", true, MS_NOSYMFOLLOW },
	{ "atime", true, MS_NOATIME },
	{ "diratime", true, MS_NODIRATIME },
	{ "norelatime", true, MS_RELATIME },
	{ "nostrictatime", true, MS_STRICTATIME },
	{ "async", true, MS_SYNCHRONOUS },
	{ "nomand", true, MS_MANDLOCK },
	{ "nolazytime", true, MS_LAZYTIME },
	{ "noiversion", true, MS_I_VERSION },
	{ "loud", true, MS_SILENT },
	{ "rbind", false, MS_BIND | MS_REC },
	{ "rprivate", false, MS_PRIVATE | MS_REC },
	{ "rslave", false, MS_SLAVE | MS_REC },
	{ "rshared", false, MS_SHARED | MS_REC },
	{ "runbindable", false, MS_UNBINDABLE | MS_REC },
};

/* Set or clear in *@flags what @word says. False: it is no flag, so it is data. */
static bool apply_flag(const char *word, unsigned long *flags)
{
	for (const struct mount_flag *f = mount_flags; f->name; f++)
		/* "rec" alone is no option; it goes with others. */
		if (f->flag != MS_REC && !strcmp(f->name, word)) {
			*flags |= f->flag;
			return true;
		}
	for (size_t i = 0; i < array_size(others); i++) {
		if (strcmp(others[i].word, word))
			continue;
		*flags = others[i].clear ? *flags & ~others[i].flags : *flags | others[i].flags;
		return true;
	}
	return false;
}

int mount_option_add(struct rootfs_mount *m, const char *word, struct err *err)
{
	char *data;

	if (!*word || apply_flag(word, &m->flags))
		return 0;
	data = m->data ? str_format("%s,%s", m->data, word) : strdup(word);
	if (!data)
		return err_oom(err);
	free(m->data);
	m->data = data;
	return 0;
}

/* What @flags with MS_REC are called, where that is a word of its own. */
static const char *recursive_word(unsigned long flags)
{
	for (size_t i = 0; i < array_size(others); i++)
		if (!others[i].clear && others[i].flags == flags)
			return others[i].word;
	return NULL;
}

static int list_flags(unsigned long flags, char ***words)
{
	int ret = 0;

	for (const struct mount_flag *f = mount_flags; f->name && ret == 0; f++) {
		const char *word = f->name;

		if (!(flags & f->flag) || f->flag == MS_REC)
			continue;
		if (flags & MS_REC && recursive_word(f->flag | MS_REC))
			word = recursive_word(f->flag | MS_REC);
		ret = strv_add(words, word);
	}
	return ret;
}

int mount_option_list(const struct rootfs_mount *m, char ***words, struct err *err)
{
	_cleanup_free_ char *data = m->data ? strdup(m->data) : NULL;
	_cleanup_(strv_cleanup) char **made = NULL;
	char *rest = data, *option;
	int ret = m->data && !data ? -ENOMEM : list_flags(m->flags, &made);

	while (ret == 0 && rest && (option = newfs_next_option(&rest)))
		ret = *option ? strv_add(&made, option) : 0;
	if (ret < 0)
		return err_oom(err);
	*words = take_ptr(made);
	return 0;
}
