# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs on the host in the virtual machine and prints samples, lines that begin
# with BENCH; bench/report makes numbers of them. It ends by leaving the host's
# kernel, so that those that kexec starts write the verdict.
# rig.times=N: samples of each [5]; rig.parts: which of start,load,latency,kexec.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu

times=$(option times 5)
parts=$(option parts start,load,latency,kexec)
WINDOW=5 # seconds

wants()
{
	case ,$parts, in
	*,$1,*) ;;
	*) return 1 ;;
	esac
}

# launch PLAN ENTRY
launch()
{
	twinctl start --name bench --kernel /twins/1 --initrd /twins/initrd \
		--entry "$2" --cpus 2-2 --memory 512M --append "bench=$1" >/dev/null
}

# When the twin's user space began, by its own log.
began()
{
	twinctl dmesg bench 2>/dev/null | sed -n 's/.*BENCH user \([0-9]*\).*/\1/p'
}

is_up()
{
	[ -n "$(began)" ]
}

# Looks seldom: looking takes time that the twin should have.
wait_until_up()
{
	for _ in $(seq 12); do
		sleep 5
		! is_up || return 0
	done
	echo "no word from the twin's user space"
	return 1
}

# measure_start ENTRY
measure_start()
{
	called=$(tsc)
	launch twin "$1" || return
	returned=$(tsc)
	wait_until_up || return
	echo "BENCH start $1 $called $returned $(began)"
	twinctl stop bench >/dev/null
}

# The longest delay of a thread of highest priority on the CPUs that stay
# with the host, while COMMAND runs in the window: worst STATE COMMAND...
worst()
{
	state=$1
	shift
	cyclictest -q -m -p 80 -i 1000 -a 0,1 -t 2 -D $WINDOW >/tmp/worst 2>&1 &
	pid=$!
	sleep 1
	"$@" >/dev/null
	wait $pid
	sed -n 's/.*Max: *\([0-9]*\).*/\1/p' /tmp/worst | sort -n | tail -n 1 |
		sed "s/^/BENCH latency $state /"
}

# What the host does to lend a CPU and to have it back, with no twin.
hotplug()
{
	echo 0 >/sys/devices/system/cpu/cpu2/online
	echo 1 >/sys/devices/system/cpu/cpu2/online
}

measure_latency()
{
	worst idle :
	worst hotplug hotplug
	# The emulator has as much to do as with a busy twin, but there is none.
	taskset 4 sh -c 'while :; do :; done' &
	spinner=$!
	worst spinner :
	kill $spinner
	worst start launch spin auto
	wait_until_up || return
	worst run :
	worst stop twinctl stop bench
}

insmod /lib/twinos.ko || exit
echo "BENCH khz $(dmesg | sed -n 's/.*tsc: Detected \([0-9]*\)\.\([0-9]*\) MHz.*/\1\2/p' | head -n 1)"
echo "BENCH host $(uname -r)"
for _ in $(seq "$times"); do
	! wants start || { measure_start elf && measure_start bzimage; } || exit
	! wants latency || measure_latency || exit
done
! wants load || load /files/vmlinux /files/initrd-20M "$times" || exit
rmmod twinos || exit
wants kexec || exit 0

# A kernel that has one CPU is quicker to leave, too: these come last.
plan=
for _ in $(seq "$times"); do
	plan=kexec,${plan}kexec-one-cpu,
done
plan=$(echo "$plan" | tr , '\n' | sort | tr '\n' ,)
exec sh /bin/jump "${plan#,}end"
