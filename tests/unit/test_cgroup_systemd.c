// SPDX-License-Identifier: Apache-2.0
/* What is said to systemd, and what becomes of its answers: names of units, properties, and calls of a bus that is a fake. */
#include "cgroup/property.h"
#include "cgroup/scope.h"
#include "cgroup/steps.h"
#include "cgroup/unit.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(CONFIG_SYSTEMD) && !defined(CONFIG_STATIC)
#include "cgroup/systemd_bus.h"
#endif

/* --- Names --- */

static void test_scope_names(void **state)
{
	static const struct {
		const char *parent, *name, *unit;
	} cases[] = {
		{ NULL, NULL, "ctrnet-box.scope" },
		{ "/", NULL, "ctrnet-box.scope" },
		{ "docker", "abc", "docker-abc.scope" },
		{ "/lab/blue", "n/1", "lab-blue-n-1.scope" },
		{ "lab.slice", "x", "ctrnet-x.scope" },
		{ "/a.slice/a-b.slice", NULL, "ctrnet-box.scope" },
		{ "lab", "a+b c", "lab-a\\x2bb\\x20c.scope" },
		{ "lab", "\xc3\xa4", "lab-\\xc3\\xa4.scope" },
	};
	char *unit = NULL;
	char longest[256];
	struct cgroup_spec spec = { .name = longest };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct cgroup_spec s = { .parent = (char *)cases[i].parent,
					       .name = (char *)cases[i].name };

		assert_int_equal(unit_scope(&s, "box", &unit, &err), 0);
		assert_string_equal(unit, cases[i].unit);
		free(unit);
	}
	memset(longest, 'x', sizeof(longest));
	longest[242] = '\0'; /* "ctrnet-", ".scope" */
	assert_int_equal(unit_scope(&spec, "box", &unit, &err), 0);
	assert_int_equal(strlen(unit), 255);
	free(unit);
	longest[242] = 'x';
	longest[243] = '\0';
	assert_int_equal(unit_scope(&spec, "box", &unit, &err), -ENAMETOOLONG);
}

static void test_slices(void **state)
{
	static const struct {
		const char *slice, *parent, *found, *path;
	} cases[] = {
		{ NULL, NULL, "system.slice", "/system.slice" },
		{ NULL, "docker", "system.slice", "/system.slice" },
		{ NULL, "lab.slice", "lab.slice", "/lab.slice" },
		{ NULL, "/a.slice/a-b.slice", "a-b.slice", "/a.slice/a-b.slice" },
		{ "a-b-c.slice", "lab.slice", "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "-.slice", NULL, "-.slice", "" },
		{ "_a-_b.slice", NULL, "_a-_b.slice", "/__a.slice/__a-_b.slice" },
		{ "cpu-x.slice", NULL, "cpu-x.slice", "/_cpu.slice/cpu-x.slice" },
	};
	static const char *const bad[] = { "lab",       "lab.slice/",  ".slice",    "-a.slice",
					   "a-.slice",  "a--b.slice",  "a b.slice", "../x.slice",
					   "x\n.slice", "lab.service", "a.slice.x" };
	struct err err = { 0 };
	char *slice = NULL;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct cgroup_spec s = { .slice = (char *)cases[i].slice,
					       .parent = (char *)cases[i].parent };
		_cleanup_free_ char *path = NULL;

		assert_int_equal(unit_slice(&s, &slice, &err), 0);
		assert_string_equal(slice, cases[i].found);
		path = unit_slice_path(slice);
		assert_string_equal(path, cases[i].path);
		free(slice);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		const struct cgroup_spec s = { .slice = (char *)bad[i] };

		assert_int_equal(unit_slice(&s, &slice, &err), -EINVAL);
		assert_true(str_starts(err.text, "cgroups.slice: '"));
	}
}

