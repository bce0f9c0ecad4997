// SPDX-License-Identifier: Apache-2.0
/* From a spec to the OCI's config.json. */
#include "container/oci.h"

#include "cgroup/unified.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"
#include "ns/user.h"
#include "rootfs/kind.h"
#include "rootfs/option.h"
#include "rootfs/path.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>

/* To the OCI "" is a value: a label, say, that there cannot be. */
static void drop_empty(char **text)
{
	if (!*text || **text)
		return;
	free(*text);
	*text = NULL;
}

/* --- The process --- */

static int err_names(const char *key, const char *text, struct err *err)
{
	return err_set(err, -EINVAL,
		       "%s: '%.80s': an OCI config has numbers only, and which they are is known "
		       "inside the container",
		       key, text);
}

/* "1000:1000"; without a group it would be looked up. */
static int take_user(const char *text, struct oci_user *user, struct err *err)
{
	_cleanup_free_ char *copy = strdup(str_empty(text) ? "0:0" : text);
	unsigned long long uid, gid = 0;
	char *group;

	if (!copy)
		return err_oom(err);
	group = strchr(copy, ':');
	if (group)
		*group++ = '\0';
	if (str_to_u64(copy, USER_ID_MAX, &uid) < 0 || (uid && !group) ||
	    (group && str_to_u64(group, USER_ID_MAX, &gid) < 0))
		return err_names("process.user", text, err);
	user->uid = (uint32_t)uid;
	user->gid = (uint32_t)gid;
	return 0;
}

static int take_groups(char *const *groups, struct oci_ids *ids, struct err *err)
{
	unsigned long long gid;

	if (!strv_count(groups))
		return 0;
	ids->items = calloc(strv_count(groups), sizeof(*ids->items));
	if (!ids->items)
		return err_oom(err);
	for (; *groups; groups++) {
		if (str_to_u64(*groups, USER_ID_MAX, &gid) < 0)
			return err_names("additional_groups", *groups, err);
		ids->items[ids->count++] = (uint32_t)gid;
	}
	return 0;
}

static int take_process(struct spec *spec, struct oci_process *p, struct err *err)
{
	int ret = take_user(spec->process.user, &p->user, err);

	if (ret == 0)
		ret = take_groups(spec->additional_groups, &p->user.additional_gids, err);
	p->terminal = spec->process.terminal;
	p->args = take_ptr(spec->process.args);
	p->env = take_ptr(spec->process.env);
	p->cwd = take_ptr(spec->process.cwd);
	if (ret == 0 && str_empty(p->cwd)) {
		free(p->cwd);
		p->cwd = strdup("/");
		ret = p->cwd ? 0 : err_oom(err);
	}
	p->capabilities = spec->capabilities;
	take_list(p->rlimits, p->rlimit_count, spec->rlimits, spec->rlimit_count);
	p->no_new_privileges = spec->no_new_privileges;
	p->apparmor_profile = take_ptr(spec->apparmor_profile);
	p->selinux_label = take_ptr(spec->process_label);
	drop_empty(&p->apparmor_profile);
	drop_empty(&p->selinux_label);
	return ret;
}

/* --- Mounts --- */

static int check_mount(const struct rootfs_mount *m, struct err *err)
{
	const char *key = !str_empty(m->relabel)   ? "relabel"
			  : m->premount_cmd_count  ? "premount_cmds"
			  : m->postmount_cmd_count ? "postmount_cmds"
						   : NULL;

	return key ? err_set(err, -EINVAL, "%s: an OCI config cannot say this", key) : 0;
}

static int take_mount(struct rootfs_mount *m, const char *rootfs, struct oci_mount *to,
		      struct err *err)
{
	int ret = check_mount(m, err);

	/* The word is what makes it one, not the type. */
	if (m->type && !strcmp(m->type, "bind"))
		m->flags |= MS_BIND;
	if (ret == 0)
		ret = path_inside(rootfs, m->destination, &to->destination, err);
	if (ret == 0)
		ret = mount_option_list(m, &to->options, err);
	to->type = take_ptr(m->type);
	to->source = take_ptr(m->source);
	return ret;
}

static int take_mounts(struct rootfs_spec *r, struct oci *oci, struct err *err)
{
	int ret = 0;

	if (!r->mount_count)
		return 0;
	oci->mounts = calloc(r->mount_count, sizeof(*oci->mounts));
	if (!oci->mounts)
		return err_oom(err);
	for (size_t i = 0; i < r->mount_count && ret == 0; i++) {
		ret = take_mount(&r->mounts[i], oci->root.path, &oci->mounts[oci->mount_count++],
				 err);
		if (ret < 0)
			err_wrap(err, "mounts[%zu]", mount_index(r, i));
	}
	return ret;
}

