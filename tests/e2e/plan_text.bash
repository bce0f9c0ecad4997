# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of a plan as text: what `--dry-run` says about networks is typed in, line by line, in a host and a container that
# are nothing but network namespaces, beside a container that ctrnet has made. Then the kernel has to have the same in both.

load links

# What a person would type; and how all other lines of a dry run begin.
TOOLS_OF_NETWORKS='^(ip|bridge|tc|nft|sysctl|wg|ethtool) '
OTHER_LINES="^(#.*|(cat|cd|chmod|chown|echo|exec|hostname|keyctl|ln|mkdir|mknod|mount|pivot_root|printf|prlimit|setpriv|touch|umount|unshare) .*)$"

# lines_of CONFIG: those about networks of its dry run go to $T/lines. A line of a word that is neither is noticed.
lines_of() {
	ctrnet exec --config "$1" --rootfs "$ROOT" --id "$ID" --dry-run -- /bin/sh >"$T/plan" 2>"$T/plan.err" || { cat "$T/plan.err"; return 1; }
	# Files with the words that are in them, which may be any.
	perl -0pe "s/^printf %s '[^']*' > .*\\n//mg" "$T/plan" | grep -vE "$OTHER_LINES" >"$T/lines" || true
	! grep -vE "$TOOLS_OF_NETWORKS" "$T/lines"
}

# Behind unshare(1), the host whose container is typed in: like the one that tests are in, with the bridges that stand there
# (STANDING) and an uplink0 of the same addresses.
typed_host() {
	local name mac
	mount -t tmpfs tmpfs /run
	while read -r name mac; do
		[ -z "$name" ] || ip link add "$name" address "$mac" type bridge
	done <<<"$STANDING"
	uplink
	ip link set uplink0 address "$2"
	ip link set far0 address "$3"
	ip netns add container
	sh -e "$1" || return
	echo typed
	exec sleep 1000
}

# typed LINES: sets TYPED, a process in the namespaces of the host where they have been typed in.
typed() {
	: >"$T/typed.out"
	STANDING=$STANDING unshare --net --mount bash -c "$(declare -f uplink wait_for typed_host); typed_host \"\$@\"" - "$1" \
		"${UPLINK[@]}" >"$T/typed.out" 2>"$T/typed.err" 3>&- &
	TYPED=$!
	wait_for 20 eval 'grep -q ^typed "$T/typed.out" || ! kill -0 $TYPED 2>/dev/null'
	grep -q ^typed "$T/typed.out" || { echo "refused: $(cat "$T/typed.err")"; return 1; }
}

end_typed() {
	kill "$TYPED" 2>/dev/null || true
	wait "$TYPED" || true
}

# All that the kernel has in the network namespace that it runs in: JSON texts, each list behind its name, and the settings. A list
# that the kernel does not know of is none.
# shellcheck disable=SC2016 # the shell inside expands it
KERNEL_STATE='
list() { echo "\"$1\""; shift; text=$("$@") && echo "$text"; }
list addresses ip -j -d addr
list routes ip -j -d -4 route show table all; list routes ip -j -d -6 route show table all
list rules ip -j -d -4 rule; list rules ip -j -d -6 rule
list neighbours ip -j neigh show nud all; list neighbours ip -j neigh show proxy
list fdb bridge -j -d fdb
list vlans bridge -j -d vlan
list ports bridge -j -d link
list qdiscs tc -j -d qdisc
tc qdisc | sed -nE "s/^qdisc (htb|ingress|clsact) .* dev ([^ ]*) .*/\2/p" | sort -u | while read -r dev; do
	echo "\"classes\""; tc -d class show dev "$dev" | sed -E "s/.*/[\"$dev &\"]/"
	list filters tc -j -d filter show dev "$dev" root; list filters tc -j -d filter show dev "$dev" ingress
done
! command -v nft >/dev/null || list nft nft -j list ruleset
echo "\"settings\""
# Of a namespace of users, those of routes are not shown.
grep -rs "" /proc/sys/net/ipv4 /proc/sys/net/ipv6 | grep -v ^/proc/sys/net/ipv6/route/ | sed -E "s/[\"\\\\]/./g; s/\t/ /g; s/(.*)/[\"\1\"]/"'

