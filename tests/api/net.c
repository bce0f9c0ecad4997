// SPDX-License-Identifier: Apache-2.0
/* The network of a container: shown, compared, mended, watched, and cleared of what is left of it. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

/* A port of a bridge. */
static struct ctrnet_config *port_config(const struct place *place)
{
	static const struct ctrnet_namespace namespaces[] = { { "NEWNS", NULL },
							      { "NEWPID", NULL },
							      { "NEWNET", NULL } };
	static const struct ctrnet_mount mounts[] = {
		{ .source = "proc", .destination = "/proc", .device = "proc" },
		{ .source = "tmpfs", .destination = "/dev", .device = "tmpfs", .data = "mode=755" },
	};
	static const struct ctrnet_pair more[] = { { "bridge_address", "\"10.66.0.1/24\"" } };
	static const struct ctrnet_network networks[] = {
		{ .type = "veth",
		  .bridge = "ctrbr0",
		  .address = "10.66.0.2/24",
		  .gateway = "10.66.0.1",
		  .mac_address = "02:00:00:00:66:02",
		  .host_interface_name = "ctrapi0",
		  .more = more,
		  .more_count = 1 },
	};
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_config *config;

	spec.rootfs = place->rootfs;
	spec.namespaces = namespaces;
	spec.namespace_count = 3;
	spec.mounts = mounts;
	spec.mount_count = 2;
	spec.devices = ctrnet_default_devices(&spec.device_count);
	spec.networks = networks;
	spec.network_count = 1;
	CLEAN(ctrnet_config_make(&config, &spec, &error));
	return config;
}

static struct ctrnet_container *port_container(const struct place *place, struct ctrnet_factory **f)
{
	struct ctrnet_config *config = port_config(place);
	struct ctrnet_container *c;

	CLEAN(ctrnet_factory_open(f, place->root, NULL, &error));
	CLEAN(ctrnet_container_create(*f, place->id, config, &c, &error));
	ctrnet_config_free(config);
	return c;
}

/* Run @command in the network namespace of @p. */
static void inside(const struct ctrnet_process *p, const char *command)
{
	char line[300];

	snprintf(line, sizeof(line), "nsenter --target %d --net %s", (int)ctrnet_process_pid(p),
		 command);
	CHECK(system(line) == 0);
}

static void end(struct ctrnet_container *c, struct ctrnet_process *p, struct ctrnet_factory *f)
{
	int code;

	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &code, &error));
	ctrnet_process_free(p);
	end_container(c, f);
}

static size_t differences(struct ctrnet_container *c, const char *first)
{
	struct ctrnet_net_report *report;
	size_t count;

	CLEAN(ctrnet_container_net_check(c, &report, &error));
	count = report->count;
	if (first) {
		CHECK(count > 0);
		SAME(report->differences[0].found, first);
	}
	ctrnet_net_report_free(report);
	return count;
}

