# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin whose devices are served by daemons: a directory of this host's and a qcow2 disk,
# each used both ways; what was written outlives the twin; a daemon is killed in the
# middle of traffic; one is not installed. Wants --devices, --program
# qemu-storage-daemon and --program virtiofsd.
# rig.mode=OPTION: how the twin has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
root=/run/root
shared=/tmp/shared
image=/tmp/disk.qcow2

# virtiofsd has a root of its own, and the first file system of all can't be moved away.
make_root()
{
	mkdir -p $root && mount --rbind / $root
}

leave_root()
{
	umount -l $root && rmdir $root
}

twinctl()
{
	chroot $root /bin/twinctl "$@"
}

# sum - of standard input
sum()
{
	sha256sum | cut -c 1-64
}

# The contents of a tree, in an order of their own.
tree_sums='find . -type f | sort | xargs sha256sum'

sum_tree()
{
	(cd "$1" && sh -c "$tree_sums" | sum)
}

sum_tree_in_twin()
{
	in_twin dev "cd $1 && $tree_sums | sha256sum; cd /" | cut -c 1-64
}

sum_in_twin()
{
	in_twin dev "$1 | sha256sum" | cut -c 1-64
}

make_tree()
{
	mkdir -p "$1/a/b" "$1/empty"
	head -c 3000000 /dev/urandom >"$1/large"
	for n in $(seq 100); do
		head -c $((n * 37)) /dev/urandom >"$1/a/b/small$n"
	done
	ln -s a/b/small7 "$1/link"
}

device_line()
{
	twinctl device list dev | grep "^$1 "
}

in_use()
{
	device_line "$1" | grep 'in use'
}

is_lost()
{
	device_line "$1" | grep 'idle.*nobody serves it any more'
}

all_in_use()
{
	for device in share0 fixed disk0; do
		wait_for 30 in_use $device || return
	done
}

start()
{
	# shellcheck disable=SC2086
	start_twin dev devices $mode --memory 256M --share $shared:data \
		--share $shared/tree:fixed,ro,name=fixed \
		--disk $image,format=qcow2 && wait_for 60 said dev 'TWIN devices up' &&
		sit_at dev && wait_for 60 shows dev '/ #' && all_in_use
}

stop()
{
	twinctl stop dev && wait_for 30 ends dev
}

use_share()
{
	check "it mounts a directory" in_twin dev \
		'mkdir -p /mnt /ro && mount -t virtiofs data /mnt'
	is "the tree there is the host's" "$(sum_tree_in_twin /mnt/tree)" \
		"$(sum_tree $shared/tree)"
	check "a tree comes from there" in_twin dev \
		'mkdir /tmp/here && tar c -C /mnt/tree . | tar x -C /tmp/here'
	is "as it is" "$(sum_tree_in_twin /tmp/here)" "$(sum_tree $shared/tree)"
	check "with its link" in_twin dev '[ "$(readlink /tmp/here/link)" = a/b/small7 ]'
	check "a tree goes there" in_twin dev \
		'head -c 2000000 /dev/urandom >/tmp/here/more; mkdir /mnt/back && tar c -C /tmp/here . | tar x -C /mnt/back; sync'
	is "as it is" "$(sum_tree $shared/back)" "$(sum_tree_in_twin /tmp/here)"
	check "what is removed is gone" in_twin dev 'rm -r /mnt/back'
	check "here as well" test ! -e $shared/back
}

use_read_only()
{
	check "it mounts another one" in_twin dev 'mount -t virtiofs fixed /ro'
	is "and reads it" "$(sum_tree_in_twin /ro)" "$(sum_tree $shared/tree)"
	check "but can't write there" in_twin dev \
		'touch /ro/new 2>&1 | grep "Read-only file system"; ! echo x >/ro/large'
	check "nothing has changed" test ! -e $shared/tree/new
}

use_disk()
{
	check "it writes to its disk" in_twin dev \
		'head -c 4194304 /dev/urandom >/tmp/data; dd if=/tmp/data of=/dev/vda bs=64k conv=fsync'
	in_twin dev 'echo 3 >/proc/sys/vm/drop_caches'
	written=$(sum_in_twin 'cat /tmp/data')
	is "and reads it" "$(sum_in_twin 'head -c 4194304 /dev/vda')" "$written"
	check "the image has grown" [ "$(wc -c <$image)" -gt 4194304 ]
}

