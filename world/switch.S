/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a world switch and the trampoline between them. Interrupts
 * are off all the time. An NMI or machine check that comes between
 * world_leave()'s change of CR3 and the end of world_resume resets the machine.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>

#include "world.h"

/*
 * CR4 on the way: LA57 can't be changed in 64-bit mode (SDM volume 3, 4.1.2).
 * Dropping PGE and PCIDE flushes all of the TLB (section 4.10.4.1), dropping
 * CET must come before WP is dropped (section 2.5, CR4.CET).
 */
#define CR4_KEPT (X86_CR4_PAE | X86_CR4_LA57 | X86_CR4_MCE)

#define CR0_BOOT                                                             \
	(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP |    \
	 X86_CR0_AM | X86_CR0_PG)

	.macro SAVE_MSR msr, field
	movl	$\msr, %ecx
	rdmsr
	movl	%eax, \field(%rdi)
	movl	%edx, \field + 4(%rdi)
	.endm

	.macro RESTORE_MSR msr, field
	movl	$\msr, %ecx
	movl	\field(%rdi), %eax
	movl	\field + 4(%rdi), %edx
	wrmsr
	.endm

	.text
	.code64

/* void world_leave(struct crossing *crossing) */
SYM_FUNC_START(world_leave)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	movq	%rsp, CROSSING_RSP(%rdi)

	movq	%cr0, %rax
	movq	%rax, CROSSING_CR0(%rdi)
	movq	%cr2, %rax
	movq	%rax, CROSSING_CR2(%rdi)
	movq	%cr3, %rax
	movq	%rax, CROSSING_CR3(%rdi)
	movq	%cr4, %r8
	movq	%r8, CROSSING_CR4(%rdi)

	sgdt	CROSSING_GDT(%rdi)
	sidt	CROSSING_IDT(%rdi)
	sldt	CROSSING_LDT(%rdi)
	str	CROSSING_TR(%rdi)
	movw	%cs, CROSSING_CS(%rdi)
	movw	%ss, CROSSING_SS(%rdi)
	movw	%ds, CROSSING_DS(%rdi)
	movw	%es, CROSSING_ES(%rdi)
	movw	%fs, CROSSING_FS(%rdi)
	movw	%gs, CROSSING_GS(%rdi)
	SAVE_MSR MSR_EFER, CROSSING_EFER
	SAVE_MSR MSR_FS_BASE, CROSSING_FS_BASE
	SAVE_MSR MSR_GS_BASE, CROSSING_GS_BASE
	SAVE_MSR MSR_KERNEL_GS_BASE, CROSSING_KERNEL_GS_BASE

	movq	CROSSING_SWITCH_CR3(%rdi), %rax
	movq	CROSSING_TRAMPOLINE(%rdi), %rdx
	movq	CROSSING_SLOT(%rdi), %rdi
	movq	%rax, %cr3
	andq	$CR4_KEPT, %r8
	movq	%r8, %cr4
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rdx
SYM_FUNC_END(world_leave)
/* It returns from world_resume, by a way that objtool can't follow. */
STACK_FRAME_NON_STANDARD world_leave

/*
 * Comes from the trampoline on this kernel's page tables for the switch, with
 * its struct crossing in %rdi and everything else still the other kernel's.
 */
SYM_FUNC_START(world_resume)
	/*
	 * ltr marks the TSS busy in the GDT. Where the kernel uses it, it is
	 * mapped read-only, so that happens in its alias, as in the kernel's
	 * own native_load_tr_desc().
	 */
	lgdt	CROSSING_GDT_ALIAS(%rdi)
	lidt	CROSSING_IDT(%rdi)
	movq	CROSSING_RSP(%rdi), %rsp
	RESTORE_MSR MSR_EFER, CROSSING_EFER

	movw	CROSSING_SS(%rdi), %ss
	movw	CROSSING_DS(%rdi), %ds
	movw	CROSSING_ES(%rdi), %es
	movw	CROSSING_FS(%rdi), %fs
	movw	CROSSING_GS(%rdi), %gs
	lldt	CROSSING_LDT(%rdi)
	movzwl	CROSSING_TR(%rdi), %ecx
	movl	%ecx, %edx
	andl	$~7, %edx
	addq	CROSSING_GDT_ALIAS + 2(%rdi), %rdx
	andb	$~2, 5(%rdx)
	ltr	%cx
	lgdt	CROSSING_GDT(%rdi)

	/* Loading a selector has changed its base. */
	RESTORE_MSR MSR_FS_BASE, CROSSING_FS_BASE
	RESTORE_MSR MSR_GS_BASE, CROSSING_GS_BASE
	RESTORE_MSR MSR_KERNEL_GS_BASE, CROSSING_KERNEL_GS_BASE
	movq	CROSSING_CR2(%rdi), %rax
	movq	%rax, %cr2

	movzwl	CROSSING_CS(%rdi), %eax
	pushq	%rax
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:
	/* PCIDE may be set only while the PCID in CR3 is 0. */
	movq	CROSSING_CR3(%rdi), %rax
	movq	%rax, %rdx
	andq	$~0xfff, %rdx
	movq	%rdx, %cr3
	/* WP before CET. Each of these flushes the TLB, so none without need. */
	movq	CROSSING_CR0(%rdi), %rcx
	movq	%cr0, %r8
	cmpq	%rcx, %r8
	je	2f
	movq	%rcx, %cr0
2:	movq	CROSSING_CR4(%rdi), %rcx
	movq	%rcx, %cr4
	cmpq	%rax, %rdx
	je	3f
	movq	%rax, %cr3
3:
	popfq
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	/*
	 * Not RET: the return thunk would be one that objtool has not seen,
	 * and 6.9 and later warn of those. Nothing was called since the last
	 * switch of page tables that could have poisoned it.
	 */
	ANNOTATE_UNRET_SAFE
	ret
	int3
SYM_FUNC_END(world_resume)
STACK_FRAME_NON_STANDARD world_resume

/*
 * The trampoline page. Everything here runs from a copy at an address that all
 * page tables involved map to itself.
 */
	.section .rodata, "a"
	.balign 16
	.globl world_trampoline, world_boot, world_boot_gdt, world_boot_gdt_end
	.globl world_trampoline_end

/* %rdi: address of a slot */
world_trampoline:
	movq	0(%rdi), %rax
	movq	8(%rdi), %rdx
	movq	16(%rdi), %rdi
	movq	%rax, %cr3
	jmp	*%rdx

/* %rdi: address of a struct world_boot; as trampoline_long of the host module */
	.balign 16
world_boot:
	lgdt	WORLD_BOOT_GDTR(%rdi)
	movl	$(world_boot_data - world_boot_gdt), %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$CR0_BOOT, %eax
	movq	%rax, %cr0
	movq	WORLD_BOOT_RSI(%rdi), %rsi
	jmp	*WORLD_BOOT_ENTRY(%rdi)

	.balign 8
world_boot_gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff
world_boot_data:
	.quad	0x00cf93000000ffff
world_boot_gdt_end:
world_trampoline_end:
