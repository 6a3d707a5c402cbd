# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A twin takes turns with the host on one CPU, and both work as before. Wants
# --disk, --net and --loop.
# rig.cpu=N: the shared CPU [0]; rig.switches=N: how many turns, with load in both
# kernels [1000]; rig.twinctl=WORD,WORD...: more options of twinctl start;
# rig.hostlog=PATTERN: the host's log must say so; rig.limit=S: for the turns [300].
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

cpu=$(option cpu 0)
switches=$(option switches 1000)
clocksource=/sys/devices/system/clocksource/clocksource0/current_clocksource

# start NAME PLAN
start()
{
	# shellcheck disable=SC2046
	start_twin "$1" "$2" --shared "$cpu" --memory 192M \
		$(option twinctl '' | tr , ' ')
}

no_fault()
{
	! grep 'TWIN fault' /run/one.log
}

# moves NAME KEY - its count grows
moves()
{
	before=$(number "$1" "$2")
	wait_for 30 grows "$1" "$2"
}

# gentle_job NAME PROGRAM [ARGUMENT]... - that lets the twin boot within minutes
gentle_job()
{
	job "$@"
	renice -n 10 -p "$(cat "/tmp/$1.pid")" >/dev/null
}

grows()
{
	[ "$(number "$1" "$2")" -gt "${before:-0}" ]
}

# reopens PORT TIMES - whenever a serial port is opened, its driver disables its irq and
# enables it again, which resends an edge by an IPI. Where the edge that follows a line
# is lost, closing the port takes 30 s.
reopens()
{
	n=0
	while [ $n -lt "$2" ]; do
		opened=$(uptime_cs)
		echo "line $n" >"$1"
		took=$(($(uptime_cs) - opened))
		if [ $took -ge 2500 ]; then
			echo "line $n took $took/100 s"
			return 1
		fi
		n=$((n + 1))
	done
}

# As many turns have ended as it says it gave away.
gives_turns_away()
{
	given=$(sed -n 's/.*TWIN yield n=\([0-9]*\).*/\1/p' /run/two.log | tail -n 1)
	echo "$given of $(vcpu two switches)"
	[ "${given:-0}" -gt 0 ] && has_switched two "$given"
}

load_module
hostlog=$(option hostlog .)
check "the host's log says '$hostlog'" sh -c "dmesg | grep -q '$hostlog'"
# An irq that has counted stays in the list, and so belongs on the sheet.
check "the serial line works" loop /dev/ttyS4 1
check "the disk works" disk /dev/vda 1
record
# The machine's own clock shall not tell the twin the date.
date -s "@$(($(date +%s) + 90000))" >/dev/null
host_clock=$(cat $clocksource)
note "$(uname -r), clock source $host_clock"
check "the network answers" pings 5
gentle_job disk disk /dev/vda
gentle_job loop loop /dev/ttyS4
gentle_job gaps gaps 0 2000
gentle_job aux aux "$cpu"

began=$(date +%s)
check "a twin starts" start one load
[ -e /sys/class/twinos/one ] || finish
is "its mode is told" "$(cat /sys/class/twinos/one/mode)" shared
is "its CPU stays the host's" "$(cat /sys/devices/system/cpu/online)" "$(cat /sys/devices/system/cpu/present)"
check "its user space runs" wait_for 180 said one 'TWIN up'
gentle_job fpu fpu 0 1
check "the host's disk works" moves disk verified
check "the host's network answers" pings 20
check "the twin's timers tick" wait_for 180 at_least_ticks one 5
check "$switches turns" wait_for "$(option limit 300)" has_switched one "$switches"
check "the host's network still answers" pings 20
check "the host's disk still works" moves disk verified
check "the twin still ticks" wait_for 120 at_least_ticks one $(($(ticks one) + 3))
check "no load of the twin's found a fault" no_fault
check "its date is the host's" dates_agree one "$began"
is "the host's clock source is as before" "$(cat $clocksource)" "$host_clock"
check "the twin's clock source is the TSC" said one 'TWIN clocksource: tsc'
check "the twin knows of the time that it had to wait" test "$(last one steal)" -gt 0
check "every interrupt went on to the host" interrupts_agree one
note "$(tail -n 1 /tmp/check.out)"
for file in /sys/class/twinos/one/vcpu/*; do
	note "$(basename "$file") $(cat "$file")"
done
note "$(last one uname), $(ticks one) ticks, steal $(last one steal)"

# The irq of ttyS3 is CPU 0's. Another CPU must open it, or nothing is resent.
case $(nproc)$cpu in
20)
	taskset -p 2 $$ >/dev/null
	check "a port can be opened 500 times" reopens /dev/ttyS3 500
	taskset -p 3 $$ >/dev/null
	;;
esac

check "it stops" twinctl stop one
is "no twin is left" "$(twinctl list --json | tr -d ' \n')" '{"twins":[]}'
check "a second twin starts" start two yield
check "its user space runs" wait_for 180 said two 'TWIN up'
check "it gives its turns away" wait_for 60 gives_turns_away
check "it stops" twinctl stop two
for job in disk loop gaps fpu aux; do
	check "the host's load $job had no error" end_job $job
	note "$(tail -n 1 /tmp/check.out)"
done
balance
finish
