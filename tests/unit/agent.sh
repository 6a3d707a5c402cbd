#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# twinctl exec and cp against the agent itself, which listens at a socket of this machine
# instead of a twin's. TAP on standard output. TWINCTL and AGENT name the programs.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
twinctl=$(realpath "${TWINCTL:-build/twinctl}")
agent=${AGENT:-build/agent/twinos-agent}
pty=build/tests/qemu/pty
dir=$(mktemp -d) || exit 1
export TWINOS_AGENT_SOCKET="$dir/socket"

"$agent" --unix "$TWINOS_AGENT_SOCKET" &
agent_pid=$!
trap 'kill $agent_pid 2>/dev/null; rm -rf "$dir"' EXIT

soon() { # COMMAND...: is true within three seconds
	tries=30
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

run() { # CODE ARGUMENT...: the exit code is CODE
	want=$1
	shift
	"$twinctl" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = "$want" ]
}

one_line() { # TEXT: is in the only line of standard error; nothing else was said
	[ ! -s "$dir/out" ] && grep -q "^twinctl: .*$1" "$dir/err" &&
		[ "$(wc -l <"$dir/err")" = 1 ]
}

gone() { # FILE: the process that has left its number there
	[ -s "$1" ] && ! kill -0 "$(cat "$1")" 2>/dev/null
}

soon [ -S "$TWINOS_AGENT_SOCKET" ]
verdict $? 'the agent listens'

# ---- exec: how it ends ------------------------------------------------------

run 0 exec x -- true && [ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]
verdict $? 'exit code 0'
run 7 exec x -- sh -c 'exit 7'
verdict $? 'exit code 7'
run 137 exec x -- sh -c 'kill -9 $$'
verdict $? 'death by a signal'
run 127 exec x -- no-such-command && one_line "run 'no-such-command' in twin 'x': No such file"
verdict $? 'a command that is not there'
run 126 exec x -- /etc/passwd && one_line 'Permission denied'
verdict $? 'a command that can not be run'
run 1 exec --cwd /none x -- true && one_line '/none: No such file'
verdict $? 'a directory that is not there'
run 9 exec --timeout 0.3 x -- sleep 60 && one_line 'took too long'
verdict $? 'a command that takes too long'
long=$(head -c 100000 /dev/zero | tr '\0' x)
run 1 exec x -- echo "$long" "$long" && one_line 'Argument list too long'
verdict $? 'a command line that is too long'
run 0 exec x -- printf %s "$long" && [ "$(wc -c <"$dir/out")" = 100000 ]
verdict $? 'arguments longer than a frame'
run 2 exec x true && grep -q "put '--' between" "$dir/err"
verdict $? 'exec without --'
run 2 exec --env A x -- true && grep -q "'A' is not NAME=VALUE" "$dir/err"
verdict $? 'exec with a bad --env'

# ---- exec: what it sees -----------------------------------------------------

run 0 exec x -- sh -c 'echo out; echo err >&2' &&
	[ "$(cat "$dir/out")" = out ] && [ "$(cat "$dir/err")" = err ]
verdict $? 'standard output and error are apart'
run 0 exec --env 'A=1 2' --env B= --cwd /usr x -- sh -c 'echo "$A-$B-$PWD"' &&
	[ "$(cat "$dir/out")" = '1 2--/usr' ]
