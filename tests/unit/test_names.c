// SPDX-License-Identifier: Apache-2.0
/* Errors in the words of the config, whatever its format: container/names.h. */
#include "container/ctrnet.h"
#include "container/names.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DRAFT "'version': 'pre-draft', 'platform': {'os': 'linux'}"
#define NS    "'namespaces': {'NEWNS': true}"
#define TYPED "'namespaces': [{'type': 'NEWNS'}]"

/* A directory for the files of one config. */
static char dir[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/ctrnet-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, dir, NULL);
}

/* Write JSON with ' for ", so that it can be read here. */
static char *put(const char *name, const char *text)
{
	char *path = str_format("%s/%s", dir, name);
	_cleanup_free_ char *json = strdup(text);

	for (char *c = json; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	assert_int_equal(file_replace(AT_FDCWD, path, json, strlen(json), 0644, NULL), 0);
	return path;
}

static void expect(const char *config, const char *said, const char *wanted)
{
	_cleanup_free_ char *path = put("config.json", config);
	struct spec_names names;
	struct spec spec;
	struct err err = { 0 };

	if (spec_load_named(&spec, path, &names, &err) < 0)
		fail_msg("%s: %s", config, err.text);
	err_set(&err, -EINVAL, "%s", said);
	spec_names_apply(&names, &err);
	if (strcmp(err.text, wanted) != 0)
		fail_msg("%s\n%s\nbecame %s\ninstead of %s", config, said, err.text, wanted);
	/* The file's name in front, as the checks' callers put it there, changes nothing. */
	err_set(&err, -EINVAL, "%s: %s", path, said);
	spec_names_apply(&names, &err);
	if (strncmp(err.text, path, strlen(path)) != 0 ||
	    strcmp(err.text + strlen(path) + 2, wanted) != 0)
		fail_msg("behind the path: %s instead of %s", err.text, wanted);
	assert_int_equal(err.code, -EINVAL);
	spec_names_release(&names);
	spec_release(&spec);
}

static void test_drafts(void **state)
{
	const char *const swap = "{" DRAFT ", 'linux': {'resources': {'memory': {'swap': 5}}}}";
	const char *const mounts = "{" DRAFT ", 'linux': {}, 'mounts': [{}, {}, {}]}";
	const char *const spelled = "{" DRAFT ", 'linux': {'UIDmapping': [{'hostid': 7}]}}";

	(void)state;
	expect(swap, "cgroups.memory_swap: 5 is less than cgroups.memory (10)",
	       "linux.resources.memory.swap: 5 is less than linux.resources.memory.limit (10)");
	expect(swap, "cgroups: x", "linux.resources: x");
	/* What has no entry in the file has no index there. */
	expect("{" DRAFT ", 'root': {'readonly': true}, 'linux': {}}",
	       "readonly_paths[1] (/proc/irq): x", "root.readonly (/proc/irq): x");
	expect("{" DRAFT ", 'linux': {'namespaces': [{'type': 'pid'}]}}",
	       "namespaces[1] (NEWUSER): x", "linux.namespaces (NEWUSER): x");
	expect("{" DRAFT ", 'linux': {'devices': ['null']}}", "cgroups.allowed_devices: x",
	       "linux.devices: x");
	expect(swap, "rootfs '/x': No such file or directory",
	       "root.path '/x': No such file or directory");
	expect(mounts, "mounts[2] (/x): option 'gid=5': the group is not in gid_mappings",
	       "mounts[2] (/x): option 'gid=5': the group is not in linux.gidMappings");
	expect(swap, "cgroups.name: 'a cgroups.parent': must not",
	       "linux.cgroupsPath: 'a cgroups.parent': must not");
	expect(spelled, "uid_mappings[0]: size 0 maps nothing",
	       "linux.UIDmapping[0]: size 0 maps nothing");
	expect(spelled, "uid_mappings[0].host_id: x", "linux.UIDmapping[0].hostid: x");
	expect("{'version': '0.1', 'os': 'linux', 'cpus': 1.5, 'memory': 5, 'userMapping': {'uid': {}}}",
	       "cgroups.memory, cgroups.cpu_quota: uid_mappings[0]: x",
	       "memory, cpus: userMapping.uid: x");
}

static void test_pair(void **state)
{
	_cleanup_free_ char *runtime =
		put("runtime.json", "{'linux': {'systemProperties': {'a': 'b'}}}");

	(void)state;
	expect("{'version': '0.2.0', 'platform': {'os': 'linux'}, 'process': {}, 'mounts': []}",
	       "system_properties: 'a' is not a sysctl name",
	       "linux.systemProperties: 'a' is not a sysctl name");
	free(put("runtime.json", "{'mounts': {'a': {}, 'b': {}}}"));
	expect("{'version': '0.2.0', 'platform': {'os': 'linux'}, 'process': {},"
	       "'mounts': [{'name': 'b', 'path': '/b'}]}",
	       "mounts[0]: x", "mounts[0]: x");
	expect("{'namespaces': {'NEWNS': true, 'NEWPID': true}}", "namespaces[1]: x",
	       "namespaces: x");
}

static void test_old(void **state)
{
	const char *const context =
		"{" NS ", 'context': {'mount_label': 'x'}, 'mounts': [{'type': 'tmpfs'},"
		"{'type': 'bind'}], 'device_nodes': [{'type': 99}],"
		"'required_device_nodes': ['null', 'zero'],"
		"'networks': [{'type': 'veth', 'context': {'bridge': 'b', 'prefix': 've'}}]}";

	(void)state;
	expect("{" TYPED ", 'mount_config': {'pivot_dir': '..'}}", "pivot_dir: x",
	       "mount_config.pivot_dir: x");
	expect("{" TYPED ", 'mount_config': {}}", "mount_label: x", "mount_config.mount_label: x");
	expect("{" TYPED ", 'restrict_sys': true}", "mask_paths[0] (/proc/kcore): x",
	       "restrict_sys (/proc/kcore): x");
	expect(context, "mount_label: x", "context.mount_label: x");
	expect(context, "devices[0] (/dev/a): x", "device_nodes[0] (/dev/a): x");
	expect(context, "devices[2] (/dev/zero): x", "required_device_nodes[1] (/dev/zero): x");
	expect(context, "networks[0] (eth0): bridge: 'b' is there, but is not a bridge",
	       "networks[0] (eth0): context.bridge: 'b' is there, but is not a bridge");
	expect(context, "networks[0] (eth0): veth_prefix: long",
	       "networks[0] (eth0): context.prefix: long");
	expect("{'namespaces': ['NEWNS'], 'network': {'ip': '10.0.0.1/8'}, 'memory_swap': 7}",
	       "cgroups.memory_swap: cgroups.memory must be set",
	       "memory_swap: memory must be set");
	expect("{'namespaces': ['NEWNS'], 'cgroups': {'memory_swap': 7}}",
	       "cgroups.memory_swap: cgroups.memory must be set",
	       "cgroups.memory_swap: cgroups.memory must be set");
	expect("{'namespaces': ['NEWNS'], 'network': {'ip': '10.0.0.1/8'}}",
	       "networks[0] (eth0): address: is taken", "network (eth0): ip: is taken");
}

/* The usual format has second spellings, and letters of any size. */
static void test_mid_2015(void **state)
{
	const char *const config = "{'rootfs': '/', 'readonlyfs': false, 'SYSCTL': {'a': 'b'},"
				   "'networks': [{'type': 'veth', 'address6': 'fe80::1/64'}]}";

	(void)state;
	expect(config, "system_properties: x", "SYSCTL: x");
	expect(config, "networks[0] (eth0): ipv6_address: x", "networks[0] (eth0): address6: x");
	expect(config, "hostname: x", "hostname: x");
	expect(config, "cgroups.memory: cgroups.cpu_period, cgroups.cpu_quota",
	       "cgroups.memory: cgroups.cpu_period, cgroups.cpu_quota");
	expect(config, "no key: /rootfs/sysctl system_properties2 'system_properties'",
	       "no key: /rootfs/sysctl system_properties2 'system_properties'");
}

/* --- Warnings --- */

struct lines {
	char text[4][ERR_TEXT_MAX];
	size_t count;
};

static void keep_line(void *arg, enum log_level level, const char *line)
{
	struct lines *lines = arg;

	assert_true(lines->count < array_size(lines->text));
	snprintf(lines->text[lines->count++], ERR_TEXT_MAX, "%d %s", (int)level, line);
}

static void test_warnings(void **state)
{
	_cleanup_free_ char *path = put("config.json", "{" DRAFT ", 'linux': {}}");
	struct lines lines = { .count = 0 };
	struct log_diversion before = log_divert(keep_line, &lines);
	struct spec_names names = { 0 };
	struct spec_names_watch watch;
	struct spec spec;
	struct err err = { 0 };

	(void)state;
	spec_names_watch(&watch, &names);
	log_warn("cgroups.memory_swap: %d", 1);
	assert_int_equal(spec_load_named(&spec, path, &names, &err), 0);
	log_warn("cgroups.memory_swap: %d", 2);
	/* For those who look into ctrnet, not into a config. */
	log_debug("cgroups.memory_swap");
	spec_names_unwatch(&watch);
	log_warn("cgroups.memory_swap: %d", 3);
	log_restore(&before);
	assert_int_equal(lines.count, 4);
	assert_string_equal(lines.text[0], "1 cgroups.memory_swap: 1");
	assert_string_equal(lines.text[1], "1 linux.resources.memory.swap: 2");
	assert_string_equal(lines.text[2], "0 cgroups.memory_swap");
	assert_string_equal(lines.text[3], "1 cgroups.memory_swap: 3");
	spec_names_release(&names);
	spec_release(&spec);
}

/* A container of the library's is made of a copy, which has to know as well what the config has not. */
static void test_library(void **state)
{
	static const struct {
		const char *config, *error;
	} cases[] = {
		{ "'mount_config': {'mounts': [{'type': 'bind', 'source': '/x', 'destination': '/..'}]}",
		  "mount_config.mounts[0]: '/..' leaves the rootfs" },
		{ "'mount_config': {'device_nodes': [{'type': 99, 'path': '/proc/x'}]}",
		  "mount_config.device_nodes[0] (/proc/x): '/proc/x' lies inside '/proc'" },
	};
	struct ctrnet_factory *factory;
	struct ctrnet_container *container;
	struct ctrnet_config *config;
	struct ctrnet_error error;

	(void)state;
	assert_int_equal(ctrnet_factory_open(&factory, dir, NULL, &error), 0);
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_free_ char *text =
			str_format("{'root_fs': '/usr', " TYPED ", %s}", cases[i].config);

		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		assert_int_equal(ctrnet_config_parse(&config, text, strlen(text), "config", &error),
				 0);
		assert_true(ctrnet_container_create(factory, "a", config, &container, &error) < 0);
		assert_string_equal(error.text, cases[i].error);
		ctrnet_config_free(config);
	}
	ctrnet_factory_close(factory);
}

