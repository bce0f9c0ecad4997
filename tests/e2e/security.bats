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

# Each kind of mount at DESTINATION, as a jq list.
each_kind() {
	local bind='"device":"bind","flags":20480' at='"destination":"'$1'"'
	printf '%s\n' "{\"device\":\"tmpfs\",\"source\":\"x\",$at}" "{\"device\":\"proc\",\"source\":\"x\",$at}" \
		"{\"device\":\"sysfs\",\"source\":\"x\",$at}" "{\"device\":\"devpts\",\"source\":\"x\",$at}" \
		"{\"device\":\"mqueue\",\"source\":\"x\",$at}" "{\"device\":\"cgroup\",\"source\":\"x\",$at}" \
		"{\"source\":\"/etc\",$bind,$at}" "{\"source\":\"/etc/passwd\",$bind,$at}"
}

@test "security: no kind of mount leaves the rootfs through a symlink" {
	local mount link
	host_secret
	ln -s "$T/host/dir" "$ROOT/absolute"
	ln -s "../../../../../../../../../..$T/host/dir" "$ROOT/up"
	ln -s "$T/host/dir/new" "$ROOT/dangling"
	for link in /absolute /absolute/new /up/new/er /dangling; do
		while read -r mount; do
			run ctrnet_run "$(config minimal ".mounts += [$mount]")" sh -c "ls -d $T/host/file; grep -c $T/host/dir /proc/self/mountinfo"
			case $mount in
			# Masked and trusted by path: never through a link.
			*'"proc"'* | *sysfs*) [ "$status" = 255 ] && [[ $output == *'leads through a symlink in the rootfs'* ]] ;;
			# In the container it is where the link leads inside.
			*) [[ $output == *"$T/host/file: No such file"*$'\n'[1-9]* ]] ;;
			esac || { echo "$mount: $status $output"; return 1; }
			host_is_untouched
		done < <(each_kind $link)
	done
	rm "$ROOT/absolute" "$ROOT/up" "$ROOT/dangling"
}

