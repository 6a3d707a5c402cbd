/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel image: what must be put where, and where to jump. */
#ifndef TWINOS_LIB_IMAGE_H
#define TWINOS_LIB_IMAGE_H

#include "libtwinos.h"

#define TWINOS_IMAGE_MAX_SEGMENTS 16

/**
 * struct twinos_image_segment - bytes to copy
 * @offset: from the image's base
 * @data: the bytes, inside the image
 * @length: how many; what lies behind them up to the next segment stays zero
 */
struct twinos_image_segment {
	uint64_t offset;
	const void *data;
	size_t length;
};

/**
 * struct twinos_image - a parsed kernel
 * @how: TWINOS_ENTRY_ELF or TWINOS_ENTRY_BZIMAGE
 * @segments: ascending, not overlapping, inside @span
 * @entry: offset of the 64-bit entry from the base
 * @span: bytes it needs in one piece from its base on, bss included
 * @align: alignment of the base, a power of two, at least 2 MiB
 * @max_cmdline: longest command line in bytes, without the NUL
 * @setup_header: the bytes from offset 0x1f1 of the boot sector on, to be
 *	copied to the same offset of boot_params; for an ELF without one, a
 *	header made here
 * @setup_header_length: how many
 * @version: "6.1.0-56-cloud-amd64", "" if the image does not say
 * @only_4_levels: of page tables: its setup header says that it knows no 5
 */
struct twinos_image {
	enum twinos_entry how;
	struct twinos_image_segment segments[TWINOS_IMAGE_MAX_SEGMENTS];
	size_t nr_segments;
	uint64_t entry;
	uint64_t span;
	uint64_t align;
	uint32_t max_cmdline;
	uint8_t setup_header[0x290 - 0x1f1];
	size_t setup_header_length;
	char version[128];
	bool only_4_levels;

	/* private */
	void *file, *payload;
	size_t file_length, payload_length;
};

/*
 * twinos_image_parse() - take apart the image in memory; every byte is hostile
 * @data must stay until twinos_image_release() (it is not freed by it)
 */
int twinos_image_parse(struct twinos_image *image, const void *data,
		       size_t length, enum twinos_entry want,
		       struct twinos_error *err);

/* twinos_image_open() - the same for a file; the error names @path */
int twinos_image_open(struct twinos_image *image, const char *path,
		      enum twinos_entry want, struct twinos_error *err);

void twinos_image_release(struct twinos_image *image);

#endif
