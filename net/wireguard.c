// SPDX-License-Identifier: Apache-2.0
#include "net/wireguard.h"

#include "net/patience.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

static void describe(const void *args, char *buf, size_t size)
{
	const struct wireguard_args *a = args;

	snprintf(buf, size, "wireguard %s", a->at.link);
}

/* --- Doing it --- */

static int refuse(const struct wireguard_args *a, const struct nl_batch *b, struct err *err)
{
	const struct nl_request *refused = nl_batch_refused(b);

	if (refused && refused->ack.code == -EADDRINUSE)
		return err_set(err, -EADDRINUSE, "listen_port: %u is taken", a->set.listen_port);
	return nl_batch_error(b, err, "its keys, port and peers");
}

/* Make of what is there what is planned; on a new link that is all of it. */
static int change(const struct genl *g, struct wireguard_args *a, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_(wireguard_device_release) struct wireguard_device have = { 0 };
	int ret = wireguard_read(g, a->at.link, &have, err);

	if (ret < 0)
		return ret;
	wireguard_put(g, &b, a->at.link, &a->set, &have);
	ret = nl_batch_send(g->nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : refuse(a, &b, err);
}

/* The kernel passes over a peer that is the interface itself without a word; only it knows the public key. */
static int check_own(const struct genl *g, const struct wireguard_args *a, struct err *err)
{
	_cleanup_(wireguard_device_release) struct wireguard_device have = { 0 };
	int ret = wireguard_read(g, a->at.link, &have, err);

	for (size_t i = 0; ret == 0 && i < a->set.peer_count; i++)
		if (wireguard_key_equal(&a->set.peers[i].public_key, &have.public_key))
			ret = err_set(err, -EINVAL,
				      "peers[%zu].public_key: it is that of the private_key", i);
	return ret;
}

/* A container that has just ended may have its port for a moment still. */
static int change_patiently(const struct genl *g, struct wireguard_args *a, struct err *err)
{
	struct net_patience patience = { .limit = NET_PASSING_USEC };
	int ret;

	do
		ret = change(g, a, err);
	while (ret == -EADDRINUSE && net_patience_wait(&patience));
	return ret;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	struct wireguard_args *a = args;
	struct genl g;
	int ret = wireguard_read_keys(&a->set, err);

	if (ret == 0)
		ret = genl_for(scope, a->at.ns, WIREGUARD_FAMILY, &g, err);
	if (ret == 0)
		ret = change_patiently(&g, a, err);
	if (ret == 0)
		ret = check_own(&g, a, err);
	return ret < 0 ? err_wrap(err, "wireguard %s", a->at.link) : 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	_cleanup_(wireguard_device_release) struct wireguard_device have = { 0 };
	const struct wireguard_args *a = args;
	struct genl g;
	int ret = genl_for(scope, a->at.ns, WIREGUARD_FAMILY, &g, err);

	if (ret == 0)
		ret = wireguard_read(&g, a->at.link, &have, err);
	if (ret < 0)
		return ret;
	ret = wireguard_compare(&a->set, &have, err);
	return ret < 0 ? err_wrap(err, "wireguard %s", a->at.link) : 0;
}

/* --- As commands --- */

/* wg(8) takes a key from a file only. One that is in the config is not shown, and has to be put into a file of that name. */
static void show_key(const char *link, const char *what, const struct wireguard_key *key,
		     const char *file, size_t peer, FILE *out)
{
	if (!file && wireguard_key_is_zero(key))
		return;
	fprintf(out, " %s ", what);
	if (file)
		str_print_shell(out, file);
	else if (peer)
		fprintf(out, "%s.peer%zu.key", link, peer - 1);
	else
		fprintf(out, "%s.key", link);
}

static void show_wg(const struct wireguard_args *a, FILE *out)
{
	if (strcmp(a->at.ns, SCOPE_HOST))
		fprintf(out, "ip netns exec %s ", a->at.ns);
	fprintf(out, "wg set %s", a->at.link);
}

static void show_peer(const struct wireguard_args *a, size_t i, FILE *out)
{
	const struct wireguard_peer *p = &a->set.peers[i];
	char key[WIREGUARD_KEY_TEXT_MAX], text[IP_TEXT_MAX];
	char endpoint[WIREGUARD_ENDPOINT_TEXT_MAX];

	show_wg(a, out);
	fprintf(out, " peer %s", wireguard_key_format(&p->public_key, key, sizeof(key)));
	show_key(a->at.link, "preshared-key", &p->preshared_key, p->preshared_key_file, i + 1, out);
	if (p->endpoint.addr.family)
		fprintf(out, " endpoint %s",
			wireguard_endpoint_format(&p->endpoint, endpoint, sizeof(endpoint)));
	if (p->persistent_keepalive)
		fprintf(out, " persistent-keepalive %u", p->persistent_keepalive);
	for (size_t at = 0; at < p->allowed_ips.count; at++)
		fprintf(out, "%s%s", at ? "," : " allowed-ips ",
			ip_prefix_format(&p->allowed_ips.items[at], text, sizeof(text)));
	fputc('\n', out);
}

static void show(const void *args, FILE *out)
{
	const struct wireguard_args *a = args;

	show_wg(a, out);
	if (a->set.listen_port)
		fprintf(out, " listen-port %u", a->set.listen_port);
	if (a->set.fwmark)
		fprintf(out, " fwmark %u", a->set.fwmark);
	show_key(a->at.link, "private-key", &a->set.private_key, a->set.private_key_file, 0, out);
	fputc('\n', out);
	for (size_t i = 0; i < a->set.peer_count; i++)
		show_peer(a, i, out);
}

/* --- The journal --- */

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct wireguard_args, "link"),
	JSON_OBJECT(struct wireguard_args, "set", set, &wireguard_schema), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct wireguard_args, fields);

const struct step_type wireguard_set_step = {
	.name = "wireguard.set",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.probe = probe,
	.describe = describe,
	.show = show,
	.learns = true,
};
