#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The habits of nsinit: variables, the functions of exec, containers made of flags, and files beside the config.

load lib
load refuse
load inject

@test "nsinit: the variable log, appended to; --log comes first" {
	log=$T/log ctrnet list
	[ ! -s "$T/log" ]
	echo before >"$T/log"
	run env log="$T/log" "$CTRNET" --root "$RUN" exec --config /no/such -- /bin/true
	assert_status 255
	[ "$(head -n 1 "$T/log")" = before ]
	grep -q '/no/such: No such file or directory' "$T/log"
	[ "$(stat -c %a "$T/log")" = 600 ]

	run env log="$T/log" "$CTRNET" --root "$RUN" --log "$T/other" exec --config /no/such -- /bin/true
	[ "$(wc -l <"$T/log")" = 2 ]
	[ "$(wc -l <"$T/other")" = 1 ]
	log=/no/such/log refused 1 'log file /no/such/log: No such file or directory' list
	log='' ctrnet list
}

# --- containers made of flags --------------------------------------------------------------------

# limit CONTROLLER FILE VALUE
limit() {
	local dir
	dir=$(cgroup_of "$1") || skip "no v1 controller $1"
	[ "$(cat "$dir/$2")" = "$3" ] || { echo "$dir/$2: $(cat "$dir/$2")"; return 1; }
}

same_namespace() {
	[ "$(readlink "/proc/$BOX_PID/ns/$1")" = "$(readlink "/proc/self/ns/$1")" ]
}

@test "nsinit: without a config, --rootfs alone makes what nsinit's template made" {
	box_start -
	for kind in mnt uts ipc pid net; do
		run ! same_namespace $kind
	done
	[ "$(nsenter --target "$BOX_PID" --uts hostname)" = nsinit ]
	[ "$(awk '/^Cap(Prm|Eff|Bnd)/ { print $2 }' "/proc/$BOX_PID/status" | sort -u)" = 00000000a80425fb ]
	grep -q '^Max open files  *1024  *1024 ' "/proc/$BOX_PID/limits"
	grep -q "/nsinit/$ID\$" "/proc/$BOX_PID/cgroup"
	run box_net ip -j addr
	assert_json "$output" 'map(.ifname) == ["lo"] and (.[0].flags | index("UP"))'
	[ "$(mount_flags /proc | cut -d ' ' -f 1)" = proc ]
	[[ $(mount_flags /sys) == 'sysfs ro,nosuid,nodev,noexec'* ]]
	[[ $(mount_flags /proc/sys) == 'proc ro'* ]]
	[ "$(box_all /bin/stat -c '%t %T %a' /dev/fuse /dev/urandom)" = $'a e5 0\n1 9 666' ]
	[ "$(tr '\0' '\n' <"/proc/$BOX_PID/environ" | sort | sed 's/=.*root/=ROOT/')" = $'HOME=ROOT\nHOSTNAME=nsinit\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nTERM=xterm' ]
	box_stop
}

@test "nsinit: the id and the rootfs of a container made in the directory one stands in" {
	cd "$ROOT"
	# One word more than a flag: without any, the word would be an id.
	run ctrnet exec --hostname here -- /bin/sh -c 'hostname; cat /proc/self/cgroup'
	assert_status 0
	[ "${lines[0]}" = here ]
	[[ $output =~ /nsinit/rootfs-[0-9a-f]{8} ]]
}

@test "nsinit: a second exec with flags joins the container" {
	box_start - --hostname one
	run ctrnet exec --rootfs "$ROOT" --id "$ID" --hostname two -- /bin/hostname
	assert_status 0
	assert_output one
	box_stop
}

@test "nsinit: --hostname, --read-only, --groups" {
	box_start - --hostname other --read-only --groups 10 --groups 77
	[ "$(nsenter --target "$BOX_PID" --uts hostname)" = other ]
	[[ $(mount_flags /) == *' ro,'* ]]
	[ "$(awk '/^Groups/ { $1 = ""; print }' "/proc/$BOX_PID/status" | xargs -n 1 | sort -n | xargs)" = '10 77' ]
	box_stop
}

@test "nsinit: --parent-death-signal" {
	mkdir "$T/data"
	"$CTRNET" --root "$RUN" exec --rootfs "$ROOT" --id "$ID" --bind "$T/data:/mnt" --parent-death-signal 15 -- \
		/bin/sh -c 'trap "echo term >/mnt/got; exit" TERM; echo >/mnt/ready; while :; do sleep 0.05; done' 3>&- &
	wait_for 10 test -e "$T/data/ready"
	kill -KILL $!
	wait_for 10 test -s "$T/data/got"
	ctrnet delete "$ID"
}

