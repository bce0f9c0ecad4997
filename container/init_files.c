// SPDX-License-Identifier: Apache-2.0
/* What it has open: its terminal, the null device, and nothing of the host's. */
#include "container/init_steps.h"

#include "lib/cleanup.h"
#include "ns/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int init_make_console(struct init *in, struct err *err)
{
	if (!in->process->terminal)
		return 0;
	return rootfs_make_console(&in->spec->rootfs, &in->run, 0, &in->master, &in->slave, err);
}

/* The host's pty, in case that the container has none of its own; while we may still give things away. */
int init_give_pty(struct init *in, struct err *err)
{
	const struct spec *s = in->spec;
	uint32_t uid, gid;

	if (!init_has_userns(in) || in->ptmx < 0)
		return 0;
	if (id_map_to_host(s->uid_mappings, s->uid_mapping_count, 0, &uid) < 0 ||
	    id_map_to_host(s->gid_mappings, s->gid_mapping_count, 0, &gid) < 0)
		return 0;
	return rootfs_give_pty(in->ptmx, uid, gid, err);
}

int init_join_console(struct init *in, struct err *err)
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
	_cleanup_fd_ int seen = open(path, O_PATH | O_CLOEXEC | flags);

	/* To open another device could have effects. */
	if (!is_null(seen))
		return 0;
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
int init_protect_null(struct init *in, struct err *err)
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
	const int needed[] = { in->sync.fd, in->master, in->slave, in->apparmor, in->selinux };
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
int init_close_host_files(struct init *in, struct err *err)
{
	int from = STDERR_FILENO + 1 + (int)in->process->preserve_fds, next;

	while ((next = next_needed(in, from)) != INT_MAX) {
		if (next > from && close_range((unsigned int)from, (unsigned int)next - 1, 0) < 0)
			return err_sys(err, -errno, "cannot close the host's files");
		from = next + 1;
	}
	if (close_range((unsigned int)from, ~0U, 0) < 0)
		return err_sys(err, -errno, "cannot close the host's files");
	return 0;
}

int init_begin_terminal(struct init *in, struct err *err)
{
	if (!in->process->terminal)
		return reopen_null(err);
	if (rootfs_label_file(in->slave, in->spec->rootfs.mount_label, err) < 0)
		return err_wrap(err, "console");
	return tty_become(in->slave, err);
}

int init_control_terminal(struct init *in, struct err *err)
{
	return in->process->terminal ? tty_control(err) : 0;
}
