# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin that a file describes, as twin@NAME.service runs it: what systemd would be told,
# and when.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

told()
{
	grep -qx -e "$1" /tmp/notified.out
}

# conf LINE...
conf()
{
	mkdir -p /etc/twinos
	{
		printf '[twin]\nkernel = /twins/1\ninitrd = /twins/initrd\nmemory = 128M\n'
		printf '%s\n' "$@"
	} >/etc/twinos/one.conf
}

# begin NAME - what the unit does
begin()
{
	: >/tmp/notified.out
	job "$1" env NOTIFY_SOCKET=/run/notified twinctl run --config one --name "$1"
}

load_module
record
job notified notified /run/notified

conf "append = $TWIN_APPEND twin.plan=tick" 'cpus = 1' 'restart = on-failure'
check "the file is right" twinctl check one
begin one
check "it is told that the twin starts" wait_for 60 told 'STATUS=starting on CPU.*'
check "and once its guest module is there, that it is up" wait_for 120 told READY=1
check "it was not told before" sh -c \
	"sed -n '/^READY=1/q;p' /tmp/notified.out | grep -q '^STATUS=starting'"
check "it runs" wait_for 60 told STATUS=running
check "its log goes on here" wait_for 90 grep -q 'TWIN up' /tmp/one.out
check "a second one of that name can't be" sh -c \
	'twinctl run --config one; [ $? = 6 ]'
check "an end that was asked for is none of a failure" end_job one
check "the end is told" told STOPPING=1

conf "append = $TWIN_APPEND twin.plan=panic" 'cpus = 1'
begin two
check "one that panics fails" wait_for 120 test -e /tmp/two.code
is "by its exit code" "$(cat /tmp/two.code)" 8
check "that is told" told STATUS=panicked
check "and that it is the end" told STOPPING=1

conf "append = $TWIN_APPEND twin.plan=tick" 'cpus = 1' 'no-guest-module = yes'
begin three
check "one without a guest module is up at once" wait_for 60 told READY=1
check "it is stopped by its name" twinctl stop three
check "that is a good end" end_job three

conf 'cpus = 1' 'restart = sometimes'
refuse 2 '/etc/twinos/one.conf:6: key .restart.' twinctl run --config one
refuse 2 '/etc/twinos/one.conf:6: key .restart.' twinctl start --config one
end_job notified >/dev/null
rm -rf /etc/twinos /run/notified
balance
finish
