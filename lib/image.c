// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which format an image is in; the formats are in files of their own. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "error.h"
#include "file.h"
#include "image_format.h"
#include "payload.h"
#include "pe.h"
#include "setup_header.h"

static int parse_packed(struct twinos_image *image, const uint8_t *data,
			size_t length, enum twinos_entry want,
			struct twinos_error *err)
{
	struct twinos_payload payload;
	int ret;

	ret = twinos_payload_unpack(&payload, data, length, err);
	if (ret)
		return ret;
	image->payload = payload.data;
	image->payload_length = payload.length;
	return twinos_vmlinux_parse(image, payload.data, payload.length, want,
				    err);
}

static bool probe_packed(const uint8_t *data, size_t length)
{
	return twinos_payload_known(data, length);
}

/* Documentation/arch/arm64/booting.rst */
static bool probe_arm64(const uint8_t *data, size_t length)
{
	return (length >= 0x3c && !memcmp(data + 0x38, "ARM\x64", 4)) ||
	       twinos_pe_machine(data, length) == TWINOS_PE_MACHINE_ARM64;
}

static bool probe_i386(const uint8_t *data, size_t length)
{
	return twinos_pe_machine(data, length) == TWINOS_PE_MACHINE_I386;
}

static bool probe_pe(const uint8_t *data, size_t length)
{
	return length >= 2 && !memcmp(data, "MZ", 2);
}

static bool probe_any(const uint8_t *data __attribute__((unused)),
		      size_t length __attribute__((unused)))
{
	return true;
}

static int refuse_machine(struct twinos_image *image __attribute__((unused)),
			  const uint8_t *data __attribute__((unused)),
			  size_t length __attribute__((unused)),
			  enum twinos_entry want __attribute__((unused)),
			  struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, ENOEXEC,
		"for another kind of machine; take a kernel for x86-64");
}

static int refuse_any(struct twinos_image *image __attribute__((unused)),
		      const uint8_t *data __attribute__((unused)),
		      size_t length __attribute__((unused)),
		      enum twinos_entry want __attribute__((unused)),
		      struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, ENOEXEC,
		"neither a bzImage nor an ELF kernel, or only the start of one; give a vmlinuz or vmlinux");
}

/* The first that knows the data takes it; the last knows all. */
static const struct {
	const char *name;
	bool (*probe)(const uint8_t *data, size_t length);
	int (*parse)(struct twinos_image *image, const uint8_t *data,
		     size_t length, enum twinos_entry want,
		     struct twinos_error *err);
} formats[] = {
	{ "bzImage", twinos_setup_header_probe, twinos_bzimage_parse },
	{ "ELF file", twinos_vmlinux_probe, twinos_vmlinux_parse },
	{ "packed file", probe_packed, parse_packed },
	{ "arm64 image", probe_arm64, refuse_machine },
	{ "i386 PE file", probe_i386, refuse_machine },
	{ "PE file", probe_pe, refuse_any },
	{ "not a kernel", probe_any, refuse_any },
};

/* Put @what before what @err says. */
static int explain(struct twinos_error *err, int ret, const char *what)
{
	char text[sizeof(err->text)];

	if (!ret || !err)
		return ret;
	memcpy(text, err->text, sizeof(text));
	return twinos_fail(err, err->kind, err->code, "%.300s: %s", what, text);
}

void twinos_image_set_version(struct twinos_image *image, const char *text,
			      size_t length)
{
	size_t i;

	for (i = 0; i < length && i < sizeof(image->version) - 1; i++) {
		if (!isgraph((unsigned char)text[i]))
			break;
		image->version[i] = text[i];
	}
	image->version[i] = '\0';
}

int twinos_image_parse(struct twinos_image *image, const void *data,
		       size_t length, enum twinos_entry want,
		       struct twinos_error *err)
{
	size_t i = 0;
	int ret;

	memset(image, 0, sizeof(*image));
	if (!length)
		return twinos_fail(err, TWINOS_ERROR_IMAGE, ENODATA,
				   "the image is empty");
	while (!formats[i].probe(data, length))
		i++;
	ret = formats[i].parse(image, data, length, want, err);
	if (ret)
		twinos_image_release(image);
	return explain(err, ret, formats[i].name);
}

int twinos_image_open(struct twinos_image *image, const char *path,
		      enum twinos_entry want, struct twinos_error *err)
{
	struct twinos_file file;
	int ret;

	memset(image, 0, sizeof(*image));
	ret = twinos_file_map(&file, path, err);
	if (ret)
		return ret;
	ret = twinos_image_parse(image, file.data, file.length, want, err);
	if (ret) {
		twinos_file_unmap(&file);
		return explain(err, ret, path);
	}
	image->file = file.data;
	image->file_length = file.length;
	return 0;
}

void twinos_image_release(struct twinos_image *image)
{
	if (image->payload)
		munmap(image->payload, image->payload_length);
	if (image->file)
		munmap(image->file, image->file_length);
	memset(image, 0, sizeof(*image));
}
