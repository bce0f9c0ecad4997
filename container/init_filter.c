// SPDX-License-Identifier: Apache-2.0
/* What it may call: the filter, when it is loaded, and what that takes. */
#include "container/init_steps.h"

#include "lib/apart.h"
#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * seccomp(2) takes no_new_privs or CAP_SYS_ADMIN. Without the former, set-user-ID programs are to work, so we keep
 * the latter; execve(2) makes the sets anew, out of the bounding, inheritable and ambient ones, where it is not.
 */
uint64_t init_filter_rights(const struct init *in)
{
	bool privileged = !in->spec->no_new_privileges && !in->process->function;

	return in->filter->code && privileged ? 1ULL << CAP_SYS_ADMIN : 0;
}

/* Is it separated from the container by nothing but the pid namespace, which it enters? */
static bool can_be_reached(const struct init *in)
{
	return namespaces_find(&in->spec->namespaces, CLONE_NEWPID) && !init_has_userns(in);
}

static bool holds(const struct capabilities *c, uint64_t mask)
{
	return (c->bounding | c->permitted | c->inheritable | c->ambient) & mask;
}

/* Of a pid namespace that is joined by path we do not know who lives in it. */
static bool may_trace(const struct init *in)
{
	const struct capabilities own = init_wanted_capabilities(in);
	uint64_t trace = 1ULL << CAP_SYS_PTRACE;

	return in->enters || holds(&in->spec->capabilities, trace) || holds(&own, trace);
}

/* What we have for the filter, and the command will not have. */
static uint64_t more_than_command(const struct init *in)
{
	const struct capabilities wanted = init_wanted_capabilities(in);

	return init_filter_rights(in) & ~(wanted.permitted & wanted.effective);
}

/* What is left without that. A command may have it as permitted, but not as effective. */
static int find_rest(struct init *in, struct err *err)
{
	uint64_t more = more_than_command(in);
	int ret = capabilities_get(&in->command_rights, err);

	if (ret < 0)
		return ret;
	in->command_rights.permitted &= ~more | init_wanted_capabilities(in).permitted;
	in->command_rights.effective &= ~more;
	return 0;
}

/* A call that is made behind the filter, and when. */
struct later {
	const char *name;
	long number;
	bool made;
	uint64_t args[6];
};

/* The first that the filter would not let us make, by name; NULL: it lets us in. */
static const char *find_forbidden(const struct init *in)
{
	const struct spec *s = in->spec;
	bool limits = rlimits_any(s->rlimits, s->rlimit_count, RLIMITS_FOR_CLONE);
	struct later later[] = {
		{ "capset", SYS_capset, more_than_command(in) != 0, { 0 } },
		{ "clone", SYS_clone, true, { 0 } },
		{ "read", SYS_read, true, { (uint64_t)in->sync.fd } },
		{ "prctl",
		  SYS_prctl,
		  !in->detached,
		  { PR_SET_PDEATHSIG, (uint64_t)init_death_signal(in) } },
		{ "setsid", SYS_setsid, true, { 0 } },
		{ "prlimit64", SYS_prlimit64, limits, { 0 } },
		{ "ioctl", SYS_ioctl, in->process->terminal, { STDIN_FILENO, TIOCSCTTY } },
	};

	process_clone_bare_args(later[1].args, in->entered);
	for (size_t i = 0; i < array_size(later); i++)
		if (later[i].made && !seccomp_allows(in->filter, later[i].number, later[i].args))
			return later[i].name;
	return NULL;
}

static int refuse(const struct init *in, const char *forbidden, struct err *err)
{
	return err_set(err, -EPERM, "seccomp: the filter forbids %s, which it takes to %s%s",
		       forbidden,
		       in->enters ? "start in a pid namespace where others live"
				  : "join a container with CAP_SYS_PTRACE",
		       strcmp(forbidden, "capset") ? "" : " (but not with no_new_privileges)");
}

/*
 * The clone inside is to have no more rights than the command, to which belongs what the filter takes: whoever got at it before the
 * filter is loaded, or while it has the right to load it, would have more. So it is loaded outside, if it lets us go on
 * from there. Where it does not, nobody inside has to be able to get at it.
 */
int init_choose_filter(struct init *in, struct err *err)
{
	const char *forbidden;
	int ret;

	if (!in->filter->code || !can_be_reached(in))
		return 0;
	forbidden = find_forbidden(in);
	if (forbidden && may_trace(in))
		return refuse(in, forbidden, err);
	if (forbidden)
		return 0;
	ret = find_rest(in, err);
	if (ret < 0)
		return ret;
	/* The clone inside does not have it, so that nobody there can have us take another process for it. */
	if (apart_memory_keep(in->entered, sizeof(*in->entered)) < 0)
		return err_sys(err, -errno, "madvise");
	in->filter_first = true;
	return 0;
}

/* Behind it only what find_forbidden() lists, and execve(2); and what goes wrong is put into memory, too. */
int init_filter_calls(struct init *in, struct err *err)
{
	return seccomp_install(in->filter, err);
}

int init_drop_filter_rights(struct init *in, struct err *err)
{
	return more_than_command(in) ? capabilities_set(&in->command_rights, err) : 0;
}
