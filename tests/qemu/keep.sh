# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What becomes of a twin whose supervisor is killed in the middle of traffic: with --keep
# it goes on, and gets another one; without, it is stopped and all comes back. Wants
# --devices, --program and --twin-program socat.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

image=/tmp/disk.img

state()
{
	cat "/sys/class/twinos/$1/state" 2>/dev/null
}

is_state()
{
	[ "$(state "$1")" = "$2" ]
}

# start NAME OPTION... - and sit at its terminal, with traffic
start()
{
	start_twin "$1" devices --cpus 1 --memory 256M --disk $image \
		--net host=10.77.0.1/24 --vsock 77 "$2"
	wait_for 60 said "$1" 'TWIN devices up' && sit_at "$1" &&
		wait_for 60 shows "$1" '/ #' &&
		wait_for 30 in_twin "$1" 'ping -c 1 -W 5 10.77.0.1' &&
		in_twin "$1" 'ping -i 0.05 10.77.0.1 >/tmp/pings & true' &&
		in_twin "$1" '{ while true; do dd if=/dev/urandom of=/dev/vda bs=64k count=64; done; } >/dev/null 2>&1 & true'
}

# supervisor NAME - the process, which is the child of the one that holds the twin
supervisor()
{
	owner=$(cat "/sys/class/twinos/$1/owner")
	tr -d ' ' <"/proc/$owner/task/$owner/children"
}

has_supervisor()
{
	[ -n "$(supervisor "$1")" ]
}

load_module
truncate -s 64M $image
record

check "a twin starts with --keep" start kept --keep
check "it has a supervisor" has_supervisor kept
check "which can't be doubled" sh -c \
	'twinctl attach kept 2>&1 | grep "has a supervisor"'
first=$(supervisor kept)
kill -KILL $first
check "once killed it is gone" fails has_supervisor kept
wait_for 10 ends kept
sleep 3
check "the twin goes on" is_state kept running
check "its devices are in use" sh -c '[ $(twinctl device list kept | grep -c "in use") = 3 ]'
check "this host reaches it" sh -c 'ping -c 5 -W 10 10.77.0.2 | grep "5 packets received"'
check "it gets a new supervisor" twinctl attach kept
check "which is another" test "$(supervisor kept)" != "$first"
check "its terminal is back" sit_at kept
wait_for 30 shows kept 'TWIN devices up'
check "with the shell" in_twin kept 'kill -INT %1'
check "no ping was lost" in_twin kept \
	'tail -n 2 /tmp/pings; grep " 0% packet loss" /tmp/pings'
check "its devices can be taken from it" sh -c 'for device in disk0 net0 vsock0; do
	twinctl device remove kept $device || exit; done'
check "its supervisor does not keep them" sh -c '! ip link | grep ": tw" &&
	twinctl device add kept disk=/tmp/disk.img && twinctl device add kept vsock=77'
check "its supervisor is killed once more" kill -KILL "$(supervisor kept)"
check "and it is stopped by order" twinctl stop kept
check "nothing holds it" test ! -e /sys/class/twinos/kept

check "another one starts with --keep" start both --keep
check "both its processes are killed" sh -c \
	'kill -KILL $(cat /sys/class/twinos/both/owner)'
check "it is stopped" wait_for 30 test ! -e /sys/class/twinos/both

check "one starts without" start plain --restart=no
check "attach is refused" sh -c 'twinctl attach plain 2>&1 | grep "without --keep"'
kill -KILL "$(cat /sys/class/twinos/plain/owner)"
check "it goes with its supervisor" wait_for 30 test ! -e /sys/class/twinos/plain
check "attach finds nobody" sh -c 'twinctl attach plain 2>&1 | grep "no process"'
check "no tap is left" sh -c '! ip link | grep ": tw"'
for twin in kept both plain; do
	ends $twin || leave $twin
done
rm -f $image /tmp/*.out
balance
finish
