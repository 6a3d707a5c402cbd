# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a twin can do to the whole machine, as nothing stands between it and that. If
# this script fails, the README and the manual say too little of us. rig.what= says
# which:
# write   it writes to memory that the host has
# triple  a triple fault resets the machine. Wants --reset.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

what=$(option what write)
mode=$(option mode --cpus,1, | sed 's/,/ /')

load_module
case $what in
write)
	job victim victim 120
	check "the host has a page" wait_for 10 grep -q page /tmp/victim.out
	note "$(cat /tmp/victim.out)"
	TWIN_APPEND="$TWIN_APPEND twin.at=$(sed -n 's/^page //p' /tmp/victim.out)"
	# shellcheck disable=SC2086
	check "a twin starts" start_twin one write $mode --memory 128M
	check "it says that it writes there" wait_for 60 said one 'havoc: write'
	check "the page holds what the twin wrote" end_job victim
	check "so it was the twin" grep 'holds written by a twin' /tmp/victim.out
	check "the twin is stopped" twinctl stop one
	;;
triple)
	# shellcheck disable=SC2086
	check "a twin starts" start_twin one triple $mode --memory 128M
	sleep 60
	not_ok "the machine has survived that"
	;;
esac
finish