static void test_escape(void **state)
{
	static const char *const escaped[] = { "_lab-x.scope", ".lab-x.scope", "cgroup.x-y.scope",
					       "cpu.slice",    "io.slice",     "bpf-devices.slice" };
	static const char *const plain[] = { "lab_-x.scope", "cpu-x.scope", "cpus.slice",
					     "cgroup-x.scope" };

	(void)state;
	for (size_t i = 0; i < array_size(escaped); i++)
		assert_string_equal(unit_escape(escaped[i]), "_");
	for (size_t i = 0; i < array_size(plain); i++)
		assert_string_equal(unit_escape(plain[i]), "");
}

/* --- Properties --- */

static void add_write(struct plan *plan, const char *path, const char *value, bool v2)
{
	struct cgroup_write_args args = {
		.path = strdup(path), .value = strdup(value), .key = strdup("x"), .v2 = v2
	};
	struct err err = { 0 };

	assert_int_equal(plan_add(plan, &cgroup_write_step, NULL, &args, &err), 0);
}

/* "MemoryMax t 5 [MemoryMax=5]; ..." */
static char *properties_text(const struct plan *plan)
{
	_cleanup_(properties_release) struct cgroup_properties p = { 0 };
	struct err err = { 0 };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(properties_of(plan, &p, &err), 0);
	for (size_t i = 0; i < p.count; i++)
		fprintf(out, "%s %s %s [%s]; ", p.items[i].name, p.items[i].type, p.items[i].value,
			p.items[i].shown);
	fclose(out);
	return text;
}

static void test_properties_v2(void **state)
{
	_cleanup_(plan_release) struct plan plan = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	add_write(&plan, "/c/x.scope/memory.max", "67108864", true);
	add_write(&plan, "/c/x.scope/memory.swap.max", "max", true);
	add_write(&plan, "/c/x.scope/cpu.max", "25000 50000", true);
	add_write(&plan, "/c/x.scope/io.max", "8:0 rbps=5", true);
	add_write(&plan, "/c/x.scope/io.weight", "8:0 500", true);
	add_write(&plan, "/c/x.scope/pids.max", "7", true);
	add_write(&plan, "/c/x.scope/cpuset.cpus", "0-2,9", true);
	text = properties_text(&plan);
	assert_string_equal(text, "MemoryMax t 67108864 [MemoryMax=67108864]; "
				  "MemorySwapMax t 18446744073709551615 [MemorySwapMax=infinity]; "
				  "TasksMax t 7 [TasksMax=7]; "
				  "AllowedCPUs ay 0-2,9 [AllowedCPUs=0-2,9]; "
				  "CPUQuotaPerSecUSec t 500000 [CPUQuota=50.00%]; "
				  "CPUQuotaPeriodUSec t 50000 [CPUQuotaPeriodSec=50000us]; ");
}