# bats test_tags=v1
@test "nsinit: limits" {
	box_start - --memory-limit 33554432 --memory-swappiness 7 --cpushares 512 --cpuset-cpus 0 --cpuset-mems 0
	limit memory memory.limit_in_bytes 33554432
	limit memory memory.swappiness 7
	limit cpu cpu.shares 512
	limit cpuset cpuset.cpus 0
	limit cpuset cpuset.mems 0
	box_stop
}

# bats test_tags=v1
@test "nsinit: --memory-swap" {
	box_start - --memory-limit 33554432
	dir=$(cgroup_of memory) || skip 'no v1 controller memory'
	[ -e "$dir/memory.memsw.limit_in_bytes" ] || { box_stop; skip 'no accounting of swap'; }
	box_stop
	box_start - --memory-limit 33554432 --memory-swap 67108864
	limit memory memory.memsw.limit_in_bytes 67108864
	box_stop
}

@test "nsinit: --bind, --tmpfs, --cgroup, --sysctl" {
	mkdir "$T/data" "$T/more"
	echo hello >"$T/data/file"
	cd "$T"
	box_start - --bind "$T/data:/mnt:ro" --bind more:/opt/more --bind "$T/data:/opt/rw:rw" --tmpfs /opt/tmp --cgroup \
		--sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmni=8192
	[ "$(cat "/proc/$BOX_PID/root/mnt/file")" = hello ]
	[[ $(mount_flags /mnt) == *' ro,'* || $(mount_flags /mnt) == *' ro' ]]
	[[ $(mount_flags /opt/rw) == *' rw,'* ]]
	[ "$(stat -c %d:%i "/proc/$BOX_PID/root/opt/more")" = "$(stat -c %d:%i "$T/more")" ]
	[[ $(mount_flags /opt/tmp) == 'tmpfs rw,nosuid,nodev,noexec'* ]]
	[ "$(box_net cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	[ "$(nsenter --target "$BOX_PID" --ipc cat /proc/sys/kernel/shmmni)" = 8192 ]
	box_all /bin/ls /sys/fs/cgroup | grep -q memory
	run ! box_all /bin/touch /sys/fs/cgroup/memory/x
	box_stop
}

@test "nsinit: of several --sysctl for one name the last counts" {
	run ctrnet config --rootfs "$ROOT" --sysctl kernel.shmmni=1 --sysctl kernel.shmmax=2 --sysctl kernel.shmmni=3
	assert_json "$output" '.system_properties == {"kernel.shmmni": "3", "kernel.shmmax": "2"}'
}

@test "nsinit: --net, --ipc, --uts, --pid: host, private and a path" {
	box_start - --net host --ipc host --uts host --pid host
	for kind in net ipc uts pid; do
		same_namespace $kind
	done
	box_stop
	box_start - --net private --ipc private --uts '' --pid private
	for kind in net ipc uts pid; do
		run ! same_namespace $kind
	done
	box_stop
	ip netns add "$ID"
	box_start - --net "/run/netns/$ID" --ipc /proc/self/ns/ipc --uts /proc/self/ns/uts
	[ "$(stat -L -c %i "/proc/$BOX_PID/ns/net")" = "$(stat -c %i "/run/netns/$ID")" ]
	same_namespace ipc
	same_namespace uts
	box_stop
	ip netns delete "$ID"
}

@test "nsinit: --veth-*" {
	ip link add ctrown0 address 02:42:00:00:00:01 type bridge
	ip addr add 10.66.0.1/24 dev ctrown0
	ip addr add fd00:66::1/64 dev ctrown0 nodad
	ip link set ctrown0 up
	box_start - --veth-bridge ctrown0 --veth-address 10.66.0.2/24 --veth-gateway 10.66.0.1 --veth-mtu 1400
	run box_net ip -j addr show dev eth0
	assert_json "$output" '.[0].mtu == 1400 and ([.[0].addr_info[] | select(.family == "inet") | .local] == ["10.66.0.2"])'
	run box_net ip -j route show default
	assert_json "$output" '.[0].gateway == "10.66.0.1"'
	run ip -j link show master ctrown0
	assert_json "$output" 'length == 1 and (.[0].ifname | startswith("veth"))'
	box_stop
	box_start - --veth-bridge ctrown0 --veth-address fd00:66::2/64 --veth-gateway fd00:66::1
	run box_net ip -j -6 route show default
	assert_json "$output" '.[0].gateway == "fd00:66::1"'
	box_stop
	ip link delete ctrown0
}

@test "nsinit: --userns-root-uid" {
	box_start - --userns-root-uid 1234
	run ! same_namespace user
	[ "$(awk '/^Uid/ { print $2, $3 }' "/proc/$BOX_PID/status")" = '1234 1234' ]
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$BOX_PID/uid_map")" = $'0 1234 1\n1 1 1233\n1235 1235 2147482413' ]
	cmp "/proc/$BOX_PID/uid_map" "/proc/$BOX_PID/gid_map"
	run ctrnet exec "$ID" /bin/id -u
	assert_output 0
	box_stop
}

