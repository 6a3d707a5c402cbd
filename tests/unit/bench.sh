#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What makes numbers, tables and plots of measurements, on samples that were recorded
# (tests/unit/bench/NAME.samples). TAP on standard output.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
json=$dir/json
mkdir "$json"

# report NAME - as bench/run calls it
report()
{
	bench/report "$1" kernel=6.1.0-1-cloud-amd64 qemu=7.2.22 accel=tcg cpu=max cpus=3 \
		memory=2G cores=2 load_before=0.5 load_after=1.5 samples=2 date=2026-01-01
}

# holds NAME FILTER - jq's
holds()
{
	jq -e "$2" "$json/$1.json" >"$dir/out" 2>"$dir/err"
}

# lines <<TEXT - become the measurement "lines"
lines()
{
	report lines >"$json/lines.json" 2>"$dir/err"
}

# ---- values ----------------------------------------------------------------------

lines <<-SAMPLES
	noise of a kernel
	BENCH khz 2000000
	BENCH start twin-elf 1000000000 3000000000 9000000000
	BENCH start twin-elf 0 4000000000 6000000000
	BENCH called kexec 0
	BENCH exec kexec 2000000000
	BENCH user kexec 8000000000
SAMPLES
holds lines '.series["twin-elf-load"] ==
	{ unit: "ms", median: 1500, min: 1000, max: 2000, samples: [1000, 2000] }'
verdict $? "counters become milliseconds, samples keep their order"
holds lines '.series["kexec-boot"].median == 3000 and .series["kexec-all"].median == 4000'
verdict $? "kexec is timed from kernel to kernel"
holds lines '.name == "lines" and .conditions.cores == 2 and .conditions.cpu == "max" and
	.conditions.kernel == "6.1.0-1-cloud-amd64"'
verdict $? "the conditions are beside them"

lines <<-SAMPLES
	BENCH value x us 5
	BENCH value x us 1
	BENCH value x us 4
	BENCH hist idle 10 3
	BENCH hist idle 20 1
	BENCH hist idle 10 2
SAMPLES
holds lines '.series.x.median == 4'
verdict $? "the median of an odd number"
holds lines '.histograms.idle == [[10, 5], [20, 1]]'
verdict $? "windows of a histogram are added up"

lines <<-SAMPLES
	BENCH usage to-net bytes=4000000000 wall_ns=2000000000 busy_ns=3000000000 peer_busy_ns=1000000000
	BENCH usage to-veth bytes=4000000000 wall_ns=1000000000 busy_ns=2000000000 peer_busy_ns=2000000000
	BENCH usage counts-net rounds=100 min_ns=1000 median_ns=2000 p99_ns=3000 kicks=150
SAMPLES
holds lines '.series["to-net-rate"].median == 2000 and .series["to-net-cost"].median == 1 and
	.series["to-veth-cost"].median == 0.5'
verdict $? "both kernels' effort counts, one kernel's once"
holds lines '.series["counts-net-kicks"].median == 1.5'
verdict $? "what is counted is for a round"

lines <<-SAMPLES
	# rig.seed=51612 rig.rounds=4
	ok 1 - the module loads
	# 1: stop TERM 1 1 panic=0 --cpus 1: 150 hundredths
	# 2: panic TERM 1 1 panic=0 --cpus 1: 700 hundredths
	not ok 4 - round 2: panic TERM 1 1 panic=0 --cpus 1
	# 3: stop TERM 1 1 panic=0 --cpus 1: 250 hundredths
	# round 4: the twin's kernel ran stale code, or did not come up
	# 4: halt TERM 1 1 panic=0 --cpus 1: 6000 hundredths
	ok 5 - the disk gave back what was written
	not ok 6 - the network lost nothing
	# the host's worst latency: 2634262 us, median 10005 us
SAMPLES
holds lines '.series["back-stop"].samples == [1.5, 2.5] and .series["lost-panic"].samples == [7]
	and .series["stale-halt"].samples == [60] and (.series | has("back-panic") | not)'
