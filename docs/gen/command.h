/* SPDX-License-Identifier: Apache-2.0 */
/* ctrnet(1) and a page for each command, out of the command line's tables. */
#ifndef DOCS_GEN_COMMAND_H
#define DOCS_GEN_COMMAND_H

#include "docs/gen/page.h"

int command_pages(const struct gen *gen, struct err *err);

#endif
