/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed spec: what a config of any format declares, in the OCI runtime spec's vocabulary, plus networks
 * and routes. Codecs fill it in; behind them nothing is a string that means something else.
 */
#ifndef CONTAINER_SPEC_H
#define CONTAINER_SPEC_H

#include "cgroup/cgroup.h"
#include "lib/err.h"
#include "lib/json.h"
#include "net/network.h"
#include "ns/capability.h"
#include "ns/namespace.h"
#include "ns/rlimit.h"
#include "rootfs/rootfs.h"

#include <stdbool.h>
#include <stddef.h>

/* What is run. The command line gives it; the config only what joins it (capabilities, limits). */
struct process {
	char **args;
	char **env; /* K=V */
	char *user; /* as user_lookup() reads it; NULL = root */
	char *cwd;  /* absolute; NULL = "/" */
	bool terminal;
};

struct spec {
	struct rootfs_spec rootfs;
	char *hostname;
	char *pivot_dir; /* accepted; our pivot_root needs no directory */
	struct namespaces namespaces;
	struct net_config net;
	struct cgroup_spec cgroup;
	struct capabilities capabilities;
	struct rlimit_spec *rlimits;
	size_t rlimit_count;
	char **additional_groups; /* names or numbers */
	struct json_pair *sysctl; /* "net.ipv4.ip_forward" */
	size_t sysctl_count;
	int parent_death_signal; /* 0 = SIGKILL */
	bool no_new_privileges;
	struct process process;
};

/*
 * Read the config @path (AT_FDCWD-relative) in whatever format it is written. Errors name file, line, column and
 * key. On failure @spec is zero.
 */
int spec_load(struct spec *spec, const char *path, struct err *err);

/*
 * The form in which a spec is stored with a container's state; decodes what it encodes, without loss. The process is
 * not part of it: each exec brings its own, and what is on a command line need not be UTF-8.
 */
extern const struct json_schema spec_schema;
extern const struct json_schema process_schema;

/* Rules between keys, no kernel in sight. Fills in what old configs leave to the runtime first. */
int spec_prepare(struct spec *spec, struct err *err);

/* The spec's process becomes @process, which is left zero. */
void spec_set_process(struct spec *spec, struct process *process);

void process_release(struct process *process);
void spec_release(struct spec *spec);

#endif