verdict $? 'environment and directory'
run 0 exec x -- printf '%s|' 'a b' '' "c'd" && [ "$(cat "$dir/out")" = "a b||c'd|" ]
verdict $? 'arguments stay what they are'
run 0 exec x -- sh -c 'tty; ls -l /proc/self/fd | grep -c socket; :' &&
	[ "$(cat "$dir/out")" = "not a tty
0" ]
verdict $? 'no terminal, and nothing of the agent is open'
echo hello | "$twinctl" exec x -- cat >"$dir/out" 2>"$dir/err"
[ "$(cat "$dir/out")" = hello ]
verdict $? 'standard input and its end'
"$twinctl" exec x -- cat >"$dir/out" 2>"$dir/err" <&-
verdict $? 'standard input that is closed'

# ---- exec: much of it -------------------------------------------------------

head -c 3000000 /dev/urandom >"$dir/big"
sum=$(cksum <"$dir/big")
"$twinctl" exec x -- cat <"$dir/big" 2>"$dir/err" | cksum >"$dir/out"
[ "$(cat "$dir/out")" = "$sum" ]
verdict $? '3 MB to and fro'
"$twinctl" exec x -- cksum <"$dir/big" >"$dir/out" 2>"$dir/err"
[ "$(cat "$dir/out")" = "$sum" ]
verdict $? '3 MB in'
"$twinctl" exec x -- sh -c "cat '$dir/big' >&2" 2>&1 >/dev/null </dev/null | cksum >"$dir/out"
[ "$(cat "$dir/out")" = "$sum" ]
verdict $? '3 MB of standard error'
for i in 0 1 2 3 4 5 6 7 8 9; do
	{
		"$twinctl" exec x -- sh -c "sleep 0.3; cat; exit $i" <"$dir/big" \
			>"$dir/many.$i" 2>"$dir/err"
		echo $? >>"$dir/many.codes"
	} &
done
# The agent is a job too, so wait(1) alone would not end.
has_ended() {
	[ "$(sort "$dir/many.codes" 2>/dev/null | tr -d '\n')" = 0123456789 ]
}
soon has_ended
verdict $? 'ten at once'
for i in 0 1 2 3 4 5 6 7 8 9; do
	cmp -s "$dir/many.$i" "$dir/big" || break
done
cmp -s "$dir/many.$i" "$dir/big"
verdict $? 'each of which has its own'
rm -f "$dir"/many.*

yes 2>/dev/null | "$twinctl" exec x -- head -n 1 >"$dir/out" 2>"$dir/err"
[ "$(cat "$dir/out")" = y ]
verdict $? 'input without end is not waited for'
{
	"$twinctl" exec x -- yes 2>"$dir/err" </dev/null
	echo $? >"$dir/code"
} | head -n 1 >"$dir/out"
[ "$(cat "$dir/out")" = y ] && [ "$(cat "$dir/code")" = 141 ] && [ ! -s "$dir/err" ]
verdict $? 'output that nobody wants ends it'

# A reader that stands still: the command stands still, too.
"$twinctl" exec x -- sh -c "i=0; while printf %010000d 0; do
	i=\$((i + 1)); echo \$i >'$dir/blocks'; done" </dev/null 2>"$dir/err" |
	{ sleep 2; } &
sleep 1
before=$(cat "$dir/blocks")
sleep 0.3
[ "$before" -gt 10 ] && [ "$(cat "$dir/blocks")" = "$before" ]
verdict $? 'a slow reader stops the command'

before=$(date +%s)
run 0 exec x -- sh -c 'sleep 9 & echo hi' && [ "$(cat "$dir/out")" = hi ] &&
	[ $(($(date +%s) - before)) -lt 5 ]
verdict $? 'a child that is left behind is not waited for'
run 0 exec x -- sh -c '(sleep 0.1; echo late) & echo early' &&
	[ "$(cat "$dir/out")" = 'early
late' ]
verdict $? 'what comes just behind the end is there'

# ---- exec: signals ----------------------------------------------------------

"$twinctl" exec --timeout 10 x -- sh -c "trap 'echo got; exit 5' TERM; echo \$\$ >'$dir/pid'
	while :; do sleep 0.1; done" >"$dir/out" 2>"$dir/err" </dev/null &
twinctl_pid=$!
soon [ -s "$dir/pid" ] && kill "$twinctl_pid"
wait $twinctl_pid
[ $? = 5 ] && [ "$(cat "$dir/out")" = got ]
verdict $? 'SIGTERM is passed on'

rm -f "$dir/pid"
yes | "$twinctl" exec --timeout 10 x -- sh -c "echo \$\$ >'$dir/pid'; exec sleep 60" >"$dir/out" 2>"$dir/err" &
twinctl_pid=$!
soon [ -s "$dir/pid" ] && sleep 0.2 && kill "$twinctl_pid"
wait $twinctl_pid
[ $? = 143 ]
verdict $? 'SIGTERM gets past input that is not read'

rm -f "$dir/pid"
"$twinctl" exec --timeout 10 x -- sh -c "trap '' TERM; echo \$\$ >'$dir/pid'
	while :; do sleep 0.1; done" >"$dir/out" 2>"$dir/err" </dev/null &
twinctl_pid=$!
soon [ -s "$dir/pid" ]
for i in 1 2 3; do
	kill "$twinctl_pid" 2>/dev/null
	sleep 0.1
done
wait $twinctl_pid
[ $? = 143 ] && soon gone "$dir/pid"
verdict $? 'the third one ends twinctl, and the command'

rm -f "$dir/pid"
"$twinctl" exec --timeout 10 x -- sh -c "echo \$\$ >'$dir/pid'; sleep 60; :" >"$dir/out" 2>"$dir/err" </dev/null &
twinctl_pid=$!
soon [ -s "$dir/pid" ] && kill -9 $twinctl_pid
soon gone "$dir/pid"
verdict $? 'kill -9 of twinctl ends the command'

# ---- exec: terminals --------------------------------------------------------

if [ -x "$pty" ]; then
	"$pty" 33 77 "$twinctl" exec x -- sh -c 'tty; stty size; exit 4' >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = 4 ] && grep -q '^/dev/pts/' "$dir/out" && grep -q '^33 77' "$dir/out"
	verdict $? 'a terminal of the same size'
	# Ctrl-C is typed there, and ends the command, not twinctl.
	{
		soon grep -q ready "$dir/out"
		printf '\003'
		sleep 1
	} | "$pty" 24 80 "$twinctl" exec x -- sh -c 'trap "exit 6" INT; echo ready; sleep 20' \
		>"$dir/out" 2>"$dir/err"
	[ $? = 6 ]
	verdict $? 'Ctrl-C at a terminal'
	"$pty" 24 80 "$twinctl" exec -T x -- tty >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = 1 ] && grep -q 'not a tty' "$dir/out"
	verdict $? 'no terminal if none is wanted'
