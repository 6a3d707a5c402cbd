// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The twin's namespace: a way to go down and the handover area, no hardware.
 *
 * acpi.c replaces the one occurrence of the 64-bit number in HADR by the
 * address of the handover area, and asserts that the offsets used here are
 * those of struct twinos_handover.
 *
 * Revision 2 makes integers 64 bits wide (ACPI 6.5, 20.2.1): the area may lie
 * above 4 GiB.
 */
DefinitionBlock ("", "DSDT", 2, "TWINOS", "TWINDSDT", 1)
{
	Name (HADR, 0x524441484E495754)

	// going_down at offset 16, parked at offset 20.
	OperationRegion (HAND, SystemMemory, HADR, 0x1000)
	Field (HAND, DWordAcc, NoLock, Preserve)
	{
		Offset (16),
		DOWN, 32,
		PARK, 32
	}

	// Nobody ever signals it.
	Event (NEVR)

	// Without _S5 and the FADT's sleep registers Linux registers neither a
	// power-off nor a restart handler (drivers/acpi/sleep.c), so _PTS would
	// not be called.
	Name (_S5, Package () { 0, 0, 0, 0 })

	// Called from Linux' reboot notifier, before devices are shut down.
	Method (_TTS, 1)
	{
		If (Arg0 == 5)
		{
			DOWN = 1
		}
	}

	// The last that Linux calls before it powers off or restarts for good.
	// It must not come back: the next step would reset the whole machine.
	// A loop of Sleep() would not do, ACPICA ends loops after 30 seconds
	// (ACPI_MAX_LOOP_TIMEOUT); a wait for an event has no such limit.
	Method (_PTS, 1, Serialized)
	{
		If (Arg0 == 5)
		{
			PARK = 1
			Wait (NEVR, 0xFFFF)
		}
	}

	Scope (\_SB)
	{
		Device (TWIN)
		{
			Name (_HID, "TWIN0001")
			Name (_UID, 0)

			Method (_STA, 0)
			{
				Return (0x0F)
			}

			Name (AREA, ResourceTemplate ()
			{
				QWordMemory (ResourceConsumer, PosDecode,
					MinFixed, MaxFixed, Cacheable, ReadWrite,
					0, 0, 0x0FFF, 0, 0x1000, , , PAGE)
			})

			Method (_CRS, 0, Serialized)
			{
				CreateQWordField (AREA, ^PAGE._MIN, FRST)
				CreateQWordField (AREA, ^PAGE._MAX, LAST)
				FRST = HADR
				LAST = HADR + 0x0FFF
				Return (AREA)
			}
		}
	}
}
