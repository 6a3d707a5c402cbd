# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What make demo shows, on the host. It fails unless all of it was seen.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

die()
{
	echo "demo: not seen: $*"
	exit 1
}

host_line()
{
	read -r up _ </proc/uptime
	echo "HOST  $(uname -r)  up $up s  CPUs $(cat /sys/devices/system/cpu/online)"
}

# twin_lines - what the twin's user space says, one line a second; the whole log
# goes to its own serial line
twin_lines()
{
	while IFS= read -r line; do
		echo "$line" >>/run/demo.log
		echo "$line" >/dev/ttyS3
		case $line in
		*'TWIN up'*)
			line=${line#*uname=}
			line=${line% calls=*}
			echo "$line" | sed 's/ uptime=/  up /; s/ cpus=/ s  CPUs /; s/^/     TWIN  /'
			;;
		esac
	done
}

reports()
{
	grep -c 'TWIN up' /run/demo.log
}

# both_alive - they report side by side; both clocks must go on
both_alive()
{
	: >/run/demo.log
	twinctl run --name demo --kernel /twins/1 --initrd /twins/initrd \
		--cpus 2, --memory 256M --append "$TWIN_APPEND" 2>&1 | twin_lines &
	seconds=0
	while [ "$(reports)" -lt 5 ]; do
		host_line
		sleep 1
		seconds=$((seconds + 1))
		[ $seconds -lt 60 ] || die "5 reports of the twin"
	done
	twinctl list | grep -q demo || die "the twin in the list"
	[ "$(cat /sys/devices/system/cpu/online)" = 0-1 ] || die "CPU 2 with the twin"
}

core_back()
{
	twinctl stop demo || die "the twin's stop"
	wait
	[ "$(cat /sys/devices/system/cpu/online)" = 0-2 ] || die "CPU 2 back"
	host_line
}

echo "--- the host alone"
host_line
insmod /lib/twinos.ko || die "the module loaded"
echo "--- twinctl run --cpus 2, --kernel (Debian's 6.12): both run"
both_alive
twinctl list
echo "--- twinctl stop: the host has its core again"
core_back
echo "--- and once more"
both_alive
core_back
trouble_before=0
no_trouble || die "a host's log without warnings"
