# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A host with one CPU, on which nothing happens, and a twin that shares it and goes from
# idling to a program that never sleeps: only the end of the twin's slice gives the CPU
# back. If that fails the machine stands still, and this test fails for want of time:
# by chance, if an interrupt of the twin's own was pending at its last idling. There is no
# `record`, as what it starts would wake the host: of the balance there is what runs nothing.
# rig.rounds=N [4]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# It looks seldom: each look is something that happens.
spins()
{
	for _ in $(seq 12); do
		sleep 5
		! twinctl dmesg one 2>/dev/null | grep -q 'TWIN spin' || return 0
	done
	return 1
}

load_module
sheet >/tmp/sheet.before
trouble_before=$(dmesg | harmless | grep -cE "$TROUBLE")
for n in $(seq "$(option rounds 4)"); do
	check "$n: a twin starts" twinctl start --name one --kernel /twins/1 \
		--initrd /twins/initrd --shared 0 --memory 128M \
		--append "$TWIN_APPEND twin.plan=spin twin.after=0"
	check "$n: it spins, and the host goes on" spins
	check "$n: it stops" twinctl stop one
done
settle
sheet >/tmp/sheet.after
check "CPUs, irqs, /proc/iomem and open files are as before" \
	diff /tmp/sheet.before /tmp/sheet.after
check "the host's log has no new warning" no_trouble
finish
