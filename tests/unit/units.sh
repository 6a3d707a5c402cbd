#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What 'make install' gives systemd and udev, as they see it. TAP on standard output.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
prefix=$dir/usr
units=$prefix/lib/systemd/system

has() { # WORD...: the unit has this line, and no other of that key
	for word; do
		[ "$(grep "^${word%%=*}=" "$units/twin@.service")" = "$word" ] || return 1
	done
}

env -u MAKEFLAGS -u MAKELEVEL make -s install PREFIX="$prefix" GUESTDIR="$dir/guest" \
	CONFDIR="$dir/etc" >"$dir/out" 2>&1
verdict $? 'make install'
[ -x "$dir/guest/twinos-agent" ] && [ -x "$dir/guest/init" ]
verdict $? 'what twins get is where the library looks for it'
examples=$prefix/share/doc/twinos/examples
[ -x "$examples/develop" ] && [ -x "$examples/open-dump" ] && [ -e "$examples/module/greet.c" ]
verdict $? 'the examples are there'
[ "$(readlink "$units/multi-user.target.wants/twins.target")" = ../twins.target ] &&
	[ -e "$units/twins.target" ]
verdict $? 'each boot wants the twins'
has Type=notify Restart=on-abort KillMode=mixed PartOf=twins.target WantedBy=twins.target \
	Conflicts=shutdown.target Before=shutdown.target SyslogIdentifier=twin-%i
verdict $? 'the unit says what it should'
grep -q '^After=.*systemd-modules-load.service' "$units/twin@.service" &&
	grep -qx twinos "$prefix/lib/modules-load.d/twinos.conf"
verdict $? 'the modules are there before it'

# Options that the unit gives are ones that twinctl knows.
for command in run shutdown; do
	for option in $(sed -n "s|.*twinctl $command||p" "$units/twin@.service" |
		grep -o -e '--[a-z-]*'); do
		"$prefix/sbin/twinctl" $command --help >"$dir/out" 2>&1
		grep -q "^  $option" "$dir/out"
		verdict $? "twinctl $command knows $option"
	done
done

if command -v systemd-analyze >/dev/null; then
	cp "$units/twin@.service" "$units/twin@web-1.service"
	systemd-analyze verify --man=no "$units/twins.target" "$units/twin@web-1.service" \
		>"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
	verdict $? 'systemd-analyze finds nothing'
else
	skip 'systemd-analyze' 'there is no systemd here'
fi
rules=$prefix/lib/udev/rules.d/60-twinos.rules
if udevadm verify --help >/dev/null 2>&1; then
	udevadm verify "$rules" >"$dir/out" 2>&1
	verdict $? 'udevadm finds nothing'
else
	skip 'udevadm' 'there is no udevadm verify here'
fi
grep -q '^KERNEL=="twinos", .*MODE="0600"' "$rules"
verdict $? 'the device stays with root'

end_tap
