#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What twinctl says without a module: help, mistakes, exit codes. TAP on
# standard output. TWINCTL names the program, by default build/twinctl.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
twinctl=${TWINCTL:-build/twinctl}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

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
for command in run start stop shutdown list show dmesg exec cp mkinitrd dump wait reserve check \
	top events metrics doctor version completion help; do
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
refuses "put '--' before COMMAND" run true
refuses 'restart and a COMMAND' run --restart always -- true
refuses 'COMMAND needs vsock' run --no-guest-module -- true
refuses "'true' is one operand too many" start -- true
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
refuses 'option --output needs a value' mkinitrd -o
refuses 'option --output: .*empty' mkinitrd --output ''
refuses 'option --output is given twice' mkinitrd -o x --output y
refuses '--no-modules goes with neither' mkinitrd --no-modules --module x
refuses '--no-modules goes with neither' mkinitrd --no-modules --modules-dir x
refuses "'x' is one operand too many" mkinitrd x
# A value can't forge a second line.
refuses 'a?twinctl: b' run --entry 'a
twinctl: b'

run 2 run --cpus x --json && [ ! -s "$dir/err" ] &&
	grep -q '^{"error":".*","exit":2}$' "$dir/out"
verdict $? 'with --json a mistake is an object'

run 2 run --json -- true && grep -q '^{"error":".*--json and a COMMAND' "$dir/out"
verdict $? 'run --json takes no COMMAND'

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
	skip "colours" "there is no script(1)"
fi

"$twinctl" --help >/dev/full 2>"$dir/err"
[ $? = 1 ] && grep -q '^twinctl: cannot write' "$dir/err"
verdict $? 'a full disk is an error'

if [ -e /dev/twinos ]; then
	skip "module not loaded" "the module is loaded"
else
	for command in list 'show x' 'dmesg x' 'dump x y' 'wait x' 'stop x' 'stop --all' \
		'shutdown x' 'exec x -- true' 'cp x:y z' 'top --once' events \
		metrics run start 'run --dry-run'; do
		# The words are to be split.
		# shellcheck disable=SC2086
		fails 7 'modprobe twinos' $command
	done
fi

# ---- the ready-made root ----------------------------------------------------

agent=build/agent/twinos-agent
busybox=$(command -v busybox)
makes() { # ARGUMENT...: the root, with these options
	run 0 mkinitrd --agent "$agent" "$@"
}
refuses_root() { # CODE TEXT ARGUMENT...: and leaves no file
	code=$1
	text=$2
	shift 2
	mkdir -p "$dir/none.d"
	fails "$code" "$text" mkinitrd -o "$dir/none.d/x" "$@"
	[ -z "$(ls -A "$dir/none.d")" ]
	verdict $? "it leaves no file"
}

mkdir "$dir/modules"
printf 'kernel/a.ko: kernel/b.ko\nkernel/b.ko:\n' >"$dir/modules/modules.dep"
refuses_root 3 'no release of a kernel' --release ../x
refuses_root 3 'no modules of kernel 6.9.9-none: /lib/modules/6.9.9-none/modules.dep: No such file' \
	--release 6.9.9-none
