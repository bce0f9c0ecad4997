// SPDX-License-Identifier: Apache-2.0
#include "net/orphan.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/shared.h"
#include "lib/str.h"
#include "net/netns_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/nsfs.h>

/* include/linux/proc_ns.h: PROC_PID_INIT_INO; and the last that a first network namespace can have (PROC_DYNAMIC_FIRST). */
#define FIRST_PID_NAMESPACE     0xeffffffcu
#define FIRST_NETWORK_NAMESPACE 0xf0000000u

/* A network namespace that is seen: somebody lives in it, or it is mounted. */
struct seen {
	uint64_t inode;
	int32_t nsid; /* as the host's namespace calls it; -1: it has no name for it */
	pid_t pid;    /* of somebody in it; 0: nobody */
};

struct view {
	struct nl *nl;
	struct seen *items;
	size_t count;
	bool full;
};

/* --- The links --- */

struct listing {
	struct orphans orphans;
	bool full; /* out of memory */
};

static void add_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct listing *l = arg;
	struct orphan found = { 0 }, *more;

	(void)tag;
	if (link_parse(msg, &found.link) < 0 || !link_owner(&found.link))
		return;
	more = reallocarray(l->orphans.items, l->orphans.count + 1, sizeof(*more));
	if (!more) {
		l->full = true;
		return;
	}
	l->orphans.items = more;
	more[l->orphans.count++] = found;
}

static int list_links(struct nl *nl, struct listing *l, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	ret = nl_dump(nl, &b, add_link, l, err);
	return ret == 0 && l->full ? err_oom(err) : ret;
}

/* --- The namespaces --- */

static struct seen *find_seen(struct view *v, uint64_t inode)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].inode == inode)
			return &v->items[i];
	return NULL;
}

static void note(struct view *v, const char *path, pid_t pid)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int32_t nsid = -1;
	struct seen *more;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET ||
	    find_seen(v, st.st_ino))
		return;
	more = reallocarray(v->items, v->count + 1, sizeof(*more));
	if (!more) {
		v->full = true;
		return;
	}
	v->items = more;
	nl_find_nsid(v->nl, fd, &nsid, NULL);
	more[v->count++] = (struct seen){ st.st_ino, nsid, pid };
}

/* Processes first, so that who is seen to live in a namespace that is mounted as well is noted. */
static void note_processes(struct view *v)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc))) {
		char path[300];

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", e->d_name);
		note(v, path, (pid_t)atoi(e->d_name));
	}
}

/* proc(5), mountinfo: the fourth field of a bind-mounted namespace is "net:[INODE]", the fifth its place. */
static void note_mounts(struct view *v)
{
	_cleanup_file_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	char root[64], place[4096];
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (sscanf(line, "%*s %*s %*s %63s %4095s", root, place) == 2 &&
		    !strncmp(root, "net:[", 5))
			note(v, place, 0);
}

/* --- Judging --- */

/*
 * From a pid namespace of one's own, processes of others cannot be seen; that they use a network namespace that one shares
 * with the whole machine has to be expected.
 */
static bool sees_all(void)
{
	struct stat pid, net;

	if (stat("/proc/self/ns/pid", &pid) < 0 || stat("/proc/self/ns/net", &net) < 0)
		return false;
	return pid.st_ino == FIRST_PID_NAMESPACE || net.st_ino > FIRST_NETWORK_NAMESPACE;
}

static void __attribute__((format(printf, 3, 4)))
judge(struct orphan *o, enum orphan_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->why, sizeof(o->why), fmt, ap);
	va_end(ap);
	o->verdict = verdict;
}

static const struct seen *other_side(const struct view *v, const struct link *link)
{
	for (size_t i = 0; link->peer_nsid >= 0 && i < v->count; i++)
		if (v->items[i].nsid == link->peer_nsid)
			return &v->items[i];
	return NULL;
}

