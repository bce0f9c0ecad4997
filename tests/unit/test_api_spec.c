// SPDX-License-Identifier: Apache-2.0
/* Configs that are structs: each key of the table arrives, and what is wrong with one is said as of the key. */
#include "cgroup/config.h"
#include "container/api.h"
#include "lib/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static const char *const words[] = { "CHOWN", "KILL", NULL };
static const char *const paths[] = { "/proc/kcore", "/proc/keys", NULL };
static const char *const groups[] = { "audio", "77", NULL };
static const struct ctrnet_namespace namespaces[] = { { "NEWNS", NULL },
						      { "NEWNET", "/proc/1/ns/net" },
						      { "NEWUTS", "" } };
static const struct ctrnet_command commands[] = { { "/bin/touch", words, paths, "/tmp" } };
static const struct ctrnet_mount mounts[] = {
	{ "/src", "/dst", "bind", 4096, "data", "z", commands, 1, commands, 1 },
	{ "proc", "/proc", "proc", 14, NULL, NULL, NULL, 0, NULL, 0 },
};
static const struct ctrnet_device devices[] = { { 'c', "/dev/x", 1, 3, 0600, 7, 8 },
						{ 'b', "/dev/y", 7, 0, 0, 0, 0 } };
static const struct ctrnet_device_rule rules[] = { { 'c', -1, -1, "m" }, { 'a', 5, 0, "rwm" } };
static const struct ctrnet_pair addresses[] = { { "addresses", "[\"10.9.9.9/32\"]" } };
static const struct ctrnet_network networks[] = {
	{ "loopback", NULL, NULL, NULL, "127.0.0.1/0", "localhost", NULL, NULL, 0, 0, NULL, false,
	  NULL, 0 },
	{ "veth", "eth0", "br0", "02:00:00:00:00:01", "10.1.1.2/24", "10.1.1.1", "fd00::2/64",
	  "fd00::1", 1400, 5, "vh0", true, addresses, 1 },
};
static const struct ctrnet_route routes[] = { { "0.0.0.0/0", "10.1.1.2", "10.1.1.1", "eth0" } };
static const struct ctrnet_rlimit rlimits[] = { { RLIMIT_NOFILE, 1025, 1024 } };
static const struct ctrnet_id_mapping uids[] = { { 0, 1000, 10 } }, gids[] = { { 0, 2000, 20 } };
static const struct ctrnet_pair sysctls[] = { { "kernel.shmmni", "8192" },
					      { "net.ipv4.ip_forward", "1" } };
static const struct ctrnet_pair offsets[] = { { "time_offsets",
						"{\"boottime\": {\"secs\": 60}}" } };
static const struct ctrnet_block_limit blocks[] = { { 8, 0, 100 }, { 8, 16, 200 } };
static const struct ctrnet_hugetlb_limit pages[] = { { "2MB", 1 << 21 } };
static const struct ctrnet_interface_priority priorities[] = { { "eth0", 3 } };
static const struct ctrnet_pair files[] = { { "memory.high", "1000000" } };
static const struct ctrnet_seccomp_arg args[] = { { 1, 5, 6, 4 } };
static const struct ctrnet_seccomp_rule calls[] = { { 92, 1, args, 1 },
						    { 0, CTRNET_SECCOMP_KILL, NULL, 0 } };

static struct ctrnet_limits full_limits(void)
{
	struct ctrnet_limits l = CTRNET_LIMITS_INIT;

