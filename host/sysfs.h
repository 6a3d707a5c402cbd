/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_SYSFS_H
#define TWINOS_HOST_SYSFS_H

struct twin;

int sysfs_init(void);
void sysfs_exit(void);

/* sysfs_add(), sysfs_remove() - /sys/class/twinos/NAME; see doc/sysfs.md */
int sysfs_add(struct twin *twin);
void sysfs_remove(struct twin *twin);

#endif
