# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# However a twin on a shared CPU ends, the host goes on and all comes back. Wants
# --smp 1, --disk and --watchdog: one that spins with interrupts off is taken off
# the CPU by an NMI from outside. rig.rounds=N: short lives at the end [4].
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

rounds=$(option rounds 4)

gone()
{
	[ ! -e /sys/class/twinos/one ]
}

has_stopped()
{
	[ "$(cat /sys/class/twinos/one/state)" = stopped ]
}

is_because()
{
	[ "$(cat /sys/class/twinos/one/state /sys/class/twinos/one/reason | tr '\n' ' ')" = "stopped $1 " ]
}

begin()
{
	check "$1: a twin starts" start_twin one "$1" --shared 0 --memory 128M
	check "$1: its user space runs" wait_for 120 said one 'TWIN up'
}

# A twin that spins holds the CPU of one second in two.
goes_on()
{
	check "$1: the host goes on" disk /dev/vda 1
}

load_module
check "the disk works" disk /dev/vda 1
record

for plan in poweroff reboot halt; do
	begin $plan
	check "$plan: all is given back" wait_for 90 gone
	goes_on $plan
done

begin panic
check "panic: it is seen" wait_for 90 is_because panicked
check "panic: the log tells" wait_for 20 said one 'Kernel panic - not syncing'
goes_on panic
check "panic: stop frees the memory" twinctl stop one

begin spin
check "spin: it spins" wait_for 90 said one 'TWIN spin'
goes_on spin
check "spin: it is stopped" twinctl stop one
rm /run/one.log

start_heart
begin irqoff
check "irqoff: it is taken off the CPU" wait_for 120 has_stopped
stop_heart
check "irqoff: it is told why" is_because hung
check "irqoff: it had begun" said one 'havoc: irqoff'
goes_on irqoff
check "irqoff: stop frees the memory" twinctl stop one

begin tick
kill -9 "$(cat /sys/class/twinos/one/owner)"
check "supervisor killed: all is given back" wait_for 60 gone

n=0
while [ $n -lt "$rounds" ]; do
	twinctl start --name one --kernel /twins/1 --initrd /twins/initrd \
		--append twin.plan=burn --shared 0 --memory 128M >/tmp/round.out 2>&1 &&
		usleep $((n * 370000 % 3000000)) &&
		twinctl stop --force one >>/tmp/round.out 2>&1 || {
		not_ok "round $n"
		sed 's/^/# /' /tmp/round.out
	}
	n=$((n + 1))
done
is "$rounds twins were started and stopped" "$n" "$rounds"
begin tick
check "the last one ticks" wait_for 60 at_least_ticks one 3
check "the last one stops" twinctl stop one
rm -f /run/one.log
balance
finish
