// SPDX-License-Identifier: Apache-2.0
/*
 * Device rules: what a list comes to, the generated program in an interpreter of its own, and the
 * program in the kernel beside v1's controller, which has to give the same answers.
 */
#include "cgroup_box.h"

#include "cgroup/cgroup.h"
#include "cgroup/device_bpf.h"
#include "cgroup/device_list.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <cmocka.h>

/* What is asked for, and whether the rules allow it. */
struct question {
	char type;
	unsigned int major, minor, access;
	bool allowed;
};

/* Worked out by hand from security/device_cgroup.c. */
static const struct {
	const char *rules[8];
	struct question questions[9];
} cases[] = {
	{ { "deny a" }, { { 'c', 1, 3, DEVICE_READ, false }, { 'b', 8, 0, DEVICE_MKNOD, false } } },
	{ { "allow a" }, { { 'c', 1, 3, DEVICE_ALL, true }, { 'b', 8, 0, DEVICE_ALL, true } } },
	{ { "deny a", "allow c 1:3 rw", "allow c 5:* r", "allow b *:* m" },
	  { { 'c', 1, 3, DEVICE_READ | DEVICE_WRITE, true },
	    { 'c', 1, 3, DEVICE_READ | DEVICE_MKNOD, false },
	    { 'c', 1, 5, DEVICE_READ, false },
	    { 'b', 1, 3, DEVICE_READ, false },
	    { 'c', 5, 77, DEVICE_READ, true },
	    { 'c', 5, 77, DEVICE_WRITE, false },
	    { 'b', 250, 9, DEVICE_MKNOD, true },
	    { 'c', 250, 9, DEVICE_MKNOD, false } } },
	{ { "allow a", "deny c 1:3 w", "deny b 7:* rwm" },
	  { { 'c', 1, 3, DEVICE_READ, true },
	    { 'c', 1, 3, DEVICE_READ | DEVICE_WRITE, false },
	    { 'b', 7, 1, DEVICE_MKNOD, false },
	    { 'b', 8, 1, DEVICE_ALL, true } } },
	/* Two rules for the same numbers are one; two for different ones do not add up. */
	{ { "deny a", "allow c 1:3 r", "allow c 1:3 w", "allow c 1:5 r", "allow c 1:* w" },
	  { { 'c', 1, 3, DEVICE_READ | DEVICE_WRITE, true },
	    { 'c', 1, 5, DEVICE_READ | DEVICE_WRITE, false },
	    { 'c', 1, 5, DEVICE_READ, true },
	    { 'c', 1, 5, DEVICE_WRITE, true } } },
	/* Taking away what was given, and not more. */
	{ { "deny a", "allow c 1:3 rwm", "allow c 1:5 rwm", "deny c 1:3 w", "deny c 1:5 rwm",
	    "deny c 5:* r", "allow c 5:0 r" },
	  { { 'c', 1, 3, DEVICE_READ | DEVICE_MKNOD, true },
	    { 'c', 1, 3, DEVICE_WRITE, false },
	    { 'c', 1, 5, DEVICE_READ, false },
	    { 'c', 5, 0, DEVICE_READ, true } } },
	/* 'a' forgets all before it. */
	{ { "deny a", "allow c 1:3 rwm", "allow a", "deny c 1:5 r" },
	  { { 'c', 1, 3, DEVICE_ALL, true },
	    { 'b', 1, 3, DEVICE_ALL, true },
	    { 'c', 1, 5, DEVICE_READ, false },
	    { 'c', 1, 5, DEVICE_WRITE, true } } },
	/* Numbers that are negative as 32 bits. */
	{ { "deny a", "allow c 4294967295:4294967294 r" },
	  { { 'c', 4294967295, 4294967294, DEVICE_READ, true },
	    { 'c', 4294967295, 4294967295, DEVICE_READ, false } } },
};

static void make_list(struct device_list *list, const char *const *rules)
{
	struct err err = { 0 };

	if (device_list_make(list, (char *const *)rules, &err) < 0)
		fail_msg("%s", err.text);
}

