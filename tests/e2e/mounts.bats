#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mounts of each kind, with each flag: what the kernel says is mounted in the container.

load lib

# options PATH: those of the mount, and behind a blank those of its file system.
options() {
	mount_line "$1" | sed -E 's/^([^ ]+ ){5}([^ ]+) .* - [^ ]+ [^ ]+ (.*)$/\2 \3/'
}

# propagation PATH: "shared:N", "master:N", both, or nothing.
propagation() {
	mount_line "$1" | sed -E 's/^([^ ]+ ){6}(.*) ?- .*$/\2/; s/:[0-9]+//g; s/ *$//'
}

# has_options PATH WORD...: with these, and without those that begin with a "!".
has_options() {
	local path=$1 got word
	got=$(options "$path" | tr ' ' ,)
	[ -n "$got" ] || { echo "nothing is mounted on $path"; return 1; }
	shift
	for word; do
		case ,$got, in
		*",${word#!},"*) [ "$word" = "${word#!}" ] || { echo "$path: $word in $got"; return 1; } ;;
		*) [ "$word" != "${word#!}" ] || { echo "$path: no $word in $got"; return 1; } ;;
		esac
	done
}

# --- cgroups --------------------------------------------------------------------------------------

# cgroup_config FLAGS [FILTER]
cgroup_config() {
	config minimal "${2:-.} | .mounts += [{source: \"cgroup\", destination: \"/sys/fs/cgroup\", device: \"cgroup\", flags: $1}]"
}

# The container's directories in the host's hierarchies: "NAME PATH", from /proc/PID/cgroup.
cgroups_of() {
	local controllers path
	while IFS=: read -r _ controllers path; do
		case $controllers in
		'') echo "unified $path" ;;
		name=*) ;;
		*) echo "$controllers $path" ;;
		esac
	done <"/proc/$1/cgroup"
}

# TestMountCgroupRO and TestMountCgroupRW of runc 0.0.3.
check_cgroup_lines() {
	local line seen=0
	while read -r line; do
		case $line in
		'tmpfs on /sys/fs/cgroup '*) [[ $line == *"$1,nosuid,nodev,noexec"* && $line == *mode=755* ]] ;;
		cgroup*) [[ $line == *"($1,nosuid,nodev,noexec"* ]] && seen=$((seen + 1)) ;;
		esac || { echo "$line"; return 1; }
	done <<<"$output"
	[ "$seen" -gt 0 ]
}

@test "mounts: cgroups, read-only" {
	run ctrnet_run "$(cgroup_config 15)" mount
	assert_status 0
	check_cgroup_lines ro
	run ctrnet_run "$(cgroup_config 15)" sh -c 'cd /sys/fs/cgroup; mkdir x; for d in . */; do [ ! -d "$d" ] || { mkdir $d/x; echo 1 >$d/cgroup.procs; }; done 2>&1'
	[ "$status" != 0 ]
	[ "$(grep -cv 'Read-only file system' <<<"$output")" = 0 ] || { echo "$output"; return 1; }
}

@test "mounts: cgroups, read and write" {
	run ctrnet_run "$(cgroup_config 14)" mount
	assert_status 0
	check_cgroup_lines rw
	run ctrnet_run "$(cgroup_config 14)" sh -c 'cd /sys/fs/cgroup; for d in . */; do [ ! -f "$d/cgroup.procs" ] || { mkdir $d/x && [ -f $d/x/cgroup.procs ] && rmdir $d/x && echo ok || echo $d; }; done | sort -u'
	assert_status 0
	assert_output ok
}

# bats test_tags=vm
@test "mounts: cgroups are the container's own, each with its name, and links for what is merged" {
	local name path word dir
	box_start "$(cgroup_config 15)"
	while read -r name path; do
		dir=/proc/$BOX_PID/root/sys/fs/cgroup/$name
		[ -f /sys/fs/cgroup/cgroup.controllers ] && dir=/proc/$BOX_PID/root/sys/fs/cgroup
		grep -qx "$BOX_PID" "$dir/cgroup.procs" || grep -qx "$(awk '/^NSpid/ { print $NF }' "/proc/$BOX_PID/status")" "$dir/cgroup.procs"
		[[ $path == */$ID ]]
		case $name in
		*,*) for word in ${name//,/ }; do [ "$(readlink "/proc/$BOX_PID/root/sys/fs/cgroup/$word")" = "$name" ]; done ;;
		esac
	done < <(cgroups_of "$BOX_PID")
	box_stop
}

