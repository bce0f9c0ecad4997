// SPDX-License-Identifier: Apache-2.0
/* Messages: what is in one, and how it is built and read. Nothing here talks to the kernel. */
#include "net/nl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>

/* --- Building --- */

/* Where building goes on when there is nowhere to build. Only written to, never read. */
static _Thread_local char void_header[NL_MSG_MAX] __attribute__((aligned(8)));

void *nl_put_header(struct nl_msg *m, size_t size)
{
	if (m->head && m->head->nlmsg_len + NLMSG_ALIGN(size) <= m->room)
		return mnl_nlmsg_put_extra_header(m->head, size);
	m->overflow = true;
	return memset(void_header, 0, sizeof(void_header));
}

void nl_put_raw(struct nl_msg *m, const void *data, size_t len)
{
	if (m->head && m->head->nlmsg_len + NLMSG_ALIGN(len) <= m->room)
		memcpy(mnl_nlmsg_put_extra_header(m->head, len), data, len);
	else
		m->overflow = true;
}

void nl_put(struct nl_msg *m, uint16_t type, const void *data, size_t len)
{
	if (!m->head || !mnl_attr_put_check(m->head, m->room, type, len, data))
		m->overflow = true;
}

void nl_put_u8(struct nl_msg *m, uint16_t type, uint8_t value)
{
	nl_put(m, type, &value, sizeof(value));
}

void nl_put_u16(struct nl_msg *m, uint16_t type, uint16_t value)
{
	nl_put(m, type, &value, sizeof(value));
}

void nl_put_u32(struct nl_msg *m, uint16_t type, uint32_t value)
{
	nl_put(m, type, &value, sizeof(value));
}

void nl_put_str(struct nl_msg *m, uint16_t type, const char *value)
{
	nl_put(m, type, value, strlen(value) + 1);
}

struct nl_nest nl_nest_begin(struct nl_msg *m, uint16_t type)
{
	struct nlattr *attr = NULL;

	if (m->head)
		attr = mnl_attr_nest_start_check(m->head, m->room, type);
	if (!attr)
		m->overflow = true;
	/* Offset 0 is the message's header, so it can mean: not begun. */
	return (struct nl_nest){ .open = true,
				 .offset = attr ? (size_t)((char *)attr - (char *)m->head) : 0 };
}

void nl_nest_end(struct nl_msg *m, struct nl_nest *nest)
{
	if (m->head && nest->offset)
		mnl_attr_nest_end(m->head, (struct nlattr *)((char *)m->head + nest->offset));
	nest->open = false;
}

/* --- Acks --- */

/* Copy extended ack text; it ends with a NUL or with the attribute. */
static void copy_ack_text(const struct nlattr *attr, char *out, size_t size)
{
	if (attr)
		snprintf(out, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
}

/* Attributes stand behind the copy of our message: all of it, or, as we ask for it, its header. */
static void parse_ack_attrs(const struct nlmsghdr *msg, const struct nlmsgerr *e,
			    struct nl_ack *ack)
{
	const struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1] = { 0 };
	size_t head = sizeof(*e);

	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(msg->nlmsg_flags & NLM_F_CAPPED) && e->error) {
		if (e->msg.nlmsg_len < sizeof(e->msg) ||
		    e->msg.nlmsg_len > mnl_nlmsg_get_payload_len(msg))
			return;
		head += e->msg.nlmsg_len - sizeof(e->msg);
	}
	nl_attrs(msg, head, attrs, NLMSGERR_ATTR_MAX);
	copy_ack_text(attrs[NLMSGERR_ATTR_MSG], ack->text, sizeof(ack->text));
	nl_get_u32(attrs[NLMSGERR_ATTR_OFFS], &ack->offset);
}

int nl_parse_ack(const struct nlmsghdr *msg, struct nl_ack *out)
{
	const struct nlmsgerr *e = nl_header(msg, sizeof(*e));
	struct nl_ack ack = { 0 };

	/* The kernel's error is 0 or a negative errno; all else is not the kernel. */
	if (msg->nlmsg_type != NLMSG_ERROR || !e || e->error > 0 || e->error < -4095)
		return -EBADMSG;
	ack.code = e->error;
	parse_ack_attrs(msg, e, &ack);
	*out = ack;
	return 0;
}

int nl_ack_err(const struct nl_ack *ack, struct err *err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_sys(err, ack->code, "%s", text);
	if (ack->text[0])
		err_append(err, " (kernel: %s)", ack->text);
	return ack->code;
}

