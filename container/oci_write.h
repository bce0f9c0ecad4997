/* SPDX-License-Identifier: Apache-2.0 */
/* A config as one of the OCI's, whole; oci.h has the tables. */
#ifndef CONTAINER_OCI_WRITE_H
#define CONTAINER_OCI_WRITE_H

#include "container/spec.h"

#include <stdio.h>

/*
 * Print @spec, which is prepared, as a config.json of the OCI's, without a newline at the end. What it leaves to whoever runs it
 * is filled in first, as other runtimes expect that; what can be printed leaves the spec. @name stands in front of what there
 * is to say (NULL: nothing does); @real is the config's path, as id_derive_real() takes it.
 */
int config_write_oci(struct spec *spec, const char *name, const char *real, FILE *out,
		     struct err *err);

#endif