refuses_root 3 "has no module 'c'" --release x --modules-dir "$dir/modules" --module c
refuses_root 3 "none: No such file.*busybox-static" --no-modules --busybox "$dir/none"
refuses_root 3 'needs libraries.*busybox-static' --no-modules --busybox "$twinctl"
if [ -n "$busybox" ] && [ -x "$agent" ] && makes --no-modules -o "$dir/root"; then
	grep -q "^$dir/root: [0-9]* KiB, 0 modules of kernel $(uname -r)\$" "$dir/out" &&
		[ ! -s "$dir/err" ] && gzip -dc "$dir/root" | grep -q 'TRAILER!!!'
	verdict $? 'mkinitrd makes a root'
	if command -v cpio >/dev/null; then
		mkdir "$dir/root.d" && gzip -dc "$dir/root" |
			(cd "$dir/root.d" && cpio -id --quiet) &&
			cmp "$dir/root.d/bin/busybox" "$busybox" &&
			cmp "$dir/root.d/sbin/twinos-agent" "$agent" &&
			cmp "$dir/root.d/init" guest/root/init &&
			[ -x "$dir/root.d/init" ] && [ -d "$dir/root.d/proc" ]
		verdict $? 'cpio unpacks it'
	else
		skip "cpio unpacks it" "there is no cpio"
	fi
	fails 1 'is there already' mkinitrd --agent "$agent" --no-modules -o "$dir/root"
	makes --no-modules --force -o "$dir/root" --json &&
		grep -q '"modules":0,"missing":\[\]' "$dir/out"
	verdict $? 'mkinitrd --force --json'
	refuses_root 3 "agent: No such file.*--agent" --no-modules --agent "$dir/agent"
	fails 1 "can't create '$dir/no/x'" mkinitrd --agent "$agent" --no-modules -o "$dir/no/x"
	# So is a disk that is full, but for the message.
	(
		failed=0
		ulimit -f 8
		trap '' XFSZ
		refuses_root 1 "can't write .*/none.d/x" --agent "$agent" --no-modules
		[ "$failed" = 0 ]
	) >"$dir/full"
	full=$?
	grep -v '^ok' "$dir/full"
	verdict $full 'a file that can not be written whole is none'
else
	skip "mkinitrd" "no static busybox or no agent"
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
	skip "twins in sysfs" "no mount namespace is to be had"
fi

# What is wrong in shared mode is told before the module is asked for.
fails 2 'idle=poll' run --name x --shared 0 --initrd x --append idle=poll
fails 2 'entry elf' run --name x --shared 0 --initrd x --entry bzimage
kernel=$(ls build/names/*/vmlinuz 2>/dev/null | head -n 1)
if [ -n "$kernel" ]; then
	fails 3 "no guest module for kernel .*: $dir/.*/twinos_guest.ko: " \
		run --name x --shared 0 --kernel "$kernel" --initrd "$kernel" \
		--guest-modules "$dir"
else
	skip "no guest module" "no kernel in build/names"
fi

# So is a place for dumps that can't take any.
fails 1 "dumps to '$dir/none': No such file" run --on-panic "$dir/none"
fails 1 "dumps to '$dir/out': it is no directory" start --on-panic "$dir/out"
fails 1 "dumps to '/proc/.*'" run --on-panic /proc/sys

# Each option but those of one call is a key, and the manual has it.
for option in $("$twinctl" run --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
	key=$(printf '%s' "$option" | sed 's/-/\\\\-/g')
	case $option in
	help | config | dry-run | json) ! grep -q "^\.BI $key \" = " man/twin.conf.5 ;;
	*) grep -q "^\.BI $key \" = " man/twin.conf.5 ;;
	esac
	verdict $? "twin.conf(5) and --$option"
done

# Files with options, and what looks at them.
conf() { # TEXT: what stands in $dir/twin.conf behind its first line
	printf '[twin]\n%b' "$1" >"$dir/twin.conf"
}

rights() { # WHAT OPTION...: the file is right
	name=$1
	shift
	run 0 check "$@" "$dir/twin.conf" && [ ! -s "$dir/err" ]
	verdict $? "$name is right"
}

refuses '3M. is not a multiple of 2M' reserve 3M
refuses 'multiple of 2M' reserve 0
refuses 'option --at: .*is not a size' reserve 2M --at x
refuses '--at needs a SIZE' reserve --at 4G
refuses '--undo goes with neither' reserve --undo 2M
refuses '--undo goes with neither' reserve --undo --at 4G
if [ ! -e /etc/default/grub.d/twinos.cfg ]; then
	run 0 reserve && grep -q '^nothing is set aside' "$dir/out"
	verdict $? 'reserve shows that nothing is set aside'
	run 0 reserve --undo --json && grep -q '"length":null,"active":false}$' "$dir/out"
	verdict $? 'reserve shows it in JSON'
fi

refuses 'NAME|FILE... is missing' check
refuses "option --config: 'a b' can't name a twin" run --config 'a b'
fails 2 "'a b' can't name a twin" check 'a b'
fails 1 '/etc/twinos/no-such-twin.conf: No such file .* slash: ./no-such-twin$' \
	start --config no-such-twin
