#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The drafts of the OCI that runc had in 2015: a config of each is run as it is, and what it declares is so.

load lib
load drafts


# As box_start, but with the root directory that the config says, and maybe on a terminal.
box_start_here() {
	local line
	coproc BOX_IO { exec "$CTRNET" --root "$RUN" exec --config "$1" --id "$ID" \
		-- /bin/sh -c 'echo ready; read -r line; exit "${line:-0}"' 2>"$T/box.err" 3>&-; }
	BOX=$BOX_IO_PID
	if ! read -r -t 10 -u "${BOX_IO[0]}" line || [ "${line%$'\r'}" != ready ]; then
		echo "the container did not start: $(cat "$T/box.err")"
		return 1
	fi
	BOX_PID=$(first_process "$BOX")
}

status_line() {
	awk -v key="$1:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$BOX_PID/status"
}

# mount_words PATH: the type of what is mounted there, its flags, and the options of its file system.
mount_words() {
	mount_line "$1" | awk '{ for (i = 7; $i != "-"; i++) ; print $(i + 1), $6 "," $(i + 3) }'
}

# has WANT GOT
has() {
	# shellcheck disable=SC2053 # a pattern
	[[ $2 == $1 ]] || { echo "expected $1, got: $2"; return 1; }
}

cgroup_file() {
	cat "$(cgroup_of "$1")/$2"
}

# What all drafts have in common.
look() {
	local config=$1 draft=$2 kind
	for kind in mnt uts ipc pid net; do
		[ "$(readlink "/proc/$BOX_PID/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ] || { echo "$kind is the host's"; return 1; }
	done
	has draft "$(nsenter --target "$BOX_PID" --uts uname -n)"
	has '5 5 5 5' "$(status_line Uid | tr '\t' ' ')"
	has '6 6 6 6' "$(status_line Gid | tr '\t' ' ')"
	[ "$draft" = D0 ] || has '7*' "$(status_line Groups)"
	has 0000000000002020 "$(status_line CapBnd)"
	has 0000000000000000 "$(status_line CapInh)"
	has "$(stat -c %d:%i "$(dirname "$config")/rootfs")" "$(stat -L -c %d:%i "/proc/$BOX_PID/root")"
	has '* ro,*' "$(mount_words /)"
	has 'proc rw,nosuid,nodev,noexec,*' "$(mount_words /proc)"
	has 'tmpfs rw,nosuid*size=64k*' "$(mount_words /dev)"
	# Of a read-only root.
	has 'sysfs ro,*' "$(mount_words /sys)"
	has '* ro,*' "$(mount_words /home)"
	has '* ro,*' "$(mount_words /proc/sys)"
	has "$(stat -c %d:%i "$(dirname "$config")/given")" "$(stat -c %d:%i "/proc/$BOX_PID/root/home")"
	has '1:3 666' "$(stat -c '%Hr:%Lr %a' "/proc/$BOX_PID/root/dev/null")"
	has '1:7 666' "$(stat -c '%Hr:%Lr %a' "/proc/$BOX_PID/root/dev/full")"
	[ ! -e "/proc/$BOX_PID/root/dev/random" ]
	has 77 "$(nsenter --target "$BOX_PID" --ipc cat /proc/sys/kernel/shmmni)"
	has '99 111' "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$BOX_PID/limits")"
	nsenter --target "$BOX_PID" --net ip -j link show lo | jq -e '.[0].flags | index("UP")' >/dev/null
}

look_cgroup() {
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip "looks at v1's files"
	has 67108864 "$(cgroup_file memory memory.limit_in_bytes)"
	has 333 "$(cgroup_file cpu cpu.shares)"
	has 50000 "$(cgroup_file cpu cpu.cfs_quota_us)"
	[ "$1" != D3 ] || has 77 "$(cgroup_file pids pids.max)"
	cgroup_file devices devices.list | sort >"$T/rules"
	diff "$T/rules" <(sort <<-'EOT'
		b *:* m
		c *:* m
		c 10:200 rwm
		c 136:* rwm
		c 1:3 rwm
		c 1:7 rwm
		c 4:0 rwm
		c 4:1 rwm
		c 5:1 rwm
		c 5:2 rwm
	EOT
	)
}

