/* SPDX-License-Identifier: GPL-2.0-only */
/* --reuse-cmdline: the host's kernel command line, as far as a twin may have it. */
#ifndef TWINCTL_REUSE_H
#define TWINCTL_REUSE_H

#include "libtwinos.h"

/*
 * reuse_filter() - malloc'd, NULL if there is no memory: the options of @host
 * but those that name the host's own hardware or files, those that a twin must
 * not have (twinos_cmdline_check()), with @shared in shared mode, and init's
 * behind "--"
 */
char *reuse_filter(const char *host, bool shared);

/* reuse_read() - reuse_filter() of /proc/cmdline; NULL with errno */
char *reuse_read(bool shared);

#endif