static void show(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	char text[400];
	struct ctrnet_process *p;
	struct ctrnet_net *net;
	char *json;

	snprintf(text, sizeof(text), "container '%s' is not running", place->id);
	FAILS(ctrnet_container_net(c, &net, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH, text);
	p = start_script(c, "sleep 100", -1);
	CLEAN(ctrnet_container_net(c, &net, &error));
	SAME(net->id, place->id);
	CHECK(!net->host && net->interface_count == 2);
	CHECK(net->interfaces[0].link->loopback && !net->interfaces[0].peer);
	SAME(net->interfaces[1].link->name, "eth0");
	SAME(net->interfaces[1].link->mac, "02:00:00:00:66:02");
	SAME(net->interfaces[1].state, "up");
	CHECK(!net->interfaces[1].egress && !net->interfaces[1].ingress && !net->port_count);
	SAME(net->interfaces[1].peer->name, "ctrapi0");
	SAME(net->interfaces[1].peer->bridge, "ctrbr0");
	SAME(net->interfaces[1].addresses[0], "10.66.0.2/24");
	SAME(net->interfaces[1].routes[0].destination, "default");
	SAME(net->interfaces[1].routes[0].gateway, "10.66.0.1");
	CHECK(net->interfaces[1].routes[0].protocol == 206);
	CLEAN(ctrnet_net_json(net, &json, &error));
	CHECK(strstr(json, "\"bridge\": \"ctrbr0\""));
	free(json);
	ctrnet_net_free(net);
	ctrnet_net_free(NULL);
	end(c, p, f);
}

static void mend(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	struct ctrnet_net_report *report;
	char text[400];
	struct ctrnet_process *p;
	char *json;

	snprintf(text, sizeof(text), "container '%s' is not running", place->id);
	FAILS(ctrnet_container_net_check(c, &report, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH,
	      text);
	FAILS(ctrnet_container_net_repair(c, &report, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH,
	      text);
	p = start_script(c, "sleep 100", -1);
	CHECK(differences(c, NULL) == 0);
	inside(p, "ip link set eth0 mtu 1400");
	CHECK(differences(c, "link 'eth0': mtu is 1400, planned 1500") == 1);
	CLEAN(ctrnet_container_net_repair(c, &report, &error));
	CHECK(report->count == 1);
	SAME(report->differences[0].type, "link.veth");
	SAME(report->differences[0].origin, "networks[0] (eth0)");
	SAME(report->differences[0].planned, "link ctrapi0 with peer eth0");
	CLEAN(ctrnet_net_report_json(report, &json, &error));
	CHECK(strstr(json, "mtu is 1400, planned 1500"));
	free(json);
	ctrnet_net_report_free(report);
	ctrnet_net_report_free(NULL);
	CHECK(differences(c, NULL) == 0);
	inside(p, "ip link delete eth0");
	CHECK(differences(c, "no link 'ctrapi0'") == 4);
	CLEAN(ctrnet_container_net_repair(c, &report, &error));
	CHECK(report->count == 4);
	ctrnet_net_report_free(report);
	CHECK(differences(c, NULL) == 0);
	end(c, p, f);
}

#define THREADS 6

static void *check_often(void *arg)
{
	for (int i = 0; i < 10; i++) {
		struct ctrnet_net_report *report;
		struct ctrnet_error why;

		if (ctrnet_container_net_repair(arg, &report, &why) < 0)
			return arg;
		ctrnet_net_report_free(report);
		if (ctrnet_container_net_check(arg, &report, &why) < 0)
			return arg;
		if (report->count)
			return arg;
		ctrnet_net_report_free(report);
	}
	return NULL;
}

/* Through one handle. */
static void threads(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 100", -1);
	pthread_t thread[THREADS];

	inside(p, "ip link delete eth0");
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&thread[i], NULL, check_often, c) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *bad;

		CHECK(pthread_join(thread[i], &bad) == 0);
		CHECK(!bad);
	}
	end(c, p, f);
}

struct seen {
	bool address, link;
};

static void note(void *arg, const struct ctrnet_net_event *e)
{
	struct seen *seen = arg;

	if (!strcmp(e->what, "address") && !strcmp(e->text, "192.0.2.9/32 dev eth0"))
		seen->address = true;
	if (!strcmp(e->what, "link") && !e->gone && e->index == 2 && !strcmp(e->interface, "eth0"))
		seen->link = true;
}

/* Wait for what comes; false when the container has ended. */
static bool read_events(struct ctrnet_net_watch *w, struct seen *seen)
{
	struct pollfd fds = { .fd = ctrnet_net_watch_fd(w), .events = POLLIN };
	bool ended;

	CHECK(poll(&fds, 1, 10000) == 1);
	CLEAN(ctrnet_net_watch_read(w, note, seen, &ended, &error));
	return !ended;
}

static void watch(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 100", -1);
	struct ctrnet_net_watch *w;
	struct seen seen = { false, false };
	int code;

	OK(ctrnet_container_net_watch(c, &w, &error));
	inside(p, "ip address add 192.0.2.9/32 dev eth0");
	inside(p, "ip link set eth0 mtu 1400");
	while (!seen.address || !seen.link)
		CHECK(read_events(w, &seen));
	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &code, &error));
	while (read_events(w, &seen))
		;
	ctrnet_net_watch_free(w);
	ctrnet_net_watch_free(NULL);
	ctrnet_process_free(p);
	end_container(c, f);
}

/* One that ended keeps its id, and what was made for it goes. */
static void collect(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 100", -1);
	struct ctrnet_net_garbage_list *list;
	enum ctrnet_status status;
	int code;

	CLEAN(ctrnet_factory_net_gc(f, false, &list, &error));
	CHECK(list->count == 0);
	ctrnet_net_garbage_free(list);
	CHECK(differences(c, NULL) == 0);
	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &code, &error));
	ctrnet_process_free(p);
	CHECK(system("ip link show dev ctrbr0 >/dev/null") == 0);
	for (int dry = 1; dry >= 0; dry--) {
		CLEAN(ctrnet_factory_net_gc(f, dry, &list, &error));
		CHECK(list->count == 1 && !list->items[0].kept);
		SAME(list->items[0].kind, "container");
		SAME(list->items[0].name, place->id);
		ctrnet_net_garbage_free(list);
	}
	ctrnet_net_garbage_free(NULL);
	CHECK(system("ip link show dev ctrbr0 >/dev/null 2>&1") != 0);
	CLEAN(ctrnet_container_status(c, &status, &error));
	CHECK(status == CTRNET_STOPPED);
	CLEAN(ctrnet_factory_net_gc(f, false, &list, &error));
	CHECK(list->count == 0);
	ctrnet_net_garbage_free(list);
	end_container(c, f);
}

