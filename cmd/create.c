// SPDX-License-Identifier: Apache-2.0
#include "cmd/create.h"

#include "container/template.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/link.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define ROW(letters, member, arg, help, type)                                            \
	{                                                                                \
		0, letters, arg, help, type, offsetof(struct create_flags, member), NULL \
	}

/* clang-format off */
const struct option_desc create_options[] = {
	ROW("hostname", hostname, "NAME", "the container's hostname (default nsinit)", OPTION_STRING),
	ROW("net", net, "NS", "network namespace: private (default), host, or the path of one to join", OPTION_STRING),
	ROW("mnt", mnt, "NS", "mount namespace: private", OPTION_STRING),
	ROW("pid", pid, "NS", "pid namespace: private, host or a path", OPTION_STRING),
	ROW("ipc", ipc, "NS", "IPC namespace: private, host or a path", OPTION_STRING),
	ROW("uts", uts, "NS", "UTS namespace: private, host or a path", OPTION_STRING),
	ROW("userns-root-uid", userns_root_uid, "UID", "in a user namespace, whose root is UID on the host", OPTION_STRING),
	ROW("veth-bridge", veth_bridge, "NAME", "an interface eth0 that is a port of this bridge of the host's", OPTION_STRING),
	ROW("veth-address", veth_address, "ADDRESS/PREFIX", "its address", OPTION_STRING),
	ROW("veth-gateway", veth_gateway, "ADDRESS", "its default route", OPTION_STRING),
	ROW("veth-mtu", veth_mtu, "BYTES", "its MTU (default: the kernel's)", OPTION_STRING),
	ROW("bind", bind, "SRC:DST[:ro|rw]", "bind-mount SRC of the host's; may be given several times", OPTION_STRINGS),
	ROW("tmpfs", tmpfs, "DST", "mount a tmpfs; may be given several times", OPTION_STRINGS),
	ROW("cgroup", cgroup, NULL, "mount the container's cgroups on /sys/fs/cgroup, read-only", OPTION_FLAG),
	ROW("read-only", read_only, NULL, "make the root directory read-only", OPTION_FLAG),
	ROW("mount-label", mount_label, "LABEL", "SELinux context of what is mounted", OPTION_STRING),
	ROW("sysctl", sysctl, "K=V", "set a sysctl of its namespaces; may be given several times", OPTION_STRINGS),
	ROW("memory-limit", memory_limit, "BYTES", "memory of all its processes", OPTION_STRING),
	ROW("memory-swap", memory_swap, "BYTES", "memory and swap together; -1: no limit", OPTION_STRING),
	ROW("memory-swappiness", memory_swappiness, "N", "how gladly it swaps, 0 to 100; -1: as its parent", OPTION_STRING),
	ROW("cpushares", cpushares, "N", "its share of the processors (1024 is the usual one)", OPTION_STRING),
	ROW("cpuset-cpus", cpuset_cpus, "LIST", "the processors it may use, as in 0-2,7", OPTION_STRING),
	ROW("cpuset-mems", cpuset_mems, "LIST", "the memory nodes it may use", OPTION_STRING),
	ROW("groups", groups, "GROUP", "a further group, name or number; may be given several times", OPTION_STRINGS),
	ROW("parent-death-signal", parent_death_signal, "N", "sent to it when ctrnet dies (default 9)", OPTION_STRING),
	ROW("security", security, "high|medium|low", "capabilities and system call filter of that name", OPTION_STRING),
	ROW("apparmor-profile", apparmor_profile, "NAME", "AppArmor profile of its processes", OPTION_STRING),
	ROW("process-label", process_label, "LABEL", "SELinux context of its processes", OPTION_STRING),
	{ .name = NULL },
};
/* clang-format on */

static const char *const *text_at(const struct create_flags *flags, size_t offset)
{
	return (const char *const *)((const char *)flags + offset);
}

/* "cpushares", of the member at @offset. */
static const char *flag_name(size_t offset)
{
	const struct option_desc *o = create_options;

	while (o->name && o->offset != offset)
		o++;
	return o->name;
}

