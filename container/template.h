/* SPDX-License-Identifier: Apache-2.0 */
/* The container that nobody described: what nsinit started when it had no config, and what it generated one from. */
#ifndef CONTAINER_TEMPLATE_H
#define CONTAINER_TEMPLATE_H

#include "container/spec.h"

/*
 * Mount, UTS, IPC, pid and network namespaces, the usual mounts, devices and masks, 14 capabilities, 1024 open files,
 * hostname "nsinit", a cgroup below "nsinit". There are no networks, and no rootfs. @spec is overwritten.
 */
int spec_template(struct spec *spec, struct err *err);

#endif
