# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin with every kind of device, each used both ways, all with the drivers of its own
# stock kernel; devices go and come while it runs; it is stopped in the middle of
# traffic. Wants --devices, --program and --twin-program socat.
# rig.mode=OPTION: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
# virtio_console spins until it is answered, which on a shared CPU would be never.
console=--extra-console
[ "${mode#--shared}" = "$mode" ] || console=
sys=/sys/class/twinos/dev
size=$((4 << 20))
image=/tmp/disk.img

# sum - of standard input
sum()
{
	sha256sum | cut -c 1-64
}

sum_in_twin()
{
	in_twin dev "$1 | sha256sum" | cut -c 1-64
}

# counter NAME - of the doorbell
counter()
{
	cat "$sys/doorbell/$1"
}

device_state()
{
	twinctl device list dev | sed -n "s/^$1 *[a-z-]* *\(in use\|idle\|leaving\).*/\1/p"
}

in_use()
{
	[ "$(device_state "$1")" = 'in use' ]
}

start()
{
	# shellcheck disable=SC2086
	start_twin dev devices $mode --memory 256M --disk "$image" \
		--net host=10.77.0.1/24 --vsock 77 --rng $console "$@"
}

use_disk()
{
	check "it writes to its disk" in_twin dev \
		"dd if=/dev/urandom of=/dev/vda bs=64k count=$((size >> 16)) conv=fsync"
	is "what it has written is in the file" \
		"$(head -c $size $image | sum)" "$(sum_in_twin "head -c $size /dev/vda")"
	in_twin dev 'echo 3 >/proc/sys/vm/drop_caches'
	is "and is read from there" "$(head -c $size $image | sum)" \
		"$(sum_in_twin "head -c $size /dev/vda")"
}

use_net()
{
	check "it pings this host" in_twin dev \
		'ping -c 50 -i 0.02 -W 20 10.77.0.1 | grep "50 packets received"'
	check "this host pings it" sh -c \
		'ping -c 50 -i 0.02 -W 20 10.77.0.2 | grep "50 packets received"'
	socat -u FILE:/tmp/checksummed TCP-LISTEN:5000 &
	sleep 1
	is "4 MiB to it" "$(sum_in_twin 'socat -u TCP:10.77.0.1:5000 -')" \
		"$(sum </tmp/checksummed)"
	socat -u TCP-LISTEN:5001 - >/tmp/received &
	listener=$!
	in_twin dev 'head -c 4194304 /dev/urandom >/tmp/sent; socat -u FILE:/tmp/sent TCP:10.77.0.1:5001'
	wait $listener
	is "4 MiB from it" "$(sum </tmp/received)" "$(sum_in_twin 'cat /tmp/sent')"
}

use_vsock()
{
	socat -u FILE:/tmp/checksummed VSOCK-LISTEN:5000 &
	sleep 1
	is "4 MiB to it over vsock" "$(sum_in_twin 'socat -u VSOCK-CONNECT:2:5000 -')" \
		"$(sum </tmp/checksummed)"
	in_twin dev '{ socat -u FILE:/tmp/sent VSOCK-LISTEN:5001 & } 2>/dev/null; sleep 1'
	is "and from it" "$(socat -u VSOCK-CONNECT:77:5001 - | sum)" \
		"$(sum_in_twin 'cat /tmp/sent')"
}

use_rng()
{
	check "it takes random numbers" in_twin dev \
		'grep virtio_rng /sys/class/misc/hw_random/rng_current && [ $(head -c 1000 /dev/hwrng | wc -c) = 1000 ]'
}

