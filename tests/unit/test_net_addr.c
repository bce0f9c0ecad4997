// SPDX-License-Identifier: Apache-2.0
/* Addresses, prefixes and MACs: text to type and back, and what is refused in which words. */
#include "net/addr.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

struct sample {
	const char *in;
	const char *out; /* as printed again, or the error */
};

static void addresses(void **state)
{
	static const struct sample good[] = {
		{ "172.17.0.1", "172.17.0.1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::", "::" },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
	};
	static const struct sample bad[] = {
		{ "localhost", "localhost: expected an address, as in 172.17.0.1 or 2001:db8::1" },
		{ "1.2.3", "1.2.3: expected an address, as in 172.17.0.1 or 2001:db8::1" },
		{ "256.1.1.1", "256.1.1.1: expected an address, as in 172.17.0.1 or 2001:db8::1" },
		{ "10.0.0.1/8",
		  "10.0.0.1/8: expected an address without a prefix length, as in 172.17.0.1" },
		{ "fe80::1%eth0",
		  "fe80::1%eth0: expected an address, as in 172.17.0.1 or 2001:db8::1" },
	};
	char text[IP_TEXT_MAX];
	struct ip_addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		assert_int_equal(ip_addr_parse(good[i].in, &addr, &err), 0);
		assert_string_equal(ip_addr_format(&addr, text, sizeof(text)), good[i].out);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		addr = (struct ip_addr){ .family = 77 };
		assert_int_equal(ip_addr_parse(bad[i].in, &addr, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].out);
		assert_int_equal(addr.family, 77);
	}
}

static void prefixes(void **state)
{
	static const struct sample good[] = {
		{ "172.17.0.2/16", "172.17.0.2/16" },
		{ "127.0.0.1/0", "127.0.0.1/0" },
		{ "2001:db8::2/128", "2001:db8::2/128" },
	};
	static const struct sample bad[] = {
		{ "172.17.0.1", "172.17.0.1: expected ADDRESS/PREFIX, as in 172.17.0.2/16" },
		{ "/16", "/16: expected ADDRESS/PREFIX, as in 172.17.0.2/16 or 2001:db8::2/64" },
		{ "10.0.0.1/33",
		  "10.0.0.1/33: the prefix length of an IPv4 address is a number from 0 to 32" },
		{ "10.0.0.1/",
		  "10.0.0.1/: the prefix length of an IPv4 address is a number from 0 to 32" },
		{ "10.0.0.1/-1",
		  "10.0.0.1/-1: the prefix length of an IPv4 address is a number from 0 to 32" },
		{ "10.0.0.1/8/8",
		  "10.0.0.1/8/8: the prefix length of an IPv4 address is a number from 0 to 32" },
		{ "::1/129",
		  "::1/129: the prefix length of an IPv6 address is a number from 0 to 128" },
		{ "10.0.0.1/255.0.0.0",
		  "10.0.0.1/255.0.0.0: the prefix length of an IPv4 address is a number from 0 to 32" },
	};
	char text[IP_TEXT_MAX];
	struct ip_prefix p;
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		assert_int_equal(ip_prefix_parse(good[i].in, &p, &err), 0);
		assert_string_equal(ip_prefix_format(&p, text, sizeof(text)), good[i].out);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		assert_int_equal(ip_prefix_parse(bad[i].in, &p, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].out);
	}
}

static void masks(void **state)
{
	static const struct sample samples[] = {
		{ "10.9.0.5/24", "10.9.0.0/24" },
		{ "10.9.255.255/15", "10.8.0.0/15" },
		{ "10.9.0.5/0", "0.0.0.0/0" },
		{ "10.9.0.5/32", "10.9.0.5/32" },
		{ "2001:db8:ff::1/33", "2001:db8::/33" },
		{ "2001:db8::1/128", "2001:db8::1/128" },
	};
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < array_size(samples); i++) {
		struct ip_prefix p, masked;

		assert_int_equal(ip_prefix_parse(samples[i].in, &p, NULL), 0);
		masked = ip_prefix_masked(&p);
		assert_string_equal(ip_prefix_format(&masked, text, sizeof(text)), samples[i].out);
		assert_int_equal(ip_prefix_has_host_bits(&p),
				 strcmp(samples[i].in, samples[i].out) != 0);
		assert_false(ip_prefix_has_host_bits(&masked));
	}
}

