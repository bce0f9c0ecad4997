// SPDX-License-Identifier: Apache-2.0
/* Networks from the command line: of files, and of words like `type=veth bridge=br0`. */
#include "cmd/net.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1u << 20)

void net_texts_release(struct net_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free((char *)texts->items[i].json);
	free(texts->items);
	*texts = (struct net_texts){ 0 };
}

/* Takes @json, also on failure. */
static int add_text(struct net_texts *to, const char *name, char *json, size_t len, struct err *err)
{
	struct ctrnet_text *more = reallocarray(to->items, to->count + 1, sizeof(*more));

	if (!more) {
		free(json);
		return err_oom(err);
	}
	to->items = more;
	more[to->count++] = (struct ctrnet_text){ name, json, len };
	return 0;
}

static int add_file(struct net_texts *to, const char *path, struct err *err)
{
	bool input = !strcmp(path, "-");
	char *text = NULL;
	size_t len = 0;
	int ret = input ? file_read_input(TEXT_MAX, &text, &len, err)
			: file_read(AT_FDCWD, path, TEXT_MAX, &text, &len, err);

	if (ret < 0)
		return ret;
	return add_text(to, input ? "standard input" : path, text, len, err);
}

/* What is JSON by itself is meant so, and what begins like that has to be; all else is a string, like most values are. */
static int write_value(struct json_writer *w, const char *key, const char *value, struct err *err)
{
	bool nested = *value && strchr("{[\"", *value);
	struct json_doc *doc = NULL;

	if (json_parse(value, strlen(value), key, &doc, nested ? err : NULL) < 0) {
		if (nested)
			return -EINVAL;
		json_write_string(w, key, value);
		return 0;
	}
	json_free(doc);
	json_write_json(w, key, value);
	return 0;
}

static int write_word(struct json_writer *w, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	_cleanup_free_ char *key = strndup(word, len);

	if (!key)
		return err_oom(err);
	return write_value(w, key, word + len + 1, err);
}

/* As many words as make one network: up to the next type. */
static size_t object_length(char *const *words, size_t count)
{
	size_t n = 1;

	while (n < count && strchr(words[n], '=') && !str_starts(words[n], "type="))
		n++;
	return n;
}

static int add_object(struct net_texts *to, char *const *words, size_t count, struct err *err)
{
	char *json = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&json, &len);
	struct json_writer *w;
	int ret = 0, end;

	if (!out)
		return err_oom(err);
	w = json_writer_new(out, false);
	json_write_begin(w, NULL, '{');
	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = write_word(w, words[i], err);
	json_write_end(w);
	end = json_writer_end(w, ret < 0 ? NULL : err);
	ret = ret < 0 ? ret : end;
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret == 0)
		return add_text(to, NULL, json, len, err);
	free(json);
	return ret;
}

int net_texts_read(char *const *words, size_t count, struct net_texts *out, struct err *err)
{
	struct net_texts made = { 0 };
	size_t n;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i += n) {
		n = 1;
		if (!strchr(words[i], '=') || *words[i] == '=') {
			ret = add_file(&made, words[i], err);
			continue;
		}
		n = object_length(words + i, count - i);
		ret = add_object(&made, words + i, n, err);
	}
	if (ret == 0)
		*out = made;
	else
		net_texts_release(&made);
	return ret;
}
