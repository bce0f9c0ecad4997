// SPDX-License-Identifier: Apache-2.0
/* Elements of the table's sets and maps: as bytes, as messages, as the kernel has them, and as text. */
#include "net/nft_element.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "net/nat.h"

#include <errno.h>
#include <inttypes.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

void nft_mark(const char *mark, char out[NFT_MARK_MAX])
{
	if (strlen(mark) < NFT_MARK_MAX)
		snprintf(out, NFT_MARK_MAX, "%s", mark);
	else
		snprintf(out, NFT_MARK_MAX, "%.110s~%016" PRIx64, mark, hash64(mark, strlen(mark)));
}

uint32_t nft_count(const struct nft_element_args *a)
{
	return a->count ? a->count : 1;
}

/* --- Bytes of keys and values --- */

/* What parts are put in, and read from. */
struct fields {
	const struct ip_addr *address;
	const char *link;
	int protocol;
	uint16_t port;
};

static struct fields key_fields(const struct nft_element_args *a, uint32_t i)
{
	return (struct fields){ &a->address, a->link, a->protocol, (uint16_t)(a->port + i) };
}

static struct fields value_fields(const struct nft_element_args *a, uint32_t i)
{
	return (struct fields){ &a->to, "", 0, (uint16_t)(a->to_port + i) };
}

static void put_part(enum nft_part part, const struct fields *f, uint8_t *out)
{
	switch (part) {
	case NFT_PROTOCOL:
		out[0] = (uint8_t)f->protocol;
		break;
	case NFT_IPV4:
	case NFT_IPV6:
		memcpy(out, f->address->bytes, nft_part_type(part)->size);
		break;
	case NFT_PORT:
		out[0] = (uint8_t)(f->port >> 8);
		out[1] = (uint8_t)f->port;
		break;
	case NFT_LINK:
		snprintf((char *)out, IFNAMSIZ, "%s", f->link);
		break;
	case NFT_END:
		break;
	}
}

/* Fill @out, which is zero behind the parts. */
static void put_parts(const enum nft_part *parts, const struct fields *f,
		      uint8_t out[NFT_VALUE_MAX])
{
	memset(out, 0, NFT_VALUE_MAX);
	for (; *parts != NFT_END; parts++) {
		put_part(*parts, f, out);
		out += NLA_ALIGN(nft_part_type(*parts)->size);
	}
}

struct read_fields {
	struct ip_addr *address;
	char *link;
	int *protocol;
	uint16_t *port;
};

static void read_part(enum nft_part part, const uint8_t *in, const struct read_fields *f)
{
	switch (part) {
	case NFT_PROTOCOL:
		*f->protocol = in[0];
		break;
	case NFT_IPV4:
	case NFT_IPV6:
		*f->address = (struct ip_addr){ .family = part == NFT_IPV4 ? AF_INET : AF_INET6 };
		memcpy(f->address->bytes, in, nft_part_type(part)->size);
		break;
	case NFT_PORT:
		*f->port = (uint16_t)(in[0] << 8 | in[1]);
		break;
	case NFT_LINK:
		snprintf(f->link, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, (const char *)in);
		break;
	case NFT_END:
		break;
	}
}

/* False if it is not as long as the parts are. */
static bool read_parts(const enum nft_part *parts, const uint8_t *in, uint32_t len,
		       const struct read_fields *f)
{
	if (len < nft_parts_size(parts))
		return false;
	for (; *parts != NFT_END; parts++) {
		read_part(*parts, in, f);
		in += NLA_ALIGN(nft_part_type(*parts)->size);
	}
	return true;
}

/* --- Messages --- */

