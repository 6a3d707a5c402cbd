# SPDX-License-Identifier: GPL-2.0-only
#
# ratios.jq - the rows of one group of bench/rows as TSV, for tables and plots. Takes
# $rows and $group, and the JSON of all of its measurements as an array. Columns: row,
# case, name of the case, text, unit, median, least, most, samples, then median, least
# and most of the other side, ratio of the medians, least and most ratio of samples
# that were taken in turn, aim, medians of the parts. What there is not is "-".

def name:
	sub("^devices-"; "") | sub("-cloud$"; "") |
	if startswith("shared-") then .[7:] + " shared" else . + " dedicated" end;

def rows:
	$rows | split("\n") | map(select(startswith("#") | not)) |
	reduce .[] as $line ({ on: false, rows: [] };
		if $line | startswith("= ") then .on = ($line | startswith("= \($group)|"))
		elif .on and $line != "" then .rows += [$line | split("|")] else . end) |
	.rows;

# A series ending in * stands for all of that name, each with its own label, which is a
# bar but for their sum.
def spread($series):
	if .[0] | endswith("*") then
		.[0][:-1] as $stem |
		$series | keys[] | select(startswith($stem)) |
		$series[.].label as $text | [., "", "", if $text == "all" then "" else . end, $text]
	else . end;

# Each sample beside the one that was taken in the same round.
def pairs($a; $b):
	if ($a | length) == ($b | length) then
		[range($a | length) | if $b[.] == 0 then empty else $a[.] / $b[.] end]
	else [] end;

def three: if . == null then [null, null, null] else [.median, .min, .max] end;

def ratio($a; $b):
	if $b == null or $b.median == 0 then [null, null, null] else
		[$a.median / $b.median] +
		(pairs($a.samples; $b.samples) | [min, max])
	end;

def cells($series):
	.[0] as $of | .[1] as $other | $series[$of] as $a |
	(if $other == "" then null else $series[$other] end) as $b |
	select($a != null) |
	[.[4], $a.unit] + ($a | three) + [$a.samples | length] + ($b | three) +
	ratio($a; $b) + [.[2],
	(.[3] | split(",") | map($series[.].median | select(. != null) | tostring) | join(","))];

. as $all |
[range(length) as $case | $all[$case].series as $series |
	(rows | map([spread($series)]) | add | to_entries[]) |
	.key as $row | .value | [$row, $case, ($all[$case].name | name)] + cells($series)] |
sort_by(.[0])[] | map(if . == null or . == "" then "-" else tostring end) | join("\t")
