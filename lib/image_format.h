/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What image.c needs of the formats, and they of it. */
#ifndef TWINOS_LIB_IMAGE_FORMAT_H
#define TWINOS_LIB_IMAGE_FORMAT_H

#include "image.h"

/*
 * The first word of the text at @text, which ends at a NUL or after @length
 * bytes, becomes @image->version.
 */
void twinos_image_set_version(struct twinos_image *image, const char *text,
			      size_t length);

int twinos_bzimage_parse(struct twinos_image *image, const uint8_t *data,
			 size_t length, enum twinos_entry want,
			 struct twinos_error *err);

bool twinos_vmlinux_probe(const uint8_t *data, size_t length);
int twinos_vmlinux_parse(struct twinos_image *image, const uint8_t *data,
			 size_t length, enum twinos_entry want,
			 struct twinos_error *err);

/*
 * twinos_vmlinux_load() - the segments, entry and span of the ELF inside a
 * bzImage, whose setup header has set @image->span to the least that it needs
 */
int twinos_vmlinux_load(struct twinos_image *image, const uint8_t *data,
			size_t length, struct twinos_error *err);

#endif
