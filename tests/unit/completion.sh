#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What bash, zsh and fish offer with the scripts of 'twinctl completion', and that
# these know all that --help tells. TAP on standard output. TWINCTL names the
# program, by default build/twinctl. A shell that is not installed is a skip.
#
# Lists of words are to be split.
# shellcheck disable=SC2046,SC2086

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
top=$PWD
twinctl=$(realpath "${TWINCTL:-build/twinctl}")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
tab=$(printf '\t')

# ---- what is to be offered -----------------------------------------------------

sorted() {
	tr ' ' '\n' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}

offers() { # LINE WORD...: in any order
	line=$1
	shift
	echo "$line" >>"$dir/lines"
	echo "$*" | sorted >>"$dir/wanted"
	echo >>"$dir/wanted"
}

# The options of --help, which stand in its left column.
options() { # ARGUMENT...
	"$twinctl" "$@" --help | grep '^  -' | sed 's/^  //; s/  .*//' |
		grep -o -e '--[a-z-]*' | tr '\n' ' '
}

commands() {
	"$twinctl" help | sed -n 's/^  \([a-z]*\)  .*/\1/p'
}

devices='disk= share= net= vsock= rng extra-console vhost-user-blk= vhost-user-fs=
	vhost-user-net='
parts='ro direct format=raw format=qcow2 serial= busy-poll= name='

offers 'twinctl ' $(commands)
offers 'twinctl st' start stop
offers 'twinctl d' device dmesg doctor dump
offers 'twinctl zz'
offers 'twinctl --' --help --version
offers 'twinctl --v' --version
offers 'twinctl --version '
offers 'twinctl bogus '
offers 'twinctl bogus --'
for command in $(commands); do
	offers "twinctl $command --" $(options "$command")
	offers "twinctl $command --help "
	offers "twinctl help $command" "$command"
done
offers 'twinctl help ' $(commands)
offers 'twinctl help help d'
offers 'twinctl completion ' bash zsh fish
offers 'twinctl completion bash z'

# Options that were given, and those that may be given again.
offers 'twinctl run --kernel a --ke' --keep
offers 'twinctl run --kernel=a --ke' --keep
offers 'twinctl run --ke' --keep --kernel
offers 'twinctl run --initrd a --in' --initrd
offers 'twinctl run --append a --com'
offers 'twinctl run --command-line=a --app'
offers 'twinctl run --append --ke'
offers 'twinctl cp -r --rec'
offers 'twinctl cp --rec' --recursive
offers 'twinctl exec -t --tt'
offers 'twinctl doctor --shared --s'
offers 'twinctl run --shared 0 --s' --share --slice
offers 'twinctl wait one --t' --timeout
offers 'twinctl device list --f'
offers 'twinctl device add --t'
offers 'twinctl device remove --f' --force
offers 'twinctl device --json remove one --' --force --help --timeout
offers 'twinctl exec one -- --t'

# Values.
offers 'twinctl run --restart ' no on-failure always
offers 'twinctl run --restart on' on-failure
offers 'twinctl run --restart=' no on-failure always
offers 'twinctl run --restart=a' always
offers 'twinctl run --entry ' auto elf bzimage
offers 'twinctl dmesg one --level e' emerg err
offers 'twinctl run --kernel ' alpha.img beta trees
offers 'twinctl run --kernel=al' alpha.img
offers 'twinctl start --on-panic ' trees
offers 'twinctl start --on-panic=tr' trees
offers 'twinctl run --guest-modules a'
offers 'twinctl run --disk al' alpha.img
offers 'twinctl run --disk alpha.img,' $parts
offers 'twinctl run --disk alpha.img,ro,f' format=raw format=qcow2
offers 'twinctl run --disk alpha.img,format=' raw qcow2
offers 'twinctl run --disk=alpha.img,format=q' qcow2
offers 'twinctl run --root ' alpha.img beta trees
offers 'twinctl run --root trees,r' ro
offers 'twinctl run --root=alpha.img,p' partition=
offers 'twinctl run --share t' trees
offers 'twinctl run --share trees:T,' ro cached name=
offers 'twinctl run --net b' bridge= busy-poll=
offers 'twinctl run --net host=10.77.0.1/24,n' nat no-dhcp name=
offers 'twinctl run --extra-console=' name=
offers 'twinctl run --vsock ' auto
offers 'twinctl run --memory '
offers 'twinctl run --append '
offers 'twinctl run --cpus ' 0 2 3 4
offers 'twinctl run --cpus 2,' 0 2 3 4
offers 'twinctl run --shared ' 0 2 3 4
offers 'twinctl exec --cwd '
offers 'twinctl exec --timeout '

