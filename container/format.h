/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats that a config file may be written in. Each is a codec of its own, in a file of its own, that decodes
 * into the one typed spec; which one a file is in is told by its keys (container/config.c has the table).
 */
#ifndef CONTAINER_FORMAT_H
#define CONTAINER_FORMAT_H

#include "container/spec.h"

struct format {
	const char *name; /* as messages call it */
	/*
	 * Decode @root into @spec, which is zero, and is released by the caller if this fails. @path is the file's, for
	 * what lies beside it, and for messages. *@other is NULL; a second file's document is left there for the caller to
	 * free, also if this fails. NULL: a format that is known, but not read by this build.
	 */
	int (*load)(struct spec *spec, const struct json_value *root, const char *path,
		    struct json_doc **other, struct err *err);
	/* What it decodes by, for its list of keys: one file by more than one, or two files. NULL-terminated. */
	const struct json_schema *schemas[3];
	/* Of these it has not all: */
	const char *const *keys; /* of the second schema these alone; NULL: all */
	const char *const *but;  /* none of these, as in "networks[].context"; NULL: all */
};

/* The @i-th of all formats, latest first; NULL behind the last. */
const struct format *format_at(size_t i);

/* Those of libcontainer before mid-2015, by what marks them. */
extern const struct format format_first, format_mask, format_context, format_mount_config,
	format_flat;

/* Never NULL: what has no marks of another is libcontainer's of mid-2015. */
const struct format *format_detect(const struct json_value *root);

/* The same of a file, which is not decoded. @f is the caller's to look at. */
int format_of(const char *path, const struct format **f, struct err *err);

/*
 * Visit every key that a config of @format may have, with @which: 0 for those that are its own, 1 for those of the second
 * schema.
 */
void format_keys(const struct format *format,
		 void (*visit)(const struct json_key *key, int which, void *arg), void *arg);

/* Decode a checked document, in whatever format it is; what spec_load() does with a file's. */
int format_load(struct spec *spec, const struct json_value *root, const char *path,
		struct err *err);
/* The same, which leaves a second document to the caller, also if this fails; *@other is NULL. */
int format_load_all(struct spec *spec, const struct json_value *root, const char *path,
		    struct json_doc **other, struct err *err);

#endif