fails 1 "$dir/none: No such file or directory$" check "$dir/none"
fails 1 "$dir: it is no regular file" run --config "$dir"
conf 'cpus = 2\nbogus = 1\n'
fails 2 "$dir/twin.conf:3: key 'bogus' is not known" check "$dir/twin.conf"
fails 2 "$dir/twin.conf:3: key 'bogus' is not known" run --config "$dir/twin.conf"
conf 'cpus = 2\n'
fails 2 "$dir/twin.conf: --shared and --cpus" start --config "$dir/twin.conf" --shared 0
conf 'shared = 0\ncpus = 2\n'
fails 2 "$dir/twin.conf: --shared and --cpus" check "$dir/twin.conf"
conf 'keep = yes\n'
rights 'keep'
fails 2 "$dir/twin.conf: --keep goes with" run --config "$dir/twin.conf"
for line in kernel initrd guest-modules; do
	conf "$line = $dir/none\n"
	fails 3 "$dir/twin.conf: $dir/none: No such file" check "$dir/twin.conf"
done
for line in "disk = $dir/none" "root = $dir/none" "share = $dir/none:tag" "vhost-user-blk = $dir/none" \
	"on-panic = $dir/none"; do
	conf "initrd = /bin/sh\n$line\n"
	"$twinctl" check "$dir/twin.conf" >"$dir/out" 2>"$dir/err"
	[ $? != 0 ] && grep -q "^twinctl: $dir/twin.conf: .*$dir/none.*: No such file" "$dir/err"
	verdict $? "check misses what stands behind $line"
done
for line in 'disk = x,size=1' 'root = /dev/null' 'root = /,direct' 'disk = x,serial=123456789012345678901' 'share = x' 'net = x' \
	'net = queues=99' 'vsock = 2' 'extra-console = none' 'append = noapic' 'initrd = /dev/null' \
	'vhost-user-fs = /dev/null' 'vhost-user-net = /dev/null,mac=1' 'disk = /dev'; do
	conf "initrd = /bin/sh\n$line\n"
	"$twinctl" check "$dir/twin.conf" >"$dir/out" 2>"$dir/err"
	[ $? != 0 ] && grep -q "^twinctl: $dir/twin.conf: " "$dir/err" && [ ! -s "$dir/out" ]
	verdict $? "check refuses $line"
done
conf 'rng = yes\n'
rights 'a device without an initrd'
conf 'rng = yes\nno-guest-module = yes\n'
fails 2 "$dir/twin.conf: devices need a guest module" check "$dir/twin.conf"
conf 'shared = 0\n'
rights 'shared mode without an initrd'
conf 'shared = 0\ninitrd = /bin/sh\nextra-console = yes\n'
fails 2 "$dir/twin.conf: 'extra-console' is not for a twin that shares" check "$dir/twin.conf"
conf "kernel = /bin/sh\ninitrd = /bin/sh\ndisk = $dir/twin.conf\ndisk = $dir/twin.conf,format=qcow2\n
root = $dir,ro\nshare = $dir:tag,ro\nnet = host=10.77.0.1/24\nvsock = 3\nrng = yes\nextra-console = yes\n
vhost-user-blk = /dev/null\nvhost-user-fs = /dev/null,tag=x\nvhost-user-net = /dev/null\n
guest-modules = $dir\non-panic = $dir\nreuse-cmdline = yes\n"
rights 'a file with everything'
grep -qx "$dir/twin.conf: right" "$dir/out"
verdict $? 'check says so'
rights 'a file with everything, with --json' --json
[ "$(grep -c '"right": true' "$dir/out")" = 1 ] && grep -q "\"file\": \"$dir/twin.conf\"" "$dir/out"
verdict $? 'check says so in JSON'
conf 'none\n'
"$twinctl" check --json "$dir/none" "$dir/twin.conf" >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && [ ! -s "$dir/err" ] && grep -q '"exit": 1' "$dir/out" && grep -q '"exit": 2' "$dir/out" &&
	grep -q "\"error\": \"$dir/twin.conf:2: there is no '='" "$dir/out"
verdict $? 'check looks at all files, and the first mistake counts'
run 2 run --config "$dir/twin.conf" --json && [ ! -s "$dir/err" ] && grep -q '^{"error":"' "$dir/out"
verdict $? 'with --json a mistake in a file is an object'

end_tap
