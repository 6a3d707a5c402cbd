#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What twinctl says without a module: help, mistakes, exit codes. TAP on
# standard output. TWINCTL names the program, by default build/twinctl.

cd "$(dirname "$0")/../.." || exit 1
twinctl=${TWINCTL:-build/twinctl}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0
failed=0

verdict() { # RESULT NAME
	count=$((count + 1))
	name=$(printf '%s' "$2" | tr '\n' ' ')
	if [ "$1" = 0 ]; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		echo "not ok $count - $name"
		# What a terminal was sent may end without a newline.
		sed -e 's/^/# /' -e '$a\' "$dir/out" "$dir/err" | cat -v
	fi
}

run() { # CODE ARGUMENT...: the exit code is CODE
	want=$1
	shift
	"$twinctl" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = "$want" ]
}

helps() { # ARGUMENT...: help on standard output and nothing else
	run 0 "$@" && grep -q '^Usage: twinctl' "$dir/out" && [ ! -s "$dir/err" ]
	verdict $? "twinctl $* gives help"
}

refuses() { # TEXT ARGUMENT...: a mistake, told in one line that holds TEXT
	text=$1
	shift
	run 2 "$@" && [ ! -s "$dir/out" ] &&
		sed -n 1p "$dir/err" | grep -q "^twinctl: .*$text" &&
		sed -n 2p "$dir/err" | grep -q "^Try 'twinctl.* --help'.\$" &&
		[ "$(wc -l <"$dir/err")" = 2 ]
	verdict $? "twinctl $* is a mistake: $text"
}

fails() { # CODE TEXT ARGUMENT...: one line that holds TEXT
	code=$1
	text=$2
	shift 2
	run "$code" "$@" && [ ! -s "$dir/out" ] &&
		grep -q "^twinctl: .*$text" "$dir/err" &&
		[ "$(wc -l <"$dir/err")" = 1 ]
	verdict $? "twinctl $* fails with $code"
}

helps --help
helps -h
helps help
for command in run start stop shutdown list show dmesg exec cp dump wait top \
	events metrics doctor version; do
	helps "$command" --help
	helps help "$command"
	run 0 help && grep -q "^  $command " "$dir/out"
	verdict $? "help lists $command"
done

refuses 'no command'
refuses "no command 'bogus'" bogus
refuses "unknown or ambiguous option '--bogus'" run --bogus
refuses "unknown option '-x'" list -x
refuses "'x' is one operand too many" list x
refuses 'NAME is missing' show
refuses 'names or --all' stop
refuses 'names or --all' stop --all x
refuses 'option --kernel: .*empty' run --kernel ''
refuses 'option --initrd: .*empty' run --initrd=
refuses 'option --name: .*only letters' run --name 'a b'
refuses "option --name: .*starts with '-'" run --name -a
refuses 'option --name is given twice' run --name a --name b
refuses 'option --append is given twice' run --append a --command-line b
refuses 'option --cpus: CPU 3 is given twice' run --cpus 2-3,3
refuses 'option --cpus: .*neither a count' run --cpus x
refuses 'option --cpus: .*1 to 256' start --cpus 0
refuses 'option --memory needs a value' run --memory
refuses 'option --memory: .*is not a size' run --memory 1X
refuses 'option --memory: .*multiple of 2M' run --memory 3M
refuses 'option --memory: .*multiple of 2M' run --memory 0
refuses 'option --memory: .*64 bits' run --memory 99999999T
refuses 'option --mem-max: ' run --mem-max 0
refuses 'mem-min lies above' run --mem-min 2G --mem-max 1G
refuses 'option --entry: ' run --entry x
refuses 'option --reserved takes no value' run --reserved=1
refuses 'option --shared: .*number of one CPU' run --shared 0-1
refuses 'option --shared needs a value' run --shared
refuses '--shared and --cpus' run --shared 0 --cpus 1
refuses '--shared and --cpus' start --cpus 2, --shared 0
refuses 'option --slice: .*not a time' run --shared 0 --slice 4
refuses 'option --slice: .*from 100us to 100ms' run --shared 0 --slice 99us
refuses '--slice goes with --shared' run --slice 4ms
refuses 'option --guest-modules: .*empty' run --shared 0 --guest-modules ''
refuses '--no-guest-module' run --shared 0 --no-guest-module
refuses 'exclude each other' run --guest-modules x --no-guest-module
refuses 'heartbeat' run --no-guest-module --hang-limit 5
refuses 'give 3 or more' run --hang-limit 2.9
refuses 'none of no, on-failure, always' run --restart sometimes
refuses '--restart-limit goes with --restart' run --restart-limit 3
refuses 'option --restart-limit: ' run --restart always --restart-limit x
refuses 'option --timeout: ' stop --timeout 1s x
refuses 'option --on-panic: .*empty' run --on-panic ''
refuses 'NAME FILE is missing' dump
refuses 'NAME FILE is missing' dump x
refuses "'z' is one operand too many" dump x y z
refuses "can't name a twin" dump ../x y
refuses "file's name is empty" dump x ''
refuses 'option --level: ' dmesg --level 8 x
refuses "can't name a twin" wait ../x
refuses "can't name a twin" events x ../x
refuses "unknown or ambiguous option '--json'" events --json
refuses 'option --interval: .*0.1' top --once --interval 0.09
refuses 'option --interval: .*' top --interval x
fails 2 "no terminal: 'twinctl top --once'" top
refuses 'option --output: .*empty' metrics --output ''
refuses "'x' is one operand too many" metrics x
refuses 'NAME... is missing' shutdown
refuses "can't name a twin" shutdown ../x
refuses 'NAME -- COMMAND .* is missing' exec x --
refuses "put '--' between" exec x true
refuses "can't name a twin" exec ../x -- true
refuses "unknown option '-l'" exec x ls -l
refuses 'SOURCE... TARGET is missing' cp x:y
refuses 'one side must be' cp ./x:y ../x:y
refuses "file's name is empty" cp '' x:y
# A value can't forge a second line.
refuses 'a?twinctl: b' run --entry 'a
twinctl: b'

