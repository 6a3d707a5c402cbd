// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* What the loader's users rely on without looking. */
static void check(const struct twinos_image *image)
{
	uint64_t end = 0;
	size_t i;

	if (!image->nr_segments ||
	    image->nr_segments > TWINOS_IMAGE_MAX_SEGMENTS ||
	    image->setup_header_length > sizeof(image->setup_header) ||
	    image->align < 2 << 20 || image->align & (image->align - 1))
		abort();
	for (i = 0; i < image->nr_segments; i++) {
		const struct twinos_image_segment *segment =
			&image->segments[i];
		const volatile uint8_t *bytes = segment->data;

		if (segment->offset < end || !segment->length)
			abort();
		(void)bytes[0];
		(void)bytes[segment->length - 1];
		end = segment->offset + segment->length;
		if (end < segment->offset || end > image->span)
			abort();
	}
	if (image->entry >= end)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const enum twinos_entry entries[] = {
		TWINOS_ENTRY_AUTO,
		TWINOS_ENTRY_ELF,
		TWINOS_ENTRY_BZIMAGE,
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		struct twinos_error err;
		struct twinos_image image;

		if (twinos_image_parse(&image, data, length, entries[i], &err))
			continue;
		check(&image);
		twinos_image_release(&image);
	}
	return 0;
}
