# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A shell in a twin by `twinctl run` alone, and one command by `twinctl run -- COMMAND`, in
# the host's own kernel. Wants --devices, --host-modules, the agent as --program, and the
# host's kernel as /twins/1.
# rig.mode=OPTION,VALUE: how it has its CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

mode=$(option mode --cpus,1 | tr , ' ')
release=$(uname -r)

# Where an installation has them.
install_all()
{
	mkdir -p /boot && ln /twins/1 "/boot/vmlinuz-$release" &&
		mv /bin/twinos-agent /usr/lib/twinos/twinos-agent
}

run()
{
	# shellcheck disable=SC2086
	twinctl run $mode "$@"
}

nothing_runs()
{
	[ -z "$(ls /sys/class/twinos)" ]
}

load_module
check "all is installed" install_all
record

# ---- a shell -----------------------------------------------------------------

# shellcheck disable=SC2086
sit shell pty 50 $SEAT_COLUMNS twinctl run --name shell $mode
check "twinctl run gives a prompt" wait_for 180 shows shell '^twin:~# '
check "which says where its root comes from" \
	grep -q 'the small root of' /tmp/shell.err /tmp/shell.out
is "it is that kernel" "$(in_twin shell uname -r)" "$release"
check "its modules are loaded, and have gone" in_twin shell \
	'[ -z "$(ls /lib/modules)" ] && ls /sys/bus/virtio/drivers | grep virtio_net'
check "its init has nothing to complain of" in_twin shell \
	"! dmesg | grep '\] \(insmod\|mount\|ip\|hostname\|uevent\|twinos-agent\|/[a-z/-]*\): '"
enter shell 'sleep 1000'
sleep 1
type_in shell "$(printf '\003')"
is "Ctrl-C ends a command, not the shell" "$(in_twin shell 'echo still here')" 'still here'
check "jobs can be controlled" in_twin shell 'sleep 1000 & kill %1'
is "exec works in it" "$(twinctl exec shell -- cat /proc/1/comm)" init
check "cp works in it" twinctl cp /tmp/checksummed shell:/root/
is "what was copied is right" "$(twinctl exec shell -- sha256sum </dev/null /root/checksummed | cut -c 1-64)" \
	"$(sha256sum </tmp/checksummed | cut -c 1-64)"
check "a card that comes later gets an address" twinctl device add shell net=host=10.77.0.1/24
check "by DHCP" wait_for 30 sh -c "twinctl exec shell -- ip addr show eth0 | grep 'inet 10.77.0.2/24'"
enter shell exit
check "the shell's end is the twin's" wait_for 60 ends shell
check "it has said so" shows shell "twin 'shell' has halted"
check "nothing holds it" wait_for 10 nothing_runs

# ---- one command -------------------------------------------------------------

is "one command's output, and nothing else" "$(run -- uname -r 2>&1)" "$release"
check "nothing is left of it" nothing_runs
check "its exit code" exits 42 run -- sh -c 'exit 42'
check "its death by a signal" exits 143 run -- sh -c 'kill -TERM $$'
check "one that is not there" exits 127 run -- no-such-command
is "its input" "$(run -- sha256sum </tmp/checksummed | cut -c 1-64)" \
	"$(sha256sum </tmp/checksummed | cut -c 1-64)"
is "its errors apart" "$(run -- sh -c 'echo no >&2; echo yes' 2>/dev/null)" yes
check "a panic instead of its end" exits 8 run --name dies -- \
	sh -c 'echo c >/proc/sysrq-trigger'
check "of which the log tells" sh -c "twinctl dmesg dies | grep 'Kernel panic'"
check "a power-off instead of its end" exits 0 run -- sh -c 'poweroff; sleep 1000'
check "nothing is left of these" nothing_runs

# It is on the disk when the command has ended, though nobody said sync.
truncate -s 16M /tmp/disk
check "it writes to a disk" run --disk /tmp/disk -- \
	sh -c 'echo written >/root/f; dd if=/root/f of=/dev/vda 2>/dev/null'
is "what it wrote is there" "$(head -c 7 /tmp/disk)" written
rm /tmp/disk

# asked NAME - its command runs
asked()
{
	twinctl exec "$1" -- sh -c 'ps | grep -q "[s]leep 1001"'
}

# shellcheck disable=SC2086
twinctl run --name long $mode -- sleep 1001 &
long=$!
check "a long command runs" wait_for 120 asked long
kill -TERM $long
wait $long
is "SIGTERM is for the command" $? 143
check "and its twin is gone" nothing_runs
# shellcheck disable=SC2086
twinctl run --name long $mode -- sleep 1001 &
long=$!
check "once more" wait_for 120 asked long
kill -KILL $long
check "who is killed leaves no twin" wait_for 30 nothing_runs
# shellcheck disable=SC2086
twinctl run --name long $mode -- sleep 1001 &
long=$!
check "a twin boots" wait_for 60 grep -q running /sys/class/twinos/long/state
usleep 500000
kill -INT $long
wait $long
is "SIGINT ends the wait for it" $? 130
check "and the twin" nothing_runs

# ---- a file ------------------------------------------------------------------

check "the root is written" twinctl mkinitrd --release "$release" -o /tmp/root
is "it works as well" "$(run --initrd /tmp/root -- uname -r)" "$release"
refuse 1 'is there already' twinctl mkinitrd --release "$release" -o /tmp/root
mkdir /tmp/small
mount -t tmpfs -o size=100k small /tmp/small
refuse 1 'No space left' twinctl mkinitrd --release "$release" -o /tmp/small/root
is "a full disk keeps no part of it" "$(ls -A /tmp/small)" ''
umount /tmp/small
rm /tmp/root
mv /usr/lib/twinos/twinos-agent /tmp/agent
# shellcheck disable=SC2086
refuse 3 'twinos-agent: No such file' twinctl run $mode -- true
mv /tmp/agent /usr/lib/twinos/twinos-agent
mv "/lib/modules/$release" /lib/modules/away
# shellcheck disable=SC2086
refuse 3 "no modules of kernel $release" twinctl run $mode -- true
# shellcheck disable=SC2086
refuse 3 "no modules of kernel $release" twinctl start $mode
mv /lib/modules/away "/lib/modules/$release"
refuse 3 'there is no busybox.*busybox-static' env PATH=/nowhere /bin/twinctl mkinitrd -o /tmp/x
balance
finish
