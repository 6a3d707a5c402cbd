// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "iovs.h"

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Takes at most @size bytes, those of one piece; returns how many. */
static size_t take(struct twinos_iovs *iovs, size_t size, char **at)
{
	struct iovec *iov = iovs->iov;
	size_t length = min_size(size, iov->iov_len);

	*at = iov->iov_base;
	iov->iov_base = *at + length;
	iov->iov_len -= length;
	iovs->bytes -= length;
	if (!iov->iov_len) {
		iovs->iov++;
		iovs->nr--;
	}
	return length;
}

void twinos_iovs_skip(struct twinos_iovs *iovs, size_t size)
{
	char *at;

	while (size)
		size -= take(iovs, size, &at);
}

/* Whole pieces, or a part of the first one alone. */
struct twinos_iovs twinos_iovs_front(const struct twinos_iovs *iovs, size_t max,
				     struct iovec *piece)
{
	struct twinos_iovs front = { .iov = iovs->iov };

	while (front.nr < iovs->nr &&
	       iovs->iov[front.nr].iov_len <= max - front.bytes)
		front.bytes += iovs->iov[front.nr++].iov_len;
	if (front.nr || !iovs->nr)
		return front;
	*piece = (struct iovec){ iovs->iov->iov_base, max };
	return (struct twinos_iovs){ piece, 1, max };
}

size_t twinos_iovs_get(struct twinos_iovs *iovs, void *to, size_t size)
{
	size_t length, left;
	char *at;

	size = min_size(size, iovs->bytes);
	for (left = size; left; left -= length) {
		length = take(iovs, left, &at);
		memcpy((char *)to + (size - left), at, length);
	}
	/* No later use may read the twin's memory again instead of the copy. */
	__asm__ volatile("" ::: "memory");
	return size;
}

size_t twinos_iovs_put(struct twinos_iovs *iovs, const void *from, size_t size)
{
	size_t length, left;
	char *at;

	size = min_size(size, iovs->bytes);
	for (left = size; left; left -= length) {
		length = take(iovs, left, &at);
		memcpy(at, (const char *)from + (size - left), length);
	}
	return size;
}

uint8_t *twinos_iovs_last(struct twinos_iovs *iovs)
{
	struct iovec *iov;

	if (!iovs->nr)
		return NULL;
	iov = &iovs->iov[iovs->nr - 1];
	iovs->bytes--;
	if (!--iov->iov_len)
		iovs->nr--;
	return (uint8_t *)iov->iov_base + iov->iov_len;
}
