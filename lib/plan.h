/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: lists of reversible steps.
 *
 * Planners append steps and touch nothing. plan_apply() does one phase of them, plan_revert() undoes
 * all of them backwards, plan_probe() compares them with the kernel, plan_show() prints them as the
 * commands a person would have typed. A plan is written to a journal before its first effect, so a
 * process that dies at any point leaves enough for the next one to undo what was done.
 *
 * A step's identity (names, paths) is complete when it is planned; what it learns while it is
 * applied (an ifindex) goes into its args. So revert works from a journal written before anything
 * was done, and "gone already" (or "never made") is success.
 */
#ifndef LIB_PLAN_H
#define LIB_PLAN_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum phase {
	PHASE_PREPARE, /* before the clone */
	PHASE_CONNECT, /* after it: the container's namespaces exist, its command does not run */
	PHASE_STARTED, /* its command was executed */
	PHASE_COUNT
};

struct step;

struct step_type {
	const char *name;               /* "link.veth", as journals show it */
	const struct json_schema *args; /* one table: decode, encode, release */
	enum phase phase;
	/*
	 * Optional, for what is shared: put into the args what its undoing has to know. Called before the record is written, so
	 * that whoever is killed behind that leaves one that tells all.
	 */
	int (*look)(struct scope *scope, void *args, struct err *err);
	/* Do it. On failure nothing of this step may be left, or revert must find it. */
	int (*apply)(struct scope *scope, void *args, struct err *err);
	/*
	 * Optional: do @n neighbouring steps (same function here, same namespace) in one trip. The
	 * error must be wrapped with the origin of the step that failed (step_wrap()).
	 */
	int (*apply_many)(struct scope *scope, struct step *at, size_t n, struct err *err);
	/* Undo it; what is gone already, was never made or belongs to a stranger is success. NULL: nothing to undo. */
	int (*revert)(struct scope *scope, void *args, struct err *err);
	/* 0: the kernel has it as planned; -ENOENT: it is missing; -ESTALE: it differs; else cannot tell. NULL: nothing to compare. */
	int (*probe)(struct scope *scope, const void *args, struct err *err);
	/*
	 * Optional, for what is shared: the same as far as one more user needs it, where the whole comparison takes longer the
	 * more users there are.
	 */
	int (*stands)(struct scope *scope, const void *args, struct err *err);
	/*
	 * Optional: make what is there as planned without making it anew. 1: that cannot be. Then, and without this function, it
	 * is reverted and applied; what is shared is only applied, as others use it. A stranger's object is an error.
	 */
	int (*mend)(struct scope *scope, void *args, struct err *err);
	/* Optional: what it is about, in words: "gateway 10.9.0.1". */
	void (*describe)(const void *args, char *buf, size_t size);
	/* Print the command(s), each with a newline. */
	void (*show)(const void *args, FILE *out);
	bool learns; /* apply changes the args: the journal is written again behind it */
	/* Of what is shared: by one container after the other. While one has it, it is refused to others (-EBUSY). */
	bool exclusive;
	/* Optional, for one that learns something only now and then: did it? */
	bool (*learned)(const void *args);
};

struct step {
	const struct step_type *type;
	char *ns;     /* scope key of the namespace it acts in; NULL: none in particular */
	char *origin; /* the config key that asked for it: "networks[0] (eth0)"; NULL: none */
	char *shared; /* key of a thing several containers use; NULL: the container's own */
	char *owner; /* who it is for: a word, or of what is shared several, with spaces between; NULL: the plan itself */
	void *args;
	bool done; /* applied by this process; not in the journal */
};

/* A namespace that the plan's steps act in and that revert may have to enter again. */
struct plan_ns {
	char *key;
	char *path;     /* to join it again; NULL for a mortal one or the host's */
	uint64_t inode; /* of what the path led to; 0: not known */
	bool mortal;    /* goes with the container */
};

struct plan {
	struct step *steps;
	size_t count;
	struct plan_ns *ns;
	size_t ns_count;
};

/*
 * Append a step. @where gives ns, origin, shared, owner (copied; NULL @where: none). @args is copied
 * as type->args->size bytes, and what it points to becomes the plan's, also on failure.
 */
int plan_add(struct plan *p, const struct step_type *type, const struct step *where,
	     const void *args, struct err *err);

