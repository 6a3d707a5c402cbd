# SPDX-License-Identifier: GPL-2.0-only
#
# Ratios, a row for each and in it a point for each case; a line from the least to the
# most of samples that were taken in turn, and a mark at the aim.
# Given: axis, rows, cases, names (of the cases), aims (how many); dots (place, case,
# ratio, least, most), texts (row, text), aims (row, aim)
height = 100 + 34 * rows
load style
set tmargin cases > 1 || aims > 0 ? 3 : 1

stats "dots" using 4 nooutput
low = STATS_min < 0.7 ? STATS_min : 0.7
stats "dots" using 5 nooutput
high = STATS_max > 1.4 ? STATS_max : 1.4
set logscale x
set xrange [low / 1.07:high * 1.07]
set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
# More of them, where there is room.
if (high / low < 8) set xtics add (0.3, 0.4, 0.7, 1.5, 3, 4)
set yrange [rows - 0.4:-0.6]
set ytics scale 0
set xlabel axis
set arrow from 1, graph 0 to 1, graph 1 nohead back linecolor rgb GREY linewidth 1.5
marks = aims == 0 ? "" : '"aims" using 2:($1 - 0.35):(0):(0.7) with vectors nohead linewidth 3 linecolor rgb AIM title "aim", '
plot @marks "texts" using (1):1:(""):ytic(2) with labels notitle, \
	for [i = 0:cases - 1] "dots" using ($2 == i ? $3 : NaN):1:4:5 with xerrorbars \
		linetype i + 1 pointsize 0.8 title cases > 1 ? word(names, i + 1) : ""
