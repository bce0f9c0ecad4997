#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every way to tamper with a container's network is found by `net check`, named, and mended by `net repair`: links of all kinds.

load lib
load tamper

setup_file() {
	uplink
}

@test "tamper: macvlan" {
	tamper_all "$(sample macvlan)" once
}

@test "tamper: macvtap" {
	tamper_all "$(sample macvtap)" once
}

@test "tamper: vxlan" {
	tamper_all "$(sample vxlan)" once
}

@test "tamper: link_keys" {
	tamper_all "$(sample link_keys)" once
}

@test "tamper: tap" {
	tamper_all "$(sample tap)" once
}

@test "tamper: tun" {
	tamper_all "$(sample tun)" once
}

@test "tamper: ifb" {
	tamper_all "$(sample ifb)" once
}

@test "tamper: bridge" {
	tamper_all "$(sample bridge)" once
}

# bats test_tags=slow
@test "tamper: each object of all of these" {
	local name
	for name in macvlan macvtap vxlan link_keys tap tun ifb bridge; do
		tamper_all "$(sample $name)"
	done
}
