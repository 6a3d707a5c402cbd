// SPDX-License-Identifier: GPL-2.0-only
/* echo - in a twin: each call by a bit is answered by a kick of the same bit. */
#include <linux/module.h>

#include "doorbell.h"

static void called(void *data)
{
	guest_kick((unsigned long)data);
}

/* All below @bit. */
/* Those below are the guest module's own. */
#define FIRST_BIT 2

static void leave(unsigned long bit)
{
	while (bit-- > FIRST_BIT)
		guest_on_call(bit, NULL, NULL);
}

static int __init echo_init(void)
{
	unsigned long bit;
	int ret;

	for (bit = FIRST_BIT; bit < GUEST_BITS; bit++) {
		ret = guest_on_call(bit, called, (void *)bit);
		if (ret) {
			leave(bit);
			return ret;
		}
	}
	return 0;
}

static void __exit echo_exit(void)
{
	leave(GUEST_BITS);
}

module_init(echo_init);
module_exit(echo_exit);
MODULE_DESCRIPTION("Answer calls by kicks");
MODULE_LICENSE("GPL");
