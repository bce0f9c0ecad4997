// SPDX-License-Identifier: Apache-2.0
/*
 * A container's first process that talks before it does anything else, and the server that it talks to.
 *
 * first_instruction ADDRESS PORT...: connect to each by TCP, one after the other, in 300 ms at most. That is less
 * than the second after which a lost SYN, ARP request or neighbour solicitation is sent again, so the first packet
 * has to get through.
 * first_instruction --listen PORT: accept and close, over IPv4 and IPv6, until killed; says "ready".
 *
 * Linked statically, so that the first instruction is ours and not a loader's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS 300

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static socklen_t parse(const char *address, const char *port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	*out = (struct sockaddr_storage){ .ss_family = strchr(address, ':') ? AF_INET6 : AF_INET };
	v4->sin_port = htons((uint16_t)atoi(port));
	if (out->ss_family == AF_INET6)
		return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
	return inet_pton(AF_INET, address, &v4->sin_addr) == 1 ? sizeof(*v4) : 0;
}

static int reach(const char *address, const char *port)
{
	struct sockaddr_storage to;
	socklen_t size = parse(address, port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int n;

	if (fd < 0 || !size)
		return fail(address);
	if (connect(fd, (struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)
		return fail(address);
	n = poll(&p, 1, LIMIT_MS);
	if (n == 0)
		errno = ETIMEDOUT;
	else if (n > 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &(socklen_t){ sizeof(errno) });
	if (n <= 0 || errno)
		return fail(address);
	close(fd);
	return 0;
}

static int serve(const char *port)
{
	struct sockaddr_in6 at = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
		.sin6_addr = in6addr_any,
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 128) < 0)
		return fail("listen");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0 && errno != EINTR && errno != ECONNABORTED)
			return fail("accept");
		if (peer >= 0)
			close(peer);
	}
}

int main(int argc, char **argv)
{
	int ret = 0;

	if (argc == 3 && !strcmp(argv[1], "--listen"))
		return serve(argv[2]);
	if (argc < 3 || argc % 2 == 0) {
		fputs("usage: first_instruction ADDRESS PORT... | --listen PORT\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc && ret == 0; i += 2)
		ret = reach(argv[i], argv[i + 1]);
	return ret;
}
