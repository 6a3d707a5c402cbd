#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# That tests/qemu/examples.sh runs all examples of the pages: each page is a case, no
# example hides from the extractor, and examples.how speaks of none that is no more. TAP
# on standard output.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
how=tests/qemu/examples.how

pieces() { # [OPTION]... PAGE
	awk -f tests/examples.awk "$@"
}

has_case() { # PAGE [PART]
	grep -q "^[^#]*--file $1 .* rig\.page=${1##*/}\( .*rig\.part=${2:-.*}\)\?\$" tests/qemu/cases
}

: >"$dir/all"
for page in man/*.[1-9] README.md doc/guide.md; do
	pieces "$page" >"$dir/pieces"
	cat "$dir/pieces" >>"$dir/all"
	[ -s "$dir/pieces" ] && ! grep '^false #' "$dir/pieces" >"$dir/out"
	verdict $? "$page: examples are found, and marked"
	has_case "$page"
	verdict $? "$page: a case runs them"
done
for part in $(seq "$(grep -c '^## [0-9]' doc/guide.md)"); do
	has_case doc/guide.md "$part" && [ -n "$(pieces -v part="$part" doc/guide.md)" ]
	verdict $? "doc/guide.md: a case runs part $part"
done

grep '^[^	#]' $how | sort >"$dir/known"
sort -u "$dir/all" | comm -13 - "$dir/known" >"$dir/out"
[ ! -s "$dir/out" ]
verdict $? 'each command of examples.how is an example'
uniq -d "$dir/known" >"$dir/out"
[ ! -s "$dir/out" ]
verdict $? 'and stands there once'
! grep -E '^	' $how | grep -vE '^	(never ..........|exits [0-9]+$|types .* -> |until .|meanwhile .|prints .|bash$)' >"$dir/out"
verdict $? 'what it says of it has a form that examples.sh knows'

# What would hide is noticed.
printf '.SH NAME\n.nf\nrm x\n.fi\n.SH B\n.EX\nfoo \\-\\-bar # why\n# no\nx \\e\n  y |\n z\n.EE\n' >"$dir/page.8"
[ "$(pieces "$dir/page.8")" = 'false # .nf in NAME
foo --bar
x y | z' ]
verdict $? 'a page is taken apart'
printf 'a\n\n## 1\n    sudo b\n## 2\n\n    # /etc/x.conf: x\n    [twin]\n    cpus = 1\n\n```\n    no\n```\n    c\n' >"$dir/page.md"
[ "$(pieces "$dir/page.md")" = 'b
conf /etc/x.conf
c' ] && [ "$(pieces -v part=1 "$dir/page.md")" = b ] &&
	[ "$(pieces -v file=/etc/x.conf "$dir/page.md" | tail -n 1)" = 'cpus = 1' ]
verdict $? 'and so is Markdown, with its parts and files'
end_tap
