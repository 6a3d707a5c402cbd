/* SPDX-License-Identifier: GPL-2.0-only */
/* Twins as all can see them, and how their facts are written. */
#ifndef TWINCTL_TWINS_H
#define TWINCTL_TWINS_H

#include <jansson.h>

#include "libtwinos.h"

/*
 * twins_find() - the twin called @name; @list is to be freed with
 * twinos_list_free() if it returns 0, else an exit code, with its line printed
 */
int twins_find(const char *name, struct twinos_status **list, size_t *nr,
	       const struct twinos_status **status);

/* twins_ended() - TWINOS_STOPPED, _LOST or _GONE: it will not run again */
bool twins_ended(unsigned int state);

/* twins_gone() - TWINOS_LOST or _GONE: nothing more of it will be given back */
bool twins_gone(unsigned int state);

/* twins_down() - neither TWINOS_RUNNING nor _HUNG */
bool twins_down(unsigned int state);

/*
 * twins_end() - print how a twin has ended and return the exit code for it;
 * without --json a good end is not worth a line
 */
int twins_end(const char *name, unsigned int state, unsigned int reason);

/* A new reference each; NULL: no memory. */
json_t *twins_json(const struct twinos_status *status);
json_t *twins_json_cpus(const unsigned int *cpus, size_t nr);
json_t *twins_json_range(const struct twinos_range *range);

/* "shared", "dedicated" */
const char *twins_mode(bool shared);

/* "run-time", "reserved", "low" */
const char *twins_range_kind(const struct twinos_range *range);

/*
 * twins_cpus() - "2-3,6"; twins_size() - "512M"; twins_age() - "3m12s", "-"
 * Each fills @text, cuts what does not fit, and returns it.
 */
const char *twins_cpus(char *text, size_t size, const unsigned int *cpus,
		       size_t nr);
const char *twins_size(char *text, size_t size, uint64_t bytes);
const char *twins_age(char *text, size_t size, int64_t ms);

/* Room for the list of TWINOS_MAX_CPUS CPUs, none beside another. */
#define TWINS_CPUS_SIZE (256 * 11 + 1)
#define TWINS_TEXT_SIZE 32

#endif
