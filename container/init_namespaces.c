// SPDX-License-Identifier: Apache-2.0
/* Where the process is: its session, cgroups and namespaces, and what a namespace is told. */
#include "container/init_steps.h"

#include "cgroup/cgroup.h"
#include "lib/apart.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/net.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* First of all, so that what the rest needs is on the container's account. */
int init_join_cgroups(struct init *in, struct err *err)
{
	return cgroup_join_self(in->scope, err);
}

int init_set_umask(struct init *in, struct err *err)
{
	(void)in;
	(void)err;
	umask(0022);
	return 0;
}

int init_begin_session(struct init *in, struct err *err)
{
	(void)in;
	if (setsid() < 0)
		return err_sys(err, -errno, "cannot begin a session");
	return 0;
}

bool init_has_userns(const struct init *in)
{
	return namespaces_find(&in->spec->namespaces, CLONE_NEWUSER) != NULL;
}

/* With a user namespace, the process that cloned us did it: see process_clone_joined(). */
int init_join_declared(struct init *in, struct err *err)
{
	return init_has_userns(in) ? 0 : namespace_fds_enter(in->joined, err);
}

/* For the clone that goes in, while there is the right to do so. Nobody else must be cloned behind it. */
int init_join_pid_namespace(struct init *in, struct err *err)
{
	if (in->enters && setns(namespace_fds_get(in->joined, CLONE_NEWPID), CLONE_NEWPID) < 0)
		return err_sys(err, -errno, "cannot join the pid namespace");
	return 0;
}

/* While we are the host's root, to whom an undumpable process' files in /proc belong. */
int init_make_time(struct init *in, struct err *err)
{
	if (!namespaces_new(&in->spec->namespaces, CLONE_NEWTIME))
		return 0;
	return timens_enter_new(&in->spec->time_offsets, err);
}

int init_wait_mapped(struct init *in, struct err *err)
{
	return init_has_userns(in) ? sync_wait(&in->sync, STAGE_MAPPED, NULL, 0, err) : 0;
}

/* The parent does the talking on the network; all it needs is a socket that was opened here. */
int init_offer_network(struct init *in, struct err *err)
{
	_cleanup_fd_ int ns = -1;
	_cleanup_fd_ int nl = -1;

	if (!namespaces_new(&in->spec->namespaces, CLONE_NEWNET))
		return 0;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_sys(err, -errno, "/proc/self/ns/net");
	nl = net_socket_open(err);
	return nl < 0 ? nl : sync_post(&in->sync, STAGE_NETWORK, (int[]){ nl, ns }, 2, err);
}

int init_set_hostname(struct init *in, struct err *err)
{
	const char *name = in->spec->hostname;

	if (!str_empty(name) && sethostname(name, strlen(name)) < 0)
		return err_sys(err, -errno, "hostname: cannot set '%s'", name);
	return 0;
}

void init_show_hostname(const struct spec *spec, FILE *out)
{
	if (str_empty(spec->hostname))
		return;
	fputs("hostname ", out);
	str_print_shell(out, spec->hostname);
	fputc('\n', out);
}

int init_wait_connected(struct init *in, struct err *err)
{
	return sync_wait(&in->sync, STAGE_CONNECTED, NULL, 0, err);
}

