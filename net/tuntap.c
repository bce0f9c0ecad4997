// SPDX-License-Identifier: Apache-2.0
#include "net/tuntap.h"

#include "net/link_mend.h"
#include "net/netns.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>

#define TUN_DEVICE "/dev/net/tun"

static const char *mode_of(const struct tuntap_args *a)
{
	return a->tap ? "tap" : "tun";
}

/* Of which namespace a link will be is settled when the device is opened. */
static int open_device(struct scope *scope, const struct tuntap_args *a, struct err *err)
{
	int ns = scope_ns_fd(scope, a->at.ns);
	int home, fd, code, ret;

	if (ns < 0)
		return err_set(err, -ENOENT, "network namespace '%s' is not there", a->at.ns);
	home = netns_enter(ns, err);
	if (home < 0)
		return home;
	fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);
	code = errno;
	ret = netns_leave(home, err);
	if (ret < 0) {
		close_fd(fd);
		return ret;
	}
	if (fd >= 0)
		return fd;
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return err_set(err, -EOPNOTSUPP, "this kernel has no tun (" TUN_DEVICE ")");
	return err_sys(err, -code, TUN_DEVICE);
}

static int make(int fd, const struct tuntap_args *a, struct err *err)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, a->name, sizeof(request.ifr_name));
	request.ifr_flags = (short)(IFF_NO_PI | IFF_TUN_EXCL | (a->tap ? IFF_TAP : IFF_TUN) |
				    (a->multi_queue ? IFF_MULTI_QUEUE : 0));
	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return 0;
	if (errno == EBUSY || errno == EINVAL || errno == EEXIST)
		return err_set(err, -EEXIST, "the name is taken");
	return err_sys(err, -errno, "TUNSETIFF");
}

static int restrict_to(int fd, const struct tuntap_args *a, struct err *err)
{
	if (ioctl(fd, TUNSETOWNER, (unsigned long)a->owner) < 0)
		return err_sys(err, -errno, "owner %u", a->owner);
	if (a->group && ioctl(fd, TUNSETGROUP, (unsigned long)a->group) < 0)
		return err_sys(err, -errno, "group %u", a->group);
	return 0;
}

static int set_link(struct nl *nl, const struct tuntap_args *a, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = link_put_name(&b, RTM_SETLINK, 0, 0, a->name, false);
	int ret;

	link_put_settings(m, &a->mac, a->mtu, a->txqueuelen);
	if (a->alias[0])
		nl_put_str(m, IFLA_IFALIAS, a->alias);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "its MAC address, mtu or txqueuelen");
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct tuntap_args *a = args;
	_cleanup_fd_ int fd = -1;
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	if (ret == 0)
		ret = fd = open_device(scope, a, err);
	if (ret >= 0)
		ret = make(fd, a, err);
	if (ret == 0)
		ret = restrict_to(fd, a, err);
	if (ret == 0)
		ret = set_link(nl, a, err);
	if (ret == 0 && ioctl(fd, TUNSETPERSIST, 1UL) < 0)
		ret = err_sys(err, -errno, "TUNSETPERSIST");
	return ret < 0 ? err_wrap(err, "%s %s", mode_of(a), a->name) : 0;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct tuntap_args *a = args;
	struct link link;
	int ret = link_find_in(scope, a->at.ns, a->name, NULL, &link, err);

	/* In a namespace of the container's own it has no mark. */
	if (ret < 0 || !link.index || strcmp(link.kind, "tun") || strcmp(link.alias, a->alias))
		return ret;
	return link_delete(scope, a->at.ns, &link, err);
}

/* --- Looking at it --- */

struct look {
	const struct tuntap_args *a;
	struct link link; /* index 0: there is none */
	int common, data; /* 0 or -ESTALE: what all links have, and what only these have */
	struct err why;   /* the first of these */
};

static int compare_number(const char *key, const struct nlattr *attr, uint32_t want,
			  struct err *err)
{
	uint32_t got = 0;

	nl_get_u32(attr, &got);
	return got == want ? 0 : err_set(err, -ESTALE, "%s is %u, not %u", key, got, want);
}

static int compare_data(const struct tuntap_args *a, const struct nlattr *nest, struct err *err)
{
	const struct nlattr *data[IFLA_TUN_MAX + 1] = { 0 };
	uint8_t type = 0, queues = 0;
	int ret;

	nl_attrs_nested(nest, data, IFLA_TUN_MAX);
	nl_get_u8(data[IFLA_TUN_TYPE], &type);
	nl_get_u8(data[IFLA_TUN_MULTI_QUEUE], &queues);
	if (type != (a->tap ? IFF_TAP : IFF_TUN))
		return err_set(err, -ESTALE, "it is no %s", mode_of(a));
	if (queues != a->multi_queue)
		return err_set(err, -ESTALE, "multi_queue is %s", queues ? "on" : "off");
	ret = compare_number("owner", data[IFLA_TUN_OWNER], a->owner, err);
	if (ret == 0 && a->group)
		ret = compare_number("group", data[IFLA_TUN_GROUP], a->group, err);
	return ret;
}

