# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Each call of the kernel's that the module makes and that can fail does fail, one
# a round (tests/qemu/fault), until a round has no more of them: whatever that does
# to the order, all comes back, and the next twin starts. Wants --smp 2.
# rig.twinctl=WORD,WORD...: more options of twinctl start; rig.entry=elf: for a twin
# in shared mode; rig.only=NAME,...: only these functions fail; rig.first=N,
# rig.last=N: only these rounds.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

only=$(option only '')
# By its own entry the kernel need not be unpacked: these twins do not live long.
# shellcheck disable=SC2046
set -- --kernel /twins/1 --entry "$(option entry bzimage)" --initrd /twins/initrd --append twin.plan=tick \
	--memory "$(option memory 80M)" $(option twinctl --cpus,1 | tr , ' ')

# arm N - the Nth call will fail; 0: none
arm()
{
	echo "$1" >$fault/nth
}

failed()
{
	grep . $fault/failed
}

gone()
{
	[ -z "$(ls /sys/class/twinos)" ]
}

nothing_more_is_held()
{
	cat $fault/held
	cmp -s $fault/held /tmp/held
}

# The order may work or fail, but not hang; the one to stop as well. One that
# was told so needs no second order.
live_and_die()
{
	since=$(uptime_cs)
	timeout 60 twinctl start --name one "$@"
	echo "start: $?"
	gone || timeout 60 twinctl stop one
	arm 0
	gone || twinctl stop --force --timeout 30 one
	wait_for 30 gone || return
	[ $(($(uptime_cs) - since)) -lt 6000 ]
}

low_of_one()
{
	grep '^low' /sys/class/twinos/one/memory
}

# A CPU whose way back failed was told of, and comes by the means that were named.
cpus_are_back()
{
	cat /sys/devices/system/cpu/online
	[ "$(cat /sys/devices/system/cpu/online)" != "$online" ] || return 0
	[ "$(failed | cut -d' ' -f1)" = add_cpu ] || return
	dmesg | tail -n 20 | grep 'does not come back' || return
	cpus_online 1
}

# Low memory that got lost, or is not zero, moves the next twin's.
starts_again()
{
	twinctl start --name one "$@" || return
	low_of_one | tee /tmp/low
	twinctl stop one || return
	cmp -s /tmp/low /tmp/low.before
}

one_round()
{
	cat $fault/held >/tmp/held
	live_and_die "$@" || return
	cpus_are_back || return
	nothing_more_is_held
}

# Each step of the module's own start fails once. busybox's insmod then tries
# again by another system call, which works.
load_rounds()
{
	n=1
	while arm $n && insmod /lib/twinos.ko && failed; do
		rmmod twinos || return
		n=$((n + 1))
	done
	arm 0
	[ $n -gt 5 ] && [ -e /sys/class/twinos ]
}

check "the module that lets calls fail loads" load_fault
online=$(cat /sys/devices/system/cpu/online)
note "$(dmesg | grep -c 'fault: no probe') functions are not this kernel's"
check "the module loads after each of its steps has failed" load_rounds
sed 's/^/# /' /tmp/check.out
printf %s "$only" >$fault/only
record

check "without a fault, a twin starts" twinctl start --name one "$@"
low_of_one >/tmp/low.before
note "$(cat /tmp/low.before)"
check "without a fault, it stops" twinctl stop one
check "without a fault, nothing is held" nothing_is_held

n=$(option first 1)
last=$(option last 100000)
begin=$(uptime_cs)
while [ "$n" -le "$last" ]; do
	arm "$n"
	one_round "$@" >/tmp/round.out 2>&1
	result=$?
	arm 0
	failed >/tmp/failed || break
	if [ $result != 0 ]; then
		not_ok "call $n, $(cat /tmp/failed)"
		sed 's/^/#   /' /tmp/round.out
	else
		note "$n: $(cat /tmp/failed): $(sed -n 's/^twinctl: //p' /tmp/round.out | head -n 1)"
	fi
	starts_again "$@" >/tmp/round.out 2>&1 || {
		not_ok "the start after call $n, $(cat /tmp/failed)"
		sed 's/^/#   /' /tmp/round.out
	}
	n=$((n + 1))
done
note "$((n - 1)) calls failed in $(($(uptime_cs) - begin)) hundredths"
check "some call failed" [ "$n" -gt 1 ]
is "all CPUs are online" "$(cat /sys/devices/system/cpu/online)" "$online"
balance
finish
