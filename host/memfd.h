/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_MEMFD_H
#define TWINOS_HOST_MEMFD_H

#include <linux/types.h>

struct twin;

/* memfd_make() - see struct twinos_memory_fd; the twin's owner fd is open */
int memfd_make(struct twin *twin, u64 start, int flags);

#endif
