/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TWINOS_LIB_ERROR_H
#define TWINOS_LIB_ERROR_H

#include "libtwinos.h"

/*
 * twinos_fail() - fill @err (which may be NULL) and return -code
 * @code: a positive errno
 */
int twinos_fail(struct twinos_error *err, enum twinos_error_kind kind, int code,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
