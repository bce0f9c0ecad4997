// SPDX-License-Identifier: Apache-2.0
/* Reading hosts of all kinds out of mountinfo and /proc/1/cgroup, and choosing directories there. */
#include "cgroup/cgroup.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A systemd host with merged controllers, as Debian 10 was. */
static const char v1_mounts[] =
	"25 30 0:23 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
	"28 25 0:25 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755\n"
	"29 28 0:26 / /sys/fs/cgroup/systemd rw,relatime shared:10 - cgroup cgroup rw,xattr,name=systemd\n"
	"33 28 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
	"34 28 0:31 / /sys/fs/cgroup/net_cls,net_prio rw shared:16 - cgroup cgroup rw,net_cls,net_prio\n"
	"35 28 0:32 / /sys/fs/cgroup/memory rw,relatime shared:17 - cgroup cgroup rw,memory\n"
	"36 28 0:33 / /sys/fs/cgroup/cpuset rw,relatime shared:18 - cgroup cgroup rw,cpuset\n"
	"90 30 0:32 /docker/abc /var/lib/box/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
static const char v1_cgroups[] = "11:memory:/init.scope\n"
				 "9:cpu,cpuacct:/init.scope\n"
				 "7:net_cls,net_prio:/\n"
				 "6:pids:/init.scope\n"
				 "3:cpuset:/\n"
				 "1:name=systemd:/init.scope\n";

static const char hybrid_mounts[] =
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
	"33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
	"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char hybrid_cgroups[] = "9:name=systemd:/\n"
				     "4:memory:/\n"
				     "2:cpuacct:/\n"
				     "1:cpu:/\n"
				     "0::/\n";

static const char v2_mounts[] =
	"24 30 0:22 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
	"rw,nsdelegate,memory_recursiveprot\n";

/* Docker in docker on v1 without a cgroup namespace: the mounts show /docker/c0ffee only. */
static const char dind_mounts[] =
	"700 690 0:30 /docker/c0ffee /sys/fs/cgroup/cpu,cpuacct ro master:15 - cgroup cgroup rw,cpu,cpuacct\n"
	"701 690 0:32 /docker/c0ffee /sys/fs/cgroup/memory ro master:17 - cgroup cgroup rw,memory\n"
	"702 690 0:33 /docker/c0ffee /sys/fs/cgroup/pids\\040ids ro master:19 - cgroup cgroup rw,pids\n";
static const char dind_cgroups[] = "11:memory:/docker/c0ffee/inner\n"
				   "9:cpu,cpuacct:/docker/c0ffee\n"
				   "6:pids:/docker/c0ffee2\n";

static void parse(const char *mounts, const char *cgroups, struct cgroup_host *host)
{
	struct err err = { 0 };

	assert_int_equal(cgroup_host_parse(mounts, cgroups, host, &err), 0);
}

/* Hierarchy @i is @controllers at @mount with @base. */
static void assert_hierarchy(const struct cgroup_host *h, size_t i, const char *controllers,
			     const char *mount, const char *base, bool v2)
{
	assert_in_range(i, 0, h->count - 1);
	assert_string_equal(h->hierarchies[i].controllers, controllers);
	assert_string_equal(h->hierarchies[i].mount, mount);
	assert_string_equal(h->hierarchies[i].base, base);
	assert_int_equal(h->hierarchies[i].v2, v2);
}

static void test_v1(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };

	(void)state;
	parse(v1_mounts, v1_cgroups, &h);
	assert_int_equal(h.mode, CGROUP_V1);
	assert_int_equal(h.count, 5); /* pids is not mounted */
	assert_hierarchy(&h, 0, "memory", "/sys/fs/cgroup/memory", "/", false);
	assert_hierarchy(&h, 1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/", false);
	assert_hierarchy(&h, 2, "net_cls,net_prio", "/sys/fs/cgroup/net_cls,net_prio", "/", false);
	assert_hierarchy(&h, 4, "name=systemd", "/sys/fs/cgroup/systemd", "/", false);
}

static void test_hybrid(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };

	(void)state;
	parse(hybrid_mounts, hybrid_cgroups, &h);
	assert_int_equal(h.mode, CGROUP_HYBRID);
	assert_int_equal(h.count, 5);
	assert_hierarchy(&h, 1, "memory", "/sys/fs/cgroup/memory", "/", false);
	assert_hierarchy(&h, 4, "", "/sys/fs/cgroup/unified", "/", true);
}

static void test_v2(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };

	(void)state;
	parse(v2_mounts, "0::/init.scope\n", &h);
	assert_int_equal(h.mode, CGROUP_V2);
	assert_int_equal(h.count, 1);
	assert_hierarchy(&h, 0, "", "/sys/fs/cgroup", "/", true);
}

/* A container with a cgroup namespace of its own, and one whose mount is of another namespace. */
static void test_v2_container(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };
	_cleanup_(cgroup_host_release) struct cgroup_host outside = { 0 };

	(void)state;
	parse("9 8 0:22 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n", "0::/\n", &h);
	assert_hierarchy(&h, 0, "", "/sys/fs/cgroup", "/", true);
	parse("9 8 0:22 /../../user.slice /mnt rw - cgroup2 none rw\n", "0::/../..\n", &outside);
	assert_hierarchy(&outside, 0, "", "/mnt", "/", true);
}

static void test_docker_in_docker(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };

	(void)state;
	parse(dind_mounts, dind_cgroups, &h);
	assert_int_equal(h.mode, CGROUP_V1);
	assert_hierarchy(&h, 0, "memory", "/sys/fs/cgroup/memory", "/inner", false);
	assert_hierarchy(&h, 1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/", false);
	/* A sibling whose name begins alike is outside; the mountpoint has a space. */
	assert_hierarchy(&h, 2, "pids", "/sys/fs/cgroup/pids ids", "/", false);
}

