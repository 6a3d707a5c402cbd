# SPDX-License-Identifier: GPL-2.0-only
# Reads QEMU's memory_region_ops_* trace; prints TAP. See touch.after.

function field(name,   i)
{
	for (i = 1; i < NF; i++)
		if ($i == name)
			return $(i + 1)
}

# The n-th hexadecimal digit of a number from the right.
function digit(number, n)
{
	return substr(number, length(number) - n + 1, 1)
}

function allow(access, most)
{
	limit[access] = most
}

function forget(   key)
{
	for (key in now)
		delete now[key]
}

# Bits 18 and 19 are the shorthand: "all" is what must not be.
function ipi_kind(value)
{
	if (digit(value, 5) ~ /[4-9a-f]/)
		return "broadcast " value " IPI"
	if (target !~ /^0x[123]000000$/)
		return "stranger " target " IPI"
	return "own core IPI"
}

function verdict(good, text)
{
	printf "%s %d - %s\n", good ? "ok" : "not ok", ++tests, text
	failed += !good
}

BEGIN {
	# Two twins; doc/hardware.md says what each access is for.
	allow("write 0x70", 64)
	allow("read 0x71", 64)
	allow("write 0x71", 8)
	allow("read 0x61", 8)
	allow("write 0x61", 8)
	allow("write 0x43", 8)
	allow("write 0x42", 16)
	allow("read 0x42", 100000)
	allow("write 0xcf8", 16)
	allow("read 0xcfc", 16)
	allow("read 0x87", 4)
	allow("own core", 1000000)
}

{
	cpu = $3
	address = field("addr")
	value = field("value")
	kind = $1 ~ /read$/ ? "read" : "write"
	twin = cpu >= 1 && cpu <= 3
}

address == "0x3300" && kind == "write" {
	marked = value == "0x41"
	if (!marked && started)
		collected++
	for (key in now)
		total[key] += now[key]
	forget()
	started = 0
}

# The host starts a core: what came before was not the twin.
marked && !twin && address == "0xfee00300" && kind == "write" &&
digit(value, 3) == "6" {
	forget()
	started = 1
}

marked && twin && address ~ /^0xfee00...$/ {
	if (address == "0xfee00310" && kind == "write")
		target = value
	if (address == "0xfee00300" && kind == "write") {
		now[ipi_kind(value)]++
	}
	next
}

marked && twin {
	now[kind " " address " " $NF]++
}

END {
	verdict(collected == 2, "the trace holds the lives of two twins")
	if (broken) {
		for (key in total) {
			serial += key ~ /serial/
			broadcasts += key ~ /^broadcast/
		}
		verdict(serial > 0,
			"it is seen that the twins touch a serial port")
		verdict(broadcasts > 0, "it is seen that they broadcast")
		printf "1..%d\n", tests
		exit failed > 0
	}
	for (key in total) {
		split(key, part, " ")
		access = part[1] " " part[2]
		printf "# %6d %s\n", total[key], key
		verdict(access in limit && total[key] <= limit[access],
			"the twins may " key)
	}
	verdict(total["own core IPI"] > 0, "the trace shows their IPIs")
	printf "1..%d\n", tests
	exit failed > 0
}
