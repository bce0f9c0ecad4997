// SPDX-License-Identifier: Apache-2.0
#include "net/link_was.h"

#include "net/address.h"
#include "net/link_set.h"
#include "net/netns.h"
#include "net/offload.h"
#include "net/route.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Flags that ip-link(8) sets; the others are the kernel's. */
#define SET_FLAGS (IFF_UP | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST | IFF_DYNAMIC)

static const int families[] = { AF_INET, AF_INET6 };

static uint64_t seconds_since_boot(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec;
}

/* --- Messages as text --- */

static char *to_hex(const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	char *text = malloc(2 * len + 1);

	for (size_t i = 0; text && i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	if (text)
		text[2 * len] = '\0';
	return text;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* *@out is allocated; NULL if it is no such text, or shorter than @least bytes. */
static uint8_t *from_hex(const char *text, size_t least, size_t *len)
{
	size_t count = strlen(text) / 2;
	_cleanup_free_ uint8_t *bytes = malloc(count + 1);

	if (!bytes || strlen(text) % 2 || count < least)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	*len = count;
	return take_ptr(bytes);
}

/* --- Looking --- */

struct look {
	struct link_was *was;
	struct link link;
	struct ip_prefix_list
		own; /* its addresses, which routes of other links may have as their source */
	char **far;  /* routes by way of a gateway */
	bool full;   /* out of memory */
};

static void keep_message(struct look *l, char ***list, const struct nlmsghdr *msg)
{
	size_t len = msg->nlmsg_len - sizeof(*msg);
	_cleanup_free_ char *text = to_hex(msg + 1, len);

	if (!text || strv_add(list, text) < 0)
		l->full = true;
}

static int each_altname(const struct nlattr *props, int (*fn)(void *arg, const char *name),
			void *arg)
{
	const struct nlattr *at = NULL;
	char name[LINK_ALTNAME_MAX];
	int ret = 0;

	while (ret == 0 && props && (at = nl_nested_next(props, at)))
		if ((at->nla_type & NLA_TYPE_MASK) == IFLA_ALT_IFNAME &&
		    nl_get_str(at, name, sizeof(name)))
			ret = fn(arg, name);
	return ret;
}

static int keep_altname(void *arg, const char *name)
{
	struct look *l = arg;

	return strv_add(&l->was->altnames, name);
}

static void keep_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_PROP_LIST + 1] = { 0 };
	struct look *l = arg;

	(void)tag;
	if (link_parse(msg, &l->link) < 0)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_PROP_LIST);
	if (each_altname(attrs[IFLA_PROP_LIST], keep_altname, l) < 0)
		l->full = true;
}

static void keep_address(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct look *l = arg;
	struct address a;

	(void)tag;
	if (address_parse(msg, &a) < 0 || a.index != l->link.index)
		return;
	if (ip_prefix_list_add(&l->own, &a.prefix) < 0)
		l->full = true;
	keep_message(l, &l->was->addresses, msg);
}

static void keep_neighbor(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct ndmsg *head = nl_header(msg, sizeof(*head));
	struct look *l = arg;

	(void)tag;
	if (head && msg->nlmsg_type == RTM_NEWNEIGH && head->ndm_state & NUD_PERMANENT &&
	    head->ndm_ifindex == (int)l->link.index)
		keep_message(l, &l->was->neighbors, msg);
}

static int leads_there(void *arg, const struct route_parsed_hop *hop)
{
	const struct look *l = arg;

	return hop->index == l->link.index;
}

/* With the link go routes over it, and those that have one of its addresses as their source. */
static bool goes_along(struct look *l, const struct route *r)
{
	if (r->index == l->link.index || route_each_hop(r, leads_there, l) > 0)
		return true;
	for (size_t i = 0; r->source.family && i < l->own.count; i++)
		if (ip_addr_equal(&l->own.items[i].addr, &r->source))
			return true;
	return false;
}

