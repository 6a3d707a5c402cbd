/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of a twin's kernel log on standard output. */
#ifndef TWINCTL_RECORD_H
#define TWINCTL_RECORD_H

#include <stdio.h>

#include "libtwinos.h"

/*
 * record_print() - "[    1.234567] text", one line for each of the record's
 * own, or with --json one object; 0 or -errno if it can't be written
 */
int record_print(const struct twinos_record *record);

/*
 * record_lines() - as record_print() without --json, to @file, with @end behind each
 * line
 */
int record_lines(const struct twinos_record *record, FILE *file,
		 const char *end);

/* record_write() - the object of --json to @file; 0 or -errno */
int record_write(const struct twinos_record *record, FILE *file);

/*
 * record_can_print() - standard output takes a record without making us wait;
 * waits up to @timeout_ms for it
 */
bool record_can_print(int timeout_ms);

#endif
