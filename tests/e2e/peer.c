// SPDX-License-Identifier: Apache-2.0
/*
 * Whom does the other side see?
 *
 *	peer serve tcp|udp PORT			tells everybody who asks his own address, for ever; prints "ready" first
 *	peer ask tcp|udp ADDRESS PORT		prints the answer
 *	peer hold tcp|udp ADDRESS PORT		has the port until it is killed; prints "ready" first
 *
 * Fails where there is no answer in three seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS 3

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int kind_of(const char *name)
{
	return strcmp(name, "udp") ? SOCK_STREAM : SOCK_DGRAM;
}

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static socklen_t find(const char *address, const char *port, union address *out)
{
	const in_port_t number = htons((in_port_t)atoi(port));

	*out = (union address){ 0 };
	if (inet_pton(AF_INET, address, &out->ipv4.sin_addr) == 1) {
		out->ipv4.sin_family = AF_INET;
		out->ipv4.sin_port = number;
		return sizeof(out->ipv4);
	}
	if (inet_pton(AF_INET6, address, &out->ipv6.sin6_addr) != 1) {
		fprintf(stderr, "%s: no address\n", address);
		exit(1);
	}
	out->ipv6.sin6_family = AF_INET6;
	out->ipv6.sin6_port = number;
	return sizeof(out->ipv6);
}

static int bound(const char *address, const char *port, int kind)
{
	union address a;
	const socklen_t len = find(address, port, &a);
	int fd = socket(a.any.sa_family, kind, 0), one = 1;

	if (fd < 0)
		fail("socket");
	if (kind == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.any, len) < 0)
		fail("bind");
	if (kind == SOCK_STREAM && listen(fd, 16) < 0)
		fail("listen");
	return fd;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* As text, IPv4 as such. */
static void name_of(const struct sockaddr_in6 *from, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &from->sin6_addr, address, sizeof(address));
	snprintf(text, size, "%s\n", strncmp(address, "::ffff:", 7) ? address : address + 7);
}

static void serve(const char *port, int kind)
{
	int fd = bound("::", port, kind);

	ready();
	for (;;) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		char text[64];
		int peer = fd;

		if (kind == SOCK_STREAM)
			peer = accept(fd, (struct sockaddr *)&from, &len);
		else if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len) < 0)
			continue;
		if (peer < 0)
			continue;
		name_of(&from, text, sizeof(text));
		if (sendto(peer, text, strlen(text), MSG_NOSIGNAL,
			   kind == SOCK_STREAM ? NULL : (struct sockaddr *)&from,
			   kind == SOCK_STREAM ? 0 : len) < 0)
			perror("send");
		if (peer != fd)
			close(peer);
	}
}

static int ask(const char *address, const char *port, int kind)
{
	const struct timeval limit = { .tv_sec = SECONDS };
	union address a;
	const socklen_t len = find(address, port, &a);
	int fd = socket(a.any.sa_family, kind, 0);
	char text[64];
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, &a.any, len) < 0)
		fail("connect");
	if (kind == SOCK_DGRAM && send(fd, "?", 1, 0) < 0)
		fail("send");
	got = recv(fd, text, sizeof(text), 0);
	if (got <= 0)
		fail("recv");
	fwrite(text, 1, (size_t)got, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve"))
		serve(argv[3], kind_of(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "hold")) {
		bound(argv[3], argv[4], kind_of(argv[2]));
		ready();
		pause();
	}
	if (argc == 5 && !strcmp(argv[1], "ask"))
		return ask(argv[3], argv[4], kind_of(argv[2]));
	fprintf(stderr, "usage: see the source\n");
	return 2;
}
