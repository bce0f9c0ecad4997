/* SPDX-License-Identifier: Apache-2.0 */
/* A config as one of the OCI's, whole; oci.h has the tables. */
#ifndef CONTAINER_OCI_WRITE_H
#define CONTAINER_OCI_WRITE_H

#include "container/spec.h"

#include <stdio.h>

/*
 * Print @spec, which was read from @path (NULL: made of flags), as a config.json of the OCI's, without a newline at the end. What it leaves to
 * whoever runs it is filled in first, as other runtimes expect that; what can be printed leaves the spec.
 */
int config_write_oci(struct spec *spec, const char *path, FILE *out, struct err *err);

#endif
