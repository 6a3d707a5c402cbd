# SPDX-License-Identifier: GPL-2.0-only
#
# A bar a row, of one part or more; a line from the least to the most, and the median.
# Given: axis, rows, stacked; bars (row, left, right, number of the part) and
# ranges (row, least, most, median in words, text)
height = 70 + 34 * rows + (stacked ? 34 : 0)
load style
set tmargin stacked ? 3 : 1

colour(part) = part == 0 && stacked ? 0xc3dbf0 : 0x6fa3d3
set style fill solid noborder
# A handful of marks, that long numbers have room.
stats "ranges" using 3 nooutput
step = 10 ** floor(log10(STATS_max))
set xtics STATS_max < 2 * step ? step / 2 : STATS_max < 5 * step ? step : 2 * step
set yrange [rows - 0.4:-0.6]
set xrange [0:*]
set ytics scale 0
set xlabel axis
set offsets 0, graph 0.14, 0, 0
plot "bars" using (($2 + $3) / 2):1:2:3:($1 - 0.3):($1 + 0.3):(colour($4)) \
		with boxxyerror linecolor rgb variable notitle, \
	"ranges" using 2:1:($3 - $2):(0):ytic(5) with vectors nohead \
		linecolor rgb INK linewidth 2 notitle, \
	"ranges" using 3:1:4 with labels left offset 1, 0 textcolor rgb INK notitle, \
	NaN with boxes linecolor rgb LIGHT title stacked ? "loading" : "", \
	NaN with boxes linecolor rgb DARK title stacked ? "booting" : ""