# Operands.
for command in stop shutdown show dmesg console attach exec dump wait; do
	offers "twinctl $command " one other
	offers "twinctl $command o" one other
	offers "twinctl $command on" one
done
offers 'twinctl stop one ' one other
offers 'twinctl shutdown --timeout 5 one oth' other
offers 'twinctl stop --timeout '
offers 'twinctl stop --force oth' other
offers 'twinctl wait one o'
offers 'twinctl dump one ' alpha.img beta trees
offers 'twinctl dump one be' beta
offers 'twinctl dump one beta a'
offers 'twinctl run o'
offers 'twinctl exec one -' -- -t -T -h $(options exec)
offers 'twinctl exec one -- '
offers 'twinctl cp o' one: other:
offers 'twinctl cp ' one: other: alpha.img beta trees
offers 'twinctl cp -r alp' alpha.img
offers 'twinctl cp alpha.img beta oth' other:
offers 'twinctl device ' list add remove
offers 'twinctl device r' remove
offers 'twinctl device list ' one other
offers 'twinctl device list one o'
offers 'twinctl device remove ' one other
offers 'twinctl device remove --timeout '
offers 'twinctl device add ' one other
offers 'twinctl device add --json one ' $devices
offers 'twinctl device add one v' vsock= vhost-user-blk= vhost-user-fs= vhost-user-net=
offers 'twinctl device add one disk=' alpha.img beta trees
offers 'twinctl device add one disk=alp' alpha.img
offers 'twinctl device add one disk=alpha.img,' $parts
offers 'twinctl device add one net=t' tap=
offers 'twinctl device add one share=tr' trees
offers 'twinctl device add one disk=alpha.img o'

# ---- what is offered ------------------------------------------------------------

# A machine with two twins, and four CPUs that are online.
mkdir -p "$dir/twinos/one" "$dir/twinos/other" "$dir/here/trees" "$dir/zsh"
echo 0,2-4 >"$dir/online"
touch "$dir/here/alpha.img" "$dir/here/beta"

write_script() { # SHELL FILE
	"$twinctl" completion "$1" |
		sed "s|/sys/class/twinos|$dir/twinos|; s|/sys/devices/system/cpu|$dir|" >"$2"
}

ask() { # SHELL: what it offers for each line
	case $1 in
	bash)
		write_script bash "$dir/twinctl.bash"
		bash --norc "$top/tests/unit/completion.bash" "$dir/twinctl.bash"
		;;
	zsh)
		write_script zsh "$dir/zsh/_twinctl"
		zsh -f "$top/tests/unit/completion.zsh" "$dir/zsh"
		;;
	fish)
		write_script fish "$dir/twinctl.fish"
		fish --no-config "$top/tests/unit/completion.fish" "$dir/twinctl.fish"
		;;
	esac
}

# Some shells offer only what stands behind a '=', ':' or ',', others the whole word,
# with a space or a slash behind it. LINE<tab>WORD|... becomes WORD...
same_form() {
	awk -F"$tab" '{
		start = $1
		sub(/.* /, "", start)
		if (!sub(/[^=:,]*$/, "", start))
			start = ""
		behind = start
		sub(/.*[=:]/, "", behind)
		last = start
		sub(/.*,/, "", last)
		nr = split($2, words, "|")
		for (i = 1; i <= nr; i++) {
			word = words[i]
			sub(/[ \/]$/, "", word)
			if (start != "" && index(word, start) == 1)
				word = substr(word, length(start) + 1)
			else if (behind != "" && index(word, behind) == 1)
				word = substr(word, length(behind) + 1)
			else if (last != "" && index(word, last) == 1)
				word = substr(word, length(last) + 1)
			if (word ~ /^--.*=$/)
				sub(/=$/, "", word)
			printf "%s ", word
		}
		print ""
	}'
}

