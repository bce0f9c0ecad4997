// SPDX-License-Identifier: Apache-2.0
#include "net/capture.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <time.h>

/*
 * A packet is kept back for one to two of these, in nanoseconds. Between its stamp and its place in the queue it may have to wait for
 * ksoftirqd, and so for a turn on a CPU that is busy.
 */
#define TICK 50000000
/* What is read of one interface before the others have their turn. */
#define TURN (8 * PACKET_READER_MAX)
/* The kernel counts in 32 bits; it is asked long before they are full. */
#define COUNTS_AFTER (1U << 30)

/* What else is polled, behind the interfaces. */
enum { HEARS, TIMER, OTHERS };

/* Of the packets that are kept back. */
struct held {
	uint64_t time;
	size_t offset, length; /* of its block */
	uint32_t interface;
	bool old; /* it was there at the tick before */
};

struct source {
	struct net_capture *capture;
	uint32_t number;
	int fd;
	uint64_t last;     /* time of the last packet that was read */
	uint64_t received; /* by its socket */
	uint32_t unasked;  /* packets since it was asked for its counts */
	bool unread;       /* more has come than was read in this turn */
};

struct net_capture {
	int fd, hears, timer;
	bool ticking, begun;
	uint64_t start; /* ns since 1970 */
	uint32_t snaplen;
	uint64_t left; /* of the packets that are wanted */
	char *container, *application;
	struct net_capture_interface *interfaces;
	struct source *sources;
	size_t count, gone;
	struct epoll_event *events;
	struct packet_reader *reader;
	struct pcapng blocks; /* of what is kept back */
	struct held *held;
	size_t held_count, held_size;
	struct pcapng out;
	bool full;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* --- Making --- */

static int poll_for(struct net_capture *c, int fd, size_t number)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = number };

	return epoll_ctl(c->fd, EPOLL_CTL_ADD, fd, &event);
}

static int take_sources(struct net_capture *c, int carrier, struct err *err)
{
	_cleanup_free_ int *fds = NULL;
	int ret = packet_sockets_take(carrier, &fds, &c->count, err);

	if (ret < 0)
		return ret;
	c->sources = calloc(c->count + 1, sizeof(*c->sources));
	c->interfaces = calloc(c->count + 1, sizeof(*c->interfaces));
	c->events = calloc(c->count + OTHERS, sizeof(*c->events));
	for (size_t i = 0; i < c->count; i++) {
		if (!c->sources) {
			close_fd(fds[i]);
			continue;
		}
		c->sources[i] =
			(struct source){ .capture = c, .number = (uint32_t)i, .fd = fds[i] };
	}
	return c->sources && c->interfaces && c->events ? 0 : err_oom(err);
}

static int describe_sources(struct net_capture *c, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < c->count; i++) {
		ret = packet_socket_describe(c->sources[i].fd, &c->interfaces[i].link, err);
		/* Between opening and now. */
		if (ret == 0 && !c->interfaces[i].link.index)
			ret = err_set(err, -ENODEV, "an interface has just gone");
	}
	return ret;
}

static int poll_all(struct net_capture *c, struct err *err)
{
	c->fd = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->fd < 0 || c->timer < 0 || poll_for(c, c->hears, c->count + HEARS) < 0 ||
	    poll_for(c, c->timer, c->count + TIMER) < 0)
		return err_sys(err, -errno, "epoll");
	for (size_t i = 0; i < c->count; i++)
		if (poll_for(c, c->sources[i].fd, i) < 0)
			return err_sys(err, -errno, "epoll");
	return 0;
}

static int set_up(struct net_capture *c, int carrier, const struct net_capture_options *o,
		  struct err *err)
{
	int ret = take_sources(c, carrier, err);

	if (ret == 0)
		ret = describe_sources(c, err);
	if (ret == 0)
		ret = poll_all(c, err);
	if (ret == 0)
		ret = packet_reader_new(c->snaplen, &c->reader, err);
	c->container = strdup(o->container);
	c->application = strdup(o->application);
	return ret == 0 && (!c->container || !c->application) ? err_oom(err) : ret;
}

int net_capture_new(int carrier, int hears, const struct net_capture_options *o,
		    struct net_capture **out, struct err *err)
{
	struct net_capture *c = calloc(1, sizeof(*c));
	int ret;

	if (!c) {
		close_fd(carrier);
		close_fd(hears);
		return err_oom(err);
	}
	c->fd = c->timer = -1;
	c->hears = hears;
	c->start = now();
	c->snaplen = o->packets.snaplen;
	c->left = o->count ? o->count : UINT64_MAX;
	ret = set_up(c, carrier, o, err);
	if (ret < 0)
		net_capture_free(c);
	else
		*out = c;
	return ret;
}

