# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Disks of a twin: images, one of them read-only, and a disk of the host, used past its
# page cache. Written past the twin's own cache and verified; as a file system that is cut
# off in the middle of writes and has to have what was synced; over a restart; with io_uring
# forbidden, where that can be done; and what can't be a disk is refused. Wants --devices,
# --disk, --program mke2fs, e2fsck and debugfs.
# rig.mode=OPTION: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
sys=/sys/class/twinos/dev
uring=/proc/sys/kernel/io_uring_disabled
plain=/tmp/plain.img files=/tmp/files.img fixed=/tmp/fixed.img
# The shell prefers busybox's.
mke2fs=/bin/mke2fs
KEPT='kept1 kept2 kept3 kept4 kept5 kept6'

# In the twin: vda, vdb, vdc, vdd.
start()
{
	# shellcheck disable=SC2086
	start_twin dev devices $mode --memory 256M --disk $plain,busy-poll=200 \
		--disk $files,name=files --disk $fixed,ro --disk /dev/vda,direct "$@"
}

# sit_down - at the terminal of a life that has begun
sit_down()
{
	check "$1: its shell answers" sit_at dev
	wait_for 60 shows dev '/ #'
	# The drivers are there, but the devices may come later.
	check "$1: it has its disks" wait_for 60 in_twin dev 'test -b /dev/vdd'
}

begin()
{
	what=$1
	shift
	check "$what: a twin with disks starts" start "$@"
	wait_for 60 said dev 'TWIN devices up'
	sit_down "$what"
}

# stop WHAT - and leave its terminal
stop()
{
	check "$1" twinctl stop dev
	wait_for 10 ends dev || leave dev
}

# rings - of io_uring, that anybody has
rings()
{
	open_files 'anon_inode:\[io_uring\]' | wc -l
}

# past_cache FILE - the twin's holder has it open with O_DIRECT
past_cache()
{
	for fd in "/proc/$(cat $sys/owner)/fd/"*; do
		[ "$(readlink "$fd")" = "$1" ] || continue
		grep -q '^flags:.*4....$' "${fd%/fd/*}/fdinfo/${fd##*/}"
		return
	done
	return 1
}

sum()
{
	sha256sum "$1" | cut -c 1-64
}

sum_in_twin()
{
	in_twin dev "sha256sum $1" | cut -c 1-64
}

# write_past_cache WHAT SECONDS - by four at a time, so that many requests are under way
write_past_cache()
{
	check "$1: four write to one disk and one to another, and verify" in_twin dev \
		'(for i in 0 1 2 3; do disk /dev/vda '"$2"' $i 0 $((i * 4096)) 4096 >/tmp/$i.out & p="$p $!"; done; disk /dev/vdd '"$2"' 9 >/tmp/9.out & p="$p $!"; for i in $p; do wait $i || exit 1; done)'
	in_twin dev 'tail -qn 1 /tmp/?.out' | sed 's/^/# /'
	is "$1: the image has what the twin reads" "$(sum $plain)" "$(sum_in_twin /dev/vda)"
	is "$1: so has the disk" "$(sum /dev/vda)" "$(sum_in_twin /dev/vdd)"
}

read_only()
{
	is "it knows that a disk is read-only" "$(in_twin dev 'cat /sys/block/vdc/ro')" 1
	check "a write to it fails" in_twin dev \
		'! dd if=/dev/zero of=/dev/vdc bs=4k count=1 conv=fsync'
	is "it reads it" "$(sum_in_twin /dev/vdc)" "$fixed_sum"
}

mount_files()
{
	check "$1: it mounts its file system" in_twin dev \
		'mkdir -p /mnt && mount -t ext4 /dev/vdb /mnt'
}

# In the background, for as long as it lives. Some are synced as well.
keep_writing()
{
	in_twin dev '{ while true; do for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/lost$i bs=64k count=32; mkdir /mnt/d$i; mv /mnt/lost$i /mnt/d$i; rm -r /mnt/d$i; done; sync; done; } >/dev/null 2>&1 & true'
	in_twin dev '{ disk /dev/vda 0 77; } >/dev/null 2>&1 & true'
}

write_files()
{
	mount_files "$1"
	for file in $KEPT; do
		check "$file is written and synced" in_twin dev \
			"dd if=/dev/urandom of=/mnt/$file bs=12345 count=$((${file#kept} * 37)) conv=fsync"
	done
	in_twin dev "cd /mnt && sha256sum $KEPT; cd /" >/tmp/kept.sums
	is "they have sums" "$(grep -c '^[0-9a-f]\{64\}  kept' /tmp/kept.sums)" 6
}

files_are_whole()
{
	in_twin dev "cd /mnt && sha256sum $KEPT; cd /" | diff /tmp/kept.sums -
}

