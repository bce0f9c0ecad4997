// SPDX-License-Identifier: Apache-2.0
/*
 * WireGuard without a kernel that has it: keys, files, and the messages, which the kernel reads in the words that it writes: what
 * is built is parsed, and has to be what was asked for.
 */
#include "net/wireguard.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "net/nl_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/wireguard.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* --- Keys --- */

/* 0 to 31, and the two keys of RFC 7748, section 6.1, as `base64` writes them. */
static const struct {
	const char *text;
	uint8_t first, last;
} keys[] = {
	{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 0x00, 0x1f },
	{ "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=", 0x77, 0x2a },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=", 0x85, 0x6a },
};

static void good_keys(void **state)
{
	char text[WIREGUARD_KEY_TEXT_MAX];
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < array_size(keys); i++) {
		struct wireguard_key key;

		assert_int_equal(wireguard_key_parse(keys[i].text, &key, &err), 0);
		assert_int_equal(key.bytes[0], keys[i].first);
		assert_int_equal(key.bytes[31], keys[i].last);
		assert_string_equal(wireguard_key_format(&key, text, sizeof(text)), keys[i].text);
	}
}

#define COUNTED   "a key is 32 bytes in base64, 44 characters; here are "
#define MALFORMED "a key is 32 bytes in base64; these 44 characters are not"

static const struct {
	const char *text, *error;
} bad_keys[] = {
	{ "", COUNTED "0" },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", COUNTED "43" },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo==", COUNTED "45" },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n", COUNTED "45" },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmoA", MALFORMED },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTm==", MALFORMED },
	{ "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=", MALFORMED },
	{ "hSDwCYkwp1R0i33c D73Wg2/Og0mOBr066SpjqqbTmo=", MALFORMED },
	/* Bits that say nothing, and are not zero. */
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=", MALFORMED },
	{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmq=", MALFORMED },
	{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "the key of zeros stands for none" },
};

static void malformed_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(bad_keys); i++) {
		struct wireguard_key key = { { 7 } };
		struct err err = { 0 };

		assert_int_equal(wireguard_key_parse(bad_keys[i].text, &key, &err), -EINVAL);
		assert_string_equal(err.text, bad_keys[i].error);
		assert_int_equal(key.bytes[0], 7);
	}
}

static void key_files(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *error;
	} rows[] = {
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n", 45, NULL },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo= \r\n\n", 48, NULL },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=", 44, NULL },
		{ "\n", 1, COUNTED "0" },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\0x", 46,
		  "a key is text, and this is not" },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\nx", 46, COUNTED "46" },
	};
	char dir[] = "/tmp/ctrnet-test-XXXXXX", path[64], expected[128];
	struct wireguard_key key;
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	for (size_t i = 0; i < array_size(rows); i++) {
		assert_int_equal(
			file_replace(AT_FDCWD, path, rows[i].text, rows[i].len, 0600, &err), 0);
		assert_int_equal(wireguard_key_read(path, &key, &err), rows[i].error ? -EINVAL : 0);
		snprintf(expected, sizeof(expected), "%s: %s", path,
			 rows[i].error ? rows[i].error : "");
		assert_string_equal(rows[i].error ? err.text : expected, expected);
	}
	file_remove_tree(AT_FDCWD, dir, NULL);
	assert_int_equal(wireguard_key_read(path, &key, &err), -ENOENT);
}

/* --- Messages --- */

static const struct genl family = { .id = 40, .version = 1 };

static struct wireguard_options decode(const char *text)
{
	struct wireguard_options o;
	struct err err = { 0 };

	if (json_decode(&wireguard_schema, &o, text, strlen(text), "c", &err) < 0 ||
	    wireguard_check(&o, &err) < 0)
		fail_msg("%s", err.text);
	o.private_key = wireguard_key_clamped(&o.private_key);
	return o;
}

