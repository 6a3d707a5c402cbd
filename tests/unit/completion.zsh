# SPDX-License-Identifier: GPL-2.0-only
#
# tests/unit/completion.zsh DIRECTORY - print what the file _twinctl in DIRECTORY makes
# zsh offer for each line of standard input, in one line
#
# Completion needs a terminal, so a second zsh gets one. It writes to a file what is
# added, and then says so.

zmodload zsh/zpty || exit
hits=$(mktemp) || exit
trap 'rm -f $hits' EXIT

cat >$hits <<SETUP
fpath=(${(q)1} \$fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	local -a hits

	if (( ! \${@[(I)-[OAD]*]} )); then
		builtin compadd -O hits "\$@"
		(( ! \$#hits )) || print -rl -- \$hits >>$hits
	fi
	builtin compadd "\$@"
}
offer() { _main_complete; print -n "<done>" }
zle -C offer list-choices offer
bindkey '^T' offer
print "<ready>"
SETUP
zpty terminal TERM=dumb zsh -f -i
zpty -w terminal ". $hits"
zpty -r terminal reply $'*\n<ready>*'
while IFS= read -r line; do
	: >$hits
	zpty -w -n terminal $'\x15'$line$'\x14'
	zpty -r terminal reply '*<done>*'
	print -r -- ${(pj:|:)${(f)"$(<$hits)"}}
done
