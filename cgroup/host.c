// SPDX-License-Identifier: Apache-2.0
/* What the host has: mounted hierarchies, and where pid 1 is in each. */
#include "cgroup/cgroup.h"

#include "cgroup/systemd.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define PROC_MAX (64u << 20) /* mountinfo of a host with very many mounts has a few MB */

/* The fields of a line of mountinfo that matter here, pointing into the text. */
struct mount_line {
	char *root, *point, *type, *options; /* options: of the super block */
};

static void hierarchy_release(struct cgroup_hierarchy *h)
{
	free(h->controllers);
	free(h->mount);
	free(h->base);
	*h = (struct cgroup_hierarchy){ 0 };
}

void cgroup_host_release(struct cgroup_host *host)
{
	for (size_t i = 0; i < host->count; i++)
		hierarchy_release(&host->hierarchies[i]);
	free(host->hierarchies);
	strv_free(host->page_sizes);
	*host = (struct cgroup_host){ 0 };
}

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* "31 23 0:28 ROOT POINT rw,relatime [tag]... - TYPE SOURCE OPTIONS"; cuts @line up. */
static bool parse_mount(char *line, struct mount_line *m)
{
	char *tail = strstr(line, " - ");
	char *save = NULL;

	*m = (struct mount_line){ 0 };
	if (!tail)
		return false;
	*tail = '\0';
	m->type = strtok_r(tail + 3, " ", &save);
	if (!m->type || (strcmp(m->type, "cgroup") && strcmp(m->type, "cgroup2")) ||
	    !strtok_r(NULL, " ", &save))
		return false;
	m->options = strtok_r(NULL, " ", &save);
	save = NULL;
	for (int i = 0; i < 5; i++) {
		char *word = strtok_r(i ? NULL : line, " ", &save);

		if (!word)
			return false;
		if (i == 3)
			m->root = word;
		else if (i == 4)
			m->point = word;
	}
	unescape(m->root);
	unescape(m->point);
	return m->options != NULL;
}

/* Is @word (of @len) one of the comma-separated words of @list? */
static bool list_has(const char *list, const char *word, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && !strncmp(list, word, len))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

/* Is @m a mount of the hierarchy that /proc/PID/cgroup calls @controllers ("" = v2)? */
static bool mount_is(const struct mount_line *m, const char *controllers)
{
	if (!*controllers)
		return !strcmp(m->type, "cgroup2");
	if (strcmp(m->type, "cgroup"))
		return false;
	while (*controllers) {
		size_t n = strcspn(controllers, ",");

		if (!list_has(m->options, controllers, n))
			return false;
		controllers += n + (controllers[n] == ',');
	}
	return true;
}

/*
 * @path (pid 1's cgroup) as seen below a mount that shows the hierarchy from @root on. Pid 1 may be
 * outside of it (the mount is of another container, or of a cgroup namespace: "/.."): then the
 * mount's own top is all there is.
 */
static const char *below_root(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (str_starts(path, "/.."))
		return "/";
	if (!strcmp(root, "/"))
		return path;
	if (strncmp(path, root, len) || (path[len] && path[len] != '/'))
		return "/";
	return path[len] ? path + len : "/";
}

static char *base_of(const char *path, const char *root)
{
	static const char scope[] = "/init.scope";
	char *base = strdup(below_root(path, root));
	size_t len = base ? strlen(base) : 0;

	if (len >= strlen(scope) && !strcmp(base + len - strlen(scope), scope))
		base[len - strlen(scope)] = '\0';
	if (base && !*base)
		strcpy(base, "/");
	return base;
}

/* The best mount for @controllers: one that shows the whole hierarchy, else the first. */
static int find_mount(const char *mountinfo, const char *controllers, const char *path,
		      struct cgroup_hierarchy *h)
{
	_cleanup_free_ char *text = strdup(mountinfo);
	char *save = NULL;

	if (!text)
		return -ENOMEM;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount_line m;
		bool whole;

		if (!parse_mount(line, &m) || !mount_is(&m, controllers))
			continue;
		whole = !strcmp(m.root, "/");
		if (h->mount && !whole)
			continue;
		hierarchy_release(h);
		h->v2 = !*controllers;
		h->controllers = strdup(controllers);
		h->mount = strdup(m.point);
		h->base = base_of(path, m.root);
		if (!h->controllers || !h->mount || !h->base) {
			hierarchy_release(h);
			return -ENOMEM;
		}
		if (whole)
			break;
	}
	return 0;
}

static int host_add(struct cgroup_host *host, struct cgroup_hierarchy *h)
{
	void *more = realloc(host->hierarchies, (host->count + 1) * sizeof(*h));

	if (!more) {
		hierarchy_release(h);
		return -ENOMEM;
	}
	host->hierarchies = more;
	host->hierarchies[host->count++] = *h;
	return 0;
}

