#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The checks of the source tree find what they are there for.

load lib

TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# A small tree that breaks no rule.
make_tree() {
	local dir
	for dir in lib net ns container cmd; do
		mkdir -p "$T/tree/$dir"
		printf '// SPDX-License-Identifier: Apache-2.0\n' >"$T/tree/$dir/$dir.c"
		printf '/* SPDX-License-Identifier: Apache-2.0 */\n' >"$T/tree/$dir/$dir.h"
		echo "obj-y += $dir.o" >"$T/tree/$dir/Kbuild"
	done
	echo '#include "net/net.h"' >>"$T/tree/container/container.c"
	echo 'int main(void) { printf("x"); exit(0); }' >>"$T/tree/cmd/cmd.c"
}

# refuses FILE LINE WORDS: with this line in that file, layers.sh fails and says so.
refuses() {
	local kept=$T/kept
	cp "$T/tree/$1" "$kept"
	echo "$2" >>"$T/tree/$1"
	run "$TREE/tests/layers.sh" "$T/tree"
	assert_status 1
	[[ $output == *"$3"* ]] || { echo "$output"; return 1; }
	cp "$kept" "$T/tree/$1"
}

@test "house: layers.sh refuses what the rules forbid" {
	make_tree
	run "$TREE/tests/layers.sh" "$T/tree"
	assert_status 0
	refuses lib/lib.c '#include "net/net.h"' 'lib/ looks up to net/net.h'
	refuses net/net.h '#include "ns/ns.h"' 'net/ looks into its neighbour: ns/ns.h'
	refuses net/net.c '#include "net.h"' '"net.h" does not start at the root'
	refuses container/container.c '# include <libmnl/libmnl.h>' 'container/container.c:3'
	refuses cmd/cmd.c '#include "container/container.h"' 'cmd/cmd.c:3: container/container.h is not container/ctrnet.h'
	refuses cmd/cmd.c '#include "net/net.h"' 'cmd/cmd.c:3: net/net.h is not container/ctrnet.h'
	refuses ns/ns.c '	printf("hello");' 'ns/ns.c:2'
	refuses ns/ns.c '	exit(1);' 'ns/ns.c:2'
	refuses ns/Kbuild 'obj-$(CONFIG_X) += more.o' 'lists more.o, which has no source'
	touch "$T/tree/net/more.c"
	refuses net/Kbuild '' 'net/Kbuild does not list more.o'
}

# Each test that the table of libcontainer's tests leads to.
@test "house: the tests that docs/conformance-libcontainer.md names exist" {
	local table=$TREE/docs/conformance-libcontainer.md named file title missing=0
	while read -r named; do
		file=${named%%: *} title=${named#*: }
		case $file in
		*.bats) grep -qF "@test \"$title" "$TREE/tests/e2e/$file" ;;
		*.c) grep -qF "cmocka_unit_test" "$TREE/tests/unit/$file" && grep -qw "$title" "$TREE/tests/unit/$file" ;;
		*) false ;;
		esac || { echo "no such test: $named"; missing=1; }
	done < <(grep -oE '`[a-z_]+\.(bats|c): [^`]*`' "$table" | tr -d '`')
	[ "$(grep -cE '^\| .*`[a-z_]+\.(bats|c): ' "$table")" -gt 40 ]
	[ "$missing" = 0 ]
}
