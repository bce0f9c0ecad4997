#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh DIR: run each fuzzer in DIR/tests/fuzz for FUZZ_TIME seconds. What it finds is kept in
# DIR/corpus, what crashes it in DIR/crashes; tests/fuzz/corpus/NAME is what it starts from.

set -uo pipefail
dir=$1
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0

for source in tests/fuzz/fuzz_*.c; do
	[ -f "$source" ] || continue
	name=$(basename "$source" .c)
	corpus=("$dir/corpus/$name")
	[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || corpus+=("tests/fuzz/corpus/${name#fuzz_}")
	[ "$name" != fuzz_config ] || corpus+=(tests/golden/configs)
	mkdir -p "$dir/corpus/$name" "$dir/crashes"
	echo "fuzz: $name"
	if "$dir/tests/fuzz/$name" -max_total_time="${FUZZ_TIME:-60}" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$dir/crashes/$name-" "${corpus[@]}" >"$dir/$name.log" 2>&1; then
		passed=$((passed + 1))
		grep -E 'number_of_executed_units|new_units_added' "$dir/$name.log"
	else
		failed=$((failed + 1))
		tail -n 40 "$dir/$name.log"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
