/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities (capabilities(7)) over libcap: names, the five sets, and putting them in force. */
#ifndef NS_CAPABILITY_H
#define NS_CAPABILITY_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdint.h>

/* Bit n is capability n. */
struct capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/*
 * As a list (["CHOWN", "CAP_KILL"]): bounding, effective and permitted alike. libcontainer filled the inheritable set
 * too, by which a program with inheritable file capabilities raised what its user was not to have (CVE-2022-24769);
 * it stays empty, as do the ambient ones. As an object ({"bounding": [...], ...}): each set by its name, as OCI has it.
 * Unknown names are an error; the prefix CAP_ and case do not matter.
 */
extern const struct json_custom capabilities_json;
/* The same, but always encoded as the OCI has it: an object, with names like "CAP_KILL". */
extern const struct json_custom capabilities_oci_json;

/* The bit of the capability @name ("CHOWN", "CAP_KILL"); 0: there is none of that name. */
uint64_t capability_mask(const char *name);
/* What a plain list means: bounding, effective and permitted are @mask, the others are empty. */
struct capabilities capabilities_keep(uint64_t mask);

/*
 * Two halves around the change of user: capabilities_begin() drops the bounding set and keeps the permitted set
 * over setuid(2) (PR_SET_KEEPCAPS); capabilities_finish() sets the other four. What this kernel does not have or we do
 * not hold ourselves cannot be given and is left out. @until_exec (bit n is capability n) is kept effective besides,
 * which execve(2) ends, if capabilities_set() does not.
 */
int capabilities_begin(const struct capabilities *caps, struct err *err);
int capabilities_finish(const struct capabilities *caps, uint64_t until_exec, struct err *err);

/* The effective, permitted and inheritable sets of the calling thread; the other two are left empty. */
int capabilities_get(struct capabilities *caps, struct err *err);
/* Put these three in force: capset(2), and no other call, for who has a filter. What is not permitted stops being ambient. */
int capabilities_set(const struct capabilities *caps, struct err *err);

#endif
