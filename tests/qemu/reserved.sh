# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# R3: a twin lives in memory that the host's map calls reserved. The host is
# booted with memmap=512M$1G. With rig.broken=y the module refuses such ranges,
# as kexec does.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

start=0x40000000

word()
{
	devmem "$1" 64
}

load_module
record
if grep -q rig.broken=y /proc/cmdline; then
	check "without the mechanism the load fails" \
		fails start_twin one tick --reserved --memory 384M
	balance
	finish
fi

for address in $start 0x57fffff8; do
	devmem $address 64 0x5a5a5a5a5a5a5a5a
done
is "the range can be written from outside" "$(word $start)" 0x5A5A5A5A5A5A5A5A
check "a twin starts" start_twin one tick --reserved --memory 384M --cpus 1
check "its user space runs" wait_for 60 said one 'TWIN up'
check "its timers tick" wait_for 60 at_least_ticks one 4
check "it lies in the reserved range" \
	grep -q "^reserved $start 0x18000000" /sys/class/twinos/one/memory
check "the host's map shows who has it" grep -q '40000000-57ffffff : twinos' /proc/iomem
is "the host has lost no memory to it" \
	"$(grep -c contig /sys/class/twinos/one/memory)" 0
check "what is left is too small for a second one" \
	fails start_twin two tick --reserved --memory 384M --cpus 1
check "but not for a small one" start_twin two tick --reserved --memory 128M --cpus 1
check "both live" wait_for 60 said two 'TWIN up'
check "they stop" twinctl stop one two
is "the range is zeroed" "$(word $start)" 0x0000000000000000
is "up to its end" "$(word 0x57fffff8)" 0x0000000000000000
check "it can be had again" start_twin three tick --reserved --memory 512M
check "and works" wait_for 60 said three 'TWIN up'
check "it stops" twinctl stop three
balance
finish