# A driver that lets go of its device ends the daemon, and finds another one.
take_disk_again()
{
	check "the disk's driver lets go of it, and takes it again" in_twin dev \
		'd=$(basename "$(readlink /sys/block/vda/device)"); cd /sys/bus/virtio/drivers/virtio_blk; echo $d >unbind; ! test -e /dev/vda && echo $d >bind; cd /'
	check "it is in use" wait_for 30 in_use disk0
	is "the disk is as it was" "$(sum_in_twin 'head -c 4194304 /dev/vda')" "$written"
}

# No daemon and nothing that belonged to one.
nothing_left()
{
	ps | grep -E 'virtiofsd|qemu-storage-daemo[n]' | grep -v -e grep -e '\[' && return 1
	! ls -d /run/twinos/daemon.* 2>/dev/null
}

# begin NAME COMMAND - there, in the background; it says so when it is done
begin()
{
	in_twin dev "{ $2; echo $1 is done >/dev/kmsg; } >/dev/null 2>&1 & true"
}

kill_disk()
{
	begin traffic 'while dd if=/dev/urandom of=/dev/vda bs=64k count=64 oflag=direct; do true; done'
	sleep 2
	check "the disk's daemon is killed" kill -9 "$(pidof qemu-storage-daemon)"
	check "that is noticed" wait_for 10 is_lost disk0
	begin reader 'dd if=/dev/vda of=/dev/null bs=4k count=1 skip=9000 iflag=direct'
	sleep 3
	check "the twin runs" in_twin dev 'echo here'
	check "its requests wait" sh -c '! grep "is done" /run/dev.log'
	check "the directory is still there" in_twin dev 'cat /mnt/tree/large >/dev/null'
}

kill_share()
{
	begin copier 'while cp /mnt/tree/large /mnt/copy; do true; done'
	sleep 2
	# shellcheck disable=SC2046
	check "the directory's daemon is killed" kill -9 $(pidof virtiofsd)
	check "that is noticed" wait_for 10 is_lost share0
	begin lister 'ls /mnt/tree/a'
	sleep 3
	check "the twin runs" in_twin dev 'echo here'
	check "its requests wait" sh -c '! grep "is done" /run/dev.log'
}

# refused TEXT OPTION... - in one line that has TEXT
refused()
{
	line=$1
	shift
	twinctl start --name no --kernel /twins/1 --initrd /twins/initrd "$@" 2>&1 |
		tee /tmp/refused.out | grep -q -e "$line"
	found=$?
	cat /tmp/refused.out
	[ "$(wc -l </tmp/refused.out)" = 1 ] && return $found
}

refuse()
{
	check "a directory that is not there is refused" \
		refused "directory '/nowhere': No such file" --share /nowhere:data
	check "a file is" refused 'is no directory' --share $image:data
	check "an image that is none is" refused 'not in qcow2 format' \
		--disk /tmp/checksummed,format=qcow2
	check "a socket where nobody listens is" refused 'No such file' \
		--vhost-user-blk /run/nobody
	mv /bin/qemu-storage-daemon /bin/virtiofsd /run/
	check "without qemu-storage-daemon it says what to install" \
		refused 'install the package qemu-system-common' --disk $image,format=qcow2
	check "and without virtiofsd" \
		refused 'install the package qemu-system-common' --share $shared:data
	mv /run/qemu-storage-daemon /run/virtiofsd /bin/
}

load_module
make_root
make_tree $shared/tree
qcow2 $image 64
record
refuse
check "a twin with daemons starts" start
said dev 'TWIN devices up' || {
	cat /run/dev.log
	finish
}
twinctl device list dev | sed 's/^/# /'
use_share
use_read_only
use_disk
take_disk_again
check "it is stopped" stop
check "no daemon is left" wait_for 10 nothing_left
check "another one starts" start
is "the disk is as it was" "$(sum_in_twin 'head -c 4194304 /dev/vda')" "$written"
check "it mounts the directory" in_twin dev 'mkdir -p /mnt && mount -t virtiofs data /mnt'
kill_disk
kill_share
check "it is stopped all the same" stop
check "no daemon is left" wait_for 10 nothing_left
check "the disk can be used again" start
is "and be read" "$(sum_in_twin 'head -c 4194304 /dev/vda | wc -c')" \
	"$(echo 4194304 | sum)"
check "the process that holds the twin is killed" kill -9 "$(cat /sys/class/twinos/dev/owner)"
check "the twin goes" wait_for 30 test ! -e /sys/class/twinos/dev
check "no daemon is left" wait_for 10 nothing_left
wait_for 30 ends dev || leave dev
rm -rf $shared $image /tmp/*.out /tmp/dev.*
leave_root
balance
finish
