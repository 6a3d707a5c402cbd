# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a script that tests/qemu/run runs can use. Its output is TAP; it ends
# with `finish`, which also exits with the right code.

tests=0
failures=0

ok()
{
	tests=$((tests + 1))
	echo "ok $tests - $*"
}

not_ok()
{
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $*"
}

skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

note()
{
	echo "# $*"
}

# check TEXT COMMAND... - ok if it succeeds
check()
{
	text=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		ok "$text"
	else
		not_ok "$text"
		sed 's/^/#   /' /tmp/check.out
	fi
}

# is TEXT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "  got:    $2"
		note "  wanted: $3"
	fi
}

# fails COMMAND... - it must not succeed, nor die by a signal
fails()
{
	"$@"
	status=$?
	[ $status != 0 ] && [ $status -lt 128 ]
}

# adopt COMMAND... - its TAP becomes ours; one without a plan has died
adopt()
{
	"$@" >/tmp/tap 2>&1
	code=$?
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "$1: ${line#* - }" ;;
		"not ok "*) not_ok "$1: ${line#* - }" ;;
		1..*) ;;
		*) echo "$line" ;;
		esac
	done </tmp/tap
	check "$1 came to its end" grep -q '^1\.\.' /tmp/tap
	note "$1 exited with $code"
}

finish()
{
	[ $tests -gt 0 ] || not_ok "the script tested nothing"
	echo "1..$tests"
	[ $failures = 0 ]
	exit
}

# option KEY DEFAULT - the value of rig.KEY= on the host's command line
option()
{
	value=$(sed -n "s/.*rig\.$1=\([^ ]*\).*/\1/p" /proc/cmdline)
	echo "${value:-$2}"
}

# wait_for SECONDS COMMAND... - try it until it succeeds
wait_for()
{
	until_cs=$(($(uptime_cs) + $1 * 100))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$(uptime_cs)" -lt $until_cs ] || return 1
		usleep 100000
	done
}

# ---- loads -----------------------------------------------------------------

# job NAME COMMAND... - in the background, until end_job; what it prints is in
# /tmp/NAME.out
job()
{
	job=$1
	shift
	rm -f "/tmp/$job.code"
	{
		# The shell that waits for it must outlive SIGTERM.
		"$@" >"/tmp/$job.out" 2>&1 &
		echo $! >"/tmp/$job.pid"
		wait $!
		echo $? >"/tmp/$job.code.new"
		mv "/tmp/$job.code.new" "/tmp/$job.code"
	} &
	wait_for 10 test -s "/tmp/$job.pid"
}

runs()
{
	[ ! -e "/tmp/$1.code" ]
}

# A load that hangs in the kernel must not hang the test with it.
end_job()
{
	kill -TERM "$(cat "/tmp/$1.pid")" 2>/dev/null
	tail -n 3 "/tmp/$1.out"
	wait_for 60 test -e "/tmp/$1.code" || {
		echo "$1 hangs"
		return 1
	}
	echo "$1 ended with $(cat "/tmp/$1.code")"
	tail -n 3 "/tmp/$1.out"
	[ "$(cat "/tmp/$1.code")" = 0 ]
}

# number NAME KEY - the newest KEY=NUMBER that a job has printed
number()
{
	sed -n "s/.*$2=\([0-9]*\).*/\1/p" "/tmp/$1.out" | tail -n 1
}

# value TEXT KEY - the number of KEY=NUMBER in it
value()
{
	echo "$1" | sed -n "s/.*$2=\([0-9]*\).*/\1/p"
}

# rate TEXT - of what `burn` printed: units of work a second, in thousandths
rate()
{
	echo $(($(value "$1" units) * 1000000 / $(value "$1" wall_ms)))
}

# pings N - all of them are answered
pings()
{
	ping -c "$1" -i 0.2 -W 20 10.0.2.2 | tee /tmp/ping.out | tail -n 2
	grep -q "$1 packets transmitted, $1 packets received" /tmp/ping.out
}

