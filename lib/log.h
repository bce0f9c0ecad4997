/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: what happened, for the person at the terminal (warnings) or for --debug and --log.
 * Lines go to stderr until log_open() sends them to a file. One record is one line, in text or,
 * with LOG_JSON, as {"level":"warning","msg":"...","time":"RFC 3339"} as other runtimes write it.
 * Text in a file has the time in front. A line is one write(2); what cannot be written is lost.
 * errno is kept. Debug records are dropped unless log_open() asked for them.
 * Errors that end a command are not logged here; cmd/ prints them (and hands them to log_error()).
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/err.h"

#include <stdbool.h>

enum log_format { LOG_TEXT, LOG_JSON };

/* Append to @path (mode 0600, made if missing); NULL stays on stderr. */
int log_open(const char *path, enum log_format format, bool debug, struct err *err);
/* Is the log going to a file? Then cmd/ prints its error on stderr as well. */
bool log_to_file(void);

/*
 * A library's caller has a log of its own, or none. Records of the calling thread go to @record in the place of the log, one
 * line each, printable; NULL drops them. What @record logs goes to the log. Returns what was there, for log_restore(); zero:
 * the log.
 */
enum log_level { LOG_DEBUG, LOG_WARNING, LOG_ERROR };
struct log_diversion {
	bool diverted;
	void (*record)(void *arg, enum log_level level, const char *line);
	void *arg;
};
struct log_diversion log_divert(void (*record)(void *arg, enum log_level level, const char *line),
				void *arg);
void log_restore(const struct log_diversion *before);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
