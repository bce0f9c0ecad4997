#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# User and time namespaces: who the container's users are outside, what belongs to them, and what they may not.

load lib
load inject

# ids PID: its real, effective, saved and file system ids, as the host sees them.
ids() {
	awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$1/status" | sort -u
}

has_cap() {
	(($(awk '/^CapBnd/ { print "0x" $2 }' /proc/self/status) >> $1 & 1))
}

# shared DIR-NAME: a directory of the host's that the container's root owns, and the config that mounts it at /tmp.
shared_dir() {
	mkdir "$T/$1"
	chown 100000:100000 "$T/$1"
	config userns '.mounts += [{source: $d, destination: "/tmp", device: "bind", flags: 20480}]' --arg d "$T/$1"
}

# --- ids -----------------------------------------------------------------------------------------

# bats test_tags=vm
@test "userns: root and users are other ids outside" {
	box_start userns
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$BOX_PID/uid_map" "/proc/$BOX_PID/gid_map" | sort -u)" = '0 100000 65536' ]
	[ "$(cat "/proc/$BOX_PID/setgroups")" = allow ]
	[ "$(ids "$BOX_PID")" = '100000 100000 100000 100000' ]
	[ -z "$(awk '/^Groups:/ { print $2 }' "/proc/$BOX_PID/status")" ]
	box_stop
	box_start "$(config userns '.additional_groups = ["users", 777]')" -u alice
	[ "$(ids "$BOX_PID")" = '101000 101000 101000 101000' ]
	[ "$(awk '/^Groups:/ { $1 = ""; print }' "/proc/$BOX_PID/status")" = ' 100029 100046 100100 100777' ]
	run join id
	assert_output 'uid=0(root) gid=0(root) groups=100(users),777'
	run join -u alice id -G
	assert_output '1000 29 46 100 777'
	box_stop
}