# flags LINE FLAG...: a container made of these is refused.
flags() {
	local line=$1
	shift
	refused 255 "exec: $line" exec --rootfs "$ROOT" --id "$ID" "$@" -- /bin/true
}

# What CMD... says in a container of the profile $1: "yes" or "no".
may() {
	if ctrnet exec --rootfs "$ROOT" --id "$ID" --security "$1" -- "${@:2}" >/dev/null 2>&1; then echo yes; else echo no; fi
}

@test "nsinit: --security" {
	local profile
	for profile in high medium low; do
		box_start - --security "$profile"
		grep -q '^Seccomp:.*2$' "/proc/$BOX_PID/status"
		grep -q '^NoNewPrivs:.*1$' "/proc/$BOX_PID/status"
		# A joined process has the filter, too.
		run ctrnet exec "$ID" grep -c '^Seccomp:.*2$' /proc/self/status
		assert_output 1
		box_stop
		[ "$(may "$profile" mount -t tmpfs x /mnt)" = no ]
		[ "$(may "$profile" unshare -U true)" = no ]
	done
	# AUDIT_WRITE, KILL and NET_BIND_SERVICE.
	run ctrnet exec --rootfs "$ROOT" --id "$ID" --security high -- grep ^CapEff /proc/self/status
	[ "$((0x${output##*[[:space:]]}))" = $((1 << 29 | 1 << 5 | 1 << 10)) ]
	[ "$(may high chmod 700 /dev/shm)" = no ]
	[ "$(may medium chmod 700 /dev/shm)" = yes ]
	[ "$(may medium chroot / /bin/true)" = no ]
	[ "$(may low chroot / /bin/true)" = yes ]
}

@test "nsinit: --apparmor-profile, --process-label, --mount-label" {
	if [ ! -e /sys/module/apparmor ]; then
		flags "apparmor_profile: 'box' is asked for, but this kernel runs without AppArmor (--ignore-missing-lsm goes on without it)" \
			--apparmor-profile box
		run --separate-stderr ctrnet exec --rootfs "$ROOT" --id "$ID" --apparmor-profile box --ignore-missing-lsm -- echo ran
		assert_output ran
		[ "$stderr" = "ctrnet: warning: apparmor_profile: 'box' is ignored, as this kernel runs without AppArmor" ]
	fi
	[ ! -e /sys/fs/selinux/enforce ] || skip "this kernel runs SELinux"
	flags "process_label: 'a:b:c:d' is asked for, but this kernel runs without SELinux (--ignore-missing-lsm goes on without it)" \
		--process-label a:b:c:d
	flags "mount_label: 'a:b:c:d' is asked for, but this kernel runs without SELinux (--ignore-missing-lsm goes on without it)" \
		--mount-label a:b:c:d
}

