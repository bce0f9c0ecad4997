// SPDX-License-Identifier: Apache-2.0
#include "container/live.h"

#include "cgroup/update.h"
#include "container/container.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int not_running(const char *id, struct err *err)
{
	return err_set(err, -ESRCH, "container '%s' is not running", id);
}

/* The process lives behind the open, so the file was its own. */
int container_open_netns(const struct state *state, int pidfd, int *netns, struct err *err)
{
	_cleanup_free_ char *path = str_format("/proc/%d/ns/net", state->init.pid);
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (!path)
		return err_oom(err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return err_sys(err, -errno, "%s", path);
	if (fd < 0 || process_wait_gone(pidfd, 0) == 0)
		return not_running(state->id, err);
	if (fstat(fd, &st) < 0)
		return err_sys(err, -errno, "%s", path);
	*netns = st.st_ino == state->netns ? -1 : take_fd(&fd);
	return 0;
}

int container_stats_read(const struct state *state, int pidfd, int sock,
			 struct container_stats *stats, struct err *err)
{
	_cleanup_(container_stats_release) struct container_stats found = { 0 };
	int ret = sock < 0 ? 0 : net_stats_read(sock, &found.net, err);

	if (ret == 0)
		ret = cgroup_stats_read(&state->cgroup, &found.cgroup, err);
	/* A cgroup that is gone is that of a container which has just ended. */
	if (ret == -ENOENT && process_wait_gone(pidfd, 0) == 0)
		return not_running(state->id, err);
	if (ret == 0)
		*stats = take_struct(found);
	return ret;
}

void container_stats_release(struct container_stats *stats)
{
	cgroup_stats_release(&stats->cgroup);
	net_stats_release(&stats->net);
}

void container_stats_write(struct json_writer *w, const struct container_stats *stats)
{
	json_write_fields(w, &cgroup_stats_schema, &stats->cgroup);
	json_write_fields(w, &net_stats_schema, &stats->net);
}

void container_stats_write_libcontainer(struct json_writer *w, const struct container_stats *stats)
{
	json_write_begin(w, "Interfaces", '[');
	for (size_t i = 0; i < stats->net.count; i++)
		if (!stats->net.interfaces[i].loopback)
			json_write_object(w, NULL, &net_interface_libcontainer_schema,
					  &stats->net.interfaces[i]);
	json_write_end(w);
	json_write_object(w, "CgroupStats", &cgroup_stats_libcontainer_schema, &stats->cgroup);
}

/* --- Limits --- */

/* Stored first: what the kernel has is never more than the config says, and a full disk is no reason for half of it. */
static int store_and_set(const struct store *store, struct state *state,
			 const struct cgroup_spec *limits, struct err *err)
{
	_cleanup_(state_release) struct state before = { 0 };
	_cleanup_(cgroup_host_release) struct cgroup_host host = { 0 };
	struct cgroup_spec whole = *limits; /* its strings and lists stay the caller's */
	struct err why;
	int ret = store_read_state(store, &before, err);

	if (ret == 0)
		ret = cgroup_host_read(&host, err);
	if (ret == 0 && state->cgroup.unit)
		ret = cgroup_host_ask_systemd(&host, err);
	if (ret == 0 && state->spec.cgroup.unified_count)
		ret = cgroup_complete_limits(&whole, &state->cgroup, err);
	if (ret == 0)
		ret = cgroup_merge_limits(&state->spec.cgroup, &whole, err);
	if (ret == 0)
		ret = store_write_state(store, state, err);
	if (ret < 0)
		return ret;
	ret = cgroup_update(limits, &host, &state->cgroup, err);
	if (ret < 0 && store_write_state(store, &before, &why) < 0)
		err_append(err, "; and the stored config has the new ones: %s", why.text);
	return ret;
}

int container_update(const char *root, const char *id, const struct cgroup_spec *limits,
		     struct err *err)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct store store = { .fd = -1 };
	int ret = store_open(&store, root, id, false, err);

	if (ret == 0)
		ret = container_find_running(&store, &state, &pidfd, err);
	if (ret == 0)
		ret = store_and_set(&store, &state, limits, err);
	store_close(&store);
	return ret;
}
