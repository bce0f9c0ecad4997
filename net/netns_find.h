/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace by its inode number, the way journals remember the host's. */
#ifndef NET_NETNS_FIND_H
#define NET_NETNS_FIND_H

#include <stdint.h>

/*
 * An fd of the namespace with the inode @inode that some process lives in or that is bind-mounted somewhere
 * (`ip netns`); -1 if nobody is seen to hold it.
 */
int netns_find(uint64_t inode);

/*
 * The same for the one that @path led to, where it is looked for first: by now something else may be there. With @inode 0 it is
 * whatever is there.
 */
int netns_reopen(const char *path, uint64_t inode);

#endif