/* Networks come and go while it runs; what does not fit leaves all as it was. */
static void attach(const struct place *place)
{
	static const char *const good[] = {
		"{\"type\": \"veth\", \"address\": \"10.67.0.2/24\"}",
		"[{\"type\": \"tap\"}, {\"type\": \"veth\", \"name\": \"in\", \"bridge\": \"ctrbr0\"}]",
	};
	static const char bad[] = "{\"type\": \"veth\", \"mtu\": 7}";
	struct ctrnet_text texts[] = { { "one", good[0], strlen(good[0]) },
				       { "two", good[1], strlen(good[1]) } };
	const struct ctrnet_text wrong = { NULL, bad, sizeof(bad) - 1 };
	char *changes[] = { (char *)"mtu=1400", (char *)"rate=10mbit", NULL };
	char *wrong_changes[] = { (char *)"mtu=1300", (char *)"rat=1", NULL };
	struct ctrnet_factory *f;
	struct ctrnet_container *c = port_container(place, &f);
	struct ctrnet_process *p;
	char **names = (char **)1, *plan = (char *)1, not_running[300];
	int code;

	snprintf(not_running, sizeof(not_running), "container '%s' is not running", place->id);
	FAILS(ctrnet_container_net_attach(c, texts, 2, &names, &error),
	      CTRNET_CONTAINER_NOT_RUNNING, -ESRCH, not_running);
	p = start_script(c, "sleep 100", -1);
	FAILS(ctrnet_container_net_attach(c, &wrong, 1, &names, &error), CTRNET_CONFIG_INVALID,
	      -ERANGE, "networks[1]: mtu: 7 is out of range (68 to 65535, or 0 to leave it)");
	FAILS(ctrnet_container_net_attach(c, texts, 0, &names, &error), CTRNET_CONFIG_INVALID,
	      -EINVAL, "no network to attach is given");
	CHECK(names == (char **)1);
	FAILS(ctrnet_container_net_attach_plan(c, &wrong, 1, &plan, &error), CTRNET_CONFIG_INVALID,
	      -ERANGE, "networks[1]: mtu: 7 is out of range (68 to 65535, or 0 to leave it)");
	CHECK(plan == (char *)1);
	CLEAN(ctrnet_container_net_attach_plan(c, texts, 2, &plan, &error));
	CHECK(strstr(plan, "\nip -n container addr add 10.67.0.2/24 dev eth1\n"));
	free(plan);
	inside(p, "sh -c '! ip link show dev eth1 2>/dev/null'");
	CLEAN(ctrnet_container_net_attach(c, texts, 2, &names, &error));
	SAME(names[0], "eth1");
	SAME(names[1], "tap0");
	SAME(names[2], "in");
	CHECK(!names[3]);
	ctrnet_strings_free(names);
	CHECK(differences(c, NULL) == 0);
	inside(p, "ip link show dev tap0 >/dev/null");
	FAILS(ctrnet_container_net_set(c, "eth1", wrong_changes, &error), CTRNET_CONFIG_INVALID,
	      -EINVAL,
	      "shaping.egress.rat: unknown key; did you mean 'rate'? "
	      "(what can be changed besides: mtu, txqueuelen, mac_address, up)");
	CLEAN(ctrnet_container_net_set(c, "eth1", changes, &error));
	inside(p, "tc qdisc show dev eth1 | grep -q 'tbf.*10Mbit'");
	inside(p, "ip link show dev eth1 | grep -q 'mtu 1400'");
	CHECK(differences(c, NULL) == 0);
	FAILS(ctrnet_container_net_detach(c, "no", &error), CTRNET_SYSTEM_ERROR, -ENODEV,
	      "no network of the container has the name 'no' (there are eth0, eth1, tap0, in)");
	CLEAN(ctrnet_container_net_detach(c, "eth1", &error));
	CLEAN(ctrnet_container_net_detach(c, "eth0", &error));
	CHECK(differences(c, NULL) == 0);
	inside(p, "sh -c '! ip link show dev eth0 2>/dev/null'");
	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &code, &error));
	ctrnet_process_free(p);
	end_container(c, f);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "show", show },   { "mend", mend },       { "threads", threads },
		{ "watch", watch }, { "collect", collect }, { "attach", attach },
		{ NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
