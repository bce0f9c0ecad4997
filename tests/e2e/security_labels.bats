#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# AppArmor profiles and SELinux labels. What only a kernel with one of them can show is skipped elsewhere.

load lib
load refuse

apparmor() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]
}

selinux() {
	grep -q selinuxfs /proc/filesystems
}

LABEL=system_u:system_r:svirt_lxc_net_t:s0:c164,c475

@test "labels: what is no label is refused by name" {
	refuses '.apparmor_profile = "a\nb"' "FILE: apparmor_profile: 'a?b' is not the name of an AppArmor profile"
	for label in x a:b a::b 'a:b:c d' 'a:b:"c"' :a:b; do
		refuses ".process_label = $(jq -n --arg l "$label" '$l')" \
			"FILE: process_label: '$label' is not an SELinux context (user:role:type or user:role:type:level)"
		refuses ".mount_label = $(jq -n --arg l "$label" '$l')" \
			"FILE: mount_label: '$label' is not an SELinux context (user:role:type or user:role:type:level)"
	done
	refuses '.apparmor_profile = 5' 'FILE:L:C: apparmor_profile: expected a string, found the number 5'
	refuses '.mounts += [{source: "/tmp", destination: "/mnt", device: "bind", relabel: "zZ"}]' \
		'FILE: mounts[2] (/mnt): relabel: z and Z can not be used together'
	refuses '.mounts += [{source: "/tmp", destination: "/mnt", device: "bind", relabel: "y"}]' \
		"FILE: mounts[2] (/mnt): relabel: 'y' is neither z nor Z"
	refuses '.mounts += [{source: "x", destination: "/mnt", device: "tmpfs", relabel: "z"}]' \
		'FILE: mounts[2] (/mnt): relabel: only what is bind-mounted has a source that could be relabeled'
}

# bats test_tags=selinux
@test "labels: without AppArmor a profile is refused, or ignored where that is asked for" {
	! apparmor || skip "this kernel has AppArmor"
	refuses '.apparmor_profile = "docker-default"' \
		"apparmor_profile: 'docker-default' is asked for, but this kernel runs without AppArmor (--ignore-missing-lsm goes on without it)"
	accepts '.apparmor_profile = ""'
	accepts '.apparmor_profile = "unconfined"'
	accepts '.apparmor_profile = "docker-default" | .ignore_missing_lsm = true' \
		"warning: apparmor_profile: 'docker-default' is ignored, as this kernel runs without AppArmor"
}