# Without what is given out anew, what counts and what runs down; who made an address or a route (ours say so: NL_PROTO_CTRNET).
# shellcheck disable=SC2016 # jq's own variables
SAME_FOR_BOTH='
	def state: reduce .[] as $x ({}; if $x | type == "string" then .at = $x else .state[.at] += ([$x] | flatten(1)) end) | .state;
	def names: [.addresses[] | {key: "\(.ifindex)", value: .ifname}] | from_entries;
	def without(words): walk(if type == "object" then with_entries(select(.key | test(words) | not)) else . end);
	def lifetime: if . < 4294967295 then (. / 200 | ceil) * 200 else . end;
	def address: (.valid_life_time, .preferred_life_time) |= lifetime | del(.protocol);
	# Of a tunnel, ip(8) takes the index of what it lies on for one of its own namespace.
	def lower($other): if .linkinfo.info_kind | . == "vxlan" or . == "geneve" then del(.link, .linkinfo.info_data.link)
		elif .link_netnsid != null then .link = $other["\(.link_index)"] else . end | if .operstate == "LOWERLAYERDOWN" then .operstate = "DOWN" else . end;
	def link($other): lower($other)
		| .addr_info |= (map(address) | sort_by(.family, .local)) | without("^(ifindex|link_index|link_netnsid)$|_timer$|^(bridge|root)_id$");
	def whose: if .protocol | . == "206" or . == "boot" or . == "unspec" then del(.protocol) else . end;
	def lasts: (.dst | test("^(ff|224|127|0\\.0\\.0\\.0|::1)") | not) and (.state == null or any(.state[]; . == "PERMANENT" or . == "NOARP"));
	def normal($other): {
		addresses: .addresses | map(link($other)),
		routes: .routes | map(whose | del(.expires)),
		rules: .rules | map(whose),
		neighbours: .neighbours | map(select(lasts) | whose),
		fdb: .fdb | map(select(.state != "" and .state != null) | del(.ifindex, .viaIfIndex, .linkNetNsId)),
		vlans: .vlans, ports: .ports | map(del(.ifindex, .link) | .flags -= ["M-DOWN"]),
		qdiscs: .qdiscs | map(del(.refcnt, .options.direct_packets_stat) | if .handle | test("^8...:") then del(.handle) else . end),
		classes: .classes, filters: .filters | without("^(index|installed|last_used)$"),
		nft: [.nft[]?.nftables[] | select(.metainfo | not) | without("^handle$") | walk(if type == "object" and has("elem") and (.elem | type == "array") then .elem |= sort else . end)],
		settings: .settings};
	def lines($where): to_entries[] | .key as $at | (.value // [])[] | "\($where) \($at): \(tojson)";
	($host | state) as $h | ($inside | state) as $i
	| ($h | normal($i | names) | lines("host")), ($i | normal($h | names) | lines("inside"))'

# state_of PID NETNS: of the host that the process is in, and of a container, whose network namespace the file is.
state_of() {
	nsenter --target "$1" --net sh -c "$KERNEL_STATE" >"$T/state.host" 2>/dev/null
	nsenter --net="$2" sh -c "$KERNEL_STATE" >"$T/state.inside" 2>/dev/null
	jq -nrS --slurpfile host "$T/state.host" --slurpfile inside "$T/state.inside" "$SAME_FOR_BOTH" | sort
}

same_state() {
	local netns=/proc/$TYPED/root/run/netns/container
	[ "$(readlink "/proc/$BOX_PID/ns/net")" != "$(readlink /proc/self/ns/net)" ] || netns=/proc/$TYPED/ns/net
	state_of $$ "/proc/$BOX_PID/ns/net" >"$T/made" && state_of "$TYPED" "$netns" >"$T/typed" && [ -s "$T/made" ] &&
		diff "$T/made" "$T/typed" >"$T/different"
}

# soon_same SECONDS
soon_same() {
	local end=$((SECONDS + $1))
	until same_state; do
		[ $SECONDS -lt $end ] || return
		sleep 0.1
	done
}

# same_by_hand CONFIG [SED [SECONDS]]: what ctrnet makes of it, and its lines (changed by sed(1)). The kernel takes its time about addresses
# of its own and carriers. 2: this kernel lacks what it needs.
same_by_hand() {
	local status=0
	lines_of "$1" || return 1
	sed -i "${2:-}" "$T/lines"
	rm -f "$T/different"
	STANDING=$(ip -j link show type bridge | jq -r '.[] | "\(.ifname) \(.address)"')
	# Before it may be in the container.
	mapfile -t UPLINK < <(ip -j link | jq -r '.[] | select(.ifname == ("uplink0", "far0")) | "\(.ifname) \(.address)"' | sort -r | cut -d ' ' -f 2)
	if ! box_start "$1" >"$T/start"; then
		wait "$BOX" || true
		grep -qE "$LACKS" "$T/start" && return 2
		cat "$T/start"
		return 1
	fi
	typed "$T/lines" && soon_same "${3:-10}" || status=1
	[ $status = 0 ] || [ ! -s "$T/different" ] || cut -c 1-1000 "$T/different" | head -n 40
	end_typed
	box_stop || status=1
	return $status
}

LACKS='this kernel has no (bridge, or no vlan_filtering|ipvlan|vlan|vrf|dummy|geneve|netem|wireguard)'
