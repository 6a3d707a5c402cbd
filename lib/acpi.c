// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The machine that the twin is told of is hardware-reduced (ACPI 6.5, 4.1): it
 * has local APICs and nothing else. Such a machine has no PIC, PIT, HPET or
 * i8042, so the twin's kernel does not touch those of the host.
 *
 * Local APIC NMI entries are left out: Linux only checks that they name LINT1
 * (acpi_parse_lapic_nmi()) and programs LINT1 as NMI whether they exist or not.
 */
#include <errno.h>
#include <string.h>

#include "acpi.h"
#include "acpi_tables.h"
#include "dsdt.h"

#include <linux/twinos.h>
#include <twinos/handover.h>

#define TABLE_ALIGN 16
#define LOCAL_APIC_ADDRESS 0xfee00000

/* Above it a local APIC's id needs an x2APIC entry; 255 is the broadcast. */
#define MAX_LOCAL_APIC_ID 254
#define X2APIC_BROADCAST 0xffffffff

/* dsdt.asl has this number where the handover area's address belongs. */
#define DSDT_PLACEHOLDER "TWINHADR"
#define DSDT_PLACEHOLDER_SIZE 8

static_assert(offsetof(struct twinos_handover, going_down) == 16 &&
		      offsetof(struct twinos_handover, parked) == 20 &&
		      sizeof(struct twinos_handover) == 0x1000,
	      "dsdt.asl names these numbers");

struct builder {
	unsigned char *buf;
	uint64_t addr;
	struct twinos_acpi *acpi;
};

static uint8_t checksum(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return -sum;
}

static size_t aligned(size_t length)
{
	return (length + TABLE_ALIGN - 1) & ~(size_t)(TABLE_ALIGN - 1);
}

static size_t madt_limit(const struct twinos_acpi_config *config)
{
	return sizeof(struct acpi_madt) + sizeof(struct acpi_madt_io_apic) +
	       sizeof(struct acpi_madt_local_apic) +
	       sizeof(struct acpi_madt_x2apic) * config->nr_cpus;
}

size_t twinos_acpi_size(const struct twinos_acpi_config *config)
{
	return aligned(sizeof(struct acpi_rsdp)) +
	       aligned(sizeof(struct acpi_xsdt)) +
	       aligned(sizeof(struct acpi_fadt)) + aligned(madt_limit(config)) +
	       aligned(sizeof(dsdt_aml));
}

/* Finishes the table of @length bytes that stands at the end of the buffer. */
static uint64_t add(struct builder *builder, const char *name, size_t length)
{
	struct twinos_acpi *acpi = builder->acpi;
	uint64_t addr = builder->addr + acpi->length;

	acpi->tables[acpi->nr_tables++] = (struct twinos_segment){
		.name = name, .start = addr, .length = length
	};
	acpi->length += aligned(length);
	return addr;
}

static void *end_of(const struct builder *builder)
{
	return builder->buf + builder->acpi->length;
}

static void set_header(struct acpi_header *header, const char *signature,
		       uint8_t revision, size_t length)
{
	memcpy(header->signature, signature, sizeof(header->signature));
	header->length = length;
	header->revision = revision;
	memcpy(header->oem_id, "TWINOS", sizeof(header->oem_id));
	memcpy(header->oem_table_id, "TWINOS  ", sizeof(header->oem_table_id));
	header->oem_revision = 1;
	memcpy(header->creator_id, "TWIN", sizeof(header->creator_id));
	header->creator_revision = 1;
	header->checksum = checksum(header, length);
}

/* Puts @addr where the placeholder is, which must be at one place only. */
static int patch_dsdt(unsigned char *dsdt, uint64_t addr)
{
	const size_t length = sizeof(dsdt_aml);
	unsigned char *hit, *next;

	hit = memmem(dsdt, length, DSDT_PLACEHOLDER, DSDT_PLACEHOLDER_SIZE);
	if (!hit)
		return -EINVAL;
	next = hit + DSDT_PLACEHOLDER_SIZE;
	if (memmem(next, dsdt + length - next, DSDT_PLACEHOLDER,
		   DSDT_PLACEHOLDER_SIZE))
		return -EINVAL;
	memcpy(hit, &addr, sizeof(addr));
	return 0;
}

