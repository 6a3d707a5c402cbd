/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one kernel on one CPU, and the way to put it aside for the
 * other kernel's. Both modules are built from these sources: each saves and
 * restores only its own state, and knows of the other one only the slot on the
 * trampoline page (<twinos/handover.h>).
 *
 * doc/design.md lists the state in the order in which it goes and comes.
 */
#ifndef TWINOS_WORLD_H
#define TWINOS_WORLD_H

/* Where switch.S finds the fields of struct crossing. */
#define CROSSING_RSP 0x00
#define CROSSING_CR0 0x08
#define CROSSING_CR2 0x10
#define CROSSING_CR3 0x18
#define CROSSING_CR4 0x20
#define CROSSING_EFER 0x28
#define CROSSING_FS_BASE 0x30
#define CROSSING_GS_BASE 0x38
#define CROSSING_KERNEL_GS_BASE 0x40
#define CROSSING_SWITCH_CR3 0x48
#define CROSSING_SLOT 0x50
#define CROSSING_TRAMPOLINE 0x58
#define CROSSING_GDT 0x60
#define CROSSING_IDT 0x70
#define CROSSING_CS 0x80
#define CROSSING_SS 0x82
#define CROSSING_DS 0x84
#define CROSSING_ES 0x86
#define CROSSING_FS 0x88
#define CROSSING_GS 0x8a
#define CROSSING_LDT 0x8c
#define CROSSING_TR 0x8e
#define CROSSING_GDT_ALIAS 0x90

/* Where world_boot, on the trampoline page, finds what it needs. */
#define WORLD_BOOT_RSI 0x00
#define WORLD_BOOT_ENTRY 0x08
#define WORLD_BOOT_GDTR 0x10

#ifndef __ASSEMBLY__
#include <linux/build_bug.h>
#include <linux/math64.h>
#include <linux/stddef.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <asm/desc_defs.h>
#include <asm/tsc.h>
#include <twinos/handover.h>

#include "fpu.h"
#include "identity.h"
#include "lapic.h"
#include "msrs.h"

/**
 * struct crossing - what only assembly can save
 * @switch_cr3: this kernel's page tables for the switch
 * @slot: address of the other kernel's slot on the trampoline page
 * @trampoline: address of that page
 * @gdt_alias: what LGDT takes for this CPU's GDT where it can be written to
 * The rest is saved by world_leave().
 */
struct crossing {
	u64 rsp, cr0, cr2, cr3, cr4, efer;
	u64 fs_base, gs_base, kernel_gs_base;
	u64 switch_cr3, slot, trampoline;
	u8 gdt[16], idt[16];
	u16 cs, ss, ds, es, fs, gs, ldt, tr;
	struct desc_ptr gdt_alias;
};

#define CROSSING_ASSERT(field, offset) \
	static_assert(offsetof(struct crossing, field) == (offset))
CROSSING_ASSERT(rsp, CROSSING_RSP);
CROSSING_ASSERT(cr4, CROSSING_CR4);
CROSSING_ASSERT(efer, CROSSING_EFER);
CROSSING_ASSERT(kernel_gs_base, CROSSING_KERNEL_GS_BASE);
CROSSING_ASSERT(switch_cr3, CROSSING_SWITCH_CR3);
CROSSING_ASSERT(trampoline, CROSSING_TRAMPOLINE);
CROSSING_ASSERT(gdt, CROSSING_GDT);
CROSSING_ASSERT(idt, CROSSING_IDT);
CROSSING_ASSERT(cs, CROSSING_CS);
CROSSING_ASSERT(tr, CROSSING_TR);
CROSSING_ASSERT(gdt_alias, CROSSING_GDT_ALIAS);

/**
 * struct world_boot - the twin's first entry, behind the slots on the
 * trampoline page
 * @rsi: address of boot_params
 * @entry: where to jump
 */
struct world_boot {
	u64 rsi;
	u64 entry;
	u16 gdt_limit;
	u64 gdt_base;
} __packed;

static_assert(offsetof(struct world_boot, gdt_limit) == WORLD_BOOT_GDTR);

/**
 * struct world - all that one kernel has on a CPU
 * @page: the trampoline page, as this kernel sees it
 */
struct world {
	struct crossing crossing;
	struct identity identity;
	struct lapic lapic;
	struct msrs msrs;
	struct fpu_state fpu;
	u64 debugregs[4], dr6, dr7;
	void *page;
};

/* Both kernels count the same TSC. */
static inline u64 tsc_to_ns(u64 tsc)
{
	return mul_u64_u32_div(tsc, NSEC_PER_MSEC, tsc_khz);
}

/**
 * world_init() - make ready to leave from, and to come back to, this CPU
 * @page: the trampoline page, mapped
 * @address: its physical address, a multiple of PAGE_SIZE
 * @own: TWINOS_SLOT_* of this kernel, which is filled in
 * @apic_ratio: as in &struct twinos_shared
 *
 * On the CPU itself, with preemption off or bound to it; sleeps not.
 * Returns 0, -ENOMEM.
 */
int world_init(struct world *world, void *page, phys_addr_t address,
	       unsigned int own, u64 apic_ratio);
void world_exit(struct world *world);

/**
 * world_save() - all but what assembly saves; stops this kernel's timer
 *
 * On the CPU, interrupts off until after world_switch().
 */
void world_save(struct world *world);

/**
 * world_switch() - leave for the other kernel; returns when it has come back
 *
 * After world_save().
 */
void world_switch(struct world *world);

/* switch.S */
void world_leave(struct crossing *crossing);
extern const u8 world_resume[];
extern const u8 world_trampoline[], world_boot[], world_boot_gdt[];
extern const u8 world_boot_gdt_end[], world_trampoline_end[];

#endif

#endif
