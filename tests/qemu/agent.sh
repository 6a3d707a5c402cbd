# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Commands and files by way of the agent in a twin, over vsock; tests/unit/agent.sh has the
# rest. Wants --devices.
# rig.mode=OPTION: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode --cpus,1 | tr , ' ')

answers()
{
	twinctl exec --timeout 20 agt -- true
}

in_agt()
{
	twinctl exec agt -- "$@"
}

# Each says who it is, all at the same time.
many()
{
	pids=
	for i in 0 1 2 3 4 5 6 7 8 9; do
		in_agt sh -c "sleep 1; echo $i" >"/tmp/many.$i" &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	cat /tmp/many.* | tr -d '\n'
}

tree_sum()
{
	cd "$1" && find . -type f -exec sha256sum {} \; | sort | sha256sum
}

runs_there()
{
	in_agt sh -c "ps | grep -q '[s]leep $1'"
}

load_module
record
# shellcheck disable=SC2086
check "a twin with an agent starts" start_twin agt devices $mode --memory 256M --vsock 77
check "which answers" wait_for 60 answers
is "a command's output" "$(in_agt echo hello)" hello
check "its exit code" exits 42 in_agt sh -c 'exit 42'
check "one that a signal ends" exits 143 in_agt sh -c 'kill -TERM $$'
check "one that is not there" exits 127 in_agt no-such-command
is "its errors apart" "$(in_agt sh -c 'echo no >&2; echo yes' 2>/dev/null)" yes
is "its environment" "$(twinctl exec --env A=b agt -- sh -c 'echo $A')" b
is "its directory" "$(twinctl exec --cwd /sys agt -- pwd)" /sys
is "4 MiB there and back" "$(in_agt cat </tmp/checksummed | sha256sum)" \
	"$(sha256sum </tmp/checksummed)"
is "ten at once" "$(many)" 0123456789
is "a terminal with its size" \
	"$(pty 33 77 twinctl exec --tty agt -- stty size | tr -d '\r')" '33 77'

twinctl exec agt -- sleep 1001 &
lonely=$!
check "a command runs" wait_for 20 runs_there 1001
kill -KILL $lonely
check "and ends if twinctl is killed" wait_for 20 fails runs_there 1001
twinctl exec agt -- sleep 1002 &
asked=$!
wait_for 20 runs_there 1002
kill -TERM $asked
wait $asked
is "SIGTERM reaches it" $? 143

mkdir -p /tmp/tree/a/b
cp /tmp/checksummed /tmp/tree/a/b/big
echo small >"/tmp/tree/a small file"
check "a tree is copied to it" twinctl cp -r /tmp/tree agt:/tmp/
check "and back" twinctl cp -r agt:/tmp/tree /tmp/back
is "it is as it was" "$(tree_sum /tmp/back)" "$(tree_sum /tmp/tree)"
check "one file under another name" twinctl cp /tmp/tree/a/b/big agt:/tmp/other
is "is as it was" "$(in_agt sha256sum /tmp/other | cut -c 1-64)" \
	"$(sha256sum </tmp/checksummed | cut -c 1-64)"
rm -r /tmp/tree /tmp/back /tmp/many.*

check "it powers off in order" timeout 100 twinctl shutdown --timeout 60 agt
check "nothing holds it" test ! -e /sys/class/twinos/agt
check "it has said so" said agt 'reboot: back to the host'
check "who is not there can't be asked" \
	sh -c 'twinctl exec agt -- true 2>&1 | grep "no twin\|is no twin"'
balance
finish
