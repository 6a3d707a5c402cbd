// SPDX-License-Identifier: LGPL-2.1-or-later
/* bzImage: Documentation/arch/x86/boot.rst. */
#include <errno.h>

#include "error.h"
#include "image_format.h"
#include "payload.h"
#include "pe.h"
#include "setup_header.h"

#define SECTOR 512
#define ENTRY_64 0x200 /* of startup_64, in the protected-mode part */

/* The parts of the file, all inside it. */
struct bzimage {
	struct setup_header header;
	size_t setup_length;
	const uint8_t *protected_mode;
	size_t protected_mode_length;
	const uint8_t *payload;
	size_t payload_length;
};

static int refuse(struct twinos_error *err, const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, ENOEXEC, "%s", why);
}

static int locate(struct bzimage *bzimage, const uint8_t *data, size_t length,
		  struct twinos_error *err)
{
	size_t sectors = bzimage->header.setup_sects;
	size_t protected_mode = (size_t)bzimage->header.syssize * 16;

	/* 0 stands for 4, for the sake of very old loaders. */
	bzimage->setup_length = SECTOR * (1 + (sectors ? sectors : 4));
	if (bzimage->setup_length + protected_mode > length ||
	    twinos_pe_end(data, length) > length)
		return refuse(err,
			      "the file is cut short; take another copy of it");
	if (protected_mode <= ENTRY_64)
		return refuse(
			err,
			"the setup header's syssize leaves no room for a kernel; take another copy of the file");
	bzimage->protected_mode = data + bzimage->setup_length;
	bzimage->protected_mode_length = protected_mode;
	return 0;
}

static int locate_payload(struct bzimage *bzimage, struct twinos_error *err)
{
	size_t offset = bzimage->header.payload_offset;
	size_t length = bzimage->header.payload_length;

	if (offset + length > bzimage->protected_mode_length)
		return refuse(
			err,
			"the setup header puts the payload outside the file; take another copy of it");
	bzimage->payload = bzimage->protected_mode + offset;
	bzimage->payload_length = length;
	return 0;
}

static int read_version(struct twinos_image *image,
			const struct bzimage *bzimage, const uint8_t *data,
			struct twinos_error *err)
{
	size_t offset = bzimage->header.kernel_version;

	if (!offset)
		return 0;
	offset += SECTOR; /* boot.rst: the field is "less 0x200" */
	if (offset >= bzimage->setup_length)
		return refuse(
			err,
			"the setup header puts the version outside the setup code; take another copy of the file");
	twinos_image_set_version(image, (const char *)data + offset,
				 bzimage->setup_length - offset);
	return 0;
}

static int enter_elf(struct twinos_image *image, const struct bzimage *bzimage,
		     struct twinos_error *err)
{
	struct twinos_payload payload;
	int ret;

	ret = twinos_payload_unpack_sized(&payload, bzimage->payload,
					  bzimage->payload_length, err);
	if (ret)
		return ret;
	image->payload = payload.data;
	image->payload_length = payload.length;
	return twinos_vmlinux_load(image, payload.data, payload.length, err);
}

static int enter_bzimage(struct twinos_image *image,
			 const struct bzimage *bzimage)
{
	image->how = TWINOS_ENTRY_BZIMAGE;
	image->segments[0].offset = 0;
	image->segments[0].data = bzimage->protected_mode;
	image->segments[0].length = bzimage->protected_mode_length;
	image->nr_segments = 1;
	image->entry = ENTRY_64;
	if (image->span < bzimage->protected_mode_length)
		image->span = bzimage->protected_mode_length;
	return 0;
}

static int enter(struct twinos_image *image, const struct bzimage *bzimage,
		 enum twinos_entry want, struct twinos_error *err)
{
	bool known =
		twinos_payload_known(bzimage->payload, bzimage->payload_length);

	if (want == TWINOS_ENTRY_BZIMAGE ||
	    (want == TWINOS_ENTRY_AUTO && !known))
		return enter_bzimage(image, bzimage);
	if (!known)
		return refuse(
			err,
			"the ELF kernel inside is packed by something else than gzip, xz, zstd or lz4; use the bzImage's own entry");
	return enter_elf(image, bzimage, err);
}

int twinos_bzimage_parse(struct twinos_image *image, const uint8_t *data,
			 size_t length, enum twinos_entry want,
			 struct twinos_error *err)
{
	struct bzimage bzimage;
	int ret;

	ret = twinos_setup_header_read(&bzimage.header, data, length, err);
	if (ret)
		return ret;
	ret = locate(&bzimage, data, length, err);
	if (ret)
		return ret;
	ret = locate_payload(&bzimage, err);
	if (ret)
		return ret;
	ret = read_version(image, &bzimage, data, err);
	if (ret)
		return ret;
	twinos_setup_header_keep(image, &bzimage.header, data);
	return enter(image, &bzimage, want, err);
}
