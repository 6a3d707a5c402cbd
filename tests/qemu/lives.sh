# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a guest module makes of a twin's end: it is told at once, no restart resets the
# machine, a CPU that stands still is noticed, and the twin is started anew in the
# same memory. rig.mode=WORD,WORD...: options of twinctl start [--cpus,1-2]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode --cpus,1-2 | tr , ' ')
sys=/sys/class/twinos/one

gone()
{
	[ ! -e $sys ]
}

# begin PLAN [OPTION]...
begin()
{
	plan=$1
	shift
	# shellcheck disable=SC2086
	check "$plan: a twin starts" start_twin one "$plan" $mode --memory 128M "$@"
	check "$plan: its user space runs" wait_for 90 said one 'TWIN up'
}

is_in()
{
	[ "$(cat $sys/state)" = "$1" ]
}

is_because()
{
	[ "$(cat $sys/state $sys/reason | tr '\n' ' ')" = "stopped $1 " ]
}

# changed_to STATE - it was in this state once
changed_to()
{
	cut -d' ' -f2 $sys/changes | grep -qx "$1"
}

# lives N - it was running as often
lives()
{
	[ "$(cut -d' ' -f2 $sys/changes | grep -cx running)" -ge "$1" ]
}

load_module
record

# Ends that would reset the machine.
begin sysrq-b
check "sysrq-b: the twin ends, not the machine" wait_for 60 gone
append=$TWIN_APPEND
TWIN_APPEND="$append panic=-1"
begin panic --restart on-failure --restart-limit 1
TWIN_APPEND=$append
memory=$(cat $sys/memory)
check "panic=-1: it is started anew" wait_for 60 lives 2
is "panic=-1: in the same memory" "$(cat $sys/memory)" "$memory"
check "panic=-1: that panics too, and is the last" wait_for 90 is_because panicked
check "panic=-1: both panics were told" \
	test "$(cut -d' ' -f2 $sys/changes | grep -cx panicked)" = 2
check "panic=-1: dmesg tells the last life" sh -c "twinctl dmesg one | grep -q 'Kernel panic'"
check "panic=-1: show tells the changes" sh -c "twinctl show one | grep -q panicked"
check "panic=-1: so does show --json" sh -c \
	"twinctl show --json one | tr -d ' \n' | grep -q '\"state\":\"panicked\",\"reason\":\"none\"'"
check "panic=-1: stop frees the memory" twinctl stop one

begin reboot --restart on-failure --restart-limit 0
check "reboot: it is told" wait_for 60 changed_to rebooting
check "reboot: it is started anew, and again" wait_for 120 lives 3
check "reboot: stop ends it for good" twinctl stop one
begin reboot
check "reboot: without a policy it ends" wait_for 60 gone
begin poweroff --restart always --restart-limit 1
check "poweroff: it is told" wait_for 60 changed_to halted
check "poweroff: it is started anew once, then ends" wait_for 90 gone

if [ "${mode#*1-2}" != "$mode" ]; then
	begin irqoff --hang-limit 5
	check "hang: one CPU of two stands still, and it is told" wait_for 60 is_in hung
	check "hang: it is stopped" twinctl stop one
	begin irqoff --hang-limit 5 --restart on-failure --restart-limit 1
	check "hang: it is started anew" wait_for 60 lives 2
	check "hang: hangs again, and is stopped" wait_for 60 is_because hung
	check "hang: wait says so" sh -c 'twinctl wait one; [ $? = 12 ]'
	check "hang: stop frees the memory" twinctl stop one
	begin offline --hang-limit 5
	check "offline: the twin gives a CPU up" wait_for 60 said one 'TWIN offline 0'
	sleep 7
	check "offline: that is no hang" is_in running
	check "offline: it still ticks" wait_for 30 at_least_ticks one $(($(ticks one) + 2))
	check "offline: it is stopped" twinctl stop one
else
	begin irqoff --restart on-failure --restart-limit 1
	check "hang: it is started anew" wait_for 60 lives 2
	check "hang: hangs again, and is stopped" wait_for 60 is_because hung
	check "hang: wait says so" sh -c 'twinctl wait one; [ $? = 12 ]'
	check "hang: its log is there" sh -c "twinctl dmesg one | grep 'havoc: irqoff'"
	check "hang: stop frees the memory" twinctl stop one
fi
rm -f /run/one.log
balance
finish
