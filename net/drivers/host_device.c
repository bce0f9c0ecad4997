// SPDX-License-Identifier: Apache-2.0
/* type "host-device": an interface of the host's is the container's for its time, and comes home as it was. */
#include "net/driver.h"

#include "net/link_move.h"

#include "lib/cleanup.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define PCI_DEVICES "/sys/bus/pci/devices"

#define KEY_MAX (sizeof(LINK_MOVE_KEY) + IFNAMSIZ)

/* One of them says which; the names are those of CNI's plugin. */
struct host_device_options {
	char device[IFNAMSIZ];
	struct mac hwaddr;
	char *kernelpath;
	char *pci_bus_id;
};

static const struct json_field fields[] = {
	JSON_CHARS(struct host_device_options, "device", device),
	JSON_TEXT(struct host_device_options, "hwaddr", hwaddr, &mac_text),
	JSON_STRING(struct host_device_options, "kernelpath", kernelpath),
	JSON_STRING(struct host_device_options, "pci_bus_id", pci_bus_id),
	JSON_STRING(struct host_device_options, "pciBusID", pci_bus_id, .flags = JSON_ALIAS),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct host_device_options, fields);

static int check_path(const char *path, struct err *err)
{
	if (str_empty(path) || str_starts(path, "/sys/"))
		return 0;
	return err_set(err, -EINVAL, "kernelpath: '%s' is not below /sys", path);
}

static int check_pci(const char *id, struct err *err)
{
	if (str_empty(id) || id[strspn(id, "0123456789abcdefABCDEF:.")] == '\0')
		return 0;
	return err_set(err, -EINVAL, "pci_bus_id: '%s' is none, as in 0000:00:1f.6", id);
}

static int check(const struct network *n, struct err *err)
{
	const struct host_device_options *o = n->options;
	int given = !!o->device[0] + !mac_is_zero(&o->hwaddr) + !str_empty(o->kernelpath) +
		    !str_empty(o->pci_bus_id);
	int ret;

	if (given != 1)
		return err_set(err, -EINVAL,
			       "device: one of device, hwaddr, kernelpath and pci_bus_id says "
			       "which, and here %s",
			       given ? "several do" : "none does");
	ret = o->device[0] ? link_name_check(o->device, err) : 0;
	if (ret < 0)
		return err_wrap(err, "device");
	ret = check_path(o->kernelpath, err);
	return ret < 0 ? ret : check_pci(o->pci_bus_id, err);
}

static const char *host_name(const struct network *n)
{
	return ((const struct host_device_options *)n->options)->device;
}

/* --- Which one it is --- */

struct by_mac {
	struct mac mac;
	size_t count;
	struct link found;
};

/* They have the MAC address of a link that they stand on. */
static bool is_stacked(const struct link *link)
{
	static const char *const kinds[] = { "bridge",  "bond",    "team",   "vlan",
					     "macvlan", "macvtap", "ipvlan", "hsr" };

	for (size_t i = 0; i < array_size(kinds); i++)
		if (!strcmp(link->kind, kinds[i]))
			return true;
	return false;
}

static bool count_mac(const struct link *link, const void *arg)
{
	struct by_mac *b = (void *)(uintptr_t)arg;

	if (!mac_equal(&link->mac, &b->mac) || is_stacked(link))
		return false;
	if (!b->count++)
		b->found = *link;
	return false;
}

static int find_mac(struct nl *nl, const struct mac *mac, struct link *out, struct err *err)
{
	struct by_mac b = { .mac = *mac };
	char text[MAC_TEXT_MAX];
	int ret = link_search(nl, count_mac, &b, out, err);

	if (ret < 0)
		return ret;
	if (b.count != 1)
		return err_set(err, b.count ? -EINVAL : -ENODEV, "hwaddr: %s on the host has %s",
			       b.count ? "more than one link" : "no link",
			       mac_format(mac, text, sizeof(text)));
	*out = b.found;
	return 0;
}

/* The kernel's device at @path has a directory `net` with its interfaces' names. */
static int find_below(struct nl *nl, const char *key, const char *path, struct link *out,
		      struct err *err)
{
	_cleanup_free_ char *net = str_format("%s/net", path);
	_cleanup_dir_ DIR *dir = net ? opendir(net) : NULL;
	char name[IFNAMSIZ] = "";
	struct dirent *e;
	size_t count = 0;

