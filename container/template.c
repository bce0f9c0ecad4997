// SPDX-License-Identifier: Apache-2.0
/* What nsinit started when it had no config, and what it generated one from. */
#include "container/ctrnet.h"
#include "lib/cleanup.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define NO_EXEC (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static const struct ctrnet_namespace namespaces[] = {
	{ .type = "NEWNS" },  { .type = "NEWUTS" }, { .type = "NEWIPC" },
	{ .type = "NEWPID" }, { .type = "NEWNET" },
};

static const char *const capabilities[] = {
	"CHOWN",   "DAC_OVERRIDE", "FSETID",           "FOWNER",      "MKNOD",
	"NET_RAW", "SETGID",       "SETUID",           "SETFCAP",     "SETPCAP",
	"KILL",    "SYS_CHROOT",   "NET_BIND_SERVICE", "AUDIT_WRITE", NULL,
};

static const struct ctrnet_mount mounts[] = {
	{ .source = "proc", .destination = "/proc", .device = "proc", .flags = NO_EXEC },
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
	  .flags = NO_EXEC,
	  .data = "mode=1777,size=65536k" },
	{ .source = "mqueue", .destination = "/dev/mqueue", .device = "mqueue", .flags = NO_EXEC },
	{ .source = "sysfs",
	  .destination = "/sys",
	  .device = "sysfs",
	  .flags = NO_EXEC | MS_RDONLY },
};

static const struct ctrnet_rlimit rlimits[] = { { RLIMIT_NOFILE, 1024, 1024 } };
static const char *const masked[] = { "/proc/kcore", NULL };
static const char *const readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/irq",
					"/proc/bus", NULL };

/* The members of the first version of each struct, which every program knows. */
void ctrnet_template(struct ctrnet_spec *spec, struct ctrnet_cgroup *cgroup)
{
	spec->hostname = "nsinit";
	spec->parent_death_signal = SIGKILL;
	spec->namespaces = namespaces;
	spec->namespace_count = array_size(namespaces);
	spec->capabilities = capabilities;
	spec->mounts = mounts;
	spec->mount_count = array_size(mounts);
	spec->devices = ctrnet_default_devices(&spec->device_count);
	spec->rlimits = rlimits;
	spec->rlimit_count = array_size(rlimits);
	spec->mask_paths = masked;
	spec->readonly_paths = readonly;
	spec->cgroups = cgroup;
	cgroup->parent = "nsinit";
	cgroup->allowed_devices = ctrnet_default_device_rules(&cgroup->allowed_device_count);
}
