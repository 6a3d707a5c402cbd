# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# R2: the host's "all but self" IPIs stay away from a twin's core. With
# rig.broken=y the module is one that leaves lent CPUs present.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

calls=4000

host_calls()
{
	awk '/CAL:/ { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) sum += $i
		print sum }' /proc/interrupts
}

online()
{
	echo 1 >"/sys/devices/system/cpu/cpu$1/online"
}

next_report()
{
	wait_for 20 at_least_ticks one $(($(ticks one) + 2))
}

load_module
record
check "a twin starts" start_twin one tick --cpus 3, --memory 256M
check "it reports" wait_for 60 at_least_ticks one 3
host_before=$(host_calls)
twin_before=$(last one calls)
check "the host calls all its CPUs" cross_calls $calls
check "it goes on reporting" next_report
host=$(($(host_calls) - host_before))
twin=$(($(last one calls) - twin_before))
note "cross calls: $host on the host, $twin arrived at the twin's core"
check "the host made its cross calls" [ $host -gt 400 ]
if grep -q rig.broken=y /proc/cmdline; then
	check "without the fix they reach the twin's core" [ $twin -gt 40 ]
else
	check "they do not reach the twin's core" [ $twin -lt 20 ]
	check "nobody can bring its CPU online" fails online 3
fi
check "it stops" twinctl stop one
balance
finish
