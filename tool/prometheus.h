/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of twins in the text format of Prometheus (prometheus.io, "Exposition
 * formats"), version 0.0.4.
 */
#ifndef TWINCTL_PROMETHEUS_H
#define TWINCTL_PROMETHEUS_H

#include <stdio.h>

#include "sample.h"

/* prometheus_write() - all that is to be told of @nr @twins; @file knows of errors */
void prometheus_write(FILE *file, const struct sample_twin *twins, size_t nr);

#endif