@test "nsinit: bad flags" {
	local name
	flags "--cpushares: 'x' is not a number from 0 to 9223372036854775807" --cpushares x
	flags "--cpushares: '-1' is not a number from 0 to 9223372036854775807" --cpushares -1
	flags "--memory-limit: '32M' is not a number from -1 to 9223372036854775807" --memory-limit 32M
	flags "--memory-swap: '-2' is not a number from -1 to 9223372036854775807" --memory-swap=-2
	flags "--memory-swappiness: '101' is not a number from -1 to 100" --memory-swappiness 101
	flags "--parent-death-signal: '65' is not a number from 0 to 64" --parent-death-signal 65
	flags "--parent-death-signal: 'KILL' is not a number from 0 to 64" --parent-death-signal KILL
	flags "--veth-mtu: '65536' is not a number from 0 to 65535" --veth-bridge br0 --veth-mtu 65536
	for name in 0 -1 2147483647 root; do
		flags "--userns-root-uid: '$name' is not a number from 1 to 2147483646" --userns-root-uid "$name"
	done
	for name in hostname cpuset-cpus cpuset-mems; do
		flags "--$name: empty" "--$name" ''
	done
	flags '--groups: empty' --groups ''
	flags '--tmpfs: empty' --tmpfs ''
	for name in net pid ipc uts mnt; do
		flags "--$name: 'x': expected 'private', 'host' or an absolute path" "--$name" x
	done
	flags "namespaces: NEWNET: cannot open '/no/such': No such file or directory" --net /no/such
	flags 'namespaces: a container needs a mount namespace of its own (NEWNS without a path)' --mnt host
	flags 'hostname: unable to set hostname without a private UTS namespace (NEWUTS)' --uts host --hostname x
	flags "--sysctl: 'x' is not NAME=VALUE" --sysctl x
	flags "--sysctl: '=1' is not NAME=VALUE" --sysctl =1
	flags "system_properties: 'kernel.panic' belongs to the host, not to a namespace" --sysctl kernel.panic=1
	for name in x /a :/b /a: /a:/b:rx /a:/b:ro:c; do
		flags "--bind: '$name': expected SOURCE:DESTINATION, with ':ro' or ':rw' behind it or without" --bind "$name"
	done
	flags "--security: 'x' is none of high, medium and low" --security x
	flags '--security: does not go with --process-label' --security low --process-label a:b:c:d
	flags "--veth-address: needs --veth-bridge" --veth-address 10.0.0.2/8
	flags "--veth-gateway: needs --veth-bridge" --veth-gateway 10.0.0.1
	flags "--veth-mtu: needs --veth-bridge" --veth-mtu 1400
	flags "--veth-bridge: interface name 'a/b': no '/', ':', '%' or white space allowed" --veth-bridge a/b
	flags "--veth-bridge: the host's network namespace stays as it is" --veth-bridge br0 --net host
	flags '--veth-address: 10.0.0.2: expected ADDRESS/PREFIX, as in 172.17.0.2/16' --veth-bridge br0 --veth-address 10.0.0.2
	flags '--veth-gateway: x: expected an address, as in 172.17.0.1 or 2001:db8::1' --veth-bridge br0 --veth-gateway x
	flags "networks[1] (eth0): no bridge 'ctrno0' (add \"bridge_address\": \"ADDRESS/PREFIX\" to have it made)" --veth-bridge ctrno0
	refused 255 'exec: --rootfs: empty' exec --rootfs '' -- /bin/true
	refused 255 'exec: --rootfs: T/no: No such file or directory' exec --rootfs "$T/no" -- /bin/true
	refused 255 "exec: expected a command (see 'ctrnet help exec')" exec --rootfs "$ROOT"
}

@test "nsinit: flags do not go with a config" {
	local FILE
	FILE=$(changed .)
	refused 255 'exec: --hostname is for a container without a config, and here FILE is one' \
		exec --config "$FILE" --rootfs "$ROOT" --hostname x -- /bin/true
	cp "$FILE" "$T/container.json"
	cd "$T"
	refused 255 'exec: --read-only is for a container without a config, and here container.json is one' \
		exec --read-only -- /bin/true
	cd /
	data_path=$T refused 255 'exec: --bind is for a container without a config, and here T/container.json is one' \
		exec --bind /a:/b -- /bin/true
}

# --- functions ----------------------------------------------------------------------------------

@test "nsinit: exec --list" {
	run ctrnet exec --list
	assert_status 0
	assert_output 'NAME      USAGE
exec      CMD [ARG...]: execute a program of the container'"'"'s (the default)
ip        show the container'"'"'s network interfaces
mknod     PATH TYPE MAJOR MINOR: make a device node (TYPE c, u or b) or a fifo (p)'
}

