# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A twin lives beside the host, and the host lives on.
# rig.cpus=N: its CPUs [1]; rig.memory=SIZE [256M]; rig.twinctl=WORD,WORD...:
# more options of twinctl start; rig.hostlog=PATTERN: the host's log must say so.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

cpus=$(option cpus 1)
online=0
[ "$cpus" = 1 ] || online=0-$((cpus - 1))

# inside START END - of one of the twin's ranges
inside()
{
	while read -r first length; do
		[ $(($1)) -lt "$first" ] || [ $(($2)) -ge $((first + length)) ] ||
			return 0
	done </tmp/ranges
	return 1
}

# Only what lies outside of all other entries counts. ROMs are what a kernel
# assumes between 640 KiB and 1 MiB; it reads them, and reserves them.
iomem_is_its_own()
{
	twinctl show --json one | tr -dc 'a-z0-9{}:,' |
		grep -o 'start:[0-9]*,length:[0-9]*' | tr -c '0-9\n' ' ' >/tmp/ranges
	sed -n 's/.*TWIN iomem: \([0-9a-f]*\)-\([0-9a-f]*\) : \(.*\)/\1 \2 \3/p' \
		/run/one.log >/tmp/iomem
	[ -s /tmp/ranges ] && [ -s /tmp/iomem ] || return 1
	while read -r start end what; do
		case $what in
		*ROM | 'Local APIC' | 'PCI '*) continue ;;
		esac
		inside "0x$start" "0x$end" || {
			echo "not its own: $start-$end $what"
			return 1
		}
	done </tmp/iomem
}

# Compares when it read the clock chip, not now: until a kernel has a clock
# source it counts ticks, and under emulation on a busy computer it loses seconds
# of them.
date_is_right()
{
	started=$(($(last one date) - $(last one uptime | cut -d. -f1)))
	echo "its clock says it started at $started; started between $date_before and $date_after"
	[ "$started" -ge $((date_before - 2)) ] && [ "$started" -le $((date_after + 2)) ]
}

second_is_a_second()
{
	length=$(shortest_second one)
	echo "the shortest second of the twin took $length hundredths"
	[ "$length" -ge 95 ] && [ "$length" -le 150 ]
}

# The host may have refined its own since it came up, by far less than a percent.
same_rate()
{
	echo "$(tsc_mhz </run/one.log) $(dmesg | tsc_mhz)" >/tmp/rates
	cat /tmp/rates
	awk '{ exit !($1 > $2 * 0.99 && $1 < $2 * 1.01) }' /tmp/rates
}

load_module
hostlog=$(option hostlog .)
check "the host's log says '$hostlog'" sh -c "dmesg | grep -q '$hostlog'"
record
before=$(uptime_cs)
date_before=$(date +%s)
# shellcheck disable=SC2046
check "a twin starts" start_twin one tick --cpus "$cpus" \
	--memory "$(option memory 256M)" $(option twinctl '' | tr , ' ')
check "its user space runs" wait_for 90 said one 'TWIN up'
date_after=$(date +%s)
check "its timers tick" wait_for 60 at_least_ticks one 8
check "a sleep of 1 s takes 1 s" second_is_a_second
check "its TSC has the host's rate" same_rate
is "all its CPUs are online" "$(last one cpus)" "$online"
check "its /proc/iomem holds only its ranges" iomem_is_its_own
check "its date is right" date_is_right
note "$(last one uname) beside $(uname -r)"
check "the host's uptime goes on" test "$(uptime_cs)" -gt $((before + 500))
check "it stops" twinctl stop one
is "no twin is left" "$(twinctl list --json | tr -d ' \n')" '{"twins":[]}'
balance
finish