/* As much of the instruction set as the generator may use; anything else fails the test. */
static unsigned int run(const struct bpf_insn *code, size_t count, const void *context)
{
	uint64_t reg[11] = { [1] = (uintptr_t)context };

	for (size_t pc = 0, steps = 0; pc < count; pc++) {
		const struct bpf_insn *i = &code[pc];
		uint32_t to = (uint32_t)reg[i->dst_reg], imm = (uint32_t)i->imm;

		assert_true(++steps <= count); /* no way back */
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			memcpy(&to, (const char *)(uintptr_t)reg[i->src_reg] + i->off, sizeof(to));
			reg[i->dst_reg] = to;
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			reg[i->dst_reg] = (uint32_t)reg[i->src_reg];
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			reg[i->dst_reg] = imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			reg[i->dst_reg] = to & imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			reg[i->dst_reg] = to >> imm;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			pc += to != imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			pc += to == imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return (unsigned int)reg[0];
		default:
			fail_msg("instruction %zu: code %#x", pc, i->code);
		}
	}
	fail_msg("ran off the end");
	return 0;
}

static bool answer(const struct device_list *list, const struct question *q)
{
	const struct bpf_cgroup_dev_ctx context = {
		.access_type = q->access << 16 |
			       (q->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = q->major,
		.minor = q->minor,
	};
	_cleanup_free_ struct bpf_insn *code = NULL;
	size_t count;

	assert_int_equal(device_bpf_make(list, &code, &count, NULL), 0);
	return run(code, count, &context);
}

static void test_program(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct device_list list;

		make_list(&list, cases[i].rules);
		for (const struct question *q = cases[i].questions; q->type; q++)
			if (answer(&list, q) != q->allowed)
				fail_msg("case %zu: %c %u:%u access %u should be %s", i, q->type,
					 q->major, q->minor, q->access,
					 q->allowed ? "allowed" : "denied");
		device_list_release(&list);
	}
}

static void test_no_rules(void **state)
{
	const char *const bad[] = { "",
				    "a",
				    "permit a",
				    "deny c 1:3",
				    "deny c 1:3 x",
				    "deny d 1:3 r",
				    "deny c 1 r",
				    "deny c -1:3 r",
				    "deny c 1:3 rr ",
				    "deny aa",
				    "allow c 1*:3 r",
				    "deny c :3 r",
				    "deny c 4294967296:0 r" };

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		const char *const rules[] = { bad[i], NULL };
		struct device_list list = { 0 };
		struct err err = { 0 };
		_cleanup_free_ char *text = str_format("'%s' is no device rule", bad[i]);

		assert_int_equal(device_list_make(&list, (char *const *)rules, &err), -EINVAL);
		assert_string_equal(err.text, text);
		assert_null(list.items);
	}
}

/* --- in the kernel --- */

static struct cgroup_host host;

/* A directory of our own in v1's devices hierarchy, or on v2. */
struct tree {
	char path[256];
};

static bool find_tree(struct tree *t, bool v2)
{
	char name[64];

	for (size_t i = 0; i < host.count; i++) {
		const struct cgroup_hierarchy *h = &host.hierarchies[i];

		if (h->v2 != v2 || (!v2 && !controllers_have(h->controllers, "devices", 7)))
			continue;
		box_name(name, sizeof(name));
		snprintf(t->path, sizeof(t->path), "%s%s", h->mount, name);
		return true;
	}
	return false;
}

