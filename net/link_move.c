// SPDX-License-Identifier: Apache-2.0
#include "net/link_move.h"

#include "net/netns.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

/* Since 5.13; older ones pass over it. */
#define NEW_IFINDEX 49

struct mark {
	char text[LINK_ALIAS_MAX];
};

static struct mark mark_of(const struct link_move_args *a)
{
	struct mark m;

	snprintf(m.text, sizeof(m.text), LINK_MOVE_MARK "%s", a->name);
	return m;
}

static bool has_mark(const struct link *link, const void *mark)
{
	const struct mark *m = mark;

	return !strcmp(link->alias, m->text);
}

static int look(struct scope *scope, void *args, struct err *err)
{
	struct link_move_args *a = args;

	a->pin = str_format("%s/netns.%s", scope->run_dir, a->name);
	if (!a->pin)
		return err_oom(err);
	return link_was_look(scope, a->name, &a->was, err);
}

/* --- Finding it --- */

/* In the container: by its index, which nobody there can give to another while it lives; or by the mark, until that is known. */
static int find_inside(struct nl *nl, const struct link_move_args *a, struct link *out,
		       struct err *err)
{
	const struct mark mark = mark_of(a);
	int ret = 0;

	*out = (struct link){ 0 };
	if (a->index)
		ret = link_find_index(nl, a->index, out, err);
	if (ret < 0 || (out->index && !strcmp(out->kind, a->was.kind)))
		return ret;
	return link_search(nl, has_mark, &mark, out, err);
}

/* On the host, on its way: it has the mark. */
static int find_home(struct nl *nl, const struct link_move_args *a, struct link *out,
		     struct err *err)
{
	const struct mark mark = mark_of(a);
	int ret = link_find(nl, a->name, out, err);

	if (ret < 0 || (out->index && has_mark(out, &mark)))
		return ret;
	return link_search(nl, has_mark, &mark, out, err);
}

/* --- There --- */

static int set_mark(struct nl *nl, const struct link_move_args *a, uint32_t index, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct mark mark = mark_of(a);
	int ret;

	nl_put_str(link_put_change(&b, index, false), IFLA_IFALIAS, mark.text);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "mark '%s'", a->name);
}

static int move(struct nl *nl, const struct link_move_args *a, uint32_t index, int netns,
		struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = link_put_change(&b, index, false);
	int ret;

	nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)netns);
	nl_put_str(m, IFLA_IFNAME, a->inside);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "move '%s' into the container", a->name);
	if (ret == -EEXIST)
		return err_set(err, ret, "the container has a link '%s' already", a->inside);
	if (ret == -EINVAL)
		err_append(err, ": it is of a kind that cannot leave its namespace");
	return ret;
}

static int set_inside(struct nl *nl, const struct link_move_args *a, uint32_t index,
		      struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = link_put_change(&b, index, false);
	int ret;

	link_put_settings(m, &a->mac, a->mtu, a->txqueuelen);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret
		       : nl_batch_error(&b, err, "mac_address, mtu or txqueuelen of '%s'", a->name);
}

static int learn(struct nl *nl, struct link_move_args *a, struct err *err)
{
	const struct mark mark = mark_of(a);
	struct link link;
	int ret = link_search(nl, has_mark, &mark, &link, err);

	if (ret == 0 && !link.index)
		ret = err_set(err, -ENODEV, "'%s' is not where it was moved to", a->name);
	if (ret == 0)
		a->index = link.index;
	return ret;
}

/* It is marked first: from then on it is known wherever it is. */
static int take(struct scope *scope, struct link_move_args *a, int netns, struct err *err)
{
	struct nl *host, *inside;
	struct link link = { 0 };
	int ret = nl_for(scope, SCOPE_HOST, &host, err);

	if (ret == 0)
		ret = nl_for(scope, SCOPE_CONTAINER, &inside, err);
	if (ret == 0)
		ret = link_find(host, a->name, &link, err);
	if (ret < 0)
		return ret;
	if (!link.index || link.index != a->was.index)
		return err_set(err, -ENODEV, "no link '%s' on the host any more", a->name);
	ret = set_mark(host, a, link.index, err);
	if (ret == 0)
		ret = move(host, a, link.index, netns, err);
	if (ret == 0)
		ret = learn(inside, a, err);
	return ret < 0 ? ret : set_inside(inside, a, a->index, err);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	struct link_move_args *a = args;
	int netns = scope_ns_fd(scope, SCOPE_CONTAINER);
	int ret;

	if (netns < 0)
		return err_set(err, -ENOENT, "the container's network namespace is not there");
	ret = netns_pin(netns, a->pin, err);
	return ret < 0 ? ret : take(scope, a, netns, err);
}

