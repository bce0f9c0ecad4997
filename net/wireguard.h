/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WireGuard interfaces as the kernel has them (linux/wireguard.h, generic netlink), and the step that sets one up. What makes the
 * link is link.add (net/link_add.h).
 */
#ifndef NET_WIREGUARD_H
#define NET_WIREGUARD_H

#include "net/genl.h"
#include "net/step.h"
#include "net/wireguard_keys.h"

/* Of the kernel's families. */
#define WIREGUARD_FAMILY "wireguard"

struct wireguard_device_peer {
	struct wireguard_peer set; /* as a config says it; preshared_key_file is NULL */
	int64_t last_handshake;    /* seconds since 1970; 0: none yet */
	uint64_t rx_bytes, tx_bytes;
};

struct wireguard_device {
	struct wireguard_key private_key, public_key; /* zero: none; the private one is clamped */
	uint16_t listen_port;
	uint32_t fwmark;
	struct wireguard_device_peer *peers;
	size_t peer_count;
	int code; /* of reading: sticky */
};
void wireguard_device_release(struct wireguard_device *d);
/* Zero all keys but public ones. */
void wireguard_device_forget_secrets(struct wireguard_device *d);

/*
 * The interface @link. -ENOENT: there is no such link; -ESTALE: it is no WireGuard interface. Needs CAP_NET_ADMIN over the
 * namespace.
 */
int wireguard_read(const struct genl *g, const char *link, struct wireguard_device *out,
		   struct err *err);

/* Add what one message of that answer says. The kernel goes on with a peer in the next message where one is too small. */
void wireguard_parse(const struct genl *g, const struct nlmsghdr *msg, struct wireguard_device *d);

/*
 * Is it as planned? -ESTALE: no, and what differs; no secret is quoted. Where a peer is, is compared only until something came from
 * it: behind that, the kernel follows it (wireguard(4): roaming). Without a listen_port any will do. Sorts what @have lists.
 */
int wireguard_compare(const struct wireguard_options *want, struct wireguard_device *have,
		      struct err *err);

/*
 * Messages that make of @have (zeroed: of one just made) what is planned, in as many as it takes, and leave alone what is so
 * already: sessions with peers that stay go on. Sorts what @have lists.
 */
void wireguard_put(const struct genl *g, struct nl_batch *b, const char *link,
		   const struct wireguard_options *want, struct wireguard_device *have);

struct wireguard_args {
	struct net_args at;
	struct wireguard_options set;
};

/*
 * Give a WireGuard interface its key, port and peers. Keys in files are read when it is applied, and the journal, which only root
 * may read, has them from then on. Applied to one that differs it changes only that. Not undone: it all goes with the link.
 */
extern const struct step_type wireguard_set_step;

#endif
