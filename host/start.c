// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping cores by INIT-SIPI (SDM volume 3, section 9.4.4.1). A
 * core that takes a SIPI says so in the trampoline's parameters; nothing else
 * proves that an INIT has arrived, since the sender's APIC only knows that it
 * is under way. So a core counts as stopped once it has run the trampoline up
 * to its halt.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/msr-index.h>
#include <asm/pgtable_types.h>
#include <asm/processor-flags.h>

#include "start.h"
#include "trampoline.h"

#define INIT_DELAY_MS 10 /* MultiProcessor Specification 1.4, B.4 */
#define ICR_TRIES 100000
#define HALT_TRIES 10
#define ARRIVE_MS 5000 /* a loaded hypervisor below us may take that long */
#define JUMP_MS 10000

static void icr_wait(void)
{
	unsigned int i;

	for (i = 0; i < ICR_TRIES && apic->icr_read() & APIC_ICR_BUSY; i++)
		cpu_relax();
}

/* The exported apic knows how this host's APICs are written, x2APIC or not. */
static void icr_send(u32 apic_id, u32 order)
{
	unsigned long flags;

	local_irq_save(flags);
	icr_wait();
	apic->icr_write(order, apic_id);
	icr_wait();
	local_irq_restore(flags);
}

static void core_init(u32 apic_id)
{
	icr_send(apic_id, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT);
}

static void core_sipi(u32 apic_id, phys_addr_t page)
{
	icr_send(apic_id, APIC_DM_STARTUP | PHYS_PFN(page));
}

static void core_init_sipi(u32 apic_id, phys_addr_t page)
{
	core_init(apic_id);
	msleep(INIT_DELAY_MS);
	core_sipi(apic_id, page);
}

static struct trampoline_params *params_of(const struct memory_range *low)
{
	return low->kva + TRAMPOLINE_PARAMS;
}

/* Maps the first 2 MiB to themselves, all that a 32-bit CR3 need reach. */
static void build_tables(const struct memory_range *low)
{
	u64 *pgd = low->kva + PAGE_SIZE;

	pgd[0] = (low->start + 2 * PAGE_SIZE) | _PAGE_PRESENT | _PAGE_RW;
	pgd[PAGE_SIZE / 8] = (low->start + 3 * PAGE_SIZE) | _PAGE_PRESENT |
			     _PAGE_RW;
	pgd[2 * PAGE_SIZE / 8] = _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE;
}

static u32 address_of(const struct memory_range *low, const u8 *symbol)
{
	return low->start + (symbol - trampoline_start);
}

static void build_trampoline(const struct memory_range *low, bool halt)
{
	struct trampoline_params *params = params_of(low);

	memset(low->kva, 0, TWINOS_TRAMPOLINE_SIZE);
	memcpy(low->kva, trampoline_start, trampoline_end - trampoline_start);
	build_tables(low);
	params->halt = halt;
	params->cr4 = X86_CR4_PAE;
	params->efer = EFER_LME;
	params->pgd = low->start + PAGE_SIZE;
	params->far_offset = address_of(low, trampoline_long);
	params->far_selector = __BOOT_CS;
	params->gdt_limit = trampoline_gdt_end - trampoline_gdt - 1;
	params->gdt_base = address_of(low, trampoline_gdt);
}

/* Waits until the core has written at least @step. */
static bool core_seen(struct trampoline_params *params, u32 step,
		      unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	do {
		if (READ_ONCE(params->seen) >= step)
			return true;
		usleep_range(100, 500);
	} while (time_before(jiffies, end));
	return READ_ONCE(params->seen) >= step;
}

static int core_halt(const struct memory_range *low, u32 apic_id)
{
	struct trampoline_params *params = params_of(low);
	unsigned int try;

	for (try = 1; try <= HALT_TRIES; try++) {
		WRITE_ONCE(params->seen, 0);
		core_init_sipi(apic_id, low->start);
		if (core_seen(params, TRAMPOLINE_ARRIVED, 100 * try))
			return 0;
	}
	pr_err("the core with APIC id %u does not answer INIT\n", apic_id);
	return -EIO;
}

static int cores_halt_once(const struct memory_range *low,
			   const struct lent_cpu *cpus, unsigned int nr)
{
	unsigned int i;
	int ret = 0;

	build_trampoline(low, true);
	for (i = 0; i < nr && !ret; i++)
		ret = core_halt(low, cpus[i].apic_id);
	return ret;
}

/*
 * Twice: while the first pass goes from core to core, one that still runs the
 * twin can start one that has halted.
 */
int cores_halt(const struct memory_range *low, const struct lent_cpu *cpus,
	       unsigned int nr)
{
	int ret;

	BUILD_BUG_ON(TRAMPOLINE_PARAMS + sizeof(struct trampoline_params) >
		     PAGE_SIZE);
	ret = cores_halt_once(low, cpus, nr);
	if (!ret && nr > 1)
		ret = cores_halt_once(low, cpus, nr);
	return ret;
}

int core_start(const struct memory_range *low, const struct lent_cpu *cpu,
	       const struct twinos_start *arg)
{
	struct trampoline_params *params = params_of(low);

	if (fatal_signal_pending(current))
		return -EINTR;
	build_trampoline(low, false);
	params->cr3 = arg->cr3;
	params->rsi = arg->rsi;
	params->entry = arg->entry;
	core_init_sipi(cpu->apic_id, low->start);

	/* A SIPI may get lost; an INIT after the jump would be a disaster. */
	if (!core_seen(params, TRAMPOLINE_ARRIVED, ARRIVE_MS))
		return -ETIMEDOUT;
	if (!core_seen(params, TRAMPOLINE_JUMPED, JUMP_MS))
		return -ETIMEDOUT;
	return 0;
}

void core_nmi(u32 apic_id)
{
	icr_send(apic_id, APIC_DM_NMI);
}

void core_resume(const struct memory_range *low, u32 apic_id,
		 const struct crossing *crossing)
{
	struct trampoline_params *params = params_of(low);

	build_trampoline(low, false);
	params->cr4 = X86_CR4_PAE | (crossing->cr4 & X86_CR4_LA57);
	params->efer = EFER_LME | EFER_NX;
	params->pgd = crossing->switch_cr3;
	params->cr3 = crossing->switch_cr3;
	params->rsi = (u64)crossing;
	params->entry = (u64)world_resume;
	core_init(apic_id);
	mdelay(INIT_DELAY_MS);
	core_sipi(apic_id, low->start);
}
