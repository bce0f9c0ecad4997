// SPDX-License-Identifier: Apache-2.0
/* Networks that come to what runs, and go: names, what is planned, what is recalled, and what is undone. No kernel. */
#include "net/attach.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ipam.h"
#include "net/reserve.h"
#include "net/route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct json_field fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_ARRAY(struct net_config, "routes", routes, route_count, &net_route_schema), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct net_config, fields);

static void load(const char *text, struct net_config *c)
{
	struct err err = { 0 };

	*c = (struct net_config){ 0 };
	if (json_decode(&schema, c, text, strlen(text), "c", &err) < 0 || net_check(c, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_names(const struct net_config *c, const char *expected)
{
	char text[256] = "", name[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, name);
		strcat(strcat(text, name), " ");
	}
	assert_string_equal(text, expected);
}

static void remove_network(struct net_config *c, size_t i)
{
	json_release(&network_schema, &c->networks[i]);
	c->network_count--;
	memmove(c->networks + i, c->networks + i + 1,
		(c->network_count - i) * sizeof(*c->networks));
}

/* eth2 stays eth2 without eth1, and a new one gets the gap. */
static void names(void **state)
{
	struct net_config c;

	(void)state;
	load("{\"networks\":[{\"type\":\"loopback\"},{\"type\":\"veth\"},{\"type\":\"veth\"},"
	     "{\"type\":\"veth\"},{\"type\":\"tap\"}]}",
	     &c);
	assert_names(&c, "lo eth0 eth1 eth2 tap0 ");
	net_attach_settle_names(&c);
	remove_network(&c, 2);
	assert_names(&c, "lo eth0 eth2 tap0 ");
	memset(c.networks[1].name, 0, sizeof(c.networks[1].name));
	net_attach_choose_names(&c, 1);
	assert_names(&c, "lo eth0 eth2 tap0 ");
	json_release(&schema, &c);
}

static void plan_all(const struct net_config *c, const struct endpoint *ends, struct plan *plan)
{
	struct err err = { 0 };

	assert_int_equal(plan_add_ns(plan, SCOPE_CONTAINER, NULL, 0, true, &err), 0);
	if (net_plan(c, ends, "box", true, plan, &err) < 0)
		fail_msg("%s", err.text);
}

static char *shown(const struct plan *plan)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	plan_show(plan, PHASE_PREPARE, out);
	plan_show(plan, PHASE_CONNECT, out);
	fclose(out);
	return text;
}

static const char two[] =
	"{\"networks\":[{\"type\":\"veth\",\"bridge\":\"br0\",\"bridge_address\":\"10.9.0.1/24\","
	"\"subnet\":\"10.9.0.0/24\",\"shaping\":{\"ingress\":{\"rate\":\"1mbit\"}}},"
	"{\"type\":\"veth\",\"bridge\":\"br0\",\"address\":\"10.8.0.2/24\","
	"\"routes\":[{\"type\":\"blackhole\",\"destination\":\"10.7.0.0/16\"}]}],"
	"\"routes\":[{\"destination\":\"10.6.0.0/16\",\"interface_name\":\"eth1\"}]}";

#define CHOSEN                                              \
	{                                                   \
		.family = AF_INET, .bytes = { 10, 9, 0, 7 } \
	}

static const struct endpoint two_ends[2] = {
	{ .name = "eth0",
	  .host_name = "vea",
	  .namespace_new = true,
	  .chosen = { CHOSEN },
	  .default_gateway = { { .family = AF_INET, .bytes = { 10, 9, 0, 1 } } } },
	{ .name = "eth1", .host_name = "veb", .namespace_new = true },
};

/* What the journal has is what resolve had chosen. */
static void recall(void **state)
{
	struct endpoint ends[2] = { 0 };
	struct plan plan = { 0 };
	struct net_config c;

	(void)state;
	load(two, &c);
	plan_all(&c, two_ends, &plan);
	net_attach_recall(&c, &plan, ends);
	assert_true(ip_addr_equal(&ends[0].chosen[0], &two_ends[0].chosen[0]));
	assert_true(ip_addr_equal(&ends[0].default_gateway[0], &two_ends[0].default_gateway[0]));
	assert_int_equal(ends[1].default_gateway[0].family, 0);
	assert_true(net_attach_is_prepared(&c, &plan));
	plan.ns[0].mortal = false;
	assert_false(net_attach_is_prepared(&c, &plan));
	plan_release(&plan);
	json_release(&schema, &c);
}

/* Of one that goes, what is on its links goes along, and what is shared stays; the rest moves up. */
static void rest(void **state)
{
	struct plan plan = { 0 }, part = { 0 }, left = { 0 };
	_cleanup_free_ char *text = NULL;
	struct net_config c;
	struct err err = { 0 };
	size_t i = 9;

	(void)state;
	load(two, &c);
	plan_all(&c, two_ends, &plan);
	net_attach_settle_names(&c);
	assert_int_equal(net_attach_find(&c, "eth7", &i, &err), -ENODEV);
	assert_string_equal(
		err.text, "no network of the container has the name 'eth7' (there are eth0, eth1)");
	assert_int_equal(net_attach_find(&c, "eth0", &i, &err), 0);
	assert_int_equal(i, 0);
	assert_true(net_detach_takes_route(&c.routes[0], "eth1"));
	assert_false(net_detach_takes_route(&c.routes[0], "eth0"));
	assert_int_equal(plan_split(&plan, "eth0", &part, &err), 0);
	assert_int_equal(net_detach_rest(&part, &left, &err), 0);
	text = shown(&left);
	/* Its qdisc on the host's end, address and route need no word of their own. */
	assert_non_null(strstr(text, "# reserve 10.9.0.7 of 10.9.0.0/24\n"));
	assert_non_null(strstr(text, "ip link add vea "));
	assert_null(strstr(text, "tc "));
	assert_null(strstr(text, " addr add 10.9.0.7/24"));
	assert_null(strstr(text, "route add"));
	assert_null(strstr(text, "link add br0"));
	remove_network(&c, 0);
	assert_int_equal(net_detach_renumber(&c, "networks", 0, &plan, &err), 0);
	for (i = 0; i < plan.count; i++) {
		const char *origin = plan.steps[i].origin;

		if (origin && str_starts(origin, "networks["))
			assert_true(str_starts(origin, "networks[0]"));
	}
	free(left.steps);
	plan_release(&part);
	plan_release(&plan);
	json_release(&schema, &c);
}

/* Only what is new is planned, and what is shared once. */
static void added(void **state)
{
	struct plan plan = { 0 }, more = { 0 };
	_cleanup_free_ char *text = NULL;
	struct net_config c;
	struct err err = { 0 };
	size_t before;

	(void)state;
	load(two, &c);
	c.network_count = 1;
	c.route_count = 0;
	plan_all(&c, two_ends, &plan);
	before = plan.count;
	c.network_count = 2;
	c.route_count = 1;
	c.live = true;
	c.standing = 1;
	assert_int_equal(net_plan(&c, two_ends, "box", true, &more, &err), 0);
	text = shown(&more);
	assert_null(strstr(text, "eth0"));
	assert_null(strstr(text, "lo up"));
	assert_null(strstr(text, "accept_dad"));
	assert_null(strstr(text, "10.6.0.0/16"));
	assert_non_null(strstr(text, "addr add 10.8.0.2/24 dev eth1"));
	assert_non_null(strstr(text, "route add blackhole 10.7.0.0/16"));
	assert_int_equal(plan_merge(&plan, &more, &err), 0);
	for (size_t i = before; i < plan.count; i++)
		assert_null(plan.steps[i].shared);
	for (size_t i = 0; i < before; i++)
		if (plan.steps[i].shared && !strcmp(plan.steps[i].shared, "link.bridge:br0"))
			assert_string_equal(plan.steps[i].owner, "eth0 eth1");
	plan_release(&plan);
	plan_release(&more);
	json_release(&schema, &c);
}

/* Also routes that follow from a type's own keys are the network's. */
static void derived(void **state)
{
	static const struct endpoint ends[2] = {
		{ .name = "eth0", .host_name = "vea", .namespace_new = true },
		{ .name = "wg0", .namespace_new = true },
	};
	_cleanup_free_ char *text = NULL;
	struct plan more = { 0 };
	struct net_config c;
	struct err err = { 0 };

	(void)state;
	load("{\"networks\":[{\"type\":\"veth\"},{\"type\":\"wireguard\",\"route_allowed_ips\":true,"
	     "\"private_key\":\"stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=\",\"peers\":[{"
	     "\"public_key\":\"2cIqP9DvG0VyNxjuyktKGQ9p+fxM3Jl5MtHb5eYcnjs=\",\"allowed_ips\":[\"10.5.0.0/16\"]}]}]}",
	     &c);
	c.live = true;
	c.standing = 1;
	assert_int_equal(net_plan(&c, ends, "box", true, &more, &err), 0);
	text = shown(&more);
	assert_non_null(strstr(text, "route add 10.5.0.0/16 dev wg0"));
	for (size_t i = 0; i < more.count; i++)
		assert_true(step_has_owner(&more.steps[i], "wg0"));
	plan_release(&more);
	json_release(&schema, &c);
}

/* Whose `routes` go with a network is told by what they say, whatever number they were planned for. */
static void given(void **state)
{
	struct plan plan = { 0 };
	struct net_config c;
	struct err err = { 0 };
	size_t n = 0;

	(void)state;
	load("{\"networks\":[{\"type\":\"veth\",\"address\":\"10.8.0.2/24\"},{\"type\":\"veth\",\"address\":\"10.9.0.2/24\"}],"
	     "\"routes\":[{\"destination\":\"10.6.0.0/16\",\"interface_name\":\"eth1\"},"
	     "{\"destination\":\"10.7.0.0/16\",\"interface_name\":\"eth0\"}]}",
	     &c);
	plan_all(&c, two_ends, &plan);
	assert_int_equal(net_detach_renumber(&c, "routes", 0, &plan, &err), 0);
	assert_int_equal(net_detach_give_routes(&plan, "eth1", &err), 1);
	assert_int_equal(net_detach_give_routes(&plan, "eth1", &err), 0);
	for (size_t i = 0; i < plan.count; i++) {
		const struct step *s = &plan.steps[i];
		const struct route_args *a = s->args;

		if (s->type != &route_add_step.type)
			continue;
		assert_int_equal(step_has_owner(s, "eth1"), !strcmp(a->at.link, "eth1"));
		n++;
	}
	assert_int_equal(n, 2);
	plan_release(&plan);
	json_release(&schema, &c);
}

static const struct {
	const char *config, *name, *text;
} needed[] = {
	{ "{\"networks\":[{\"type\":\"veth\"},{\"type\":\"macvlan\",\"name\":\"m\",\"parent\":\"eth0\"},"
	  "{\"type\":\"macvlan\",\"name\":\"n\",\"parent\":\"eth0\"}]}",
	  "eth0", "'eth0' is needed: it is the parent of m, the parent of n" },
	{ "{\"networks\":[{\"type\":\"bridge\",\"name\":\"b\"},{\"type\":\"tap\",\"master\":\"b\"}]}",
	  "b", "'b' is needed: it is the master of tap0" },
	{ "{\"networks\":[{\"type\":\"veth\",\"address\":\"10.1.0.2/24\"},{\"type\":\"veth\",\"address\":\"10.2.0.2/24\"}],"
	  "\"routes\":[{\"destination\":\"0.0.0.0/0\",\"nexthops\":[{\"gateway\":\"10.1.0.1\",\"interface_name\":\"eth0\"},"
	  "{\"gateway\":\"10.2.0.1\",\"interface_name\":\"eth1\"}]}]}",
	  "eth1", "'eth1' is needed: it is a next hop of routes[0]" },
};

static void users(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(needed); i++) {
		struct net_config c;
		struct err err = { 0 };
		size_t at = 0;

		load(needed[i].config, &c);
		assert_int_equal(net_attach_find(&c, needed[i].name, &at, &err), 0);
		assert_int_equal(net_detach_check(&c, at, &err), -EBUSY);
		assert_string_equal(err.text, needed[i].text);
		json_release(&schema, &c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(recall),  cmocka_unit_test(rest),
		cmocka_unit_test(added), cmocka_unit_test(derived), cmocka_unit_test(given),
		cmocka_unit_test(users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
