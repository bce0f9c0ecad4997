/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files behind ctrnet.h share. Each public function is a frame around a function of container/'s: it diverts
 * the log, gives an error libcontainer's code, and does apart what a thread must not do.
 */
#ifndef CONTAINER_API_H
#define CONTAINER_API_H

#include "container/ctrnet.h"
#include "container/names.h"
#include "container/spec.h"
#include "container/store.h"
#include "lib/apart.h"
#include "lib/err.h"
#include "lib/log.h"

#include <pthread.h>

/* What a call takes along from the factory. */
struct api_options {
	ctrnet_log_function *log;
	void *log_arg;
	bool ignore_missing_lsm;
	enum ctrnet_cgroup_manager manager;
	bool one_thread;
};

struct ctrnet_factory {
	char *root;
	struct api_options options;
};

struct ctrnet_config {
	struct spec spec;
	struct spec_names names; /* for errors of what is made of it */
	char *given, *real;   /* the file it was read from, absolute, and its real path; or NULL */
	struct err no_rootfs; /* why its root directory is not known; none once one is set */
	struct api_options options; /* a log, for calls without a factory */
};

/* All there is to know is on disk, so threads may share one. */
struct ctrnet_container {
	char *root, *id;
	struct api_options options;
};

struct ctrnet_process {
	pid_t pid;
	int pidfd, master;
	struct cgroup_place cgroup; /* of the container, with @nested below it, or nothing */
	char nested[CGROUP_NEST_MAX];
	pthread_mutex_t lock; /* of what follows */
	bool reaped;
	int exit_code;
};

/* Between them nothing is printed: `struct log_diversion before _cleanup_(log_restore) = api_log(options)`. */
struct log_diversion api_log(const struct api_options *options);

/* apart_run(), whose records come to the log, diverted as it is here, when it is over. */
int api_apart(apart_function *f, void *arg, int low, int *fds, size_t n, struct err *err);

/* apart_here() where the program has one thread, and else that. For an @f that keeps no descriptor of its own and needs no place for one. */
int api_apart_or_here(const struct api_options *options, apart_function *f, void *arg, int *fds,
		      size_t n, struct err *err);

/* Hand @err, which was filled in, to the caller as @code; returns its negative errno. */
int api_fail(struct ctrnet_error *error, enum ctrnet_code code, const struct err *err);

/* The same, with the keys that it names as the config of @names has them. */
int api_fail_named(struct ctrnet_error *error, enum ctrnet_code code,
		   const struct spec_names *names, const struct err *err);

/* @from as it is stored, and its process; released on failure. */
int spec_copy(struct spec *to, const struct spec *from, struct err *err);

/*
 * A struct that begins with its size: copy @from, as the program knew it, over the defaults in @to. -E2BIG: it is a newer one,
 * and says something that we do not understand.
 */
int api_take(void *to, size_t size, const void *from, const char *what, struct err *err);

/*
 * Complete and check @spec, which is the config's or a copy of it, with the words that errors have then: the path of the config in
 * front, and its own keys.
 */
int api_config_prepare(const struct ctrnet_config *config, struct spec *spec, struct err *err);

/* A handle of @spec and @names, which it owns from here on, also if this fails. */
int api_config_new(struct ctrnet_config **config, struct spec *spec, struct spec_names *names,
		   struct ctrnet_error *error);

/* Their keys as JSON; for encoding only: strings and lists are the caller's. Limits stand in `cgroups`. */
extern const struct json_schema api_spec_schema;   /* struct ctrnet_spec */
extern const struct json_schema api_limits_schema; /* struct ctrnet_limits */
/* An error in a text that we made of a struct: its line and column in @name mean nothing to anybody. */
void api_forget_place(struct err *err, const char *name);
extern const struct json_schema api_cgroup_schema; /* struct ctrnet_cgroup */

/* An error in opening or reading a container's directory. */
enum ctrnet_code api_store_code(int ret);

/* An error in doing something to one that runs: -ESRCH is that it has just ended. */
enum ctrnet_code api_live_code(int ret);

/* Its state, as it is at the moment. */
int api_read(const struct ctrnet_container *c, struct state *state, enum ctrnet_status *status,
	     struct ctrnet_error *error);

/* Its state, and a pidfd of its first process; CTRNET_CONTAINER_NOT_RUNNING without one. */
int api_find_running(const struct ctrnet_container *c, struct state *state, int *pidfd,
		     struct ctrnet_error *error);

int api_container_new(struct ctrnet_container **container, const char *root, const char *id,
		      const struct api_options *options, struct err *err);

#endif
