# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Two twins of different kernels at once; one ends and comes again while the
# other lives on.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

goes_on()
{
	check "$1 goes on" wait_for 30 at_least_ticks "$1" $(($(ticks "$1") + 3))
}

load_module
record
check "the first starts" start_twin one tick --cpus 1, --memory 256M
check "the second starts" start_twin two tick --cpus 2, --memory 192M --kernel /twins/2
check "the first's user space runs" wait_for 60 said one 'TWIN up'
check "the second's user space runs" wait_for 60 said two 'TWIN up'
goes_on one
goes_on two
note "$(uname -r) with $(last one uname) and $(last two uname)"
check "one runs the first kernel" [ -e "/twins/$(last one uname)" ]
is "they run different kernels" "$(readlink "/twins/$(last one uname)") $(readlink "/twins/$(last two uname)")" "1 2"
is "both are listed" "$(twinctl list | grep -c running)" 2
check "a CPU is not lent twice" fails start_twin three tick --cpus 1,
check "the first stops" twinctl stop one
goes_on two
check "the first starts again" start_twin one tick --cpus 1, --memory 256M
check "its user space runs" wait_for 60 said one 'TWIN up'
goes_on two
check "they stop" twinctl stop --all
is "no twin is left" "$(find /sys/class/twinos -mindepth 1 | wc -l)" 0
balance
finish
