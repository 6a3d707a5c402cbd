/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The twin's kernel command line: ours first, then the user's. */
#ifndef TWINOS_LIB_CMDLINE_H
#define TWINOS_LIB_CMDLINE_H

#include "libtwinos.h"

/* twinos_cmdline_build() - malloc'd; @user may be NULL; NULL: no memory */
char *twinos_cmdline_build(const char *user, unsigned int tsc_khz);

#endif