/* The kernel makes its own again; what routers have told it hears again. */
static void keep_route(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct look *l = arg;
	struct route r;

	(void)tag;
	if (route_parse(msg, &r) < 0 || r.flags & RTM_F_CLONED || r.protocol == RTPROT_KERNEL ||
	    r.protocol == RTPROT_REDIRECT || r.protocol == RTPROT_RA || !goes_along(l, &r))
		return;
	keep_message(l, r.gateway.family || r.hops ? &l->far : &l->was->routes, msg);
}

/* @size: of the message's own header, which begins with the family, as all of them do. */
static int dump(struct nl *nl, uint16_t type, size_t size, nl_reply_fn *keep, struct look *l,
		struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(families); i++) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		uint8_t *head = nl_put_header(nl_batch_add(&b, type, 0, 0), size);

		head[0] = (uint8_t)families[i];
		ret = nl_dump(nl, &b, keep, l, err);
	}
	return ret;
}

static int look_link(struct nl *nl, const char *name, struct look *l, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct link_was *was = l->was;
	struct link master = { 0 };
	int ret;

	link_put_get(&b, name, 0);
	ret = nl_batch_send(nl, &b, keep_link, l, err);
	if (ret == 0 && !l->link.index)
		ret = err_set(err, -ENODEV, "no link '%s' on the host", name);
	if (ret == 0 && l->link.master)
		ret = link_find_index(nl, l->link.master, &master, err);
	if (ret < 0)
		return ret;
	was->index = l->link.index;
	was->flags = l->link.flags & SET_FLAGS;
	was->mac = l->link.mac;
	was->mtu = l->link.mtu;
	was->txqueuelen = l->link.txqueuelen;
	was->group = l->link.group;
	memcpy(was->kind, l->link.kind, sizeof(was->kind));
	memcpy(was->alias, l->link.alias, sizeof(was->alias));
	memcpy(was->master, master.name, sizeof(was->master));
	return 0;
}

static int look_around(struct nl *nl, struct look *l, struct err *err)
{
	int ret = port_was_look(nl, &l->link, &l->was->port, err);

	if (ret == 0)
		ret = dump(nl, RTM_GETADDR, sizeof(struct ifaddrmsg), keep_address, l, err);

	if (ret == 0)
		ret = dump(nl, RTM_GETNEIGH, sizeof(struct ndmsg), keep_neighbor, l, err);
	if (ret == 0)
		ret = dump(nl, RTM_GETROUTE, sizeof(struct rtmsg), keep_route, l, err);
	for (char **far = l->far; ret == 0 && far && *far; far++)
		if (strv_add(&l->was->routes, *far) < 0)
			l->full = true;
	return ret == 0 && l->full ? err_oom(err) : ret;
}

/* --- Settings --- */

static const char *const setting_dirs[] = { "ipv4/conf", "ipv6/conf", "ipv4/neigh", "ipv6/neigh" };

#define SETTING_PATH_MAX 512
#define SETTING_MAX      256

static int add_setting(struct link_was *was, const char *path, const char *value)
{
	struct json_pair *more = reallocarray(was->sysctl, was->sysctl_count + 1, sizeof(*more));
	struct json_pair *at;

	if (!more)
		return -ENOMEM;
	was->sysctl = more;
	at = &more[was->sysctl_count];
	*at = (struct json_pair){ strdup(path), strdup(value) };
	if (at->key && at->value) {
		was->sysctl_count++;
		return 0;
	}
	free(at->key);
	free(at->value);
	return -ENOMEM;
}

/* A link that comes into a namespace gets what `default` says there, or what is said nowhere: gc_stale_time. */
static int look_setting(struct link_was *was, const char *dir, const char *name, const char *key)
{
	char path[SETTING_PATH_MAX], file[SETTING_PATH_MAX + 16];
	char value[SETTING_MAX], usual[SETTING_MAX];

	snprintf(file, sizeof(file), "/proc/sys/net/%s/default/%s", dir, key);
	if (file_read_line(AT_FDCWD, file, usual, sizeof(usual), NULL) < 0)
		usual[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, key);
	snprintf(file, sizeof(file), "/proc/sys/net/%s", path);
	if (file_read_line(AT_FDCWD, file, value, sizeof(value), NULL) < 0 || !strcmp(value, usual))
		return 0;
	return add_setting(was, path, value);
}

