/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The twin's kernel command line: ours first, then the user's. */
#ifndef TWINOS_LIB_CMDLINE_H
#define TWINOS_LIB_CMDLINE_H

#include "libtwinos.h"

/*
 * Both are malloc'd, NULL if there is no memory; @user may be NULL.
 *
 * twinos_cmdline_build() - the whole line; with @guest, as always with @shared,
 * the shim is the init of the initramfs, and the user's panic= is left to the
 * guest module
 * twinos_cmdline_rdinit() - the init that the user wanted there
 */
char *twinos_cmdline_build(const char *user, unsigned int tsc_khz, bool shared,
			   bool guest);
char *twinos_cmdline_rdinit(const char *user);

/* twinos_cmdline_panic() - the value of the last panic= in @user, else 0 */
int twinos_cmdline_panic(const char *user);

#endif
