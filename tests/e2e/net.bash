# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of `ctrnet net`: what the kernel has, as ip(8) and bridge(8) tell it, in a form that can be compared.

# Of the namespace one is in, without what is given out anew each time: indexes, counters, timers, and the labels
# that the kernel makes of a link's former name; nor the bridge of a stranger's.
picture_here() {
	ip -j addr | jq -S 'map(select(.ifname != null and .ifname != "ctrother") | del(.ifindex, .link_index, .link_netnsid) | .addr_info = (.addr_info | map(del(.label)) | sort_by(.family, .local, .prefixlen)))
		| sort_by(.ifname)'
	ip -j -d link | jq -S 'map(select(.ifname != "ctrother") | {ifname, ifalias, master, kind: .linkinfo.info_kind, hairpin: .linkinfo.info_slave_data.hairpin}) | sort_by(.ifname)'
	ip -j -4 route show table all | jq -S 'map(select(.dev != "ctrother")) | sort'
	ip -j -6 route show table all | jq -S 'map(select(.dev != "ctrother")) | sort'
	sysctl -n net.ipv6.conf.default.accept_dad
}

# Of the host's side and of the inside of the box.
picture() {
	picture_here
	box_net bash -c "$(declare -f picture_here); picture_here"
}

# No address is still being looked for on the link.
settled() {
	! ip -j addr | grep -q tentative && ! box_net ip -j addr | grep -q tentative
}

same_picture() {
	picture >"$T/picture.after"
	diff "$T/picture.before" "$T/picture.after" >"$T/picture.diff"
}

# The host's end of the box's eth0.
host_end() {
	local index
	index=$(box_net ip -j link show dev "${1:-eth0}" | jq '.[0].link_index')
	ip -j link | jq -r --argjson i "$index" '.[] | select(.ifindex == $i) | .ifname'
}

# A check that finds nothing says nothing.
assert_untouched() {
	run ctrnet net check "${1:-$ID}"
	assert_status 0
	assert_output ''
}
