/* SPDX-License-Identifier: GPL-2.0-only */
/* The wall clock, and its times for programs. */
#ifndef TWINCTL_STAMP_H
#define TWINCTL_STAMP_H

#include <stdint.h>

/* stamp_now() - milliseconds since 1970 UTC */
int64_t stamp_now(void);

/* stamp_format() - as RFC 3339 has it, in UTC: "2026-11-28T03:43:19.123Z" */
#define STAMP_SIZE 32
void stamp_format(char text[STAMP_SIZE], int64_t ms);

#endif
