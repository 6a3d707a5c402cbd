// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "le.h"
#include "unpack.h"

/* Kernels are packed with dictionaries of up to 128 MiB (scripts/xz_wrap.sh). */
#define XZ_MEMORY_LIMIT (512UL << 20)

/* lib/decompress_unlz4.c */
#define LZ4_LEGACY_MAGIC 0x184c2102

static int zlib_result(const z_stream *stream, int status)
{
	if (status == Z_STREAM_END)
		return stream->avail_in ? -EILSEQ : 0;
	if (status == Z_MEM_ERROR)
		return -ENOMEM;
	if (status == Z_DATA_ERROR || stream->avail_out)
		return -EILSEQ;
	return -EFBIG;
}

int twinos_unpack_zlib(const void *in, size_t in_length, void *out,
		       size_t *out_length)
{
	z_stream stream = {
		.next_in = (Bytef *)in,
		.avail_in = in_length,
		.next_out = out,
		.avail_out = *out_length,
	};
	int ret;

	/* 32: take a gzip header as well as a zlib one (zlib.h). */
	if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	ret = zlib_result(&stream, inflate(&stream, Z_FINISH));
	*out_length = stream.total_out;
	inflateEnd(&stream);
	return ret;
}

int twinos_unpack_xz(const void *in, size_t in_length, void *out,
		     size_t *out_length)
{
	uint64_t limit = XZ_MEMORY_LIMIT;
	size_t in_at = 0, out_at = 0;
	lzma_ret status;

	status = lzma_stream_buffer_decode(&limit, 0, NULL, in, &in_at,
					   in_length, out, &out_at,
					   *out_length);
	*out_length = out_at;
	switch (status) {
	case LZMA_OK:
		return in_at == in_length ? 0 : -EILSEQ;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return -ENOMEM;
	case LZMA_BUF_ERROR:
		return -EFBIG;
	default:
		return -EILSEQ;
	}
}

int twinos_unpack_zstd(const void *in, size_t in_length, void *out,
		       size_t *out_length)
{
	size_t done = ZSTD_decompress(out, *out_length, in, in_length);

	switch (ZSTD_getErrorCode(done)) {
	case ZSTD_error_no_error:
		*out_length = done;
		return 0;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	case ZSTD_error_dstSize_tooSmall:
		return -EFBIG;
	default:
		return -EILSEQ;
	}
}

static int lz4_frame(LZ4F_dctx *context, const void *in, size_t in_length,
		     void *out, size_t *out_length)
{
	const LZ4F_decompressOptions_t stable = { .stableDst = 1 };
	size_t used = in_length, room = *out_length, more;

	more = LZ4F_decompress(context, out, out_length, in, &used, &stable);
	if (LZ4F_isError(more))
		return -EILSEQ;
	if (!more)
		return used == in_length ? 0 : -EILSEQ;
	return *out_length == room ? -EFBIG : -EILSEQ;
}

int twinos_unpack_lz4(const void *in, size_t in_length, void *out,
		      size_t *out_length)
{
	LZ4F_dctx *context;
	int ret;

	if (LZ4F_isError(
		    LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		return -ENOMEM;
	ret = lz4_frame(context, in, in_length, out, out_length);
	LZ4F_freeDecompressionContext(context);
	return ret;
}

/*
 * A magic number, then blocks, each behind its length; nothing says how many.
 * Files may stand one behind the other, so that the magic number can come again
 * in the place of a length. The callers' limit of 1 GiB keeps both within int.
 */
int twinos_unpack_lz4_legacy(const void *in, size_t in_length, void *out,
			     size_t *out_length)
{
	const char *at = in, *end = at + in_length;
	char *to = out, *to_end = to + *out_length;

	while (at < end) {
		uint32_t length;
		int done;

		if (end - at < 4)
			return -EILSEQ;
		length = twinos_le32(at);
		at += 4;
		if (length == LZ4_LEGACY_MAGIC)
			continue;
		if (length > (size_t)(end - at))
			return -EILSEQ;
		done = LZ4_decompress_safe(at, to, (int)length,
					   (int)(to_end - to));
		if (done < 0)
			return -EILSEQ;
		at += length;
		to += done;
	}
	*out_length = (size_t)(to - (char *)out);
	return 0;
}
