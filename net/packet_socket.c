// SPDX-License-Identifier: Apache-2.0
#include "net/packet_socket.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/netns.h"
#include "net/stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

/* What one may hold while nobody reads: 2 MB, of which the kernel counts the packets' own overhead, too. */
#define BUFFER_SIZE (2 << 20)
/* File descriptors in one message: SCM_MAX_FD of the kernel is 253. */
#define FDS_AT_ONCE 128

/* --- Kinds of interfaces --- */

/* What a packet begins with; all others get a header of packet(7)'s instead of theirs. */
static const struct {
	uint16_t hardware;
	int linktype;
} linktypes[] = {
	{ ARPHRD_ETHER, LINKTYPE_ETHERNET }, { ARPHRD_LOOPBACK, LINKTYPE_ETHERNET },
	{ ARPHRD_NONE, LINKTYPE_RAW },       { ARPHRD_RAWIP, LINKTYPE_RAW },
	{ ARPHRD_TUNNEL, LINKTYPE_RAW },     { ARPHRD_TUNNEL6, LINKTYPE_RAW },
	{ ARPHRD_SIT, LINKTYPE_RAW },
};

static int linktype_of(uint16_t hardware)
{
	for (size_t i = 0; i < array_size(linktypes); i++)
		if (linktypes[i].hardware == hardware)
			return linktypes[i].linktype;
	return LINKTYPE_LINUX_SLL2;
}

static int get_address(int fd, struct sockaddr_ll *address)
{
	socklen_t len = sizeof(*address);

	memset(address, 0, sizeof(*address));
	return getsockname(fd, (struct sockaddr *)address, &len) < 0 ? -errno : 0;
}

int packet_socket_describe(int fd, struct packet_link *link, struct err *err)
{
	struct packet_link found = { 0 };
	struct sockaddr_ll address;
	struct ifreq ifr = { 0 };
	int ret = get_address(fd, &address);

	if (ret < 0)
		return err_sys(err, ret, "packet socket");
	found.hardware = address.sll_hatype;
	found.linktype = linktype_of(found.hardware);
	if (address.sll_halen == sizeof(found.mac.bytes))
		memcpy(found.mac.bytes, address.sll_addr, sizeof(found.mac.bytes));
	ifr.ifr_ifindex = address.sll_ifindex;
	if (address.sll_ifindex > 0 && ioctl(fd, SIOCGIFNAME, &ifr) == 0) {
		found.index = (uint32_t)address.sll_ifindex;
		memcpy(found.name, ifr.ifr_name, sizeof(found.name));
		found.name[sizeof(found.name) - 1] = '\0';
		str_make_utf8(found.name);
	}
	*link = found;
	return 0;
}

/* The kernel unbinds it then (net/packet/af_packet.c: packet_notifier()). */
bool packet_socket_orphaned(int fd)
{
	struct sockaddr_ll address;

	return get_address(fd, &address) < 0 || address.sll_ifindex <= 0;
}

void packet_socket_counts(int fd, uint64_t *received, uint64_t *dropped)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	/* Asking begins anew. */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return;
	*received += stats.tp_packets;
	*dropped += stats.tp_drops;
}

/* --- Opening --- */

/*
 * What passes lo is sent and received by it, and would be seen twice: it is seen as received, unless only what is sent is wanted.
 * What the filter returns is how many bytes are kept.
 */
static int set_filter(int fd, const struct packet_socket_options *o, bool loopback)
{
	const bool out = o->direction == PACKET_OUT, in = o->direction == PACKET_IN || loopback;
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, !out && in, out),
		BPF_STMT(BPF_RET | BPF_K, o->snaplen),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = { array_size(program), program };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

static int set_up(int fd, const struct packet_socket_options *o, bool loopback)
{
	const int one = 1, size = BUFFER_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0 ||
	    set_filter(fd, o, loopback) < 0)
		return -errno;
	return 0;
}

