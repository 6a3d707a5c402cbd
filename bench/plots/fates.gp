# SPDX-License-Identifier: GPL-2.0-only
#
# A point for each twin: how long it took from its start until all was back.
# Given: rows; points (row, seconds, 0 back, 1 lost or 2 not come up), texts (row, text)
height = 100 + 24 * rows
load style

set yrange [rows - 0.4:-0.6]
set xrange [0:*]
set ytics scale 0
set xlabel axis
plot "texts" using (0):1:(""):ytic(2) with labels notitle, \
	"points" using ($3 == 0 ? $2 : NaN):1 with points linetype 1 pointsize 0.7 title "all came back", \
	"points" using ($3 == 1 ? $2 : NaN):1 with points pointtype 2 linecolor rgb AIM title "something was lost", \
	"points" using ($3 == 2 ? $2 : NaN):1 with points pointtype 6 linecolor rgb GREY title "its kernel did not come up"
