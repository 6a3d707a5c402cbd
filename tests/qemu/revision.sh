# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A module of another revision (--module build/broken/revision/.../twinos.ko):
# every command that calls it says so, and nothing is taken. What only reads sysfs
# works.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

reason='another revision than this tool'

# refused COMMAND... - exit code 7 and one line
refused()
{
	text="twinctl $* is refused"
	timeout 30 twinctl "$@" >/tmp/out 2>/tmp/err </dev/null
	code=$?
	if [ $code = 7 ] && [ "$(wc -l </tmp/err)" = 1 ] &&
		grep -q "$reason" /tmp/err; then
		ok "$text"
	else
		not_ok "$text"
		note "exit code $code"
		sed 's/^/# /' /tmp/out /tmp/err
	fi
}

load_module
record
refused run --kernel /twins/1
refused start --kernel /twins/1
refused run --kernel /twins/1 --dry-run
refused dmesg x
refused wait x
refused stop x
check "list works" twinctl list
check "version tells the tool's and why not the module's" twinctl version
note "$(twinctl version 2>&1 | tr '\n' ' ')"
is "no twin is there" "$(ls /sys/class/twinos)" ""
balance
finish
