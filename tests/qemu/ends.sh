# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# However a twin ends, the supervisor sees it and all comes back.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

gone()
{
	[ ! -e /sys/class/twinos/one ]
}

has_panicked()
{
	[ "$(cat /sys/class/twinos/one/state /sys/class/twinos/one/reason | tr '\n' ' ')" = "stopped panicked " ]
}

begin()
{
	check "$1: a twin starts" start_twin one "$1" --cpus 1-2 --memory 192M
	check "$1: its user space runs" wait_for 60 said one 'TWIN up'
}

load_module
record

for plan in poweroff reboot halt; do
	begin $plan
	check "$plan: all is given back" wait_for 60 gone
done

begin panic
check "panic: it is seen" wait_for 60 has_panicked
check "panic: the log tells" wait_for 10 said one 'Kernel panic - not syncing'
is "panic: the CPUs are back" "$(cat /sys/devices/system/cpu/online)" 0-2
check "panic: dmesg works after death" sh -c "twinctl dmesg one | grep -q 'Kernel panic'"
check "panic: stop frees the memory" twinctl stop one

begin spin
check "spin: it spins" wait_for 60 said one 'TWIN spin'
check "spin: it is stopped" twinctl stop one

begin tick
kill -9 "$(cat /sys/class/twinos/one/owner)"
check "supervisor killed: all is given back" wait_for 30 gone

begin tick
check "rmmod is refused" fails rmmod twinos
kill -STOP "$(cat /sys/class/twinos/one/owner)"
check "supervisor stopped: stop tells" fails twinctl stop --timeout 2 one
check "supervisor stopped: stop --force works" twinctl stop --force --timeout 10 one

twinctl run --name fore --kernel /twins/1 --initrd /twins/initrd \
	--append twin.plan=tick --cpus 1, --memory 192M >/tmp/run.out 2>/tmp/run.err &
run=$!
check "run: prints the log" wait_for 60 grep -q 'TWIN up' /tmp/run.out
kill -TERM $run
wait $run
is "run: SIGTERM ends it with 0" $? 0
check "run: nothing is left" [ ! -e /sys/class/twinos/fore ]
balance
finish
