// SPDX-License-Identifier: Apache-2.0
/*
 * floor: the least that the kernel takes for a container, to compare runtimes with.
 *
 *	floor --rootfs DIR [--net BRIDGE,NAME,ADDRESS/LEN,GATEWAY] [--cgroup NAME] COMMAND [ARG...]
 *
 * A bare program without a config, a plan, a state file or an error message worth the name, that makes
 * the kernel do what `ctrnet exec` has to: its own execution from a read-only mount of its file (so that a container cannot
 * write to it); all namespaces (pid, mount, uts, ipc, net, cgroup); proc,
 * sysfs, /dev with seven nodes, devpts, shm, mqueue, pivot_root, a masked and four read-only paths;
 * capabilities, one rlimit, a hostname; the loopback up. With --net one veth with an address and a
 * default route, usable at once, its other end a port of BRIDGE called NAME. With --cgroup a directory
 * with device rules and two limits in every hierarchy, and the process in it. Then the command runs,
 * and when it has ended, the cgroup is removed and NAME is free. Each thing is done in the cheapest way
 * that we know; shortcuts that would leave something out are not taken.
 */
#include "tests/bench/floor_net.h"

#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define HIERARCHIES_MAX 16

struct floor {
	const char *rootfs, *cgroup;
	char **command;
	struct port port;
	char *dirs[HIERARCHIES_MAX]; /* of the cgroup; the v2 one last */
	int tasks[HIERARCHIES_MAX];  /* fds, -1 for v2 */
	int dir_count, v2;           /* v2: an fd, or -1 */
	int sync[2];                 /* parent, child */
};

static void tell(int fd)
{
	check((int)write(fd, "x", 1), "sync");
}

static void await(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		die("the other side ended");
}

static void write_file(const char *dir, const char *file, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	check(fd, path);
	check((int)write(fd, text, strlen(text)), path);
	close(fd);
}

/* --- cgroup --- */

/* "33 28 0:30 / /sys/fs/cgroup/cpu ... - cgroup cgroup rw,cpu": which hierarchies are there? */
static void find_hierarchies(struct floor *f)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[1024], point[256], type[32], options[256];
	char *v2 = NULL;

	if (!mounts)
		die("/proc/self/mountinfo");
	while (fgets(line, sizeof(line), mounts)) {
		char *tail = strstr(line, " - ");

		if (!tail || sscanf(line, "%*s %*s %*s / %255s", point) != 1 ||
		    sscanf(tail, " - %31s %*s %255s", type, options) != 2 ||
		    strncmp(type, "cgroup", 6))
			continue;
		if (strstr(options, "name=") || f->dir_count + 1 == HIERARCHIES_MAX)
			continue;
		if (asprintf(!strcmp(type, "cgroup2") ? &v2 : &f->dirs[f->dir_count++], "%s/%s",
			     point, f->cgroup) < 0)
			die("memory");
	}
	fclose(mounts);
	if (v2)
		f->dirs[f->dir_count++] = v2;
}

static int ends_with(const char *dir, const char *controller, const char *cgroup)
{
	char tail[256];
	size_t len, have = strlen(dir);

	snprintf(tail, sizeof(tail), "/%s/%s", controller, cgroup);
	len = strlen(tail);
	return have >= len && !strcmp(dir + have - len, tail);
}

/* A cpuset without CPUs and nodes takes nobody in. */
static void copy_cpuset(const char *dir)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	for (int i = 0; i < 2; i++) {
		char path[512], text[256];
		int fd;
		ssize_t n;

		snprintf(path, sizeof(path), "%s/../%s", dir, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		check(fd, path);
		n = read(fd, text, sizeof(text) - 1);
		check((int)n, path);
		text[n] = '\0';
		close(fd);
		write_file(dir, files[i], text);
	}
}

