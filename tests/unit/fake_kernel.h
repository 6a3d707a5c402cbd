/* SPDX-License-Identifier: GPL-2.0-only */
/* Small kernels, in every packing, for tests of the loader. */
#ifndef TWINOS_TESTS_FAKE_KERNEL_H
#define TWINOS_TESTS_FAKE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define FAKE_VERSION "6.9.9-fake"
#define FAKE_ENTRY 0x53 /* from the start of the text */
#define FAKE_LOWEST 0x1000000UL
#define FAKE_TEXT_LENGTH 0x300
#define FAKE_DATA_LENGTH 0x200
#define FAKE_DATA 0x200000 /* from the start of the text */
#define FAKE_BSS 0x300000
#define FAKE_SPAN 0x305000

#define FAKE_INIT_SIZE 0x400000
#define FAKE_SETUP_LENGTH (5 * 512)

/* struct fake - bytes from malloc() */
struct fake {
	uint8_t *data;
	size_t length;
};

enum fake_packing {
	FAKE_GZIP,
	FAKE_XZ,
	FAKE_ZSTD,
	FAKE_LZ4_LEGACY,
	FAKE_LZ4,
	FAKE_ZLIB,
	FAKE_BZIP2, /* its first bytes only: not known to the loader */
	FAKE_PACKINGS
};

/* An ELF with text, data and bss segments and a note, in this order. */
struct fake fake_elf(void);
struct fake fake_pack(const struct fake *plain, enum fake_packing packing);
/* A bzImage with @packed, which unpacks to @size bytes, inside. */
struct fake fake_bzimage(const struct fake *packed, enum fake_packing packing,
			 uint32_t size);
/* The whole way from fake_elf(). */
struct fake fake_vmlinuz(enum fake_packing packing);
/* Append a signature of @length bytes and enter it in the PE header. */
void fake_sign(struct fake *bzimage, uint32_t length);
void fake_free(struct fake *fake);

#endif
