/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scattered memory, taken from its front. It may be the twin's, which changes it at
 * will: what counts is what was copied from it, once.
 */
#ifndef TWINOS_LIB_IOVS_H
#define TWINOS_LIB_IOVS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/**
 * struct twinos_iovs - what is left of it
 * @iov: @nr pieces, none empty; changed as they are taken
 * @bytes: the sum of their lengths
 */
struct twinos_iovs {
	struct iovec *iov;
	unsigned int nr;
	size_t bytes;
};

/* twinos_iovs_skip() - take @size bytes, at most @iovs->bytes */
void twinos_iovs_skip(struct twinos_iovs *iovs, size_t size);

/*
 * twinos_iovs_front() - what is at its front, at least one byte and at most @max if there
 * is any; nothing is taken
 * @piece: room for a part of the first one
 */
struct twinos_iovs twinos_iovs_front(const struct twinos_iovs *iovs, size_t max,
				     struct iovec *piece);

/*
 * twinos_iovs_get() - take up to @size bytes and copy them to @to; returns how many.
 * twinos_iovs_put() - take up to @size bytes and copy @from there; returns how many.
 */
size_t twinos_iovs_get(struct twinos_iovs *iovs, void *to, size_t size);
size_t twinos_iovs_put(struct twinos_iovs *iovs, const void *from, size_t size);

/* twinos_iovs_last() - take the very last byte and tell where it is; NULL: none */
uint8_t *twinos_iovs_last(struct twinos_iovs *iovs);

#endif
