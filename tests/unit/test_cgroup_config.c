// SPDX-License-Identifier: Apache-2.0
/* The cgroups object of a config: what it says, and that nothing is lost when it is written again. */
#include "cgroup/config.h"

#include "cgroup/cpu_list.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void decode(struct cgroup_spec *spec, const char *text)
{
	struct err err = { 0 };

	if (json_decode(&cgroup_schema, spec, text, strlen(text), "c", &err) < 0)
		fail_msg("%s", err.text);
}

static char *encode(const struct cgroup_spec *spec)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (json_encode_compact(&cgroup_schema, spec, f, &err) < 0)
		fail_msg("%s", err.text);
	fclose(f);
	return text;
}

/* As libcontainer would have written it, so what comes out is what went in. */
static const char *const round_trips[] = {
	"{}",
	"{\"name\":\"n\",\"parent\":\"/p\",\"allow_all_devices\":true}",
	"{\"allowed_devices\":[{\"type\":99,\"major\":1,\"minor\":3,\"permissions\":\"rwm\"},"
	"{\"type\":98,\"major\":-1,\"minor\":-1,\"permissions\":\"m\"}]}",
	"{\"memory\":-1,\"memory_swap\":-1,\"cpu_shares\":18446744073709551615,\"pids_limit\":-1}",
	"{\"blkio_weight\":10,\"blkio_weight_device\":\"8:0 500\"}",
	"{\"blkio_throttle_read_bps_device\":\"8:0 18446744073709551615\","
	"\"blkio_throttle_write_bps_device\":[\"8:0 1\",\"4095:1048575 2\"],"
	"\"blkio_throttle_read_iops_device\":\"8:0 0\","
	"\"blkio_throttle_write_iops_device\":\"8:0 7\"}",
	"{\"memory_swappiness\":0}",
	"{\"oom_kill_disable\":true,\"memory_swappiness\":100}",
	"{\"hugetlb_limit\":[{\"page_size\":\"2MB\",\"limit\":0},{\"page_size\":\"1GB\",\"limit\":5}]}",
	"{\"net_cls_classid\":\"0x100001\",\"net_prio_ifpriomap\":[{\"interface\":\"eth0\","
	"\"priority\":0}]}",
	"{\"freezer\":\"FROZEN\",\"slice\":\"s.slice\"}",
};

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(round_trips); i++) {
		_cleanup_free_ char *text = NULL;
		struct cgroup_spec spec;

		decode(&spec, round_trips[i]);
		assert_true(spec.present);
		text = encode(&spec);
		assert_string_equal(text, round_trips[i]);
		json_release(&cgroup_schema, &spec);
	}
}

/* Other ways to say the same. */
static const struct {
	const char *text, *same;
} spellings[] = {
	{ "{\"blkio_weight_device\":\"\",\"net_cls_classid\":\"\",\"freezer\":\"\"}", "{}" },
	{ "{\"blkio_weight_device\":[],\"memory_swappiness\":-1,\"freezer\":\"THAWED\"}", "{}" },
	{ "{\"hugetlb_limit\":null,\"memory_swappiness\":null,\"net_cls_classid\":null}", "{}" },
	{ "{\"blkio_weight_device\":[{\"major\":8,\"minor\":0,\"weight\":70}]}",
	  "{\"blkio_weight_device\":\"8:0 70\"}" },
	{ "{\"blkio_throttle_read_bps_device\":[\"8:0 70\",{\"major\":8,\"minor\":1,\"rate\":9}]}",
	  "{\"blkio_throttle_read_bps_device\":[\"8:0 70\",\"8:1 9\"]}" },
	{ "{\"net_cls_classid\":17}", "{\"net_cls_classid\":\"0x11\"}" },
	{ "{\"net_cls_classid\":\"4294967295\"}", "{\"net_cls_classid\":\"0xffffffff\"}" },
	{ "{\"Memory\":5,\"HUGETLB_LIMIT\":[{\"pageSize\":\"2MB\"}]}",
	  "{\"memory\":5,\"hugetlb_limit\":[{\"page_size\":\"2MB\",\"limit\":0}]}" },
	{ "{\"allowed_devices\":[{\"type\":\"c\",\"major_number\":1,\"minor_number\":3,"
	  "\"cgroup_permissions\":\"r\",\"uid\":5}]}",
	  "{\"allowed_devices\":[{\"type\":99,\"major\":1,\"minor\":3,\"permissions\":\"r\"}]}" },
};

