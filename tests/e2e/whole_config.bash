# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Configs with every key of a format set at once, made of the same rows as the tests of one key at a time (every_key.bash): as few as
# there can be, since some keys exclude each other (keys/exclusions.rows).

load every_key

# partition FORMAT: which keys are in which config, as lines "NUMBER KEY". Each config has all keys that can be together with its first one,
# those first that no config has yet.
partition() {
	rows_of "$1" | sed 's/ :: .*//' >"$T/keys"
	grep -v '^#' "$KEYS/exclusions.rows" | awk -F ' :: ' -v keys="$T/keys" '
		{ a[NR] = "^(" $1 ")$"; b[NR] = "^(" $2 ")$" }
		# Each is matched once: regular expressions in variables are dear.
		function apply(rule,    k, j) {
			for (k = 1; k <= n; k++)
				if (key[k] ~ a[rule])
					for (j = 1; j <= n; j++)
						if (j != k && key[j] ~ b[rule])
							excluded[k, j] = excluded[j, k] = 1
		}
		function add(k,    m) {
			for (m = 1; m <= members; m++)
				if ((k, member[m]) in excluded)
					return
			if (!(k in in_it)) {
				member[++members] = k
				in_it[k] = placed[k] = 1
			}
		}
		END {
			while ((getline key[n + 1] <keys) > 0)
				n++
			for (rule = 1; rule <= NR; rule++)
				apply(rule)
			for (first = 1; first <= n; first++) {
				if (first in placed)
					continue
				config++
				members = 0
				delete in_it
				for (k = first; k <= n; k++)
					if (!(k in placed))
						add(k)
				for (k = 1; k <= n; k++)
					add(k)
				for (k = 1; k <= n; k++)
					if (k in in_it)
						print config, key[k]
			}
		}'
}

# Keys that have been refused in one config are left out of the next ones.
declare -gA REFUSED

# take KEY...: from the rows of FORMAT, those of these keys. Sets ROWS_KEY, and by key ROWS_WITHOUT, ROWS_WITH, ROWS_SHOWN and
# ROWS_OUTCOME.
take() {
	local row key
	local -A wanted
	for key in "$@"; do
		[ -n "${REFUSED[$key]:-}" ] || wanted[$key]=1
	done
	unset ROWS_WITHOUT ROWS_WITH ROWS_SHOWN ROWS_OUTCOME
	ROWS_KEY=()
	declare -gA ROWS_WITHOUT ROWS_WITH ROWS_SHOWN ROWS_OUTCOME
	while IFS= read -r row; do
		[ -n "${wanted[${row%% :: *}]:-}" ] || continue
		parse "$row" || return 1
		ROWS_KEY+=("$KEY")
		ROWS_WITHOUT[$KEY]=$WITHOUT ROWS_WITH[$KEY]=$WITH ROWS_SHOWN[$KEY]=$SHOWN ROWS_OUTCOME[$KEY]=$OUTCOME
	done < <(rows_of "$FORMAT")
}

# The config with all of ROWS_KEY. Sets CHANGED.
generate() {
	local key filter=.
	for key in "${ROWS_KEY[@]}"; do
		filter+=" | (${ROWS_WITHOUT[$key]}) | (${ROWS_WITH[$key]})"
	done
	put "$filter"
}

# drop FILE: ctrnet has said in it why it refuses the config; take out those of ROWS_KEY that are to be refused in these words.
drop() {
	local said key left=()
	said=$(said_of "$1")
	for key in "${ROWS_KEY[@]}"; do
		if [ "${ROWS_OUTCOME[$key]}" = "refused $said" ]; then REFUSED[$key]=$said; else left+=("$key"); fi
	done
	[ ${#left[@]} -lt ${#ROWS_KEY[@]} ] || { echo "refused, which none of the keys is to be: $said"; return 1; }
	ROWS_KEY=("${left[@]}")
	generate
}

# Is it a config of its format, without a warning, with each key's value in what is shown of it, which comes to the same?
check_shown() {
	local key program=''
	until "$CTRNET" config "$CHANGED" >"$T/shown.json" 2>"$T/config.err"; do
		drop "$T/config.err" || return 1
	done
	[ ! -s "$T/config.err" ] || { cat "$T/config.err"; return 1; }
	key=$("$CTRNET" config --keys "$CHANGED" | head -n 1)
	[ "$key" = "# $FORMAT" ] || { echo "taken for ${key#\# }"; return 1; }
	for key in "${ROWS_KEY[@]}"; do
		[ "${ROWS_SHOWN[$key]}" = - ] || program+="(if (try (${ROWS_SHOWN[$key]}) catch false) then empty else \"$key\" end), "
	done
	filtered "[$program empty] | .[]" -r "$T/shown.json" >"$T/not_shown" || return 1
	"$CTRNET" config "$T/shown.json" >"$T/again.json" || return 1
	[ ! -s "$T/not_shown" ] || { echo "not shown: $(cat "$T/not_shown")"; jq -c . "$T/shown.json"; return 1; }
	diff "$T/shown.json" "$T/again.json"
}

# Does it run, without what this host refuses, and have all keys the effects that each one has by itself?
check_together() {
	local key failed=0
	# Frozen: it would say nothing.
	[ "${ROWS_KEY[*]}" != cgroups.freezer ] || return 0
	observe "$CHANGED" "$T/together"
	while failed_to_start "$T/together"; do
		drop "$T/together" || return 1
		observe "$CHANGED" "$T/together"
	done
	! grep '^error: not READY' "$T/together" || return 1
	for key in "${ROWS_KEY[@]}"; do
		case ${ROWS_OUTCOME[$key]} in
		'refused '*) echo "$key: was to be refused: ${ROWS_OUTCOME[$key]#refused }"; failed=1 ;;
		'+ '* | '- '*)
			observed "${ROWS_WITHOUT[$key]}" || return 1
			differs "${ROWS_OUTCOME[$key]}" "$OBSERVED_FILE" "$T/together" ||
				{ echo "$key: has not the effect ${ROWS_OUTCOME[$key]}"; failed=1; } ;;
		esac
	done
	return "$failed"
}

# check_whole FORMAT
check_whole() {
	local i keys failed=0
	REFUSED=()
	use "$1" || return 1
	partition "$1" >"$T/partition"
	rows_of "$1" | sed 's/ :: .*//' | sort >"$T/keys"
	cut -d ' ' -f 2 "$T/partition" | sort -u | diff "$T/keys" - || return 1
	for ((i = 1; ; i++)); do
		mapfile -t keys < <(sed -n "s/^$i //p" "$T/partition")
		[ ${#keys[@]} != 0 ] || break
		{ take "${keys[@]}" && generate && check_shown && check_together; } || { echo "in config $i of $1"; failed=1; }
	done
	return "$failed"
}
