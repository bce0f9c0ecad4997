// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#define SNAPLEN_MAX 262144
/* Told to end, we do not wait any longer for somebody who does not read, in milliseconds. */
#define PATIENCE 1000

struct output {
	int fd;
	const char *name;
	bool regular; /* a file, which takes all at once */
	int signals;
	bool told; /* to end */
	struct err err;
};

struct capture {
	struct ctrnet_net_capture *source;
	struct output out;
	bool *missed; /* which interfaces were said to be gone */
};

static void output_close(struct output *out)
{
	if (out->fd > STDERR_FILENO)
		close_fd(out->fd);
	close_fd(out->signals);
}

/* --- Writing --- */

static void take_signal(struct output *out)
{
	struct signalfd_siginfo info;

	if (read(out->signals, &info, sizeof(info)) == sizeof(info))
		out->told = true;
}

/* Until there is room for PIPE_BUF bytes (pipe(7)), so that a signal is seen while nobody reads. */
static int wait_for_room(struct output *out)
{
	struct pollfd p[] = { { .fd = out->fd, .events = POLLOUT },
			      { .fd = out->signals, .events = POLLIN } };

	for (;;) {
		int n = poll(p, array_size(p), out->told ? PATIENCE : -1);

		if (n < 0 && errno != EINTR)
			return err_sys(&out->err, -errno, "poll");
		if (n > 0 && p[0].revents)
			return 0;
		if (n == 0)
			return err_set(&out->err, -EAGAIN, "%s: nobody reads", out->name);
		if (n > 0 && p[1].revents)
			take_signal(out);
	}
}

