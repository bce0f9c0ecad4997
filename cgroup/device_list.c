// SPDX-License-Identifier: Apache-2.0
#include "cgroup/device_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void device_list_release(struct device_list *list)
{
	free(list->items);
	*list = (struct device_list){ 0 };
}

static bool parse_number(const char *text, int64_t *out)
{
	char *end;

	*out = -1;
	if (!strcmp(text, "*"))
		return true;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && *text >= '0' && *text <= '9' && !*end && *out <= UINT32_MAX;
}

static bool parse_access(const char *text, unsigned int *out)
{
	static const struct {
		char letter;
		unsigned int access;
	} letters[] = { { 'm', DEVICE_MKNOD }, { 'r', DEVICE_READ }, { 'w', DEVICE_WRITE } };

	*out = 0;
	for (; *text; text++) {
		unsigned int access = 0;

		for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (letters[i].letter == *text)
				access = letters[i].access;
		if (!access)
			return false;
		*out |= access;
	}
	return *out;
}

/* "c 1:3 rwm" */
static bool parse_device(const char *text, struct device_exception *e)
{
	char major[24], minor[24], access[8];
	int end = 0;

	return sscanf(text, "%c %23[0-9*]:%23[0-9*] %7[rwm]%n", &e->type, major, minor, access,
		      &end) == 4 &&
	       !text[end] && (e->type == 'b' || e->type == 'c') && parse_number(major, &e->major) &&
	       parse_number(minor, &e->minor) && parse_access(access, &e->access);
}

static struct device_exception *find(struct device_list *list, const struct device_exception *e)
{
	for (size_t i = 0; i < list->count; i++) {
		struct device_exception *at = &list->items[i];

		if (at->type == e->type && at->major == e->major && at->minor == e->minor)
			return at;
	}
	return NULL;
}

static int add(struct device_list *list, const struct device_exception *e)
{
	struct device_exception *at = find(list, e);
	void *more;

	if (at) {
		at->access |= e->access;
		return 0;
	}
	more = reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!more)
		return -ENOMEM;
	list->items = more;
	list->items[list->count++] = *e;
	return 0;
}

/* Of the very same numbers only: "c 1:3" takes nothing away from "c 1:*". */
static void take_away(struct device_list *list, const struct device_exception *e)
{
	struct device_exception *at = find(list, e);

	if (!at)
		return;
	at->access &= ~e->access;
	if (!at->access)
		*at = list->items[--list->count];
}

static int add_rule(struct device_list *list, const char *rule, struct err *err)
{
	struct device_exception e;
	const char *what = strchr(rule, ' ');
	bool allow = !strncmp(rule, "allow ", 6);

	if (!what || (!allow && strncmp(rule, "deny ", 5)))
		return err_set(err, -EINVAL, "'%s' is no device rule", rule);
	if (!strcmp(what, " a")) {
		list->allow = allow;
		list->count = 0;
		return 0;
	}
	if (!parse_device(what + 1, &e))
		return err_set(err, -EINVAL, "'%s' is no device rule", rule);
	if (allow != list->allow)
		return add(list, &e) < 0 ? err_oom(err) : 0;
	take_away(list, &e);
	return 0;
}

int device_list_make(struct device_list *list, char *const *rules, struct err *err)
{
	struct device_list made = { 0 };
	int ret = 0;

	for (; rules && *rules && ret == 0; rules++)
		ret = add_rule(&made, *rules, err);
	if (ret < 0) {
		device_list_release(&made);
		return ret;
	}
	*list = made;
	return 0;
}
