/* SPDX-License-Identifier: Apache-2.0 */
/* What all links that we made have in common, whatever their kind: comparing them with the plan, and mending them in place. */
#ifndef NET_LINK_MEND_H
#define NET_LINK_MEND_H

#include "net/link.h"

/* As planned. */
struct link_plan {
	const char *name;
	const char *kind;
	const char *alias;        /* the mark; "": it has none */
	struct mac mac;           /* zero: it has none of its own */
	uint32_t mtu, txqueuelen; /* 0: as it comes */
};

/*
 * The link under its name, or else what is left of it under another: of its kind, and with its mark or its MAC. out->index 0: there
 * is none.
 */
int link_plan_find(struct nl *nl, const struct link_plan *p, struct link *out, struct err *err);

/* 0, or -ESTALE: what of @link is other, its name and kind first. The mark is not looked at. */
int link_plan_compare(const struct link_plan *p, const struct link *link, struct err *err);

/*
 * Give @link, which is of the planned kind, back its name, MAC, MTU and queue length, and its mark if @marks. What it has already
 * is not set again. -EEXIST: its name was taken by another link.
 */
int link_plan_mend(struct nl *nl, const struct link_plan *p, const struct link *link, bool marks,
		   struct err *err);

#endif
