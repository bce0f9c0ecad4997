// SPDX-License-Identifier: Apache-2.0
/* What a container made, told by its marks alone. */
#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

struct search {
	const char *id, *run_dir;
	const struct cgroup_place *place;
	struct cgroup_dir_args found;
	struct cgroup_fill_args filled;
};

/* What is seen of the directories below one. */
struct below {
	struct search *search;
	size_t count, marked; /* directly in it; and how many of these have the mark */
};

static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/*
 * Is it the container's own, in which processes are killed, and not one of its parents? By its state or its name; else it has
 * no marked one in it, and nothing of which nobody could say whose it is.
 */
static bool is_own(const struct search *s, const char *path, const struct below *below)
{
	if (below->marked)
		return false;
	for (size_t i = 0; i < s->place->count; i++)
		if (!strcmp(s->place->dirs[i].path, path))
			return true;
	return !strcmp(last_name(path), s->id) || !below->count;
}

static int look(const char *path, void *arg);

/* Inner ones come into the lists before what they are in. */
static int look_into(struct search *s, const char *path, bool *marked)
{
	struct below below = { .search = s };
	int ret = tree_each_child(path, look, &below);

	if (ret == 0 && mark_borrowed(path, s->run_dir))
		ret = strv_add(&s->filled.paths, path);
	*marked = mark_seen(path, s->run_dir);
	if (ret < 0 || !*marked)
		return ret;
	return strv_add(is_own(s, path, &below) ? &s->found.paths : &s->found.parents, path);
}

static int look(const char *path, void *arg)
{
	struct below *in = arg;
	bool marked;
	int ret = look_into(in->search, path, &marked);

	in->marked += marked;
	/* A process that joined has one, which goes with the container's. */
	in->count += !str_starts(last_name(path), "exec-");
	return ret;
}

/* Removing begins with the last one, and a list has the outermost first. */
static void turn_around(char **list)
{
	for (size_t i = 0, j = strv_count(list); i + 1 < j; i++, j--) {
		char *first = list[i];

		list[i] = list[j - 1];
		list[j - 1] = first;
	}
}

static int search_host(struct search *s, const struct cgroup_host *host, struct err *err)
{
	for (size_t i = 0; i < host->count; i++) {
		bool marked;
		int ret = look_into(s, host->hierarchies[i].mount, &marked);

		if (ret < 0)
			return err_sys(err, ret, "%s", host->hierarchies[i].mount);
	}
	turn_around(s->found.paths);
	turn_around(s->found.parents);
	turn_around(s->filled.paths);
	return 0;
}

/* Before what is found otherwise, as it was planned. */
static int add_filled(struct search *s, const struct cgroup_host *host, struct plan *plan,
		      struct err *err)
{
	struct cgroup_fill_args args;

	if (!s->filled.paths)
		return 0;
	s->filled.lock = strdup(host->hierarchies[0].mount);
	if (!s->filled.lock)
		return err_oom(err);
	args = take_struct(s->filled);
	return plan_add(plan, &cgroup_fill_step, NULL, &args, err);
}

static int add_found(struct search *s, const struct cgroup_host *host, struct plan *plan,
		     struct err *err)
{
	struct cgroup_dir_args args;

	if (!s->found.paths && !s->found.parents)
		return 0;
	s->found.lock = strdup(host->hierarchies[0].mount);
	if (!s->found.lock)
		return err_oom(err);
	args = take_struct(s->found);
	return plan_add(plan, &cgroup_dir_step, NULL, &args, err);
}

int cgroup_salvage(const char *id, const char *run_dir, const struct cgroup_place *place,
		   struct plan *plan, struct err *err)
{
	_cleanup_(cgroup_host_release) struct cgroup_host host = { 0 };
	struct search s = { .id = id, .run_dir = run_dir, .place = place };
	int ret = cgroup_host_read(&host, err);

	if (ret == 0)
		ret = search_host(&s, &host, err);
	if (ret == 0)
		ret = add_filled(&s, &host, plan, err);
	if (ret == 0)
		ret = add_found(&s, &host, plan, err);
	json_release(cgroup_dir_step.args, &s.found);
	json_release(cgroup_fill_step.args, &s.filled);
	return ret;
}
