/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_NET_H
#define TWINOS_GUEST_NET_H

/*
 * net_init() - from now on a forced restart (sysrq-b, panic=N, a failed reboot)
 * ends the twin and not the machine; -errno: it can't be done
 */
int net_init(void);

#endif
