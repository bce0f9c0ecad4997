#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Warnings that are about a key of a config call it what the config calls it, in whatever format that is.

load lib
load refuse

# warns FILTER WARNINGS [EXEC-OPTION...]: the config $GOOD, changed, runs in the test's rootfs, and these warnings, a line each and
# no more, are what is said.
warns() {
	local FILE=$T/config.json want=$2
	jq -c "$1" <<<"$GOOD" >"$FILE"
	shift 2
	run --separate-stderr timeout 20 "$CTRNET" --root "$RUN" exec --config "$FILE" --rootfs "$ROOT" --id "$ID" "$@" -- /bin/true
	[ "$status" = 0 ] && [ "$(said | sed 's/^ctrnet: warning: //')" = "$want" ] && return
	printf '%s\n' "$(cat "$FILE")" "expected: 0 $want" "got:      $status $stderr"
	return 1
}

# warns_oci FILTER WARNING: likewise of config --format oci.
warns_oci() {
	local FILE=$T/config.json
	jq -c "$1" <<<"$GOOD" >"$FILE"
	run --separate-stderr "$CTRNET" config --format oci "$FILE"
	[ "$status" = 0 ] && [ "$(said)" = "ctrnet: warning: $2" ] && return
	printf '%s\n' "$(cat "$FILE")" "expected: 0 $2" "got:      $status $stderr"
	return 1
}

without() {
	case $1 in
	AppArmor) [ ! -d /sys/kernel/security/apparmor ] && [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] ;;
	SELinux) [ ! -d /sys/fs/selinux ] || [ ! -e /sys/fs/selinux/enforce ] ;;
	esac
}

# $1 is a label's value, which this kernel cannot give.
ignored() {
	echo "'$1' is ignored, as this kernel runs without $2"
}

FIRST='{"namespaces": ["NEWNS", "NEWPID", "NEWNET", "NEWIPC"]}'
CONTEXT='{"namespaces": {"NEWNS": true, "NEWPID": true, "NEWNET": true, "NEWIPC": true}, "context": {}}'
MOUNT_CONFIG='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "mount_config": {}}'
FLAT='{"namespaces": [{"type": "NEWNS"}, {"type": "NEWPID"}, {"type": "NEWIPC"}], "restrict_sys": true, "mounts": [],
	"device_nodes": [{"type": 99, "path": "/dev/null", "major": 1, "minor": 3}]}'
DRAFT='{"version": "pre-draft", "platform": {"os": "linux"}, "process": {}, "root": {"path": "/"},
	"mounts": [{"type": "proc", "source": "proc", "destination": "/proc"}, {"type": "tmpfs", "source": "tmpfs", "destination": "/dev"}],
	"linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}], "devices": [], "resources": {}}}'

@test "warnings: labels" {
	without AppArmor || skip "this kernel has AppArmor"
	without SELinux || skip "this kernel has SELinux"
	GOOD=$CONTEXT
	warns '.context = {apparmor_profile: "a", process_label: "u:r:p:s0", mount_label: "u:r:m:s0"}' "context.apparmor_profile: $(ignored a AppArmor)
context.process_label: $(ignored u:r:p:s0 SELinux)
context.mount_label: $(ignored u:r:m:s0 SELinux)" --ignore-missing-lsm
	GOOD=$MOUNT_CONFIG
	warns '.mount_config.mount_label = "u:r:m:s0" | .Process_Label = "u:r:p:s0"' "Process_Label: $(ignored u:r:p:s0 SELinux)
mount_config.mount_label: $(ignored u:r:m:s0 SELinux)" --ignore-missing-lsm
	GOOD=$DRAFT
	warns '.linux += {apparmorProfile: "a", selinuxProcessLabel: "u:r:p:s0"}' "linux.apparmorProfile: $(ignored a AppArmor)
linux.selinuxProcessLabel: $(ignored u:r:p:s0 SELinux)" --ignore-missing-lsm
	# Of a mount, behind one that is passed over, and with the automatic ones before them.
	GOOD=$CONTEXT
	mkdir "$ROOT/mnt"
	warns ".mounts = [{type: \"tmpfs\", destination: \"/a\"}, {type: \"bind\", source: \"$T\", destination: \"/mnt\", relabel: \"z\"}]" \
		"mounts[1] (/mnt): relabel: $(ignored z SELinux)" --ignore-missing-lsm
	GOOD=$MOUNT_CONFIG
	warns ".mount_config.mounts = [{type: \"bind\", source: \"$T\", destination: \"/mnt\", relabel: \"Z\"}]" \
		"mount_config.mounts[0] (/mnt): relabel: $(ignored Z SELinux)" --ignore-missing-lsm
	rmdir "$ROOT/mnt"
}

