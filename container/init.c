// SPDX-License-Identifier: Apache-2.0
#include "container/init.h"

#include "cgroup/cgroup.h"
#include "container/command.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/net.h"
#include "ns/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *const init_stages[] = {
	[STAGE_NETWORK] = "network",
	[STAGE_CONNECTED] = "connected",
	[STAGE_ROOTED] = "rooted",
	[STAGE_GO] = "go",
};

/*
 * prctl(2), PR_SET_PDEATHSIG: set at once, so that a ctrnet that dies takes along what it began. A parent that died
 * before is found at the next stage, where its end of the socket is closed.
 */
static int arm_death_signal(struct init *in, struct err *err)
{
	int signal = in->spec->parent_death_signal ? in->spec->parent_death_signal : SIGKILL;

	if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0)
		return err_sys(err, -errno, "parent_death_signal: cannot be armed");
	return 0;
}

/* First of all, so that what the rest needs is on the container's account. */
static int join_cgroups(struct init *in, struct err *err)
{
	return cgroup_join_self(in->scope, err);
}

static int begin_session(struct init *in, struct err *err)
{
	(void)in;
	umask(0022);
	if (setsid() < 0)
		return err_sys(err, -errno, "cannot begin a session");
	return 0;
}

static int join_declared(struct init *in, struct err *err)
{
	return namespace_fds_enter(in->joined, err);
}

/* The parent does the talking on the network; all it needs is a socket that was opened here. */
static int offer_network(struct init *in, struct err *err)
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

static int mount_rootfs(struct init *in, struct err *err)
{
	return rootfs_mount_all(&in->spec->rootfs, &in->run, err);
}

static void show_rootfs(const struct spec *spec, FILE *out)
{
	rootfs_show(&spec->rootfs, out);
}

static int make_devices(struct init *in, struct err *err)
{
	return rootfs_make_devices(&in->spec->rootfs, &in->run, err);
}

static int make_console(struct init *in, struct err *err)
{
	if (!in->process->terminal)
		return 0;
	return rootfs_make_console(&in->spec->rootfs, &in->run, 0, &in->master, &in->slave, err);
}

static int set_hostname(struct init *in, struct err *err)
{
	const char *name = in->spec->hostname;

	if (!str_empty(name) && sethostname(name, strlen(name)) < 0)
		return err_sys(err, -errno, "hostname: cannot set '%s'", name);
	return 0;
}

static void show_hostname(const struct spec *spec, FILE *out)
{
	if (str_empty(spec->hostname))
		return;
	fputs("hostname ", out);
	str_print_shell(out, spec->hostname);
	fputc('\n', out);
}

static int wait_connected(struct init *in, struct err *err)
{
	return sync_wait(&in->sync, STAGE_CONNECTED, NULL, 0, err);
}

