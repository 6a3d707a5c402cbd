/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's side of a twin's terminal. Any value may stand in the twin's counts. */
#ifndef TWINOS_LIB_CONSOLE_H
#define TWINOS_LIB_CONSOLE_H

#include <stddef.h>

#include <twinos/handover.h>

/* twinos_console_read() - what the twin has written, at most @size bytes of it */
size_t twinos_console_read(volatile struct twinos_console *console, void *data,
			   size_t size);

/* twinos_console_write() - for the twin to read; returns how much had room */
size_t twinos_console_write(volatile struct twinos_console *console,
			    const void *data, size_t size);

/* struct twinos_console_bell - two eventfds, each -1 if there is none */
struct twinos_console_bell {
	int kick; /* readable: the twin has written, or made room */
	int call; /* to write to it tells the twin the same */
};

/* twinos_console_bind() - to the twin of @owner; 0 or -errno */
int twinos_console_bind(struct twinos_console_bell *bell, int owner);

/* twinos_console_unbind() - nothing to do if it failed, or @bell holds none */
void twinos_console_unbind(struct twinos_console_bell *bell);

/* twinos_console_call() - have the twin look at its terminal */
void twinos_console_call(const struct twinos_console_bell *bell);

/* twinos_console_answer() - before a look at the terminal: ->kick is not readable */
void twinos_console_answer(const struct twinos_console_bell *bell);

#endif
