/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layouts and bits of the ACPI tables that acpi.c makes: ACPI 6.5, chapter 5. */
#ifndef TWINOS_LIB_ACPI_TABLES_H
#define TWINOS_LIB_ACPI_TABLES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_PACKED __attribute__((packed))

/* 5.2.5.3; @checksum covers the first 20 bytes, @extended_checksum all */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} ACPI_PACKED;
#define ACPI_RSDP_REVISION 2
#define ACPI_RSDP_FIRST_PART 20
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 6.5, table 5.3");

/* 5.2.6 */
struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} ACPI_PACKED;
static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.5, table 5.4");

/* 5.2.3.2 */
struct acpi_register {
	uint8_t space;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
} ACPI_PACKED;
#define ACPI_SPACE_MEMORY 0
#define ACPI_ACCESS_BYTE 1
static_assert(sizeof(struct acpi_register) == 12, "ACPI 6.5, table 5.1");

/* 5.2.8 */
struct acpi_xsdt {
	struct acpi_header header;
	uint64_t fadt;
	uint64_t madt;
} ACPI_PACKED;
#define ACPI_XSDT_REVISION 1

/* 5.2.9, what a hardware-reduced machine has of it; the rest is zero */
struct acpi_fadt {
	struct acpi_header header;
	uint8_t zero_36[73];
	uint16_t boot_flags;
	uint8_t zero_111;
	uint32_t flags;
	uint8_t zero_116[24];
	uint64_t dsdt;
	uint8_t zero_148[96];
	struct acpi_register sleep_control;
	struct acpi_register sleep_status;
} ACPI_PACKED;
#define ACPI_FADT_REVISION 5
#define ACPI_FADT_NO_VGA (1 << 2)
#define ACPI_FADT_NO_ASPM (1 << 4)
#define ACPI_FADT_NO_CMOS_RTC (1 << 5)
#define ACPI_FADT_APIC_PHYSICAL (1 << 19)
#define ACPI_FADT_HW_REDUCED (1 << 20)
static_assert(offsetof(struct acpi_fadt, boot_flags) == 109, "ACPI 5.0");
static_assert(offsetof(struct acpi_fadt, flags) == 112, "ACPI 5.0");
static_assert(offsetof(struct acpi_fadt, dsdt) == 140, "ACPI 5.0");
static_assert(offsetof(struct acpi_fadt, sleep_control) == 244, "ACPI 5.0");
static_assert(sizeof(struct acpi_fadt) == 268, "revision 5: ACPI 5.0");

/* 5.2.12; entries follow */
struct acpi_madt {
	struct acpi_header header;
	uint32_t local_apic;
	uint32_t flags;
} ACPI_PACKED;
#define ACPI_MADT_REVISION 3
static_assert(sizeof(struct acpi_madt) == 44, "ACPI 6.5, table 5.19");

/* 5.2.12.2 */
struct acpi_madt_local_apic {
	uint8_t type;
	uint8_t length;
	uint8_t uid;
	uint8_t id;
	uint32_t flags;
} ACPI_PACKED;
#define ACPI_MADT_LOCAL_APIC 0
#define ACPI_MADT_ENABLED (1 << 0)
static_assert(sizeof(struct acpi_madt_local_apic) == 8, "ACPI 6.5, 5.21");

/* 5.2.12.3 */
struct acpi_madt_io_apic {
	uint8_t type;
	uint8_t length;
	uint8_t id;
	uint8_t reserved;
	uint32_t address;
	uint32_t gsi_base;
} ACPI_PACKED;
#define ACPI_MADT_IO_APIC 1
static_assert(sizeof(struct acpi_madt_io_apic) == 12, "ACPI 6.5, table 5.23");

/* 5.2.12.12 */
struct acpi_madt_x2apic {
	uint8_t type;
	uint8_t length;
	uint16_t reserved;
	uint32_t id;
	uint32_t flags;
	uint32_t uid;
} ACPI_PACKED;
#define ACPI_MADT_X2APIC 9
static_assert(sizeof(struct acpi_madt_x2apic) == 16, "ACPI 6.5, table 5.34");

#endif
