# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# worker.sh KIND [SECONDS] - in a twin: traffic of that kind, each piece of which is checked;
# for so long, or until killed. The host's end is serve_traffic of traffic.sh. At last
# says how many pieces there were; the exit code is not 0 if one was wrong.

kind=$1
until=$(($(date +%s) + ${2:-100000}))
dir=/tmp/worker.$kind
size=$((1 << 20))

# there_and_back ADDRESS - as socat names it
there_and_back()
{
	socat -t 20 - "$1" <$dir/sent >$dir/received &&
		cmp $dir/sent $dir/received
}

piece()
{
	case $kind in
	net) there_and_back TCP:10.77.0.1:5000 ;;
	vsock) there_and_back VSOCK-CONNECT:2:5000 ;;
	ping) ping -c 20 -i 0.05 -W 20 10.77.0.1 | grep -q ' 0% packet loss' ;;
	disk)
		dd if=$dir/sent of=/dev/vda bs=64k seek=$((pieces % 32 * 16)) conv=fsync,notrunc 2>/dev/null &&
			echo 1 >/proc/sys/vm/drop_caches &&
			dd if=/dev/vda bs=64k skip=$((pieces % 32 * 16)) count=16 2>/dev/null |
			cmp - $dir/sent
		;;
	esac
}

mkdir -p $dir
pieces=0
while [ "$(date +%s)" -lt $until ]; do
	head -c $size /dev/urandom >$dir/sent
	piece || {
		echo "$kind: piece $pieces is wrong"
		exit 1
	}
	pieces=$((pieces + 1))
done
echo "$kind pieces=$pieces"
