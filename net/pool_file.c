// SPDX-License-Identifier: Apache-2.0
/* Pools on disk: their directory, its lock, and the files. */
#include "net/pool.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/seal.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX       ".pool"
#define NAME_MAX_LEN (IP_TEXT_MAX + sizeof(SUFFIX))

/* Of a text that was edited where it is long, more would take minutes. */
#define LEGIBLE_TRIES 1024

/* "10.1.0.0_24.pool" */
static void pool_name(const struct ip_prefix *subnet, char name[NAME_MAX_LEN])
{
	char addr[IP_TEXT_MAX];

	snprintf(name, NAME_MAX_LEN, "%s_%u" SUFFIX,
		 ip_addr_format(&subnet->addr, addr, sizeof(addr)), subnet->length);
}

/* And back; false for any other file. */
static bool name_subnet(const char *name, struct ip_prefix *subnet)
{
	char text[NAME_MAX_LEN], again[NAME_MAX_LEN];
	char *mask;

	if (str_copy(text, sizeof(text), name) < 0 || !(mask = strchr(text, '_')))
		return false;
	*mask = '/';
	mask = strchr(mask, '.');
	if (!mask || strcmp(mask, SUFFIX) != 0)
		return false;
	*mask = '\0';
	if (ip_prefix_parse(text, subnet, NULL) < 0 || ip_prefix_has_host_bits(subnet))
		return false;
	pool_name(subnet, again);
	return !strcmp(again, name);
}

/* --- The directory --- */

static char *dir_path(const struct scope *scope)
{
	return str_format("%s" POOL_DIR_SUFFIX, scope->shared_dir);
}

static const char hold_tag;

static void hold_close(void *handle)
{
	struct pool_dir *held = handle;

	pool_unlock(held);
	free(held);
}

int pool_lock(struct scope *scope, bool create, struct pool_dir *out, struct err *err)
{
	struct pool_dir *held = scope_handle(scope, &hold_tag, SCOPE_HOST);
	struct pool_dir d = { .fd = -1 };

	if (held && held->fd >= 0) {
		*out = *held;
		*held = (struct pool_dir){ .fd = -1 };
		return 0;
	}
	d.path = dir_path(scope);
	if (!d.path)
		return err_oom(err);
	d.fd = file_lock_dir(d.path, create, err);
	if (d.fd >= 0) {
		*out = d;
		return 0;
	}
	free(d.path);
	return d.fd;
}

void pool_unlock(struct pool_dir *d)
{
	if (d->fd >= 0)
		rmdir(d->path);
	d->fd = file_unlock(d->fd);
	free(d->path);
	d->path = NULL;
}

int pool_hold(struct scope *scope, struct pool_dir *d, struct err *err)
{
	struct pool_dir *held = scope_handle(scope, &hold_tag, SCOPE_HOST);
	int ret = 0;

	if (!held) {
		held = malloc(sizeof(*held));
		if (!held)
			return err_oom(err);
		*held = (struct pool_dir){ .fd = -1 };
		ret = scope_set_handle(scope, &hold_tag, SCOPE_HOST, held, hold_close, err);
	}
	if (ret == 0) {
		*held = *d;
		*d = (struct pool_dir){ .fd = -1 };
	}
	return ret;
}

void pool_tidy(struct scope *scope)
{
	struct pool_dir d;

	if (pool_lock(scope, false, &d, NULL) == 0)
		pool_unlock(&d);
}

int pool_each(const struct scope *scope, int (*fn)(void *arg, const struct ip_prefix *subnet),
	      void *arg)
{
	_cleanup_free_ char *path = dir_path(scope);
	_cleanup_dir_ DIR *dir = path ? opendir(path) : NULL;
	struct ip_prefix subnet;
	struct dirent *e;
	int ret = 0;

	while (dir && ret == 0 && (e = readdir(dir)))
		if (name_subnet(e->d_name, &subnet))
			ret = fn(arg, &subnet);
	return ret;
}

