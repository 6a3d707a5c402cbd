# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash's completion of twinctl(8), as 'twinctl completion bash' prints it. The
# functions share the variables of _twinctl; what the commands are like stands at
# the end.

# bash divides words at '=' and ':' too. Sets typed, the words as twinctl will get
# them, and cur, the part of the last one that stands before the cursor.
_twinctl_read_line()
{
	local line=${COMP_LINE:0:COMP_POINT} rest word i

	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		word=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || word=$rest
		if ((i > 0)) && [[ $rest == "$line" ]]; then
			typed[${#typed[@]} - 1]+=$word
		else
			typed+=("$word")
		fi
		line=${rest#"$word"}
	done
	cur=${typed[${#typed[@]} - 1]}
	unset "typed[${#typed[@]} - 1]"
}

_twinctl_take_option() # WORD
{
	_twinctl_option "$key" "${1%%=*}"
	[[ $argument != needed || $1 == *=* ]] || pending=$1
	[[ ! $alone ]] || finished=y
	[[ $repeatable ]] || given+=" ${names[*]} "
}

_twinctl_take_operand() # WORD
{
	if [[ ! $key ]]; then
		key=$1
	elif ((place == 0)) && _twinctl_has_sub "$key" "$1"; then
		key+=" $1"
	else
		((place += 1))
	fi
}

# Sets key, the command and its sub-command; place, how many operands there are
# behind it; pending, the option whose value comes next; and given, the options
# that may not come once more.
_twinctl_read_words()
{
	local word

	for word in "${typed[@]:1}"; do
		if [[ $pending ]]; then
			pending=
		elif [[ ! $dashes && $word == -- ]]; then
			dashes=y
		elif [[ ! $dashes && $word == -?* ]]; then
			_twinctl_take_option "$word"
		else
			_twinctl_take_operand "$word"
		fi
	done
}

# Offers WORD if it begins as $value does.
_twinctl_add() # WORD
{
	[[ $1 == "$value"* ]] || return 0
	case $1 in
	*[=:]) found+=("$before$1") ;;
	*) found+=("$before$1 ") ;;
	esac
}

_twinctl_add_files() # -f|-d
{
	local plain

	before_files=$before
	case $value in
	[\"\']*) plain=${value:1} ;;
	*) IFS='' read plain <<<"$value" ;; # Without -r: that takes out backslashes.
	esac
	mapfile -t files < <(compgen "$1" -- "$plain")
}

_twinctl_add_twins() # BEHIND
{
	local path

	while read -r path; do
		_twinctl_add "${path##*/}$1"
	done < <(compgen -d -- /sys/class/twinos/)
}

_twinctl_add_cpus()
{
	local range cpu ranges=()

	IFS=, read -r -a ranges 2>/dev/null </sys/devices/system/cpu/online
	for range in "${ranges[@]}"; do
		for ((cpu = ${range%-*}; cpu <= ${range#*-}; cpu++)); do
			_twinctl_add "$cpu"
		done
	done
}

# KIND, or KIND=HOW as with 'twinctl run --KIND HOW'.
_twinctl_add_device()
{
	local option

	if [[ $value == *=* ]]; then
		_twinctl_option run "--${value%%=*}"
		_twinctl_offer "$before${value%%=*}=" "${value#*=}"
		return
	fi
	_twinctl_options run
	for option in "${options[@]}"; do
		_twinctl_option run "$option"
		case $device$argument in
		yneeded) _twinctl_add "${option#--}=" ;;
		y*) _twinctl_add "${option#--}" ;;
		esac
	done
}

_twinctl_add_kind() # KIND
{
	case $1 in
	file) _twinctl_add_files -f ;;
	directory) _twinctl_add_files -d ;;
	twin) _twinctl_add_twins '' ;;
	twin-path) _twinctl_add_twins : ;;
	cpu | cpus) _twinctl_add_cpus ;;
	command)
		_twinctl_commands
		_twinctl_add_words "${commands[@]}"
		;;
	device) _twinctl_add_device ;;
	esac
}

_twinctl_add_words() # [WORD]...
{
	local word

	for word; do
		[[ $dashes && $word == -- ]] || _twinctl_add "$word"
	done
}

# What may stand for VALUE by kinds, words and parts; BEFORE is the beginning of
# the same word.
_twinctl_offer() # BEFORE VALUE
{
	local before=$1 value=$2 kind

	if [[ $value == *,* && (${parts[*]} || ${kinds[*]} == cpus) ]]; then
		before+=${value%,*},
		value=${value##*,}
		[[ ! ${parts[*]} ]] || kinds=()
		words=()
	elif [[ ${kinds[*]}${words[*]} ]]; then
		parts=()
	fi
	_twinctl_add_words "${words[@]}" "${parts[@]}"
	for kind in "${kinds[@]}"; do
		_twinctl_add_kind "$kind"
	done
}

_twinctl_offer_options()
{
	local option

	_twinctl_options "$key"
	for option in "${options[@]}"; do
		[[ $given == *" $option "* ]] || _twinctl_add "$option"
	done
}

_twinctl_offer_word()
{
	local before='' value=$cur

	if [[ $pending ]]; then
		_twinctl_option "$key" "$pending"
		_twinctl_offer '' "$cur"
	elif [[ ! $dashes && $cur == -*=* ]]; then
		_twinctl_option "$key" "${cur%%=*}"
		[[ ! $argument ]] || _twinctl_offer "${cur%%=*}=" "${cur#*=}"
	elif [[ ! $dashes && $cur == -* ]]; then
		_twinctl_offer_options
		! _twinctl_operand "$key" "$place" || _twinctl_add_words "${words[@]}"
	elif _twinctl_operand "$key" "$place"; then
		_twinctl_offer '' "$cur"
	elif [[ ! $dashes ]]; then
		_twinctl_offer_options
	fi
}

# Names of files beside other words: what readline does for names alone.
_twinctl_quote_files()
{
	local file quoted

	for file in "${files[@]}"; do
		printf -v quoted %q "$file"
		[[ $file != \~* ]] || quoted=${quoted#\\}
		if [[ -d $file ]]; then
			found+=("$before_files$quoted/")
		else
			found+=("$before_files$quoted ")
		fi
	done
}

# readline replaces only what stands behind the last '=' or ':' of the word.
_twinctl_reply()
{
	local breaks=${COMP_WORDBREAKS//[!=:]} start=''

	[[ ! $breaks || $cur == [\"\']* ]] || start=${cur%"${cur##*["$breaks"]}"}
	if [[ ${files[*]} && ! ${found[*]} && $start == "$before_files" ]]; then
		compopt -o filenames +o nospace
		COMPREPLY=("${files[@]}")
		return
	fi
	_twinctl_quote_files
	COMPREPLY=("${found[@]#"$start"}")
}

_twinctl()
{
	local cur key='' place=0 pending='' dashes='' finished='' given=' '
	local typed=() found=() files=() before_files='' options=() commands=()
	local names argument alone repeatable device kinds words parts

	_twinctl_read_line
	_twinctl_read_words
	COMPREPLY=()
	[[ ! $finished ]] || return 0
	_twinctl_offer_word
	_twinctl_reply
}
