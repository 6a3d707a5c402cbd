// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"

static bool is_harmless(char c, const char *keep)
{
	return (c >= ' ' && c <= '~') || (c && strchr(keep, c));
}

size_t escape(char *out, const char *text, size_t length, const char *keep)
{
	char *at = out;
	size_t i;

	for (i = 0; i < length; i++) {
		if (is_harmless(text[i], keep))
			*at++ = text[i];
		else
			at += sprintf(at, "\\x%02x", (unsigned char)text[i]);
	}
	*at = '\0';
	return (size_t)(at - out);
}
