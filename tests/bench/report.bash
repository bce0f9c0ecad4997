# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the benchmarks make their tables of: files with one time per line.

# percentile P FILE: nearest rank.
percentile() {
	sort -n "$2" | awk -v p="$1" '{ v[NR] = $1 } END { i = int(p * NR / 100 + 0.999999); print v[i < 1 ? 1 : i] }'
}

# ratio A B
ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# version PROGRAM: for a list of them; nothing of one that is not there.
version() {
	! type -P "$1" >/dev/null || echo ", $("$1" --version 2>&1 | head -1)"
}
