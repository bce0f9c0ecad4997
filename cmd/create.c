// SPDX-License-Identifier: Apache-2.0
#include "cmd/create.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

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

/* A container as the library takes it, and the lists that it points to. */
struct made {
	struct ctrnet_spec spec;
	struct ctrnet_cgroup cgroup;
	struct ctrnet_limits limits;
	struct ctrnet_namespace namespaces[8];
	struct ctrnet_mount *mounts;
	struct ctrnet_network networks[2];
	struct ctrnet_id_mapping maps[3];
	struct ctrnet_pair *sysctls, more;
	char *rootfs;
	char **words; /* that are made here */
};

static void release(struct made *m)
{
	free(m->mounts);
	free(m->sysctls);
	free(m->rootfs);
	strv_free(m->words);
}

/* A word that lives as long as @m: @len bytes of @text. */
static char *keep(struct made *m, const char *text, size_t len)
{
	_cleanup_free_ char *word = strndup(text, len);

	return word && strv_add(&m->words, word) == 0 ? m->words[strv_count(m->words) - 1] : NULL;
}

/* --- Numbers --- */

#define NUMBER(member, to, min, max)                                              \
	{                                                                         \
		offsetof(struct create_flags, member), offsetof(struct made, to), \
			sizeof(((struct made *)0)->to), min, max                  \
	}