/* Not by clone3: its cgroup namespace would be rooted at the cgroup the child had then, the parent's. */
static int unshare_cgroups(struct init *in, struct err *err)
{
	if (namespaces_new(&in->spec->namespaces, CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, -errno, "cannot make a cgroup namespace");
	return 0;
}

static int enter_rootfs(struct init *in, struct err *err)
{
	return rootfs_enter(&in->spec->rootfs, &in->run, err);
}

static int set_sysctl(const struct json_pair *p, struct err *err)
{
	char path[PATH_MAX] = "/proc/sys/";
	size_t base = strlen(path);

	if (str_copy(path + base, sizeof(path) - base, p->key) < 0)
		return err_sys(err, -ENAMETOOLONG, "system_properties: %.80s", p->key);
	for (char *c = path + base; *c; c++)
		*c = *c == '.' ? '/' : *c;
	if (file_write(AT_FDCWD, path, p->value, err) < 0)
		return err_wrap(err, "system_properties: %.80s = '%.80s'", p->key, p->value);
	return 0;
}

static int set_sysctls(struct init *in, struct err *err)
{
	for (size_t i = 0; i < in->spec->sysctl_count; i++) {
		int ret = set_sysctl(&in->spec->sysctl[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void show_sysctls(const struct spec *spec, FILE *out)
{
	for (size_t i = 0; i < spec->sysctl_count; i++) {
		_cleanup_free_ char *pair =
			str_format("%s=%s", spec->sysctl[i].key, spec->sysctl[i].value);

		fputs("sysctl -w ", out);
		str_print_shell(out, pair ? pair : "");
		fputc('\n', out);
	}
}

static int restrict_rootfs(struct init *in, struct err *err)
{
	return rootfs_restrict(&in->spec->rootfs, &in->run, err);
}

/* pidfd's namespaces are the container's own, whatever the container wrote anywhere (setns(2)). */
static int join_container(struct init *in, struct err *err)
{
	/* Also those that it shares with the host it was started on: we may have been called elsewhere. */
	const int flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
			  CLONE_NEWCGROUP;

	if (setns(in->pidfd, flags) < 0)
		return err_sys(err, -errno, "cannot join the container's namespaces");
	if (chdir("/") < 0)
		return err_sys(err, -errno, "cannot enter the container's root");
	return 0;
}

static int join_console(struct init *in, struct err *err)
{
	if (!in->process->terminal)
		return 0;
	return rootfs_join_console(in->ptmx, 0, &in->master, &in->slave, err);
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* What is at @path, if it is the null device, takes the place of those of the descriptors 0 to 2 that are one. */
static int replace_null(const char *path, int flags, struct err *err)
{
	_cleanup_fd_ int null = -1;

	for (int fd = 0; fd < 3; fd++) {
		if (!is_null(fd))
			continue;
		if (null < 0)
			null = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | flags);
		if (null >= 0 && is_null(null) && dup2(null, fd) < 0)
			return err_sys(err, -errno, "cannot reopen /dev/null as fd %d", fd);
	}
	return 0;
}

/*
 * The host's /dev/null in the container's hands could be given another mode or owner, for all of the host. Not
 * through a read-only mount, though, which a device is written through all the same.
 */
static int protect_null(struct init *in, struct err *err)
{
	char path[40];

	if (!is_null(0) && !is_null(1) && !is_null(2))
		return 0;
	/* A start has one for its masks. To close it takes the kernel 0.3 ms, so it is kept as long as it may be. */
	if (in->run.null_fd < 0)
		in->run.null_fd = rootfs_open_null(err);
	if (in->run.null_fd < 0)
		return in->run.null_fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in->run.null_fd);
	return replace_null(path, 0, err);
}

/* The container's own is better still, if it has one. */
static int reopen_null(struct err *err)
{
	return replace_null("/dev/null", O_NOFOLLOW, err);
}

/* The first of the descriptors from @from on that the rest needs; INT_MAX: none. */
static int next_needed(const struct init *in, int from)
{
	const int needed[] = { in->sync.fd, in->master, in->slave };
	int next = INT_MAX;

	for (size_t i = 0; i < array_size(needed); i++)
		if (needed[i] >= from && needed[i] < next)
			next = needed[i];
	return next;
}

/*
 * From here on paths of the container's are followed, and a symlink to /proc/self/fd/N would lead to what is open
 * here: directories of the host (ours, the caller's). Close-on-exec is too late: execve(2) has looked up the
 * command by then (CVE-2024-21626).
 */
static int close_host_files(struct init *in, struct err *err)
{
	int from = STDERR_FILENO + 1, next;

	while ((next = next_needed(in, from)) != INT_MAX) {
		if (next > from && close_range((unsigned int)from, (unsigned int)next - 1, 0) < 0)
			return err_sys(err, -errno, "cannot close the host's files");
		from = next + 1;
	}
	if (close_range((unsigned int)from, ~0U, 0) < 0)
		return err_sys(err, -errno, "cannot close the host's files");
	return 0;
}

static int begin_terminal(struct init *in, struct err *err)
{
	return in->process->terminal ? tty_become(in->slave, err) : reopen_null(err);
}

static int find_user(struct init *in, struct err *err)
{
	int ret = user_lookup(in->process->user, in->spec->additional_groups, &in->user, err);

	if (ret == 0 && in->process->terminal && fchown(in->slave, in->user.uid, (gid_t)-1) < 0)
		return err_sys(err, -errno, "cannot give the pty to uid %u", in->user.uid);
	return ret;
}

static int make_env(struct init *in, struct err *err)
{
	return command_env(in->process->env, in->user.home, &in->env, err);
}

static int set_rlimits(struct init *in, struct err *err)
{
	return rlimits_apply(in->spec->rlimits, in->spec->rlimit_count, err);
}

static int become_user(struct init *in, struct err *err)
{
	int ret = capabilities_begin(&in->spec->capabilities, err);

	if (ret == 0)
		ret = user_become(&in->user, err);
	return ret == 0 ? capabilities_finish(&in->spec->capabilities, err) : ret;
}

/*
 * In the end as the user, who may be kept out. A path through /proc/self/fd could lead to a directory of the host's
 * that is still open here; getcwd(2) tells one that is not below our root.
 */
static int change_directory(struct init *in, struct err *err)
{
	const char *cwd = in->process->cwd ? in->process->cwd : "/";
	char real[PATH_MAX];

	if (chdir(cwd) < 0)
		return err_sys(err, -errno, "cannot change to the directory '%.200s'", cwd);
	if (!getcwd(real, sizeof(real)) || real[0] != '/')
		return err_set(err, -EXDEV, "the directory '%.200s' is not inside the container",
			       cwd);
	return 0;
}

static int forbid_privileges(struct init *in, struct err *err)
{
	if (in->spec->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, -errno, "cannot set no_new_privs");
	return 0;
}

static int find_command(struct init *in, struct err *err)
{
	return command_find(in->process->args[0], in->env, &in->command, err);
}

static int report_rooted(struct init *in, struct err *err)
{
	int ret =
		sync_post(&in->sync, STAGE_ROOTED, &in->master, in->process->terminal ? 1 : 0, err);

	return ret < 0 ? ret : sync_wait(&in->sync, STAGE_GO, NULL, 0, err);
}

/*
 * What our caller ignores (a shell's background job SIGINT, nohup(1) SIGHUP) says how we are to behave, not the
 * container: its terminal's keys have to work.
 */
static void reset_signals(const sigset_t *mask)
{
	/* As the kernel has it, all zero for SIG_DFL: the C library's call spares two signals of its own. */
	const char dfl[64] = { 0 };

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, NSIG / 8);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static int execute(struct init *in, struct err *err)
{
	reset_signals(&in->signals);
	execve(in->command, in->process->args, in->env);
	err_sys(err, -errno, "cannot execute '%.200s'", in->command);
	/* The file is there: it was looked at (execve(2)). */
	return err->code == -ENOENT
		       ? err_append(err, " (it is there, its interpreter or loader is not)")
		       : err->code;
}

struct init_step {
	int (*run)(struct init *in, struct err *err);
	/* NULL: no command of a person's does it. */
	void (*show)(const struct spec *spec, FILE *out);
};

/* A step a line. */
/* clang-format off */
static const struct init_step start_steps[] = {
	{ arm_death_signal, NULL },
	{ join_cgroups, NULL },
	{ begin_session, NULL },
	{ join_declared, NULL },
	{ offer_network, NULL },
	{ mount_rootfs, show_rootfs },
	{ protect_null, NULL },
	{ make_devices, NULL },
	{ make_console, NULL },
	{ set_hostname, show_hostname },
	{ wait_connected, NULL },
	{ unshare_cgroups, NULL },
	{ enter_rootfs, NULL },
	{ set_sysctls, show_sysctls },
	{ restrict_rootfs, NULL },
	{ NULL, NULL },
};

static const struct init_step join_steps[] = {
	{ arm_death_signal, NULL },
	{ join_cgroups, NULL },
	{ begin_session, NULL },
	{ wait_connected, NULL },
	{ protect_null, NULL },
	{ join_container, NULL },
	{ join_console, NULL },
	{ NULL, NULL },
};

static const struct init_step finish_steps[] = {
	{ close_host_files, NULL },
	{ begin_terminal, NULL },
	{ find_user, NULL },
	{ make_env, NULL },
	{ set_rlimits, NULL },
	{ become_user, NULL },
	{ arm_death_signal, NULL },   /* again: a change of user disarms it (prctl(2)) */
	{ change_directory, NULL },
	{ forbid_privileges, NULL },
	{ find_command, NULL },
	{ report_rooted, NULL },
	{ execute, NULL },
	{ NULL, NULL },
};
/* clang-format on */

static void run(struct init *in, const struct init_step *steps)
{
	struct err err = { 0 };

	for (; steps->run; steps++) {
		if (steps->run(in, &err) == 0)
			continue;
		sync_fail(&in->sync, &err);
		_exit(255);
	}
}

void init_start(struct init *in)
{
	run(in, start_steps);
	run(in, finish_steps);
	_exit(255);
}

void init_join(struct init *in)
{
	run(in, join_steps);
	run(in, finish_steps);
	_exit(255);
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
			fprintf(out, " --%s", namespace_option(spec->namespaces.items[i].type));
	fputc('\n', out);
}

void init_show(const struct spec *spec, FILE *out)
{
	for (const struct init_step *s = start_steps; s->run; s++)
		if (s->show)
			s->show(spec, out);
	fputs("exec", out);
	for (char **arg = spec->process.args; arg && *arg; arg++) {
		fputc(' ', out);
		str_print_shell(out, *arg);
	}
	fputc('\n', out);
}