static void write_device_rules(const char *dir)
{
	static const char *const rules[] = {
		"c *:* m",     "b *:* m",   "c 5:1 rwm",    "c 4:0 rwm", "c 4:1 rwm",
		"c 136:* rwm", "c 5:2 rwm", "c 10:200 rwm", "c 1:3 rwm", "c 1:5 rwm",
		"c 1:7 rwm",   "c 5:0 rwm", "c 1:9 rwm",    "c 1:8 rwm",
	};
	char path[512];
	int fd;

	write_file(dir, "devices.deny", "a");
	snprintf(path, sizeof(path), "%s/devices.allow", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	check(fd, path);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		check((int)write(fd, rules[i], strlen(rules[i])), rules[i]);
	close(fd);
}

static void make_cgroup(struct floor *f)
{
	find_hierarchies(f);
	for (int i = 0; i < f->dir_count; i++) {
		const char *dir = f->dirs[i];
		char path[512];

		check(mkdir(dir, 0755), dir);
		if (ends_with(dir, "cpuset", f->cgroup))
			copy_cpuset(dir);
		else if (ends_with(dir, "memory", f->cgroup))
			write_file(dir, "memory.limit_in_bytes", "268435456");
		else if (ends_with(dir, "pids", f->cgroup))
			write_file(dir, "pids.max", "100");
		else if (ends_with(dir, "devices", f->cgroup))
			write_device_rules(dir);
		snprintf(path, sizeof(path), "%s/tasks", dir);
		f->tasks[i] = open(path, O_WRONLY | O_CLOEXEC);
		if (f->tasks[i] < 0)
			f->v2 = open(dir, O_PATH | O_CLOEXEC);
	}
}

static void remove_cgroup(const struct floor *f)
{
	for (int i = 0; i < f->dir_count; i++)
		while (rmdir(f->dirs[i]) < 0) {
			if (errno != EBUSY)
				die(f->dirs[i]);
			usleep(100);
		}
}

/* --- network --- */

static void configure_links(const struct floor *f, int sock)
{
	configure_port(&f->port, sock, f->port.bridge ? (int)if_nametoindex("eth0") : 0, 1);
}

/* --- the child --- */

static void mount_or_die(const char *from, const char *to, const char *type, unsigned long flags,
			 const char *data)
{
	check(mount(from, to, type, flags, data), to);
}

static void make_nodes(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} nodes[] = {
		{ "dev/null", 1, 3 },    { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
		{ "dev/tty", 5, 0 },     { "dev/urandom", 1, 9 }, { "dev/random", 1, 8 },
		{ "dev/fuse", 10, 229 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	umask(0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		check(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)),
		      nodes[i].path);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		check(symlink(links[i][0], links[i][1]), links[i][1]);
	umask(022);
}

/* The working directory is the new root. */
static void mount_all(const struct floor *f)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	mount_or_die(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL);
	mount_or_die(f->rootfs, f->rootfs, NULL, MS_BIND | MS_REC, NULL);
	check(chdir(f->rootfs), f->rootfs);
	mount_or_die("proc", "proc", "proc", safe, NULL);
	mount_or_die("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755");
	check(mkdir("dev/pts", 0755), "dev/pts");
	check(mkdir("dev/shm", 0755), "dev/shm");
	check(mkdir("dev/mqueue", 0755), "dev/mqueue");
	mount_or_die("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=620,gid=5");
	mount_or_die("shm", "dev/shm", "tmpfs", safe, "mode=1777,size=65536k");
	mount_or_die("mqueue", "dev/mqueue", "mqueue", safe, NULL);
	mount_or_die("sysfs", "sys", "sysfs", safe | MS_RDONLY, NULL);
	make_nodes();
}

static void enter_root(void)
{
	check((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount");
	check(chdir("/"), "/");
}

static void restrict_paths(void)
{
	static const char *const readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/irq",
						"/proc/bus" };

	if (mount("/dev/null", "/proc/kcore", NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
		die("/proc/kcore");
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0 &&
		    errno == ENOENT)
			continue;
		mount_or_die(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	}
}

static void drop_rights(void)
{
	const uint64_t keep = 0xa80425fb; /* the usual fourteen */
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { (uint32_t)keep, (uint32_t)keep,
						    (uint32_t)keep } };
	struct rlimit files = { 1024, 1024 };

	check(setrlimit(RLIMIT_NOFILE, &files), "rlimit");
	for (int cap = 0; cap < 64; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 &&
		    errno == EINVAL)
			break;
	check(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
	check((int)syscall(SYS_capset, &head, data), "capset");
}

static void __attribute__((noreturn)) run_child(struct floor *f)
{
	int sock;

	close(f->sync[0]);
	for (int i = 0; i < f->dir_count; i++)
		if (f->tasks[i] >= 0)
			check((int)write(f->tasks[i], "0", 1), "join");
	setsid();
	if (f->port.bridge)
		write_file("/proc/sys/net/ipv6/conf/default", "accept_dad", "0");
	sock = nl_socket(NETLINK_ROUTE);
	tell(f->sync[1]);
	mount_all(f);
	check(sethostname("floor", 5), "hostname");
	await(f->sync[1]);
	configure_links(f, sock);
	check(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	enter_root();
	restrict_paths();
	drop_rights();
	tell(f->sync[1]);
	await(f->sync[1]);
	close_range(3, ~0u, 0);
	execve(f->command[0], f->command, (char *[]){ "PATH=/bin:/usr/bin", NULL });
	die(f->command[0]);
	_exit(255);
}

/* --- the parent --- */

static int run(struct floor *f)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	int sock = f->port.bridge ? nl_socket(NETLINK_ROUTE) : -1, status;
	pid_t child;

	if (f->cgroup)
		make_cgroup(f);
	if (f->v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)f->v2;
	}
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, f->sync), "socketpair");
	child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	check(child, "clone3");
	if (child == 0)
		run_child(f);
	close(f->sync[1]);
	await(f->sync[0]);
	if (f->port.bridge)
		make_veth(&f->port, sock, IFLA_NET_NS_PID, (uint32_t)child);
	tell(f->sync[0]);
	await(f->sync[0]);
	tell(f->sync[0]);
	check(waitpid(child, &status, 0), "wait");
	if (f->port.bridge)
		free_name(&f->port, sock);
	if (f->cgroup)
		remove_cgroup(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* CVE-2019-5736: what a container gets hold of by /proc/self/exe must not be writable. */
static void protect_self(char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct statvfs fs;
	int fd;

	if (statvfs("/proc/self/exe", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return;
	fd = open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		die("protect_self");
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	die("execveat");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rootfs", required_argument, NULL, 'r' },
		{ "net", required_argument, NULL, 'n' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct floor f = { .v2 = -1 };
	int c;

	protect_self(argv);
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'r')
			f.rootfs = optarg;
		else if (c == 'n')
			parse_port(&f.port, optarg);
		else if (c == 'c')
			f.cgroup = optarg;
		else
			return 2;
	}
	f.command = argv + optind;
	if (!f.rootfs || !*f.command) {
		fprintf(stderr, "usage: floor --rootfs DIR [--net ...] [--cgroup NAME] COMMAND\n");
		return 2;
	}
	return run(&f);
}
