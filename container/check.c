// SPDX-License-Identifier: Apache-2.0
/* Rules between the keys of a spec. Keys are named as the libcontainer format spells them. */
#include "container/spec.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/net.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define HOSTNAME_MAX 64 /* __NEW_UTS_LEN, include/uapi/linux/utsname.h */

/* A `netns` network is another way to write a NEWNET with a path. */
static int join_declared_network(struct spec *spec, struct err *err)
{
	const char *path = net_joined_path(&spec->net);
	struct namespace *more;
	size_t n = spec->namespaces.count;

	if (!path)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct namespace *at = &spec->namespaces.items[i];

		if (at->type != CLONE_NEWNET)
			continue;
		if (at->path && strcmp(at->path, path))
			return err_set(
				err, -EINVAL,
				"networks: a netns network joins '%s', but namespaces say '%s'",
				path, at->path);
		if (!at->path)
			at->path = strdup(path);
		return at->path ? 0 : err_oom(err);
	}
	more = reallocarray(spec->namespaces.items, n + 1, sizeof(*more));
	if (!more)
		return err_oom(err);
	spec->namespaces.items = more;
	more[n] = (struct namespace){ .type = CLONE_NEWNET, .path = strdup(path) };
	if (!more[n].path)
		return err_oom(err);
	spec->namespaces.count++;
	return 0;
}

/*
 * Without a pid namespace nothing but a cgroup finds all processes of a container again, so there is
 * always one.
 */
static int hold_processes(struct spec *spec, struct err *err)
{
	if (spec->cgroup.present || namespaces_new(&spec->namespaces, CLONE_NEWPID))
		return 0;
	spec->cgroup.present = true;
	spec->cgroup.allow_all_devices = true;
	spec->cgroup.parent = strdup("ctrnet");
	return spec->cgroup.parent ? 0 : err_oom(err);
}

/* What a container may use when its config says nothing: the usual nodes, ptys, and mknod(2) of all. */
static const struct cgroup_device default_devices[] = {
	{ 'c', -1, -1, (char *)"m" },    { 'b', -1, -1, (char *)"m" },
	{ 'c', 1, 3, (char *)"rwm" },    /* null */
	{ 'c', 1, 5, (char *)"rwm" },    /* zero */
	{ 'c', 1, 7, (char *)"rwm" },    /* full */
	{ 'c', 1, 8, (char *)"rwm" },    /* random */
	{ 'c', 1, 9, (char *)"rwm" },    /* urandom */
	{ 'c', 5, 0, (char *)"rwm" },    /* tty */
	{ 'c', 5, 1, (char *)"rwm" },    /* console */
	{ 'c', 5, 2, (char *)"rwm" },    /* ptmx */
	{ 'c', 136, -1, (char *)"rwm" }, /* pts */
};

static int add_default_devices(struct cgroup_spec *c, struct err *err)
{
	if (!c->present || c->device_rules)
		return 0;
	c->device_rules = true;
	if (c->allow_all_devices || c->allowed_device_count || c->denied_device_count)
		return 0;
	c->allowed_devices = calloc(array_size(default_devices), sizeof(*c->allowed_devices));
	if (!c->allowed_devices)
		return err_oom(err);
	for (size_t i = 0; i < array_size(default_devices); i++) {
		struct cgroup_device *d = &c->allowed_devices[c->allowed_device_count++];

		*d = default_devices[i];
		d->permissions = strdup(d->permissions);
		if (!d->permissions)
			return err_oom(err);
	}
	return 0;
}

static int check_namespaces(const struct spec *spec, struct err *err)
{
	const struct namespaces *ns = &spec->namespaces;
	int ret = namespaces_check(ns, err);

	if (ret < 0)
		return ret;
	if (namespaces_find(ns, CLONE_NEWUSER))
		return err_set(err, -EOPNOTSUPP,
			       "namespaces: this version of ctrnet has no user namespaces");
	if (!namespaces_new(ns, CLONE_NEWNS))
		return err_set(err, -EINVAL,
			       "namespaces: a container needs a mount namespace of its own (NEWNS "
			       "without a path)");
	if (spec->hostname && *spec->hostname && !namespaces_find(ns, CLONE_NEWUTS))
		return err_set(
			err, -EINVAL,
			"hostname: unable to set hostname without a private UTS namespace (NEWUTS)");
	if ((spec->net.network_count || spec->net.route_count) &&
	    !namespaces_find(ns, CLONE_NEWNET))
		return err_set(err, -EINVAL,
			       "%s: unable to apply network settings without a private NET "
			       "namespace (NEWNET)",
			       spec->net.network_count ? "networks" : "routes");
	return 0;
}

/* proc(5), namespaces(7): which namespace owns what is below /proc/sys. The rest is the host's, so it is refused. */
static const struct {
	const char *prefix;
	int type;
} sysctl_owners[] = {
	{ "net.", CLONE_NEWNET },
	{ "fs.mqueue.", CLONE_NEWIPC },
	{ "kernel.msg", CLONE_NEWIPC },
	{ "kernel.sem", CLONE_NEWIPC },
	{ "kernel.shm", CLONE_NEWIPC },
	{ "kernel.auto_msgmni", CLONE_NEWIPC },
	{ "kernel.hostname", CLONE_NEWUTS },
	{ "kernel.domainname", CLONE_NEWUTS },
};

static int check_sysctl(const struct spec *spec, const char *key, struct err *err)
{
	if (strstr(key, "..") || strchr(key, '/') || !*key)
		return err_set(err, -EINVAL, "system_properties: '%.80s' is not a sysctl name",
			       key);
	for (size_t i = 0; i < array_size(sysctl_owners); i++) {
		if (!str_starts(key, sysctl_owners[i].prefix))
			continue;
		if (namespaces_new(&spec->namespaces, sysctl_owners[i].type))
			return 0;
		return err_set(
			err, -EINVAL,
			"system_properties: '%.80s' needs a namespace of the container's own "
			"(%s without a path)",
			key, namespace_config_name(sysctl_owners[i].type));
	}
	return err_set(err, -EINVAL,
		       "system_properties: '%.80s' belongs to the host, not to a namespace", key);
}

static int check_process(const struct spec *spec, struct err *err)
{
	const char *name = spec->hostname ? spec->hostname : "";
	int ret = rlimits_check(spec->rlimits, spec->rlimit_count, err);

	for (size_t i = 0; i < spec->sysctl_count && ret == 0; i++)
		ret = check_sysctl(spec, spec->sysctl[i].key, err);
	if (ret == 0 && strlen(name) > HOSTNAME_MAX)
		return err_set(err, -EINVAL, "hostname: '%.80s' is longer than %d bytes", name,
			       HOSTNAME_MAX);
	return ret;
}

int spec_prepare(struct spec *spec, struct err *err)
{
	int ret = join_declared_network(spec, err);

	if (ret == 0)
		ret = check_namespaces(spec, err);
	if (ret == 0)
		ret = hold_processes(spec, err);
	if (ret == 0)
		ret = add_default_devices(&spec->cgroup, err);
	if (ret == 0)
		ret = rootfs_add_defaults(&spec->rootfs, err);
	if (ret == 0)
		ret = rootfs_check(&spec->rootfs, err);
	if (ret == 0)
		ret = cgroup_check(&spec->cgroup, err);
	if (ret == 0)
		ret = net_check(&spec->net, err);
	return ret == 0 ? check_process(spec, err) : ret;
}