# Also for what is made in the user's rootfs, from outside, before there is a container.
@test "security: a directory that trades places with a symlink while mounts are made" {
	local mount swapper
	host_secret
	mkdir "$ROOT/victim"
	ln -s "$T/host/dir" "$ROOT/trap"
	"$TOOLS/swap" "$ROOT/victim" "$ROOT/trap" >"$T/swapper" 3>&- &
	swapper=$!
	wait_for 5 grep -q swapping "$T/swapper"
	while read -r mount; do
		for _ in 1 2 3 4 5 6; do
			run ctrnet_run "$(config minimal ".mounts += [$mount] | .devices += [{type: 99, path: \"/victim/node\", major: 1, minor: 3}]")" true
			[ "$status" = 0 ] || [[ $output == ctrnet:*victim* ]] || { echo "$mount: $output"; return 1; }
			host_is_untouched
		done
	done < <(each_kind /victim; each_kind /victim/new)
	kill "$swapper"
	wait "$swapper" || true
	[ -L "$ROOT/trap" ] || mv -T "$ROOT/victim" "$T/link"
	rm -rf "$ROOT/trap" "$ROOT/victim"
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
	run join ls /proc/self/fd
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
		run join /bin/evil
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
			run join --cwd "$cwd" pwd
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
	run join sh -c 'rm /dev/null; ln -s /etc/passwd /dev/null'
	run join sh -c 'chmod 600 /proc/self/fd/0; echo into >/etc/x' <>/dev/null
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
		run join -u 1000 grep Uid /proc/self/status
		assert_status 0
		assert_output $'Uid:\t1000\t1000\t1000\t1000'
		run join -u alice true
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

# It is held up where it is the host's file in the container, by what its loader reads first; there its file is
# taken hold of, and written to as long as it takes. While a ctrnet runs, the kernel sees to it (ETXTBSY).
# bats test_tags=vm,v1,v2
@test "security: /proc/self/exe as the command does not let the container write to ctrnet, nor once ctrnet is killed" {
	local loader config command join host=$CTRNET
	loader=$(ldd "$CTRNET" 2>/dev/null | sed -n 's/^[[:space:]]*\(\/[^ ]*\) (0x.*/\1/p')
	[ -n "$loader" ] || skip 'ctrnet is static'
	mkdir -p "$ROOT/$(dirname "$loader")"
	cp -L "$loader" "$ROOT/$loader"
	mkfifo "$ROOT/etc/ld.so.preload"
	ln -s /proc/self/exe "$ROOT/usr/bin/self"
	printf '#!/proc/self/exe\n' >"$ROOT/usr/bin/script"
	chmod 755 "$ROOT/usr/bin/script"
	config=$(config minimal '.parent_death_signal = 15')
	cp "$host" "$T/ctrnet"
	CTRNET=$T/ctrnet
	for command in self script; do
		# shellcheck disable=SC2016 # the container's
		"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/busybox sh -c '
			trap "" TERM
			exec 2>/dev/null
			echo ready
			while :; do
				for p in /proc/[0-9]*; do
					case $(readlink $p/exe) in *busybox* | "") continue ;; esac
					exec 9<$p/exe && break 2
				done
			done
			echo held
			for try in $(seq 400); do
				(echo x >>/proc/self/fd/9) 2>/tmp/why && echo written && break
				grep -q Read-only /tmp/why && echo read-only && break
				sleep 0.02
			done
			read line </tmp/never' >"$T/box.out" 2>&1 3>&- &
		BOX=$!
		wait_for 5 grep -q ready "$T/box.out"
		mkfifo "$ROOT/tmp/never"
		"$CTRNET" --root "$RUN" exec --id "$ID" "/usr/bin/$command" >/dev/null 2>&1 3>&- &
		join=$!
		wait_for 10 grep -q held "$T/box.out"
		kill "$join"
		wait "$join" || true
		# It uses ctrnet's file, too, which is busy as long as it lives.
		kill -KILL "$(guard_of "$BOX")"
		kill -KILL "$BOX"
		wait "$BOX" || true
		wait_for 10 grep -q -e written -e read-only "$T/box.out"
		cmp "$host" "$T/ctrnet"
		CTRNET=$host ctrnet delete --force "$ID"
		rm "$ROOT/tmp/never" "$ROOT/tmp/why"
	done
	rm -r "$ROOT/usr/bin/self" "$ROOT/usr/bin/script" "$ROOT/etc/ld.so.preload" "${ROOT:?}/$loader"
	rmdir "$ROOT/$(dirname "$loader")"
}

@test "security: what a container writes about itself is not believed" {
	box_start minimal
	printf '{"id":"%s","init":{"pid":1,"start_time":1},"config":{"capabilities":["SYS_ADMIN"]}}' "$ID" |
		tee "$ROOT/state.json" >"$ROOT/container.json"
	run join sh -c 'grep CapEff /proc/self/status'
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
	run join mount -o bind /tmp/proc /proc
	assert_status 0
	run join -u alice --cwd /tmp sh -c 'pwd; cat /proc/self/status'
	assert_status 0
	assert_output $'/tmp\nCapEff: nonsense'
	rm -r "$ROOT/tmp/proc"
	box_stop
}

@test "security: the joining process cannot be looked at from inside" {
	box_start minimal
	join sh -c '
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

# A change of user makes a process as open as fs.suid_dumpable says, which is the whole machine's, so it is not set here.
@test "security: until its execve the command's process is closed again behind each change of user" {
	local config
	without_leak_sanitizer
	for config in minimal userns; do
		strace -f -qq -o "$T/strace" -e trace=setresuid,prctl,execve,sendmsg,openat2 "$CTRNET" --root "$RUN" exec \
			--config "$SAMPLES/$config.json" --rootfs "$ROOT" --id "$ID" -u alice -- /bin/true 3>&-
		run awk '
			# A call that another process came in between of has two lines.
			/resumed>/ { next }
			/prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE/ { open[$1] = 0 }
			/prctl\(/ { next }
			# Before it opens, sends or executes anything, and before the next change.
			open[$1] { late++ }
			/setresuid\(/ { open[$1] = 1; changes++ }
			/execve\("\/bin\/true"/ { print changes, late + 0 }' "$T/strace"
		[ "$output" = "$([ $config = minimal ] && echo 1 || echo 2) 0" ] || { echo "$config: $output"; return 1; }
	done
}

# suid_dumpable VALUE: what ctrnet reads of it. The machine's stays as it is.
suid_dumpable() {
	echo "$1" >"$T/suid_dumpable"
	mount --bind "$T/suid_dumpable" /proc/sys/fs/suid_dumpable
}

@test "security: no change of user among others of a user namespace where the kernel would open it" {
	local config value said="ctrnet: exec: fs.suid_dumpable is 1: root of the user namespace could take over ctrnet's process while that changes its user there (0 and 2 are safe)"
	box_start userns
	# A /proc with something mounted over is none that can be mounted in a user namespace.
	config=$(config userns 'del(.uid_mappings, .gid_mappings, .networks) | .rootfs = $root
		| .namespaces |= map(if .type == "NEWUSER" then .path = "/proc/\($p)/ns/user" else . end)' --arg p "$BOX_PID" --arg root "$ROOT")
	for value in 1 2; do
		suid_dumpable $value
		run ctrnet exec --id "$ID" echo joined
		[ $value = 2 ] || assert_output "$said"
		[ $value = 1 ] || assert_output joined
		run -255 ctrnet exec --config "$config" --id "$ID-2" true
		[ $value = 2 ] || assert_output "$said"
		[ $value = 1 ] || [[ $output == *'Mount too revealing'* ]]
		umount /proc/sys/fs/suid_dumpable
	done
	box_stop
	# Nobody is in one that is new, and without one nobody inside has rights over what the host's root does.
	box_start minimal
	suid_dumpable 1
	run ctrnet exec --id "$ID" -u alice echo joined
	umount /proc/sys/fs/suid_dumpable
	assert_output joined
	box_stop
}

@test "security: the process that joins a user namespace by path is closed again behind that" {
	local config
	without_leak_sanitizer
	box_start userns
	config=$(config userns 'del(.uid_mappings, .gid_mappings, .networks)
		| .namespaces |= map(if .type == "NEWUSER" then .path = "/proc/\($p)/ns/user" else . end)' --arg p "$BOX_PID")
	strace -f -qq -o "$T/strace" -e trace=setns,prctl,clone3 "$CTRNET" --root "$RUN" exec \
		--config "$config" --rootfs "$ROOT" --id "$ID-2" -- /bin/true 3>&-
	run awk '
		/setns\(.*CLONE_NEWUSER/ { open[$1] = 1; joined++ }
		/prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE/ { open[$1] = 0 }
		/clone3\(.*CLONE_PARENT/ { print joined, open[$1] }' "$T/strace"
	assert_output '1 0'
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
	run join -u alice cat /proc/self/status
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
	run join grep NoNewPrivs /proc/self/status
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

@test "security: a container without a pid namespace does not take the caller's children along" {
	local config
	config=$(config minimal '.namespaces |= map(select(.type != "NEWPID"))')
	run bash -c "sleep 4321 >/dev/null 2>&1 3>&- & echo \$!; exec '$CTRNET' --root '$RUN' exec --config '$config' --rootfs '$ROOT' --id '$ID' -- \
		sh -c 'sleep 4322 & setsid sleep 4323 &' >/dev/null 3>&-"
	assert_status 0
	kill "${lines[0]}"
	wait_for 2 no_process 'sleep 432[23]'
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
