// SPDX-License-Identifier: Apache-2.0
#include "ns/user.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#define SUID_DUMPABLE "/proc/sys/fs/suid_dumpable"
#define DATABASE_MAX  (16 * 1024 * 1024) /* bytes */

/* /etc/passwd or /etc/group, in memory: whoever lives in the container may write to the file while it is read. */
struct database {
	char *text;
	FILE *lines; /* NULL if there is none: a container without the files has numbers only */
};

static struct database open_database(const char *path)
{
	struct database d = { 0 };
	size_t len;

	/* Not a word about one that is unusable: a name that is wanted will not be found. */
	if (file_read(AT_FDCWD, path, DATABASE_MAX, &d.text, &len, NULL) == 0 && len)
		d.lines = fmemopen(d.text, len, "r");
	return d;
}

static void close_database(struct database *d)
{
	if (d->lines)
		fclose(d->lines);
	free(d->text);
}

/* 1: @word is a number, now in *@id; 0: it is a name; -ERANGE: a number too large for an id. */
static int parse_id(const char *word, unsigned int *id, struct err *err)
{
	unsigned long long n;
	int ret = str_to_u64(word, USER_ID_MAX, &n);

	if (ret == 0) {
		*id = (unsigned int)n;
		return 1;
	}
	/* "-1" is somebody's wrong number, not a name. */
	if (ret == -ERANGE || (word[0] == '-' && str_to_u64(word + 1, USER_ID_MAX, &n) != -EINVAL))
		return err_set(err, -ERANGE, "'%.40s': uids and gids must be in range 0-%d", word,
			       USER_ID_MAX);
	return 0;
}

static int set_home(struct user *u, const char *dir)
{
	free(u->home);
	u->home = strdup(str_empty(dir) ? "/" : dir);
	return u->home ? 0 : -ENOMEM;
}

/* Fill in uid, gid, home; *@name is the entry's own name, for the groups that list it. */
static int find_user(const char *word, struct user *u, char **name, struct err *err)
{
	_cleanup_(close_database) struct database d = open_database("/etc/passwd");
	struct passwd *p;
	int numeric = parse_id(word, &u->uid, err);

	if (numeric < 0)
		return numeric;
	while (d.lines && (p = fgetpwent(d.lines))) {
		if (numeric ? p->pw_uid != u->uid : strcmp(p->pw_name, word) != 0)
			continue;
		if (p->pw_uid > USER_ID_MAX || p->pw_gid > USER_ID_MAX)
			return err_set(err, -ERANGE,
				       "user '%.40s': uids and gids must be in range 0-%d", word,
				       USER_ID_MAX);
		u->uid = p->pw_uid;
		u->gid = p->pw_gid;
		*name = strdup(p->pw_name);
		return !*name || set_home(u, p->pw_dir) < 0 ? err_oom(err) : 0;
	}
	if (!numeric)
		return err_set(err, -ENOENT,
			       "unable to find user '%.60s' in the container's /etc/passwd", word);
	return set_home(u, "/") < 0 ? err_oom(err) : 0;
}

static int find_group(const char *word, gid_t *gid, struct err *err)
{
	_cleanup_(close_database) struct database d = { 0 };
	struct group *g;
	int numeric = parse_id(word, gid, err);

	if (numeric)
		return numeric < 0 ? numeric : 0;
	d = open_database("/etc/group");
	while (d.lines && (g = fgetgrent(d.lines))) {
		if (strcmp(g->gr_name, word))
			continue;
		/* setresgid(2) takes the largest for "leave it": root's. */
		if (g->gr_gid > USER_ID_MAX)
			return err_set(err, -ERANGE,
				       "group '%.40s': uids and gids must be in range 0-%d", word,
				       USER_ID_MAX);
		*gid = g->gr_gid;
		return 0;
	}
	return err_set(err, -ENOENT, "unable to find group '%.60s' in the container's /etc/group",
		       word);
}

static int add_group(struct user *u, gid_t gid, struct err *err)
{
	gid_t *more;

	for (size_t i = 0; i < u->group_count; i++)
		if (u->groups[i] == gid)
			return 0;
	more = reallocarray(u->groups, u->group_count + 1, sizeof(*more));
	if (!more)
		return err_oom(err);
	u->groups = more;
	u->groups[u->group_count++] = gid;
	return 0;
}

static int add_member_groups(struct user *u, const char *name, struct err *err)
{
	_cleanup_(close_database) struct database d = open_database("/etc/group");
	struct group *g;

	while (d.lines && (g = fgetgrent(d.lines)))
		for (char **m = g->gr_mem; *m; m++)
			if (!strcmp(*m, name) && g->gr_gid <= USER_ID_MAX &&
			    add_group(u, g->gr_gid, err) < 0)
				return -ENOMEM;
	return 0;
}

static int lookup(char *spec, char *const *additional, struct user *u, char **name, struct err *err)
{
	char *group = strchr(spec, ':');
	int ret;

	if (group)
		*group++ = '\0';
	ret = find_user(*spec ? spec : "0", u, name, err);
	if (ret == 0 && !str_empty(group))
		ret = find_group(group, &u->gid, err);
	else if (ret == 0 && *name)
		ret = add_member_groups(u, *name, err);
	for (size_t i = 0; ret == 0 && additional && additional[i]; i++) {
		gid_t gid;

		ret = find_group(additional[i], &gid, err);
		if (ret < 0)
			return err_wrap(err, "additional_groups[%zu]", i);
		ret = add_group(u, gid, err);
	}
	return ret;
}

int user_lookup(const char *spec, char *const *additional, struct user *user, struct err *err)
{
	_cleanup_free_ char *copy = strdup(spec ? spec : "");
	_cleanup_free_ char *name = NULL;
	struct user made = { 0 };
	int ret;

	if (!copy)
		return err_oom(err);
	ret = lookup(copy, additional, &made, &name, err);
	if (ret < 0) {
		user_release(&made);
		return ret;
	}
	*user = made;
	return 0;
}

void user_release(struct user *user)
{
	free(user->groups);
	free(user->home);
	*user = (struct user){ 0 };
}

int user_become(const struct user *user, struct err *err)
{
	if (setgroups(user->group_count, user->groups) < 0)
		return err_sys(err, -errno, "cannot set the supplementary groups");
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return err_sys(err, -errno, "cannot become group %u", user->gid);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return err_sys(err, -errno, "cannot become user %u", user->uid);
	return 0;
}

int user_check_closed(struct err *err)
{
	char value[16];
	int ret = file_read_line(AT_FDCWD, SUID_DUMPABLE, value, sizeof(value), err);

	/* A kernel without sysctls has 0, for good. */
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	if (strcmp(value, "1"))
		return 0;
	return err_set(err, -EPERM,
		       "fs.suid_dumpable is 1: root of the user namespace could take over ctrnet's "
		       "process while that changes its user there (0 and 2 are safe)");
}