static int bind_to(int fd, uint32_t index, uint16_t protocol)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_protocol = htons(protocol),
					     .sll_ifindex = (int)index };

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* Bound without a protocol it gets nothing yet, but knows what hardware that is. */
static int open_type(int type, uint32_t index, struct sockaddr_ll *address)
{
	_cleanup_fd_ int fd = socket(AF_PACKET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = fd < 0 ? -errno : bind_to(fd, index, 0);

	if (ret == 0)
		ret = get_address(fd, address);
	return ret < 0 ? ret : take_fd(&fd);
}

/* All is set before the first packet comes. */
static int open_one(const struct net_interface *i, const struct packet_socket_options *o,
		    struct err *err)
{
	struct sockaddr_ll address;
	_cleanup_fd_ int fd = open_type(SOCK_RAW, i->index, &address);
	int ret;

	if (fd >= 0 && linktype_of(address.sll_hatype) == LINKTYPE_LINUX_SLL2) {
		close_fd(fd);
		fd = open_type(SOCK_DGRAM, i->index, &address);
	}
	ret = fd < 0 ? fd : set_up(fd, o, i->loopback);
	if (ret == 0)
		ret = bind_to(fd, i->index, ETH_P_ALL);
	if (ret == -EAFNOSUPPORT)
		return err_set(err, ret, "this kernel has no packet sockets");
	return ret < 0 ? err_sys(err, ret, "packet socket on '%s'", i->name) : take_fd(&fd);
}

static const struct net_interface *by_name(const struct net_stats *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->interfaces[i].name, name))
			return &all->interfaces[i];
	return NULL;
}

static bool is_repeated(char *const *names, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(names[i], names[at]))
			return true;
	return false;
}

static int no_interface(const struct net_stats *all, const char *name, struct err *err)
{
	int ret = err_set(err, -ENODEV, "there is no interface '%s'; there are ", name);

	for (size_t i = 0; i < all->count; i++)
		err_append(err, "%s%s", i ? ", " : "", all->interfaces[i].name);
	return ret;
}

/* --- By way of a socket pair --- */

struct fd_list {
	int *items;
	size_t count;
};

static void fds_release(struct fd_list *fds)
{
	for (size_t i = 0; i < fds->count; i++)
		close_fd(fds->items[i]);
	free(fds->items);
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(FDS_AT_ONCE * sizeof(int))];
};

static int send_some(int to, const int *fds, size_t n)
{
	union control control = { 0 };
	struct iovec byte = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &byte,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	return sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* What is on its way stays there when the end it came from is closed. */
static int pack(const struct fd_list *fds, struct err *err)
{
	_cleanup_fd_ int from = -1, to = -1;
	int pair[2], ret = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, -errno, "socketpair");
	to = pair[0];
	from = pair[1];
	for (size_t at = 0; ret == 0 && at < fds->count; at += FDS_AT_ONCE) {
		size_t n = fds->count - at;

		ret = send_some(to, fds->items + at, n < FDS_AT_ONCE ? n : FDS_AT_ONCE);
	}
	return ret < 0 ? err_sys(err, ret, "cannot hand on packet sockets") : take_fd(&from);
}

