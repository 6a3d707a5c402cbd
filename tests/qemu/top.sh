# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What top, events and metrics tell of twins, against what the twin, its tap and its disk
# count themselves; top's keys at a terminal of tmux.
# Wants --devices, --program jq, tmux and socat, --twin-program socat, and as --file
# metrics.awk, the terminfo database and the locale C.utf8.
# rig.mode=OPTION: how the one that works has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
image=/tmp/disk.img
size=$((4 << 20))

# ---- what top says at one time ---------------------------------------------

# The twin's idle time and its uptime, in hundredths of a second.
# shellcheck disable=SC2016
LOOK='look() { set -- $(sed -n "s/^cpu  *//p" /proc/stat); echo $(($4 + $5)) $(cut -d " " -f 1 /proc/uptime | tr -d .); }'

# The same of its turns: how long it ran, how long it waited, and when that was.
look_at_turns()
{
	echo $(($(vcpu dev run_ns) / 10000000)) $(($(vcpu dev steal_ns) / 10000000)) "$(uptime_cs)"
}

# measure SECONDS - what top says of the twins, and the twin of itself meanwhile
measure()
{
	{
		look_at_turns
		twinctl top --once --json --interval "$1" >/tmp/top.json
		look_at_turns
	} >/tmp/turns &
	looking=$!
	in_twin dev "look; sleep $1; look" >/tmp/looks
	wait $looking
}

# says TWIN FILTER - a number of the last measurement; -1: top does not know it
says()
{
	jq -r ".twins[] | select(.name == \"$1\") | $2 // -1 | floor" /tmp/top.json
}

busy()
{
	says "$1" '(.busy * 1000)'
}

# In thousandths: $free of the time that the twin had for itself, $raw with the time that it
# had to wait. On a core of its own both are what it says itself. On a shared one its
# idle time has some of the stolen in it, and the host counts what it had.
compute()
{
	case $mode in
	--shared*)
		set -- /tmp/turns '{ run = $1; steal = $2; all = $3 }'
		;;
	*)
		set -- /tmp/looks '{ run = $2 - $1; steal = 0; all = $2 }'
		;;
	esac
	# shellcheck disable=SC2046
	set -- $(awk "$2"'
		NR == 1 { run0 = run; steal0 = steal; all0 = all }
		END { run -= run0; steal -= steal0; all -= all0
			print int(1000 * run / (all - steal)), int(1000 * (run + steal) / all) }' "$1")
	free=$1 raw=$2
}

distance()
{
	echo $(($1 > $2 ? $1 - $2 : $2 - $1))
}

agrees()
{
	compute
	echo "top says $(busy dev), it is $free, with stolen time $raw"
	[ "$(distance "$(busy dev)" "$free")" -le 150 ]
}

leaves_out_steal()
{
	echo "top says $(busy dev), it is $free, with stolen time $raw"
	[ $((raw - free)) -ge 60 ] &&
		[ "$(distance "$(busy dev)" "$free")" -lt "$(distance "$(busy dev)" "$raw")" ]
}

# between TWIN FILTER LEAST MOST
between()
{
	number=$(says "$1" "$2")
	echo "$number is not in $3 to $4"
	[ "$number" -ge "$3" ] && [ "$number" -le "$4" ]
}

# ---- loads ------------------------------------------------------------------

# What takes turns with sleep of the same length.
# shellcheck disable=SC2016
HALF='work() { i=0; while [ $i -lt 8000 ]; do i=$((i + 1)); done; }; half() { while true; do work; usleep $(($1 * 10000)); done; }'

learn()
{
	in_twin dev "$LOOK"
	in_twin dev "$HALF"
	in_twin dev 'a=$(look); work; b=$(look); took=$((${b##* } - ${a##* } + 1))'
}

# load COMMAND - in the twin, until unload
begin_load()
{
	in_twin dev "{ $1 & } 2>/dev/null; loads=\"\$loads \$!\""
	sleep 1
}

end_load()
{
	in_twin dev 'kill $loads; loads='
}

# On the twin's CPU, if it shares one with the host.
begin_rival()
{
	case $mode in
	--shared*) taskset -c "${mode#* }" burn 10000 >/dev/null 2>&1 & ;;
	*) sleep 10000 & ;;
	esac
	rival=$!
}

end_rival()
{
	kill $rival
	wait $rival 2>/dev/null
}

