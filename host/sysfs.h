/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_SYSFS_H
#define TWINOS_HOST_SYSFS_H

#include <linux/types.h>

struct twin;

int sysfs_init(void);
void sysfs_exit(void);

/* sysfs_add(), sysfs_remove() - /sys/class/twinos/NAME; see doc/sysfs.md */
int sysfs_add(struct twin *twin);
void sysfs_remove(struct twin *twin);

/*
 * sysfs_tell() - a uevent: ACTION=change, TWINOS_STATE= and TWINOS_REASON= with
 * the words of the files state and reason. Sleeps.
 */
void sysfs_tell(struct twin *twin, u32 state, u32 reason);

#endif
