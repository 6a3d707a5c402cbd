# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The memory of a twin that lives, that hangs and that has panicked is written to a
# file. The files go to the scratch disk, and dump.after opens them with crash and
# makedumpfile. rig.entry=HOW: how the twin that panics is entered [bzimage];
# rig.mode=WORD,WORD...: options of twinctl start [--cpus,1-2]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

SLOT_MB=256 # of the disk, for one file

mode=$(option mode --cpus,1-2 | tr , ' ')
slot=0
# keep NAME FILE - to the disk, and tell dump.after of it
keep()
{
	size=$(stat -c %s "$2")
	dd if="$2" of=/dev/vda bs=1M seek=$((slot * SLOT_MB)) conv=fsync 2>/tmp/dd.out &&
		[ "$size" -le $((SLOT_MB * 1048576)) ] || return
	note "vmcore $1 $((slot * SLOT_MB)) $size" >&4
	slot=$((slot + 1))
	rm "$2"
}
exec 4>&1

begin()
{
	twin=$1
	plan=$2
	shift 2
	# shellcheck disable=SC2086
	check "$twin: a twin starts" start_twin "$twin" "$plan" $mode --memory 192M "$@"
}

ticks_on()
{
	before=$(ticks "$1")
	wait_for 60 at_least_ticks "$1" $((before + 2))
}

# Half of it, at most, is no hole.
is_sparse()
{
	echo "$(stat -c '%s bytes, %b blocks' "$1")"
	[ "$(stat -c %b "$1")" -lt $(($(stat -c %s "$1") / 1024)) ]
}

says_as_much()
{
	cat /tmp/dump.out
	grep -q "^{\"file\":\"$1\",\"bytes\":$(stat -c %s "$1"),\"stored\":[0-9]*}\$" /tmp/dump.out
}

# one_line FILE PATTERN
one_line()
{
	cat "$1"
	[ "$(wc -l <"$1")" = 1 ] && grep -q "$2" "$1"
}

has_panicked()
{
	[ "$(cat "/sys/class/twinos/$1/reason")" = panicked ]
}

is_empty()
{
	ls -A "$1"
	[ -z "$(ls -A "$1")" ]
}

# As soon as the unfinished file is there. A shell's background jobs ignore SIGINT;
# to twinctl the two are one.
interrupted()
{
	twinctl dump "$1" /tmp/cut/short >/tmp/cut.out 2>&1 &
	until [ -n "$(ls /tmp/cut)" ]; do
		[ -d /proc/$! ] || return 1
	done
	kill -TERM $!
	wait $!
	[ $? = 1 ] && one_line /tmp/cut.out cancelled
}

load_module
record
mkdir /tmp/cores /tmp/cut /tmp/small /tmp/gone
mount -t tmpfs -o size=8m small /tmp/small
busybox syslogd -O /tmp/syslog

begin busy tick
check "busy: it works" wait_for 90 at_least_ticks busy 3
check "busy: its memory is dumped" twinctl dump busy /tmp/busy.vmcore
check "busy: it goes on meanwhile" ticks_on busy
is "busy: the file is the owner's alone" "$(stat -c %a /tmp/busy.vmcore)" 600
check "busy: the file has holes" is_sparse /tmp/busy.vmcore
check "busy: the file isn't overwritten" fails twinctl dump busy /tmp/busy.vmcore
twinctl dump --json --force busy /tmp/busy.vmcore >/tmp/dump.out
check "busy: unless it is asked for" says_as_much /tmp/busy.vmcore
check "busy: a signal ends a dump" interrupted busy
check "busy: and nothing is left of it" is_empty /tmp/cut
twinctl dump busy /tmp/small/vmcore >/tmp/full.out 2>&1
is "busy: a full disk is an error" $? 1
check "busy: told in a line" one_line /tmp/full.out 'No space left'
check "busy: which leaves nothing" is_empty /tmp/small
check "busy: it stops" twinctl stop busy
rm -f /tmp/busy.vmcore

# Of one that works, a dump catches tasks in the middle of their end, which crash can
# refuse; of one at rest it makes a file that is right in all.
begin live quiet
check "live: it rests" wait_for 90 said live 'TWIN quiet'
sleep 2
check "live: its memory is dumped" twinctl dump live /tmp/live.vmcore
check "live: the dump is kept" keep live /tmp/live.vmcore
check "live: it stops" twinctl stop live

begin hung irqoff
check "hung: it hangs" wait_for 90 said hung 'TWIN irqoff'
sleep 2
check "hung: its memory is dumped" twinctl dump hung /tmp/hung.vmcore
check "hung: the dump is kept" keep hung /tmp/hung.vmcore
check "hung: it stops" twinctl stop hung

cd /tmp || exit
begin panicked panic --entry "$(option entry bzimage)" --on-panic cores
cd / || exit
check "panicked: it panics" wait_for 120 has_panicked panicked
check "panicked: the log of the system tells of a dump" \
	wait_for 60 grep -q "memory of twin 'panicked' is in /tmp/cores" /tmp/syslog
is "panicked: there is one file" "$(find /tmp/cores -type f | wc -l)" 1
core=$(echo /tmp/cores/panicked-*T*Z.vmcore)
check "panicked: it is dumped once more" twinctl dump panicked /tmp/again.vmcore
check "panicked: which comes out the same" cmp "$core" /tmp/again.vmcore
rm -f /tmp/again.vmcore
check "panicked: the dump is kept" keep panicked "$core"
check "panicked: it stops" twinctl stop panicked

# The directory goes after it was looked at.
# shellcheck disable=SC2086
twinctl run --name fore --kernel /twins/1 --initrd /twins/initrd $mode \
	--memory 192M --append twin.plan=panic --on-panic /tmp/gone \
	>/tmp/run.out 2>/tmp/run.err &
run=$!
check "run: the twin runs" wait_for 90 grep -q 'TWIN up' /tmp/run.out
rmdir /tmp/gone
wait $run
is "run: it ends as it would without a dump" $? 8
check "run: that there is none is told" \
	grep -q "can't create '/tmp/gone/fore-.*vmcore'" /tmp/run.err
check "run: nothing is left" [ ! -e /sys/class/twinos/fore ]
# What it said was wanted.
rm /run/panicked.log
umount /tmp/small
kill "$(cat /var/run/syslogd.pid 2>/dev/null || pidof syslogd)"
balance
finish