@test "nsinit: exec --func ip, of a container that runs and of a new one" {
	box_start point_to_point
	rm "$ROOT/bin/ip"
	local want got name mtu mac flags addresses
	want=$(box_net ip -j addr | jq -r '.[] | [.ifname, .mtu,
		(if .link_type == "loopback" then "-" else .address end),
		([.flags[] | select(IN("UP", "BROADCAST", "LOOPBACK", "MULTICAST")) | ascii_downcase] | sort | join("|")),
		([.addr_info[] | "\(.local)/\(.prefixlen)"] | sort | join(","))] | join(" ")')
	# A name that a terminal would obey.
	box_net ip link add name $'odd\e1' type bridge
	box_net ip link add name $'odd\xc2\x9b2' type bridge
	run ctrnet exec --func ip "$ID"
	assert_status 0
	[ "${lines[0]}" = 'NAME      MTU       MAC                 FLAG                     ADDRS' ]
	got=$(for line in "${lines[@]:1}"; do
		read -r name mtu mac flags addresses <<<"$line"
		[[ $name == odd* ]] || echo "$name $mtu $mac $(tr '|' '\n' <<<"$flags" | sort | paste -sd '|') $(tr ',' '\n' <<<"$addresses" | sort | paste -sd ,)"
	done)
	[ "$got" = "$want" ] || { echo "$got"; echo "$want"; return 1; }
	grep -q '^odd?1 .* -$' <<<"$output"
	grep -q '^odd??2 .* -$' <<<"$output"
	box_stop
	cp -a "$ROOTFS/bin/ip" "$ROOT/bin/ip"

	run ctrnet exec --rootfs "$ROOT" --id "$ID" --func ip
	assert_status 0
	[ "${#lines[@]}" = 2 ]
	[[ ${lines[1]} == 'lo '*'up|loopback'*127.0.0.1/8,::1/128 ]]
}

@test "nsinit: exec --func mknod: in the container, with its rights, beneath its root" {
	box_start -
	run ctrnet exec --func mknod "$ID" /dev/fresh c 1 3
	assert_status 0
	assert_output ''
	[ "$(box_all /bin/stat -c '%t %T %a %F' /dev/fresh)" = '1 3 644 character special file' ]
	[ ! -e /dev/fresh ]
	run ctrnet exec --func mknod "$ID" /dev/pipe p
	assert_status 0
	[ "$(box_all /bin/stat -c %F /dev/pipe)" = fifo ]
	# A link of the container's leads nowhere else.
	box_all /bin/ln -s / /dev/root
	run ctrnet exec --func mknod "$ID" /dev/root/../../../dev/over b 7 0
	assert_status 0
	[ "$(box_all /bin/stat -c '%t %T %F' /dev/over)" = '7 0 block special file' ]
	[ ! -e /dev/over ]
	refused 255 "exec: mknod: cannot make '/dev/fresh': File exists" exec --func mknod "$ID" /dev/fresh c 1 3
	refused 255 "exec: mknod: cannot make '/no/x': No such file or directory" exec --func mknod "$ID" /no/x c 1 3
	# As a user who may not.
	refused 255 "exec: mknod: cannot make '/dev/user': Permission denied" exec --func mknod -u 1000 "$ID" /dev/user c 1 3
	box_stop
	FILE=$(changed '.capabilities = ["CHOWN"]')
	refused 255 "exec: mknod: cannot make '/dev/x': Operation not permitted" \
		exec --config "$FILE" --rootfs "$ROOT" --id "$ID" --func mknod /dev/x c 1 3
}

# func LINE ARG...: refused, whatever the container.
func() {
	local line=$1
	shift
	refused 255 "exec: $line" exec --rootfs "$ROOT" --id "$ID" "$@"
}

@test "nsinit: bad functions" {
	func "--func: unknown function 'x'; known are exec, ip, mknod" --func x
	func "--func: unknown function ''; known are exec, ip, mknod" --func ''
	func 'ip: expected no arguments' --func ip -- eth0
	func 'mknod: expected PATH TYPE MAJOR MINOR' --func mknod -- /dev/x c 1
	func 'mknod: expected PATH TYPE MAJOR MINOR' --func mknod -- /dev/x c
	func "mknod: TYPE: 'char' is none of c, u, b and p" --func mknod -- /dev/x char 1 3
	func "mknod: MAJOR: '-1' is not a number from 0 to 4095" --func mknod -- /dev/x c -1 3
	func "mknod: MINOR: '1048576' is not a number from 0 to 1048575" --func mknod -- /dev/x c 1 1048576
	func "expected a command (see 'ctrnet help exec')" --func exec
}

# --- files beside the config ---------------------------------------------------------------------

# A container.json in $T/box, and nothing else.
make_bundle() {
	mkdir -p "$T/box"
	jq "${1:-.}" "$SAMPLES/point_to_point.json" >"$T/box/container.json"
}

