# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the tests of shaping share.

SHAPED=$SAMPLES/networks/shaping.json

# shaped EGRESS INGRESS: print the path of the sample with these two objects in its place.
shaped() {
	config "$SHAPED" '.networks[1].shaping = ({egress: $e, ingress: $i} | map_values(select(. != {})))' --argjson e "$1" --argjson i "${2:-{\}}"
}

# A link of another network namespace takes it: the kernel has netem, if need be as a module.
has_netem() {
	unshare --net sh -c 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms' 2>/dev/null
}

inside_qdiscs() {
	box_net tc -j -s qdisc show dev eth0
}

host_qdiscs() {
	tc -j -s qdisc show dev ctrshape0
}

# All that tc says of both ends, without counters.
tree() {
	tree_counted | sed 's/direct_packets_stat [0-9]*//'
}

tree_counted() {
	local show
	for show in 'qdisc show' 'class show' 'filter show root' 'filter show ingress'; do
		# shellcheck disable=SC2086 # two words
		box_net tc -d $show dev eth0
		# shellcheck disable=SC2086 # two words
		tc -d $show dev ctrshape0
	done
}

# The tc lines of a config's dry run.
tc_lines() {
	ctrnet exec --config "$1" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/sh | grep '^tc '
}

# typed LINES: of a box without shaping, make what they say, as a person would.
typed() {
	local line
	while IFS= read -r line; do
		line=${line/#tc -n container /nsenter --target $BOX_PID --net tc }
		$line || { echo "refused: $line"; return 1; }
	done <<<"$1"
}

# same_by_hand CONFIG: the kernel has the same after ctrnet has made CONFIG and after its lines were typed.
same_by_hand() {
	local ours lines
	lines=$(tc_lines "$1")
	box_start "$1"
	ours=$(tree)
	box_stop
	box_start "$(config "$SHAPED" 'del(.networks[1].shaping)')"
	typed "$lines"
	diff <(echo "$ours") <(tree)
	box_stop
}