/* --- Reading --- */

int nl_each(const void *data, size_t len, int (*fn)(void *arg, const struct nlmsghdr *msg),
	    void *arg)
{
	const char *at = data;

	while (len > 0) {
		const struct nlmsghdr *msg = (const void *)at;
		size_t step;
		int ret;

		if (len < sizeof(*msg) || msg->nlmsg_len < sizeof(*msg) || msg->nlmsg_len > len)
			return -EBADMSG;
		ret = fn(arg, msg);
		if (ret != 0)
			return ret;
		/* The last one may end unpadded. */
		step = NLMSG_ALIGN(msg->nlmsg_len);
		if (step > len)
			step = len;
		at += step;
		len -= step;
	}
	return 0;
}

const void *nl_header(const struct nlmsghdr *msg, size_t size)
{
	return mnl_nlmsg_get_payload_len(msg) >= size ? mnl_nlmsg_get_payload(msg) : NULL;
}

struct attr_table {
	const struct nlattr **table;
	uint16_t max;
};

static int fill_table(const struct nlattr *attr, void *arg)
{
	const struct attr_table *t = arg;

	if (mnl_attr_get_type(attr) <= t->max)
		t->table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void nl_attrs(const struct nlmsghdr *msg, size_t header, const struct nlattr **table, uint16_t max)
{
	/* libmnl would start behind the end. */
	if (mnl_nlmsg_get_payload_len(msg) > header)
		mnl_attr_parse(msg, (unsigned int)header, fill_table,
			       &(struct attr_table){ table, max });
}

void nl_attrs_nested(const struct nlattr *nest, const struct nlattr **table, uint16_t max)
{
	if (nest)
		mnl_attr_parse_nested(nest, fill_table, &(struct attr_table){ table, max });
}

void nl_attrs_behind(const struct nlattr *attr, size_t header, const struct nlattr **table,
		     uint16_t max)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0, at = MNL_ALIGN(header);

	if (len > at)
		mnl_attr_parse_payload((const char *)mnl_attr_get_payload(attr) + at, len - at,
				       fill_table, &(struct attr_table){ table, max });
}

static const struct nlattr *next_within(const char *begin, const char *end, const struct nlattr *at)
{
	const struct nlattr *next = at ? mnl_attr_next(at) : (const void *)begin;

	return (const char *)next < end && mnl_attr_ok(next, (int)(end - (const char *)next))
		       ? next
		       : NULL;
}

const struct nlattr *nl_nested_next(const struct nlattr *nest, const struct nlattr *at)
{
	const char *begin = mnl_attr_get_payload(nest);

	return next_within(begin, begin + mnl_attr_get_payload_len(nest), at);
}

const struct nlattr *nl_next(const struct nlmsghdr *msg, size_t header, const struct nlattr *at)
{
	const char *begin = mnl_nlmsg_get_payload_offset(msg, header);

	return next_within(begin, (const char *)msg + msg->nlmsg_len, at);
}

void nl_attrs_bytes(const void *data, size_t len, const struct nlattr **table, uint16_t max)
{
	mnl_attr_parse_payload(data, len, fill_table, &(struct attr_table){ table, max });
}

const void *nl_payload(const struct nlattr *attr, size_t *len)
{
	*len = attr ? mnl_attr_get_payload_len(attr) : 0;
	return attr ? mnl_attr_get_payload(attr) : NULL;
}

bool nl_get_bytes(const struct nlattr *attr, void *out, size_t size)
{
	if (!attr || mnl_attr_get_payload_len(attr) != size)
		return false;
	memcpy(out, mnl_attr_get_payload(attr), size);
	return true;
}

bool nl_get_start(const struct nlattr *attr, void *out, size_t size, size_t least)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (!attr || len < least)
		return false;
	memset(out, 0, size);
	memcpy(out, mnl_attr_get_payload(attr), len < size ? len : size);
	return true;
}

bool nl_get_u8(const struct nlattr *attr, uint8_t *out)
{
	return nl_get_bytes(attr, out, sizeof(*out));
}

bool nl_get_u32(const struct nlattr *attr, uint32_t *out)
{
	return nl_get_bytes(attr, out, sizeof(*out));
}

bool nl_get_str(const struct nlattr *attr, char *out, size_t size)
{
	const char *text;
	size_t len;

	if (!attr)
		return false;
	text = mnl_attr_get_payload(attr);
	len = strnlen(text, mnl_attr_get_payload_len(attr));
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}