static int add_dsdt(struct builder *builder, uint64_t handover, uint64_t *addr)
{
	struct acpi_header *header = end_of(builder);
	int ret;

	memcpy(header, dsdt_aml, sizeof(dsdt_aml));
	ret = patch_dsdt((unsigned char *)header, handover);
	if (ret)
		return ret;
	header->checksum = 0;
	header->checksum = checksum(header, sizeof(dsdt_aml));
	*addr = add(builder, "DSDT", sizeof(dsdt_aml));
	return 0;
}

static struct acpi_register byte_register(uint64_t addr)
{
	return (struct acpi_register){ .space = ACPI_SPACE_MEMORY,
				       .bit_width = 8,
				       .access_size = ACPI_ACCESS_BYTE,
				       .address = addr };
}

/*
 * The sleep registers are two bytes that nobody reads: without their addresses
 * a hardware-reduced machine can't power off, and _PTS is never evaluated
 * (acpi_sleep_state_supported() in drivers/acpi/sleep.c). The reset register is
 * left out: the twin must not find a way to reset the machine.
 */
static uint64_t add_fadt(struct builder *builder, uint64_t dsdt,
			 uint64_t handover)
{
	struct acpi_fadt *fadt = end_of(builder);

	fadt->boot_flags = ACPI_FADT_NO_VGA | ACPI_FADT_NO_ASPM |
			   ACPI_FADT_NO_CMOS_RTC;
	fadt->flags = ACPI_FADT_HW_REDUCED | ACPI_FADT_APIC_PHYSICAL;
	fadt->dsdt = dsdt;
	fadt->sleep_control = byte_register(
		handover + offsetof(struct twinos_handover, sleep_control));
	fadt->sleep_status = byte_register(
		handover + offsetof(struct twinos_handover, sleep_status));
	set_header(&fadt->header, "FACP", ACPI_FADT_REVISION, sizeof(*fadt));
	return add(builder, "FADT", sizeof(*fadt));
}

static bool has_apic_id(const struct twinos_acpi_config *config,
			unsigned int id)
{
	for (size_t i = 0; i < config->nr_cpus; i++)
		if (config->cpus[i].apic_id == id)
			return true;
	return false;
}

/*
 * Ids are given out from 0 on, so the highest is the one a machine is least
 * likely to have: kernels that do not take the dummy for the boot processor
 * send it INIT and SIPI once.
 */
static unsigned int unused_apic_id(const struct twinos_acpi_config *config)
{
	unsigned int id = MAX_LOCAL_APIC_ID;

	while (id && has_apic_id(config, id))
		id--;
	return id;
}

static void *put_local_apic(void *at, unsigned int id, unsigned int uid)
{
	struct acpi_madt_local_apic *entry = at;

	*entry = (struct acpi_madt_local_apic){ .type = ACPI_MADT_LOCAL_APIC,
						.length = sizeof(*entry),
						.uid = uid,
						.id = id,
						.flags = ACPI_MADT_ENABLED };
	return entry + 1;
}

static void *put_x2apic(void *at, unsigned int id, unsigned int uid)
{
	struct acpi_madt_x2apic *entry = at;

	*entry = (struct acpi_madt_x2apic){ .type = ACPI_MADT_X2APIC,
					    .length = sizeof(*entry),
					    .id = id,
					    .flags = ACPI_MADT_ENABLED,
					    .uid = uid };
	return entry + 1;
}

static void *put_io_apic(void *at, uint32_t address)
{
	struct acpi_madt_io_apic *entry = at;

	*entry = (struct acpi_madt_io_apic){ .type = ACPI_MADT_IO_APIC,
					     .length = sizeof(*entry),
					     .address = address };
	return entry + 1;
}

/*
 * The kernel takes the first enabled APIC for the processor that the firmware
 * started (check_for_real_bsp() in arch/x86/kernel/cpu/topology.c, since 6.9).
 * If that is the one it runs on and its BSP bit is clear, it keeps to one CPU;
 * if it is another one, it leaves that one alone and uses all that follow.
 */
static void *put_cpus(void *at, const struct twinos_acpi_config *config)
{
	if (config->dummy_apic)
		at = put_local_apic(at, unused_apic_id(config), 0xff);
	for (size_t i = 0; i < config->nr_cpus; i++) {
		unsigned int id = config->cpus[i].apic_id;

		if (id <= MAX_LOCAL_APIC_ID)
			at = put_local_apic(at, id, i);
		else
			at = put_x2apic(at, id, i);
	}
	return at;
}

