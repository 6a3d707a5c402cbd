/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first TWINOS_TRAMPOLINE_SIZE bytes of a twin's low range: one page of
 * code with its parameters, three pages of page tables that map the first
 * 2 MiB to themselves. A core starts at the page's first byte in real mode.
 */
#ifndef TWINOS_HOST_TRAMPOLINE_H
#define TWINOS_HOST_TRAMPOLINE_H

/* Where the parameters lie in the page. */
#define TRAMPOLINE_PARAMS 0x800
#define TRAMPOLINE_SEEN (TRAMPOLINE_PARAMS + 0)
#define TRAMPOLINE_HALT (TRAMPOLINE_PARAMS + 4)
#define TRAMPOLINE_PGD (TRAMPOLINE_PARAMS + 8)
#define TRAMPOLINE_FAR (TRAMPOLINE_PARAMS + 12)
#define TRAMPOLINE_GDTR (TRAMPOLINE_PARAMS + 20)
#define TRAMPOLINE_CR3 (TRAMPOLINE_PARAMS + 32)
#define TRAMPOLINE_RSI (TRAMPOLINE_PARAMS + 40)
#define TRAMPOLINE_ENTRY (TRAMPOLINE_PARAMS + 48)
#define TRAMPOLINE_CR4 (TRAMPOLINE_PARAMS + 56)
#define TRAMPOLINE_EFER (TRAMPOLINE_PARAMS + 60)

/* What the core writes to TRAMPOLINE_SEEN. */
#define TRAMPOLINE_ARRIVED 1 /* it took the SIPI */
#define TRAMPOLINE_JUMPED 2 /* its next instruction is the jump */

#ifndef __ASSEMBLY__
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct trampoline_params - see trampoline.S
 * @seen: 0, then TRAMPOLINE_ARRIVED, TRAMPOLINE_JUMPED, written by the core
 * @halt: not 0: say TRAMPOLINE_ARRIVED and halt for good
 * @pgd: address of the page tables for the step into 64-bit mode
 * @far_offset: address of the 64-bit part
 * @far_selector: its code segment
 * @gdt_limit: operand of lgdt
 * @gdt_base: operand of lgdt
 * @cr3: page tables to jump on
 * @rsi: %rsi and %rdi at the jump
 * @entry: where to jump
 * @cr4: for the step into 64-bit mode
 * @efer: as well
 */
struct trampoline_params {
	u32 seen;
	u32 halt;
	u32 pgd;
	u32 far_offset;
	u16 far_selector;
	u16 pad0;
	u16 gdt_limit;
	u32 gdt_base;
	u8 pad1[6];
	u64 cr3;
	u64 rsi;
	u64 entry;
	u32 cr4;
	u32 efer;
} __packed;

#define TRAMPOLINE_ASSERT(field, offset)                           \
	static_assert(offsetof(struct trampoline_params, field) == \
		      (offset)-TRAMPOLINE_PARAMS)
TRAMPOLINE_ASSERT(seen, TRAMPOLINE_SEEN);
TRAMPOLINE_ASSERT(halt, TRAMPOLINE_HALT);
TRAMPOLINE_ASSERT(pgd, TRAMPOLINE_PGD);
TRAMPOLINE_ASSERT(far_offset, TRAMPOLINE_FAR);
TRAMPOLINE_ASSERT(gdt_limit, TRAMPOLINE_GDTR);
TRAMPOLINE_ASSERT(cr3, TRAMPOLINE_CR3);
TRAMPOLINE_ASSERT(rsi, TRAMPOLINE_RSI);
TRAMPOLINE_ASSERT(entry, TRAMPOLINE_ENTRY);
TRAMPOLINE_ASSERT(cr4, TRAMPOLINE_CR4);
TRAMPOLINE_ASSERT(efer, TRAMPOLINE_EFER);

extern const u8 trampoline_start[], trampoline_gdt[], trampoline_gdt_end[];
extern const u8 trampoline_long[], trampoline_end[];
#endif

#endif