/* What was not read has no words of its own; and what is too long is cut, not overrun. */
static void test_limits(void **state)
{
	const struct spec_names none = { 0 };
	struct err err = { 0 };
	char longest[ERR_TEXT_MAX];

	(void)state;
	err_set(&err, -EINVAL, "cgroups.memory: x");
	spec_names_apply(&none, &err);
	assert_string_equal(err.text, "cgroups.memory: x");
	spec_names_apply(&none, NULL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memcpy(longest, "cgroups.memory_swap: ", strlen("cgroups.memory_swap: "));
	{
		_cleanup_free_ char *path = put("config.json", "{" DRAFT ", 'linux': {}}");
		struct spec_names names;
		struct spec spec;

		assert_int_equal(spec_load_named(&spec, path, &names, &err), 0);
		err_set(&err, -EINVAL, "%s", longest);
		spec_names_apply(&names, &err);
		assert_true(str_starts(err.text, "linux.resources.memory.swap: xxx"));
		assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
		err_set(&err, -EINVAL, "cgroups.memory_swap[99999999999999999999]: mounts[");
		spec_names_apply(&names, &err);
		assert_true(str_starts(err.text, "linux.resources.memory.swap"));
		spec_names_release(&names);
		spec_release(&spec);
	}
}

/* --- In a file --- */

/* What was stored says the same as what was read. */
static void expect_stored(const struct spec_names *names, const char *said, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	struct spec_names stored;
	struct json_doc *doc;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(spec_names_encode(names, out, &err), 0);
	fclose(out);
	assert_int_equal(json_parse(text, len, "stored", &doc, &err), 0);
	assert_int_equal(spec_names_decode(json_root(doc), &stored, &err), 0);
	json_free(doc);
	err_set(&err, -EINVAL, "%s", said);
	spec_names_apply(&stored, &err);
	assert_string_equal(err.text, wanted);
	spec_names_release(&stored);
}

static void test_stored(void **state)
{
	_cleanup_free_ char *path =
		put("config.json", "{" DRAFT ", 'root': {'path': 'a'}, 'linux': "
				   "{'resources': {'memory': {'SWAP': 5}}, 'x': 'a\\\\u0001'}}");
	struct spec_names names = { 0 };
	struct spec spec;
	struct err err = { 0 };

	(void)state;
	expect_stored(&names, "cgroups.memory_swap: x", "cgroups.memory_swap: x");
	if (spec_load_named(&spec, path, &names, &err) < 0)
		fail_msg("%s", err.text);
	expect_stored(&names, "cgroups.memory_swap: x", "linux.resources.memory.SWAP: x");
	expect_stored(&names, "rootfs: x", "root.path: x");
	names.but = SPEC_NAMES_ROOTFS;
	expect_stored(&names, "rootfs: x", "rootfs: x");
	spec_names_release(&names);
	spec_release(&spec);
}

/* Of two files. */
static void test_stored_pair(void **state)
{
	_cleanup_free_ char *config = put("config.json",
					  "{'version': '0.1.0', 'platform': {'os': 'linux'}, "
					  "'root': {'path': 'r'}, 'process': {}}");
	_cleanup_free_ char *runtime =
		put("runtime.json", "{'linux': {'resources': {'memory': {'swap': 5}}}}");
	struct spec_names names;
	struct spec spec;
	struct err err = { 0 };

	(void)state;
	if (spec_load_named(&spec, config, &names, &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(names.docs[1]);
	expect_stored(&names, "cgroups.memory_swap: x", "linux.resources.memory.swap: x");
	spec_names_release(&names);
	spec_release(&spec);
}

/* --- The tables --- */

struct keys {
	char **known;       /* of the spec */
	const char *format; /* whose rows are looked at */
};

static void remember(const struct json_key *key, void *arg)
{
	char *path = strdup(key->path);

	assert_int_equal(strv_add(arg, path), 0);
	free(path);
}

static bool is_known(char *const *known, const char *word, size_t len)
{
	for (; *known; known++)
		if (strlen(*known) == len && !strncmp(*known, word, len))
			return true;
	return false;
}

/* What only the codecs know: behind them nobody finds fault with it. */
static const char *const of_codecs[] = {
	"version",
	"platform",
	"os",
	"hooks",
	"hooks.prestart",
	"hooks.poststart",
	"hooks.poststop",
	"console",
	"mounts[].name",
	"devices[].permissions",
	"blkioLeafWeight",
	"key",
	"enabled",
	"namespaces[].name",
};

static bool is_of_codec(const struct json_key *key)
{
	size_t len = strlen(key->path);

	for (size_t i = 0; i < array_size(of_codecs); i++) {
		size_t end = strlen(of_codecs[i]);

		if (end == len && !strcmp(key->path, of_codecs[i]))
			return true;
		if (end < len && key->path[len - end - 1] == '.' &&
		    !strcmp(key->path + len - end, of_codecs[i]))
			return true;
	}
	return false;
}

static void check_row(const struct json_key *key, int which, void *arg)
{
	const struct keys *keys = arg;

	(void)which;
	for (const char *word = key->as; *word && !is_of_codec(key);) {
		size_t len = strcspn(word, " ");

		if (len && word[len - 1] != '.' && !is_known(keys->known, word, len))
			fail_msg("%s: %s is said to be '%.*s', which is no key of the spec",
				 keys->format, key->path, (int)len, word);
		word += len + (word[len] == ' ');
	}
}

/* A name that nobody has would translate nothing. */
static void test_tables(void **state)
{
	struct keys keys = { NULL, NULL };
	const struct format *f;

	(void)state;
	json_list(&spec_schema, remember, &keys.known);
	for (size_t i = 0; (f = format_at(i)); i++) {
		keys.format = f->name;
		format_keys(f, check_row, &keys);
	}
	strv_free(keys.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_drafts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pair, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mid_2015, setup, teardown),
		cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_library, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stored_pair, setup, teardown),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