run 2 run --cpus x --json && [ ! -s "$dir/err" ] &&
	grep -q '^{"error":".*","exit":2}$' "$dir/out"
verdict $? 'with --json a mistake is an object'

run 2 top --json && grep -q '^{"error":"--json goes with --once","exit":2}$' "$dir/out"
verdict $? 'top --json is a mistake without --once'

run 0 version && grep -q '^twinctl [0-9]' "$dir/out" &&
	grep -q '^libtwinos [0-9]' "$dir/out"
verdict $? 'version'
run 0 version --json && grep -q '"libtwinos": "[0-9]' "$dir/out"
verdict $? 'version --json'

# Any machine has a diagnosis, whatever it is.
diagnoses() { # ARGUMENT...: with an exit code of its own, and no error
	"$twinctl" doctor "$@" >"$dir/out" 2>"$dir/err" </dev/null
	case $? in
	0 | 10 | 11) [ ! -s "$dir/err" ] ;;
	*) false ;;
	esac
}

escape=$(printf '\033')
diagnoses && grep -q '^kernel-version  *\(ok\|note\) ' "$dir/out" &&
	tail -n 1 "$dir/out" |
	grep -q '^dedicated mode: .*; shared mode: ' &&
	! grep -q "$escape" "$dir/out"
verdict $? 'doctor, without colours'
diagnoses --json && grep -q '"id": "kernel-version"' "$dir/out" &&
	grep -q '"dedicated": "\(yes\|unknown\|no\)"' "$dir/out"
verdict $? 'doctor --json'
refuses "'x' is one operand too many" doctor x
if command -v script >/dev/null; then
	NO_COLOR='' script -qc "$twinctl doctor" /dev/null >"$dir/out" 2>"$dir/err" </dev/null
	grep -q "${escape}\[3[0-9]mok${escape}\[0m  *both " "$dir/out"
	verdict $? 'doctor has colours on a terminal'
else
	echo "ok $((count += 1)) - colours # SKIP there is no script(1)"
fi

"$twinctl" --help >/dev/full 2>"$dir/err"
[ $? = 1 ] && grep -q '^twinctl: cannot write' "$dir/err"
verdict $? 'a full disk is an error'

if [ -e /dev/twinos ]; then
	echo "ok $((count += 1)) - module not loaded # SKIP the module is loaded"
else
	for command in list 'show x' 'dmesg x' 'dump x y' 'wait x' 'stop x' 'stop --all' \
		'shutdown x' 'exec x -- true' 'cp x:y z' 'top --once' events \
		metrics run start 'run --dry-run'; do
		# The words are to be split.
		# shellcheck disable=SC2086
		fails 7 'modprobe twinos' $command
	done
fi