static void macs(void **state)
{
	static const struct sample bad[] = {
		{ "01:00:5e:00:00:01",
		  "01:00:5e:00:00:01: a multicast MAC address cannot belong to an interface" },
		{ "00:00:00:00:00:00",
		  "00:00:00:00:00:00: the zero MAC address cannot belong to an interface" },
		{ "02:42:ac:11:00",
		  "02:42:ac:11:00: expected a MAC address, as in 02:42:ac:11:00:02" },
		{ "02:42:ac:11:00:0g",
		  "02:42:ac:11:00:0g: expected a MAC address, as in 02:42:ac:11:00:02" },
		{ "02-42-ac-11-00-02",
		  "02-42-ac-11-00-02: expected a MAC address, as in 02:42:ac:11:00:02" },
	};
	char text[MAC_TEXT_MAX];
	struct mac mac;
	struct err err;

	(void)state;
	assert_int_equal(mac_parse("02:42:AC:11:00:02", &mac, &err), 0);
	assert_string_equal(mac_format(&mac, text, sizeof(text)), "02:42:ac:11:00:02");
	for (size_t i = 0; i < array_size(bad); i++) {
		assert_int_equal(mac_parse(bad[i].in, &mac, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].out);
	}
}

struct box {
	struct ip_prefix_list list;
	struct ip_prefix network;
	struct ip_addr source, gateway;
};

static const struct json_field box_fields[] = {
	JSON_CUSTOM(struct box, "list", list, &ip_prefix_list_custom),
	JSON_TEXT(struct box, "network", network, &ip_network_text),
	JSON_TEXT(struct box, "source", source, &ip_source_text),
	JSON_TEXT(struct box, "gateway", gateway, &ip_gateway_text), JSON_END
};
static const struct json_schema box_schema = JSON_SCHEMA(struct box, box_fields);

static void json(void **state)
{
	/* A list takes one or many, a source drops its mask, and localhost is an address. */
	static const struct sample good[] = {
		{ "{\"list\":\"10.0.0.1/8\"}", "{\"list\":[\"10.0.0.1/8\"]}" },
		{ "{\"list\":[\"10.0.0.1/8\",\"fd00::1/64\"]}",
		  "{\"list\":[\"10.0.0.1/8\",\"fd00::1/64\"]}" },
		{ "{\"list\":[]}", "{}" },
		{ "{\"list\":\"\",\"network\":\"\",\"source\":null}", "{}" },
		{ "{\"source\":\"10.1.2.3/16\"}", "{\"source\":\"10.1.2.3\"}" },
		{ "{\"gateway\":\"localhost\"}", "{\"gateway\":\"127.0.0.1\"}" },
		{ "{\"network\":\"0.0.0.0/0\"}", "{\"network\":\"0.0.0.0/0\"}" },
	};
	static const struct sample bad[] = {
		{ "{\"network\":\"10.9.0.5/24\"}",
		  "t:1:12: network: 10.9.0.5/24 has host bits set; did you mean 10.9.0.0/24?" },
		{ "{\"list\":[\"10.0.0.1/8\",\"10.0.0.2\"]}",
		  "t:1:23: list[1]: 10.0.0.2: expected ADDRESS/PREFIX, as in 172.17.0.2/16" },
	};
	struct box box;
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;
		FILE *out;

		assert_int_equal(json_decode(&box_schema, &box, good[i].in, strlen(good[i].in), "t",
					     &err),
				 0);
		out = open_memstream(&text, &len);
		assert_int_equal(json_encode_compact(&box_schema, &box, out, &err), 0);
		fclose(out);
		assert_string_equal(text, good[i].out);
		json_release(&box_schema, &box);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		assert_int_equal(json_decode(&box_schema, &box, bad[i].in, strlen(bad[i].in), "t",
					     &err),
				 -EINVAL);
		assert_string_equal(err.text, bad[i].out);
	}
	assert_int_equal(json_decode(&box_schema, &box, "{\"list\":7}", 10, "t", &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses), cmocka_unit_test(prefixes), cmocka_unit_test(masks),
		cmocka_unit_test(macs),      cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
