// SPDX-License-Identifier: Apache-2.0
/* Limits on top of others. */
#include "cgroup/update.h"

#include "cgroup/unified.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same_device(const struct cgroup_block *a, const struct cgroup_block *b)
{
	return a->major == b->major && a->minor == b->minor;
}

static int merge_blocks(struct cgroup_blocks *to, const struct cgroup_blocks *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct cgroup_block *at = to->items;
		size_t left = to->count;

		for (; left && !same_device(at, &from->items[i]); left--)
			at++;
		if (!left) {
			at = reallocarray(to->items, to->count + 1, sizeof(*at));
			if (!at)
				return -ENOMEM;
			to->items = at;
			at += to->count++;
		}
		*at = from->items[i];
	}
	return 0;
}

static int merge_hugetlb(struct cgroup_spec *to, const struct cgroup_spec *from)
{
	for (size_t i = 0; i < from->hugetlb_limit_count; i++) {
		const struct cgroup_hugetlb *h = &from->hugetlb_limit[i];
		struct cgroup_hugetlb *at = to->hugetlb_limit;
		size_t left = to->hugetlb_limit_count;

		for (; left && strcmp(at->page_size, h->page_size) != 0; left--)
			at++;
		if (!left) {
			at = reallocarray(to->hugetlb_limit, to->hugetlb_limit_count + 1,
					  sizeof(*at));
			if (!at)
				return -ENOMEM;
			to->hugetlb_limit = at;
			at += to->hugetlb_limit_count;
			at->page_size = strdup(h->page_size);
			if (!at->page_size)
				return -ENOMEM;
			to->hugetlb_limit_count++;
		}
		at->limit = h->limit;
	}
	return 0;
}

static int merge_ifprios(struct cgroup_spec *to, const struct cgroup_spec *from)
{
	for (size_t i = 0; i < from->net_prio_ifpriomap_count; i++) {
		const struct cgroup_ifprio *p = &from->net_prio_ifpriomap[i];
		struct cgroup_ifprio *at = to->net_prio_ifpriomap;
		size_t left = to->net_prio_ifpriomap_count;

		for (; left && strcmp(at->interface, p->interface) != 0; left--)
			at++;
		if (!left) {
			at = reallocarray(to->net_prio_ifpriomap, to->net_prio_ifpriomap_count + 1,
					  sizeof(*at));
			if (!at)
				return -ENOMEM;
			to->net_prio_ifpriomap = at;
			at += to->net_prio_ifpriomap_count;
			at->interface = strdup(p->interface);
			if (!at->interface)
				return -ENOMEM;
			to->net_prio_ifpriomap_count++;
		}
		at->priority = p->priority;
	}
	return 0;
}

static int merge_text(char **to, const char *from)
{
	char *copy = str_empty(from) ? NULL : strdup(from);

	if (str_empty(from))
		return 0;
	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static void merge_numbers(struct cgroup_spec *to, const struct cgroup_spec *from)
{
#define MERGE(member) to->member = from->member ? from->member : to->member
/* Two keys of one file: the new one is in the place of the other, too. */
#define MERGE_ONE_OF(a, b)                   \
	do {                                 \
		to->a = from->b ? 0 : to->a; \
		to->b = from->a ? 0 : to->b; \
		MERGE(a);                    \
		MERGE(b);                    \
	} while (0)
#define MERGE_OR_ZERO(member)                                                                  \
	do {                                                                                   \
		to->zero.member = from->zero.member || (to->zero.member && !from->member);     \
		to->member = from->zero.member ? 0 : from->member ? from->member : to->member; \
	} while (0)
	MERGE(memory);
	MERGE(memory_swap);
	MERGE(kernel_memory);
	MERGE(memory_high);
	MERGE(memory_min);
	MERGE(cpu_burst);
	MERGE_ONE_OF(memory_low, memory_reservation);
	MERGE_ONE_OF(cpu_weight, cpu_shares);
	MERGE_ONE_OF(io_weight, blkio_weight);
	MERGE(cpu_quota);
	MERGE(cpu_period);
	MERGE(cpu_rt_quota);
	MERGE(cpu_rt_period);
	MERGE(pids_limit);
	MERGE_OR_ZERO(oom_kill_disable);
	MERGE_OR_ZERO(net_cls_classid);
#undef MERGE_OR_ZERO
#undef MERGE_ONE_OF
#undef MERGE
	if (from->has_swappiness) {
		to->has_swappiness = true;
		to->memory_swappiness = from->memory_swappiness;
	}
}

int cgroup_merge_limits(struct cgroup_spec *to, const struct cgroup_spec *from, struct err *err)
{
	const struct {
		struct cgroup_blocks *to;
		const struct cgroup_blocks *from;
	} blocks[] = {
		{ &to->blkio_weight_device, &from->blkio_weight_device },
		{ &to->blkio_throttle_read_bps_device, &from->blkio_throttle_read_bps_device },
		{ &to->blkio_throttle_write_bps_device, &from->blkio_throttle_write_bps_device },
		{ &to->blkio_throttle_read_iops_device, &from->blkio_throttle_read_iops_device },
		{ &to->blkio_throttle_write_iops_device, &from->blkio_throttle_write_iops_device },
	};
	int ret = unified_give_way(to, from, err);

	if (ret < 0)
		return ret;
	ret = merge_text(&to->cpuset_cpus, from->cpuset_cpus);
	merge_numbers(to, from);
	if (ret == 0)
		ret = merge_text(&to->cpuset_mems, from->cpuset_mems);
	for (size_t i = 0; ret == 0 && i < array_size(blocks); i++)
		ret = merge_blocks(blocks[i].to, blocks[i].from);
	if (ret == 0)
		ret = merge_hugetlb(to, from);
	if (ret == 0)
		ret = merge_ifprios(to, from);
	return ret < 0 ? err_oom(err) : 0;
}
