#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# As tamper_links.bats, of what many kernels lack.

load lib
load tamper
load shaping

setup_file() {
	local module
	# The tests' namespaces may not load any.
	for module in ipvlan 8021q geneve dummy vrf sch_netem sch_htb ifb; do modprobe -q $module || true; done
	uplink
}

# bats test_tags=net
@test "tamper: ipvlan, vlan, geneve, dummy, vrf, netem" {
	local name
	for name in ipvlan vlan geneve dummy vrf; do
		"$CTRNET" --root "$RUN" exec --config "$(sample $name)" --rootfs "$ROOT" --id "$ID-try" -- /bin/true 2>/dev/null ||
			skip "this kernel lacks what $name needs"
		# Of a kind whose MTU depends on the kernel's version, or the host's routes, only one that was asked for is compared.
		tamper_all "$(config "$(sample $name)" '(.networks[] | select(.type == "vrf" or .type == "geneve")).mtu = 1400')" once
	done
	has_netem || skip "this kernel has no netem"
	tamper_all "$(shaped '{"delay": "20ms", "loss": "1%"}' '{"delay": "10ms"}')" once
}
