# SPDX-License-Identifier: Apache-2.0
#
# What can be done to the network of a container, derived from what ip(8), bridge(8), tc(8) and nft(8) have of it. Each is
# {class, word, command}: what kind of tampering it is, what a check has to name, and what somebody types.

def nft($what): "echo \({nftables: [$what]} | tojson | @sh) | nft -j -f -";

# Of kinds of links: what `ip link set type` can change, its path in the dump, and two values, of which one is another.
def kind_data: {
	bridge: [["stp_state", "stp_state", "1", "0"], ["vlan_filtering", "vlan_filtering", "1", "0"]],
	macvlan: [["mode", "mode", "private", "bridge"]],
	macvtap: [["mode", "mode", "vepa", "bridge"]],
	ipvlan: [["mode", "mode", "l3", "l2"]],
	vxlan: [["ttl", "ttl", "9", "8"], ["learning", "learning", "nolearning", "learning"]],
	geneve: [["ttl", "ttl", "9", "8"]],
};

# As the dump has what such a word sets.
def dumped: {"1": 1, "0": 0, "9": 9, "8": 8, nolearning: false, learning: true}[.] // .;

def link: if .ifname == "lo" then {class: "lo down", word: "lo", command: "ip link set dev lo down"} else
	.ifname as $n | .linkinfo.info_kind as $k | "link set dev \($n)" as $set |
	(if .flags | index("UP") then {class: "down", command: "ip \($set) down"} else {class: "up", command: "ip \($set) up"} end),
	{class: "delete", command: "ip link delete dev \($n)"},
	{class: "rename", command: "ip \($set) name ctrtamper"},
	{class: "down and rename", command: "ip \($set) down; ip \($set) name ctrtamper"},
	{class: "mtu", command: "ip \($set) mtu \(if .mtu > 1400 then 1300 else .mtu + 8 end)"},
	(select(.link_type == "ether" and $k != "ipvlan") | {class: "address", command: "ip \($set) address 02:00:00:00:00:99"}),
	(select(.txqlen) | {class: "txqueuelen", command: "ip \($set) txqueuelen \(.txqlen + 1)"}),
	(select(.group != "default") | {class: "group", command: "ip \($set) group 99"}),
	(select(.ifalias) | ("", "stolen") | {class: "alias", command: "ip \($set) alias \(@sh)"}),
	(.altnames[]? | {class: "altname", command: "ip link property del dev \($n) altname \(.)"}),
	(select(.master) | {class: "nomaster", command: "ip \($set) nomaster"},
		{class: "other master", command: "ip link add ctrother type bridge; ip \($set) master ctrother"}),
	(select(.linkinfo.info_slave_kind == "bridge" and $k == "veth" and .group == "206") | .linkinfo.info_slave_data.hairpin |
		{class: "hairpin", command: "ip \($set) type bridge_slave hairpin \(if . then "off" else "on" end)"}),
	(.linkinfo.info_data as $data | kind_data[$k // ""][]? | . as [$word, $path, $one, $two] | select($data | has($path)) |
		(if $data[$path] == ($one | dumped) then $two else $one end) as $value |
		{class: $word, planned: $word, command: "ip \($set) type \($k) \(if $word == "learning" then $value else "\($word) \($value)" end)"})
	| .class = "link \($k // "?") \(.class)" | .word = $n end;

# An address as ip(8) takes it. IPv6 has no scopes and labels, and a lifetime of its own.
def address($n):
	.local as $local |
	(if .address then "\(.local) peer \(.address)/\(.prefixlen)" else "\(.local)/\(.prefixlen)" end) as $a |
	(if .label and .label != $n then " label \(.label)" else "" end) as $named |
	(if .scope != "global" then " scope \(.scope)" else "" end) as $scope |
	(if .family == "inet6" then " nodad" else "" end) as $nodad |
	(if .valid_life_time == 4294967295 then "" else " valid_lft 3600 preferred_lft 600" end) as $life |
	"ip addr del \($a) dev \($n)" as $del |
	{class: "delete", command: $del},
	{class: "prefix", command: "\($del); ip addr add \(.local)/\(if .prefixlen > 20 then 20 else 28 end) dev \($n)\($nodad)\($scope)"},
	{class: "lifetime", command: "ip addr change \($a) dev \($n)\($named)\($scope) \(
		if $life == "" then "valid_lft 1000 preferred_lft 500" else "valid_lft forever preferred_lft forever" end)"},
	(select(.family == "inet") |
		{class: "scope", command: "\($del); ip addr add \($a) dev \($n)\($named)\($life) scope \(if .scope == "global" then "site" else "global" end)"},
		{class: "label", command: "\($del); ip addr add \($a) dev \($n) label \($n):x\($scope)\($life)"},
		{class: "peer", command: "\($del); ip addr add \(.local) peer 192.0.2.77/\(.prefixlen) dev \($n)\($named)\($scope)\($life)"})
	| .class = "address \(.class)" | .word = $local;

# A route as a line of `ip -d route`, which ip(8) takes as well.
def route($ip):
	gsub("\\\\"; " ") | gsub(" (linkdown|dead|offload|trap|rt_trap)\\b"; "") | gsub(" (pref medium|error -?[0-9]+)"; "") | gsub("\\s+"; " ") | . as $r |
	capture("^(?<type>[a-z]+) (?<to>[^ ]+)") as $is |
	(test(" nexthop ")) as $many | ($is.type | . != "unicast" and . != "local") as $refuses |
	def with($word; $value): if test(" \($word) [^ ]+") then sub(" \($word) [^ ]+"; " \($word) \($value)") else sub(" proto 206"; " proto 206 \($word) \($value)") end;
	"\($ip) route del \($r)" as $del |
	def instead($class): {class: $class, command: "\($del); \($ip) route add \(.)"};
	{class: "delete", command: $del},
	(test(" metric ") as $has | with("metric"; (((capture(" metric (?<n>[0-9]+)") | .n | tonumber) // 0) + 7)) | instead(if $has then "its metric" else "metric" end)),
	(sub(" proto 206"; " proto static") | instead("protocol")),
	((if $is.type == "blackhole" then "unreachable" else "blackhole" end) + " \($is.to)" +
		((capture("(?<t> table [^ ]+)") | .t) // "") + " proto 206" + ((capture("(?<m> metric [0-9]+)") | .m) // "") | instead("type")),
	(select($refuses | not) | (with("mtu"; 1234) | instead("mtu")), (with("advmss"; 1111) | instead("advmss"))),
	(select(test(" via ") and ($many | not)) |
		sub(" via [^ ]+"; if $ip == "ip -6" then " via fd77:ffff::77" else " via 192.0.2.77" end) | (if test(" onlink") then . else . + " onlink" end) | instead("gateway")),
	(select(test(" src ")) | sub(" src [^ ]+"; "") | instead("source")),
	(select($many) | (sub(" weight [0-9]+"; " weight 9") | instead("weight")), (sub(" nexthop [^\\n]*?(?<last> nexthop .*)$"; "\(.last)") | instead("nexthop")))
	| .class = "route \(.class)" | .word = (if $is.to == "default" then (($r | capture(" via (?<g>[^ ]+)") | .g) // "default") else $is.to end);

# A rule as a line of `ip rule`.
def rule($ip):
	gsub("\\s+"; " ") | sub("^(?<p>[0-9]+): ?"; "pref \(.p) ") | sub(" proto 206"; " protocol 206") | sub(" $"; "") | . as $r |
	"\($ip) rule del \($r)" as $del |
	def instead($class): {class: $class, command: "\($del); \($ip) rule add \(.)"};
	{class: "delete", command: $del},
	(sub("^pref (?<p>[0-9]+)"; "pref \(.p | tonumber + 1)") | instead("priority")),
	(select(test(" lookup ")) | (sub(" lookup [^ ]+"; " lookup 77") | instead("table")), (sub(" lookup [^ ]+"; " blackhole") | instead("action"))),
	(sub(" from [^ ]+"; if $ip == "ip -6" then " from fd77:ffff::/48" else " from 192.0.2.77" end) | instead("from"))
	| .class = "rule \(.class)" | .word = ($r | capture("pref (?<p>[0-9]+)") | "rule \(.p)");

def neighbor:
	"ip neigh" as $ip | .dst as $dst | "\(.dst) dev \(.dev)" as $at |
	if .proxy then {class: "proxy delete", command: "\($ip) del proxy \($at)"}
	else
		{class: "delete", command: "\($ip) del \($at)"},
		{class: "lladdr", command: "\($ip) replace \($at) lladdr 02:00:00:00:00:99 nud \(.state[0] | ascii_downcase)"},
		{class: "state", command: "\($ip) replace \($at) lladdr \(.lladdr) nud \(if .state[0] == "NOARP" then "permanent" else "noarp" end)"}
	end | .class = "neighbor \(.class)" | .word = $dst;

def fdb: .dst as $dst |
	"bridge fdb" as $b | "\(.mac) dev \(.ifname) dst" as $at |
	{class: "delete", command: "\($b) del \($at) \(.dst)"}
	| .class = "fdb \(.class)" | .word = $dst;

# By their kinds: what is changed, as parameters; of a class with its own.
def qdisc_data: {
	tbf: ["rate 3mbit burst 20kb latency 50ms"],
	netem: ["delay 77ms", "loss 7%", "limit 77"],
};

def qdisc:
	(if .root then "root" else "parent \(.parent)" end) as $at | .dev as $n | .kind as $k | .handle as $h |
	(if .kind == "ingress" then {class: "delete", command: "tc qdisc del dev \($n) ingress"},
		{class: "clsact", command: "tc qdisc del dev \($n) ingress; tc qdisc add dev \($n) clsact"}
	else
		{class: "delete", command: "tc qdisc del dev \($n) \($at)"},
		{class: "other kind", command: "tc qdisc del dev \($n) \($at); tc qdisc add dev \($n) \($at) handle \($h) pfifo limit 7"},
		{class: "a stranger\u0027s", command: "tc qdisc replace dev \($n) \($at) pfifo limit 7"},
		(qdisc_data[$k][]? | {class: "change \(.)", command: "tc qdisc change dev \($n) \($at) handle \($h) \($k) \(.)"})
	end) | .class = "qdisc \($k) \(.class)" | .word = $n;

def class: .dev as $n |
	{class: "class htb", word: $n, command: "tc class change dev \($n) classid \(.handle) htb rate 3mbit ceil 4mbit"};

def filter: {class: "filter", word: .dev, command: "tc filter del dev \(.dev) ingress"};

def element: if type == "object" and has("elem") then .elem.val else . end;

def table:
	"ctrnet" as $t | {family: "inet", table: $t} as $in |
	(select(.table) | {class: "table", command: nft({delete: {table: {family: "inet", name: $t}}})}),
	(.chain | select(.) | .name as $c |
		{class: "chain flush", command: nft({flush: {chain: ($in + {name: $c})}})},
		{class: "chain more", command: nft({insert: {rule: ($in + {chain: $c, expr: [{drop: null}]})}})},
		(select(.hook) | {class: "chain policy", command: "nft chain inet ctrnet \($c) '{ policy drop; }'"})),
	(.rule | select(.) | {class: "rule replaced", command: nft({replace: {rule: ($in + {chain, handle, comment, expr: [{return: null}]})}})}),
	(.rule | select(.) | {class: "rule", command: nft({delete: {rule: ($in + {chain, handle})}})}),
	((.set // .map) | select(.) | .name as $s | (.elem // [])[] | (if type == "array" then .[0] else . end | element) as $key |
		{class: "element", command: nft({delete: {element: ($in + {name: $s, elem: [$key]})}})})
	| .class = "nft \(.class)" | .word = "table inet ctrnet";

def setting: {class: "sysctl", word: .path, command: "sysctl -qw \(.path)=\(if .value == "0" then 1 else 0 end)"};

# Each side's dumps, by name.
def tamperings:
	(.links[] | link),
	(.links[] | select(.ifname != "lo") | .ifname as $n | .addr_info[]? | select(.scope != "link" or .family == "inet") | address($n)),
	(.routes4[] | select(test(" proto 206")) | route("ip")),
	(.routes6[] | select(test(" proto 206")) | route("ip -6")),
	(.rules4[] | select(test(" proto 206")) | rule("ip")),
	(.rules6[] | select(test(" proto 206")) | rule("ip -6")),
	(.neighbors[] | select(.proxy or (.state[0]? | . == "PERMANENT" or . == "NOARP")) | neighbor),
	(.fdb[] | select(.dst) | fdb),
	(.qdiscs[] | select(.handle == "ce:" or .handle == "cf:" or .kind == "ingress") | qdisc),
	(.classes[] | select(.class == "htb") | class),
	(.filters[] | select(.options.actions) | filter),
	(.nft[] | table),
	(.settings[] | setting);

# --- Dumps ----------------------------------------------------------------------------------------

def lines($text): $text | split("\n") | map(select(. != ""));
def is_rule: test("^[0-9]+:");

# One side: @objects is what ip(8) has of addresses, neighbours and proxies.
def side($strangers; $objects; $lines4; $lines6; $fdb; $qdiscs; $classes; $filters; $nft; $settings):
	def own: . as $n | $n | IN($strangers[]) | not;
	{links: $objects[0] | map(select(.ifname and (.ifname | own))),
	neighbors: (($objects[1] // []) + (($objects[2] // []) | map(.proxy = true)) | map(select((.dev | own) and (.dst | test("^(ff|22[4-9]|23[0-9])") | not) and (.proxy or (.state[0]? | IN("PERMANENT", "NOARP")))))),
	routes4: lines($lines4) | map(select(is_rule | not)), rules4: lines($lines4) | map(select(is_rule)),
	routes6: lines($lines6) | map(select(is_rule | not)), rules6: lines($lines6) | map(select(is_rule)),
	fdb: $fdb | map(select((.ifname | own) and .state != "" and (.mac | test("^(33:33|01:00:5e)") | not))), qdiscs: $qdiscs | map(select(.dev | own)), classes: $classes, filters: $filters, nft: $nft,
	settings: lines($settings) | map(split(" ") | {path: .[0], value: .[1]})};

# What is given out anew, or counted, or timed.
def thin: walk(if type == "object" then del(.ifindex, .link_index, .link_netnsid, .index, .handle, .used, .installed, .last_used, .expires, .refcnt, .bind,
	.gc_timer, .hello_timer, .tcn_timer, .topology_change_timer, .root_port, .bridge_id, .root_id, .designated_bridge, .designated_root, .designated_port,
	.port_id, .id, .no, .qdisc, .message_age_timer, .forward_delay_timer, .hold_timer, .metainfo, .packets, .bytes, .to_dev_ifindex) else . end);
def life: if type == "number" and . != 4294967295 then "some" else . end;

# What the kernel derives: when which end of a pair came up first, among other things, decides whether it does.
def derived: test("proto kernel") and test("(fe80|ff00|fe[89ab][0-9a-f]:)");

# A dump as it is compared: in an order of its own.
def comparable:
	(.qdiscs | map(select(.kind != "noqueue") | {dev, kind, handle, root, parent, options} | if .handle == "0:" then del(.handle) else . end) | sort_by(.dev, .handle)) as $qdiscs |
	thin | .qdiscs = $qdiscs |
	.links |= (map(.addr_info = ((.addr_info // []) | map(select(.family != "inet6" or .scope != "link") | .valid_life_time |= life | .preferred_life_time |= life) | sort_by(.family, .local, .prefixlen))) | sort_by(.ifname)) |
	.nft |= walk(if type == "object" and (.elem | type) == "array" then .elem |= sort else . end) |
	.neighbors |= sort_by(.dev, .dst) | .fdb |= sort_by(.ifname, .mac, .dst) | .routes4 |= sort | .routes6 |= (map(select(derived | not)) | sort) | .rules4 |= sort | .rules6 |= sort;
