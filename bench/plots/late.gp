# SPDX-License-Identifier: GPL-2.0-only
#
# How many of the wake-ups come later than so much. Given: n, labels; curves, a block of
# (microseconds, share of the wake-ups) for each
height = 430
load style
set tmargin 3.5

set logscale xy
set grid ytics linecolor rgb "#dddddd" linetype 1 linewidth 1
set format y "%g %%"
set format x "%g"
set key maxrows 2
set yrange [*:100]
set xlabel axis
set ylabel "of the wake-ups are later"
plot for [i = 0:n - 1] "curves" index i using ($1 / 1000):(100 * $2) with steps \
	linetype i + 1 title word(labels, i + 1)
