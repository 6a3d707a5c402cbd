/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_WORLD_MSRS_H
#define TWINOS_WORLD_MSRS_H

#include <linux/types.h>

#define MSRS_MAX 32

/**
 * struct msrs - model-specific registers that each kernel sets as it likes
 * @nr: how many of them this CPU has
 * @number: which
 * @value: of the kernel that has left
 */
struct msrs {
	unsigned int nr;
	u32 number[MSRS_MAX];
	u64 value[MSRS_MAX];
};

/* msrs_init() - find out which of them this CPU has */
void msrs_init(struct msrs *msrs);
void msrs_save(struct msrs *msrs);

/* msrs_restore() - writes only those that have another value now */
void msrs_restore(const struct msrs *msrs);

#endif