else
	skip 'terminals' "there is no $pty"
fi
echo 'tty; exit 3' | "$twinctl" exec --tty x -- sh >"$dir/out" 2>"$dir/err"
[ $? = 3 ] && grep -q '/dev/pts/' "$dir/out"
verdict $? 'a terminal without one here'
run 5 exec -t x -- sh -c 'exec <&- >&- 2>&-; sleep 0.3; exit 5'
verdict $? 'a command that closes its terminal is not hung up on'
printf abc | "$twinctl" exec -t x -- cat >"$dir/out" 2>"$dir/err" && grep -q abcabc "$dir/out"
verdict $? 'the end of input is typed there'

# ---- cp ---------------------------------------------------------------------

here=$dir/here
there=$dir/there
mkdir -p "$here/tree/sub dir" "$there/dir"
cp "$dir/big" "$here/big"
echo small >"$here/small"
chmod 640 "$here/small"
echo one >"$here/tree/-one"
echo two >"$here/tree/sub dir/two"
ln -s ../-one "$here/tree/sub dir/link"
chmod 750 "$here/tree/sub dir"
chmod 4755 "$here/tree/sub dir/two"

copies() { # ARGUMENT...: cp says nothing
	run 0 cp "$@" && [ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]
}

same() { # FILE FILE: contents and mode
	cmp -s "$1" "$2" && [ "$(stat -c %a "$1")" = "$(stat -c %a "$2")" ]
}

same_tree() { # DIRECTORY DIRECTORY
	diff -r "$1" "$2" >/dev/null && [ -L "$2/sub dir/link" ] &&
		[ "$(stat -c %a "$2/sub dir")" = 750 ]
}

copies "$here/big" "x:$there/new" && same "$here/big" "$there/new"
verdict $? 'a file to a new name in the twin'
copies "$here/small" "x:$there/dir" && same "$here/small" "$there/dir/small"
verdict $? 'a file into a directory of the twin'
copies "$here/small" "x:$there/new" && cmp -s "$here/small" "$there/new"
verdict $? 'a file over another one in the twin'
copies "x:$there/dir/small" "$here/back" && same "$here/small" "$here/back"
verdict $? 'a file to a new name on the host'
copies "$here/big" "x:$there/big" && mkdir "$here/dir" &&
	copies "x:$there/big" "$here/dir/" && same "$here/big" "$here/dir/big"
