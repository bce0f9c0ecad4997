#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a hostile rootfs, a hostile container or a careless caller must not get.

load lib

# A file of the host's that no container may see or change.
host_secret() {
	mkdir -p "$T/host/dir"
	echo secret >"$T/host/file"
	chmod 600 "$T/host/file"
	SECRET=$(stat -c '%a %Y %s' "$T/host/file")
}

host_is_untouched() {
	[ "$(stat -c '%a %Y %s' "$T/host/file")" = "$SECRET" ]
	[ -z "$(ls -A "$T/host/dir")" ]
	[ "$(stat -c %a /dev/null)" = 666 ]
}

# A /dev/null of the test's own: where the defence fails, it must not be the machine's that is changed.
own_null() {
	mknod -m 666 "$T/null" c 1 3
	mount --bind "$T/null" /dev/null
}

# join CMD...: into the box, with a time limit: a hostile container must not hold it.
join() {
	timeout 20 "$CTRNET" --root "$RUN" exec "$@" 3>&-
}

# --- a rootfs full of symlinks -------------------------------------------------------------------

@test "security: proc and sysfs are not mounted through a symlink in the rootfs" {
	for dir in proc sys; do
		rmdir "$ROOT/$dir"
		for target in /etc ../etc "$T/host" /; do
			ln -sfn "$target" "$ROOT/$dir"
			run -255 ctrnet_run minimal true
			[[ $output == *"/$dir"*symlink* ]]
		done
		rm "$ROOT/$dir"
		mkdir "$ROOT/$dir"
	done
}

@test "security: /dev as a symlink stays in the rootfs" {
	host_secret
	rmdir "$ROOT/dev"
	for target in "$T/host/dir" "../../../../../../../../$T/host/dir"; do
		ln -sfn "$target" "$ROOT/dev"
		run ctrnet_run minimal true
		host_is_untouched
	done
	rm "$ROOT/dev"
	mkdir "$ROOT/dev"
}

