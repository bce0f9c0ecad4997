# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of links on an interface of the host's: it is uplink0, a veth, whose other end, far0, is the network that it leads
# to. Both are there before a test's first look, and stay.

uplink() {
	ip link add uplink0 type veth peer name far0
	ip link set uplink0 addrgenmode none
	ip link set far0 addrgenmode none
	ip link set far0 up
	ip link set uplink0 up
	ip addr add 10.70.0.1/24 dev far0
	ip -6 addr add fd00:70::1/64 dev far0 nodad
	ip link set lo up
	# What the kernel does to these late would look like something that was left.
	wait_for 5 sh -c '! ip -o addr | grep -q tentative && ip -j link show uplink0 | grep -q "\"operstate\":\"UP\""'
}

of_uplink() {
	ip -j link show dev uplink0 | jq -r ".[0].$1"
}

sample() {
	echo "$SAMPLES/networks/$1.json"
}

# on_uplink KEYS [MORE]: a config with one network, of the keys of a jq object, and further ones.
on_uplink() {
	config minimal ".networks += [$1]"
}

# need TYPE: skip where the kernel has no such links, which ctrnet has to say.
need() {
	! unshare -n ip link add link lo name probe0 type "$@" 2>&1 | grep -qi 'unknown device type' && return
	run ctrnet_run "$(sample "$1")" -- /bin/true
	assert_status 255
	[[ $output == "ctrnet: exec: networks[1] ("*"): $1 "*": this kernel has no $1"* ]] || { echo "$output"; return 1; }
	skip "this kernel has no $1"
}

# inside FILTER [JQ-ARGS...]: what is true of the first link of the box that is not lo, as ip(8) sees it from inside.
inside() {
	local json
	json=$(box_net ip -j -d link)
	assert_json "$json" "map(select(.ifname != \"lo\" and .ifname != \"sit0\" and .ifname != \"tunl0\"))[0] | $1" "${@:2}"
}

# refused_with WORDS CONFIG: exec says just that, perhaps behind the name of the config.
refused_with() {
	run ctrnet_run "$2" -- /bin/true
	assert_status 255
	output=${output/ $2: / }
	assert_output "ctrnet: exec: $1"
}