# bats test_tags=vm
@test "mounts: cgroups in a cgroup namespace begin at its root, and without one as on the host" {
	local config
	run ctrnet_run "$(cgroup_config 15)" sh -c 'awk "\$(NF - 2) ~ /^cgroup/ { print \$4 }" /proc/self/mountinfo | sort -u'
	assert_status 0
	assert_output /
	config=$(cgroup_config 15 '.namespaces |= map(select(.type != "NEWCGROUP"))')
	run ctrnet_run "$config" sh -c 'awk "\$(NF - 2) ~ /^cgroup/ { print \$4 }" /proc/self/mountinfo | sort -u'
	assert_status 0
	[[ $output == /*/"$ID"* ]]
}

@test "mounts: cgroups in a user namespace, read-only" {
	run ctrnet_run "$(cgroup_config 15 '.namespaces += [{type: "NEWUSER"}] | .uid_mappings = [{container_id: 0, host_id: 100000, size: 1000}] | .gid_mappings = .uid_mappings')" mount
	assert_status 0
	check_cgroup_lines ro
}

@test "mounts: cgroups of a config that asks for none" {
	run ctrnet_run "$(cgroup_config 15 'del(.cgroups)')" sh -c 'ls /sys/fs/cgroup | wc -l'
	assert_status 0
	[ "$output" -gt 0 ]
}

# bats test_tags=vm
@test "mounts: cgroup2 is the container's own, too" {
	local file
	file=$(config minimal '.mounts += [{source: "x", destination: "/mnt", device: "cgroup2", flags: 15}]')
	if ! grep -q ' cgroup2 ' /proc/self/mountinfo; then
		run ctrnet_run "$file" true
		[[ $output == *'the container has no cgroup that could be shown there' ]]
		return
	fi
	box_start "$file"
	[ "$(cat "/proc/$BOX_PID/root/mnt/cgroup.procs")" = "$BOX_PID" ]
	[[ $(mount_line /mnt) == *' - cgroup2 '* ]]
	has_options /mnt ro nosuid nodev noexec
	box_stop
}

# --- the root -------------------------------------------------------------------------------------

@test "mounts: the root, read-only or not, by pivot_root or not, with a pivot_dir or not, private or not" {
	local ro no_pivot dir private file
	for ro in true false; do
		for no_pivot in true false; do
			for dir in '""' '"/tmp"' '"no/such"'; do
				for private in true false; do
					file=$(config minimal ".readonlyfs = $ro | .no_pivot_root = $no_pivot | .pivot_dir = $dir | .privatefs = $private")
					run ctrnet_run "$file" sh -c 'grep -c . /proc/self/mountinfo; ls -A /tmp; touch /x 2>&1 && rm /x && echo written; touch /dev/shm/x && echo there'
					assert_status 0
					case $ro in
					true) [[ $output == *'Read-only file system'*there ]] ;;
					false) [[ $output == *written*there ]] ;;
					esac || { jq -c '{readonlyfs, no_pivot_root, pivot_dir, privatefs}' "$file"; echo "$output"; return 1; }
					# Nothing of the host's is mounted in it.
					[ "${lines[0]}" -lt 20 ]
				done
			done
		done
	done
}

# Of the formats until February 2015. The link may lead elsewhere once the container runs.
@test "mounts: a root that an older format reaches through links" {
	ln -s rootfs "$T/one"
	ln -s "$T/./one/." "$T/two"
	jq --arg root "$T/two" '{root_fs: $root, hostname, namespaces, capabilities, mount_config: {}, cgroups: {parent: "ctrnet", allow_all_devices: true}}' \
		"$SAMPLES/minimal.json" >"$T/old.json"
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --config "$T/old.json" --id "$ID" -- /bin/sh -c 'echo ready; read -r _' 2>"$T/box.err" 3>&-; }
	local box=$BOX_IO_PID line
	read -r -t 10 -u "${BOX_IO[0]}" line || { cat "$T/box.err"; return 1; }
	BOX_PID=$(first_process "$box")
	[ "$(stat -c '%d %i' "/proc/$BOX_PID/root/etc/passwd")" = "$(stat -c '%d %i' "$ROOT/etc/passwd")" ]
	run ctrnet state "$ID"
	assert_json "$output" '.rootfs == $root' --arg root "$ROOT"
	ln -sfn /etc "$T/two"
	run ctrnet exec --id "$ID" cat /proc/self/mountinfo
	assert_status 0
	echo >&"${BOX_IO[1]}"
	wait "$box"
	run ctrnet exec --config "$T/old.json" --id "$ID" --rootfs "$T/none" -- true
	assert_status 255
	[ "$output" = "ctrnet: exec: rootfs '$T/none': No such file or directory" ]
}

@test "mounts: what the host mounts later comes in by default, and with privatefs does not" {
	local private
	mkdir -p "$T/shared"
	mount -t tmpfs x "$T/shared"
	mount --make-shared "$T/shared"
	mkdir "$T/shared/late"
	for private in false true; do
		box_start "$(config minimal ".privatefs = $private | .mounts += [{source: \$dir, destination: \"/mnt\", device: \"bind\", flags: 20480}]" --arg dir "$T/shared")"
		mount -t tmpfs x "$T/shared/late"
		case $private in
		false) [ "$(propagation /mnt)" = master ] && [ -n "$(mount_line /mnt/late)" ] ;;
		true) [ "$(propagation /mnt)" = '' ] && [ -z "$(mount_line /mnt/late)" ] ;;
		esac || { cat "/proc/$BOX_PID/mountinfo"; return 1; }
		umount "$T/shared/late"
		[ -z "$(mount_line /mnt/late)" ]
		box_stop
	done
	umount "$T/shared"
}

# As configs of 2015 have them: 4096 bind, 16384 recursive, 262144 private, 524288 slave, 1048576 shared.
@test "mounts: private, slave and shared bind mounts" {
	local flags want
	mkdir -p "$T/shared"
	mount -t tmpfs x "$T/shared"
	mount --make-shared "$T/shared"
	while read -r flags want; do
		box_start "$(config minimal ".mounts += [{source: \$dir, destination: \"/mnt\", device: \"bind\", flags: $flags}]" --arg dir "$T/shared")"
		[ "$(propagation /mnt)" = "$want" ] || { echo "$flags: $(mount_line /mnt)"; return 1; }
		box_stop
	done <<-'EOT'
		4096 master
		266240 
		282624 
		528384 master
		1052672 shared master
		1069056 shared master
	EOT
	umount "$T/shared"
}

@test "mounts: a flag without effect is warned of" {
	local file
	file=$(config minimal '.mounts += [{source: "/etc", destination: "/mnt", device: "bind", flags: 4112}]')
	run --separate-stderr ctrnet_run "$file" sh -c 'grep -c " /mnt " /proc/self/mountinfo'
	assert_status 0
	assert_output 1
	[ "$stderr" = "ctrnet: warning: mounts[6] (/mnt): 'sync' (flag 16) has no effect on a bind mount" ]
}

@test "mounts: data is passed on" {
	local file
	file=$(config minimal '.mounts += [{source: "x", destination: "/mnt", device: "tmpfs", data: "size=4m,nr_inodes=100,mode=711,uid=5,gid=6"}]
		| (.mounts[] | select(.device == "devpts")) .data = "newinstance,ptmxmode=0644,mode=0600,gid=7"')
	box_start "$file"
	has_options /mnt size=4096k nr_inodes=100 mode=711 uid=5 gid=6
	has_options /dev/pts ptmxmode=644 mode=600 gid=7
	[ "$(stat -c '%a %u %g' "/proc/$BOX_PID/root/mnt")" = '711 5 6' ]
	box_stop
}

# --- devices --------------------------------------------------------------------------------------

# Whatever the caller's umask is; 'u' is a character device, and directories are made.
@test "mounts: devices have their type, numbers, mode and owner" {
	local file mask
	file=$(config minimal '.devices += [
		{type: 99, path: "/dev/a", major: 1, minor: 3, file_mode: 511, uid: 1, gid: 2},
		{type: 117, path: "/dev/x/y/u", major: 1, minor: 5, file_mode: 400, uid: 3, gid: 4},
		{type: 98, path: "/dev/b", major: 7, minor: 1048575, file_mode: 2468},
		{type: 112, path: "/dev/p", file_mode: 438, gid: 5},
		{type: 99, path: "/dev/fuse", major: 10, minor: 229},
		{type: 99, path: "/opt/n/null", major: 1, minor: 3, file_mode: 420}]')
	for mask in 0 022 077 0777; do
		(umask $mask && box_start "$file" && stat -c '%n %F %Hr:%Lr %a %u %g' "/proc/$BOX_PID"/root/dev/{a,x/y/u,b,p,fuse} \
			"/proc/$BOX_PID/root/opt/n/null" | sed "s:^/proc/[0-9]*/root::" >"$T/got"; stat -c %a "/proc/$BOX_PID/root/dev/x/y" >>"$T/got"; box_stop)
		run cat "$T/got"
		assert_output '/dev/a character special file 1:3 777 1 2
/dev/x/y/u character special file 1:5 620 3 4
/dev/b block special file 7:1048575 4644 0 0
/dev/p fifo 0:0 666 0 5
/dev/fuse character special file 10:229 0 0 0
/opt/n/null character special file 1:3 644 0 0
755'
	done
}

@test "mounts: the links of /dev, whatever the rootfs has there" {
	local link
	ln -s /nowhere "$ROOT/dev/fd"
	box_start minimal
	while read -r link target; do
		[ "$(readlink "/proc/$BOX_PID/root/dev/$link")" = "$target" ] || { echo "$link"; return 1; }
	done <<-'EOT'
		fd /proc/self/fd
		stdin /proc/self/fd/0
		stdout /proc/self/fd/1
		stderr /proc/self/fd/2
		ptmx pts/ptmx
	EOT
	if [ -e /proc/kcore ]; then
		[ "$(readlink "/proc/$BOX_PID/root/dev/core")" = /proc/kcore ]
		[ "$(readlink "/proc/$BOX_PID/root/dev/kcore")" = /proc/kcore ]
	fi
	box_stop
	[ "$(readlink "$ROOT/dev/fd")" = /nowhere ]
	rm "$ROOT/dev/fd"
}