/* What the kernel takes, as cgroups.unified may have it, systemd gets as plain numbers. */
static void test_numbers(void **state)
{
	static const struct {
		const char *file, *value, *text;
	} cases[] = {
		{ "memory.high", "512M", "MemoryHigh t 536870912 [MemoryHigh=536870912]; " },
		{ "memory.max", "0x10k", "MemoryMax t 16384 [MemoryMax=16384]; " },
		{ "memory.low", " 2T\n", "MemoryLow t 2199023255552 [MemoryLow=2199023255552]; " },
		{ "memory.min", "max ", "MemoryMin t 18446744073709551615 [MemoryMin=infinity]; " },
		{ "memory.zswap.max", "010", "MemoryZSwapMax t 8 [MemoryZSwapMax=8]; " },
		{ "io.weight", "default 200", "IOWeight t 200 [IOWeight=200]; " },
		{ "pids.max", "7", "TasksMax t 7 [TasksMax=7]; " },
		/* The kernel refuses them. */
		{ "memory.high", "512X", "" },
		{ "memory.high", "512MM", "" },
		{ "memory.high", "99999999E", "" },
		{ "memory.high", "-5", "" },
		{ "pids.max", "", "" },
		{ "io.weight", "default", "" },
	};
	_cleanup_(plan_release) struct plan two = { 0 };
	_cleanup_free_ char *weight = NULL;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_(plan_release) struct plan plan = { 0 };
		_cleanup_free_ char *path = str_format("/c/x.scope/%s", cases[i].file);
		_cleanup_free_ char *text = NULL;

		add_write(&plan, path, cases[i].value, true);
		text = properties_text(&plan);
		assert_string_equal(text, cases[i].text);
	}
	/* Of a device, and of all. */
	add_write(&two, "/c/x.scope/io.weight", "8:0 500", true);
	add_write(&two, "/c/x.scope/io.weight", "default 200", true);
	add_write(&two, "/c/x.scope/io.weight", "8:16 500", true);
	weight = properties_text(&two);
	assert_string_equal(weight, "IOWeight t 200 [IOWeight=200]; ");
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *file, *value;
		int code;
		const char *text;
	} cases[] = {
		{ "cpuset.mems", "0-3:1/2", -EINVAL,
		  "cgroups.x: '0-3:1/2': systemd takes only lists like 0-2,4" },
		{ "cpu.weight.nice", "5", -EOPNOTSUPP,
		  "cgroups.x: 'cpu.weight.nice': systemd writes cpu.weight, and so undoes it" },
		{ "cpu.idle", "1", -EOPNOTSUPP,
		  "cgroups.x: 'cpu.idle': systemd writes cpu.weight, and so undoes it" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_(properties_release) struct cgroup_properties p = { 0 };
		_cleanup_(plan_release) struct plan plan = { 0 };
		_cleanup_free_ char *path = str_format("/c/x.scope/%s", cases[i].file);
		struct err err = { 0 };

		add_write(&plan, path, cases[i].value, true);
		assert_int_equal(properties_of(&plan, &p, &err), cases[i].code);
		assert_string_equal(err.text, cases[i].text);
	}
}

static void test_properties_v1(void **state)
{
	_cleanup_(plan_release) struct plan plan = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	add_write(&plan, "/c/x.scope/memory.limit_in_bytes", "-1", false);
	add_write(&plan, "/c/x.scope/memory.soft_limit_in_bytes", "5", false);
	add_write(&plan, "/c/x.scope/cpu.shares", "512", false);
	add_write(&plan, "/c/x.scope/cpu.cfs_period_us", "200000", false);
	add_write(&plan, "/c/x.scope/cpu.cfs_quota_us", "-1", false);
	add_write(&plan, "/c/x.scope/blkio.weight", "300", false);
	text = properties_text(&plan);
	assert_string_equal(text, "MemoryLimit t 18446744073709551615 [MemoryLimit=infinity]; "
				  "CPUShares t 512 [CPUShares=512]; "
				  "BlockIOWeight t 300 [BlockIOWeight=300]; "
				  "CPUQuotaPerSecUSec t 18446744073709551615 [CPUQuota=]; "
				  "CPUQuotaPeriodUSec t 200000 [CPUQuotaPeriodSec=200000us]; ");
}

static void put(const char *dir, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);

	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text), 0600, NULL), 0);
}

/* One write to a file of a cgroup that has "25000 50000" comes to @want. */
static void quota_beside(const char *dir, const char *file, const char *value, const char *want)
{
	_cleanup_(plan_release) struct plan plan = { 0 };
	_cleanup_free_ char *path = str_format("%s/%s", dir, file), *text = NULL;

	add_write(&plan, path, value, false);
	text = properties_text(&plan);
	assert_string_equal(text, want);
}

