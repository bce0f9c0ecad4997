#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The plan of each sample, as --dry-run shows it, compared with tests/golden/NAME.txt. TAP.
# UPDATE=1 writes the files anew. Needs no root: where it has it, it gives it up.
#
# A plan depends on what the host has, so every plan is made on the same one: empty network and
# mount namespaces in which tests/golden/host/{mountinfo,cgroup} stand for /proc/self/mountinfo and
# /proc/1/cgroup, and /sys/fs/cgroup is empty.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../../sample_configs

# Inside the namespaces: make the host, then plan without any capability.
on_host() {
	mount -t tmpfs tmpfs /sys/fs/cgroup && mount -t tmpfs tmpfs /run &&
		mount --bind "$here/host/cgroup" /proc/1/cgroup &&
		mount --bind "$here/host/mountinfo" /proc/$$/mountinfo &&
		exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
}
if [ "${1:-}" = --on-host ]; then
	shift
	on_host "$@"
	exit 125
fi

# ASan needs /proc/self/mountinfo less than LeakSanitizer needs ptrace: it may stay off here.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}

plan() {
	local user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	unshare "${user[@]}" --net --mount --propagation private "$here/run.sh" --on-host \
		"$CTRNET" --root /run/ctrnet exec --config "$1" --rootfs "$ROOTFS" --id golden --dry-run -- /bin/sh 2>&1 |
		sed "s|$ROOTFS|@ROOTFS@|g"
}

names=("$samples"/*.json)
echo "1..${#names[@]}"
n=0 failed=0
for file in "${names[@]}"; do
	n=$((n + 1))
	name=$(basename "$file" .json)
	golden=$here/$name.txt
	if ! text=$(plan "$file"); then
		failed=1
		printf 'not ok %d - %s\n' $n "$name"
		sed 's/^/# /' <<<"$text"
		continue
	fi
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$text" >"$golden"
	if difference=$(diff -u --label "$name.txt" --label plan "$golden" <(printf '%s\n' "$text")); then
		printf 'ok %d - %s\n' $n "$name"
	else
		failed=1
		printf 'not ok %d - %s\n' $n "$name"
		sed 's/^/# /' <<<"$difference"
	fi
done
exit $failed
