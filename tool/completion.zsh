#compdef twinctl
# SPDX-License-Identifier: GPL-2.0-only
#
# zsh's completion of twinctl(8), as 'twinctl completion zsh' prints it, for a
# file _twinctl in fpath. What the commands are like stands at the end.

# Those that end in '=' or ':' go on.
_twinctl_words() { # DESCRIPTION WORD...
	local description=$1 expl ret=1
	shift

	_wanted words expl $description compadd -- ${@:#*[=:]} && ret=0
	_wanted words expl $description compadd -S '' -- ${(M)@:#*[=:]} && ret=0
	return ret
}

_twinctl_twins() { # BEHIND
	local -a twins=(/sys/class/twinos/*(N:t))

	_twinctl_words twin ${^twins}$1
}

_twinctl_cpus() { # -S '', or nothing
	local online range expl
	local -a cpus

	read -r online 2>/dev/null </sys/devices/system/cpu/online
	for range in ${(s:,:)online}; do
		cpus+=({${range%-*}..${range#*-}})
	done
	_wanted cpus expl CPU compadd "$@" -- $cpus
}

# KIND, or KIND=HOW as with 'twinctl run --KIND HOW'.
_twinctl_device() {
	if compset -P 1 '*='; then
		_twinctl_device_how ${IPREFIX##*[^a-z=-]}
		return
	fi
	_twinctl_device_kinds
}

_twinctl_kind() { # KIND
	case $1 in
	file) _files ;;
	directory) _path_files -/ ;;
	twin) _twinctl_twins '' ;;
	twin-path) _twinctl_twins : ;;
	cpu) _twinctl_cpus ;;
	cpus) compset -P '*,'; _twinctl_cpus -S '' ;;
	command) _twinctl_commands ;;
	device) _twinctl_device ;;
	esac
}

# What may stand for a value or an operand.
_twinctl_offer() { # KINDS WORDS PARTS
	local -a kinds=(${=1}) fixed=(${=2}) parts=(${=3})
	local kind ret=1

	# It divides once.
	(( ! $words[(I)--] || $words[(I)--] == CURRENT )) || fixed=(${fixed:#--})
	if (( $#parts )) && { [[ -z $1$2 ]] || compset -P '*,' }; then
		compset -P '*,'
		_twinctl_words part $parts
		return
	fi
	(( ! $#fixed )) || _twinctl_words word $fixed && ret=0
	for kind in $kinds; do
		_twinctl_kind $kind && ret=0
	done
	return ret
}

_twinctl() {
	local curcontext=$curcontext state word key
	local -a line
	typeset -A opt_args

	_arguments -C \
		'(- : *)'{--help,-h}'[show the commands]' \
		'(- : *)'{--version,-V}'[show the versions]' \
		'1: :_twinctl_commands' '*::argument:->arguments' && return
	[[ $state = arguments ]] || return
	key=$words[1]
	curcontext=${curcontext%:*:*}:twinctl-$key:
	for word in $words[2,CURRENT-1]; do
		_twinctl_has_sub $key $word || continue
		key+=" $word"
		break
	done
	_twinctl_arguments $key
}
