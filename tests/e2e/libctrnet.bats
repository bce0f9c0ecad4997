#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# libctrnet, as it is installed: programs are compiled as pkg-config says, and look at the rest themselves (tests/api).

load lib

HERE=$BATS_TEST_DIRNAME
API=$HERE/../api
EXAMPLE=$HERE/../../docs/example/container.c
LIBDIR=$INSTALLED/usr/lib

pkgconfig() {
	PKG_CONFIG_PATH=$LIBDIR/pkgconfig pkg-config --define-prefix "$@"
}

# Warnings are errors; what the library was sanitized with, its program has to be, too.
warnings='-Wall -Wextra -Wpedantic -Werror -g'
sanitizer=${SAN:+-fsanitize=address,undefined}

# build NAME SOURCE... : $BIN/NAME, for the shared library.
build() {
	local name=$1
	shift
	# shellcheck disable=SC2046,SC2086 # flags are words
	$CC -std=gnu11 -D_GNU_SOURCE $warnings $sanitizer -o "$BIN/$name" "$@" $(pkgconfig --cflags --libs ctrnet) -pthread
}

setup_file() {
	export BIN=$BATS_FILE_TMPDIR
	build life "$API/life.c" "$API/check.c"
	build callers "$API/callers.c" "$API/check.c"
	build net "$API/net.c" "$API/check.c"
	build edges "$API/edges.c" "$API/check.c"
	build threads "$API/threads.c" "$API/check.c"
	build pairs "$API/pairs.c" "$API/check.c"
	build exec "$API/exec.c" "$API/check.c"
}

# api PROGRAM TEST: it says nothing, and leaves nothing.
api() {
	LD_LIBRARY_PATH=$LIBDIR timeout "${LIMIT:-60}" "$BIN/$1" "$2" "$RUN" "$ROOT" "$ID" 3>&-
}

quiet() {
	run api "$@"
	assert_output ''
	assert_status 0
	[ -z "$(ls -A "$RUN" 2>/dev/null)" ]
	rm -rf "$RUN"
}

# --- how it is installed ------------------------------------------------------------------------------

@test "libctrnet: pkg-config knows it, wherever it was put" {
	[ "$(pkgconfig --variable=prefix ctrnet)" = "$INSTALLED/usr" ]
	export PKG_CONFIG_PATH=$LIBDIR/pkgconfig PKG_CONFIG_SYSROOT_DIR=$INSTALLED
	run pkg-config --cflags --libs ctrnet
	assert_status 0
	[[ $output == *-lctrnet* ]]
	[[ $output != *-lmnl* ]]
	run pkg-config --static --libs ctrnet
	[[ $output == *-lmnl*-lcap* ]]
}

@test "libctrnet: nothing but the header's names is in it" {
	declared() { grep -o 'ctrnet_[a-z_]*(' "$INSTALLED/usr/include/ctrnet.h" | tr -d '(' | sort -u; }
	api_names() { awk '$3 ~ /^ctrnet_/ { print $3 }' | sort; }
	nm -D --defined-only "$LIBDIR/libctrnet.so" >"$T/shared"
	nm -g --defined-only "$LIBDIR/libctrnet.a" | grep ' . ' >"$T/static"
	[ -s "$T/shared" ]
	diff <(api_names <"$T/shared") <(api_names <"$T/static")
	# All that is exported is declared, and the other way around.
	diff <(api_names <"$T/shared") <(comm -12 <(declared) <(nm "$LIBDIR/libctrnet.so" | api_names))
	[ -n "$SAN" ] || [ "$(wc -l <"$T/shared")" = "$(api_names <"$T/shared" | wc -l)" ]
	[ -n "$SAN" ] || [ "$(wc -l <"$T/static")" = "$(api_names <"$T/static" | wc -l)" ]
	local name
	for name in $(sed -n 's/^CTRNET_API .*[ *]\(ctrnet_[a-z_]*\)(.*/\1/p' "$INSTALLED/usr/include/ctrnet.h"); do
		grep -q " T $name\$" "$T/shared" || { echo "$name is declared, and not there"; return 1; }
	done
}

@test "libctrnet: the soname is of the major version, and the links lead to the file" {
	local soname
	soname=$(objdump -p "$LIBDIR/libctrnet.so" | awk '$1 == "SONAME" { print $2 }')
	[[ $soname =~ ^libctrnet\.so\.[0-9]+$ ]]
	[ "$(readlink "$LIBDIR/libctrnet.so")" = "$soname" ]
	[[ $(readlink "$LIBDIR/$soname") == "$soname".* ]]
	[ "$(readlink -f "$LIBDIR/libctrnet.so")" = "$LIBDIR/libctrnet.so.$(pkgconfig --modversion ctrnet)" ]
}

@test "libctrnet: the header alone, in C99 and in C++11" {
	local cc
	for cc in gcc clang; do
		[ -z "$(type -P $cc)" ] || echo '#include <ctrnet.h>' |
			$cc -std=c99 $warnings -I"$INSTALLED/usr/include" -fsyntax-only -x c -
	done
	for cc in g++ clang++; do
		[ -z "$(type -P $cc)" ] || echo '#include <ctrnet.h>' |
			$cc -std=c++11 $warnings -I"$INSTALLED/usr/include" -fsyntax-only -x c++ -
	done
}

# --- the example ----------------------------------------------------------------------------------------

# The README's container: what runs in it, and what is seen of it.
example() {
	run env CONTAINERS="$RUN" "$@" "$ROOT" /bin/sh -c 'sleep 0.5; hostname; id -u; ulimit -n; ip -o addr show lo | grep -o "127[0-9./]*"
		grep CapBnd /proc/self/status; ls /dev/null /dev/fuse; [ -s /proc/kcore ] || echo masked; exit 3'
	assert_status 3
	# Before, between or behind what the command says.
	grep -qE '^[1-9] process\(es\), the first one is [0-9]+$' <<<"$output"
	grep -qE '^cpu [0-9]+\.[0-9]{3} ms, memory [0-9]+\.[0-9] MiB, [1-9] process\(es\)$' <<<"$output"
	output=$(grep -v 'process(es)' <<<"$output")
	assert_output "testing
0
1024
127.0.0.1/8
CapBnd:	00000000a80425fb
/dev/fuse
/dev/null
masked"
	rm -r "$RUN"
}

@test "libctrnet: the example, with the shared library" {
	build example "$EXAMPLE"
	LD_LIBRARY_PATH=$LIBDIR example "$BIN/example"
	run env LD_LIBRARY_PATH="$LIBDIR" ldd "$BIN/example"
	[[ $output == *"libctrnet.so.0 => $LIBDIR"* ]]
}

@test "libctrnet: the example, with the static library, and names of the program's own" {
	# One that the library has, too.
	printf 'int err_set(void);\nint err_set(void) { return 1; }\n' >"$T/own.c"
	# shellcheck disable=SC2046,SC2086 # flags are words
	$CC -std=gnu11 $warnings $sanitizer -o "$BIN/static" "$EXAMPLE" "$T/own.c" \
		$(pkgconfig --static --cflags --libs ctrnet | sed 's/-lctrnet/-l:libctrnet.a/')
	example "$BIN/static"
	run ldd "$BIN/static"
	[[ $output != *libctrnet* ]]
}

@test "libctrnet: a program in C++" {
	local cxx
	for cxx in g++ clang++; do
		[ -n "$(type -P $cxx)" ] || continue
		[ -z "$SAN" ] || [ "${CC/gcc/g++}" = $cxx ] || continue
		# shellcheck disable=SC2046,SC2086 # flags are words
		$cxx -std=c++11 $warnings $sanitizer -o "$BIN/cxx" "$API/cxx.cc" $(pkgconfig --cflags --libs ctrnet)
		run env LD_LIBRARY_PATH="$LIBDIR" "$BIN/cxx" "$RUN" "$ROOT" "$ID"
		assert_output 'hello from c++'
		assert_status 0
		rm -r "$RUN"
	done
}