try_busy()
{
	measure 4
	check "an idle twin is not busy" between dev '(.busy * 1000)' 0 300
	check "nor is the other one" between idle '(.busy * 1000)' 0 300
	check "it is so" agrees
	begin_rival
	begin_load 'half $took'
	measure 6
	check "a twin that works half of its time is half busy" \
		between dev '(.busy * 1000)' 200 850
	check "it is so" agrees
	case $mode in
	--shared*) check "what is stolen from it is not told as busy" leaves_out_steal ;;
	esac
	end_load
	begin_load 'while true; do :; done'
	measure 4
	check "a twin that spins is busy" between dev '(.busy * 1000)' 900 1000
	check "the other one is not" between idle '(.busy * 1000)' 0 300
	case $mode in
	--shared*)
		check "it has not all of its CPU" between dev '(.share * 1000)' 100 900
		check "it has turns" between dev .turns 1 100000
		;;
	*) is "it has no share of a CPU" "$(says dev .share)" -1 ;;
	esac
	end_load
	end_rival
}

# ---- traffic ----------------------------------------------------------------

# metric NAME LABELS - its value
metric()
{
	twinctl metrics | sed -n "s/^twinos_$1{name=\"dev\",$2} //p"
}

device_bytes()
{
	metric device_bytes_total "device=\"$1\",kind=\"$2\",direction=\"$3\""
}

# A packet may come between two looks.
counts_as_the_tap_now()
{
	before=$(cat "/sys/class/net/$tap/statistics/$2")
	number=$(device_bytes net0 net "$1")
	after=$(cat "/sys/class/net/$tap/statistics/$2")
	echo "$1: $number, the tap's $2: $before, $after"
	[ "$before" = "$after" ] && [ "$number" = "$after" ]
}

counts_as_the_tap()
{
	wait_for 30 counts_as_the_tap_now "$1" "$2"
	agree=$?
	counts_as_the_tap_now "$1" "$2"
	return $agree
}

try_counters()
{
	written=$(device_bytes disk0 disk out)
	in_twin dev "dd if=/dev/urandom of=/dev/vda bs=64k count=$((size >> 16)) conv=fsync" >/dev/null
	is "what it writes to its disk is counted" \
		$(($(device_bytes disk0 disk out) - written)) $size
	has_read=$(device_bytes disk0 disk in)
	in_twin dev "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda of=/dev/null bs=64k" >/dev/null 2>&1
	is "and what it reads" $(($(device_bytes disk0 disk in) - has_read)) \
		"$(stat -c %s $image)"
	in_twin dev 'head -c 2000000 /dev/zero | socat -u - TCP:10.77.0.1:5000'
	check "what its card receives is counted as the tap does" counts_as_the_tap in tx_bytes
	check "and what it sends" counts_as_the_tap out rx_bytes
	check "that was more" [ "$(device_bytes net0 net out)" -gt $((2000000 + $(device_bytes net0 net in))) ]
}

# grown FILTER - it is more than it was without traffic
grown()
{
	now=$(says dev "$1")
	was=$(jq -r ".twins[] | select(.name == \"dev\") | $1 // 0 | floor" /tmp/quiet.json)
	echo "$1: $now, without traffic $was"
	[ "$now" -gt "$was" ]
}

# In the seconds between, as much has gone through as between two looks around them.
rate_fits()
{
	most=$(($(device_bytes "$1" "$2" out) - $3))
	told=$(jq ".seconds * (.twins[] | select(.name == \"dev\") | .$2.out_bytes) | floor" /tmp/top.json)
	echo "$told bytes are told, $most have gone through"
	[ "$told" -gt 0 ] && [ "$told" -le $most ]
}

try_rates()
{
	# The twin tells once a second what it has done.
	sleep 2
	measure 3
	cp /tmp/top.json /tmp/quiet.json
	begin_load 'while true; do dd if=/dev/zero of=/dev/vda bs=64k count=16 conv=fsync; done >/dev/null 2>&1'
	begin_load 'socat -u FILE:/dev/zero TCP:10.77.0.1:5000'
	disk_before=$(device_bytes disk0 disk out) net_before=$(device_bytes net0 net out)
	measure 4
	check "the rate of its disk is what goes through" rate_fits disk0 disk "$disk_before"
	check "so is that of its card" rate_fits net0 net "$net_before"
	is "it sends more than it receives" \
		"$(says dev '(if .net.out_bytes > .net.in_bytes then 1 else 0 end)')" 1
	for filter in .kicks .calls .interrupts; do
		check "$filter grows with traffic" grown $filter
	done
	end_load
}

# ---- metrics ----------------------------------------------------------------

is_valid()
{
	awk -f /files/metrics.awk "$1"
}

is_replaced()
{
	exec 5<"$1"
	cp "$1" /tmp/old.prom
	twinctl metrics --output "$1" && is_valid "$1" && cmp /tmp/old.prom - <&5
	replaced=$?
	exec 5<&-
	return $replaced
}

