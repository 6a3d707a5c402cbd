# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin's network card: not a ping is lost, streams run both ways, in packets larger
# than a frame; the twin gets its address by DHCP, and reaches through NAT what lies
# behind this host; all that is a mistake is told in a line and leaves nothing behind.
# Wants --devices, --program nft, iperf3 and socat, and --twin-program iperf3.
# rig.mode=OPTION: how it has its CPU [--cpus,2]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,2 | tr , ' ')
sys=/sys/class/twinos/dev
conf=/proc/sys/net/ipv4/conf
# With two CPUs the driver uses both pairs of queues.
case $mode in
--shared*) pairs=1 ;;
*) pairs=2 ;;
esac

start()
{
	# shellcheck disable=SC2086
	start_twin dev devices $mode --memory 256M "$@"
}

# ---- the world: another network, behind an uplink --------------------------

# in_world COMMAND... - on the host behind the uplink, which knows nothing of the twin
in_world()
{
	nsenter -t "$world" -n "$@"
}

make_world()
{
	ip link add up0 type veth || return
	unshare -n sleep 100000 &
	world=$!
	sleep 1
	ip link set veth0 netns "$world" || return
	ip addr add 10.99.0.1/24 dev up0
	ip link set up0 up
	in_world ip link set lo up
	in_world ip addr add 10.99.0.2/24 dev veth0
	in_world ip addr add 10.98.0.1/32 dev lo
	in_world ip link set veth0 up
	mkdir -p /etc
	echo nameserver 10.99.0.2 >/etc/resolv.conf
	nft add table ip mine
	nft add chain ip mine forward '{ type filter hook forward priority 0; }'
	wait_for 10 ping -c 1 -W 1 10.99.0.2
}

end_world()
{
	kill "$world"
	wait "$world" 2>/dev/null
	ip link del up0 2>/dev/null
	nft delete table ip mine
}

# What a card may change, and must leave as it was.
network()
{
	cat /proc/sys/net/ipv4/ip_forward $conf/up0/forwarding
	nft list ruleset
	ip -o link | sed 's/^[0-9]*: *\([^:@]*\).*/\1/' | sort
	ls /run/twinos-net 2>&1
	ps -o comm | grep -E 'twinos-nat|^vhost-' | sort
}

inventory()
{
	network
	cat /proc/iomem
}

# note_down NAME FUNCTION - what it puts out, to be compared with later
note_down()
{
	$2 >"/tmp/$1.before" 2>/dev/null
}

# is_as_noted NAME FUNCTION - within 20 s
is_as_noted()
{
	wait_for 20 is_as_noted_now "$@" || is_as_noted_now "$@"
}

is_as_noted_now()
{
	$2 >"/tmp/$1.after" 2>/dev/null
	diff "/tmp/$1.before" "/tmp/$1.after"
}

# ---- mistakes --------------------------------------------------------------

# refuse CODE PATTERN OPTION... - of a twin that must not start
refuse()
{
	wanted=$1
	pattern=$2
	shift 2
	note_down refuse inventory
	: >/tmp/diff
	timeout 60 twinctl start --name bad --kernel /twins/1 --initrd /twins/initrd \
		--cpus 1 --memory 128M "$@" >/tmp/out 2>/tmp/err </dev/null
	got=$?
	[ $got != 0 ] || twinctl stop bad
	if [ $got = "$wanted" ] && one_line /tmp/err && grep -q -e "$pattern" /tmp/err &&
		is_as_noted_now refuse inventory >/tmp/diff; then
		ok "$wanted: $(head -n 1 /tmp/err | cut -c1-120)"
	else
		not_ok "$*"
		note "exit code $got instead of $wanted, pattern '$pattern'"
		sed 's/^/#   /' /tmp/out /tmp/err /tmp/diff
	fi
}

refuse_words()
{
	refuse 2 "one station's address" --net mac=01:00:00:00:00:01
	refuse 2 "one station's address" --net mac=02:00:00:00:00
	refuse 2 "not both" --net tap=a,bridge=b
	refuse 2 "from 1 to 8" --net queues=9
	refuse 2 "nat needs host=" --net nat
	refuse 2 "the twin's address" --net host=10.77.0.1/24,guest=10.77.1.2
	refuse 2 "two devices are called 'a'" --net name=a --net name=a
	refuse 2 "at most 62 queues" --net queues=8 --net queues=8 --net queues=8 \
		--net queues=8
}

