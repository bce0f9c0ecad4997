/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config calls the keys that errors and warnings name.
 *
 * Behind the codecs a key has one name, that of mid-2015 (container/spec.h), and so have the errors of the checks, of the
 * host and of the kernel, wherever they come from: the plan's steps, or the child. Whoever reports an error of a container
 * whose config he has read gives it to spec_names_apply(), which puts the config's own words in: "linux.resources.memory.swap"
 * for "cgroups.memory_swap". Warnings are named likewise. The formats' tables say what became of which key (struct json_field.as); of several keys that
 * became the same, it is the one that the file has, as it is spelled there.
 */
#ifndef CONTAINER_NAMES_H
#define CONTAINER_NAMES_H

#include "container/format.h"
#include "lib/log.h"

#define SPEC_NAMES_ROOTFS "rootfs"

/* The documents of a config, for as long as there may be errors. Zero, it knows nothing, and changes nothing. */
struct spec_names {
	char *path; /* as errors have it in front */
	const struct format *format;
	struct json_doc *docs[2]; /* the second one is that of a runtime.json; NULL: none */
	const char *but;          /* a key whose value is not the config's, but a flag's; or NULL */
};

/* As spec_load(); @names is released by the caller, unless this fails. */
int spec_load_named(struct spec *spec, const char *path, struct spec_names *names, struct err *err);
/* As spec_parse(); likewise. */
int spec_parse_named(struct spec *spec, const char *text, size_t len, const char *path,
		     struct spec_names *names, struct err *err);
void spec_names_release(struct spec_names *names);

/*
 * What is stored of them with a container whose config is started later: an object with the texts of the documents. Of the names
 * of nothing it is empty.
 */
int spec_names_encode(const struct spec_names *names, FILE *out, struct err *err);
int spec_names_decode(const struct json_value *v, struct spec_names *names, struct err *err);

/*
 * Translate the key that @err begins with (behind the config's path, if that is in front), and keys that it mentions
 * further on, outside of quotes.
 */
void spec_names_apply(const struct spec_names *names, struct err *err);

/*
 * The same for warnings of the calling thread, until this is given to spec_names_unwatch(); they go where they went before. @names
 * may be filled in later, and changed meanwhile.
 */
struct spec_names_watch {
	const struct spec_names *names;
	struct log_diversion before;
};
void spec_names_watch(struct spec_names_watch *watch, const struct spec_names *names);
void spec_names_unwatch(const struct spec_names_watch *watch);

#endif