/* --- The file --- */

static const struct json_field holder_fields[] = {
	JSON_TEXT(struct pool_holder, "address", address, &ip_addr_text, .flags = JSON_REQUIRED),
	JSON_STRING(struct pool_holder, "claim", claim, .flags = JSON_REQUIRED),
	JSON_END,
};
static const struct json_schema holder_schema = JSON_SCHEMA(struct pool_holder, holder_fields);

/* The holders are last: see read_legible(). */
static const struct json_field pool_fields[] = {
	JSON_TEXT(struct pool, "subnet", subnet, &ip_network_text, .flags = JSON_REQUIRED),
	JSON_TEXT(struct pool, "last", last, &ip_addr_text),
	JSON_ARRAY(struct pool, "holders", holders, count, &holder_schema),
	JSON_END,
};
static const struct json_schema pool_schema = JSON_SCHEMA(struct pool, pool_fields);

static int by_address(const void *a, const void *b)
{
	const struct pool_holder *one = a, *two = b;

	return ip_addr_compare(&one->address, &two->address);
}

/* What it says may be anybody's words: only addresses of the subnet, each once, and nobody's never. */
static void sanitize(struct pool *p, const struct ip_prefix *subnet)
{
	const struct ip_range all = ip_range_of(subnet);
	size_t n = 0;

	p->subnet = *subnet;
	if (!ip_range_has(&all, &p->last))
		p->last = (struct ip_addr){ 0 };
	for (size_t i = 0; i < p->count; i++) {
		struct pool_holder h = p->holders[i];

		if (ip_range_has(&all, &h.address) && !str_empty(h.claim))
			p->holders[n++] = h;
		else
			free(h.claim);
	}
	p->count = n;
	if (n)
		qsort(p->holders, n, sizeof(*p->holders), by_address);
	for (size_t i = n = 0; i < p->count; i++) {
		if (n && ip_addr_equal(&p->holders[n - 1].address, &p->holders[i].address))
			free(p->holders[i].claim);
		else
			p->holders[n++] = p->holders[i];
	}
	p->count = n;
}

/* @checks: the seal too. */
static int parse(const char *path, const char *text, size_t len, bool checks, struct pool *p,
		 struct err *err)
{
	struct json_doc *doc;
	int ret = json_parse(text, len, path, &doc, err);

	if (ret < 0)
		return ret;
	if (checks)
		ret = seal_check(strrchr(path, '/') + 1, json_root(doc), text, len, path, err);
	if (ret == 0)
		ret = json_value_decode(&pool_schema, p, json_root(doc), err);
	json_free(doc);
	return ret;
}

/* Of a text that was edited, or cut off: all of it, or as far as a holder is whole. */
static void read_legible(const char *path, char *text, size_t len, struct pool *p)
{
	if (parse(path, text, len, false, p, NULL) == 0)
		return;
	for (int tries = 0; len > 0 && tries < LEGIBLE_TRIES; tries++) {
		_cleanup_free_ char *whole = NULL;

		while (len > 0 && text[len - 1] != '}')
			len--;
		whole = str_format("%.*s]}", (int)len, text);
		if (!whole || parse(path, whole, strlen(whole), false, p, NULL) == 0)
			return;
		len -= len > 0;
	}
}

static int read_pool(const char *path, const struct ip_prefix *subnet, struct pool *p,
		     struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct pool read = { 0 };
	size_t len;
	int ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);

	if (ret < 0)
		return ret;
	ret = parse(path, text, len, true, &read, err);
	if (ret == 0 && !ip_prefix_equal(&read.subnet, subnet))
		ret = err_set(err, -EBADMSG, "%s: is of another subnet", path);
	if (ret < 0 && ret != -ENOMEM) {
		pool_release(&read);
		read_legible(path, text, len, &read);
	}
	sanitize(&read, subnet);
	*p = read;
	return ret;
}

