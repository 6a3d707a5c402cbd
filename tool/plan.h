/* SPDX-License-Identifier: GPL-2.0-only */
/* What --dry-run shows. */
#ifndef TWINCTL_PLAN_H
#define TWINCTL_PLAN_H

#include "libtwinos.h"

/* plan_print() - for people or as JSON; 0 or an exit code */
int plan_print(const struct twinos_plan *plan);

/*
 * plan_cpus() - the host's numbers of the twin's CPUs; @cpus has room for
 * TWINOS_MAX_CPUS. Returns how many.
 */
size_t plan_cpus(const struct twinos_plan *plan, unsigned int *cpus);

#endif