/* Only systemd's own hierarchy on v1, controllers on v2: a v2 host. */
static void test_systemd_v1_only(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };

	(void)state;
	parse("1 2 0:1 / /c/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	      "1 2 0:2 / /c/unified rw - cgroup2 cgroup2 rw\n",
	      "1:name=systemd:/init.scope\n0::/init.scope\n", &h);
	assert_int_equal(h.mode, CGROUP_V2);
}

static void test_none(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };
	const struct cgroup_spec spec = { .present = true };
	struct cgroup_place place = { 0 };
	struct err err = { 0 };

	(void)state;
	parse("25 30 0:23 / /sys rw - sysfs sysfs rw\n", "0::/\n", &h);
	assert_int_equal(h.mode, CGROUP_NONE);
	assert_int_equal(cgroup_place(&spec, &h, "box", &place, &err), -ENODEV);
	assert_string_equal(err.text, "cgroups: no cgroup file system is mounted");
}

static void test_malformed(void **state)
{
	struct cgroup_host h = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_host_parse(v2_mounts, "nonsense\n", &h, &err), -EINVAL);
	assert_string_equal(err.text, "/proc/1/cgroup: cannot read 'nonsense'");
	assert_null(h.hierarchies);
	/* Lines of mountinfo that are cut short are passed over. */
	parse("9 8 0:22 / - cgroup2 x rw\n9 8 - cgroup2\n - cgroup2 a b\n", "0::/\n", &h);
	assert_int_equal(h.count, 0);
	cgroup_host_release(&h);
}

static void test_this_machine(void **state)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_host_read(&h, &err), 0);
	for (size_t i = 0; i < h.count; i++)
		assert_true(h.hierarchies[i].mount[0] == '/' && h.hierarchies[i].base[0] == '/');
}

static void place_on(const char *mounts, const char *cgroups, const struct cgroup_spec *spec,
		     struct cgroup_place *place)
{
	_cleanup_(cgroup_host_release) struct cgroup_host h = { 0 };
	struct err err = { 0 };

	parse(mounts, cgroups, &h);
	assert_int_equal(cgroup_place(spec, &h, "box", place, &err), 0);
}

static void test_place_relative(void **state)
{
	const struct cgroup_spec spec = { .present = true,
					  .parent = (char *)"a//b/",
					  .name = (char *)"n" };
	_cleanup_(cgroup_place_release) struct cgroup_place p = { 0 };

	(void)state;
	place_on(dind_mounts, dind_cgroups, &spec, &p);
	assert_int_equal(p.count, 3);
	assert_string_equal(p.dirs[0].path, "/sys/fs/cgroup/memory/inner/a/b/n");
	assert_string_equal(p.dirs[1].path, "/sys/fs/cgroup/cpu,cpuacct/a/b/n");
}

static void test_place_absolute(void **state)
{
	const struct cgroup_spec spec = { .present = true, .parent = (char *)"/a" };
	_cleanup_(cgroup_place_release) struct cgroup_place p = { 0 };

	(void)state;
	place_on(dind_mounts, dind_cgroups, &spec, &p);
	assert_string_equal(p.dirs[0].path, "/sys/fs/cgroup/memory/a/box");
}

/* Not name=systemd; v2 last. */
static void test_place_hybrid(void **state)
{
	const struct cgroup_spec spec = { .present = true };
	_cleanup_(cgroup_place_release) struct cgroup_place p = { 0 };

	(void)state;
	place_on(hybrid_mounts, hybrid_cgroups, &spec, &p);
	assert_int_equal(p.count, 4);
	assert_string_equal(p.dirs[0].path, "/sys/fs/cgroup/memory/box");
	assert_string_equal(p.dirs[3].path, "/sys/fs/cgroup/unified/box");
	assert_true(p.dirs[3].v2);
}

static void test_place_absent(void **state)
{
	const struct cgroup_spec spec = { 0 };
	_cleanup_(cgroup_place_release) struct cgroup_place p = { 0 };

	(void)state;
	place_on(hybrid_mounts, hybrid_cgroups, &spec, &p);
	assert_int_equal(p.count, 0);
}

/* The place goes through the state file and back. */
static void test_place_json(void **state)
{
	const struct cgroup_spec spec = { .present = true };
	_cleanup_(cgroup_place_release) struct cgroup_place p = { 0 }, back = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	struct err err = { 0 };
	FILE *f = open_memstream(&text, &len);

	(void)state;
	place_on(hybrid_mounts, hybrid_cgroups, &spec, &p);
	assert_int_equal(json_encode(&cgroup_place_schema, &p, f, &err), 0);
	fclose(f);
	assert_int_equal(json_decode(&cgroup_place_schema, &back, text, len, "state", &err), 0);
	assert_int_equal(back.count, p.count);
	for (size_t i = 0; i < p.count; i++) {
		assert_string_equal(back.dirs[i].path, p.dirs[i].path);
		assert_string_equal(back.dirs[i].controllers, p.dirs[i].controllers);
		assert_int_equal(back.dirs[i].v2, p.dirs[i].v2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_v2),
		cmocka_unit_test(test_v2_container),
		cmocka_unit_test(test_docker_in_docker),
		cmocka_unit_test(test_systemd_v1_only),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_place_relative),
		cmocka_unit_test(test_place_absolute),
		cmocka_unit_test(test_place_hybrid),
		cmocka_unit_test(test_place_absent),
		cmocka_unit_test(test_place_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