/* --- And home again --- */

static int open_host(const struct scope *scope, struct err *err)
{
	int fd = scope_ns_fd(scope, SCOPE_HOST);

	if (fd < 0)
		return netns_open_own(err);
	fd = dup(fd);
	return fd < 0 ? err_sys(err, -errno, "the host's network namespace") : fd;
}

/* A conversation with the namespace @fd, which ends before that is unpinned. */
static int open_inside(int fd, struct nl **nl, struct err *err)
{
	int home = netns_enter(fd, err), ret, back;

	if (home < 0)
		return home;
	ret = nl_open(nl, err);
	back = netns_leave(home, ret < 0 ? NULL : err);
	return ret < 0 ? ret : back;
}

static int name_taken(const struct link_move_args *a, struct err *err)
{
	return err_set(err, -EBUSY,
		       "'%s' cannot come home from the container: the name, or one of its "
		       "altnames, is taken on the host",
		       a->name);
}

/* The kernel would move it all the same, and only then not rename it. */
static int check_home(struct scope *scope, const struct link_move_args *a, struct err *err)
{
	struct link link;
	int ret = link_find_in(scope, SCOPE_HOST, a->name, NULL, &link, err);

	return ret == 0 && link.index ? name_taken(a, err) : ret;
}

/* 1: the index that it had is another's by now. */
static int send_home(struct nl *nl, const struct link_move_args *a, uint32_t index, int host,
		     bool same_index, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = link_put_change(&b, index, false);
	int ret;

	nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)host);
	nl_put_str(m, IFLA_IFNAME, a->name);
	if (same_index)
		nl_put_u32(m, NEW_IFINDEX, a->was.index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "bring '%s' home", a->name);
	if (ret == -EBUSY && same_index)
		return 1;
	return ret == -EEXIST ? name_taken(a, err) : ret;
}

static int bring_home(struct scope *scope, const struct link_move_args *a, int netns,
		      struct err *err)
{
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	_cleanup_fd_ int host = open_host(scope, err);
	struct link link = { 0 };
	int ret = host < 0 ? host : open_inside(netns, &nl, err);

	if (ret == 0)
		ret = find_inside(nl, a, &link, err);
	if (ret < 0 || !link.index)
		return ret;
	ret = check_home(scope, a, err);
	/* Somebody in the container may have taken the mark off, by which it is known at home. */
	if (ret == 0)
		ret = set_mark(nl, a, link.index, err);
	if (ret == 0)
		ret = link_drop_altnames(nl, link.index, a->was.altnames, err);
	if (ret == 0)
		ret = send_home(nl, a, link.index, host, true, err);
	return ret > 0 ? send_home(nl, a, link.index, host, false, err) : ret;
}

/* Without the mark it never left, or all of it has been put back. */
static int put_back(struct scope *scope, const struct link_move_args *a, struct err *err)
{
	struct link link;
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0)
		ret = find_home(nl, a, &link, err);
	if (ret < 0 || !link.index)
		return ret;
	if (strcmp(link.name, a->name))
		ret = link_rename(nl, &link, a->name, err);
	if (ret == -EEXIST)
		return name_taken(a, err);
	return ret < 0 ? ret : link_was_restore(scope, a->name, &link, &a->was, err);
}

/* A virtual one that the container deleted, or whose namespace somebody unpinned, is no more. */
static int tell_lost(struct scope *scope, const struct link_move_args *a, struct err *err)
{
	struct link link;
	int ret = link_find_in(scope, SCOPE_HOST, a->name, NULL, &link, err);

	if (ret == 0 && !link.index)
		log_warn("'%s' does not come home: it is not in the container any more", a->name);
	return ret;
}

/* The container's namespace, by its pin, or while it lives. */
static int open_netns(const struct scope *scope, const struct link_move_args *a)
{
	int fd = netns_pin_open(a->pin, NULL);

	return fd >= 0 || scope_ns_fd(scope, SCOPE_CONTAINER) < 0
		       ? fd
		       : dup(scope_ns_fd(scope, SCOPE_CONTAINER));
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct link_move_args *a = args;
	_cleanup_fd_ int netns = -1;
	int ret = 0;

	if (!a->pin)
		return 0;
	netns = open_netns(scope, a);
	if (scope_ns_gone(scope, SCOPE_HOST)) {
		log_warn("'%s' has no home any more: the host's network namespace is gone",
			 a->name);
		return netns_unpin(a->pin, err);
	}
	if (netns >= 0)
		ret = bring_home(scope, a, netns, err);
	if (ret == 0)
		ret = put_back(scope, a, err);
	if (ret == 0)
		ret = tell_lost(scope, a, err);
	return ret < 0 ? ret : netns_unpin(a->pin, err);
}