@test "nsinit: state.json beside a container.json, while the container lives" {
	local state
	make_bundle
	box_start "$T/box/container.json"
	state=$(cat "$T/box/state.json")
	assert_json "$state" '.init_pid == $pid' --argjson pid "$BOX_PID"
	assert_json "$state" '.init_start_time == $start' --arg start "$(sed 's/.*) //' "/proc/$BOX_PID/stat" | cut -d ' ' -f 20)"
	assert_json "$state" '.network_state == {veth_host: "ctrp2p0", veth_child: "eth0"}'
	assert_json "$state" '.id == $id and (.config.networks | length) == 2' --arg id "$ID"
	[ "$(jq -r '.namespace_paths | to_entries[].value' <<<"$state" | xargs -n 1 stat -L -c %i)" = \
		"$(for kind in mnt uts ipc pid net user; do stat -L -c %i "/proc/$BOX_PID/ns/$kind"; done)" ]
	jq -r '.cgroup_paths[]' <<<"$state" | while read -r dir; do
		grep -qx "$BOX_PID" "$dir/cgroup.procs" || { echo "not in $dir"; exit 1; }
	done
	if [ -n "$(cgroup_of memory)" ]; then
		assert_json "$state" '.cgroup_paths.memory == $dir' --arg dir "$(cgroup_of memory)"
	fi
	# No more than may read the config may read it.
	[ "$(stat -c %a "$T/box/state.json")" = 644 ]
	box_stop
	[ "$(ls -A "$T/box")" = container.json ]

	# Other configs are not nsinit's.
	mv "$T/box/container.json" "$T/box/other.json"
	box_start "$T/box/other.json"
	[ "$(ls -A "$T/box")" = other.json ]
	box_stop
}

@test "nsinit: pid and start beside a config of mid-2014" {
	mkdir "$T/box"
	echo '{"hostname": "old", "namespaces": {"NEWNS": true, "NEWPID": true, "NEWUTS": true, "NEWNET": true}, "capabilities": ["CHOWN"],
		"networks": [{"type": "loopback", "address": "127.0.0.1/0", "gateway": "localhost", "mtu": 1500}]}' >"$T/box/container.json"
	box_start "$T/box/container.json"
	[ "$(ls -A "$T/box")" = $'container.json\npid\nstart\nstate.json' ]
	# Without a newline.
	printf %s "$BOX_PID" | cmp - "$T/box/pid"
	sed 's/.*) //' "/proc/$BOX_PID/stat" | cut -d ' ' -f 20 | tr -d '\n' | cmp - "$T/box/start"
	box_stop
	[ "$(ls -A "$T/box")" = container.json ]
}

@test "nsinit: the process of a config of 2014, and what the command line says on top of it" {
	mkdir "$ROOT/opt"
	echo '{"namespaces": {"NEWNS": true, "NEWPID": true}, "capabilities": ["SETUID", "SETGID"], "user": "1000:77", "working_dir": "etc",
		"environment": ["FIRST=1", "TWICE=1", "PATH=/bin"]}' >"$T/container.json"
	run ctrnet_run "$T/container.json" -- sh -c 'id -u; id -g; pwd; env | grep -v -e ^PWD -e ^SHLVL -e ^OLDPWD | sort'
	assert_status 0
	assert_output "1000
77
/etc
FIRST=1
HOME=/home/alice
PATH=/bin
TWICE=1"
	run ctrnet exec --config "$T/container.json" --rootfs "$ROOT" --id "$ID" -u 0 --cwd /opt -e TWICE=2 -e NEW=3 -- \
		sh -c 'id -u; pwd; echo $FIRST $TWICE $NEW'
	assert_status 0
	assert_output "0
/opt
1 2 3"
	jq '.environment = ["nonsense"]' "$T/container.json" >"$T/bad.json"
	refused 255 "exec: T/bad.json: environment[0]: invalid environment 'nonsense': expected NAME=VALUE" \
		exec --config "$T/bad.json" --rootfs "$ROOT" -- /bin/true
	refused 255 "exec: invalid environment '=x': expected NAME=VALUE" \
		exec --config "$T/container.json" --rootfs "$ROOT" -e =x -- /bin/true
	refused 255 "exec: --cwd: 'opt' is not an absolute path" exec --config "$T/container.json" --rootfs "$ROOT" --cwd opt -- /bin/true
	refused 255 "exec: expected a command (see 'ctrnet help exec')" exec --config "$T/container.json" --rootfs "$ROOT"
	rmdir "$ROOT/opt"
}