static void set_rules(const struct tree *t, bool v2, const char *const *rules)
{
	struct cgroup_devices_args args = {
		.path = (char *)t->path,
		.v2 = v2,
		.rules = (char **)rules,
	};
	struct scope scope = { 0 };
	struct err err = { 0 };

	if (cgroup_devices_step.apply(&scope, &args, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct {
	const char *name;
	mode_t kind;
	unsigned int major, minor;
} nodes[] = {
	{ "null", S_IFCHR, 1, 3 },
	{ "zero", S_IFCHR, 1, 5 },
	{ "tty", S_IFCHR, 5, 0 },
	{ "ram", S_IFBLK, 1, 250 },
};

#define ASKED 5 /* of each node */

/* A bit for each thing that was not allowed. Opening an absent device fails with another error. */
static unsigned int try_nodes(void)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	unsigned int denied = 0, bit = 1;

	for (size_t i = 0; i < array_size(nodes); i++) {
		for (size_t m = 0; m < array_size(modes); m++, bit <<= 1)
			if (open(nodes[i].name, modes[m] | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) < 0 &&
			    errno == EPERM)
				denied |= bit;
		if (mknod("new", nodes[i].kind | 0600, makedev(nodes[i].major, nodes[i].minor)) < 0)
			denied |= bit;
		unlink("new");
		bit <<= 1;
		if (mknod("new", nodes[i].kind | 0600, makedev(nodes[i].major, 7)) < 0)
			denied |= bit;
		unlink("new");
		bit <<= 1;
	}
	return denied;
}

/* In a file system of its own, where nodes work, and with the rights to make them. */
static unsigned int ask_kernel(const struct tree *t)
{
	_cleanup_free_ char *procs = str_format("%s/cgroup.procs", t->path);
	unsigned int denied = 0;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		int fd;

		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("nodes", "/tmp", "tmpfs", 0, NULL) < 0 || chdir("/tmp") < 0)
			_exit(1);
		for (size_t i = 0; i < array_size(nodes); i++)
			if (mknod(nodes[i].name, nodes[i].kind | 0600,
				  makedev(nodes[i].major, nodes[i].minor)) < 0)
				_exit(2);
		fd = open(procs, O_WRONLY);
		if (fd < 0 || write(fd, "0", 1) < 0)
			_exit(3);
		denied = try_nodes();
		_exit(write(ends[1], &denied, sizeof(denied)) == sizeof(denied) ? 0 : 4);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &denied, sizeof(denied)), sizeof(denied));
	close(ends[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return denied;
}

/* What is to be denied, by the interpreter's word. */
static unsigned int ask_program(const char *const *rules)
{
	static const unsigned int opens[] = { DEVICE_READ, DEVICE_WRITE,
					      DEVICE_READ | DEVICE_WRITE };
	unsigned int denied = 0, bit = 1;
	struct device_list list;

	make_list(&list, rules);
	for (size_t i = 0; i < array_size(nodes); i++)
		for (unsigned int n = 0; n < ASKED; n++, bit <<= 1) {
			const struct question q = {
				.type = nodes[i].kind == S_IFBLK ? 'b' : 'c',
				.major = nodes[i].major,
				.minor = n == 4 ? 7 : nodes[i].minor,
				.access = n < 3 ? opens[n] : DEVICE_MKNOD,
			};

			if (!answer(&list, &q))
				denied |= bit;
		}
	device_list_release(&list);
	return denied;
}

static const char *const lists[][8] = {
	{ "deny a" },
	{ "deny a", "allow c *:* m", "allow c 1:3 rwm", "allow c 5:0 r" },
	{ "deny a", "allow c 1:3 r", "allow c 1:* w", "allow b 1:* rwm" },
	{ "allow a", "deny c 1:3 w", "deny c 5:* rm", "deny b *:* m" },
	{ "deny a", "allow c 1:3 rwm", "allow c 1:5 rwm", "deny c 1:3 w", "deny c 1:5 rwm" },
	{ "allow a", "deny c 1:5 rwm", "allow c 1:5 r" },
	{ "allow a" },
};

static void compare(bool v2)
{
	struct tree t = { 0 };

	assert_true(find_tree(&t, v2));
	if (mkdir(t.path, 0755) < 0)
		fail_msg("%s: %s", t.path, strerror(errno));
	for (size_t i = 0; i < array_size(lists); i++) {
		unsigned int have, want = ask_program(lists[i]);

		set_rules(&t, v2, lists[i]);
		have = ask_kernel(&t);
		if (have != want) {
			rmdir(t.path);
			fail_msg("list %zu: the kernel denies %#x, the program %#x", i, have, want);
		}
	}
	assert_int_equal(rmdir(t.path), 0);
}

static void test_kernel_v1(void **state)
{
	(void)state;
	compare(false);
}

/* One list after the other on the same directory: only the last one counts. */
static void test_kernel_v2(void **state)
{
	(void)state;
	compare(true);
}

static void skipped(void **state)
{
	(void)state;
}

/* cmocka's own skip() is "not ok" in TAP. */
static struct CMUnitTest kernel_test(bool v2)
{
	const struct CMUnitTest v1_test = cmocka_unit_test(test_kernel_v1);
	const struct CMUnitTest v2_test = cmocka_unit_test(test_kernel_v2);
	const struct CMUnitTest none = {
		v2 ? "test_kernel_v2 # SKIP no v2 tree" : "test_kernel_v1 # SKIP no v1 controller",
		skipped,
		NULL,
		NULL,
		NULL,
	};
	struct tree t;

	if (geteuid() != 0 || !find_tree(&t, v2))
		return none;
	return v2 ? v2_test : v1_test;
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_no_rules),
		{ 0 },
		{ 0 },
	};
	int failed;

	if (cgroup_host_read(&host, NULL) < 0)
		return 1;
	tests[2] = kernel_test(false);
	tests[3] = kernel_test(true);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	cgroup_host_release(&host);
	return failed;
}