static int set_element(struct nftnl_set_elem *e, const struct nft_set *set,
		       const struct nft_element_args *a, uint32_t i, bool whole)
{
	struct fields key = key_fields(a, i), value = value_fields(a, i);
	uint8_t bytes[NFT_VALUE_MAX], comment[2 + NFT_MARK_MAX] = { 0 };
	size_t len = strnlen(a->mark, sizeof(a->mark) - 1) + 1;
	int ret;

	put_parts(set->key, &key, bytes);
	ret = nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, bytes, nft_parts_size(set->key));
	if (ret < 0 || !whole)
		return ret;
	comment[1] = (uint8_t)len;
	memcpy(comment + 2, a->mark, len);
	ret = nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, comment, (uint32_t)(2 + len));
	if (ret < 0 || set->value[0] == NFT_END)
		return ret;
	put_parts(set->value, &value, bytes);
	return nftnl_set_elem_set(e, NFTNL_SET_ELEM_DATA, bytes, nft_parts_size(set->value));
}

static int fill_set(struct nftnl_set *s, const struct nft_set *set,
		    const struct nft_element_args *a, uint32_t from, uint32_t n, bool whole)
{
	nftnl_set_set_str(s, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set->name);
	for (uint32_t i = from; i < from + n; i++) {
		struct nftnl_set_elem *e = nftnl_set_elem_alloc();

		if (!e)
			return -ENOMEM;
		nftnl_set_elem_add(s, e);
		if (set_element(e, set, a, i, whole) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nft_put_element(struct nl_batch *b, uint8_t type, uint16_t flags, size_t tag,
		    const struct nft_element_args *a, uint32_t from, uint32_t n)
{
	const struct nft_set *set = nft_set_find(a->set);
	struct nftnl_set *s = nftnl_set_alloc();
	int ret = s && set ? fill_set(s, set, a, from, n, type == NFT_MSG_NEWSETELEM) : -ENOMEM;

	if (ret == 0) {
		struct nl_msg *m = nl_batch_add_netfilter(b, NFNL_SUBSYS_NFTABLES, type,
							  NFPROTO_INET, flags, tag);

		if (m->head)
			nftnl_set_elems_nlmsg_build_payload(m->head, s);
	}
	if (s)
		nftnl_set_free(s);
	return ret;
}

int nft_put_elements(struct nl_batch *b, uint16_t flags, size_t tag,
		     const struct nft_element_args *a, struct err *err)
{
	const uint32_t count = nft_count(a);
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < count; i += NFT_PER_MESSAGE)
		ret = nft_put_element(b, NFT_MSG_NEWSETELEM, flags, tag, a, i,
				      count - i < NFT_PER_MESSAGE ? count - i : NFT_PER_MESSAGE);
	return ret < 0 ? err_oom(err) : 0;
}

/* --- Reading --- */

struct reader {
	const struct nft_set *set;
	nft_element_fn *fn;
	void *arg;
};

static int read_element(struct nftnl_set_elem *e, void *arg)
{
	const struct reader *r = arg;
	struct nft_element_args a = { .count = 1 };
	const struct read_fields key = { &a.address, a.link, &a.protocol, &a.port };
	const struct read_fields value = { &a.to, a.link, &a.protocol, &a.to_port };
	uint32_t len = 0;
	const void *data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);

	snprintf(a.set, sizeof(a.set), "%s", r->set->name);
	if (!data || !read_parts(r->set->key, data, len, &key))
		return 0;
	if (r->set->value[0] != NFT_END) {
		data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_DATA, &len);
		if (!data || !read_parts(r->set->value, data, len, &value))
			return 0;
	}
	data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA, &len);
	nft_read_comment(data, data ? len : 0, a.mark, sizeof(a.mark));
	r->fn(r->arg, &a);
	return 0;
}

static void read_message(const struct nlmsghdr *msg, struct reader *r)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		return;
	if (nftnl_set_elems_nlmsg_parse(msg, s) == 0)
		nftnl_set_elem_foreach(s, read_element, r);
	nftnl_set_free(s);
}

static void read_dump(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	(void)tag;
	read_message(msg, arg);
}