try_metrics()
{
	twinctl metrics >/tmp/x.prom
	check "metrics are right" is_valid /tmp/x.prom
	for name in cpu_seconds interrupts kicks calls starts; do
		check "$name are there" grep -q "^twinos_twin_${name}_total{name=\"dev\"" /tmp/x.prom
	done
	mkdir -p /tmp/prom
	twinctl metrics --output /tmp/prom/x.prom
	check "a file is replaced as a whole" is_replaced /tmp/prom/x.prom
	is "nothing else is left there" "$(ls -A /tmp/prom)" x.prom
	mount -t tmpfs -o size=8k full /tmp/prom
	head -c 8192 /dev/zero >/tmp/prom/rest 2>/dev/null
	refuse 1 'No space left' twinctl metrics --output /tmp/prom/x.prom
	is "nothing is left there either" "$(ls -A /tmp/prom)" rest
	umount /tmp/prom
	refuse 1 'No such file' twinctl metrics --output /tmp/none/x.prom
}

# ---- top at a terminal --------------------------------------------------------

# open_view COLUMNS ROWS [VARIABLE=VALUE]...
open_view()
{
	columns=$1 rows=$2
	shift 2
	tmux -f /tmp/tmux.conf new-session -d -s view -x "$columns" -y "$rows" \
		"trap : INT; env $* twinctl top --interval 1; echo ended with \$?; exec sleep 10000"
}

close_view()
{
	tmux kill-session -t view
}

press()
{
	tmux send-keys -t view "$@"
}

view()
{
	tmux capture-pane -p -t view
}

views()
{
	view | grep -q -e "$1"
}

# viewed TEXT PATTERN - a line on the screen, soon
viewed()
{
	wait_for 60 views "$2" && ok "$1" && return
	not_ok "$1"
	view | sed 's/^/#   /'
}

show_view()
{
	view | sed 's/^/# | /'
}

try_keys()
{
	open_view 80 24
	viewed "top shows the twins" '^dev  *running .* 256M '
	viewed "and the log of the first" '^Log of dev:'
	check "a message appears" in_twin dev 'printf "TWIN gr\303\266\303\237e\n" >/dev/kmsg'
	viewed "in the log, with no byte that a terminal may not know" 'TWIN gr\\xc3\\xb6\\xc3\\x9fe'
	show_view
	press h
	viewed "there is help" 'notifications that came'
	press x Down
	viewed "another one is selected" '^Log of idle:'
	tmux resize-window -t view -x 39 -y 7
	viewed "there can be too little room" '^too small: 40x8 needed'
	tmux resize-window -t view -x 120 -y 40
	viewed "or more" 'SHARE%$'
	show_view
	press d
	viewed "a file is asked for" 'memory of idle to file:'
	press /tmp/none/x Enter
	viewed "that can't be is told" "can't create.*none.*No such file"
	press d /tmp/idle.vmcore Enter
	check "its memory is in a file" wait_for 60 test -s /tmp/idle.vmcore
	viewed "that is told" "^the memory of twin 'idle' is in /tmp/idle.vmcore: 128 MiB"
	show_view
	press c
	viewed "it has a terminal" '/ #'
	press 'echo "me""ow"' Enter
	viewed "with a shell" '^meow'
	press C-]
	viewed "which one leaves for top again" '^Log of idle:'
	press c
	viewed "and comes back to" '/ #'
	press 'poweroff -f' Enter
	viewed "one that vanishes meanwhile is not there any more" '1 twin, 1 running'
	viewed "the other one is selected" '^Log of dev:'
}

# What only the first one has said has gone up and away.
views_new_life()
{
	! views 'TWIN gr' && views 'TWIN devices up'
}

try_ends()
{
	enter dev 'echo c >/proc/sysrq-trigger'
	check "a twin panics and is started anew" wait_for 120 has_started 2
	check "top shows its new life" wait_for 60 views_new_life
	viewed "which tells how busy it is" '^dev: CPU 0 [0-9]'
	press s
	viewed "a key stops it, after a question" 'Stop dev at once'
	press n
	sleep 1
	check "no is no" test -e /sys/class/twinos/dev
	press s y
	viewed "yes is yes" '^dev is stopped'
	viewed "there is no twin any more" 'There is no twin'
	check "it has gone" test ! -e /sys/class/twinos/dev
	check "the module goes" rmmod twinos
	viewed "which is told" 'module is not loaded'
	check "the module comes again" insmod /lib/twinos.ko
	viewed "that is seen" '^up/down select'
	check "another twin starts" twinctl start --name again --kernel /twins/1 \
		--initrd /twins/initrd --cpus 1 --memory 128M
	viewed "top shows it" '^again  *running'
	check "it stops" twinctl stop again
	viewed "and is shown no more" 'There is no twin'
	show_view
	press q
	viewed "top ends" '^ended with 0'
	close_view
	open_view 80 24 LC_ALL=C TERM=vt100
	viewed "it needs no UTF-8 and no colours" 'There is no twin'
	press C-c
	viewed "Ctrl-C ends it" '^ended with 0'
	close_view
	open_view 80 24 TERM=
	viewed "a terminal without a name is refused" 'TERM is not set'
	close_view
	open_view 80 24 TERM=nonsense
	viewed "so is an unknown one" 'does not know'
	viewed "by the code of a mistake" '^ended with 2'
	close_view
	refuse 2 'no terminal' twinctl top
}

