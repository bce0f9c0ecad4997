// SPDX-License-Identifier: Apache-2.0
#include "net/list.h"

#include "net/address.h"
#include "net/link.h"
#include "net/nl.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As wide as nsinit's columns. */
#define COLUMN_MIN 10
#define COLUMN_GAP 3

enum { NAME, MTU, MAC, FLAG, ADDRS, COLUMNS };

struct list {
	struct link *links;
	size_t link_count;
	struct address *addresses;
	size_t address_count;
	bool full; /* out of memory */
};

static void list_release(struct list *l)
{
	free(l->links);
	free(l->addresses);
}

/* Room for one more at the end, or NULL. */
static void *grow(struct list *l, void *items, size_t count, size_t size)
{
	void *more = l->full ? NULL : reallocarray(items, count + 1, size);

	l->full = !more;
	return more;
}

static void add_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct list *l = arg;
	struct link link, *more;

	(void)tag;
	if (link_parse(msg, &link) < 0)
		return;
	more = grow(l, l->links, l->link_count, sizeof(*more));
	if (!more)
		return;
	l->links = more;
	more[l->link_count++] = link;
}

static void add_address(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct list *l = arg;
	struct address address, *more;

	(void)tag;
	if (address_parse(msg, &address) < 0)
		return;
	more = grow(l, l->addresses, l->address_count, sizeof(*more));
	if (!more)
		return;
	l->addresses = more;
	more[l->address_count++] = address;
}

static int read_list(struct nl *nl, struct list *l, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch links = { 0 };
	_cleanup_(nl_batch_release) struct nl_batch addresses = { 0 };
	int ret;

	nl_put_header(nl_batch_add(&links, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	nl_put_header(nl_batch_add(&addresses, RTM_GETADDR, 0, 0), sizeof(struct ifaddrmsg));
	ret = nl_dump(nl, &links, add_link, l, err);
	if (ret == 0)
		ret = nl_dump(nl, &addresses, add_address, l, err);
	return ret == 0 && l->full ? err_oom(err) : ret;
}

static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = {
	{ IFF_UP, "up" },
	{ IFF_BROADCAST, "broadcast" },
	{ IFF_LOOPBACK, "loopback" },
	{ IFF_POINTOPOINT, "pointtopoint" },
	{ IFF_MULTICAST, "multicast" },
};

static void print_flags(const struct link *link, FILE *out)
{
	const char *sep = "";

	for (size_t i = 0; i < array_size(flag_names); i++) {
		if (!(link->flags & flag_names[i].flag))
			continue;
		fprintf(out, "%s%s", sep, flag_names[i].name);
		sep = "|";
	}
}

static void print_addresses(const struct list *l, const struct link *link, FILE *out)
{
	const char *sep = "";
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < l->address_count; i++) {
		if (l->addresses[i].index != link->index)
			continue;
		fprintf(out, "%s%s", sep,
			ip_prefix_format(&l->addresses[i].prefix, text, sizeof(text)));
		sep = ",";
	}
}

static void print_cell(const struct list *l, const struct link *link, int column, FILE *out)
{
	char mac[MAC_TEXT_MAX], name[IFNAMSIZ];

	switch (column) {
	case NAME:
		memcpy(name, link->name, sizeof(name));
		str_make_printable(name);
		fputs(name, out);
		break;
	case MTU:
		fprintf(out, "%u", link->mtu);
		break;
	case MAC:
		if (!mac_is_zero(&link->mac))
			fputs(mac_format(&link->mac, mac, sizeof(mac)), out);
		break;
	case FLAG:
		print_flags(link, out);
		break;
	default:
		print_addresses(l, link, out);
	}
}

/* Allocated; NULL when out of memory. */
static char *cell_text(const struct list *l, size_t row, int column)
{
	static const char *const heads[COLUMNS] = { "NAME", "MTU", "MAC", "FLAG", "ADDRS" };
	char *text = NULL;
	size_t len;
	FILE *out;

	if (row == 0)
		return strdup(heads[column]);
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	print_cell(l, &l->links[row - 1], column, out);
	if (ftell(out) == 0)
		putc('-', out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int print_table(char *const *cells, size_t rows, FILE *out)
{
	for (size_t row = 0; row < rows; row++) {
		for (size_t column = 0; column < COLUMNS - 1; column++) {
			size_t width = COLUMN_MIN - COLUMN_GAP;

			for (size_t r = 0; r < rows; r++)
				if (strlen(cells[r * COLUMNS + column]) > width)
					width = strlen(cells[r * COLUMNS + column]);
			fprintf(out, "%-*s", (int)width + COLUMN_GAP,
				cells[row * COLUMNS + column]);
		}
		fprintf(out, "%s\n", cells[row * COLUMNS + ADDRS]);
	}
	return 0;
}

static int print_list(const struct list *l, FILE *out, struct err *err)
{
	_cleanup_(strv_cleanup) char **cells =
		calloc((l->link_count + 1) * COLUMNS + 1, sizeof(*cells));

	for (size_t i = 0; cells && i < (l->link_count + 1) * COLUMNS; i++) {
		cells[i] = cell_text(l, i / COLUMNS, (int)(i % COLUMNS));
		if (!cells[i])
			return err_oom(err);
	}
	return cells ? print_table(cells, l->link_count + 1, out) : err_oom(err);
}

int net_list(FILE *out, struct err *err)
{
	_cleanup_(list_release) struct list list = { 0 };
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	int ret = nl_open(&nl, err);

	if (ret == 0)
		ret = read_list(nl, &list, err);
	return ret == 0 ? print_list(&list, out, err) : ret;
}
