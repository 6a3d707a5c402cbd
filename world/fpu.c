// SPDX-License-Identifier: GPL-2.0-only
/*
 * All of XCR0's components, whoever they belong to: the kernel that has left
 * may have the registers of a task in the CPU, or not.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "fpu.h"

#define XSTATE_LEAF 0xd
#define FXSAVE_SIZE 512
#define ALL -1

static u64 xcr0_read(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low | (u64)high << 32;
}

static void xcr0_write(u64 value)
{
	asm volatile("xsetbv"
		     :
		     : "a"((u32)value), "d"((u32)(value >> 32)), "c"(0));
}

/*
 * Supervisor components (XSS) take XSAVES, whose compact form is the larger of
 * the two if there are any. Kernels that have none, as those without CET, are
 * served by the standard form.
 */
static size_t find_how(struct fpu_state *fpu)
{
	u32 eax, ebx, ecx, edx, standard;
	u64 xss = 0;

	fpu->how = FPU_FXSAVE;
	if (!boot_cpu_has(X86_FEATURE_OSXSAVE))
		return FXSAVE_SIZE;
	fpu->how = FPU_XSAVE;
	cpuid_count(XSTATE_LEAF, 0, &eax, &ebx, &standard, &edx);
	if (boot_cpu_has(X86_FEATURE_XSAVES))
		rdmsrl_safe(MSR_IA32_XSS, &xss);
	if (!xss)
		return standard;
	fpu->how = FPU_XSAVES;
	cpuid_count(XSTATE_LEAF, 1, &eax, &ebx, &ecx, &edx);
	return max(ebx, standard);
}

int fpu_init(struct fpu_state *fpu)
{
	struct page *pages;

	fpu->order = get_order(find_how(fpu));
	pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, fpu->order);
	if (!pages)
		return -ENOMEM;
	fpu->area = page_address(pages);
	return 0;
}

void fpu_exit(struct fpu_state *fpu)
{
	if (fpu->area)
		free_pages((unsigned long)fpu->area, fpu->order);
	fpu->area = NULL;
}

void fpu_save(struct fpu_state *fpu)
{
	u8 *area = fpu->area;

	if (fpu->how == FPU_FXSAVE) {
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
		return;
	}
	fpu->xcr0 = xcr0_read();
	if (fpu->how == FPU_XSAVE)
		asm volatile("xsave64 (%0)"
			     :
			     : "r"(area), "a"(ALL), "d"(ALL)
			     : "memory");
	else
		asm volatile("xsaves64 (%0)"
			     :
			     : "r"(area), "a"(ALL), "d"(ALL)
			     : "memory");
}

void fpu_restore(const struct fpu_state *fpu)
{
	u8 *area = fpu->area;

	if (fpu->how == FPU_FXSAVE) {
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
		return;
	}
	if (xcr0_read() != fpu->xcr0)
		xcr0_write(fpu->xcr0);
	if (fpu->how == FPU_XSAVE)
		asm volatile("xrstor64 (%0)"
			     :
			     : "r"(area), "a"(ALL), "d"(ALL)
			     : "memory");
	else
		asm volatile("xrstors64 (%0)"
			     :
			     : "r"(area), "a"(ALL), "d"(ALL)
			     : "memory");
}
