# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TAP of the scripts in tests/unit, which have a directory $dir; what a failed test has
# left in $dir/out and $dir/err is shown.

count=0
failed=0

verdict() { # RESULT NAME
	count=$((count + 1))
	tap_name=$(printf '%s' "$2" | tr '\n' ' ')
	if [ "$1" = 0 ]; then
		echo "ok $count - $tap_name"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $tap_name"
	for tap_file in "$dir/out" "$dir/err"; do
		# What a terminal was sent may end without a newline.
		[ ! -e "$tap_file" ] ||
			sed -e 's/^/# /' -e '$a\' "$tap_file" | head -n 50 | cat -v
	done
}

skip() { # NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

end_tap() { # as the last command: fails if a test has
	echo "1..$count"
	[ "$failed" = 0 ]
}