static int look_settings(struct link_was *was, const char *dir, const char *name)
{
	_cleanup_free_ char *path = str_format("/proc/sys/net/%s/%s", dir, name);
	_cleanup_dir_ DIR *d = path ? opendir(path) : NULL;
	struct dirent *e;
	int ret = path ? 0 : -ENOMEM;

	while (ret == 0 && d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			ret = look_setting(was, dir, name, e->d_name);
	return ret;
}

/* What is told to this one has to be of the host's namespace: /proc/sys/net is that of whoever opens it. */
static int in_host(struct scope *scope, int (*fn)(void *arg, struct err *err), void *arg,
		   struct err *err)
{
	int fd = scope_ns_fd(scope, SCOPE_HOST), home, ret, back;

	if (fd < 0)
		return fn(arg, err);
	home = netns_enter(fd, err);
	if (home < 0)
		return home;
	ret = fn(arg, err);
	back = netns_leave(home, ret < 0 ? NULL : err);
	return ret < 0 ? ret : back;
}

struct settings {
	const char *name;
	struct link_was *was;
	const struct link_was *read;
};

static int look_all_settings(void *arg, struct err *err)
{
	const struct settings *s = arg;

	for (size_t i = 0; i < array_size(setting_dirs); i++)
		if (look_settings(s->was, setting_dirs[i], s->name) < 0)
			return err_oom(err);
	return 0;
}

/* Read-only ones are the kernel's, and so are those of what it has not (IPv6, in a namespace without). */
static int restore_settings(void *arg, struct err *err)
{
	const struct settings *s = arg;

	(void)err;
	for (size_t i = 0; i < s->read->sysctl_count; i++) {
		const struct json_pair *pair = &s->read->sysctl[i];
		char file[SETTING_PATH_MAX + 16], is[SETTING_MAX];
		struct err why = { 0 };

		snprintf(file, sizeof(file), "/proc/sys/net/%s", pair->key);
		if (file_read_line(AT_FDCWD, file, is, sizeof(is), NULL) == 0 &&
		    strcmp(is, pair->value) && file_write(AT_FDCWD, file, pair->value, &why) < 0)
			log_debug("%s is home, but for its sysctl: %s", s->name, why.text);
	}
	return 0;
}

/* Kernels before 5.6, and those without CONFIG_ETHTOOL_NETLINK, do not tell. */
static int look_offloads(struct scope *scope, const char *name, struct link_was *was,
			 struct err *err)
{
	struct err why = { 0 };
	int ret = offload_look(scope, SCOPE_HOST, name, &was->offloads, &why);

	return ret == 0 || ret == -EOPNOTSUPP ? 0 : err_set(err, ret, "%s", why.text);
}

int link_was_look(struct scope *scope, const char *name, struct link_was *out, struct err *err)
{
	struct link_was was = { .at = seconds_since_boot() };
	struct look l = { .was = &was };
	struct settings s = { .name = name, .was = &was };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0)
		ret = look_link(nl, name, &l, err);
	if (ret == 0)
		ret = look_around(nl, &l, err);
	if (ret == 0)
		ret = in_host(scope, look_all_settings, &s, err);
	if (ret == 0)
		ret = look_offloads(scope, name, &was, err);
	ip_prefix_list_release(&l.own);
	strv_free(l.far);
	if (ret < 0)
		json_release(&link_was_schema, &was);
	else
		*out = was;
	return ret;
}

/* --- Putting it back --- */

struct restore {
	struct nl *nl;
	const char *name;
	uint32_t index;
	const struct link *link; /* as it is now */
	const struct link_was *was;
};

/* What the host refuses by now is told, and not the end of it. */
static int ask_for(const struct restore *r, struct nl_batch *b, const char *what, int fine,
		   struct err *err)
{
	struct err why = { 0 };
	int ret = nl_batch_send(r->nl, b, NULL, NULL, err);

