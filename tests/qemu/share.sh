# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The scheduler of the host governs a twin's share of the CPU as that of any other
# thread, and a busy twin does not hold the host up for long. Wants --smp 1.
# rig.slice=US [4000]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

slice=$(option slice 4000)
WINDOW=15 # seconds

# value TEXT KEY
value()
{
	echo "$1" | sed -n "s/.*$2=\([0-9]*\).*/\1/p"
}

# Units of work a second, in thousandths.
rate()
{
	echo $(($(value "$1" units) * 1000000 / $(value "$1" wall_ms)))
}

# measure COMMAND... - sets $result to what it printed, $twin_ms to the time that
# the twin had meanwhile and $share to its share of all time, in percent
measure()
{
	ran=$(vcpu one run_ns)
	began=$(uptime_cs)
	result=$("$@")
	took=$(($(uptime_cs) - began))
	twin_ms=$((($(vcpu one run_ns) - ran) / 1000000))
	share=$((twin_ms * 10 / took))
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
record
result=$(burn $WINDOW)
alone=$(rate "$result")
note "alone: $result"
note "alone: $(gaps $WINDOW 1000)"

check "a twin starts" start_twin one burn --shared 0 --memory 128M \
	--slice "${slice}us"
check "it burns" wait_for 180 burning 2
thread=$(vcpu one pid)
is "its slice is as wanted" "$(vcpu one slice_us)" "$slice"
check "its thread has its name" grep -qx twin/one "/proc/$thread/comm"

measure burn $WINDOW
note "nice 0: $result, the twin has $share %"
# A pattern program and the follower of the log have their part, too.
cpu_ms=$(value "$result" cpu_ms)
check "nice 0: the twin has as much time as the host's program" \
	between 40 $((twin_ms * 100 / (twin_ms + cpu_ms))) 60
note "nice 0: the host does $(host_work) % of its work"

measure gaps $WINDOW 1000
note "gaps: $result, slice $slice us"
check "the host's timer fires in time as a rule" \
	between 0 "$(value "$result" median_us)" $((2 * slice))

renice -n 19 -p "$thread"
sleep 2
measure burn $WINDOW
note "nice 19: $result, the twin has $share %"
check "nice 19: the twin has little of the time" between 0 $share 10
check "nice 19: the host's program has the time" \
	between 70 $(($(value "$result" cpu_ms) * 100 / $(value "$result" wall_ms))) 101
note "nice 19: the host does $(host_work) % of its work"
renice -n 0 -p "$thread"
note "the twin burned: $(grep -o 'TWIN burn.*' /run/one.log | tail -n 1)"
check "it stops" twinctl stop one

check "a twin that will idle starts" start_twin one quiet --shared 0 --memory 128M
check "it idles" wait_for 180 said one 'TWIN quiet'
sleep 3
turns=$(vcpu one switches)
measure sleep $WINDOW
note "idle: $twin_ms ms in ${took}0 ms, $(($(vcpu one switches) - turns)) turns"
check "an idle twin has next to nothing of the time" between 0 $share 5
check "it stops" twinctl stop one
balance
finish
