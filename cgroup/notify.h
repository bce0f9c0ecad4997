/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being told of what happens to a cgroup's memory, as a file descriptor to poll.
 *
 *	struct cgroup_notify n;
 *	int ret = cgroup_notify_oom(place, &n, err);
 *
 *	poll(n.fd, POLLIN) ...
 *	ret = cgroup_notify_read(&n, &notice, err);
 *	...
 *	cgroup_notify_release(&n);
 *
 * On v1 (memory.rst, sections 9 to 11) the kernel signals an eventfd through cgroup.event_control. On v2 an inotify watch
 * tells that memory.events has changed, and pressure is a trigger of PSI (Documentation/accounting/psi.rst).
 */
#ifndef CGROUP_NOTIFY_H
#define CGROUP_NOTIFY_H

#include "cgroup/cgroup.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * On v1 the kernel's own: it reclaims memory at all (low), it is about to swap (medium), it is about to be out of memory
 * (critical). On v2, of 2 s some process had to wait for memory for 100 ms (low) or 500 ms (medium), or all had
 * to for 800 ms (critical); it is told as soon as that much has come together.
 */
enum cgroup_level { CGROUP_LEVEL_LOW, CGROUP_LEVEL_MEDIUM, CGROUP_LEVEL_CRITICAL };

/* "low", "medium", "critical"; ended by NULL. */
extern const struct json_name cgroup_level_names[];

struct cgroup_notify {
	int fd; /* readable when there is something to read; -1: none */
	/* The rest is cgroup/notify.c's. */
	int dir, source;
	enum cgroup_notify_kind {
		CGROUP_NOTIFY_EVENTFD,
		CGROUP_NOTIFY_EVENTS,
		CGROUP_NOTIFY_PSI
	} kind;
	uint64_t ooms, kills;
};

struct cgroup_notice {
	bool happened; /* what was asked for, since the last time */
	bool gone;     /* the cgroup was removed: nothing will come any more */
};

/*
 * A process of the cgroup (v2: or of one nested in it) wanted memory that the limit did not let it have, and on v2 also: it was
 * killed for want of memory. -ENODEV: the cgroup has no memory controller; -ENOENT: it is gone.
 */
int cgroup_notify_oom(const struct cgroup_place *place, struct cgroup_notify *n, struct err *err);

/* Reclaiming has reached @level or a higher one. -EOPNOTSUPP: v2, and the kernel has no PSI or it is off. */
int cgroup_notify_pressure(const struct cgroup_place *place, enum cgroup_level level,
			   struct cgroup_notify *n, struct err *err);

/*
 * What happened? Call it when the fd is readable. Neither is true when that was for nothing that was asked for. Takes up to
 * 100 ms if the cgroup is just being removed, else it does not wait.
 */
int cgroup_notify_read(struct cgroup_notify *n, struct cgroup_notice *notice, struct err *err);

/* Closes all; one that is all zero but for the fd -1, or was released, is fine. */
void cgroup_notify_release(struct cgroup_notify *n);

#endif