#define PRIVATE "\"private_key\":\"stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=\""
#define ONE     "H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hlI="
#define TWO     "iO+Xs/xDu/dgCfaRH8mAsOSE4F4EeyjdHjjT1/Et4FQ="
#define SHARED  "TMZ3AbLC7cnWBt7A64d2xwzcbAET/Dovg7yWO/d+oiM="
#define CONFIG                                                                         \
	"{" PRIVATE ",\"listen_port\":51820,\"fwmark\":77,\"peers\":["                 \
	"{\"public_key\":\"" ONE "\",\"preshared_key\":\"" SHARED "\","                \
	"\"endpoint\":\"192.0.2.1:5\",\"allowed_ips\":[\"10.0.0.0/8\",\"fd00::/64\"]," \
	"\"persistent_keepalive\":25},"                                                \
	"{\"public_key\":\"" TWO                                                       \
	"\",\"endpoint\":\"[2001:db8::1]:65535\",\"allowed_ips\":[\"0.0.0.0/0\"]}]}"

/* As `ctrnet state` shows it. */
static void hidden_keys(void **state)
{
	static const char *const secrets[] = { "stVkwDivKu13", "TMZ3AbLC7cnW" };
	struct wireguard_options o = decode(CONFIG);
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json_writer *w = json_writer_new(out, false);

	(void)state;
	json_writer_hide(w);
	json_write_object(w, NULL, &wireguard_schema, &o);
	assert_int_equal(json_writer_end(w, NULL), 0);
	fclose(out);
	json_release(&wireguard_schema, &o);
	for (size_t i = 0; i < array_size(secrets); i++)
		assert_null(strstr(text, secrets[i]));
	assert_non_null(strstr(text, "\"private_key\":\"(hidden)\""));
	assert_non_null(
		strstr(text, "{\"public_key\":\"" ONE "\",\"preshared_key\":\"(hidden)\","));
	assert_non_null(strstr(text, "{\"public_key\":\"" TWO "\",\"endpoint\":"));
}

static int parse_each(void *arg, const struct nlmsghdr *msg)
{
	wireguard_parse(&family, msg, arg);
	return 0;
}

/* What a kernel would have behind the messages that make @o of @have; how many they were. */
static size_t apply_to(const struct wireguard_options *o, struct wireguard_device *have,
		       struct wireguard_device *out)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct err err = { 0 };

	wireguard_put(&family, &b, "wg0", o, have);
	if (nl_batch_ready(&b, &err) < 0)
		fail_msg("%s", err.text);
	*out = (struct wireguard_device){ 0 };
	assert_int_equal(nl_each(b.buf, b.used, parse_each, out), 0);
	assert_int_equal(out->code, 0);
	return b.count;
}