	if (ret < 0)
		return ret;
	ret = nl_batch_error(b, &why, "%s", what);
	if (ret < 0 && ret != fine)
		log_warn("'%s' is home, but for its %s", r->name, why.text);
	return 0;
}

static struct nl_msg *put_link(struct nl_batch *b, const struct restore *r)
{
	return link_put_change(b, r->index, false);
}

/* Some drivers refuse while it is up what it has already. */
static int restore_number(const struct restore *r, uint16_t type, uint32_t is, uint32_t value,
			  const char *what, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	if (is == value)
		return 0;
	nl_put_u32(put_link(&b, r), type, value);
	return ask_for(r, &b, what, 0, err);
}

static int restore_mac(const struct restore *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	if (mac_is_zero(&r->was->mac) || mac_equal(&r->was->mac, &r->link->mac))
		return 0;
	nl_put(put_link(&b, r), IFLA_ADDRESS, r->was->mac.bytes, sizeof(r->was->mac.bytes));
	return ask_for(r, &b, "MAC address", 0, err);
}

static int restore_master(const struct restore *r, struct err *err)
{
	struct link master;
	int ret;

	if (!r->was->master[0])
		return 0;
	ret = link_find(r->nl, r->was->master, &master, err);
	if (ret == 0 && !master.index)
		log_warn("'%s' is home, but for its master: '%s' is gone", r->name, r->was->master);
	return ret < 0 || !master.index ? ret
					: restore_number(r, IFLA_MASTER, r->link->master,
							 master.index, "master", err);
}

static int restore_flags(const struct restore *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ifinfomsg *head = nl_put_header(nl_batch_add(&b, RTM_SETLINK, 0, 0), sizeof(*head));

	head->ifi_index = (int)r->index;
	head->ifi_flags = r->was->flags;
	head->ifi_change = SET_FLAGS;
	return ask_for(r, &b, "flags", 0, err);
}

static int add_altnames(const struct restore *r, struct err *err)
{
	int ret = 0;

	for (char **name = r->was->altnames; ret == 0 && name && *name; name++) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		struct nl_msg *m = nl_batch_add(&b, RTM_NEWLINKPROP,
						NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, 0);
		struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

		head->ifi_index = (int)r->index;
		nl_nest (m, IFLA_PROP_LIST | NLA_F_NESTED)
			nl_put_str(m, IFLA_ALT_IFNAME, *name);
		/* Newer kernels keep them. */
		ret = ask_for(r, &b, "altnames", -EEXIST, err);
	}
	return ret;
}

/* --- ... what the kernel said of its addresses, neighbours and routes --- */

static void age(uint32_t *seconds, uint64_t by)
{
	if (*seconds != UINT32_MAX)
		*seconds = *seconds > by ? (uint32_t)(*seconds - by) : 0;
}

/* False: its time was over before it came home. */
static bool adapt_address(const struct restore *r, uint8_t *data, size_t len)
{
	const struct nlattr *attrs[IFA_CACHEINFO + 1] = { 0 };
	struct ifaddrmsg *head = (void *)data;
	struct ifa_cacheinfo *life;
	size_t size;

	head->ifa_index = r->index;
	nl_attrs_bytes(head + 1, len - sizeof(*head), attrs, IFA_CACHEINFO);
	life = (void *)(uintptr_t)nl_payload(attrs[IFA_CACHEINFO], &size);
	if (!life || size < sizeof(*life))
		return true;
	age(&life->ifa_valid, seconds_since_boot() - r->was->at);
	age(&life->ifa_prefered, seconds_since_boot() - r->was->at);
	return life->ifa_valid;
}

static bool adapt_neighbor(const struct restore *r, uint8_t *data, size_t len)
{
	struct ndmsg *head = (void *)data;

	(void)len;
	head->ndm_ifindex = (int)r->index;
	return true;
}