# Twins that only sysfs has, in a mount namespace of its own.
mkdir -p "$dir/class/twinos"
add_twin() { # NAME STATE REASON MODE
	mkdir -p "$dir/class/twinos/$1/vcpu" "$dir/class/twinos/$1/doorbell"
	(
		cd "$dir/class/twinos/$1" || exit
		echo "$2" >state
		echo "$3" >reason
		echo "$4" >mode
		printf '1795837399007 created none\n1795837399008 %s %s\n' "$2" "$3" >changes
		echo 1 >owner
		echo 61500 >age_ms
		echo 2 >starts
		echo 2,3 >cpus
		printf 'low 0x90000 0x10000\ncontig 0x40000000 0x20000000\n' >memory
		echo 2500000000 >vcpu/run_ns
		echo 12 >doorbell/kicks
	)
}
add_twin web running none dedicated
add_twin old.1 stopped panicked shared
with_twins() { # COMMAND...
	# $1 and the like are the inner shell's.
	# shellcheck disable=SC2016
	unshare -rm sh -c 'mount -t tmpfs twins /sys/class && cp -r "$1" /sys/class/ &&
		shift && exec "$@"' sh "$dir/class/twinos" "$@"
}
shows() { # TEXT NAME: standard output has the line TEXT
	grep -qxF "$1" "$dir/out"
	verdict $? "$2"
}
if with_twins true 2>"$dir/err"; then
	with_twins "$twinctl" list >"$dir/out" 2>"$dir/err"
	grep -q '^web  *running .* 2-3 .* 512M .* 1m01s ' "$dir/out"
	verdict $? 'list shows twins'
	with_twins "$twinctl" show --json web >"$dir/out" 2>"$dir/err"
	jq -e '.starts == 2 and .doorbell.kicks == 12' "$dir/out" >/dev/null
	verdict $? 'show tells of starts and kicks'

	with_twins "$twinctl" metrics >"$dir/out" 2>"$dir/err"
	shows 'twinos_twins{state="running"} 1' 'metrics counts twins'
	shows 'twinos_twin_memory_bytes{name="web"} 536870912' 'metrics tells of memory'
	shows 'twinos_twin_run_seconds_total{name="old.1"} 2.5' 'metrics tells of run time'
	cp "$dir/out" "$dir/want"
	echo old >"$dir/twins.prom"
	with_twins "$twinctl" metrics --output "$dir/twins.prom" >"$dir/out" 2>"$dir/err" &&
		[ ! -s "$dir/out" ] && cmp -s "$dir/want" "$dir/twins.prom" &&
		[ "$(stat -c %a "$dir/twins.prom")" = 644 ] &&
		[ "$(ls "$dir"/twins.prom*)" = "$dir/twins.prom" ]
	verdict $? 'metrics --output replaces a file'
	with_twins "$twinctl" metrics --output "$dir/none/x" >"$dir/out" 2>"$dir/err"
	[ $? = 1 ] && grep -q "^twinctl: cannot write to '.*/none/x': No such file" "$dir/err"
	verdict $? 'metrics --output: no such directory'
	with_twins "$twinctl" metrics --output /dev/null >"$dir/out" 2>"$dir/err"
	[ $? = 1 ] && grep -q 'no regular file' "$dir/err" && [ -c /dev/null ]
	verdict $? 'metrics --output: no device is replaced'
	# A file system that is full, and the old numbers stay.
	# shellcheck disable=SC2016
	with_twins sh -c 'mkdir /sys/class/full && mount -t tmpfs -o size=8k x /sys/class/full &&
		cd /sys/class/full && echo old >x.prom && head -c 4096 /dev/zero >rest
		"$0" metrics --output x.prom; [ $? = 1 ] && ls && cat x.prom' "$PWD/$twinctl" \
		>"$dir/out" 2>"$dir/err"
	[ "$(cat "$dir/out")" = 'rest
x.prom
old' ] && grep -q "cannot write to 'x.prom': No space" "$dir/err"
	verdict $? 'metrics --output: a full disk leaves the old file alone'

	with_twins timeout --preserve-status -s TERM 1 "$twinctl" events \
		>"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/out")" = 3 ] &&
		grep -qxF '{"time":"2026-11-28T03:43:19.008Z","event":"present","name":"old.1","state":"stopped","reason":"panicked"}' \
			"$dir/out" && tail -n 1 "$dir/out" | grep -q '"event":"ready"}$'
	verdict $? 'events tells who is there'
	with_twins timeout --preserve-status -s INT 1 "$twinctl" events web x \
		>"$dir/out" 2>"$dir/err" && grep present "$dir/out" | wc -l | grep -qx 1
	verdict $? 'events tells of those named only'
	# shellcheck disable=SC2016
	with_twins sh -c 'timeout 10 "$0" events | head -n 1; :' "$twinctl" \
		>"$dir/out" 2>"$dir/err"
	[ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/out")" = 1 ]
	verdict $? 'events ends quietly with its reader'
	# It hears of that also while there is nothing to print.
	# shellcheck disable=SC2016
	with_twins sh -c '{ timeout 5 "$0" events; echo $? >"$1"; } |
		{ read -r a && read -r a && read -r a; }' "$twinctl" "$dir/out" 2>"$dir/err"
	[ ! -s "$dir/err" ] && [ "$(cat "$dir/out")" = 0 ]
	verdict $? 'events ends with a reader that goes later'

	with_twins "$twinctl" top --once --interval 0.1 >"$dir/out" 2>"$dir/err" &&
		[ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/out")" = 3 ] &&
		grep -q '^web  *running  *2-3  *-  *512M  *-  *-  *0 ' "$dir/out"
	verdict $? 'top --once'
	with_twins "$twinctl" top --once --interval 0.1 --json >"$dir/out" 2>"$dir/err" &&
		jq -e '.seconds > 0.09 and (.twins | length) == 2 and
			.twins[1].name == "web" and .twins[1].kicks == 0 and
			.twins[1].busy == null' "$dir/out" >/dev/null
	verdict $? 'top --once --json'

	# at_terminal KEYS ROWS COLUMNS COMMAND...: each of the KEYS after a while
	at_terminal() {
		keys=$1
		shift
		(for key in $keys; do sleep 0.5 && printf %s "$key"; done) |
			with_twins build/tests/qemu/pty "$@" >"$dir/out" 2>"$dir/err"
	}
	restored() { # the last screen that was asked for is the usual one
		grep -ao "$escape\[?1049[hl]" "$dir/out" | tail -n 1 | grep -q 'l$'
	}
	export TERM=xterm
	# An escape key is the end of the question for a file.
	for locale in C C.UTF-8; do
		LC_ALL=$locale at_terminal "h x j s n d $escape q" 24 100 \
			"$twinctl" top --interval 0.5 && restored &&
			grep -aq 'twinctl top - ' "$dir/out" && grep -aq 'old.1' "$dir/out" &&
			grep -aq 'Any key' "$dir/out" && grep -aq 'Stop web' "$dir/out" &&
			grep -aq 'memory of web' "$dir/out" &&
			! LC_ALL=C grep -aq '[^[:print:][:space:][:cntrl:]]' "$dir/out"
		verdict $? "top's keys, in locale $locale"
	done
	at_terminal q 24 100 "$twinctl" top && restored
	verdict $? 'top ends and restores the terminal'
	at_terminal q 5 20 "$twinctl" top && restored && grep -aq 'too small' "$dir/out"
	verdict $? 'top on a terminal that is too small'
	for signal in TERM INT HUP QUIT; do
		at_terminal '' 24 100 timeout --foreground --preserve-status -s $signal 1 \
			"$twinctl" top && restored
		verdict $? "top ends by SIG$signal and restores the terminal"
	done
	TERM=dumb at_terminal '' 24 100 "$twinctl" top
	[ $? = 2 ] && grep -q "^twinctl: .*can't move its cursor" "$dir/out" &&
		[ "$(wc -l <"$dir/out")" = 1 ]
	verdict $? 'top on a dumb terminal is a mistake'
	TERM=nonsense at_terminal '' 24 100 "$twinctl" top
	[ $? = 2 ] && grep -q '^twinctl: .*does not know' "$dir/out"
	verdict $? 'top on an unknown terminal is a mistake'
	(unset TERM && at_terminal '' 24 100 "$twinctl" top)
	[ $? = 2 ] && grep -q '^twinctl: TERM is not set' "$dir/out"
	verdict $? 'top without TERM is a mistake'
else
	echo "ok $((count += 1)) - twins in sysfs # SKIP no mount namespace is to be had"
fi

# What is wrong in shared mode is told before the module is asked for.
fails 2 'needs an initrd' run --name x --shared 0
fails 2 'idle=poll' run --name x --shared 0 --initrd x --append idle=poll
fails 2 'entry elf' run --name x --shared 0 --initrd x --entry bzimage
kernel=$(ls build/names/*/vmlinuz 2>/dev/null | head -n 1)
if [ -n "$kernel" ]; then
	fails 3 "no guest module for kernel .*: $dir/.*/twinos_guest.ko: " \
		run --name x --shared 0 --kernel "$kernel" --initrd "$kernel" \
		--guest-modules "$dir"
else
	echo "ok $((count += 1)) - no guest module # SKIP no kernel in build/names"
fi

# So is a place for dumps that can't take any.
fails 1 "dumps to '$dir/none': No such file" run --on-panic "$dir/none"
fails 1 "dumps to '$dir/out': it is no directory" start --on-panic "$dir/out"
fails 1 "dumps to '/proc/.*'" run --on-panic /proc/sys

echo "1..$count"
[ "$failed" = 0 ]
