/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_WORLD_FPU_H
#define TWINOS_WORLD_FPU_H

#include <linux/types.h>

/**
 * struct fpu_state - the registers of the floating point and vector units
 * @xcr0: which of them are in use
 * @how: the instruction that saves them all
 * @area: where, aligned to 64 bytes
 * @order: its size, as pages are counted
 */
struct fpu_state {
	u64 xcr0;
	enum { FPU_FXSAVE, FPU_XSAVE, FPU_XSAVES } how;
	void *area;
	unsigned int order;
};

/* fpu_init() - -ENOMEM */
int fpu_init(struct fpu_state *fpu);
void fpu_exit(struct fpu_state *fpu);
void fpu_save(struct fpu_state *fpu);
void fpu_restore(const struct fpu_state *fpu);

#endif
