# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples of a page are run as they stand there, in their order, on a host where
# TwinOS is installed and the files lie that they name. examples.how tells how those are
# run that don't simply end.
# Wants --installed, the host's kernel as the first twin, and as --file the page,
# examples.awk and examples.how.
# rig.page=PAGE; rig.part=N: of the guide. The first one also wants --disk, and the modules
# that were made of examples/module. Where a page names a root, --image build/debian.ext4.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh
# shellcheck source=tests/qemu/seat.sh
. /lib/seat.sh

page=$(option page none)
part=$(option part '')

# pieces [OPTION]... - of the page
pieces()
{
	awk -f /files/examples.awk -v part="$part" "$@" "/files/$page"
}

# how COMMAND [VERB] - what examples.how says of it, or behind this verb
how()
{
	how=$1 verb=${2:-} awk '
		/^#/ { next }
		/^[^\t]/ { found = $0 == ENVIRON["how"]; next }
		found {
			sub("^\t", "")
			verb = ENVIRON["verb"]
			if (verb == "" || index($0 " ", verb " ") == 1)
				print verb == "" ? $0 : substr($0, length(verb) + 2)
		}' /files/examples.how
}

# ends_so CODE COMMAND
ends_so()
{
	shell="sh"
	[ -z "$(how "$2")" ] || ! how "$2" | grep -qx bash || shell=bash
	timeout 120 $shell -c "$2" >/tmp/example.out 2>&1 </dev/null
	got=$?
	tail -n 20 /tmp/example.out
	[ $got = "$1" ] || {
		echo "ended with $got"
		return 1
	}
}

shows_or_ends()
{
	shows seat "$1" || ends seat
}

# types COMMAND PATTERN KEYS
types()
{
	sit seat pty 50 $SEAT_COLUMNS sh -c "$1; echo \"<<exit \$?>>\""
	wait_for 300 shows_or_ends "$2"
	shows seat "$2" >/dev/null && printf '%b' "$3" 1<>/tmp/seat.in || {
		shows seat "$2"
		return 1
	}
	wait_for 120 ends seat
	seen seat >/tmp/example.out
	tail -n 20 /tmp/example.out
	grep -q '<<exit 0>>$' /tmp/example.out
}

said_it()
{
	grep -qE -e "$1" /tmp/example.out
}

# goes_on COMMAND PATTERN MEANWHILE
goes_on()
{
	setsid sh -c "$1" >/tmp/example.out 2>&1 </dev/null &
	group=$!
	sleep 1
	[ -z "$3" ] || $3
	wait_for 120 said_it "$2"
	seen=$?
	tail -n 20 /tmp/example.out
	[ -d /proc/$group ] || seen=1
	kill -TERM -$group
	wait $group
	return $seen
}

# run_example COMMAND
run_example()
{
	never=$(how "$1" never)
	until=$(how "$1" until)
	types=$(how "$1" types)
	: >/tmp/example.out
	if [ -n "$never" ]; then
		note "not here, $never: $1"
		return
	elif [ -n "$until" ]; then
		check "$1" goes_on "$1" "$until" "$(how "$1" meanwhile)"
	elif [ -n "$types" ]; then
		check "$1" types "$1" "${types% -> *}" "${types#* -> }"
	else
		code=$(how "$1" exits)
		check "$1" ends_so "${code:-0}" "$1"
	fi
	# The guide shows it.
	[ -z "$part" ] || head -n 90 /tmp/example.out | sed 's/^/#   /'
	how "$1" prints >/tmp/prints
	while IFS= read -r pattern; do
		check "it says $pattern" said_it "$pattern" || tail -n 20 /tmp/example.out
	done </tmp/prints
}

# put_file PATH - what it is called there
put_file()
{
	mkdir -p "$(dirname "$1")"
	pieces -v file="$1" >"$1"
	check "$1 is right" twinctl check "$1"
}

# ---- the machine of somebody who reads the page ------------------------------------

home=/root/home

# initrds - for the host's kernel, and b's for another one
initrds()
{
	twinctl mkinitrd -o c.cpio.gz || return
	for name in d e; do
		ln c.cpio.gz $name.cpio.gz
	done
	other=$(find /boot -name 'vmlinuz-6.12*')
	if [ -n "$other" ]; then
		ln "$other" vmlinuz-6.12
		twinctl mkinitrd --release "${other#*vmlinuz-}" -o b.cpio.gz
	else
		ln c.cpio.gz b.cpio.gz
	fi
}

