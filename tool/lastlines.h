/* SPDX-License-Identifier: GPL-2.0-only */
/* The last lines of a twin's kernel log, while it is being written. */
#ifndef TWINCTL_LASTLINES_H
#define TWINCTL_LASTLINES_H

#include <stddef.h>
#include <stdint.h>

struct lastlines;

/* lastlines_open() - of twin @name; NULL: no memory */
struct lastlines *lastlines_open(const char *name);
void lastlines_close(struct lastlines *lines);

/* lastlines_read() - what was written since, in the twin's life number @life */
void lastlines_read(struct lastlines *lines, uint64_t life);

/* lastlines_name() - of the twin */
const char *lastlines_name(const struct lastlines *lines);

/*
 * lastlines_get() - line number @i from the end, 0 for the last one, harmless on a
 * terminal; or why there is none, as line 0. NULL: there is no such line
 */
const char *lastlines_get(const struct lastlines *lines, size_t i);

#endif
