/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compressed kernel: inside a bzImage or a file of its own. */
#ifndef TWINOS_LIB_PAYLOAD_H
#define TWINOS_LIB_PAYLOAD_H

#include "libtwinos.h"

/* x86-64 maps a kernel with 1 GiB at most: KERNEL_IMAGE_SIZE. */
#define TWINOS_PAYLOAD_MAX (1UL << 30)

/* struct twinos_payload - the unpacked bytes, from mmap() */
struct twinos_payload {
	void *data;
	size_t length;
};

/* twinos_payload_known() - can this be unpacked here? */
bool twinos_payload_known(const void *data, size_t length);

/*
 * twinos_payload_unpack() - a plain compressed file, known; all of it is used
 * twinos_payload_unpack_sized() - a known payload of a bzImage, which ends
 * with its unpacked size
 */
int twinos_payload_unpack(struct twinos_payload *payload, const void *data,
			  size_t length, struct twinos_error *err);
int twinos_payload_unpack_sized(struct twinos_payload *payload,
				const void *data, size_t length,
				struct twinos_error *err);

#endif