/* What the kernel gives those that are asked for without (drivers/net/tun.c: TUN_READQ_SIZE; net/ethernet/eth.c). */
#define TUN_TXQUEUELEN 500
#define TAP_TXQUEUELEN 1000
#define MTU_DEFAULT    1500

static struct link_plan plan_of(const struct tuntap_args *a)
{
	const uint32_t txqueuelen = a->tap ? TAP_TXQUEUELEN : TUN_TXQUEUELEN;

	return (struct link_plan){
		.name = a->name,
		.kind = "tun",
		.alias = a->alias,
		.mac = a->mac,
		.mtu = a->mtu ? a->mtu : MTU_DEFAULT,
		.txqueuelen = a->txqueuelen ? a->txqueuelen : txqueuelen,
	};
}

static void compare(struct look *look, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	const struct link_plan plan = plan_of(look->a);

	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	look->common = link_plan_compare(&plan, &look->link, &look->why);
	if (!look->common && strcmp(look->link.alias, look->a->alias))
		look->common = err_set(&look->why, -ESTALE, "it does not carry the mark '%s'",
				       look->a->alias);
	look->data = compare_data(look->a, info[IFLA_INFO_DATA], look->common ? NULL : &look->why);
}

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct look *look = arg;

	(void)tag;
	if (link_parse(msg, &look->link) == 0)
		compare(look, msg);
}

/* look->link.index 0: it is not there, under whatever name. */
static int look_at(struct scope *scope, const struct tuntap_args *a, struct nl **nl,
		   struct look *look, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct link_plan plan = plan_of(a);
	struct link link;
	int ret = nl_for(scope, a->at.ns, nl, err);

	*look = (struct look){ .a = a };
	if (ret == 0)
		ret = link_plan_find(*nl, &plan, &link, err);
	if (ret < 0 || !link.index)
		return ret;
	link_put_get_index(&b, link.index, 0);
	return nl_batch_send(*nl, &b, see, look, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct tuntap_args *a = args;
	struct look look;
	struct nl *nl;
	int ret = look_at(scope, a, &nl, &look, err);

	if (ret < 0)
		return ret;
	if (!look.link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	if (look.common || look.data)
		return err_set(err, -ESTALE, "link '%s': %s", a->name, look.why.text);
	return 0;
}

/* What was said while it was made cannot be changed: then it is made anew. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	const struct tuntap_args *a = args;
	const struct link_plan plan = plan_of(a);
	struct look look;
	struct nl *nl;
	int ret = look_at(scope, a, &nl, &look, err);

	if (ret < 0 || !look.link.index)
		return ret < 0 ? ret : 1;
	if (strcmp(look.link.kind, plan.kind))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->name);
	if (!look.data)
		return link_plan_mend(nl, &plan, &look.link, true, err);
	ret = link_delete(scope, a->at.ns, &look.link, err);
	return ret < 0 ? ret : 1;
}

static void show_settings(const struct tuntap_args *a, FILE *out)
{
	if (!a->mtu && !a->txqueuelen && mac_is_zero(&a->mac) && !a->alias[0])
		return;
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s", a->name);
	link_show_settings(out, &a->mac, a->mtu, a->txqueuelen);
	if (a->alias[0])
		fprintf(out, " alias %s", a->alias);
	fputc('\n', out);
}

static void show(const void *args, FILE *out)
{
	const struct tuntap_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "tuntap add dev %s mode %s user %u", a->name, mode_of(a), a->owner);
	if (a->group)
		fprintf(out, " group %u", a->group);
	fprintf(out, "%s\n", a->multi_queue ? " multi_queue" : "");
	show_settings(a, out);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct tuntap_args, "on"),
	JSON_CHARS(struct tuntap_args, "name", name, .flags = JSON_REQUIRED),
	JSON_BOOL(struct tuntap_args, "tap", tap),
	JSON_UINT(struct tuntap_args, "owner", owner),
	JSON_UINT(struct tuntap_args, "group", group),
	JSON_BOOL(struct tuntap_args, "multi_queue", multi_queue),
	JSON_TEXT(struct tuntap_args, "mac", mac, &mac_text),
	JSON_UINT(struct tuntap_args, "mtu", mtu),
	JSON_UINT(struct tuntap_args, "txqueuelen", txqueuelen),
	JSON_CHARS(struct tuntap_args, "alias", alias),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct tuntap_args, fields);

const struct step_type tuntap_add_step = {
	.name = "tuntap.add",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.mend = mend,
	.show = show,
};
