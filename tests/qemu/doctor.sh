# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What twinctl doctor says of a machine is what then happens there.
# rig.doctor=
#   good       wants --smp 3 and a constant TSC: both modes, as root and not,
#              before and after the module is loaded; a twin really starts
#   amd        a CPU without a constant TSC: no shared mode
#   reserved   wants memmap=512M$1G and 2G of memory
#   one        wants --smp 1: no dedicated mode
#   lockdown   wants lockdown=confidentiality
#   locked     the same, but locked down once the module is loaded
#   remapping  wants x2APIC and interrupt remapping
# Wants the kernel's configuration as /files/config.
# shellcheck source=tests/qemu/lib.sh
. /lib/lib.sh

# row ID - its verdict, mode and what was found; next_step ID - what to do
row()
{
	sed -n "s/^$1  *//p" /tmp/doctor
}

next_step()
{
	sed -n "/^$1 /{n;s/^  *-> //p}" /tmp/doctor
}

# diagnose CODE [OPTION]... - twinctl doctor ends with CODE
diagnose()
{
	wanted=$1
	shift
	twinctl doctor "$@" >/tmp/doctor 2>&1
	got=$?
	[ $got = "$wanted" ] && return
	echo "exit code $got instead of $wanted"
	cat /tmp/doctor
	return 1
}

# says ID PATTERN - the row of the last diagnosis
says()
{
	if row "$1" | grep -q -e "$2"; then
		ok "$1: $(row "$1" | tr -s ' ')"
	else
		not_ok "$1: $(row "$1")"
		note "wanted: $2"
	fi
}

# mib WORDS - the megabytes behind them in the row of the memory
mib()
{
	row contiguous | sed -n "s/.*$1 \([0-9]*\)M.*/\1/p"
}

# close_to A B - within a twentieth: caches shrink when memory is wanted
close_to()
{
	echo "$1 M, and $2 M"
	[ "$1" -ge $(($2 - $2 / 20)) ] && [ "$1" -le $(($2 + $2 / 20)) ]
}

sum_is()
{
	is "it sums up: $1" "$(tail -n 1 /tmp/doctor)" "$1"
}

mount_security()
{
	mount -t securityfs securityfs /sys/kernel/security
}

# What twinctl doctor looks at and a small initramfs lacks.
furnish()
{
	mkdir -p /boot
	cp /files/config "/boot/config-$(uname -r)"
	mount_security
}

# The root directory of the initramfs is root's alone.
admit_nobody()
{
	mkdir -p /etc
	echo "nobody:x:65534:65534:nobody:/:/bin/sh" >/etc/passwd
	echo "nobody:x:65534:" >/etc/group
	chmod 755 /
}

as_nobody()
{
	su -s /bin/sh nobody -c "$*"
}

nobody_diagnoses()
{
	as_nobody "twinctl doctor" >/tmp/doctor 2>&1
	got=$?
	cat /tmp/doctor
	[ $got = "$1" ]
}

starts_and_ticks()
{
	check "a twin starts" start_twin one tick --memory 256M "$@"
	check "its user space runs" wait_for 120 said one 'TWIN up'
	check "its timers tick" wait_for 60 at_least_ticks one 4
}

# no_start CODE OPTION...
no_start()
{
	code=$1
	shift
	check "a start is refused with exit code $code" exits "$code" twinctl start \
		--kernel /twins/1 --initrd /twins/initrd --memory 128M --append "$TWIN_APPEND" "$@"
}

machine_is_as_before()
{
	sheet >/tmp/sheet.doctor
	diff /tmp/sheet.before /tmp/sheet.doctor
	[ -z "$(ls /sys/class/twinos)" ]
}

json_is_whole()
{
	twinctl doctor --json >/tmp/json || return
	rows=$(sed '$d' /tmp/doctor | grep -c '^[a-z]')
	[ "$rows" -gt 20 ] && [ "$(grep -c '"id":' /tmp/json)" = "$rows" ] &&
		grep -q '"memory_tried": false' /tmp/json &&
		grep -q '"dedicated": "yes"' /tmp/json &&
		grep -q '"shared": "yes"' /tmp/json
}

