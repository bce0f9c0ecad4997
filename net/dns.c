// SPDX-License-Identifier: Apache-2.0
#include "net/dns.h"

#include "net/config.h"
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

const char *net_dns_first_key(const struct net_config *c, char *buf, size_t size)
{
	char origin[NET_ORIGIN_MAX];

	snprintf(buf, size, "dns");
	if (net_dns_given(&c->dns))
		return buf;
	for (size_t i = 0; i < c->network_count; i++) {
		if (!net_dns_given(&c->networks[i].dns))
			continue;
		net_config_origin(c, i, origin);
		snprintf(buf, size, "%s: dns", origin);
		return buf;
	}
	return NULL;
}

/* --- What several keys say --- */

static bool same_server(const char *a, const char *b)
{
	struct ip_addr one, two;

	return ip_addr_parse(a, &one, NULL) == 0 && ip_addr_parse(b, &two, NULL) == 0 &&
	       ip_addr_equal(&one, &two);
}

static bool same_word(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* Of a struct net_dns. */
static const struct {
	const char *keyword; /* of resolv.conf(5) */
	bool alone;          /* each on a line of its own */
	size_t offset;
	bool (*same)(const char *a, const char *b);
} lists[] = {
	{ "nameserver", true, offsetof(struct net_dns, servers), same_server },
	{ "search", false, offsetof(struct net_dns, search), same_word },
	{ "options", false, offsetof(struct net_dns, options), same_word },
};

/* The words of the @i-th of them all, the container's first; @at: of which key, 0 is the container's. */
static char *const *words_at(const struct net_config *c, size_t i, size_t at)
{
	const struct net_dns *dns = at ? &c->networks[at - 1].dns : &c->dns;

	return *(char *const *const *)((const char *)dns + lists[i].offset);
}

/* Does a word equal to the @w-th of key @at come before it? */
static bool is_said(const struct net_config *c, size_t i, size_t at, size_t w)
{
	const char *word = words_at(c, i, at)[w];

	for (size_t before = 0; before <= at; before++) {
		char *const *words = words_at(c, i, before);

		for (size_t v = 0; words && words[v] && (before < at || v < w); v++)
			if (lists[i].same(words[v], word))
				return true;
	}
	return false;
}

/* Call @visit for each word of the @i-th list, once. */
static void each_word(const struct net_config *c, size_t i,
		      void (*visit)(const char *word, void *arg), void *arg)
{
	for (size_t at = 0; at <= c->network_count; at++) {
		char *const *words = words_at(c, i, at);

		for (size_t w = 0; words && words[w]; w++)
			if (!is_said(c, i, at, w))
				visit(words[w], arg);
	}
}

static void count_word(const char *word, void *arg)
{
	(void)word;
	++*(size_t *)arg;
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

static int check_dns(const struct net_dns *dns, struct err *err)
{
	int ret = check_servers(dns->servers, err);

	if (ret == 0)
		ret = check_words("search", dns->search, is_name, "a domain, as in example.org",
				  err);
	if (ret == 0)
		ret = check_words("options", dns->options, is_word,
				  "a word, as in ndots:2 (resolv.conf(5))", err);
	return ret;
}

/* More than one key has some: those of one have been counted. */
static int check_all_servers(const struct net_config *c, struct err *err)
{
	size_t count = 0;

	each_word(c, 0, count_word, &count);
	if (count <= SERVERS_MAX)
		return 0;
	return err_set(
		err, -EINVAL,
		"dns: servers: %zu of them, with those of networks; no more than %d are asked (resolv.conf(5))",
		count, SERVERS_MAX);
}

int net_dns_check(const struct net_config *c, struct err *err)
{
	int ret = check_dns(&c->dns, err);

	for (size_t i = 0; ret == 0 && i < c->network_count; i++) {
		ret = check_dns(&c->networks[i].dns, err);
		if (ret < 0)
			err_wrap(err, "networks[%zu]", i);
	}
	if (ret == 0)
		ret = check_all_servers(c, err);
	for (size_t i = 0; ret == 0 && i < c->host_count; i++)
		ret = check_host(&c->hosts[i], err);
	return ret;
}

/* --- The files --- */

struct printing {
	FILE *out;
	const char *keyword;
	bool alone, any;
};

static void print_word(const char *word, void *arg)
{
	struct printing *p = arg;

	if (p->any && !p->alone) {
		fprintf(p->out, " %s", word);
		return;
	}
	fprintf(p->out, "%s%s %s", p->any ? "\n" : "", p->keyword, word);
	p->any = true;
}

void net_dns_print_resolv_conf(const struct net_config *c, FILE *out)
{
	for (size_t i = 0; i < array_size(lists); i++) {
		struct printing p = { out, lists[i].keyword, lists[i].alone, false };

		each_word(c, i, print_word, &p);
		if (p.any)
			putc('\n', out);
	}
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