static void adapt_hops(const struct restore *r, const struct nlattr *multipath)
{
	size_t left;
	uint8_t *at = (void *)(uintptr_t)nl_payload(multipath, &left);

	while (left >= sizeof(struct rtnexthop)) {
		struct rtnexthop *hop = (void *)at;
		size_t step = RTNH_ALIGN(hop->rtnh_len);

		if (hop->rtnh_len < sizeof(*hop) || step > left)
			return;
		hop->rtnh_flags &= RTNH_F_ONLINK;
		if (hop->rtnh_ifindex == (int)r->was->index)
			hop->rtnh_ifindex = (int)r->index;
		at += step;
		left -= step;
	}
}

/* The kernel takes no word about what a route is like at the moment. */
static bool adapt_route(const struct restore *r, uint8_t *data, size_t len)
{
	const struct nlattr *attrs[RTA_MULTIPATH + 1] = { 0 };
	struct rtmsg *head = (void *)data;
	uint32_t *oif;
	size_t size;

	head->rtm_flags &= RTNH_F_ONLINK;
	nl_attrs_bytes(head + 1, len - sizeof(*head), attrs, RTA_MULTIPATH);
	adapt_hops(r, attrs[RTA_MULTIPATH]);
	oif = (void *)(uintptr_t)nl_payload(attrs[RTA_OIF], &size);
	if (oif && size == sizeof(*oif) && *oif == r->was->index)
		*oif = r->index;
	return true;
}

/* The three kinds of what is played back. */
struct replay {
	uint16_t type;
	size_t header;
	bool (*adapt)(const struct restore *r, uint8_t *data, size_t len);
	const char *what;
};

static const struct replay address_replay = { RTM_NEWADDR, sizeof(struct ifaddrmsg), adapt_address,
					      "address" };
static const struct replay neighbor_replay = { RTM_NEWNEIGH, sizeof(struct ndmsg), adapt_neighbor,
					       "neighbor" };
static const struct replay route_replay = { RTM_NEWROUTE, sizeof(struct rtmsg), adapt_route,
					    "route" };

/* One that is there already is fine: the kernel makes some by itself, and who was killed here has begun. */
static int replay(const struct restore *r, const struct replay *how, char *const *list,
		  struct err *err)
{
	int ret = 0;

	for (; ret == 0 && list && *list; list++) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		_cleanup_free_ uint8_t *data = NULL;
		size_t len = 0;

		data = from_hex(*list, how->header, &len);
		if (!data || !how->adapt(r, data, len))
			continue;
		nl_batch_expect(&b, NLMSG_HDRLEN + NLMSG_ALIGN(len));
		nl_put_raw(nl_batch_add(&b, how->type, NLM_F_CREATE | NLM_F_EXCL, 0), data, len);
		ret = ask_for(r, &b, how->what, -EEXIST, err);
	}
	return ret;
}

static void restore_offloads(struct scope *scope, const struct restore *r)
{
	struct err why = { 0 };

	if (offload_restore(scope, SCOPE_HOST, r->name, &r->was->offloads, &why) < 0)
		log_warn("'%s' is home, but for its offloads: %s", r->name, why.text);
}

static int restore_alias(const struct restore *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	nl_put_str(put_link(&b, r), IFLA_IFALIAS, r->was->alias);
	ret = nl_batch_send(r->nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "alias of '%s'", r->name);
}

static int restore_link(const struct restore *r, struct err *err)
{
	int ret = restore_mac(r, err);

	if (ret == 0)
		ret = restore_number(r, IFLA_MTU, r->link->mtu, r->was->mtu, "mtu", err);
	if (ret == 0)
		ret = restore_number(r, IFLA_TXQLEN, r->link->txqueuelen, r->was->txqueuelen,
				     "txqueuelen", err);
	if (ret == 0)
		ret = restore_number(r, IFLA_GROUP, r->link->group, r->was->group, "group", err);
	if (ret == 0)
		ret = link_drop_altnames(r->nl, r->index, r->was->altnames, err);
	if (ret == 0)
		ret = add_altnames(r, err);
	return ret == 0 ? restore_master(r, err) : ret;
}