static void test_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(spellings); i++) {
		_cleanup_free_ char *text = NULL;
		struct cgroup_spec spec;

		decode(&spec, spellings[i].text);
		text = encode(&spec);
		assert_string_equal(text, spellings[i].same);
		json_release(&cgroup_schema, &spec);
	}
}

static void test_refused(void **state)
{
	const struct {
		const char *text, *words;
	} cases[] = {
		{ "{\"blkio_weight_device\":\"8:0 -5\"}",
		  "c:1:24: blkio_weight_device: '8:0 -5' is not \"MAJOR:MINOR NUMBER\"" },
		{ "{\"blkio_weight_device\":\"4096:0 5\"}",
		  "c:1:24: blkio_weight_device: '4096:0 5' is not \"MAJOR:MINOR NUMBER\"" },
		{ "{\"blkio_weight_device\":[\"8:0 5\",\"8:0 5\\n\"]}",
		  "c:1:33: blkio_weight_device[1]: '8:0 5?' is not \"MAJOR:MINOR NUMBER\"" },
		{ "{\"net_cls_classid\":\"+1\"}",
		  "c:1:20: net_cls_classid: '+1' is not a class id: a number of 32 bits, the major "
		  "one in the upper half" },
		{ "{\"freezer\":\"FREEZING\"}",
		  "c:1:12: freezer: 'FREEZING' is no state of a freezer: FROZEN or THAWED" },
		{ "{\"memory_swappiness\":101}",
		  "c:1:22: memory_swappiness: invalid value 101: swappiness goes from 0 to 100, and "
		  "-1 leaves it as it is" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct cgroup_spec spec;
		struct err err = { 0 };
		_cleanup_free_ char *zero = calloc(1, sizeof(spec));

		assert_true(json_decode(&cgroup_schema, &spec, cases[i].text, strlen(cases[i].text),
					"c", &err) < 0);
		assert_string_equal(err.text, cases[i].words);
		assert_memory_equal(&spec, zero, sizeof(spec));
	}
}

static void test_cpu_list(void **state)
{
	(void)state;
	assert_true(cpu_list_equal("0-3", "0,1,2,3"));
	assert_true(cpu_list_equal("3,0-2", "0-1,2-3"));
	assert_true(cpu_list_equal("", ""));
	assert_true(cpu_list_equal("64", "64"));
	assert_false(cpu_list_equal("0-3", "0-2"));
	assert_false(cpu_list_equal("0", "64"));
	assert_false(cpu_list_equal("0", ""));
	assert_false(cpu_list_equal("x", "x"));
	assert_false(cpu_list_equal("8192", "8192"));
	assert_false(cpu_list_equal("1-", "1"));
	/* All that bitmap_parselist() of the kernel takes. */
	assert_true(cpu_list_equal("0,1", "0-1"));
	assert_true(cpu_list_equal("0-3,2", "0-3"));
	assert_true(cpu_list_equal(" 0, 1\t2-3 ,\n", "0-3"));
	assert_true(cpu_list_equal(",,1,,", "1"));
	assert_true(cpu_list_equal("0-6:1/2", "0,2,4,6"));
	assert_true(cpu_list_equal("2-10:2/4", "2,3,6,7,10"));
	assert_true(cpu_list_equal("0-3:3/3", "0-3"));
	assert_true(cpu_list_equal("all", "0-7"));
	assert_true(cpu_list_equal("All:1/2", "0,2,4"));
	assert_true(cpu_list_equal("1-N", "1-3"));
	assert_true(cpu_list_equal("N", "3"));
	assert_false(cpu_list_equal("N", "0-3"));
	assert_false(cpu_list_equal("5-N", "0-3"));
	assert_false(cpu_list_equal("all", "1-7"));
	assert_false(cpu_list_equal("0-N", "0,2"));
	assert_false(cpu_list_equal("0-6:1/2", "0-6"));
	assert_false(cpu_list_equal("0-6:2", "0-6"));
	assert_false(cpu_list_equal("0-6:3/2", "0-6"));
	assert_false(cpu_list_equal("0-6:1/0", "0"));
	assert_false(cpu_list_equal("0-6:1/2x", "0,2,4,6"));
	assert_false(cpu_list_equal("5:1/2", "5"));
	assert_false(cpu_list_equal("3-1", ""));
	assert_false(cpu_list_equal("0 - 1", "0-1"));
	assert_false(cpu_list_equal("-1", "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cpu_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