# --- calls ------------------------------------------------------------------------------------------------

@test "libctrnet: a life: created, running, paused, stopped, started again, destroyed" { quiet life life; }
@test "libctrnet: args, env, user, cwd, capabilities (TestProcessCaps)" { quiet life process_options; }
@test "libctrnet: extra files (TestPassExtraFiles, TestExecinPassExtraFiles)" { quiet life extra_files; }
@test "libctrnet: a console of a size (TestExecInTTY)" { quiet life console; }
@test "libctrnet: two processes (TestEnter)" { quiet life enter; }
@test "libctrnet: a network shown" { quiet net show; }
@test "libctrnet: a network compared and mended" { quiet net mend; }
@test "libctrnet: a network mended by many threads at once" { quiet net threads; }
@test "libctrnet: a network watched" { quiet net watch; }
@test "libctrnet: what is left of a container's network is collected" { quiet net collect; }
@test "libctrnet: networks that come, change and go" { quiet net attach; }
@test "libctrnet: paths of namespaces (TestContainerState)" { quiet life state_paths; }

@test "libctrnet: a container outlives its program, and another one takes it over" {
	run api life leave
	assert_output ''
	wait_for 5 pgrep -xf 'sleep 4712' >/dev/null
	run "$CTRNET" --root "$RUN" exec "$ID" /bin/hostname
	assert_output api
	quiet life take_over
	! pgrep -xf 'sleep 4712' || return 1
}

