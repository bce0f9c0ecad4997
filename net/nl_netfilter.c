// SPDX-License-Identifier: Apache-2.0
/* netfilter's own ways on netlink: a second header, and transactions between two marks. */
#include "net/nl.h"

#include "net/nl_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct nl_msg *nl_batch_add_netfilter(struct nl_batch *b, uint8_t subsystem, uint8_t type,
				      uint8_t family, uint16_t flags, size_t tag)
{
	struct nl_msg *m = nl_batch_add(b, (uint16_t)(subsystem << 8 | type), flags, tag);
	struct nfgenmsg *head = nl_put_header(m, sizeof(*head));

	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	return m;
}

/* Begins and ends a transaction. */
struct edge {
	struct nlmsghdr head;
	struct nfgenmsg netfilter;
};

static struct edge edge(uint16_t type, uint8_t subsystem, uint32_t seq)
{
	return (struct edge){
		.head = {
			.nlmsg_len = sizeof(struct edge),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST,
			.nlmsg_seq = seq,
		},
		.netfilter = { .version = NFNETLINK_V0, .res_id = htons(subsystem) },
	};
}

struct transaction {
	struct nl_batch *batch;
	uint32_t seq; /* of its beginning; the messages' follow */
	bool done;
	struct nl_ack refused; /* as a whole */
};

/* The last one is told of in any case, and behind all others: who has not been refused by then is well. */
static void finish(struct transaction *t)
{
	for (size_t i = 0; i < t->batch->count; i++) {
		struct nl_request *r = &t->batch->requests[i];

		if (!r->answered)
			r->ack = (struct nl_ack){ 0 };
		r->answered = true;
	}
	t->done = true;
}

/*
 * What is wrong with all of it (no right to change anything, no such subsystem, no memory) the kernel says to the beginning, and
 * then perhaps nothing to the messages: late answers are passed over by whoever talks next.
 */
static int collect(void *arg, const struct nlmsghdr *msg)
{
	struct transaction *t = arg;
	uint32_t i = msg->nlmsg_seq - t->seq;
	struct nl_ack ack;

	if (msg->nlmsg_type != NLMSG_ERROR || i > t->batch->count)
		return 0;
	if (nl_parse_ack(msg, &ack) < 0)
		return -EBADMSG;
	if (i == 0 && ack.code < 0) {
		t->refused = ack;
		return 1;
	}
	if (i > 0) {
		t->batch->requests[i - 1].ack = ack;
		t->batch->requests[i - 1].answered = true;
	}
	if (i == t->batch->count)
		finish(t);
	return 0;
}

static int send_all(struct nl *nl, struct transaction *t, uint8_t subsystem, struct err *err)
{
	struct edge begin = edge(NFNL_MSG_BATCH_BEGIN, subsystem, t->seq);
	struct edge end = edge(NFNL_MSG_BATCH_END, subsystem, nl->seq);
	struct iovec parts[] = {
		{ &begin, sizeof(begin) },
		{ t->batch->buf, t->batch->used },
		{ &end, sizeof(end) },
	};
	const struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 3 };
	ssize_t sent;

	do
		sent = sendmsg(nl->fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? err_sys(err, -errno, "netfilter: send") : 0;
}

int nl_batch_commit(struct nl *nl, struct nl_batch *b, uint8_t subsystem, struct err *err)
{
	struct transaction t = { .batch = b, .seq = nl->seq + 1 };
	size_t len;
	int ret = nl_batch_ready(b, err);

	if (ret < 0 || !b->count)
		return ret;
	for (size_t i = 0; i < b->count; i++) {
		struct nlmsghdr *head = nl_request_head(b, i);

		head->nlmsg_seq = t.seq + 1 + (uint32_t)i;
		/* Thousands of acks would overrun the receive buffer; errors come unasked. */
		if (i + 1 < b->count)
			head->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		nl->freed |= !(head->nlmsg_flags & NLM_F_CREATE);
	}
	nl->seq += (uint32_t)b->count + 2;
	ret = send_all(nl, &t, subsystem, err);
	while (ret == 0 && !t.done) {
		ret = nl_receive(nl, &len, err);
		if (ret < 0)
			return ret;
		ret = nl_each(nl->buf, len, collect, &t);
		if (ret < 0)
			return err_sys(err, ret, "netfilter: answer");
	}
	return ret > 0 ? nl_ack_err(&t.refused, err, "netfilter") : ret;
}
