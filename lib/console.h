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

#endif
