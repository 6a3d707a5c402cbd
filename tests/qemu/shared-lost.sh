# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the host loses when a part of the switch is missing (--module and
# --guest-module build/broken/...): the damage must be seen. That there is none
# with all its parts is shared.sh's subject. rig.lost=disk: its interrupts, so that
# the disk stops for ever; rig.lost=aux: a register of CPU 1.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# No request has ended for ten seconds.
disk_stands_still()
{
	before=$(number disk verified)
	sleep 10
	[ "$(number disk verified)" = "$before" ]
}

load_module
case $(option lost disk) in
disk)
	check "the disk works" disk /dev/vda 1
	job disk disk /dev/vda
	check "a twin starts" start_twin one burn --shared 0 --memory 192M
	check "the host's disk stops" wait_for 200 disk_stands_still
	;;
aux)
	check "CPU 1 has its number in TSC_AUX" aux 1 1
	check "a twin starts" start_twin one burn --shared 1 --memory 192M
	check "CPU 1 loses its number" fails aux 1 20
	note "$(cat /tmp/check.out)"
	;;
esac
finish