check_draft() {
	local config
	config=$(draft "$1")
	# Its own command, as its user, in its directory, with its environment.
	run "$CTRNET" --root "$RUN" exec --config "$config" --id "$ID"
	assert_status 0
	has $'args\n6*' "$output"
	[ "$1" = D0 ] || has $'args\n6 7' "$output"
	run "$CTRNET" --root "$RUN" exec --config "$config" --id "$ID" -- /bin/sh -c 'echo "$A"; pwd'
	has $'b c\n/tmp' "$output"
	box_start_here "$config"
	look "$config" "$1"
	look_cgroup "$1"
	box_stop
}

@test "draft: D0, the first days" { check_draft D0; }
@test "draft: D1, devices by name" { check_draft D1; }
@test "draft: D1, with the keys of its sample" { check_draft D1sample; }
@test "draft: D2, devices as objects" { check_draft D2; }
@test "draft: D3, a pair of files" { check_draft D3; }

@test "draft: a bundle's directory is as good as its config.json" {
	local config name
	for name in D1 D3; do
		config=$(draft $name)
		run "$CTRNET" --root "$RUN" exec --config "$(dirname "$config")" --id "$ID" -- /bin/sh -c hostname
		assert_output draft
		cd "$(dirname "$config")"
		run "$CTRNET" --root "$RUN" exec --config . --id "$ID" -- /bin/sh -c hostname
		assert_output draft
		run "$CTRNET" --root "$RUN" exec --config config.json --id "$ID" -- /bin/sh -c hostname
		assert_output draft
		cd "$T"
	done
}

@test "draft: a root that is not read-only leaves /proc and /sys alone" {
	box_start_here "$(draft D2 '.root.readonly = false')"
	has '* rw,*' "$(mount_words /)"
	has 'sysfs rw,*' "$(mount_words /sys)"
	has '' "$(mount_words /proc/sys)"
	box_stop
}

@test "draft: a shared name serves several places" {
	box_start_here "$(draft D3 '.config.mounts += [{name: "tmp", path: "/var"}]')"
	has 'tmpfs *' "$(mount_words /tmp)"
	has 'tmpfs *' "$(mount_words /var)"
	box_stop
}

# bats test_tags=v1
@test "draft: cgroupsPath is where the cgroup is" {
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip "looks at v1's files"
	box_start_here "$(draft D3 ".runtime.linux.cgroupsPath = \"/ctrnet-$ID/deep\"")"
	grep -q ":pids:/ctrnet-$ID/deep\$" "/proc/$BOX_PID/cgroup"
	box_stop
}

@test "draft: rootfsPropagation" {
	local word
	for word in :true private:true rprivate:true slave:null rslave:null; do
		run ctrnet config "$(draft D2 ".linux.rootfsPropagation = \"${word%:*}\"")"
		assert_status 0
		assert_json "$output" ".privatefs == ${word#*:}"
	done
}

@test "draft: all words of the namespaces" {
	local config
	config=$(draft D2 '.linux.namespaces = [{type: "pid"}, {type: "net"}, {type: "mnt"}, {type: "ipc"}, {type: "uts"}]')
	run ctrnet config "$config"
	assert_json "$output" '[.namespaces[].type] == ["NEWPID", "NEWNET", "NEWNS", "NEWIPC", "NEWUTS"]'
}

@test "draft: runc's own sample of August 2015" {
	local sample=${CTRNET_PREDECESSORS:-$BATS_TEST_DIRNAME/../../../shared/configs}/2015-08_ocf_config.json
	[ -f "$sample" ] || skip 'no 2015-08_ocf_config.json in CTRNET_PREDECESSORS'
	mkdir "$T/bundle"
	cp "$sample" "$T/bundle/config.json"
	cp -a "$ROOT" "$T/bundle/rootfs"
	box_start_here "$T/bundle/config.json"
	has shell "$(nsenter --target "$BOX_PID" --uts uname -n)"
	# AUDIT_WRITE 29, KILL 5, NET_BIND_SERVICE 10.
	has 0000000020000420 "$(status_line CapEff)"
	has 'devpts rw,nosuid,noexec*gid=5,mode=620,ptmxmode=666' "$(mount_words /dev/pts)"
	has 'tmpfs rw,nosuid,nodev,noexec*size=65536k*' "$(mount_words /dev/shm)"
	has 'mqueue rw,nosuid,nodev,noexec*' "$(mount_words /dev/mqueue)"
	has 'sysfs ro,nosuid,nodev,noexec*' "$(mount_words /sys)"
	has 'tmpfs ro,nosuid,nodev,noexec*' "$(mount_words /sys/fs/cgroup)"
	has '* ro,*' "$(mount_words /)"
	box_stop
}
