/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as types: IP addresses, prefixes (an address and a mask length), lists of prefixes, and
 * MAC addresses, with their text forms and the json tables that decode them.
 *
 * Text forms: RFC 4291 section 2.2 and dotted quads as inet_pton(3) reads and inet_ntop(3) prints
 * them; MACs as six octets in hexadecimal with colons.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_TEXT_MAX  64 /* bytes of any address or prefix as text, NUL included */
#define MAC_TEXT_MAX 18

struct ip_addr {
	int family;        /* AF_INET, AF_INET6, or 0: no address */
	uint8_t bytes[16]; /* network order; the first four for AF_INET */
};

/* An address and how many of its bits name the network; host bits may be set. */
struct ip_prefix {
	struct ip_addr addr;
	unsigned int length;
};

struct ip_prefix_list {
	struct ip_prefix *items;
	size_t count;
};

struct mac {
	uint8_t bytes[6];
};

/*
 * What the text of each matches, for struct json_text and struct json_form. It lets through a dotted quad behind any groups of an
 * IPv6 address, and host bits.
 */
#define IP_PATTERN_OCTET "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IP_PATTERN_4     IP_PATTERN_OCTET "(?:[.]" IP_PATTERN_OCTET "){3}"
#define IP_PATTERN_GROUP "[0-9A-Fa-f]{1,4}"
/* So many groups and, behind "::", at most so many. */
#define IP_PATTERN_GAP(before, behind) \
	"(?:" IP_PATTERN_GROUP ":){" before "}(?::" IP_PATTERN_GROUP "){1," behind "}"
#define IP_PATTERN_6                                                                                                        \
	"(?:(?:" IP_PATTERN_GROUP ":){7}" IP_PATTERN_GROUP "|(?:" IP_PATTERN_GROUP                                          \
	":){1,7}:|::|:(?::" IP_PATTERN_GROUP                                                                                \
	"){1,7}|" IP_PATTERN_GAP("1", "6") "|" IP_PATTERN_GAP("2", "5") "|" IP_PATTERN_GAP(                                 \
		"3",                                                                                                        \
		"4") "|" IP_PATTERN_GAP("4",                                                                                \
					"3") "|" IP_PATTERN_GAP("5",                                                        \
								"2") "|" IP_PATTERN_GAP("6",                                \
											"1") "|[0-9A-Fa-f:]+:" IP_PATTERN_4 \
											     ")"
#define IP_ADDR_PATTERN "(?:" IP_PATTERN_4 "|" IP_PATTERN_6 ")"
#define IP_PREFIX_PATTERN                                           \
	"(?:" IP_PATTERN_4 "/0*(?:3[0-2]|[12]?[0-9])|" IP_PATTERN_6 \
	"/0*(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))"

/* Bytes and bits of an address of @family; 0 for a family that is neither. */
size_t ip_family_size(int family);
unsigned int ip_family_bits(int family);
/* "IPv4" or "IPv6". */
const char *ip_family_name(int family);

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);
bool ip_addr_is_multicast(const struct ip_addr *a);
bool ip_addr_is_unspecified(const struct ip_addr *a); /* 0.0.0.0 or ::, not "no address" */
bool ip_addr_is_loopback(const struct ip_addr *a);
/* Of IPv6: each link has one, and several may have the same. */
bool ip_addr_is_link_local(const struct ip_addr *a);
bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b);

/* Is there anything to the right of the mask? */
bool ip_prefix_has_host_bits(const struct ip_prefix *p);
/* The same with everything to the right of the mask zero. */
struct ip_prefix ip_prefix_masked(const struct ip_prefix *p);

bool mac_is_zero(const struct mac *m);
bool mac_equal(const struct mac *a, const struct mac *b);

/*
 * Parse; -EINVAL with a text that quotes @text and says what was expected. A prefix needs its
 * "/LENGTH". A MAC must be one that an interface can have: not multicast, not zero.
 */
int ip_addr_parse(const char *text, struct ip_addr *out, struct err *err);
int ip_prefix_parse(const char *text, struct ip_prefix *out, struct err *err);
int mac_parse(const char *text, struct mac *out, struct err *err);

/* Print into @buf (IP_TEXT_MAX, MAC_TEXT_MAX); "" for no address. Return @buf, to be used in an argument list. */
const char *ip_addr_format(const struct ip_addr *a, char *buf, size_t size);
const char *ip_prefix_format(const struct ip_prefix *p, char *buf, size_t size);
const char *mac_format(const struct mac *m, char *buf, size_t size);

/* --- for json tables --- */

extern const struct json_text ip_addr_text;   /* struct ip_addr */
extern const struct json_text ip_prefix_text; /* struct ip_prefix: "10.0.0.2/24" */
extern const struct json_text mac_text;       /* struct mac */
/*
 * struct ip_prefix without host bits. As the kernel does: IPv4 with some is refused, with the masked form as a
 * hint, and of IPv6 they are dropped.
 */
extern const struct json_text ip_network_text;
/* struct ip_addr: an address, or a prefix whose mask is dropped (routes[].source was once one). */
extern const struct json_text ip_source_text;
/* struct ip_addr: an address, or the word "localhost", which is 127.0.0.1 (RFC 6761, 6.3). */
extern const struct json_text ip_gateway_text;
/* struct ip_prefix_list: one prefix or an array of them. */
extern const struct json_custom ip_prefix_list_custom;
/* The same of networks, as ip_network_text has them. */
extern const struct json_custom ip_network_list_custom;

/* For such lists: call @add for a string, or for each one of an array. What it says is put behind the string's location. */
typedef int ip_add_text_fn(void *list, const char *text, struct err *err);
int ip_texts_decode(const struct json_value *value, void *list, ip_add_text_fn *add,
		    struct err *err);

/* Append a copy; -ENOMEM leaves the list as it was. */
int ip_prefix_list_add(struct ip_prefix_list *list, const struct ip_prefix *p);
/* Free the items and zero the list. */
void ip_prefix_list_release(struct ip_prefix_list *list);

#endif