static int give(void *arg, const void *data, size_t len)
{
	const char *at = data;
	struct output *out = arg;

	while (len) {
		size_t part = out->regular || len < PIPE_BUF ? len : PIPE_BUF;
		ssize_t n;

		if (!out->regular && wait_for_room(out) < 0)
			return out->err.code;
		n = write(out->fd, at, part);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(&out->err, -errno, "%s", out->name);
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static bool is_stdout(const struct net_options *o)
{
	return !o->write || !strcmp(o->write, "-");
}

/* Who may capture is root, and so is the file: what is in it may be anybody's secret. */
static int open_output(const struct net_options *o, struct output *out, struct err *err)
{
	struct stat st;

	out->fd = STDOUT_FILENO;
	out->name = "standard output";
	if (!is_stdout(o)) {
		out->name = o->write;
		out->fd = open(o->write, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	}
	if (out->fd < 0 || fstat(out->fd, &st) < 0)
		return err_sys(err, -errno, "net: %s", out->name);
	out->regular = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
	return 0;
}

/* A reader that goes away is an error of the next write(2), not our death. */
static int open_signals(struct output *out, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		out->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return out->signals < 0 ? err_sys(err, -errno, "net: signalfd") : 0;
}

/* --- Telling, on standard error --- */

static const char *printable(const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s", name);
	str_make_printable(buf);
	return buf;
}

static void tell_beginning(const struct capture *c)
{
	size_t count;
	const struct ctrnet_net_capture_interface *i =
		ctrnet_net_capture_interfaces(c->source, &count);
	char name[64];

	fprintf(stderr, "capturing on ");
	for (size_t n = 0; n < count; n++)
		fprintf(stderr, "%s%s", n ? ", " : "", printable(i[n].name, name, sizeof(name)));
	fprintf(stderr, "\n");
}

static void tell_gone(struct capture *c)
{
	size_t count;
	const struct ctrnet_net_capture_interface *i =
		ctrnet_net_capture_interfaces(c->source, &count);
	char name[64];

	for (size_t n = 0; n < count; n++) {
		if (i[n].gone && !c->missed[n])
			fprintf(stderr, "%s: the interface is gone\n",
				printable(i[n].name, name, sizeof(name)));
		c->missed[n] = i[n].gone;
	}
}

static void tell_end(const struct capture *c)
{
	size_t count;
	const struct ctrnet_net_capture_interface *i =
		ctrnet_net_capture_interfaces(c->source, &count);
	char name[64];

	for (size_t n = 0; n < count; n++)
		fprintf(stderr, "%s: %llu packets captured, %llu dropped\n",
			printable(i[n].name, name, sizeof(name)), (unsigned long long)i[n].captured,
			(unsigned long long)i[n].dropped);
}

/* --- Capturing --- */

/* Nothing to write, and nobody to read it: that is told by POLLERR (poll(2)). */
static int wait_for_packets(struct capture *c)
{
	struct output *out = &c->out;
	struct pollfd p[] = { { .fd = ctrnet_net_capture_fd(c->source), .events = POLLIN },
			      { .fd = out->signals, .events = POLLIN },
			      { .fd = out->regular ? -1 : out->fd, .events = 0 } };

	if (poll(p, array_size(p), -1) < 0)
		return errno == EINTR ? 0 : err_sys(&out->err, -errno, "poll");
	if (p[1].revents)
		take_signal(out);
	if (p[2].revents & POLLERR)
		return err_sys(&out->err, -EPIPE, "%s", out->name);
	return 0;
}

static int follow(struct capture *c, struct ctrnet_error *error)
{
	bool ended = false;
	int ret = ctrnet_net_capture_read(c->source, give, &c->out, &ended, error);

	if (ret == 0)
		tell_beginning(c);
	while (ret == 0 && !ended && !c->out.told) {
		ret = wait_for_packets(c);
		if (ret == 0)
			ret = ctrnet_net_capture_read(c->source, give, &c->out, &ended, error);
		if (ret == 0)
			tell_gone(c);
	}
	return ret < 0 ? ret : ctrnet_net_capture_end(c->source, give, &c->out, error);
}

static int finish(struct capture *c)
{
	struct output *out = &c->out;
	int fd = out->fd;

	/* Some file systems tell only now that the disk is full. */
	out->fd = -1;
	if (fd > STDERR_FILENO && close(fd) < 0)
		return err_sys(&out->err, -errno, "%s", out->name);
	return 0;
}

static int capture(struct capture *c, struct err *err)
{
	struct ctrnet_error error = { 0 };
	size_t count;
	int ret;

	ctrnet_net_capture_interfaces(c->source, &count);
	c->missed = calloc(count + 1, sizeof(*c->missed));
	if (!c->missed)
		return err_oom(err);
	ret = follow(c, &error);
	if (ret == 0)
		ret = finish(c);
	tell_end(c);
	if (ret < 0 && c->out.err.code)
		return err_set(err, ret, "net: %s", c->out.err.text);
	return ret < 0 ? library_fail(&cmd_net, &error, err) : 0;
}

static int read_number(const char *option, const char *text, unsigned long long max,
		       unsigned long long *out, struct err *err)
{
	if (text && (str_to_u64(text, max, out) < 0 || !*out))
		return err_set(err, -EINVAL,
			       "net: option --%s: '%.40s' is not a number from 1 to %llu", option,
			       text, max);
	return 0;
}

static int take_options(const struct net_options *o, struct ctrnet_net_capture_options *to,
			struct err *err)
{
	unsigned long long count = 0, snaplen = 0;
	int ret = read_number("count", o->count, LLONG_MAX, &count, err);

	if (ret == 0)
		ret = read_number("snapshot-length", o->snaplen, SNAPLEN_MAX, &snaplen, err);
	if (ret == 0 && is_stdout(o) && isatty(STDOUT_FILENO))
		ret = err_set(
			err, -EINVAL,
			"net: standard output is a terminal; give -w FILE, or a program that reads it "
			"(ctrnet net capture ... | tcpdump -r -)");
	to->interfaces = (const char *const *)o->words;
	to->count = count;
	to->snaplen = (uint32_t)snaplen;
	to->application = program_version;
	if (o->direction)
		to->direction = (enum ctrnet_net_direction)(o->direction - 1);
	return ret;
}

static int run(const struct globals *globals, const struct net_options *o,
	       struct ctrnet_container *container, struct err *err)
{
	struct ctrnet_net_capture_options options = CTRNET_NET_CAPTURE_OPTIONS_INIT;
	struct capture c = { .out = { .fd = -1, .signals = -1 } };
	struct ctrnet_error error;
	int ret = take_options(o, &options, err);

	(void)globals;
	if (ret == 0 && ctrnet_container_net_capture(container, &options, &c.source, &error) < 0)
		ret = library_fail(&cmd_net, &error, err);
	/* What is there is lost only when there is something to put in its place. */
	if (ret == 0)
		ret = open_output(o, &c.out, err);
	/* A fifo that nobody reads holds us until somebody does, or ends us. */
	if (ret == 0)
		ret = open_signals(&c.out, err);
	if (ret == 0)
		ret = capture(&c, err);
	ctrnet_net_capture_free(c.source);
	output_close(&c.out);
	free(c.missed);
	return ret;
}

const struct net_verb cmd_net_capture = {
	.verb = {
		.name = "capture",
		.args = "[-w|--write FILE] [-c|--count COUNT] [-s|--snapshot-length SNAPLEN] [-Q|--direction in|out|inout] "
			"[ID [INTERFACE...]]",
		.summary = "packets of the container's interfaces, or of all that it has, as pcapng, until it ends or one is told "
			   "to",
	},
	.capture = true,
	.takes_words = true,
	.run = run,
};
