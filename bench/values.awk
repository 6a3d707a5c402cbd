# SPDX-License-Identifier: GPL-2.0-only
#
# values.awk - from what the scripts in the virtual machine printed to lines
# SERIES UNIT VALUE [LABEL], "hist SERIES US COUNT" and "check ok|failed TEXT".
# A line that nobody knows is another's.

function give(series, unit, format, value) {
	printf "%s %s " format "\n", series, unit, value
}

# The time-stamp counter counts khz a millisecond.
function ms(series, from, to) {
	give(series, "ms", "%.1f", (to - from) / khz)
}

# rest N - of the line, without its first N words
function rest(n,    text, i) {
	text = $0
	for (i = 0; i < n; i++)
		sub(/^[^ ]* /, "", text)
	return text
}

$1 == "BENCH" && $2 == "value" { print rest(2) }
$1 == "BENCH" && $2 == "hist" { print rest(1) }

# ---- start.sh, and what kexec started ----------------------------------------

$1 == "BENCH" && $2 == "khz" { khz = $3 }
$1 == "BENCH" && $2 == "start" {
	ms($3 "-load", $4, $5)
	ms($3 "-boot", $5, $6)
	ms($3 "-all", $4, $6)
}
$1 == "BENCH" && $2 == "called" { called = $4 }
$1 == "BENCH" && $2 == "exec" { left = $4 }
$1 == "BENCH" && $2 == "user" {
	ms($3 "-load", called, left)
	ms($3 "-boot", left, $4)
	ms($3 "-all", called, $4)
}
$1 == "BENCH" && $2 == "load" { give("load-" $3, "ms", "%.1f", $4 / 1000) }

# ---- devices.sh: what usage.h and samples.h print ----------------------------

# Both ends of a veth pair are of one kernel, which counts both.
function cost(series) {
	if (series ~ /-(net|net-poll|vsock)$/)
		return (value["busy_ns"] + value["peer_busy_ns"]) / value["bytes"]
	return value["busy_ns"] / value["bytes"]
}

function usage(series,    name) {
	if ("bytes" in value) {
		give(series "-rate", "MB/s", "%.2f", value["bytes"] * 1000 / value["wall_ns"])
		give(series "-cost", "s/GB", "%.3f", cost(series))
	}
	if ("median_ns" in value) {
		give(series "-least", "us", "%.1f", value["min_ns"] / 1000)
		give(series "-median", "us", "%.1f", value["median_ns"] / 1000)
		give(series "-p99", "us", "%.1f", value["p99_ns"] / 1000)
	}
	for (name in value)
		if (name ~ /^(kicks|sleeps|wakeups|calls)$/)
			give(series "-" name, "times", "%.2f", value[name] / value["rounds"])
}

$1 == "BENCH" && $2 == "usage" {
	split("", value)
	for (i = 4; i <= NF; i++) {
		split($i, pair, "=")
		value[pair[1]] = pair[2]
	}
	usage($3)
}

# So that they sort.
$1 == "BENCH" && $2 == "step" {
	printf "step-%s-%02d us %.1f %s\n", $3, $4, $5, rest(5)
}

# ---- tests/qemu/chaos.sh -------------------------------------------------------

$1 == "#" && $2 ~ /^[0-9]+:$/ && $NF == "hundredths" {
	round = $2 + 0
	fate[round] = $3
	took[round] = $(NF - 1) / 100
	rounds = round > rounds ? round : rounds
}
/^# rig.seed=/ { give("seed", "draw", "%d", substr($2, 10)) }
/^# round [0-9]*: .*stale code/ { stale[$3 + 0] }
/^not ok [0-9]* - round [0-9]*:/ { lost[$6 + 0] }
/^# the host's worst latency/ {
	give("worst-latency", "us", "%d", $6)
	give("median-latency", "us", "%d", $9)
}
/^ok [0-9]+ - / && rounds { print "check ok", rest(3) }
/^not ok [0-9]+ - / && rounds && $5 != "round" { print "check failed", rest(4) }

END {
	for (i = 1; i <= rounds; i++)
		if (i in fate)
			give((i in lost ? "lost-" : i in stale ? "stale-" : "back-") fate[i],
				"s", "%.2f", took[i])
}
