#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The rules of the house that a compiler does not know, as TAP. layers.sh [DIR] looks through DIR
# instead of this tree.

set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

floors='lib=0 net=1 ns=1 cgroup=1 rootfs=1 container=2 lab=3 cni=3 cmd=4'

dirs=()
for word in $floors; do
	[ ! -d "${word%=*}" ] || dirs+=("${word%=*}")
done
mapfile -t files < <(find "${dirs[@]}" -name '*.[ch]' | sort)

# Includes of our own headers name the floor, and go down or stay in the folder.
includes() {
	awk -v floors="$floors" '
		BEGIN {
			n = split(floors, words)
			for (i = 1; i <= n; i++) {
				split(words[i], kv, "=")
				floor[kv[1]] = kv[2]
			}
		}
		/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, quoted, "\"")
			split(FILENAME, from, "/")
			split(quoted[2], to, "/")
			where = FILENAME ":" FNR ": "
			if (!(to[1] in floor) || quoted[2] !~ /\//)
				print where "\"" quoted[2] "\" does not start at the root of the tree"
			else if (floor[to[1]] > floor[from[1]])
				print where from[1] "/ looks up to " quoted[2]
			else if (floor[to[1]] == floor[from[1]] && to[1] != from[1])
				print where from[1] "/ looks into its neighbour: " quoted[2]
		}' "$@"
}

# Only net/nl*.[ch] talk to libmnl.
libmnl() {
	grep -nE '^[ \t]*#[ \t]*include[ \t]*<libmnl/' "$@" | grep -v '^net/nl' || true
}

# Only cmd/ prints and ends the program. Comments, strings and attributes do not count.
quiet() {
	grep -nE '(^|[^_[:alnum:]])((printf|puts|putchar|perror|exit|abort)[ \t]*\(|stdout[^_[:alnum:]])' "$@" |
		sed 's/"[^"]*"/""/g; s/__attribute__.*//' |
		grep -E '[^_[:alnum:]]((printf|puts|putchar|perror|exit|abort)[ \t]*\(|stdout[^_[:alnum:]])' |
		grep -vE '^cmd/|^[^:]*:[0-9]+:[ \t]*(/?\*|//)' || true
}

# The command line uses nothing that the library does not offer to others: of what is below it only ctrnet.h, and lib/ for its
# own words.
only_the_library() {
	awk '/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		if (FILENAME ~ /^cmd\// && quoted[2] !~ /^(cmd|lib)\// && quoted[2] != "container/ctrnet.h")
			print FILENAME ":" FNR ": " quoted[2] " is not container/ctrnet.h"
	}' "$@"
}

# Each .c file is an object of its folder's Kbuild, and the other way around.
kbuild() {
	local dir

	for dir in "${dirs[@]}"; do
		diff <(sed -n 's/^obj-[^=]*=//p' "$dir/Kbuild" | tr -s '[:blank:]' '\n' | grep . | sort) \
			<(cd "$dir" && find . -name '*.c' | sed 's|^\./||; s|c$|o|' | sort) |
			sed -n "s|^< \(.*\)|$dir/Kbuild lists \1, which has no source|p
				s|^> \(.*\)|$dir/Kbuild does not list \1|p"
	done
}

licence() {
	local file

	for file in "$@"; do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file: no SPDX line"
	done
}

n=0
check() {
	local name=$1 found
	shift

	n=$((n + 1))
	found=$("$@")
	if [ -z "$found" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		echo "$found" | sed 's/^/# /'
		failed=1
	fi
}

failed=0
echo 1..6
check 'includes go down, never up or sideways' includes "${files[@]}"
check 'only net/nl uses libmnl' libmnl "${files[@]}"
check 'only cmd/ prints or exits' quiet "${files[@]}"
check 'cmd/ uses of the library what others can use' only_the_library "${files[@]}"
check 'each source is listed in a Kbuild' kbuild
check 'each file names its licence' licence "${files[@]}"
exit $failed