@test "libctrnet: errors have libcontainer's codes, and words" { quiet callers errors; }
@test "libctrnet: errors name the keys that the config has" { quiet callers names; }
@test "libctrnet: limits as a struct, of a container that runs" { quiet callers limits; }
@test "libctrnet: records come to the caller's log" { quiet callers log; }
@test "libctrnet: who makes cgroups is the factory's to say" { quiet callers cgroup_manager; }
@test "libctrnet: a caller that ignores SIGCHLD" { quiet callers sigchld_ignored; }
@test "libctrnet: a caller that waits for any child" { quiet callers wait_any; }
@test "libctrnet: nested cgroups go, whoever reaps" { quiet edges nested_unreaped; }
@test "libctrnet: a caller without descriptors is told so, and no container ends for it" { quiet edges few_descriptors; }
@test "libctrnet: a process that has ended takes no signals" { quiet edges ended_process; }
@test "libctrnet: signals that are none" { quiet edges no_such_signal; }
@test "libctrnet: one that is killed while it starts something leaves the caller no child" {
	local call n
	export ASAN_OPTIONS=detect_leaks=0
	# The first one that the caller does not make itself; flock is also what the helper does last.
	for call in sendmsg:1 renameat:2 flock:3; do
		output=
		for ((n = ${call#*:}; n < 60 && $(grep -cx both <<<"$output") == 0; n++)); do
			LD_LIBRARY_PATH=$LIBDIR run timeout 60 strace -f -qq -o /dev/null -e trace="${call%:*}" \
				-e "inject=${call%:*}:signal=SIGKILL:when=$n" "$BIN/edges" killed_helper "$RUN" "$ROOT" "$ID" 3>&-
			[[ $output == both || $output == "not both" ]] || { echo "$call $n: $status $output"; return 1; }
			ctrnet delete --force "$ID" 2>/dev/null || [ ! -e "$RUN/$ID" ]
		done
		[ "$n" -gt $((${call#*:} + 1)) ] || { echo "$call: $n runs"; return 1; }
		[ "$output" = both ]
	done
}
# Who waits for another process to clone the command is killed once that is done; strace makes it late.
@test "libctrnet: one that is killed while another process clones for it leaves the caller no child" {
	local joined box=$ID-box CONFIG
	export ASAN_OPTIONS=detect_leaks=0 CONFIG
	ID=$box box_start userns
	for joined in NEWPID NEWUSER,NEWNET,NEWIPC; do
		CONFIG=$(config userns 'del(.uid_mappings, .gid_mappings, .networks) | .namespaces |= map(select(.type != "NEWUSER" or ($j | index("NEWUSER")))
			| if .type as $t | $j | index($t) then .path = "/proc/\($p)/ns/\(.type[3:] | ascii_downcase)" else . end)' \
			--arg p "$BOX_PID" --argjson j "[\"${joined//,/\",\"}\"]")
		LD_LIBRARY_PATH=$LIBDIR run timeout 60 strace -f -qq -o /dev/null -e trace=clone3 -e inject=clone3:delay_exit=100000 \
			"$BIN/edges" late_helper "$RUN" "$ROOT" "$ID" 3>&-
		# It wonders about one that dies while it is made late.
		output=$(grep -v '^strace: dispatch_event: ' <<<"$output" || :)
		assert_output ''
		assert_status 0
		[ ! -e "$RUN/$ID" ]
	done
	box_stop
}
@test "libctrnet: no cgroup where none was asked for" { quiet edges without_cgroups; }
@test "libctrnet: a caller that does not wait for all that it started" { quiet callers never_waited; }
@test "libctrnet: a failed start leaves nothing" { quiet callers failed_start; }

@test "libctrnet: a supervisor, of a container of its own" { quiet exec anew; }
@test "libctrnet: a supervisor, of a process that joins" { quiet exec joined; }
@test "libctrnet: a supervisor hands on signals, and is as before" { quiet exec signals; }
@test "libctrnet: what a supervisor is refused" { quiet exec refused; }
@test "libctrnet: functions of its own" { quiet exec functions; }
@test "libctrnet: the plan of a container" { quiet exec plan; }
@test "libctrnet: formats and their keys" { quiet exec formats; }
@test "libctrnet: the schema for editors, and types of networks" { quiet exec schema; }
@test "libctrnet: configs of files" { quiet exec files; }
@test "libctrnet: errors of a start name the keys that the config had" { quiet exec stored_names; }
@test "libctrnet: the template, profiles, and maps of ids" { quiet exec made; }

# What is forked for a start or a removal allocates memory, by design: glibc's allocator takes its locks around a fork (malloc/arena.c,
# __malloc_fork_lock_parent). The address sanitizer's does so only from LLVM 18 and GCC 15 on; before, the child hangs on a lock
# that another thread had. So these tests run with the sanitizer when the compiler is that new.
with_threads() {
	local version
	[ -n "$SAN" ] || return 0
	version=$($CC -dumpversion)
	case $($CC --version) in
	*clang*) [ "${version%%.*}" -ge 18 ] ;;
	*) [ "${version%%.*}" -ge 15 ] ;;
	esac || skip "the address sanitizer of $CC ${version%%.*} locks itself out when somebody forks beside threads"
}

@test "libctrnet: threads and one container" {
	with_threads
	quiet threads one_container
}

@test "libctrnet: threads and containers of their own" {
	with_threads
	quiet threads many_containers
}

@test "libctrnet: two threads at one container: one wins, the other one does too or is told" {
	with_threads
	LIMIT=120 ROUNDS=${ROUNDS:-5} quiet pairs pairs
}

@test "libctrnet: starts beside threads that allocate memory" {
	with_threads
	LIMIT=120 STARTS=60 quiet threads churn
}

# bats test_tags=slow
@test "libctrnet: two threads at one container, 150 rounds of each pair" {
	with_threads
	LIMIT=600 ROUNDS=150 quiet pairs pairs
}

# bats test_tags=slow
@test "libctrnet: a thousand starts beside threads that allocate memory" {
	with_threads
	LIMIT=1200 STARTS=1000 quiet threads churn
}
