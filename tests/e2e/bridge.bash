# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of ports of the bridge ctrport, which comes with the first of them.

# port_config PORTS [MORE]: FILE is a config with a port for each object of keys, and further networks.
port_config() {
	FILE=$(config minimal ".networks += ([$1] | map({type: \"veth\", bridge: \"ctrport\", bridge_address: \"10.90.0.1/24\"} + .)) + [${2:-}]")
}

# beside PORT CMD...: run it in another container, which has that port; its status is bats'.
beside() {
	port_config "$1"
	shift
	run ctrnet exec --config "$FILE" --rootfs "$ROOT" --id "$ID-b" -- "$@"
}

# tampered WHERE COMMAND WORDS: is found in these words, and mended. @ is the host's end of eth0.
tampered() {
	local command words end
	end=$(host_end)
	command=${2//@/$end} words=${3//@/$end}
	if [ "$1" = in ]; then box_net bash -ec "$command"; else bash -ec "$command"; fi
	run ctrnet net check "$ID"
	assert_status 1
	grep -qF -- "$words" <<<"$output" || { echo "$command: not said: $words"; echo "$output"; return 1; }
	run ctrnet net repair "$ID"
	assert_status 0
	assert_untouched
}