static const struct number {
	size_t flag, offset, size;
	long long min, max;
} numbers[] = {
	NUMBER(cpushares, limits.cpu_shares, 0, INT64_MAX),
	NUMBER(memory_limit, limits.memory, -1, INT64_MAX),
	NUMBER(memory_swap, limits.memory_swap, -1, INT64_MAX),
	NUMBER(memory_swappiness, limits.memory_swappiness, -1, 100),
	NUMBER(parent_death_signal, spec.parent_death_signal, 0, 64),
	NUMBER(veth_mtu, networks[1].mtu, 0, 65535),
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

static int set_numbers(const struct create_flags *flags, struct made *m, struct err *err)
{
	for (size_t i = 0; i < array_size(numbers); i++) {
		const struct number *n = &numbers[i];
		const char *text = *text_at(flags, n->flag);
		char *to = (char *)m + n->offset;
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

/* --- Words --- */

static const struct {
	size_t flag, offset;
} words[] = {
	{ offsetof(struct create_flags, hostname), offsetof(struct made, spec.hostname) },
	{ offsetof(struct create_flags, cpuset_cpus), offsetof(struct made, limits.cpuset_cpus) },
	{ offsetof(struct create_flags, cpuset_mems), offsetof(struct made, limits.cpuset_mems) },
	{ offsetof(struct create_flags, apparmor_profile),
	  offsetof(struct made, spec.apparmor_profile) },
	{ offsetof(struct create_flags, mount_label), offsetof(struct made, spec.mount_label) },
	{ offsetof(struct create_flags, process_label), offsetof(struct made, spec.process_label) },
};

static int set_words(const struct create_flags *flags, struct made *m, struct err *err)
{
	for (size_t i = 0; i < array_size(words); i++) {
		const char *text = *text_at(flags, words[i].flag);

		if (!text)
			continue;
		if (!*text)
			return err_set(err, -EINVAL, "--%s: empty", flag_name(words[i].flag));
		*(const char **)((char *)m + words[i].offset) = text;
	}
	return 0;
}

/* Of several for one name the last counts. */
static struct ctrnet_pair *place_of_sysctl(struct made *m, const char *name)
{
	size_t i = 0;

	while (i < m->spec.system_property_count && strcmp(m->sysctls[i].name, name) != 0)
		i++;
	m->spec.system_property_count += i == m->spec.system_property_count;
	return &m->sysctls[i];
}

static int add_sysctls(const struct create_flags *flags, struct made *m, struct err *err)
{
	m->sysctls = calloc(strv_count(flags->sysctl) + 1, sizeof(*m->sysctls));
	if (!m->sysctls)
		return err_oom(err);
	m->spec.system_properties = m->sysctls;
	for (char **word = flags->sysctl; word && *word; word++) {
		const char *equals = strchr(*word, '='), *name;

		if (!equals || equals == *word)
			return err_set(err, -EINVAL, "--sysctl: '%.80s' is not NAME=VALUE", *word);
		name = keep(m, *word, (size_t)(equals - *word));
		if (!name)
			return err_oom(err);
		*place_of_sysctl(m, name) = (struct ctrnet_pair){ name, equals + 1 };
	}
	return 0;
}

static int add_groups(const struct create_flags *flags, struct made *m, struct err *err)
{
	for (char **group = flags->groups; group && *group; group++)
		if (!**group)
			return err_set(err, -EINVAL, "--groups: empty");
	m->spec.additional_groups = (const char *const *)flags->groups;
	return 0;
}

/* --- Mounts --- */

/* There is room for what the flags say. */
static void add_mount(struct made *m, const struct ctrnet_mount *mount)
{
	m->mounts[m->spec.mount_count++] = *mount;
}

static int bad_bind(const char *word, struct err *err)
{
	return err_set(
		err, -EINVAL,
		"--bind: '%.200s': expected SOURCE:DESTINATION, with ':ro' or ':rw' behind it "
		"or without",
		word);
}

/* The source is relative to the directory that ctrnet was started in. */
static int add_bind(struct made *m, const char *word, struct err *err)
{
	struct ctrnet_mount mount = { .device = "bind", .flags = MS_BIND | MS_REC };
	char *source = keep(m, word, strlen(word)), *destination, *mode;
	_cleanup_free_ char *path = NULL;
	int ret;

	if (!source)
		return err_oom(err);
	destination = strchr(source, ':');
	if (!destination || destination == source)
		return bad_bind(word, err);
	*destination++ = '\0';
	mode = strchr(destination, ':');
	if (mode)
		*mode++ = '\0';
	if (!*destination || (mode && strcmp(mode, "ro") && strcmp(mode, "rw")))
		return bad_bind(word, err);
	if (mode && !strcmp(mode, "ro"))
		mount.flags |= MS_RDONLY;
	ret = file_clean_path(NULL, source, &path, err);
	if (ret < 0)
		return ret;
	mount.source = keep(m, path, strlen(path));
	mount.destination = destination;
	add_mount(m, &mount);
	return mount.source ? 0 : err_oom(err);
}

static int add_tmpfs(struct made *m, const char *word, struct err *err)
{
	const struct ctrnet_mount mount = {
		.source = "tmpfs",
		.device = "tmpfs",
		.destination = word,
		.flags = MS_NOEXEC | MS_NOSUID | MS_NODEV,
	};

	if (!*word)
		return err_set(err, -EINVAL, "--tmpfs: empty");
	add_mount(m, &mount);
	return 0;
}

/* Behind those of the template. */
static int add_mounts(const struct create_flags *flags, struct made *m, struct err *err)
{
	const struct ctrnet_mount cgroup = {
		.source = "cgroup",
		.device = "cgroup",
		.destination = "/sys/fs/cgroup",
		.flags = MS_RDONLY | MS_NOEXEC | MS_NOSUID | MS_NODEV,
	};
	size_t most = m->spec.mount_count + strv_count(flags->bind) + strv_count(flags->tmpfs) + 1;
	int ret = 0;

	m->mounts = calloc(most, sizeof(*m->mounts));
	if (!m->mounts)
		return err_oom(err);
	memcpy(m->mounts, m->spec.mounts, m->spec.mount_count * sizeof(*m->mounts));
	m->spec.mounts = m->mounts;
	m->spec.readonlyfs = flags->read_only;
	for (char **word = flags->bind; ret == 0 && word && *word; word++)
		ret = add_bind(m, *word, err);
	for (char **word = flags->tmpfs; ret == 0 && word && *word; word++)
		ret = add_tmpfs(m, *word, err);
	if (ret == 0 && flags->cgroup)
		add_mount(m, &cgroup);
	return ret;
}

/* --- Namespaces and networks --- */

static const struct {
	size_t flag;
	const char *type;
} kinds[] = {
	{ offsetof(struct create_flags, net), "NEWNET" },
	{ offsetof(struct create_flags, mnt), "NEWNS" },
	{ offsetof(struct create_flags, pid), "NEWPID" },
	{ offsetof(struct create_flags, ipc), "NEWIPC" },
	{ offsetof(struct create_flags, uts), "NEWUTS" },
};

/* NULL: the host's stays as it is. */
static struct ctrnet_namespace *find_namespace(struct made *m, const char *type)
{
	for (size_t i = 0; i < m->spec.namespace_count; i++)
		if (!strcmp(m->namespaces[i].type, type))
			return &m->namespaces[i];
	return NULL;
}

static bool is_private(struct made *m, const char *type)
{
	const struct ctrnet_namespace *n = find_namespace(m, type);

	return n && !n->path;
}

static int set_namespace(struct made *m, const char *flag, const char *type, const char *value,
			 struct err *err)
{
	struct ctrnet_namespace *n = find_namespace(m, type);
	struct ctrnet_namespace *end = m->namespaces + m->spec.namespace_count;

	if (!*value || !strcmp(value, "private"))
		return 0;
	if (!strcmp(value, "host")) {
		memmove(n, n + 1, (size_t)(end - n - 1) * sizeof(*n));
		m->spec.namespace_count--;
		return 0;
	}
	if (*value != '/')
		return err_set(err, -EINVAL,
			       "--%s: '%.200s': expected 'private', 'host' or an absolute path",
			       flag, value);
	n->path = value;
	return 0;
}

static int set_namespaces(const struct create_flags *flags, struct made *m, struct err *err)
{
	int ret = 0;

	memcpy(m->namespaces, m->spec.namespaces, m->spec.namespace_count * sizeof(*m->namespaces));
	m->spec.namespaces = m->namespaces;
	for (size_t i = 0; ret == 0 && i < array_size(kinds); i++) {
		const char *value = *text_at(flags, kinds[i].flag);

		if (value)
			ret = set_namespace(m, flag_name(kinds[i].flag), kinds[i].type, value, err);
	}
	/* The template's is for a namespace of its own. */
	if (!flags->hostname && !is_private(m, "NEWUTS"))
		m->spec.hostname = NULL;
	return ret;
}

/* The maps are for users and groups alike. */
static int set_userns(const struct create_flags *flags, struct made *m, struct err *err)
{
	struct ctrnet_error error;
	long long uid;
	int ret;

	if (!flags->userns_root_uid)
		return 0;
	ret = read_number(offsetof(struct create_flags, userns_root_uid), flags->userns_root_uid, 1,
			  INT32_MAX - 1, &uid, err);
	if (ret < 0)
		return ret;
	if (ctrnet_id_mappings_for_root((uint32_t)uid, m->maps, &m->spec.uid_mapping_count,
					&error) < 0)
		return err_set(err, error.number, "--userns-root-uid: %s", error.text);
	m->namespaces[m->spec.namespace_count++].type = "NEWUSER";
	m->spec.gid_mapping_count = m->spec.uid_mapping_count;
	m->spec.uid_mappings = m->spec.gid_mappings = m->maps;
	return 0;
}

/* Of an IPv6 address only the text can tell here; what is wrong with it is the library's to say. */
static void set_address(const char *text, const char **v4, const char **v6)
{
	if (text)
		*(strchr(text, ':') ? v6 : v4) = text;
}

static void set_veth(const struct create_flags *flags, struct made *m, struct ctrnet_network *n)
{
	m->more = (struct ctrnet_pair){ "veth_prefix", "\"veth\"" };
	n->type = "veth";
	n->bridge = flags->veth_bridge;
	n->more = &m->more;
	n->more_count = 1;
	set_address(flags->veth_address, &n->address, &n->ipv6_address);
	set_address(flags->veth_gateway, &n->gateway, &n->ipv6_gateway);
}

/* What stands in a key is only what fits into it. */
static int check_bridge(const char *name, struct err *err)
{
	if (name && (!*name || strlen(name) >= IFNAMSIZ))
		return err_set(err, -EINVAL,
			       "--veth-bridge: interface name '%s': must have 1 to %d bytes", name,
			       IFNAMSIZ - 1);
	return 0;
}

/* Loopback, and the interface that the flags are about, of which either may be without the other. */
static int set_networks(const struct create_flags *flags, struct made *m, struct err *err)
{
	static const size_t texts[] = {
		offsetof(struct create_flags, veth_address),
		offsetof(struct create_flags, veth_gateway),
	};
	bool loopback = is_private(m, "NEWNET");

	if (!flags->veth_bridge && (flags->veth_address || flags->veth_gateway || flags->veth_mtu))
		return err_set(err, -EINVAL, "--veth-%s: needs --veth-bridge",
			       flags->veth_address   ? "address"
			       : flags->veth_gateway ? "gateway"
						     : "mtu");
	if (check_bridge(flags->veth_bridge, err) < 0)
		return err->code;
	if (flags->veth_bridge && !find_namespace(m, "NEWNET"))
		return err_set(err, -EINVAL,
			       "--veth-bridge: the host's network namespace stays as "
			       "it is");
	for (size_t i = 0; i < array_size(texts); i++)
		if (*text_at(flags, texts[i]) && !**text_at(flags, texts[i]))
			return err_set(err, -EINVAL, "--%s: empty", flag_name(texts[i]));
	m->networks[0].type = "loopback";
	if (flags->veth_bridge)
		set_veth(flags, m, &m->networks[1]);
	m->spec.networks = &m->networks[!loopback];
	m->spec.network_count = (size_t)loopback + !!flags->veth_bridge;
	return 0;
}

/* --- Security --- */

/* The labels of a profile were empty, so one that is given besides would be lost. */
static int set_profile(const struct create_flags *flags, struct made *m, struct err *err)
{
	static const size_t labels[] = {
		offsetof(struct create_flags, apparmor_profile),
		offsetof(struct create_flags, mount_label),
		offsetof(struct create_flags, process_label),
	};

	for (size_t i = 0; flags->security && i < array_size(labels); i++)
		if (*text_at(flags, labels[i]))
			return err_set(err, -EINVAL, "--security: does not go with --%s",
				       flag_name(labels[i]));
	m->spec.security = flags->security;
	return 0;
}

/* --- What the library says --- */

/* Which flag's the value of a key is, where it is seen only there that it is wrong. A network's index is left out. */
static const struct {
	const char *key, *flag;
} keys[] = {
	{ "rootfs: ", "rootfs" },
	{ "security: ", "security" },
	{ "networks[]: bridge: ", "veth-bridge" },
	{ "networks[].address: ", "veth-address" },
	{ "networks[].ipv6_address: ", "veth-address" },
	{ "networks[].gateway: ", "veth-gateway" },
	{ "networks[].ipv6_gateway: ", "veth-gateway" },
};

/* How many bytes of @text are @key; 0: it begins otherwise. */
static size_t match_key(const char *text, const char *key)
{
	const char *at = text;

	for (; *key; key++) {
		at += *key == ']' ? strspn(at, "0123456789") : 0;
		if (*at++ != *key)
			return 0;
	}
	return (size_t)(at - text);
}

void create_name_flag(struct err *err)
{
	for (size_t i = 0; i < array_size(keys); i++) {
		size_t len = match_key(err->text, keys[i].key);

		if (!len)
			continue;
		err_set(err, err->code, "--%s: %s", keys[i].flag, err->text + len);
		return;
	}
}

/* --- */

static int set_rootfs(const char *rootfs, struct made *m, struct err *err)
{
	int ret;

	if (rootfs && !*rootfs)
		return err_set(err, -EINVAL, "--rootfs: empty");
	ret = file_clean_path(NULL, rootfs ? rootfs : ".", &m->rootfs, err);
	m->spec.rootfs = m->rootfs;
	return ret;
}

static int fill(const struct create_flags *flags, const char *rootfs, struct made *m,
		struct err *err)
{
	static int (*const setters[])(const struct create_flags *flags, struct made *m,
				      struct err *err) = {
		set_numbers,    set_words,  add_sysctls,  add_groups,  add_mounts,
		set_namespaces, set_userns, set_networks, set_profile,
	};
	int ret;

	ctrnet_template(&m->spec, &m->cgroup);
	m->cgroup.limits = &m->limits;
	ret = set_rootfs(rootfs, m, err);
	for (size_t i = 0; ret == 0 && i < array_size(setters); i++)
		ret = setters[i](flags, m, err);
	return ret;
}

int create_config(const struct create_flags *flags, const char *rootfs, const char *command,
		  struct ctrnet_config **config, struct err *err)
{
	_cleanup_free_ char *process = command ? str_format("{\"args\": [\"%s\"]}", command) : NULL;
	const struct ctrnet_pair more = { "process", process };
	_cleanup_(release) struct made m = {
		CTRNET_SPEC_INIT,
		CTRNET_CGROUP_INIT,
		CTRNET_LIMITS_INIT,
		.mounts = NULL,
	};
	struct ctrnet_error error;
	int ret = fill(flags, rootfs, &m, err);

	if (ret < 0)
		return ret;
	m.spec.more = &more;
	m.spec.more_count = command ? 1 : 0;
	if (command && !process)
		return err_oom(err);
	if (ctrnet_config_make(config, &m.spec, &error) == 0)
		return 0;
	err_set(err, error.number, "%s", error.text);
	create_name_flag(err);
	return err->code;
}