verdict $? 'a file into a directory of the host'
copies "$here/small" "$here/big" "x:$there/dir" && same "$here/big" "$there/dir/big" &&
	rm -r "$here/dir" && mkdir "$here/dir" &&
	copies "x:$there/dir/small" "x:$there/dir/big" "$here/dir" && same "$here/big" "$here/dir/big"
verdict $? 'several files, both ways'
(cd "$here" && cp small ./-dash && cp small a:b)
(cd "$here" && copies -- -dash ./a:b "x:$there" && copies "x:$there/-dash" dash) &&
	same "$here/small" "$here/dash" && same "$here/small" "$there/a:b"
verdict $? 'names that look like something else'

copies -r "$here/tree" "x:$there/tree" && same_tree "$here/tree" "$there/tree"
verdict $? 'a tree to a new name in the twin'
copies --recursive "$here/tree" "x:$there/dir" && same_tree "$here/tree" "$there/dir/tree"
verdict $? 'a tree into a directory of the twin'
copies -r "x:$there/tree" "$here/tree2" && same_tree "$here/tree" "$here/tree2"
verdict $? 'a tree to a new name on the host'
copies -r "x:$there/tree/" "$here/dir" && same_tree "$here/tree" "$here/dir/tree" &&
	copies -r "x:$there/tree" "$here/dir"
verdict $? 'a tree into a directory of the host, twice'
copies -r "$here/tree/." "x:$there/contents" && same_tree "$here/tree" "$there/contents"
verdict $? 'the contents of a tree'
[ ! -u "$there/tree/sub dir/two" ] && [ ! -u "$here/tree2/sub dir/two" ]
verdict $? 'no set-user-ID program of somebody else'

why_not() { # TEXT ARGUMENT...
	text=$1
	shift
	run 1 cp "$@" && one_line "$text"
	verdict $? "cp fails: $text"
}

why_not "it is a directory; -r" "$here/tree" "x:$there/none"
why_not "it is a directory; -r" "x:$there/tree" "$here/none"
why_not "copy '$here/none' to .*No such file" "$here/none" x:/
why_not "copy '/none' to .*No such file" x:/none "$here/none"
why_not "none/none" "$here/small" "x:$there/none/none"
why_not "none/none" -r "$here/tree" "x:$there/none/none"
why_not "No such file" "x:$there/new" "$here/none/none"
run 1 cp "x:$there/new" "x:$there/big" "$here/small" &&
	[ "$(grep -c '^twinctl: .*Not a directory' "$dir/err")" = 2 ]
verdict $? 'several files to what is no directory'
run 1 cp "$here/big" "$here/small" "x:$there/new" &&
	[ "$(grep -c '^twinctl: .*not a directory' "$dir/err")" = 2 ]
verdict $? 'several files to what is no directory of the twin'
run 1 cp "$here/small" "$here/none" "x:$there/dir" && one_line "'$here/none'" &&
	cmp -s "$here/small" "$there/dir/small"
verdict $? 'one that fails does not keep the others'
[ ! -e "$here/none" ]
verdict $? 'what failed has left no file'
run 2 cp "$here/small" "$here/other" && grep -q 'one side must be' "$dir/err"
verdict $? 'cp within the host'
run 2 cp x:a x:b && grep -q 'one side must be' "$dir/err"
verdict $? 'cp within a twin'
run 0 cp --json "$here/small" "x:$there/dir" && grep -q '"bytes":6}$' "$dir/out"
verdict $? 'cp --json'
if [ -x "$pty" ]; then
	"$pty" 24 80 "$twinctl" cp "$here/big" "x:$there/new" >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = 0 ] && grep -q '% of 2 MiB' "$dir/out"
	verdict $? 'a bar on a terminal'
fi

# ---- without an agent -------------------------------------------------------

kill $agent_pid
wait $agent_pid 2>/dev/null
run 1 exec x -- true && one_line "no agent answers in twin 'x': Connection refused"
verdict $? 'no agent'
unset TWINOS_AGENT_SOCKET
if [ -e /dev/twinos ]; then
	skip 'no module' 'the module is loaded'
else
	run 7 exec x -- true && one_line 'modprobe twinos'
	verdict $? 'no module'
fi

end_tap