static void all_of_it(void **state)
{
	_cleanup_(wireguard_device_release) struct wireguard_device none = { 0 }, got = { 0 },
								    again = { 0 };
	struct wireguard_options o = decode(CONFIG);
	char text[WIREGUARD_ENDPOINT_TEXT_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(apply_to(&o, &none, &got), 1);
	assert_int_equal(got.peer_count, 2);
	assert_string_equal(wireguard_endpoint_format(&got.peers[1].set.endpoint, text,
						      sizeof(text)),
			    "[2001:db8::1]:65535");
	if (wireguard_compare(&o, &got, &err) < 0)
		fail_msg("%s", err.text);
	/* And then there is nothing to say. */
	assert_int_equal(apply_to(&o, &got, &again), 1);
	assert_int_equal(again.peer_count, 0);
	assert_int_equal(again.listen_port, 0);
	assert_true(wireguard_key_is_zero(&again.private_key));
	json_release(&wireguard_schema, &o);
}

/* Peers, and allowed IPs of one peer, that no single message has room for. */
static void many(void **state)
{
	_cleanup_(wireguard_device_release) struct wireguard_device none = { 0 }, got = { 0 };
	struct wireguard_options o = decode("{" PRIVATE "}");
	struct err err = { 0 };
	size_t count = 0;

	(void)state;
	o.peer_count = 1000;
	o.peers = calloc(o.peer_count, sizeof(*o.peers));
	assert_non_null(o.peers);
	for (uint32_t i = 0; i < o.peer_count; i++) {
		memcpy(o.peers[i].public_key.bytes, &i, sizeof(i));
		o.peers[i].public_key.bytes[31] = 1;
		for (uint32_t at = 0; at < (i == 500 ? 3000 : i % 3); at++, count++) {
			struct ip_prefix p = { { AF_INET6, { 0xfd } }, 128 };

			memcpy(p.addr.bytes + 8, &i, sizeof(i));
			memcpy(p.addr.bytes + 12, &at, sizeof(at));
			assert_int_equal(ip_prefix_list_add(&o.peers[i].allowed_ips, &p), 0);
		}
	}
	assert_int_equal(wireguard_check(&o, &err), 0);
	assert_true(apply_to(&o, &none, &got) > 10);
	assert_int_equal(got.peer_count, 1000);
	for (size_t i = 0; i < got.peer_count; i++)
		count -= got.peers[i].set.allowed_ips.count;
	assert_int_equal(count, 0);
	if (wireguard_compare(&o, &got, &err) < 0)
		fail_msg("%s", err.text);
	json_release(&wireguard_schema, &o);
}

/* --- Differences --- */

static struct wireguard_device_peer *peer_of(struct wireguard_device *d, const char *text)
{
	struct wireguard_key key;

	assert_int_equal(wireguard_key_parse(text, &key, NULL), 0);
	for (size_t i = 0; i < d->peer_count; i++)
		if (wireguard_key_equal(&d->peers[i].set.public_key, &key))
			return &d->peers[i];
	fail_msg("no peer %s", text);
	return NULL;
}

static void other_private(struct wireguard_device *d)
{
	d->private_key.bytes[5] ^= 1;
}

static void other_port(struct wireguard_device *d)
{
	d->listen_port = 1;
}

static void no_mark(struct wireguard_device *d)
{
	d->fwmark = 0;
}

static void one_less(struct wireguard_device *d)
{
	ip_prefix_list_release(&d->peers[--d->peer_count].set.allowed_ips);
}

static void other_peer(struct wireguard_device *d)
{
	peer_of(d, TWO)->set.public_key.bytes[0]++;
}

static void one_more(struct wireguard_device *d)
{
	d->peers = reallocarray(d->peers, d->peer_count + 1, sizeof(*d->peers));
	d->peers[d->peer_count] = (struct wireguard_device_peer){ 0 };
	memset(&d->peers[d->peer_count++].set.public_key, 0xff, sizeof(struct wireguard_key));
}

static void no_shared(struct wireguard_device *d)
{
	peer_of(d, ONE)->set.preshared_key = (struct wireguard_key){ 0 };
}

static void other_keepalive(struct wireguard_device *d)
{
	peer_of(d, TWO)->set.persistent_keepalive = 9;
}

static void elsewhere(struct wireguard_device *d)
{
	peer_of(d, TWO)->set.endpoint.port--;
}

static void nowhere(struct wireguard_device *d)
{
	peer_of(d, ONE)->set.endpoint = (struct wireguard_endpoint){ 0 };
}

static void roamed(struct wireguard_device *d)
{
	elsewhere(d);
	peer_of(d, TWO)->rx_bytes = 148;
}

static void less_allowed(struct wireguard_device *d)
{
	peer_of(d, ONE)->set.allowed_ips.count--;
}

static void more_allowed(struct wireguard_device *d)
{
	const struct ip_prefix p = { { AF_INET, { 10 } }, 9 };

	assert_int_equal(ip_prefix_list_add(&peer_of(d, ONE)->set.allowed_ips, &p), 0);
}

static const struct {
	void (*tamper)(struct wireguard_device *d);
	const char *said;
	size_t sent; /* peers */
} tampered[] = {
	{ other_private, "private_key is another one", 0 },
	{ other_port, "listen_port is 1, planned 51820", 0 },
	{ no_mark, "fwmark is 0, planned 77", 0 },
	{ one_less, "no peer " TWO, 1 },
	/* It goes, and the one that is planned comes. */
	{ other_peer, "no peer " TWO, 2 },
	{ one_more, "peer //////////////////////////////////////////8= as well", 1 },
	{ no_shared, "peer " ONE ": preshared_key is another one", 1 },
	{ other_keepalive, "peer " TWO ": persistent_keepalive is 9, planned 0", 1 },
	{ elsewhere, "peer " TWO ": endpoint is [2001:db8::1]:65534, planned [2001:db8::1]:65535",
	  1 },
	{ nowhere, "peer " ONE ": it has no endpoint, planned 192.0.2.1:5", 1 },
	{ roamed, "", 0 },
	{ less_allowed, "peer " ONE ": allowed_ips lack fd00::/64", 1 },
	{ more_allowed, "peer " ONE ": allowed_ips have 10.0.0.0/9 as well", 1 },
};

static void differences(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(tampered); i++) {
		_cleanup_(wireguard_device_release) struct wireguard_device none = { 0 },
									    got = { 0 },
									    sent = { 0 };
		struct wireguard_options o = decode(CONFIG);
		struct err err = { 0 };

		apply_to(&o, &none, &got);
		tampered[i].tamper(&got);
		assert_int_equal(wireguard_compare(&o, &got, &err),
				 tampered[i].said[0] ? -ESTALE : 0);
		assert_string_equal(err.text, tampered[i].said);
		apply_to(&o, &got, &sent);
		assert_int_equal(sent.peer_count, tampered[i].sent);
		assert_int_equal(sent.listen_port, tampered[i].tamper == other_port ? 51820 : 0);
		assert_int_equal(sent.fwmark, tampered[i].tamper == no_mark ? 77 : 0);
		assert_int_equal(!wireguard_key_is_zero(&sent.private_key),
				 tampered[i].tamper == other_private);
		json_release(&wireguard_schema, &o);
	}
}

