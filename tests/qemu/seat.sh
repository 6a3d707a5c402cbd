# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How a script sits at a terminal, for one that has sourced lib.sh. A seat has a name;
# what it shows is in /tmp/NAME.out, bytes as they came.

# As wide as a command line gets, so that no shell breaks it.
SEAT_COLUMNS=1000
# For how many seconds a command in a twin may go on.
IN_TWIN_LIMIT=120

# sit SEAT COMMAND... - in the background; what it is to read is typed there
sit()
{
	seat=$1
	shift
	rm -f "/tmp/$seat.in"
	mkfifo "/tmp/$seat.in"
	# Nobody may ever type there, and that is no reason to wait.
	"$@" <>"/tmp/$seat.in" >"/tmp/$seat.out" 2>"/tmp/$seat.err" &
	echo $! >"/tmp/$seat.pid"
}

# sit_at TWIN - at its terminal, by a seat of that name, with a keyboard
sit_at()
{
	sit "$1" pty 50 $SEAT_COLUMNS twinctl console "$1"
}

# type_in SEAT TEXT - though nobody may read it any more
type_in()
{
	printf '%s' "$2" 1<>"/tmp/$1.in"
}

# enter SEAT LINE
enter()
{
	type_in "$1" "$2
"
}

# plain - without carriage returns and what only moves a cursor, colours or asks
plain()
{
	esc=$(printf '\033') bel=$(printf '\007')
	tr -d '\r' | sed -e "s/${esc}\\[[0-9;?=>]*[A-Za-z]//g" -e "s/${esc}[=>78c]//g" \
		-e "s/${esc}[()][0-9A-Za-z]//g" -e "s/${esc}\\][^${bel}]*${bel}//g"
}

# seen SEAT - all that has appeared there
seen()
{
	plain <"/tmp/$1.out"
}

# shows SEAT PATTERN - a line of what has appeared there
shows()
{
	seen "$1" | tail -n 5
	cat "/tmp/$1.err"
	seen "$1" | grep -q -e "$2"
}

# shown SEAT PATTERN - how many
shown()
{
	seen "$1" | grep -c -e "$2"
}

# ends SEAT - its command has
ends()
{
	! kill -0 "$(cat "/tmp/$1.pid")" 2>/dev/null
}

# leave SEAT - by the key for it
leave()
{
	type_in "$1" "$(printf '\035')"
	wait_for 20 ends "$1"
}

# answer SEAT NUMBER - what came between the two marks of this number, and as the
# last line the exit code; nothing until the second one is there. The line that was typed
# appears as well, but has no mark in this form.
answer()
{
	seen "$1" | awk -v begin="<<begin $2>>" -v end="<<end $2 " '
		!inside {
			inside = index($0, begin)
			next
		}
		match($0, end "[0-9]+>>") {
			if (RSTART > 1)
				lines[n++] = substr($0, 1, RSTART - 1)
			for (i = 0; i < n; i++)
				print lines[i]
			print substr($0, RSTART + length(end), RLENGTH - length(end) - 2)
			exit
		}
		{ lines[n++] = $0 }'
}

answered()
{
	[ -n "$(answer "$1" "$2")" ]
}

# over SEAT NUMBER - there is an answer, or nobody who could give one
over()
{
	answered "$1" "$2" || ends "$1"
}

# The number outlives the subshells that in_twin may be called in.
next_number()
{
	echo >>/tmp/in_twin.count
	wc -l </tmp/in_twin.count
}

# in_twin TWIN COMMAND... - a line for the shell at the seat of sit_at; puts out what the
# command does, and exits as it does, or with 124 when the time is up
in_twin()
{
	there=$1
	shift
	number=$(next_number)
	enter "$there" "printf '<<%s>>\\n' 'begin $number'; $*; printf '<<%s>>\\n' \"end $number \$?\""
	wait_for "$IN_TWIN_LIMIT" over "$there" "$number"
	answered "$there" "$number" || {
		type_in "$there" "$(printf '\003')"
		echo "no answer from $there to: $*"
		seen "$there" | tail -n 5
		return 124
	}
	answer "$there" "$number" | sed '$d'
	return "$(answer "$there" "$number" | tail -n 1)"
}
