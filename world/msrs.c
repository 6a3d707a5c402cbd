// SPDX-License-Identifier: GPL-2.0-only
/*
 * EFER and the bases of FS and GS are switch.S's, those of the local APIC are
 * lapic.c's. Left alone, because both kernels want the same of them: the MTRRs,
 * the machine-check banks, the microcode, TSC and TSC_ADJUST.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <asm/msr.h>

#include "msrs.h"

#ifndef MSR_IA32_PKRS
#define MSR_IA32_PKRS 0x6e1
#endif
#ifndef MSR_IA32_PL0_SSP
#define MSR_IA32_U_CET 0x6a0
#define MSR_IA32_S_CET 0x6a2
#define MSR_IA32_PL0_SSP 0x6a4
#define MSR_IA32_PL1_SSP 0x6a5
#define MSR_IA32_PL2_SSP 0x6a6
#define MSR_IA32_PL3_SSP 0x6a7
#define MSR_IA32_INT_SSP_TAB 0x6a8
#endif

/* SDM volume 4, table 2-2; APM volume 2, appendix A. */
static const u32 candidates[] = {
	MSR_STAR,
	MSR_LSTAR,
	MSR_CSTAR,
	MSR_SYSCALL_MASK,
	MSR_IA32_SYSENTER_CS,
	MSR_IA32_SYSENTER_ESP,
	MSR_IA32_SYSENTER_EIP,
	MSR_IA32_CR_PAT,
	MSR_TSC_AUX,
	MSR_IA32_SPEC_CTRL,
	MSR_IA32_TSX_CTRL,
	MSR_IA32_MISC_ENABLE,
	MSR_MISC_FEATURES_ENABLES,
	MSR_IA32_DEBUGCTLMSR,
	MSR_CORE_PERF_GLOBAL_CTRL,
	MSR_IA32_UMWAIT_CONTROL,
	MSR_IA32_XSS,
	MSR_IA32_XFD,
	MSR_IA32_XFD_ERR,
	MSR_IA32_PKRS,
	MSR_IA32_U_CET,
	MSR_IA32_S_CET,
	MSR_IA32_PL0_SSP,
	MSR_IA32_PL1_SSP,
	MSR_IA32_PL2_SSP,
	MSR_IA32_PL3_SSP,
	MSR_IA32_INT_SSP_TAB,
};

void msrs_init(struct msrs *msrs)
{
	unsigned int i;
	u64 value;

	BUILD_BUG_ON(ARRAY_SIZE(candidates) > MSRS_MAX);
	msrs->nr = 0;
	for (i = 0; i < ARRAY_SIZE(candidates); i++)
		if (!rdmsrl_safe(candidates[i], &value) &&
		    !wrmsrl_safe(candidates[i], value))
			msrs->number[msrs->nr++] = candidates[i];
}

void msrs_save(struct msrs *msrs)
{
	unsigned int i;

	for (i = 0; i < msrs->nr; i++)
		msrs->value[i] = __rdmsr(msrs->number[i]);
}

void msrs_restore(const struct msrs *msrs)
{
	unsigned int i;

	for (i = 0; i < msrs->nr; i++)
		if (__rdmsr(msrs->number[i]) != msrs->value[i])
			__wrmsr(msrs->number[i], msrs->value[i],
				msrs->value[i] >> 32);
}
