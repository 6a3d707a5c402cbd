# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Roots made of busybox: whose init runs, and that of a partition; with one command
# in them, also one that can't be written; and what is none: each is told in one line and
# by the exit code. Wants --devices, --host-modules, the host's kernel as /twins/1, and the
# agent, virtiofsd and mke2fs as --program.
# rig.mode=OPTION,VALUE: how a twin has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode --cpus,1 | tr , ' ')
# virtiofsd has a root of its own, and the first file system of all can't be moved away.
top=/run/top
tree=/tmp/tree
image=/tmp/image
release=$(uname -r)

install_all()
{
	mkdir -p /boot $top && ln /twins/1 "/boot/vmlinuz-$release" &&
		mv /bin/twinos-agent /usr/lib/twinos/twinos-agent &&
		mount --rbind / $top
}

# Its init says who it is, and powers off.
make_tree()
{
	for dir in bin dev etc proc root run sbin sys tmp; do
		mkdir -p $tree/$dir
	done
	cp /bin/busybox $tree/bin/ && ln -s busybox $tree/bin/sh
	echo root:x:0:0:root:/root:/bin/sh >$tree/etc/passwd
	echo tree >$tree/etc/marker
	cat >$tree/sbin/init <<-'TEXT'
		#!/bin/sh
		echo "TREE init=$$ $(/bin/busybox cat /etc/marker)" >/dev/kmsg
		exec /bin/busybox poweroff -f
	TEXT
	chmod 755 $tree/sbin/init
}

# make_image - two partitions, the first one with nothing, the second one with the tree
make_image()
{
	truncate -s 12M $image
	{
		printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\010\0\0'
		printf '\0\0\0\0\203\0\0\0\0\020\0\0\0\120\0\0'
		head -c 32 /dev/zero
		printf '\125\252'
	} | dd of=$image bs=1 seek=446 conv=notrunc 2>/dev/null
	/bin/mke2fs -q -t ext4 -d $tree -E offset=2097152 $image 10M
}

run()
{
	# shellcheck disable=SC2086
	timeout 60 chroot $top /bin/twinctl run --memory 128M $mode "$@" </dev/null
}

# boots ROOT - its init
boots()
{
	run --root "$1" >/tmp/boots.out 2>&1
	status=$?
	tail -n 25 /tmp/boots.out
	[ $status = 0 ] && grep 'TREE init=1 tree' /tmp/boots.out
}

# says CODE PATTERN OPTION... - the last line does, without a command or with one
says()
{
	wanted=$1
	pattern=$2
	shift 2
	run "$@" >/tmp/says.out 2>&1
	status=$?
	tail -n 3 /tmp/says.out
	[ $status = "$wanted" ] && tail -n 1 /tmp/says.out | grep "^twinctl: .*$pattern"
}

# refused CODE PATTERN OPTION...
refused()
{
	code=$1
	text=$2
	shift 2
	# shellcheck disable=SC2086
	refuse "$code" "$text" chroot $top /bin/twinctl run --memory 128M $mode "$@"
}

load_module
check "all is installed" install_all
check "a root is made" make_tree
check "and an image with it" make_image
head -c 1048576 /dev/zero >/tmp/nothing
mkdir -p /tmp/empty
record

check "the init of a directory runs" boots $tree
check "and that of a partition, which is found" boots $image
is "a command runs in a directory" "$(run --root $tree -- sh -c 'echo $$ >/root/made; cat /etc/marker' 2>&1)" tree
check "and writes there" test -s $tree/root/made
is "in one that is read only" "$(run --root $tree,ro -- \
	sh -c '! touch /root/no 2>/dev/null && touch /tmp/yes && cat /etc/marker' 2>&1)" tree
check "it does not" test ! -e $tree/root/no
is "and on a partition" "$(run --root $image,partition=2 -- sh -c 'grep " / " /proc/mounts | tail -n 1 | cut -d " " -f 1' 2>&1)" \
	/dev/vda2

check "a partition without a file system is told" says 3 \
	'has no root: /dev/vda1 has no file system' --root $image,partition=1 -- true
check "one that is not there is" says 3 \
	'has no root: there is no /dev/vda7, of /dev/vda /dev/vda1 /dev/vda2' --root $image,partition=7
check "a disk without a file system is" says 3 \
	'has no root: /dev/vda has neither' --root /tmp/nothing
check "a directory without an init is" says 3 \
	'has no root: there is no /sbin/init' --root /tmp/empty
refused 3 "root '/tmp/none': No such file" --root /tmp/none
refused 3 'neither a regular file nor a block device' --root /dev/null
refused 2 "partition.* is for images" --root $tree,partition=1
mv /bin/virtiofsd /run/virtiofsd
refused 1 'install the package qemu-system-common' --root $tree
mv /run/virtiofsd /bin/virtiofsd
umount -l $top
rm -rf $tree $image /tmp/nothing /tmp/empty
balance
finish
