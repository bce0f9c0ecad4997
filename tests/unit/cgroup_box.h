/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of cgroups in the kernel: a container's, below a directory of its own in each mounted hierarchy, and gone afterwards. */
#ifndef TESTS_CGROUP_BOX_H
#define TESTS_CGROUP_BOX_H

#include "cgroup/cgroup.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

extern struct cgroup_host box_host;

/* One container: its scope with a run directory, its place and plan, a process. */
struct box {
	char run_dir[64];
	struct cgroup_spec spec;
	struct cgroup_place place;
	struct plan plan;
	struct scope scope;
	struct err err;
};

/* "/ctrnet-test-PID-TIME": what nobody else has, or left behind. */
void box_name(char *name, size_t size);

void box_init(struct box *b);
void box_release(struct box *b);
int box_plan(struct box *b);
int box_apply(struct box *b, enum phase phase);
/* Plan and do PHASE_PREPARE, or fail. */
void box_prepare(struct box *b);
void box_revert(struct box *b);
/* Forget the v2 directory, as if the host had none. */
void box_drop_v2(struct box *b);

/* Its directory in the hierarchy of @controller. */
const char *dir_of(struct box *b, const char *controller);
void assert_file(struct box *b, const char *controller, const char *file, const char *text);
void assert_gone(struct box *b);

/* A child that runs @work and then sleeps, in the v2 cgroup @cgroup_fd if that is one. */
pid_t spawn(int (*work)(void *arg), void *arg, int cgroup_fd);
void kill_child(pid_t *pid);
/* As @work: through the doors of the scope @arg. */
int join_self(void *arg);

struct box_test {
	const char *name;
	void (*test)(void **state); /* gets a struct box */
	const char *
		controllers; /* space-separated; "v2": the v2 tree with a controller to give; "memsw" */
};

#define NEEDS(list, f)      \
	{                   \
#f, f, list \
	}

/* For main(). Those that cannot run here say so in TAP. */
int box_run(const struct box_test *tests, size_t count);

#endif
