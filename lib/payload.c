// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "error.h"
#include "le.h"
#include "payload.h"
#include "unpack.h"

/**
 * struct compression - a way to pack a kernel
 * @magic: the first bytes
 * @ends_with_size: the format's own last four bytes are the unpacked size; the
 *	kernel's build appends that to all others (scripts/Makefile.lib,
 *	size_append)
 */
struct compression {
	const char *name;
	char magic[8];
	size_t magic_length;
	bool ends_with_size;
	int (*unpack)(const void *in, size_t in_length, void *out,
		      size_t *out_length);
};

static const struct compression compressions[] = {
	{ "gzip", "\x1f\x8b\x08", 3, true, twinos_unpack_zlib },
	{ "xz", "\xfd\x37zXZ", 6, false, twinos_unpack_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, false, twinos_unpack_zstd },
	{ "lz4", "\x02\x21\x4c\x18", 4, false, twinos_unpack_lz4_legacy },
	{ "lz4", "\x04\x22\x4d\x18", 4, false, twinos_unpack_lz4 },
	/* zlib has no magic number but one byte for each of its four levels. */
	{ "zlib", "\x78\x01", 2, false, twinos_unpack_zlib },
	{ "zlib", "\x78\x5e", 2, false, twinos_unpack_zlib },
	{ "zlib", "\x78\x9c", 2, false, twinos_unpack_zlib },
	{ "zlib", "\x78\xda", 2, false, twinos_unpack_zlib },
};

static const struct compression *find(const void *data, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(compressions) / sizeof(*compressions); i++) {
		const struct compression *it = &compressions[i];

		if (length >= it->magic_length &&
		    !memcmp(data, it->magic, it->magic_length))
			return it;
	}
	return NULL;
}

bool twinos_payload_known(const void *data, size_t length)
{
	return find(data, length);
}

static int refuse(struct twinos_error *err, const struct compression *how,
		  int code)
{
	switch (code) {
	case ENOMEM:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "no memory to unpack the %s data",
				   how->name);
	case EFBIG:
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, code,
			"the %s data unpacks to more than a kernel may have or its header says; take another copy of it",
			how->name);
	default:
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, code,
			"the %s data is damaged or cut short; take another copy of it",
			how->name);
	}
}

/* Unpack to a mapping with room for @room bytes and cut off what stays empty. */
static int unpack(struct twinos_payload *payload, const void *data,
		  size_t length, size_t room, const struct compression *how)
{
	size_t done = room, used;
	char *out;
	int ret;

	if (!room || room > TWINOS_PAYLOAD_MAX || length > TWINOS_PAYLOAD_MAX)
		return -EFBIG;
	out = mmap(NULL, room, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (out == MAP_FAILED)
		return -ENOMEM;
	/* Halves the time of loading; where it isn't possible nothing is lost. */
	madvise(out, room, MADV_HUGEPAGE);
	ret = how->unpack(data, length, out, &done);
	if (!ret && !done)
		ret = -EILSEQ;
	if (ret)
		goto unmap;
	used = (done + 4095) & ~4095UL;
	if (used < room)
		munmap(out + used, room - used);
	payload->data = out;
	payload->length = done;
	return 0;

unmap:
	munmap(out, room);
	return ret;
}

int twinos_payload_unpack(struct twinos_payload *payload, const void *data,
			  size_t length, struct twinos_error *err)
{
	const struct compression *how = find(data, length);
	int ret;

	ret = unpack(payload, data, length, TWINOS_PAYLOAD_MAX, how);
	return ret ? refuse(err, how, -ret) : 0;
}

int twinos_payload_unpack_sized(struct twinos_payload *payload,
				const void *data, size_t length,
				struct twinos_error *err)
{
	const struct compression *how = find(data, length);
	size_t size;
	int ret;

	if (length < how->magic_length + 4)
		return refuse(err, how, EILSEQ);
	length -= 4;
	size = twinos_le32((const char *)data + length);
	if (how->ends_with_size)
		length += 4;
	ret = unpack(payload, data, length, size, how);
	if (ret)
		return refuse(err, how, -ret);
	if (payload->length == size)
		return 0;
	munmap(payload->data, payload->length);
	memset(payload, 0, sizeof(*payload));
	return refuse(err, how, EILSEQ);
}
