// SPDX-License-Identifier: Apache-2.0
/* The formats of libcontainer from February 2014 to February 2015, each row of their history, down to the typed spec. */
#include "container/format.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#define NS    "'namespaces': {'NEWNS': true}"
#define TYPED "'namespaces': [{'type': 'NEWNS'}]"

#define STRICT (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* JSON with ' for ", so that it can be read here. */
static char *quoted(const char *text)
{
	char *json = strdup(text);

	assert_non_null(json);
	for (char *c = json; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return json;
}

static int try_load(const char *text, struct spec *spec, struct err *err)
{
	_cleanup_free_ char *json = quoted(text);
	struct json_doc *doc;
	int ret;

	assert_int_equal(json_parse(json, strlen(json), "c", &doc, err), 0);
	ret = format_load(spec, json_root(doc), "c", err);
	json_free(doc);
	return ret;
}

/* It decodes, and what it comes to is stored and read back without loss. */
static struct spec load(const char *text)
{
	char *stored[2] = { NULL, NULL };
	struct spec spec, copy = { 0 };
	struct err err = { 0 };
	size_t len;

	if (try_load(text, &spec, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	for (int i = 0; i < 2; i++) {
		FILE *out = open_memstream(&stored[i], &len);

		assert_int_equal(json_encode(&spec_schema, i ? &copy : &spec, out, &err), 0);
		fclose(out);
		if (i == 0)
			assert_int_equal(
				json_decode(&spec_schema, &copy, stored[0], len, "s", &err), 0);
	}
	assert_string_equal(stored[0], stored[1]);
	spec_release(&copy);
	free(stored[0]);
	free(stored[1]);
	return spec;
}

static const char *format_name_of(const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct json_doc *doc;
	struct err err;
	const char *name;

	assert_int_equal(json_parse(json, strlen(json), "c", &doc, &err), 0);
	name = format_detect(json_root(doc))->name;
	json_free(doc);
	return name;
}

#define FIRST        "libcontainer (February and March 2014)"
#define MASK         "libcontainer (March to May 2014)"
#define CONTEXT      "libcontainer (May and June 2014)"
#define MOUNT_CONFIG "libcontainer (June 2014 to February 2015)"
#define FLAT         "libcontainer (February 2015)"
#define MID_2015     "libcontainer (mid-2015)"

/* clang-format off */
static const struct {
	const char *text, *format;
} marks[] = {
	/* A0 */
	{ "{'namespaces': ['NEWNS']}", FIRST },
	{ "{'command': {'args': ['sh']}, 'rootfs': '/r'}", FIRST },
	{ "{'namespaces': ['NEWNS'], 'capabilities_mask': ['KILL'], 'networks': [{'type': 'veth', 'context': {}}]}", FIRST },
	{ "{'network': {'ip': '10.0.0.2/24'}}", FIRST },
	/* A1 */
	{ "{'namespaces': [{'key': 'NEWNS', 'enabled': true}]}", MASK },
	{ "{'capabilities_mask': [{'key': 'KILL'}]}", MASK },
	/* A2 */
	{ "{'namespaces': {'NEWNS': true}, 'capabilities_mask': {'KILL': false}}", MASK },
	/* A2a, A2b, A3 */
	{ "{'device_nodes': {'required': ['null']}}", CONTEXT },
	{ "{'required_device_nodes': ['null']}", CONTEXT },
	{ "{'optional_device_nodes': ['fuse']}", CONTEXT },
	{ "{'namespaces': {'NEWNS': true}}", CONTEXT },
	{ "{'networks': [{'type': 'loopback'}, {'type': 'veth', 'context': {}}]}", CONTEXT },
	{ "{'context': {'restrictions': 'true'}}", CONTEXT },
	/* B0, B1, B2, B3 */
	{ "{'mount_config': {}, 'context': {'restrictions': 'true'}, 'namespaces': {'NEWNS': true}}", MOUNT_CONFIG },
	{ "{'restrict_sys': true, 'namespaces': {'NEWNS': true}}", MOUNT_CONFIG },
	{ "{'apparmor_profile': '', 'namespaces': {'NEWNS': true}}", MOUNT_CONFIG },
	{ "{'process_label': '', 'namespaces': {'NEWNS': true}}", MOUNT_CONFIG },
	{ "{'namespaces': [{'name': 'NEWNS'}]}", MOUNT_CONFIG },
	{ "{'namespaces': [{'type': 'NEWNS'}]}", MOUNT_CONFIG },
	{ "{'mount_config': {}}", MOUNT_CONFIG },
	{ "{'MOUNT_CONFIG': {}}", MOUNT_CONFIG },
	/* C0 */
	{ "{'restrict_sys': true, 'devices': []}", FLAT },
	{ "{'restrict_sys': true, 'namespaces': [{'type': 'NEWNS'}]}", FLAT },
	{ "{'console': '', 'rootfs': '/r'}", FLAT },
	{ "{'environment': ['A=b'], 'namespaces': [{'type': 'NEWNS'}]}", FLAT },
	{ "{'rootfs': '/r', 'mounts': [{'type': 'bind', 'writable': true}]}", FLAT },
	{ "{'networks': [{'type': 'veth', 'veth_prefix': 'v'}], 'namespaces': [{'type': 'NEWNS'}]}", FLAT },
	/* C */
	{ "{'rootfs': '/r'}", MID_2015 },
	{ "{'readonlyfs': true}", MID_2015 },
	{ "{'mask_paths': null}", MID_2015 },
	{ "{'readonly_paths': []}", MID_2015 },
	{ "{'devices': []}", MID_2015 },
	{ "{'parent_death_signal': 0}", MID_2015 },
	{ "{'seccomp': null, 'namespaces': [{'type': 'NEWNS'}]}", MID_2015 },
	{ "{'namespaces': [{'type': 'NEWNS'}], 'mounts': [{'device': 'proc', 'destination': '/proc'}]}", MID_2015 },
	{ "{}", MID_2015 },
	/* Valid in two: the later one, whose row comes first. */
	{ "{'rootfs': '/r', 'mount_config': {}}", MID_2015 },
	{ "{'rootfs': '/r', 'mount_config': {}, 'namespaces': [{'type': 'NEWNS'}]}", MID_2015 },
	{ "{'rootfs': '/r', 'environment': ['A=b']}", MID_2015 },
	{ "{'mount_config': {}, 'restrict_sys': true, 'environment': ['A=b']}", MOUNT_CONFIG },
	{ "{'mount_config': {}, 'capabilities_mask': {'KILL': false}}", MOUNT_CONFIG },
	{ "{'mount_config': {}, 'namespaces': ['NEWNS']}", MOUNT_CONFIG },
	{ "{'namespaces': {'NEWNS': true}, 'capabilities': [], 'capabilities_mask': {'KILL': false}}", CONTEXT },
	{ "{'namespaces': {'NEWNS': true}, 'environment': ['A=b'], 'mounts': [{'type': 'bind', 'writable': true}]}", CONTEXT },
	{ "{'namespaces': ['NEWNS'], 'command': {}, 'rootfs': '/r'}", FIRST },
	/* A later key in what was not valid later. */
	{ "{'rootfs': '/r', 'mount_config': {}, 'namespaces': {'NEWNS': true}}", MOUNT_CONFIG },
	{ "{'rootfs': '/r', 'namespaces': {'NEWNS': true}}", CONTEXT },
	{ "{'rootfs': '/r', 'namespaces': ['NEWNS']}", FIRST },
	{ "{'readonlyfs': true, 'namespaces': [{'key': 'NEWNS'}]}", MASK },
	/* Of the wrong kind they are no marks. */
	{ "{'mount_config': [], 'namespaces': {'NEWNS': true}}", CONTEXT },
};
/* clang-format on */

static void test_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(marks); i++)
		if (strcmp(format_name_of(marks[i].text), marks[i].format) != 0)
			fail_msg("%s is taken for %s", marks[i].text,
				 format_name_of(marks[i].text));
}

/* --- What containers got --- */

static void expect_mount(const struct spec *spec, size_t i, const char *type,
			 const char *destination, unsigned long flags, const char *data)
{
	const struct rootfs_mount *m = &spec->rootfs.mounts[i];

	assert_true(i < spec->rootfs.mount_count);
	assert_string_equal(m->destination, destination);
	assert_string_equal(m->type, type);
	assert_int_equal(m->flags, flags);
	assert_string_equal(m->data ? m->data : "", data);
}

/* The fixed mounts until June 2014; returns how many. */
static size_t expect_early_mounts(const struct spec *spec)
{
	expect_mount(spec, 0, "proc", "/proc", STRICT, "");
	expect_mount(spec, 1, "sysfs", "/sys", STRICT, "");
	expect_mount(spec, 2, "tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME, "mode=755");
	expect_mount(spec, 3, "tmpfs", "/dev/shm", STRICT, "mode=1777,size=65536k");
	expect_mount(spec, 4, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=620,gid=5");
	return 5;
}

static size_t expect_late_mounts(const struct spec *spec, unsigned long sys)
{
	expect_mount(spec, 0, "proc", "/proc", STRICT, "");
	expect_mount(spec, 1, "tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME, "mode=755");
	expect_mount(spec, 2, "tmpfs", "/dev/shm", STRICT, "mode=1777,size=65536k");
	expect_mount(spec, 3, "mqueue", "/dev/mqueue", STRICT, "");
	expect_mount(spec, 4, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=620,gid=5");
	expect_mount(spec, 5, "sysfs", "/sys", STRICT | sys, "");
	return 6;
}

static void expect_words(char *const *words, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (; words && *words; words++)
		fprintf(out, "%s%s", ftell(out) ? " " : "", *words);
	fclose(out);
	assert_string_equal(text, expected);
}

/* The host has these, whatever they are there. */
static void expect_host_device(const struct spec *spec, size_t i, const char *path)
{
	const struct rootfs_device *d = &spec->rootfs.devices[i];
	struct stat st;

	assert_true(i < spec->rootfs.device_count);
	assert_string_equal(d->path, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(d->type, 'c');
	assert_int_equal(d->major, major(st.st_rdev));
	assert_int_equal(d->minor, minor(st.st_rdev));
	assert_int_equal(d->file_mode, st.st_mode & 07777);
}

static void expect_usual_devices(const struct spec *spec)
{
	static const char *const paths[] = { "/dev/null",   "/dev/zero",    "/dev/full",
					     "/dev/random", "/dev/urandom", "/dev/tty" };

	assert_int_equal(spec->rootfs.device_count, array_size(paths));
	for (size_t i = 0; i < array_size(paths); i++)
		expect_host_device(spec, i, paths[i]);
}

#define CAP(name) (1ULL << CAP_##name)
#define ALL_CAPS  ((1ULL << (CAP_CHECKPOINT_RESTORE + 1)) - 1)

static void expect_caps(const struct spec *spec, uint64_t mask)
{
	assert_true(spec->capabilities.bounding == mask);
	assert_true(spec->capabilities.effective == mask);
	assert_true(spec->capabilities.permitted == mask);
	assert_true(spec->capabilities.inheritable == 0);
	assert_true(spec->capabilities.ambient == 0);
}

/* Without "NEW": the types of namespaces to make, in their order, "=path" behind those to join. */
static void expect_namespaces(const struct spec *spec, const char *expected)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < spec->namespaces.count; i++) {
		const struct namespace *n = &spec->namespaces.items[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s", i ? " " : "",
					namespace_config_name(n->type) + 3, n->path ? "=" : "",
					n->path ? n->path : "");
	}
	assert_string_equal(text, expected);
}

/* --- A0 --- */

static void test_first_days(void **state)
{
	struct spec spec =
		load("{'id': 'koye', 'namespace_pid': 3117, 'log_file': '/l',"
		     "'command': {'args': ['/bin/sh', '-l'], 'environment': ['HOME=/']},"
		     "'rootfs': '/root/main', 'readonly_fs': true, 'user': 'daemon',"
		     "'working_dir': '/srv', 'namespaces': ['NEWIPC', 'NEWNS', 'NEWUTS'],"
		     "'capabilities': ['KILL', 'CAP_MKNOD']}");

	(void)state;
	expect_words(spec.process.args, "/bin/sh -l");
	expect_words(spec.process.env, "HOME=/");
	assert_string_equal(spec.process.user, "daemon");
	assert_string_equal(spec.process.cwd, "/srv");
	assert_string_equal(spec.rootfs.path, "/root/main");
	assert_true(spec.rootfs.readonly);
	assert_true(spec.loose_rootfs);
	assert_true(spec.rootfs.private_propagation);
	expect_namespaces(&spec, "IPC NS UTS");
	expect_caps(&spec, ALL_CAPS & ~(CAP(KILL) | CAP(MKNOD)));
	assert_int_equal(spec.rootfs.mount_count, expect_early_mounts(&spec));
	expect_usual_devices(&spec);
	spec_release(&spec);
}

static void test_first_privileged(void **state)
{
	struct spec spec = load("{'namespaces': ['NEWNS'], 'capabilities': []}");

	(void)state;
	expect_caps(&spec, ALL_CAPS);
	spec_release(&spec);
	spec = load("{'namespaces': ['NEWNS']}");
	expect_caps(&spec, ALL_CAPS);
	spec_release(&spec);
}

/* Who drops what was everything's key drops what was cut out of it later. */
static void test_first_parts(void **state)
{
	struct spec spec = load("{'namespaces': ['NEWNS'], 'capabilities_mask': ['SYS_ADMIN']}");

	(void)state;
	expect_caps(&spec, ALL_CAPS & ~(CAP(SYS_ADMIN) | CAP(BPF) | CAP(PERFMON) |
					CAP(CHECKPOINT_RESTORE)));
	spec_release(&spec);
}

static void test_first_network(void **state)
{
	struct spec spec =
		load("{'namespaces': ['NEWNS', 'NEWNET'], 'network': {'ip': '172.17.0.100/16',"
		     "'gateway': '172.17.42.1', 'bridge': 'docker0', 'mtu': 1500}}");
	const struct network *n = spec.net.networks;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(spec.net.network_count, 1);
	assert_string_equal(ip_prefix_format(&n->address, text, sizeof(text)), "172.17.0.100/16");
	assert_string_equal(ip_addr_format(&n->gateway, text, sizeof(text)), "172.17.42.1");
	assert_int_equal(n->mtu, 1500);
	spec_release(&spec);
	spec = load("{'network': {'address': '10.0.0.2/24', 'bridge': 'b'}}");
	assert_string_equal(ip_prefix_format(&spec.net.networks[0].address, text, sizeof(text)),
			    "10.0.0.2/24");
	spec_release(&spec);
}

static void test_first_cgroup(void **state)
{
	struct spec spec =
		load("{'namespaces': ['NEWNS'], 'cgroup_name': 'n', 'cgroup_parent': 'p',"
		     "'device_access': true, 'memory': 4096, 'cpu_shares': 512}");

	(void)state;
	assert_true(spec.cgroup.present);
	assert_string_equal(spec.cgroup.name, "n");
	assert_string_equal(spec.cgroup.parent, "p");
	assert_true(spec.cgroup.allow_all_devices);
	assert_int_equal(spec.cgroup.memory, 4096);
	assert_int_equal(spec.cgroup.memory_swap, 8192);
	assert_int_equal(spec.cgroup.cpu_shares, 512);
	spec_release(&spec);
}

/* --- A1, A2 --- */

static void test_mask_list(void **state)
{
	struct spec spec = load(
		"{'namespaces': [{'key': 'NEWNS', 'enabled': true, 'value': 131072, 'file': 'mnt'},"
		"{'key': 'NEWUTS', 'enabled': true}, {'key': 'NEWIPC', 'enabled': false}, {'key': 'NEWPID'}],"
		"'capabilities_mask': [{'key': 'SETPCAP', 'value': 8, 'enabled': false}, {'key': 'KILL'},"
		"{'key': 'MKNOD', 'enabled': true}], 'mounts': [{'type': 'devtmpfs'}], 'tty': true}");

	(void)state;
	expect_namespaces(&spec, "NS UTS");
	expect_caps(&spec, ALL_CAPS & ~(CAP(SETPCAP) | CAP(KILL)));
	assert_int_equal(spec.rootfs.mount_count, expect_early_mounts(&spec));
	expect_usual_devices(&spec);
	assert_true(spec.process.terminal);
	spec_release(&spec);
}

static void test_mask_object(void **state)
{
	struct spec spec = load("{'namespaces': {'NEWNS': true, 'NEWPID': false},"
				"'capabilities_mask': {'SYSLOG': false, 'MKNOD': true},"
				"'cgroups': {'name': 'n', 'device_access': true}}");

	(void)state;
	expect_namespaces(&spec, "NS");
	expect_caps(&spec, ALL_CAPS & ~CAP(SYSLOG));
	expect_usual_devices(&spec);
	assert_true(spec.cgroup.allow_all_devices);
	spec_release(&spec);
}

/* --- A2a, A2b, A3 --- */

static void test_device_names(void **state)
{
	static const char *const texts[] = {
		"{'device_nodes': {'required': ['null', 'zero'], 'optional': ['no-such', 'full']}}",
		"{'required_device_nodes': ['null', '/dev/zero'], 'optional_device_nodes': ['no-such', 'full']}",
		"{'required_device_nodes': ['null'], 'device_nodes': {'required': null, 'optional': []},"
		"'optional_device_nodes': ['zero', 'full']}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct spec spec = load(texts[i]);

		assert_int_equal(spec.rootfs.device_count, 3);
		expect_host_device(&spec, 0, "/dev/null");
		expect_host_device(&spec, 1, "/dev/zero");
		expect_host_device(&spec, 2, "/dev/full");
		spec_release(&spec);
	}
}

static void test_context(void **state)
{
	struct spec spec = load(
		"{'namespaces': {'NEWNS': true, 'NEWUTS': true, 'NEWNET': true}, 'hostname': 'koye',"
		"'readonly_fs': true, 'no_pivot_root': true, 'user': '', 'working_dir': 'srv',"
		"'environment': ['HOME=/', 'PATH=PATH=$PATH:/bin'], 'capabilities': ['MKNOD', 'NO_SUCH'],"
		"'context': {'mount_label': 'a:b:c', 'restrictions': 'true'},"
		"'networks': [{'type': 'loopback', 'gateway': 'localhost', 'address': '127.0.0.1/0', 'mtu': 1500}],"
		"'routes': [{'destination': '192.168.0.0/24', 'interface_name': 'eth0'}],"
		"'mounts': [{'type': 'devtmpfs'}, {'type': 'bind', 'source': '/a', 'destination': '/b'},"
		"{'type': 'bind', 'source': '/c', 'destination': '/d', 'writable': true, 'private': true}],"
		"'device_nodes': [{'type': 99, 'path': '/dev/tty', 'major_number': 5, 'file_mode': 438,"
		"'cgroup_permissions': 'rwm'}],"
		"'cgroups': {'name': 'n', 'allowed_devices': [{'type': 98, 'major_number': -1, 'minor_number': 3,"
		"'cgroup_permissions': 'm'}], 'memory': 100, 'memory_swap': 150}}");
	size_t n;

	(void)state;
	assert_string_equal(spec.hostname, "koye");
	assert_true(spec.rootfs.readonly && spec.rootfs.no_pivot_root);
	assert_false(spec.rootfs.private_propagation);
	assert_string_equal(spec.process.cwd, "/srv");
	expect_words(spec.process.env, "HOME=/ PATH=PATH=$PATH:/bin");
	assert_false(spec.process.terminal);
	expect_caps(&spec, CAP(MKNOD));
	assert_string_equal(spec.rootfs.mount_label, "a:b:c");
	expect_words(spec.rootfs.readonly_paths,
		     "/proc/sys /proc/sysrq-trigger /proc/irq /proc/bus /sys");
	expect_words(spec.rootfs.masked_paths, "/proc/kcore");
	assert_int_equal(spec.net.network_count, 1);
	assert_int_equal(spec.net.route_count, 1);

	n = expect_early_mounts(&spec);
	expect_mount(&spec, n, "bind", "/b", MS_BIND | MS_REC | MS_RDONLY, "");
	assert_string_equal(spec.rootfs.mounts[n].source, "/a");
	expect_mount(&spec, n + 1, "bind", "/d", MS_BIND | MS_REC | MS_PRIVATE, "");
	assert_int_equal(spec.rootfs.mount_count, n + 2);

	assert_int_equal(spec.rootfs.device_count, 1);
	assert_int_equal(spec.rootfs.devices[0].major, 5);
	assert_int_equal(spec.rootfs.devices[0].minor, 0);
	assert_int_equal(spec.rootfs.devices[0].file_mode, 0666);
	assert_int_equal(spec.cgroup.allowed_device_count, 1);
	assert_int_equal(spec.cgroup.allowed_devices[0].major, -1);
	assert_int_equal(spec.cgroup.allowed_devices[0].minor, 3);
	assert_string_equal(spec.cgroup.allowed_devices[0].permissions, "m");
	assert_int_equal(spec.cgroup.memory_swap, 150);
	spec_release(&spec);
}

static void test_aliases(void **state)
{
	static const char *const texts[] = {
		"{'rootfs': '/r', 'readonlyfs': true, 'namespaces': {'NEWNS': true}}",
		"{'root_fs': '/r', 'readonly_fs': true, 'namespaces': {'NEWNS': true}}",
		"{'rootfs': '/r', 'mount_config': {'readonlyfs': true}, 'namespaces': {'NEWNS': true}}",
		"{'root_fs': '/r', 'mount_config': {'readonly_fs': true}}",
		"{'root_fs': '/r', 'readonly_fs': true, 'console': ''," TYPED "}",
		"{'rootfs': '/r', 'readonlyfs': true, 'console': ''}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct spec spec = load(texts[i]);

		assert_string_equal(spec.rootfs.path, "/r");
		assert_true(spec.rootfs.readonly);
		assert_true(spec.loose_rootfs);
		spec_release(&spec);
	}
}

/* Keep lists came with everything else dropped, also for who names none. */
static void test_context_bare(void **state)
{
	struct spec spec = load("{'namespaces': {'NEWNS': true}}");

	(void)state;
	expect_caps(&spec, 0);
	assert_int_equal(spec.rootfs.device_count, 0);
	assert_null(spec.rootfs.readonly_paths);
	assert_null(spec.rootfs.masked_paths);
	assert_null(spec.rootfs.path);
	assert_false(spec.cgroup.present);
	spec_release(&spec);
	spec = load(
		"{'namespaces': {'NEWNS': true}, 'capabilities': [], 'capabilities_mask': {'KILL': false}}");
	expect_caps(&spec, 0);
	spec_release(&spec);
	spec = load("{'namespaces': {'NEWNS': true}, 'context': {'restrictions': ''}}");
	assert_null(spec.rootfs.readonly_paths);
	spec_release(&spec);
}

/* --- B --- */

static void test_mount_config(void **state)
{
	struct spec spec = load(
		"{'mount_config': {'no_pivot_root': false, 'pivot_dir': 'old', 'readonly_fs': true,"
		"'mount_label': 'a:b:c', 'mounts': [{'type': 'tmpfs', 'destination': '/tmp', 'source': 'any'},"
		"{'type': 'bind', 'source': '/a', 'destination': '/b', 'slave': true},"
		"{'type': 'bind', 'source': '/a', 'destination': '/c', 'slave': true, 'private': true, 'writable': true}],"
		"'device_nodes': [{'type': 99, 'path': '/dev/null', 'major_number': 1, 'minor_number': 3, 'uid': 1, 'gid': 2}]},"
		"'root_fs': '/r', 'restrict_sys': true, 'tty': true, 'user': 'daemon',"
		"'namespaces': [{'type': 'NEWNS'}, {'type': 'NEWPID'}, {'type': 'NEWNET', 'path': '/n'}, {'type': 'NEWIPC', 'path': ''}],"
		"'capabilities': ['CHOWN', 'no such'], 'additional_groups': [5, 29],"
		"'rlimits': [{'type': 7, 'hard': 999, 'soft': 998}],"
		"'cgroups': {'parent': 'docker', 'cpuset_mems': '0', 'blkio_weight': 100, 'memory_swap': -1, 'memory': 5}}");
	size_t n;

	(void)state;
	assert_true(spec.loose_rootfs);
	assert_string_equal(spec.rootfs.path, "/r");
	assert_string_equal(spec.pivot_dir, "/old");
	assert_true(spec.rootfs.readonly && spec.rootfs.private_propagation);
	assert_string_equal(spec.rootfs.mount_label, "a:b:c");
	assert_true(spec.process.terminal);
	assert_string_equal(spec.process.user, "daemon");
	expect_namespaces(&spec, "NS PID NET=/n IPC");
	expect_caps(&spec, CAP(CHOWN));
	expect_words(spec.additional_groups, "5 29");
	assert_int_equal(spec.rlimit_count, 1);
	assert_int_equal(spec.rlimits[0].soft, 998);
	expect_words(spec.rootfs.readonly_paths,
		     "/proc/sys /proc/sysrq-trigger /proc/irq /proc/bus");
	expect_words(spec.rootfs.masked_paths, "/proc/kcore");
	assert_string_equal(spec.cgroup.cpuset_mems, "0");
	assert_int_equal(spec.cgroup.blkio_weight, 100);
	assert_int_equal(spec.cgroup.memory_swap, 0);

	n = expect_late_mounts(&spec, MS_RDONLY);
	expect_mount(&spec, n, "tmpfs", "/tmp", STRICT, "");
	expect_mount(&spec, n + 1, "bind", "/b", MS_BIND | MS_REC | MS_RDONLY | MS_SLAVE, "");
	expect_mount(&spec, n + 2, "bind", "/c", MS_BIND | MS_REC | MS_PRIVATE, "");
	assert_int_equal(spec.rootfs.mount_count, n + 3);
	assert_int_equal(spec.rootfs.devices[0].gid, 2);
	spec_release(&spec);
}

static void test_mount_config_spellings(void **state)
{
	static const struct {
		const char *text, *namespaces;
	} cases[] = {
		{ "{'mount_config': {}, 'namespaces': {'NEWNS': true, 'NEWIPC': true}, 'ipc': '/i'}",
		  "NS IPC=/i" },
		{ "{'mount_config': {}, 'namespaces': {'NEWNS': true, 'NEWIPC': false}, 'ipc': '/i'}",
		  "NS IPC=/i" },
		{ "{'mount_config': {}, 'namespaces': {'NEWNS': true, 'NEWFUN': true}, 'ipc': ''}",
		  "NS" },
		{ "{'mount_config': {}, 'namespaces': [{'name': 'NEWNS'}, {'name': 'NEWUTS', 'path': '/u'}]}",
		  "NS UTS=/u" },
		{ "{'mount_config': {}, 'namespaces': [{'type': 'NEWNS', 'name': 'NEWUTS'}]}",
		  "NS" },
		{ "{'mount_config': {}, 'namespaces': null}", "" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct spec spec = load(cases[i].text);

		expect_namespaces(&spec, cases[i].namespaces);
		spec_release(&spec);
	}
}

/* The one day on which both were there. */
static void test_mount_config_context(void **state)
{
	struct spec spec =
		load("{'mount_config': {'mount_label': 'm'}, 'namespaces': {'NEWNS': true},"
		     "'context': {'mount_label': 'c', 'restrictions': 'true'}}");

	(void)state;
	assert_string_equal(spec.rootfs.mount_label, "m");
	expect_late_mounts(&spec, MS_RDONLY);
	expect_words(spec.rootfs.masked_paths, "/proc/kcore");
	spec_release(&spec);
	spec = load("{'mount_config': {}, 'context': {'mount_label': 'c'}}");
	assert_string_equal(spec.rootfs.mount_label, "c");
	expect_late_mounts(&spec, 0);
	assert_null(spec.rootfs.readonly_paths);
	spec_release(&spec);
}

/* --- C0 --- */

static void test_flat(void **state)
{
	struct spec spec = load(
		"{'restrict_sys': true, 'environment': ['A=b'], 'tty': true, 'user': 'daemon',"
		"'namespaces': [{'type': 'NEWNS'}], 'capabilities': ['KILL'], 'mask_paths': ['/x'],"
		"'mounts': [{'type': 'tmpfs', 'destination': '/tmp'},"
		"{'device': 'sysfs', 'source': 'sysfs', 'destination': '/sys', 'flags': 14},"
		"{'type': 'bind', 'source': '/a', 'destination': '/b', 'writable': true}],"
		"'devices': [{'type': 99, 'path': '/dev/null', 'major': 1, 'minor': 3, 'permissions': 'rwm'}],"
		"'device_nodes': [{'type': 99, 'path': '/dev/zero', 'major_number': 1, 'minor_number': 5}],"
		"'cgroups': {'memory': 10}}");

	(void)state;
	expect_caps(&spec, CAP(KILL));
	expect_words(spec.process.env, "A=b");
	assert_true(spec.process.terminal);
	/* /sys is the config's own. */
	expect_mount(&spec, 4, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=620,gid=5");
	expect_mount(&spec, 5, "tmpfs", "/tmp", STRICT, "");
	expect_mount(&spec, 6, "sysfs", "/sys", STRICT, "");
	expect_mount(&spec, 7, "bind", "/b", MS_BIND | MS_REC, "");
	assert_int_equal(spec.rootfs.mount_count, 8);
	assert_int_equal(spec.rootfs.device_count, 2);
	assert_string_equal(spec.rootfs.devices[1].path, "/dev/zero");
	expect_words(spec.rootfs.masked_paths, "/x /proc/kcore");
	assert_int_equal(spec.cgroup.memory_swap, 20);
	assert_true(spec.loose_rootfs);
	spec_release(&spec);
}

/* Mid-2015 has no fixed mounts, and what is no key of it does nothing. */
static void test_mid_2015(void **state)
{
	struct spec spec = load("{'rootfs': '/r', 'environment': ['A=b'], 'tty': true,"
				"'cgroups': {'memory': 10}}");

	(void)state;
	assert_int_equal(spec.rootfs.mount_count, 0);
	assert_null(spec.process.env);
	assert_false(spec.process.terminal);
	assert_false(spec.loose_rootfs);
	assert_int_equal(spec.cgroup.memory_swap, 0);
	spec_release(&spec);
}

static void test_swap(void **state)
{
	static const struct {
		const char *cgroups;
		int64_t swap;
	} cases[] = {
		{ "{}", 0 },
		{ "{'memory': 1000}", 2000 },
		{ "{'memory': 1000, 'memory_swap': 0}", 2000 },
		{ "{'memory': 1000, 'memory_swap': -1}", 0 },
		{ "{'memory': 1000, 'memory_swap': 1500}", 1500 },
		{ "{'memory_swap': 1500}", 1500 },
		{ "{'memory': -1}", 0 },
		{ "{'memory': 9223372036854775807}", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		for (int late = 0; late < 2; late++) {
			_cleanup_free_ char *text =
				str_format("{'namespaces': {'NEWNS': true}, %s 'cgroups': %s}",
					   late ? "'mount_config': {}," : "", cases[i].cgroups);
			struct spec spec = load(text);

			assert_int_equal(spec.cgroup.memory_swap, cases[i].swap);
			spec_release(&spec);
		}
	}
}

/* Keys match whatever their case, and unknown ones are passed over. */
static void test_caseless(void **state)
{
	struct spec spec = load("{'Namespaces': {'NEWNS': true}, 'ReadOnly_FS': true, 'no_such': 1,"
				"'Context': {'Restrictions': 'x', 'no_such': 'x'}}");

	(void)state;
	assert_true(spec.rootfs.readonly);
	expect_words(spec.rootfs.masked_paths, "/proc/kcore");
	spec_release(&spec);
}

/* --- Bad input: the whole line --- */

/* clang-format off */
static const struct {
	const char *text, *line;
} bad[] = {
	{ "{" NS ", 'hostname': 1}", "c:1:45: hostname: expected a string, found the number 1" },
	{ "{" NS ", 'user': 1}", "c:1:41: user: expected a string, found the number 1" },
	{ "{" NS ", 'working_dir': []}", "c:1:48: working_dir: expected a string, found an array" },
	{ "{" NS ", 'environment': {}}", "c:1:48: environment: expected an array of strings, found an object" },
	{ "{" NS ", 'environment': ['A=b', 'C']}", "c: environment[1]: invalid environment 'C': expected NAME=VALUE" },
	{ "{" NS ", 'tty': 'yes'}", "c:1:40: tty: expected true or false, found a string \"yes\"" },
	{ "{" NS ", 'readonly_fs': 1}", "c:1:48: readonly_fs: expected true or false, found the number 1" },
	{ "{" NS ", 'no_pivot_root': 1}", "c:1:50: no_pivot_root: expected true or false, found the number 1" },
	{ "{'namespaces': {'NEWNS': 1}}", "c:1:26: namespaces.NEWNS: expected true or false, found the number 1" },
	{ "{'mount_config': {}, 'namespaces': 1}", "c:1:36: namespaces: expected a list, or an object of names and booleans" },
	{ "{'namespaces': ['NEWNS', 1]}", "c:1:26: namespaces[1]: expected an object, found the number 1" },
	{ "{'namespaces': [{'type': 'NEWNS'}, {}]}", "c:1:36: namespaces[1]: the key 'type' is missing" },
	{ "{'namespaces': [{'type': 'NEWNS'}, {'type': 'x'}]}", "c:1:36: namespaces[1]: no kind of namespace is called 'x'" },
	{ "{'namespaces': [{'name': 'x'}]}", "c:1:17: namespaces[0]: no kind of namespace is called 'x'" },
	{ "{'namespaces': [{'key': 'NEWNS', 'enabled': 1}]}", "c:1:45: namespaces[0].enabled: expected true or false, found the number 1" },
	{ "{" NS ", 'capabilities': {}}", "c:1:49: capabilities: expected a list of capability names" },
	{ "{" NS ", 'capabilities': [1]}", "c:1:50: capabilities[0]: expected a string, found the number 1" },
	{ "{" NS ", 'capabilities_mask': 1}", "c:1:54: capabilities_mask: expected a list of capability names" },
	{ "{" NS ", 'capabilities_mask': {'KILL': 1}}", "c:1:63: capabilities_mask.KILL: expected true or false, found the number 1" },
	{ "{'namespaces': ['NEWNS'], 'capabilities': 'KILL'}", "c:1:43: capabilities: expected a list of capability names" },
	{ "{'capabilities_mask': [{'key': 'KILL'}, {}]}", "c:1:41: capabilities_mask[1]: the key 'key' is missing" },
	{ "{'namespaces': ['NEWNS'], 'capabilities': [], 'capabilities_mask': []}", "c:1:47: capabilities_mask: duplicate key (the same as 'capabilities')" },
	{ "{" NS ", 'context': []}", "c:1:44: context: expected an object, found an array" },
	{ "{" NS ", 'context': {'restrictions': true}}", "c:1:61: context.restrictions: expected a string, found true" },
	{ "{" NS ", 'context': {'mount_label': 1}}", "c:1:60: context.mount_label: expected a string, found the number 1" },
	{ "{" NS ", 'mounts': {}}", "c:1:43: mounts: expected a list of mounts" },
	{ "{" NS ", 'mounts': [1]}", "c:1:44: mounts[0]: expected an object, found the number 1" },
	{ "{" NS ", 'mounts': [{'type': 'bind', 'writable': 1}]}", "c:1:73: mounts[0].writable: expected true or false, found the number 1" },
	{ "{" NS ", 'mounts': [{'type': 'bind', 'source': 1}]}", "c:1:71: mounts[0].source: expected a string, found the number 1" },
	{ "{" NS ", 'device_nodes': 1}", "c:1:49: device_nodes: expected a list of devices, or an object of 'required' and 'optional'" },
	{ "{" NS ", 'device_nodes': [{'path': '/dev/x'}]}", "c:1:50: device_nodes[0]: the key 'type' is missing" },
	{ "{" NS ", 'device_nodes': [{'type': 99, 'major_number': 1, 'major': 1}]}", "c:1:82: device_nodes[0].major: duplicate key (the same as 'major_number')" },
	{ "{" NS ", 'device_nodes': {'required': 'null'}}", "c:1:62: device_nodes.required: expected a list of names in /dev" },
	{ "{'required_device_nodes': ['null', 'no-such']}", "c:1:36: required_device_nodes[1]: the host's device '/dev/no-such': No such file or directory" },
	{ "{'required_device_nodes': ['']}", "c:1:28: required_device_nodes[0]: the name of a device is empty" },
	{ "{'optional_device_nodes': ['../etc/passwd']}", "c:1:28: optional_device_nodes[0]: the host's device '/dev/../etc/passwd': Invalid cross-device link" },
	{ "{'optional_device_nodes': ['.']}", "c:1:28: optional_device_nodes[0]: the host's '/dev/.' is not a device" },
	{ "{'optional_device_nodes': [1]}", "c:1:28: optional_device_nodes[0]: expected a string, found the number 1" },
	{ "{'command': {'args': 'sh'}}", "c:1:22: command.args: expected an array of strings, found a string \"sh\"" },
	{ "{'command': {'environment': ['x']}}", "c: command.environment[0]: invalid environment 'x': expected NAME=VALUE" },
	{ "{'network': {'ip': 'x'}}", "c:1:20: network.ip: x: expected ADDRESS/PREFIX, as in 172.17.0.2/16" },
	{ "{'network': {'ip': '10.0.0.1/8', 'address': '10.0.0.1/8'}}", "c:1:34: network.address: duplicate key (the same as 'ip')" },
	{ "{'command': {}, 'cgroup_name': 'x', 'cgroups': {}}", "c: cgroups: its keys stand at the top as well, as they did before there was an object" },
	{ "{'mount_config': {'mounts': [{'destination': '/x'}]}}", "c:1:30: mount_config.mounts[0]: the key 'type' is missing" },
	{ "{'mount_config': {'mounts': [{'type': 'devtmpfs', 'destination': '/x'}]}}", "c:1:30: mount_config.mounts[0]: mounts of type 'devtmpfs' are not supported: bind or tmpfs" },
	{ "{'mount_config': {'pivot_dir': 1}}", "c:1:32: mount_config.pivot_dir: expected a string, found the number 1" },
	{ "{'mount_config': {'readonly_fs': 1}}", "c:1:34: mount_config.readonly_fs: expected true or false, found the number 1" },
	{ "{'mount_config': {'no_pivot_root': 1}}", "c:1:36: mount_config.no_pivot_root: expected true or false, found the number 1" },
	{ "{'mount_config': {'device_nodes': 1}}", "c:1:35: mount_config.device_nodes: expected a list of devices, or an object of 'required' and 'optional'" },
	{ "{'mount_config': {'mount_label': 1}}", "c:1:34: mount_config.mount_label: expected a string, found the number 1" },
	{ "{" TYPED ", 'root_fs': 1}", "c:1:48: root_fs: expected a string, found the number 1" },
	{ "{'mount_config': {}, 'restrict_sys': 1}", "c:1:38: restrict_sys: expected true or false, found the number 1" },
	{ "{'mount_config': {}, 'ipc': 1}", "c:1:29: ipc: expected a string, found the number 1" },
	{ "{'rootfs': '/r', 'console': '/dev/pts/1'}", "c: console: a terminal is not given by its path; see 'tty'" },
	{ "{'rootfs': '/r', 'restrict_sys': true, 'capabilities': ['x']}", "c:1:57: capabilities[0]: unknown capability 'x'" },
	{ "{'rootfs': '/r', 'root_fs': '/r', 'namespaces': {'NEWNS': true}}", "c:1:18: root_fs: duplicate key (the same as 'rootfs')" },
};
/* clang-format on */

static void test_bad(void **state)
{
	static const struct spec zero;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		struct err err = { 0 };
		struct spec spec;
		int ret = try_load(bad[i].text, &spec, &err);

		if (ret < 0 && !strcmp(err.text, bad[i].line)) {
			assert_memory_equal(&spec, &zero, sizeof(zero));
			continue;
		}
		failed++;
		print_error("%s\n  expected: %s\n  got:      %d %s\n", bad[i].text, bad[i].line,
			    ret, err.text);
		if (ret == 0)
			spec_release(&spec);
	}
	assert_int_equal(failed, 0);
}

/* --- What was passed over in silence is warned of --- */

static void expect_warning(const char *text, const char *line)
{
	char path[] = "/tmp/ctrnet-test-XXXXXX", got[512] = "";
	struct err err;
	struct spec spec;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(log_open(path, LOG_JSON, false, &err), 0);
	spec = load(text);
	spec_release(&spec);
	assert_int_equal(log_open("/dev/null", LOG_TEXT, false, &err), 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	close(fd);
	unlink(path);
	assert_non_null(strstr(got, line));
}

static void test_warnings(void **state)
{
	(void)state;
	expect_warning(
		"{'namespaces': {'NEWFUN': true}}",
		"c:1:27: namespaces.NEWFUN: no kind of namespace is called 'NEWFUN'; it is ignored");
	expect_warning(
		"{'namespaces': ['NEWFUN']}",
		"c:1:17: namespaces[0]: no kind of namespace is called 'NEWFUN'; it is ignored");
	expect_warning("{'namespaces': {}, 'capabilities': ['NO_SUCH']}",
		       "c:1:37: capabilities[0]: unknown capability 'NO_SUCH'; it is ignored");
	expect_warning(
		"{'rootfs': '/r', 'mount_config': {}}",
		"c: mount_config is ignored: other keys are of the format after that which had it");
	expect_warning("{'capabilities_mask': {'NO_SUCH': false}}",
		       "unknown capability 'NO_SUCH'; it is ignored");
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	return log_open("/dev/null", LOG_TEXT, false, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_first_days),
		cmocka_unit_test(test_first_privileged),
		cmocka_unit_test(test_first_parts),
		cmocka_unit_test(test_first_network),
		cmocka_unit_test(test_first_cgroup),
		cmocka_unit_test(test_mask_list),
		cmocka_unit_test(test_mask_object),
		cmocka_unit_test(test_device_names),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_context_bare),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_mount_config),
		cmocka_unit_test(test_mount_config_spellings),
		cmocka_unit_test(test_mount_config_context),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_mid_2015),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_caseless),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
