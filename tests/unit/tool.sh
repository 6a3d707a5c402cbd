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
		sed 's/^/# /' "$dir/out" "$dir/err"
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
for command in run start stop shutdown list show dmesg exec cp mkinitrd dump wait reserve check \
	doctor version completion help; do
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
		'shutdown x' 'exec x -- true' 'cp x:y z' run start 'run --dry-run'; do
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
		echo "ok $((count += 1)) - cpio unpacks it # SKIP there is no cpio"
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
	echo "ok $((count += 1)) - mkinitrd # SKIP no static busybox or no agent"
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
	echo "ok $((count += 1)) - no guest module # SKIP no kernel in build/names"
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
for line in "disk = $dir/none" "share = $dir/none:tag" "vhost-user-blk = $dir/none" \
	"on-panic = $dir/none"; do
	conf "initrd = /bin/sh\n$line\n"
	"$twinctl" check "$dir/twin.conf" >"$dir/out" 2>"$dir/err"
	[ $? != 0 ] && grep -q "^twinctl: $dir/twin.conf: .*$dir/none.*: No such file" "$dir/err"
	verdict $? "check misses what stands behind $line"
done
for line in 'disk = x,size=1' 'disk = x,serial=123456789012345678901' 'share = x' 'net = x' \
	'net = queues=99' 'vsock = 2' 'extra-console = none' 'append = noapic' 'initrd = /dev/null' \
	'vhost-user-fs = /dev/null' 'vhost-user-net = /dev/null,mac=1' 'disk = /dev'; do
	conf "initrd = /bin/sh\n$line\n"
	"$twinctl" check "$dir/twin.conf" >"$dir/out" 2>"$dir/err"
	[ $? != 0 ] && grep -q "^twinctl: $dir/twin.conf: " "$dir/err" && [ ! -s "$dir/out" ]
	verdict $? "check refuses $line"
done
conf 'rng = yes\n'
fails 2 "$dir/twin.conf: devices need an initrd" check "$dir/twin.conf"
conf 'shared = 0\n'
fails 2 "$dir/twin.conf: shared mode needs an initrd" check "$dir/twin.conf"
conf 'shared = 0\ninitrd = /bin/sh\nextra-console = yes\n'
fails 2 "$dir/twin.conf: 'extra-console' is not for a twin that shares" check "$dir/twin.conf"
conf "kernel = /bin/sh\ninitrd = /bin/sh\ndisk = $dir/twin.conf\ndisk = $dir/twin.conf,format=qcow2\n
share = $dir:tag,ro\nnet = host=10.77.0.1/24\nvsock = 3\nrng = yes\nextra-console = yes\n
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

echo "1..$count"
[ "$failed" = 0 ]
