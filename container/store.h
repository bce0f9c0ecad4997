/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers on disk: ROOT/<id>/ with state.json (who it is) and journal.json (what was made for it). Whoever
 * changes a container holds its directory's lock.
 */
#ifndef CONTAINER_STORE_H
#define CONTAINER_STORE_H

#include "cgroup/cgroup.h"
#include "container/ctrnet.h"
#include "container/spec.h"
#include "lib/err.h"
#include "lib/plan.h"
#include "lib/scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A container's directory, locked. */
struct store {
	char *root;
	char *id;
	char *dir; /* absolute */
	int fd;    /* of the directory; holds the lock. -1: not locked */
};

/* A process by pid and start time. */
struct process_id {
	pid_t pid;
	uint64_t start; /* clock ticks since boot */
};

struct spec_names;

struct state {
	char *id;
	char *bundle; /* directory of the config */
	char *source; /* what it was made from, a real path: see id_derive() */
	bool beside;  /* with files beside the config: see beside.h */
	bool kept;    /* made by itself and removed by itself: it stays when its process ends */
	struct process_id init; /* the container's first process */
	struct process_id
		supervisor; /* the ctrnet that waits for it; its death takes the container along */
	char *created;      /* RFC 3339 */
	uid_t owner;
	uint64_t netns; /* inode of the host's network namespace at the time */
	struct cgroup_place cgroup;
	struct spec spec;
};

extern const struct json_schema state_schema;

/*
 * Lock the directory of @id under @root, making both if @create. Waits for whoever holds the lock.
 * -ENOENT: "container 'x' does not exist"; -EPERM: somebody else can write to it.
 */
int store_open(struct store *s, const char *root, const char *id, bool create, struct err *err);
/* Only the names, for a dry run: nothing is made or locked. */
int store_name(struct store *s, const char *root, const char *id, struct err *err);
/* Has nothing been written in it yet? */
bool store_fresh(const struct store *s);
/* Unlock. Safe on a zeroed one with fd -1, and twice. */
void store_close(struct store *s);
/*
 * Give the lock back for a while, keeping the directory open; then take it again: -ENOENT if somebody
 * removed the container meanwhile.
 */
int store_unlock(struct store *s, struct err *err);
int store_relock(struct store *s, struct err *err);

int store_write_state(const struct store *s, const struct state *state, struct err *err);
/* -ENOENT: there is none. -EBADMSG: it is not as we wrote it (lib/seal.h). */
int store_read_state(const struct store *s, struct state *state, struct err *err);
void state_release(struct state *state);
/* As it is on disk now, for who may have to put it back; *@text is allocated. */
int store_keep_state(const struct store *s, char **text, size_t *len, struct err *err);
int store_put_back_state(const struct store *s, const char *text, size_t len, struct err *err);

int store_write_journal(const struct store *s, const struct plan *plan, struct err *err);
/* A missing journal is an empty plan. -EBADMSG: it is not as we wrote it, and nothing may be undone by it. */
int store_read_journal(const struct store *s, struct plan *plan, struct err *err);
/* All types of steps that a journal may have: the folders' tables. */
extern const struct step_type *const *const store_step_types[];

/* What its config calls keys, where that is started later than it was read: of one that is kept. */
int store_write_names(const struct store *s, const struct spec_names *names, struct err *err);
/* Without the lock, as it is written once. Where there are none, or not as we wrote them, @names knows nothing. */
void store_peek_names(const char *root, const char *id, struct spec_names *names);

/* Remove the directory with all that is in it. */
int store_remove(struct store *s, struct err *err);

/* Of a container that is kept: its journal goes, as nothing is left that it lists, and its state stays. */
int store_reset(struct store *s, struct err *err);

/* The ids below @root, sorted, NULL-terminated (strv). A missing root is an empty list. */
int store_list(const char *root, char ***ids, struct err *err);

/* Read a state without the lock, to look at; the file is replaced at once, so it is whole. */
int store_peek(const char *root, const char *id, struct state *state, enum ctrnet_status *status,
	       struct err *err);

/* What the state says, compared with /proc. */
enum ctrnet_status state_status(const struct state *state);
/* Has it a process, frozen or not? */
bool state_runs(enum ctrnet_status status);

/*
 * A scope for the container, whose host network namespace has the inode @netns: usually the calling
 * process's, else it is looked for, and if it is gone so is all that was in it.
 */
int store_scope(const struct store *s, uint64_t netns, struct scope *scope, struct err *err);

/* Inode of the calling process's network namespace. */
int host_netns(uint64_t *inode, struct err *err);

/* Where what is shared is recorded: a directory for each network namespace, by its inode. Allocated, or NULL. */
char *store_shared_dir(uint64_t inode);

/* What is shared in the network namespace @inode, which @scope has under @key, is recorded in a directory of its own; 0: not. */
int store_share_netns(struct scope *scope, const char *key, uint64_t inode, struct err *err);

#endif