/* v1, and the half that is left as it is. */
static void test_quota_beside(void **state)
{
	char dir[] = "/tmp/test_cgroup_systemd-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	put(dir, "cpu.cfs_quota_us", "25000\n");
	put(dir, "cpu.cfs_period_us", "50000\n");
	quota_beside(dir, "cpu.cfs_quota_us", "30000",
		     "CPUQuotaPerSecUSec t 600000 [CPUQuota=60.00%]; "
		     "CPUQuotaPeriodUSec t 50000 [CPUQuotaPeriodSec=50000us]; ");
	quota_beside(dir, "cpu.cfs_period_us", "40000",
		     "CPUQuotaPerSecUSec t 625000 [CPUQuota=62.50%]; "
		     "CPUQuotaPeriodUSec t 40000 [CPUQuotaPeriodSec=40000us]; ");
	put(dir, "cpu.cfs_quota_us", "-1\n");
	quota_beside(dir, "cpu.cfs_period_us", "40000",
		     "CPUQuotaPerSecUSec t 18446744073709551615 [CPUQuota=]; "
		     "CPUQuotaPeriodUSec t 40000 [CPUQuotaPeriodSec=40000us]; ");
	assert_int_equal(file_remove_tree(AT_FDCWD, dir, NULL), 0);
	/* Before the start. */
	quota_beside(dir, "cpu.cfs_quota_us", "30000",
		     "CPUQuotaPerSecUSec t 300000 [CPUQuota=30.00%]; "
		     "CPUQuotaPeriodUSec t 100000 [CPUQuotaPeriodSec=100000us]; ");
}

static void add_rules(struct plan *plan, const char *const *rules, bool v2)
{
	struct cgroup_devices_args args = { .path = strdup("/c/x.scope"), .v2 = v2 };
	struct err err = { 0 };

	for (; *rules; rules++)
		assert_int_equal(strv_add(&args.rules, *rules), 0);
	assert_int_equal(plan_add(plan, &cgroup_devices_step, NULL, &args, &err), 0);
}

