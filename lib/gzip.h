/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TWINOS_LIB_GZIP_H
#define TWINOS_LIB_GZIP_H

#include <stddef.h>
#include <stdint.h>

/* twinos_gzip_write() - @data, packed, to @fd; @written: bytes there. 0 or -errno */
int twinos_gzip_write(int fd, const void *data, size_t length,
		      uint64_t *written);

#endif
