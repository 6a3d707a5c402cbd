/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TWINOS_LIB_STATUS_H
#define TWINOS_LIB_STATUS_H

#include <stdint.h>

/* twinos_status_run_ns() - CPU time that a twin in shared mode had; 0: unknown */
uint64_t twinos_status_run_ns(const char *name);

#endif
