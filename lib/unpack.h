/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The compression libraries, all behind the same call. */
#ifndef TWINOS_LIB_UNPACK_H
#define TWINOS_LIB_UNPACK_H

#include <stddef.h>

/*
 * Each unpacks the @in_length bytes at @in, all of which must be one stream, to
 * @out and sets *@out_length, the room there, to what it wrote. -EILSEQ: the
 * stream is damaged or cut short; -EFBIG: @out is too small; -ENOMEM.
 * Neither length may be above 1 GiB: not all libraries count further.
 */
int twinos_unpack_zlib(const void *in, size_t in_length, void *out,
		       size_t *out_length);
int twinos_unpack_xz(const void *in, size_t in_length, void *out,
		     size_t *out_length);
int twinos_unpack_zstd(const void *in, size_t in_length, void *out,
		       size_t *out_length);
int twinos_unpack_lz4(const void *in, size_t in_length, void *out,
		      size_t *out_length);
int twinos_unpack_lz4_legacy(const void *in, size_t in_length, void *out,
			     size_t *out_length);

#endif
