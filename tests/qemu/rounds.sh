# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# 50 twins of two cores are stopped by force at random instants, every fifth at
# once; then one boots wholly. rig.seed= and rig.rounds= change the course.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

rounds=$(option rounds 50)
seed=$(option seed "")
seed=${seed:-$(awk 'BEGIN { srand(); print int(rand() * 100000) }')}
note "rig.seed=$seed rig.rounds=$rounds"

# Microseconds until the stop, a line a round.
awk -v seed="$seed" -v rounds="$rounds" 'BEGIN {
	srand(seed)
	for (i = 0; i < rounds; i++)
		print i % 5 ? int(rand() * 2500000) : 0
}' >/tmp/delays

one_round()
{
	twinctl start --name r --kernel "/twins/$((1 + $1 % kernels))" \
		--initrd /twins/initrd --append twin.plan=tick \
		--cpus 1-2 --memory 128M || return
	[ "$2" = 0 ] || usleep "$2"
	twinctl stop --force r
}

kernels=$(find /twins -name '[0-9]' | wc -l)
load_module
record
n=0
while read -r delay; do
	if ! one_round $n "$delay" </dev/null >/tmp/round.out 2>&1; then
		not_ok "round $n, stopped after $delay us"
		sed 's/^/# /' /tmp/round.out
	fi
	n=$((n + 1))
done </tmp/delays
is "$rounds twins were started and stopped" "$n" "$rounds"
is "all CPUs are online" "$(cat /sys/devices/system/cpu/online)" 0-2
check "then one boots" start_twin last tick --cpus 1-2 --memory 512M
check "its user space runs" wait_for 60 said last 'TWIN up'
check "its timers tick" wait_for 60 at_least_ticks last 4
is "all its CPUs are online" "$(last last cpus)" 0-1
check "it stops" twinctl stop last
balance
finish
