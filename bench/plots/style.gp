# SPDX-License-Identifier: GPL-2.0-only
#
# What all plots have in common. The caller sets height. Text stays text, and what is
# behind it is white: a page may be dark.
set terminal svg size 800,height noenhanced font "sans-serif,14" background "#ffffff"
set datafile separator "\t"
set datafile missing "-"
set border 1 linecolor rgb "#999999"
set tics nomirror scale 0.5 textcolor rgb "#222222"
set xlabel textcolor rgb "#222222"
set ylabel textcolor rgb "#222222"
set key textcolor rgb "#222222"
set grid xtics linecolor rgb "#dddddd" linetype 1 linewidth 1
set key at screen 0.99, screen 0.98 right top horizontal maxrows 1 Left reverse samplen 2
set tmargin 3
set rmargin 6

DARK = "#6fa3d3"
LIGHT = "#c3dbf0"
INK = "#222222"
AIM = "#c0392b"
GREY = "#888888"
# Of cases side by side: dark on white, and told apart by those who see fewer colours.
set linetype 1 linecolor rgb "#0b5394" pointtype 7 linewidth 2
set linetype 2 linecolor rgb "#d55e00" pointtype 9 linewidth 2
set linetype 3 linecolor rgb "#1b7f5c" pointtype 5 linewidth 2
set linetype 4 linecolor rgb "#8e44ad" pointtype 13 linewidth 2
set linetype 5 linecolor rgb "#555555" pointtype 11 linewidth 2
set linetype 6 linecolor rgb "#b8860b" pointtype 2 linewidth 2
set linetype cycle 6
