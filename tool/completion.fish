# SPDX-License-Identifier: GPL-2.0-only
#
# fish's completion of twinctl(8), as 'twinctl completion fish' prints it. What the
# commands are like stands at the end.

# Prints the command with its sub-command, how many operands there are behind it, and
# the option whose value comes next; only "none" where nothing more may follow.
function __twinctl_state
    set -l key ''
    set -l place 0
    set -l pending
    set -l dashes
    for word in (commandline -opc)[2..]
        if set -q pending[1]
            set -e pending
        else if test "$word" = --; and not set -q dashes[1]
            set dashes y
        else if string match -q -- '-?*' $word; and not set -q dashes[1]
            if contains -- $word --help -h; or test -z "$key"
                echo none
                return
            end
            contains -- $word (__twinctl_valued $key); and set pending $word
        else if test -z "$key"
            set key $word
        else if test $place = 0; and __twinctl_has_sub $key $word
            set key "$key $word"
        else
            set place (math $place + 1)
        end
    end
    printf '%s\n' "$key" $place "$pending"
end

# The next operand is that at PLACE, or with a '+' behind it any from there on.
function __twinctl_at -a key place
    set -l state (__twinctl_state)
    test "$state[1]" = "$key" -a -z "$state[3]"; or return
    if string match -q -- '*+' $place
        test $state[2] -ge (string trim -c + $place)
    else
        test $state[2] = $place
    end
end

# An option of KEY, given by its names, has its place at the cursor, or its value has.
function __twinctl_wants -a key how
    set -l names $argv[3..]
    set -l state (__twinctl_state)
    test "$state[1]" = "$key"; or return
    if test -n "$state[3]"
        contains -- $state[3] $names
        return
    end
    test $how = again; and return
    for word in (commandline -opc)[2..]
        contains -- (string replace -r '=.*' '' -- $word) $names; and return 1
    end
    return 0
end

function __twinctl_twins
    for path in /sys/class/twinos/*
        string replace -r '.*/' '' $path
    end
end

function __twinctl_cpus
    read -l online 2>/dev/null </sys/devices/system/cpu/online; or return
    for range in (string split , $online)
        set -l ends (string split - $range)
        set -l cpu $ends[1]
        while test $cpu -le $ends[-1]
            echo $cpu
            set cpu (math $cpu + 1)
        end
    end
end

# KIND, or KIND=HOW as with 'twinctl run --KIND HOW'.
function __twinctl_device -a before value
    if string match -q '*=*' -- $value
        set -l kind (string split -m 1 = $value)
        __twinctl_offer_value "$before$kind[1]=" "$kind[2]" (__twinctl_device_how $kind[1])
    else
        string replace -r '^' "$before" -- (__twinctl_device_kinds)
    end
end

function __twinctl_kind -a kind before value
    switch $kind
        case file
            string replace -r '^' "$before" -- (complete -C "'' $value")
        case directory
            string replace -r '^' "$before" -- (__fish_complete_directories "$value" '')
        case twin
            __twinctl_twins
        case twin-path
            string replace -r '$' : (__twinctl_twins)
        case cpu cpus
            string replace -r '^' "$before" -- (__twinctl_cpus)
        case command
            __twinctl_commands
        case device
            __twinctl_device "$before" "$value"
    end
end

# What may stand for VALUE; BEFORE is the beginning of the same word.
function __twinctl_offer_value -a before value kinds words parts
    if string match -q '*,*' -- $value; and test -n "$parts" -o "$kinds" = cpus
        set before $before(string replace -r '[^,]*$' '' -- $value)
        set value (string replace -r '.*,' '' -- $value)
        set words
        test -n "$parts"; and set kinds
    else if test -n "$kinds$words"
        set parts
    end
    for word in (string split -n ' ' -- "$words $parts")
        printf '%s%s\n' "$before" "$word"
    end
    for kind in (string split -n ' ' "$kinds")
        __twinctl_kind $kind "$before" "$value"
    end
end

# The same for the word at the cursor, which may begin with an option's name.
function __twinctl_offer -a kinds words parts
    set -l value (commandline -ct | string replace -r '^--[^=]*=' '')
    __twinctl_offer_value '' "$value" "$kinds" "$words" "$parts"
end
