#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `net graph`, beside what ip(8) and bridge(8) tell.

load lib
load net

# The nodes and edges of a graph in dot's language, by their labels: "node LABEL" and "edge LABEL -- LABEL [LABEL]".
# As much of its grammar as is used.
dot_facts() {
	perl -e '
		use strict;
		my (%label, @edges, @open, $n);
		while (my $line = <STDIN>) {
			chomp $line;
			$line =~ s/^\t+//;
			my $quoted = qr/"((?:[^"\\]|\\.)*)"/;
			if ($. == 1) { die "begins with $line\n" unless $line eq "graph ctrnet {"; push @open, ""; next }
			if ($line eq "}") { die "too many }\n" unless @open; pop @open; next }
			die "behind the end: $line\n" unless @open;
			next if $line =~ /^(graph|node|edge) \[.*\];$/;
			if ($line =~ /^subgraph (cluster_\w+) \{$/) { push @open, $1; next }
			if ($line =~ /^label=$quoted;$/) { print "cluster $1\n"; next }
			next if $line =~ /^style=\w+;$/;
			if ($line =~ /^(n\d+(?:p\d+)?) \[label=$quoted, shape=\w+(?:, style=\w+)?\];$/) { $label{$1} = $2; print "node $2\n" if $2 ne ""; next }
			if ($line =~ /^(n\d+(?:p\d+)?) -- (n\d+(?:p\d+)?)(?: \[(.*)\])?;$/) { push @edges, [$1, $2, $3 // ""]; next }
			die "what is $line?\n";
		}
		die "not closed\n" if @open;
		for my $e (@edges) {
			defined $label{$_} or die "no node $_\n" for @$e[0, 1];
			my ($text) = $e->[2] =~ /^label="((?:[^"\\]|\\.)*)"/;
			print "edge ", (split /\\n/, $label{$e->[0]})[0], " -- ", (split /\\n/, $label{$e->[1]})[0], $text ? " [$text]" : "",
				$e->[2] =~ /style=dashed/ ? " dashed" : "", "\n";
		}'
}

