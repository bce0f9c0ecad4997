// SPDX-License-Identifier: Apache-2.0
#include "lib/log.h"

#include "lib/cleanup.h"
#include "lib/json.h"

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
	char day_and_time[32];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(day_and_time, sizeof(day_and_time), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s.%06ldZ", day_and_time, now.tv_nsec / 1000);
}

static void print_text(FILE *out, const char *level, const char *msg)
{
	if (log_to_file()) {
		print_time(out);
		putc(' ', out);
	}
	fprintf(out, "ctrnet: %s: ", level);
	/* One record is one line, and nothing in it drives a terminal. */
	for (; *msg; msg++)
		putc((unsigned char)*msg < 0x20 || *msg == 0x7f ? '?' : *msg, out);
	putc('\n', out);
}

static void print_json(FILE *out, const char *level, const char *msg)
{
	fprintf(out, "{\"level\":\"%s\",\"msg\":", level);
	json_print_string(out, msg);
	fputs(",\"time\":\"", out);
	print_time(out);
	fputs("\"}\n", out);
}

static void log_record(const char *level, const char *fmt, va_list ap)
{
	_cleanup_free_ char *msg = NULL, *line = NULL;
	int saved = errno;
	size_t len = 0;
	FILE *out;

	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	out = msg ? open_memstream(&line, &len) : NULL;
	if (out) {
		if (sink.format == LOG_JSON)
			print_json(out, level, msg);
		else
			print_text(out, level, msg);
		if (fclose(out) == 0)
			write_line(line, len);
	}
	errno = saved;
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!sink.debug)
		return;
	va_start(ap, fmt);
	log_record("debug", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_record("warning", fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_record("error", fmt, ap);
	va_end(ap);
}
