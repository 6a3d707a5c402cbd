# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Every mistake gets one line that tells it and the exit code of twinctl(8), and
# leaves nothing behind. Wants --smp 4,maxcpus=5 (CPU 4 is absent), --memory 2G
# and --host-append memmap=128M$0x200000000, which lies beyond the end of RAM.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

kernel=/twins/1
files=/tmp/files
mkdir -p $files /etc
echo root:x:0:0::/:/bin/sh >/etc/passwd
echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd
printf '#!/bin/sh\nexec su nobody -c "$*"\n' >/bin/as-nobody
chmod 755 /bin/as-nobody /

# launch CODE PATTERN OPTION... - with a good kernel, which need not be
# unpacked, and little memory
launch()
{
	code=$1
	text=$2
	shift 2
	refuse "$code" "$text" twinctl start --kernel $kernel \
		--entry bzimage --initrd /twins/initrd --memory 128M "$@"
}

memory_is_back()
{
	settle
	check "$1: the memory is back" available_is_back
}

# ---- files -----------------------------------------------------------------

# le BYTES VALUE - little-endian
le()
{
	left=$1
	number=$2
	while [ "$left" -gt 0 ]; do
		# The octal number is the format.
		# shellcheck disable=SC2059
		printf "\\$(printf %03o $((number & 255)))"
		number=$((number >> 8))
		left=$((left - 1))
	done
}

