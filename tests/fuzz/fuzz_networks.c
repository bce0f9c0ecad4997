// SPDX-License-Identifier: Apache-2.0
/*
 * The networks of a config, with all that is beside them (routes, rules, dns, hosts): what decodes is printed as a text that decodes to
 * the same; what makes sense has a plan, which can be shown, and which a journal holds without loss.
 */
#include "container/oci.h"
#include "lib/cleanup.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/net.h"
#include "net/parents.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

static char *encode(const struct net_config *c, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct err err;

	if (!out || json_encode(&oci_networks_schema, c, out, &err) < 0)
		abort();
	fclose(out);
	return text;
}

static void expect_same(const char *text, size_t len)
{
	_cleanup_free_ char *again = NULL;
	struct net_config c;
	struct err err;
	size_t n;

	if (json_decode(&oci_networks_schema, &c, text, len, "printed", &err) < 0)
		abort();
	again = encode(&c, &n);
	if (n != len || memcmp(again, text, n) != 0)
		abort();
	json_release(&oci_networks_schema, &c);
}

static char *encode_plan(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err;

	if (!out || plan_encode(p, out, &err) < 0)
		abort();
	fclose(out);
	return text;
}

static void show(const struct plan *p)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	plan_show(p, PHASE_PREPARE, out);
	plan_show(p, PHASE_CONNECT, out);
	fclose(out);
}

/* As a journal keeps it. */
static void expect_same_plan(const struct plan *p)
{
	static const struct step_type *const *const types[] = { net_step_types, NULL };
	_cleanup_free_ char *text = encode_plan(p), *again = NULL;
	struct plan read = { 0 };
	struct err err;

	if (plan_decode(&read, types, text, strlen(text), "journal", &err) < 0)
		abort();
	again = encode_plan(&read);
	if (strcmp(text, again) != 0)
		abort();
	plan_release(&read);
}

/* What resolving would find on a host that has whatever is asked for. */
static void find(const struct net_config *c, size_t i, struct endpoint *e)
{
	const struct network *n = &c->networks[i];
	const char *host = n->driver->host_name ? n->driver->host_name(n) : "";
	size_t parent;

	net_config_name(c, i, e->name);
	e->mac = (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)i } };
	e->host_mac = (struct mac){ { 0xfe, 0, 0, 0, 0, (uint8_t)i } };
	if (*host)
		memcpy(e->host_name, host, sizeof(e->host_name));
	else if (n->driver->has_host_end)
		snprintf(e->host_name, sizeof(e->host_name), "ve%x", (unsigned int)i);
	e->namespace_new = true;
	e->parent_inside = net_parent_inside(c, i, &parent);
}

/* Addresses that are chosen need a host. */
static bool chooses(const struct net_config *c)
{
	for (size_t i = 0; i < c->network_count; i++)
		if (c->networks[i].subnets.count)
			return true;
	return false;
}

static void plan(const struct net_config *c)
{
	_cleanup_free_ struct endpoint *ends = calloc(c->network_count + 1, sizeof(*ends));
	struct plan p = { 0 };
	struct err err = { 0 };
	int ret;

	if (!ends)
		abort();
	for (size_t i = 0; i < c->network_count; i++)
		find(c, i, &ends[i]);
	ret = net_plan(c, ends, "fuzz", true, &p, &err);
	if (ret < 0) {
		expect_line(&err, ret);
	} else {
		show(&p);
		expect_same_plan(&p);
	}
	plan_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	struct net_config c;
	struct err err = { 0 };
	size_t len;
	int ret = json_decode(&oci_networks_schema, &c, (const char *)data, size, "fuzz", &err);

	if (ret < 0) {
		expect_line(&err, ret);
		return 0;
	}
	text = encode(&c, &len);
	expect_same(text, len);
	ret = net_check(&c, &err);
	if (ret < 0)
		expect_line(&err, ret);
	else if (!net_joined_path(&c) && !net_is_host(&c) && !chooses(&c))
		plan(&c);
	json_release(&oci_networks_schema, &c);
	return 0;
}
