#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Addresses out of subnets: chosen, reserved, given back; judged by ip(8) and by the pools' files.

load lib
load inject
load refuse

# The file of a subnet, as 10.1.0.0/24.
pool() {
	echo "/run/ctrnet-shared/$(stat -L -c %i /proc/self/ns/net).pools/${1/\//_}.pool"
}

# subnet SUBNET [FILTER [JQ-ARGS...]]: a config whose eth0 has that one alone, at ctrbr0.
subnet() {
	local net=$1 filter=${2:-.}
	shift
	[ $# = 0 ] || shift
	config "$SAMPLES/networks/subnet.json" "(.networks[1] |= (del(.ranges, .exclude) | .subnet = \$net)) | $filter" --arg net "$net" "$@"
}

# eth0's addresses inside, without those of the link.
inside() {
	box_net ip -j addr show dev "${1:-eth0}" | jq -r '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | xargs
}

# default_of FAMILY: the gateway inside.
default_of() {
	box_net ip -j "$1" route show default | jq -r '.[].gateway' | xargs
}

# The addresses of a link of the host's.
on_host() {
	ip -j addr show dev "$1" | jq -r '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | xargs
}

# holders SUBNET: lines of an address and a claim; of the pool's lines about one address the last one counts.
holders() {
	awk 'NR > 1 { a = substr($1, 2); claim[a] = /^\+/ ? $0 : "" } END { for (a in claim) if (claim[a] != "") print substr(claim[a], 2) }' "$(pool "$1")" | sort -V
}

# held SUBNET: the addresses that its pool has, and of whom.
held() {
	holders "$1" | sed 's/ (.*//; s/ .*\// /' | xargs
}

# once CONFIG [ID]: a container that ends at once: its addresses.
once() {
	ctrnet exec --config "$1" --rootfs "$ROOT" --id "${2:-$ID-once}" -- /bin/sh -c \
		'ip -o addr show eth0 | sed -n "s/.* inet6\? \([^ ]*\) .*global.*/\1/p"' 2>"$T/err" | xargs
}

# bats test_tags=net
@test "ipam: two families: addresses, routes, the bridge's, and what is written of it" {
	local config
	config=$(config_path "$SAMPLES/networks/subnet.json")
	box_start "$config"
	[ "$(inside)" = '10.88.1.1/16 fd00:88::1:0/64' ]
	[ "$(on_host ctrbr0)" = '10.88.0.1/16 fd00:88::1/64' ]
	[ "$(default_of -4)" = 10.88.0.1 ]
	[ "$(default_of -6)" = fd00:88::1 ]
	[ "$(held 10.88.0.0/16)" = "10.88.1.1 $ID" ]
	[ "$(held fd00:88::/64)" = "fd00:88::1:0 $ID" ]
	[ "$(stat -c %a "$(pool fd00:88::/64)")" = 600 ]
	box_all /bin/ping -c 1 -W 2 10.88.0.1
	box_all /bin/ping -c 1 -W 2 fd00:88::1
	[ "$(once "$config")" = '10.88.1.2/16 fd00:88::1:1/64' ]
	# Not at once again the same.
	[ "$(once "$config")" = '10.88.1.3/16 fd00:88::1:2/64' ]
	[ "$(held 10.88.0.0/16)" = "10.88.1.1 $ID" ]
	box_stop
	[ ! -e "$(dirname "$(pool 10.88.0.0/16)")" ]
}

@test "ipam: what the user wrote stays as it was" {
	box_start "$SAMPLES/networks/subnet.json"
	run -0 ctrnet state "$ID"
	assert_json "$output" '.config.networks[1] | .subnet == ["10.88.0.0/16", "fd00:88::/64"]
		and .ranges == ["10.88.1.0-10.88.1.255", "fd00:88::1:0/112"] and .exclude == ["10.88.1.0", "10.88.1.128/25"]
		and (has("address") or has("addresses") or has("gateway") or has("bridge_address") | not)'
	# What is shown is a config again.
	jq .config <<<"$output" >"$T/again.json"
	[ "$(once "$T/again.json")" = '10.88.1.2/16 fd00:88::1:1/64' ]
	box_stop
}

@test "ipam: a dry run shows what would be chosen, and takes nothing" {
	local config
	config=$(subnet 10.1.0.0/24)
	shows() {
		"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID-dry" --dry-run -- /bin/true >"$T/out"
		grep -qx "# reserve $1 of 10.1.0.0/24" "$T/out" && grep -qx "ip -n container addr add $1/24 dev eth0" "$T/out"
	}
	shows 10.1.0.2
	grep -qx 'ip addr add 10.1.0.1/24 dev ctrbr0' "$T/out"
	grep -qx 'ip -n container route add default via 10.1.0.1 dev eth0' "$T/out"
	[ -z "$(find /run/ctrnet-shared -mindepth 1 2>/dev/null)" ]
	box_start "$config"
	shows 10.1.0.3
	shows 10.1.0.3
	[ "$(held 10.1.0.0/24)" = "10.1.0.2 $ID" ]
	[ "$(once "$config")" = 10.1.0.3/24 ]
	# Whoever may not read what others have is shown what would be chosen without them.
	install -m 644 "$config" /run/dry.json
	run setpriv --reuid 4711 --clear-groups "$CTRNET" exec --config /run/dry.json --rootfs / --id "$ID-dry" --dry-run -- /bin/true
	rm /run/dry.json
	[[ $output == *'# reserve 10.1.0.2 of 10.1.0.0/24'* ]] || { echo "$output"; return 1; }
	box_stop
}

@test "ipam: several subnets of one interface, and of several" {
	box_start "$(subnet 10.1.0.0/24 '.networks[1].subnet = ["10.1.0.0/24", "10.2.0.0/24", "fd00:1::/64"]
		| .networks += [{type: "veth", name: "lan", subnet: "10.3.0.0/24", host_address: "10.3.0.1/24"},
			{type: "veth", bridge: "ctrbr1", subnet: "10.4.0.0/24"}]')"
	[ "$(inside)" = '10.1.0.2/24 10.2.0.2/24 fd00:1::2/64' ]
	[ "$(inside lan)" = 10.3.0.2/24 ]
	[ "$(inside eth2)" = 10.4.0.2/24 ]
	[ "$(on_host ctrbr0)" = '10.1.0.1/24 10.2.0.1/24 fd00:1::1/64' ]
	[ "$(on_host ctrbr1)" = 10.4.0.1/24 ]
	# The first one's, and no other.
	[ "$(default_of -4)" = 10.1.0.1 ]
	for net in 10.1 10.2 10.3 10.4; do
		[ "$(held $net.0.0/24)" = "$net.0.2 $ID" ]
		box_all /bin/ping -c 1 -W 2 $net.0.1
	done
	box_stop
}

@test "ipam: an address that is given is reserved, and refused to others" {
	local config
	config=$(subnet 10.1.0.0/24 '.networks[1] |= (.address = "10.1.0.5/24" | .addresses = ["10.1.0.7/24", "10.1.0.2/24"])')
	box_start "$config"
	[ "$(inside)" = '10.1.0.5/24 10.1.0.7/24 10.1.0.2/24' ]
	[ "$(held 10.1.0.0/24)" = "10.1.0.2 $ID 10.1.0.5 $ID 10.1.0.7 $ID" ]
	refused 255 "exec: networks[1] (eth0): address: 10.1.0.5 is reserved by container 'ID'" \
		exec --config "$config" --rootfs "$ROOT" --id "$ID-x" -- /bin/true
	refused 255 "exec: networks[1] (eth0): addresses: 10.1.0.7 is reserved by container 'ID'" exec --rootfs "$ROOT" --id "$ID-x" \
		--config "$(subnet 10.1.0.0/24 '.networks[1].addresses = ["10.1.0.7/24"]')" -- /bin/true
	# A gateway that somebody has.
	refused 255 "exec: networks[1] (eth0): gateway: 10.1.0.7 is reserved by container 'ID'" exec --rootfs "$ROOT" --id "$ID-x" \
		--config "$(subnet 10.1.0.0/24 '.networks[1].gateway = "10.1.0.7"')" -- /bin/true
	[ "$(once "$(subnet 10.1.0.0/24)")" = 10.1.0.3/24 ]
	box_stop
}

@test "ipam: another subnet that overlaps one in use" {
	box_start "$(subnet 10.1.0.0/24)"
	refused 255 "exec: networks[1] (eth0): subnet 10.1.0.0/16 overlaps 10.1.0.0/24, of which container 'ID' has 10.1.0.2" \
		exec --config "$(subnet 10.1.0.0/16)" --rootfs "$ROOT" --id "$ID-x" -- /bin/true
	box_stop
	[ "$(once "$(subnet 10.1.0.0/16)")" = 10.1.0.2/16 ]
}

@test "ipam: gateways that are given, and a bridge_address" {
	box_start "$(subnet 10.1.0.0/24 '.networks[1].gateway = "10.1.0.9"')"
	[ "$(inside)" = 10.1.0.1/24 ]
	[ "$(on_host ctrbr0)" = 10.1.0.9/24 ]
	[ "$(default_of -4)" = 10.1.0.9 ]
	box_stop
	box_start "$(subnet 10.1.0.0/24 '.networks[1].bridge_address = ["10.1.0.254/24"]')"
	[ "$(inside)" = 10.1.0.2/24 ] || [ "$(inside)" = 10.1.0.1/24 ]
	[ "$(on_host ctrbr0)" = 10.1.0.254/24 ]
	[ "$(default_of -4)" = 10.1.0.254 ]
	box_stop
	# A router on the bridge: then the bridge has its own address.
	box_start "$(subnet 10.1.0.0/24 '.networks[1] |= (.bridge_address = ["10.1.0.254/24"] | .gateway = "10.1.0.253")')"
	[ "$(on_host ctrbr0)" = 10.1.0.254/24 ]
	[ "$(default_of -4)" = 10.1.0.253 ]
	box_stop
	# A default route of another network's counts.
	box_start "$(subnet 10.1.0.0/24 '.routes = [{gateway: "10.1.0.77", interface_name: "eth0"}]')"
	[ "$(default_of -4)" = 10.1.0.77 ]
	box_stop
}

@test "ipam: a bridge that stands keeps its addresses, and what the host has is passed over" {
	ip link add ctrown up type bridge
	ip addr add 10.1.0.2/24 dev ctrown
	ip addr add 10.1.0.3/24 dev lo
	box_start "$(subnet 10.1.0.0/24 '.networks[1].bridge = "ctrown"')"
	[ "$(inside)" = 10.1.0.4/24 ]
	[ "$(on_host ctrown)" = 10.1.0.2/24 ]
	[ -z "$(default_of -4)" ]
	box_stop
	box_start "$(subnet 10.1.0.0/24 '.networks[1] |= (.bridge = "ctrown" | .gateway = "10.1.0.2")')"
	[ "$(inside)" = 10.1.0.1/24 ]
	[ "$(default_of -4)" = 10.1.0.2 ]
	box_stop
	ip addr del 10.1.0.3/24 dev lo
	ip link del ctrown
}

@test "ipam: a subnet that is used up, and one of its addresses that comes back" {
	local config
	config=$(subnet 10.1.0.0/30)
	box_start "$config"
	[ "$(inside)" = 10.1.0.2/30 ]
	refused 255 'exec: networks[1] (eth0): subnet 10.1.0.0/30: no address is left (1 is reserved)' \
		exec --config "$config" --rootfs "$ROOT" --id "$ID-x" -- /bin/true
	refused 255 'exec: networks[1] (eth0): subnet 10.1.0.0/30: no address is left (1 is reserved)' \
		exec --config "$config" --rootfs "$ROOT" --id "$ID-x" --dry-run -- /bin/true
	# Killed, it still has a record, and with it the address.
	kill -KILL "$BOX"
	wait "$BOX" || true
	[ "$(held 10.1.0.0/30)" = "10.1.0.2 $ID" ]
	ctrnet delete "$ID"
	[ "$(once "$config")" = 10.1.0.2/30 ]
}

@test "ipam: what was a container's whose record is gone is free for the next who needs it" {
	local config
	config=$(subnet 10.1.0.0/29)
	box_start "$config"
	kill -KILL "$BOX"
	wait "$BOX" || true
	mv "$RUN/$ID" "$T/lost"
	# While there are others, they come first.
	[ "$(once "$config")" = 10.1.0.3/29 ]
	box_start "$(subnet 10.1.0.0/29 '.networks[1] |= (.address = "10.1.0.2/29")')" --id "$ID-2"
	[ "$(inside)" = 10.1.0.2/29 ]
	[ "$(held 10.1.0.0/29)" = "10.1.0.2 $ID-2" ]
	box_stop
	# The bridge had its user as well, until somebody came.
	mv "$T/lost" "$RUN/$ID"
	ctrnet delete "$ID"
}

@test "ipam: two run directories have one pool" {
	local config
	config=$(subnet 10.1.0.0/24)
	box_start "$config"
	RUN=$T/other once "$config" "$ID" >"$T/second"
	[ "$(<"$T/second")" = 10.1.0.3/24 ]
	refused 255 "exec: networks[1] (eth0): address: 10.1.0.2 is reserved by container 'ID'" --root "$T/other" \
		exec --config "$(subnet 10.1.0.0/24 '.networks[1].address = "10.1.0.2/24"')" --rootfs "$ROOT" --id "$ID" -- /bin/true
	box_stop
}

# many N: so many at once at one bridge, 20 starting at a time: nobody has another's address, and nothing stays.
many() {
	local n=$1 config i net pids=()
	config=$(subnet 10.1.0.0/16 '.networks[1].subnet = ["10.1.0.0/16", "fd00:1::/64"] | del(.cgroups)')
	for ((i = 0; i < n; i++)); do
		"$CTRNET" --root "$RUN" exec --config "$config" --rootfs "$ROOT" --id "$ID-$i" -- /bin/sh -c \
			'ip -o addr show eth0; echo whole; while [ ! -e /tmp/go ]; do sleep 1; done' >"$T/out.$i" 2>&1 </dev/null 3>&- &
		pids+=($!)
		[ $((i % 20)) != 19 ] || wait_for 60 whole $((i - 9))
	done
	wait_for 120 whole "$n" || { cat "$T"/out.* | grep ctrnet; return 1; }
	[ "$(ip -j link show master ctrbr0 | jq length)" = "$n" ]
	[ "$(ip -j link | jq -r '.[].address' | grep -c ^fe:)" = "$n" ]
	[ "$(sed -n 's/.* inet \(10\.1\.[^ ]*\) .*/\1/p' "$T"/out.* | sort -u | wc -l)" = "$n" ]
	[ "$(sed -n 's/.* inet6 \(fd00:1:[^ ]*\) .*/\1/p' "$T"/out.* | sort -u | wc -l)" = "$n" ]
	for net in 10.1.0.0/16 fd00:1::/64; do
		[ "$(holders $net | cut -d ' ' -f 1 | sort -u | wc -l)" = "$n" ]
		[ "$(holders $net | cut -d ' ' -f 2- | sort -u | wc -l)" = "$n" ]
	done
	touch "$ROOT/tmp/go"
	for i in "${pids[@]}"; do
		wait "$i" || { cat "$T"/out.* | grep ctrnet; return 1; }
	done
	rm "$ROOT/tmp/go"
	! grep -h ctrnet: "$T"/out.*
	! ip link show ctrbr0
	[ -z "$(find /run/ctrnet-shared -mindepth 1)" ]
}

# whole N: so many have said what they have.
whole() {
	[ "$(cat "$T"/out.* | grep -cx whole)" -ge "$1" ]
}

@test "ipam: 100 containers at once" {
	many 100
}

# bats test_tags=slow
@test "ipam: 500 containers at once" {
	export PATIENCE=20000
	many 500
}

ipam_setup() {
	inject_setup
	export CONFIG
	CONFIG=$(subnet 10.1.0.0/24 '.networks[1].subnet = ["10.1.0.0/24", "fd00:1::/64"] | del(.cgroups)')
}

# bats test_tags=slow
@test "ipam: killed at each step, and nothing stays reserved" {
	ipam_setup
	kill_at flock renameat
	kill_at mkdirat rmdir unlinkat
	STEP=2 kill_at write
	STEP=3 kill_at sendto
}

# bats test_tags=slow
@test "ipam: a failure at each step, and nothing stays reserved" {
	ipam_setup
	fail_at EIO renameat unlinkat flock rmdir
	fail_at ENOSPC mkdirat
	STEP=2 fail_at ENOSPC write
	STEP=3 fail_at EIO openat
}

# A failure behind the reservation: it goes with the rest.
@test "ipam: a container that cannot be made has no address" {
	local config
	config=$(subnet 10.1.0.0/24 '.networks += [{type: "veth", name: "x", address: "10.9.0.2/24"}]
		| .routes = [{destination: "10.7.0.0/16", source: "10.6.0.1", interface_name: "x"}]')
	run -255 ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID" -- /bin/true
	[[ $output == *'routes[0]: route to 10.7.0.0/16 on x: Invalid argument (kernel: Invalid prefsrc address)'* ]] || { echo "$output"; return 1; }
	[ -z "$(find /run/ctrnet-shared -mindepth 1)" ]
}

@test "ipam: a pool that was edited or cut off is refused, and mended by delete --force" {
	local config file words how
	config=$(subnet 10.1.0.0/24)
	for how in edited cut empty; do
		rm -rf "$T/other"
		box_start "$config"
		"$CTRNET" --root "$T/other" exec --config "$config" --rootfs "$ROOT" --id "$ID-b" -- /bin/sh -c \
			'echo whole; while [ ! -e /tmp/go ]; do sleep 0.2; done' >"$T/out.b" 2>&1 </dev/null 3>&- &
		local other=$!
		wait_for 10 whole 1
		file=$(pool 10.1.0.0/24)
		case $how in
		edited) sed -i 's/last 10.1.0.3/last 10.1.0.9/' "$file" ;;
		cut) truncate -s -20 "$file" ;;
		empty) : >"$file" ;;
		esac
		run --separate-stderr -255 ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID-x" -- /bin/true
		words=${stderr#ctrnet: exec: networks\[1\] (eth0): }
		[[ $words == "$file:"* ]] && [ "${#stderr_lines[@]}" = 1 ] || { echo "$stderr"; return 1; }
		kill -KILL "$BOX"
		wait "$BOX" || true
		run --separate-stderr -1 ctrnet delete "$ID"
		[ "$stderr" = "ctrnet: delete: networks[1] (eth0): $words" ] || { echo "$stderr"; return 1; }
		run --separate-stderr -0 ctrnet delete --force "$ID"
		[[ $stderr == "ctrnet: warning: $words; "*" of its reservations can still be told, and stay" ]] || { echo "$stderr"; return 1; }
		# What could be read of the other one stays its own.
		case $how in
		edited) [ "$(held 10.1.0.0/24)" = "10.1.0.3 $ID-b" ] ;;
		*) [ ! -e "$file" ] ;;
		esac
		[ -n "$(once "$config")" ] || { cat "$T/err"; return 1; }
		touch "$ROOT/tmp/go"
		wait "$other"
		rm "$ROOT/tmp/go"
		! grep ctrnet: "$T/out.b"
	done
}

