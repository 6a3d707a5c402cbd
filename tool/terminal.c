// SPDX-License-Identifier: GPL-2.0-only
/*
 * No reader can make the twin wait: each has a place of its own in what was printed,
 * and one that is too slow finds a part of it gone.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lastlog.h"
#include "socket.h"
#include "terminal.h"

#define KEPT (256UL << 10)
#define CHUNK (TERMINAL_MESSAGE_MAX - 1)

struct client {
	int fd; /* -1: none */
	bool said_hello;
	uint64_t at; /* what it has got of all that was printed */
};

struct terminal {
	int listener;
	char path[SOCKET_PATH_MAX];
	struct terminal_ops ops;
	struct client clients[TERMINAL_CLIENTS];
	struct client *writer;
	uint64_t printed;
	uint8_t waiting
		[TERMINAL_MESSAGE_MAX]; /* input that the twin had no room for */
	size_t nr_waiting;
	uint8_t kept[KEPT];
};

void terminal_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, LASTLOG_DIR "/%s.console", name);
}

int terminal_open(struct terminal **terminal, const char *path,
		  const struct terminal_ops *ops)
{
	struct terminal *new = calloc(1, sizeof(*new));
	size_t i;
	int ret;

	if (!new)
		return -ENOMEM;
	ret = socket_listen(path, TERMINAL_CLIENTS);
	if (ret < 0) {
		free(new);
		return ret;
	}
	new->listener = ret;
	new->ops = *ops;
	strcpy(new->path, path);
	for (i = 0; i < TERMINAL_CLIENTS; i++)
		new->clients[i].fd = -1;
	*terminal = new;
	return 0;
}

static void drop(struct terminal *terminal, struct client *client)
{
	close(client->fd);
	client->fd = -1;
	if (terminal->writer == client)
		terminal->writer = NULL;
}

void terminal_close(struct terminal *terminal)
{
	size_t i;

	if (!terminal)
		return;
	for (i = 0; i < TERMINAL_CLIENTS; i++)
		if (terminal->clients[i].fd >= 0)
			drop(terminal, &terminal->clients[i]);
	unlink(terminal->path);
	close(terminal->listener);
	free(terminal);
}

void terminal_print(struct terminal *terminal, const void *data, size_t size)
{
	const uint8_t *from = data;
	size_t i;

	for (i = 0; i < size; i++)
		terminal->kept[terminal->printed++ % KEPT] = from[i];
}

static bool has_all(const struct terminal *terminal,
		    const struct client *client)
{
	return !client->said_hello || client->at == terminal->printed;
}

size_t terminal_poll(const struct terminal *terminal, struct pollfd *fds)
{
	size_t i, nr = 0;

	fds[nr++] = (struct pollfd){ terminal->listener, POLLIN, 0 };
	for (i = 0; i < TERMINAL_CLIENTS; i++) {
		const struct client *client = &terminal->clients[i];
		short events = has_all(terminal, client) ? 0 : POLLOUT;

		/* While the twin takes nothing, neither do we. */
		if (client != terminal->writer || !terminal->nr_waiting)
			events |= POLLIN;
		if (client->fd >= 0)
			fds[nr++] = (struct pollfd){ client->fd, events, 0 };
	}
	return nr;
}

