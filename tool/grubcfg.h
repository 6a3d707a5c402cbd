/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of GRUB's configuration that reserves memory for twins. Paths are seen from
 * the root of a struct twinos_hostfs.
 */
#ifndef TWINCTL_GRUBCFG_H
#define TWINCTL_GRUBCFG_H

#include "hostfs.h"
#include "reservation.h"

#define GRUBCFG_PATH "/etc/default/grub.d/twinos.cfg"

#define GRUBCFG_OPTION_SIZE 64

/* grubcfg_option() - what the kernel's command line is to hold: memmap=SIZE$ADDR */
void grubcfg_option(char option[GRUBCFG_OPTION_SIZE],
		    const struct twinos_reservation *reservation);

/*
 * grubcfg_read() - what the file reserves; a length of 0: there is none. -EINVAL:
 * somebody else has written it.
 */
int grubcfg_read(const struct twinos_hostfs *fs,
		 struct twinos_reservation *reservation,
		 struct twinos_error *err);

/* grubcfg_write() - all of it or nothing, over one that is there */
int grubcfg_write(const struct twinos_hostfs *fs,
		  const struct twinos_reservation *reservation,
		  struct twinos_error *err);

/* grubcfg_remove() - the file, which is there */
int grubcfg_remove(const struct twinos_hostfs *fs, struct twinos_error *err);

#endif
