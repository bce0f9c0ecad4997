/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of addresses, and counting through them. As text a range is one address ("10.1.0.9"), a prefix ("10.1.0.64/26") or
 * two addresses ("10.1.0.100-10.1.0.200").
 */
#ifndef NET_RANGE_H
#define NET_RANGE_H

#include "net/addr.h"

/* From @first to @last, both of one family. */
struct ip_range {
	struct ip_addr first, last;
	unsigned int length; /* it was given as a prefix of that length; 0: not as one */
};

struct ip_range_list {
	struct ip_range *items;
	size_t count;
};

/* Of one family, as numbers: below zero, zero, above zero. */
int ip_addr_compare(const struct ip_addr *a, const struct ip_addr *b);
/* The address behind @a; false behind the last one of all, and @a is as it was. */
bool ip_addr_step(struct ip_addr *a);

/* All addresses of a network. */
struct ip_range ip_range_of(const struct ip_prefix *p);
/* Of one address. */
struct ip_range ip_range_one(const struct ip_addr *a);
bool ip_range_has(const struct ip_range *r, const struct ip_addr *a);
bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b);

int ip_range_parse(const char *text, struct ip_range *out, struct err *err);
/* Into @buf (IP_RANGE_TEXT_MAX), in the form that it was given in. Returns @buf. */
#define IP_RANGE_TEXT_MAX (2 * IP_TEXT_MAX)
const char *ip_range_format(const struct ip_range *r, char *buf, size_t size);

/* Append a copy; -ENOMEM leaves the list as it was. */
int ip_range_list_add(struct ip_range_list *list, const struct ip_range *r);
void ip_range_list_release(struct ip_range_list *list);

/* struct ip_range_list: one range or an array of them. */
extern const struct json_custom ip_range_list_custom;

#endif
