# SPDX-License-Identifier: GPL-2.0-only
#
# tests/unit/completion.fish SCRIPT - print what SCRIPT makes fish offer for each line
# of standard input, in one line

source $argv[1]; or exit
while read -l line
    set -l words (complete -C "$line" | string replace -r '\t.*' '')
    echo (string join -- '|' $words)
end
