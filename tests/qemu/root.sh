# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A Debian with systemd as the root of a twin, by `twinctl run --root` alone, in the host's
# own kernel: from a disk, and from a directory, which is the same disk mounted here.
# Each time it comes up whole at the terminal, has a network, and powers off in order.
# Wants --devices, --host-modules, --image build/debian.ext4, the host's kernel as /twins/1,
# and the agent, virtiofsd and e2fsck as --program.
# rig.mode=OPTION,VALUE: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
image=/dev/vda
# virtiofsd has a root of its own, and the first file system of all can't be moved away.
top=/run/top
deb=$top/mnt

install_all()
{
	mkdir -p /boot $top && ln /twins/1 "/boot/vmlinuz-$(uname -r)" &&
		mv /bin/twinos-agent /usr/lib/twinos/twinos-agent &&
		mkdir -p /mnt && mount --rbind / $top
}

twinctl()
{
	chroot $top /bin/twinctl "$@"
}

# run NAME OPTION... - at a terminal
run()
{
	name=$1
	shift
	# shellcheck disable=SC2086
	sit "$name" pty 50 $SEAT_COLUMNS chroot $top /bin/twinctl run --name "$name" \
		$mode --memory 512M --net host=10.77.0.1/24 "$@"
}

log_in()
{
	enter "$1" root
	wait_for 120 shows "$1" 'root@twin:.*# $' || return
	# What a script types is no history, and no exclamation of its own.
	enter "$1" 'unset HISTFILE; set +H'
}

# Says which units have failed, if some have.
system_runs()
{
	in_twin "$1" 'systemctl is-system-running --wait' || {
		in_twin "$1" 'systemctl --failed --no-legend --plain --no-pager'
		return 1
	}
}

# asks_who NAME - who logs in; else how far it got
asks_who()
{
	wait_for 300 shows "$1" 'twin login: ' || {
		seen "$1" | tail -n 20
		return 1
	}
}

# comes_up NAME ROOT_PATTERN
comes_up()
{
	check "$1: Debian asks who logs in" asks_who "$1"
	check "$1: root logs in" log_in "$1"
	check "$1: systemd says that all runs" system_runs "$1"
	check "$1: it is in multi-user.target" in_twin "$1" 'systemctl is-active multi-user.target'
	check "$1: / is what was given" in_twin "$1" "grep '^$2' /proc/mounts"
	check "$1: its address is the one for it" in_twin "$1" \
		"ip -4 addr show eth0 | grep 'inet 10.77.0.2/24'"
	check "$1: it pings this host" in_twin "$1" 'ping -c 3 -i 0.2 -W 20 10.77.0.1'
	is "$1: twinctl exec needs nothing in it" \
		"$(twinctl exec "$1" -- cat /proc/1/comm </dev/null)" systemd
	note "$(in_twin "$1" 'systemd-analyze time' | head -n 1)"
	note "$(cd "/sys/class/twinos/$1/doorbell" && grep . -- *_helped | tr '\n' ' ')"
}

# goes_down NAME - whoever asked it to may stop it before it is seen to have halted
goes_down()
{
	check "$1: its command ends with it" wait_for 60 ends "$1"
	check "$1: which says so" shows "$1" "twin '$1' \(has halted\|was stopped\)"
	check "$1: it was in order" sh -c \
		"chroot $top /bin/twinctl dmesg --last $1 | grep 'systemd-shutdown.*: Powering off'"
}

# One that was not unmounted is right as well, but for its journal.
disk_is_clean()
{
	e2fsck -fn $image >/tmp/fsck.out 2>&1
	status=$?
	cat /tmp/fsck.out
	[ $status = 0 ] && ! grep -q 'journal recovery' /tmp/fsck.out
}

# As a directory it is no disk that could be checked, and its network asks.
set_up_directory()
{
	mount -t ext4 $image $deb && : >$deb/etc/fstab &&
		printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n' >$deb/etc/systemd/network/eth0.network
}

load_module
check "all is installed" install_all
record

run image --root $image
comes_up image '/dev/vda / ext4 rw,'
refuse 3 'in use' chroot $top /bin/twinctl run --root $image -- true
check "image: it is asked to power off" twinctl shutdown image
goes_down image
check "image: its file system is clean" disk_is_clean

check "the disk is mounted here" set_up_directory
run directory --root /mnt
comes_up directory 'twinroot / virtiofs rw,'
# reads TEXT - it has seen that
reads()
{
	in_twin directory 'cat /root/changing' | grep -x "$1"
}

echo one >$deb/root/changing
check "directory: it reads a file" reads one
echo two >$deb/root/changing
sleep 2
check "directory: and what has become of it" reads two
check "directory: what it writes" in_twin directory 'uname -r >/root/written'
enter directory poweroff
goes_down directory
is "directory: is here" "$(cat $deb/root/written)" "$(uname -r)"
check "its daemon has gone" wait_for 10 sh -c '! pidof virtiofsd'

umount $deb
umount -l $top
rm -f /tmp/image.* /tmp/directory.*
balance
finish
