/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the rootfs in the kernel: each forks a child with namespaces of its own, lets it do what a container's
 * child does, and looks at the outcome there. Whatever happens, the host's directory must be as it was.
 */
#ifndef TESTS_ROOTFS_BOX_H
#define TESTS_ROOTFS_BOX_H

#include "rootfs/rootfs.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dirs {
	char top[64], rootfs[80], data[80], run[80], shared[80];
	int root; /* O_PATH of rootfs */
	struct scope scope;
	char *before; /* a listing of top */
};

/* --- in the child: failures are lines on a pipe --- */

void __attribute__((noreturn, format(printf, 1, 2))) child_fail(const char *fmt, ...);
void check_text(int line, const char *text, const char *expected);

#define CHECK(what)                                                                   \
	do {                                                                          \
		if (!(what))                                                          \
			child_fail("line %d: %s (errno %d)", __LINE__, #what, errno); \
	} while (0)

#define CHECK_OK(call)                                                            \
	do {                                                                      \
		if (call)                                                         \
			child_fail("line %d: %s: %s", __LINE__, #call, err.text); \
	} while (0)

#define CHECK_TEXT(text, expected) check_text(__LINE__, text, expected)

struct job {
	const struct dirs *d;
	const struct rootfs_spec *spec;
	void (*run)(const struct job *job);
};

/* Run @run as the first process of a pid namespace, in mount and other namespaces of its own. */
void run_child(const struct dirs *d, const struct rootfs_spec *spec,
	       void (*run)(const struct job *));

/* --- the host's directory --- */

/* Each path below @top with its mode and size; allocated. */
char *list_tree(const char *top);
void make_file(int root, const char *name, const char *text);
void make_link(int root, const char *target, const char *name);
int set_up(void **state);
int tear_down(void **state);
/* Plan and apply, run the child, revert; the tree must be as before. */
void run_container(struct dirs *d, const struct rootfs_spec *spec, void (*run)(const struct job *));
/* What a container's child leaves to its end, and a test does more than once. */
void rootfs_run_release(struct rootfs_run *run);
/* The container of @spec, with the test's rootfs, must not come to be, with these words. */
void fails(struct dirs *d, struct rootfs_spec spec, int code, const char *words);

#define MOUNTS(...)                                       \
	.mounts = (struct rootfs_mount[]){ __VA_ARGS__ }, \
	.mount_count =                                    \
		sizeof((struct rootfs_mount[]){ __VA_ARGS__ }) / sizeof(struct rootfs_mount)
#define SPEC(...) ((struct rootfs_spec){ __VA_ARGS__ })
#define M(...)              \
	{                   \
		__VA_ARGS__ \
	}
#define PROC                                                              \
	{                                                                 \
		.type = "proc", .destination = "/proc", .automatic = true \
	}

/* --- looking at mounts --- */

/* "ro,nosuid ext4 opts" of what is mounted last at @path; "" if nothing is. */
const char *mount_at(const char *path);
/* The optional fields of mountinfo of the same, without their numbers: "shared", "master", "shared master", "". */
const char *propagation_at(const char *path);
bool has(const char *text, const char *word);
size_t count_mounts(void);
bool is_char_device(const char *path, unsigned int major, unsigned int minor, mode_t mode);
bool reads_link(const char *path, const char *target);
bool can_write(const char *path);

/* --- what containers usually have --- */

extern struct rootfs_device devices[6];
extern struct rootfs_mount system_mounts[8];

#endif
