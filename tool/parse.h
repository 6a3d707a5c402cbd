/* SPDX-License-Identifier: GPL-2.0-only */
/* The notations of the command line. No I/O and no state: see tests/fuzz. */
#ifndef TWINCTL_PARSE_H
#define TWINCTL_PARSE_H

#include <linux/twinos.h>

#include "libtwinos.h"

/*
 * Each returns 0, or -EINVAL with what is wrong with @text in @err, so that the
 * caller only has to put the option's name before it.
 */

/* parse_size() - 512M, 0x100000000, 1g: K, M, G and T count in 1024 */
int parse_size(const char *text, uint64_t *size, struct twinos_error *err);

/* parse_aligned() - the same, above 0 and a multiple of TWINOS_RANGE_ALIGN */
int parse_aligned(const char *text, uint64_t *size, struct twinos_error *err);

/**
 * struct parse_cpus - which CPUs
 * @nr: how many
 * @listed: @cpus holds their numbers; otherwise any @nr will do
 */
struct parse_cpus {
	size_t nr;
	bool listed;
	unsigned int cpus[TWINOS_MAX_CPUS];
};

/*
 * parse_cpus() - "2" is a count; "2,", "2-3" and "2-3,6" are lists: a comma or
 * a dash makes the list, and one comma may stand at its end
 */
int parse_cpus(const char *text, struct parse_cpus *cpus,
	       struct twinos_error *err);

/* parse_cpu() - the number of one CPU */
int parse_cpu(const char *text, unsigned int *cpu, struct twinos_error *err);

/*
 * parse_slice() - "4ms", "500us": within TWINOS_SLICE_MIN_US and _MAX_US; in
 * microseconds
 */
int parse_slice(const char *text, unsigned int *us, struct twinos_error *err);

/* parse_name() - a twin's, see struct twinos_create */
int parse_name(const char *text, struct twinos_error *err);

/* parse_entry() - one of parse_entries, which ends with NULL: auto, elf, bzimage */
extern const char *const parse_entries[];
int parse_entry(const char *text, enum twinos_entry *entry,
		struct twinos_error *err);

/*
 * parse_level() - of a log record: 0 to 7, or a name as in dmesg(1), one of
 * parse_levels, which ends with NULL
 */
extern const char *const parse_levels[];
int parse_level(const char *text, unsigned int *level,
		struct twinos_error *err);

/* parse_seconds() - "10", "0.5", at most a year; in milliseconds */
int parse_seconds(const char *text, int64_t *ms, struct twinos_error *err);

#endif
