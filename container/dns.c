// SPDX-License-Identifier: Apache-2.0
#include "container/dns.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"
#include "net/config.h"
#include "net/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define FILE_SIZE_MAX (1u << 20)
#define DNS_KEY_MAX   64

/* --- Which files, and what is in them --- */

static bool wants_resolv_conf(const struct spec *spec)
{
	char key[DNS_KEY_MAX];

	return net_dns_first_key(&spec->net, key, sizeof(key));
}

static bool wants_any(const struct spec *spec)
{
	return wants_resolv_conf(spec) || spec->net.host_count;
}

static bool wants_hostname(const struct spec *spec)
{
	return wants_any(spec) && !str_empty(spec->hostname);
}

static void print_resolv_conf(const struct net_config *net, const char *hostname, FILE *out)
{
	(void)hostname;
	net_dns_print_resolv_conf(net, out);
}

static void print_hostname(const struct net_config *net, const char *hostname, FILE *out)
{
	(void)net;
	fprintf(out, "%s\n", hostname);
}

#define RESOLV_CONF 0 /* the number of its row */

static const struct {
	const char *name, *place, *origin;
	bool (*wanted)(const struct spec *spec);
	void (*print)(const struct net_config *net, const char *hostname, FILE *out);
} files[] = {
	{ "resolv.conf", "/etc/resolv.conf", "dns", wants_resolv_conf, print_resolv_conf },
	{ "hosts", "/etc/hosts", "hosts", wants_any, net_dns_print_hosts },
	{ "hostname", "/etc/hostname", "hostname", wants_hostname, print_hostname },
};

/* Allocated; NULL when out of memory. */
static char *file_path(const struct scope *scope, size_t i)
{
	return str_format("%s/%s", scope->run_dir, files[i].name);
}

/* --- Checking, and the mounts --- */

int dns_check(const struct spec *spec, struct err *err)
{
	char key[DNS_KEY_MAX];
	const char *wanted = net_dns_first_key(&spec->net, key, sizeof(key));

	if (!wants_any(spec))
		return 0;
	/* Its root may not look into ctrnet's directory, which the files are bound from. */
	if (namespaces_find(&spec->namespaces, CLONE_NEWUSER))
		return err_set(
			err, -EOPNOTSUPP,
			"%s: not with a user namespace (NEWUSER): mount a file over %s instead",
			wanted ? wanted : "hosts", wanted ? "/etc/resolv.conf" : "/etc/hosts");
	for (size_t i = 0; i < array_size(files); i++)
		for (size_t m = 0; files[i].wanted(spec) && m < spec->rootfs.mount_count; m++)
			if (!strcmp(spec->rootfs.mounts[m].destination, files[i].place))
				return err_set(err, -EINVAL,
					       "mounts[%zu]: %s is made of the key '%s' already", m,
					       files[i].place, files[i].origin);
	return 0;
}

/* One that a stored spec has: of a spec that was given, dns_check() refuses it. */
static struct rootfs_mount *find_mount(const struct spec *spec, const char *place)
{
	for (size_t m = 0; m < spec->rootfs.mount_count; m++)
		if (!strcmp(spec->rootfs.mounts[m].destination, place))
			return &spec->rootfs.mounts[m];
	return NULL;
}

static struct rootfs_mount *new_mount(struct spec *spec)
{
	struct rootfs_mount *more = reallocarray(spec->rootfs.mounts, spec->rootfs.mount_count + 1,
						 sizeof(*spec->rootfs.mounts));

	if (!more)
		return NULL;
	spec->rootfs.mounts = more;
	more[spec->rootfs.mount_count] = (struct rootfs_mount){ 0 };
	return &more[spec->rootfs.mount_count++];
}

static int add_mount(struct spec *spec, const struct scope *scope, size_t i, struct err *err)
{
	struct rootfs_mount *m = find_mount(spec, files[i].place);

	if (!m)
		m = new_mount(spec);
	if (!m)
		return err_oom(err);
	free(m->source);
	m->source = file_path(scope, i);
	if (!m->destination)
		m->destination = strdup(files[i].place);
	if (!m->type)
		m->type = strdup("bind");
	m->flags = MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	m->automatic = true;
	m->planned_file = true;
	return m->source && m->destination && m->type ? 0 : err_oom(err);
}

int dns_add_mounts(struct spec *spec, const struct scope *scope, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(files); i++)
		if (files[i].wanted(spec))
			ret = add_mount(spec, scope, i, err);
	return ret;
}

/* --- The step --- */

