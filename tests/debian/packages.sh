# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
#
# The life of the packages on a fresh Debian, which are in $rig/debs: installed by apt,
# used, booted with twins twice, upgraded, removed, purged. Three boots.
# compile=y: DKMS compiles the modules here [n: it gets those of $rig/modules]

kept=/var/lib/rig
export DEBIAN_FRONTEND=noninteractive

# conf NAME LINE...
conf()
{
	name=$1
	shift
	{
		printf '[twin]\n'
		printf '%s\n' "$@"
	} >"/etc/twinos/$name.conf"
}

# journal TWIN - of this boot
journal()
{
	journalctl --sync
	journalctl -b -o cat -t "twin-$1"
}

# logged TWIN PATTERN
logged()
{
	journal "$1" | grep -e "$2"
}

main_pid()
{
	systemctl show -P MainPID "$1"
}

# active UNIT... - each of them
active()
{
	for unit; do
		systemctl is-active "$unit" || return
	done
}

# seconds COMMAND... - how long it takes is noted
seconds()
{
	before_cs=$(uptime_cs)
	"$@"
	status=$?
	echo "$(($(uptime_cs) - before_cs))" >/tmp/took
	return $status
}

took()
{
	note "$1: $(awk '{ printf "%.1f", $1 / 100 }' /tmp/took) s"
}

nothing_runs()
{
	[ -z "$(ls /sys/class/twinos)" ]
}

all_cpus()
{
	[ "$(cat /sys/devices/system/cpu/online)" = 0-3 ]
}

# ---- what is there -----------------------------------------------------------

# What changes by itself, or whenever apt and dpkg do something.
CHANGING="/(tmp|run|proc|sys|dev|root)/
/var/(cache|tmp|log|lib/rig|lib/systemd|lib/apt)/
/var/lib/dpkg/.*-old\$
/etc/ld.so.cache\$"

unchanging()
{
	grep -vE "^($(echo "$CHANGING" | paste -s -d '|'))"
}

# belongings - all files, and what those of /etc hold
belongings()
{
	find / -xdev | sed 's,$,,' | unchanging | sort
	find /etc -type f | unchanging | sort | xargs sha256sum
}

# ---- the first boot ----------------------------------------------------------

# quick_make - a compiler takes minutes under emulation. All else that DKMS does it does.
quick_make()
{
	cat >$rig/bin/make <<-TEXT
		#!/bin/sh
		case "\$*" in
		*' modules '*) ;;
		*) exec /usr/bin/make "\$@" ;;
		esac
		mkdir -p build/host/$(uname -r) build/guest/$(uname -r)
		cp $rig/modules/twinos.ko build/host/$(uname -r)/
		cp $rig/modules/twinos_guest.ko build/guest/$(uname -r)/
	TEXT
	chmod +x $rig/bin/make
}

