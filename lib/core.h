/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A twin's memory in the form of an ELF core, as kdump makes them. */
#ifndef TWINOS_LIB_CORE_H
#define TWINOS_LIB_CORE_H

#include "libtwinos.h"

/*
 * twinos_core_write() - to the empty file behind @file, whose name for messages
 * is @dump's path
 */
int twinos_core_write(const struct twinos_dump *dump, int file,
		      struct twinos_dump_result *result,
		      struct twinos_error *err);

#endif
