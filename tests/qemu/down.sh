# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The host's own end, beside twins of both modes. Wants --smp 4. rig.how= says which:
# poweroff  the twins are stopped before; down.after looks at the host's log
# kexec     so are they before another kernel is started, which has all CPUs
# kdump     the host panics, and its crash kernel has its memory. Wants crashkernel=.
# For the last two --program kexec.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

how=$(option how poweroff)
next=$(mktemp -d)

# The next kernel's /init: it goes on with the numbers of our TAP.
fill_next()
{
	mkdir -p "$next/bin" "$next/dev" "$next/proc" "$next/sys"
	cp /bin/busybox "$next/bin/"
	cat >"$next/init" <<-TEXT
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin
		mount -t devtmpfs dev /dev
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		stty -F /dev/ttyS1 raw -echo
		stty -F /dev/ttyS2 raw -echo
		exec 3>/dev/ttyS1 >/dev/ttyS2 2>&1
		code=0
		check() { "\$@" && echo "ok $((tests + 3)) - $how: \$*" ||
			{ code=1; echo "not ok $((tests + 3)) - $how: \$*"; }; }
		cpus_are_there() { [ "\$(nproc)" = 4 ]; }
		dump_has_the_mark() { grep -q -a "down: mark [${mark%"${mark#?}"}]${mark#?}" /proc/vmcore; }
		check $1
		echo "1..$((tests + 3))"
		echo \$code >&3
		sync
		poweroff -f
	TEXT
	chmod 755 "$next/init"
	(cd "$next" && find . | cpio -o -H newc) >/tmp/next.cpio 2>/dev/null
}

# In the host's log, while no file has it: a pattern does not match itself.
mark=$(head -c 16 /dev/urandom | sha256sum | cut -c1-32)

load_module
check "a twin starts" start_twin one tick --cpus 1, --memory 128M
check "another one shares a CPU" start_twin two tick --shared 2 --memory 128M
check "both tick" sh -c '. /lib/lib.sh; wait_for 60 at_least_ticks one 2 && wait_for 60 at_least_ticks two 2'
echo "down: mark $mark" >/dev/kmsg
append='console=ttyS0 panic=-1'
case $how in
kexec)
	fill_next cpus_are_there
	check "the next kernel is loaded" kexec -l /twins/1 --initrd=/tmp/next.cpio --append="$append"
	note "kexec -e"
	kexec -e
	;;
kdump)
	fill_next dump_has_the_mark
	check "the crash kernel is loaded" kexec -p /twins/1 --initrd=/tmp/next.cpio --append="$append nr_cpus=1"
	note "panic"
	echo c >/proc/sysrq-trigger
	;;
esac
finish
