/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The twin's kernel command line: ours first, then the user's. */
#ifndef TWINOS_LIB_CMDLINE_H
#define TWINOS_LIB_CMDLINE_H

#include "libtwinos.h"

/*
 * Both are malloc'd, NULL if there is no memory; @user may be NULL.
 *
 * twinos_cmdline_build() - the whole line; with @shared the shim is the init of
 * the initramfs
 * twinos_cmdline_rdinit() - the init that the user wanted there
 */
char *twinos_cmdline_build(const char *user, unsigned int tsc_khz, bool shared);
char *twinos_cmdline_rdinit(const char *user);

#endif