int nft_each_element(struct nl *nl, const struct nft_set *set, nft_element_fn *fn, void *arg,
		     struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct reader r = { set, fn, arg };
	struct nl_msg *m = nl_batch_add_netfilter(&b, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM,
						  NFPROTO_INET, 0, 0);
	int ret;

	nl_put_str(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	nl_put_str(m, NFTA_SET_ELEM_LIST_SET, set->name);
	ret = nl_dump(nl, &b, read_dump, &r, err);
	return ret == -ENOENT ? 0 : ret;
}

static void note_element(void *arg, const struct nft_element_args *e)
{
	struct nft_state *s = arg;
	const struct nft_element_args *a = s->args;
	/* Which one: a key without a port is the only one. */
	const uint32_t i = e->port ? (uint32_t)(e->port - a->port) : 0;

	s->there++;
	if (strcmp(e->mark, a->mark)) {
		memcpy(s->owner, e->mark, sizeof(s->owner));
		return;
	}
	s->ours++;
	if (s->is_ours && i < nft_count(a))
		s->is_ours[i] = true;
	if (nft_set_find(a->set)->value[0] == NFT_END ||
	    (ip_addr_equal(&e->to, &a->to) && e->to_port == (a->to_port ? a->to_port + i : 0)))
		s->as_planned++;
}

static void read_answer(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct nft_state *s = arg;
	struct reader r = { nft_set_find(s->args->set), note_element, s };

	(void)tag;
	read_message(msg, &r);
}

int nft_look(struct nl *nl, struct nft_state *s, struct err *err)
{
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < nft_count(s->args); i += NL_BATCH_MAX) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		const uint32_t left = nft_count(s->args) - i;

		for (uint32_t j = 0; ret == 0 && j < left && j < NL_BATCH_MAX; j++)
			ret = nft_put_element(&b, NFT_MSG_GETSETELEM, 0, 0, s->args, i + j, 1);
		if (ret < 0)
			return err_oom(err);
		ret = nl_batch_send(nl, &b, read_answer, s, err);
		for (size_t j = 0; ret == 0 && j < b.count; j++)
			if (b.requests[j].ack.code < 0 && b.requests[j].ack.code != -ENOENT)
				ret = nl_ack_err(&b.requests[j].ack, err, "set %s", s->args->set);
	}
	return ret;
}

/* --- As text --- */

static void print_part(enum nft_part part, const struct fields *f, FILE *out)
{
	char text[IP_TEXT_MAX];

	switch (part) {
	case NFT_PROTOCOL:
		fputs(port_protocol_name(f->protocol), out);
		break;
	case NFT_IPV4:
	case NFT_IPV6:
		fputs(ip_addr_format(f->address, text, sizeof(text)), out);
		break;
	case NFT_PORT:
		fprintf(out, "%u", f->port);
		break;
	case NFT_LINK:
		fprintf(out, "\"%s\"", f->link);
		break;
	case NFT_END:
		break;
	}
}

static void print_parts(const enum nft_part *parts, struct fields f, FILE *out)
{
	for (const char *sep = ""; *parts != NFT_END; parts++, sep = " . ") {
		fputs(sep, out);
		print_part(*parts, &f, out);
	}
}

void nft_show_element(const void *args, FILE *out)
{
	const struct nft_element_args *a = args;
	const struct nft_set *set = nft_set_find(a->set);

	fprintf(out, "nft add element inet " NFT_TABLE " %s '{ ", a->set);
	for (uint32_t i = 0; set && i < nft_count(a); i++) {
		fputs(i ? ", " : "", out);
		print_parts(set->key, key_fields(a, i), out);
		fprintf(out, " comment \"%s\"", a->mark);
		if (set->value[0] == NFT_END)
			continue;
		fputs(" : ", out);
		print_parts(set->value, value_fields(a, i), out);
	}
	fputs(" }'\n", out);
}

void nft_describe(const struct nft_element_args *a, char *buf, size_t size)
{
	const struct nft_set *set = nft_set_find(a->set);
	FILE *out = fmemopen(buf, size, "w");

	if (!out) {
		snprintf(buf, size, "%s", a->set);
		return;
	}
	fprintf(out, "%s { ", a->set);
	if (set)
		print_parts(set->key, key_fields(a, 0), out);
	if (nft_count(a) > 1)
		fprintf(out, " and %u more", nft_count(a) - 1);
	fputs(" }", out);
	fclose(out);
}
