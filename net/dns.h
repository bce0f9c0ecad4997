/* SPDX-License-Identifier: Apache-2.0 */
/* How names become addresses in the container: what its resolv.conf(5), hosts(5) and hostname(5) say. */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stdio.h>

struct net_config;

struct net_dns {
	char **servers, **search, **options;
};
extern const struct json_schema net_dns_schema;

/* Is anything of it given? */
bool net_dns_given(const struct net_dns *dns);

/* The key that is the first to give any ("dns", "networks[1] (eth0): dns"), in @buf; NULL: none does. */
const char *net_dns_first_key(const struct net_config *c, char *buf, size_t size);

/* Of `dns` and `hosts`: addresses are some, names are names, and nothing breaks a line. */
int net_dns_check(const struct net_config *c, struct err *err);

/* The text of each file. @hostname may be NULL or "". What several keys say stands there once, the container's own first. */
void net_dns_print_resolv_conf(const struct net_config *c, FILE *out);
void net_dns_print_hosts(const struct net_config *c, const char *hostname, FILE *out);

#endif