	l.memory = 1 << 20;
	l.memory_reservation = -1;
	l.memory_swap = 3 << 20;
	l.kernel_memory = 4 << 20;
	l.memory_high = 12;
	l.memory_low = 13;
	l.memory_min = -1;
	l.cpu_shares = 5;
	l.cpu_weight = 14;
	l.cpu_quota = -1;
	l.cpu_period = 7;
	l.cpu_burst = 15;
	l.cpu_rt_quota = 8;
	l.cpu_rt_period = 9;
	l.cpuset_cpus = "0";
	l.cpuset_mems = "1";
	l.pids_limit = 10;
	l.blkio_weight = 11;
	l.io_weight = 16;
	l.blkio_weight_device = l.blkio_throttle_read_bps_device =
		l.blkio_throttle_write_bps_device = l.blkio_throttle_read_iops_device =
			l.blkio_throttle_write_iops_device = blocks;
	l.blkio_weight_device_count = l.blkio_throttle_read_bps_device_count =
		l.blkio_throttle_write_bps_device_count = l.blkio_throttle_read_iops_device_count =
			l.blkio_throttle_write_iops_device_count = 2;
	l.oom_kill_disable = 1;
	l.memory_swappiness = 0;
	l.hugetlb_limit = pages;
	l.hugetlb_limit_count = 1;
	l.net_cls_classid = 0x100001;
	l.net_prio_ifpriomap = priorities;
	l.net_prio_ifpriomap_count = 1;
	l.unified = files;
	l.unified_count = 1;
	return l;
}

static struct ctrnet_cgroup full_cgroup(const struct ctrnet_limits *limits)
{
	struct ctrnet_cgroup g = CTRNET_CGROUP_INIT;

	g.name = "name";
	g.parent = "parent";
	g.slice = "slice";
	g.allow_all_devices = true;
	g.allowed_devices = g.denied_devices = rules;
	g.allowed_device_count = g.denied_device_count = 2;
	g.freezer = "FROZEN";
	g.limits = limits;
	return g;
}

static struct ctrnet_spec full_spec(const struct ctrnet_cgroup *cgroup,
				    const struct ctrnet_seccomp *seccomp)
{
	struct ctrnet_spec s = CTRNET_SPEC_INIT;

	s.rootfs = "/rootfs";
	s.readonlyfs = s.privatefs = s.no_pivot_root = s.no_new_privileges = true;
	s.pivot_dir = "pivot";
	s.hostname = "host";
	s.parent_death_signal = SIGTERM;
	s.namespaces = namespaces;
	s.namespace_count = 3;
	s.capabilities = words;
	s.mounts = mounts;
	s.mount_count = 2;
	s.devices = devices;
	s.device_count = 2;
	s.mask_paths = s.readonly_paths = paths;
	s.networks = networks;
	s.network_count = 2;
	s.routes = routes;
	s.route_count = 1;
	s.cgroups = cgroup;
	s.rlimits = rlimits;
	s.rlimit_count = 1;
	s.uid_mappings = uids;
	s.gid_mappings = gids;
	s.uid_mapping_count = s.gid_mapping_count = 1;
	s.additional_groups = groups;
	s.system_properties = sysctls;
	s.system_property_count = 2;
	s.apparmor_profile = "profile";
	s.process_label = "process";
	s.mount_label = "mount";
	s.seccomp = seccomp;
	s.more = offsets;
	s.more_count = 1;
	return s;
}