# ---- the heartbeat ---------------------------------------------------------

# For tests/qemu/run --watchdog. The verdict's line is open for as long as the
# machine lives, see host-init.
start_heart()
{
	while true; do
		printf . >&3
		usleep 200000
	done &
	heart=$!
}

stop_heart()
{
	kill "$heart" 2>/dev/null
	wait "$heart" 2>/dev/null
	printf , >&3
}

# The host's uptime in hundredths of a second.
uptime_cs()
{
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# ---- twins ----------------------------------------------------------------

TWIN_APPEND="printk.devkmsg=on"

load_module()
{
	check "the module loads" insmod /lib/twinos.ko
}

# As tests/qemu/run says of the host: emulated CPUs now and then run stale code while
# a kernel patches itself at boot. So do a twin's.
STALE_CODE='Oops: int3\|int3: 0000'

has_begun()
{
	said "$1" 'TWIN init' || said "$1" "$STALE_CODE"
}

# start_twin NAME PLAN [OPTION]... - /twins/1 unless there is a --kernel; its
# log goes on to /run/NAME.log, each line with the host's uptime before it, and
# to the serial line of twins' logs. Returns when its user space has begun, or a
# minute later.
start_twin()
{
	for try in 1 2 3; do
		start_twin_once "$@" || return
		wait_for 60 has_begun "$1"
		said "$1" "$STALE_CODE" && ! said "$1" 'TWIN init' || return 0
		echo "# the kernel of twin $1 ran stale code, try $try" >/dev/ttyS2
		twinctl stop "$1"
	done
}

start_twin_once()
{
	twin=$1
	plan=$2
	shift 2
	case " $* " in
	*' --kernel '*) ;;
	*) set -- --kernel /twins/1 "$@" ;;
	esac
	twinctl start --name "$twin" --initrd /twins/initrd \
		--append "$TWIN_APPEND twin.plan=$plan" "$@" || return
	follow_twin "$twin"
}

follow_twin()
{
	: >"/run/$1.log"
	twinctl dmesg --follow "$1" 2>&1 | stamp "/run/$1.log" &
}

stamp()
{
	while IFS= read -r line; do
		read -r up _ </proc/uptime
		echo "$up $line" >>"$1"
		echo "$line" >/dev/ttyS3
	done
}

# said NAME PATTERN - the twin's log has such a line
said()
{
	grep -q -e "$2" "/run/$1.log"
}

# ticks NAME - how many times its user space has reported
ticks()
{
	grep -c 'TWIN up' "/run/$1.log"
}

at_least_ticks()
{
	[ "$(ticks "$1")" -ge "$2" ]
}

# last NAME KEY - the value of KEY= in its newest report
last()
{
	sed -n "s/.*TWIN up.* $2=\([^ ]*\).*/\1/p" "/run/$1.log" | tail -n 1
}

# shortest_second NAME - of its `sleep 1`, by its own clock, in hundredths. A busy
# computer makes some of them long, but a timer of the wrong rate all of them.
shortest_second()
{
	awk '/TWIN up/ {
			match($0, /uptime=[0-9.]+/)
			now = substr($0, RSTART + 7, RLENGTH - 7)
			if (n++ && (n == 2 || now - before < least))
				least = now - before
			before = now
		}
		END { printf "%d\n", least * 100 }' "/run/$1.log"
}

# vcpu NAME FILE - what the host tells of a twin that shares a CPU
vcpu()
{
	cat "/sys/class/twinos/$1/vcpu/$2"
}

has_switched()
{
	[ "$(vcpu "$1" switches)" -ge "$2" ]
}

# A turn may lie between two reads.
interrupts_agree_now()
{
	# By one process, or the twin has turns in between.
	# shellcheck disable=SC2046
	set -- $(cd "/sys/class/twinos/$1/vcpu" && cat forwarded reraised unclaimed)
	forwarded=$1 reraised=$2 unclaimed=$3
	[ "$forwarded" -gt 0 ] && [ "$forwarded" = $((reraised + unclaimed)) ]
}

