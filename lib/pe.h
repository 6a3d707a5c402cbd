/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PE header that kernels carry for UEFI firmware. */
#ifndef TWINOS_LIB_PE_H
#define TWINOS_LIB_PE_H

#include <stddef.h>
#include <stdint.h>

#define TWINOS_PE_MACHINE_I386 0x014c
#define TWINOS_PE_MACHINE_AMD64 0x8664
#define TWINOS_PE_MACHINE_ARM64 0xaa64

/* twinos_pe_machine() - 0 if there is no PE header */
uint16_t twinos_pe_machine(const void *data, size_t length);

/*
 * twinos_pe_end() - where the signature ends, which is the end of a signed
 * file; 0 if it isn't signed
 */
uint64_t twinos_pe_end(const void *data, size_t length);

#endif
