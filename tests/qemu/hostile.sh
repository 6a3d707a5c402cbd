# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A twin that drives its virtio devices as no driver would (tests/qemu/hostile): the host's
# kernel and the process that holds the twin must bear it, and nothing outside the twin
# be written to. Wants --devices and --disk.
# rig.rounds=N [300]; rig.seed=N: else it is drawn; rig.mode=OPTION: how it has its
# CPU [--cpus,1]
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

mode=$(option mode --cpus,1 | tr , ' ')
rounds=$(option rounds 300)
seed=$(option seed "$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')")
image=/tmp/hostile.img

done_now()
{
	[ "$(sed -n 's/.*hostile rounds=\([0-9]*\).*/\1/p' /run/hostile.log | tail -n 1)" -ge "$1" ]
}

has_done()
{
	done_now "$1" || ! test -e /sys/class/twinos/hostile
}

load_module
truncate -s 4M $image
record
note "seed=$seed"
# shellcheck disable=SC2086
check "a twin starts" start_twin hostile "hostile twin.seed=$seed" $mode \
	--memory 256M --disk $image --disk /dev/vda --net host=10.77.0.1/24 \
	--vsock 77 --rng
test -e /sys/class/twinos/hostile || finish
owner=$(cat /sys/class/twinos/hostile/owner)
check "it begins" wait_for 60 has_done 50
check "who holds it answers" timeout 10 twinctl device list hostile
check "$rounds rounds" wait_for 250 has_done "$rounds"
note "$(grep -o 'hostile rounds=.*' /run/hostile.log | tail -n 1)"
check "the twin runs" grep -qx running /sys/class/twinos/hostile/state
check "the process that holds it is the same" \
	test "$(cat /sys/class/twinos/hostile/owner)" = "$owner"
check "and has few files open" \
	sh -c "ls /proc/$owner/fd | wc -l | tee /tmp/fds && [ \$(cat /tmp/fds) -lt 100 ]"
check "who holds it answers still" timeout 10 twinctl device list hostile
twinctl device list hostile | sed 's/^/# /'
check "every message had its answer" \
	sh -c 'grep "hostile rounds=" /run/hostile.log | tail -n 1 | grep unanswered=0'
check "it is stopped" timeout 60 twinctl stop hostile
rm -f $image
balance
finish
