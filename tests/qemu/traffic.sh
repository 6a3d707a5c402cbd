# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All kinds of traffic between host and twin at once, for a script that has sourced lib.sh
# and whose twins have a disk, a network and vsock, and run twinos-agent (plan devices).

KINDS='net vsock ping disk'

# serve_traffic - the host's end, until end_traffic
serve_traffic()
{
	socat TCP-LISTEN:5000,fork,reuseaddr EXEC:cat 2>/dev/null &
	servers=$!
	socat VSOCK-LISTEN:5000,fork EXEC:cat 2>/dev/null &
	servers="$servers $!"
}

end_traffic()
{
	# shellcheck disable=SC2086
	kill $servers
}

answers()
{
	twinctl exec --timeout 20 "$1" -- test -e /sys/class/net/eth0 -a -e /dev/vda
}

# start_traffic TWIN [SECONDS]
start_traffic()
{
	wait_for 90 answers "$1" && twinctl cp /files/worker.sh "$1:/tmp/" || return
	for kind in $KINDS; do
		job "$kind" twinctl exec "$1" -- sh /tmp/worker.sh "$kind" ${2:+"$2"} || return
	done
}

# went_well KIND - it came to its end and moved something
went_well()
{
	wait_for 120 test -e "/tmp/$1.code"
	cat "/tmp/$1.out"
	[ "$(cat "/tmp/$1.code")" = 0 ] && [ "$(number "$1" pieces)" -gt 0 ]
}
