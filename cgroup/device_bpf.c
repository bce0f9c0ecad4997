// SPDX-License-Identifier: Apache-2.0
#include "cgroup/device_bpf.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The registers: R1 comes in as the context and is scratch afterwards, R0 goes out as the answer.
 */
enum { ANSWER = BPF_REG_0, SCRATCH = BPF_REG_1, TYPE, ACCESS, MAJOR, MINOR };

#define LOAD(to, field)                                        \
	((struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W, \
			    .dst_reg = (to),                   \
			    .src_reg = BPF_REG_1,              \
			    .off = offsetof(struct bpf_cgroup_dev_ctx, field) })
#define MOVE(to, from) \
	((struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) })
#define COMPUTE(op, to, value) \
	((struct bpf_insn){ .code = BPF_ALU | (op) | BPF_K, .dst_reg = (to), .imm = (int)(value) })
/* Where it goes is filled in when the end of the rule is known. */
#define SKIP_IF(op, reg, value) \
	((struct bpf_insn){     \
		.code = BPF_JMP32 | (op) | BPF_K, .dst_reg = (reg), .imm = (int)(value) })
#define EXIT ((struct bpf_insn){ .code = BPF_JMP | BPF_EXIT })

#define RULE_MAX 8 /* instructions */

struct program {
	struct bpf_insn *code;
	size_t count;
};

static void emit(struct program *p, struct bpf_insn insn)
{
	p->code[p->count++] = insn;
}

/* The context's first word: what is done in the upper half, with what kind of device in the lower. */
static void emit_start(struct program *p)
{
	emit(p, LOAD(TYPE, access_type));
	emit(p, LOAD(MAJOR, major));
	emit(p, LOAD(MINOR, minor));
	emit(p, MOVE(ACCESS, TYPE));
	emit(p, COMPUTE(BPF_AND, TYPE, 0xffff));
	emit(p, COMPUTE(BPF_RSH, ACCESS, 16));
}

static void emit_answer(struct program *p, bool allow)
{
	emit(p, COMPUTE(BPF_MOV, ANSWER, allow));
	emit(p, EXIT);
}

/*
 * One exception: each test that fails goes on to the next. What is asked for must be all allowed by one
 * exception; a single part of it being denied is enough to deny it.
 */
static void emit_exception(struct program *p, const struct device_exception *e, bool allow)
{
	size_t start = p->count;

	emit(p, SKIP_IF(BPF_JNE, TYPE, e->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR));
	if (e->major >= 0)
		emit(p, SKIP_IF(BPF_JNE, MAJOR, (uint32_t)e->major));
	if (e->minor >= 0)
		emit(p, SKIP_IF(BPF_JNE, MINOR, (uint32_t)e->minor));
	emit(p, MOVE(SCRATCH, ACCESS));
	emit(p, COMPUTE(BPF_AND, SCRATCH, allow ? ~e->access : e->access));
	emit(p, SKIP_IF(allow ? BPF_JNE : BPF_JEQ, SCRATCH, 0));
	emit_answer(p, allow);
	for (size_t i = start; i < p->count; i++)
		if (BPF_CLASS(p->code[i].code) == BPF_JMP32)
			p->code[i].off = (int16_t)(p->count - i - 1);
}

int device_bpf_make(const struct device_list *list, struct bpf_insn **code, size_t *count,
		    struct err *err)
{
	struct program p = { .code = calloc(list->count + 1, RULE_MAX * sizeof(*p.code)) };

	if (!p.code)
		return err_oom(err);
	emit_start(&p);
	for (size_t i = 0; i < list->count; i++)
		emit_exception(&p, &list->items[i], !list->allow);
	emit_answer(&p, list->allow);
	*code = p.code;
	*count = p.count;
	return 0;
}

#define PROGRAM_NAME "ctrnet_devices"

static int bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int load(const struct bpf_insn *code, size_t count, struct err *err)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.expected_attach_type = BPF_CGROUP_DEVICE,
		.insns = (uintptr_t)code,
		.insn_cnt = (uint32_t)count,
		.license = (uintptr_t) "Apache-2.0",
		.prog_name = PROGRAM_NAME,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	return fd < 0 ? err_sys(err, fd, "load the eBPF program of %zu instructions", count) : fd;
}

/* Is the program @id one of ours? Then an fd of it, else -1. */
static int open_own(uint32_t id)
{
	union bpf_attr get = { .prog_id = id };
	_cleanup_fd_ int fd = bpf(BPF_PROG_GET_FD_BY_ID, &get);
	struct bpf_prog_info info = { 0 };
	union bpf_attr query = {
		.info.bpf_fd = (uint32_t)fd,
		.info.info_len = sizeof(info),
		.info.info = (uintptr_t)&info,
	};

	if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &query) < 0 || strcmp(info.name, PROGRAM_NAME))
		return -1;
	return take_fd(&fd);
}

#define OLD_MAX 64 /* that the kernel lets be attached to one cgroup: BPF_CGROUP_MAX_PROGS */

/* Those of ours that are attached to @dir; their number. */
static size_t find_old(int dir, int fds[OLD_MAX])
{
	uint32_t ids[OLD_MAX];
	union bpf_attr attr = {
		.query.target_fd = (uint32_t)dir,
		.query.attach_type = BPF_CGROUP_DEVICE,
		.query.prog_ids = (uintptr_t)ids,
		.query.prog_cnt = OLD_MAX,
	};
	size_t n = 0;

	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return 0;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < OLD_MAX; i++) {
		int fd = open_own(ids[i]);

		if (fd >= 0)
			fds[n++] = fd;
	}
	return n;
}

static int set_attached(int cmd, int dir, int program)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)dir,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = cmd == BPF_PROG_ATTACH ? BPF_F_ALLOW_MULTI : 0,
	};

	return bpf(cmd, &attr);
}

/* The new one first: there is no moment without rules. */
static int replace(int dir, int program)
{
	int old[OLD_MAX];
	size_t n = find_old(dir, old);
	int ret = set_attached(BPF_PROG_ATTACH, dir, program);

	for (size_t i = 0; i < n; i++) {
		if (ret == 0)
			set_attached(BPF_PROG_DETACH, dir, old[i]);
		close_fd(old[i]);
	}
	return ret;
}

static const char *explain(int code)
{
	switch (code) {
	case -EPERM:
		return " (a cgroup above it has a program that admits no other)";
	case -EINVAL:
		return " (the kernel needs CONFIG_CGROUP_BPF)";
	default:
		return "";
	}
}

int device_bpf_attach(const char *path, const struct device_list *list, struct err *err)
{
	_cleanup_fd_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct bpf_insn *code = NULL;
	_cleanup_fd_ int program = -1;
	size_t count;
	int ret;

	if (dir < 0)
		return err_sys(err, -errno, "%s", path);
	ret = device_bpf_make(list, &code, &count, err);
	if (ret < 0)
		return ret;
	program = load(code, count, err);
	if (program < 0)
		return program;
	ret = replace(dir, program);
	if (ret < 0) {
		err_sys(err, ret, "attach the device rules to cgroup %s", path);
		return err_append(err, "%s", explain(ret));
	}
	return 0;
}