# Each end is transparent: this one from the start, the twin's as long as it is open.
use_console()
{
	path=$(twinctl device list dev | sed -n 's,^extra-console0 .* \(/dev/pts/[0-9]*\).*,\1,p')
	cat "$path" >/tmp/shown &
	reader=$!
	in_twin dev 'exec 7<>/dev/hvc1; stty raw -echo <&7'
	in_twin dev 'head -c 30000 /dev/urandom >/tmp/typed; cat /tmp/typed >&7'
	check "it writes to its second terminal" wait_for 30 shown_bytes 30000
	is "which this host reads" "$(sum </tmp/shown)" "$(sum_in_twin 'cat /tmp/typed')"
	in_twin dev '{ head -c 30000 <&7 >/tmp/read; } & true'
	head -c 30000 /tmp/checksummed >"$path"
	in_twin dev 'wait'
	is "it reads what this host writes there" "$(sum_in_twin 'cat /tmp/read')" \
		"$(head -c 30000 /tmp/checksummed | sum)"
	kill $reader
	check "nobody has to read it" in_twin dev 'head -c 200000 /dev/zero >&7; exec 7>&-'
	check "it goes" twinctl device remove dev extra-console0
	check "so does its path" test ! -e "$path"
}

shown_bytes()
{
	[ "$(wc -c </tmp/shown)" = "$1" ]
}

plug()
{
	truncate -s 8M /tmp/second.img
	check "a disk comes" sh -c 'cd /tmp && twinctl device add dev disk=second.img,name=second'
	check "the twin has it" wait_for 30 in_twin dev 'test -b /dev/vdb'
	check "and writes to it" in_twin dev 'echo plugged | dd of=/dev/vdb conv=fsync,notrunc'
	is "what it has written is in the file" "$(head -c 7 /tmp/second.img)" plugged
	check "it goes" twinctl device remove dev second
	check "the twin has it no more" in_twin dev '! test -e /dev/vdb'
	is "the file is nobody's" "$(open_files second.img)" ''
	check "the network goes" twinctl device remove dev net0
	check "and comes again" twinctl device add dev net=host=10.77.0.1/24
	check "the twin uses it" wait_for 30 in_twin dev \
		'ip addr add 10.77.0.2/24 dev eth0; ip link set eth0 up; ping -c 1 -W 5 10.77.0.1'
	check "a device that is not there can't go" \
		sh -c 'twinctl device remove dev nothing 2>&1 | grep "no device"'
}

# In the background, and for as long as the twin lives.
make_traffic()
{
	in_twin dev '{ while true; do dd if=/dev/urandom of=/dev/vda bs=64k count=64; done; } >/dev/null 2>&1 & true'
	in_twin dev '{ while true; do socat -u VSOCK-CONNECT:2:5002 - ; done; } >/dev/null 2>&1 & true'
	in_twin dev '{ ping -f 10.77.0.1; } >/dev/null 2>&1 & true'
	while socat -u FILE:/dev/zero VSOCK-LISTEN:5002,reuseaddr; do
		:
	done >/dev/null 2>&1 &
	traffic=$!
}

load_module
truncate -s 64M $image
record
start
check "a twin with devices starts" wait_for 60 said dev 'TWIN devices up'
said dev 'TWIN devices up' || {
	cat /run/dev.log
	finish
}
check "it has a terminal" sit_at dev
check "with a shell" wait_for 60 shows dev '/ #'
twinctl device list dev | sed 's/^/# /'
for device in disk0 net0 vsock0 rng0 ${console:+extra-console0}; do
	check "$device is in use" wait_for 30 in_use $device
done
use_disk
use_net
use_vsock
use_rng
if [ -n "$console" ]; then
	use_console
else
	check "it can't have a second terminal" \
		sh -c 'twinctl device add dev extra-console 2>&1 | grep "shares its CPU"'
fi
plug
for counter in kicks_helped calls_helped bad_targets; do
	is "$counter" "$(counter $counter)" 0
done
make_traffic
sleep 3
check "it is stopped in the middle of traffic" twinctl stop dev
kill $traffic 2>/dev/null
check "the tap has gone with it" sh -c '! ip link | grep 10.77.0.1'
ends dev || leave dev
rm -f $image /tmp/second.img /tmp/received /tmp/shown /tmp/dev.vmcore /tmp/*.out
balance
finish