@test "nsinit: the command of a config of the OCI" {
	jq -n '{version: "pre-draft", platform: {os: "linux", arch: "amd64"}, root: {path: "rootfs", readonly: false}, hostname: "oci",
		process: {terminal: false, user: {uid: 5, gid: 6}, args: ["/bin/sh", "-c", "hostname; id -u; pwd; echo $WORD"],
			env: ["WORD=given"], cwd: "/tmp"},
		mounts: [{type: "proc", source: "proc", destination: "/proc", options: ""}],
		linux: {namespaces: [{type: "process"}, {type: "mount"}, {type: "uts"}], capabilities: ["KILL"]}}' >"$T/config.json"
	cd "$T"
	run ctrnet exec --config config.json --id "$ID"
	assert_status 0
	assert_output "oci
5
/tmp
given"
	run ctrnet exec --config config.json --id "$ID" -u 0 -- /bin/echo other
	assert_output other
}

@test "nsinit: state.json of a config that others may not read" {
	make_bundle
	chmod 600 "$T/box/container.json"
	box_start "$T/box/container.json"
	[ "$(stat -c %a "$T/box/state.json")" = 600 ]
	box_stop
}

@test "nsinit: state.json goes with a container whose ctrnet was killed" {
	make_bundle
	box_start "$T/box/container.json"
	kill -KILL "$BOX"
	wait "$BOX" || true
	[ -e "$T/box/state.json" ]
	ctrnet delete "$ID"
	[ "$(ls -A "$T/box")" = container.json ]

	# Or with the next one of its id.
	box_start "$T/box/container.json"
	kill -KILL "$BOX"
	wait "$BOX" || true
	box_start "$T/box/container.json"
	assert_json "$(cat "$T/box/state.json")" '.init_pid == $pid' --argjson pid "$BOX_PID"
	box_stop
	[ "$(ls -A "$T/box")" = container.json ]
}

# warns [WARNING]: run with $T/box/container.json; with that warning alone, if one is given.
warns() {
	run --separate-stderr timeout 20 "$CTRNET" --root "$RUN" exec --config "$T/box/container.json" --rootfs "$ROOT" --id "$ID" \
		-- /bin/true
	assert_status 0
	[ "$(said)" = "${1:+ctrnet: warning: $1}" ] || { echo "$stderr"; return 1; }
}

@test "nsinit: a state.json that is not ours stays as it is, whatever it is" {
	local stays='T/box/state.json is there, and is not ctrnet'"'"'s: it stays as it is'
	make_bundle
	echo mine >"$T/box/state.json"
	warns "$stays"
	[ "$(cat "$T/box/state.json")" = mine ]
	rm "$T/box/state.json"

	echo precious >"$T/precious"
	ln -s "$T/precious" "$T/box/state.json"
	warns "$stays"
	[ "$(cat "$T/precious")" = precious ]
	[ -L "$T/box/state.json" ]
	ln -sf "$T/not-there" "$T/box/state.json"
	warns "$stays"
	[ ! -e "$T/not-there" ]
	rm "$T/box/state.json"

	mkdir "$T/box/state.json"
	warns "$stays"
	rmdir "$T/box/state.json"
	mkfifo "$T/box/state.json"
	warns "$stays"
	rm "$T/box/state.json"
	warns
	[ "$(ls -A "$T/box")" = container.json ]
}

# A config in its rootfs for inject.bash, with all three files.
inject_beside() {
	inject_setup
	CONFIG=$BARE/container.json
	echo '{"namespaces": {"NEWNS": true, "NEWPID": true}, "capabilities": ["CHOWN"]}' >"$CONFIG"
	quick_snap >"$T/quick.before"
}

@test "nsinit: files beside the config, killed before each call that makes or removes one" {
	inject_beside
	kill_at renameat2 fsetxattr unlinkat
}

@test "nsinit: files beside the config, where each call that makes or removes one fails" {
	inject_beside
	fail_at EIO renameat2 fsetxattr getxattr
	STEP=2 fail_at EIO unlinkat
}

@test "nsinit: state.json is replaced while the container lives: the new one stays" {
	make_bundle
	box_start "$T/box/container.json"
	echo mine >"$T/mine"
	mv "$T/mine" "$T/box/state.json"
	box_stop
	[ "$(cat "$T/box/state.json")" = mine ]
}

@test "nsinit: state.json where nothing can be written, and of two containers of one config" {
	make_bundle
	mount --bind "$T/box" "$T/box"
	mount -o remount,bind,ro "$T/box"
	warns 'T/box/state.json cannot be written: Read-only file system'
	umount "$T/box"

	make_bundle 'del(.networks, .routes)'
	box_start "$T/box/container.json"
	run --separate-stderr ctrnet exec --config "$T/box/container.json" --rootfs "$ROOT" --id "$ID-two" -- /bin/true
	assert_status 0
	[ -z "$stderr" ]
	assert_json "$(cat "$T/box/state.json")" '.init_pid == $pid' --argjson pid "$BOX_PID"
	box_stop
	[ "$(ls -A "$T/box")" = container.json ]
}