# An SVG in which nothing is where something else is: boxes of one kind, and ports outside their box.
svg_check() {
	perl -e '
		use strict;
		local $/;
		my $svg = <STDIN>;
		my ($width, $height) = $svg =~ /<svg [^>]*width="(\d+)" height="(\d+)"/ or die "no svg\n";
		# Each is closed, and what is text is escaped: one pass over all of it.
		my @open;
		my $body = $svg;
		$body =~ s/^<\?xml [^>]*\?>\n//;
		while ($body =~ /\G(?:<(\/?)(\w+)((?:\s+[\w:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)\s*(\/?)>|([^<&]+)|&(?:lt|gt|amp|quot);)/gc) {
			next unless defined $2;
			if ($1) { my $was = pop @open; die "</$2> behind <$was>\n" if $was ne $2 }
			elsif (!$4) { push @open, $2 }
		}
		die "no XML: " . substr($body, pos($body) // 0, 60) . "\n" if (pos($body) // 0) != length $body or @open;
		my @all;
		while ($svg =~ /<rect class="(\w+)" x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"/g) {
			push @all, { class => $1, x => $2, y => $3, w => $4, h => $5 };
			die "outside\n" if $2 < 0 || $3 < 0 || $2 + $4 > $width || $3 + $5 > $height;
		}
		sub within { my ($a, $b) = @_; return $a->{x} >= $b->{x} && $a->{y} >= $b->{y} && $a->{x} + $a->{w} <= $b->{x} + $b->{w} && $a->{y} + $a->{h} <= $b->{y} + $b->{h} }
		sub apart { my ($a, $b) = @_; return $a->{x} + $a->{w} <= $b->{x} || $b->{x} + $b->{w} <= $a->{x} || $a->{y} + $a->{h} <= $b->{y} || $b->{y} + $b->{h} <= $a->{y} }
		for my $i (0 .. $#all) {
			for my $k ($i + 1 .. $#all) {
				next if apart($all[$i], $all[$k]);
				next if $all[$k]{class} eq "port" && $all[$i]{class} eq "box" && within($all[$k], $all[$i]);
				next if $all[$i]{class} eq "frame" && $all[$k]{class} =~ /^(link|bridge)$/ && within($all[$k], $all[$i]);
				die "$all[$i]{class} and $all[$k]{class} overlap\n";
			}
		}
		# Each text is in a box, as wide as a common font makes it.
		while ($svg =~ /<text class="([^"]*)" x="(\d+)" y="(\d+)"[^>]*>([^<]*)</g) {
			my ($class, $x, $y, $text) = ($1, $2, $3, $4);
			next if $class eq "ground";
			$text =~ s/&\w+;/x/g;
			my $w = 7.25 * length $text;
			my $line = { x => $x - $w / 2, y => $y - 11, w => $w, h => 13 };
			grep { $_->{class} ne "frame" && within($line, $_) } @all or die "text outside of a box: $text\n";
		}
		print scalar(grep { $_->{class} eq "box" } @all), " boxes, ", scalar(grep { $_->{class} eq "port" } @all), " ports\n"'
}

@test "net graph: bridges, veth pairs and parents, as ip(8) has them" {
	ip link add up0 type veth peer name up1
	ip addr add 192.0.2.1/24 dev up0
	ip link set up0 up
	ip link set up1 up
	ip route add default via 192.0.2.2
	box_start "$(config dual_stack '.networks += [
		{type: "veth", name: "ptp", host_interface_name: "ctrptp", address: "10.79.0.2/30", host_address: "10.79.0.1/30"},
		{type: "macvlan", name: "mv0", parent: "up0", address: "192.0.2.9/24"},
		{type: "veth", name: "slow", bridge: "ctrbr7", address: "10.78.0.2/24", bridge_address: "10.78.0.1/24",
			shaping: {egress: {rate: "10mbit"}, ingress: {rate: "5mbit", ceil: "20mbit"}}}]')"
	ip link add sw0 type veth peer name sw1
	ip link set sw0 master ctrbr1 up
	ctrnet net graph "$ID" >"$T/dot"
	dot_facts <"$T/dot" >"$T/facts"
	# Each end on the host, and the bridge that it is a port of.
	for name in eth0 slow; do
		end=$(host_end $name)
		bridge=$(ip -j link show dev "$end" | jq -r '.[0].master')
		grep -qE "^edge $bridge -- $name \[$end(\\\\ningress 5mbit)?\]$" "$T/facts"
	done
	grep -qx 'edge ctrptp -- ptp' "$T/facts"
	grep -qx 'edge up0 -- mv0' "$T/facts"
	# What forwards to the outside, and what else is plugged in.
	grep -qx 'edge up0 -- ctrbr1 dashed' "$T/facts"
	grep -qx 'edge up0 -- ctrptp dashed' "$T/facts"
	grep -qx 'edge sw0 -- ctrbr1' "$T/facts"
	# Addresses, as they are.
	for name in eth0 ptp slow mv0; do
		node=$(grep "^node $name" "$T/facts")
		for address in $(box_net ip -j addr show dev $name | jq -r '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"'); do
			[[ $node == *"\\n$address"* ]]
		done
	done
	grep -qE '^node slow.*\\negress 10mbit$' "$T/facts"
	grep -qE '^node mv0\\nmacvlan (bridge|private|vepa)' "$T/facts"
	grep -qx "cluster $ID" "$T/facts"
	grep -qx "cluster host $(uname -n)" "$T/facts"
	# Nothing of what it does not use.
	run ! grep -qE ' (lo|up1|sw1)$' "$T/facts"
	ctrnet net graph "$ID" --format svg >"$T/svg"
	[ "$(svg_check <"$T/svg")" = '1 boxes, 4 ports' ]
	# The same twice.
	cmp <(ctrnet net graph --format svg) "$T/svg"
	if command -v dot >/dev/null; then dot -Tplain "$T/dot" >/dev/null; fi
	if command -v xmllint >/dev/null; then xmllint --noout "$T/svg"; fi
	box_stop
	ip link delete sw0
	ip link delete up0
}

@test "net graph: other ends of a tunnel" {
	box_start "$(config attach_to_bridge '.networks += [{type: "vxlan", name: "vx0", id: 42, address: "10.77.0.2/24", remotes: ["192.0.2.7", "192.0.2.8"]}]')"
	ctrnet net graph "$ID" | dot_facts >"$T/facts"
	grep -qx 'edge 192.0.2.7 -- vx0' "$T/facts"
	grep -qx 'edge 192.0.2.8 -- vx0' "$T/facts"
	grep -qx 'node vx0\\nvxlan 42\\n10.77.0.2/24' "$T/facts"
	[ "$(ctrnet net graph --format svg | svg_check)" = '1 boxes, 2 ports' ]
	box_stop
}

