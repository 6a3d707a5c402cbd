# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A shell in a twin, at a terminal that several look at and one writes to.
# rig.mode=MODE,VALUE: how the twin gets its CPU [--cpus,1].
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')

numbers_are_whole()
{
	seen "$1" | sed -n '/^1$/,/^20000$/p' | cmp - /tmp/numbers
}

load_module
record
# shellcheck disable=SC2086
check "a twin starts" start_twin one shell $mode --memory 128M
check "its user space runs" wait_for 180 said one 'TWIN facts end'

sit first pty 33 101 twinctl console one
check "the log of its kernel is there from the first line" wait_for 20 shows first 'Linux version'
check "its shell is there" wait_for 60 shows first '^.* # '
is "each line of the log came once" "$(shown first 'Linux version')" 1
enter first 'echo "me""ow"; stty size'
check "it does what is typed" wait_for 30 shows first '^meow$'
check "it knows the size of the terminal" wait_for 30 shows first '^33 101$'

sit second twinctl console one --read-only
check "a second one sees the same" wait_for 20 shows second '^meow$'
sit third pty 24 80 twinctl console one
check "a third one may not write" wait_for 20 shows third 'you look on'
enter third 'echo "in""truder"'

seq 1 20000 >/tmp/numbers
enter first 'seq 1 20000; echo "nu""mbers"'
check "much is printed" wait_for 120 shows first '^numbers$'
check "no byte of it is lost or doubled" numbers_are_whole first
check "nor for the second" wait_for 20 numbers_are_whole second
check "the third was not heard" fails shows first '^intruder$'

# More than the ring and a line of the terminal hold, at once.
enter first 'cat >/tmp/typed'
seq 100000 100999 >/tmp/typed
type_in first "$(cat /tmp/typed)
"
type_in first "$(printf '\004')"
enter first 'md5sum </tmp/typed'
check "no byte of what was typed is lost" wait_for 120 shows first "^$(md5sum </tmp/typed)"

# A key that comes before the program runs is the shell's.
enter first 'echo "sle""eps"; sleep 1000'
check "a program runs" wait_for 30 shows first '^sleeps$'
sleep 2
type_in first "$(printf '\003')"
enter first 'echo "inter""rupted"'
check "an interrupt reaches the program" wait_for 30 shows first '^interrupted$'

check "Ctrl-] leaves it" leave first
check "and says so" grep -q "it goes on" /tmp/first.out
sit fourth twinctl console one
check "the next one sees what was before" wait_for 20 shows fourth '^interrupted$'
enter fourth 'echo "ag""ain"'
check "and may write" wait_for 30 shows fourth '^again$'

check "the twin stops" twinctl stop one
for seat in second third fourth; do
	check "the terminal of the $seat is closed" wait_for 20 ends "$seat"
done
twinctl console one >/tmp/out 2>/tmp/err
is "a twin that is gone has none" "$?" "$(twinctl show one >/dev/null 2>&1; echo $?)"
check "and no socket" fails test -e /run/twinos/one.console

# shellcheck disable=SC2086
sit runner pty 24 80 twinctl run --name one $mode --kernel /twins/1 --initrd /twins/initrd \
	--memory 128M --append "$TWIN_APPEND twin.plan=shell"
check "who runs a twin sits at its terminal" wait_for 180 shows runner '^.* # '
enter runner 'echo "he""re"'
check "and may write" wait_for 30 shows runner '^here$'
type_in runner "$(printf '\035')"
check "leaves it" wait_for 20 shows runner 'it goes on'
check "the twin goes on" test -e /sys/class/twinos/one
type_in runner "$(printf '\003')"
check "Ctrl-C stops it then" wait_for 20 ends runner
check "and says so" grep -q 'was stopped' /tmp/runner.out

case $mode in
--cpus*)
	check "a twin without a guest module starts" start_twin two tick --cpus 1 \
		--memory 128M --no-guest-module
	check "its user space runs" wait_for 180 said two 'TWIN facts end'
	sit bare twinctl console two
	check "its log is to be seen" wait_for 20 shows bare 'Linux version'
	check "it stops" twinctl stop two
	;;
esac
balance
finish
