// SPDX-License-Identifier: GPL-2.0-only
#include <asm/bootparam.h>
#include <elf.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "fake_kernel.h"

#define KERNEL_MAP 0xffffffff80000000UL
#define TEXT_OFFSET 0x400
#define DATA_OFFSET (TEXT_OFFSET + FAKE_TEXT_LENGTH)
#define SECTIONS_OFFSET (DATA_OFFSET + FAKE_DATA_LENGTH)
#define NR_SECTIONS 2
#define PACKED_MAX 65536
#define PE 0x80
#define PAYLOAD_OFFSET 0x2c0
#define VERSION_OFFSET 0x300
#define BANNERS "Linux version %s\0Linux version " FAKE_VERSION " (me@here) #1"

static void need(int ok)
{
	if (!ok)
		abort();
}

static struct fake fake_new(size_t length)
{
	struct fake fake = { calloc(1, length), length };

	need(!!fake.data);
	return fake;
}

void fake_free(struct fake *fake)
{
	free(fake->data);
	memset(fake, 0, sizeof(*fake));
}

static void fill(uint8_t *at, size_t length)
{
	uint32_t state = 1;

	while (length--) {
		state = state * 1664525 + 1013904223;
		*at++ = state >> 24;
	}
}

static const Elf64_Phdr segments[] = {
	{ PT_LOAD, PF_R | PF_X, TEXT_OFFSET, KERNEL_MAP + FAKE_LOWEST,
	  FAKE_LOWEST, FAKE_TEXT_LENGTH, FAKE_TEXT_LENGTH, 0x200000 },
	{ PT_LOAD, PF_R | PF_W, DATA_OFFSET,
	  KERNEL_MAP + FAKE_LOWEST + FAKE_DATA, FAKE_LOWEST + FAKE_DATA,
	  FAKE_DATA_LENGTH, 0x1000, 0x200000 },
	{ PT_LOAD, PF_R | PF_W, DATA_OFFSET,
	  KERNEL_MAP + FAKE_LOWEST + FAKE_BSS, FAKE_LOWEST + FAKE_BSS, 0,
	  0x4001, 0x1000 },
	{ PT_NOTE, PF_R, TEXT_OFFSET, KERNEL_MAP, ~0UL, ~0UL, 1, 4 },
};

struct fake fake_elf(void)
{
	struct fake fake =
		fake_new(SECTIONS_OFFSET + NR_SECTIONS * sizeof(Elf64_Shdr));
	const Elf64_Ehdr elf = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = FAKE_LOWEST + FAKE_ENTRY,
		.e_phoff = sizeof(elf),
		.e_shoff = SECTIONS_OFFSET,
		.e_ehsize = sizeof(elf),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = sizeof(segments) / sizeof(*segments),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = NR_SECTIONS,
	};

	memcpy(fake.data, &elf, sizeof(elf));
	memcpy(fake.data + sizeof(elf), segments, sizeof(segments));
	fill(fake.data + TEXT_OFFSET, FAKE_TEXT_LENGTH + FAKE_DATA_LENGTH);
	memcpy(fake.data + DATA_OFFSET, BANNERS, sizeof(BANNERS));
	return fake;
}