/* Settings are there before it comes up: they say which addresses the kernel gives it then. */
int link_was_restore(struct scope *scope, const char *name, const struct link *link,
		     const struct link_was *was, struct err *err)
{
	struct restore r = { .name = name, .index = link->index, .link = link, .was = was };
	struct settings s = { .name = name, .read = was };
	int ret = nl_for(scope, SCOPE_HOST, &r.nl, err);

	if (ret == 0)
		ret = restore_link(&r, err);
	if (ret == 0 && was->master[0])
		ret = port_was_restore(scope, name, was->master, &was->port, err);
	if (ret == 0)
		restore_offloads(scope, &r);
	if (ret == 0)
		ret = in_host(scope, restore_settings, &s, err);
	if (ret == 0)
		ret = restore_flags(&r, err);
	if (ret == 0)
		ret = replay(&r, &address_replay, was->addresses, err);
	if (ret == 0)
		ret = replay(&r, &neighbor_replay, was->neighbors, err);
	if (ret == 0)
		ret = replay(&r, &route_replay, was->routes, err);
	return ret == 0 ? restore_alias(&r, err) : ret;
}

/* --- Further names --- */

struct names {
	char *const *wanted;
	char **others;
	bool full;
};

static int keep_other(void *arg, const char *name)
{
	struct names *n = arg;

	for (char *const *w = n->wanted; w && *w; w++)
		if (!strcmp(*w, name))
			return 0;
	return strv_add(&n->others, name);
}

static void keep_others(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_PROP_LIST + 1] = { 0 };
	struct names *n = arg;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWLINK)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_PROP_LIST);
	if (each_altname(attrs[IFLA_PROP_LIST], keep_other, n) < 0)
		n->full = true;
}

static int drop_names(struct nl *nl, uint32_t index, char *const *names, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	for (; names && *names; names++) {
		struct nl_msg *m = nl_batch_add(&b, RTM_DELLINKPROP, 0, 0);
		struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

		head->ifi_index = (int)index;
		nl_nest (m, IFLA_PROP_LIST | NLA_F_NESTED)
			nl_put_str(m, IFLA_ALT_IFNAME, *names);
	}
	return b.count ? nl_batch_send(nl, &b, NULL, NULL, err) : 0;
}

int link_drop_altnames(struct nl *nl, uint32_t index, char *const *wanted, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct names n = { .wanted = wanted };
	int ret;

	link_put_get_index(&b, index, 0);
	ret = nl_batch_send(nl, &b, keep_others, &n, err);
	if (ret == 0 && n.full)
		ret = err_oom(err);
	if (ret == 0)
		ret = drop_names(nl, index, n.others, err);
	strv_free(n.others);
	return ret;
}

/* --- The journal --- */

static const struct json_field fields[] = {
	JSON_UINT(struct link_was, "index", index),
	JSON_UINT(struct link_was, "flags", flags),
	JSON_TEXT(struct link_was, "mac", mac, &mac_text),
	JSON_UINT(struct link_was, "mtu", mtu),
	JSON_UINT(struct link_was, "txqueuelen", txqueuelen),
	JSON_UINT(struct link_was, "group", group),
	JSON_CHARS(struct link_was, "kind", kind),
	JSON_CHARS(struct link_was, "alias", alias),
	JSON_CHARS(struct link_was, "master", master),
	JSON_OBJECT(struct link_was, "port", port, &port_was_schema),
	JSON_STRINGS(struct link_was, "altnames", altnames),
	JSON_MAP(struct link_was, "sysctl", sysctl, sysctl_count),
	JSON_CUSTOM(struct link_was, "offloads", offloads, &offload_list_custom),
	JSON_STRINGS(struct link_was, "addresses", addresses),
	JSON_STRINGS(struct link_was, "neighbors", neighbors),
	JSON_STRINGS(struct link_was, "routes", routes),
	JSON_UINT(struct link_was, "at", at),
	JSON_END
};
const struct json_schema link_was_schema = JSON_SCHEMA(struct link_was, fields);
