# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin runs Debian with systemd from a disk: it comes up whole, is logged in to, has a
# network over which apt fetches, has fio verify a disk, and powers off in order, with its
# file system clean.
# Wants --devices, --image build/debian.ext4 (scripts/debian-image) and --program e2fsck.
# rig.mode=WORD,WORD...: how it has its CPU [--cpus,1]; rig.image=DEVICE [/dev/vda]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
image=$(option image /dev/vda)
web=/tmp/web
load=$web/twin-load_1_all.deb
TWIN_APPEND="$TWIN_APPEND net.ifnames=0"

# sum FILE
sum()
{
	sha256sum <"$1" | cut -c 1-64
}

size()
{
	wc -c <"$1" | tr -d ' '
}

# A package that apt can fetch and verify, though not install.
describe_load()
{
	cat <<-TEXT
		Package: twin-load
		Version: 1
		Architecture: all
		Maintainer: nobody <nobody@localhost>
		Description: bytes to fetch
		Filename: ./${load##*/}
		Size: $(size $load)
		SHA256: $(sum $load)
	TEXT
}

# The twin's clock may be a little late, and then a date of now is not valid yet.
describe_repository()
{
	cat <<-TEXT
		Date: $(date -u -R -d "@$(($(date +%s) - 86400))")
		SHA256:
		 $(sum $web/Packages) $(size $web/Packages) Packages
	TEXT
}

make_repository()
{
	mkdir -p $web
	head -c 8388608 /dev/urandom >$load
	describe_load >$web/Packages
	describe_repository >$web/Release
}

log_in()
{
	enter deb root
	wait_for 120 shows deb 'root@twin:.*# $' || return
	# What a script types is no history, and no exclamation of its own.
	enter deb 'unset HISTFILE; set +H'
}

# Says which units have failed, if some have.
system_runs()
{
	in_twin deb 'systemctl is-system-running --wait' || {
		in_twin deb 'systemctl --failed --no-legend --plain --no-pager'
		return 1
	}
}

# apt may be content with a failure, and then has no list.
fetch_list()
{
	in_twin deb 'apt-get update' &&
		in_twin deb "apt-cache show twin-load | grep -q $(sum $load)"
}

# Requests of all sizes, past the cache, 16 at a time; each block has its sum in it.
fio_verifies()
{
	in_twin deb 'fio --name=disk --filename=/dev/vdb --rw=randrw --bsrange=512-64k --direct=1 --ioengine=libaio --iodepth=16 --fsync=32 --verify=crc32c --verify_backlog=64 --verify_fatal=1 --output=/tmp/fio.out' || return
	in_twin deb 'grep "err= 0" /tmp/fio.out && ! grep "err= [1-9]" /tmp/fio.out'
}

gone()
{
	[ ! -e /sys/class/twinos/deb ]
}

halted()
{
	wait_for 10 test -e /tmp/waiter.code && [ "$(cat /tmp/waiter.code)" = 0 ]
}

# One that was not unmounted is right as well, but for its journal.
disk_is_clean()
{
	e2fsck -fn "$image" >/tmp/fsck.out 2>&1
	status=$?
	cat /tmp/fsck.out
	[ $status = 0 ] && ! grep -q 'journal recovery' /tmp/fsck.out
}

# saved FILE - on the twin's disk, as this host sees it
saved()
{
	mkdir -p /mnt
	mount -t ext4 -o ro "$image" /mnt || return
	found=$(sum "/mnt$1")
	umount /mnt
	[ "$found" = "$(sum $load)" ]
}

load_module
make_repository
truncate -s 32M /tmp/fio.img
httpd -f -p 8080 -h $web &
httpd=$!
record
# shellcheck disable=SC2086
check "a twin starts" start_twin deb root $mode --memory 768M --disk "$image" \
	--disk /tmp/fio.img --net host=10.77.0.1/24 --vsock 4 --rng
check "its first user space runs" wait_for 60 said deb 'TWIN facts end'
gone && finish
job waiter twinctl wait deb
sit_at deb
check "Debian asks who logs in" wait_for 300 shows deb 'twin login: '
check "root logs in" log_in
check "systemd says that all runs" system_runs
check "/ is its disk" in_twin deb "grep '^/dev/vda / ext4 rw,' /proc/mounts"
check "it has vsock" in_twin deb 'test -c /dev/vsock'
check "it pings this host" in_twin deb 'ping -c 5 -i 0.2 -W 20 10.77.0.1'
check "this host pings it" ping -c 5 -i 0.2 -W 20 10.77.0.2
check "apt-get update fetches a list" fetch_list
check "apt-get download fetches 8 MiB" in_twin deb 'cd /root && apt-get download twin-load'
check "its disk has them right" in_twin deb \
	"sync && echo 3 >/proc/sys/vm/drop_caches && sha256sum /root/${load##*/} | grep $(sum $load)"
check "fio writes to another disk at random and verifies it" fio_verifies
note "$(in_twin deb 'grep -h " IOPS=" /tmp/fio.out | tr "\n" " "')"
note "$(in_twin deb 'systemd-analyze time' | head -n 1)"
note "$(cd /sys/class/twinos/deb/doorbell && grep . -- *_helped | tr '\n' ' ')"
enter deb poweroff
check "it powers off" wait_for 120 gone
gone || twinctl stop deb
check "it halted, in twinctl's words" halted
check "and did so in order" wait_for 10 said deb 'systemd-shutdown.*: Powering off'
check "its file system is clean" disk_is_clean
check "and has what was fetched" saved "/root/${load##*/}"
check "its terminal is closed" wait_for 20 ends deb
kill $httpd
balance
rm -rf $web /tmp/fio.img
finish
