# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How late the host's threads of highest priority wake up, with a twin and without.
# rig.times=N: windows of each [5]; rig.mode: how the twin has its CPU, dedicated or
# shared [dedicated]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu

times=$(option times 5)
mode=$(option mode dedicated)
WINDOW=3 # seconds
LONGEST=50000 # us, in the histogram: what is later counts as the worst

# Two significant digits of each bucket do.
histogram()
{
	awk -v state="$1" '/^[0-9]/ {
			sum = 0
			for (i = 2; i <= NF; i++) sum += $i
			unit = 1
			while ($1 / unit >= 100) unit *= 10
			count[int($1 / unit) * unit] += sum
		}
		/^# Histogram Overflows:/ { for (i = 4; i <= NF; i++) beyond += $i }
		/^# Max Latencies:/ { for (i = 4; i <= NF; i++) if ($i > worst) worst = $i }
		END {
			if (beyond) count[worst] += beyond
			for (us in count)
				if (count[us])
					print "BENCH hist", state, us + 0, count[us]
			printf "BENCH value latency-%s ms %.3f\n", state, worst / 1000
		}' /tmp/cyclictest
}

# late STATE COMMAND... - one thread on each CPU that stays with the host, while COMMAND
# runs in the window
late()
{
	state=$1
	shift
	cyclictest -q -m -p 80 -i 1000 -a "$cpus" -t "$threads" -D $WINDOW -h $LONGEST \
		>/tmp/cyclictest 2>&1 &
	pid=$!
	sleep 1
	"$@" >/dev/null
	wait $pid || exit
	histogram "$state"
}

launch()
{
	twinctl start --name bench --kernel /twins/1 --initrd /twins/initrd \
		--memory "$memory" --append "$TWIN_APPEND twin.plan=spin twin.after=0" "$@"
}

spins()
{
	twinctl dmesg bench 2>/dev/null | grep -q 'TWIN spin'
}

# Looks seldom: looking takes time that the twin should have.
wait_until_it_spins()
{
	for _ in $(seq 24); do
		sleep 5
		! spins || return 0
	done
	echo "the twin does not spin"
	exit 1
}

# What the host does to lend a CPU and to have it back, with no twin.
hotplug()
{
	echo 0 >/sys/devices/system/cpu/cpu2/online
	echo 1 >/sys/devices/system/cpu/cpu2/online
}

# beside_program CPU STATE - a busy loop, but no twin
beside_program()
{
	taskset -c "$1" sh -c 'while :; do :; done' &
	program=$!
	late "$2" :
	kill $program
}

dedicated()
{
	late idle :
	late hotplug hotplug
	# The emulator has as much to do as with a busy twin, but there is none.
	beside_program 2 program
	late start launch --cpus 2-2
	wait_until_it_spins
	late twin :
	late stop twinctl stop bench
}

shared()
{
	late shared-idle :
	beside_program 0 shared-program
	launch --shared 0 >/dev/null || exit
	wait_until_it_spins
	late shared-twin :
	twinctl stop bench >/dev/null
}

cpus=0,1 threads=2 memory=512M
[ "$mode" = dedicated ] || cpus=0 threads=1 memory=128M
insmod /lib/twinos.ko || exit
for _ in $(seq "$times"); do
	"$mode"
done
