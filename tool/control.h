/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What others ask of the process that holds a twin. One message is a JSON object with
 * "order", its answer one with what was asked for, or with "error":
 *
 *	{"order": "devices"}
 *	{"order": "add", "kind": K, "text": T, "directory": D}: file names in T are seen
 *		from directory D
 *	{"order": "remove", "device": NAME, "force": BOOL}
 *	{"order": "attach"}: see keep.h
 */
#ifndef TWINCTL_CONTROL_H
#define TWINCTL_CONTROL_H

#include <jansson.h>
#include <poll.h>

#include "libtwinos.h"

#define CONTROL_CLIENTS 4
/* How many struct pollfd control_poll() fills at most. */
#define CONTROL_FDS (CONTROL_CLIENTS + 1)

struct control;

/* control_open() - listen for orders to @twin; 0 or -errno */
int control_open(struct control **control, struct twinos_twin *twin);
void control_close(struct control *control);

/*
 * control_on_attach() - who makes a supervisor, and fills in its process; NULL: nobody,
 * as this process is the one
 */
void control_on_attach(struct control *control,
		       int (*attach)(void *ctx, pid_t *pid,
				     struct twinos_error *err),
		       void *ctx);

/* control_poll() - fill @fds with what to wait for; returns how many */
size_t control_poll(const struct control *control, struct pollfd *fds);

/* control_serve() - carry out what was ordered; never waits for anybody */
void control_serve(struct control *control);

/*
 * control_ask() - from another process: @order, which is released, to the twin @name.
 * The answer, to be released, or NULL with @err.
 */
json_t *control_ask(const char *name, json_t *order, struct twinos_error *err);

/* control_ask_within() - who does not answer in time does not answer */
json_t *control_ask_within(const char *name, json_t *order, int64_t timeout_ms,
			   struct twinos_error *err);

#endif
