/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of CPUs as sysfs writes them: "0-3,8". */
#ifndef TWINOS_LIB_CPULIST_H
#define TWINOS_LIB_CPULIST_H

#include <stdbool.h>
#include <stddef.h>

/* Linux' largest NR_CPUS (MAXSMP). */
#define TWINOS_CPULIST_MAX 8192

/**
 * struct twinos_cpulist - all zero is the empty set
 */
struct twinos_cpulist {
	unsigned char has[TWINOS_CPULIST_MAX];
};

/* twinos_cpulist_parse() - add those of @text; false if it is no such list */
bool twinos_cpulist_parse(struct twinos_cpulist *list, const char *text);

size_t twinos_cpulist_count(const struct twinos_cpulist *list);

/* twinos_cpulist_format() - cut, with "..." at the end, to @size; returns @text */
const char *twinos_cpulist_format(const struct twinos_cpulist *list, char *text,
				  size_t size);

#endif
