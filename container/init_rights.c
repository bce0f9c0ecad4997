// SPDX-License-Identifier: Apache-2.0
/* What it may do: user, capabilities, limits, labels; and who may do what to it. */
#include "container/init_steps.h"

#include "lib/str.h"
#include "ns/lsm.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int init_death_signal(const struct init *in)
{
	return in->spec->parent_death_signal ? in->spec->parent_death_signal : SIGKILL;
}

/*
 * prctl(2), PR_SET_PDEATHSIG: set at once, so that a ctrnet that dies takes along what it began. A parent that died
 * before is found at the next stage, where its end of the socket is closed.
 */
int init_arm_death_signal(struct init *in, struct err *err)
{
	if (in->detached)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, init_death_signal(in), 0, 0, 0) < 0)
		return err_sys(err, -errno, "parent_death_signal: cannot be armed");
	return 0;
}

static int open_lsm(enum lsm lsm, const char *label, int *fd, struct err *err)
{
	if (str_empty(label) || !lsm_enabled(lsm))
		return 0;
	*fd = lsm_open(lsm, err);
	return *fd < 0 ? *fd : 0;
}

/* While /proc and /sys are the host's. */
int init_open_labels(struct init *in, struct err *err)
{
	int ret = open_lsm(LSM_APPARMOR, in->spec->apparmor_profile, &in->apparmor, err);

	if (ret < 0)
		return err_wrap(err, "apparmor_profile");
	ret = open_lsm(LSM_SELINUX, in->spec->process_label, &in->selinux, err);
	return ret < 0 ? err_wrap(err, "process_label") : 0;
}

/*
 * Until execve(2) we hold ctrnet's memory and files, so nobody in the container must trace us, nor look at us
 * through /proc (CVE-2016-9962). Undumpable we are already; but a change of user sets that anew, as fs.suid_dumpable has
 * it, and disarms the death signal (prctl(2)).
 */
int init_stay_closed(struct init *in, struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, -errno, "cannot make the process undumpable");
	return init_arm_death_signal(in, err);
}

/* What is made from here on belongs to the container's root; and what is opened is opened with his rights, not the host's. */
int init_become_root(struct init *in, struct err *err)
{
	const struct user root = { .uid = 0, .gid = 0 };
	int ret;

	if (!init_has_userns(in))
		return 0;
	ret = user_become(&root, err);
	if (ret < 0)
		return err_wrap(err, "user namespace");
	return init_stay_closed(in, err);
}

/* The kernel says EINVAL. One that is joined by path has maps that we do not know. */
static int check_mapped(const struct init *in, struct err *err)
{
	const struct spec *s = in->spec;
	const struct user *u = &in->user;
	const char *name = in->process->user ? in->process->user : "root";
	uint32_t host;

	if (id_map_to_host(s->uid_mappings, s->uid_mapping_count, u->uid, &host) < 0)
		return err_set(err, -ERANGE, "user '%.80s': uid %u is not mapped (uid_mappings)",
			       name, u->uid);
	if (id_map_to_host(s->gid_mappings, s->gid_mapping_count, u->gid, &host) < 0)
		return err_set(err, -ERANGE, "user '%.80s': gid %u is not mapped (gid_mappings)",
			       name, u->gid);
	for (size_t i = 0; i < u->group_count; i++)
		if (id_map_to_host(s->gid_mappings, s->gid_mapping_count, u->groups[i], &host) < 0)
			return err_set(
				err, -ERANGE,
				"user '%.80s': the group with gid %u is not mapped (gid_mappings)",
				name, u->groups[i]);
	return 0;
}

int init_find_user(struct init *in, struct err *err)
{
	int ret = user_lookup(in->process->user, in->spec->additional_groups, &in->user, err);

	if (ret == 0)
		ret = check_mapped(in, err);
	if (ret == 0 && in->process->terminal && fchown(in->slave, in->user.uid, (gid_t)-1) < 0)
		return err_sys(err, -errno, "cannot give the pty to uid %u", in->user.uid);
	return ret;
}

int init_set_rlimits(struct init *in, struct err *err)
{
	return rlimits_apply(in->spec->rlimits, in->spec->rlimit_count, RLIMITS_ALL, err);
}

int init_set_rlimits_but_for_clone(struct init *in, struct err *err)
{
	return rlimits_apply(in->spec->rlimits, in->spec->rlimit_count, RLIMITS_BUT_FOR_CLONE, err);
}

/* Our parent has seen to it that no hard one has to be raised. */
int init_set_rlimits_for_clone(struct init *in, struct err *err)
{
	return rlimits_apply(in->spec->rlimits, in->spec->rlimit_count, RLIMITS_FOR_CLONE, err);
}

/* A function is not executed, so a user other than root has at once what execve(2) would leave it (capabilities(7)). */
struct capabilities init_wanted_capabilities(const struct init *in)
{
	const struct process *p = in->process;
	struct capabilities caps = p->own_capabilities ? p->capabilities : in->spec->capabilities;

	if (p->function && in->user.uid != 0)
		caps.effective = caps.permitted = caps.ambient;
	return caps;
}

int init_become_user(struct init *in, struct err *err)
{
	const struct capabilities caps = init_wanted_capabilities(in);
	int ret = capabilities_begin(&caps, err);

	if (ret == 0)
		ret = user_become(&in->user, err);
	return ret == 0 ? capabilities_finish(&caps, init_filter_rights(in), err) : ret;
}

int init_forbid_privileges(struct init *in, struct err *err)
{
	/* A function executes nothing, so it has none to gain. */
	if ((in->spec->no_new_privileges || in->process->function) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, -errno, "cannot set no_new_privs");
	return 0;
}

/* From execve(2) on. Behind all that may be forbidden then, and behind programs that are run for the container. */
int init_set_labels(struct init *in, struct err *err)
{
	const struct spec *s = in->spec;

	if (in->apparmor >= 0 &&
	    lsm_change_on_exec(LSM_APPARMOR, in->apparmor, s->apparmor_profile, err) < 0)
		return err_wrap(err, "apparmor_profile");
	if (in->selinux >= 0 &&
	    lsm_change_on_exec(LSM_SELINUX, in->selinux, s->process_label, err) < 0)
		return err_wrap(err, "process_label");
	return 0;
}

void init_show_labels(const struct spec *spec, FILE *out)
{
	if (!str_empty(spec->apparmor_profile)) {
		fputs("echo exec ", out);
		str_print_shell(out, spec->apparmor_profile);
		fputs(" >/proc/self/attr/apparmor/exec\n", out);
	}
	if (!str_empty(spec->process_label)) {
		fputs("echo ", out);
		str_print_shell(out, spec->process_label);
		fputs(" >/proc/self/attr/exec\n", out);
	}
}