@test "userns: several ranges" {
	local config
	config=$(config userns '.uid_mappings = [{container_id: 1000, host_id: 0, size: 1}, {host_id: 5000, size: 1}]
		| .gid_mappings = [{host_id: 6000, size: 6}, {container_id: 1000, host_id: 7000, size: 1}]')
	box_start "$config" -u 1000:1000
	[ "$(awk '/^[UG]id:/ { print $1, $2, $5 }' "/proc/$BOX_PID/status")" = $'Uid: 0 0\nGid: 7000 7000' ]
	# The host's root by name, without a right on the host.
	[ "$(readlink "/proc/$BOX_PID/ns/user")" != "$(readlink /proc/self/ns/user)" ]
	[ "$(awk '/^Cap(Eff|Prm)/ { print $2 }' "/proc/$BOX_PID/status" | sort -u)" = 0000000000000000 ]
	box_stop
}

@test "userns: users and groups that are not mapped are named" {
	local config
	config=$(config userns '.uid_mappings[0].size = 1000 | .gid_mappings[0].size = 30')
	run -255 ctrnet_run "$config" -u alice true
	assert_output "ctrnet: exec: user 'alice': uid 1000 is not mapped (uid_mappings)"
	run -255 ctrnet_run "$config" -u 5:1000 true
	assert_output "ctrnet: exec: user '5:1000': gid 1000 is not mapped (gid_mappings)"
	run -255 ctrnet_run "$(config "$config" '.additional_groups = ["plugdev"]')" true
	assert_output "ctrnet: exec: user 'root': the group with gid 46 is not mapped (gid_mappings)"
	box_start "$config"
	run -255 join -u alice true
	assert_output "ctrnet: exec: user 'alice': uid 1000 is not mapped (uid_mappings)"
	box_stop
}

@test "userns: what the container makes belongs to its ids" {
	local config
	config=$(shared_dir shared)
	run ctrnet_run "$config" sh -c 'touch /tmp/root; mkdir /tmp/dir; touch /tmp/alice; chown alice:audio /tmp/alice; stat -c %u:%g /tmp/alice'
	assert_status 0
	assert_output 1000:29
	[ "$(stat -c %u:%g "$T/shared/root" "$T/shared/dir" "$T/shared/alice")" = $'100000:100000\n100000:100000\n101000:100029' ]
	# A set-user-ID program of the container's root has no right that he has not.
	box_start "$config"
	run join sh -c 'cp /bin/busybox /tmp/busybox; chmod 4755 /tmp/busybox'
	assert_status 0
	[ "$(stat -c '%a %u' "$T/shared/busybox")" = '4755 100000' ]
	run join -u alice sh -c 'touch /etc/x; mkdir /x'
	[ "$status" -ne 0 ]
	box_stop
}

# --- no rights outside -------------------------------------------------------------------------------

@test "userns: a file of the host's root stays closed, though it is bind-mounted" {
	local config before
	mkdir "$T/host"
	echo secret >"$T/host/file"
	chmod 600 "$T/host/file"
	before=$(stat -c '%a %u %Y %Z' "$T/host/file")
	config=$(config userns '.mounts += [{source: $d, destination: "/tmp", device: "bind", flags: 4096}]
		| .capabilities += ["DAC_READ_SEARCH", "SYS_ADMIN", "LINUX_IMMUTABLE"]' --arg d "$T/host")
	run ctrnet_run "$config" sh -c 'cd /tmp; for c in "cat file" "sh -c \"echo x >file\"" "chmod 666 file" "chown 0 file" "rm file" "touch new" "mv file x" "mount -o remount,bind,rw /tmp"; do
		eval "$c" && echo "done: $c"; done'
	[[ $output != *done:\ [!m]* && $output != *secret* ]]
	[ "$(stat -c '%a %u %Y %Z' "$T/host/file")" = "$before" ]
	[ "$(ls "$T/host")" = file ]
}

@test "userns: rights over the container's namespaces, and none over the host's" {
	local config
	config=$(config userns '.capabilities = ["SYS_ADMIN", "NET_ADMIN", "SYS_TIME", "MKNOD", "SYS_MODULE", "SYSLOG", "SYS_RESOURCE", "CHOWN", "SYS_PTRACE", "DAC_READ_SEARCH", "SYS_CHROOT"]
		| .readonly_paths = [] | .mask_paths = []')
	run ctrnet_run "$config" sh -c '
		hostname other && ip link add br9 type bridge && mount -t tmpfs x /tmp && echo inside
		exec 2>/dev/null
		echo 1 >/proc/sys/kernel/panic_on_oops && echo sysctl
		echo x >/proc/sys/kernel/core_pattern && echo core_pattern
		echo b >/proc/sysrq-trigger && echo sysrq
		mknod /tmp/mem c 1 1 && echo node
		mount -o remount,nr_inodes=1 / && echo remounted
		chroot /proc/1/root true && ls -d /proc/1/root/tmp/bats* && echo out
		umount /proc/sys /dev/null && echo unmounted
		nsenter --net=/proc/1/ns/net --user=/proc/1/ns/user true && echo reentered
		:'
	assert_output inside
}

@test "userns: nobody inside can look at a process that joins" {
	box_start "$(config userns '.capabilities += ["SYS_PTRACE", "SYS_ADMIN", "DAC_READ_SEARCH"]')"
	join sh -c '
		echo watching
		until grep -q "^ctrnet$" /proc/[0-9]*/comm; do :; done 2>/dev/null
		for i in $(seq 40); do
			for p in /proc/[0-9]*; do
				[ "$(cat $p/comm)" = ctrnet ] || continue
				echo seen $(awk "/^Uid/ { print \$2 }" $p/status)
				found=$(for l in exe cwd root ns/user fd/0; do readlink $p/$l; done; ls $p/fd; cat $p/environ $p/maps; head -c 1 $p/mem)
				# Unless it has executed its command meanwhile.
				[ "$(cat $p/comm)" != ctrnet ] || echo $found
			done
			usleep 20000
		done 2>/dev/null
		:' >"$T/seen" &
	watcher=$!
	wait_for 5 grep -q watching "$T/seen"
	# Held up where it is in the user namespace already: as nobody of it yet, when it is not seen at all, and as its root.
	without_leak_sanitizer
	strace -f -qq -o "$T/strace" -e trace=setgroups,setresuid,faccessat2 -e inject=setgroups,faccessat2:delay_enter=400000 \
		"$CTRNET" --root "$RUN" exec --id "$ID" true 3>&-
	wait "$watcher"
	[ "$(sort -u "$T/seen")" = $'\nseen 0\nwatching' ] || { sort -u "$T/seen"; return 1; }
	box_stop
}

@test "userns: a join is not moved by what the container wrote" {
	local config
	config=$(config userns '.capabilities += ["SYS_ADMIN"] | .readonly_paths = [] | .mask_paths = []')
	box_start "$config"
	# Its /proc, /dev and ids files are its own: nothing that a join relies on.
	run join sh -c 'mount -t tmpfs x /proc; mkdir -p /proc/self/ns /proc/1/ns; echo "0 0 4294967295" >/proc/self/uid_map; : >/proc/self/ns/user
		mount -t tmpfs y /dev; echo "root:x:5:5::/:/bin/sh" >/tmp/passwd'
	assert_status 0
	run join sh -c 'id -u; id -g; cat /proc/self/uid_map'
	assert_output $'0\n0\n0 0 4294967295'
	join sleep 5 &
	wait_for 5 pgrep -x sleep
	[ "$(ids "$(pgrep -x sleep)")" = '100000 100000 100000 100000' ]
	[ "$(readlink "/proc/$(pgrep -x sleep)/ns/user")" = "$(readlink "/proc/$BOX_PID/ns/user")" ]
	box_stop
	wait
	rm -f "$ROOT/tmp/passwd"
}

# --- devices, console, file systems ----------------------------------------------------------------

@test "userns: devices are the host's, and the container's root cannot change them, whoever he is" {
	local path config mode
	# Where the defence fails, it must not be the machine's that is changed.
	mknod -m 666 "$T/null" c 1 3
	mount --bind "$T/null" /dev/null
	config=$(config userns '.uid_mappings = [{size: 65536}] | .gid_mappings = [{size: 65536}] | .capabilities += ["FOWNER"]')
	run ctrnet_run "$config" sh -c 'echo x >/dev/null && head -c 3 /dev/zero | wc -c; chmod 600 /dev/null; chown 5 /dev/null; mknod /dev/x c 1 3 || echo refused'
	mode=$(stat -c '%a %u' /dev/null)
	umount /dev/null
	[ "$mode" = '666 0' ]
	[[ $output == $'3\n'*Read-only*Read-only*refused ]] || { echo "$output"; return 1; }
	box_start userns
	for path in $(jq -r '.devices[].path' "$SAMPLES/userns.json"); do
		[ "$(stat -c '%t:%T %a %u %i' "/proc/$BOX_PID/root$path")" = "$(stat -c '%t:%T %a %u %i' "$path")" ]
		[ "$(awk -v p="$path" '$5 == p { print $4 }' "/proc/$BOX_PID/mountinfo")" = "/${path#/dev/}" ]
	done
	box_stop
}

@test "userns: devices that the host has not, or others, and a fifo" {
	run -255 ctrnet_run "$(config userns '.devices += [{type: 99, path: "/dev/no-such", major: 1, minor: 3}]')" true
	assert_output "ctrnet: exec: devices[6] (/dev/no-such): in a user namespace nodes are the host's, and its '/dev/no-such' cannot be mounted: No such file or directory"
	run -255 ctrnet_run "$(config userns '.devices[0].minor = 5')" true
	assert_output "ctrnet: exec: devices[0] (/dev/null): in a user namespace nodes are the host's, and its '/dev/null' is not the character device 1:5"
	run ctrnet_run "$(config userns '.devices += [{type: 112, path: "/dev/fifo", file_mode: 384, uid: 5, gid: 6}]')" stat -c '%F %a %u:%g' /dev/fifo
	assert_output 'fifo 600 5:6'
}

@test "userns: the rootfs' own nodes, and places for them, where it has no tmpfs on /dev" {
	mknod -m 666 "$ROOT/dev/null" c 1 3
	run ctrnet_run "$(config userns "del(.devices[1:]) | $(cat <<-'JQ'
		.mounts |= map(select(.destination | startswith("/dev") | not)) | .mounts += [{source: "x", destination: "/dev/shm", device: "tmpfs"}]
		JQ
	)")" sh -c 'echo x >/dev/null; stat -c %t:%T /dev/null'
	assert_output 1:3
	rm "$ROOT/dev/null"
	# Automatic mounts come where devices are declared and nothing is at /dev.
	run ctrnet_run "$(config userns '.mounts |= map(select(.destination | startswith("/dev") | not))')" sh -c 'stat -c "%n %t:%T" /dev/null; stat -c "%n %u" /dev /dev/pts'
	assert_output $'/dev/null 1:3\n/dev 0\n/dev/pts 0'
}

@test "userns: the terminal belongs to the container's user" {
	local config
	for config in "$SAMPLES/userns.json" "$(config userns '.mounts |= map(select(.device != "devpts"))')"; do
		box_start "$config"
		for user in root:0 alice:1000; do
			run ctrnet exec -t --config "$config" --rootfs "$ROOT" --id "$ID-2" -u "${user%:*}" -- \
				sh -c 'test -t 0 && : </dev/tty && stat -Lc %u:%a /proc/self/fd/0 /dev/console' </dev/null
			assert_status 0
			[[ ${output//$'\r'/} == "${user#*:}:6"[02]0$'\n'"${user#*:}:6"[02]0 ]] || { echo "$output"; return 1; }
			run join -t -u "${user%:*}" -- sh -c 'test -t 0 && : </dev/tty && stat -Lc %u:%a /proc/self/fd/0' </dev/null
			assert_status 0
			[[ ${output//$'\r'/} == "${user#*:}:6"[02]0 ]] || { echo "$output"; return 1; }
		done
		box_stop
	done
}

@test "userns: read-only root, remounts, masked and read-only paths, and no_pivot_root" {
	local config
	config=$(config userns '.readonlyfs = true | .mask_paths += ["/proc/meminfo", "/proc/acpi"] | .readonly_paths += ["/etc"] | .capabilities += ["SYS_ADMIN"]
		| .mounts += [{destination: "/dev/shm", source: "x", device: "tmpfs", flags: 33}]')
	for config in "$config" "$(config "$config" '.no_pivot_root = true')"; do
		box_start "$config"
		run awk '$5 ~ "^/(|etc|dev/shm|proc/meminfo)$" { split($6, o, ","); print $5, o[1] }' "/proc/$BOX_PID/mountinfo"
		[ "$(sort <<<"$output")" = $'/ ro\n/dev/shm ro\n/dev/shm ro\n/etc ro\n/proc/meminfo ro' ] ||
			[ "$(sort -u <<<"$output")" = $'/ ro\n/dev/shm ro\n/etc ro\n/proc/meminfo ro' ] || { echo "$output"; return 1; }
		run join sh -c 'cat /proc/meminfo; echo x >/etc/x; echo x >/x; echo x >/dev/shm/x; echo x >/proc/sys/kernel/hostname; ls /'
		[[ $output == *Read-only*Read-only*Read-only*Read-only* && $output == *bin*usr* && $output != *MemTotal* ]] || { echo "$output"; return 1; }
		box_stop
	done
}

@test "userns: flags that the host's mounts have are kept by a bind mount and a remount" {
	local config options
	mkdir -p "$T/locked"
	mount -t tmpfs -o nosuid,nodev,noexec,noatime x "$T/locked"
	# 2097152: relatime; 32: remount; 4096: bind.
	config=$(config userns '.mounts += [{source: $d, destination: "/tmp", device: "bind", flags: (4096 + 2097152)}, {destination: "/tmp", device: "bind", source: "x", flags: (4096 + 32 + 1)}]' --arg d "$T/locked")
	box_start "$config"
	options=,$(awk '$5 == "/tmp" { print $6 }' "/proc/$BOX_PID/mountinfo"),
	for word in ro nosuid nodev noexec noatime; do
		[[ $options == *,$word,* ]] || { echo "no $word in $options"; return 1; }
	done
	box_stop
	umount "$T/locked"
}

@test "userns: sysctls of the container's namespaces" {
	local config
	config=$(config userns '.system_properties = {"net.ipv4.ip_forward": "1", "kernel.domainname": "inside", "kernel.hostname": "named", "kernel.msgmax": "9999", "fs.mqueue.msg_max": "11"}
		| .hostname = ""')
	run ctrnet_run "$config" sh -c 'cd /proc/sys; cat net/ipv4/ip_forward kernel/domainname kernel/hostname kernel/msgmax fs/mqueue/msg_max'
	assert_output $'1\ninside\nnamed\n9999\n11'
	[ "$(cat /proc/sys/kernel/domainname)" != inside ]
}

@test "userns: a rootfs that its root cannot reach" {
	mkdir -p "$T/closed/deep"
	mv "$ROOT" "$T/closed/deep/rootfs"
	chmod 700 "$T/closed"
	run -255 ctrnet exec --config "$SAMPLES/userns.json" --rootfs "$T/closed/deep/rootfs" --id "$ID" true
	mv "$T/closed/deep/rootfs" "$ROOT"
	assert_output "ctrnet: exec: rootfs '$T/closed/deep/rootfs': the container's root has no right to search '$T/closed' on the host (chmod o+x, or another place)"
	run -255 ctrnet_run "$(config userns '.mounts += [{source: $d, destination: "/tmp", device: "bind", flags: 4096}]' --arg d "$T/closed/deep")" true
	assert_output "ctrnet: exec: mounts[6] (/tmp): source '$T/closed/deep': Permission denied (the container's root has to get there by its id on the host)"
}

@test "userns: mounts of the host's that hide others come along, or not at all" {
	mkdir -p "$T/over/sub"
	mount -t tmpfs x "$T/over"
	mkdir "$T/over/sub"
	echo hidden >"$T/over/sub/file"
	mount -t tmpfs y "$T/over/sub"
	run -255 ctrnet_run "$(config userns '.mounts += [{source: $d, destination: "/tmp", device: "bind", flags: 4096}]' --arg d "$T/over")" true
	assert_output "ctrnet: exec: mounts[6] (/tmp): source '$T/over': Invalid argument (in a user namespace the mounts below it have to come along, with the flag MS_REC)"
	run ctrnet_run "$(config userns '.capabilities += ["SYS_ADMIN"] | .mounts += [{source: $d, destination: "/tmp", device: "bind", flags: 20480}]' --arg d "$T/over")" \
		sh -c 'ls /tmp/sub; umount /tmp/sub; cat /tmp/sub/file'
	[[ $output != *hidden* ]]
	umount -R "$T/over"
}

@test "userns: commands around a mount have the rights of the container's root" {
	local config
	config=$(shared_dir shared)
	config=$(config "$config" '.mounts[-1] += {premount_cmds: [{path: "/bin/sh", args: ["-c", "touch \($d)/before; touch \($t)/outside"]}],
		postmount_cmds: [{path: "/bin/sh", args: ["-c", "touch \($d)/after; readlink /proc/self/ns/user >\($d)/ns"]}]}' --arg d "$T/shared" --arg t "$T")
	run ctrnet_run "$config" true
	[ "$(stat -c %u:%g "$T/shared/before")" = 100000:100000 ]
	[ ! -e "$T/outside" ]
	config=$(config "$config" '.mounts[-1].premount_cmds[0].args[1] |= sub("; .*"; "")')
	run ctrnet_run "$config" true
	assert_status 0
	[ "$(stat -c %u:%g "$T/shared/after")" = 100000:100000 ]
	[ "$(cat "$T/shared/ns")" != "$(readlink /proc/self/ns/user)" ]
}

# --- network, limits, cgroup ---------------------------------------------------------------------

# bats test_tags=vm
@test "userns: networks" {
	local config
	config=$(config userns '.networks[1] += {host_interface_name: "ctruns0", ipv6_address: "fd00:88::6/64", mtu: 1400} | .routes = [{destination: "10.99.0.0/16", gateway: "10.88.0.1", interface_name: "eth0"}]')
	box_start "$config"
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1400 and .[0].operstate == "UP"'
	assert_json "$output" '[.[0].addr_info[] | "\(.local)/\(.prefixlen)"] | contains(["10.88.0.6/24", "fd00:88::6/64"])'
	run box_net ip -j route
	assert_json "$output" 'any(.dst == "default" and .gateway == "10.88.0.1") and any(.dst == "10.99.0.0/16" and .gateway == "10.88.0.1")'
	run ip -j -d link show dev ctruns0
	assert_json "$output" '.[0].master == "ctrbr0" and .[0].operstate == "UP"'
	ping -c 1 -W 2 10.88.0.6
	run join ping -c 1 -W 2 10.88.0.1
	assert_status 0
	box_stop
	run ctrnet_run "$config" ping -c 1 -W 2 10.88.0.1
	assert_status 0
}

# bats test_tags=vm
@test "userns: limits and cgroup, also of a process that joins" {
	local config
	config=$(config userns '.rlimits = [{type: 7, hard: 600, soft: 500}, {type: "CORE", hard: 0, soft: 0}] | .cgroups.memory = 67108864')
	box_start "$config"
	grep -q '^Max open files  *500  *600 ' "/proc/$BOX_PID/limits"
	grep -q '^Max core file size  *0  *0 ' "/proc/$BOX_PID/limits"
	join sleep 5 &
	wait_for 5 pgrep -x sleep
	grep -q '^Max open files  *500  *600 ' "/proc/$(pgrep -x sleep)/limits"
	[ "$(sort "/proc/$(pgrep -x sleep)/cgroup")" = "$(sort "/proc/$BOX_PID/cgroup")" ]
	grep -q "/ctrnet/$ID\$" "/proc/$BOX_PID/cgroup"
	box_stop
	wait
}

# bats test_tags=vm,v1,v2
@test "userns: limits above those of ctrnet" {
	has_cap 24 || skip 'root has no CAP_SYS_RESOURCE here'
	box_start "$(config userns '.rlimits = [{type: 7, hard: 600, soft: 600}]')" </dev/null
	box_stop
	ulimit -n 300
	box_start "$(config userns '.rlimits = [{type: 7, hard: 600, soft: 600}]')"
	grep -q '^Max open files  *600  *600 ' "/proc/$BOX_PID/limits"
	run join sh -c 'ulimit -Hn'
	assert_output 600
	box_stop
}

# --- joining, by ctrnet and by path ------------------------------------------------------------------

@test "userns: a join is in all namespaces of the container, with its rights" {
	local kind pid
	box_start "$(config userns '.namespaces += [{type: "NEWTIME"}]')"
	join -u alice sleep 5 &
	wait_for 5 pgrep -x sleep
	pid=$(pgrep -x sleep)
	for kind in cgroup ipc mnt net pid time user uts; do
		[ "$(readlink "/proc/$pid/ns/$kind")" = "$(readlink "/proc/$BOX_PID/ns/$kind")" ] || { echo "$kind"; return 1; }
	done
	[ "$(ids "$pid")" = '101000 101000 101000 101000' ]
	[ "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" = "$(awk '/^CapBnd/ { print $2 }' "/proc/$BOX_PID/status")" ]
	[ "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
	[ "$(readlink "/proc/$pid/root")" = / ]
	run join ls /proc/self/fd
	assert_output $'0\n1\n2\n3' # 3: ls itself
	box_stop
	wait
}

@test "userns: one that is joined by path, with its other namespaces" {
	local config
	box_start userns
	config=$(config userns 'del(.uid_mappings, .gid_mappings, .networks)
		| .namespaces |= map(if .type == "NEWUSER" or .type == "NEWNET" or .type == "NEWIPC" then .path = "/proc/\($p)/ns/\(.type[3:] | ascii_downcase)" else . end)' --arg p "$BOX_PID")
	ID=$ID-2 ctrnet_run "$config" sleep 1 &
	wait_for 5 pgrep -x sleep
	local kind pid
	pid=$(pgrep -x sleep)
	for kind in user net ipc; do
		[ "$(readlink "/proc/$pid/ns/$kind")" = "$(readlink "/proc/$BOX_PID/ns/$kind")" ]
	done
	for kind in mnt pid uts; do
		[ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/$BOX_PID/ns/$kind")" ]
		[ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
	done
	[ "$(ids "$pid")" = '100000 100000 100000 100000' ]
	[ "$(ps -o ppid= "$pid" | xargs ps -o comm=)" = ctrnet ]
	wait $!
	box_stop
}

@test "userns: a namespace of the host's that is joined by path" {
	ip netns add mine
	run ctrnet_run "$(config userns 'del(.networks) | .mounts |= map(select(.device != "sysfs")) | .namespaces |= map(if .type == "NEWNET" then .path = "/run/netns/mine" else . end)')" \
		sh -c 'readlink -f /proc/self/ns/net; cat /proc/self/uid_map; ip link set lo up || echo refused'
	[[ $output == *":[$(stat -Lc %i /run/netns/mine)]"*100000*refused ]] || { echo "$output"; return 1; }
	ip netns delete mine
	run -255 ctrnet_run "$(config userns 'del(.uid_mappings, .gid_mappings) | .namespaces |= map(if .type == "NEWUSER" then .path = "/proc/self/ns/user" else . end)')" true
	assert_output 'ctrnet: exec: cannot join the user namespace: Invalid argument'
}

# --- ends ------------------------------------------------------------------------------------------

@test "userns: the death of ctrnet takes the container along, as root and as a user" {
	local user
	for user in root alice; do
		box_start userns -u "$user"
		kill -KILL "$BOX"
		wait "$BOX" || true
		wait_for 5 sh -c "! kill -0 $BOX_PID 2>/dev/null"
		ctrnet delete "$ID"
	done
}

pidless() {
	config userns '.namespaces |= map(select(.type != "NEWPID")) | .readonly_paths = [] | .mask_paths = []
		| .mounts |= map(if .device == "proc" then {source: "/proc", destination: "/proc", device: "bind", flags: 20480} else . end)'
}

@test "userns: without a pid namespace nobody outlives the container, nor ctrnet" {
	local config
	config=$(pidless)
	run ctrnet_run "$config" sh -c 'sleep 4324 & setsid sleep 4325 & readlink -f /proc/self/ns/pid'
	assert_status 0
	[[ $output == *"$(readlink /proc/self/ns/pid)" ]]
	wait_for 2 no_process 'sleep 432[45]'
	box_start "$config"
	join sh -c 'sleep 4324 >/dev/null & setsid sleep 4325 >/dev/null &'
	pgrep -f 'sleep 4325'
	kill -KILL "$BOX"
	wait "$BOX" || true
	wait_for 5 no_process 'sleep 432[45]'
	ctrnet delete "$ID"
}

@test "userns: delete --force" {
	box_start userns
	run -1 ctrnet delete "$ID"
	ctrnet delete --force "$ID"
	run ! box_stop
}

userns_inject_setup() {
	inject_setup
	CONFIG=$(config "$CONFIG" '.uid_mappings = [{host_id: 100000, size: 65536}] | .gid_mappings = .uid_mappings
		| .namespaces += [{type: "NEWUSER"}, {type: "NEWTIME"}] | .time_offsets = {boottime: {secs: 5}}')
}

@test "userns: killed at the clone, the maps, and each message to the child" {
	userns_inject_setup
	kill_at clone3 prlimit64 sendmsg
	STEP=4 kill_at write
}

@test "userns: killed in between, where namespaces are joined by path" {
	userns_inject_setup
	ip netns add mine
	CONFIG=$(config "$CONFIG" 'del(.networks) | .mounts |= map(select(.device != "sysfs")) | .namespaces |= map(if .type == "NEWNET" then .path = "/run/netns/mine" else . end)')
	quick_snap >"$T/quick.before"
	kill_at clone3 waitid munmap
	fail_at EPERM -f setns clone3
	ip netns delete mine
}

@test "userns: each call that makes one of the container's root fails" {
	userns_inject_setup
	fail_at EPERM -f setgroups setresgid setresuid unshare setns
	fail_at ENOSPC clone3
	STEP=3 fail_at EPERM -f mount_setattr move_mount
	STEP=4 fail_at ENOSPC write
}

# --- time namespaces -------------------------------------------------------------------------------

# Seconds since boot, as the container and as the host sees it.
uptime_of() {
	"$@" cut -d . -f 1 /proc/uptime
}

@test "time: clocks are shifted inside, for a start and a join, with and without a user namespace" {
	local sample config there here
	for sample in minimal userns; do
		config=$(config $sample '.namespaces += [{type: "NEWTIME"}] | .time_offsets = {monotonic: {secs: 5000}, boottime: {secs: 1000000, nanosecs: 5}}')
		box_start "$config"
		[ "$(readlink "/proc/$BOX_PID/ns/time")" != "$(readlink /proc/self/ns/time)" ]
		[ "$(readlink "/proc/$BOX_PID/ns/time_for_children")" = "$(readlink "/proc/$BOX_PID/ns/time")" ]
		# Nobody else is in it.
		[ "$(readlink "/proc/$BOX/ns/time" "/proc/$BOX/ns/time_for_children" | sort -u)" = "$(readlink /proc/self/ns/time)" ]
		[ "$(awk '{ print $1, $2, $3 }' "/proc/$BOX_PID/timens_offsets")" = $'monotonic 5000 0\nboottime 1000000 5' ]
		there=$(uptime_of join)
		here=$(uptime_of env)
		((there - here >= 999998 && there - here <= 1000001)) || { echo "$there $here"; return 1; }
		box_stop
		there=$(uptime_of ctrnet_run "$config")
		((there - here >= 999998 && there - here <= 1000010))
	done
	# Without offsets, and without one of its own.
	box_start "$(config minimal '.namespaces += [{type: "NEWTIME"}]')"
	[ "$(readlink "/proc/$BOX_PID/ns/time")" != "$(readlink /proc/self/ns/time)" ]
	box_stop
	box_start minimal
	[ "$(readlink "/proc/$BOX_PID/ns/time")" = "$(readlink /proc/self/ns/time)" ]
	box_stop
}

@test "time: one that is joined by path" {
	local config
	box_start "$(config minimal '.namespaces += [{type: "NEWTIME"}] | .time_offsets.boottime.secs = 1000000')"
	for sample in minimal userns; do
		run ctrnet exec --config "$(config $sample 'del(.networks) | .namespaces += [{type: "NEWTIME", path: "/proc/\($p)/ns/time"}]' --arg p "$BOX_PID")" \
			--rootfs "$ROOT" --id "$ID-2" -- cut -d . -f 1 /proc/uptime
		assert_status 0
		((output > 1000000))
	done
	box_stop
}

# --- shown -----------------------------------------------------------------------------------------

@test "userns: what a dry run shows does the same by unshare(1)" {
	local config shown
	config=$(config userns 'del(.networks) | .namespaces |= map(select(.type == "NEWNS" or .type == "NEWUSER" or .type == "NEWPID")) | .hostname = ""
		| .namespaces += [{type: "NEWTIME"}] | .time_offsets.monotonic.secs = 77 | .mounts |= map(select(.device != "sysfs" and .device != "mqueue"))')
	run ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID" --dry-run -- true
	assert_status 0
	shown=$(grep '^unshare ' <<<"$output")
	[ "$shown" = 'unshare --fork --mount --pid --user --map-users=100000,0,65536 --map-groups=100000,0,65536 --setuid=0 --setgid=0 --time --monotonic=77' ]
	# Of the package uidmap; util-linux leaves the writing to them.
	mkdir "$T/bin"
	for kind in uid gid; do
		printf '#!/bin/sh\necho "$2 $3 $4" >/proc/$1/%s_map\n' $kind >"$T/bin/new${kind}map"
		chmod 755 "$T/bin/new${kind}map"
	done
	# shellcheck disable=SC2086 # words
	PATH=$T/bin:$PATH run $shown sh -c 'id -u; id -g; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map /proc/self/gid_map; awk "/mono/ { print \$2 }" /proc/self/timens_offsets'
	assert_output $'0\n0\n0 100000 65536\n0 100000 65536\n77'
}
