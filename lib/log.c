// SPDX-License-Identifier: Apache-2.0
#include "lib/log.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The one piece of state of the process: where its log goes. */
static struct {
	int fd; /* 0: stderr */
	enum log_format format;
	bool debug;
} sink;

static _Thread_local struct log_diversion diversion;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_WARNING] = "warning",
	[LOG_ERROR] = "error",
};

struct log_diversion log_divert(void (*record)(void *arg, enum log_level level, const char *line),
				void *arg)
{
	struct log_diversion before = diversion;

	diversion = (struct log_diversion){ true, record, arg };
	return before;
}

void log_restore(const struct log_diversion *before)
{
	diversion = *before;
}

int log_open(const char *path, enum log_format format, bool debug, struct err *err)
{
	int fd = 0;

	if (path) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		/* Not as 0 to 2, if one is closed: the container's command would write to it. */
		if (fd >= 0 && fd <= STDERR_FILENO) {
			int low = fd;

			fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
			close_fd(low);
		}
		if (fd < 0)
			return err_sys(err, -errno, "log file %s", path);
	}
	if (sink.fd)
		close_fd(sink.fd);
	sink.fd = fd;
	sink.format = format;
	sink.debug = debug;
	return 0;
}

bool log_to_file(void)
{
	return sink.fd != 0;
}

/* One write(2), so that lines of several processes do not mix. What cannot be written is lost. */
static void write_line(const char *line, size_t len)
{
	int fd = sink.fd ? sink.fd : STDERR_FILENO;
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
}

/* RFC 3339, in UTC with microseconds. */
static void print_time(FILE *out)
{
	char day_and_time[STR_UTC_SIZE];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	str_utc(day_and_time, now.tv_sec);
	fprintf(out, "%s.%06ldZ", day_and_time, now.tv_nsec / 1000);
}

/* One record is one line, and nothing in it drives a terminal. */
static void print_text(FILE *out, const char *level, char *msg)
{
	if (log_to_file()) {
		print_time(out);
		putc(' ', out);
	}
	str_make_printable(msg);
	fprintf(out, "ctrnet: %s: %s\n", level, msg);
}

static void print_json(FILE *out, const char *level, const char *msg)
{
	fprintf(out, "{\"level\":\"%s\",\"msg\":", level);
	json_print_string(out, msg);
	fputs(",\"time\":\"", out);
	print_time(out);
	fputs("\"}\n", out);
}

static void write_record(enum log_level level, char *msg)
{
	_cleanup_free_ char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);

	if (!out)
		return;
	if (sink.format == LOG_JSON)
		print_json(out, level_names[level], msg);
	else
		print_text(out, level_names[level], msg);
	if (fclose(out) == 0)
		write_line(line, len);
}

/* What is logged meanwhile goes to the log itself: a caller may want just that. */
static void divert_record(enum log_level level, char *msg)
{
	struct log_diversion to = diversion;

	str_make_printable(msg);
	diversion = (struct log_diversion){ 0 };
	if (to.record)
		to.record(to.arg, level, msg);
	diversion = to;
}

static void log_record(enum log_level level, const char *fmt, va_list ap)
{
	_cleanup_free_ char *msg = NULL;
	int saved = errno;

	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	if (msg && diversion.diverted)
		divert_record(level, msg);
	else if (msg)
		write_record(level, msg);
	errno = saved;
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!sink.debug && !diversion.record)
		return;
	va_start(ap, fmt);
	log_record(LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_record(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_record(LOG_ERROR, fmt, ap);
	va_end(ap);
}
