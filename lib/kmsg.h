/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's own kernel log, where it may be read. */
#ifndef TWINOS_LIB_KMSG_H
#define TWINOS_LIB_KMSG_H

#include "hostfs.h"

/**
 * struct twinos_kmsg
 * @text: the kernel's own lines, without what programs have written; NULL if it
 *	can't be read
 * @whole: the first line of the boot is still there
 */
struct twinos_kmsg {
	char *text;
	bool whole;
};

/* twinos_kmsg_load() - from /dev/kmsg */
void twinos_kmsg_load(struct twinos_kmsg *log, const struct twinos_hostfs *fs);
void twinos_kmsg_free(struct twinos_kmsg *log);

/* twinos_kmsg_says() - some line holds @words */
bool twinos_kmsg_says(const struct twinos_kmsg *log, const char *words);

#endif