/* --- Numbers --- */

#define NUMBER(member, to, min, max)                                              \
	{                                                                         \
		offsetof(struct create_flags, member), offsetof(struct spec, to), \
			sizeof(((struct spec *)0)->to), min, max                  \
	}

static const struct number {
	size_t flag, offset, size;
	long long min, max;
} numbers[] = {
	NUMBER(cpushares, cgroup.cpu_shares, 0, INT64_MAX),
	NUMBER(memory_limit, cgroup.memory, -1, INT64_MAX),
	NUMBER(memory_swap, cgroup.memory_swap, -1, INT64_MAX),
	NUMBER(parent_death_signal, parent_death_signal, 0, 64),
};

static int read_number(size_t flag, const char *text, long long min, long long max, long long *out,
		       struct err *err)
{
	bool negative = *text == '-';
	unsigned long long value = 0;

	if (str_to_u64(text + negative, INT64_MAX, &value) == 0 && !(negative && min == 0)) {
		*out = negative ? -(long long)value : (long long)value;
		if (*out >= min && *out <= max)
			return 0;
	}
	return err_set(err, -EINVAL, "--%s: '%.80s' is not a number from %lld to %lld",
		       flag_name(flag), text, min, max);
}

static int set_numbers(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < array_size(numbers); i++) {
		const struct number *n = &numbers[i];
		const char *text = *text_at(flags, n->flag);
		char *to = (char *)spec + n->offset;
		long long value;
		int ret;

		if (!text)
			continue;
		ret = read_number(n->flag, text, n->min, n->max, &value, err);
		if (ret < 0)
			return ret;
		if (n->size == sizeof(int))
			*(int *)to = (int)value;
		else
			*(int64_t *)to = value;
	}
	return 0;
}

static int set_swappiness(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	long long value = -1;
	int ret = 0;

	if (flags->memory_swappiness)
		ret = read_number(offsetof(struct create_flags, memory_swappiness),
				  flags->memory_swappiness, -1, 100, &value, err);
	if (ret < 0 || value < 0)
		return ret;
	spec->cgroup.has_swappiness = true;
	spec->cgroup.memory_swappiness = (uint8_t)value;
	return 0;
}

/* --- Words --- */

static const struct {
	size_t flag, offset;
} words[] = {
	{ offsetof(struct create_flags, hostname), offsetof(struct spec, hostname) },
	{ offsetof(struct create_flags, cpuset_cpus), offsetof(struct spec, cgroup.cpuset_cpus) },
	{ offsetof(struct create_flags, cpuset_mems), offsetof(struct spec, cgroup.cpuset_mems) },
	{ offsetof(struct create_flags, apparmor_profile),
	  offsetof(struct spec, apparmor_profile) },
	{ offsetof(struct create_flags, mount_label), offsetof(struct spec, rootfs.mount_label) },
	{ offsetof(struct create_flags, process_label), offsetof(struct spec, process_label) },
};

static int set_words(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < array_size(words); i++) {
		const char *text = *text_at(flags, words[i].flag);
		char **to = (char **)((char *)spec + words[i].offset);

		if (!text)
			continue;
		if (!*text)
			return err_set(err, -EINVAL, "--%s: empty", flag_name(words[i].flag));
		free(*to);
		*to = strdup(text);
		if (!*to)
			return err_oom(err);
	}
	return 0;
}

static int add_sysctls(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	size_t count = strv_count(flags->sysctl);

	if (!count)
		return 0;
	spec->sysctl = calloc(count, sizeof(*spec->sysctl));
	if (!spec->sysctl)
		return err_oom(err);
	for (size_t i = 0; i < count; i++) {
		const char *word = flags->sysctl[i], *equals = strchr(word, '=');
		struct json_pair *pair = &spec->sysctl[i];

		if (!equals || equals == word)
			return err_set(err, -EINVAL, "--sysctl: '%.80s' is not NAME=VALUE", word);
		spec->sysctl_count++;
		pair->key = strndup(word, (size_t)(equals - word));
		pair->value = strdup(equals + 1);
		if (!pair->key || !pair->value)
			return err_oom(err);
	}
	return 0;
}

