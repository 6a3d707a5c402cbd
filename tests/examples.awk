# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f tests/examples.awk [-v part=N] [-v file=PATH] PAGE - the examples of a page
#
# Of a manual page these are the lines between .EX and .EE, of Markdown those that four
# spaces indent. Each command is put out on a line of its own, without sudo and comments.
# A block with [twin] in it is a file, and comes as "conf PATH", the path being the first
# word of its first line, a comment; with file=PATH, the file comes instead.
# part=N: only those behind the Nth heading "## "; what stands before the first belongs to it.

BEGIN {
	heading = 1
	troff = ARGV[ARGC - 1] !~ /[.]md$/
}

# As man(1) shows it.
function shown(line) {
	if (!troff)
		return line
	gsub(/\\f[BIRP]/, "", line)
	gsub(/\\-/, "-", line)
	gsub(/\\&/, "", line)
	gsub(/\\e/, "\\", line)
	return line
}

function flush_file(    i, path) {
	path = lines[0]
	sub(/^# */, "", path)
	sub(/[: ].*/, "", path)
	if (file == "")
		print "conf " path
	for (i = 0; i < count && file == path; i++)
		print lines[i]
}

function flush_commands(    i, line) {
	for (i = 0; i < count && file == ""; i++) {
		line = lines[i]
		while (line ~ /(\\|\||&&)$/ && i + 1 < count) {
			sub(/ *\\$/, "", line)
			i++
			sub(/^ */, " ", lines[i])
			line = line lines[i]
		}
		sub(/^#.*/, "", line)
		sub(/[ \t]+#[ \t].*/, "", line)
		sub(/^sudo /, "", line)
		sub(/[ \t]+$/, "", line)
		if (line != "")
			print line
	}
}

function flush() {
	if (count && is_file)
		flush_file()
	else if (count)
		flush_commands()
	count = is_file = 0
}

function example(line) {
	if (part != "" && part != heading)
		return
	lines[count++] = line
	if (line == "[twin]")
		is_file = 1
}

troff && /^\.SH / { section = $2 }
# An example that is not marked as one would be no test.
troff && /^\.nf/ && section != "SYNOPSIS" { print "false # .nf in " section }
troff && /^\.EX/ { inside = 1; next }
troff && /^\.EE/ { inside = 0; flush(); next }
troff && inside { example(shown($0)) }

!troff && /^## / && seen_heading++ { heading++ }
# Text that a program has put out.
!troff && /^```/ { fenced = !fenced }
!troff && !fenced && /^    / { example(substr($0, 5)); next }
!troff && /./ { flush() }

END { flush() }