/* systemd's own "hybrid" has only name=systemd on v1 and the controllers on v2: that is v2 to us. */
static enum cgroup_mode mode_of(const struct cgroup_host *host)
{
	bool v1 = false, v2 = false;

	for (size_t i = 0; i < host->count; i++) {
		v2 |= host->hierarchies[i].v2;
		v1 |= !host->hierarchies[i].v2 &&
		      !str_starts(host->hierarchies[i].controllers, "name=");
	}
	if (v1)
		return v2 ? CGROUP_HYBRID : CGROUP_V1;
	return v2 ? CGROUP_V2 : CGROUP_NONE;
}

int cgroup_host_parse(const char *mountinfo, const char *proc_cgroup, struct cgroup_host *host,
		      struct err *err)
{
	_cleanup_(cgroup_host_release) struct cgroup_host found = { 0 };
	_cleanup_free_ char *text = strdup(proc_cgroup);
	char *save = NULL;

	if (!text)
		return err_oom(err);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct cgroup_hierarchy h = { 0 };
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path || path[1] != '/')
			return err_set(err, -EINVAL, "/proc/1/cgroup: cannot read '%s'", line);
		*path++ = '\0';
		if (find_mount(mountinfo, controllers + 1, path, &h) < 0 ||
		    (h.mount && host_add(&found, &h) < 0))
			return err_oom(err);
	}
	found.mode = mode_of(&found);
	*host = found;
	found = (struct cgroup_host){ 0 };
	return 0;
}

/* Which controllers the v2 tree has to give: they are handed down from its top (enable.c). */
static int read_controllers(struct cgroup_hierarchy *h)
{
	_cleanup_free_ char *path = str_format("%s/cgroup.controllers", h->mount);
	char list[512];
	char *copy;

	if (!path)
		return -ENOMEM;
	if (file_read_line(AT_FDCWD, path, list, sizeof(list), NULL) < 0)
		return 0;
	for (char *p = list; *p; p++)
		if (*p == ' ')
			*p = ',';
	copy = strdup(list);
	if (!copy)
		return -ENOMEM;
	free(h->controllers);
	h->controllers = copy;
	return 0;
}

/* The name that cgroup files have for a size in KiB: hugetlb_cgroup.c, mem_fmt(). */
static char *page_size_name(unsigned long long kib)
{
	static const char units[] = "KMG";
	size_t i = 0;

	for (; kib >= 1024 && i < sizeof(units) - 2; i++)
		kib /= 1024;
	return str_format("%llu%cB", kib, units[i]);
}

/* Documentation/admin-guide/mm/hugetlbpage.rst: a directory "hugepages-2048kB" for each size. */
static int read_page_sizes(struct cgroup_host *host)
{
	_cleanup_dir_ DIR *dir = opendir("/sys/kernel/mm/hugepages");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		_cleanup_free_ char *name = NULL;
		unsigned long long kib;

		if (sscanf(e->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		name = page_size_name(kib);
		if (!name || strv_add(&host->page_sizes, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

int cgroup_host_read(struct cgroup_host *host, struct err *err)
{
	_cleanup_(cgroup_host_release) struct cgroup_host found = { 0 };
	_cleanup_free_ char *mountinfo = NULL, *proc_cgroup = NULL;
	int ret;

	ret = file_read_proc(AT_FDCWD, "/proc/self/mountinfo", PROC_MAX, &mountinfo, err);
	if (ret == 0)
		ret = file_read_proc(AT_FDCWD, "/proc/1/cgroup", PROC_MAX, &proc_cgroup, err);
	if (ret == 0)
		ret = cgroup_host_parse(mountinfo, proc_cgroup, &found, err);
	for (size_t i = 0; ret == 0 && i < found.count; i++)
		if (found.hierarchies[i].v2 && read_controllers(&found.hierarchies[i]) < 0)
			ret = err_oom(err);
	if (ret == 0 && read_page_sizes(&found) < 0)
		ret = err_oom(err);
	if (ret < 0)
		return ret;
	*host = found;
	found = (struct cgroup_host){ 0 };
	return 0;
}

int cgroup_host_ask_systemd(struct cgroup_host *host, struct err *err)
{
	struct systemd *sd = NULL;
	_cleanup_free_ char *root = NULL;
	int ret = systemd_open(&sd, err);

	if (ret == 0)
		ret = systemd_root(sd, &root, err);
	systemd_close(sd);
	for (size_t i = 0; ret == 0 && i < host->count; i++) {
		char *base = strdup(*root ? root : "/");

		if (!base)
			return err_oom(err);
		free(host->hierarchies[i].base);
		host->hierarchies[i].base = base;
	}
	return ret < 0 ? err_wrap(err, "cgroups") : 0;
}
