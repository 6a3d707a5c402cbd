# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Shared mode, on a host with one CPU: prints samples as bench.sh does.
# rig.times=N: windows of each [5]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

times=$(option times 5)
WINDOW=4 # seconds

# value TEXT KEY
value()
{
	echo "$1" | sed -n "s/.*$2=\([0-9]*\).*/\1/p"
}

# begin PLAN [OPTION]...
begin()
{
	plan=$1
	shift
	start_twin one "$plan" --shared 0 --memory 128M "$@" || exit 1
	wait_for 120 said one 'TWIN facts end' || exit 1
	sleep 3
}

end()
{
	twinctl stop one >/dev/null
	rm -f /run/one.log
}

# Units of work a second, in thousandths, of what the twin did from line $1 on.
twin_rate()
{
	tail -n +"$1" /run/one.log | sed -n 's/.*TWIN burn units=\([0-9]*\).*wall_ms=\([0-9]*\)/\1 \2/p' |
		awk '{ units += $1; ms += $2 } END { printf "%d\n", ms ? units * 1000000 / ms : 0 }'
}

rate()
{
	echo $(($(value "$1" units) * 1000000 / $(value "$1" wall_ms)))
}

two_processes()
{
	burn $WINDOW >/tmp/second &
	first=$(burn $WINDOW)
	wait $!
	echo $(($(rate "$first") + $(rate "$(cat /tmp/second)")))
}

# Twice as long: the twin tells of its work every two seconds.
host_and_twin()
{
	line=$(($(wc -l </run/one.log) + 1))
	turns=$(vcpu one switches)
	first=$(burn $((2 * WINDOW)))
	turns=$((($(vcpu one switches) - turns) / (2 * WINDOW)))
	sleep 3
	echo $(($(rate "$first") + $(twin_rate $line))) $turns
}

# sample SERIES COMMAND... - as often as wanted
sample()
{
	series=$1
	shift
	for _ in $(seq "$times"); do
		echo "BENCH $series $("$@")"
	done
}

round_trips()
{
	turns=$(vcpu one switches)
	sleep $WINDOW
	echo $((($(vcpu one switches) - turns) / WINDOW))
}

pipes()
{
	echo $(($(value "$(pingpong $WINDOW)" n) / WINDOW))
}

load_module
sample one-process sh -c 'burn 4 | sed "s/.*units=\([0-9]*\).*wall_ms=\([0-9]*\).*/\1 \2/" | { read -r units ms; echo $((units * 1000000 / ms)); }'
sample two-processes two_processes
sample pipe-round-trips pipes
begin yield
sample switch-round-trips round_trips
end
begin burn --slice 4ms
sample host-and-twin-4ms host_and_twin
end
begin burn --slice 500us
sample host-and-twin-500us host_and_twin
end
sample pipe-round-trips pipes
ok "all was measured"
finish
