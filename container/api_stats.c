// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/live.h"
#include "lib/cleanup.h"

#include <stdlib.h>

/* What ctrnet_stats points to. */
struct picture {
	struct ctrnet_stats stats; /* first: it is what the caller has */
	struct container_stats from;
	struct ctrnet_cpu_stats cpu;
	struct ctrnet_memory_stats memory;
	struct ctrnet_use pids;
	struct ctrnet_io_stats io;
	struct ctrnet_stat *stat;
	struct ctrnet_io *bytes, *operations;
	struct ctrnet_hugetlb_stats *hugetlb;
	struct ctrnet_interface *interfaces;
	char (*macs)[MAC_TEXT_MAX];
};

static struct ctrnet_count of_count(const struct cgroup_count *from)
{
	return (struct ctrnet_count){ from->known, from->value };
}

static struct ctrnet_use of_use(const struct cgroup_use *from)
{
	return (struct ctrnet_use){
		.usage = of_count(&from->usage),
		.max = of_count(&from->max),
		.limit = of_count(&from->limit),
		.failcnt = of_count(&from->failcnt),
	};
}

static struct ctrnet_stall of_stall(const struct cgroup_stall *from)
{
	return (struct ctrnet_stall){
		.avg10 = of_count(&from->avg10),
		.avg60 = of_count(&from->avg60),
		.avg300 = of_count(&from->avg300),
		.total = of_count(&from->total),
	};
}

static struct ctrnet_pressure of_pressure(const struct cgroup_pressure *from)
{
	return (struct ctrnet_pressure){ of_stall(&from->some), of_stall(&from->full) };
}

static struct ctrnet_traffic of_traffic(const struct net_traffic *from)
{
	return (struct ctrnet_traffic){ from->bytes, from->packets, from->errors, from->dropped };
}

static struct ctrnet_cpu_stats of_cpu(const struct cgroup_cpu_stats *from)
{
	return (struct ctrnet_cpu_stats){
		.usage = of_count(&from->usage),
		.user = of_count(&from->user),
		.system = of_count(&from->system),
		.per_cpu = from->per_cpu.items,
		.per_cpu_count = from->per_cpu.count,
		.periods = of_count(&from->periods),
		.throttled_periods = of_count(&from->throttled_periods),
		.throttled_time = of_count(&from->throttled_time),
		.pressure = of_pressure(&from->pressure),
	};
}

static int picture_memory(struct picture *p, const struct cgroup_memory_stats *from)
{
	size_t count = from->stat.count;

	p->stat = calloc(count + 1, sizeof(*p->stat));
	if (!p->stat)
		return -1;
	for (size_t i = 0; i < count; i++)
		p->stat[i] =
			(struct ctrnet_stat){ from->stat.items[i].name, from->stat.items[i].value };
	p->memory = (struct ctrnet_memory_stats){
		.use = of_use(&from->use),
		.swap = of_use(&from->swap),
		.memsw = of_use(&from->memsw),
		.kernel = of_use(&from->kernel),
		.cache = of_count(&from->cache),
		.oom_kills = of_count(&from->oom_kills),
		.stat = p->stat,
		.stat_count = count,
		.pressure = of_pressure(&from->pressure),
	};
	return 0;
}

static int picture_list(struct ctrnet_io_list *list, struct ctrnet_io **items,
			const struct cgroup_io_list *from)
{
	*items = calloc(from->count + 1, sizeof(**items));
	if (!*items)
		return -1;
	for (size_t i = 0; i < from->count; i++)
		(*items)[i] = (struct ctrnet_io){ from->items[i].major, from->items[i].minor,
						  from->items[i].op, from->items[i].value };
	*list = (struct ctrnet_io_list){ from->known, *items, from->count };
	return 0;
}

static int picture_io(struct picture *p, const struct cgroup_io_stats *from)
{
	p->io.pressure = of_pressure(&from->pressure);
	if (picture_list(&p->io.bytes, &p->bytes, &from->bytes) < 0)
		return -1;
	return picture_list(&p->io.operations, &p->operations, &from->operations);
}

