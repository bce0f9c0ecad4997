#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How names become addresses in a container: resolv.conf, hosts and hostname.

load lib
load refuse

# box_file PATH: what the container reads there.
box_file() {
	box_all /bin/cat "$1"
}

@test "dns: resolv.conf, hosts and hostname, read-only, where the rootfs has none of them" {
	local etc
	etc=$(find "$ROOT/etc" 2>/dev/null | sort)
	box_start "$(config dual_stack '.dns = {servers: ["10.1.1.1", "fd00::53"], search: ["example.org", "lan"], options: ["ndots:2", "edns0"]}
		| .hosts = {"db": "10.1.0.5", "db6.example.org": "fd00::5"}')"
	[ "$(box_file /etc/resolv.conf)" = $'nameserver 10.1.1.1\nnameserver fd00::53\nsearch example.org lan\noptions ndots:2 edns0' ]
	[ "$(box_file /etc/hosts)" = $'127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n172.30.1.2\tdual-stack\nfd5a:c7e1:30:1::2\tdual-stack\n10.1.0.5\tdb\nfd00::5\tdb6.example.org' ]
	[ "$(box_file /etc/hostname)" = dual-stack ]
	local file
	for file in resolv.conf hosts hostname; do
		[[ $(mount_line /etc/$file) =~ \ ro,nosuid,nodev,noexec ]]
		run box_all /bin/sh -c "echo x >>/etc/$file"
		assert_status 1
		[[ $output == *'Read-only file system'* ]]
	done
	box_stop
	# What was made for them in the rootfs is gone again.
	[ "$(find "$ROOT/etc" 2>/dev/null | sort)" = "$etc" ]
}

@test "dns: anybody in the container can read them, whatever the umask was" {
	local file
	umask 077
	box_start "$(config dual_stack '.dns.servers = ["10.1.1.1"]')"
	for file in resolv.conf hosts hostname; do [ "$(box_all /bin/stat -c %a /etc/$file)" = 644 ]; done
	box_stop
}

@test "dns: over the files that the rootfs has, which stay as they are" {
	mkdir -p "$ROOT/etc"
	echo 'nameserver 192.0.2.1' >"$ROOT/etc/resolv.conf"
	echo '192.0.2.2 own' >"$ROOT/etc/hosts"
	box_start "$(config minimal '.dns.servers = ["10.1.1.1"]')"
	[ "$(box_file /etc/resolv.conf)" = 'nameserver 10.1.1.1' ]
	[[ $(box_file /etc/hosts) == *$'127.0.1.1\tminimal' ]]
	box_stop
	[ "$(cat "$ROOT/etc/resolv.conf")" = 'nameserver 192.0.2.1' ]
	[ "$(cat "$ROOT/etc/hosts")" = '192.0.2.2 own' ]
	# With hosts alone, how names are asked for stays the rootfs' business.
	box_start "$(config minimal '.hosts = {"db": "10.1.0.5"}')"
	[ "$(box_file /etc/resolv.conf)" = 'nameserver 192.0.2.1' ]
	[[ $(box_file /etc/hosts) == *$'10.1.0.5\tdb' ]]
	box_stop
	# And without both keys, all of it.
	box_start minimal
	[ "$(box_file /etc/hosts)" = '192.0.2.2 own' ]
	box_stop
	rm -r "$ROOT/etc/resolv.conf" "$ROOT/etc/hosts"
}

