/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory a twin gets if nobody says. */
#ifndef TWINCTL_MEMINFO_H
#define TWINCTL_MEMINFO_H

#include <stdint.h>

/*
 * meminfo_share() - of @available bytes: 512M, but no more than a quarter, and 128M at
 * least; a multiple of TWINOS_RANGE_ALIGN
 */
uint64_t meminfo_share(uint64_t available);

/* meminfo_available() - what /proc/meminfo tells of this machine; UINT64_MAX: nothing */
uint64_t meminfo_available(void);

#endif
