/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual of a library, out of its header. The header's first comment is the description; a comment in front of
 * declarations, up to the next empty line, is their manual; a comment like "--- Processes ---" is a heading. What is
 * declared is shown as it is written, comments within included.
 */
#ifndef DOCS_GEN_HEADER_H
#define DOCS_GEN_HEADER_H

#include "docs/gen/page.h"

/* Write man3/@name.3, and for each function a link FUNCTION.3 to it. */
int header_page(const struct gen *gen, const char *header, const char *name, struct err *err);

#endif
