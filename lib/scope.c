// SPDX-License-Identifier: Apache-2.0
#include "lib/scope.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scope_ns {
	struct scope_ns *next;
	char *key;
	char *shared_dir; /* or NULL */
	int fd;
	bool mortal;
};

struct scope_handle {
	struct scope_handle *next;
	const void *tag;
	char *key;
	void *handle;
	void (*close)(void *handle);
};

int scope_init(struct scope *s, const char *id, const char *run_dir, const char *shared_dir,
	       struct err *err)
{
	struct scope made = {
		.id = strdup(id),
		.mark = str_format("ctrnet:%s", id),
		.run_dir = strdup(run_dir),
		.shared_dir = strdup(shared_dir),
	};

	if (!made.id || !made.mark || !made.run_dir || !made.shared_dir) {
		scope_release(&made);
		return err_oom(err);
	}
	*s = made;
	return 0;
}

static void free_ns(struct scope_ns *ns)
{
	close_fd(ns->fd);
	free(ns->shared_dir);
	free(ns->key);
	free(ns);
}

static void free_handle(struct scope_handle *h)
{
	h->close(h->handle);
	free(h->key);
	free(h);
}

void scope_release(struct scope *s)
{
	while (s->handles) {
		struct scope_handle *h = s->handles;

		s->handles = h->next;
		free_handle(h);
	}
	while (s->ns) {
		struct scope_ns *ns = s->ns;

		s->ns = ns->next;
		free_ns(ns);
	}
	free(s->id);
	free(s->mark);
	free(s->run_dir);
	free(s->shared_dir);
	*s = (struct scope){ 0 };
}

static struct scope_ns *find_ns(const struct scope *s, const char *key)
{
	for (struct scope_ns *ns = s->ns; key && ns; ns = ns->next)
		if (!strcmp(ns->key, key))
			return ns;
	return NULL;
}

/* The one that is there, or a new one; NULL without memory. */
static struct scope_ns *need_ns(struct scope *s, const char *key)
{
	struct scope_ns *ns = find_ns(s, key);

	if (ns)
		return ns;
	ns = calloc(1, sizeof(*ns));
	if (!ns || !(ns->key = strdup(key))) {
		free(ns);
		return NULL;
	}
	ns->fd = -1;
	ns->next = s->ns;
	s->ns = ns;
	return ns;
}

int scope_set_ns(struct scope *s, const char *key, int fd, bool mortal, struct err *err)
{
	struct scope_ns *ns = need_ns(s, key);

	if (!ns) {
		close_fd(fd);
		return err_oom(err);
	}
	if (ns->fd != fd)
		close_fd(ns->fd);
	ns->fd = fd;
	ns->mortal = mortal;
	return 0;
}

int scope_ns_fd(const struct scope *s, const char *key)
{
	const struct scope_ns *ns = find_ns(s, key);

	return ns ? ns->fd : -1;
}

bool scope_ns_gone(const struct scope *s, const char *key)
{
	const struct scope_ns *ns = find_ns(s, key);

	return ns && ns->fd < 0;
}

bool scope_ns_mortal(const struct scope *s, const char *key)
{
	const struct scope_ns *ns = find_ns(s, key);

	return ns && ns->mortal;
}

int scope_set_ns_shared_dir(struct scope *s, const char *key, const char *dir, struct err *err)
{
	struct scope_ns *ns = need_ns(s, key);
	char *copy = strdup(dir);

	if (!ns || !copy) {
		free(copy);
		return err_oom(err);
	}
	free(ns->shared_dir);
	ns->shared_dir = copy;
	return 0;
}

const char *scope_shared_dir(const struct scope *s, const char *key)
{
	const struct scope_ns *ns = find_ns(s, key);

	return ns && ns->shared_dir ? ns->shared_dir : s->shared_dir;
}

void *scope_handle(const struct scope *s, const void *tag, const char *key)
{
	for (const struct scope_handle *h = s->handles; h; h = h->next)
		if (h->tag == tag && !strcmp(h->key, key))
			return h->handle;
	return NULL;
}

int scope_set_handle(struct scope *s, const void *tag, const char *key, void *handle,
		     void (*close)(void *handle), struct err *err)
{
	struct scope_handle *h = calloc(1, sizeof(*h));

	if (!h || !(h->key = strdup(key))) {
		free(h);
		close(handle);
		return err_oom(err);
	}
	h->tag = tag;
	h->handle = handle;
	h->close = close;
	h->next = s->handles;
	s->handles = h;
	return 0;
}
