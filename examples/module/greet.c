// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with a mistake in it, to be found by doc/guide.md.
 */
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

static char *whom;
module_param(whom, charp, 0);

static int __init greet_init(void)
{
	pr_info("greet: hello %s, of %zu letters\n", whom, strlen(whom));
	return 0;
}

static void __exit greet_exit(void)
{
}

module_init(greet_init);
module_exit(greet_exit);
MODULE_DESCRIPTION("Greets whom it is told to");
MODULE_LICENSE("GPL");