verdict $? "a round is told by its fate and by what became of it"
holds lines '.checks == [{ ok: true, what: "the disk gave back what was written" },
	{ ok: false, what: "the network lost nothing" }]'
verdict $? "the balance is what is checked after the rounds"
holds lines '.series["worst-latency"].median == 2634262 and .series.seed.median == 51612'
verdict $? "the draw and the worst latency are kept"

echo nothing | report lines >"$dir/out" 2>"$dir/err"
[ $? != 0 ] && [ ! -s "$dir/out" ] && grep -q 'no samples of lines' "$dir/err"
verdict $? "no samples are an error"

# ---- what was recorded -------------------------------------------------------------

for samples in tests/unit/bench/*.samples; do
	name=$(basename "$samples" .samples)
	report "$name" <"$samples" >"$json/$name.json" 2>"$dir/err"
	verdict $? "$name is read"
done
rm "$json/lines.json"

# Series of bench/rows that no measurement has.
unknown()
{
	jq -s -r '.[] | (.series, .histograms // {}) | keys[]' "$json"/*.json >"$dir/series"
	sed '/^[=#]/d' bench/rows | cut -d'|' -f1,2,4 | tr '|,' '\n\n' | grep -v -e '^$' -e '\*$' |
		sort -u | grep -v -x -F -f "$dir/series"
}

unknown >"$dir/out"
[ ! -s "$dir/out" ]
verdict $? "bench/rows names nothing that is not measured"
for name in $(bench/run --help | sed -n '/^NAME is one of/,/^which/p' | tr ' ,' '\n\n' |
	grep -x -e start -e twins -e switch -e compute -e chaos -e 'latency.*' -e 'devices.*cloud'); do
	[ -n "$(bench/groups "$name")" ]
	verdict $? "$name is shown"
done

cp doc/bench.md "$dir/bench.md"
if command -v gnuplot >/dev/null; then
	bench/document "$json" "$dir/bench.md" >"$dir/out" 2>"$dir/err"
	[ $? = 0 ] && [ ! -s "$dir/err" ]
	verdict $? "tables and plots are drawn, and nobody complains"
	[ "$failed" = 0 ] || exit 1
	cp "$dir/bench.md" "$dir/once.md"
	bench/document "$json" "$dir/bench.md" && cmp "$dir/once.md" "$dir/bench.md" >"$dir/out"
	verdict $? "twice is the same"
	for plot in $(sed -n 's/^!\[.*\](\(bench\/.*\.svg\))$/\1/p' "$dir/bench.md"); do
		grep -q '</svg>' "$dir/$plot" && grep -q '<text' "$dir/$plot"
		verdict $? "$plot is a picture with text"
	done
	for text in 'twinctl start --entry elf' 'kexec -l; kexec -e' 'the same, nr_cpus=1' loading; do
		grep -q -F ">$text<" "$dir/bench/start.svg"
		verdict $? "start.svg says $text"
	done
	! grep -q 'loading' "$dir/bench/switch.svg"
	verdict $? "bars of one part have no legend"
	rm "$json/twins.json"
	cp "$dir/once.md" "$dir/bench.md"
	bench/document "$json" "$dir/bench.md" >"$dir/out" 2>"$dir/err"
	[ $? != 0 ] && grep -q 'twins has not been measured' "$dir/err" &&
		cmp -s "$dir/once.md" "$dir/bench.md"
	verdict $? "what was not measured is an error, and nothing is changed"
	# Each row of a table has as many cells as its head.
	awk -F '|' '/^\|---/ { n = NF } /^\|/ && n && NF != n { print; bad = 1 } !/^\|/ { n = 0 }
		END { exit bad }' "$dir/once.md" >"$dir/out"
	verdict $? "all rows of a table are as long as its head"
	awk '/^<!-- table/ { getline; if (/^<!-- end/) { print; bad = 1 } } END { exit bad }' \
		"$dir/once.md" >"$dir/out"
	verdict $? "no table is empty"
else
	skip "tables and plots are drawn" "no gnuplot"
fi

end_tap
