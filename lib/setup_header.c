// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "le.h"
#include "payload.h"
#include "setup_header.h"

#define BOOT_FLAG 0x1fe
#define MAGIC 0x202
#define LENGTH 0x201 /* of what follows the magic's offset */
#define HDRS 0x53726448 /* "HdrS" */

/* Protocol 2.12 (Linux 3.8) has the 64-bit entry and xloadflags. */
#define OLDEST 0x020c
#define INIT_SIZE_END 0x264

#define HEADER_END (TWINOS_SETUP_HEADER + sizeof(struct setup_header))
#define CMDLINE_MAX 2047 /* COMMAND_LINE_SIZE of x86 without the NUL */

#define ALIGN_MIN (2U << 20)
#define ALIGN_MAX (1U << 30)

static int refuse(struct twinos_error *err, int code, const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, code, "%s", why);
}

static uint32_t end_of(const uint8_t *data)
{
	return MAGIC + data[LENGTH];
}

bool twinos_setup_header_probe(const uint8_t *data, size_t length)
{
	return length >= MAGIC + 4 && twinos_le16(data + BOOT_FLAG) == 0xaa55 &&
	       twinos_le32(data + MAGIC) == HDRS;
}

static int check_kind(const struct setup_header *header, uint32_t end,
		      struct twinos_error *err)
{
	if (header->version < OLDEST)
		return refuse(
			err, ENOEXEC,
			"the kernel is older than Linux 3.8 (boot protocol before 2.12); take a newer one");
	if (end < INIT_SIZE_END)
		return refuse(
			err, ENOEXEC,
			"the setup header is too short for its version; take another copy of the file");
	if (!(header->xloadflags & XLF_KERNEL_64))
		return refuse(
			err, ENOEXEC,
			"the kernel is for 32-bit x86; take one for x86-64");
	if (!header->relocatable_kernel ||
	    !(header->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G))
		return refuse(
			err, ENOEXEC,
			"the kernel runs at one fixed address; take one built with CONFIG_RELOCATABLE=y");
	return 0;
}

static int check_sizes(const struct setup_header *header,
		       struct twinos_error *err)
{
	uint32_t align = header->kernel_alignment;

	if (!align || align & (align - 1) || align > ALIGN_MAX)
		return refuse(
			err, ENOEXEC,
			"the setup header's alignment is no power of two up to 1 GiB; take another copy of the file");
	if (!header->init_size || header->init_size > TWINOS_PAYLOAD_MAX)
		return refuse(
			err, ENOEXEC,
			"the setup header's init_size is not between 1 byte and 1 GiB; take another copy of the file");
	return 0;
}

int twinos_setup_header_read(struct setup_header *header, const uint8_t *data,
			     size_t length, struct twinos_error *err)
{
	int ret;

	if (length < HEADER_END)
		return refuse(
			err, ENOEXEC,
			"the file ends inside the setup header; take another copy of it");
	memcpy(header, data + TWINOS_SETUP_HEADER, sizeof(*header));
	ret = check_kind(header, end_of(data), err);
	if (ret)
		return ret;
	return check_sizes(header, err);
}

void twinos_setup_header_keep(struct twinos_image *image,
			      const struct setup_header *header,
			      const uint8_t *data)
{
	size_t length = end_of(data) - TWINOS_SETUP_HEADER;

	if (length > sizeof(image->setup_header))
		length = sizeof(image->setup_header);
	memcpy(image->setup_header, data + TWINOS_SETUP_HEADER, length);
	image->setup_header_length = length;
	image->align = header->kernel_alignment;
	if (image->align < ALIGN_MIN)
		image->align = ALIGN_MIN;
	image->span = header->init_size;
	image->max_cmdline = header->cmdline_size;
	image->only_4_levels = !(header->xloadflags & XLF_5LEVEL);
}

void twinos_setup_header_make(struct twinos_image *image)
{
	const struct setup_header header = {
		.boot_flag = 0xaa55,
		/* A short jump over the header: its length is in here. */
		.jump = 0xeb | (HEADER_END - MAGIC) << 8,
		.header = HDRS,
		.version = 0x020f,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = ALIGN_MIN,
		.relocatable_kernel = 1,
		.min_alignment = 21,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = CMDLINE_MAX,
		.init_size = image->span,
	};

	memcpy(image->setup_header, &header, sizeof(header));
	image->setup_header_length = sizeof(header);
	image->max_cmdline = CMDLINE_MAX;
}
