# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs do in a second on a CPU of the host and on one of a twin, in turn: those
# of stress-ng that are made of system calls, of memory and of neither.
# rig.times=N: samples of each [5]; rig.window: seconds of each [1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu

times=$(option times 5)
window=$(option window 1)
HOST_CPU=1
STRESSORS='get null pipe switch signal futex fork mmap fault malloc memcpy stream cpu'
# Small enough for many rounds in a second of an emulator.
SIZES='--mmap-bytes 4m --stream-l3-size 512k'

in_twin()
{
	twinctl exec bench -- "$@"
}

on_host()
{
	taskset -c $HOST_CPU "$@"
}

answers()
{
	twinctl exec --timeout 20 bench -- true
}

# sample SIDE STRESSOR - in a second of real time
sample()
{
	# shellcheck disable=SC2086
	"$1" stress-ng "--$2" 1 $SIZES --timeout "$window" --metrics --temp-path /tmp \
		>/tmp/stress 2>&1
	ops=$(awk -v name="$2" '$2 == "metrc:" && $4 == name { print $9 }' /tmp/stress)
	[ -n "$ops" ] || {
		not_ok "$1: $2"
		sed 's/^/#   /' /tmp/stress
		finish
	}
	echo "BENCH value $2-${1#*_} ops/s $ops"
}

load_module
start_twin bench devices --cpus 2-2 --memory 512M --vsock 77 && wait_for 60 answers || {
	not_ok "a twin with an agent"
	finish
}
for _ in $(seq "$times"); do
	for stressor in $STRESSORS; do
		sample on_host "$stressor"
		sample in_twin "$stressor"
	done
done
twinctl stop bench >/dev/null
ok "all was measured"
finish
