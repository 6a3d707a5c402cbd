/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMCOREINFO: the page of "KEY=VALUE" lines that a Linux kernel keeps about
 * itself (Documentation/admin-guide/kdump/vmcoreinfo.rst), found in the memory
 * of a twin without any help from it.
 */
#ifndef TWINOS_LIB_VMCOREINFO_H
#define TWINOS_LIB_VMCOREINFO_H

#include "ram.h"

/* VMCOREINFO_BYTES of the kernel is one page. */
#define TWINOS_VMCOREINFO_SIZE 4096

/**
 * struct twinos_vmcoreinfo - a copy of a page that may be VMCOREINFO
 * @addr: where it was
 * @length: bytes of @text
 * @text: whole lines only, each ending with a newline
 */
struct twinos_vmcoreinfo {
	uint64_t addr;
	size_t length;
	char text[TWINOS_VMCOREINFO_SIZE];
};

/* Takes a candidate: 0 to see the next one, anything else to stop with it. */
typedef int (*twinos_vmcoreinfo_fn)(void *ctx,
				    const struct twinos_vmcoreinfo *info);

/*
 * twinos_vmcoreinfo_scan() - call @fn for every page that begins as VMCOREINFO
 * does, the highest address first: that is where a kernel that boots allocates.
 * Such a page may be half-written, an old one or a forgery. Returns what @fn
 * returned, 0 if it never stopped the scan, or -errno.
 */
int twinos_vmcoreinfo_scan(const struct twinos_ram *ram,
			   twinos_vmcoreinfo_fn fn, void *ctx);

/*
 * twinos_vmcoreinfo_get() - the value of a line, in the kernel's own base: 10,
 * or 16 for SYMBOL(...) and KERNELOFFSET; a negative one comes as its two's
 * complement. -ENOENT: no such line; -EINVAL: its value is no 64-bit number.
 */
int twinos_vmcoreinfo_get(const struct twinos_vmcoreinfo *info, const char *key,
			  uint64_t *value);

#endif
