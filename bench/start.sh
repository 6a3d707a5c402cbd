# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs on the host in the virtual machine and prints samples, lines that begin
# with BENCH; bench/values.awk makes values of them. With kexec it ends by leaving the
# host's kernel, so that those that kexec starts write the verdict.
# rig.times=N: samples of each [5]; rig.parts: which of start,load,kexec; twins only if
# it is asked for
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu

times=$(option times 5)
parts=$(option parts start,load,kexec)
FIRST_CPU=2
TWINS=4

wants()
{
	case ,$parts, in
	*,$1,*) ;;
	*) return 1 ;;
	esac
}

# When the twin's user space began, by its own log.
began()
{
	twinctl dmesg "$1" 2>/dev/null | sed -n 's/.*BENCH user \([0-9]*\).*/\1/p'
}

is_up()
{
	[ -n "$(began "$1")" ]
}

# Looks seldom: looking takes time that the twin should have.
wait_until_up()
{
	for _ in $(seq 20); do
		sleep 3
		! is_up "$1" || return 0
	done
	echo "no word from the user space of twin $1"
	return 1
}

# measure_start SERIES NAME CPU OPTION... - the twin is left running
measure_start()
{
	series=$1 name=$2 cpu=$3
	shift 3
	called=$(tsc)
	twinctl start --name "$name" --kernel /twins/1 --initrd /twins/initrd \
		--cpus "$cpu-$cpu" --append bench=twin "$@" >/dev/null || return
	returned=$(tsc)
	wait_until_up "$name" || return
	echo "BENCH start $series $called $returned $(began "$name")"
}

# measure_entry ENTRY
measure_entry()
{
	measure_start "twin-$1" bench $FIRST_CPU --entry "$1" --memory 512M &&
		twinctl stop bench >/dev/null
}

# One after the other, each beside those before it.
measure_twins()
{
	for running in $(seq 0 $((TWINS - 1))); do
		measure_start "beside-$running" "twin$running" \
			$((FIRST_CPU + running)) --memory 256M || return
	done
	twinctl stop --all >/dev/null
}

insmod /lib/twinos.ko || exit
echo "BENCH khz $(dmesg | sed -n 's/.*tsc: Detected \([0-9]*\)\.\([0-9]*\) MHz.*/\1\2/p' | head -n 1)"
for _ in $(seq "$times"); do
	! wants start || { measure_entry elf && measure_entry bzimage; } || exit
	! wants twins || measure_twins || exit
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
