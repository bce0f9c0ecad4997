/* SPDX-License-Identifier: Apache-2.0 */
/* Impairments: what the queueing discipline netem (tc-netem(8)) does to packets. Values as the kernel has them. */
#ifndef NET_NETEM_H
#define NET_NETEM_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum netem_distribution {
	NETEM_UNIFORM, /* the kernel's own, without a table */
	NETEM_NORMAL,
	NETEM_PARETO,
	NETEM_PARETONORMAL,
};

/* Probabilities are of UNIT_PERCENT_100, times in ns. */
struct netem_loss {
	uint32_t random;
	/*
	 * Gilbert and Elliott: into the bad state, out of it (0: at once, as with 100 %), delivered
	 * there, and lost in the good one. p 0: not used.
	 */
	struct netem_gemodel {
		uint32_t p, r, h, k1;
	} gemodel;
};

/* Packets leave together, with pauses in between. */
struct netem_slot {
	uint64_t min, max;      /* a pause */
	uint64_t delay, jitter; /* or this, by a distribution */
	int distribution;
	uint32_t packets, bytes; /* at most in one; 0 = any number */
};

struct netem {
	uint64_t delay, jitter;
	int distribution; /* of the jitter */
	uint32_t correlation;
	struct netem_loss loss;
	uint32_t loss_correlation;
	uint32_t duplicate, duplicate_correlation;
	uint32_t reorder, reorder_correlation, gap;
	uint32_t corrupt, corrupt_correlation;
	struct netem_slot slot;
	uint32_t limit; /* packets; 0 = the planner's choice */
	uint64_t seed;  /* 0 = the kernel's choice */
};

extern const struct json_custom netem_loss_json; /* struct netem_loss: "1%", or {"gemodel": {...}} */
extern const struct json_schema netem_slot_schema;
extern const struct json_name netem_distributions[];

/* The keys of struct netem, the member @m of @T, but for its limit. */
#define NETEM_JSON(T, m)                                                                        \
	JSON_TEXT(T, "delay", m.delay, &unit_time_text),                                        \
		JSON_TEXT(T, "jitter", m.jitter, &unit_time_text),                              \
		JSON_ENUM(T, "distribution", m.distribution, netem_distributions),              \
		JSON_TEXT(T, "correlation", m.correlation, &unit_percent_text),                 \
		JSON_CUSTOM(T, "loss", m.loss, &netem_loss_json),                               \
		JSON_TEXT(T, "loss_correlation", m.loss_correlation, &unit_percent_text),       \
		JSON_TEXT(T, "duplicate", m.duplicate, &unit_percent_text),                     \
		JSON_TEXT(T, "duplicate_correlation", m.duplicate_correlation,                  \
			  &unit_percent_text),                                                  \
		JSON_TEXT(T, "reorder", m.reorder, &unit_percent_text),                         \
		JSON_TEXT(T, "reorder_correlation", m.reorder_correlation, &unit_percent_text), \
		JSON_UINT(T, "gap", m.gap),                                                     \
		JSON_TEXT(T, "corrupt", m.corrupt, &unit_percent_text),                         \
		JSON_TEXT(T, "corrupt_correlation", m.corrupt_correlation, &unit_percent_text), \
		JSON_OBJECT(T, "slot", m.slot, &netem_slot_schema), JSON_UINT(T, "seed", m.seed)

/* The first key that asks for an impairment, or NULL if none does. */
const char *netem_first_key(const struct netem *n);

/* Rules between its keys. */
int netem_check(const struct netem *n, struct err *err);

/* --- Distributions --- */

#define NETEM_TABLE_SIZE 4096

/*
 * The inverse of a distribution function as netem wants it: each value is as likely as the others, in 1/8192 of
 * the standard deviation from the mean. False for one that needs no table.
 */
bool netem_table(int distribution, int16_t out[NETEM_TABLE_SIZE]);

#endif