static int picture_hugetlb(struct picture *p, const struct cgroup_stats *from)
{
	p->hugetlb = calloc(from->hugetlb_count + 1, sizeof(*p->hugetlb));
	if (!p->hugetlb)
		return -1;
	for (size_t i = 0; i < from->hugetlb_count; i++)
		p->hugetlb[i] = (struct ctrnet_hugetlb_stats){ from->hugetlb[i].page_size,
							       of_use(&from->hugetlb[i].use) };
	p->stats.hugetlb = p->hugetlb;
	p->stats.hugetlb_count = from->hugetlb_count;
	return 0;
}

static int picture_interfaces(struct picture *p, const struct net_stats *from)
{
	p->interfaces = calloc(from->count + 1, sizeof(*p->interfaces));
	p->macs = calloc(from->count + 1, sizeof(*p->macs));
	if (!p->interfaces || !p->macs)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		const struct net_interface *f = &from->interfaces[i];

		if (!mac_is_zero(&f->mac))
			mac_format(&f->mac, p->macs[i], MAC_TEXT_MAX);
		p->interfaces[i] = (struct ctrnet_interface){
			.index = f->index,
			.name = f->name,
			.kind = f->kind,
			.mac = p->macs[i],
			.mtu = f->mtu,
			.loopback = f->loopback,
			.up = f->up,
			.rx = of_traffic(&f->rx),
			.tx = of_traffic(&f->tx),
		};
	}
	p->stats.interfaces = p->interfaces;
	p->stats.interface_count = from->count;
	return 0;
}

static int fill(struct picture *p, struct err *err)
{
	const struct cgroup_stats *from = &p->from.cgroup;

	p->cpu = of_cpu(&from->cpu);
	p->pids = of_use(&from->pids);
	p->stats = (struct ctrnet_stats){
		.cpu = &p->cpu,
		.memory = &p->memory,
		.pids = &p->pids,
		.io = &p->io,
	};
	if (picture_memory(p, &from->memory) < 0 || picture_io(p, &from->io) < 0 ||
	    picture_hugetlb(p, from) < 0 || picture_interfaces(p, &p->from.net) < 0)
		return err_oom(err);
	return 0;
}

void ctrnet_stats_free(struct ctrnet_stats *stats)
{
	struct picture *p = (struct picture *)stats;

	if (!p)
		return;
	free(p->stat);
	free(p->bytes);
	free(p->operations);
	free(p->hugetlb);
	free(p->interfaces);
	free(p->macs);
	container_stats_release(&p->from);
	free(p);
}

static int open_apart(void *arg, int *fds, struct err *err)
{
	const int *netns = arg;

	fds[0] = net_stats_open(*netns, err);
	return fds[0] < 0 ? fds[0] : 0;
}

static int read_stats(const struct state *state, int pidfd, struct container_stats *stats,
		      struct err *err)
{
	_cleanup_fd_ int netns = -1;
	int sock = -1;
	int ret = container_open_netns(state, pidfd, &netns, err);

	if (ret == 0 && netns >= 0)
		ret = api_apart(open_apart, &netns, 0, &sock, 1, err);
	return ret < 0 ? ret : container_stats_read(state, pidfd, sock, stats, err);
}

int ctrnet_container_stats(struct ctrnet_container *c, struct ctrnet_stats **stats,
			   struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct picture *p;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	p = calloc(1, sizeof(*p));
	ret = p ? read_stats(&state, pidfd, &p->from, &err) : err_oom(&err);
	if (ret == 0)
		ret = fill(p, &err);
	if (ret < 0) {
		ctrnet_stats_free(p ? &p->stats : NULL);
		return api_fail(error, api_live_code(ret), &err);
	}
	*stats = &p->stats;
	return 0;
}

static int write_stats(const struct picture *p, enum ctrnet_stats_format format, bool lines,
		       FILE *out, struct err *err)
{
	struct json_writer *w = json_writer_new(out, lines);

	json_write_begin(w, NULL, '{');
	if (format == CTRNET_STATS)
		container_stats_write(w, &p->from);
	else
		container_stats_write_libcontainer(w, &p->from);
	json_write_end(w);
	return json_writer_end(w, err);
}

int ctrnet_stats_json(const struct ctrnet_stats *stats, enum ctrnet_stats_format format, bool lines,
		      char **json, struct ctrnet_error *error)
{
	const struct picture *p = (const struct picture *)stats;
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? write_stats(p, format, lines, out, &err) : err_oom(&err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*json = take_ptr(text);
	return 0;
}
