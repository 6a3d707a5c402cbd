# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The host goes on with what it does beside twins of both modes: it tells of them by
# uevents, moves its other CPUs, and refuses to sleep. Where memory is short a twin is
# refused and nothing lost. Wants --smp 4.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

sys=/sys/class/twinos/one

gone()
{
	[ ! -e "/sys/class/twinos/$1" ]
}

has_panicked()
{
	[ "$(cat $sys/state $sys/reason | tr '\n' ' ')" = "stopped panicked " ]
}

# A line for each event that is a twin's.
listen()
{
	cat >/tmp/hear <<-'TEXT'
		#!/bin/sh
		[ "$SUBSYSTEM" != twinos ] ||
			echo "$ACTION $TWINOS_STATE $TWINOS_REASON" >>/tmp/uevents
	TEXT
	chmod 755 /tmp/hear
	uevent /tmp/hear &
	listener=$!
}

heard_all()
{
	cut -d' ' -f2,3 $sys/changes | sed 's/^/change /; s/change created none/add  /' >/tmp/changes
	grep -v ^remove /tmp/uevents >/tmp/heard
	diff /tmp/changes /tmp/heard
}

# Each time a CPU that neither twin has.
hotplug()
{
	for _ in 1 2 3 4 5; do
		echo 0 >/sys/devices/system/cpu/cpu3/online || return
		usleep 300000
		echo 1 >/sys/devices/system/cpu/cpu3/online || return
		usleep 300000
	done
}

more_ticks()
{
	wait_for 60 at_least_ticks "$1" $(($(ticks "$1") + 3))
}

# is_refused HOW FILE - a sleep that is not refused never ends
is_refused()
{
	fails sh -c "echo $1 >/sys/power/$2" || return
	dmesg | tail -n 5 | grep 'no suspend while a twin runs'
}

# What the largest twin that may start leaves, less than the next one wants.
fill_memory()
{
	mount -o remount,size=95% /tmp
	dd if=/dev/zero of=/tmp/filler bs=1M count=$(($(available_kb) / 1024 - 300)) 2>/dev/null
}

start_large()
{
	twinctl start --name large --kernel /twins/1 --initrd /twins/initrd \
		--append twin.plan=tick --cpus 1 --memory 512M
}

load_module
record

listen
check "uevents: a twin starts" start_twin one panic --cpus 1, --memory 128M
check "uevents: it panics" wait_for 60 has_panicked
check "uevents: each change was one" wait_for 10 heard_all
sed 's/^/# /' /tmp/heard
check "uevents: also the panic" grep -qx 'change panicked none' /tmp/heard
check "uevents: twinctl wait says the same" sh -c 'twinctl wait one; [ $? = 8 ]'
check "uevents: it is stopped" twinctl stop one
check "uevents: its directory's end was one, too" wait_for 10 grep -q ^remove /tmp/uevents
kill $listener
check "its last log is kept" sh -c "twinctl dmesg one | grep 'Kernel panic'"
check "and told from none" sh -c 'twinctl dmesg nobody; [ $? = 6 ]'
rm /run/one.log

check "hotplug: a twin starts" start_twin own tick --cpus 1, --memory 128M
check "hotplug: another one shares a CPU" start_twin shares tick --shared 2 --memory 128M
check "hotplug: both tick" sh -c '. /lib/lib.sh; wait_for 60 at_least_ticks own 2 && wait_for 60 at_least_ticks shares 2'
check "hotplug: the host's other CPU goes and comes" hotplug
is "hotplug: it is back" "$(cat /sys/devices/system/cpu/online)" 0,2-3
check "hotplug: the one ticks" more_ticks own
check "hotplug: the other ticks" more_ticks shares
check "sleep is refused" is_refused freeze state
check "the one still ticks" more_ticks own
check "the shared one is stopped" twinctl stop shares
check "sleep is refused for the one that is left" is_refused freeze state
check "so is hibernation" is_refused disk state
check "that is stopped" twinctl stop own
check "its end is in the log that was kept" sh -c "twinctl dmesg own --json | tail -n 1 | grep TWIN"

check "memory: it is filled" fill_memory
note "$(available_kb) kB are left"
start_large >/tmp/out 2>&1
is "memory: a twin is refused" $? 4
note "$(cat /tmp/out)"
check "memory: nothing of it is left" gone large
is "memory: the CPUs are there" "$(cat /sys/devices/system/cpu/online)" 0-3
rm /tmp/filler
settle
check "memory: with some, the same twin starts" start_large
check "memory: it is stopped" twinctl stop large
balance
finish