# interrupts_agree NAME - what arrived in the twin's turns went on to the host
interrupts_agree()
{
	wait_for 30 interrupts_agree_now "$1"
	agree=$?
	echo "forwarded $forwarded, reraised $reraised, unclaimed $unclaimed"
	return $agree
}

# Every report of the twin gives its date and its uptime; when it came here, which can
# be late, does not matter.
# dates_agree NAME BEGAN - all are the host's if its kernel began within half a minute
# after this date, and they agree with each other within 2 s
dates_agree()
{
	awk -v began="$2" '/TWIN up/ {
			match($0, /date=[0-9]+/)
			date = substr($0, RSTART + 5, RLENGTH - 5)
			match($0, /uptime=[0-9]+/)
			late = date - substr($0, RSTART + 7, RLENGTH - 7) - began
			if (!n || late < first) first = late
			if (!n || late > last) last = late
			n++ }
		END { print n + 0 " dates, " first " to " last " s after"
			exit !(n && first >= -2 && last <= 30 && last - first <= 2) }' \
		"/run/$1.log"
}

# tsc_mhz - as the kernel whose log is on standard input took it to be
tsc_mhz()
{
	sed -n 's/.*tsc: Detected \([0-9.]*\) MHz processor.*/\1/p' | head -n 1
}

# ---- what is refused ------------------------------------------------------

inventory()
{
	cat /sys/devices/system/cpu/online /proc/iomem
	ls /sys/class/twinos 2>/dev/null
	pidof twinctl
}

# one_line FILE - one, and a hint at --help is not counted
one_line()
{
	[ "$(grep -cv "^Try 'twinctl.* --help'.\$" "$1")" = 1 ] &&
		grep -q '^twinctl: ' "$1"
}

# exits CODE COMMAND...
exits()
{
	wanted=$1
	shift
	"$@"
	got=$?
	echo "exited with $got"
	[ $got = "$wanted" ]
}

# refuse CODE PATTERN COMMAND... - it does nothing but say why, in a line
refuse()
{
	wanted=$1
	pattern=$2
	shift 2
	inventory >/tmp/inventory.before
	timeout 60 "$@" >/tmp/out 2>/tmp/err </dev/null
	got=$?
	inventory >/tmp/inventory.after
	if [ $got = "$wanted" ] && [ ! -s /tmp/out ] && one_line /tmp/err &&
		grep -q -e "$pattern" /tmp/err &&
		cmp -s /tmp/inventory.before /tmp/inventory.after; then
		ok "$wanted: $(cut -c1-150 /tmp/err | head -n 1)"
		return
	fi
	not_ok "$*"
	note "exit code $got instead of $wanted, pattern '$pattern'"
	sed 's/^/#   /' /tmp/out /tmp/err
	diff /tmp/inventory.before /tmp/inventory.after | sed 's/^/#   /'
	twinctl stop --all >/dev/null 2>&1
}

# ---- what the module holds ------------------------------------------------

# Of tests/qemu/fault, which is loaded before the module.
fault=/sys/module/fault/parameters

cpus_online()
{
	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo "$1" >"$cpu" || return
	done
}

# Patching functions takes one CPU at a time: see tests/qemu/run about stale code.
load_fault()
{
	cpus_online 0 && insmod /lib/fault.ko
	loaded=$?
	cpus_online 1 && return $loaded
}

nothing_is_held()
{
	cat $fault/held
	! grep -qv ' 0$' $fault/held
}

# ---- trouble --------------------------------------------------------------

TROUBLE='WARNING:|BUG:|Oops|stall|lockup|Call Trace|hung_task|blocked for more|ODEBUG|INFO: trying'