static int add_groups(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	for (char **group = flags->groups; group && *group; group++) {
		if (!**group)
			return err_set(err, -EINVAL, "--groups: empty");
		if (strv_add(&spec->additional_groups, *group) < 0)
			return err_oom(err);
	}
	return 0;
}

/* --- Mounts --- */

/* The strings of @m are copied, but the source, which is taken, also on failure. */
static int add_mount(struct spec *spec, const struct rootfs_mount *m, char *source, struct err *err)
{
	struct rootfs_spec *r = &spec->rootfs;
	struct rootfs_mount *more = reallocarray(r->mounts, r->mount_count + 1, sizeof(*more));

	if (!more) {
		free(source);
		return err_oom(err);
	}
	r->mounts = more;
	more += r->mount_count++;
	*more = (struct rootfs_mount){
		.source = source,
		.destination = strdup(m->destination),
		.type = strdup(m->type),
		.flags = m->flags,
	};
	return source && more->destination && more->type ? 0 : err_oom(err);
}

static int bad_bind(const char *word, struct err *err)
{
	return err_set(
		err, -EINVAL,
		"--bind: '%.200s': expected SOURCE:DESTINATION, with ':ro' or ':rw' behind it "
		"or without",
		word);
}

static int add_bind(struct spec *spec, const char *word, struct err *err)
{
	_cleanup_free_ char *copy = strdup(word);
	struct rootfs_mount m = { .type = (char *)"bind", .flags = MS_BIND | MS_REC };
	char *path = NULL, *mode;
	int ret;

	if (!copy)
		return err_oom(err);
	m.destination = strchr(copy, ':');
	if (!m.destination || m.destination == copy)
		return bad_bind(word, err);
	*m.destination++ = '\0';
	mode = strchr(m.destination, ':');
	if (mode)
		*mode++ = '\0';
	if (!*m.destination || (mode && strcmp(mode, "ro") && strcmp(mode, "rw")))
		return bad_bind(word, err);
	if (mode && !strcmp(mode, "ro"))
		m.flags |= MS_RDONLY;
	ret = file_clean_path(NULL, copy, &path, err);
	return ret < 0 ? ret : add_mount(spec, &m, path, err);
}

static int add_tmpfs(struct spec *spec, const char *word, struct err *err)
{
	const struct rootfs_mount m = {
		.type = (char *)"tmpfs",
		.destination = (char *)word,
		.flags = MS_NOEXEC | MS_NOSUID | MS_NODEV,
	};

	return *word ? add_mount(spec, &m, strdup("tmpfs"), err)
		     : err_set(err, -EINVAL, "--tmpfs: empty");
}

static int add_mounts(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	const struct rootfs_mount cgroup = {
		.type = (char *)"cgroup",
		.destination = (char *)"/sys/fs/cgroup",
		.flags = MS_RDONLY | MS_NOEXEC | MS_NOSUID | MS_NODEV,
	};
	int ret = 0;

	spec->rootfs.readonly = flags->read_only;
	for (char **word = flags->bind; ret == 0 && word && *word; word++)
		ret = add_bind(spec, *word, err);
	for (char **word = flags->tmpfs; ret == 0 && word && *word; word++)
		ret = add_tmpfs(spec, *word, err);
	if (ret == 0 && flags->cgroup)
		ret = add_mount(spec, &cgroup, strdup("cgroup"), err);
	return ret;
}

/* --- Namespaces and networks --- */

static const struct {
	size_t flag;
	int type;
} kinds[] = {
	{ offsetof(struct create_flags, net), CLONE_NEWNET },
	{ offsetof(struct create_flags, mnt), CLONE_NEWNS },
	{ offsetof(struct create_flags, pid), CLONE_NEWPID },
	{ offsetof(struct create_flags, ipc), CLONE_NEWIPC },
	{ offsetof(struct create_flags, uts), CLONE_NEWUTS },
};

static void remove_namespace(struct namespaces *list, int type)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type != type)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

static int set_namespace(struct spec *spec, const char *flag, int type, const char *value,
			 struct err *err)
{
	struct namespaces *list = &spec->namespaces;