good()
{
	check "a bare machine: not all can be known" diagnose 11
	says kexec-lockdown '^unknown .*can.t read'
	says hotplug-cpu '^ok .*says /sys/devices'
	says contig-alloc '^ok .*says /proc/kallsyms'
	is "what to do is said" "$(next_step kexec-lockdown)" \
		"mount -t securityfs securityfs /sys/kernel/security"

	furnish
	check "furnished, but without the module: exit 0" diagnose 0
	says hotplug-cpu '^ok .*says /boot/config'
	says kexec-lockdown '^ok '
	says module '^note .*not loaded'
	says secure-boot '^ok .*not booted by UEFI'
	says hypervisor '^note .*TCG'
	says spare-cpus '^ok .*2 CPUs can be lent: 1-2'
	says contiguous '^ok .*estimate: about [0-9]*M, says /proc/'
	check "nothing was loaded" fails grep -q twinos /proc/modules
	check "--try-memory without the module: not known" diagnose 11 --try-memory
	says contiguous '^unknown .*not loaded'

	load_module
	record
	check "with the module: exit 0" diagnose 0
	sum_is 'dedicated mode: yes; shared mode: yes'
	says module '^ok .*is loaded'
	says capability '^ok '
	says guest-modules '^ok '
	note "$(row low-memory | tr -s ' ')"
	check "--shared: exit 0" diagnose 0 --shared
	check "--json has every row" json_is_whole
	check "it leaves the machine as it was" machine_is_as_before
	estimate=$(mib about)
	check "--try-memory: exit 0" diagnose 0 --try-memory
	says contiguous '^ok .*tried: [0-9]*M in one piece, [0-9]*M in all'
	check "it is about what was estimated" close_to "$(mib '.* in one piece,')" "$estimate"
	says low-memory '^ok .*tried: '
	check "it gives back what it took" machine_is_as_before

	admit_nobody
	is "nobody is no root" "$(as_nobody id -u)" 65534
	check "as nobody it works: exit 0" nobody_diagnoses 0
	says capability '^note .*lacks CAP_SYS_BOOT'
	says module '^unknown .*can.t be opened'
	says low-memory '^unknown '
	says contiguous '^ok .*says /proc/meminfo'

	starts_and_ticks --cpus 2,
	check "while it runs: exit 0" diagnose 0
	says spare-cpus '^ok .*1 CPU can be lent: 1'
	check "it stops" twinctl stop one
	balance
}

amd()
{
	furnish
	load_module
	record
	check "dedicated mode: exit 0" diagnose 0
	says constant-tsc '^no  *shared .*no constant_tsc'
	sum_is 'dedicated mode: yes; shared mode: no (constant-tsc)'
	check "shared mode: exit 10" diagnose 10 --shared
	check "JSON: exit 10" diagnose 10 --shared --json
	check "JSON says so" grep -q '"shared": "no"' /tmp/doctor
	no_start 5 --shared 0
	starts_and_ticks --cpus 1
	check "it stops" twinctl stop one
	balance
}

reserved()
{
	furnish
	load_module
	record
	check "exit 0" diagnose 0
	says reserved '^ok .*512M at 0x40000000, for --reserved$'
	starts_and_ticks --reserved
	check "it stops" twinctl stop one
	balance
}

one()
{
	furnish
	load_module
	record
	check "dedicated mode: exit 10" diagnose 10
	says spare-cpus '^no  *dedicated .*only the boot CPU'
	sum_is 'dedicated mode: no (spare-cpus); shared mode: yes'
	no_start 5 --cpus 1
	check "shared mode: exit 0" diagnose 0 --shared
	starts_and_ticks --shared 0
	check "it stops" twinctl stop one
	balance
}

lockdown()
{
	check "without securityfs the log tells: exit 10" diagnose 10
	says kexec-lockdown '^no .*says /dev/kmsg'
	furnish
	check "exit 10" diagnose 10
	says kexec-lockdown '^no .*(confidentiality), says /sys/kernel'
	sum_is 'dedicated mode: no (kexec-lockdown); shared mode: no (kexec-lockdown)'
	check "the module can't be loaded" fails insmod /lib/twinos.ko
}

locked()
{
	furnish
	load_module
	check "not locked down: exit 0" diagnose 0
	says kexec-lockdown '^ok '
	check "lock it down" sh -c \
		'echo integrity >/sys/kernel/security/lockdown'
	check "locked down: exit 10" diagnose 10
	says kexec-lockdown '^no .*(integrity)'
	says module '^unknown .*can.t be opened'
	check "the device can't be opened" fails sh -c ': </dev/twinos'
	no_start 7 --cpus 1
}

remapping()
{
	furnish
	load_module
	record
	check "exit 0" diagnose 0
	says x2apic '^ok .*x2APIC mode, says'
	says interrupt-remapping '^ok .*on, says /proc/interrupts'
	starts_and_ticks --cpus 1
	check "it stops" twinctl stop one
	balance
}

diagnosis=$(option doctor good)
$diagnosis
sed 's/^/# /' /tmp/doctor
finish
