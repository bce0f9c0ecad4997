// SPDX-License-Identifier: Apache-2.0
#include "container/build.h"

#include "container/dns.h"
#include "container/init.h"
#include "lib/cleanup.h"
#include "net/ipam.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What steps do in it is known by that: its path may lead elsewhere when they are undone. */
static uint64_t find_joined(const struct spec *spec)
{
	const struct namespace *n = namespaces_find(&spec->namespaces, CLONE_NEWNET);
	struct stat st;

	return n && n->path && stat(n->path, &st) == 0 ? st.st_ino : 0;
}

static int resolve(struct build *b, const struct spec *spec, struct scope *scope, struct err *err)
{
	int ret = namespaces_supported(&spec->namespaces, err);

	if (ret == 0)
		ret = rootfs_resolve(&spec->rootfs, err);
	if (ret == 0 && spec->cgroup.present) {
		ret = cgroup_host_read(&b->host, err);
		if (ret == 0 && spec->cgroup.manager == CGROUP_MANAGER_SYSTEMD)
			ret = cgroup_host_ask_systemd(&b->host, err);
		if (ret == 0)
			ret = cgroup_place(&spec->cgroup, &b->host, scope->id, &b->place, err);
	}
	if (ret < 0 || !spec->net.network_count)
		return ret;
	b->ends = calloc(spec->net.network_count, sizeof(*b->ends));
	if (!b->ends)
		return err_oom(err);
	return net_resolve(&spec->net, scope, b->netns_new, b->ends, err);
}

/* A sysctl's name by its path below /proc/sys; both separators are fine. */
static bool is_sysctl(const char *key, const char *path)
{
	for (; *key && *path; key++, path++)
		if (*key != *path && !(*key == '.' && *path == '/'))
			return false;
	return !*key && !*path;
}

bool build_sets_sysctl(const struct spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->sysctl_count; i++)
		if (is_sysctl(spec->sysctl[i].key, path))
			return true;
	return false;
}

static int plan_network(struct build *b, const struct spec *spec, const struct scope *scope,
			struct err *err)
{
	const struct namespace *n = namespaces_find(&spec->namespaces, CLONE_NEWNET);
	struct net_config net = spec->net; /* its lists stay the spec's */
	int ret;

	if (!n)
		return 0;
	net.dad_given = build_sets_sysctl(spec, NET_DAD_SYSCTL);
	ret = plan_add_ns(&b->plan, SCOPE_CONTAINER, n->path, b->netns_joined, b->netns_new, err);
	return ret < 0 ? ret : net_plan(&net, b->ends, scope->id, b->netns_new, &b->plan, err);
}

/* Without a pid namespace that dies with its first process, what is in the cgroup is killed. */
static int plan_cgroup(struct build *b, const struct spec *spec, struct err *err)
{
	struct cgroup_spec cgroup = spec->cgroup; /* its strings and lists stay the spec's */

	if (!cgroup.present)
		return 0;
	cgroup.alone = !namespaces_new(&spec->namespaces, CLONE_NEWPID);
	return cgroup_plan(&cgroup, &b->host, &b->place, &b->plan, err);
}

/* The container's name stands for its address, which may have been chosen only now. */
static int plan_dns(struct build *b, const struct spec *spec, const struct scope *scope,
		    struct err *err)
{
	_cleanup_(ipam_settled_release) struct net_config settled = { 0 };
	int ret = ipam_settle(&spec->net, b->ends, &settled, err);

	return ret < 0 ? ret : dns_plan(spec, &settled, scope, &b->plan, err);
}

static int make(struct build *b, const struct spec *spec, struct scope *scope, struct err *err)
{
	int ret = resolve(b, spec, scope, err);

	/* Others who choose an address wait until it is done. */
	if (ret == 0)
		ret = net_plan_reserve(&spec->net, b->ends, &b->plan, err);
	if (ret == 0)
		ret = plan_dns(b, spec, scope, err);
	if (ret == 0)
		ret = rootfs_plan(&spec->rootfs, scope, &b->plan, err);
	if (ret == 0)
		ret = plan_cgroup(b, spec, err);
	return ret == 0 ? plan_network(b, spec, scope, err) : ret;
}

int build_plan(struct build *b, const struct spec *spec, struct scope *scope, struct err *err)
{
	int ret;

	*b = (struct build){ .netns_new = namespaces_new(&spec->namespaces, CLONE_NEWNET),
			     .netns_joined = find_joined(spec) };
	ret = make(b, spec, scope, err);
	if (ret < 0)
		build_release(b);
	return ret;
}

void build_release(struct build *b)
{
	plan_release(&b->plan);
	cgroup_place_release(&b->place);
	cgroup_host_release(&b->host);
	free(b->ends);
	*b = (struct build){ 0 };
}

void build_show(const struct build *b, const struct spec *spec, FILE *out)
{
	fputs("# before the container's first process\n", out);
	plan_show(&b->plan, PHASE_PREPARE, out);
	fputs("# its namespaces\n", out);
	init_show_clone(spec, out);
	fputs("# from outside, while it sets itself up\n", out);
	plan_show(&b->plan, PHASE_CONNECT, out);
	fputs("# inside\n", out);
	init_show(spec, out);
	if (spec->cgroup.frozen)
		fputs("# from outside, once it is executed\n", out);
	plan_show(&b->plan, PHASE_STARTED, out);
}