@test "security: destinations of mounts and devices, masked and read-only paths stay in the rootfs" {
	local config
	host_secret
	for dir in a b c d; do ln -s "$T/host/dir" "$ROOT/$dir"; done
	ln -s "$T/host/file" "$ROOT/e"
	config=$(config minimal '.mounts += [{source: "x", destination: "/a/new", device: "tmpfs"}]
		| .devices += [{type: 99, path: "/b/node", major: 1, minor: 3, file_mode: 438}]
		| .mask_paths += ["/c", "/e"] | .readonly_paths += ["/d"]')
	run ctrnet_run "$config" true
	host_is_untouched
	run ! grep -q "$T/host" /proc/self/mountinfo
	for dir in a b c d e; do rm "$ROOT/$dir"; done
}

@test "security: a rootfs without devices and with hostile ones runs, or says why" {
	local config
	host_secret
	config=$(config minimal 'del(.devices) | .mounts |= map(select(.destination | startswith("/dev") | not))')
	for name in console ptmx null pts; do ln -s "$T/host/file" "$ROOT/dev/$name"; done
	run ctrnet_run "$config" true </dev/null
	assert_status 0
	run ctrnet_run "$config" -t true </dev/null
	host_is_untouched
	for name in console ptmx null pts; do rm "$ROOT/dev/$name"; done
}

# --- descriptors -----------------------------------------------------------------------------------

@test "security: nothing that is open in ctrnet or its caller is open in the command" {
	exec {extra}<"$T" 17</etc/passwd
	run ctrnet_run minimal ls /proc/self/fd
	assert_output $'0\n1\n2\n3' # 3: ls itself
	box_start minimal
	run join --id "$ID" ls /proc/self/fd
	assert_output $'0\n1\n2\n3'
	exec {extra}<&- 17<&-
	box_stop
}

@test "security: the command is not found through descriptors of the host" {
	exec {extra}<"$T" 17</usr/bin
	mkdir -p "$T/host"
	cp "$ROOT/bin/busybox" "$T/host/echo"
	for fd in {3..24}; do
		for up in . ../../../../../../../../../..; do
			ln -sfn "/proc/self/fd/$fd/$up/$T/host/echo" "$ROOT/bin/evil"
			run ctrnet_run minimal /bin/evil
			assert_status 255
			[[ $output == ctrnet:*cannot\ execute* ]]
		done
	done
	exec {extra}<&- 17<&-
	rm "$ROOT/bin/evil"
}

@test "security: a join does not find its command through descriptors of the host" {
	mkdir -p "$T/host"
	cp "$ROOT/bin/busybox" "$T/host/echo"
	box_start minimal
	exec {extra}<"$T" 17</usr/bin
	for fd in {3..24}; do
		ln -sfn "/proc/self/fd/$fd/../../../../../../../../../../$T/host/echo" "$ROOT/bin/evil"
		run join --id "$ID" /bin/evil
		assert_status 255
	done
	exec {extra}<&- 17<&-
	rm "$ROOT/bin/evil"
	box_stop
}

@test "security: --cwd does not lead to the host" {
	box_start minimal
	exec {extra}<"$T" 17</etc
	for fd in {3..24}; do
		ln -sfn "/proc/self/fd/$fd" "$ROOT/there"
		for cwd in "/proc/self/fd/$fd" "/proc/self/fd/$fd/.." /there; do
			run ctrnet exec --config "$SAMPLES/minimal.json" --rootfs "$ROOT" --id "$ID-2" --cwd "$cwd" pwd
			assert_status 255
			run join --id "$ID" --cwd "$cwd" pwd
			assert_status 255
		done
	done
	exec {extra}<&- 17<&-
	rm "$ROOT/there"
	box_stop
}

@test "security: the host's /dev/null is not the container's to change" {
	local bare masked mode
	own_null
	bare=$(config minimal 'del(.devices) | .mounts |= map(select(.destination | startswith("/dev") | not))')
	masked=$(config minimal '.mask_paths += ["/proc/meminfo"]')
	run ctrnet_run "$bare" sh -c 'echo into >/proc/self/fd/0; chmod 600 /proc/self/fd/0; chown 1 /proc/self/fd/0' <>/dev/null
	[[ $output == *Read-only* ]]
	run ctrnet_run "$masked" sh -c 'echo into >/proc/meminfo; cat /proc/meminfo; chmod 600 /proc/meminfo'
	[[ $output == *Read-only* ]]
	box_start minimal
	run join --id "$ID" sh -c 'rm /dev/null; ln -s /etc/passwd /dev/null'
	run join --id "$ID" sh -c 'chmod 600 /proc/self/fd/0; echo into >/etc/x' <>/dev/null
	[[ $output == *Read-only* ]]
	rm "$ROOT/etc/x"
	box_stop
	mode=$(stat -c '%a %u' /dev/null)
	umount /dev/null
	[ "$mode" = '666 0' ]
}

# --- a join into a container that has been at work -----------------------------------------------

@test "security: a join survives whatever /etc/passwd and /etc/group are" {
	cp -a "$ROOT/etc" "$T/etc"
	box_start minimal
	for make in 'mkfifo F' 'ln -s /dev/zero F' 'ln -s /proc/self/fd/3 F' 'mkdir F' 'ln -s F F' \
		'truncate -s 64G F' 'ln -s /proc/kmsg F'; do
		for file in passwd group; do
			rm -rf "${ROOT:?}/etc/$file"
			(cd "$ROOT/etc" && eval "${make//F/$file}")
		done
		# Not id(1): it reads the files itself.
		run join --id "$ID" -u 1000 grep Uid /proc/self/status
		assert_status 0
		assert_output $'Uid:\t1000\t1000\t1000\t1000'
		run join --id "$ID" -u alice true
		assert_status 255
		[[ $output == *alice* ]]
		rm -rf "$ROOT/etc/passwd" "$ROOT/etc/group"
	done
	cp -a "$T/etc/." "$ROOT/etc/"
	box_stop
}

@test "security: ids that mean 'unchanged' to the kernel are refused" {
	cp -a "$ROOT/etc" "$T/etc"
	echo 'same:x:4294967295:' >>"$ROOT/etc/group"
	echo 'same:x:4294967295:4294967295::/:/bin/sh' >>"$ROOT/etc/passwd"
	for user in same alice:same 4294967295 -1 1000:-1 4294967296 alice:4294967295; do
		run ctrnet_run minimal --user "$user" id
		assert_status 255
	done
	cp -a "$T/etc/." "$ROOT/etc/"
}

@test "security: /proc/self/exe as the command does not let the container write to ctrnet" {
	local loader
	loader=$(readelf -l "$CTRNET" | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	[ -n "$loader" ] || skip 'ctrnet is static'
	cp "$CTRNET" "$T/ctrnet"
	mkdir -p "$ROOT/$(dirname "$loader")"
	cp "$ROOT/bin/busybox" "$ROOT/$loader"
	ln -s /proc/self/exe "$ROOT/usr/bin/sh"
	printf '#!/proc/self/exe\n' >"$ROOT/usr/bin/script"
	chmod 755 "$ROOT/usr/bin/script"
	box_start minimal
	run join --id "$ID" /usr/bin/sh -c 'echo x >>/proc/self/exe'
	[ "$status" -ne 0 ]
	run join --id "$ID" /usr/bin/script
	[ "$status" -ne 0 ]
	box_stop
	cmp "$CTRNET" "$T/ctrnet"
	rm -r "${ROOT:?}/usr/bin/sh" "$ROOT/usr/bin/script" "${ROOT:?}/lib64"
}

@test "security: what a container writes about itself is not believed" {
	box_start minimal
	printf '{"id":"%s","init":{"pid":1,"start_time":1},"config":{"capabilities":["SYS_ADMIN"]}}' "$ID" |
		tee "$ROOT/state.json" >"$ROOT/container.json"
	run join --id "$ID" sh -c 'grep CapEff /proc/self/status'
	assert_status 0
	assert_output "$(printf 'CapEff:\t%s' "$(box_all grep CapBnd /proc/1/status | cut -f 2)")"
	rm "$ROOT/state.json" "$ROOT/container.json"
	box_stop
}

@test "security: a join does not care for a fake /proc" {
	local config
	config=$(config minimal '.capabilities += ["SYS_ADMIN"] | .readonly_paths = [] | .mask_paths = []')
	box_start "$config"
	mkdir -p "$ROOT/tmp/proc/self"
	echo 'CapEff: nonsense' >"$ROOT/tmp/proc/self/status"
	run join --id "$ID" mount -o bind /tmp/proc /proc
	assert_status 0
	run join --id "$ID" -u alice --cwd /tmp sh -c 'pwd; cat /proc/self/status'
	assert_status 0
	assert_output $'/tmp\nCapEff: nonsense'
	rm -r "$ROOT/tmp/proc"
	box_stop
}

@test "security: the joining process cannot be looked at from inside" {
	box_start minimal
	join --id "$ID" sh -c '
		echo watching
		until grep -q "^ctrnet$" /proc/[0-9]*/comm; do :; done 2>/dev/null
		for p in /proc/[0-9]*; do
			[ "$(cat $p/comm)" = ctrnet ] || continue
			echo seen
			readlink $p/exe $p/cwd $p/root $p/fd/*; cat $p/environ $p/maps
		done 2>/dev/null
		:' >"$T/seen" &
	watcher=$!
	wait_for 5 grep -q watching "$T/seen"
	# Held up where it has changed user already, and looks for the command.
	without_leak_sanitizer
	strace -f -qq -o "$T/strace" -e trace=faccessat2 -e inject=faccessat2:delay_enter=1000000 \
		"$CTRNET" --root "$RUN" exec --id "$ID" true 3>&-
	wait "$watcher"
	run cat "$T/seen"
	assert_output $'watching\nseen'
	box_stop
}

# --- privileges ------------------------------------------------------------------------------------

caps_of() {
	sed -n 's/^Cap\(.*\):\t/\1 /p' <<<"$1"
}

@test "security: capabilities of root and of a user" {
	local config
	config=$(config minimal '.capabilities = ["CHOWN", "KILL"]')
	run ctrnet_run "$config" cat /proc/self/status
	caps_of "$output" | grep -q 'Bnd 0*21$'
	caps_of "$output" | grep -q 'Eff 0*21$'
	caps_of "$output" | grep -q 'Prm 0*21$'
	caps_of "$output" | grep -q 'Amb 0*$'
	run ctrnet_run "$config" -u alice cat /proc/self/status
	caps_of "$output" | grep -q 'Bnd 0*21$'
	caps_of "$output" | grep -q 'Eff 0*$'
	caps_of "$output" | grep -q 'Prm 0*$'
	caps_of "$output" | grep -q 'Amb 0*$'
	box_start "$config"
	run join --id "$ID" -u alice cat /proc/self/status
	caps_of "$output" | grep -q 'Bnd 0*21$'
	caps_of "$output" | grep -q 'Eff 0*$'
	box_stop
}

@test "security: no_new_privileges, for a start and a join" {
	local config
	config=$(config minimal '.no_new_privileges = true')
	run ctrnet_run "$config" grep NoNewPrivs /proc/self/status
	assert_output $'NoNewPrivs:\t1'
	box_start "$config"
	run join --id "$ID" grep NoNewPrivs /proc/self/status
	assert_output $'NoNewPrivs:\t1'
	box_stop
	run ctrnet_run minimal grep NoNewPrivs /proc/self/status
	assert_output $'NoNewPrivs:\t0'
}

@test "security: groups are the container's, none of the caller's" {
	local config
	config=$(config minimal '.additional_groups = ["users", 777]')
	run ctrnet_run minimal grep Groups /proc/self/status
	[[ $output =~ ^Groups:[[:space:]]*$ ]]
	run ctrnet_run "$config" -u alice id -G
	assert_output '1000 29 46 100 777'
	run ctrnet_run "$config" -u alice:tty id -G
	assert_output '5 100 777'
}

@test "security: without -t the caller's terminal is not the controlling one" {
	run script -qec "'$CTRNET' --root '$RUN' exec --config '$SAMPLES/minimal.json' --rootfs '$ROOT' --id '$ID' -- \
		sh -c '(: </dev/tty) 2>&1; cut -d \" \" -f 7 /proc/self/stat'" /dev/null
	[[ $output == *'No such device or address'* ]]
	[[ $output == *$'\n0'* ]]
}

@test "security: masked and read-only paths stay so" {
	local config
	config=$(config minimal '.mask_paths += ["/proc/meminfo"] | .readonly_paths += ["/etc"]')
	run ctrnet_run "$config" sh -c '
		cat /proc/meminfo
		for path in /proc/meminfo /proc/sys /etc /proc; do umount $path && echo "unmounted $path"; done
		mount -o remount,bind,rw /etc && echo remounted
		echo x >/proc/sys/kernel/hostname && echo written
		echo x >/etc/passwd && echo written
		: ' 
	assert_status 0
	[[ $output != *MemTotal* && $output != *unmounted* && $output != *remounted* && $output != *written* ]]
}

# --- ends ------------------------------------------------------------------------------------------

@test "security: the death of ctrnet takes the container along, as root and as a user" {
	local user
	for user in root alice; do
		box_start minimal -u "$user"
		kill -KILL "$BOX"
		wait "$BOX" || true
		wait_for 5 sh -c "! kill -0 $BOX_PID 2>/dev/null"
		ctrnet delete "$ID"
	done
}

no_sleepers() {
	! pgrep -f 'sleep 432[23]'
}

@test "security: a container without a pid namespace does not take the caller's children along" {
	local config
	config=$(config minimal '.namespaces |= map(select(.type != "NEWPID"))')
	run bash -c "sleep 4321 >/dev/null 2>&1 3>&- & echo \$!; exec '$CTRNET' --root '$RUN' exec --config '$config' --rootfs '$ROOT' --id '$ID' -- \
		sh -c 'sleep 4322 & setsid sleep 4323 &' >/dev/null 3>&-"
	assert_status 0
	kill "${lines[0]}"
	wait_for 2 no_sleepers
}

@test "security: a container's directory that somebody else can write to is not trusted" {
	for how in 'chown 1000' 'chmod 777'; do
		mkdir -p "$RUN/$ID"
		echo '{"steps":[]}' >"$RUN/$ID/journal.json"
		$how "$RUN/$ID"
		run ctrnet_run minimal true
		assert_status 255
		[[ $output == *'not trusted'* ]]
		run -1 ctrnet delete "$ID"
		[ -e "$RUN/$ID/journal.json" ]
		rm -r "${RUN:?}/$ID"
	done
}