static int take_rootfs(struct rootfs_spec *r, struct oci *oci, struct err *err)
{
	struct oci_linux *l = &oci->linux_part;

	if (r->no_pivot_root)
		log_warn("no_pivot_root: an OCI config cannot say this; runtimes have an option "
			 "--no-pivot");
	oci->root.path = take_ptr(r->path);
	oci->root.readonly = r->readonly;
	take_list(l->devices, l->device_count, r->devices, r->device_count);
	l->masked_paths = take_ptr(r->masked_paths);
	l->readonly_paths = take_ptr(r->readonly_paths);
	l->mount_label = take_ptr(r->mount_label);
	drop_empty(&l->mount_label);
	l->rootfs_propagation = strdup(r->private_propagation ? "rprivate" : "rslave");
	return l->rootfs_propagation ? take_mounts(r, oci, err) : err_oom(err);
}

/* --- The cgroup --- */

static struct oci_number number_of(int64_t n)
{
	return n < 0 ? (struct oci_number){ 0 } : (struct oci_number){ true, (uint32_t)n };
}

static int add_rule(struct oci_resources *r, bool allow, const struct cgroup_device *d,
		    struct err *err)
{
	struct oci_rule *rule = &r->devices[r->device_count++];

	*rule = (struct oci_rule){ .allow = allow };
	if (d && d->type != 'a') {
		rule->type = d->type;
		rule->major = number_of(d->major);
		rule->minor = number_of(d->minor);
	}
	rule->access = strdup(d && d->permissions ? d->permissions : "rwm");
	return rule->access ? 0 : err_oom(err);
}

/* First what holds for all devices, then the exceptions. */
static int take_rules(const struct cgroup_spec *g, struct oci_resources *r, struct err *err)
{
	bool open = !g->present || g->allow_all_devices;
	const struct cgroup_device *list = open ? g->denied_devices : g->allowed_devices;
	size_t count = open ? g->denied_device_count : g->allowed_device_count;
	int ret;

	r->devices = calloc(count + 1, sizeof(*r->devices));
	if (!r->devices)
		return err_oom(err);
	ret = add_rule(r, open, NULL, err);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = add_rule(r, !open, &list[i], err);
	return ret;
}

static char *cgroup_path(const struct cgroup_spec *g, const char *id)
{
	const char *name = str_empty(g->name) ? id : g->name;
	const char *parent = g->parent ? g->parent : "";
	size_t len = strlen(parent);

	while (len && parent[len - 1] == '/')
		len--;
	if (!len)
		return str_format("%s%s", *parent == '/' ? "/" : "", name);
	return str_format("%.*s/%s", (int)len, parent, name);
}

/* The names and lists, which are no limits, stay. */
static void take_limits(struct cgroup_spec *g, struct cgroup_spec *limits)
{
	struct cgroup_spec rest = {
		.name = take_ptr(g->name),
		.parent = take_ptr(g->parent),
		.slice = take_ptr(g->slice),
		.allowed_devices = take_ptr(g->allowed_devices),
		.allowed_device_count = g->allowed_device_count,
		.denied_devices = take_ptr(g->denied_devices),
		.denied_device_count = g->denied_device_count,
	};

	*limits = *g;
	limits->allowed_device_count = limits->denied_device_count = 0;
	*g = rest;
	drop_empty(&limits->cpuset_cpus);
	drop_empty(&limits->cpuset_mems);
}

static int take_cgroup(struct cgroup_spec *g, const char *id, struct oci_linux *l, struct err *err)
{
	int ret;

	if (g->frozen)
		return err_set(err, -EINVAL, "cgroups.freezer: an OCI config cannot say this");
	if (!str_empty(g->slice))
		log_warn("cgroups.slice: '%s' is left out: an OCI config says it in a way that "
			 "only systemd's manager reads",
			 g->slice);
	if (g->present) {
		l->cgroups_path = cgroup_path(g, id);
		if (!l->cgroups_path)
			return err_oom(err);
	}
	ret = take_rules(g, &l->resources, err);
	take_limits(g, &l->resources.limits);
	return ret == 0 ? cgroup_unify(&l->resources.limits, err) : ret;
}

/* --- Namespaces and the network --- */

