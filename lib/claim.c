// SPDX-License-Identifier: Apache-2.0
#include "lib/claim.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A directory, whatever path leads to it. Of one that cannot be looked at both are 0. */
struct place {
	uint64_t dev, ino;
};

struct claim {
	char run_dir[PATH_MAX];
	struct place in;
	uint64_t mntns; /* 0: it says no more than the path */
};

static struct place look_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct place){ 0 };
	return (struct place){ st.st_dev, st.st_ino };
}

/* Where @run_dir is: that directory stays, whatever becomes of this one. */
static struct place place_of(const char *run_dir)
{
	char path[PATH_MAX];
	char *slash;

	if (str_copy(path, sizeof(path), run_dir) < 0 || !(slash = strrchr(path, '/')))
		return (struct place){ 0 };
	slash[slash == path] = '\0';
	return look_at(path);
}

static bool same(const struct place *a, const struct place *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static uint64_t own_mntns(void)
{
	return look_at("/proc/self/ns/mnt").ino;
}

static char *name_place(const char *run_dir)
{
	struct place in = place_of(run_dir);

	return str_format("%s (%" PRIu64 ":%" PRIu64, run_dir, in.dev, in.ino);
}

char *claim_new(const char *run_dir)
{
	_cleanup_free_ char *place = name_place(run_dir);

	return place ? str_format("%s %" PRIu64 ")", place, own_mntns()) : NULL;
}

/* The longest path there is leaves room for the rest; for want of memory it is the path's alone, which is as good here. */
uint64_t claim_hash(const char *run_dir)
{
	_cleanup_free_ char *place = name_place(run_dir);
	const char *name = place ? place : run_dir;

	return hash64(name, strlen(name));
}

/* A path may hold anything, so what follows it is looked for from the end. */
static void parse(const char *text, struct claim *c)
{
	const char *rest = strrchr(text, '(');
	int len = 0;

	*c = (struct claim){ 0 };
	if (rest > text && rest[-1] == ' ')
		sscanf(rest, "(%" SCNu64 ":%" SCNu64 " %" SCNu64 ")%n", &c->in.dev, &c->in.ino,
		       &c->mntns, &len);
	if (!len || rest[len]) {
		*c = (struct claim){ 0 };
		rest = text + strlen(text) + 1;
	}
	snprintf(c->run_dir, sizeof(c->run_dir), "%.*s", (int)(rest - 1 - text), text);
}

/* Does its path mean here what it meant where it was made? */
static bool is_from_here(const struct claim *c)
{
	struct place in;
	uint64_t own;

	if (!c->mntns)
		return true;
	/* Looking into /proc costs more than this, which usually tells. */
	in = place_of(c->run_dir);
	if (same(&c->in, &in))
		return true;
	own = own_mntns();
	return !own || c->mntns == own;
}

bool claim_is(const char *claim, const char *run_dir)
{
	const size_t len = strlen(run_dir);
	struct claim c;

	/* Of a thousand claims one is looked at closely. */
	if (strncmp(claim, run_dir, len) || (claim[len] && claim[len] != ' '))
		return false;
	parse(claim, &c);
	return !strcmp(c.run_dir, run_dir) && is_from_here(&c);
}

const char *claim_id(const char *claim, char *buf, size_t size)
{
	const char *slash;
	struct claim c;

	parse(claim, &c);
	slash = strrchr(c.run_dir, '/');
	snprintf(buf, size, "%s", slash ? slash + 1 : c.run_dir);
	str_make_printable(buf);
	return buf;
}

enum claim_state claim_look(const char *claim)
{
	struct claim c;

	parse(claim, &c);
	if (!is_from_here(&c))
		return CLAIM_UNSEEN;
	return file_exists(AT_FDCWD, c.run_dir) ? CLAIM_ALIVE : CLAIM_DEAD;
}