static int send_message(const struct client *client, char kind,
			const void *data, size_t size)
{
	uint8_t message[TERMINAL_MESSAGE_MAX];

	message[0] = (uint8_t)kind;
	memcpy(message + 1, data, size);
	return send(client->fd, message, size + 1,
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ?
		       -errno :
		       0;
}

/* What was printed from @at on, up to where the ring begins anew. */
static int send_some(const struct terminal *terminal, struct client *client)
{
	size_t start = client->at % KEPT;
	size_t size = terminal->printed - client->at;
	int ret;

	if (size > KEPT - start)
		size = KEPT - start;
	if (size > CHUNK)
		size = CHUNK;
	ret = send_message(client, TERMINAL_OUTPUT, terminal->kept + start,
			   size);
	if (!ret)
		client->at += size;
	return ret;
}

static int tell_loss(const struct terminal *terminal, struct client *client)
{
	char text[64];
	uint64_t first = terminal->printed - KEPT;
	int ret;

	snprintf(text, sizeof(text), "\r\n[twinctl: %llu bytes are gone]\r\n",
		 (unsigned long long)(first - client->at));
	ret = send_message(client, TERMINAL_OUTPUT, text, strlen(text));
	if (!ret)
		client->at = first;
	return ret;
}

static void send_all(struct terminal *terminal, struct client *client)
{
	int ret = 0;

	while (!ret && !has_all(terminal, client))
		ret = terminal->printed - client->at > KEPT ?
			      tell_loss(terminal, client) :
			      send_some(terminal, client);
	if (ret && ret != -EAGAIN)
		drop(terminal, client);
}

/* Who comes first and wants to is who writes. All begin with the oldest that is kept. */
static void say_hello(struct terminal *terminal, struct client *client,
		      bool wants)
{
	uint8_t may;

	if (client->said_hello)
		return;
	client->said_hello = true;
	client->at = terminal->printed > KEPT ? terminal->printed - KEPT : 0;
	if (wants && !terminal->writer)
		terminal->writer = client;
	may = terminal->writer == client;
	if (send_message(client, TERMINAL_WELCOME, &may, 1))
		drop(terminal, client);
}

static void give_input(struct terminal *terminal)
{
	size_t taken;

	if (!terminal->nr_waiting)
		return;
	taken = terminal->ops.input(terminal->ops.ctx, terminal->waiting,
				    terminal->nr_waiting);
	terminal->nr_waiting -= taken;
	memmove(terminal->waiting, terminal->waiting + taken,
		terminal->nr_waiting);
}

static void take_message(struct terminal *terminal, struct client *client,
			 const uint8_t *message, size_t size)
{
	struct terminal_size terminal_size;

	if (message[0] == TERMINAL_HELLO && size == 2)
		say_hello(terminal, client, message[1]);
	if (client != terminal->writer)
		return;
	if (message[0] == TERMINAL_INPUT) {
		memcpy(terminal->waiting, message + 1, size - 1);
		terminal->nr_waiting = size - 1;
		give_input(terminal);
	} else if (message[0] == TERMINAL_SIZE &&
		   size == 1 + sizeof(terminal_size)) {
		memcpy(&terminal_size, message + 1, sizeof(terminal_size));
		terminal->ops.resize(terminal->ops.ctx, &terminal_size);
	}
}

/* False if there is none, for now or for good. */
static bool receive(struct terminal *terminal, struct client *client)
{
	uint8_t message[TERMINAL_MESSAGE_MAX];
	ssize_t got;

	if (client->fd < 0 ||
	    (client == terminal->writer && terminal->nr_waiting))
		return false;
	got = recv(client->fd, message, sizeof(message), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return false;
	if (got <= 0) {
		drop(terminal, client);
		return false;
	}
	take_message(terminal, client, message, (size_t)got);
	return true;
}

static struct client *free_place(struct terminal *terminal)
{
	size_t i;

	for (i = 0; i < TERMINAL_CLIENTS; i++)
		if (terminal->clients[i].fd < 0)
			return &terminal->clients[i];
	return NULL;
}

/* One too many is hung up on. */
static void welcome(struct terminal *terminal)
{
	int fd = accept4(terminal->listener, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client = free_place(terminal);

	if (fd >= 0 && client)
		*client = (struct client){ .fd = fd };
	else if (fd >= 0)
		close(fd);
}

void terminal_serve(struct terminal *terminal)
{
	size_t i;

	welcome(terminal);
	give_input(terminal);
	for (i = 0; i < TERMINAL_CLIENTS; i++) {
		struct client *client = &terminal->clients[i];

		while (receive(terminal, client))
			;
		if (client->fd >= 0)
			send_all(terminal, client);
	}
}
