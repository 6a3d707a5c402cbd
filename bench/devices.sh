# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A twin's devices beside what the host has itself: a network card beside a veth pair, vsock
# beside its loopback, a disk beside the same file, a doorbell beside an eventfd. Prints
# samples, lines that begin with BENCH; both sides of each comparison in turn.
# rig.times=N: samples of each [5]; rig.window: seconds of each [2]
# rig.parts: which of bell,net,counts,vsock,disk; steps, which traces both kernels, only
# if it is asked for
# rig.mode=OPTION: how the twin has its CPU [--cpus,2-2]; rig.peer: the CPU of the other
# end of the veth pair [1]; rig.poll: us, of a second network card [2000];
# rig.diskpoll: us, of all disks [0]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

times=$(option times 5)
parts=$(option parts bell,net,counts,vsock,disk)
mode=$(option mode --cpus,2-2 | tr , ' ')
peer=$(option peer 1)
poll=$(option poll 2000)
diskpoll=$(option diskpoll 0)
window=$(option window 2) # seconds
HOST_CPU=0
PORT=5000
IMAGE=/tmp/disk.img
IMAGE_SIZE=64M
# Each kind of access: name, file's arguments.
ACCESSES='read-1M:read:seq:1048576:4 write-1M:write:seq:1048576:4
	read-4k:read:random:4096:16 write-4k:write:random:4096:16
	read-4k-alone:read:random:4096:1'

wants()
{
	case ,$parts, in
	*,$1,*) ;;
	*) return 1 ;;
	esac
}

in_twin()
{
	twinctl exec bench -- "$@"
}

answers()
{
	twinctl exec --timeout 20 bench -- true
}

# sample SERIES COMMAND...
sample()
{
	series=$1
	shift
	line=$("$@") || {
		not_ok "$series: $*"
		finish
	}
	echo "BENCH usage $series $line"
}

# ---- the two sides -----------------------------------------------------------

# set_up_card N - the one that the twin's own user space leaves alone
set_up_card()
{
	in_twin test -e "/sys/class/net/eth$1" &&
		in_twin ip addr add "10.77.$1.2/24" dev "eth$1" &&
		in_twin ip link set "eth$1" up
}

start()
{
	truncate -s $IMAGE_SIZE $IMAGE
	# Of a file with holes, reading would cost nothing.
	dd if=/dev/urandom of=$IMAGE bs=1M count=${IMAGE_SIZE%M} conv=notrunc 2>/dev/null
	busy=
	[ "$diskpoll" = 0 ] || busy=",busy-poll=$diskpoll"
	set -- --disk "$IMAGE$busy"
	[ ! -e /dev/vda ] || set -- "$@" --disk "/dev/vda,direct$busy"
	# shellcheck disable=SC2086
	start_twin bench devices $mode --memory 256M --vsock 77 "$@" \
		--net host=10.77.0.1/24 --net "host=10.77.1.1/24,busy-poll=$poll" ||
		return
	wait_for 60 answers && wait_for 30 set_up_card 1 &&
		in_twin sh -c "stream serve $PORT >/dev/null 2>&1 &"
}

in_namespace()
{
	taskset -c "$peer" nsenter -t "$namespace" -n "$@"
}

# A veth pair whose other end is in a network namespace of its own.
make_pair()
{
	unshare -n sleep 100000 &
	namespace=$!
	sleep 1
	ip link add pair0 type veth && ip link set veth0 netns $namespace &&
		ip addr add 10.78.0.1/24 dev pair0 && ip link set pair0 up &&
		in_namespace ip addr add 10.78.0.2/24 dev veth0 &&
		in_namespace ip link set veth0 up || return
	in_namespace stream serve $PORT &
	# It is the loopback's peer, too: of vsock, namespaces know nothing.
	sleep 1
}

# from_host COMMAND...
from_host()
{
	taskset -c $HOST_CPU "$@"
}

