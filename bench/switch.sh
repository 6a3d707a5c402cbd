# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Shared mode, on a host with one CPU: prints samples as start.sh does.
# rig.times=N: windows of each [5]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

times=$(option times 5)
WINDOW=2 # seconds
TWIN_WINDOW=8 # of the work of host and twin

# logged N PATTERN - the twin's log has so many such lines; read now and then only,
# and by nobody while something is measured
logged()
{
	[ "$(twinctl dmesg one 2>/dev/null | grep -c "$2")" -ge "$1" ]
}

# begin PLAN [OPTION]...
begin()
{
	plan=$1
	shift
	twinctl start --name one --kernel /twins/1 --initrd /twins/initrd \
		--append "$TWIN_APPEND twin.plan=$plan" --shared 0 --memory 128M "$@" &&
		wait_for 120 logged 2 "TWIN $plan" || exit 1
}

end()
{
	twinctl stop one >/dev/null
}

two_processes()
{
	burn $WINDOW >/tmp/second &
	first=$(burn $WINDOW)
	wait $!
	echo $((($(rate "$first") + $(rate "$(cat /tmp/second)")) / 1000))
}

burned()
{
	twinctl dmesg one | grep -o 'TWIN burn.*'
}

# The twin tells of its work every two seconds. The first report after the host's
# program has begun covers some of the time before, the others do not.
host_and_twin()
{
	before=$(burned | wc -l)
	first=$(burn $TWIN_WINDOW)
	twin=$(burned | tail -n +$((before + 2)) | sed 's/[a-z_]*=//g' |
		awk '{ units += $3; ms += $5 } END { print int(units * 1000000 / ms) }')
	echo $((($(rate "$first") + twin) / 1000))
}

# sample SERIES UNIT COMMAND... - as often as wanted
sample()
{
	series=$1 unit=$2
	shift 2
	for _ in $(seq "$times"); do
		echo "BENCH value $series $unit $("$@")"
	done
}

# What a turn takes, there and back, with all that lies between two turns.
turn_time()
{
	turns=$(vcpu one switches) began=$(uptime_cs)
	sleep $WINDOW
	echo "$(uptime_cs) $began $(vcpu one switches) $turns" |
		awk '{ printf "%.1f\n", ($1 - $2) * 10000 / ($3 - $4) }'
}

# What the switches of a turn take, there and back.
switch_time()
{
	turns=$(vcpu one switches) ns=$(vcpu one switch_ns)
	sleep $WINDOW
	echo "$(vcpu one switch_ns) $ns $(vcpu one switches) $turns" |
		awk '{ printf "%.1f\n", ($1 - $2) / 1000 / ($3 - $4) }'
}

pipe_time()
{
	value "$(pingpong $WINDOW)" n | awk -v window=$WINDOW '{ printf "%.1f\n", window * 1000000 / $1 }'
}

load_module
sample two-processes units/s two_processes
sample pipe-round-trip us pipe_time
begin yield
sample switch-round-trip us turn_time
sample switches us switch_time
end
begin burn --slice 4ms
sample host-and-twin-4ms units/s host_and_twin
end
begin burn --slice 500us
sample host-and-twin-500us units/s host_and_twin
end
sample pipe-round-trip us pipe_time
ok "all was measured"
finish
