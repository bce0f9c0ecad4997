#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make demo: a container in this machine's own namespaces, from sample_configs/dual_stack.json; what
# it sees, whether it reaches its gateway, and whether anything is left behind.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
id=demo-$$
config=sample_configs/dual_stack.json
bridge=$(jq -r '.networks[] | select(.bridge).bridge' $config)
gateway=$(jq -r '.networks[] | select(.gateway).gateway' $config)
gateway6=$(jq -r '.networks[] | select(.ipv6_gateway).ipv6_gateway' $config)
before=$(mktemp -d) after=$(mktemp -d)
trap 'rm -rf "$before" "$after"' EXIT

[ "$(id -u)" = 0 ] || { echo 'the demo makes a real container: sudo make demo' >&2; exit 1; }

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# What a container touches, one file for each kind.
record() {
	ip -j link | jq -r '.[] | "\(.ifindex) \(.ifname)"' >"$1/links"
	ip -j addr | jq -r '.[] | .ifname as $n | .addr_info[] | "\($n) \(.local)/\(.prefixlen)"' >"$1/addresses"
	{ ip route show table all; ip -6 route show table all; } | grep -v ' expires ' >"$1/routes"
	cut -d ' ' -f 4-5 /proc/self/mountinfo >"$1/mounts"
	find /sys/fs/cgroup -type d \( -name "*$id*" -o -name ctrnet \) >"$1/cgroups"
	find /run/ctrnet /run/ctrnet-shared -mindepth 1 2>/dev/null >"$1/state"
	find "$ROOTFS" -printf '%p %y %m %U %G %l\n' >"$1/rootfs"
	processes >"$1/processes"
}

# Those in the container's root or cgroup, and ctrnet itself.
processes() {
	local pid
	for pid in /proc/[0-9]*; do
		if [ "$(readlink "$pid/root" 2>/dev/null)" = "$ROOTFS" ] || grep -q "$id" "$pid/cgroup" 2>/dev/null ||
			[ "$(cat "$pid/comm" 2>/dev/null)" = ctrnet ]; then
			echo "${pid#/proc/} $(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null)"
		fi
	done
}

say "What is there before"
record "$before"
echo "$(wc -l <"$before/links") links, $(wc -l <"$before/mounts") mounts, no $bridge"

say "A container from $config"
echo "\$ ctrnet exec --config $config --rootfs $ROOTFS -- /bin/sh -c ..."
status=0
# shellcheck disable=SC2016 # the container's shell expands it
"$CTRNET" exec --config "$config" --rootfs "$ROOTFS" --id "$id" -e G="$gateway" -e G6="$gateway6" -- /bin/sh -c '
	run() { echo "[$(hostname)] # $*"; "$@"; }
	run ip addr show dev eth0 &&
	run ip route &&
	run ip -6 route &&
	run ping -c 2 -W 2 "$G" &&
	run ping6 -c 2 -W 2 "$G6"' || status=$?

say "What is there afterwards"
# A helper of ctrnet's waits for the kernel to finish with the deleted links.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	record "$after"
	diff -q "$before" "$after" >/dev/null && break
	sleep 0.1
done
if [ $status != 0 ]; then
	echo "the container ended with status $status"
fi
if diff -u "$before" "$after"; then
	echo "$(wc -l <"$after/links") links, $(wc -l <"$after/mounts") mounts, no $bridge"
	[ $status != 0 ] || printf 'nothing left behind\n'
else
	echo 'left behind: see above' >&2
	status=1
fi
exit $status
