/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The setup header: Documentation/arch/x86/boot.rst. */
#ifndef TWINOS_LIB_SETUP_HEADER_H
#define TWINOS_LIB_SETUP_HEADER_H

#include <asm/bootparam.h>

#include "image.h"

#define TWINOS_SETUP_HEADER 0x1f1 /* its offset in the boot sector */

/* twinos_setup_header_probe() - is this a boot sector with a setup header? */
bool twinos_setup_header_probe(const uint8_t *data, size_t length);

/*
 * twinos_setup_header_read() - check it and copy it to @header
 *
 * What can be trusted then: the kernel is relocatable and has a 64-bit entry,
 * kernel_alignment is a power of two, init_size is sane.
 */
int twinos_setup_header_read(struct setup_header *header, const uint8_t *data,
			     size_t length, struct twinos_error *err);

/*
 * twinos_setup_header_keep() - put @header, read from @data, into @image: the
 * whole of it, which is longer than struct setup_header if the kernel is newer
 * twinos_setup_header_make() - make one up for @image, an ELF without
 */
void twinos_setup_header_keep(struct twinos_image *image,
			      const struct setup_header *header,
			      const uint8_t *data);
void twinos_setup_header_make(struct twinos_image *image);

#endif