static int encode_networks(const struct net_config *net, char **text, struct err *err)
{
	size_t len;
	FILE *out = open_memstream(text, &len);
	int ret;

	if (!out)
		return err_oom(err);
	ret = json_encode_compact(&oci_networks_schema, net, out, err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret;
}

static int annotate(const struct net_config *net, struct oci *oci, struct err *err)
{
	struct json_pair *a;

	if (!net->network_count && !net->route_count && !net->rule_count &&
	    !net_dns_given(&net->dns) && !net->host_count)
		return 0;
	oci->annotations = a = calloc(1, sizeof(*a));
	if (!a)
		return err_oom(err);
	oci->annotation_count = 1;
	a->key = strdup(OCI_NETWORKS);
	return a->key ? encode_networks(net, &a->value, err) : err_oom(err);
}

static void take_namespaces(struct spec *spec, struct oci_linux *l)
{
	l->namespaces = take_struct(spec->namespaces);
	take_list(l->uid_mappings, l->uid_mapping_count, spec->uid_mappings,
		  spec->uid_mapping_count);
	take_list(l->gid_mappings, l->gid_mapping_count, spec->gid_mappings,
		  spec->gid_mapping_count);
	l->time_offsets = spec->time_offsets;
	take_list(l->sysctl, l->sysctl_count, spec->sysctl, spec->sysctl_count);
}

/* --- System calls --- */

/* Without a second number the mask is what it is compared with. */
static void say_masks(struct oci_syscall *c)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (c->args[i].op == SECCOMP_MASKED_EQ && !c->args[i].two.given) {
			c->args[i].two.given = true;
			c->args[i].two.value = c->args[i].value;
		}
}

static int take_rule(struct seccomp_rule *rule, struct oci_syscall *c, struct err *err)
{
	_cleanup_free_ char *name = seccomp_call_name(rule->number);

	if (!name)
		return err_set(err, -EINVAL, "no name is known of the system call %d",
			       rule->number);
	take_list(c->args, c->arg_count, rule->args, rule->arg_count);
	say_masks(c);
	c->action = rule->action < 0 ? rule->action : 0;
	if (rule->action >= 0)
		c->errno_ret = (struct oci_number){ true, (uint32_t)rule->action };
	return strv_add(&c->names, name) < 0 ? err_oom(err) : 0;
}

static int take_seccomp(struct seccomp_spec *s, struct oci_seccomp *o, struct err *err)
{
	int action = s->otherwise.given ? s->otherwise.action : SECCOMP_DO_ALLOW;
	int ret = 0;

	if (!s->present)
		return 0;
	if (action >= 0 && action != EPERM)
		return err_set(err, -EINVAL,
			       "seccomp.default_action: an OCI config of this version cannot say "
			       "errno %d, only %d",
			       action, EPERM);
	o->present = true;
	o->default_action = action < 0 ? action : 0;
	o->syscalls = s->rule_count ? calloc(s->rule_count, sizeof(*o->syscalls)) : NULL;
	if (s->rule_count && !o->syscalls)
		return err_oom(err);
	for (size_t i = 0; i < s->rule_count && ret == 0; i++) {
		ret = take_rule(&s->rules[i], &o->syscalls[o->syscall_count++], err);
		if (ret < 0)
			err_wrap(err, "seccomp.syscalls[%zu]", i);
	}
	return ret;
}

static void warn_of_rest(const struct spec *spec)
{
	if (spec->parent_death_signal && spec->parent_death_signal != SIGKILL)
		log_warn("parent_death_signal: %d is left out: an OCI runtime does not wait for "
			 "its container",
			 spec->parent_death_signal);
}

int oci_take(struct spec *spec, const char *id, struct oci *oci, struct err *err)
{
	int ret;

	*oci = (struct oci){ .version = strdup(OCI_VERSION) };
	if (!oci->version)
		return err_oom(err);
	oci->hostname = take_ptr(spec->hostname);
	drop_empty(&oci->hostname);
	warn_of_rest(spec);
	ret = take_process(spec, &oci->process, err);
	if (ret == 0)
		ret = take_rootfs(&spec->rootfs, oci, err);
	if (ret == 0)
		ret = take_cgroup(&spec->cgroup, id, &oci->linux_part, err);
	if (ret == 0)
		ret = annotate(&spec->net, oci, err);
	if (ret == 0)
		ret = take_seccomp(&spec->seccomp, &oci->linux_part.seccomp, err);
	take_namespaces(spec, &oci->linux_part);
	return ret;
}
