/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Netlink: conversations with the kernel about links, addresses and routes (netlink(7),
 * rtnetlink(7)), with netfilter, and with families of generic netlink. The only user of libmnl; the rest of net/ reads and writes messages through here.
 *
 *	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
 *	struct nl_msg *m = nl_batch_add(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
 *
 *	nl_put_header(m, sizeof(struct ifinfomsg));
 *	nl_put_str(m, IFLA_IFNAME, "br0");
 *	nl_nest(m, IFLA_LINKINFO)
 *		nl_put_str(m, IFLA_INFO_KIND, "bridge");
 *	ret = nl_batch_send(nl, &b, NULL, NULL, err);
 *	if (ret == 0)
 *		ret = nl_batch_error(&b, err, "bridge br0");
 *
 * Building cannot fail: what does not fit, or has no memory, sticks to the batch and nl_batch_send()
 * tells. Sending can, and each message can: a batch carries on behind a message that the kernel
 * refused, because the kernel does, so each message has an answer of its own.
 *
 * Everything read is taken for arbitrary bytes: lengths are checked before they are believed.
 */
#ifndef NET_NL_H
#define NET_NL_H

#include "lib/err.h"
#include "lib/scope.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What we make says so: addresses (IFA_PROTO, kernel 5.18) and routes (rtm_protocol) carry this
 * number, so that removing never takes a stranger's. It is in neither rtnetlink(7)'s, iproute2's
 * nor FRR's list of protocols.
 */
#define NL_PROTO_CTRNET 206

/* --- Conversations --- */

/* One socket in one network namespace. */
struct nl;

/*
 * A socket in the calling thread's network namespace, set up for conversations: CLOEXEC, extended
 * acks, strict checking, a large receive buffer, deaf to all but the kernel, and a time limit, so that no lost ack can hang us.
 * Returns the fd.
 */
int nl_socket(struct err *err);

/* A conversation over @fd, which is taken, also on failure. Tests put a kernel of their own behind it. */
int nl_new(int fd, struct nl **out, struct err *err);
int nl_open(struct nl **out, struct err *err);
void nl_free(struct nl *nl);
void nl_cleanup(struct nl **nl);

/*
 * The scope's conversation with namespace @key: cached, adopted, or opened now. The host's ("host"
 * without an fd in the scope) is opened where we are, others by entering the namespace for a moment.
 * *@out stays the scope's.
 */
int nl_for(struct scope *scope, const char *key, struct nl **out, struct err *err);

/* The same for conversations with netfilter. -EPROTONOSUPPORT: this kernel has none. */
int nl_for_netfilter(struct scope *scope, const char *key, struct nl **out, struct err *err);

/*
 * Closing a socket of netfilter's waits until the kernel has freed all that transactions removed, 5 to 17 ms (nf_tables_api.c:
 * nft_rcv_nl_event()). That is left to a process that stays behind (net/stay_behind.h): to one that is started then, or to one
 * that is started anyway and takes a copy. This is the socket of @key's conversation if it has removed anything, and -1 otherwise.
 */
int nl_hand_over_netfilter(const struct scope *scope, const char *key);

/* The same for conversations with families of generic netlink: see net/genl.h. */
int nl_for_generic(struct scope *scope, const char *key, struct nl **out, struct err *err);

/* A further socket in namespace @key, which the caller owns. */
int nl_open_in(const struct scope *scope, const char *key, struct err *err);
int nl_open_generic_in(const struct scope *scope, const char *key, struct err *err);
int nl_open_netfilter_in(const struct scope *scope, const char *key, struct err *err);

/* Make @nl the scope's conversation with @key; takes it, also on failure. */
int nl_adopt(struct scope *scope, const char *key, struct nl *nl, struct err *err);

/* What tells this namespace from all that were and will be (an inode's number is used again); 0 before Linux 5.14. */
uint64_t nl_netns_cookie(const struct nl *nl);

/* The number under which this namespace knows the one that @fd is of (RTM_GETNSID); *@nsid -1: under none. */
int nl_find_nsid(struct nl *nl, int fd, int32_t *nsid, struct err *err);

/*
 * Does the namespace still have a link @index? By ioctl(2) (SIOCGIFNAME, netdevice(7)), the one
 * question that the kernel answers without the RTNL lock, and so while a link is being deleted.
 */
bool nl_has_link(const struct nl *nl, uint32_t index);

/* --- Building --- */

/* A message under construction. */
struct nl_msg {
	struct nlmsghdr *head; /* NULL: nowhere to build; all that is put is dropped */
	bool overflow;         /* sticky: something did not fit */
	size_t room;           /* bytes that it may have */
};

/* @size zeroed bytes behind the header, or inside a nest, as the message type asks for. Never NULL. */
void *nl_put_header(struct nl_msg *m, size_t size);
/* Bytes as they are: the header and attributes of a message that the kernel once sent. */
void nl_put_raw(struct nl_msg *m, const void *data, size_t len);
void nl_put(struct nl_msg *m, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nl_msg *m, uint16_t type, uint8_t value);
void nl_put_u16(struct nl_msg *m, uint16_t type, uint16_t value);
void nl_put_u32(struct nl_msg *m, uint16_t type, uint32_t value);
/* With its NUL, as link names are read by all kernels. */
void nl_put_str(struct nl_msg *m, uint16_t type, const char *value);

struct nl_nest {
	size_t offset;
	bool open;
};

struct nl_nest nl_nest_begin(struct nl_msg *m, uint16_t type);
void nl_nest_end(struct nl_msg *m, struct nl_nest *nest);

#define NL_JOIN_(a, b) a##b
#define NL_JOIN(a, b)  NL_JOIN_(a, b)

/* What is put in the statement or block behind it goes inside. No break, return or goto out of it. */
#define nl_nest(m, type) nl_nest_((m), (type), NL_JOIN(nest_, __LINE__))
#define nl_nest_(m, type, nest) \
	for (struct nl_nest nest = nl_nest_begin(m, type); nest.open; nl_nest_end(m, &nest))

/* --- Answers --- */

/* What the kernel said to one message. */
struct nl_ack {
	int code;        /* 0 or a negative errno; -ECANCELED: it was never sent */
	uint32_t offset; /* of the attribute it did not like, from the message's start; 0: it named none */
	char text[128]; /* extended ack text (NLMSGERR_ATTR_MSG); "" if there is none */
};

/* Read an NLMSG_ERROR message; -EBADMSG if it is none or is cut short. */
int nl_parse_ack(const struct nlmsghdr *msg, struct nl_ack *out);

/* err_sys() with the kernel's own words behind it: "TEXT: Network is unreachable (kernel: ...)". */
int nl_ack_err(const struct nl_ack *ack, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* --- Batches --- */

/*
 * Up to NL_BATCH_MAX messages leave in one sendmsg(2). More would be slower to no gain, and the acks
 * of 256 and more overrun the receive buffer of an unprivileged socket.
 */
#define NL_BATCH_MAX 64
/* Bytes of one message, unless more are expected. */
#define NL_MSG_MAX 2048
/* Bytes of what leaves in one sendmsg(2), unless one message has more: the kernel's default for a socket is 208 KiB. */
#define NL_SEND_MAX 65536

struct nl_request {
	size_t offset; /* in buf */
	size_t tag;    /* the caller's: which step it belongs to */
	bool answered;
	struct nl_ack ack;
};

/* Zeroed before first use. */
struct nl_batch {
	char *buf;
	size_t size, used;
	struct nl_request *requests;
	size_t count, capacity;
	struct nl_msg msg; /* the last one */
	size_t expected;   /* of the next one; 0 = NL_MSG_MAX */
	int code;          /* sticky */
};

/* The next message, and only that one, may have up to @size bytes. */
void nl_batch_expect(struct nl_batch *b, size_t size);

/* Start a message; it is finished by the next one, or by sending. NLM_F_REQUEST and NLM_F_ACK are added. */
struct nl_msg *nl_batch_add(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag);
void nl_batch_release(struct nl_batch *b);

/* Called for each message of an answer that is not an ack. */
typedef void nl_reply_fn(void *arg, size_t tag, const struct nlmsghdr *msg);

/*
 * Send all and wait for all acks, NL_BATCH_MAX at a time; after a group with a failure no further one
 * is sent. 0: every message has its ack, good or bad. A failure is one of the conversation itself.
 */
int nl_batch_send(struct nl *nl, struct nl_batch *b, nl_reply_fn *reply, void *arg,
		  struct err *err);

/* The first message that was refused, or NULL. */
const struct nl_request *nl_batch_refused(const struct nl_batch *b);

/* The first refusal as an error, with @fmt in front; 0 if there is none. */
int nl_batch_error(const struct nl_batch *b, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Send the only message of @b as a dump and hand its answers to @reply. A dump that was overtaken by a
 * change (NLM_F_DUMP_INTR) or lost messages (ENOBUFS) is asked for again: @reply sees only one that
 * is consistent.
 */
int nl_dump(struct nl *nl, struct nl_batch *b, nl_reply_fn *reply, void *arg, struct err *err);

/* --- netfilter (linux/netfilter/nfnetlink.h) --- */

/*
 * Start a message to a @subsystem (NFNL_SUBSYS_*) of netfilter: with its header, which names the protocol @family (NFPROTO_*). Others
 * than transactions are sent by nl_batch_send() and nl_dump().
 */
struct nl_msg *nl_batch_add_netfilter(struct nl_batch *b, uint8_t subsystem, uint8_t type,
				      uint8_t family, uint16_t flags, size_t tag);

/*
 * Send all as one transaction of @subsystem: either every message takes effect, or, where one was refused
 * (nl_batch_refused()), none. A failure is one of the transaction as a whole; without messages there is nothing to do.
 */
int nl_batch_commit(struct nl *nl, struct nl_batch *b, uint8_t subsystem, struct err *err);

/* --- Reading --- */

/*
 * Walk the messages of a datagram; -EBADMSG if it does not end with one. Stops when @fn returns other than 0.
 * @data is aligned to 4 bytes, and readable up to the next multiple of 4 behind @len.
 */
int nl_each(const void *data, size_t len, int (*fn)(void *arg, const struct nlmsghdr *msg),
	    void *arg);

/* The @size bytes behind the header, or NULL if the message is shorter. */
const void *nl_header(const struct nlmsghdr *msg, size_t size);

/*
 * Fill @table[0..@max] with the attributes behind a header of @header bytes, the last of each type;
 * unknown ones (above @max) are skipped, absent ones are NULL.
 */
void nl_attrs(const struct nlmsghdr *msg, size_t header, const struct nlattr **table, uint16_t max);
/* As above, of what is inside @nest (NULL: nothing). */
void nl_attrs_nested(const struct nlattr *nest, const struct nlattr **table, uint16_t max);
/* As above, where they stand behind a struct of @header bytes in @attr. */
void nl_attrs_behind(const struct nlattr *attr, size_t header, const struct nlattr **table,
		     uint16_t max);

/* Walk what is inside @nest: the attribute behind @at, the first one if that is NULL; NULL behind the last. */
const struct nlattr *nl_nested_next(const struct nlattr *nest, const struct nlattr *at);
/* The same of what is in @msg behind a header of @header bytes, of which there may be several of one type. */
const struct nlattr *nl_next(const struct nlmsghdr *msg, size_t header, const struct nlattr *at);
/* nl_attrs() of the @len bytes at @data, which are aligned to 4. */
void nl_attrs_bytes(const void *data, size_t len, const struct nlattr **table, uint16_t max);

/* The bytes of an attribute, *@len of them; NULL for NULL. */
const void *nl_payload(const struct nlattr *attr, size_t *len);

/* The attribute's value if it is there and has that very size (string: fits, ends); else false, @out untouched. */
bool nl_get_u8(const struct nlattr *attr, uint8_t *out);
bool nl_get_u32(const struct nlattr *attr, uint32_t *out);
bool nl_get_bytes(const struct nlattr *attr, void *out, size_t size);
/* A struct that grew with the kernels: as much of it as both know; what the kernel lacks is zero. False below @least bytes. */
bool nl_get_start(const struct nlattr *attr, void *out, size_t size, size_t least);
bool nl_get_str(const struct nlattr *attr, char *out, size_t size);

#endif
