// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#include "gzip.h"

#define CHUNK 65536
/* zlib's own default of 8, and a gzip header instead of one of its own (zlib.h). */
#define MEMORY_LEVEL 8
#define GZIP_HEADER 16

static int write_all(int fd, const unsigned char *from, size_t length)
{
	while (length) {
		ssize_t done = write(fd, from, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		from += done;
		length -= (size_t)done;
	}
	return 0;
}

static int deflate_all(z_stream *stream, int fd)
{
	unsigned char chunk[CHUNK];
	int status, ret;

	do {
		stream->next_out = chunk;
		stream->avail_out = sizeof(chunk);
		status = deflate(stream, Z_FINISH);
		ret = write_all(fd, chunk, sizeof(chunk) - stream->avail_out);
	} while (!ret && status == Z_OK);
	return ret;
}

int twinos_gzip_write(int fd, const void *data, size_t length,
		      uint64_t *written)
{
	z_stream stream = { .next_in = (Bytef *)data,
			    .avail_in = (uInt)length };
	int ret;

	if (length > UINT32_MAX)
		return -EFBIG;
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			 MAX_WBITS + GZIP_HEADER, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	ret = deflate_all(&stream, fd);
	*written = stream.total_out;
	deflateEnd(&stream);
	return ret;
}