static ssize_t take_some(int from, struct fd_list *fds)
{
	union control control = { 0 };
	struct iovec byte = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &byte,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(from, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	size_t n;
	int *more;

	if (!c)
		return got < 0 ? -errno : 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	more = reallocarray(fds->items, fds->count + n, sizeof(int));
	if (more) {
		memcpy(more + fds->count, CMSG_DATA(c), n * sizeof(int));
		fds->items = more;
		fds->count += n;
		return (ssize_t)n;
	}
	for (size_t i = 0; i < n; i++)
		close_fd(((int *)CMSG_DATA(c))[i]);
	return -ENOMEM;
}

int packet_sockets_take(int carrier, int **fds, size_t *count, struct err *err)
{
	_cleanup_(fds_release) struct fd_list taken = { 0 };
	_cleanup_fd_ int from = carrier;
	ssize_t ret;

	while ((ret = take_some(from, &taken)) > 0)
		;
	if (ret < 0)
		return err_sys(err, (int)ret, "packet sockets");
	take_list(*fds, *count, taken.items, taken.count);
	return 0;
}

static int open_in(const struct net_stats *all, char *const *names, struct fd_list *fds,
		   const struct packet_socket_options *o, struct err *err)
{
	size_t wanted = names ? strv_count(names) : all->count;

	fds->items = calloc(wanted + 1, sizeof(int));
	if (!fds->items)
		return err_oom(err);
	for (size_t i = 0; i < wanted; i++) {
		const struct net_interface *at = names ? by_name(all, names[i])
						       : &all->interfaces[i];
		int fd;

		if (names && is_repeated(names, i))
			return err_set(err, -EINVAL, "interface '%s' is given twice", names[i]);
		fd = at ? open_one(at, o, err) : no_interface(all, names[i], err);

		if (fd < 0)
			return fd;
		fds->items[fds->count++] = fd;
	}
	return 0;
}

/*
 * The kernel begins to stamp packets for the first socket that wants it, from a work queue (net/core/dev.c: net_enable_timestamp()). One
 * that came before that has the time when it was read.
 */
static int begin_stamping(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	const int one = 1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) == 0)
		nanosleep(&pause, NULL);
	return fd;
}

int packet_sockets_open(int netns, char *const *names, const struct packet_socket_options *o,
			struct err *err)
{
	_cleanup_(net_stats_release) struct net_stats all = { 0 };
	_cleanup_(fds_release) struct fd_list fds = { 0 };
	_cleanup_fd_ int stamping = begin_stamping();
	int home = netns_enter(netns, err);
	int sock, ret;

	if (home < 0)
		return home;
	close_fd(home);
	sock = net_stats_open(-1, err);
	ret = sock < 0 ? sock : net_stats_read(sock, &all, err);
	if (ret == 0)
		ret = open_in(&all, names, &fds, o, err);
	return ret < 0 ? ret : pack(&fds, err);
}

/* --- Receiving --- */

/* In front of a packet: the header that it gets, or room for the tag that the kernel has taken out. */
#define HEAD_ROOM sizeof(struct sll2)
#define TAG_SIZE  4

/* The header of LINKTYPE_LINUX_SLL2, in network order. */
struct sll2 {
	uint16_t protocol, reserved;
	uint32_t index;
	uint16_t hardware;
	uint8_t type, address_length;
	uint8_t address[8];
};

struct slot {
	struct sockaddr_ll from;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
					      CMSG_SPACE(sizeof(struct timespec))];
	struct iovec data;
};

struct packet_reader {
	uint32_t snaplen;
	unsigned char *room; /* for all slots; the kernel gives memory to what is used */
	struct slot slots[PACKET_READER_MAX];
	struct mmsghdr messages[PACKET_READER_MAX];
};

int packet_reader_new(uint32_t snaplen, struct packet_reader **out, struct err *err)
{
	struct packet_reader *r = calloc(1, sizeof(*r));
	size_t size = HEAD_ROOM + snaplen;

	if (r)
		r->room = malloc(size * PACKET_READER_MAX);
	if (!r || !r->room) {
		packet_reader_free(r);
		return err_oom(err);
	}
	r->snaplen = snaplen;
	for (size_t i = 0; i < PACKET_READER_MAX; i++)
		r->slots[i].data = (struct iovec){ r->room + i * size + HEAD_ROOM, snaplen };
	*out = r;
	return 0;
}

void packet_reader_free(struct packet_reader *r)
{
	if (!r)
		return;
	free(r->room);
	free(r);
}

