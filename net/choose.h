/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses of our choosing: the same each time, and different for each container. */
#ifndef NET_CHOOSE_H
#define NET_CHOOSE_H

#include "lib/scope.h"
#include "net/addr.h"

#include <net/if.h>
#include <stdint.h>

/* A locally administered MAC that begins with @first. */
void net_choose_mac(const struct scope *scope, const char *name, uint8_t first, struct mac *out);
/* @prefix and as many hexadecimal digits as fit, at most 12; another @attempt gives another name. */
void net_choose_name(const struct scope *scope, const char *name, const char *prefix,
		     unsigned int attempt, char out[IFNAMSIZ]);

#endif