web()
{
	mkdir -p /srv/web
	ln "/boot/vmlinuz-$(uname -r)" /srv/web/vmlinuz
	ln c.cpio.gz /srv/web/initrd.img
	ln c.cpio.gz /srv/c.cpio.gz
	printf '[twin]\ninitrd = /srv/c.cpio.gz\n' >c.conf
	# NAT has to lead somewhere.
	[ ! -e /sys/class/net/eth0 ] || ip route add default via 10.0.2.2
}

# A root for twins, which is a disk, and one for the host.
distributions()
{
	mkdir -p /etc && echo 'PRETTY_NAME="BusyBox, as a host"' >/etc/os-release || return
	for root in deb debian debian.img web/root.img; do
		if [ -b /dev/vda ]; then
			ln -s /dev/vda /srv/$root
		else
			mkdir /srv/$root
		fi
	done
}

# There is no compiler here. What it would make of a source was made before, of the same one.
make_stand_in()
{
	cat >/bin/make <<-'TEXT'
		#!/bin/sh
		[ "$1 $2" = '-C examples/module' ] || exit 2
		for made in /files/faulty /files/mended; do
			cmp -s "$made/greet.c" "$2/greet.c" && exec cp "$made/greet.ko" "$2/"
		done
		exit 2
	TEXT
	chmod 755 /bin/make
}

prepare()
{
	mkdir -p $home /var/crash /var/lib/prometheus/node-exporter
	[ ! -d /files/examples ] || cp -r /files/examples $home/
	make_stand_in
	ln -sf /proc/self/fd /dev/fd
	printf '#!/bin/sh\nexec "$@"\n' >/bin/sudo
	chmod 755 /bin/sudo
	cd $home && initrds && web && distributions || return
	truncate -s 64M e.img more.img
	mkdir site
	echo hello >site/index.html
}

clean_up()
{
	twinctl stop --all
	cd / && rm -rf $home /srv /var/crash /etc/twinos
}

# interrupted COMMAND PATTERN - by Ctrl-C, when it has said this
interrupted()
{
	sit seat pty 50 $SEAT_COLUMNS sh -c "$1"
	wait_for 120 shows seat "$2" && type_in seat "$(printf '\003')" && wait_for 60 ends seat
	code=$?
	seen seat | tail -n 20
	return $code
}

# refuses COMMAND... - a mistake of the user's, in a line
refuses()
{
	"$@" >/tmp/out 2>/tmp/err
	code=$?
	cat /tmp/out /tmp/err
	[ $code = 2 ] && [ ! -s /tmp/out ] && [ "$(wc -l </tmp/err)" = 1 ]
}

# script NAME - what it does besides
script()
{
	check "$1: it helps" examples/$1 --help
	for mistake in --no-such-option '--kernel /no/such/file' --name; do
		# shellcheck disable=SC2086
		check "$1: $mistake is a mistake" refuses examples/$1 $mistake
	done
}

more_of_part()
{
	case $1 in
	1)
		script develop
		check "develop: a test can fail" exits 3 examples/develop --test 'exit 3'
		check "develop: Ctrl-C ends it" interrupted \
			"examples/develop --test 'echo begun; sleep 1000'" begun
		check "the dump is kept" keep_dump
		;;
	2)
		script realtime
		check "realtime: another kernel is refused" sh -c \
			'examples/realtime --kernel "/boot/vmlinuz-$(uname -r)" 2>&1 | grep "no PREEMPT_RT"'
		check "realtime: Ctrl-C ends it" interrupted \
			'examples/realtime --seconds 1000' Measuring
		check "realtime: its load has ended" fails pidof dd cyclictest
		;;
	3)
		script two-distributions
		check "two-distributions: Ctrl-C ends it" interrupted \
			"examples/two-distributions /srv/debian.img" 'it boots'
		;;
	esac
	check "no twin is left" wait_for 20 nothing_runs
}

# keep_dump - on the disk, for examples.after
keep_dump()
{
	dump=$(echo $home/develop-*.vmcore)
	dd if="$dump" of=/dev/vda bs=1M conv=fsync 2>/tmp/dd.out &&
		note "vmcore greet 0 $(stat -c %s "$dump")" >&4
}
exec 4>&1

nothing_runs()
{
	[ -z "$(ls /sys/class/twinos)" ]
}

check "the module loads" modprobe twinos
check "all that the page names is there" prepare
cd $home || exit
record
pieces >/tmp/pieces
check "the page has examples" test -s /tmp/pieces
while IFS= read -r piece <&5; do
	case $piece in
	"conf "*) put_file "${piece#conf }" ;;
	*) run_example "$piece" ;;
	esac
done 5</tmp/pieces
# Scripts leave nothing; a page may leave twins that it has started.
[ -z "$part" ] || check "no twin is left" wait_for 20 nothing_runs
[ -z "$part" ] || more_of_part "$part"
clean_up
balance
finish
