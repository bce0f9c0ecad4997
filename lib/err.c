// SPDX-License-Identifier: Apache-2.0
#include "lib/err.h"

#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void fill(struct err *err, int code, const char *fmt, va_list ap)
{
	/* The text may be among the arguments, so it is built aside. */
	char text[ERR_TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	str_make_printable(text);
	err->code = code;
	memcpy(err->text, text, sizeof(text));
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, fmt, ap);
	va_end(ap);
	return code;
}

int err_sys(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, fmt, ap);
	va_end(ap);
	return err_append(err, ": %s", strerror(-code));
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	size_t len;
	va_list ap;

	if (!err)
		return -EINVAL;
	memcpy(text, err->text, sizeof(text));
	va_start(ap, fmt);
	fill(err, err->code, fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", text);
	return err->code;
}

int err_append(struct err *err, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!err)
		return -EINVAL;
	len = strlen(err->text);
	va_start(ap, fmt);
	vsnprintf(err->text + len, sizeof(err->text) - len, fmt, ap);
	va_end(ap);
	str_make_printable(err->text);
	return err->code;
}

int err_oom(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}
