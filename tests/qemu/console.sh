# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A shell in a twin, at a terminal that several look at and one writes to.
# rig.mode=MODE,VALUE: how the twin gets its CPU [--cpus,1].
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode --cpus,1 | tr , ' ')

# sit NAME COMMAND... - in the background; what it is to read is typed by type_in
sit()
{
	seat=$1
	shift
	rm -f "/tmp/$seat.in"
	mkfifo "/tmp/$seat.in"
	# Nobody may ever type there, and that is no reason to wait.
	"$@" <>"/tmp/$seat.in" >"/tmp/$seat.out" 2>"/tmp/$seat.err" &
	echo $! >"/tmp/$seat.pid"
}

# The writer's end stays open, so that one command after the other can be typed.
type_in()
{
	printf '%s' "$1" >&4
}

enter()
{
	type_in "$1
"
}

# shows SEAT PATTERN - a line of what has appeared there
shows()
{
	tail -n 5 "/tmp/$1.out" "/tmp/$1.err"
	tr -d '\r' <"/tmp/$1.out" | grep -q -e "$2"
}

# shown SEAT PATTERN - how many
shown()
{
	tr -d '\r' <"/tmp/$1.out" | grep -c -e "$2"
}

ends()
{
	! kill -0 "$(cat "/tmp/$1.pid")" 2>/dev/null
}

numbers_are_whole()
{
	tr -d '\r' <"/tmp/$1.out" | sed -n '/^1$/,/^20000$/p' | cmp - /tmp/numbers
}

load_module
record
# shellcheck disable=SC2086
check "a twin starts" start_twin one shell $mode --memory 128M
check "its user space runs" wait_for 180 said one 'TWIN facts end'

sit first pty 33 101 twinctl console one
exec 4>/tmp/first.in
check "the log of its kernel is there from the first line" wait_for 20 shows first 'Linux version'
check "its shell is there" wait_for 60 shows first '^.* # '
is "each line of the log came once" "$(shown first 'Linux version')" 1
enter 'echo "me""ow"; stty size'
check "it does what is typed" wait_for 30 shows first '^meow$'
check "it knows the size of the terminal" wait_for 30 shows first '^33 101$'

sit second twinctl console one --read-only
check "a second one sees the same" wait_for 20 shows second '^meow$'
sit third pty 24 80 twinctl console one
exec 5>/tmp/third.in
check "a third one may not write" wait_for 20 shows third 'you look on'
echo 'echo "in""truder"' >&5

seq 1 20000 >/tmp/numbers
enter 'seq 1 20000; echo "nu""mbers"'
check "much is printed" wait_for 120 shows first '^numbers$'
check "no byte of it is lost or doubled" numbers_are_whole first
check "nor for the second" wait_for 20 numbers_are_whole second
check "the third was not heard" fails shows first '^intruder$'

# More than the ring and a line of the terminal hold, at once.
enter 'cat >/tmp/typed'
seq 100000 100999 >/tmp/typed
cat /tmp/typed >&4
type_in "$(printf '\004')"
enter 'md5sum </tmp/typed'
check "no byte of what was typed is lost" wait_for 120 shows first "^$(md5sum </tmp/typed)"

# A key that comes before the program runs is the shell's.
enter 'echo "sle""eps"; sleep 1000'
check "a program runs" wait_for 30 shows first '^sleeps$'
sleep 2
type_in "$(printf '\003')"
enter 'echo "inter""rupted"'
check "an interrupt reaches the program" wait_for 30 shows first '^interrupted$'

type_in "$(printf '\035')"
check "Ctrl-] leaves it" wait_for 20 ends first
check "and says so" grep -q "it goes on" /tmp/first.out
exec 4>&-
sit fourth twinctl console one
exec 4>/tmp/fourth.in
check "the next one sees what was before" wait_for 20 shows fourth '^interrupted$'
enter 'echo "ag""ain"'
check "and may write" wait_for 30 shows fourth '^again$'

check "the twin stops" twinctl stop one
for seat in second third fourth; do
	check "the terminal of the $seat is closed" wait_for 20 ends "$seat"
done
exec 4>&- 5>&-
twinctl console one >/tmp/out 2>/tmp/err
is "a twin that is gone has none" "$?" "$(twinctl show one >/dev/null 2>&1; echo $?)"
check "and no socket" fails test -e /run/twinos/one.console

# shellcheck disable=SC2086
sit runner pty 24 80 twinctl run --name one $mode --kernel /twins/1 --initrd /twins/initrd \
	--memory 128M --append "$TWIN_APPEND twin.plan=shell"
exec 4>/tmp/runner.in
check "who runs a twin sits at its terminal" wait_for 180 shows runner '^.* # '
enter 'echo "he""re"'
check "and may write" wait_for 30 shows runner '^here$'
type_in "$(printf '\035')"
check "leaves it" wait_for 20 shows runner 'it goes on'
check "the twin goes on" test -e /sys/class/twinos/one
type_in "$(printf '\003')"
check "Ctrl-C stops it then" wait_for 20 ends runner
check "and says so" grep -q 'was stopped' /tmp/runner.out
exec 4>&-

case $mode in
--cpus*)
	check "a twin without a guest module starts" start_twin two tick --cpus 1 \
		--memory 128M --no-guest-module
	check "its user space runs" wait_for 180 said two 'TWIN facts end'
	sit bare twinctl console two
	exec 4>/tmp/bare.in
	check "its log is to be seen" wait_for 20 shows bare 'Linux version'
	check "it stops" twinctl stop two
	exec 4>&-
	;;
esac
balance
finish