/* The same, as somebody wrote it by hand. */
static const char by_hand[] =
	"{\"rootfs\":\"/rootfs\",\"readonlyfs\":true,\"privatefs\":true,\"no_pivot_root\":true,"
	"\"no_new_privileges\":true,\"pivot_dir\":\"pivot\",\"hostname\":\"host\","
	"\"parent_death_signal\":15,"
	"\"namespaces\":[{\"type\":\"NEWNS\"},{\"type\":\"NEWNET\",\"path\":\"/proc/1/ns/net\"},"
	"{\"type\":\"NEWUTS\"}],\"capabilities\":[\"CHOWN\",\"KILL\"],"
	"\"mounts\":[{\"source\":\"/src\",\"destination\":\"/dst\",\"device\":\"bind\",\"flags\":4096,"
	"\"data\":\"data\",\"relabel\":\"z\",\"premount_cmds\":[{\"path\":\"/bin/touch\",\"args\":"
	"[\"CHOWN\",\"KILL\"],\"env\":[\"/proc/kcore\",\"/proc/keys\"],\"dir\":\"/tmp\"}],"
	"\"postmount_cmds\":[{\"path\":\"/bin/touch\",\"args\":[\"CHOWN\",\"KILL\"],\"env\":"
	"[\"/proc/kcore\",\"/proc/keys\"],\"dir\":\"/tmp\"}]},"
	"{\"source\":\"proc\",\"destination\":\"/proc\",\"device\":\"proc\",\"flags\":14}],"
	"\"devices\":[{\"type\":99,\"path\":\"/dev/x\",\"major\":1,\"minor\":3,\"file_mode\":384,"
	"\"uid\":7,\"gid\":8},{\"type\":98,\"path\":\"/dev/y\",\"major\":7,\"minor\":0}],"
	"\"mask_paths\":[\"/proc/kcore\",\"/proc/keys\"],"
	"\"readonly_paths\":[\"/proc/kcore\",\"/proc/keys\"],"
	"\"networks\":[{\"type\":\"loopback\",\"address\":\"127.0.0.1/0\",\"gateway\":\"localhost\"},"
	"{\"type\":\"veth\",\"name\":\"eth0\",\"bridge\":\"br0\","
	"\"mac_address\":\"02:00:00:00:00:01\",\"address\":\"10.1.1.2/24\",\"gateway\":\"10.1.1.1\","
	"\"ipv6_address\":\"fd00::2/64\",\"ipv6_gateway\":\"fd00::1\",\"mtu\":1400,\"txqueuelen\":5,"
	"\"host_interface_name\":\"vh0\",\"hairpin_mode\":true,\"addresses\":[\"10.9.9.9/32\"]}],"
	"\"routes\":[{\"destination\":\"0.0.0.0/0\",\"source\":\"10.1.1.2\",\"gateway\":\"10.1.1.1\","
	"\"interface_name\":\"eth0\"}],"
	"\"cgroups\":{\"name\":\"name\",\"parent\":\"parent\",\"slice\":\"slice\","
	"\"allow_all_devices\":true,"
	"\"allowed_devices\":[{\"type\":99,\"major\":-1,\"minor\":-1,\"permissions\":\"m\"},"
	"{\"type\":97,\"major\":5,\"minor\":0,\"permissions\":\"rwm\"}],"
	"\"denied_devices\":[{\"type\":99,\"major\":-1,\"minor\":-1,\"permissions\":\"m\"},"
	"{\"type\":97,\"major\":5,\"minor\":0,\"permissions\":\"rwm\"}],\"freezer\":\"FROZEN\","
	"\"memory\":1048576,\"memory_reservation\":-1,\"memory_swap\":3145728,"
	"\"kernel_memory\":4194304,\"memory_high\":12,\"memory_low\":13,"
	"\"memory_min\":-1,\"cpu_shares\":5,\"cpu_weight\":14,\"cpu_quota\":-1,\"cpu_period\":7,\"cpu_burst\":15,"
	"\"cpu_rt_quota\":8,\"cpu_rt_period\":9,\"cpuset_cpus\":\"0\",\"cpuset_mems\":\"1\","
	"\"pids_limit\":10,\"blkio_weight\":11,\"io_weight\":16,"
	"\"blkio_weight_device\":[\"8:0 100\",\"8:16 200\"],"
	"\"blkio_throttle_read_bps_device\":[\"8:0 100\",\"8:16 200\"],"
	"\"blkio_throttle_write_bps_device\":[\"8:0 100\",\"8:16 200\"],"
	"\"blkio_throttle_read_iops_device\":[\"8:0 100\",\"8:16 200\"],"
	"\"blkio_throttle_write_iops_device\":[\"8:0 100\",\"8:16 200\"],"
	"\"oom_kill_disable\":true,\"memory_swappiness\":0,"
	"\"hugetlb_limit\":[{\"page_size\":\"2MB\",\"limit\":2097152}],"
	"\"net_cls_classid\":\"0x100001\","
	"\"net_prio_ifpriomap\":[{\"interface\":\"eth0\",\"priority\":3}],"
	"\"unified\":{\"memory.high\":\"1000000\"}},"
	"\"rlimits\":[{\"type\":7,\"hard\":1025,\"soft\":1024}],"
	"\"uid_mappings\":[{\"container_id\":0,\"host_id\":1000,\"size\":10}],"
	"\"gid_mappings\":[{\"container_id\":0,\"host_id\":2000,\"size\":20}],"
	"\"additional_groups\":[\"audio\",\"77\"],"
	"\"system_properties\":{\"kernel.shmmni\":\"8192\",\"net.ipv4.ip_forward\":\"1\"},"
	"\"apparmor_profile\":\"profile\",\"process_label\":\"process\",\"mount_label\":\"mount\","
	"\"time_offsets\":{\"boottime\":{\"secs\":60}}"