/* Not by clone3: its cgroup namespace would be rooted at the cgroup the child had then, the parent's. */
int init_unshare_cgroups(struct init *in, struct err *err)
{
	if (namespaces_new(&in->spec->namespaces, CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, -errno, "cannot make a cgroup namespace");
	return 0;
}

/* Their files belong to the host's root, whosever the namespace is; the calls do the same. */
static const struct {
	const char *key;
	int (*set)(const char *name, size_t len);
} name_sysctls[] = {
	{ "kernel.hostname", sethostname },
	{ "kernel.domainname", setdomainname },
};

static int set_sysctl(const struct json_pair *p, struct err *err)
{
	char path[PATH_MAX] = "/proc/sys/";
	size_t base = strlen(path);

	for (size_t i = 0; i < array_size(name_sysctls); i++) {
		if (strcmp(p->key, name_sysctls[i].key))
			continue;
		return name_sysctls[i].set(p->value, strlen(p->value)) < 0
			       ? err_sys(err, -errno, "system_properties: %.80s = '%.80s'", p->key,
					 p->value)
			       : 0;
	}
	if (str_copy(path + base, sizeof(path) - base, p->key) < 0)
		return err_sys(err, -ENAMETOOLONG, "system_properties: %.80s", p->key);
	for (char *c = path + base; *c; c++)
		*c = *c == '.' ? '/' : *c;
	if (file_write(AT_FDCWD, path, p->value, err) < 0)
		return err_wrap(err, "system_properties: %.80s = '%.80s'", p->key, p->value);
	return 0;
}

int init_set_sysctls(struct init *in, struct err *err)
{
	for (size_t i = 0; i < in->spec->sysctl_count; i++) {
		int ret = set_sysctl(&in->spec->sysctl[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

void init_show_sysctls(const struct spec *spec, FILE *out)
{
	for (size_t i = 0; i < spec->sysctl_count; i++) {
		_cleanup_free_ char *pair =
			str_format("%s=%s", spec->sysctl[i].key, spec->sysctl[i].value);

		fputs("sysctl -w ", out);
		str_print_shell(out, pair ? pair : "");
		fputc('\n', out);
	}
}

/*
 * pidfd's namespaces are the container's own, whatever the container wrote anywhere (setns(2)). The pid namespace is that of
 * our children only: see init_enter_container().
 */
int init_join_container(struct init *in, struct err *err)
{
	/* Also those that it shares with the host it was started on: we may have been called elsewhere. */
	int flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP |
		    CLONE_NEWPID;

	/* Ours cannot be entered (EINVAL), and kernels without time namespaces do not know them. */
	flags |= namespaces_flags(&in->spec->namespaces, false) & (CLONE_NEWUSER | CLONE_NEWTIME);
	if (setns(in->pidfd, flags) < 0)
		return err_sys(err, -errno, "cannot join the container's namespaces");
	if (chdir("/") < 0)
		return err_sys(err, -errno, "cannot enter the container's root");
	return 0;
}

/*
 * The container does not see us before the clone that follows, wherever else we are, since our pid namespace is not its own.
 * The clone goes on in our place and has the command's user, capabilities and labels from its first moment, and nothing open
 * but the command's descriptors and the socket: so a container that may trace its processes (CAP_SYS_PTRACE) finds no more
 * in this one than in any other.
 */
int init_part_from_host(struct init *in, struct err *err)
{
	int *const ours[] = { &in->master, &in->slave, &in->apparmor, &in->selinux };
	int ret = 0;

	if (in->process->terminal)
		ret = sync_post(&in->sync, STAGE_TERMINAL, &in->master, 1, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < array_size(ours); i++)
		*ours[i] = close_fd(*ours[i]);
	process_forget_environment();
	return 0;
}

int init_enter_container(struct init *in, struct err *err)
{
	int pidfd;
	pid_t pid;

	if (in->entered)
		apart_memory_keep(in->entered, sizeof(*in->entered));
	pid = process_clone(CLONE_PARENT, -1, &pidfd, in->entered);
	if (pid < 0)
		return err_sys(err, pid, "cannot clone into the container");
	if (pid > 0)
		init_leave(sync_post(&in->sync, STAGE_ENTERED, &pidfd, 1, err) < 0 ? 255 : 0);
	return sync_wait(&in->sync, STAGE_GO, NULL, 0, err);
}

/* The parent learns of it by our end, and of the pid by the memory that we share with it, and the clone does not. */
int init_enter_filtered(struct init *in, struct err *err)
{
	pid_t pid = process_clone_bare(in->entered);

	if (pid < 0)
		return err_sys(err, pid, "cannot clone into the container");
	if (pid > 0)
		init_leave(0);
	return sync_read(&in->sync, STAGE_GO, err);
}

static void show_new(const struct spec *spec, int type, FILE *out)
{
	fprintf(out, " --%s", namespace_option(type));
	if (type == CLONE_NEWTIME)
		time_offsets_show(&spec->time_offsets, out);
	if (type != CLONE_NEWUSER)
		return;
	id_maps_show("map-users", spec->uid_mappings, spec->uid_mapping_count, out);
	id_maps_show("map-groups", spec->gid_mappings, spec->gid_mapping_count, out);
	fputs(" --setuid=0 --setgid=0", out);
}

/* util-linux unshare(1) and nsenter(1): their options by namespace. */
void init_show_clone(const struct spec *spec, FILE *out)
{
	const char *nsenter = "nsenter";
	bool any = false;

	for (size_t i = 0; i < spec->namespaces.count; i++) {
		const struct namespace *n = &spec->namespaces.items[i];

		if (!n->path)
			continue;
		fprintf(out, "%s --%s=", any ? "" : nsenter, namespace_option(n->type));
		str_print_shell(out, n->path);
		fputc(' ', out);
		any = true;
	}
	fputs("unshare --fork", out);
	for (size_t i = 0; i < spec->namespaces.count; i++)
		if (!spec->namespaces.items[i].path)
			show_new(spec, spec->namespaces.items[i].type, out);
	fputc('\n', out);
}
