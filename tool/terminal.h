/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A twin's terminal, as the process that holds the twin serves it: what it has
 * printed is kept, and goes to everybody who comes to its socket; one of them may
 * write to it.
 *
 * The socket keeps messages apart. The first byte of each says what it is.
 */
#ifndef TWINCTL_TERMINAL_H
#define TWINCTL_TERMINAL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* From who comes */
#define TERMINAL_HELLO 'h' /* the first one; a byte: not 0, it wants to write */
#define TERMINAL_INPUT 'i' /* bytes for the twin */
#define TERMINAL_SIZE 's' /* struct terminal_size */
/* To it */
#define TERMINAL_WELCOME 'w' /* a byte: not 0, it is who may write */
#define TERMINAL_OUTPUT 'o' /* bytes from the twin */

#define TERMINAL_MESSAGE_MAX 4096

struct terminal_size {
	uint16_t rows;
	uint16_t columns;
};

#define TERMINAL_CLIENTS 8

/* How many struct pollfd terminal_poll() fills at most. */
#define TERMINAL_FDS (TERMINAL_CLIENTS + 1)

struct terminal;

/**
 * struct terminal_ops - where to what the writer sends goes
 * @input: takes what it can of @size bytes and returns how much that was
 * @resize: its terminal has another size
 */
struct terminal_ops {
	size_t (*input)(void *ctx, const void *data, size_t size);
	void (*resize)(void *ctx, const struct terminal_size *size);
	void *ctx;
};

/* terminal_path() - of the socket of twin @name */
void terminal_path(char *path, size_t size, const char *name);

/*
 * terminal_open() - listen at @path, which is removed first: the name of a twin is
 * held by one process at a time. 0 or -errno.
 */
int terminal_open(struct terminal **terminal, const char *path,
		  const struct terminal_ops *ops);
void terminal_close(struct terminal *terminal);

/* terminal_print() - keep it, and let everybody have it */
void terminal_print(struct terminal *terminal, const void *data, size_t size);

/* terminal_poll() - fill @fds with what to wait for; returns how many */
size_t terminal_poll(const struct terminal *terminal, struct pollfd *fds);

/* terminal_serve() - whoever came, sent, or has room again; never waits */
void terminal_serve(struct terminal *terminal);

#endif
