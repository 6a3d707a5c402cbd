# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What shared mode refuses, and says so before it takes anything. Wants --smp
# 2,maxcpus=3 (CPU 2 is absent); with rig.tsc=inconstant a machine without a
# constant TSC, where nothing else is tested.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# refuse CODE PATTERN OPTION...
refuse()
{
	wanted=$1
	pattern=$2
	shift 2
	timeout 60 twinctl start --kernel /twins/1 --initrd /twins/initrd \
		--memory 128M "$@" >/tmp/out 2>/tmp/err </dev/null
	got=$?
	if [ $got = "$wanted" ] && grep -q -e "$pattern" /tmp/err &&
		[ "$(grep -c '^twinctl: ' /tmp/err)" = 1 ] &&
		[ -z "$(ls /sys/class/twinos)" ]; then
		ok "$wanted: $(cut -c1-150 /tmp/err | head -n 1)"
		return
	fi
	not_ok "$*"
	note "exit code $got instead of $wanted, pattern '$pattern'"
	sed 's/^/#   /' /tmp/out /tmp/err
	twinctl stop --all >/dev/null 2>&1
}

# A sleep that is not refused never ends: the time limit tells.
sleep_is_refused()
{
	[ -e /sys/class/twinos/one ] || return
	fails sh -c 'echo freeze >/sys/power/state' || return
	dmesg | tail -n 5 | grep 'twinos'
}

# stays NAME CPU - its thread may run on no other
stays()
{
	pid=$(cat "/sys/class/twinos/$1/vcpu/pid")
	grep Cpus_allowed_list "/proc/$pid/status"
	[ "$(sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$pid/status")" = "$2" ]
}

# never TIMES COMMAND... - it fails each time
never()
{
	left=$1
	shift
	while [ "$left" -gt 0 ]; do
		fails "$@" || return
		left=$((left - 1))
	done
}

offline()
{
	echo 0 >"/sys/devices/system/cpu/cpu$1/online"
}

load_module
record
if [ "$(option tsc constant)" = inconstant ]; then
	check "the TSC is not constant" fails grep -q constant_tsc /proc/cpuinfo
	refuse 5 'no constant TSC' --shared 0
	balance
	finish
fi

refuse 5 'CPU 2 does not exist' --shared 2
refuse 5 'CPU 4096 does not exist' --shared 4096
refuse 2 'exclude each other' --shared 1 --cpus 1
refuse 2 'goes with --shared' --slice 1ms --cpus 1
refuse 3 'no guest module for kernel' --guest-modules /tmp --cpus 1
refuse 2 "can't do with --no-guest-module" --shared 1 --no-guest-module
refuse 2 "shared" --shared -1
refuse 2 "shared" --shared 0-1
refuse 2 "shared" --shared ''
refuse 2 'slice' --shared 1 --slice 99us
refuse 2 'slice' --shared 1 --slice 101ms
refuse 2 'slice' --shared 1 --slice 4
refuse 2 'entry elf' --shared 1 --entry bzimage
refuse 3 'no guest module for kernel' --shared 1 --guest-modules /nothing
for release in /twins/*; do
	[ "$(readlink "$release")" != 1 ] || break
done
release=$(basename "$release")
mkdir -p "/tmp/guest/$release"
cp /usr/lib/twinos/init /tmp/guest/
echo nonsense >"/tmp/guest/$release/twinos_guest.ko"
refuse 3 'no guest module for kernel' --shared 1 --guest-modules /tmp/guest
cp "/usr/lib/twinos/$release/twinos_guest.ko" "/tmp/guest/$release/"
echo nonsense >/tmp/guest/init
refuse 3 'not the program' --shared 1 --guest-modules /tmp/guest
offline 1
refuse 5 'CPU 1 is offline' --shared 1
echo 1 >/sys/devices/system/cpu/cpu1/online

other=$(find /usr/lib/twinos -name '*.ko' | grep -v "/$release/" | head -n 1)
if [ -n "$other" ]; then
	cp /usr/lib/twinos/init /tmp/guest/
	cp "$other" "/tmp/guest/$release/twinos_guest.ko"
	refuse 3 'built for another kernel' --shared 1 --guest-modules /tmp/guest
fi

check "a twin starts" start_twin one tick --shared 1 --memory 128M
check "its user space runs" wait_for 120 said one 'TWIN up'
check "its CPU can't go offline" never 20 offline 1
check "its thread stays there" stays one 1
check "the host can't go to sleep" sleep_is_refused
check "its CPU can't be lent" fails twinctl start --name two --cpus 1, \
	--kernel /twins/1 --initrd /twins/initrd --memory 128M
check "the module can't be unloaded" fails rmmod twinos
check "a second twin on the same CPU starts" start_twin two tick --shared 1 --memory 128M
check "its user space runs" wait_for 120 said two 'TWIN up'
check "both tick" wait_for 60 at_least_ticks one $(($(ticks one) + 2))
check "both tick" wait_for 60 at_least_ticks two $(($(ticks two) + 2))
check "both stop" twinctl stop one two
check "its CPU can go offline again" offline 1
echo 1 >/sys/devices/system/cpu/cpu1/online
balance
finish
