// SPDX-License-Identifier: Apache-2.0
/* What libcontainer gave to every container (configs.DefaultAutoCreatedDevices, configs.DefaultAllowedDevices). */
#include "container/ctrnet.h"
#include "lib/cleanup.h"

#define ALL   0666
#define EVERY "rwm"
#define ANY   (-1)
#define MKNOD "m"

static const struct ctrnet_device devices[] = {
	{ 'c', "/dev/fuse", 10, 229, 0, 0, 0 },  { 'c', "/dev/null", 1, 3, ALL, 0, 0 },
	{ 'c', "/dev/zero", 1, 5, ALL, 0, 0 },   { 'c', "/dev/full", 1, 7, ALL, 0, 0 },
	{ 'c', "/dev/tty", 5, 0, ALL, 0, 0 },    { 'c', "/dev/urandom", 1, 9, ALL, 0, 0 },
	{ 'c', "/dev/random", 1, 8, ALL, 0, 0 },
};

/* /dev/fuse is not among them. */
static const struct ctrnet_device_rule rules[] = {
	{ 'c', ANY, ANY, MKNOD }, { 'b', ANY, ANY, MKNOD }, { 'c', 5, 1, EVERY }, /* console */
	{ 'c', 4, 0, EVERY },                                                     /* tty0, tty1 */
	{ 'c', 4, 1, EVERY },     { 'c', 136, ANY, EVERY },                       /* pts, ptmx */
	{ 'c', 5, 2, EVERY },     { 'c', 10, 200, EVERY },                        /* net/tun */
	{ 'c', 1, 3, EVERY }, /* null, zero, full, tty, urandom, random */
	{ 'c', 1, 5, EVERY },     { 'c', 1, 7, EVERY },     { 'c', 5, 0, EVERY },
	{ 'c', 1, 9, EVERY },     { 'c', 1, 8, EVERY },
};

const struct ctrnet_device *ctrnet_default_devices(size_t *count)
{
	*count = array_size(devices);
	return devices;
}

const struct ctrnet_device_rule *ctrnet_default_device_rules(size_t *count)
{
	*count = array_size(rules);
	return rules;
}