static void judge_pair(const struct view *v, bool all, struct orphan *o)
{
	const struct seen *other = other_side(v, &o->link);

	if (other && other->pid)
		judge(o, ORPHAN_USED, "process %d lives where its other end is", other->pid);
	else if (!other)
		judge(o, ORPHAN_UNSURE, "who holds the namespace of its other end is not seen");
	else if (!all)
		judge(o, ORPHAN_UNSURE, "not all processes of the machine are seen from here");
	else
		judge(o, ORPHAN_DEAD,
		      "of container '%.60s', and nobody lives where its other end is",
		      link_owner(&o->link));
}

/* Of a namespace: who lives in it, and who is on record. */
struct inside {
	bool empty;
	bool known; /* there is a record */
	char **ids; /* of containers that may be alive */
};

static bool is_on_record(const struct inside *in, const char *id)
{
	for (char **at = in->ids; at && *at; at++)
		if (!strcmp(*at, id))
			return true;
	return false;
}

static void judge_inside(const struct inside *in, struct orphan *o)
{
	const char *owner = link_owner(&o->link);

	if (in->empty)
		judge(o, ORPHAN_DEAD,
		      "of container '%.60s', and nobody lives in its network namespace", owner);
	else if (!in->known)
		judge(o, ORPHAN_UNSURE,
		      "nothing tells whether a container '%.60s' of another --root has it", owner);
	else if (is_on_record(in, owner))
		judge(o, ORPHAN_USED, "container '%.60s' has links here", owner);
	else
		judge(o, ORPHAN_DEAD, "no container '%.60s' has links here any more", owner);
}

static int note_users(void *arg, char *const *users, struct err *err)
{
	struct inside *in = arg;
	char id[256];

	in->known = true;
	for (; users && *users; users++)
		if (strv_add(&in->ids, claim_id(*users, id, sizeof(id))) < 0)
			return err_oom(err);
	return 0;
}

/* We live in our own. */
static bool is_empty(const struct scope *scope, struct view *v, bool all)
{
	const int fd = scope_ns_fd(scope, SCOPE_HOST);
	const struct seen *seen;
	struct stat st;

	if (fd < 0 || !all || fstat(fd, &st) < 0)
		return false;
	seen = find_seen(v, st.st_ino);
	return seen && !seen->pid;
}

/* Who is on a record that cannot be read nobody knows. */
static int look_inside(const struct scope *scope, struct view *v, bool all, struct inside *in,
		       struct err *err)
{
	int ret = shared_with_users(scope, NETNS_CLAIM, note_users, in, NULL);

	in->empty = is_empty(scope, v, all);
	return ret == -ENOMEM ? err_oom(err) : 0;
}

static bool is_pair(const struct link *link)
{
	return !strcmp(link->kind, "veth") && link->peer_nsid >= 0;
}

static int judge_all(const struct scope *scope, struct nl *nl, struct orphans *o, struct err *err)
{
	struct inside in = { 0 };
	struct view v = { .nl = nl };
	bool all = sees_all();
	int ret = 0;

	if (o->count) {
		note_processes(&v);
		note_mounts(&v);
		ret = look_inside(scope, &v, all, &in, err);
	}
	for (size_t i = 0; ret == 0 && i < o->count; i++) {
		if (is_pair(&o->items[i].link))
			judge_pair(&v, all, &o->items[i]);
		else
			judge_inside(&in, &o->items[i]);
	}
	strv_free(in.ids);
	free(v.items);
	return ret == 0 && v.full ? err_oom(err) : ret;
}

int orphans_find(struct scope *scope, struct orphans *out, struct err *err)
{
	struct listing l = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0)
		ret = list_links(nl, &l, err);
	if (ret == 0)
		ret = judge_all(scope, nl, &l.orphans, err);
	if (ret < 0)
		orphans_release(&l.orphans);
	else
		*out = l.orphans;
	return ret;
}

void orphans_release(struct orphans *o)
{
	free(o->items);
	*o = (struct orphans){ 0 };
}
