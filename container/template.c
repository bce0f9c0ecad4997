// SPDX-License-Identifier: Apache-2.0
#include "container/template.h"

#include "cgroup/config.h"
#include "container/ctrnet.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(...) #__VA_ARGS__

/* A config like any other, and as it would be written. */
/* clang-format off */
static const char text[] = TEXT({
	"hostname": "nsinit",
	"parent_death_signal": 9,
	"namespaces": [
		{ "type": "NEWNS" }, { "type": "NEWUTS" }, { "type": "NEWIPC" }, { "type": "NEWPID" },
		{ "type": "NEWNET" }
	],
	"capabilities": [
		"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP",
		"SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"
	],
	"mounts": [
		{ "source": "proc", "destination": "/proc", "device": "proc", "flags": 14 },
		{ "source": "tmpfs", "destination": "/dev", "device": "tmpfs", "flags": 16777218, "data": "mode=755" },
		{ "source": "devpts", "destination": "/dev/pts", "device": "devpts", "flags": 10,
		  "data": "newinstance,ptmxmode=0666,mode=0620,gid=5" },
		{ "source": "shm", "destination": "/dev/shm", "device": "tmpfs", "flags": 14,
		  "data": "mode=1777,size=65536k" },
		{ "source": "mqueue", "destination": "/dev/mqueue", "device": "mqueue", "flags": 14 },
		{ "source": "sysfs", "destination": "/sys", "device": "sysfs", "flags": 15 }
	],
	"cgroups": {
		"parent": "nsinit"
	},
	"rlimits": [ { "type": 7, "hard": 1024, "soft": 1024 } ],
	"mask_paths": [ "/proc/kcore" ],
	"readonly_paths": [ "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus" ]
});
/* clang-format on */

static int add_devices(struct spec *spec, struct err *err)
{
	size_t count;
	const struct ctrnet_device *from = ctrnet_default_devices(&count);
	struct rootfs_device *to = calloc(count, sizeof(*to));

	if (!to)
		return err_oom(err);
	spec->rootfs.devices = to;
	for (; count > 0; count--, from++, to++) {
		*to = (struct rootfs_device){
			.type = (char)from->type,
			.path = strdup(from->path),
			.major = from->major,
			.minor = from->minor,
			.file_mode = from->file_mode,
		};
		if (!to->path)
			return err_oom(err);
		spec->rootfs.device_count++;
	}
	return 0;
}

static int add_device_rules(struct spec *spec, struct err *err)
{
	size_t count;
	const struct ctrnet_device_rule *rule = ctrnet_default_device_rules(&count);
	int ret = 0;

	for (; ret == 0 && count > 0; count--, rule++)
		ret = cgroup_allow(&spec->cgroup,
				   &(struct cgroup_device){ (char)rule->type, rule->major,
							    rule->minor,
							    (char *)rule->permissions },
				   err);
	return ret;
}

int spec_template(struct spec *spec, struct err *err)
{
	int ret = json_decode(&spec_schema, spec, text, strlen(text), "template", err);

	if (ret == 0)
		ret = add_devices(spec, err);
	if (ret == 0)
		ret = add_device_rules(spec, err);
	if (ret < 0)
		spec_release(spec);
	return ret;
}
