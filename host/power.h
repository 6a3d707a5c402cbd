/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_POWER_H
#define TWINOS_HOST_POWER_H

/*
 * power_init() - refuse suspend and hibernation while a twin has a CPU, and stop
 * all twins before the machine goes down
 */
int power_init(void);
void power_exit(void);

#endif
