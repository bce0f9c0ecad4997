// SPDX-License-Identifier: Apache-2.0
/* Pools on disk: their directory, its lock, and the files. */
#include "net/pool.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX       ".pool"
#define NAME_MAX_LEN (IP_TEXT_MAX + sizeof(SUFFIX))

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

/*
 * A line about the lines below it, of the same length whatever it says, so that it can be written over; and of these one for each time
 * that somebody got an address, or gave it back:
 *
 *	ctrnet pool 1 of 10.1.0.0_24.pool, checksum 3f1c..., length 00000000112, last 10.1.0.3
 *	+10.1.0.2 /run/ctrnet/web (25:1234 4026531841)
 *	+10.1.0.3 /run/ctrnet/db (25:1234 4026531841)
 *	-10.1.0.2
 *
 * Lines are added first, and then the first one says so: who is killed in between has added nothing, and what is behind the length is written
 * over. A line costs the same, however many there are; reading them all is a walk through the text.
 */
#define VERSION     1
#define HEAD_FORMAT "ctrnet pool %u of %s, checksum %016" PRIx64 ", length %012zu, last %-45s\n"
#define HEAD_MAX    256
/* Lines that say nothing any more, beyond as many as there are holders: then it is time to write all anew. */
#define STALE_LINES 64

static uint64_t sum(const char *name, const char *last, uint64_t lines)
{
	return hash64_on(hash64_on(lines, name, strlen(name)), last, strlen(last));
}

static const char *last_text(const struct pool *p, char buf[IP_TEXT_MAX])
{
	return p->last.family ? ip_addr_format(&p->last, buf, IP_TEXT_MAX) : "-";
}

static size_t make_head(const struct pool *p, uint64_t lines, size_t length, char head[HEAD_MAX])
{
	char name[NAME_MAX_LEN], buf[IP_TEXT_MAX];
	const char *last = last_text(p, buf);

	pool_name(&p->subnet, name);
	return (size_t)snprintf(head, HEAD_MAX, HEAD_FORMAT, VERSION, name, sum(name, last, lines),
				length, last);
}

/* A path may hold anything, but a line ends where it ends. */
static void put_claim(FILE *out, const char *claim)
{
	for (; *claim; claim++) {
		if (*claim == '\n')
			fputs("\\n", out);
		else if (*claim == '\\')
			fputs("\\\\", out);
		else
			fputc(*claim, out);
	}
}

static void put_line(FILE *out, const struct ip_addr *address, const char *claim)
{
	char text[IP_TEXT_MAX];

	fprintf(out, "%c%s", claim ? '+' : '-', ip_addr_format(address, text, sizeof(text)));
	if (claim) {
		fputc(' ', out);
		put_claim(out, claim);
	}
	fputc('\n', out);
}

void pool_log_release(struct pool *p)
{
	free(p->log.added);
	p->log = (struct pool_log){ 0 };
}

/* Without memory all is written as a whole. */
void pool_log_add(struct pool *p, const struct ip_addr *address, const char *claim)
{
	_cleanup_free_ char *line = NULL;
	size_t len = 0;
	FILE *out;
	char *more;

	if (!p->log.length)
		return;
	out = open_memstream(&line, &len);
	if (out) {
		put_line(out, address, claim);
		if (fclose(out) != 0)
			len = 0;
	}
	more = len ? realloc(p->log.added, p->log.added_len + len) : NULL;
	if (!more) {
		pool_log_release(p);
		return;
	}
	memcpy(more + p->log.added_len, line, len);
	p->log.added = more;
	p->log.added_len += len;
	p->log.added_lines++;
}

/* --- Reading --- */

/* In the text, whose line ends in a NUL: to what was put. */
static void unescape(char *text)
{
	char *to = strchr(text, '\\');

	for (const char *from = to; from && *from; from++) {
		if (*from == '\\' && from[1])
			*to++ = *++from == 'n' ? '\n' : *from;
		else
			*to++ = *from;
	}
	if (to)
		*to = '\0';
}

/* A holder without a claim is one who gave back. -EBADMSG: it is no line of ours. */
static int read_line(char *line, struct pool_holder *h)
{
	char *claim = strchr(line, ' ');

	if ((*line != '+' && *line != '-') || (*line == '+') != (claim != NULL))
		return -EBADMSG;
	if (claim)
		*claim++ = '\0';
	*h = (struct pool_holder){ 0 };
	if (ip_addr_parse(line + 1, &h->address, NULL) < 0)
		return -EBADMSG;
	if (!claim)
		return 0;
	unescape(claim);
	h->claim = strdup(claim);
	return h->claim ? 0 : -ENOMEM;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))); at++)
		lines++;
	return lines;
}

/* All, in the order of the text, or as far as they are lines of ours. */
static int read_lines(char *text, size_t len, struct pool *p)
{
	char *end = text + len, *at = text, *eol;
	int ret = 0;

	p->log.lines = count_lines(text, len);
	p->holders = calloc(p->log.lines + 1, sizeof(*p->holders));
	if (!p->holders)
		return -ENOMEM;
	for (; ret == 0 && at < end; at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (!eol)
			return -EBADMSG;
		*eol = '\0';
		ret = read_line(at, &p->holders[p->count]);
		if (ret == 0)
			p->count++;
	}
	return ret;
}

static int by_address(const void *a, const void *b)
{
	const struct pool_holder *one = a, *two = b;
	int order = ip_addr_compare(&one->address, &two->address);

	return order ? order : one->line < two->line ? -1 : one->line > two->line;
}

static bool in_order(const struct pool *p)
{
	for (size_t i = 1; i < p->count; i++)
		if (ip_addr_compare(&p->holders[i - 1].address, &p->holders[i].address) >= 0)
			return false;
	return true;
}

