// SPDX-License-Identifier: Apache-2.0
#include "lib/seal.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SEAL_KEY "ctrnet"

struct head {
	uint64_t version;
	char *owner;
	char *checksum;
};

static const struct json_field head_fields[] = {
	JSON_UINT(struct head, "version", version),
	JSON_STRING(struct head, "owner", owner),
	JSON_STRING(struct head, "checksum", checksum),
	JSON_END,
};
static const struct json_schema head_schema = JSON_SCHEMA(struct head, head_fields);

/* In place of the object's brace; @rest is what follows that. */
static char *head_text(const char *owner, const char *rest, size_t len)
{
	return str_format("{\"" SEAL_KEY "\": {\"version\": %d, \"owner\": \"%s\", "
			  "\"checksum\": \"%016" PRIx64 "\"},",
			  SEAL_VERSION, owner, hash64(rest, len) ^ hash64(owner, strlen(owner)));
}

int seal(const char *owner, const char *text, size_t text_len, char **sealed, size_t *len,
	 struct err *err)
{
	_cleanup_free_ char *head = head_text(owner, text + 1, text_len - 1);

	*sealed = head ? str_format("%s%.*s", head, (int)text_len - 1, text + 1) : NULL;
	if (!*sealed)
		return err_oom(err);
	*len = strlen(*sealed);
	if (*len <= JSON_TEXT_MAX)
		return 0;
	free(take_ptr(*sealed));
	return err_set(err, -EFBIG,
		       "what is to be stored of '%s' has %zu bytes, and no more than %u MB can be "
		       "read again",
		       owner, *len, JSON_TEXT_MAX >> 20);
}

static int check_head(const char *owner, const struct head *head, const char *source,
		      struct err *err)
{
	if (!head->version || str_empty(head->owner) || str_empty(head->checksum))
		return err_set(err, -EBADMSG, "%s: has no version, owner and checksum of ctrnet's",
			       source);
	if (head->version != SEAL_VERSION)
		return err_set(err, -EBADMSG,
			       "%s: is of version %" PRIu64 ", and this ctrnet knows version %d",
			       source, head->version, SEAL_VERSION);
	if (strcmp(head->owner, owner))
		return err_set(err, -EBADMSG, "%s: is of '%s', not of '%s'", source, head->owner,
			       owner);
	return 0;
}

int seal_check(const char *owner, const struct json_value *root, const char *text, size_t len,
	       const char *source, struct err *err)
{
	const struct json_value *value = json_value_get(root, SEAL_KEY);
	_cleanup_free_ char *any = head_text(owner, "", 0), *right = NULL;
	struct head head = { 0 };
	size_t size = any ? strlen(any) : 0;
	int ret = value ? json_value_decode(&head_schema, &head, value, err) : 0;

	if (ret == 0)
		ret = check_head(owner, &head, source, err);
	json_release(&head_schema, &head);
	if (ret < 0)
		return ret;
	/* Its length is always the same, so where the rest begins needs no look at what is there. */
	right = size && len >= size ? head_text(owner, text + size, len - size) : NULL;
	if (!right || memcmp(right, text, size) != 0)
		return err_set(
			err, -EBADMSG,
			"%s: was changed by somebody else than ctrnet: its checksum is wrong",
			source);
	return 0;
}
