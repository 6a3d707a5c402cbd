/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a core from INIT-SIPI into the twin's kernel: real mode, straight
 * into 64-bit mode (SDM volume 3, section 10.8.5), the twin's own page tables,
 * jump. It is also the way back into the host's kernel for a CPU that a twin
 * doesn't give back (core_resume()). The host copies it to the low range and never runs it itself, so it
 * lies in read-only data. It needs no stack.
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "trampoline.h"

#define CR0_LONG_MODE                                                        \
	(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP |    \
	 X86_CR0_AM | X86_CR0_PG)

	.section .rodata, "a"
	.balign 16
	.globl trampoline_start, trampoline_long, trampoline_end
	.globl trampoline_gdt, trampoline_gdt_end

	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movl	$TRAMPOLINE_ARRIVED, TRAMPOLINE_SEEN
	cmpl	$0, TRAMPOLINE_HALT
	jne	.Lhalt

	lgdtl	TRAMPOLINE_GDTR
	movl	TRAMPOLINE_PGD, %eax
	movl	%eax, %cr3
	movl	TRAMPOLINE_CR4, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	TRAMPOLINE_EFER, %eax
	wrmsr
	movl	$CR0_LONG_MODE, %eax
	movl	%eax, %cr0
	ljmpl	*TRAMPOLINE_FAR

	/*
	 * Nothing on this core touches memory after TRAMPOLINE_ARRIVED; an NMI
	 * would lead into the BIOS's vector table, but the host sends none to
	 * a CPU that is not present.
	 */
.Lhalt:
	hlt
	jmp	.Lhalt

	.code64
trampoline_long:
	movl	$(trampoline_data - trampoline_gdt), %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs

	movq	(trampoline_start + TRAMPOLINE_RSI)(%rip), %rsi
	movq	%rsi, %rdi
	movq	(trampoline_start + TRAMPOLINE_ENTRY)(%rip), %rdx
	movq	(trampoline_start + TRAMPOLINE_CR3)(%rip), %rax
	movq	%rax, %cr3
	movl	$TRAMPOLINE_JUMPED, (trampoline_start + TRAMPOLINE_SEEN)(%rip)
	/* Documentation/arch/x86/boot.rst, "64-bit Boot Protocol" */
	jmp	*%rdx

	/* __BOOT_CS and __BOOT_DS are 0x10 and 0x18 by the boot protocol. */
	.balign 8
trampoline_gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff
trampoline_data:
	.quad	0x00cf93000000ffff
trampoline_gdt_end:
trampoline_end:
