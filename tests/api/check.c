// SPDX-License-Identifier: Apache-2.0
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct ctrnet_error error;

void fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

static void add(struct surroundings *s, const char *what, const char *text)
{
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%s %s\n", what, text);
}

static void add_fds(struct surroundings *s)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	char target[256];

	CHECK(dir);
	while ((d = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);

		if (n < 0 || atoi(d->d_name) == dirfd(dir))
			continue;
		target[n] = '\0';
		add(s, d->d_name, target);
	}
	closedir(dir);
}

/* The C library has two signals of its own (nptl(7)), which it takes when there are threads. */
static const char *without_libc(char *line)
{
	unsigned long long signals;

	if (sscanf(line, "SigCgt: %llx", &signals) == 1 ||
	    sscanf(line, "SigIgn: %llx", &signals) == 1)
		sprintf(line + sizeof("SigXxx:"), "%llx\n", signals & ~0x180000000ull);
	return line;
}

/* Signals and threads; children, as the kernel lists them. */
static void add_status(struct surroundings *s)
{
	static const char *const lines[] = { "SigBlk", "SigIgn",  "SigCgt",
					     "Umask",  "Threads", "NoNewPrivs" };
	FILE *f = fopen("/proc/thread-self/status", "re");
	char line[256];

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
			if (!strncmp(line, lines[i], strlen(lines[i])))
				add(s, "", without_libc(line));
	fclose(f);
	add(s, "children", contents("/proc/thread-self/children"));
}

void look_around(struct surroundings *s)
{
	s->text[0] = '\0';
	add_fds(s);
	add_status(s);
	add(s, "cwd", link_target("/proc/self/cwd"));
	add(s, "net", link_target("/proc/thread-self/ns/net"));
	add(s, "mnt", link_target("/proc/thread-self/ns/mnt"));
	add(s, "cgroup", contents("/proc/thread-self/cgroup"));
}

const char *contents(const char *path)
{
	static __thread char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	CHECK(fd >= 0);
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return text;
}

const char *link_target(const char *path)
{
	static __thread char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	CHECK(n >= 0);
	target[n] = '\0';
	return target;
}

struct ctrnet_config *usual_config(const struct place *place, bool host_ipc)
{
	static const char *const capabilities[] = {
		"CHOWN",   "DAC_OVERRIDE", "FSETID",      "FOWNER",           "MKNOD",
		"NET_RAW", "SETGID",       "SETUID",      "SETFCAP",          "SETPCAP",
		"KILL",    "SYS_CHROOT",   "AUDIT_WRITE", "NET_BIND_SERVICE", NULL,
	};
	static const struct ctrnet_namespace namespaces[] = {
		{ "NEWNS", NULL },  { "NEWUTS", NULL }, { "NEWPID", NULL },
		{ "NEWNET", NULL }, { "NEWIPC", NULL },
	};
	static const struct ctrnet_mount mounts[] = {
		{ .source = "proc", .destination = "/proc", .device = "proc", .flags = 14 },
		{ .source = "tmpfs", .destination = "/dev", .device = "tmpfs", .data = "mode=755" },
		{ .source = "devpts",
		  .destination = "/dev/pts",
		  .device = "devpts",
		  .flags = MS_NOSUID | MS_NOEXEC,
		  .data = "newinstance,ptmxmode=0666,mode=0620,gid=5" },
	};
	static const struct ctrnet_network networks[] = { { .type = "loopback" } };
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_config *config;
	struct ctrnet_error why;

	cgroup.parent = "api";
	cgroup.allowed_devices = ctrnet_default_device_rules(&cgroup.allowed_device_count);
	spec.rootfs = place->rootfs;
	spec.hostname = "api";
	spec.capabilities = capabilities;
	spec.namespaces = namespaces;
	spec.namespace_count = host_ipc ? 4 : 5;
	spec.mounts = mounts;
	spec.mount_count = 3;
	spec.devices = ctrnet_default_devices(&spec.device_count);
	spec.networks = networks;
	spec.network_count = 1;
	spec.cgroups = &cgroup;
	if (ctrnet_config_make(&config, &spec, &why) < 0)
		fail(__FILE__, __LINE__, "%s", why.text);
	return config;
}

struct ctrnet_container *usual_container(const struct place *place, struct ctrnet_factory **factory)
{
	const char *file = getenv("CONFIG");
	struct ctrnet_config *config = NULL;
	struct ctrnet_container *c;

	if (!file)
		config = usual_config(place, false);
	else
		CLEAN(ctrnet_config_load(&config, file, &error));
	if (file)
		CLEAN(ctrnet_config_set_rootfs(config, place->rootfs, &error));
	CLEAN(ctrnet_factory_open(factory, place->root, NULL, &error));
	CLEAN(ctrnet_container_create(*factory, place->id, config, &c, &error));
	ctrnet_config_free(config);
	return c;
}

struct ctrnet_process *start_script(struct ctrnet_container *c, const char *script, int out)
{
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_process *p;

	o.args = args;
	o.stdio[0] = -1;
	o.stdio[1] = out;
	o.stdio[2] = -1;
	OK(ctrnet_container_start(c, &o, &p, &error));
	return p;
}

const char *output_of(struct ctrnet_container *c, struct ctrnet_process_options *options)
{
	static __thread char text[65536];
	struct ctrnet_process *p;
	ssize_t n, len = 0;
	int ends[2], status;

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	options->stdio[0] = -1;
	options->stdio[1] = ends[1];
	OK(ctrnet_container_start(c, options, &p, &error));
	close(ends[1]);
	while ((n = read(ends[0], text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(ends[0]);
	text[len] = '\0';
	OK(ctrnet_process_wait(p, &status, &error));
	if (status != 0)
		fail(__FILE__, __LINE__, "exit status %d; output: %s", status, text);
	ctrnet_process_free(p);
	return text;
}

const char *output_of_script(struct ctrnet_container *c, const char *script)
{
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;

	o.args = args;
	return output_of(c, &o);
}

void end_container(struct ctrnet_container *c, struct ctrnet_factory *f)
{
	CLEAN(ctrnet_container_destroy(c, true, &error));
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
}

int run_test(const struct test *tests, int argc, char **argv)
{
	CHECK(argc == 5);
	/* What a test runner left open. */
	CHECK(close_range(3, ~0u, 0) == 0);
	for (; tests->name; tests++) {
		struct surroundings before, after;

		if (strcmp(tests->name, argv[1]) != 0)
			continue;
		look_around(&before);
		tests->run(&(struct place){ argv[2], argv[3], argv[4] });
		look_around(&after);
		SAME(after.text, before.text);
		return 0;
	}
	fail(__FILE__, __LINE__, "there is no test '%s'", argv[1]);
}
