// SPDX-License-Identifier: GPL-2.0-only
/*
 * havoc cause=WORD [at=ADDRESS] - what a kernel can die of, or do to the machine, and
 * no program can do to it. As lkdtm of the kernel, which distributions leave out.
 *
 * Most causes do not return, or to a kernel that has lost the task.
 */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/desc.h>

static char *cause = "";
module_param(cause, charp, 0);
static ulong at;
module_param(at, ulong, 0);

static void keep_cpu(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static void irqoff(void)
{
	keep_cpu(NULL);
}

static void allirqoff(void)
{
	preempt_disable();
	smp_call_function(keep_cpu, NULL, 0);
	keep_cpu(NULL);
}

static void do_panic(void)
{
	panic("havoc");
}

static void bug(void)
{
	BUG();
}

static void (*volatile nowhere)(void);

static void null(void)
{
	nowhere();
}

/* What is done after each call keeps it one. Nobody gets to the end. */
static noinline unsigned long deeper(unsigned long depth)
{
	volatile unsigned long frame[32];

	frame[depth % 32] = depth;
	return depth == ULONG_MAX ? 0 : deeper(depth + 1) + frame[depth % 32];
}

static void stack(void)
{
	pr_info("%lu\n", deeper(0));
}

static void oops_in_irq(struct irq_work *work)
{
	nowhere();
}

static struct irq_work work = IRQ_WORK_INIT_HARD(oops_in_irq);

static void irqoops(void)
{
	irq_work_queue(&work);
	irq_work_sync(&work);
}

/* No handler, not even for the fault that this is. */
static void triple(void)
{
	static const struct desc_ptr none;

	load_idt(&none);
	asm volatile("int3");
}

/* Of no range that this kernel knows as memory. */
static void write(void)
{
	char *page = memremap(at, PAGE_SIZE, MEMREMAP_WB);

	if (!page)
		return;
	strcpy(page, "written by a twin");
	memunmap(page);
}

static const struct {
	const char *name;
	void (*act)(void);
} causes[] = {
	{ "irqoff", irqoff },	{ "allirqoff", allirqoff },
	{ "panic", do_panic },	{ "bug", bug },
	{ "null", null },	{ "stack", stack },
	{ "irqoops", irqoops }, { "triple", triple },
	{ "write", write },
};

static int __init havoc_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strcmp(cause, causes[i].name)) {
			pr_info("havoc: %s\n", cause);
			causes[i].act();
		}
	return -EINVAL;
}
module_init(havoc_init);

MODULE_DESCRIPTION("Ways for a kernel to die, for tests");
MODULE_LICENSE("GPL");
