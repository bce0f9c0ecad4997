// SPDX-License-Identifier: Apache-2.0
/*
 * The example of libcontainer's README, in C: a container with the usual fourteen capabilities, devices, masked paths, a
 * loopback interface and a limit of open files, with a shell in it.
 *
 *	cc -o container container.c $(pkg-config --cflags --libs ctrnet)
 *	sudo ./container /path/to/rootfs [COMMAND [ARG...]]
 *
 * It ends with the exit status of the command, which has the terminal, or whatever stdin, stdout and stderr are.
 */
#include <ctrnet.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct ctrnet_error error;

static void must(int ret, const char *what)
{
	if (ret == 0)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, ctrnet_code_string(error.code), error.text);
	exit(125);
}

static const char *const capabilities[] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"FSETID",
	"FOWNER",
	"MKNOD",
	"NET_RAW",
	"SETGID",
	"SETUID",
	"SETFCAP",
	"SETPCAP",
	"NET_BIND_SERVICE",
	"SYS_CHROOT",
	"KILL",
	"AUDIT_WRITE",
	NULL,
};
static const struct ctrnet_namespace namespaces[] = {
	{ "NEWNS", NULL },  { "NEWUTS", NULL }, { "NEWIPC", NULL },
	{ "NEWPID", NULL }, { "NEWNET", NULL },
};
static const char *const mask_paths[] = { "/proc/kcore", NULL };
static const char *const readonly_paths[] = {
	"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", NULL,
};
#define USUAL (MS_NOEXEC | MS_NOSUID | MS_NODEV)

static const struct ctrnet_mount mounts[] = {
	{ .source = "proc", .destination = "/proc", .device = "proc", .flags = USUAL },
	{ .source = "tmpfs",
	  .destination = "/dev",
	  .device = "tmpfs",
	  .flags = MS_NOSUID | MS_STRICTATIME,
	  .data = "mode=755" },
	{ .source = "devpts",
	  .destination = "/dev/pts",
	  .device = "devpts",
	  .flags = MS_NOSUID | MS_NOEXEC,
	  .data = "newinstance,ptmxmode=0666,mode=0620,gid=5" },
	{ .source = "shm",
	  .destination = "/dev/shm",
	  .device = "tmpfs",
	  .flags = USUAL,
	  .data = "mode=1777,size=65536k" },
	{ .source = "mqueue", .destination = "/dev/mqueue", .device = "mqueue", .flags = USUAL },
	{ .source = "sysfs", .destination = "/sys", .device = "sysfs", .flags = USUAL | MS_RDONLY },
};
static const struct ctrnet_network networks[] = {
	{ .type = "loopback", .address = "127.0.0.1/0", .gateway = "localhost" },
};
static const struct ctrnet_rlimit rlimits[] = { { RLIMIT_NOFILE, 1024, 1024 } };

static struct ctrnet_config *make_config(const char *rootfs)
{
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_config *config;

	cgroup.name = "test-container";
	cgroup.parent = "system";
	cgroup.allowed_devices = ctrnet_default_device_rules(&cgroup.allowed_device_count);

	spec.rootfs = rootfs;
	spec.hostname = "testing";
	spec.capabilities = capabilities;
	spec.namespaces = namespaces;
	spec.namespace_count = COUNT(namespaces);
	spec.cgroups = &cgroup;
	spec.mask_paths = mask_paths;
	spec.readonly_paths = readonly_paths;
	spec.devices = ctrnet_default_devices(&spec.device_count);
	spec.mounts = mounts;
	spec.mount_count = COUNT(mounts);
	spec.networks = networks;
	spec.network_count = COUNT(networks);
	spec.rlimits = rlimits;
	spec.rlimit_count = COUNT(rlimits);
	must(ctrnet_config_make(&config, &spec, &error), "config");
	return config;
}

/* A short command may have ended at any time. */
static int runs(int ret, const char *what)
{
	if (ret < 0 && error.code == CTRNET_CONTAINER_NOT_RUNNING)
		return 0;
	must(ret, what);
	return 1;
}

static void print_stats(const struct ctrnet_stats *stats)
{
	fprintf(stderr, "cpu %.3f ms, memory %.1f MiB, %llu process(es)\n",
		(double)stats->cpu->usage.value / 1e6,
		(double)stats->memory->use.usage.value / (1 << 20),
		(unsigned long long)stats->pids->usage.value);
}

static void look_at(struct ctrnet_container *container)
{
	struct ctrnet_stats *stats;
	pid_t *pids;
	size_t count;

	/* All processes in the container. */
	if (!runs(ctrnet_container_processes(container, &pids, &count, &error), "processes"))
		return;
	if (count)
		fprintf(stderr, "%zu process(es), the first one is %d\n", count, (int)pids[0]);
	free(pids);

	/* What they have used. */
	if (runs(ctrnet_container_stats(container, &stats, &error), "stats")) {
		print_stats(stats);
		ctrnet_stats_free(stats);
	}

	/* Stop all of them for a moment. */
	if (runs(ctrnet_container_pause(container, &error), "pause"))
		runs(ctrnet_container_resume(container, &error), "resume");

	/* The first process gets a signal; 0 is none, and says whether it could get one. */
	runs(ctrnet_container_signal(container, 0, false, &error), "signal");
}

int main(int argc, char **argv)
{
	static const char *const shell[] = { "/bin/sh", NULL };
	static const char *const env[] = { "PATH=/bin:/usr/bin:/sbin:/usr/sbin", "TERM=xterm",
					   NULL };
	struct ctrnet_process_options options = CTRNET_PROCESS_OPTIONS_INIT;
	const char *root = getenv("CONTAINERS") ? getenv("CONTAINERS") : "/var/lib/container";
	struct ctrnet_container *container;
	struct ctrnet_factory *factory;
	struct ctrnet_process *process;
	struct ctrnet_config *config;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: %s ROOTFS [COMMAND [ARG...]]\n", argv[0]);
		return 125;
	}
	must(ctrnet_factory_open(&factory, root, NULL, &error), "factory");
	config = make_config(argv[1]);
	must(ctrnet_container_create(factory, "container-id", config, &container, &error),
	     "container");

	options.args = argc > 2 ? (const char *const *)argv + 2 : shell;
	options.env = env;
	options.user = "root";
	options.cwd = "/";
	if (ctrnet_container_start(container, &options, &process, &error) < 0) {
		fprintf(stderr, "start: %s\n", error.text);
		ctrnet_container_destroy(container, true, NULL);
		return 125;
	}
	look_at(container);
	must(ctrnet_process_wait(process, &status, &error), "wait");

	must(ctrnet_container_destroy(container, false, &error), "destroy");
	ctrnet_process_free(process);
	ctrnet_container_free(container);
	ctrnet_config_free(config);
	ctrnet_factory_close(factory);
	return status;
}
