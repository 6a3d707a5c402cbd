# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin on CPUs 1 to 3 boots, works and powers off while QEMU traces every
# access to a device; touch.after then looks at what these CPUs touched. A write
# to port 0x3300, where no device is, marks the time to look at.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# In _PTS, or before that in its guest module.
twin_is_down()
{
	said two 'Preparing to enter system sleep state S5' ||
		said two 'reboot: back to the host'
}

twin_is_gone()
{
	[ ! -e /sys/class/twinos/two ]
}

load_module
record
mark A
check "a twin starts" start_twin one tick --cpus 1-3 --memory 256M
check "its user space runs for a while" wait_for 60 said one 'TWIN facts end'
check "its timers tick" wait_for 60 at_least_ticks one 5
mark B
check "it stops" twinctl stop one

# The supervisor would take a parked twin's cores back before the mark.
mark A
check "a twin that will power off starts" \
	start_twin two poweroff --cpus 1-3 --memory 256M
supervisor=$(cat /sys/class/twinos/two/owner)
kill -STOP "$supervisor"
check "it goes down" wait_for 60 twin_is_down
sleep 2
mark B
kill -CONT "$supervisor"
check "its supervisor sees it" wait_for 20 twin_is_gone
balance
finish
