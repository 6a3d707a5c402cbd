// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream serve PORT - on TCP and vsock
 * stream to|from|echo ADDRESS PORT SECONDS - send to such a server, receive from it, or
 * have it send single bytes back
 *
 * ADDRESS is an IPv4 address or vsock:CID. The client prints one line: what went
 * through, what times a byte took there and back, and what either side's kernel and
 * process worked meanwhile. The server tells its part in the stream itself.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>

#include "samples.h"
#include "usage.h"

#define BLOCK (128 << 10)

/* struct order - what the client wants of the server, its first bytes */
struct order {
	char what; /* 't', 'f', 'e' */
	uint8_t seconds;
};

/* struct block - of a stream; the last one tells what the sender used */
struct block {
	bool last;
	struct usage usage;
	char data[BLOCK - sizeof(struct usage) - sizeof(uint64_t)];
};

static_assert(sizeof(struct block) == BLOCK, "");

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_vm vm;
};

static struct block block;
static struct samples samples;

static int die(const char *what)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
	exit(1);
}

static union address address_of(const char *text, unsigned int port)
{
	union address address = { 0 };

	if (!strncmp(text, "vsock:", 6)) {
		address.vm.svm_family = AF_VSOCK;
		address.vm.svm_cid = strtoul(text + 6, NULL, 0);
		address.vm.svm_port = port;
		return address;
	}
	address.in.sin_family = AF_INET;
	address.in.sin_port = htons(port);
	if (inet_pton(AF_INET, text, &address.in.sin_addr) != 1)
		die(text);
	return address;
}

static socklen_t length_of(const union address *address)
{
	return address->any.sa_family == AF_VSOCK ? sizeof(address->vm) :
						    sizeof(address->in);
}

/* No byte waits for others to come; vsock has no such option. */
static void hurry(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void send_all(int fd, const void *data, size_t length)
{
	ssize_t done;

	for (; length; length -= done, data = (const char *)data + done) {
		done = send(fd, data, length, MSG_NOSIGNAL);
		if (done <= 0)
			die("can't send");
	}
}

/* False: there is no more. */
static bool receive_all(int fd, void *data, size_t length)
{
	ssize_t done;

	for (; length; length -= done, data = (char *)data + done) {
		done = recv(fd, data, length, MSG_WAITALL);
		if (done < 0)
			die("can't receive");
		if (!done)
			return false;
	}
	return true;
}

static bool is_over(const struct usage *began, unsigned int seconds)
{
	return usage_clock(CLOCK_MONOTONIC) - began->wall_ns >=
	       seconds * 1000000000LL;
}

/* Returns how many bytes went. */
static uint64_t send_blocks(int fd, const struct usage *began,
			    unsigned int seconds)
{
	uint64_t bytes;

	block.last = false;
	for (bytes = BLOCK; !is_over(began, seconds); bytes += BLOCK)
		send_all(fd, &block, BLOCK);
	block.last = true;
	block.usage = usage_since(began);
	send_all(fd, &block, BLOCK);
	return bytes;
}

static uint64_t receive_blocks(int fd)
{
	uint64_t bytes = 0;

	do {
		if (!receive_all(fd, &block, BLOCK))
			die("the stream broke off");
		bytes += BLOCK;
	} while (!block.last);
	return bytes;
}

/* ---- server ---- */

static void echo(int fd)
{
	char byte;

	while (receive_all(fd, &byte, 1))
		send_all(fd, &byte, 1);
}

static void tell_usage(int fd, const struct usage *began)
{
	struct usage usage = usage_since(began);

	send_all(fd, &usage, sizeof(usage));
}

static void serve_one(int fd)
{
	struct order order;
	struct usage began;

	hurry(fd);
	if (!receive_all(fd, &order, sizeof(order)))
		return;
	began = usage_now();
	switch (order.what) {
	case 't':
		receive_blocks(fd);
		tell_usage(fd, &began);
		break;
	case 'f':
		send_blocks(fd, &began, order.seconds);
		break;
	case 'e':
		echo(fd);
		tell_usage(fd, &began);
	}
}

static void serve_all(int fd)
{
	int client;

	while ((client = accept(fd, NULL, NULL)) >= 0) {
		if (!fork()) {
			close(fd);
			serve_one(client);
			_exit(0);
		}
		close(client);
	}
	die("can't accept");
}

static int listen_at(const union address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address->any, length_of(address)) || listen(fd, 8))
		die("can't listen");
	return fd;
}

/* Not every kernel has vsock. */
static int serve(unsigned int port)
{
	union address vm = address_of("vsock:-1", port);
	union address in = address_of("0.0.0.0", port);
	int fd = listen_at(&vm);

	signal(SIGCHLD, SIG_IGN);
	if (fd >= 0 && !fork())
		serve_all(fd);
	close(fd);
	fd = listen_at(&in);
	if (fd < 0)
		die("no socket");
	serve_all(fd);
	return 1;
}

/* ---- client ---- */

static int connect_to(const union address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, &address->any, length_of(address)))
		die("can't connect");
	hurry(fd);
	return fd;
}

static struct usage hear_usage(int fd)
{
	struct usage usage;

	if (!receive_all(fd, &usage, sizeof(usage)))
		die("the server has not told what it used");
	return usage;
}

static void round_trips(int fd, const struct usage *began, unsigned int seconds)
{
	int64_t before, now;
	char byte = 0;

	for (before = began->wall_ns; !is_over(began, seconds); before = now) {
		send_all(fd, &byte, 1);
		if (!receive_all(fd, &byte, 1))
			die("no answer");
		now = usage_clock(CLOCK_MONOTONIC);
		samples_add(&samples, now - before);
	}
	shutdown(fd, SHUT_WR);
}

/* The sum of what went through says nothing of single bytes. */
static void print(uint64_t bytes, const struct usage *usage,
		  const struct usage *peer)
{
	if (samples.nr)
		samples_print(&samples);
	else
		printf("bytes=%llu ", (unsigned long long)bytes);
	printf("wall_ns=%lld cpu_ns=%lld busy_ns=%lld peer_cpu_ns=%lld peer_busy_ns=%lld\n",
	       (long long)usage->wall_ns, (long long)usage->cpu_ns,
	       (long long)usage->busy_ns, (long long)peer->cpu_ns,
	       (long long)peer->busy_ns);
}

static int measure(int fd, char what, unsigned int seconds)
{
	struct order order = { .what = what, .seconds = seconds };
	struct usage began, usage, peer;
	uint64_t bytes = 0;

	send_all(fd, &order, sizeof(order));
	began = usage_now();
	if (what == 't')
		bytes = send_blocks(fd, &began, seconds);
	else if (what == 'f')
		bytes = receive_blocks(fd);
	else
		round_trips(fd, &began, seconds);
	peer = what == 'f' ? block.usage : hear_usage(fd);
	usage = usage_since(&began);
	print(bytes, &usage, &peer);
	return 0;
}

int main(int argc, char **argv)
{
	union address address;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(strtoul(argv[2], NULL, 0));
	if (argc != 5 || !strchr("tfe", *argv[1]))
		return 2;
	address = address_of(argv[2], strtoul(argv[3], NULL, 0));
	return measure(connect_to(&address), *argv[1],
		       strtoul(argv[4], NULL, 0));
}