has_started()
{
	[ "$(cat /sys/class/twinos/dev/starts)" = "$1" ]
}

# ---- events -------------------------------------------------------------------

# told NAME - what became of that twin, after its name
told()
{
	seen watch | jq -r "select(.name == \"$1\") | \"\(.event) \(.state) \(.reason)\""
}

# tells NAME LINE... - these, in this order
tells()
{
	told "$1" >/tmp/told
	cat /tmp/told
	shift
	printf '%s\n' "$@" | cmp - /tmp/told
}

# uevents - as the kernel has sent them, heard by another program
uevents()
{
	awk '/^change / { print $2, $3, $4 }' /tmp/uevents.out
}

follow_uevents()
{
	cat >/tmp/uevent.sh <<-'SCRIPT'
		#!/bin/sh
		[ "$SUBSYSTEM" != twinos ] ||
			echo "$ACTION ${DEVPATH##*/} $TWINOS_STATE $TWINOS_REASON" >>/tmp/uevents.out
	SCRIPT
	chmod 755 /tmp/uevent.sh
	uevent /tmp/uevent.sh &
	heard=$!
}

are_uevents()
{
	seen watch | jq -r 'select(.event == "change" and .state != "created") |
		"\(.name) \(.state) \(.reason)"' >/tmp/told
	uevents >/tmp/heard
	diff /tmp/heard /tmp/told
}

try_events()
{
	seen watch | sed 's/^/# | /'
	check "events are JSON, one object a line" sh -c \
		'tr -d "\r" </tmp/watch.out | jq -e -c "has(\"time\") and has(\"event\")" | sort -u | grep -qx true'
	check "a twin's way is told: panic, restart, stop" tells dev \
		'change created none' 'change loaded none' 'change starting none' \
		'change running none' 'change panicked none' 'change stopping panicked' \
		'change stopped panicked' 'change loaded none' 'change starting none' \
		'change running none' \
		'change stopping request' 'change stopped request' 'gone gone request'
	check "so is a power-off" tells idle \
		'change created none' 'change loaded none' 'change starting none' \
		'change running none' 'change halted none' 'change stopping halted' \
		'change stopped halted' \
		'gone gone halted'
	check "so is what came after the module was away" tells again \
		'change created none' 'change loaded none' 'change starting none' \
		'change running none' 'change stopping request' 'change stopped request' \
		'gone gone request'
	check "they are the kernel's uevents" are_uevents
	type_in watch "$(printf '\003')"
	check "Ctrl-C ends them" wait_for 20 ends watch
	kill $heard
}

# ---- all ------------------------------------------------------------------------

ln -s /files/terminfo /lib/terminfo
mkdir -p /usr/lib/locale
ln -s /files/C.utf8 /usr/lib/locale/C.utf8
printf 'set -g status off\nset -g default-terminal screen-256color\n' >/tmp/tmux.conf
export LC_ALL=C.UTF-8 SHELL=/bin/sh

load_module
truncate -s 8M $image
record
twinctl metrics >/tmp/x.prom
check "metrics of no twin are right" is_valid /tmp/x.prom
follow_uevents
sit watch pty 24 80 twinctl events
check "events begin" wait_for 20 shows watch '"ready"'
socat -u TCP-LISTEN:5000,fork,reuseaddr /dev/null 2>/dev/null &
sink=$!
# shellcheck disable=SC2086
start_twin dev devices $mode --memory 256M --disk $image --net host=10.77.0.1/24 \
	--restart on-failure
start_twin idle shell --cpus 1 --memory 128M
check "a twin with devices runs" wait_for 60 said dev 'TWIN devices up'
check "it has a shell" sit_at dev
check "which answers" wait_for 60 shows dev '/ #'
check "and learns" learn
check "the other one runs" wait_for 60 said idle 'TWIN facts end'
tap=$(ip -o addr | sed -n 's,^[0-9]*: *\([^ ]*\) .* 10\.77\.0\.1/24.*,\1,p')
try_busy
try_counters
try_rates
try_metrics
try_keys
try_ends
try_events
kill $sink
tmux kill-server 2>/dev/null
ends dev || leave dev
# What one that panicked has said was wanted.
rm -f /run/dev.log $image /tmp/*.vmcore /tmp/*.prom /tmp/*.out
balance
finish