	if (!*value || !strcmp(value, "private"))
		return 0;
	if (!strcmp(value, "host")) {
		remove_namespace(list, type);
		return 0;
	}
	if (*value != '/')
		return err_set(err, -EINVAL,
			       "--%s: '%.200s': expected 'private', 'host' or an absolute path",
			       flag, value);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type == type && !(list->items[i].path = strdup(value)))
			return err_oom(err);
	return 0;
}

static int set_namespaces(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(kinds); i++) {
		const char *value = *text_at(flags, kinds[i].flag);

		if (value)
			ret = set_namespace(spec, flag_name(kinds[i].flag), kinds[i].type, value,
					    err);
	}
	/* The template's is for a namespace of its own. */
	if (ret == 0 && !flags->hostname && !namespaces_new(&spec->namespaces, CLONE_NEWUTS)) {
		free(spec->hostname);
		spec->hostname = NULL;
	}
	return ret;
}

/* The maps are for users and groups alike. */
static int set_userns(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	long long uid;
	int ret;

	if (!flags->userns_root_uid)
		return 0;
	ret = read_number(offsetof(struct create_flags, userns_root_uid), flags->userns_root_uid, 1,
			  ID_ROOT_MAX - 1, &uid, err);
	if (ret < 0)
		return ret;
	ret = namespaces_add(&spec->namespaces, CLONE_NEWUSER, NULL, err);
	if (ret < 0)
		return ret;
	ret = id_maps_for_root((uint32_t)uid, &spec->uid_mappings, &spec->uid_mapping_count);
	if (ret == 0)
		ret = id_maps_for_root((uint32_t)uid, &spec->gid_mappings,
				       &spec->gid_mapping_count);
	return ret < 0 ? err_sys(err, ret, "--userns-root-uid: %lld", uid) : 0;
}

static const struct json_field network_fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_END
};
static const struct json_schema networks_schema = JSON_SCHEMA(struct net_config, network_fields);

/* What a driver keeps of a network is its own, and comes out of its text. */
static int decode_networks(bool loopback, const char *bridge, struct net_config *net,
			   struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json_writer *w = out ? json_writer_new(out, false) : NULL;
	int ret;

	json_write_begin(w, NULL, '{');
	json_write_begin(w, "networks", '[');
	if (loopback) {
		json_write_begin(w, NULL, '{');
		json_write_string(w, "type", "loopback");
		json_write_end(w);
	}
	if (bridge) {
		json_write_begin(w, NULL, '{');
		json_write_string(w, "type", "veth");
		json_write_string(w, "bridge", bridge);
		json_write_string(w, "veth_prefix", "veth");
		json_write_end(w);
	}
	json_write_end(w);
	json_write_end(w);
	ret = w ? json_writer_end(w, err) : err_oom(err);
	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret < 0 ? ret : json_decode(&networks_schema, net, text, len, "--veth-bridge", err);
}

static int set_veth(const struct create_flags *flags, struct network *n, struct err *err)
{
	struct ip_prefix address = { 0 };
	struct ip_addr gateway = { 0 };
	long long mtu = 0;
	int ret = 0;

	if (flags->veth_address && ip_prefix_parse(flags->veth_address, &address, err) < 0)
		return err_wrap(err, "--veth-address");
	if (flags->veth_gateway && ip_addr_parse(flags->veth_gateway, &gateway, err) < 0)
		return err_wrap(err, "--veth-gateway");
	if (flags->veth_mtu)
		ret = read_number(offsetof(struct create_flags, veth_mtu), flags->veth_mtu, 0,
				  65535, &mtu, err);
	*(address.addr.family == AF_INET6 ? &n->ipv6_address : &n->address) = address;
	*(gateway.family == AF_INET6 ? &n->ipv6_gateway : &n->gateway) = gateway;
	n->mtu = (uint32_t)mtu;
	return ret;
}

