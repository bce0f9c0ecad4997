# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of --cgroup-manager systemd: its units, looked at by busctl(1).

MANAGER=(org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager)

need_systemd() {
	[ -d /run/systemd/system ] || skip "needs systemd as the init"
}

# unit_path UNIT: its object; fails where systemd has no such unit.
unit_path() {
	busctl call "${MANAGER[@]}" GetUnit s "$1" 2>/dev/null | cut -d '"' -f 2 | grep .
}

# property Unit|Scope NAME: of the box's unit, as busctl prints it.
property() {
	busctl get-property org.freedesktop.systemd1 "$(unit_path "$UNIT")" "org.freedesktop.systemd1.$1" "$2"
}

no_unit() {
	if unit_path "$UNIT"; then
		echo "systemd still has $UNIT"
		return 1
	fi
}

# managed CONFIG [EXEC-OPTION...]: a box in a scope.
managed() {
	local CTRNET=$T/managed
	printf '#!/bin/sh\nexec %q --cgroup-manager systemd "$@"\n' "$PROGRAM" >"$T/managed"
	chmod +x "$T/managed"
	box_start "$@"
}

setup_file() {
	export PROGRAM=$CTRNET
}

# limited FILTER: minimal with other cgroups.
limited() {
	config minimal ".cgroups |= ($1)"
}
