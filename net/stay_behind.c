// SPDX-License-Identifier: Apache-2.0
#include "net/stay_behind.h"

#include "lib/cleanup.h"
#include "lib/helper.h"
#include "net/nl.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Many times what the kernel takes for readers to be gone. */
#define WHILE_MS 50

/* The kernel's answer to the request: 0 or a negative errno. */
static int ask(const struct stay_behind *b)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[512];
	} answer;
	struct nl_ack ack;
	ssize_t got;

	if (send(b->sock, &b->request, sizeof(b->request), 0) < 0)
		return -errno;
	do
		got = recv(b->sock, &answer, sizeof(answer), 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if ((size_t)got < sizeof(answer.head) || answer.head.nlmsg_len > (size_t)got ||
	    nl_parse_ack(&answer.head, &ack) < 0)
		return -EBADMSG;
	return ack.code;
}

static void wait_a_while(void)
{
	const struct timespec t = { .tv_nsec = WHILE_MS * 1000000L };

	nanosleep(&t, NULL);
}

static void run(const void *arg)
{
	const struct stay_behind *b = arg;
	int code = 0;

	if (b->sock >= 0)
		code = ask(b);
	else
		wait_a_while();
	if (b->report >= 0 && write(b->report, &code, sizeof(code)) < 0)
		_exit(1);
}

int stay_behind_start(const struct stay_behind *b)
{
	const int files[] = { b->sock, b->report, b->kept };
	pid_t pid = helper_start(&(struct helper){
		.run = run, .arg = b, .files = files, .file_count = array_size(files) });

	return pid < 0 ? pid : 0;
}