static int set_networks(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	const char *bridge = flags->veth_bridge;
	int ret = 0;

	if (!bridge && (flags->veth_address || flags->veth_gateway || flags->veth_mtu))
		return err_set(err, -EINVAL, "--veth-%s: needs --veth-bridge",
			       flags->veth_address   ? "address"
			       : flags->veth_gateway ? "gateway"
						     : "mtu");
	if (bridge && link_name_check(bridge, err) < 0)
		return err_wrap(err, "--veth-bridge");
	if (bridge && !namespaces_find(&spec->namespaces, CLONE_NEWNET))
		return err_set(err, -EINVAL,
			       "--veth-bridge: the host's network namespace stays as "
			       "it is");
	ret = decode_networks(namespaces_new(&spec->namespaces, CLONE_NEWNET), bridge, &spec->net,
			      err);
	if (ret == 0 && bridge)
		ret = set_veth(flags, &spec->net.networks[spec->net.network_count - 1], err);
	return ret;
}

/* --- Security --- */

#define CAP(name) (1ULL << CAP_##name)

/* What nsinit's profiles left a container; their lists of system calls are in ns/seccomp.h. */
static const struct {
	const char *name;
	uint64_t capabilities;
} profiles[] = {
	{ "high", CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(AUDIT_WRITE) },
	{ "medium", CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FSETID) | CAP(FOWNER) | CAP(SETGID) |
			    CAP(SETUID) | CAP(SETFCAP) | CAP(SETPCAP) | CAP(NET_BIND_SERVICE) |
			    CAP(KILL) | CAP(AUDIT_WRITE) },
	{ "low", CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FSETID) | CAP(FOWNER) | CAP(SETGID) |
			 CAP(SETUID) | CAP(SYS_CHROOT) | CAP(SETFCAP) | CAP(SETPCAP) |
			 CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(AUDIT_WRITE) },
};

/* The labels of a profile were empty, so one that is given besides would be lost. */
static int check_alone(const struct create_flags *flags, struct err *err)
{
	static const size_t labels[] = {
		offsetof(struct create_flags, apparmor_profile),
		offsetof(struct create_flags, mount_label),
		offsetof(struct create_flags, process_label),
	};

	for (size_t i = 0; i < array_size(labels); i++)
		if (*text_at(flags, labels[i]))
			return err_set(err, -EINVAL, "--security: does not go with --%s",
				       flag_name(labels[i]));
	return 0;
}

static int set_profile(const struct create_flags *flags, struct spec *spec, struct err *err)
{
	const char *name = flags->security;
	int ret = name ? check_alone(flags, err) : 0;

	if (ret < 0 || !name)
		return ret;
	for (size_t i = 0; i < array_size(profiles); i++) {
		if (strcmp(profiles[i].name, name))
			continue;
		spec->capabilities = capabilities_keep(profiles[i].capabilities);
		spec->no_new_privileges = true; /* it came with a filter */
		return seccomp_profile(name, &spec->seccomp, err);
	}
	return err_set(err, -EINVAL, "--security: '%.40s' is none of high, medium and low", name);
}

/* --- */

static int set_rootfs(const char *rootfs, struct spec *spec, struct err *err)
{
	if (rootfs && !*rootfs)
		return err_set(err, -EINVAL, "--rootfs: empty");
	free(spec->rootfs.path);
	spec->rootfs.path = NULL;
	return file_clean_path(NULL, rootfs ? rootfs : ".", &spec->rootfs.path, err);
}

int create_spec(const struct create_flags *flags, const char *rootfs, struct spec *spec,
		struct err *err)
{
	static int (*const setters[])(const struct create_flags *flags, struct spec *spec,
				      struct err *err) = {
		set_numbers, set_swappiness, set_words,  add_sysctls,  add_groups,
		add_mounts,  set_namespaces, set_userns, set_networks, set_profile,
	};
	struct spec made;
	int ret = spec_template(&made, err);

	if (ret == 0)
		ret = set_rootfs(rootfs, &made, err);
	for (size_t i = 0; ret == 0 && i < array_size(setters); i++)
		ret = setters[i](flags, &made, err);
	if (ret < 0)
		spec_release(&made);
	else
		*spec = made;
	return ret;
}
