# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The scheduler of the host governs a twin's share of the CPU as that of any other
# thread, and a busy twin does not hold the host's timers up for more than two slices.
# Wants --smp 1, and --icount: the emulator's own gaps and the computer's other work
# would hide what is measured here. rig.slice=US [4000]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

slice=$(option slice 4000)
WINDOW=15 # seconds

# measure COMMAND... - sets $result to what it printed, $twin_ms to the time that
# the twin had meanwhile and $share to its share of all time, in thousandths; the
# balance sheet's own load would be measured with the twin's
measure()
{
	kill -STOP "$pattern_pid"
	ran=$(vcpu one run_ns)
	began=$(uptime_cs)
	result=$("$@")
	took=$(($(uptime_cs) - began))
	twin_ms=$((($(vcpu one run_ns) - ran) / 1000000))
	share=$((twin_ms * 100 / took))
	kill -CONT "$pattern_pid"
}

# between LEAST VALUE MOST
between()
{
	echo "$2, wanted $1 to $3"
	[ "$2" -ge "$1" ] && [ "$2" -le "$3" ]
}

burning()
{
	[ "$(grep -c 'TWIN burn' /run/one.log)" -ge "$1" ]
}

# The work of the host's program, in percent of what it does alone.
host_work()
{
	echo $(($(rate "$result") * 100 / alone))
}

load_module
result=$(burn $WINDOW)
alone=$(rate "$result")
note "alone: $result"
result=$(gaps $WINDOW 1000)
note "alone: $result"
check "without a twin the host's timer fires in time" \
	between 0 "$(value "$result" worst_us)" 2000
record

check "a twin starts" start_twin one burn --shared 0 --memory 128M \
	--slice "${slice}us"
check "it burns" wait_for 180 burning 2
thread=$(vcpu one pid)
is "its slice is as wanted" "$(vcpu one slice_us)" "$slice"
check "its thread has its name" grep -qx twin/one "/proc/$thread/comm"

measure burn $WINDOW
note "nice 0: $result, the twin has $share of 1000"
# The follower of the log has its part, too.
cpu_ms=$(value "$result" cpu_ms)
check "nice 0: the twin has as much time as the host's program" \
	between 45 $((twin_ms * 100 / (twin_ms + cpu_ms))) 55
note "nice 0: the host does $(host_work) % of its work"

measure gaps $WINDOW 1000
note "gaps: $result, slice $slice us"
check "the host's timer is never late by two slices" \
	between 0 "$(value "$result" worst_us)" $((2 * slice))
check "the twin had most of that time" between 800 $share 1000

renice -n 19 -p "$thread"
sleep 2
measure burn $WINDOW
note "nice 19: $result, the twin has $share of 1000"
check "nice 19: the twin has little of the time" between 0 $share 100
check "nice 19: the host's program does 90 % of its work" between 90 "$(host_work)" 101
renice -n 0 -p "$thread"
note "the twin burned: $(grep -o 'TWIN burn.*' /run/one.log | tail -n 1)"
check "it stops" twinctl stop one

check "a twin that will idle starts" start_twin one quiet --shared 0 --memory 128M
check "it idles" wait_for 180 said one 'TWIN quiet'
sleep 3
turns=$(vcpu one switches)
measure sleep $WINDOW
note "idle: $twin_ms ms in ${took}0 ms, $(($(vcpu one switches) - turns)) turns"
check "an idle twin costs less than 1 % of the time" between 0 $share 9
check "it stops" twinctl stop one
balance
finish