void net_capture_free(struct net_capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->sources && i < c->count; i++)
		close_fd(c->sources[i].fd);
	close_fd(c->fd);
	close_fd(c->hears);
	close_fd(c->timer);
	packet_reader_free(c->reader);
	pcapng_release(&c->blocks);
	pcapng_release(&c->out);
	free(c->held);
	free(c->events);
	free(c->sources);
	free(c->interfaces);
	free(c->container);
	free(c->application);
	free(c);
}

int net_capture_fd(const struct net_capture *c)
{
	return c->fd;
}

const struct net_capture_interface *net_capture_interfaces(const struct net_capture *c,
							   size_t *count)
{
	*count = c->count;
	return c->interfaces;
}

/* --- The file --- */

static void put_interface(struct net_capture *c, const struct packet_link *link)
{
	_cleanup_free_ char *description = str_format("%s %s", c->container, link->name);

	c->full |= !description;
	pcapng_put_interface(&c->out, &(struct pcapng_interface){ .linktype = link->linktype,
								  .snaplen = c->snaplen,
								  .name = link->name,
								  .description = description,
								  .mac = link->mac });
}

static void put_beginning(struct net_capture *c)
{
	struct utsname uts = { 0 };
	char os[sizeof(uts.sysname) + sizeof(uts.release) + 1];

	uname(&uts);
	snprintf(os, sizeof(os), "%s %s", uts.sysname, uts.release);
	pcapng_put_section(&c->out, os, c->application);
	for (size_t i = 0; i < c->count; i++)
		put_interface(c, &c->interfaces[i].link);
	c->begun = true;
}

/* All that was put to c->out at once; so who reads along has it whole. */
static int write_out(struct net_capture *c, net_capture_fn *give, void *arg, struct err *err)
{
	size_t used = c->out.used;

	if (c->full || c->out.full || c->blocks.full)
		return err_oom(err);
	c->out.used = 0;
	return used ? give(arg, c->out.data, used) : 0;
}

/* --- Reading --- */

static struct held *hold(struct net_capture *c)
{
	struct held *more;

	if (c->held_count == c->held_size) {
		more = reallocarray(c->held, c->held_size * 2 + 64, sizeof(*more));
		c->full |= !more;
		if (!more)
			return NULL;
		c->held = more;
		c->held_size = c->held_size * 2 + 64;
	}
	return &c->held[c->held_count++];
}

static void keep_packet(void *arg, struct pcapng_packet *p)
{
	struct source *s = arg;
	struct net_capture *c = s->capture;
	struct held *h = hold(c);

	if (!h)
		return;
	p->interface = s->number;
	s->last = p->time;
	*h = (struct held){ .time = p->time, .offset = c->blocks.used, .interface = s->number };
	pcapng_put_packet(&c->blocks, p);
	h->length = c->blocks.used - h->offset;
}

static void ask_counts(struct net_capture *c, struct source *s)
{
	packet_socket_counts(s->fd, &s->received, &c->interfaces[s->number].dropped);
	s->unasked = 0;
}

/* @until: packets behind that time are not waited for. */
static int read_source(struct net_capture *c, struct source *s, uint32_t turn, uint64_t until,
		       struct err *err)
{
	const struct packet_link *link = &c->interfaces[s->number].link;
	uint32_t got = 0;
	int n = 1;

	while (n > 0 && got < turn && s->last <= until) {
		n = packet_reader_read(c->reader, s->fd, link->linktype, keep_packet, s);
		got += n > 0 ? (uint32_t)n : 0;
	}
	s->unread = n > 0;
	s->unasked += got;
	if (s->unasked > COUNTS_AFTER)
		ask_counts(c, s);
	return n < 0 ? err_sys(err, n, "packet socket on '%s'", link->name) : 0;
}

/*
 * Something has changed about links; what that was does not matter, since each socket knows what it is about. What came before its
 * interface went is still in it.
 */
