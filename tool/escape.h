/* SPDX-License-Identifier: GPL-2.0-only */
/* Text from a twin or a user, made harmless for terminals. */
#ifndef TWINCTL_ESCAPE_H
#define TWINCTL_ESCAPE_H

#include <stddef.h>

/* Bytes that one byte of text can become. */
#define ESCAPE_MAX 4

/*
 * escape() - copy @text, with \xNN for each byte that is not printable ASCII
 * @length: bytes of @text, which needs no NUL and may hold some
 * @keep: control characters to copy as they are, such as "\n\t"
 * @out: at least @length * ESCAPE_MAX + 1 bytes; ends with NUL
 *
 * Bytes above 0x7e are escaped too: in some terminals 0x9b starts a command as
 * ESC [ does. Returns the length of @out.
 */
size_t escape(char *out, const char *text, size_t length, const char *keep);

#endif