@test "ipam: a pool that is broken, and no journal either" {
	local file
	box_start "$(subnet 10.1.0.0/24)"
	kill -KILL "$BOX"
	wait "$BOX" || true
	file=$(pool 10.1.0.0/24)
	truncate -s 30 "$file"
	: >"$RUN/$ID/journal.json"
	run -0 ctrnet delete --force "$ID"
	[ ! -e "$file" ]
}

@test "bad subnets" {
	refuses '.networks[1].subnet = "10.88.0.5/24"' \
		'FILE:L:C: networks[1].subnet: 10.88.0.5/24 has host bits set; did you mean 10.88.0.0/24?'
	refuses '.networks[1].subnet = ["10.88.0.0/24", "10.0.0.0/8"]' 'FILE: networks[1]: subnet: 10.88.0.0/24 and 10.0.0.0/8 overlap'
	refuses '.networks[1].subnet = "10.99.0.0/24"' 'FILE: networks[1]: gateway: 10.88.0.1 is in none of its subnets (10.99.0.0/24)'
	refuses '.networks[1] |= (del(.gateway) | .subnet = "10.99.0.0/24")' \
		'FILE: networks[1]: address: 10.88.0.2 is in none of its subnets (10.99.0.0/24)'
	refuses '.networks[1] |= (del(.address) | .subnet = "10.88.0.0/30" | .exclude = "10.88.0.2")' \
		"FILE: networks[1]: subnet: 10.88.0.0/30 has no address besides its gateway's and what is excluded"
	refuses '.networks[1] |= (.subnet = "10.88.0.0/24" | .ranges = "10.88.0.9-10.88.0.5")' \
		'FILE:L:C: networks[1].ranges: 10.88.0.9-10.88.0.5: the second address is below the first one'
	refuses '.networks[1].subnet = 7' 'FILE:L:C: networks[1].subnet: expected a string, found the number 7'
	accepts '.networks[1].subnet = "10.88.0.0/24"'
	accepts '.networks[1].subnets = "10.88.0.0/24"' "warning: FILE:L:C: networks[1].subnets: unknown key; did you mean 'subnet'?"
}