/* Declare a namespace; strings are copied. */
int plan_add_ns(struct plan *p, const char *key, const char *path, uint64_t inode, bool mortal,
		struct err *err);

/*
 * Move all of @sub behind @p, each step marked with @owner (may be NULL); @sub is empty afterwards. For plans of several
 * containers, which a lab will have; no command needs it yet.
 */
int plan_append(struct plan *p, struct plan *sub, const char *owner, struct err *err);

/*
 * Owners: a part of a plan that is taken back by itself, while the rest stays: one network of a container. What is shared is
 * planned once, for all owners that need it.
 */
bool step_has_owner(const struct step *step, const char *owner);
/* Once only. -ENOMEM. */
int step_add_owner(struct step *step, const char *owner);

/*
 * Move @sub behind @p, each step with its owners; @sub is empty afterwards. What is shared and is in @p already only gets the owners:
 * there is nothing to be done for it. Namespaces are @p's.
 */
int plan_merge(struct plan *p, struct plan *sub, struct err *err);

/*
 * Take @owner out of @p: what has no other owner moves to @out, which is empty before, in order; the rest stays, without it. On
 * failure nothing has changed.
 */
int plan_split(struct plan *p, const char *owner, struct plan *out, struct err *err);

/*
 * Do the steps of one phase, in order. A failure ends it: the error names the step's origin, and the
 * caller reverts. Behind each group of steps of which one `learns`, @learned (may be NULL) is called to write
 * the journal.
 */
int plan_apply(struct plan *p, enum phase phase, struct scope *scope,
	       int (*learned)(void *arg, struct err *err), void *arg, struct err *err);

/*
 * Undo all steps (of @owner, if not NULL), last first. Goes on after a failure; the first one is returned. Of a namespace that is
 * gone only the records of what was shared there are left to be undone.
 */
int plan_revert(struct plan *p, struct scope *scope, const char *owner, struct err *err);

/*
 * Compare the steps whose types are in @types (NULL-terminated; NULL: all); @differs (may be NULL) is called for each that is not
 * as planned, and told what the kernel has, without the step's origin. What is shared is compared with its record, which has
 * to know us as a user. 0, -ESTALE if any differs, or an error.
 */
int plan_probe(const struct plan *p, struct scope *scope, const struct step_type *const *types,
	       void (*differs)(void *arg, const struct step *step, const struct err *why),
	       void *arg, struct err *err);

/*
 * Make as planned what plan_probe() finds to differ, in order. Each step is looked at when its turn comes, since mending one
 * may take along what depends on it, or bring it back. @mended (may be NULL) is called behind each; @learned, with the same
 * @arg, as plan_apply() does. If anything was mended, the steps that only wait (with neither probe nor revert) are done again
 * at the end. The first failure ends it: the steps behind it may stand on what it was to make.
 */
int plan_mend(struct plan *p, struct scope *scope, const struct step_type *const *types,
	      void (*mended)(void *arg, const struct step *step, const struct err *why),
	      int (*learned)(void *arg, struct err *err), void *arg, struct err *err);

/* What the step is about: in words, or else the first command that its show() prints. Returns @buf. */
const char *step_describe(const struct step *step, char *buf, size_t size);

/* Print the steps of one phase. Commands for a namespace other than the host's get "ip netns exec KEY"-like prefixes from their show(). */
void plan_show(const struct plan *p, enum phase phase, FILE *out);

/* Free all; accepts a zeroed plan and leaves one. */
void plan_release(struct plan *p);

/* Put the step's origin in front of @err's text; returns its code. */
int step_wrap(const struct step *step, struct err *err);

/*
 * The journal: the plan as JSON. @types is a list of the folders' tables of step types (both NULL-terminated); a
 * type that this build does not know is an error that names it.
 */
int plan_encode(const struct plan *p, FILE *out, struct err *err);
int plan_decode(struct plan *p, const struct step_type *const *const *types, const char *text,
		size_t len, const char *source, struct err *err);
/* Of what is parsed already. */
int plan_decode_value(struct plan *p, const struct step_type *const *const *types,
		      const struct json_value *root, struct err *err);

/* The type of that name in such a list, or NULL. */
const struct step_type *step_type_find(const struct step_type *const *const *types,
				       const char *name);

#endif
