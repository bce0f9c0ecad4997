/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config says of a WireGuard interface (wg(8), wg-quick(8)), as types: its key, and its peers, each of which is known by a
 * key, is reached at an endpoint, and has the addresses that come from it and go to it.
 *
 * Keys are secrets, but for public ones: no error quotes one.
 */
#ifndef NET_WIREGUARD_KEYS_H
#define NET_WIREGUARD_KEYS_H

#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of Curve25519 (RFC 7748). */
struct wireguard_key {
	uint8_t bytes[32];
};
#define WIREGUARD_KEY_TEXT_MAX 45

/* In base64 (RFC 4648, section 4): 44 characters, no white space, no bits left over, and not all zero. -EINVAL: another text. */
int wireguard_key_parse(const char *text, struct wireguard_key *out, struct err *err);
/* Print into @buf (WIREGUARD_KEY_TEXT_MAX). Returns it. */
const char *wireguard_key_format(const struct wireguard_key *key, char *buf, size_t size);
bool wireguard_key_equal(const struct wireguard_key *a, const struct wireguard_key *b);
bool wireguard_key_is_zero(const struct wireguard_key *key);
/* Of a private key: with the bits that are always the same as the kernel sets them, and as it gives the key back. */
struct wireguard_key wireguard_key_clamped(const struct wireguard_key *key);
/* From a file that has the key and nothing else but white space behind it, as `wg genkey` writes it. */
int wireguard_key_read(const char *path, struct wireguard_key *out, struct err *err);

struct wireguard_endpoint {
	struct ip_addr addr; /* zero family: not known, the peer comes to us */
	uint16_t port;
};
#define WIREGUARD_ENDPOINT_TEXT_MAX 64
const char *wireguard_endpoint_format(const struct wireguard_endpoint *e, char *buf, size_t size);

struct wireguard_peer {
	struct wireguard_key public_key;
	struct wireguard_key preshared_key; /* zero: none */
	char *preshared_key_file;
	struct wireguard_endpoint endpoint;
	struct ip_prefix_list allowed_ips; /* without host bits */
	uint16_t persistent_keepalive;     /* seconds; 0: off */
};

/* In whose namespace the UDP socket is. */
enum wireguard_socket { WIREGUARD_SOCKET_HOST, WIREGUARD_SOCKET_CONTAINER };

struct wireguard_options {
	struct wireguard_key private_key;
	char *private_key_file;
	uint16_t listen_port; /* 0: the kernel's choice */
	uint32_t fwmark;      /* of the packets sent; 0: none */
	struct wireguard_peer *peers;
	size_t peer_count;
	bool route_allowed_ips;
	int socket;
};
extern const struct json_schema wireguard_schema;

/* Rules between its keys; the key is in front of the text ("peers[1].public_key: ..."). */
int wireguard_check(const struct wireguard_options *o, struct err *err);

/* A copy that json_release() frees; -ENOMEM leaves @to zero. */
int wireguard_copy(struct wireguard_options *to, const struct wireguard_options *from);

/*
 * Read the files that keys are in, each into the key that it stands for. A key that was read already stays, and so does its file's
 * name.
 */
int wireguard_read_keys(struct wireguard_options *o, struct err *err);

#endif
