/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a container that runs: its statistics, and other limits. */
#ifndef CONTAINER_LIVE_H
#define CONTAINER_LIVE_H

#include "cgroup/stats.h"
#include "container/store.h"
#include "lib/err.h"
#include "lib/json.h"
#include "net/stats.h"

struct container_stats {
	struct cgroup_stats cgroup; /* nothing is known without one */
	struct net_stats net;       /* no interfaces if it has the host's */
};

/*
 * Its network namespace; -1 if that is the host's, whose interfaces are not its own. -ESRCH: its first process (@pidfd) has
 * ended.
 */
int container_open_netns(const struct state *state, int pidfd, int *netns, struct err *err);
/* @sock is net_stats_open()'s of that (-1: none) and taken, also on failure. -ESRCH as above. */
int container_stats_read(const struct state *state, int pidfd, int sock,
			 struct container_stats *stats, struct err *err);
void container_stats_release(struct container_stats *stats);

/* Its members, into the object that is open: cpu, memory, pids, io, hugetlb, interfaces. */
void container_stats_write(struct json_writer *w, const struct container_stats *stats);
/* As libcontainer's Stats of 2015: Interfaces, but for the loopback one, and CgroupStats. */
void container_stats_write_libcontainer(struct json_writer *w, const struct container_stats *stats);

/*
 * Set the limits that @limits has (cgroup/update.h), under the container's lock; its stored config has them from then on. All of
 * them or none.
 */
int container_update(const char *root, const char *id, const struct cgroup_spec *limits,
		     struct err *err);

#endif
