# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The loads that shared mode is tested with notice what they shall notice: each
# runs well, then with a fault. So does the watchdog. Wants --disk, --net, --loop
# and --watchdog. No twin.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# spoil_pattern PID - one byte in the midst of its largest mapping
spoil_pattern()
{
	largest=0
	while read -r range _; do
		case $range in
		ffff*) continue ;;
		esac
		from=$((0x${range%-*}))
		length=$((0x${range#*-} - from))
		[ $length -gt $largest ] || continue
		largest=$length
		middle=$((from + length / 2))
	done <"/proc/$1/maps"
	# If it ends between dd's open() and write(), its memory takes writes of 0 bytes,
	# without end.
	printf x | timeout 10 dd of="/proc/$1/mem" bs=1 seek=$middle conv=notrunc 2>/dev/null
}

check "fpu: all registers keep their patterns" fpu 3 3
note "$(tail -n 1 /tmp/check.out)"
for spoil in 1 2 4 5; do
	check "fpu: fault $spoil is noticed" exits 1 fpu 30 1 $spoil
done
if grep -q 'avx=1' /tmp/check.out; then
	check "fpu: fault 3 is noticed" exits 1 fpu 30 1 3
else
	skip "fpu: fault 3 is noticed" "no AVX"
fi

check "disk: what was written is read" disk /dev/vda 5
note "$(tail -n 1 /tmp/check.out)"
job disk disk /dev/vda 60
sleep 1
dd if=/dev/urandom of=/dev/vda bs=1M count=8 conv=notrunc 2>/dev/null
sync
check "disk: a foreign block is noticed" wait_for 60 test -e /tmp/disk.code
is "disk: it ends with an error" "$(cat /tmp/disk.code)" 1

check "loop: every byte comes back" loop /dev/ttyS4 3
note "$(tail -n 1 /tmp/check.out)"
job loop loop /dev/ttyS4 60
sleep 1
printf x >/dev/ttyS4
check "loop: a foreign byte is noticed" wait_for 60 test -e /tmp/loop.code
is "loop: it ends with an error" "$(cat /tmp/loop.code)" 1

check "gaps: a timer fires in time" gaps 3 1000
note "$(tail -n 1 /tmp/check.out)"
job gaps gaps 30 1000 1000
sleep 1
kill -STOP "$(cat /tmp/gaps.pid)"
sleep 2
kill -CONT "$(cat /tmp/gaps.pid)"
check "gaps: a gap of 2 s is an error" fails end_job gaps

job pattern pattern 16
wait_for 30 grep -q filled /tmp/pattern.out
for _ in 1 2 3 4 5 6 7 8; do
	spoil_pattern "$(cat /tmp/pattern.pid)" 2>/dev/null
	usleep 150000
done
check "pattern: a wrong word is an error" fails end_job pattern
check "burn: it counts" burn 1
note "$(tail -n 1 /tmp/check.out)"

check "ping: all answers come" pings 20
ip link set eth0 down
check "ping: that none come is an error" fails pings 5

nmis()
{
	dmesg | grep -c 'NMI received for unknown reason'
}

start_heart
sleep 7
stop_heart
sleep 7
is "heart: no NMI while it beats, nor after a comma" "$(nmis)" 0
start_heart
sleep 2
kill "$heart"
sleep 8
check "heart: an NMI when it fails" test "$(nmis)" -gt 0
stop_heart
finish
