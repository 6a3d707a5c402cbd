# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin that spins with interrupts off on CPU 1 is fetched by the host's other CPU,
# and nobody has to ask for it. Wants --smp 2.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

hangs()
{
	[ "$(cat /sys/class/twinos/one/state /sys/class/twinos/one/reason | tr '\n' ' ')" = "stopped hung " ]
}

load_module
record
check "a twin starts" start_twin one irqoff --shared 1 --memory 128M
check "it is stopped, as one that hangs" wait_for 120 hangs
check "its memory is given back" twinctl stop one
check "it had begun to spin" said one 'havoc: irqoff'
check "an NMI was sent" sh -c "dmesg | grep -q 'does not give CPU 1 back: NMI'"
check "no INIT was needed" fails sh -c "dmesg | grep -q 'give CPU 1 back: INIT'"
check "the CPU works" aux 1 1
check "another twin starts there" start_twin two tick --shared 1 --memory 128M
check "it ticks" wait_for 120 at_least_ticks two 3
check "it stops" twinctl stop two
balance
finish
