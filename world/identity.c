// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's half of the root is copied anew before each switch, because a
 * kernel may add entries to it at run time.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/string.h>
#include <asm/pgtable_types.h>
#include <asm/special_insns.h>

#include "identity.h"

#define ENTRIES 512
#define TABLE_FLAGS (_PAGE_PRESENT | _PAGE_RW)

static unsigned int levels(void)
{
	return __read_cr4() & X86_CR4_LA57 ? 5 : 4;
}

static unsigned int index_at(phys_addr_t address, unsigned int level)
{
	return address >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

int identity_init(struct identity *identity, phys_addr_t address, gfp_t gfp)
{
	unsigned int i, nr = levels();

	for (i = 0; i < nr; i++) {
		identity->table[i] = (void *)get_zeroed_page(gfp);
		if (!identity->table[i])
			goto free;
		if (i)
			identity->table[i - 1][index_at(address, nr - i)] =
				virt_to_phys(identity->table[i]) | TABLE_FLAGS;
	}
	identity->table[nr - 1][index_at(address, 0)] = address | TABLE_FLAGS;
	identity->cr3 = virt_to_phys(identity->table[0]);
	identity_update(identity);
	return 0;

free:
	identity_exit(identity);
	return -ENOMEM;
}

void identity_exit(struct identity *identity)
{
	unsigned int i;

	for (i = 0; i < IDENTITY_LEVELS; i++) {
		free_page((unsigned long)identity->table[i]);
		identity->table[i] = NULL;
	}
}

void identity_update(struct identity *identity)
{
	u64 *root = phys_to_virt(__native_read_cr3() & PTE_PFN_MASK);

	memcpy(identity->table[0] + ENTRIES / 2, root + ENTRIES / 2,
	       PAGE_SIZE / 2);
}
