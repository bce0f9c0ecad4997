/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The users of a shared thing: claims (lib/claim.h), which stand in its record as the last key, each on a line of its own:
 *
 *	{"key":"nft.table",...,"users":[
 *	"/run/ctrnet/one (25:1234 4026531841)",
 *	"/run/ctrnet/two (25:1234 4026531841)"
 *	]}
 *
 * That is JSON for everybody. Who comes or goes takes the list for text, and adds or cuts out a line: there may be a thousand
 * users, of whom one is looked at.
 */
#ifndef LIB_SHARED_USERS_H
#define LIB_SHARED_USERS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

struct shared_users {
	char *lines; /* each ends with ",\n"; allocated, with a NUL behind them, or NULL */
	size_t len;
};

void shared_users_release(struct shared_users *u);

/* Take the users out of a record's text, which stays JSON. False: they are not there in that form. */
bool shared_users_cut(struct shared_users *u, char *text, size_t *len);
/* And put them in again: *@text is allocated. */
int shared_users_put(const struct shared_users *u, char **text, size_t *len, struct err *err);

int shared_users_add(struct shared_users *u, const char *claim, struct err *err);
bool shared_users_has(const struct shared_users *u, const char *run_dir);

/*
 * Without @but (a run directory, or NULL), and without those who have ended without saying goodbye: whose run directory is gone. Of one
 * that cannot be seen from here nobody knows. Those behind the first who lives are not looked at: one is enough for the
 * thing to stay.
 */
void shared_users_drop(struct shared_users *u, const char *but);

/* The id of the first one, cut if it is too long. */
const char *shared_users_first(const struct shared_users *u, char *buf, size_t size);

#endif
