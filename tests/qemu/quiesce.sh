# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Twins that end in the middle of traffic, by a stop, a panic, and a panic after which they
# are started anew: no back end writes to the memory of a twin that has stopped, and all
# comes back. Wants --devices, --program and --twin-program socat.
# rig.rounds=N [6]; rig.mode=OPTION: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/traffic.sh
. /lib/traffic.sh

mode=$(option mode --cpus,1 | tr , ' ')
rounds=$(option rounds 6)

start()
{
	# shellcheck disable=SC2086
	start_twin quiet devices $mode --memory 192M --disk /tmp/disk.img \
		--net host=10.77.0.1/24 --vsock 77 "$@"
}

# In the shell's variables: job's shells are gone with the twin.
end_jobs()
{
	for kind in $KINDS; do
		wait_for 30 test -e "/tmp/$kind.code" ||
			kill -KILL "$(cat "/tmp/$kind.pid")"
	done
}

panic()
{
	job panic twinctl exec quiet -- sh -c 'echo c >/proc/sysrq-trigger'
}

has_stopped()
{
	[ "$(cat /sys/class/twinos/quiet/state)" = stopped ]
}

memory_sum()
{
	twinctl dump --force quiet /tmp/quiet.vmcore >/dev/null 2>&1 &&
		sha256sum </tmp/quiet.vmcore
	rm -f /tmp/quiet.vmcore
}

by_stop()
{
	check "round $1: a twin with traffic" begin
	check "is stopped" twinctl stop quiet
}

by_panic()
{
	check "round $1: a twin with traffic" begin
	panic
	check "panics and is stopped" wait_for 60 has_stopped
	before=$(memory_sum)
	sleep 2
	is "nobody writes to its memory any more" "$(memory_sum)" "$before"
	check "and it is let go" twinctl stop quiet
}

by_restart()
{
	check "round $1: a twin with traffic" begin --restart on-failure
	panic
	end_jobs
	check "is started anew" wait_for 90 lives_again
	check "and has traffic again" start_traffic quiet
	sleep 2
	check "until it is stopped" twinctl stop quiet
}

# Its second life runs.
lives_again()
{
	[ "$(cut -d' ' -f2 /sys/class/twinos/quiet/changes | grep -cx running)" -ge 2 ]
}

begin()
{
	start "$@" && start_traffic quiet && sleep "0.$((round % 10))"
}

load_module
truncate -s 64M /tmp/disk.img
record
serve_traffic
for round in $(seq "$rounds"); do
	case $((round % 3)) in
	0) by_restart "$round" ;;
	1) by_stop "$round" ;;
	2) by_panic "$round" ;;
	esac
	end_jobs
	check "nothing of it is left" sh -c '! ip link | grep ": tw"; test ! -e /sys/class/twinos/quiet'
done
end_traffic
rm -f /tmp/disk.img
# A panic is no trouble here.
sed -i '/Kernel panic\|sysrq: Trigger a crash\|Call Trace/d' /run/quiet.log
balance
finish