@test "nsinit: a config in the rootfs and what is beside it are the container's to read only" {
	local before
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	before=$(cat "$ROOT/container.json")
	cd "$ROOT"
	run ctrnet exec /bin/sh -c '
		grep -q "\"init_pid\"" /state.json || exit 1
		for file in /container.json /state.json; do
			echo "{}" 2>&1 >$file && exit 2
			rm -f $file 2>/dev/null && exit 3
			mv $file /tmp/x 2>/dev/null && exit 4
			mv /tmp /tmp2 && mv /tmp2 /tmp
			ln $file /tmp/link 2>/dev/null && echo "{}" >/tmp/link && exit 5
			mount -o remount,rw $file 2>/dev/null && exit 6
			umount $file 2>/dev/null && exit 7
		done
		exit 0' 2>/dev/null
	assert_status 0
	[ "$(cat "$ROOT/container.json")" = "$before" ]
	rm "$ROOT/container.json"

	# Where it could be put aside with the directory that it is in, that is said.
	mkdir "$ROOT/opt"
	cp "$SAMPLES/minimal.json" "$ROOT/opt/container.json"
	run --separate-stderr ctrnet exec --config "$ROOT/opt/container.json" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[ "$(said)" = "ctrnet: warning: T/rootfs/opt/container.json lies inside the container's root directory: it can replace its own config" ]
	rm "$ROOT/opt/container.json"
	rmdir "$ROOT/opt"
}

@test "nsinit: nothing that a container puts in place of state.json is followed or read" {
	cp "$SAMPLES/minimal.json" "$ROOT/container.json"
	echo precious >"$T/precious"
	# From an earlier container that could write to the rootfs.
	ctrnet_run minimal -- /bin/sh -c "ln -s '$T/precious' /state.json; ln -s / /.state.json.ctrnet-0"
	cd "$ROOT"
	run ctrnet exec --id "$ID" -- /bin/true
	assert_status 0
	[ "$(cat "$T/precious")" = precious ]
	rm "$ROOT/container.json" "$ROOT/state.json" "$ROOT/.state.json.ctrnet-0"
}

# --- config as a generator ------------------------------------------------------------------------

@test "nsinit: config with flags writes the config that exec with them runs" {
	local flags=(--rootfs "$ROOT" --hostname made --memory-limit 33554432 --tmpfs /mnt --sysctl net.ipv4.ip_forward=1)
	local show='hostname; grep " /mnt " /proc/self/mounts; cat /proc/sys/net/ipv4/ip_forward; grep ^Cap /proc/self/status; ulimit -n'
	run ctrnet exec --id "$ID" "${flags[@]}" -- /bin/sh -c "$show"
	assert_status 0
	by_flags=$output
	ctrnet config "${flags[@]}" -f "$T/made.json"
	run ctrnet exec --config "$T/made.json" --id "$ID" -- /bin/sh -c "$show"
	assert_status 0
	assert_output "$by_flags"
	[ "$(ctrnet config "${flags[@]}")" = "$(cat "$T/made.json")" ]
	[ "$(ctrnet config "${flags[@]}" --file stdout)" = "$(cat "$T/made.json")" ]
	# It is read as it was written, and the directory one stands in is its rootfs.
	[ "$(ctrnet config "$T/made.json")" = "$(cat "$T/made.json")" ]
	cd "$ROOT"
	assert_json "$(ctrnet config --hostname made)" '.rootfs == $root and .hostname == "made"' --arg root "$ROOT"
}

@test "nsinit: bad generators" {
	cd "$T"
	refused 1 "config: expected a FILE or flags, not both (see 'ctrnet help config')" config --hostname x some.json
	refused 1 "config: expected a FILE, since there is no container.json here, or flags in its place (see 'ctrnet help config')" config
	refused 1 'config: --file: /no/such/file: No such file or directory' config --rootfs / -f /no/such/file
	refused 1 "config: --cpushares: 'x' is not a number from 0 to 9223372036854775807" config --cpushares x
	refused 1 'config: hostname: unable to set hostname without a private UTS namespace (NEWUTS)' config --uts host --hostname x
	run ! test -e "$T/x.json"
	refused 1 'config: --rootfs: empty' config --rootfs '' -f "$T/x.json"
	run ! test -e "$T/x.json"
}
