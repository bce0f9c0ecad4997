// SPDX-License-Identifier: Apache-2.0
#include "container/function.h"

#include "lib/cleanup.h"
#include "lib/device.h"
#include "lib/str.h"
#include "net/list.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int wrong_arguments(const char *name, const char *args, struct err *err)
{
	return err_set(err, -EINVAL, "%s: expected %s", name, *args ? args : "no arguments");
}

/* --- ip --- */

static int ip_check(char *const *args, struct err *err)
{
	return *args ? wrong_arguments("ip", "", err) : 0;
}

static int ip_run(char *const *args, FILE *out, struct err *err)
{
	(void)args;
	return net_list(out, err);
}

/* --- mknod --- */

#define MKNOD_ARGS "PATH TYPE MAJOR MINOR"

static const struct {
	char letter;
	mode_t type;
} node_types[] = {
	{ 'c', S_IFCHR },
	{ 'u', S_IFCHR },
	{ 'b', S_IFBLK },
	{ 'p', S_IFIFO },
};

static int read_number(const char *what, const char *text, unsigned int max, unsigned int *out,
		       struct err *err)
{
	unsigned long long value;

	if (str_to_u64(text, max, &value) < 0)
		return err_set(err, -EINVAL, "mknod: %s: '%.40s' is not a number from 0 to %u",
			       what, text, max);
	*out = (unsigned int)value;
	return 0;
}

static int read_node(char *const *args, mode_t *mode, dev_t *number, struct err *err)
{
	unsigned int major = 0, minor = 0;
	size_t count = strv_count(args);
	int ret;

	*mode = 0;
	if (count != 4 && !(count == 2 && !strcmp(args[1], "p")))
		return wrong_arguments("mknod", MKNOD_ARGS, err);
	for (size_t i = 0; i < array_size(node_types); i++)
		if (args[1][0] == node_types[i].letter && !args[1][1])
			*mode = node_types[i].type | 0666;
	if (!*mode)
		return err_set(err, -EINVAL, "mknod: TYPE: '%.40s' is none of c, u, b and p",
			       args[1]);
	if (count == 4) {
		ret = read_number("MAJOR", args[2], DEVICE_MAJOR_MAX, &major, err);
		if (ret == 0)
			ret = read_number("MINOR", args[3], DEVICE_MINOR_MAX, &minor, err);
		if (ret < 0)
			return ret;
	}
	*number = makedev(major, minor);
	return 0;
}

static int mknod_check(char *const *args, struct err *err)
{
	mode_t mode;
	dev_t number;

	return read_node(args, &mode, &number, err);
}

static int mknod_run(char *const *args, FILE *out, struct err *err)
{
	mode_t mode;
	dev_t number;
	int ret = read_node(args, &mode, &number, err);

	(void)out;
	if (ret == 0 && mknod(args[0], mode, number) < 0)
		ret = err_sys(err, -errno, "mknod: cannot make '%.200s'", args[0]);
	return ret;
}

/* --- */

/* Ended by one without a name. The first one stands for programs. */
static const struct function functions[] = {
	{ { "exec", "CMD [ARG...]", "execute a program of the container's (the default)" },
	  NULL,
	  NULL },
	{ { "ip", "", "show the container's network interfaces" }, ip_check, ip_run },
	{ { "mknod", MKNOD_ARGS, "make a device node (TYPE c, u or b) or a fifo (p)" },
	  mknod_check,
	  mknod_run },
	{ .shown.name = NULL },
};

const struct ctrnet_function *ctrnet_function_at(size_t i)
{
	static const size_t count = array_size(functions) - 1;

	return i < count ? &functions[i].shown : NULL;
}

static int find(const char *name, const struct function **out, struct err *err)
{
	int ret;

	for (const struct function *f = functions; f->shown.name; f++) {
		if (strcmp(f->shown.name, name))
			continue;
		*out = f;
		return 0;
	}
	ret = err_set(err, -EINVAL, "function: unknown function '%.40s'; known are", name);
	for (const struct function *f = functions; f->shown.name; f++)
		err_append(err, "%s %s", f == functions ? "" : ",", f->shown.name);
	return ret;
}

/* A function's name stands before its arguments, as a program's does. */
static int put_name(const struct function *f, char *const *args, char ***argv, struct err *err)
{
	_cleanup_(strv_cleanup) char **made = NULL;
	int ret = f->check(args, err);

	if (ret == 0 && strv_add(&made, f->shown.name) < 0)
		ret = err_oom(err);
	for (; ret == 0 && *args; args++)
		if (strv_add(&made, *args) < 0)
			ret = err_oom(err);
	if (ret == 0)
		*argv = take_ptr(made);
	return ret;
}

int function_words(const char *name, char *const *args, const struct function **out, char ***argv,
		   struct err *err)
{
	static char *const none[] = { NULL };
	const struct function *f = functions;
	int ret = name ? find(name, &f, err) : 0;

	if (ret < 0)
		return ret;
	*out = f->run ? f : NULL;
	if (f->run)
		return put_name(f, args ? args : none, argv, err);
	return strv_copy(argv, args ? args : none) < 0 ? err_oom(err) : 0;
}
