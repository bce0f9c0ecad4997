// SPDX-License-Identifier: Apache-2.0
/* The OCI's drafts: which of them a file is in, and from their view to the spec. */
#include "container/ocf.h"

#include "cgroup/config.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#define PERIOD 100000 /* the kernel's, of a quota: microseconds */

static bool has(const struct json_value *object, const char *key, enum json_kind kind)
{
	const struct json_value *v = json_value_get_caseless(object, key);

	return v && json_value_kind(v) == kind;
}

static bool has_version(const struct json_value *root, const char *prefix)
{
	const struct json_value *v = json_value_get_caseless(root, "version");
	_cleanup_free_ char *text = NULL;

	return v && json_value_kind(v) == JSON_IS_STRING &&
	       json_value_string(v, &text, NULL) == 0 && str_starts(text, prefix);
}

static bool is_first(const struct json_value *root)
{
	return has(root, "processes", JSON_IS_ARRAY) || !has(root, "linux", JSON_IS_OBJECT);
}

bool ocf_is_pair(const struct json_value *root)
{
	const struct json_value *mounts = json_value_get_caseless(root, "mounts");
	const struct json_value *first = mounts ? json_value_at(mounts, 0) : NULL;

	if (first && has(first, "name", JSON_IS_STRING) && has(first, "path", JSON_IS_STRING) &&
	    !json_value_get_caseless(first, "destination"))
		return true;
	return has(root, "process", JSON_IS_OBJECT) && has_version(root, "0.");
}

/* --- Versions --- */

static const struct draft {
	const struct json_schema *config, *runtime;
	const char *versions[4];
} first_draft = { &ocf_first_config_schema, &ocf_first_runtime_schema, { "0.1", NULL } },
  single_draft = { &ocf_config_schema, &ocf_linux_schema, { "pre-draft", NULL } },
  pair_draft = { &ocf_pair_schema, &ocf_runtime_schema, { "0.1.0", "0.1.1", "0.2.0", NULL } };

static int check_version(const struct draft *draft, const struct ocf_config *c, struct err *err)
{
	const char *version = c->version ? c->version : "";
	const char *const *known = draft->versions;

	for (; *known; known++)
		if (!strcmp(*known, version))
			return 0;
	if (!*version)
		err_set(err, -EINVAL, "version: missing");
	else
		err_set(err, -EINVAL, "version: '%.40s'", version);
	err_append(err, ": a config with these keys has");
	for (known = draft->versions; *known; known++)
		err_append(err, "%s '%s'", known == draft->versions ? "" : " or", *known);
	return -EINVAL;
}

/* --- From the view to the spec: what is taken is zero in the view --- */

static int take_process(struct ocf_config *c, struct spec *spec, struct err *err)
{
	struct process *p = &spec->process;
	_cleanup_free_ char *cwd = take_ptr(c->process.cwd);

	*p = take_struct(c->process);
	spec->additional_groups = take_ptr(c->groups);
	if (c->has_user && !(p->user = str_format("%u:%u", c->uid, c->gid)))
		return err_oom(err);
	if (str_empty(cwd))
		return 0;
	/* It is one of the container's. */
	p->cwd = str_format("%s%s", *cwd == '/' ? "" : "/", cwd);
	return p->cwd ? 0 : err_oom(err);
}

static struct ocf_mount *find_mount(const struct ocf_mounts *mounts, const char *name)
{
	for (size_t i = 0; name && i < mounts->count; i++)
		if (!strcmp(mounts->items[i].name, name))
			return &mounts->items[i];
	return NULL;
}

/* The place is the config's, what is mounted there the runtime's. A name may be used for several places. */
static int join_mounts(struct ocf_config *c, const struct ocf_mounts *by_name, struct err *err)
{
	for (size_t i = 0; i < c->mounts.count; i++) {
		struct ocf_mount *m = &c->mounts.items[i];
		const struct ocf_mount *what = find_mount(by_name, m->name);
		const char *type, *source, *data;

		if (!what)
			return err_set(err, -EINVAL,
				       "mounts[%zu].name: '%.80s' is not among the mounts of "
				       "runtime.json",
				       i, m->name ? m->name : "");
		type = what->mount.type;
		source = what->mount.source;
		data = what->mount.data;
		m->mount.type = type ? strdup(type) : NULL;
		m->mount.source = source ? strdup(source) : NULL;
		m->mount.data = data ? strdup(data) : NULL;
		m->mount.flags = what->mount.flags;
		if ((type && !m->mount.type) || (source && !m->mount.source) ||
		    (data && !m->mount.data))
			return err_oom(err);
	}
	return 0;
}

/* Where the config.json has no such keys, its schema does not release them either. */
static void release_joined(struct ocf_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		struct rootfs_mount *m = &mounts->items[i].mount;

		free(take_ptr(m->type));
		free(take_ptr(m->source));
		free(take_ptr(m->data));
	}
}

