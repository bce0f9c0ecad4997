/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces as file descriptors: opening them and working inside (network_namespaces(7), setns(2)). */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include "lib/err.h"

#include <stddef.h>

/* Open the namespace file @path; -EINVAL if it is something other than a network namespace. Returns the fd. */
int netns_open(const char *path, struct err *err);

/* The calling thread's own namespace. Returns the fd. */
int netns_open_own(struct err *err);

/*
 * Take the calling thread into the namespace @fd. Returns an fd of the one it was in, to be given to
 * netns_leave(), which closes it in any case. A failure to return leaves the thread in the wrong
 * namespace: the caller must give up.
 */
int netns_enter(int fd, struct err *err);
int netns_leave(int home, struct err *err);

/*
 * Pins: a namespace that is mounted on the file @path (made if missing) is there until it is unpinned, whoever dies. One that
 * is pinned there already is fine. In another mount namespace the pin may not be seen.
 */
int netns_pin(int fd, const char *path, struct err *err);
/* The fd of what is pinned at @path; -ENOENT: nothing is. */
int netns_pin_open(const char *path, struct err *err);
/* Unmount it and remove the file; what is gone already is fine. */
int netns_unpin(const char *path, struct err *err);

/*
 * Write @value to /proc/sys/@path, as the namespace @fd sees it. -ENOENT: this kernel, or this
 * namespace, has no such setting.
 */
int netns_sysctl_write(int fd, const char *path, const char *value, struct err *err);
/* Read it, without the newline. */
int netns_sysctl_read(int fd, const char *path, char *value, size_t size, struct err *err);

#endif