@test "warnings: flags of a bind mount" {
	mkdir "$ROOT/mnt"
	GOOD=$DRAFT
	warns '.mounts += [{type: "bind", source: "/etc", destination: "/mnt", options: "bind,sync"}]' \
		"mounts[2] (/mnt): 'sync' (flag 16) has no effect on a bind mount"
	GOOD=$FLAT
	warns '.mounts = [{source: "/etc", destination: "/mnt", device: "bind", flags: 4112}]' \
		"mounts[0] (/mnt): 'sync' (flag 16) has no effect on a bind mount"
	rmdir "$ROOT/mnt"
}

# No kernel since 5.16 has the limit, and v2 has never had it.
@test "warnings: a limit that the kernel no longer has" {
	local line='this kernel no longer has the limit, so nothing is limited'
	grep -q ' - cgroup .*[ ,]memory' /proc/self/mountinfo || skip 'the memory controller is not a v1 one'
	GOOD=$DRAFT
	warns '.linux.resources.memory.kernel = 52428800' "linux.resources.memory.kernel: $line"
	GOOD='{"version": "0.1", "os": "linux", "processes": [{"args": ["/bin/true"]}], "root": {"path": "/"},
		"mounts": [{"type": "proc", "source": "proc", "destination": "/proc"}],
		"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}]}'
	warns '.resources.kernelMemory = 52428800' "resources.kernelMemory: $line"
	GOOD=$FLAT
	warns '.Cgroups.Kernel_memory = 52428800' "Cgroups.Kernel_memory: $line"
}

@test "warnings: of the decoders" {
	GOOD=$FIRST
	warns '.namespaces += ["NEWFOO"]' "FILE:L:C: namespaces[4]: no kind of namespace is called 'NEWFOO'; it is ignored"
	GOOD=$CONTEXT
	warns '.Capabilities = ["FLY"]' "FILE:L:C: Capabilities[0]: unknown capability 'FLY'; it is ignored"
	warns '.networks = [{type: "loopback", adress: "x"}]' "FILE:L:C: networks[0].adress: unknown key; did you mean 'address'?"
	GOOD=$DRAFT
	warns '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{name: "nosuch", action: "SCMP_ACT_ALLOW"}]}' \
		"FILE:L:C: linux.seccomp.syscalls[0].name: libseccomp knows no system call 'nosuch', so it is not allowed"
}

@test "warnings: config --format oci" {
	GOOD=$MOUNT_CONFIG
	warns_oci '.root_fs = "/" | .mount_config.no_pivot_root = true' "FILE: no command; 'sh' is put in its place
ctrnet: warning: mount_config.no_pivot_root: an OCI config cannot say this; runtimes have an option --no-pivot"
	GOOD='{"rootfs": "/", "namespaces": ["NEWNS", "NEWPID", "NEWIPC"], "command": {"args": ["sh"]}}'
	warns_oci '.no_pivot_root = true' 'no_pivot_root: an OCI config cannot say this; runtimes have an option --no-pivot'
	warns_oci '.cgroups.Slice = "a.slice"' \
		"cgroups.Slice: 'a.slice' is left out: an OCI config says it in a way that only systemd's manager reads"
}

# A file may be called what a key is called.
@test "warnings: the config's path is not taken for a key" {
	cd "$T"
	jq '.rootfs = "/"' <<<"$BASE" >mounts.json
	run --separate-stderr "$CTRNET" config --format oci mounts.json
	assert_status 0
	[ "$stderr" = "ctrnet: warning: mounts.json: no command; 'sh' is put in its place" ]
}