/* A directory of the host's is found from the config's own. */
static int find_source(struct rootfs_mount *m, const char *dir, struct err *err)
{
	bool bind = m->flags & MS_BIND || (m->type && !strcmp(m->type, "bind"));
	char *source = m->source;
	int ret;

	if (!bind || str_empty(source) || *source == '/')
		return 0;
	m->source = NULL;
	ret = file_clean_path(dir, source, &m->source, err);
	free(source);
	return ret;
}

static int take_mounts(struct ocf_mounts *mounts, struct rootfs_spec *r, const char *dir,
		       struct err *err)
{
	int ret = 0;

	if (!mounts->count)
		return 0;
	r->mounts = calloc(mounts->count, sizeof(*r->mounts));
	if (!r->mounts)
		return err_oom(err);
	for (size_t i = 0; i < mounts->count && ret == 0; i++) {
		struct rootfs_mount *m = &r->mounts[r->mount_count++];

		*m = take_struct(mounts->items[i].mount);
		if (r->readonly && m->type && !strcmp(m->type, "sysfs"))
			m->flags |= MS_RDONLY;
		ret = find_source(m, dir, err);
	}
	return ret;
}

static int take_root(struct ocf_config *c, const struct ocf_runtime *r, struct rootfs_spec *out,
		     const char *dir, struct err *err)
{
	int ret = 0;

	out->readonly = c->readonly;
	out->private_propagation = r->propagation != MS_SLAVE;
	if (r->propagation == MS_SHARED)
		return err_set(err, -EOPNOTSUPP,
			       "linux.rootfsPropagation: what is mounted in a container is never "
			       "shared with the host; private and slave are possible");
	if (!str_empty(c->root))
		ret = file_clean_path(dir, c->root, &out->path, err);
	if (ret == 0)
		ret = take_mounts(&c->mounts, out, dir, err);
	/* A read-only root protected /proc as well. */
	return ret == 0 && c->readonly ? rootfs_protect_proc(out, err) : ret;
}

/* What every container of runc's might use besides the devices of its config. */
static const struct cgroup_device usual_devices[] = {
	{ 'c', -1, -1, (char *)"m" },    { 'b', -1, -1, (char *)"m" },
	{ 'c', 5, 1, (char *)"rwm" },    /* console */
	{ 'c', 4, 0, (char *)"rwm" },    /* tty0 */
	{ 'c', 4, 1, (char *)"rwm" },    /* tty1 */
	{ 'c', 136, -1, (char *)"rwm" }, /* pts */
	{ 'c', 5, 2, (char *)"rwm" },    /* ptmx */
	{ 'c', 10, 200, (char *)"rwm" }, /* tun */
};

static int take_device(struct ocf_device *d, struct spec *spec, struct err *err)
{
	struct rootfs_spec *r = &spec->rootfs;
	const struct cgroup_device rule = { d->node.type == 'b' ? 'b' : 'c', d->node.major,
					    d->node.minor, d->permissions };

	r->devices[r->device_count++] = d->node;
	d->node.path = NULL;
	if (rule.permissions && *rule.permissions && r->devices[r->device_count - 1].type != 'p')
		return cgroup_allow(&spec->cgroup, &rule, err);
	return 0;
}

static int take_devices(struct ocf_devices *devices, struct spec *spec, struct err *err)
{
	int ret = 0;

	spec->rootfs.devices = calloc(devices->count + 1, sizeof(struct rootfs_device));
	if (!spec->rootfs.devices)
		return err_oom(err);
	for (size_t i = 0; i < devices->count && ret == 0; i++)
		ret = take_device(&devices->items[i], spec, err);
	for (size_t i = 0; i < array_size(usual_devices) && ret == 0; i++)
		ret = cgroup_allow(&spec->cgroup, &usual_devices[i], err);
	return ret;
}

/* "/a/b/c", from where the hierarchies are mounted: c below /a/b. */
static int place_cgroup(struct cgroup_spec *g, const char *path, struct err *err)
{
	_cleanup_free_ char *clean = NULL;
	char *slash;
	int ret;

	if (str_empty(path)) {
		/* runc took the cgroup that it ran in. */
		g->parent = strdup(SPEC_CGROUP_PARENT);
		return g->parent ? 0 : err_oom(err);
	}
	if (strstr(path, ".."))
		return err_set(err, -EINVAL, "linux.cgroupsPath: '%.80s' must not contain '..'",
			       path);
	ret = file_clean_path("/", path, &clean, err);
	if (ret < 0)
		return ret;
	slash = strrchr(clean, '/');
	g->name = strdup(slash + 1);
	slash[slash == clean] = '\0';
	g->parent = strdup(clean);
	if (!g->name || !g->parent)
		return err_oom(err);
	return *g->name ? 0
			: err_set(err, -EINVAL, "linux.cgroupsPath: '%.80s' names no cgroup", path);
}

static int take_cgroup(struct ocf_runtime *r, struct spec *spec, struct err *err)
{
	struct cgroup_spec *g = &spec->cgroup;

	*g = take_struct(r->cgroup);
	g->present = g->device_rules = true;
	if (!g->cpu_quota && r->cpus) {
		g->cpu_quota = r->cpus;
		g->cpu_period = g->cpu_period ? g->cpu_period : PERIOD;
	}
	if (!g->memory)
		g->memory = (int64_t)r->megabytes << 20;
	return place_cgroup(g, r->cgroups_path, err);
}