@test "net graph: two ways out that stand on the link they are ways out for" {
	ip link add up0 type veth peer name up1
	ip addr add 192.0.2.1/24 dev up0
	ip link set up0 up
	ip link set up1 up
	for n in 1 2; do
		ip link add link up0 name out$n type macvlan
		ip addr add 198.51.10$n.1/24 dev out$n
		ip link set out$n up
		ip route add default via 198.51.10$n.2 metric $n
	done
	box_start "$(config minimal '.networks += [{type: "macvlan", name: "mv0", parent: "up0"}]')"
	timeout 10 "$CTRNET" --root "$RUN" net graph "$ID" >"$T/dot"
	dot_facts <"$T/dot" | grep '^edge' | sort >"$T/facts"
	grep -qx 'edge up0 -- mv0' "$T/facts"
	for n in 1 2; do grep -qE "^edge (up0 -- out$n|out$n -- up0)( dashed)?$" "$T/facts"; done
	[ "$(timeout 10 "$CTRNET" --root "$RUN" net graph "$ID" --format svg | svg_check)" = '1 boxes, 1 ports' ]
	box_stop
	ip link delete up0
}

@test "net graph: 12 containers on one bridge" {
	local n config
	config=$(config attach_to_bridge '.networks[1] |= (del(.address, .gateway, .bridge_address, .host_interface_name) | .bridge = "ctrbr12" | .subnet = "10.76.0.0/24")')
	for n in $(seq 1 12); do
		ctrnet exec --config "$config" --rootfs "$ROOT" --id "$ID-$n" -- /bin/sleep 600 2>"$T/err$n" 3>&- &
	done
	wait_for 30 all_up 12
	ctrnet net graph | dot_facts >"$T/facts"
	for n in $(seq 1 12); do grep -qx "cluster $ID-$n" "$T/facts"; done
	[ "$(grep -cE '^edge ctrbr12 -- eth0 \[[a-z0-9]+\]$' "$T/facts")" = 12 ]
	[ "$(grep -c '^node ctrbr12' "$T/facts")" = 1 ]
	[ "$(ctrnet net graph --format svg | svg_check)" = '12 boxes, 12 ports' ]
	# Some of them.
	[ "$(ctrnet net graph "$ID-3" --id "$ID-7" "$ID-3" --format svg | svg_check)" = '2 boxes, 2 ports' ]
	for n in $(seq 1 12); do ctrnet kill "$ID-$n" KILL; done
	wait
}

all_up() {
	[ "$(ctrnet list -q 2>/dev/null | wc -l)" = "$1" ] && [ "$(bridge -j link | jq '[.[] | select(.master == "ctrbr12")] | length')" = "$1" ]
}

@test "net graph: nothing, all that run, and what has no network of its own" {
	run ctrnet net graph
	assert_status 0
	[ "$(dot_facts <<<"$output")" = '' ]
	[ "$(ctrnet net graph --format svg | svg_check)" = '0 boxes, 0 ports' ]
	box_start "$(config minimal 'del(.networks) | .namespaces |= map(select(.type != "NEWNET"))')"
	[ "$(ctrnet net graph | dot_facts)" = "cluster $ID\\nthe host's network" ]
	[ "$(ctrnet net graph --format svg | svg_check)" = '1 boxes, 0 ports' ]
	box_stop
}

@test "net graph: names that are more than letters" {
	box_start attach_to_bridge
	box_net ip link add '<&">' type bridge
	box_net ip link add $'a\\\xff\x1b[m' type bridge
	ctrnet net graph "$ID" >"$T/dot"
	dot_facts <"$T/dot" >"$T/facts"
	grep -qxF 'node <&\">\nbridge\ndown' "$T/facts"
	grep -qxF 'node a\\??[m\nbridge\ndown' "$T/facts"
	ctrnet net graph "$ID" --format svg >"$T/svg"
	[ "$(svg_check <"$T/svg")" = '1 boxes, 3 ports' ]
	grep -qF '>&lt;&amp;&quot;&gt;<' "$T/svg"
	if command -v dot >/dev/null; then dot -Tplain "$T/dot" >/dev/null; fi
	if command -v xmllint >/dev/null; then xmllint --noout "$T/svg"; fi
	box_stop
}

@test "net graph: bad input" {
	run ctrnet net graph nobody
	assert_status 2
	assert_output "ctrnet: net: container 'nobody' does not exist"
	run ctrnet net graph --format png
	assert_status 2
	assert_output "ctrnet: net: option --format: unknown value 'png' (known: dot, svg)"
	run ctrnet net show --format svg
	assert_status 2
	assert_output "ctrnet: net: show takes no --format"
	run ctrnet net graph --json
	assert_status 2
	assert_output "ctrnet: net: graph takes no --json"
}
