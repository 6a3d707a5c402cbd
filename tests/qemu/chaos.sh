# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Random twins meet a random fate at a random instant, and nothing of it stays on the
# host, which works on meanwhile. Wants --smp 4, --disk, --net and two twins, and what
# shared mode does.
# rig.rounds=N [100]; rig.seed=N repeats the draw, with rig.first=N and rig.last=N
# of these rounds only.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

rounds=$(option rounds 100)
first=$(option first 1)
last=$(option last "$rounds")
seed=$(option seed "$(awk 'BEGIN { srand(); print int(rand() * 100000) }')")
online=$(cat /sys/devices/system/cpu/online)
sys=/sys/class/twinos/one
note "rig.seed=$seed rig.rounds=$rounds"

# A line a round: what fate, how it is told, how many microseconds after the start
# or the twin's, which kernel, what its command line adds, and the options.
draw()
{
	awk -v seed="$seed" -v rounds="$rounds" '
	function below(n) { return int(rand() * n) }
	function pick(list,   words) { return words[1 + below(split(list, words, " "))] }
	function cpus(n) {
		if (n == 1) return pick("1 1, 2, 3,")
		return n == 3 ? pick("3 1-3") : pick("2 1-2 2-3 1,3")
	}
	BEGIN {
		srand(seed)
		fates = "stop stop stop force force force force term kill kill kill" \
			" interrupt interrupt interrupt interrupt interrupt interrupt" \
			" poweroff reboot halt sysrq-b sysrq-b panic bug bug null null" \
			" stack stack irqoops irqoops irqoff irqoff allirqoff allirqoff" \
			" forkbomb oom"
		for (i = 1; i <= rounds; i++) {
			fate = pick(fates)
			shared = rand() < 0.3
			bare = !shared && rand() < 0.3 && fate != "sysrq-b"
			options = shared ? "--shared " below(4) : "--cpus " cpus(1 + below(3))
			options = options " --memory " (96 + 32 * below(14)) "M"
			signal = pick("TERM HUP KILL supervisor")
			append = rand() < 0.3 && !bare ? "panic=-1" : "panic=0"
			again = rand() < 0.2
			limit = rand() < 0.5
			if (bare) options = options " --no-guest-module"
			if (again && fate ~ /^(reboot|panic|bug|null|stack|irqoops)$/)
				options = options " --restart on-failure --restart-limit 1"
			if (limit && !bare && fate ~ /irqoff/)
				options = options " --hang-limit 3"
			print fate, signal, below(1500000),
				1 + below(2), append, options
		}
	}'
}

gone()
{
	[ ! -e $sys ]
}

is_in()
{
	[ "$(cat $sys/state)" = "$1" ]
}

has_panicked()
{
	[ "$(cat $sys/state $sys/reason | tr '\n' ' ')" = "stopped panicked " ]
}

# says FATE - its log, which goes to /tmp/one.log
says()
{
	grep -q "TWIN $1" /tmp/one.log
}

# comes_to FATE - it has begun, by the twin's own words
comes_to()
{
	twinctl dmesg --follow one >/tmp/one.log 2>&1 &
	wait_for 60 says "$1"
}

stop_it()
{
	gone || twinctl stop --timeout 60 "$@" one
}

# start FATE [exec] - without waiting for its user space
start()
{
	# shellcheck disable=SC2086
	$2 twinctl start --name one --kernel "/twins/$kernel" --initrd /twins/initrd \
		--append "oops=panic $append twin.plan=$1 twin.after=0 twin.delay=$delay" \
		$options
}

start_and_wait()
{
	start tick || return
	usleep "$delay"
}

# The signal comes to the command, or to the process that has the twin meanwhile.
interrupted()
{
	start tick exec &
	command=$!
	usleep "$delay"
	case $signal in
	supervisor)
		read -r child _ <"/proc/$command/task/$command/children"
		kill -KILL "$child"
		;;
	*) kill "-$signal" $command ;;
	esac
	wait $command
	echo "start: $?"
	# What it had taken is on its way back, or it runs.
	wait_for 30 eval 'gone || is_in running'
}

# Without a limit nobody is told.
hangs()
{
	case $options in
	*--shared*) wait_for 60 is_in stopped ;;
	*--hang-limit*) wait_for 60 is_in hung ;;
	*) sleep 1 ;;
	esac
}

