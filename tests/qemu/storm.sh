# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# All devices of a twin at once, while the doorbells of both kernels move between CPUs that
# go offline and online: every byte arrives, and no interrupt is lost. Wants --smp 4 for a
# twin with CPUs 1 and 2 of its own, --devices, --program and --twin-program socat.
# rig.seconds=N [60]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/traffic.sh
. /lib/traffic.sh

seconds=$(option seconds 60)
sys=/sys/class/twinos/storm
moved=0

move()
{
	echo "$1" >"/proc/irq/$irq/smp_affinity_list" || return
	moved=$((moved + 1))
	usleep 50000
}

# Also as the CPU goes offline on which it is.
move_host()
{
	until=$(($(uptime_cs) + seconds * 100))
	while [ "$(uptime_cs)" -lt $until ]; do
		move 3 && move 0 && move 3 || return
		echo 0 >/sys/devices/system/cpu/cpu3/online || return
		usleep 100000
		echo 1 >/sys/devices/system/cpu/cpu3/online || return
		usleep 100000
	done
}

load_module
truncate -s 64M /tmp/disk.img
record
serve_traffic
check "a twin with devices starts" start_twin storm 'devices twin.moves=y' --cpus 1-2 \
	--memory 256M --disk /tmp/disk.img --net host=10.77.0.1/24 --vsock 77 --rng
check "traffic of all kinds" start_traffic storm "$seconds"
irq=$(cat $sys/doorbell/irq)
check "the host's doorbell moves" move_host
note "$moved times; $(grep -c 'TWIN doorbell moved' /run/storm.log) reports of moves in the twin"
for kind in $KINDS; do
	check "$kind: all that was sent came right" went_well $kind
done
check "the twin's doorbell has moved" said storm 'TWIN doorbell moved=[1-9]'
check "and none of its moves has failed" fails said storm 'TWIN fault'
for counter in kicks_helped calls_helped bad_targets; do
	is "$counter" "$(cat $sys/doorbell/$counter)" 0
done
check "it is stopped" twinctl stop storm
end_traffic
rm -f /tmp/disk.img
balance
finish