/* Maps ask for a user namespace, and a network namespace has its lo up. */
static int take_namespaces(struct ocf_runtime *r, struct spec *spec, struct err *err)
{
	int ret = 0;

	take_list(spec->namespaces.items, spec->namespaces.count, r->namespaces.items,
		  r->namespaces.count);
	take_list(spec->uid_mappings, spec->uid_mapping_count, r->uids.items, r->uids.count);
	take_list(spec->gid_mappings, spec->gid_mapping_count, r->gids.items, r->gids.count);
	if (spec->uid_mapping_count && !namespaces_find(&spec->namespaces, CLONE_NEWUSER))
		ret = namespaces_add(&spec->namespaces, CLONE_NEWUSER, NULL, err);
	if (ret < 0 || !namespaces_new(&spec->namespaces, CLONE_NEWNET))
		return ret;
	spec->net.networks = calloc(1, sizeof(*spec->net.networks));
	if (!spec->net.networks)
		return err_oom(err);
	spec->net.network_count = 1;
	return net_driver_find("loopback", &spec->net.networks[0].driver, err);
}

static int assemble(struct ocf_config *c, struct ocf_runtime *r, const char *dir, struct spec *spec,
		    struct err *err)
{
	int ret;

	spec->hostname = take_ptr(c->hostname);
	spec->capabilities = c->capabilities;
	take_list(spec->rlimits, spec->rlimit_count, r->rlimits, r->rlimit_count);
	take_list(spec->sysctl, spec->sysctl_count, r->sysctl, r->sysctl_count);
	spec->apparmor_profile = take_ptr(r->apparmor_profile);
	spec->process_label = take_ptr(r->process_label);
	spec->seccomp = take_struct(r->seccomp);
	/* It came with a filter: libseccomp sets it unless told otherwise, and nobody did. */
	spec->no_new_privileges = spec->no_new_privileges || spec->seccomp.present;
	ret = take_process(c, spec, err);
	if (ret == 0)
		ret = take_root(c, r, &spec->rootfs, dir, err);
	if (ret == 0)
		ret = take_cgroup(r, spec, err);
	if (ret == 0)
		ret = take_devices(&r->devices, spec, err);
	return ret == 0 ? take_namespaces(r, spec, err) : ret;
}

static int check_os(const struct draft *draft, const struct ocf_config *c, struct err *err)
{
	const char *key = draft == &first_draft ? "os" : "platform.os";

	if (!c->os[0] || !strcmp(c->os, "linux"))
		return 0;
	return err_set(err, -EINVAL, "%s: '%s' is not linux", key, c->os);
}

static int apply(const struct draft *draft, struct ocf_config *c, struct ocf_runtime *r,
		 const char *dir, struct spec *spec, struct err *err)
{
	int ret = check_version(draft, c, err);

	if (ret == 0)
		ret = check_os(draft, c, err);
	if (ret == 0 && draft == &pair_draft)
		ret = join_mounts(c, &r->mounts, err);
	return ret == 0 ? assemble(c, r, dir, spec, err) : ret;
}

int ocf_decode(struct spec *spec, const struct json_value *config, const struct json_value *runtime,
	       const char *path, const char *dir, struct err *err)
{
	const struct draft *draft = runtime            ? &pair_draft
				    : is_first(config) ? &first_draft
						       : &single_draft;
	struct ocf_runtime r = { 0 };
	struct ocf_config c;
	int ret = json_value_decode(draft->config, &c, config, err);

	if (ret == 0)
		ret = json_value_decode(draft->runtime, &r, runtime ? runtime : config, err);
	if (ret == 0) {
		ret = apply(draft, &c, &r, dir, spec, err);
		if (ret < 0)
			err_wrap(err, "%s", path);
	}
	release_joined(&c.mounts);
	json_release(draft->config, &c);
	json_release(draft->runtime, &r);
	return ret;
}

/* --- Files --- */

static int load_pair(struct spec *spec, const struct json_value *root, const char *path,
		     const char *dir, struct json_doc **other, struct err *err)
{
	_cleanup_free_ char *name = str_format("%s/runtime.json", dir);
	int ret;

	if (!name)
		return err_oom(err);
	ret = json_parse_file(AT_FDCWD, name, other, err);
	if (ret == -ENOENT)
		return err_set(err, ret, "%s: needs a runtime.json beside it, and there is none",
			       path);
	if (ret < 0)
		return ret;
	return ocf_decode(spec, root, json_root(*other), path, dir, err);
}

int ocf_load(struct spec *spec, const struct json_value *root, const char *path,
	     struct json_doc **other, struct err *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *name = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	_cleanup_free_ char *dir = name ? realpath(name, NULL) : NULL;

	if (!dir)
		return err_sys(err, name ? -errno : -ENOMEM, "%s", path);
	return ocf_is_pair(root) ? load_pair(spec, root, path, dir, other, err)
				 : ocf_decode(spec, root, NULL, path, dir, err);
}
