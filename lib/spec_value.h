/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values in what the user says of a device that several kinds have. */
#ifndef TWINOS_LIB_SPEC_VALUE_H
#define TWINOS_LIB_SPEC_VALUE_H

#include "spec.h"
#include "vdev.h"

/* twinos_spec_fail() - TWINOS_ERROR_USAGE: the value of @key, which is there, is @what */
int twinos_spec_fail(const struct twinos_spec *spec, const char *key,
		     const char *what, struct twinos_error *err);

/*
 * twinos_spec_number() - the value of @key, decimal, from @min to @max; *@number stays
 * as it is if there is none
 */
int twinos_spec_number(const struct twinos_spec *spec, const char *key,
		       uint64_t min, uint64_t max, uint64_t *number,
		       struct twinos_error *err);

#define TWINOS_BUSY_POLL_MAX 10000 /* us */

/* twinos_spec_busy_poll() - "busy-poll=" in us, 1 to TWINOS_BUSY_POLL_MAX; as above */
int twinos_spec_busy_poll(const struct twinos_spec *spec, unsigned int *us,
			  struct twinos_error *err);

/*
 * twinos_spec_name() - what "name=" says into vdev->name: up to 31 letters, digits, '.',
 * '_' and '-', not starting with '.' or '-'; "" if it is not there
 */
int twinos_spec_name(const struct twinos_spec *spec, struct twinos_vdev *vdev,
		     struct twinos_error *err);

#endif