static int find_gone(struct net_capture *c, struct err *err)
{
	char ignored[1];
	int ret = 0;

	while (recv(c->hears, ignored, sizeof(ignored), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
	for (size_t i = 0; ret == 0 && i < c->count; i++) {
		if (c->interfaces[i].gone || !packet_socket_orphaned(c->sources[i].fd))
			continue;
		ret = read_source(c, &c->sources[i], UINT32_MAX, UINT64_MAX, err);
		epoll_ctl(c->fd, EPOLL_CTL_DEL, c->sources[i].fd, NULL);
		c->interfaces[i].gone = true;
		c->gone++;
	}
	return ret;
}

/* --- In order --- */

static int compare_held(const void *a, const void *b)
{
	const struct held *left = a, *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* Nothing older than this will come, as far as one can tell. */
static uint64_t oldest_to_come(const struct net_capture *c)
{
	uint64_t time = 0;

	for (size_t i = 0; i < c->held_count; i++)
		if (c->held[i].old && c->held[i].time > time)
			time = c->held[i].time;
	for (size_t i = 0; i < c->count; i++)
		if (c->sources[i].unread && c->sources[i].last < time)
			time = c->sources[i].last;
	return time;
}

/* The first @n are done with; the others' blocks move up. */
static void drop_held(struct net_capture *c, size_t n)
{
	struct pcapng rest = { 0 };

	for (size_t i = n; n && i < c->held_count; i++) {
		struct held h = c->held[i];
		const unsigned char *block = c->blocks.data + h.offset;

		h.offset = rest.used;
		pcapng_put_blocks(&rest, block, h.length);
		c->held[i - n] = h;
	}
	c->held_count -= n;
	/* Memory that was needed once is likely to be again. */
	if (!c->held_count) {
		c->blocks.used = 0;
	} else if (n) {
		pcapng_release(&c->blocks);
		c->blocks = rest;
	}
	for (size_t i = 0; i < c->held_count; i++)
		c->held[i].old = true;
}

/* Put to c->out what is not younger than @until. */
static void release_held(struct net_capture *c, uint64_t until)
{
	size_t n = 0;

	if (!c->held_count)
		return;
	qsort(c->held, c->held_count, sizeof(*c->held), compare_held);
	for (; n < c->held_count && c->held[n].time <= until; n++) {
		const struct held *h = &c->held[n];

		if (!c->left)
			continue;
		c->left--;
		c->interfaces[h->interface].captured++;
		pcapng_put_blocks(&c->out, c->blocks.data + h->offset, h->length);
	}
	drop_held(c, n);
}

static void tick(struct net_capture *c, bool on)
{
	const struct itimerspec each = { .it_interval.tv_nsec = on ? TICK : 0,
					 .it_value.tv_nsec = on ? TICK : 0 };

	if (c->ticking != on)
		timerfd_settime(c->timer, 0, &each, NULL);
	c->ticking = on;
}

static bool timer_read(struct net_capture *c)
{
	uint64_t times;

	return read(c->timer, &times, sizeof(times)) == sizeof(times);
}

int net_capture_read(struct net_capture *c, net_capture_fn *give, void *arg, bool *ended,
		     struct err *err)
{
	int n = epoll_wait(c->fd, c->events, (int)(c->count + OTHERS), 0);
	bool heard = false, ticked = false;
	int ret = 0;

	if (!c->begun)
		put_beginning(c);
	for (int i = 0; ret == 0 && i < n; i++) {
		size_t number = c->events[i].data.u64;

		if (number < c->count)
			ret = read_source(c, &c->sources[number], TURN, UINT64_MAX, err);
		heard |= number == c->count + HEARS;
		ticked |= number == c->count + TIMER && timer_read(c);
	}
	if (heard && ret == 0)
		ret = find_gone(c, err);
	if (ticked)
		release_held(c, oldest_to_come(c));
	tick(c, c->held_count);
	if (ret == 0)
		ret = write_out(c, give, arg, err);
	*ended = !c->left || (c->gone == c->count && !c->held_count);
	return ret;
}

static void put_statistics(struct net_capture *c)
{
	const uint64_t end = now();

	for (size_t i = 0; i < c->count; i++) {
		ask_counts(c, &c->sources[i]);
		pcapng_put_statistics(&c->out, &(struct pcapng_statistics){
						       .interface = (uint32_t)i,
						       .start = c->start,
						       .end = end,
						       .received = c->sources[i].received,
						       .dropped = c->interfaces[i].dropped,
						       .delivered = c->interfaces[i].captured,
					       });
	}
}

int net_capture_end(struct net_capture *c, net_capture_fn *give, void *arg, struct err *err)
{
	const uint64_t until = now();
	int ret = 0;

	if (!c->begun)
		put_beginning(c);
	for (size_t i = 0; ret == 0 && i < c->count; i++)
		ret = read_source(c, &c->sources[i], UINT32_MAX, until, err);
	release_held(c, UINT64_MAX);
	put_statistics(c);
	return ret < 0 ? ret : write_out(c, give, arg, err);
}
