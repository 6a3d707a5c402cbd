/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the host's CPUs the twin gets. */
#ifndef TWINOS_LIB_CPUS_H
#define TWINOS_LIB_CPUS_H

#include "libtwinos.h"

/*
 * twinos_cpus_choose() - fill @lent, of @nr entries
 * @nr_possible: one more than the highest CPU number (struct twinos_info)
 * @cpus: the user's numbers, or NULL: any, the highest first
 *
 * Nothing is taken: the module checks all of it again at the start.
 */
int twinos_cpus_choose(int device, unsigned int nr_possible,
		       const unsigned int *cpus, size_t nr,
		       struct twinos_lent_cpu *lent, struct twinos_error *err);

/* twinos_cpus_share() - the one of a twin in shared mode: any that is online */
int twinos_cpus_share(int device, unsigned int cpu,
		      struct twinos_lent_cpu *lent, struct twinos_error *err);

#endif