/* By its whole path, as errors name it; the lock, where it matters, holds the path in place. */
int pool_read(const struct pool_dir *d, const struct ip_prefix *subnet, struct pool *p,
	      struct err *err)
{
	_cleanup_free_ char *path = NULL;
	char name[NAME_MAX_LEN];
	int ret;

	*p = (struct pool){ .subnet = *subnet };
	pool_name(subnet, name);
	path = str_format("%s/%s", d->path, name);
	ret = path ? read_pool(path, subnet, p, err) : err_oom(err);
	return ret == -ENOENT ? 0 : ret;
}

int pool_peek(const struct scope *scope, const struct ip_prefix *subnet, struct pool *p,
	      struct err *err)
{
	struct pool_dir d = { .fd = -1, .path = dir_path(scope) };
	int ret = d.path ? pool_read(&d, subnet, p, err) : err_oom(err);

	free(d.path);
	return ret == -EACCES ? 0 : ret;
}

/* With what was left of one who was killed while he wrote. */
static int remove_pool(const struct pool_dir *d, const char *name, struct err *err)
{
	char temp[NAME_MAX_LEN + sizeof(".new")];

	snprintf(temp, sizeof(temp), "%s.new", name);
	unlinkat(d->fd, temp, 0);
	if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, -errno, "cannot remove %s/%s", d->path, name);
	return 0;
}

int pool_write(const struct pool_dir *d, const struct pool *p, struct err *err)
{
	_cleanup_free_ char *text = NULL, *sealed = NULL;
	char name[NAME_MAX_LEN];
	size_t len, size;
	FILE *out;
	int ret;

	pool_name(&p->subnet, name);
	if (!p->count)
		return remove_pool(d, name, err);
	out = open_memstream(&text, &len);
	if (!out)
		return err_oom(err);
	ret = json_encode_compact(&pool_schema, p, out, err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = seal(name, text, len, &sealed, &size, err);
	if (ret == 0)
		ret = file_replace(d->fd, name, sealed, size, 0600, err);
	return ret < 0 ? err_wrap(err, "%s", d->path) : 0;
}

/* --- Cleaning up --- */

struct sweep {
	struct pool_dir dir;
	bool dry_run;
	pool_found_fn *found;
	void *arg;
};

/* How many are dead. */
static size_t tell_of_dead(const struct sweep *s, const struct pool *pool, const char *subnet)
{
	char name[2 * IP_TEXT_MAX + 8], text[IP_TEXT_MAX];
	size_t dead = 0;

	for (size_t i = 0; i < pool->count; i++) {
		if (claim_look(pool->holders[i].claim) != CLAIM_DEAD)
			continue;
		snprintf(name, sizeof(name), "%s of %s",
			 ip_addr_format(&pool->holders[i].address, text, sizeof(text)), subnet);
		s->found(s->arg, name, NULL);
		dead++;
	}
	return dead;
}

static int sweep_pool(void *arg, const struct ip_prefix *subnet)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	struct sweep *s = arg;
	char text[IP_TEXT_MAX];
	struct err err;
	int ret = pool_read(&s->dir, subnet, &pool, &err);

	ip_prefix_format(subnet, text, sizeof(text));
	if (ret == 0 && tell_of_dead(s, &pool, text) && !s->dry_run) {
		pool_drop_dead(&pool);
		ret = pool_write(&s->dir, &pool, &err);
	}
	if (ret < 0)
		s->found(s->arg, text, err.text);
	return 0;
}

int pool_sweep(struct scope *scope, bool dry_run, pool_found_fn *found, void *arg, struct err *err)
{
	struct sweep s = { .dry_run = dry_run, .found = found, .arg = arg };
	int ret = pool_lock(scope, false, &s.dir, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	pool_each(scope, sweep_pool, &s);
	pool_unlock(&s.dir);
	return 0;
}
