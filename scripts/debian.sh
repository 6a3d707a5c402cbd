# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scripts/debian-image and scripts/debian-host share: $image is the file that they
# make, $root the directory that becomes it.

PATH=$PATH:/sbin:/usr/sbin
# What would only cost time, or do something at a time of its own.
MASKED="apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-timesyncd.service
	systemd-networkd-wait-online.service getty@tty1.service"

# debootstrap mounts /proc and /sys in there. Where that can be, in a namespace of
# its own, so that an interruption leaves no mount behind.
alone()
{
	if [ -z "${DEBIAN_IMAGE_INNER:-}" ] && unshare --mount true 2>/dev/null; then
		DEBIAN_IMAGE_INNER=y exec unshare --mount "$0" "$@"
	fi
}

cleanup()
{
	umount "$root/sys" "$root/proc" 2>/dev/null || true
	rm -rf --one-file-system "$root" "$image.new"
}

new_root()
{
	root=$(mktemp -d "$image.XXXXXX")
	trap cleanup EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$root"
}

# logged COMMAND... - what it says counts if it fails
logged()
{
	"$@" >"$image.log" 2>&1 || {
		tail -n 5 "$image.log" >&2
		return 1
	}
	rm "$image.log"
}

# bootstrap SUITE MIRROR PACKAGES - through the proxy that apt uses
bootstrap()
{
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	[ -z "${http_proxy:-}" ] || export http_proxy
	logged debootstrap --variant=minbase --include="$3" "$1" "$root" "$2"
}

# Lists, packages and documents are most of what is there.
slim()
{
	rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
		"$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/info/* \
		"$root"/usr/share/locale/* "$root"/debootstrap
}

# set_up_system HOSTNAME DISK
set_up_system()
{
	echo "$1" >"$root/etc/hostname"
	echo "127.0.0.1 localhost $1" >"$root/etc/hosts"
	echo "$2 / ext4 errors=remount-ro 0 1" >"$root/etc/fstab"
	# It knows no name server, least of all the one of where it was made.
	: >"$root/etc/resolv.conf"
	# Its absence is told at each login.
	: >"$root/etc/default/locale"
	sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
}

# want UNIT FILE WANTED_BY
want()
{
	mkdir -p "$root/etc/systemd/system/$3.wants"
	ln -sf "$2" "$root/etc/systemd/system/$3.wants/$1"
}

# mask UNIT...
mask()
{
	for unit; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# A sudo's user is to have it.
finish_image()
{
	[ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID:${SUDO_GID:-}" "$image.new"
	mv "$image.new" "$image"
}
