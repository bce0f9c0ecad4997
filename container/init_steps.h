/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a start and of a join; container/init.c has their order. Each file has those of one subject. */
#ifndef CONTAINER_INIT_STEPS_H
#define CONTAINER_INIT_STEPS_H

#include "container/init.h"

#include <stdbool.h>

/* --- Where the process is: init_namespaces.c --- */

int init_join_cgroups(struct init *in, struct err *err);
int init_set_umask(struct init *in, struct err *err);
int init_begin_session(struct init *in, struct err *err);
bool init_has_userns(const struct init *in);
int init_join_pid_namespace(struct init *in, struct err *err);
int init_join_declared(struct init *in, struct err *err);
int init_make_time(struct init *in, struct err *err);
int init_wait_mapped(struct init *in, struct err *err);
int init_offer_network(struct init *in, struct err *err);
int init_set_hostname(struct init *in, struct err *err);
void init_show_hostname(const struct spec *spec, FILE *out);
int init_wait_connected(struct init *in, struct err *err);
int init_unshare_cgroups(struct init *in, struct err *err);
int init_set_sysctls(struct init *in, struct err *err);
void init_show_sysctls(const struct spec *spec, FILE *out);
int init_join_container(struct init *in, struct err *err);
int init_part_from_host(struct init *in, struct err *err);
int init_enter_container(struct init *in, struct err *err);
int init_enter_filtered(struct init *in, struct err *err);

/* --- What it sees of files: init_rootfs.c --- */

int init_mount_rootfs(struct init *in, struct err *err);
void init_show_rootfs(const struct spec *spec, FILE *out);
int init_make_devices(struct init *in, struct err *err);
int init_enter_rootfs(struct init *in, struct err *err);
int init_restrict_rootfs(struct init *in, struct err *err);

/* --- What it has open: init_files.c --- */

int init_make_console(struct init *in, struct err *err);
int init_give_pty(struct init *in, struct err *err);
int init_join_console(struct init *in, struct err *err);
int init_protect_null(struct init *in, struct err *err);
int init_close_host_files(struct init *in, struct err *err);
int init_begin_terminal(struct init *in, struct err *err);
int init_control_terminal(struct init *in, struct err *err);

/* --- What it may do: init_rights.c --- */

int init_death_signal(const struct init *in);
int init_arm_death_signal(struct init *in, struct err *err);
int init_open_labels(struct init *in, struct err *err);
int init_stay_closed(struct init *in, struct err *err);
int init_become_root(struct init *in, struct err *err);
int init_find_user(struct init *in, struct err *err);
int init_set_rlimits(struct init *in, struct err *err);
int init_set_rlimits_but_for_clone(struct init *in, struct err *err);
struct capabilities init_wanted_capabilities(const struct init *in);
int init_set_rlimits_for_clone(struct init *in, struct err *err);
int init_become_user(struct init *in, struct err *err);
int init_forbid_privileges(struct init *in, struct err *err);
int init_set_labels(struct init *in, struct err *err);
void init_show_labels(const struct spec *spec, FILE *out);

/* --- What it may call: init_filter.c --- */

/* Bit n is capability n: what loading the filter takes. */
uint64_t init_filter_rights(const struct init *in);
int init_choose_filter(struct init *in, struct err *err);
int init_filter_calls(struct init *in, struct err *err);
int init_drop_filter_rights(struct init *in, struct err *err);

/* --- What it becomes: init_command.c --- */

int init_make_env(struct init *in, struct err *err);
int init_change_directory(struct init *in, struct err *err);
int init_find_command(struct init *in, struct err *err);
int init_report_rooted(struct init *in, struct err *err);
void init_leave(int status) __attribute__((noreturn));
int init_reset_signals(struct init *in, struct err *err);
int init_execute(struct init *in, struct err *err);

#endif
