/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ACPI tables that tell the twin what little hardware it has. */
#ifndef TWINOS_LIB_ACPI_H
#define TWINOS_LIB_ACPI_H

#include "libtwinos.h"

/**
 * struct twinos_acpi_config
 * @cpus: the twin's CPUs, the booting one first
 * @handover: address of the handover area
 * @io_apic: address, below 4 GiB, of the page that plays the IO-APIC; its
 *	version register is put there by twinos_acpi_io_apic()
 * @dummy_apic: put an enabled APIC that no CPU has first (see acpi.c)
 */
struct twinos_acpi_config {
	const struct twinos_lent_cpu *cpus;
	size_t nr_cpus;
	uint64_t handover;
	uint32_t io_apic;
	bool dummy_apic;
};

#define TWINOS_ACPI_MAX_TABLES 8

/**
 * struct twinos_acpi - where the tables went
 * @rsdp: address of the RSDP
 * @length: bytes used
 * @tables: "RSDP", "XSDT", "FADT"..., for --dry-run
 */
struct twinos_acpi {
	uint64_t rsdp;
	size_t length;
	struct twinos_segment tables[TWINOS_ACPI_MAX_TABLES];
	size_t nr_tables;
};

/*
 * twinos_acpi_size() - an upper limit of the bytes the tables need
 * twinos_acpi_build() - write them to @buf, which the twin sees at @addr
 * (aligned to 16); -ENOSPC if @size is too small
 */
size_t twinos_acpi_size(const struct twinos_acpi_config *config);
int twinos_acpi_build(struct twinos_acpi *acpi, void *buf, size_t size,
		      uint64_t addr, const struct twinos_acpi_config *config);

/* twinos_acpi_io_apic() - make a page of RAM look like a one-pin IO-APIC */
void twinos_acpi_io_apic(void *page);

#endif