refuse_things()
{
	refuse 1 "no tap 'nothing'" --net tap=nothing
	refuse 1 "no bridge 'nothing'" --net bridge=nothing
	refuse 1 "'up0' is no bridge" --net bridge=up0
	refuse 1 "'up0' is no tap" --net tap=up0
	refuse 1 "no default route" --net host=10.76.0.1/24,nat
	mv /bin/nft /tmp/nft
	refuse 1 "install the package nftables" --net host=10.76.0.1/24,nat
	mv /tmp/nft /bin/nft
	# A file where a directory is wanted
	touch /run/twinos-net
	refuse 1 "can't forward" --net host=10.76.0.1/24,nat
	rm /run/twinos-net
}

# tw0 is the twin's; another tap it gets for a while.
refuse_what_is_used()
{
	refuse 1 "tap 'tw0' is in use" --net tap=tw0,queues=2
	tunctl -t one0 >/dev/null
	refuse 1 "many queues" --net tap=one0,queues=2
	check "a second card comes" twinctl device add dev net=tap=one0,name=second
	check "the twin uses it" wait_for 30 in_use second
	refuse 1 "tap 'one0' is in use" --net tap=one0
	check "a second one can't have its name" sh -c \
		"twinctl device add dev net=name=second 2>&1 | grep \"two devices are called 'second'\""
	check "it goes" twinctl device remove dev second
	check "its tap stays" tunctl -d one0
}

in_use()
{
	twinctl device list dev | grep "^$1 .*in use"
}

# ---- traffic ---------------------------------------------------------------

# The kernel counts them: where the computer is busy, ping itself is too slow for the
# small buffer that it has.
echo_replies="awk '/^Icmp:/ { for (i = 2; !n && i <= NF; i++) if (\$i == \"InEchoReps\") at = i; if (n++) print \$at }' /proc/net/snmp"

# all_pings ADDRESS - a command for a shell
all_pings()
{
	echo "before=\$($echo_replies); ping -q -c 1000 -i 0.01 -W 5 $1 >/dev/null; after=\$($echo_replies); echo \$((after - before)) came; [ \$((after - before)) = 1000 ]"
}

use_pings()
{
	check "1,000 of 1,000 pings to this host are answered" in_twin dev \
		"$(all_pings 10.77.0.1)"
	check "and 1,000 of 1,000 to the twin" sh -c "$(all_pings 10.77.0.2)"
}

statistic()
{
	cat "/sys/class/net/tw0/statistics/$1"
}

# large DIRECTION COMMAND... - it works, and the packets that the tap had of it are
# larger than a frame on the average
large()
{
	direction=$1
	shift
	bytes=$(statistic "${direction}_bytes") packets=$(statistic "${direction}_packets")
	"$@" || return
	bytes=$(($(statistic "${direction}_bytes") - bytes))
	packets=$(($(statistic "${direction}_packets") - packets))
	echo "$bytes bytes in $packets packets"
	[ $bytes -gt $((packets * 1514)) ]
}

# iperf OPTION... - from the twin, for 5 s
iperf()
{
	iperf3 -s -1 >/tmp/iperf.server 2>&1 &
	server=$!
	wait_for 20 grep -q listening /tmp/iperf.server
	in_twin dev "iperf3 -c 10.77.0.1 -t 5 $* >/tmp/iperf 2>&1; code=\$?; tail -n 4 /tmp/iperf; [ \$code = 0 ]" &&
		wait $server
}

use_iperf()
{
	check "a stream from the twin, in large packets" large rx iperf
	sed 's/^/# /' /tmp/check.out
	check "a stream to the twin, in large packets" large tx iperf -R
	sed 's/^/# /' /tmp/check.out
	check "four streams at once" iperf -P 4
	check "four streams at once, to the twin" iperf -P 4 -R
}

# feature BIT - both sides have agreed on it
feature()
{
	twinctl device list --json dev >/tmp/devices.json
	features=$(tr -d ' \n' </tmp/devices.json |
		sed -n 's/.*"kind":"net".*"features":"\(0x[0-9a-f]*\)".*/\1/p')
	echo "features ${features:=0}"
	[ $((features >> $1 & 1)) = 1 ]
}

look_at_features()
{
	check "the twin leaves checksums to the host" feature 0
	check "and the host to the twin" feature 1
	check "large packets go to the twin" feature 7
	check "and come from it" feature 11
	check "its buffers are merged" feature 15
	check "it can use many queues" feature 22
	is "it uses $pairs" "$(find /sys/class/net/tw0/queues/ -name 'tx-*' | wc -l)" $pairs
}

