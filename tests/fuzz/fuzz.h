/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers of configs have in common. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Warnings, as of unknown keys, are not what they look for, and slow. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	if (log_open("/dev/null", LOG_TEXT, false, &err) < 0)
		abort();
	return 0;
}

/* A failure is one line. */
static void expect_line(const struct err *err, int code)
{
	if (code >= 0 || err->code != code || str_empty(err->text) || strchr(err->text, '\n'))
		abort();
}

#endif