static uint64_t add_madt(struct builder *builder,
			 const struct twinos_acpi_config *config)
{
	struct acpi_madt *madt = end_of(builder);
	unsigned char *end;
	size_t length;

	madt->local_apic = LOCAL_APIC_ADDRESS;
	end = put_cpus(madt + 1, config);
	end = put_io_apic(end, config->io_apic);
	length = end - (unsigned char *)madt;
	set_header(&madt->header, "APIC", ACPI_MADT_REVISION, length);
	return add(builder, "MADT", length);
}

static uint64_t add_xsdt(struct builder *builder, uint64_t fadt, uint64_t madt)
{
	struct acpi_xsdt *xsdt = end_of(builder);

	xsdt->fadt = fadt;
	xsdt->madt = madt;
	set_header(&xsdt->header, "XSDT", ACPI_XSDT_REVISION, sizeof(*xsdt));
	return add(builder, "XSDT", sizeof(*xsdt));
}

static uint64_t add_rsdp(struct builder *builder, uint64_t xsdt)
{
	struct acpi_rsdp *rsdp = end_of(builder);

	memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
	memcpy(rsdp->oem_id, "TWINOS", sizeof(rsdp->oem_id));
	rsdp->revision = ACPI_RSDP_REVISION;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt;
	rsdp->checksum = checksum(rsdp, ACPI_RSDP_FIRST_PART);
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
	return add(builder, "RSDP", sizeof(*rsdp));
}

static int check_config(uint64_t addr, size_t size,
			const struct twinos_acpi_config *config)
{
	uint64_t end;

	if (!config->nr_cpus || config->nr_cpus > TWINOS_MAX_CPUS ||
	    has_apic_id(config, X2APIC_BROADCAST))
		return -EINVAL;
	if (addr % TABLE_ALIGN || __builtin_add_overflow(addr, size, &end))
		return -EINVAL;
	if (!config->io_apic || config->io_apic % TWINOS_PAGE_SIZE ||
	    config->handover % TWINOS_HANDOVER_SIZE)
		return -EINVAL;
	return size < twinos_acpi_size(config) ? -ENOSPC : 0;
}

int twinos_acpi_build(struct twinos_acpi *acpi, void *buf, size_t size,
		      uint64_t addr, const struct twinos_acpi_config *config)
{
	struct builder builder = { .buf = buf, .addr = addr, .acpi = acpi };
	uint64_t dsdt, fadt, madt, xsdt;
	int ret = check_config(addr, size, config);

	if (ret)
		return ret;
	*acpi = (struct twinos_acpi){ 0 };
	memset(buf, 0, twinos_acpi_size(config));
	ret = add_dsdt(&builder, config->handover, &dsdt);
	if (ret)
		return ret;
	fadt = add_fadt(&builder, dsdt, config->handover);
	madt = add_madt(&builder, config);
	xsdt = add_xsdt(&builder, fadt, madt);
	acpi->rsdp = add_rsdp(&builder, xsdt);
	return 0;
}

/* Offset of an IO-APIC's data window; the index register is at 0. */
#define IO_APIC_WINDOW 0x10
/* Version 0x11, highest pin (bits 16-23) 0. */
#define IO_APIC_VERSION 0x11

/*
 * An IO-APIC shows the register that was written to the index register; RAM
 * shows what was last written to the window. One word in the window is all that
 * Linux needs: mp_register_ioapic() (arch/x86/kernel/apic/io_apic.c) reads
 * registers 0 to 2, refuses the IO-APIC only if all three are ~0
 * (bad_ioapic_register()), and takes version and number of pins from register
 * 1, at this moment only. No table has an interrupt on the one pin that it
 * finds; clear_IO_APIC() reads the same word as the pin's entry (fixed delivery,
 * no remote IRR) and writes it masked, to no effect. As there is no PIC,
 * check_timer() is not called.
 */
void twinos_acpi_io_apic(void *page)
{
	const uint32_t version = IO_APIC_VERSION;

	memset(page, 0, TWINOS_PAGE_SIZE);
	memcpy((unsigned char *)page + IO_APIC_WINDOW, &version,
	       sizeof(version));
}
