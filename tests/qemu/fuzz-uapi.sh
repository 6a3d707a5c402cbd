# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Random calls from several processes at once, some killed in the middle of one.
# Wants --smp 4 and --host-append memmap=16M$0x40000000. rig.seconds=N [60];
# rig.seed=N repeats the chances of a run, not its course.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

seconds=$(option seconds 60)
seed=$(option seed '')
load_module
record
adopt uapi_fuzz --seed "${seed:-$(date +%s)}" --seconds "$seconds" --reserved 0x40000000
check "a twin starts" twinctl start --name one --kernel /twins/1 \
	--initrd /twins/initrd --append twin.plan=tick --cpus 1-3 --memory 128M
check "it stops" twinctl stop one
balance
finish
