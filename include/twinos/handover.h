/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Contract 2: host <-> twin. The handover area is one page of the twin's
 * memory, reserved in its memory map; the twin finds it as the _CRS of the ACPI
 * device TWIN0001. Each field has one writer. The host's side reads it as
 * hostile: any value may stand in a field that the twin writes.
 */
#ifndef _TWINOS_HANDOVER_H
#define _TWINOS_HANDOVER_H

#include <linux/types.h>

#define TWINOS_HANDOVER_MAGIC 0x31304e4957544f53ULL /* "SOTWIN01" */
#define TWINOS_HANDOVER_REVISION 1
#define TWINOS_HANDOVER_SIZE 4096

/* The ACPI device that shows the handover area to the twin. */
#define TWINOS_HANDOVER_HID "TWIN0001"

/**
 * struct twinos_handover
 * @magic: writer host, before the start: TWINOS_HANDOVER_MAGIC
 * @revision: writer host, before the start: TWINOS_HANDOVER_REVISION
 * @size: writer host, before the start: TWINOS_HANDOVER_SIZE
 * @going_down: writer twin (_TTS of the DSDT): not 0 once the twin's kernel has
 *	begun to halt, reboot or power off
 * @parked: writer twin (_PTS of the DSDT): not 0 once it has done everything
 *	but the last step and waits for INIT; terminal
 * @sleep_control: writer twin: the FADT's sleep control register, without which
 *	Linux does not evaluate _PTS; nobody reads it
 * @sleep_status: writer twin: the FADT's sleep status register; as above
 */
struct twinos_handover {
	__u64 magic;
	__u32 revision;
	__u32 size;
	__u32 going_down;
	__u32 parked;
	__u8 sleep_control;
	__u8 sleep_status;
	__u8 reserved[TWINOS_HANDOVER_SIZE - 26];
};

#endif /* _TWINOS_HANDOVER_H */
