// SPDX-License-Identifier: Apache-2.0
/*
 * Generic netlink with two families that every kernel has: the controller and ethtool. Each test has a namespace "container" of its
 * own, with a link in it that is nowhere else; genl(8) is the witness.
 */
#include "net/genl.h"

#include "lib/cleanup.h"
#include "net/netns.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

struct world {
	struct scope scope;
	int home;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || scope_init(&w->scope, "genl", "/nowhere", "/nowhere", NULL) < 0)
		return -1;
	w->home = netns_open_own(NULL);
	if (w->home < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	*state = w;
	if (system("ip link add ctrin0 type veth peer name ctrin1") != 0 ||
	    scope_set_ns(&w->scope, SCOPE_CONTAINER, netns_open_own(NULL), true, NULL) < 0)
		return -1;
	return unshare(CLONE_NEWNET);
}

static int end_world(void **state)
{
	struct world *w = *state;
	int ret = netns_leave(w->home, NULL);

	scope_release(&w->scope);
	free(w);
	return ret;
}

/* The number and version that genl(8) prints of a family, in hexadecimal. */
static void witness(const char *name, unsigned int *id, unsigned int *version)
{
	char cmd[128];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "genl ctrl get name %s | tr '\\n' ' '", name);
	p = popen(cmd, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, " Name: %*s ID: %x Version: %x", id, version), 2);
	pclose(p);
}

static void families(void **state)
{
	static const char *const names[] = { "nlctrl", "ethtool" };
	struct world *w = *state;
	unsigned int id, version;
	struct err err = { 0 };
	struct genl g;

	for (size_t i = 0; i < array_size(names); i++) {
		assert_int_equal(genl_for(&w->scope, SCOPE_HOST, names[i], &g, &err), 0);
		witness(names[i], &id, &version);
		assert_int_equal(g.id, id);
		assert_int_equal(g.version, version);
	}
}

static void no_family(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	struct genl g = { .id = 7 };

	assert_int_equal(genl_for(&w->scope, SCOPE_HOST, "ctrnet-none", &g, &err), -EOPNOTSUPP);
	assert_string_equal(err.text, "this kernel has no ctrnet-none");
	assert_int_equal(g.id, 7);
}

/* A conversation for each namespace, and numbers that are asked for once. */
static void kept(void **state)
{
	struct genl host, again, inside;
	struct world *w = *state;
	struct err err = { 0 };

	assert_int_equal(genl_for(&w->scope, SCOPE_HOST, "ethtool", &host, &err), 0);
	assert_int_equal(genl_for(&w->scope, SCOPE_HOST, "ethtool", &again, &err), 0);
	assert_int_equal(genl_for(&w->scope, SCOPE_CONTAINER, "ethtool", &inside, &err), 0);
	assert_ptr_equal(host.nl, again.nl);
	assert_ptr_not_equal(host.nl, inside.nl);
	assert_int_equal(host.id, again.id);
	assert_int_equal(host.id, inside.id);
	assert_int_equal(genl_for(&w->scope, "elsewhere", "ethtool", &again, &err), -ENOENT);
}

struct seen {
	const struct genl *g;
	int cmd;
	char name[32];
	size_t count;
};

static void see_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[ETHTOOL_A_LINKINFO_MAX + 1] = { 0 };
	const struct nlattr *head[ETHTOOL_A_HEADER_MAX + 1] = { 0 };
	struct seen *s = arg;

	(void)tag;
	s->cmd = genl_attrs(s->g, msg, attrs, ETHTOOL_A_LINKINFO_MAX);
	nl_attrs_nested(attrs[ETHTOOL_A_LINKINFO_HEADER], head, ETHTOOL_A_HEADER_MAX);
	nl_get_str(head[ETHTOOL_A_HEADER_DEV_NAME], s->name, sizeof(s->name));
	s->count++;
}

static void ask(const struct genl *g, struct nl_batch *b, const char *link)
{
	struct nl_msg *m = genl_batch_add(g, b, ETHTOOL_MSG_LINKSTATE_GET, 0, 5);

	nl_nest (m, ETHTOOL_A_LINKSTATE_HEADER)
		if (link)
			nl_put_str(m, ETHTOOL_A_HEADER_DEV_NAME, link);
}

/* Where the link is it is found, and elsewhere the kernel says so in its own words. */
static void namespaces(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	struct genl g;

	for (int inside = 0; inside <= 1; inside++) {
		_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
		struct seen seen = { .g = &g };

		assert_int_equal(genl_for(&w->scope, inside ? SCOPE_CONTAINER : SCOPE_HOST,
					  "ethtool", &g, &err),
				 0);
		ask(&g, &b, "ctrin0");
		assert_int_equal(nl_batch_send(g.nl, &b, see_link, &seen, &err), 0);
		assert_int_equal(nl_batch_error(&b, &err, "link"), inside ? 0 : -ENODEV);
		assert_int_equal(seen.count, inside);
		if (!inside)
			assert_string_equal(
				err.text, "link: No such device (kernel: no device matches name)");
	}
}

static void dumps(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct world *w = *state;
	struct err err = { 0 };
	struct genl g;
	struct seen seen = { .g = &g };

	assert_int_equal(genl_for(&w->scope, SCOPE_CONTAINER, "ethtool", &g, &err), 0);
	ask(&g, &b, NULL);
	assert_int_equal(nl_dump(g.nl, &b, see_link, &seen, &err), 0);
	assert_true(seen.count >= 2);
	assert_int_equal(seen.cmd, ETHTOOL_MSG_LINKSTATE_GET_REPLY);
	assert_true(seen.name[0]);
}

/* A kernel that answers without a number, cut short, or as another family. */
static void strange_answers(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t len;
	} rows[] = {
		{ GENL_ID_CTRL, NLMSG_HDRLEN },
		{ GENL_ID_CTRL, NLMSG_HDRLEN + 2 },
		{ GENL_ID_CTRL, NLMSG_HDRLEN + GENL_HDRLEN },
		{ GENL_ID_CTRL + 1, NLMSG_HDRLEN + GENL_HDRLEN + 8 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_(nl_cleanup) struct nl *nl = NULL;
		_cleanup_fd_ int kernel = -1;
		struct {
			struct nlmsghdr head;
			struct genlmsghdr generic;
			struct nlattr attr;
			uint32_t id;
		} answer = { { rows[i].len, rows[i].type, 0, 1, 0 },
			     { CTRL_CMD_NEWFAMILY, 2, 0 },
			     { 6, CTRL_ATTR_FAMILY_ID },
			     99 };
		struct {
			struct nlmsghdr head;
			struct nlmsgerr ack;
		} ack = { { sizeof(ack), NLMSG_ERROR, NLM_F_CAPPED, 1, 0 }, { 0 } };
		struct err err = { 0 };
		struct genl g;
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		kernel = ends[0];
		assert_int_equal(nl_new(ends[1], &nl, &err), 0);
		assert_int_equal(send(kernel, &answer, rows[i].len, 0), rows[i].len);
		assert_int_equal(send(kernel, &ack, sizeof(ack), 0), sizeof(ack));
		assert_int_equal(genl_find(nl, "x", &g, &err), -EBADMSG);
		assert_string_equal(err.text, "generic netlink family 'x': no number");
	}
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, make_world, end_world)
	const struct CMUnitTest tests[] = {
		TEST(families),   TEST(no_family), TEST(kept),
		TEST(namespaces), TEST(dumps),     cmocka_unit_test(strange_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