/* Of the lines about one address the last one counts. */
static void settle(struct pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		p->holders[i].line = i;
	if (!in_order(p))
		qsort(p->holders, p->count, sizeof(*p->holders), by_address);
	for (size_t i = 0; i < p->count; i++) {
		struct pool_holder *h = &p->holders[i];

		if (i + 1 < p->count && ip_addr_equal(&h->address, &h[1].address))
			free(h->claim);
		else if (h->claim)
			p->holders[n++] = *h;
	}
	p->count = n;
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
		if (ip_range_has(&all, &p->holders[i].address))
			p->holders[n++] = p->holders[i];
		else
			free(p->holders[i].claim);
	}
	p->count = n;
	settle(p);
}

static int read_head(const char *path, const char *text, size_t size, struct pool *p,
		     struct err *err)
{
	const char *name = strrchr(path, '/') + 1;
	char of[128] = "", last[64] = "", again[HEAD_MAX];
	unsigned int version = 0;
	uint64_t checksum = 0;
	size_t length = 0, head;

	if (sscanf(text,
		   "ctrnet pool %u of %127[^, ], checksum %16" SCNx64 ", length %zu, last %63s",
		   &version, of, &checksum, &length, last) < 5)
		return err_set(err, -EBADMSG, "%s: does not begin as ctrnet's pools do", path);
	if (version != VERSION)
		return err_set(err, -EBADMSG,
			       "%s: is of version %u, and this ctrnet knows version %d", path,
			       version, VERSION);
	if (strcmp(of, name))
		return err_set(err, -EBADMSG, "%s: is of '%s', not of '%s'", path, of, name);
	if (strcmp(last, "-"))
		ip_addr_parse(last, &p->last, NULL);
	head = make_head(p, 0, length, again);
	if (size < head || size - head < length)
		return err_set(err, -EBADMSG, "%s: was cut off", path);
	p->log.length = length;
	p->log.hash = hash64(text + head, length);
	make_head(p, p->log.hash, length, again);
	if (memcmp(again, text, head) != 0)
		return err_set(
			err, -EBADMSG,
			"%s: was changed by somebody else than ctrnet: its checksum is wrong",
			path);
	return 0;
}

/* Of a text that was edited, or cut off: all of it, or as far as lines are whole. */
static void read_legible(char *text, size_t size, struct pool *p)
{
	char *lines = memchr(text, '\n', size);

	pool_log_release(p);
	if (lines)
		read_lines(lines + 1, size - (size_t)(lines + 1 - text), p);
	p->log.length = 0;
}

static int parse(const char *path, char *text, size_t size, struct pool *p, struct err *err)
{
	char head[HEAD_MAX];
	int ret = read_head(path, text, size, p, err);

	if (ret < 0) {
		read_legible(text, size, p);
		return ret;
	}
	ret = read_lines(text + make_head(p, 0, 0, head), p->log.length, p);
	if (ret == -ENOMEM)
		return err_oom(err);
	return ret < 0 ? err_set(err, ret, "%s: has lines that are not ctrnet's", path) : 0;
}

static int read_pool(const char *path, const struct ip_prefix *subnet, struct pool *p,
		     struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &size, err);

	if (ret < 0)
		return ret;
	ret = parse(path, text, size, p, err);
	sanitize(p, subnet);
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

static int write_whole(const struct pool_dir *d, const char *name, const struct pool *p,
		       struct err *err)
{
	_cleanup_free_ char *lines = NULL, *text = NULL;
	char head[HEAD_MAX];
	size_t len = 0, head_len;
	FILE *out = open_memstream(&lines, &len);

	if (!out)
		return err_oom(err);
	for (size_t i = 0; i < p->count; i++)
		put_line(out, &p->holders[i].address, p->holders[i].claim);
	if (fclose(out) != 0)
		return err_oom(err);
	head_len = make_head(p, hash64(lines, len), len, head);
	text = malloc(head_len + len);
	if (!text)
		return err_oom(err);
	memcpy(text, head, head_len);
	memcpy(text + head_len, lines, len);
	return file_replace(d->fd, name, text, head_len + len, 0600, err);
}

static int write_at(int fd, const char *text, size_t len, size_t offset)
{
	while (len) {
		ssize_t n = pwrite(fd, text, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		len -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

/* The lines first; only then is it said that they are there. */
static int write_added(const struct pool_dir *d, const char *name, const struct pool *p,
		       struct err *err)
{
	const struct pool_log *log = &p->log;
	const size_t length = log->length + log->added_len;
	_cleanup_fd_ int fd = openat(d->fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	char head[HEAD_MAX];
	size_t head_len =
		make_head(p, hash64_on(log->hash, log->added, log->added_len), length, head);
	int ret = fd < 0 ? -errno : 0;

	if (ret == 0)
		ret = write_at(fd, log->added, log->added_len, head_len + log->length);
	if (ret == 0)
		ret = write_at(fd, head, head_len, 0);
	return ret < 0 ? err_sys(err, ret, "%s", name) : 0;
}

static bool is_stale(const struct pool *p)
{
	return p->log.lines + p->log.added_lines > 2 * p->count + STALE_LINES;
}

int pool_write(const struct pool_dir *d, struct pool *p, struct err *err)
{
	char name[NAME_MAX_LEN];
	int ret;

	pool_name(&p->subnet, name);
	if (!p->count)
		ret = remove_pool(d, name, err);
	else if (!p->log.length || is_stale(p))
		ret = write_whole(d, name, p, err);
	else
		ret = write_added(d, name, p, err);
	/* What was read is the file no more. */
	pool_log_release(p);
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