	if (!net)
		return err_oom(err);
	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !count++)
			str_copy(name, sizeof(name), e->d_name);
	if (count > 1)
		return err_set(err, -EINVAL, "%s: %s has %zu network interfaces: give 'device'",
			       key, path, count);
	*out = (struct link){ 0 };
	if (name[0] && link_find(nl, name, out, err) < 0)
		return err->code;
	return out->index ? 0
			  : err_set(err, -ENODEV, "%s: no network interface of the host's at %s",
				    key, path);
}

static int find_name(struct scope *scope, struct nl *nl, const char *name, struct link *out,
		     struct err *err)
{
	char key[KEY_MAX], id[256];
	int ret = link_find(nl, name, out, err);

	if (ret < 0 || out->index)
		return ret;
	snprintf(key, sizeof(key), LINK_MOVE_KEY "%s", name);
	if (shared_user(scope, key, id, sizeof(id)))
		return err_set(err, -EBUSY, "device: '%s' is in container '%s'", name, id);
	return err_set(err, -ENODEV, "device: no link '%s' on the host", name);
}

static int find(const struct host_device_options *o, struct scope *scope, struct nl *nl,
		struct link *out, struct err *err)
{
	_cleanup_free_ char *path = NULL;

	if (o->device[0])
		return find_name(scope, nl, o->device, out, err);
	if (!mac_is_zero(&o->hwaddr))
		return find_mac(nl, &o->hwaddr, out, err);
	if (!str_empty(o->kernelpath))
		return find_below(nl, "kernelpath", o->kernelpath, out, err);
	path = str_format(PCI_DEVICES "/%s", o->pci_bus_id);
	return path ? find_below(nl, "pci_bus_id", path, out, err) : err_oom(err);
}

/* --- What must not leave --- */

static bool is_port_of(const struct link *link, const void *master)
{
	return link->master == ((const struct link *)master)->index;
}

static int refuse_bridge(struct nl *nl, const struct link *link, struct err *err)
{
	struct link port;
	int ret = link_search(nl, is_port_of, link, &port, err);

	if (ret < 0)
		return ret;
	if (port.index)
		return err_set(err, -EBUSY, "device: '%s' is a bridge, and '%s' is a port of it",
			       link->name, port.name);
	return err_set(err, -EINVAL, "device: '%s' is a bridge, which cannot leave its namespace",
		       link->name);
}

static int check_link(struct nl *nl, const struct link *link, struct err *err)
{
	if (link->flags & IFF_LOOPBACK)
		return err_set(err, -EINVAL, "device: '%s' is the host's loopback, which stays",
			       link->name);
	if (str_starts(link->alias, LINK_MARK))
		return err_set(err, -EBUSY, "device: '%s' was made by ctrnet (its alias is '%s')",
			       link->name, link->alias);
	return strcmp(link->kind, "bridge") ? 0 : refuse_bridge(nl, link, err);
}

static int resolve(const struct network *n, struct scope *scope, struct endpoint *e,
		   struct err *err)
{
	struct link link;
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0)
		ret = find(n->options, scope, nl, &link, err);
	if (ret == 0)
		ret = check_link(nl, &link, err);
	if (ret < 0)
		return ret;
	memcpy(e->device, link.name, sizeof(e->device));
	/* Hardware may take seconds to agree with its other side. */
	e->device_ready = link.kind[0] && link.flags & IFF_LOWER_UP;
	return 0;
}

static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	struct link_move_args args = {
		.mac = n->mac_address,
		.mtu = n->mtu,
		.txqueuelen = n->txqueuelen,
	};
	char key[KEY_MAX];

	memcpy(args.name, e->device, sizeof(args.name));
	memcpy(args.inside, e->name, sizeof(args.inside));
	snprintf(key, sizeof(key), LINK_MOVE_KEY "%s", e->device);
	return net_planner_add(p, &link_move_step, NULL, key, &args, err);
}

static int plan_ready(const struct network *n, const struct endpoint *e,
		      const struct net_planner *p, struct err *err)
{
	(void)n;
	return e->device_ready ? net_plan_link(p, &link_ready_step, SCOPE_CONTAINER, e->name, err)
			       : 0;
}

const struct net_driver host_device_driver = {
	.type = "host-device",
	.name = "eth#",
	.makes_link = true,
	.options = &options,
	.check = check,
	.host_name = host_name,
	.resolve = resolve,
	.plan = plan,
	.plan_ready = plan_ready,
};
