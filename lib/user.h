/* SPDX-License-Identifier: Apache-2.0 */
/* Users of the host by their names. */
#ifndef LIB_USER_H
#define LIB_USER_H

#include <stddef.h>
#include <sys/types.h>

/* The name of @uid, or its number, in @buf, which is returned. */
const char *user_name(uid_t uid, char *buf, size_t size);

#endif
