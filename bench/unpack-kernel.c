// SPDX-License-Identifier: GPL-2.0-only
/*
 * unpack-kernel BZIMAGE VMLINUX - write the ELF kernel that a bzImage holds
 *
 * Loading it measures memory and copying only, without the unpacking.
 */
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/bootparam.h>

#include "file.h"
#include "payload.h"

#define SECTOR 512
#define SETUP_HEADER 0x1f1 /* Documentation/x86/boot.rst */

static int fail(const char *why)
{
	fprintf(stderr, "unpack-kernel: %s\n", why);
	return 1;
}

static int write_out(const struct twinos_payload *payload, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return fail("can't write the vmlinux");
	if (fwrite(payload->data, payload->length, 1, out) != 1 || fclose(out))
		return fail("can't write all of the vmlinux");
	return 0;
}

int main(int argc, char **argv)
{
	struct twinos_payload payload;
	struct setup_header header;
	struct twinos_error err;
	struct twinos_file file;
	size_t at;

	if (argc != 3)
		return fail("give a bzImage and the file to write");
	if (twinos_file_map(&file, argv[1], &err))
		return fail(err.text);
	if (file.length < SETUP_HEADER + sizeof(header))
		return fail("the file is too short for a bzImage");
	memcpy(&header, (char *)file.data + SETUP_HEADER, sizeof(header));
	at = (header.setup_sects + 1) * SECTOR + header.payload_offset;
	if (at + header.payload_length > file.length)
		return fail("the payload lies outside of the file");
	if (twinos_payload_unpack_sized(&payload, (char *)file.data + at,
					header.payload_length, &err))
		return fail(err.text);
	return write_out(&payload, argv[2]);
}
