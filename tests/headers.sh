#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Does each header compile alone, with gcc and, where it is installed, clang? As TAP.
# HEADERS_CFLAGS: the flags to compile with.

set -euo pipefail
cd "$(dirname "$0")/.."

compilers=()
for cc in gcc clang; do
	command -v $cc >/dev/null && compilers+=("$cc")
done

compile() {
	local header=$1 cc

	for cc in "${compilers[@]}"; do
		# shellcheck disable=SC2086 # flags are words
		echo "#include \"$header\"" |
			$cc ${HEADERS_CFLAGS:--std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra} -Werror \
				-fsyntax-only -x c - || return
	done
}

mapfile -t headers < <(find lib net ns cgroup rootfs container cmd -name '*.h' | sort)
echo "1..${#headers[@]}"
n=0 failed=0
for header in "${headers[@]}"; do
	n=$((n + 1))
	if out=$(compile "$header" 2>&1); then
		echo "ok $n - $header"
	else
		echo "not ok $n - $header"
		echo "$out" | sed 's/^/# /'
		failed=1
	fi
done
exit $failed
