// SPDX-License-Identifier: Apache-2.0
/* The order of a start and of a join, and how what went wrong gets to the parent. */
#include "container/init_steps.h"

#include "lib/str.h"

#include <errno.h>
#include <sys/mman.h>

const char *const init_stages[] = {
	[STAGE_MAPPED] = "mapped",   [STAGE_NETWORK] = "network", [STAGE_CONNECTED] = "connected",
	[STAGE_ROOTED] = "rooted",   [STAGE_GO] = "go",           [STAGE_TERMINAL] = "terminal",
	[STAGE_ENTERED] = "entered",
};

struct init_step {
	int (*run)(struct init *in, struct err *err);
	/* NULL: no command of a person's does it. */
	void (*show)(const struct spec *spec, FILE *out);
};

/* A step a line. */
/* clang-format off */
static const struct init_step start_steps[] = {
	{ init_arm_death_signal, NULL },
	{ init_join_cgroups, NULL },
	{ init_set_umask, NULL },
	{ init_begin_session, NULL },
	{ init_open_labels, NULL },
	{ init_join_declared, NULL },
	{ init_make_time, NULL },
	{ init_wait_mapped, NULL },
	{ init_become_root, NULL },
	{ init_offer_network, NULL },
	{ init_mount_rootfs, init_show_rootfs },
	{ init_protect_null, NULL },
	{ init_make_devices, NULL },
	{ init_make_console, NULL },
	{ init_set_hostname, init_show_hostname },
	{ init_wait_connected, NULL },
	{ init_unshare_cgroups, NULL },
	{ init_enter_rootfs, NULL },
	{ init_set_sysctls, init_show_sysctls },
	{ init_restrict_rootfs, NULL },
	{ init_join_pid_namespace, NULL },
	{ NULL, NULL },
};

static const struct init_step join_steps[] = {
	{ init_arm_death_signal, NULL },
	{ init_join_cgroups, NULL },
	{ init_set_umask, NULL },
	{ init_begin_session, NULL },
	{ init_open_labels, NULL },
	{ init_wait_connected, NULL },
	{ init_protect_null, NULL },
	{ init_give_pty, NULL },
	{ init_join_container, NULL },
	{ init_become_root, NULL },
	{ init_join_console, NULL },
	{ NULL, NULL },
};

/* Both kinds, once they are where the container is. */
static const struct init_step user_steps[] = {
	{ init_close_host_files, NULL },
	{ init_begin_terminal, NULL },
	{ init_find_user, NULL },
	{ init_make_env, NULL },
	{ NULL, NULL },
};

static const struct init_step start_user_steps[] = {
	{ init_set_rlimits, NULL },
	{ init_become_user, NULL },
	{ init_stay_closed, NULL },
	{ init_control_terminal, NULL },
	{ init_change_directory, NULL },
	{ init_forbid_privileges, NULL },
	{ init_find_command, NULL },
	{ init_set_labels, init_show_labels },
	{ init_report_rooted, NULL },
	{ NULL, NULL },
};

/* A join, and a start that enters a pid namespace. */
static const struct init_step enter_steps[] = {
	{ init_set_rlimits_but_for_clone, NULL },
	{ init_become_user, NULL },
	{ init_stay_closed, NULL },
	{ init_forbid_privileges, NULL },
	{ init_set_labels, NULL },
	{ init_choose_filter, NULL },
	{ init_part_from_host, NULL },
	{ NULL, NULL },
};

static const struct init_step enter_plain_steps[] = {
	{ init_enter_container, NULL },
	{ init_arm_death_signal, NULL },
	{ init_begin_session, NULL },
	{ init_control_terminal, NULL },
	{ init_set_rlimits_for_clone, NULL },
	{ init_change_directory, NULL },
	{ init_find_command, NULL },
	{ init_reset_signals, NULL },
	{ init_filter_calls, NULL },
	{ init_execute, NULL },
	{ NULL, NULL },
};

/* With its filter from the first moment inside, and so with no other calls there than init_choose_filter() asks it for. */
static const struct init_step enter_filtered_steps[] = {
	{ init_change_directory, NULL },
	{ init_find_command, NULL },
	{ init_reset_signals, NULL },
	{ init_filter_calls, NULL },
	{ init_drop_filter_rights, NULL },
	{ init_enter_filtered, NULL },
	{ init_arm_death_signal, NULL },
	{ init_begin_session, NULL },
	{ init_control_terminal, NULL },
	{ init_set_rlimits_for_clone, NULL },
	{ init_execute, NULL },
	{ NULL, NULL },
};

static const struct init_step last_steps[] = {
	{ init_reset_signals, NULL },
	{ init_filter_calls, NULL },
	{ init_execute, NULL },
	{ NULL, NULL },
};
/* clang-format on */

static void run(struct init *in, const struct init_step *steps)
{
	struct err err = { 0 };

	for (; steps->run; steps++) {
		if (steps->run(in, &err) == 0)
			continue;
		if (in->shared)
			in->shared->words = err;
		sync_fail(&in->sync, &err);
		init_leave(255);
	}
}

/* The last clone has the rest to do. */
static void __attribute__((noreturn)) enter(struct init *in)
{
	run(in, enter_steps);
	run(in, in->filter_first ? enter_filtered_steps : enter_plain_steps);
	init_leave(255);
}

void init_start(struct init *in)
{
	run(in, start_steps);
	run(in, user_steps);
	if (in->enters)
		enter(in);
	run(in, start_user_steps);
	run(in, last_steps);
	init_leave(255);
}

void init_join(struct init *in)
{
	run(in, join_steps);
	run(in, user_steps);
	enter(in);
}

int init_share(const struct spec *spec, struct init_shared **shared, struct err *err)
{
	void *memory;

	*shared = NULL;
	if (!spec->seccomp.present)
		return 0;
	memory = mmap(NULL, sizeof(**shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return err_oom(err);
	*shared = memory;
	return 0;
}

void init_unshare(struct init_shared *shared)
{
	if (shared)
		munmap(shared, sizeof(*shared));
}

pid_t *init_entered(struct init_shared *shared, pid_t *second)
{
	return second || !shared ? second : &shared->entered;
}

int init_last_words(const struct init_shared *shared, struct err *err)
{
	struct err said = { 0 };

	/* Once, for somebody inside may have got at the memory. */
	if (shared)
		said = shared->words;
	if (said.code >= 0)
		return 0;
	said.text[sizeof(said.text) - 1] = '\0';
	str_make_printable(said.text);
	return err_set(err, said.code, "%s", said.text);
}

int init_wait_executed(struct sync *sync, const struct init_shared *shared, struct err *err)
{
	int ret = sync_wait_closed(sync, err);

	return ret < 0 ? ret : init_last_words(shared, err);
}

void init_show(const struct spec *spec, FILE *out)
{
	for (const struct init_step *s = start_steps; s->run; s++)
		if (s->show)
			s->show(spec, out);
	for (const struct init_step *s = start_user_steps; s->run; s++)
		if (s->show)
			s->show(spec, out);
	fputs("exec", out);
	for (char **arg = spec->process.args; arg && *arg; arg++) {
		fputc(' ', out);
		str_print_shell(out, *arg);
	}
	fputc('\n', out);
}