compare() { # SHELL
	paste "$dir/lines" "$dir/offered" | same_form |
		while IFS='' read -r words; do
			echo "$words" | sorted
			echo
		done >"$dir/got"
	paste -d '|' "$dir/lines" "$dir/wanted" "$dir/got" >"$dir/compared"
	while IFS='|' read -r line wanted got; do
		[ "$wanted" = "$got" ]
		verdict $? "$1 offers for '$line': $wanted"
		[ "$wanted" = "$got" ] || echo "# it offers: $got"
	done <"$dir/compared"
}

for shell in bash zsh fish; do
	if ! command -v $shell >/dev/null; then
		skip "what $shell offers" "$shell is not installed"
		continue
	fi
	(cd "$dir/here" && ask $shell) <"$dir/lines" >"$dir/offered" 2>"$dir/err"
	[ ! -s "$dir/err" ]
	verdict $? "$shell finds no mistake"
	sed 's/^/# /' "$dir/err"
	compare $shell
done

# ---- the scripts ------------------------------------------------------------------

# A shell that is not there would not complain either.
for shell in bash zsh fish; do
	"$twinctl" completion $shell >"$dir/script"
	for command in $(commands); do
		for word in "$command" $(options "$command"); do
			case $shell$word in
			fish--*) word="-l ${word#--}" ;;
			esac
			grep -q -e "[^a-z-]$word\([^a-z-]\|\$\)" "$dir/script" ||
				echo "$word"
		done
	done >"$dir/missing"
	[ ! -s "$dir/missing" ]
	verdict $? "the script for $shell knows all of --help"
	sed 's/^/# /' "$dir/missing"
done

"$twinctl" completion tcsh >"$dir/out" 2>"$dir/err"
[ $? = 2 ] && [ ! -s "$dir/out" ] && grep -q "'tcsh' is none of" "$dir/err"
verdict $? 'there is none for tcsh'

"$twinctl" completion bash 2>"$dir/err" >/dev/full
[ $? = 1 ] && grep -q 'cannot write' "$dir/err"
verdict $? 'a full disk is an error'

# ---- a real line ----------------------------------------------------------------

# readline inserts the words and quotes them, and the function twinctl tells what it got.
types() { # WANTED KEYS: with <tab> for the key
	cat >"$dir/rc" <<-RC
		. $dir/twinctl.bash
		cd $dir/here
		twinctl() { { printf '<%s>' "\$@" && echo; } >$dir/out; }
	RC
	: >"$dir/out"
	printf '%s\nexit\n' "$2" | sed "s/<tab>/$tab/g" |
		TERM=dumb script -qc "bash --noprofile --rcfile $dir/rc -i" /dev/null \
			>/dev/null 2>&1
	[ "$(cat "$dir/out")" = "$1" ]
	verdict $? "bash makes of '$2': $1"
	sed 's/^/# /' "$dir/out"
}

if command -v script >/dev/null && command -v bash >/dev/null; then
	mkdir "$dir/here/my trees"
	touch "$dir/here/my trees/a:b" "$dir/here/other thing"
	types '<stop><other>' 'twinctl sto<tab>oth<tab>'
	types '<run><--kernel><my trees/a:b>' 'twinctl run --kern<tab>my<tab><tab>'
	types '<run><--kernel=alpha.img>' 'twinctl run --kernel=al<tab>'
	types '<run><--disk><alpha.img,format=qcow2>' \
		'twinctl run --disk al<tab>'"$(printf '\b')"',format=q<tab>'
	types '<device><add><one><disk=alpha.img>' 'twinctl dev<tab>ad<tab>on<tab>dis<tab>al<tab>'
	types '<cp><one:><other thing>' 'twinctl cp on<tab> "other t<tab>'
	types '<cp><./my trees/a:b><one:>' 'twinctl cp ./my<tab>a:<tab>on<tab>'
else
	skip 'a real line' 'there is no script(1) or no bash'
fi

end_tap
