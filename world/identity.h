/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_WORLD_IDENTITY_H
#define TWINOS_WORLD_IDENTITY_H

#include <linux/types.h>

#define IDENTITY_LEVELS 5

/**
 * struct identity - page tables for the switch
 * @table: the pages, the root first
 * @cr3: the root's address
 *
 * They map one page to itself, and all that this kernel has above.
 */
struct identity {
	u64 *table[IDENTITY_LEVELS];
	u64 cr3;
};

/*
 * identity_init() - map the page at @address to itself, by page tables from where
 * @gfp says; -ENOMEM
 */
int identity_init(struct identity *identity, phys_addr_t address, gfp_t gfp);
void identity_exit(struct identity *identity);

/* identity_update() - take over what the kernel's own page tables map now */
void identity_update(struct identity *identity);

#endif
