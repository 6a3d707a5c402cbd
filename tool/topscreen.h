/* SPDX-License-Identifier: GPL-2.0-only */
/* 'twinctl top' at a terminal. */
#ifndef TWINCTL_TOPSCREEN_H
#define TWINCTL_TOPSCREEN_H

#include "rates.h"

/* topscreen_run() - a new sample every @interval_ms, until the user has had enough; an exit code */
int topscreen_run(struct rates *rates, int64_t interval_ms);

#endif
