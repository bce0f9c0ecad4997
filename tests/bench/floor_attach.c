// SPDX-License-Identifier: Apache-2.0
/*
 * floor_attach: the least that the kernel takes for a network of a container that runs already, to compare others with.
 *
 *	floor_attach attach|detach NETNS BRIDGE,NAME,ADDRESS/LEN,GATEWAY
 *
 * What `ctrnet net attach` has to do, done in the cheapest way that we know: a veth, up, one end a port of BRIDGE called NAME with
 * a mark, the other one eth0 in the network namespace of the file NETNS, with an address and a default route; and two elements
 * in nftables' table inet floor, by which what the address sends out is masqueraded (net/nft_layout.c has the same two
 * sets). It returns when the first packet gets through, over IPv6 as well. Detaching takes the elements out, and returns when NAME is free: what else the kernel waits for is waited for by the
 * process that deletes the link, which has the socket of netfilter's, too.
 */
#include "tests/bench/floor_net.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>

#define TABLE "floor"
#define MARK  "floor"

/* A comment of an element, as libnftnl writes it: a type, a length, the text. */
static const char comment[] = "\0\6" MARK;

static struct nlmsghdr *put_nft(struct batch *b, int type, int flags, uint16_t subsystem)
{
	struct nlmsghdr *h = put(b, type, flags);
	struct nfgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->nfgen_family = subsystem ? AF_UNSPEC : NFPROTO_INET;
	m->version = NFNETLINK_V0;
	m->res_id = htons(subsystem);
	return h;
}

/* Beginning and end of a transaction get no answer. */
static void put_border(struct batch *b, int type)
{
	struct nlmsghdr *h = put_nft(b, type, 0, NFNL_SUBSYS_NFTABLES);

	h->nlmsg_flags = NLM_F_REQUEST;
	b->count--;
	put_end(b, h);
}

static void put_element(struct batch *b, int type, const char *set, const void *key, size_t size)
{
	struct nlmsghdr *h = put_nft(b, NFNL_SUBSYS_NFTABLES << 8 | type,
				     type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE | NLM_F_EXCL : 0, 0);
	struct nlattr *list, *element, *value;

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	value = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);
	mnl_attr_put(h, NFTA_DATA_VALUE, size, key);
	mnl_attr_nest_end(h, value);
	if (type == NFT_MSG_NEWSETELEM)
		mnl_attr_put(h, NFTA_SET_ELEM_USERDATA, sizeof(comment), comment);
	mnl_attr_nest_end(h, element);
	mnl_attr_nest_end(h, list);
	put_end(b, h);
}

/* Returns the socket: closing it waits for what was removed to be freed. */
static int change_elements(const struct port *p, int type)
{
	struct {
		uint32_t address;
		char link[IFNAMSIZ];
	} key = { .address = inet_addr(p->address) };
	struct batch b = { .len = 0 };
	int sock = nl_socket(NETLINK_NETFILTER);

	snprintf(key.link, sizeof(key.link), "%s", p->bridge);
	put_border(&b, NFNL_MSG_BATCH_BEGIN);
	put_element(&b, type, "links4", &key, sizeof(key));
	put_element(&b, type, "masquerade4", &key.address, sizeof(key.address));
	put_border(&b, NFNL_MSG_BATCH_END);
	run_batch(sock, &b, "elements");
	return sock;
}

/* The kernel sees to a new carrier when it has time, or when somebody asks for the link (net/ready.c); the port forwards from then on. */
static void ask_for_port(const struct port *p, int sock)
{
	struct batch b = { .len = 0 };
	struct nlmsghdr *h = put(&b, RTM_GETLINK, 0);

	put_link(h, 0, 0);
	mnl_attr_put_strz(h, IFLA_IFNAME, p->name);
	put_end(&b, h);
	run_batch(sock, &b, p->name);
}

/* Looking for others who have its IPv6 address takes the kernel more than a second, in which the link has none. */
static void no_duplicate_detection(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/eth0/accept_dad", O_WRONLY | O_CLOEXEC);

	/* A kernel without IPv6 has nothing to look for. */
	if (fd >= 0)
		check((int)write(fd, "0", 1), "accept_dad");
}

static void attach(const struct port *p, const char *netns)
{
	int there = open(netns, O_RDONLY | O_CLOEXEC), sock = nl_socket(NETLINK_ROUTE);

	check(there, netns);
	make_veth(p, sock, IFLA_NET_NS_FD, (uint32_t)there);
	change_elements(p, NFT_MSG_NEWSETELEM);
	check(setns(there, CLONE_NEWNET), netns);
	no_duplicate_detection();
	configure_port(p, nl_socket(NETLINK_ROUTE), (int)if_nametoindex("eth0"), 0);
	ask_for_port(p, sock);
}

static void detach(const struct port *p)
{
	change_elements(p, NFT_MSG_DELSETELEM);
	free_name(p, nl_socket(NETLINK_ROUTE));
}

int main(int argc, char **argv)
{
	struct port p = { .bridge = NULL };

	if (argc != 4) {
		fprintf(stderr,
			"usage: floor_attach attach|detach NETNS BRIDGE,NAME,ADDRESS/LEN,GATEWAY\n");
		return 2;
	}
	parse_port(&p, argv[3]);
	if (!strcmp(argv[1], "attach"))
		attach(&p, argv[2]);
	else
		detach(&p);
	return 0;
}