# Not a trouble: what kernels say of themselves when they boot.
harmless()
{
	grep -vE 'rcu_cpu_stall|watchdog_thresh|soft lockup detector|RETBleed: WARNING'
}

twin_has_no_trouble()
{
	grep -E "$TROUBLE|Kernel panic" "/run/$1.log" | harmless >/tmp/twin.trouble
	cat /tmp/twin.trouble
	[ ! -s /tmp/twin.trouble ]
}

# ---- the balance sheet ----------------------------------------------------

settle()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	sleep 1
}

# MemAvailable, and the free pages that CPUs keep at hand: it leaves them out, and
# they come to a percent of the memory and more.
available_kb()
{
	sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p; s/^ *count: \([0-9]*\)$/\1 4/p' \
		/proc/meminfo /proc/zoneinfo |
		awk '{ sum += NF > 1 ? $1 * $2 : $1 } END { printf "%d\n", sum }'
}

# open_files PATTERN - of all processes
open_files()
{
	ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n 's/.* -> //p' | grep -e "$1"
}

sheet()
{
	for file in online present; do
		echo "cpu $file: $(cat /sys/devices/system/cpu/$file)"
	done
	sed 's/:.*//; s/ //g; /^CPU/d; s/^/irq /' /proc/interrupts
	sed 's/^/iomem /' /proc/iomem
	echo "device users: $(open_files /dev/twinos | wc -l)"
}

# record - before the first twin, after the module is loaded
record()
{
	head -c 4194304 /dev/urandom >/tmp/checksummed
	checksum=$(sha256sum </tmp/checksummed)
	pattern 16 >/tmp/pattern.out &
	pattern_pid=$!
	wait_for 30 test -s /tmp/pattern.out
	settle
	sheet >/tmp/sheet.before
	available_before=$(available_kb)
	trouble_before=$(dmesg | harmless | grep -cE "$TROUBLE")
}

available_is_back()
{
	now=$(available_kb)
	echo "available before: $available_before kB, now: $now kB"
	part=100
	# KASAN keeps freed memory for a while, and kmemleak its notes.
	[ ! -e /sys/kernel/debug/kmemleak ] || part=20
	[ "$now" -ge $((available_before - available_before / part)) ]
}

no_trouble()
{
	dmesg | harmless | grep -E "$TROUBLE" | tail -n +$((trouble_before + 1)) >/tmp/trouble
	cat /tmp/trouble
	[ ! -s /tmp/trouble ]
}

# Memory that nobody has a pointer to any more is a leak if it is so twice: a
# pointer may have been on its way when kmemleak looked.
no_leak()
{
	echo scan >/sys/kernel/debug/kmemleak
	sleep 5
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
	[ -z "$(head -n 1 /sys/kernel/debug/kmemleak)" ]
}

# What only a kernel looks for that was built for it (scripts/debug-kernel).
debug_balance()
{
	[ ! -e /sys/kernel/debug/kmemleak ] || check "nothing has leaked" no_leak
	[ ! -e /proc/lockdep_stats ] ||
		check "lockdep has looked at all locks until now" \
			grep -q 'debug_locks: *1' /proc/lockdep_stats
}

pattern_is_right()
{
	kill -TERM "$pattern_pid" && wait "$pattern_pid"
}

# balance - after the last twin has gone
balance()
{
	settle
	sheet >/tmp/sheet.after
	check "CPUs, irqs, /proc/iomem and open files are as before" \
		diff /tmp/sheet.before /tmp/sheet.after
	check "the memory is back, within 1 %" available_is_back
	is "a file on the host kept its checksum" \
		"$(sha256sum </tmp/checksummed)" "$checksum"
	check "a memory pattern on the host stayed right" pattern_is_right
	debug_balance
	check "the host's log has no new warning" no_trouble
	for log in /run/*.log; do
		[ -e "$log" ] || continue
		twin=$(basename "$log" .log)
		check "the log of twin $twin has no warning" twin_has_no_trouble "$twin"
	done
}