#ifdef CONFIG_SECCOMP
	",\"seccomp\":{\"default_action\":-2,\"syscalls\":[{\"value\":92,\"action\":1,\"args\":["
	"{\"index\":1,\"value\":5,\"value_two\":6,\"op\":4}]},{\"value\":0,\"action\":-3}]}"
#endif
	"}";

static char *json_of(const struct ctrnet_config *config)
{
	struct ctrnet_error error;
	char *text;

	assert_int_equal(ctrnet_config_json(config, CTRNET_FORMAT_LIBCONTAINER, &text, &error), 0);
	return text;
}

static void test_all_keys(void **state)
{
	struct ctrnet_limits limits = full_limits();
	struct ctrnet_cgroup cgroup = full_cgroup(&limits);
	struct ctrnet_seccomp seccomp = CTRNET_SECCOMP_INIT;
	struct ctrnet_spec spec = full_spec(&cgroup, NULL);
	struct ctrnet_config *made, *read;
	struct ctrnet_error error = { .text = "" };
	_cleanup_free_ char *made_text = NULL, *read_text = NULL;

	(void)state;
	seccomp.default_action = CTRNET_SECCOMP_TRAP;
	seccomp.syscalls = calls;
	seccomp.syscall_count = 2;
#ifdef CONFIG_SECCOMP
	spec.seccomp = &seccomp;
#endif
	ctrnet_config_make(&made, &spec, &error);
	assert_string_equal(error.text, "");
	ctrnet_config_parse(&read, by_hand, strlen(by_hand), "by_hand", &error);
	assert_string_equal(error.text, "");
	made_text = json_of(made);
	read_text = json_of(read);
	assert_string_equal(made_text, read_text);
	ctrnet_config_free(made);
	ctrnet_config_free(read);
}

static bool has_key(const struct json_schema *schema, const char *key)
{
	const struct json_field *f = schema->fields;

	while (f->key && strcmp(f->key, key) != 0)
		f++;
	return f->key != NULL;
}

/* Each key of the format is a member, or stands in `more`. */
static void test_no_key_forgotten(void **state)
{
	static const char *const elsewhere[] = {
		"time_offsets", "ignore_missing_lsm", "process", "seccomp", "rules", "dns", "hosts"
	};

	(void)state;
	for (const struct json_field *f = spec_schema.fields; f->key; f++) {
		bool known = (f->flags & JSON_ALIAS) || has_key(&api_spec_schema, f->key);

		for (size_t i = 0; i < array_size(elsewhere); i++)
			known |= !strcmp(elsewhere[i], f->key);
		if (!known)
			fail_msg("struct ctrnet_spec has no member for %s", f->key);
	}
	for (const struct json_field *f = cgroup_schema.fields; f->key; f++)
		if (!(f->flags & JSON_ALIAS) && !has_key(&api_cgroup_schema, f->key) &&
		    !has_key(&api_limits_schema, f->key))
			fail_msg("neither struct ctrnet_cgroup nor struct ctrnet_limits has %s",
				 f->key);
}