# Without a kernel's help.
recover()
{
	cp $files /tmp/copy.img
	e2fsck -p /tmp/copy.img >/tmp/e2fsck.out 2>&1
	code=$?
	sed 's/^/# /' /tmp/e2fsck.out
	check "its journal is played back" test $code -le 1
	check "which leaves nothing to be mended" e2fsck -fn /tmp/copy.img
	mkdir -p /tmp/kept
	for file in $KEPT; do
		debugfs -R "dump $file /tmp/kept/$file" /tmp/copy.img 2>/dev/null
	done
	check "what was synced is whole" sh -c 'cd /tmp/kept && sha256sum -c /tmp/kept.sums'
	rm -r /tmp/kept /tmp/copy.img
}

lives()
{
	[ "$(cut -d' ' -f2 $sys/changes | grep -cx running)" -ge "$1" ]
}

panic()
{
	keep_writing
	sleep 2
	enter dev 'echo c >/proc/sysrq-trigger'
	check "it panics, and is started anew" wait_for 60 lives 2
	follow_twin dev
	check "with its disks" wait_for 90 said dev 'TWIN devices up'
	wait_for 10 ends dev || leave dev
	sit_down "second life"
	mount_files "second life"
	check "second life: what was synced is whole" files_are_whole
	check "second life: it unmounts it" in_twin dev 'umount /mnt'
	check "and nothing is to be mended" e2fsck -fn $files
	write_past_cache "second life" 3
	read_only
}

# refuse_disk CODE PATTERN DISK
refuse_disk()
{
	# shellcheck disable=SC2086
	refuse "$1" "$2" twinctl start --name bad --kernel /twins/1 --initrd /twins/initrd \
		$mode --memory 128M --disk "$3"
}

refuse_bad_files()
{
	mkdir /tmp/bad
	refuse_disk 3 'No such file' /tmp/bad/nothing
	refuse_disk 3 'neither a regular file nor a block device' /tmp/bad
	refuse_disk 3 'neither a regular file nor a block device' /dev/null
	: >/tmp/bad/empty
	refuse_disk 3 'truncate -s' /tmp/bad/empty
	truncate -s 1000001 /tmp/bad/odd
	refuse_disk 3 'multiple of 512' /tmp/bad/odd
	{ printf 'QFI\373\0\0\0\3'; head -c 65528 /dev/zero; } >/tmp/bad/qcow2
	refuse_disk 3 'qcow2' /tmp/bad/qcow2
	refuse_disk 1 'install the package qemu-system-common' /tmp/bad/qcow2,format=qcow2
	refuse_disk 2 'not known' /tmp/bad/qcow2,cache=none
	refuse_disk 3 'knows no direct I/O' $fixed,direct
	rm -r /tmp/bad
}

refuse_not_ours()
{
	mkdir /tmp/sealed
	mount -t tmpfs sealed /tmp/sealed
	truncate -s 1M /tmp/sealed/image
	mount -o remount,ro /tmp/sealed
	refuse_disk 3 "',ro'" /tmp/sealed/image
	umount /tmp/sealed
	rmdir /tmp/sealed
	$mke2fs -q -t ext4 /dev/vda
	mkdir -p /tmp/mounted
	mount -t ext4 /dev/vda /tmp/mounted
	refuse_disk 3 'mounted' /dev/vda
	umount /tmp/mounted
	rmdir /tmp/mounted
}

load_module
truncate -s 64M $plain
truncate -s 48M $files
head -c 1048576 /dev/urandom >$fixed
fixed_sum=$(sum $fixed)
check "there is a file system" $mke2fs -q -t ext4 $files
record
refuse_bad_files
refuse_not_ours

begin "first life"
twinctl device list dev | sed 's/^/# /'
is "each disk has a ring" "$(rings)" 4
is "it knows them apart" "$(in_twin dev 'cat /sys/block/vd?/serial')" \
	disk0filesdisk1disk2
check "one is used past the page cache" past_cache /dev/vda
check "the others are not" fails past_cache $plain
refuse_disk 3 'locked' $plain
refuse_disk 3 'locked' $files
refuse_disk 3 'writes to it' $files,ro
refuse_disk 3 'in use' /dev/vda
refuse_disk 3 'locked' $fixed
write_past_cache "first life" 10
read_only
write_files "first life"
for counter in kicks_helped calls_helped bad_targets; do
	is "$counter" "$(cat "$sys/doorbell/$counter")" 0
done
keep_writing
sleep 3
stop "it is stopped in the middle of writes"
recover

begin "another twin" --restart on-failure --restart-limit 1
mount_files "another twin"
check "what was synced is whole" files_are_whole
panic
stop "that is stopped as well"

if [ -e $uring ]; then
	echo 2 >$uring
	begin "without io_uring"
	is "there is no ring" "$(rings)" 0
	mount_files "without io_uring"
	check "what was synced is whole" files_are_whole
	write_past_cache "without io_uring" 5
	keep_writing
	sleep 2
	stop "it is stopped in the middle of writes, too"
	echo 0 >$uring
	recover
fi
is "nobody has written to the read-only one" "$(sum $fixed)" "$fixed_sum"
rm -f $plain $files $fixed /tmp/*.out /tmp/dev.*
balance
finish
