// SPDX-License-Identifier: Apache-2.0
#include "net/dns.h"

#include "net/network.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* resolv.conf(5): so many are asked, by glibc and by musl. */
#define SERVERS_MAX 3
/* RFC 1035, 2.3.4, without the root's dot. */
#define NAME_MAX_BYTES 253

static const struct json_field fields[] = {
	JSON_STRINGS(struct net_dns, "servers", servers),
	JSON_STRINGS(struct net_dns, "search", search),
	JSON_STRINGS(struct net_dns, "options", options),
	JSON_END,
};
const struct json_schema net_dns_schema =
	JSON_SCHEMA(struct net_dns, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

bool net_dns_given(const struct net_dns *dns)
{
	return strv_count(dns->servers) || strv_count(dns->search) || strv_count(dns->options);
}

/* --- Rules --- */

static int check_servers(char *const *servers, struct err *err)
{
	if (strv_count(servers) > SERVERS_MAX)
		return err_set(
			err, -EINVAL,
			"dns: servers: %zu of them; no more than %d are asked (resolv.conf(5))",
			strv_count(servers), SERVERS_MAX);
	for (size_t i = 0; i < strv_count(servers); i++) {
		struct ip_addr addr;

		if (ip_addr_parse(servers[i], &addr, err) < 0)
			return err_wrap(err, "dns: servers[%zu]", i);
	}
	return 0;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	return true;
}

static bool is_word(const char *word)
{
	for (const char *c = word; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return false;
	return *word;
}

static int check_words(const char *key, char *const *words, bool (*is)(const char *word),
		       const char *like, struct err *err)
{
	for (size_t i = 0; i < strv_count(words); i++)
		if (!is(words[i]))
			return err_set(err, -EINVAL, "dns: %s[%zu]: '%s': expected %s", key, i,
				       words[i], like);
	return 0;
}

static int check_host(const struct json_pair *host, struct err *err)
{
	struct ip_addr addr;

	if (!is_name(host->key))
		return err_set(err, -EINVAL, "hosts: '%s': expected a name, as in db.example.org",
			       host->key);
	if (ip_addr_parse(host->value, &addr, err) < 0)
		return err_wrap(err, "hosts: %s", host->key);
	return 0;
}

int net_dns_check(const struct net_config *c, struct err *err)
{
	int ret = check_servers(c->dns.servers, err);

	if (ret == 0)
		ret = check_words("search", c->dns.search, is_name, "a domain, as in example.org",
				  err);
	if (ret == 0)
		ret = check_words("options", c->dns.options, is_word,
				  "a word, as in ndots:2 (resolv.conf(5))", err);
	for (size_t i = 0; ret == 0 && i < c->host_count; i++)
		ret = check_host(&c->hosts[i], err);
	return ret;
}

/* --- The files --- */

static void print_words(const char *key, char *const *words, FILE *out)
{
	if (!strv_count(words))
		return;
	fputs(key, out);
	for (; *words; words++)
		fprintf(out, " %s", *words);
	fputc('\n', out);
}

void net_dns_print_resolv_conf(const struct net_dns *dns, FILE *out)
{
	for (size_t i = 0; i < strv_count(dns->servers); i++)
		fprintf(out, "nameserver %s\n", dns->servers[i]);
	print_words("search", dns->search, out);
	print_words("options", dns->options, out);
}

static size_t print_own(const struct ip_prefix *p, const char *hostname, FILE *out)
{
	char text[IP_TEXT_MAX];

	if (!p->addr.family || ip_addr_is_loopback(&p->addr))
		return 0;
	fprintf(out, "%s\t%s\n", ip_addr_format(&p->addr, text, sizeof(text)), hostname);
	return 1;
}

/* Further addresses are for something else, unless there are no others: so it is with those that were chosen. */
static size_t print_network(const struct network *n, const char *hostname, FILE *out)
{
	size_t printed = print_own(&n->address, hostname, out);

	printed += print_own(&n->ipv6_address, hostname, out);
	for (size_t i = 0, none = !printed; none && i < n->addresses.count; i++)
		printed += print_own(&n->addresses.items[i].prefix, hostname, out);
	return printed;
}

/* Its own name leads to its addresses; to one of lo, as Debian has it, if there is none. */
static void print_hostname(const struct net_config *c, const char *hostname, FILE *out)
{
	size_t printed = 0;

	for (size_t i = 0; i < c->network_count; i++)
		printed += print_network(&c->networks[i], hostname, out);
	if (!printed)
		fprintf(out, "127.0.1.1\t%s\n", hostname);
}

void net_dns_print_hosts(const struct net_config *c, const char *hostname, FILE *out)
{
	fputs("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", out);
	if (!str_empty(hostname))
		print_hostname(c, hostname, out);
	for (size_t i = 0; i < c->host_count; i++)
		fprintf(out, "%s\t%s\n", c->hosts[i].value, c->hosts[i].key);
}