@test "labels: without SELinux labels are refused, or ignored where that is asked for" {
	! selinux || skip "this kernel has SELinux"
	refuses ".process_label = \"$LABEL\"" \
		"process_label: '$LABEL' is asked for, but this kernel runs without SELinux (--ignore-missing-lsm goes on without it)"
	refuses ".mount_label = \"$LABEL\"" \
		"mount_label: '$LABEL' is asked for, but this kernel runs without SELinux (--ignore-missing-lsm goes on without it)"
	refuses '.mounts += [{source: "/tmp", destination: "/mnt", device: "bind", relabel: "z"}]' \
		"mounts[2] (/mnt): relabel: 'z' is asked for, but this kernel runs without SELinux (--ignore-missing-lsm goes on without it)"
	FILE=$(changed ".mount_label = \"$LABEL\" | .process_label = \"$LABEL\" |
		.mounts += [{source: \"$T\", destination: \"/mnt\", device: \"bind\", relabel: \"Z\"}]")
	mkdir "$ROOT/mnt"
	run --separate-stderr ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID" --ignore-missing-lsm true
	assert_status 0
	[ "$(said)" = "ctrnet: warning: process_label: '$LABEL' is ignored, as this kernel runs without SELinux
ctrnet: warning: mount_label: '$LABEL' is ignored, as this kernel runs without SELinux
ctrnet: warning: mounts[2] (/mnt): relabel: 'Z' is ignored, as this kernel runs without SELinux" ]
	rmdir "$ROOT/mnt"
}

@test "labels: what was ignored at the start is nothing to a command that joins" {
	! apparmor || skip "this kernel has AppArmor"
	box_start "$(config minimal '.apparmor_profile = "docker-default"')" --ignore-missing-lsm
	run --separate-stderr ctrnet exec --id "$ID" true 3>&-
	assert_status 0
	[ -z "$stderr" ]
	box_stop
}

# --- a kernel with AppArmor ------------------------------------------------------------------------

# A profile of the test's own that denies to write below /dev/shm and nothing else.
load_profile() {
	apparmor || skip "this kernel has no AppArmor"
	command -v apparmor_parser >/dev/null || skip "apparmor_parser is not installed"
	PROFILE=ctrnet-test-$$
	apparmor_parser -r -K <<-EOF
		profile $PROFILE flags=(attach_disconnected,mediate_deleted) {
			file, capability, network, signal, ptrace, mount, umount, unix,
			deny /dev/shm/** w,
		}
	EOF
}

unload_profile() {
	echo "profile $PROFILE {}" | apparmor_parser -R
}

# bats test_tags=apparmor
@test "labels: the first process and one that joins are confined by the profile" {
	load_profile
	box_start "$(config minimal '.apparmor_profile = $p' --arg p "$PROFILE")"
	[ "$(cat "/proc/$BOX_PID/attr/current")" = "$PROFILE (enforce)" ]
	run ctrnet exec --id "$ID" cat /proc/self/attr/current 3>&-
	assert_output "$PROFILE (enforce)"
	run ctrnet exec --id "$ID" /bin/sh -c 'echo >/dev/shm/x' 3>&-
	[[ $output == *"Permission denied"* ]]
	run ctrnet exec --id "$ID" /bin/sh -c 'echo >/dev/x' 3>&-
	assert_status 0
	box_stop
	unload_profile
}

# bats test_tags=apparmor
@test "labels: a profile goes together with a filter and another user" {
	load_profile
	local file
	file=$(config minimal '.apparmor_profile = $p | .seccomp = {syscalls: [{value: 92, action: 1}]}' --arg p "$PROFILE")
	for user in 0 5:5; do
		run ctrnet_run "$file" -u $user cat /proc/self/attr/current
		assert_output "$PROFILE (enforce)"
	done
	unload_profile
}

# bats test_tags=apparmor
@test "labels: a profile holds whatever the container has put on its /proc" {
	load_profile
	local pid
	box_start "$(config minimal '.apparmor_profile = $p' --arg p "$PROFILE")"
	box_all /bin/sh -c 'mount -t tmpfs x /proc && mkdir -p /proc/self/attr/apparmor && touch /proc/self/attr/exec /proc/self/attr/apparmor/exec'
	"$CTRNET" --root "$RUN" exec --id "$ID" sleep 7.25 3>&- &
	wait_for 10 pgrep -f '^sleep 7.25$'
	pid=$(pgrep -f '^sleep 7.25$')
	[ "$(cat "/proc/$pid/attr/current")" = "$PROFILE (enforce)" ]
	kill "$pid"
	wait $! || true
	box_stop
	unload_profile
}

# bats test_tags=apparmor
@test "labels: a profile that is not loaded is an error" {
	apparmor || skip "this kernel has no AppArmor"
	refuses '.apparmor_profile = "ctrnet-no-such-profile"' \
		"apparmor_profile: 'ctrnet-no-such-profile': no such profile is loaded: No such file or directory"
}

# --- a kernel with SELinux -------------------------------------------------------------------------

# The types that the loaded policy lets a test use: $SELINUX_PROCESS and $SELINUX_FILES are contexts.
with_selinux() {
	selinux || skip "this kernel has no SELinux"
	[ -n "${SELINUX_PROCESS:-}" ] && [ -n "${SELINUX_FILES:-}" ] ||
		skip "SELINUX_PROCESS and SELINUX_FILES are not set to contexts of the policy"
}

label_of() {
	getfattr --absolute-names --only-values -h -n security.selinux "$1" | tr -d '\0'
}

# bats test_tags=selinux
@test "labels: processes and what is mounted have their SELinux labels" {
	with_selinux
	box_start "$(config minimal '.process_label = $p | .mount_label = $f' \
		--arg p "$SELINUX_PROCESS" --arg f "$SELINUX_FILES")"
	[ "$(tr -d '\0' <"/proc/$BOX_PID/attr/current")" = "$SELINUX_PROCESS" ]
	run ctrnet exec --id "$ID" cat /proc/self/attr/current 3>&-
	[ "$(tr -d '\0' <<<"$output")" = "$SELINUX_PROCESS" ]
	for path in /dev /dev/null /dev/shm /dev/pts /dev/mqueue; do
		[ "$(label_of "/proc/$BOX_PID/root$path")" = "$SELINUX_FILES" ]
	done
	box_stop
}

# bats test_tags=selinux
@test "labels: relabel reaches all of a source, and nothing through its links" {
	with_selinux
	mkdir -p "$T/data/sub" "$T/other" "$ROOT/mnt"
	touch "$T/data/sub/file" "$T/other/file"
	mkfifo "$T/data/fifo"
	ln -s "$T/other" "$T/data/link"
	local other want
	other=$(label_of "$T/other/file")
	for how in z Z; do
		run ctrnet_run "$(config minimal '.mount_label = $f | .mounts += [{source: $s, destination: "/mnt", device: "bind",
			flags: 4096, relabel: $how}]' --arg f "$SELINUX_FILES" --arg s "$T/data" --arg how $how)" true
		assert_status 0
		want=$SELINUX_FILES
		# The level that all containers have.
		[ $how = Z ] || want=$(cut -d : -f 1-3 <<<"$SELINUX_FILES"):s0
		for path in . sub sub/file fifo link; do
			[ "$(label_of "$T/data/$path")" = "$want" ]
		done
		[ "$(label_of "$T/other/file")" = "$other" ]
	done
	rmdir "$ROOT/mnt"
}

# bats test_tags=selinux
@test "labels: the system's own directories are not relabeled" {
	with_selinux
	mkdir -p "$ROOT/mnt"
	for dir in / /usr /etc; do
		run ctrnet_run "$(config minimal '.mount_label = $f | .mounts += [{source: $s, destination: "/mnt", device: "bind",
			flags: 4096, relabel: "z"}]' --arg f "$SELINUX_FILES" --arg s "$dir")" true
		assert_status 255
		[[ $output == *"relabeling of '$dir' is not allowed" ]]
	done
	rmdir "$ROOT/mnt"
}
