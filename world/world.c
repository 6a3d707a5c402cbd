// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/desc.h>

#include "world.h"

#define DR7_NOTHING 0x400

/*
 * A core that was fetched by an INIT (host/recall.c) comes to the host's root before
 * 64-bit mode, where CR3 has 32 bits. A twin may have no memory below 4 GiB.
 */
static gfp_t root_gfp(unsigned int own)
{
	return own == TWINOS_SLOT_HOST ? GFP_KERNEL | GFP_DMA32 : GFP_KERNEL;
}

static void fill_slot(struct world *world, unsigned int own)
{
	struct twinos_slot *slots = world->page + TWINOS_SLOTS;

	slots[own] = (struct twinos_slot){
		.cr3 = world->identity.cr3,
		.rip = (u64)world_resume,
		.rdi = (u64)&world->crossing,
	};
}

int world_init(struct world *world, void *page, phys_addr_t address,
	       unsigned int own, u64 apic_ratio)
{
	unsigned int other = !own;
	int ret;

	world->page = page;
	ret = identity_init(&world->identity, address, root_gfp(own));
	if (ret)
		return ret;
	ret = fpu_init(&world->fpu);
	if (ret)
		goto exit_identity;
	msrs_init(&world->msrs);
	lapic_init(&world->lapic, apic_ratio);
	world->crossing.gdt_alias = (struct desc_ptr){
		.size = GDT_SIZE - 1,
		.address = (unsigned long)get_cpu_gdt_rw(smp_processor_id()),
	};
	world->crossing.switch_cr3 = world->identity.cr3;
	world->crossing.trampoline = address;
	world->crossing.slot =
		address + TWINOS_SLOTS + other * sizeof(struct twinos_slot);
	fill_slot(world, own);
	return 0;

exit_identity:
	identity_exit(&world->identity);
	return ret;
}

void world_exit(struct world *world)
{
	fpu_exit(&world->fpu);
	identity_exit(&world->identity);
}

#define READ_DR(n, to) asm volatile("mov %%db" #n ", %0" : "=r"(to))
#define WRITE_DR(n, from) asm volatile("mov %0, %%db" #n : : "r"(from))

/* No breakpoint of this kernel's may hit in the other one. */
static void debugregs_save(struct world *world)
{
	READ_DR(0, world->debugregs[0]);
	READ_DR(1, world->debugregs[1]);
	READ_DR(2, world->debugregs[2]);
	READ_DR(3, world->debugregs[3]);
	READ_DR(6, world->dr6);
	READ_DR(7, world->dr7);
	if (world->dr7 != DR7_NOTHING)
		WRITE_DR(7, (u64)DR7_NOTHING);
}

static void debugregs_restore(const struct world *world)
{
	WRITE_DR(0, world->debugregs[0]);
	WRITE_DR(1, world->debugregs[1]);
	WRITE_DR(2, world->debugregs[2]);
	WRITE_DR(3, world->debugregs[3]);
	WRITE_DR(6, world->dr6);
	WRITE_DR(7, world->dr7);
}

void world_save(struct world *world)
{
	lapic_save(&world->lapic);
	identity_update(&world->identity);
	msrs_save(&world->msrs);
	debugregs_save(world);
	fpu_save(&world->fpu);
}

/* XSS comes back with the MSRs, before the registers that it stands for. */
void world_switch(struct world *world)
{
	world_leave(&world->crossing);
	msrs_restore(&world->msrs);
	debugregs_restore(world);
	fpu_restore(&world->fpu);
	lapic_restore(&world->lapic);
}