/* --- Looking at it --- */

static int compare(const struct link_move_args *a, const struct link *link, struct err *err)
{
	const struct mark mark = mark_of(a);
	char mac[MAC_TEXT_MAX];

	if (strcmp(link->name, a->inside))
		return err_set(err, -ESTALE, "link '%s' is called '%s'", a->inside, link->name);
	if (!has_mark(link, &mark))
		return err_set(err, -ESTALE, "link '%s' does not carry the mark '%s'", a->inside,
			       mark.text);
	if (a->mtu && link->mtu != a->mtu)
		return err_set(err, -ESTALE, "link '%s': mtu is %u, planned %u", a->inside,
			       link->mtu, a->mtu);
	if (a->txqueuelen && link->txqueuelen != a->txqueuelen)
		return err_set(err, -ESTALE, "link '%s': txqueuelen is %u, planned %u", a->inside,
			       link->txqueuelen, a->txqueuelen);
	if (!mac_is_zero(&a->mac) && !mac_equal(&link->mac, &a->mac))
		return err_set(err, -ESTALE, "link '%s': MAC is %s", a->inside,
			       mac_format(&link->mac, mac, sizeof(mac)));
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct link_move_args *a = args;
	_cleanup_fd_ int pin = a->pin ? netns_pin_open(a->pin, err) : -1;
	struct link link = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_CONTAINER, &nl, err);

	if (ret == 0)
		ret = find_inside(nl, a, &link, err);
	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->inside);
	ret = compare(a, &link, err);
	if (ret == 0 && pin < 0)
		ret = err_set(err, -ESTALE, "the network namespace is not pinned at %s", a->pin);
	return ret;
}

/* One that somebody took home is moved again; one that is nowhere cannot be made. */
static int move_again(struct scope *scope, struct link_move_args *a, int netns, struct err *err)
{
	struct link link;
	int ret = link_find_in(scope, SCOPE_HOST, a->name, NULL, &link, err);

	if (ret == 0 && !link.index)
		ret = err_set(err, -ENODEV,
			      "no link '%s', neither in the container nor on the host", a->name);
	if (ret < 0)
		return ret;
	a->was.index = link.index;
	return take(scope, a, netns, err);
}

static int mend(struct scope *scope, void *args, struct err *err)
{
	struct link_move_args *a = args;
	int netns = scope_ns_fd(scope, SCOPE_CONTAINER);
	struct link link = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_CONTAINER, &nl, err);

	if (ret == 0)
		ret = netns_pin(netns, a->pin, err);
	if (ret == 0)
		ret = find_inside(nl, a, &link, err);
	if (ret == 0 && !link.index)
		return move_again(scope, a, netns, err);
	if (ret == 0 && strcmp(link.name, a->inside))
		ret = link_rename(nl, &link, a->inside, err);
	if (ret == 0)
		ret = set_mark(nl, a, link.index, err);
	return ret < 0 ? ret : set_inside(nl, a, link.index, err);
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct link_move_args *a = args;

	snprintf(buf, size, "the host's '%s' as %s", a->name, a->inside);
}

static void show(const void *args, FILE *out)
{
	const struct link_move_args *a = args;

	fprintf(out, "ip link set dev %s alias " LINK_MOVE_MARK "%s\n", a->name, a->name);
	fprintf(out, "ip link set dev %s netns container name %s\n", a->name, a->inside);
	if (mac_is_zero(&a->mac) && !a->mtu && !a->txqueuelen)
		return;
	net_show_ip(out, SCOPE_CONTAINER);
	fprintf(out, "link set dev %s", a->inside);
	link_show_settings(out, &a->mac, a->mtu, a->txqueuelen);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct link_move_args, "name", name, .flags = JSON_REQUIRED),
	JSON_CHARS(struct link_move_args, "inside", inside, .flags = JSON_REQUIRED),
	JSON_TEXT(struct link_move_args, "mac", mac, &mac_text),
	JSON_UINT(struct link_move_args, "mtu", mtu),
	JSON_UINT(struct link_move_args, "txqueuelen", txqueuelen),
	JSON_STRING(struct link_move_args, "pin", pin),
	JSON_UINT(struct link_move_args, "index", index),
	JSON_OBJECT(struct link_move_args, "was", was, &link_was_schema),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct link_move_args, fields);

const struct step_type link_move_step = {
	.name = "link.move",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.look = look,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.mend = mend,
	.describe = describe,
	.show = show,
	.learns = true,
	.exclusive = true,
};