/* What recvmmsg(2) writes over. */
static void prepare(struct packet_reader *r)
{
	for (size_t i = 0; i < PACKET_READER_MAX; i++) {
		struct slot *s = &r->slots[i];

		r->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &s->from,
			.msg_namelen = sizeof(s->from),
			.msg_iov = &s->data,
			.msg_iovlen = 1,
			.msg_control = &s->control,
			.msg_controllen = sizeof(s->control),
		};
	}
}

static void read_control(struct msghdr *msg, uint64_t *time, struct tpacket_auxdata *aux)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			memcpy(aux, CMSG_DATA(c), sizeof(*aux));
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			*time = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
		}
	}
}

/* The tag of a VLAN, which the kernel keeps beside the packet, goes back between its addresses and its type. */
static void put_tag(struct pcapng_packet *p, const struct tpacket_auxdata *aux, uint32_t snaplen)
{
	unsigned char *data = (unsigned char *)p->data;
	const uint16_t tag[] = {
		htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q),
		htons(aux->tp_vlan_tci)
	};

	if (!(aux->tp_status & TP_STATUS_VLAN_VALID) || p->captured < 2 * ETH_ALEN)
		return;
	memmove(data - TAG_SIZE, data, 2 * ETH_ALEN);
	memcpy(data - TAG_SIZE + 2 * ETH_ALEN, tag, sizeof(tag));
	p->data = data - TAG_SIZE;
	p->length += TAG_SIZE;
	p->captured += TAG_SIZE;
	if (p->captured > snaplen)
		p->captured = snaplen;
}

static void put_header(struct pcapng_packet *p, const struct sockaddr_ll *from, uint32_t snaplen)
{
	struct sll2 head = {
		.protocol = from->sll_protocol,
		.index = htonl((uint32_t)from->sll_ifindex),
		.hardware = htons(from->sll_hatype),
		.type = from->sll_pkttype,
		.address_length = from->sll_halen,
	};

	memcpy(head.address, from->sll_addr, sizeof(head.address));
	p->data = memcpy((unsigned char *)p->data - sizeof(head), &head, sizeof(head));
	p->length += sizeof(head);
	p->captured += sizeof(head);
	if (p->captured > snaplen)
		p->captured = snaplen;
}

static const uint8_t flags[] = {
	[PACKET_HOST] = PCAPNG_INBOUND | PCAPNG_UNICAST,
	[PACKET_BROADCAST] = PCAPNG_INBOUND | PCAPNG_BROADCAST,
	[PACKET_MULTICAST] = PCAPNG_INBOUND | PCAPNG_MULTICAST,
	[PACKET_OTHERHOST] = PCAPNG_INBOUND | PCAPNG_PROMISCUOUS,
	[PACKET_OUTGOING] = PCAPNG_OUTBOUND,
};

static struct pcapng_packet packet_of(struct packet_reader *r, size_t i, int linktype)
{
	struct mmsghdr *m = &r->messages[i];
	const struct slot *s = &r->slots[i];
	struct tpacket_auxdata aux = { .tp_len = m->msg_len };
	struct pcapng_packet p = { .data = s->data.iov_base, .captured = m->msg_len };

	read_control(&m->msg_hdr, &p.time, &aux);
	p.length = aux.tp_len > p.captured ? aux.tp_len : p.captured;
	if (s->from.sll_pkttype < array_size(flags))
		p.flags = flags[s->from.sll_pkttype];
	if (linktype == LINKTYPE_ETHERNET)
		put_tag(&p, &aux, r->snaplen);
	else if (linktype == LINKTYPE_LINUX_SLL2)
		put_header(&p, &s->from, r->snaplen);
	return p;
}

int packet_reader_read(struct packet_reader *r, int fd, int linktype, packet_fn *fn, void *arg)
{
	int n;

	prepare(r);
	/* That its interface went down is told once, in front of what came before. It may come up again. */
	do
		n = recvmmsg(fd, r->messages, PACKET_READER_MAX, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == ENETDOWN);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct pcapng_packet p = packet_of(r, (size_t)i, linktype);

		fn(arg, &p);
	}
	return n;
}
