# SPDX-License-Identifier: GPL-2.0-only
# Prometheus' text format as twinctl promises it: each metric once, with HELP and TYPE
# before its first value, and no value twice. Says what is wrong.

function wrong(what)
{
	print FNR ": " what ": " $0
	failed = 1
}

function take_type()
{
	if ($3 != name)
		wrong("TYPE without its HELP")
	if ($4 != "counter" && $4 != "gauge")
		wrong("no such type")
	if (($4 == "counter") != (name ~ /_total$/))
		wrong("a counter's name ends in _total")
	typed = name
}

function take_value(series)
{
	if (series !~ /^[a-z_]+(\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\})?$/)
		wrong("no series")
	if (substr(series, 1, length(name) + 1) != name "{" || typed != name)
		wrong("value without HELP and TYPE")
	if (seen[series]++)
		wrong("value twice")
	values++
}

/^# HELP / {
	if (helped[$3]++)
		wrong("metric twice")
	if (NF < 4 || $3 !~ /^twinos_[a-z_]+$/)
		wrong("no help")
	name = $3
	next
}
/^# TYPE / { take_type(); next }
/ -?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/ {
	series = $0
	sub(/ [^ ]*$/, "", series)
	take_value(series)
	next
}
{ wrong("no line of the format") }
END {
	if (!values)
		wrong("no value")
	exit failed
}