# compare WHAT NAME ADDRESS NAME ADDRESS...
compare()
{
	what=$1
	shift
	while [ $# -gt 0 ]; do
		sample "$what-$1" from_host stream "$what" "$2" $PORT $window
		shift 2
	done
}

# ---- what is measured --------------------------------------------------------

measure_bells()
{
	from_host bell $HOST_CPU "$peer" 2 $window "$times" >/tmp/bell.out ||
		return
	sed 's/^/BENCH usage /' /tmp/bell.out
}

measure_net()
{
	for what in to from echo; do
		compare $what veth 10.78.0.2 net 10.77.0.2 net-poll 10.77.1.2
	done
}

measure_vsock()
{
	for what in to from echo; do
		compare $what loopback vsock:1 vsock vsock:77
	done
}

# measure_file NAME HOST_FILE TWIN_DEVICE
measure_file()
{
	for access in $ACCESSES; do
		# shellcheck disable=SC2046
		set -- "$1" "$2" "$3" ${access%%:*} $(echo "${access#*:}" | tr : ' ')
		sample "$4-$1-host" from_host file "$2" "$5" "$6" "$7" "$8" $window
		sample "$4-$1-twin" in_twin file "$3" "$5" "$6" "$7" "$8" $window
	done
}

measure_disks()
{
	measure_file file $IMAGE /dev/vda
	[ ! -e /dev/vda ] || measure_file device /dev/vda /dev/vdb
}

# ---- what a round trip is made of ----------------------------------------------

# switches - how often vhost's threads have slept, all together
switches()
{
	for comm in /proc/[0-9]*/task/*/comm; do
		read -r name <"$comm" 2>/dev/null || continue
		case $name in
		vhost-*) cat "${comm%comm}status" ;;
		esac
	done | awk '/^voluntary/ { sum += $2 } END { printf "%d\n", sum }'
}

# interrupts PATTERN - on all CPUs together
interrupts()
{
	awk -v pattern="$1" '$0 ~ pattern {
		for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) sum += $i }
		END { printf "%d\n", sum }' /proc/interrupts
}

counts()
{
	echo "$(cat /sys/class/twinos/bench/doorbell/kicks) $(switches)" \
		"$(interrupts '(RES|CAL):')" \
		"$(in_twin awk '/twinos-doorbell/ { n += $2 } END { print n + 0 }' /proc/interrupts)"
}

# count NAME ADDRESS - what happens while bytes go there and back
count()
{
	before=$(counts)
	line=$(from_host stream echo "$2" $PORT $window) || return
	# shellcheck disable=SC2046
	set -- "$1" $before $(counts)
	echo "BENCH usage counts-$1 $line kicks=$(($6 - $2)) sleeps=$(($7 - $3))" \
		"wakeups=$(($8 - $4)) calls=$(($9 - $5))"
}

measure_counts()
{
	count veth 10.78.0.2 && count net 10.77.0.2 && count net-poll 10.77.1.2
}

# ---- what each step of it takes -------------------------------------------------

TRACE='mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
	cd /sys/kernel/tracing && echo x86-tsc >trace_clock
	echo 4096 >buffer_size_kb
	echo "id == 44 || id == 45" >events/raw_syscalls/filter
	for event in raw_syscalls/sys_enter raw_syscalls/sys_exit sched/sched_waking \
		sched/sched_switch irq/irq_handler_entry net/net_dev_start_xmit \
		net/netif_receive_skb_entry net/netif_receive_skb_list_entry \
		net/netif_receive_skb net/netif_rx_entry net/napi_gro_receive_entry; do
		echo 1 >events/$event/enable
	done
	echo >trace'
UNTRACE='cd /sys/kernel/tracing && echo 0 >events/enable'

# traced SIDE - its trace from standard input: SIDE COUNTER TASK EVENT
traced()
{
	sed -n "s/^ *\([^ ]*\)-[0-9]* *\[[0-9]*\] *[^ ]* *\([0-9]*\): \(.*\)/$1 \2 \1 \3 /p"
}

# medians NAME - of lines NUMBER VALUE TEXT, sorted
medians()
{
	awk -v name="$1" 'function flush() {
			if (n)
				print "BENCH step", name, step, value[int((n + 1) / 2)], text
			n = 0
		}
		{
			if ($1 != step)
				flush()
			step = $1
			value[++n] = $2
			text = $0
			sub(/^[^ ]* [^ ]* /, "", text)
		}
		END { flush() }'
}

# trace NAME ADDRESS CARD_HERE CARD_THERE
trace()
{
	sh -c "$TRACE" && in_twin sh -c "$TRACE" &&
		from_host stream echo "$2" $PORT 1 >/tmp/line &&
		sh -c "$UNTRACE" && in_twin sh -c "$UNTRACE" || return
	echo "BENCH usage traced-$1 $(cat /tmp/line)"
	traced host </sys/kernel/tracing/trace >/tmp/trace
	in_twin cat /sys/kernel/tracing/trace | traced twin >>/tmp/trace
	sort -k 2,2n /tmp/trace >/tmp/trace.sorted
	awk -v khz="$khz" -v path="$1" -v card="$3" -v there="$4" \
		-f /files/steps.awk /tmp/trace.sorted | sort -k 1,1n -k 2,2n | medians "$1"
	rm /tmp/trace /tmp/trace.sorted
}

measure_steps()
{
	khz=$(dmesg | sed -n 's/.*tsc: Detected \([0-9]*\)\.\([0-9]*\) MHz.*/\1\2/p' | head -n 1)
	tap=$(ip addr | sed -n 's/.*inet 10\.77\.0\.1.* //p')
	trace net 10.77.0.2 "$tap" eth0 && trace veth 10.78.0.2 pair0 veth0
}

load_module
! wants bell || measure_bells || not_ok "bells"
[ "$parts" != bell ] || {
	ok "all was measured"
	finish
}
start && make_pair || {
	not_ok "a twin with devices, and a veth pair"
	tail -n 5 /run/bench.log
	finish
}
for _ in $(seq "$times"); do
	! wants net || measure_net
	! wants counts || measure_counts
	! wants vsock || measure_vsock
	! wants disk || measure_disks
done
! wants steps || measure_steps || not_ok "steps"
twinctl stop bench >/dev/null
ok "all was measured"
finish
