#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What bash, zsh and fish offer, asked of the shells themselves. As TAP. $O: where `make docs` was.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
: "${O:=build}" "${CTRNET:=$PWD/$O/ctrnet}"
completion=$PWD/$O/man/completion
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# A ctrnet with two containers, one of them below another --root, beside the real one's commands.
mkdir "$T/bin" "$T/dir"
cat >"$T/bin/ctrnet" <<EOF
#!/bin/sh
case \$* in
'list --quiet') echo web1; echo db1 ;;
'--root /elsewhere list --quiet') echo far1 ;;
*) exec $CTRNET "\$@" ;;
esac
EOF
chmod +x "$T/bin/ctrnet"
echo '{}' >"$T/config1.json"
PATH=$T/bin:$PATH
cd "$T" || exit

# Each prints what its shell offers for the last word of $1, sorted, in one line.
in_bash() {
	bash --norc -c '
		source "$1/ctrnet.bash"
		compopt() { :; }
		# As readline splits a line.
		read -ra COMP_WORDS <<<"${2//=/ = }"
		[[ $2 != *[\ =] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_ctrnet
		printf "%s\n" "${COMPREPLY[@]}"' - "$completion" "$1"
}

in_fish() {
	fish -N -c "source '$completion/ctrnet.fish'; complete -C '$1'" | sed 's/\t.*//; s/^--[a-z-]*=//'
}

# A line editor on a pty lists what it would offer, and then says that it has.
in_zsh() {
	TERM=dumb timeout 30 zsh -f -c '
		zmodload zsh/zpty
		zpty z "TERM=dumb zsh -f -i"
		zpty -w z "PS1=; PROMPT_SP=; unsetopt prompt_sp prompt_cr; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -d $3
			zstyle \":completion:*\" verbose no; zstyle \":completion:*\" list-separator \"\"; LISTMAX=1000
			listed() { print; print LIST\"\"ED; }; zle -N listed; bindkey \"^X\" listed
			bindkey \"^I\" list-choices; stty cols 20 -echo; PS2=; print R\"\"EADY"
		zpty -r z out "*READY*"
		zpty -w -n z "$2"$'"'\\t\\x18'"'
		zpty -r z out "*LISTED*"
		print -r -- "$out"
		zpty -d z' - "$completion" "$1" "$T/zcompdump" | tr -d '\r' | tr -s ' ' '\n' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'
}

n=0 failed=0
# offers LINE WORD...: all of these are offered, and nothing that begins with "!".
offers() {
	local line=$2 shell=$1 word got missing=''
	shift 2

	n=$((n + 1))
	if ! command -v "$shell" >/dev/null; then
		echo "ok $n - $shell: '$line' # SKIP no $shell"
		return
	fi
	got=$("in_$shell" "$line" 2>&1)
	for word in "$@"; do
		if [[ $word == !* ]]; then
			! grep -qxF -e "${word#!}" <<<"$got" || missing+=" $word"
		else
			grep -qxF -e "$word" <<<"$got" || missing+=" $word"
		fi
	done
	if [ -z "$missing" ]; then
		echo "ok $n - $shell: '$line'"
	else
		echo "not ok $n - $shell: '$line':$missing"
		echo "$got" | head -n 20 | sed 's/^/# /'
		failed=1
	fi
}

shells=(bash zsh fish)
for shell in "${shells[@]}"; do
	# shellcheck disable=SC2046 # a word for each command
	offers $shell 'ctrnet ' $(ctrnet help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
	offers $shell 'ctrnet --log' --log --log-format '!--root'
	offers $shell 'ctrnet --log-format ' text json
	offers $shell 'ctrnet list --' --quiet --format --help '!--root'
	offers $shell 'ctrnet list --format ' table json
	offers $shell 'ctrnet list -f ' table json
	offers $shell 'ctrnet --debug list -f ' table json
	offers $shell 'ctrnet --root /elsewhere help sta' state '!list'
	offers $shell 'ctrnet exec --security ' high medium low
	offers $shell 'ctrnet exec --config co' config1.json
	offers $shell 'ctrnet exec --config config1.json ech' echo
	offers $shell 'ctrnet exec we' web1 '!config1.json'
	offers $shell 'ctrnet exec web1 ech' echo '!db1'
	offers $shell 'ctrnet exec web1 cat co' config1.json
	offers $shell 'ctrnet exec -t --user root ' web1 db1
	offers $shell 'ctrnet state ' web1 db1 '!far1'
	offers $shell 'ctrnet --root /elsewhere state ' far1 '!web1'
	offers $shell 'ctrnet delete --force web1 ' db1
	offers $shell 'ctrnet config ' config1.json
	offers $shell 'ctrnet net ' show check repair gc watch '!web1'
	offers $shell 'ctrnet net check ' web1 db1 '!show'
	offers $shell 'ctrnet net --' --json --dry-run
	offers $shell 'ctrnet help net' net networks
	offers $shell 'ctrnet help networks ' macvlan veth '!net'
	offers $shell 'ctrnet help networks macv' macvlan macvtap '!veth'
done
offers bash 'ctrnet help exec ' '!veth' '!exec'
offers bash 'ctrnet list --format=t' table '!json'
offers bash 'ctrnet --root=/elsewhere state ' far1 '!web1'
offers bash 'ctrnet kill ' web1 db1
offers bash 'ctrnet kill web1 SIGU' SIGUSR1 SIGUSR2 '!SIGTERM'
offers bash 'ctrnet kill --signal SIGT' SIGTERM '!SIGUSR1'
offers fish 'ctrnet kill web1 US' USR1 '!TERM'
offers zsh 'ctrnet kill web1 ' TERM USR1
offers fish 'ctrnet list --format=t' table '!json'
echo "1..$n"
exit $failed
