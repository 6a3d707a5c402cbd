# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tests/unit/completion.bash SCRIPT - print what SCRIPT makes bash offer for each line
# of standard input, in one line

# readline's own part: the words of $1, up to the cursor at its end.
divide()
{
	local line=$1 word='' char i

	COMP_WORDS=()
	for ((i = 0; i < ${#line}; i++)); do
		char=${line:i:1}
		case $char in
		' ')
			[[ ! $word ]] || COMP_WORDS+=("$word")
			word=''
			;;
		[=:])
			[[ ! $word ]] || COMP_WORDS+=("$word")
			COMP_WORDS+=("$char")
			word=''
			;;
		\\)
			word+=$char${line:++i:1}
			;;
		*)
			word+=$char
			;;
		esac
	done
	[[ $line == *[=:] ]] || COMP_WORDS+=("$word")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMP_LINE=$line
	COMP_POINT=${#line}
}

compopt()
{
	: # Only a shell with a line to edit has it.
}

# shellcheck source=/dev/null
. "$1" || exit
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
while IFS='' read -r line; do
	divide "$line"
	_twinctl
	(
		IFS='|'
		echo "${COMPREPLY[*]}"
	)
done