@test "dns: the container's name is that of addresses that were chosen" {
	local file
	file=$(config attach_to_bridge '.networks = [{type: "veth", name: "eth0", bridge: "ctrbr9", subnet: ["172.30.9.0/24", "fd5a:c7e1:30:9::/64"]}] |
		.dns = {servers: ["192.0.2.53"]}')
	run ctrnet_run "$file" /bin/sh -c 'grep attach-to-bridge /etc/hosts'
	assert_output $'172.30.9.2\tattach-to-bridge\nfd5a:c7e1:30:9::2\tattach-to-bridge'
}

@test "dns: of networks, behind the container's own, each once" {
	box_start "$(config dual_stack '.dns = {servers: ["10.1.1.1"], search: ["example.org"]}
		| .networks[0].dns = {options: ["edns0"]}
		| .networks[1].dns = {servers: ["fd00:0::53", "10.1.1.1"], search: ["lan", "example.org", "lan"], options: ["ndots:2", "edns0"]}
		| .networks += [{type: "veth", name: "eth1", dns: {servers: ["fd00::53", "10.1.1.3"], options: ["rotate"]}}]')"
	[ "$(box_file /etc/resolv.conf)" = $'nameserver 10.1.1.1\nnameserver fd00:0::53\nnameserver 10.1.1.3\nsearch example.org lan\noptions edns0 ndots:2 rotate' ]
	box_stop
	# Without the container's own.
	box_start "$(config attach_to_bridge '.networks[1].dns.servers = ["10.1.1.2"]')"
	[ "$(box_file /etc/resolv.conf)" = 'nameserver 10.1.1.2' ]
	[[ $(box_file /etc/hosts) == *$'172.30.0.2\tattach-to-bridge' ]]
	box_stop
}

@test "dns: a symlink in the rootfs leads nowhere outside of it" {
	mkdir -p "$ROOT/etc"
	echo outside >"$T/outside"
	ln -s "../../../../../../../..$T/outside" "$ROOT/etc/hosts"
	run ctrnet_run "$(config minimal '.hosts = {"db": "10.1.0.5"}')" -- /bin/cat /etc/hosts
	rm "$ROOT/etc/hosts"
	[ "$(cat "$T/outside")" = outside ]
	[ "$status" != 0 ] || [[ $output == *$'10.1.0.5\tdb' ]]
}

@test "dns: a start that fails leaves none of it" {
	local before
	before=$(find "$ROOT" | sort)
	run ctrnet_run "$(config attach_to_bridge '.dns.servers = ["10.1.1.1"] | .routes = [{source: "192.0.2.1", interface_name: "eth0", metric: 5}]')" -- /bin/true
	[ "$status" != 0 ]
	[[ $output == *'Invalid prefsrc address'* ]]
	[ "$(find "$ROOT" | sort)" = "$before" ]
}

@test "dns: bad values" {
	refuses '.dns.servers = ["10.1.1"]' \
		'FILE: dns: servers[0]: 10.1.1: expected an address, as in 172.17.0.1 or 2001:db8::1'
	refuses '.dns.servers = ["10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4"]' \
		'FILE: dns: servers: 4 of them; no more than 3 are asked (resolv.conf(5))'
	refuses '.dns.search = ["a b"]' "FILE: dns: search[0]: 'a b': expected a domain, as in example.org"
	refuses '.dns.options = ["ndots:2\nnameserver 1.1.1.1"]' \
		"FILE: dns: options[0]: 'ndots:2?nameserver 1.1.1.1': expected a word, as in ndots:2 (resolv.conf(5))"
	refuses '.hosts = {"a b": "10.1.1.1"}' "FILE: hosts: 'a b': expected a name, as in db.example.org"
	refuses '.hosts = {"db": "db2"}' 'FILE: hosts: db: db2: expected an address, as in 172.17.0.1 or 2001:db8::1'
	refuses '.dns.servers = ["10.1.1.1"] | .mounts += [{source: "/etc/hosts", destination: "/etc/hosts", device: "bind"}]' \
		"FILE: mounts[2]: /etc/hosts is made of the key 'hosts' already"
	refuses '.dns.servers = ["10.1.1.1"] | .namespaces += [{type: "NEWUSER"}] | .uid_mappings = [{container_id: 0, host_id: 100000, size: 65536}]
		| .gid_mappings = .uid_mappings' \
		'FILE: dns: not with a user namespace (NEWUSER): mount a file over /etc/resolv.conf instead'
	refuses '.networks[1].dns.servers = ["10.1.1"]' \
		'FILE: networks[1]: dns: servers[0]: 10.1.1: expected an address, as in 172.17.0.1 or 2001:db8::1'
	refuses '.networks[1].dns.search = ["a b"]' "FILE: networks[1]: dns: search[0]: 'a b': expected a domain, as in example.org"
	refuses '.dns.servers = ["10.1.1.1", "10.1.1.2", "10.1.1.3"] | .networks[1].dns.servers = ["10.1.1.3", "10.1.1.4"]' \
		'FILE: dns: servers: 4 of them, with those of networks; no more than 3 are asked (resolv.conf(5))'
	refuses '.networks[1].dns.servers = ["10.1.1.1"] | .namespaces += [{type: "NEWUSER"}] | .uid_mappings = [{container_id: 0, host_id: 100000, size: 65536}]
		| .gid_mappings = .uid_mappings' \
		'FILE: networks[1] (eth0): dns: not with a user namespace (NEWUSER): mount a file over /etc/resolv.conf instead'
	accepts '.networks[1].dns = {servers: ["10.1.1.1"], option: []}' "warning: FILE:L:C: networks[1].dns.option: unknown key; did you mean 'options'?"
	accepts '.dns = {servers: ["10.1.1.1"], serach: ["lan"]}' "warning: FILE:L:C: dns.serach: unknown key; did you mean 'search'?"
}
