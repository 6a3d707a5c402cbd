// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

int twinos_fail(struct twinos_error *err, enum twinos_error_kind kind, int code,
		const char *format, ...)
{
	va_list args;

	if (!err)
		return -code;
	err->kind = kind;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -code;
}
