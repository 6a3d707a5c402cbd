/* SPDX-License-Identifier: GPL-2.0-only */
/* What the log of a twin held when it ended, kept after its memory is returned. */
#ifndef TWINCTL_LASTLOG_H
#define TWINCTL_LASTLOG_H

#include <stdio.h>
#include <time.h>

#include "libtwinos.h"

/* Gone at the next boot, as the twins are. */
#define LASTLOG_DIR "/run/twinos"

/* About what a file holds, so that a twin with a large log does not fill the host's memory. */
#define LASTLOG_MAX (1UL << 20)

/* lastlog_make_dir() - /run/twinos, for root alone; 0 or -errno */
int lastlog_make_dir(const char *dir);

/*
 * lastlog_keep() - write what is in @log to @dir/NAME.log, in place of what an
 * earlier twin of that name left; the newest LASTLOG_MAX bytes if there is more. Each
 * line is a record as `twinctl dmesg --json` prints it. Its twin does not run, but
 * is not freed. 0 or -errno.
 */
int lastlog_keep(const char *dir, const char *name, struct twinos_log *log);

/*
 * lastlog_save() - lastlog_keep() in LASTLOG_DIR; that it can't be done is told, by
 * syslog(3) with @quiet, and has no other consequence
 */
void lastlog_save(const char *name, struct twinos_log *log, bool quiet);

/* lastlog_open() - of the twin @name; NULL with errno. @when is its end. */
FILE *lastlog_open(const char *dir, const char *name, time_t *when);

/*
 * lastlog_next() - the next record, whose text is to be freed: 1, or 0 at the end
 * or where the rest is no log
 */
int lastlog_next(FILE *file, struct twinos_record *record, char **text);

#endif
