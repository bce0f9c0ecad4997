/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs that test libctrnet share. Each runs the test that its first argument names: PROGRAM TEST ROOT ROOTFS ID. Nothing
 * is printed unless something is wrong; then the program ends with 1.
 */
#ifndef TESTS_API_CHECK_H
#define TESTS_API_CHECK_H

#include <ctrnet.h>

#include <stdbool.h>

struct place {
	const char *root, *rootfs, *id;
};

struct test {
	const char *name;
	void (*run)(const struct place *place);
};

/* What is around a call, and no business of the library's: descriptors, signals, directory, umask, children. */
struct surroundings {
	char text[8192];
};
void look_around(struct surroundings *s);

void fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#define CHECK(condition)                                            \
	do {                                                        \
		if (!(condition))                                   \
			fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

#define SAME(text, expected)                                                                \
	do {                                                                                \
		const char *got_ = (text);                                                  \
		if (strcmp(got_, (expected)) != 0)                                          \
			fail(__FILE__, __LINE__, "'%s' instead of '%s'", got_, (expected)); \
	} while (0)

extern struct ctrnet_error error;

/* It works; what it leaves to the caller shows in the surroundings. */
#define OK(call)                                                                                \
	do {                                                                                    \
		if ((call) != 0)                                                                \
			fail(__FILE__, __LINE__, "%s: %d %s", #call, error.number, error.text); \
	} while (0)

/* It works and leaves everything around it as it was. */
#define CLEAN(call)                                  \
	do {                                         \
		struct surroundings before_, after_; \
		look_around(&before_);               \
		OK(call);                            \
		look_around(&after_);                \
		SAME(after_.text, before_.text);     \
	} while (0)

/* It fails with this code, number and text, and leaves everything as it was. */
#define FAILS(call, code_, number_, text_)                                                  \
	do {                                                                                \
		struct surroundings before_, after_;                                        \
		int ret_;                                                                   \
		error = (struct ctrnet_error){ .text = "" };                                \
		look_around(&before_);                                                      \
		ret_ = (call);                                                              \
		look_around(&after_);                                                       \
		SAME(after_.text, before_.text);                                            \
		if (ret_ != (number_) || error.number != ret_ || error.code != (code_))     \
			fail(__FILE__, __LINE__, "%d, %d, code %d: %s", ret_, error.number, \
			     error.code, error.text);                                       \
		SAME(error.text, text_);                                                    \
	} while (0)

/* A config of the usual kind, of @place's rootfs, without NEWIPC if @host_ipc. */
struct ctrnet_config *usual_config(const struct place *place, bool host_ipc);
/* A container with that, or, if the variable CONFIG names a file, with that one. */
struct ctrnet_container *usual_container(const struct place *place,
					 struct ctrnet_factory **factory);
/* Start `/bin/sh -c @script` with nothing but @out (-1: none) for its output. */
struct ctrnet_process *start_script(struct ctrnet_container *c, const char *script, int out);
/* Start with @options, whose stdio[1] is replaced, and return what was printed; its exit status must be 0. */
const char *output_of(struct ctrnet_container *c, struct ctrnet_process_options *options);
const char *output_of_script(struct ctrnet_container *c, const char *script);
/* All that is in @path, of /proc say. */
const char *contents(const char *path);
const char *link_target(const char *path);
void end_container(struct ctrnet_container *c, struct ctrnet_factory *f);

int run_test(const struct test *tests, int argc, char **argv);

#endif
