// SPDX-License-Identifier: Apache-2.0
/* A process that the caller started: the caller's child. */
#include "container/api.h"
#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

pid_t ctrnet_process_pid(const struct ctrnet_process *process)
{
	return process->pid;
}

int ctrnet_process_fd(const struct ctrnet_process *process)
{
	return process->pidfd;
}

int ctrnet_process_console(const struct ctrnet_process *process)
{
	return process->master;
}

/* One of several threads that wait for it reaps it; the lock is not held while there is something to wait for. */
static int reap(struct ctrnet_process *p, int *exit_code)
{
	int ret = 0;

	pthread_mutex_lock(&p->lock);
	if (!p->reaped)
		ret = process_reap(p->pidfd, &p->exit_code);
	/* Who ignores SIGCHLD, or waits for any child, has had it reaped; it is gone all the same. */
	if ((ret == 0 && !p->reaped) || ret == -ECHILD)
		cgroup_unnest(&p->cgroup, p->nested);
	p->reaped |= ret == 0;
	*exit_code = ret == 0 ? p->exit_code : *exit_code;
	pthread_mutex_unlock(&p->lock);
	return ret;
}

int ctrnet_process_wait(struct ctrnet_process *process, int *exit_code, struct ctrnet_error *error)
{
	struct err err = { 0 };
	int ret = process_wait_gone(process->pidfd, -1);

	if (ret == 0)
		ret = reap(process, exit_code);
	if (ret == 0)
		return 0;
	err_sys(&err, ret, "cannot wait for process %d", process->pid);
	return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
}

int ctrnet_process_signal(struct ctrnet_process *process, int signal, struct ctrnet_error *error)
{
	struct err err = { 0 };
	/* One that has ended takes signals until it is reaped. */
	bool ended = process_wait_gone(process->pidfd, 0) == 0;

	if (!ended && syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) == 0)
		return 0;
	err_sys(&err, ended ? -ESRCH : -errno, "cannot send signal %d to process %d", signal,
		process->pid);
	return api_fail(error,
			err.code == -ESRCH ? CTRNET_PROCESS_NOT_EXECUTED : CTRNET_SYSTEM_ERROR,
			&err);
}

int ctrnet_process_resize(struct ctrnet_process *process, uint16_t rows, uint16_t columns,
			  struct ctrnet_error *error)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	struct err err = { 0 };

	if (process->master < 0)
		err_set(&err, -ENOTTY, "process %d has no console", process->pid);
	else if (ioctl(process->master, TIOCSWINSZ, &size) < 0)
		err_sys(&err, -errno, "cannot set the size of a console");
	return err.code ? api_fail(error, CTRNET_SYSTEM_ERROR, &err) : 0;
}

void ctrnet_process_free(struct ctrnet_process *process)
{
	if (!process)
		return;
	close_fd(process->pidfd);
	close_fd(process->master);
	cgroup_place_release(&process->cgroup);
	pthread_mutex_destroy(&process->lock);
	free(process);
}
