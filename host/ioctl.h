/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_IOCTL_H
#define TWINOS_HOST_IOCTL_H

/* ioctl_init(), ioctl_exit() - /dev/twinos */
int ioctl_init(void);
void ioctl_exit(void);

#endif
