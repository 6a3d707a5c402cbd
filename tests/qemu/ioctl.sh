# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Misuse of the ioctls. Wants --smp 4,maxcpus=5 (CPU 4 is absent), --memory 2G, --disk,
# --host-append memmap=16M$0x40000000,16M$0x200000000 (the second one lies beyond
# the end of RAM), and, so that the boot CPU can go offline, a host of 6.1 with
# --host-append cpu0_hotplug and --cpu max,vendor=GenuineIntel.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

load_module
record
adopt ioctl_calls
adopt ioctl_bind
adopt ioctl_memory 0x40000000 0x200000000 /dev/vda
adopt ioctl_start
balance
finish
