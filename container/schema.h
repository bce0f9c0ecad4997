/* SPDX-License-Identifier: Apache-2.0 */
/* Configs in the form of mid-2015 for editors: a JSON schema (draft 7) of the tables that decode them, with the manual's words. */
#ifndef CONTAINER_SCHEMA_H
#define CONTAINER_SCHEMA_H

#include "lib/err.h"

#include <stdio.h>

/* Print it, without a newline at the end. Fails as json_encode() does. */
int config_schema_write(FILE *out, struct err *err);

#endif
