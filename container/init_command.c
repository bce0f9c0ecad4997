// SPDX-License-Identifier: Apache-2.0
/* What it becomes: the command, in its directory, with its environment; or a function of ctrnet's. */
#include "container/init_steps.h"

#include "container/command.h"
#include "container/function.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/signals.h"
#include "lib/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int init_make_env(struct init *in, struct err *err)
{
	return command_env(in->process->env, in->user.home, &in->env, err);
}

/*
 * In the end as the user, who may be kept out. A path through /proc/self/fd could lead to a directory of the host's
 * that is still open here; getcwd(2) tells one that is not below our root.
 */
int init_change_directory(struct init *in, struct err *err)
{
	const char *cwd = in->process->cwd ? in->process->cwd : "/";
	char real[PATH_MAX];

	if (chdir(cwd) < 0)
		return err_sys(err, -errno, "cannot change to the directory '%.200s'", cwd);
	if (!getcwd(real, sizeof(real)) || real[0] != '/')
		return err_set(err, -EXDEV, "the directory '%.200s' is not inside the container",
			       cwd);
	return 0;
}

int init_find_command(struct init *in, struct err *err)
{
	if (in->process->function)
		return 0;
	return command_find(in->process->args[0], in->env, &in->command, err);
}

int init_report_rooted(struct init *in, struct err *err)
{
	int ret =
		sync_post(&in->sync, STAGE_ROOTED, &in->master, in->process->terminal ? 1 : 0, err);

	return ret < 0 ? ret : sync_wait(&in->sync, STAGE_GO, NULL, 0, err);
}

/*
 * A filter may forbid exit_group(2), too: then the trap ends the process. Not through _exit(3), behind which the leak
 * sanitizer comes with calls of its own, and waits for those that the filter forbids.
 */
void __attribute__((noreturn)) init_leave(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_trap();
}

/*
 * Its output waits until the socket is closed: that is what the parent takes for an execve(2), and only then does it
 * read the terminal.
 */
static int execute_function(struct init *in, struct err *err)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? in->process->function->run(in->process->args + 1, out, err) : err_oom(err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret < 0)
		return ret;
	sync_close(&in->sync);
	init_leave(file_write_all(STDOUT_FILENO, text, len) < 0 ? 1 : 0);
}

/*
 * What our caller ignores (a shell's background job SIGINT, nohup(1) SIGHUP) says how we are to behave, not the
 * container: its terminal's keys have to work.
 */
int init_reset_signals(struct init *in, struct err *err)
{
	(void)err;
	signals_reset(&in->signals);
	return 0;
}

int init_execute(struct init *in, struct err *err)
{
	if (in->process->function)
		return execute_function(in, err);
	execve(in->command, in->process->args, in->env);
	err_sys(err, -errno, "cannot execute '%.200s'", in->command);
	/* selinux_bprm_creds_for_exec() of the kernel */
	if (err->code == -EPERM && in->selinux >= 0 && in->spec->no_new_privileges)
		return err_append(err,
				  " (a process_label with no_new_privileges, which seccomp sets, "
				  "takes a policy that allows nnp_transition)");
	/* The file is there: it was looked at (execve(2)). */
	return err->code == -ENOENT
		       ? err_append(err, " (it is there, its interpreter or loader is not)")
		       : err->code;
}
