/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of the memory of a twin that has panicked. */
#ifndef TWINCTL_PANICKED_H
#define TWINCTL_PANICKED_H

#include "libtwinos.h"

/*
 * panicked_save() - write it to a new file in @dir, as long as it is there: the
 * twin's cores are stopped, but it is not freed. How that went is told, by
 * syslog(3) with @log, and has no other consequence. A signal that comes at
 * @signals ends it.
 */
void panicked_save(const struct twinos_twin *twin, const char *dir, int signals,
		   bool log);

#endif
