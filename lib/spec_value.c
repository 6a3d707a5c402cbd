// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "spec_value.h"

int twinos_spec_fail(const struct twinos_spec *spec, const char *key,
		     const char *what, struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL, "%s: '%.64s' %s",
			   spec->kind, twinos_spec_get(spec, key), what);
}

/* Unlike strtoull(): no sign, no space, no octal. */
static bool parse_number(const char *text, uint64_t *number)
{
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*number = strtoull(text, NULL, 10);
	return !errno;
}

int twinos_spec_number(const struct twinos_spec *spec, const char *key,
		       uint64_t min, uint64_t max, uint64_t *number,
		       struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, key);
	uint64_t value;
	char what[96];

	if (!text)
		return 0;
	if (parse_number(text, &value) && value >= min && value <= max) {
		*number = value;
		return 0;
	}
	snprintf(what, sizeof(what),
		 "can't be %.16s: a number from %" PRIu64 " to %" PRIu64, key,
		 min, max);
	return twinos_spec_fail(spec, key, what, err);
}

int twinos_spec_busy_poll(const struct twinos_spec *spec, unsigned int *us,
			  struct twinos_error *err)
{
	uint64_t number = *us;
	int ret = twinos_spec_number(spec, "busy-poll", 1, TWINOS_BUSY_POLL_MAX,
				     &number, err);

	*us = (unsigned int)number;
	return ret;
}

int twinos_spec_name(const struct twinos_spec *spec, struct twinos_vdev *vdev,
		     struct twinos_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const char *name = twinos_spec_get(spec, "name");

	if (!name)
		return 0;
	if (*name == '.' || *name == '-' || name[strspn(name, letters)] ||
	    strlen(name) >= sizeof(vdev->name))
		return twinos_spec_fail(
			spec, "name",
			"can't be a device's name: up to 31 letters, digits, '.', '_' and '-', not starting with '.' or '-'",
			err);
	strcpy(vdev->name, name);
	return 0;
}