rebind()
{
	check "its driver is taken off and put on again" in_twin dev \
		'cd /sys/bus/virtio/drivers/virtio_net; device=$(echo virtio*); echo $device >unbind && echo $device >bind; cd /'
	in_twin dev 'ip addr add 10.77.0.2/24 dev eth0; ip link set eth0 up'
	check "and the network is there again" wait_for 20 in_twin dev \
		'ping -c 1 -W 2 10.77.0.1'
	is "with as many queues" \
		"$(find /sys/class/net/tw0/queues/ -name 'tx-*' | wc -l)" $pairs
}

# ---- DHCP ------------------------------------------------------------------

ask_for_address()
{
	in_twin dev 'ip addr flush dev eth0; ip route flush table main'
	in_twin dev "printf '%s\\n' '#!/bin/sh' 'env >/tmp/lease.\$1' '[ \$1 = bound ] || exit 0' 'ip addr add \$ip/\$mask dev \$interface' 'ip route add default via \$router' 'echo nameserver \$dns >/etc/resolv.conf' >/tmp/udhcpc; chmod 755 /tmp/udhcpc; mkdir -p /etc"
	in_twin dev 'udhcpc -i eth0 -n -q -t 5 -s /tmp/udhcpc'
}

lease()
{
	in_twin dev "sed -n s/^$1=//p /tmp/lease.bound"
}

use_dhcp()
{
	check "it asks for its address" ask_for_address
	is "and gets it" "$(lease ip)" 10.77.0.2
	is "the net's mask" "$(lease mask)" 24
	is "the way out" "$(lease router)" 10.77.0.1
	is "who knows names" "$(lease dns)" 10.99.0.2
	check "and reaches this host by it" in_twin dev 'ping -c 3 -W 5 10.77.0.1'
	check "it may ask for the address that it had" in_twin dev \
		'udhcpc -i eth0 -n -q -t 5 -r 10.77.0.2 -s /tmp/udhcpc'
	check "but gets no other" in_twin dev \
		'udhcpc -i eth0 -n -q -t 5 -r 10.77.0.9 -s /tmp/udhcpc 2>&1 | grep "lease of 10.77.0.2 obtained"'
}

# ---- NAT -------------------------------------------------------------------

use_nat()
{
	check "it reaches the host behind this one" in_twin dev \
		'ping -c 20 -i 0.1 -W 5 10.99.0.2 | grep "20 packets received"'
	check "and what is behind that" in_twin dev \
		'ping -c 3 -W 5 10.98.0.1 | grep "3 packets received"'
	# shellcheck disable=SC2016
	in_world socat TCP-LISTEN:7000 'SYSTEM:echo $SOCAT_PEERADDR' &
	wait_for 20 in_world grep -q ':1B58 ' /proc/net/tcp
	is "to which it has this host's address" \
		"$(in_twin dev 'sleep 1; nc 10.99.0.2 7000')" 10.99.0.1
	in_world ip route add 10.77.0.0/24 via 10.99.0.1
	check "but nobody out there reaches it" sh -c \
		"! nsenter -t $world -n ping -c 2 -W 2 10.77.0.2"
	in_world ip route del 10.77.0.0/24
	is "this host as a whole is no router" "$(cat /proc/sys/net/ipv4/ip_forward)" 0
}

# ---- the run ---------------------------------------------------------------

load_module
record
check "there is a network behind this host" make_world
refuse_words
refuse_things
ip route add default via 10.99.0.2
note_down all inventory
note_down network network
start --net host=10.77.0.1/24,nat,queues=2
check "a twin with a network card starts" wait_for 60 said dev 'TWIN devices up'
said dev 'TWIN devices up' || {
	cat /run/dev.log
	finish
}
check "it has a terminal" sit_at dev
check "with a shell" wait_for 60 shows dev '/ #'
check "its card is in use" wait_for 30 in_use net0
twinctl device list dev | sed 's/^/# /'
refuse_what_is_used
use_pings
look_at_features
use_iperf
use_dhcp
use_nat
rebind
for counter in kicks_helped calls_helped bad_targets; do
	is "$counter" "$(cat $sys/doorbell/$counter)" 0
done
check "the card goes" twinctl device remove dev net0
check "and leaves the host's network as it was" is_as_noted network network
check "another comes" twinctl device add dev net=host=10.77.0.1/24,nat,queues=2
check "the twin uses it" wait_for 30 in_twin dev \
	'ip addr add 10.77.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.77.0.1; ping -c 1 -W 5 10.99.0.2'
kill -9 "$(cat $sys/owner)"
check "the twin goes with its owner" wait_for 60 test ! -e $sys
check "and so do the rules" is_as_noted all inventory
ends dev || leave dev
ip route del default
end_world
rm -f /tmp/*.out
balance
finish
