# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Shared mode, on a host with one CPU: prints samples as bench.sh does.
# rig.times=N: windows of each [5]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

times=$(option times 5)
WINDOW=4 # seconds

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

# What a program alone does.
one_process()
{
	rate "$(burn $WINDOW)"
}

two_processes()
{
	burn $WINDOW >/tmp/second &
	first=$(burn $WINDOW)
	wait $!
	echo $(($(rate "$first") + $(rate "$(cat /tmp/second)")))
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
	first=$(burn $((3 * WINDOW)))
	twin=$(burned | tail -n +$((before + 2)) | sed 's/[a-z_]*=//g' |
		awk '{ units += $3; ms += $5 } END { print int(units * 1000000 / ms) }')
	echo $(($(rate "$first") + twin))
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

# per_second FILE - how much it grows
per_second()
{
	turns=$(vcpu one "$1")
	sleep $WINDOW
	echo $((($(vcpu one "$1") - turns) / WINDOW))
}

# What the switches of a turn take, there and back, in nanoseconds.
switch_time()
{
	turns=$(vcpu one switches) ns=$(vcpu one switch_ns)
	sleep $WINDOW
	echo $((($(vcpu one switch_ns) - ns) / ($(vcpu one switches) - turns)))
}

pipes()
{
	echo $(($(value "$(pingpong $WINDOW)" n) / WINDOW))
}

load_module
sample one-process one_process
sample two-processes two_processes
sample pipe-round-trips pipes
begin yield
sample switch-round-trips per_second switches
sample switch-ns switch_time
end
begin burn --slice 4ms
sample turns-4ms per_second switches
sample host-and-twin-4ms host_and_twin
end
begin burn --slice 500us
sample turns-500us per_second switches
sample host-and-twin-500us host_and_twin
end
sample pipe-round-trips pipes
ok "all was measured"
finish
