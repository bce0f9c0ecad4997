/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrnet.json(5): the keys of a config, out of the tables that decode it, and what docs/man/keys.in says of each
 * (container/key_text.h), below headings and words of its own ("## A group of keys"), in the order in which the manual has them.
 * Type, range, other spellings, and of a limit the kernel's files, are in the tables and so not in keys.in; `kernel:` names the
 * file or call where no table does. A key that its table has a line of help for needs no entry, and then stands at the end.
 */
#ifndef DOCS_GEN_CONFIG_H
#define DOCS_GEN_CONFIG_H

#include "docs/gen/page.h"

/* -EINVAL: a key is not described, or twice; the text names it. */
int config_page(const struct gen *gen, struct err *err);

/* OUT/schema/ctrnet.schema.json, for editors. */
int config_schema(const struct gen *gen, struct err *err);

/* -EINVAL: something is described that is no key in this build, or a type of networks is not described. */
int config_check(struct err *err);

#endif
