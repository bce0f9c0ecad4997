#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# skipped.sh DIR NAME...: of the runs of these virtual machines, which tests ran in none of them?

set -euo pipefail
cd "$1"
shift
files=()
for name in "$@"; do
	[ ! -s "$name.tap" ] || files+=("$name.tap")
done
[ ${#files[@]} -gt 0 ] || exit 0
cut -f 2- "${files[@]}" | sed -nE 's/^(not )?ok [0-9]+ //p' | sed -E 's/ in [0-9]+ms( # skip|$)/\1/' | awk -v machines="$*" '
{ name = $0; skip = sub(/ # skip.*/, "", name) }
skip { why[name] = substr($0, length(name) + 8) }
!skip { ran[name] = 1 }
END {
	for (name in why)
		if (!(name in ran))
			printf "skipped in each of %s: %s (%s)\n", machines, name, why[name]
}' | sort
