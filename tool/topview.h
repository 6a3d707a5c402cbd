/* SPDX-License-Identifier: GPL-2.0-only */
/* What 'twinctl top' shows, as text: plain ASCII, whatever a twin or a locale is like. */
#ifndef TWINCTL_TOPVIEW_H
#define TWINCTL_TOPVIEW_H

#include <jansson.h>

#include "rates.h"

/* Room for each of these lines. */
#define TOPVIEW_SIZE 256

/**
 * struct topview_shape - of the table of twins
 * @name: how many characters a name takes; a longer one ends in '+'
 * @columns: how wide it is at most; the last columns, which are the least important, are
 *	left out; 0: whatever they take
 */
struct topview_shape {
	int name;
	int columns;
};

/* topview_title() - how many twins there are; @now: seconds since 1970 */
void topview_title(char text[TOPVIEW_SIZE], const struct rates *rates,
		   int64_t now);

/* topview_shape() - for all these twins, within @columns */
struct topview_shape topview_shape(const struct rates *rates, int columns);

/* topview_is_bad() - it ended otherwise than anybody wanted, or is about to */
bool topview_is_bad(const struct twinos_status *status);

/* topview_head() - the titles of the columns of topview_twin() */
void topview_head(char text[TOPVIEW_SIZE], const struct topview_shape *shape);
void topview_twin(char text[TOPVIEW_SIZE], const struct topview_shape *shape,
		  const struct rates_twin *twin);

/* topview_cpus() - each CPU of one that tells what it does, or how its turns went */
void topview_cpus(char text[TOPVIEW_SIZE], const struct rates_twin *twin);

/* topview_json() - all of it; a new reference, NULL: no memory */
json_t *topview_json(const struct rates *rates, int64_t now_ms);

#endif
