// SPDX-License-Identifier: Apache-2.0
/*
 * Deleting links without waiting for RCU.
 *
 * RTM_DELLINK returns after an rcu_barrier(), 17 to 30 ms, although the link has left its namespace and
 * its name is free after 0.3 ms (net/core/dev.c: netdev_run_todo(), after the RTNL lock is released).
 * So a helper process sends the message and sits out the barrier, while we watch the link go.
 */
#include "net/link.h"

#include "lib/cleanup.h"
#include "lib/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GONE_TIMEOUT_MS 30000
#define DELETE_TRIES    3

/* All that the helper needs, made before it starts. */
struct request {
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} message;
	int sock;   /* netlink, in the link's namespace */
	int report; /* writing end of a pipe */
};

/* The kernel's answer to the request: 0 or a negative errno. */
static int ask(const struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[512];
	} answer;
	struct nl_ack ack;
	ssize_t got;

	if (send(r->sock, &r->message, sizeof(r->message), 0) < 0)
		return -errno;
	do
		got = recv(r->sock, &answer, sizeof(answer), 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if ((size_t)got < sizeof(answer.head) || answer.head.nlmsg_len > (size_t)got ||
	    nl_parse_ack(&answer.head, &ack) < 0)
		return -EBADMSG;
	return ack.code;
}

static void delete (const void *arg)
{
	const struct request *r = arg;
	int code = ask(r);

	if (write(r->report, &code, sizeof(code)) < 0)
		_exit(1);
}

/* Start deleting; *@report becomes the reading end of the pipe that tells the result. */
static int start(const struct scope *scope, const char *key, uint32_t index, int *report,
		 struct err *err)
{
	struct request r = {
		.message.head = {
			.nlmsg_len = sizeof(r.message),
			.nlmsg_type = RTM_DELLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.message.link.ifi_index = (int)index,
	};
	_cleanup_fd_ int sock = nl_open_in(scope, key, err);
	int ends[2];
	pid_t pid;

	if (sock < 0)
		return sock;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, -errno, "pipe");
	r.sock = sock;
	r.report = ends[1];
	pid = helper_start(
		&(struct helper){ .run = delete, .arg = &r, .files = { r.sock, r.report } });
	close_fd(ends[1]);
	if (pid < 0) {
		close_fd(ends[0]);
		return err_sys(err, pid, "start a process that deletes it");
	}
	*report = ends[0];
	return 0;
}

/* Wait up to @usec for the helper's word. 1: none yet; 0: it has ended, done or not; else the kernel's refusal. */
static int hear(int report, unsigned int usec)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	struct timespec limit = { .tv_sec = 0, .tv_nsec = 1000L * usec };
	int code = 0;

	if (ppoll(&p, 1, &limit, NULL) <= 0)
		return 1;
	if (read(report, &code, sizeof(code)) != sizeof(code))
		return 0;
	return code == -ENODEV ? 0 : code;
}

/*
 * The link leaves its namespace early in the deletion, and with it the name. 0: it is gone; 1: it is not, and
 * nobody is at it any more.
 */
static int wait_gone(const struct nl *nl, const struct link *link, int report, struct err *err)
{
	unsigned int usec = 50, waited = 0;
	int word;

	do {
		word = hear(report, usec);
		if (word < 0)
			return err_sys(err, word, "delete link '%s'", link->name);
		if (!nl_has_link(nl, link->index))
			return 0;
		waited += usec;
		usec = usec < 2000 ? usec * 2 : usec;
	} while (word > 0 && waited < GONE_TIMEOUT_MS * 1000);
	/* A helper that ended before the link did was killed. */
	if (word == 0)
		return 1;
	return err_set(err, -ETIMEDOUT, "delete link '%s': it does not go", link->name);
}

static int delete_once(struct scope *scope, const char *key, const struct nl *nl,
		       const struct link *link, struct err *err)
{
	_cleanup_fd_ int report = -1;
	int ret = start(scope, key, link->index, &report, err);

	if (ret < 0)
		return err_wrap(err, "delete link '%s'", link->name);
	return wait_gone(nl, link, report, err);
}

int link_delete(struct scope *scope, const char *key, const struct link *link, struct err *err)
{
	struct nl *nl;
	int ret = nl_for(scope, key, &nl, err);

	if (ret < 0)
		return err_wrap(err, "delete link '%s'", link->name);
	for (int tries = 0; tries < DELETE_TRIES; tries++) {
		ret = delete_once(scope, key, nl, link, err);
		if (ret <= 0)
			return ret;
	}
	return err_set(err, -EINTR, "delete link '%s': whoever does it is killed each time",
		       link->name);
}