/* A port that nobody asked for may be any. */
static void any_port(void **state)
{
	struct wireguard_options o = decode("{" PRIVATE "}");
	struct wireguard_device d = { .private_key = o.private_key, .listen_port = 40123 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(wireguard_compare(&o, &d, &err), 0);
	json_release(&wireguard_schema, &o);
}

/* --- Strange answers --- */

/* Whatever a message is cut to, or says instead: no more is believed than is there. */
static void cut_short(void **state)
{
	_cleanup_(wireguard_device_release) struct wireguard_device none = { 0 };
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct wireguard_options o = decode(CONFIG);
	struct nlmsghdr *msg;
	uint32_t len;

	(void)state;
	wireguard_put(&family, &b, "wg0", &o, &none);
	assert_int_equal(nl_batch_ready(&b, NULL), 0);
	msg = nl_request_head(&b, 0);
	len = msg->nlmsg_len;
	for (uint32_t cut = 0; cut < len; cut++) {
		_cleanup_free_ struct nlmsghdr *copy = malloc(len);
		_cleanup_(wireguard_device_release) struct wireguard_device d = { 0 };

		memcpy(copy, msg, len);
		copy->nlmsg_len = cut < NLMSG_HDRLEN ? NLMSG_HDRLEN : cut;
		wireguard_parse(&family, copy, &d);
		if (cut < NLMSG_HDRLEN + GENL_HDRLEN)
			assert_int_equal(d.code, -EBADMSG);
		/* And with a byte that is another one. */
		memcpy(copy, msg, len);
		if (cut >= NLMSG_HDRLEN)
			((uint8_t *)copy)[cut] ^= 0xff;
		wireguard_device_release(&d);
		wireguard_parse(&family, copy, &d);
	}
	json_release(&wireguard_schema, &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_keys),   cmocka_unit_test(malformed_keys),
		cmocka_unit_test(key_files),   cmocka_unit_test(all_of_it),
		cmocka_unit_test(many),        cmocka_unit_test(differences),
		cmocka_unit_test(any_port),    cmocka_unit_test(cut_short),
		cmocka_unit_test(hidden_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