static void test_defaults(void **state)
{
	static const char nothing[] = "{\"readonlyfs\":false}", group[] = "{\"cgroups\":{},"
									  "\"readonlyfs\":false}";
	struct ctrnet_limits limits = CTRNET_LIMITS_INIT;
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_config *made[3], *read[2];

	(void)state;
	assert_int_equal(ctrnet_config_make(&made[0], &spec, NULL), 0);
	spec.cgroups = &cgroup;
	assert_int_equal(ctrnet_config_make(&made[1], &spec, NULL), 0);
	cgroup.limits = &limits;
	assert_int_equal(ctrnet_config_make(&made[2], &spec, NULL), 0);
	assert_int_equal(ctrnet_config_parse(&read[0], nothing, strlen(nothing), "a", NULL), 0);
	assert_int_equal(ctrnet_config_parse(&read[1], group, strlen(group), "b", NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *a = json_of(made[i]), *b = json_of(read[i > 0]);

		assert_string_equal(a, b);
		ctrnet_config_free(made[i]);
	}
	ctrnet_config_free(read[0]);
	ctrnet_config_free(read[1]);
}

/* The template is a config like any other: nothing that a program puts into it is lost, and its lists are constant. */
static void test_template(void **state)
{
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT, again = CTRNET_SPEC_INIT;
	struct ctrnet_config *config;

	(void)state;
	spec.readonlyfs = true;
	cgroup.name = "mine";
	ctrnet_template(&spec, &cgroup);
	ctrnet_template(&again, &cgroup);
	assert_int_equal(spec.size, sizeof(spec));
	assert_ptr_equal(spec.mounts, again.mounts);
	assert_true(spec.readonlyfs);
	assert_null(spec.rootfs);
	spec.rootfs = "/rootfs";
	assert_int_equal(ctrnet_config_make(&config, &spec, NULL), 0);
	assert_string_equal(config->spec.cgroup.name, "mine");
	assert_string_equal(config->spec.cgroup.parent, "nsinit");
	assert_int_equal(config->spec.rootfs.mount_count, 6);
	assert_int_equal(config->spec.namespaces.count, 5);
	assert_int_equal(config->spec.rlimits[0].soft, 1024);
	assert_int_equal(ctrnet_config_check(config, NULL), 0);
	ctrnet_config_free(config);
}

static void refused(const struct ctrnet_spec *spec, int number, const char *text)
{
	struct ctrnet_config *untouched = (void *)1, *config = untouched;
	struct ctrnet_error error = { .text = "" };

	assert_int_equal(ctrnet_config_make(&config, spec, &error), number);
	assert_string_equal(error.text, text);
	assert_int_equal(error.number, number);
	assert_int_equal(error.code, CTRNET_CONFIG_INVALID);
	assert_ptr_equal(config, untouched);
}

static void test_security(void **state)
{
	static const char *const names[] = { "high", "medium", "low" };
	struct ctrnet_seccomp seccomp = CTRNET_SECCOMP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	size_t most = SIZE_MAX;

	(void)state;
	spec.capabilities = words;
	spec.security = "none";
	refused(&spec, -EINVAL, "security: 'none' is none of high, medium and low");
	spec.security = "low";
	spec.seccomp = &seccomp;
#ifdef CONFIG_SECCOMP
	refused(&spec, -EINVAL, "security: does not go with seccomp");
	spec.seccomp = NULL;
	for (size_t i = 0; i < array_size(names); i++) {
		struct ctrnet_config *config;

		spec.security = names[i];
		assert_int_equal(ctrnet_config_make(&config, &spec, NULL), 0);
		assert_true(config->spec.no_new_privileges && config->spec.seccomp.present);
		assert_true(config->spec.seccomp.rule_count < most);
		most = config->spec.seccomp.rule_count;
		ctrnet_config_free(config);
	}
#else
	(void)names;
	(void)most;
#endif
}

static void test_bad_values(void **state)
{
	static const char *const unknown[] = { "NO_SUCH", NULL }, *const bytes[] = { "\xff", NULL };
	static const struct ctrnet_pair typo = { "time_ofsets", "{}" },
					twice = { "Readonlyfs", "true" },
					broken = { "time_offsets", "{x" },
					network_typo = { "adresses", "[]" };
	static const struct ctrnet_network network = { .type = "loopback",
						       .more = &network_typo,
						       .more_count = 1 };
	static const struct ctrnet_network no_address = { .type = "loopback", .address = "1.2.3" };
	struct ctrnet_limits limits = CTRNET_LIMITS_INIT;
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;

	(void)state;
	spec.capabilities = unknown;
	refused(&spec, -EINVAL, "capabilities[0]: unknown capability 'NO_SUCH'");
	spec.capabilities = bytes;
	refused(&spec, -EILSEQ, "not UTF-8, which JSON needs: \xff");
	spec.capabilities = NULL;
	spec.more_count = 1;
	spec.more = &typo;
	refused(&spec, -EINVAL, "more[0]: there is no key 'time_ofsets'");
	spec.more = &twice;
	refused(&spec, -EINVAL, "Readonlyfs: duplicate key (the same as 'readonlyfs')");
	spec.more = &broken;
	refused(&spec, -EINVAL, "time_offsets:1:2: expected a key in double quotes, found 'x'");
	spec.more_count = 0;
	spec.network_count = 1;
	spec.networks = &network;
	refused(&spec, -EINVAL, "networks[0].adresses: unknown key; did you mean 'addresses'?");
	spec.networks = &no_address;
	refused(&spec, -EINVAL,
		"networks[0].address: 1.2.3: expected ADDRESS/PREFIX, as in 172.17.0.2/16");
	spec.network_count = 0;
	spec.cgroups = &cgroup;
	cgroup.limits = &limits;
	limits.memory = -2;
	refused(&spec, -EINVAL, "cgroups.memory: -2 is out of range (-1 to 9223372036854775807)");
	limits.memory = 0;
	limits.memory_swappiness = 101;
	refused(&spec, -ERANGE,
		"cgroups.memory_swappiness: invalid value 101: swappiness goes from 0 to 100, and "
		"-1 leaves it as it is");
}

static void test_sizes(void **state)
{
	struct {
		struct ctrnet_spec spec;
		const char *later;
	} later = { CTRNET_SPEC_INIT, NULL };
	struct ctrnet_limits limits = CTRNET_LIMITS_INIT;
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_config *config;
	_cleanup_free_ char *text = NULL;

	(void)state;
	later.spec.hostname = "h";
	later.spec.size = sizeof(later);
	assert_int_equal(ctrnet_config_make(&config, &later.spec, NULL), 0);
	ctrnet_config_free(config);
	later.later = "";
	refused(&later.spec, -E2BIG,
		"struct ctrnet_spec: the program sets a member that this libctrnet is too old for");
	later.spec.size = 0;
	refused(&later.spec, -EINVAL, "struct ctrnet_spec: its size is 0, is its _INIT missing?");
	/* An older one, that ends in the middle. */
	later.spec.size = offsetof(struct ctrnet_spec, capabilities);
	later.spec.capabilities = (const char *const *)1;
	later.spec.mount_count = 7;
	assert_int_equal(ctrnet_config_make(&config, &later.spec, NULL), 0);
	text = json_of(config);
	assert_non_null(strstr(text, "\"hostname\": \"h\""));
	ctrnet_config_free(config);
	later.spec.cgroups = &cgroup;
	later.spec.size = offsetof(struct ctrnet_spec, rlimits);
	later.spec.capabilities = NULL;
	later.spec.mount_count = 0;
	cgroup.limits = &limits;
	limits.size = 4;
	refused(&later.spec, -EINVAL, "struct ctrnet_limits: its size is 4, is its _INIT missing?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys), cmocka_unit_test(test_no_key_forgotten),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_template),
		cmocka_unit_test(test_security), cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("api_spec", tests, NULL, NULL);
}