# patched FILE OFFSET BYTES VALUE - a copy of the kernel with a field changed
patched()
{
	cp $kernel "$1"
	le "$3" "$4" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# elf CLASS MACHINE PHOFF PHNUM PADDR FILESZ MEMSZ - headers of a kernel
elf()
{
	printf '\177ELF'
	le 1 "$1" && le 1 1 && le 10 1
	le 2 2 && le 2 "$2" && le 4 1
	le 8 $((0x1000000)) && le 8 "$3" && le 8 0
	le 4 0 && le 2 64 && le 2 56 && le 2 "$4" && le 2 64 && le 4 0
	le 4 1 && le 4 7 && le 8 4096
	le 8 $((-0x7f000000)) && le 8 "$5" && le 8 "$6" && le 8 "$7" && le 8 4096
	head -c 8192 /dev/zero
}

bad_kernel()
{
	refuse 3 "$1" twinctl start --memory 128M --kernel "$2"
}

bad_files()
{
	bad_kernel 'No such file' /nothing
	bad_kernel 'directory' /twins
	: >$files/empty
	bad_kernel 'empty' $files/empty
	bad_kernel 'not a regular file' /dev/zero
	mkfifo $files/fifo
	bad_kernel 'not a regular file' $files/fifo
	ln -s nothing $files/dangling
	bad_kernel 'No such file' $files/dangling
	ln -s loop $files/loop
	bad_kernel 'symbolic links' $files/loop
	bad_kernel 'neither a bzImage nor an ELF' /script
	head -c 1048576 /dev/zero >$files/zeros
	bad_kernel 'neither a bzImage nor an ELF' $files/zeros
	head -c 1048576 /dev/urandom >$files/noise
	bad_kernel 'not a kernel\|unpacked' $files/noise
	bad_kernel "entry isn't in a kernel\|not.* 2 MiB\|no kernel" /bin/busybox
	bad_kernel 'no kernel' /lib/twinos.ko
	bad_kernel 'neither a bzImage nor an ELF' /twins/initrd
}

cut_kernels()
{
	size=$(wc -c <$kernel)
	for part in 0 1 2 3 8 13 21 34 55 77 90 99; do
		length=$((size * part / 100 / 4096 * 4096))
		[ $length != 0 ] || length=4096
		head -c $length $kernel >$files/cut
		for entry in elf bzimage; do
			refuse 3 'cut short\|only the start' twinctl start \
				--memory 128M --entry $entry --kernel $files/cut
		done
	done
	head -c $((size - 1)) $kernel >$files/cut
	bad_kernel 'cut short' $files/cut
}

other_machines()
{
	elf 1 3 64 1 0 0 0 >$files/i386
	bad_kernel '32-bit x86' $files/i386
	elf 2 183 64 1 0 0 0 >$files/arm64
	bad_kernel 'arm64' $files/arm64
	elf 2 243 64 1 0 0 0 >$files/riscv
	bad_kernel 'another kind of machine' $files/riscv
	patched $files/i386 $((0x236)) 2 0
	bad_kernel '32-bit x86' $files/i386
}

bad_headers()
{
	while read -r offset bytes value pattern; do
		patched $files/patched $((offset)) "$bytes" $((value))
		bad_kernel "$pattern" $files/patched
	done <<-'LIST'
		0x1f1 1 255 setup\|payload\|cut short
		0x1f4 4 0xffffffff cut short
		0x1f4 4 0 syssize
		0x202 4 0 not a kernel\|neither
		0x206 2 0x0100 older than
		0x20e 2 0xffff version outside
		0x230 4 0 alignment
		0x230 4 3 alignment
		0x230 4 0x80000000 alignment
		0x234 1 0 fixed address
		0x248 4 0xffffffff payload outside
		0x24c 4 0xffffffff payload outside
		0x260 4 0 init_size
		0x260 4 0xffffffff init_size
	LIST
	while read -r phoff phnum paddr filesz memsz pattern; do
		elf 2 62 $((phoff)) $((phnum)) $((paddr)) $((filesz)) \
			$((memsz)) >$files/elf
		bad_kernel "$pattern" $files/elf
	done <<-'LIST'
		-1 1 0x1000000 4096 4096 cut short
		-56 1 0x1000000 4096 4096 cut short
		64 65535 0x1000000 4096 4096 cut short
		64 0 0x1000000 4096 4096 nothing to load
		64 1 0x1000000 -1 -1 cut short
		64 1 0x1000000 1<<62 1<<62 cut short
		64 1 0x1000000 4096 2048 can't be meant
		64 1 0x1000000 4096 -1 can't be meant
		64 1 -4096 4096 8192 can't be meant
		64 1 0x1000000+4096 4096 4096 2 MiB
		64 1 0x1000000 4096 1<<40 1 GiB
		64 1 0x4000000 4096 4096 entry isn't in
	LIST
}

bad_initrds()
{
	refuse 3 'No such file' twinctl start --kernel $kernel --initrd /nothing
	refuse 3 'directory' twinctl start --kernel $kernel --initrd /twins
	refuse 3 'empty' twinctl start --kernel $kernel --initrd $files/empty
	refuse 3 'not a regular' twinctl start --kernel $kernel --initrd /dev/zero
	refuse 3 'No such file' twinctl start --kernel $kernel \
		--initrd /twins/initrd --initrd /nothing
	truncate -s 200M $files/large
	refuse 4 'need 2.* MiB.*gives the twin 128 MiB' twinctl start \
		--kernel $kernel --entry bzimage --memory 128M --initrd $files/large
	refuse 4 'need 4.* MiB' twinctl run --kernel $kernel --memory 128M \
		--initrd $files/large --initrd $files/large
	truncate -s 64G $files/huge
	refuse 4 'need 6.* MiB' twinctl start --kernel $kernel --memory 128M \
		--initrd $files/huge
}

# ---- memory ----------------------------------------------------------------

# launch_large SIZE - more than the host has
launch_large()
{
	refuse 4 'only .* can be had' twinctl start --kernel $kernel \
		--no-guest-module --entry bzimage --memory "$1"
}

bad_memory()
{
	refuse 2 'multiple of 2M' twinctl start --kernel $kernel --memory 511K
	refuse 2 'multiple of 2M' twinctl start --kernel $kernel --memory 0
	refuse 2 '64 bits' twinctl start --kernel $kernel --memory 99999999T
	refuse 2 'not a size' twinctl start --kernel $kernel --memory -2M
	refuse 4 'alone need' twinctl start --kernel $kernel --no-guest-module \
		--memory 2M
	launch_large 1T
	launch_large 8G
	launch_large 1950M
	launch 4 'only 0 MiB can be had' --mem-min 1T
	launch 2 'no room for 128 MiB' --mem-max 64M
	launch 2 'mem-min lies above' --mem-min 2G --mem-max 1G
	launch 2 'no room for 128 MiB' --mem-min 1G --mem-max 0x47fffffe
	launch 2 'no room' --mem-min 0xffffffffffffffff
	launch 4 'boot-time ranges' --reserved --mem-max 2G
	launch 4 'no memory is there' --reserved
}

# ---- CPUs and names --------------------------------------------------------

bad_cpus()
{
	launch 5 'CPU 4 does not exist' --cpus 4,
	launch 5 'CPU 2147483647 does not exist' --cpus 2147483647,
	launch 2 'neither a count' --cpus 2147483648,
	launch 5 'CPU 0 is the boot CPU' --cpus 0,
	launch 5 'CPU 0 is the boot CPU' --cpus 2,0
	launch 5 'CPU 0 is the boot CPU' --cpus 0-3
	launch 5 '4 CPUs are wanted and only 3' --cpus 4
	launch 5 '256 CPUs are wanted' --cpus 256
	launch 2 '1 to 256' --cpus 257
	launch 2 '1 to 256' --cpus 0
	launch 2 'given twice' --cpus 2,2
	launch 2 'given twice' --cpus 1-3,2
	launch 2 'backwards' --cpus 3-1
	launch 2 'neither a count' --cpus ''
	launch 2 'neither a count' --cpus a
	launch 2 'neither a count' --cpus -1
	launch 2 'more than the 256' --cpus 1-300
	echo 0 >/sys/devices/system/cpu/cpu3/online
	launch 5 'CPU 3 is offline' --cpus 3,
	launch 5 '3 CPUs are wanted and only 2' --cpus 3
	echo 1 >/sys/devices/system/cpu/cpu3/online
}

bad_names()
{
	launch 2 "can't be empty" --name ''
	launch 2 "starts with '.'" --name .a
	launch 2 "starts with '-'" --name -a
	launch 2 'only letters' --name a/b
	launch 2 'only letters' --name 'a b'
	launch 2 'longer than 31' --name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
	for command in show dmesg 'dmesg --follow' wait stop 'stop --force'; do
		# The words are to be split.
		# shellcheck disable=SC2086
		refuse 6 "no twin .*'nobody'" twinctl $command nobody
	done
}

# Beside a twin that lives.
beside_a_twin()
{
	check "a twin starts" start_twin one tick --cpus 2, --memory 256M
	launch 6 "a twin named 'one' already" --name one
	launch 5 'CPU 2 is lent' --cpus 2,
	launch 5 'CPU 2 is lent' --cpus 1,2
	launch 5 '3 CPUs are wanted and only 2' --cpus 3
	# It must not cost the other twin its memory or its owner.
	launch_large 8G
	refuse 9 'one' twinctl wait --timeout 0.5 one
	check "the module can't be unloaded" fails rmmod twinos
	check "its user space runs" wait_for 60 said one 'TWIN up'
	check "it stops" twinctl stop one
	refuse 6 "no twin .*'one'" twinctl stop one
}

# ---- kernel options --------------------------------------------------------

bad_options()
{
	while read -r option pattern; do
		launch 2 "'$option'.*: .*$pattern" --append "quiet $option debug"
	done <<-'LIST'
		acpi=off which hardware is its own
		acpi=noirq which hardware is its own
		acpi_rsdp=0x1000 set for every twin
		noapic interrupt pins
		nosmp nr_cpus=1
		maxcpus=0 nr_cpus=1
		nolapic freeze
		nolapic_timer freeze
		no_ipi_broadcast=0 hit those of the host
		notsc no other clock
		tsc=unstable no other clock
		tsc_early_khz=1000 set for every twin
		hpet=force the host's
		pci=conf1 the host's
		8250.nr_uarts=4 serial ports
		console=ttyS0 serial ports
		earlycon=uart8250,io,0x3f8 serial ports
		earlyprintk=serial the host's
		i8042.nopnp keyboard controller
		memmap=1G@0 host's memory
		initrd=0x1000000,4096 use --initrd
		initrdmem=0x1000000,4096 use --initrd
	LIST
	launch 2 "'panic=10'.*: without a guest module" --append panic=10 \
		--no-guest-module
	launch 2 'tsc=unstable' --append 'tsc="unstable"'
	launch 2 'no_ipi_broadcast' --append 'no-ipi-broadcast=0'
	launch 2 'command line has' \
		--append "$(head -c 2100 /dev/zero | tr '\0' x)"
}

# ---- the module and the right to use it -----------------------------------

# every_command CODE PATTERN [WORD]... - before each twinctl stand the words
every_command()
{
	code=$1
	text=$2
	shift 2
	refuse "$code" "$text" "$@" twinctl run --kernel $kernel --no-guest-module
	refuse "$code" "$text" "$@" twinctl start --kernel $kernel --no-guest-module
	refuse "$code" "$text" "$@" twinctl start --kernel $kernel --no-guest-module \
		--dry-run
	refuse "$code" "$text" "$@" twinctl dmesg x
	refuse "$code" "$text" "$@" twinctl wait x
	refuse "$code" "$text" "$@" twinctl stop x
}

lock_down()
{
	mount -t securityfs securityfs /sys/kernel/security &&
		echo integrity >/sys/kernel/security/lockdown
}

every_command 7 'modprobe twinos'
refuse 7 'modprobe twinos' twinctl list
refuse 7 'modprobe twinos' twinctl stop --all
load_module
record

bad_files
cut_kernels
other_machines
bad_headers
bad_initrds
rm -rf $files
memory_is_back 'files'
bad_memory
memory_is_back 'memory'
bad_cpus
bad_names
bad_options
beside_a_twin
memory_is_back 'beside a twin'

every_command 7 'no right to open' as-nobody
mv /dev/twinos /dev/hidden
every_command 7 'not loaded'
ln -s null /dev/twinos
every_command 7 'another revision'
rm /dev/twinos
mv /dev/hidden /dev/twinos

balance
if lock_down 2>/tmp/err; then
	every_command 7 'locked down'
else
	skip "a locked-down kernel" "$(cat /tmp/err)"
fi
finish