meet()
{
	case $1 in
	stop) start_and_wait && twinctl stop --timeout 60 one ;;
	force) start_and_wait && twinctl stop --force --timeout 60 one ;;
	term) start_and_wait && kill "$(cat $sys/owner)" ;;
	kill) start_and_wait && kill -KILL "$(cat $sys/owner)" ;;
	interrupt) interrupted && stop_it --force ;;
	poweroff | reboot | halt | sysrq-b) start "$1" ;;
	panic | bug | null | stack | irqoops)
		start "$1" && comes_to "$1" && wait_for 90 has_panicked && stop_it
		;;
	irqoff | allirqoff)
		start "$1" && comes_to "$1" && hangs && stop_it
		;;
	forkbomb | oom)
		start "$1" && comes_to "$1" && usleep "$delay" && stop_it
		;;
	esac
}

# kept FATE - the log that is kept when it is gone says so
kept()
{
	twinctl dmesg --last one | grep "TWIN $1"
}

# Those of its own making are told by the log. Of one that is started anew, what is
# kept can be the next life's already.
was_fate()
{
	case $1$options in
	panic*--restart* | bug*--restart* | null*--restart* | stack*--restart* | irqoops*--restart*)
		says "$1"
		;;
	poweroff* | reboot* | halt* | sysrq-b* | panic* | bug* | null* | stack* | irqoops* | irqoff* | allirqoff*)
		kept "$1"
		;;
	esac
}

one_round()
{
	rm -f /run/twinos/one.log /tmp/one.log
	meet "$1" || return
	wait_for 90 gone || return
	was_fate "$1" || return
	cat /sys/devices/system/cpu/online
	[ "$(cat /sys/devices/system/cpu/online)" = "$online" ]
}

# An oops, or a kernel that stands still before its user space, which is what these
# fates begin in. See start_twin in lib.sh.
ran_stale_code()
{
	case $1 in
	stop | force | term | kill | interrupt) return 1 ;;
	esac
	{
		twinctl dmesg one || twinctl dmesg --last one
	} >/tmp/stale.log 2>/dev/null
	grep -q 'did not come back from its first turn' /tmp/round.out ||
		grep -q 'Linux version' /tmp/stale.log || return
	grep -q "$STALE_CODE" /tmp/stale.log || ! grep -q 'TWIN init' /tmp/stale.log
}

# What stays in the way of the next round.
tell_failure()
{
	not_ok "round $n: $*"
	sed 's/^/#   /' /tmp/round.out
	{
		gone || grep -r . $sys 2>/dev/null
		twinctl dmesg one | tail -n 40
	} 2>&1 | sed 's/^/#   /'
}

same_low()
{
	options='--cpus 1 --memory 128M' kernel=1 append='' delay=0
	start tick || return
	grep '^low' $sys/memory >"/tmp/low.$1"
	twinctl stop one
}

check "the module that keeps the books loads" load_fault
load_module
record
check "a twin starts and stops before" same_low before
job disk disk /dev/vda 0 1 50000
job gaps gaps 0 10000
job ping ping -i 1 10.0.2.2
stale=0 done=0 n=0
draw >/tmp/rounds
while read -r fate signal delay kernel append options; do
	n=$((n + 1))
	[ $n -ge "$first" ] || continue
	[ $n -le "$last" ] || break
	begin=$(uptime_cs)
	one_round "$fate" </dev/null >/tmp/round.out 2>&1
	result=$?
	done=$((done + 1))
	echo "# $n: $fate $signal $delay $kernel $append $options: $(($(uptime_cs) - begin)) hundredths" >/dev/ttyS2
	[ $result != 0 ] || continue
	if ran_stale_code "$fate"; then
		note "round $n: the twin's kernel ran stale code, or did not come up"
		stale=$((stale + 1))
	else
		tell_failure "$fate $signal $delay $kernel $append $options"
	fi
	stop_it --force >/tmp/round.out 2>&1
done </tmp/rounds
check "$done of $done twins met their fate" [ $done = $((last - first + 1)) ]
check "stale code is the exception" [ $((stale * 20)) -le $done ]
check "the disk gave back what was written" end_job disk
check "a timer never fired too early" end_job gaps
note "the host's worst latency: $(number gaps worst_us) us, median $(number gaps median_us) us"
kill -INT "$(cat /tmp/ping.pid)"
check "the network lost nothing" wait_for 60 grep ' 0% packet loss' /tmp/ping.out
check "a twin starts and stops after" same_low after
check "in the same low memory" cmp /tmp/low.before /tmp/low.after
check "the module holds nothing" nothing_is_held
balance
finish