install_packages()
{
	(cd $rig/debs && apt-get -o DPkg::Path="$PATH" install -y ./*.deb)
}

installed()
{
	dpkg-query -W -f '${Package} ${Status}\n' twinos twinos-dkms libtwinos0 libtwinos-dev |
		tee /tmp/status
	[ "$(grep -c 'ok installed' /tmp/status)" = 4 ]
}

first_hour()
{
	check "the image has no trace of it" sh -c '! command -v twinctl && ! modinfo twinos'
	belongings >$kept/before
	[ "$(option compile n)" = y ] || quick_make
	check "apt reads its source" apt-get update
	check "apt installs ./*.deb, and what they need" seconds install_packages
	took "apt install"
	check "all packages are installed" installed
	check "DKMS has built for this kernel" sh -c \
		"dkms status | grep 'twinos/.*$(uname -r).*installed'"
	check "the module is loaded" test -d /sys/module/twinos
	check "the guest module is where twins get it" \
		test -e "/usr/lib/twinos/$(uname -r)/twinos_guest.ko"
	check "the units are right" systemd-analyze verify --man=no twin@x.service twins.target
	check "twinctl doctor is content" twinctl doctor
	check "man knows it" sh -c 'ls /usr/share/man/man8/twinctl.8.gz'
}

a_shell()
{
	sit shell pty 50 $SEAT_COLUMNS twinctl run --name shell
	check "twinctl run gives a prompt" wait_for 180 shows shell '^twin:~# '
	is "it is this kernel" "$(in_twin shell 'uname -r')" "$(uname -r)"
	enter shell exit
	check "the shell's end is the twin's" wait_for 60 ends shell
	is "one command in a fresh twin" "$(twinctl run -- uname -r)" "$(uname -r)"
}

a_unit()
{
	conf demo 'cpus = 1' 'memory = 128M' 'vsock = auto'
	check "the file is right" twinctl check demo
	check "systemctl enable --now twin@demo" seconds systemctl enable --now twin@demo
	took "systemctl enable --now"
	check "the twin is up" active twin@demo
	check "its status tells" sh -c 'systemctl status twin@demo | grep "Status: .*running"'
	check "its log is in the journal" logged demo 'Linux version'
	check "the agent is there" wait_for 60 twinctl exec demo -- true
	pid=$(main_pid twin@demo)
	check "once more does nothing" systemctl start twin@demo
	is "it is the same" "$(main_pid twin@demo)" "$pid"
	check "nor can another have its name" exits 6 twinctl run --config demo
	kill -KILL "$pid"
	check "systemd starts one anew whose process was killed" \
		wait_for 120 sh -c "systemctl is-active twin@demo &&
			[ \$(systemctl show -P MainPID twin@demo) != $pid ]"
	check "which has an agent as well" wait_for 60 twinctl exec demo -- true
	check "systemctl stop powers it off" systemctl stop twin@demo
	check "in order" logged demo 'reboot: back to the host'
	is "that is no failure" "$(systemctl is-failed twin@demo)" inactive
	check "nothing is left of it" nothing_runs
	check "all CPUs are back" all_cpus
}

# fails_with NAME PATTERN - the unit does, and the journal says so
fails_with()
{
	check "twin@$1 fails" fails systemctl start "twin@$1"
	is "and is failed" "$(systemctl is-failed "twin@$1")" failed
	check "the journal says: $2" logged "$1" "$2"
	systemctl reset-failed "twin@$1"
	rm -f "/etc/twinos/$1.conf"
}

bad_units()
{
	conf broken 'cpus = 1' 'memroy = 1G'
	fails_with broken 'broken.conf:3: .*memroy'
	conf empty 'kernel = /boot/no-such-kernel'
	fails_with empty '/boot/no-such-kernel'
	fails_with absent 'absent.conf'
}

reserve()
{
	check "twinctl reserve 256M" sh -c 'twinctl reserve 256M | tee /tmp/reserved'
	check "says that it takes a reboot" grep -q reboot /tmp/reserved
	check "update-grub" update-grub
}

# ---- the second boot ---------------------------------------------------------

came_by_itself()
{
	check "twin@demo is up again" active twin@demo
	check "its log tells, from the first line" logged demo 'Linux version'
	check "nothing has failed" sh -c 'systemctl is-system-running --wait | grep running'
}

uses_reserved()
{
	check "the memory is set aside" sh -c 'twinctl reserve | grep "has set it aside"'
	check "the kernel was told" grep -o 'memmap=256M\$[^ ]*' /proc/cmdline
	at=$(sed -n 's/.*memmap=256M\$\([^ ]*\).*/\1/p' /proc/cmdline)
	check "a twin takes it" twinctl start --name apart --reserved --memory 128M
	check "it lies there" grep "^reserved $at" /sys/class/twinos/apart/memory
	check "it stops" twinctl stop apart
	check "twinctl reserve --undo" twinctl reserve --undo
	check "update-grub" update-grub
}

three_twins()
{
	for name in two three; do
		conf $name 'cpus = 1' 'memory = 128M' 'vsock = auto'
	done
	check "two more" systemctl enable --now twin@two twin@three
	check "three are up" active twin@demo twin@two twin@three
	for name in demo two three; do
		check "the agent in $name is there" wait_for 60 twinctl exec $name -- true
	done
}

# ---- the third boot ----------------------------------------------------------

# of_last_boot - what systemd said of twins
of_last_boot()
{
	journalctl -b -1 -o short-unix -u 'twin@*' _PID=1
}

went_in_order()
{
	of_last_boot >/tmp/last
	journalctl -b -1 -o short-unix | tail -n 400 >/tmp/end
	for name in demo two three; do
		check "at the shutdown twin $name powered off" sh -c \
			"journalctl -b -1 -o cat -t twin-$name | grep 'reboot: back to the host'"
		check "and its unit ended well" grep "twin@$name.service: Deactivated successfully" /tmp/last
	done
	check "none was killed, none took too long" sh -c \
		"! grep -E 'timed out|Killing process|Failed with result' /tmp/end"
	note "$(awk '/Stopping twin@/ && !from { from = $1 } /Stopped twin@/ { to = $1 }
		END { printf "all three were down after %.1f s", to - from }' /tmp/last)"
}

nothing_reserved()
{
	check "no memory is set aside any more" sh -c '! grep memmap /proc/cmdline'
	check "it says so" sh -c 'twinctl reserve | grep "nothing is set aside"'
}

# repacked DEB - as a later version
repacked()
{
	rm -rf /tmp/repack
	dpkg-deb -R "$1" /tmp/repack &&
		sed -i 's/^Version: .*/&+next/' /tmp/repack/DEBIAN/control &&
		dpkg-deb -b /tmp/repack /tmp/later/ && rm -r /tmp/repack
}

upgrade()
{
	mkdir -p /tmp/later && repacked $rig/debs/twinos_*.deb &&
		apt-get install -y /tmp/later/*.deb &&
		dpkg-query -W twinos | grep next
}

goes()
{
	check "three came by themselves" active twin@demo twin@two twin@three
	pid=$(main_pid twin@demo)
	check "an upgrade" upgrade
	is "leaves twins alone" "$(main_pid twin@demo)" "$pid"
	check "apt removes it" apt-get remove -y twinos
	check "its twins have gone" sh -c '[ -z "$(ls /sys/class/twinos 2>/dev/null)" ]'
	check "their CPUs are back" all_cpus
	check "apt purges all" apt-get purge -y --autoremove 'twinos*' 'libtwinos*'
	check "no module is left" sh -c '! grep twinos /proc/modules && ! modinfo twinos'
	belongings >$kept/after
	check "nothing else is left" diff $kept/before $kept/after
}

case $boot in
1)
	first_hour
	a_shell
	a_unit
	bad_units
	check "twin@demo once more" systemctl start twin@demo
	reserve
	again
	;;
2)
	came_by_itself
	uses_reserved
	three_twins
	again
	;;
3)
	went_in_order
	nothing_reserved
	goes
	finish
	;;
esac