/* v1 has one list of devices, which systemd writes, too; on v2 there are as many programs as one likes. */
static void test_devices(void **state)
{
	static const char *const some[] = { "deny a",
					    "allow c *:* m",
					    "allow b *:* m",
					    "allow c 1:3 rwm",
					    "allow c 5:2 w",
					    "allow c 136:* rw",
					    NULL };
	static const char *const none[] = { "deny a", NULL }, *const all[] = { "allow a", NULL };
	static const struct {
		const char *const *rules;
		bool v2;
		const char *text;
	} cases[] = {
		{ some, false,
		  "DevicePolicy s strict [DevicePolicy=strict]; "
		  "DeviceAllow a(ss) char-* m [DeviceAllow=char-* m]; "
		  "DeviceAllow a(ss) block-* m [DeviceAllow=block-* m]; "
		  "DeviceAllow a(ss) /dev/char/1:3 rwm [DeviceAllow=/dev/char/1:3 rwm]; "
		  "DeviceAllow a(ss) /dev/char/5:2 w [DeviceAllow=/dev/char/5:2 w]; "
		  "DeviceAllow a(ss) char-136 rw [DeviceAllow=char-136 rw]; " },
		{ none, false, "DevicePolicy s strict [DevicePolicy=strict]; " },
		{ all, false, "" },
		{ some, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_(plan_release) struct plan plan = { 0 };
		_cleanup_free_ char *text = NULL;

		add_rules(&plan, cases[i].rules, cases[i].v2);
		text = properties_text(&plan);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_bad_devices(void **state)
{
	static const struct {
		const char *rules[3], *text;
	} cases[] = {
		{ { "allow a", "deny b 8:0 rwm" },
		  "cgroups.denied_devices: systemd, which writes the rules on cgroup v1, too, has "
		  "only rules that allow" },
		{ { "deny a", "allow c *:3 r" },
		  "cgroups.allowed_devices: c *:3: systemd, which writes the rules on cgroup v1, "
		  "too, has none for a minor number of all devices" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_(properties_release) struct cgroup_properties p = { 0 };
		_cleanup_(plan_release) struct plan plan = { 0 };
		struct err err = { 0 };

		add_rules(&plan, cases[i].rules, false);
		assert_int_equal(properties_of(&plan, &p, &err), -EOPNOTSUPP);
		assert_string_equal(err.text, cases[i].text);
	}
}

static void test_masks(void **state)
{
	static const char *const bad[] = { "x", "1-", "3-1", "0-3:1/2", "-1", "1-2x", "99999999" };
	const uint8_t want[] = { 0x17, 0x02 };
	struct err err = { 0 };
	uint8_t *mask = NULL;
	size_t size = 0;

	(void)state;
	assert_int_equal(property_mask("0-2,4,9", &mask, &size, &err), 0);
	assert_int_equal(size, 2);
	assert_memory_equal(mask, want, 2);
	free(mask);
	/* The kernel takes it, so systemd has to get it. */
	assert_int_equal(property_mask(" 0, 1-2 4,,9,\n", &mask, &size, &err), 0);
	assert_int_equal(size, 2);
	assert_memory_equal(mask, want, 2);
	free(mask);
	for (size_t i = 0; i < array_size(bad); i++)
		assert_int_equal(property_mask(bad[i], &mask, &size, &err), -EINVAL);
}

#if defined(CONFIG_SYSTEMD) && !defined(CONFIG_STATIC)

/* --- A bus --- */

/* What a method is answered with, each time that it is called. */
struct answer {
	const char *method;
	const char *error, *message; /* NULL: no error */
	int code;
	const char *job; /* of a reply, or a unit's object; the job's result is in @result */
	const char *result;
};

/* Messages are text: "StartTransientUnit x.scope fail [(PIDs<[u:0]>)...]". */
static struct {
	char *said;
	size_t len;
	FILE *out;
	const struct answer *answers;
	size_t next;
	sd_bus_message_handler_t handler;
	void *arg;
	int open;          /* messages and connections */
	const char *slice; /* of a unit, "" for one that is gone meanwhile */
} fake;

struct sd_bus_message {
	FILE *out;
	char *text;
	size_t len;
	char *method;
	const char *fields[4]; /* of a reply or signal, in their order */
	size_t at;
};

static struct sd_bus_message *new_message(const char *method)
{
	struct sd_bus_message *m = calloc(1, sizeof(*m));

	m->out = open_memstream(&m->text, &m->len);
	m->method = strdup(method);
	fake.open++;
	return m;
}

static int fake_open_system(sd_bus **bus)
{
	*bus = (sd_bus *)&fake;
	fake.open++;
	return 0;
}

static sd_bus *fake_close(sd_bus *bus)
{
	(void)bus;
	fake.open--;
	return NULL;
}

static int fake_new_call(sd_bus *bus, sd_bus_message **m, const char *destination, const char *path,
			 const char *interface, const char *member)
{
	(void)bus;
	assert_string_equal(destination, "org.freedesktop.systemd1");
	assert_string_equal(path, "/org/freedesktop/systemd1");
	assert_string_equal(interface, "org.freedesktop.systemd1.Manager");
	*m = new_message(member);
	fputs(member, (*m)->out);
	return 0;
}

static int fake_append_basic(sd_bus_message *m, char type, const void *p)
{
	fputc(' ', m->out);
	if (type == 's')
		fputs(p, m->out);
	else if (type == 'b')
		fputs(*(const int *)p ? "true" : "false", m->out);
	else if (type == 't')
		fprintf(m->out, "%" PRIu64, *(const uint64_t *)p);
	else
		fail_msg("type %c", type);
	return 0;
}

static int fake_append_array(sd_bus_message *m, char type, const void *p, size_t size)
{
	const uint8_t *bytes = p;

	fprintf(m->out, " %c:", type);
	for (size_t i = 0; i < size; i++)
		fprintf(m->out, "%02x", bytes[i]);
	return 0;
}

static int fake_open_container(sd_bus_message *m, char type, const char *contents)
{
	fprintf(m->out, " %c<%s", type, contents);
	return 0;
}

static int fake_close_container(sd_bus_message *m)
{
	fputs(" >", m->out);
	return 0;
}

static int fake_read_basic(sd_bus_message *m, char type, void *p)
{
	if (type == 'u')
		*(uint32_t *)p = 1;
	else
		*(const char **)p = m->fields[m->at];
	m->at++;
	return 1;
}

static sd_bus_message *fake_unref(sd_bus_message *m)
{
	if (!m)
		return NULL;
	fclose(m->out);
	free(m->text);
	free(m->method);
	free(m);
	fake.open--;
	return NULL;
}

/* A job's end comes before the answer that names the job, as it may. */
static void end_job(const struct answer *a)
{
	struct sd_bus_message *m = new_message("JobRemoved");

	m->fields[1] = a->job;
	m->fields[2] = "x.scope";
	m->fields[3] = a->result;
	assert_non_null(fake.handler);
	assert_int_equal(fake.handler(m, fake.arg, NULL), 0);
	fake_unref(m);
}

static int fake_call(sd_bus *bus, sd_bus_message *m, uint64_t usec, sd_bus_error *error,
		     sd_bus_message **reply)
{
	const struct answer *a = &fake.answers[fake.next++];

	(void)bus;
	assert_true(usec > 0);
	fflush(m->out);
	fprintf(fake.out, "%s\n", m->text);
	assert_non_null(a->method);
	assert_string_equal(a->method, m->method);
	if (a->code) {
		*error = SD_BUS_ERROR_MAKE_CONST(a->error, a->message);
		return a->code;
	}
	*reply = new_message("reply");
	(*reply)->fields[0] = a->job;
	if (a->job && a->result)
		end_job(a);
	return 1;
}

static int fake_match(sd_bus *bus, sd_bus_slot **slot, const char *sender, const char *path,
		      const char *interface, const char *member, sd_bus_message_handler_t callback,
		      void *arg)
{
	(void)bus;
	(void)slot;
	(void)sender;
	(void)path;
	(void)interface;
	assert_string_equal(member, "JobRemoved");
	fake.handler = callback;
	fake.arg = arg;
	return 0;
}

static int fake_process(sd_bus *bus, sd_bus_message **m)
{
	(void)bus;
	(void)m;
	return -ECONNRESET;
}

static int fake_wait(sd_bus *bus, uint64_t usec)
{
	(void)bus;
	(void)usec;
	return 0;
}

static int fake_get_property(sd_bus *bus, const char *destination, const char *path,
			     const char *interface, const char *member, sd_bus_error *error,
			     char **value)
{
	bool scope = !strcmp(interface, "org.freedesktop.systemd1.Scope");

	(void)bus;
	(void)error;
	assert_string_equal(destination, "org.freedesktop.systemd1");
	assert_string_equal(path, scope ? "/unit/x" : "/org/freedesktop/systemd1");
	assert_string_equal(member, scope ? "Slice" : "ControlGroup");
	*value = strdup(scope ? fake.slice : "/up");
	return 0;
}

static void fake_error_free(sd_bus_error *error)
{
	*error = SD_BUS_ERROR_NULL;
}

static const struct sdbus fake_bus = {
	.open_system = fake_open_system,
	.flush_close_unref = fake_close,
	.message_new_method_call = fake_new_call,
	.message_append_basic = fake_append_basic,
	.message_append_array = fake_append_array,
	.message_open_container = fake_open_container,
	.message_close_container = fake_close_container,
	.message_read_basic = fake_read_basic,
	.message_unref = fake_unref,
	.call = fake_call,
	.match_signal = fake_match,
	.process = fake_process,
	.wait = fake_wait,
	.get_property_string = fake_get_property,
	.error_free = fake_error_free,
};

static struct systemd *connect_fake(const struct answer *answers)
{
	struct systemd *sd = NULL;
	struct err err = { 0 };

	memset(&fake, 0, sizeof(fake));
	fake.out = open_memstream(&fake.said, &fake.len);
	fake.answers = answers;
	assert_int_equal(systemd_open_with(&sd, &fake_bus, &err), 0);
	return sd;
}

/* All that was said is @said, all answers were needed, nothing is open any more. */
static void disconnect(struct systemd *sd, const char *said)
{
	systemd_close(sd);
	fclose(fake.out);
	assert_string_equal(fake.said, said);
	free(fake.said);
	assert_null(fake.answers[fake.next].method);
	assert_int_equal(fake.open, 0);
}

#define HEAD \
	"StartTransientUnit x.scope fail a<(sv) r<sv PIDs v<au u:00000000 > > r<sv Slice v<s a.slice > >"
#define TAIL " > a<(sa(sv)) >\n"

static struct cgroup_property items[] = {
	{ (char *)"Delegate", (char *)"b", (char *)"yes", NULL },
	{ (char *)"AllowedCPUs", (char *)"ay", (char *)"0-1", NULL },
	{ (char *)"MemoryMax", (char *)"t", (char *)"5", NULL },
	{ (char *)"DeviceAllow", (char *)"a(ss)", (char *)"char-1 rw", NULL },
};
static const struct cgroup_properties three = { items, 3 };

static void test_start(void **state)
{
	const struct answer answers[] = {
		{ .method = "StartTransientUnit", .job = "/job/1", .result = "done" }, { 0 }
	};
	struct systemd *sd = connect_fake(answers);
	struct err err = { 0 };
	char *root = NULL;

	(void)state;
	assert_int_equal(systemd_root(sd, &root, &err), 0);
	assert_string_equal(root, "/up");
	free(root);
	assert_int_equal(systemd_start_scope(sd, "x.scope", "a.slice", &three, &err), 0);
	disconnect(sd, HEAD " r<sv Delegate v<b true > > r<sv AllowedCPUs v<ay y:03 > > r<sv "
			    "MemoryMax v<t 5 > >" TAIL);
}

/* One that this systemd does not know is left out, and only that one. */
static void test_start_older(void **state)
{
	const struct answer answers[] = {
		{ .method = "StartTransientUnit",
		  .error = "org.freedesktop.DBus.Error.PropertyReadOnly",
		  .message = "Cannot set property AllowedCPUs, or unknown property.",
		  .code = -EROFS },
		{ .method = "StartTransientUnit", .job = "/job/1", .result = "done" },
		{ 0 },
	};
	struct systemd *sd = connect_fake(answers);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(systemd_start_scope(sd, "x.scope", "a.slice", &three, &err), 0);
	disconnect(sd, HEAD " r<sv Delegate v<b true > > r<sv AllowedCPUs v<ay y:03 > > r<sv "
			    "MemoryMax v<t 5 > >" TAIL HEAD
			    " r<sv Delegate v<b true > > r<sv MemoryMax v<t 5 > >" TAIL);
}

static void test_start_failures(void **state)
{
	static const struct {
		struct answer answer;
		int code;
		const char *text;
	} cases[] = {
		{ { .error = "org.freedesktop.systemd1.UnitExists",
		    .message = "Unit x.scope already exists.",
		    .code = -EEXIST },
		  -EEXIST,
		  "systemd has a unit x.scope already (systemctl stop x.scope ends it)" },
		{ { .error = "org.freedesktop.DBus.Error.AccessDenied",
		    .message = "Rejected send message",
		    .code = -EACCES },
		  -EACCES,
		  "systemd: Rejected send message" },
		{ { .error = "org.freedesktop.DBus.Error.PropertyReadOnly",
		    .message = "Cannot set property PIDs, or unknown property.",
		    .code = -EROFS },
		  -EROFS,
		  "systemd: Cannot set property PIDs, or unknown property." },
		{ { .code = -ETIMEDOUT }, -ETIMEDOUT, "systemd: Connection timed out" },
		{ { .job = "/job/1", .result = "failed" },
		  -EIO,
		  "systemd: its job ended with 'failed' (journalctl tells more)" },
		/* The end never comes, and the bus is gone. */
		{ { .job = "/job/1" },
		  -ECONNRESET,
		  "the connection to systemd: Connection reset by peer" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct answer answers[] = { cases[i].answer, { 0 } };
		const struct cgroup_properties none = { 0 };
		struct err err = { 0 };
		struct systemd *sd;

		answers[0].method = "StartTransientUnit";
		sd = connect_fake(answers);
		assert_int_equal(systemd_start_scope(sd, "x.scope", "a.slice", &none, &err),
				 cases[i].code);
		assert_string_equal(err.text, cases[i].text);
		disconnect(sd, HEAD TAIL);
	}
}

#define NO_UNIT                                                          \
	.error = "org.freedesktop.systemd1.NoSuchUnit", .code = -ENOENT, \
	.message = "Unit x.scope not loaded."

/* @slice: where systemd has the unit. */
static void stop(const struct answer *answers, const char *slice, const char *said)
{
	struct systemd *sd = connect_fake(answers);
	struct err err = { 0 };

	fake.slice = slice;
	assert_int_equal(systemd_stop_scope(sd, "x.scope", "a.slice", &err), 0);
	disconnect(sd, said);
}

static void test_stop(void **state)
{
	const struct answer found = { .method = "GetUnit", .job = "/unit/x" };
	const struct answer gone = { .method = "GetUnit", NO_UNIT };
	const struct answer answers[] = {
		found,
		{ .method = "StopUnit", .job = "/job/2", .result = "done" },
		/* A moment later it is there still. */
		found,
		{ .method = "ResetFailedUnit" },
		gone,
		{ 0 },
	};
	const struct answer never[] = { gone, { 0 } };
	const struct answer meanwhile[] = { found, { .method = "StopUnit", NO_UNIT }, { 0 } };

	(void)state;
	stop(answers, "a.slice",
	     "GetUnit x.scope\nStopUnit x.scope replace\nGetUnit x.scope\nResetFailedUnit x.scope\n"
	     "GetUnit x.scope\n");
	stop(never, "", "GetUnit x.scope\n");
	stop(meanwhile, "a.slice", "GetUnit x.scope\nStopUnit x.scope replace\n");
}

/* A unit of that name that somebody else has, elsewhere. */
static void test_stop_strangers(void **state)
{
	const struct answer answers[] = { { .method = "GetUnit", .job = "/unit/x" }, { 0 } };

	(void)state;
	stop(answers, "machine.slice", "GetUnit x.scope\n");
	stop(answers, "", "GetUnit x.scope\n");
}

static void test_set(void **state)
{
	const struct answer answers[] = {
		{ .method = "SetUnitProperties" },
		{ .method = "SetUnitProperties",
		  .error = "org.freedesktop.systemd1.NoSuchUnit",
		  .message = "Unit x.scope not loaded.",
		  .code = -ENOENT },
		{ 0 },
	};
	const struct cgroup_properties two = { items + 2, 2 }, one = { items + 2, 1 };
	struct systemd *sd = connect_fake(answers);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(systemd_set_properties(sd, "x.scope", &two, &err), 0);
	assert_int_equal(systemd_set_properties(sd, "x.scope", &one, &err), -ENOENT);
	assert_string_equal(err.text, "systemd: Unit x.scope not loaded.");
	disconnect(sd, "SetUnitProperties x.scope true a<(sv) r<sv MemoryMax v<t 5 > > r<sv "
		       "DeviceAllow v<a(ss) a<(ss) r<ss char-1 rw > > > > >\n"
		       "SetUnitProperties x.scope true a<(sv) r<sv MemoryMax v<t 5 > > >\n");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope_names),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_properties_v2),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_properties_v1),
		cmocka_unit_test(test_quota_beside),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_bad_devices),
		cmocka_unit_test(test_masks),
#if defined(CONFIG_SYSTEMD) && !defined(CONFIG_STATIC)
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_older),
		cmocka_unit_test(test_start_failures),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_strangers),
		cmocka_unit_test(test_set),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
