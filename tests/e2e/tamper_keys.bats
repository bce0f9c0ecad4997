#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every way to tamper with a container's network is found by `net check`, named, and mended by `net repair`: addresses, routes, rules, neighbours, shaping and address translation.

load lib
load tamper

setup_file() {
	uplink
}

@test "tamper: addresses" {
	tamper_all "$(sample addresses)" once
}

@test "tamper: routes" {
	tamper_all "$(sample routes)" once
}

@test "tamper: rules" {
	tamper_all "$(sample rules)" once
}

@test "tamper: shaping" {
	tamper_all "$(sample shaping)" once
}

@test "tamper: nat_ports" {
	tamper_all "$(sample nat_ports)" once
}

@test "tamper: subnet" {
	tamper_all "$(sample subnet)" once
}

# bats test_tags=slow
@test "tamper: each object of all of these" {
	local name
	for name in addresses routes rules shaping nat_ports subnet; do
		tamper_all "$(sample $name)"
	done
}