static size_t pack_zlib(const struct fake *plain, uint8_t *out, int window)
{
	z_stream stream = {
		.next_in = plain->data,
		.avail_in = plain->length,
		.next_out = out,
		.avail_out = PACKED_MAX,
	};

	need(deflateInit2(&stream, 9, Z_DEFLATED, window, 8,
			  Z_DEFAULT_STRATEGY) == Z_OK);
	need(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

/* As scripts/xz_wrap.sh does for x86: the BCJ filter, then LZMA2. */
static size_t pack_xz(const struct fake *plain, uint8_t *out)
{
	lzma_options_lzma lzma2;
	lzma_filter filters[] = {
		{ LZMA_FILTER_X86, NULL },
		{ LZMA_FILTER_LZMA2, &lzma2 },
		{ LZMA_VLI_UNKNOWN, NULL },
	};
	size_t length = 0;

	need(!lzma_lzma_preset(&lzma2, 6));
	need(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL,
				       plain->data, plain->length, out, &length,
				       PACKED_MAX) == LZMA_OK);
	return length;
}

static size_t pack_zstd(const struct fake *plain, uint8_t *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t length;

	need(!!context);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	length = ZSTD_compress2(context, out, PACKED_MAX, plain->data,
				plain->length);
	need(!ZSTD_isError(length));
	ZSTD_freeCCtx(context);
	return length;
}

static size_t pack_lz4_legacy(const struct fake *plain, uint8_t *out)
{
	uint32_t head[] = { 0x184c2102, 0 };
	int length = LZ4_compress_default((const char *)plain->data,
					  (char *)out + sizeof(head),
					  (int)plain->length,
					  PACKED_MAX - sizeof(head));

	need(length > 0);
	head[1] = (uint32_t)length;
	memcpy(out, head, sizeof(head));
	return sizeof(head) + (size_t)length;
}

static size_t pack_lz4(const struct fake *plain, uint8_t *out)
{
	size_t length = LZ4F_compressFrame(out, PACKED_MAX, plain->data,
					   plain->length, NULL);

	need(!LZ4F_isError(length));
	return length;
}

static size_t pack_bzip2(uint8_t *out)
{
	memcpy(out, "BZh91AY&SY", 10);
	return 10;
}

struct fake fake_pack(const struct fake *plain, enum fake_packing packing)
{
	struct fake fake = fake_new(PACKED_MAX);

	if (packing == FAKE_GZIP)
		fake.length = pack_zlib(plain, fake.data, 16 + MAX_WBITS);
	else if (packing == FAKE_XZ)
		fake.length = pack_xz(plain, fake.data);
	else if (packing == FAKE_ZSTD)
		fake.length = pack_zstd(plain, fake.data);
	else if (packing == FAKE_LZ4_LEGACY)
		fake.length = pack_lz4_legacy(plain, fake.data);
	else if (packing == FAKE_LZ4)
		fake.length = pack_lz4(plain, fake.data);
	else if (packing == FAKE_ZLIB)
		fake.length = pack_zlib(plain, fake.data, MAX_WBITS);
	else
		fake.length = pack_bzip2(fake.data);
	return fake;
}

static void fill_pe(uint8_t *at)
{
	memcpy(at, "MZ", 2);
	at[0x3c] = PE;
	memcpy(at + PE, "PE\0\0\x64\x86", 6);
	memcpy(at + PE + 24, "\x0b\x02", 2);
	at[PE + 24 + 108] = 6;
}

static void fill_setup(uint8_t *at, uint32_t payload_length,
		       uint32_t paragraphs)
{
	const struct setup_header header = {
		.setup_sects = FAKE_SETUP_LENGTH / 512 - 1,
		.syssize = paragraphs,
		.boot_flag = 0xaa55,
		.jump = 0x6aeb,
		.header = 0x53726448,
		.version = 0x20f,
		.kernel_version = VERSION_OFFSET - 0x200,
		.loadflags = LOADED_HIGH,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.min_alignment = 21,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = 2047,
		.payload_offset = PAYLOAD_OFFSET,
		.payload_length = payload_length,
		.pref_address = FAKE_LOWEST,
		.init_size = FAKE_INIT_SIZE,
	};

	fill_pe(at);
	memcpy(at + 0x1f1, &header, sizeof(header));
	strcpy((char *)at + VERSION_OFFSET, FAKE_VERSION " (me@here) #1");
}

struct fake fake_bzimage(const struct fake *packed, enum fake_packing packing,
			 uint32_t size)
{
	uint32_t length = packed->length + (packing == FAKE_GZIP ? 0 : 4);
	uint32_t paragraphs = (PAYLOAD_OFFSET + length + 15) / 16;
	struct fake fake = fake_new(FAKE_SETUP_LENGTH + paragraphs * 16);
	uint8_t *at = fake.data + FAKE_SETUP_LENGTH + PAYLOAD_OFFSET;

	fill_setup(fake.data, length, paragraphs);
	fill(fake.data + FAKE_SETUP_LENGTH, PAYLOAD_OFFSET);
	memcpy(at, packed->data, packed->length);
	memcpy(at + length - 4, &size, 4);
	return fake;
}

struct fake fake_vmlinuz(enum fake_packing packing)
{
	struct fake elf = fake_elf();
	struct fake packed = fake_pack(&elf, packing);
	struct fake bzimage = fake_bzimage(&packed, packing, elf.length);

	fake_free(&packed);
	fake_free(&elf);
	return bzimage;
}

void fake_sign(struct fake *bzimage, uint32_t length)
{
	const uint32_t where[] = { bzimage->length, length };

	bzimage->data = realloc(bzimage->data, bzimage->length + length);
	need(!!bzimage->data);
	memset(bzimage->data + bzimage->length, 0x5a, length);
	bzimage->length += length;
	memcpy(bzimage->data + PE + 24 + 144, where, sizeof(where));
}
