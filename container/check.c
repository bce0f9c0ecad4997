// SPDX-License-Identifier: Apache-2.0
/* Rules between the keys of a spec. Keys are named as the libcontainer format spells them. */
#include "container/spec.h"

#include "cgroup/config.h"
#include "container/dns.h"
#include "container/labels.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/net.h"
#include "rootfs/kind.h"
#include "rootfs/path.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define HOSTNAME_MAX 64 /* __NEW_UTS_LEN, include/uapi/linux/utsname.h */

/* A `netns` network is another way to write a NEWNET with a path. */
static int join_declared_network(struct spec *spec, struct err *err)
{
	const char *path = net_joined_path(&spec->net);

	if (!path)
		return 0;
	for (size_t i = 0; i < spec->namespaces.count; i++) {
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
	return namespaces_add(&spec->namespaces, CLONE_NEWNET, path, err);
}

static int do_without(struct spec *spec, struct err *err)
{
	int ret = cgroup_do_without(&spec->cgroup, err);

	if (ret < 0)
		return ret;
	if (!namespaces_new(&spec->namespaces, CLONE_NEWPID))
		return err_set(
			err, -EINVAL,
			"namespaces: without a pid namespace of its own (NEWPID without a path) a "
			"container needs a cgroup, and with the cgroup manager 'disabled' there is none");
	if (rootfs_shows_cgroups(&spec->rootfs))
		return err_set(
			err, -EINVAL,
			"mounts: a mount of type cgroup shows the container's cgroup, and with "
			"the cgroup manager 'disabled' there is none");
	return 0;
}

/*
 * Without a pid namespace nothing but a cgroup finds all processes of a container again, so there is
 * always one; and what a mount of cgroups shows is to be the container's own.
 */
static int hold_processes(struct spec *spec, struct err *err)
{
	if (spec->cgroup.manager == CGROUP_MANAGER_DISABLED)
		return do_without(spec, err);
	if (spec->cgroup.present || (namespaces_new(&spec->namespaces, CLONE_NEWPID) &&
				     !rootfs_shows_cgroups(&spec->rootfs)))
		return 0;
	spec->cgroup.present = true;
	spec->cgroup.allow_all_devices = true;
	spec->cgroup.parent = strdup(SPEC_CGROUP_PARENT);
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
	int ret = 0;

	if (!c->present || c->device_rules)
		return 0;
	c->device_rules = true;
	if (c->allow_all_devices || c->allowed_device_count || c->denied_device_count)
		return 0;
	for (size_t i = 0; i < array_size(default_devices) && ret == 0; i++)
		ret = cgroup_allow(c, &default_devices[i], err);
	return ret;
}

static int check_maps(const struct spec *spec, struct err *err)
{
	int ret;

	if (!spec->uid_mapping_count)
		return err_set(err, -EINVAL,
			       "uid_mappings: user namespaces enabled (NEWUSER), but no user "
			       "mappings found");
	if (!spec->gid_mapping_count)
		return err_set(err, -EINVAL,
			       "gid_mappings: user namespaces enabled (NEWUSER), but no group "
			       "mappings found");
	ret = id_maps_check(spec->uid_mappings, spec->uid_mapping_count, "uid_mappings", err);
	if (ret < 0)
		return ret;
	return id_maps_check(spec->gid_mappings, spec->gid_mapping_count, "gid_mappings", err);
}

static int check_user_namespace(const struct spec *spec, struct err *err)
{
	const struct namespace *user = namespaces_find(&spec->namespaces, CLONE_NEWUSER);
	const char *key = spec->uid_mapping_count ? "uid_mappings" : "gid_mappings";

	if (user && !user->path)
		return check_maps(spec, err);
	if (!spec->uid_mapping_count && !spec->gid_mapping_count)
		return 0;
	if (user)
		return err_set(err, -EINVAL,
			       "%s: the user namespace that is joined (NEWUSER with a path) has "
			       "its mappings already",
			       key);
	return err_set(err, -EINVAL,
		       "%s: user namespace mappings specified, but USER namespace isn't enabled in "
		       "the config (NEWUSER)",
		       key);
}

/* A namespace, of its own or another's, is not the host's network. */
static int check_network_namespace(const struct spec *spec, struct err *err)
{
	bool host = net_is_host(&spec->net);

	if (namespaces_find(&spec->namespaces, CLONE_NEWNET))
		return host ? err_set(err, -EINVAL,
				      "networks: with a network of type host, namespaces has no NEWNET")
			    : 0;
	if ((!spec->net.network_count || host) && !spec->net.route_count && !spec->net.rule_count)
		return 0;
	return err_set(err, -EINVAL,
		       "%s: unable to apply network settings without a private NET "
		       "namespace (NEWNET)",
		       spec->net.network_count && !host ? "networks"
		       : spec->net.route_count          ? "routes"
							: "rules");
}

static int check_namespaces(const struct spec *spec, struct err *err)
{
	const struct namespaces *ns = &spec->namespaces;
	int ret = namespaces_check(ns, err);

	if (ret < 0)
		return ret;
	ret = check_user_namespace(spec, err);
	if (ret < 0)
		return ret;
	if (time_offsets_any(&spec->time_offsets) && !namespaces_new(ns, CLONE_NEWTIME))
		return err_set(err, -EINVAL,
			       "time_offsets: a time namespace of the container's own is needed "
			       "(NEWTIME without a path)");
	if (!namespaces_new(ns, CLONE_NEWNS))
		return err_set(err, -EINVAL,
			       "namespaces: a container needs a mount namespace of its own (NEWNS "
			       "without a path)");
	if (spec->hostname && *spec->hostname && !namespaces_find(ns, CLONE_NEWUTS))
		return err_set(
			err, -EINVAL,
			"hostname: unable to set hostname without a private UTS namespace (NEWUTS)");
	return check_network_namespace(spec, err);
}

/* Whose file system it is, whom a user namespace has to belong to that mounts it (mount_capable() in the kernel). */
static const struct {
	const char *fs;
	int type;
} fs_owners[] = {
	{ "proc", CLONE_NEWPID },
	{ "sysfs", CLONE_NEWNET },
	{ "mqueue", CLONE_NEWIPC },
};

static int check_fs_owner(const struct spec *spec, const struct rootfs_mount *m, struct err *err)
{
	const struct namespace *user = namespaces_find(&spec->namespaces, CLONE_NEWUSER);

	for (size_t i = 0; i < array_size(fs_owners); i++) {
		const struct namespace *n = namespaces_find(&spec->namespaces, fs_owners[i].type);

		if (strcmp(m->type, fs_owners[i].fs))
			continue;
		/* Two that are joined may belong together. */
		if (n && (!n->path || user->path))
			continue;
		return err_set(err, -EINVAL,
			       "in a user namespace a file system of type '%s' needs %s without a "
			       "path (or MS_BIND and MS_REC of the host's)",
			       m->type, namespace_config_name(fs_owners[i].type));
	}
	return 0;
}

/* The value of "gid=5" or the like in a mount's @data; false if there is none, or no number. */
static bool find_id(const char *data, const char *key, uint32_t *id)
{
	unsigned long long number;
	size_t len = strlen(key);

	for (const char *at = data; at && *at; at += *at == ',') {
		size_t end = strcspn(at, ",");
		_cleanup_free_ char *word = strndup(at, end);

		if (word && !strncmp(word, key, len) &&
		    str_to_u64(word + len, UINT32_MAX, &number) == 0) {
			*id = (uint32_t)number;
			return true;
		}
		at += end;
	}
	return false;
}

static int check_mount_ids(const struct spec *spec, const struct rootfs_mount *m, struct err *err)
{
	uint32_t id, host;

	if (find_id(m->data, "uid=", &id) &&
	    id_map_to_host(spec->uid_mappings, spec->uid_mapping_count, id, &host) < 0)
		return err_set(err, -ERANGE, "option 'uid=%u': the user is not in uid_mappings",
			       id);
	if (find_id(m->data, "gid=", &id) &&
	    id_map_to_host(spec->gid_mappings, spec->gid_mapping_count, id, &host) < 0)
		return err_set(err, -ERANGE, "option 'gid=%u': the group is not in gid_mappings",
			       id);
	return 0;
}

/*
 * That the pty's group is 5 is not the config's wish, only what the runtime adds: where the container has no group 5, it is
 * its root's. It is the last option.
 */
static void drop_unmapped_group(const struct spec *spec, struct rootfs_mount *m)
{
	char *gid = m->data ? strstr(m->data, ",gid=") : NULL;
	uint32_t id, host;

	if (m->automatic && gid && find_id(gid + 1, "gid=", &id) &&
	    id_map_to_host(spec->gid_mappings, spec->gid_mapping_count, id, &host) < 0)
		*gid = '\0';
}

/* The kernel has EPERM and EINVAL for these. */
static int check_userns_mounts(struct spec *spec, struct err *err)
{
	char origin[MOUNT_ORIGIN_MAX];

	if (!namespaces_find(&spec->namespaces, CLONE_NEWUSER))
		return 0;
	for (size_t i = 0; i < spec->rootfs.mount_count; i++) {
		struct rootfs_mount *m = &spec->rootfs.mounts[i];
		int ret;

		if (mount_kind(m) != MOUNT_NEW)
			continue;
		drop_unmapped_group(spec, m);
		ret = check_fs_owner(spec, m, err);
		if (ret == 0)
			ret = check_mount_ids(spec, m, err);
		if (ret < 0)
			return err_wrap(err, "%s", mount_origin(&spec->rootfs, i, origin));
	}
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

/* Nothing is made there: pivot_root(2) needs no place for the old root. But what it says must not be nonsense. */
static int check_pivot_dir(const struct spec *spec, struct err *err)
{
	_cleanup_free_ char *inside = NULL;

	if (str_empty(spec->pivot_dir) || !path_inside(NULL, spec->pivot_dir, &inside, err))
		return 0;
	return err_wrap(err, "pivot_dir");
}

static int check_process(const struct spec *spec, struct err *err)
{
	const char *name = spec->hostname ? spec->hostname : "";
	int ret = rlimits_check(spec->rlimits, spec->rlimit_count, err);

	for (size_t i = 0; i < spec->sysctl_count && ret == 0; i++)
		ret = check_sysctl(spec, spec->sysctl[i].key, err);
	if (ret == 0)
		ret = seccomp_check(&spec->seccomp, err);
	if (ret == 0)
		ret = labels_check(spec, err);
	if (ret == 0 && strlen(name) > HOSTNAME_MAX)
		return err_set(err, -EINVAL, "hostname: '%.80s' is longer than %d bytes", name,
			       HOSTNAME_MAX);
	return ret;
}

static int check_network(const struct spec *spec, struct err *err)
{
	int ret = net_check(&spec->net, err);

	if (ret < 0 || !namespaces_new(&spec->namespaces, CLONE_NEWNET))
		return ret;
	return net_check_gateways(&spec->net, err);
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
		ret = check_pivot_dir(spec, err);
	if (ret == 0)
		ret = check_userns_mounts(spec, err);
	if (ret == 0)
		ret = cgroup_check(&spec->cgroup, err);
	if (ret == 0)
		ret = check_network(spec, err);
	if (ret == 0)
		ret = dns_check(spec, err);
	return ret == 0 ? check_process(spec, err) : ret;
}
