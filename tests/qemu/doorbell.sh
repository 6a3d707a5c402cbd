# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Calls and kicks between eventfds of the host and a module in a twin: none gets lost,
# wherever the doorbells move to, and the slow look never has to help. Wants --smp 4
# for a twin with CPUs 1 and 2 of its own, --smp 2 with rig.mode=shared.
# rig.rounds=N [10000]; rig.moves=N: of the host's doorbell, at least [100];
# rig.broken=y: it does not tell that it has moved, which the slow look must notice
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode dedicated)
rounds=$(option rounds 10000)
moves=$(option moves 100)
sys=/sys/class/twinos/bell
moved=0

runs_now()
{
	[ "$(cat $sys/state)" = running ]
}

has_done()
{
	runs ping || return 0
	[ "$(number ping rounds)" -ge "$1" ]
}

# move CPU - the host's doorbell
move()
{
	echo "$1" >"/proc/irq/$irq/smp_affinity_list" || return
	moved=$((moved + 1))
	usleep 20000
}

# Also as a CPU goes offline on which it is.
move_host()
{
	while [ $moved -lt "$moves" ] || ! has_done "$rounds"; do
		runs ping || return
		for _ in 1 2 3 4 5; do
			move 3 && move 0 || return
		done
		move 3 || return
		echo 0 >/sys/devices/system/cpu/cpu3/online || return
		usleep 50000
		grep -q "^0$" "/proc/irq/$irq/effective_affinity_list" || return
		echo 1 >/sys/devices/system/cpu/cpu3/online || return
		usleep 50000
	done
}

helped()
{
	[ "$(cat $sys/doorbell/kicks_helped)" -gt 0 ]
}

# Each move makes the host look once, so what is lost must have time to lie there. On one
# of the two the irq may have the vector that the twin still rings at.
helped_somewhere()
{
	for cpu in 3 0 3; do
		move $cpu && wait_for 15 helped && return
	done
	return 1
}

# The program that owns the twin is killed in the middle.
see_damage()
{
	check "without the slow look it would stand still" helped_somewhere
	kill -KILL "$(cat /tmp/ping.pid)"
	check "the twin goes with its owner" wait_for 60 test ! -e $sys
	balance
	finish
}

load_module
record
if [ "$mode" = shared ]; then
	job ping doorbell bell shared 1
else
	job ping doorbell bell dedicated 1 2
fi
check "a twin starts" wait_for 180 runs_now
runs_now || {
	cat /tmp/ping.out
	finish
}
follow_twin bell
irq=$(cat $sys/doorbell/irq)
check "it answers the first call" wait_for 180 has_done 1
if [ "$mode" = shared ]; then
	is "it needs no interrupt" "$irq" 0
else
	note "$(grep "^ *$irq:" /proc/interrupts)"
	[ "$(option broken n)" = n ] || see_damage
	check "the host's doorbell moves" move_host
	note "$moved times; $(said bell 'TWIN doorbell' && grep -c 'TWIN doorbell' /run/bell.log) reports of moves in the twin"
	check "the twin's doorbell has moved" said bell 'TWIN doorbell moved=[1-9]'
	check "and none of its moves has failed" fails said bell 'TWIN fault'
fi
check "$rounds rounds" wait_for 300 has_done "$rounds"
kill -TERM "$(cat /tmp/ping.pid)"
check "it comes to its end after a second life" wait_for 240 test -e /tmp/ping.code
check "each call had its kick" end_job ping
sed 's/^/# /' /tmp/ping.out | grep -v 'rounds=[0-9]*$'
is "rounds of the second life" "$(number ping rounds)" 100
for counter in kicks_helped calls_helped bad_targets; do
	is "$counter" "$(number ping $counter)" 0
done
check "it came to its end" grep -q '^done=1' /tmp/ping.out
balance
finish
