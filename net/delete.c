// SPDX-License-Identifier: Apache-2.0
/*
 * Deleting links without waiting for RCU.
 *
 * RTM_DELLINK returns after an rcu_barrier(), 17 to 30 ms, although the link has left its namespace and
 * its name is free after 0.3 ms (net/core/dev.c: netdev_run_todo(), after the RTNL lock is released).
 * So a process that stays behind sends the message and sits out the barrier, while we watch the link go.
 */
#include "net/link.h"
#include "net/stay_behind.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define GONE_TIMEOUT_US 30000000
/* It usually goes within the first of these times: looking is cheap, sleeping too long is not. */
#define SOON_US       3000
#define LOOK_US       50
#define LOOK_LATER_US 2000
#define DELETE_TRIES  3

/* Start deleting; *@report becomes the reading end of the pipe that tells the result. */
static int start(const struct scope *scope, const char *key, uint32_t index, int *report,
		 struct err *err)
{
	struct stay_behind b = {
		.request.head = {
			.nlmsg_len = sizeof(b.request),
			.nlmsg_type = RTM_DELLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.request.link.ifi_index = (int)index,
	};
	_cleanup_fd_ int sock = nl_open_in(scope, key, err);
	int ends[2], ret;

	if (sock < 0)
		return sock;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, -errno, "pipe");
	b.sock = sock;
	b.report = ends[1];
	/* What else would be waited for ends at about the same time. */
	b.kept = nl_hand_over_netfilter(scope, key);
	ret = stay_behind_start(&b);
	close_fd(ends[1]);
	if (ret < 0) {
		close_fd(ends[0]);
		return err_sys(err, ret, "start a process that deletes it");
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
	unsigned int usec = LOOK_US, waited = 0;
	int word;

	do {
		word = hear(report, usec);
		if (word < 0)
			return err_sys(err, word, "delete link '%s'", link->name);
		if (!nl_has_link(nl, link->index))
			return 0;
		waited += usec;
		if (waited >= SOON_US)
			usec = LOOK_LATER_US;
	} while (word > 0 && waited < GONE_TIMEOUT_US);
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
