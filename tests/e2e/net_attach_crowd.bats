#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attaches and detaches at the same time: of one container, of many at one bridge, and while it is deleted.

load lib
load net
load nat

# boxes N CONFIG: containers $ID-1 to $ID-N that sleep.
boxes() {
	local i n=$1
	for ((i = 1; i <= n; i++)); do
		"$CTRNET" --root "$RUN" exec --config "$2" --rootfs "$ROOT" --id "$ID-$i" -- /bin/sleep 1000 >/dev/null 2>"$T/box.$i" 3>&- &
		BOXES+=" $!"
	done
	for ((i = 1; i <= n; i++)); do
		wait_for 60 running "$ID-$i" || { cat "$T/box.$i"; return 1; }
	done
}

end_boxes() {
	local i n=$1
	for ((i = 1; i <= n; i++)); do
		echo "$ID-$i"
	done | xargs -P 4 -I@ "$CTRNET" --root "$RUN" delete --force @
	# shellcheck disable=SC2086 # a list
	wait $BOXES || true
	BOXES=
}

# all_at_once N: the lines of standard input as words of `ctrnet net`, N at a time. Fails if one fails.
all_at_once() {
	xargs -P "$1" -L 1 "$CTRNET" --root "$RUN" net >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
}

inside_of() {
	nsenter --target "$(ctrnet state "$1" | jq .pid)" --net "${@:2}"
}

nothing_shared() {
	! ip link show dev ctrbr0 2>/dev/null && ! nft list table inet ctrnet 2>/dev/null &&
		[ -z "$(find /run/ctrnet-shared -mindepth 1 2>/dev/null)" ]
}

@test "net attach: twenty at once in one container, at one bridge, and all detached at once" {
	local i
	box_start "$(config minimal '.networks = [{type: "loopback"}]')"
	wait_for 5 settled
	picture >"$T/picture.before"
	for ((i = 2; i < 22; i++)); do
		echo "attach $ID type=veth bridge=ctrbr0 bridge_address=10.68.0.1/24 address=10.68.0.$i/24 masquerade=true"
	done | all_at_once 20
	[ "$(sort "$T/out" | uniq | wc -l)" = 20 ]
	# Each has its own address and MAC, and the bridge has twenty ports.
	assert_json "$(box_net ip -j addr)" 'map(select(.ifname | startswith("eth"))) | length == 20 and
		(map(.address) | unique | length == 20) and (map(.addr_info[] | select(.family == "inet").local) | unique | length == 20)'
	[ "$(ip -j link show master ctrbr0 | jq length)" = 20 ]
	[ "$(nft -j list set inet ctrnet masquerade4 | jq '.nftables[] | select(.set).set.elem | length')" = 20 ]
	assert_untouched
	for ((i = 0; i < 20; i++)); do
		echo "detach $ID eth$i"
	done | all_at_once 20
	nothing_shared
	wait_for 5 same_picture || { cat "$T/picture.diff"; return 1; }
	box_stop
}

@test "net attach: who attaches, who detaches and who deletes at once: one wins, and the others are told" {
	local i
	for i in 1 2 3; do
		box_start "$(config minimal '.networks = [{type: "loopback"}]')"
		ctrnet net attach "$ID" type=veth name=old bridge=ctrbr0 bridge_address=10.68.0.1/24 address=10.68.0.9/24 masquerade=true
		printf '%s\n' "attach $ID type=veth name=new bridge=ctrbr0 address=10.68.0.8/24 masquerade=true" "detach $ID old" \
			"attach $ID type=veth name=new bridge=ctrbr0 address=10.68.0.7/24" "detach $ID old" |
			xargs -P 5 -L 1 "$CTRNET" --root "$RUN" net >"$T/out" 2>"$T/err" &
		PEERS=" $!"
		ctrnet delete --force "$ID"
		# shellcheck disable=SC2086 # a list
		wait $PEERS || true
		PEERS=
		wait "$BOX" || true
		! grep -vE "is not running|does not exist|no network of the container has the name 'old'|two interfaces named 'new'" "$T/err"
		nothing_shared
		[ ! -e "$RUN/$ID" ]
	done
}

crowd() {
	local i j n=$1 each=$2
	boxes "$n" "$(config minimal '.networks = [{type: "loopback"}] | del(.cgroups)')"
	for ((j = 0; j < each; j++)); do
		for ((i = 1; i <= n; i++)); do
			if [ "$j" = 0 ]; then
				echo "attach $ID-$i type=veth bridge=ctrbr0 subnet=10.68.0.0/16 masquerade=true"
			else
				echo "attach $ID-$i type=veth bridge=ctrbr0 bridge_address=10.68.0.1/16 address=10.69.$j.$i/16 masquerade=true"
			fi
		done
	done | all_at_once 16
	[ "$(ip -j link show master ctrbr0 | jq length)" = $((n * each)) ]
	for ((i = 1; i <= n; i++)); do
		inside_of "$ID-$i" ip -j addr | jq -c '.[] | select(.ifname | startswith("eth")) | [.address, (.addr_info[] | select(.family == "inet").local)]'
	done >"$T/all"
	[ "$(wc -l <"$T/all")" = $((n * each)) ]
	[ "$(jq -c '.[0]' "$T/all" | sort -u | wc -l)" = $((n * each)) ]
	[ "$(jq -c '.[1]' "$T/all" | sort -u | wc -l)" = $((n * each)) ]
	# The MAC follows from the container and the name.
	[ -z "$(jq -r '.[0]' "$T/all" | grep -v ^02:)" ]
	for ((i = 1; i <= n; i++)); do
		run ctrnet net check "$ID-$i"
		assert_output ''
	done
	for ((j = 0; j < each; j++)); do
		for ((i = 1; i <= n; i++)); do
			echo "detach $ID-$i eth$j"
		done
	done | all_at_once 16
	nothing_shared
	end_boxes "$n"
}

@test "net attach: six containers with four each at one bridge: no address and no MAC twice, and nothing is left" {
	crowd 6 4
}

# bats test_tags=slow
@test "net attach: five hundred in fifty containers at one bridge" {
	export PATIENCE=10000
	crowd 50 10
}
