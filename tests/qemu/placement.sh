# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# R4: a kernel goes where the user says, above 4 GiB too, by either entry. The
# host has 6 GiB. With rig.broken=y the tool ignores --mem-max.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# base NAME - the lowest address of its memory above the first MiB
base()
{
	sed -n 's/^contig \(0x[0-9a-f]*\) .*/\1/p' "/sys/class/twinos/$1/memory" |
		sort | head -n 1
}

between()
{
	echo "$1 between $2 and $3?"
	[ $(($1)) -ge $(($2)) ] && [ $(($1)) -lt $(($3)) ]
}

# try NAME WHAT FROM TO OPTION...
try()
{
	name=$1 what=$2 from=$3 to=$4
	shift 4
	check "a twin starts $what" start_twin "$name" tick --cpus 1 --memory 256M "$@"
	check "its user space runs" wait_for 60 said "$name" 'TWIN up'
	check "its timers tick" wait_for 60 at_least_ticks "$name" 3
	check "it lies there" between "$(base "$name")" "$from" "$to"
	check "it stops" twinctl stop "$name"
}

load_module
record
if grep -q rig.broken=y /proc/cmdline; then
	check "a twin starts" start_twin one tick --cpus 1 --memory 256M --mem-max 2G
	check "without the mechanism it lies elsewhere" \
		fails between "$(base one)" 0x1000000 0x80000000
	check "it stops" twinctl stop one
	balance
	finish
fi
try high "above 4 GiB" 0x100000000 0x200000000 --mem-min 4G
try higher "above 5 GiB by the bzImage's entry" 0x140000000 0x200000000 \
	--mem-min 5G --entry bzimage
try low "below 2 GiB" 0x1000000 0x80000000 --mem-max 2G
try kaslr "by the bzImage's entry, with KASLR" 0x1000000 0x200000000 --entry bzimage
balance
finish