struct file_args {
	char *path, *text;
};

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct file_args *a = args;

	(void)scope;
	return file_replace(AT_FDCWD, a->path, a->text, strlen(a->text), 0644, err);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct file_args *a = args;

	(void)scope;
	if (unlink(a->path) == 0 || errno == ENOENT)
		return 0;
	return err_sys(err, -errno, "remove '%s'", a->path);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct file_args *a = args;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret;

	(void)scope;
	ret = file_read(AT_FDCWD, a->path, FILE_SIZE_MAX, &text, &len, err);
	if (ret < 0)
		return ret;
	if (strcmp(text, a->text))
		return err_set(err, -ESTALE, "'%s' does not say what was planned", a->path);
	return 0;
}

static void show(const void *args, FILE *out)
{
	const struct file_args *a = args;

	fputs("printf %s ", out);
	str_print_shell(out, a->text);
	fputs(" > ", out);
	str_print_shell(out, a->path);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	JSON_STRING(struct file_args, "path", path, .flags = JSON_REQUIRED),
	JSON_STRING(struct file_args, "text", text, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct file_args, fields);

static const struct step_type file_step = {
	.name = "file.write",
	.args = &schema,
	.phase = PHASE_PREPARE,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.show = show,
};

const struct step_type *const dns_step_types[] = { &file_step, NULL };

static int print_file(const struct net_config *net, const char *hostname, size_t i, char **text,
		      struct err *err)
{
	size_t len;
	FILE *out = open_memstream(text, &len);

	if (!out)
		return err_oom(err);
	files[i].print(net, hostname, out);
	return fclose(out) == 0 ? 0 : err_oom(err);
}

static int plan_file(const struct spec *spec, const struct net_config *net,
		     const struct scope *scope, size_t i, struct plan *plan, struct err *err)
{
	const struct step where = { .origin = (char *)files[i].origin };
	struct file_args args = { .path = file_path(scope, i) };
	int ret = args.path ? print_file(net, spec->hostname, i, &args.text, err) : err_oom(err);

	if (ret < 0) {
		json_release(&schema, &args);
		return ret;
	}
	return plan_add(plan, &file_step, &where, &args, err);
}

int dns_plan(const struct spec *spec, const struct net_config *net, const struct scope *scope,
	     struct plan *plan, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(files); i++)
		if (files[i].wanted(spec))
			ret = plan_file(spec, net, scope, i, plan, err);
	return ret;
}

/* --- While it runs --- */

/* Which of the files the step is about, by the name of the one it writes. */
static size_t file_of(const struct step *s)
{
	const char *name = strrchr(((const struct file_args *)s->args)->path, '/');
	size_t i = 0;

	while (i < array_size(files) && (!name || strcmp(files[i].name, name + 1)))
		i++;
	return i;
}

static bool writes(const struct plan *plan, size_t file)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].type == &file_step && file_of(&plan->steps[i]) == file)
			return true;
	return false;
}

int dns_check_attached(const struct spec *spec, size_t first, const struct plan *plan,
		       struct err *err)
{
	char origin[NET_ORIGIN_MAX];

	for (size_t i = first; i < spec->net.network_count; i++) {
		if (!net_dns_given(&spec->net.networks[i].dns))
			continue;
		net_config_origin(&spec->net, i, origin);
		if (namespaces_find(&spec->namespaces, CLONE_NEWUSER))
			return err_set(err, -EOPNOTSUPP,
				       "%s: dns: not with a user namespace (NEWUSER)", origin);
		if (!writes(plan, RESOLV_CONF))
			log_warn("%s: dns: has no effect, since the container was started without "
				 "any: its %s is not ctrnet's",
				 origin, files[RESOLV_CONF].place);
	}
	return 0;
}

int dns_replan(const struct spec *spec, const struct net_config *net, struct plan *plan,
	       struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->count; i++) {
		_cleanup_free_ char *text = NULL;
		struct file_args *a = plan->steps[i].args;
		size_t file;

		if (plan->steps[i].type != &file_step)
			continue;
		file = file_of(&plan->steps[i]);
		if (file == array_size(files))
			continue;
		ret = print_file(net, spec->hostname, file, &text, err);
		if (ret < 0)
			break;
		free(a->text);
		a->text = take_ptr(text);
	}
	return ret;
}

/* What is shorter than before is cut behind it, so that a reader in between finds whole lines of one of the two. */
static int rewrite(const struct file_args *a, struct err *err)
{
	_cleanup_fd_ int fd = open(a->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = strlen(a->text);

	if (fd < 0)
		return err_sys(err, -errno, "%s", a->path);
	if (pwrite(fd, a->text, len, 0) != (ssize_t)len || ftruncate(fd, (off_t)len) < 0)
		return err_sys(err, -errno, "%s", a->path);
	return 0;
}

int dns_rewrite(struct scope *scope, const struct plan *plan, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->count; i++) {
		const struct step *s = &plan->steps[i];

		if (s->type == &file_step && probe(scope, s->args, NULL) == -ESTALE)
			ret = rewrite(s->args, err);
	}
	return ret;
}
