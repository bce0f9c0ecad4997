# What the filters of the rows and the bases have in common: see every_key.bash.
def root: .rootfs // .root_fs;
def mount($at): .mounts[] | select(.destination == $at);
def at(list; $path): list[] | select(.path? == $path);
def to(list; $at): list[] | select(.destination == $at);

# Four commands before and behind a mount, which write to one that is there before.
def commands:
	def four($root; $name): [{path: "/bin/true", args: [$root + "/mnt/" + $name + ".path"]}, {path: "/bin/sh", args: ["-c", "true"]},
		{path: "/bin/sh", args: ["-c", "echo a$A >" + $root + "/mnt/" + $name + ".env"]},
		{path: "/bin/sh", args: ["-c", "pwd >" + $root + "/mnt/" + $name + ".dir"]}];
	root as $root | mount("/kind") |= if .premount_cmds then . else
		.premount_cmds = four($root; "pre") | .postmount_cmds = four($root; "post") end;

# Namespaces
def maps: [{container_id: 0, host_id: 100000, size: 1000}, {container_id: 2000, host_id: 200000, size: 10}];
# Nodes are the host's there, which has not all of these.
def plain: map(select(.path? // "" | test("^/dev/.$") | not));
def userns: if .device_nodes then .device_nodes |= plain else . end | if .devices then .devices |= plain else . end | if .mount_config then .mount_config.device_nodes |= plain else . end |
	if .uid_mappings then . else .namespaces += [{type: "NEWUSER"}] | .uid_mappings = maps | .gid_mappings = maps end;
def linux_maps: [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 2000, hostID: 200000, size: 10}];
def linux_userns: .linux.devices |= plain | if .linux.uidMappings then . else (.linux.uidMappings, .linux.gidMappings) = linux_maps end;
def linux_mapping: .linux.devices |= plain | if .linux.uidMapping then . else (.linux.uidMapping, .linux.gidMapping) = linux_maps end;
def mapping: .devices |= plain | .userMapping //= {uid: {from: 0, to: 100000, count: 1000}, gid: {from: 0, to: 100000, count: 1000}};
def time: .namespaces[5].type = "NEWTIME";

# Devices, and what is allowed and denied: one for each key.
def node($name; $minor): {type: 99, path: ("/dev/" + $name), major: 1, minor: $minor, file_mode: 438};
def nodes: [node("x"; 3), node("z"; 3), node("b"; 3), (node("n"; 3) | del(.major)), (node("m"; 3) | del(.minor))];
def allow($major; $minor): {type: 99, major: $major, minor: $minor, permissions: "rwm"};
def make($type): allow(-1; -1) | .type = $type | .permissions = "m";
def allowed: [make(99), make(98), allow(5; 0), allow(5; 1), allow(5; 2), allow(136; -1), allow(1; 3), allow(1; 5), allow(1; 7), allow(1; 8), allow(1; 9),
	allow(10; 200), allow(10; 201), allow(10; 202), allow(10; 203), (allow(10; 204) | del(.major)), (allow(10; 205) | del(.minor)), allow(10; 206)];
def allowed($i): .cgroups.allowed_devices[11 + $i];
def deny($type; $major; $minor; $permissions): {type: $type, major: $major, minor: $minor, permissions: $permissions};
def denied: .cgroups.allow_all_devices = true | .cgroups.denied_devices //= [deny(98; 1; 5; "r"), deny(99; 99; 5; "w"), deny(99; 1; 99; "r"),
	deny(99; 1; 8; "w"), (deny(99; 0; 9; "r") | del(.major)), (deny(99; 1; 0; "w") | del(.minor)), deny(99; 1; 98; "r")];

# A rule for each key; those that hold make chown(2) fail for one user each, as is tried in the container.
def rule($value): {value: 92, action: 1, args: [{index: 1, value: $value}]};
def filter: .seccomp //= {syscalls: [(rule(11) | .value = 93), rule(12), (rule(13) | del(.args[0].index)), (rule(14) | del(.args[0].value)),
	(rule(31) | .args[0].op = 4), rule(17)]};
def named_rule($value): {name: "chown", action: "SCMP_ACT_ERRNO", args: [{index: 1, value: $value, op: "SCMP_CMP_EQ"}]};
def named_filter: .linux.seccomp //= {defaultAction: "SCMP_ACT_ALLOW", syscalls: [(named_rule(11) | .name = "lchown"),
	(named_rule(12) | .action = "SCMP_ACT_ALLOW"), (named_rule(13) | del(.args[0].index)), (named_rule(14) | del(.args[0].value)),
	(named_rule(31) | .args[0].op = "SCMP_CMP_MASKED_EQ"), named_rule(17)]};

# Networks
def networks: [{type: "loopback"}, {type: "veth", name: "eth0", bridge: "ctrkeys", bridge_address: "10.77.0.1/24", address: "10.77.0.2/24"},
	{type: "veth", name: "eth1", address: "10.79.0.2/24"}];
def route($to): {destination: $to, interface_name: "eth1"};
def routes: [(route("10.99.0.0/16", "10.98.0.0/16") | .gateway = "10.79.0.1"), route("10.97.0.0/16", "10.96.0.0/16")];
# One for each further key of a route, over eth1 and over the first veth.
def ways($dev): [{gateway: "10.7\(if $dev == "eth1" then 9 else 7 end).0.1", interface_name: $dev}, {gateway: "10.7\(if $dev == "eth1" then 9 else 7 end).0.3", interface_name: $dev}];
def more_routes: .routes[4] //= route("10.95.0.0/16") | .routes[5] //= route("10.94.0.0/16") | .routes[6] //= route("10.93.0.0/16")
	| .routes[7] //= route("10.92.0.0/16") | .routes[8] //= (route("10.91.0.0/16") | .gateway = "10.79.0.1") | .routes[9] //= route("10.90.0.0/16")
	| .routes[10] //= route("10.88.0.0/16") | .routes[11] //= route("10.87.0.0/16")
	| .routes[12] //= {destination: "10.86.0.0/16", nexthops: ways("eth1")} | .routes[13] //= {destination: "10.85.0.0/16", nexthops: ways("eth1")}
	| .routes[14] //= {destination: "10.84.0.0/16", nexthops: ways("eth1")};
def own_routes: .networks[1].routes //= ([range(20; 31) | {destination: "10.\(.).0.0/16"}] | (.[3], .[7]).gateway = "10.77.0.1")
	+ [range(31; 34) | {destination: "10.\(.).0.0/16", nexthops: ways("eth1")}];
def some_rules: .rules //= [range(9) | {from: "10.3\(.).0.0/16", table: 55}];
def neighbors: .networks[2].neighbors //= [range(4) | {address: "10.79.0.6\(.)", mac_address: "02:00:00:00:06:0\(.)"}];
def own_addresses: .networks[2].addresses //= [range(6) | {address: "10.79.1.\(.)/32"}] + [{address: "10.79.1.6/32", preferred_lft: 2000, valid_lft: 3000}];
def own_nodes: if .device_nodes then .devices += nodes | del(.device_nodes) else . end;
def context: .networks[3] //= {type: "veth", name: "eth2", context: {bridge: "ctrctx", prefix: "veth"}};
def network: del(.networks[1:]) | del(.routes) | .network //= {};
def own_cgroup: if .cgroups then del(.cgroups) | .cgroup_parent = "keys" | .cgroup_name = $id else . end;

# Bases
def base: {hostname: "base", root_fs: $root, environment: ["PATH=/bin"], networks: networks, routes: routes,
	cgroups: {name: $id, parent: "keys", allowed_devices: allowed}};
def kinds: ["NEWNS", "NEWUTS", "NEWIPC", "NEWPID", "NEWNET"];
def limits: [{type: 7, hard: 1024, soft: 99}, {type: 6, hard: 1024, soft: 1024}];
def capabilities: ["CHOWN", "DAC_OVERRIDE", "MKNOD", "KILL"];
def named_nodes: [(node("null"; 3), node("zero"; 5), node("full"; 7), node("random"; 8), node("urandom"; 9))];
def bind($to): {type: "bind", source: $src, destination: $to};
def old_mounts: [bind("/mnt"), bind("/media"), bind("/srv"), bind("/opt"), (bind("/tmp") | .source = $root)];
def draft_mount($type; $source; $to): {type: $type, source: $source, destination: $to, options: "nosuid"};
def draft_mounts: [draft_mount("proc"; "proc"; "/proc"), draft_mount("tmpfs"; "tmpfs"; "/dev"), draft_mount("tmpfs"; "tmpfs"; "/tmp"),
	draft_mount("tmpfs"; "moved"; "/media"), draft_mount("tmpfs"; "kind"; "/kind"), draft_mount("tmpfs"; "path"; "/srv")];
def draft_nodes: named_nodes + nodes + [node("p"; 11)] | map(.permissions = "rwm" | .uid = 0 | .gid = 0 | .fileMode = .file_mode | del(.file_mode) | .major //= 1 | .minor //= 3);
def draft: {version: "pre-draft", platform: {os: "linux"}, process: {user: {uid: 0, gid: 0}, env: ["PATH=/bin"]},
	root: {path: $root}, hostname: "base", mounts: draft_mounts, linux: {capabilities: capabilities,
	namespaces: ["pid", "network", "ipc", "uts", "mount" | {type: .}],
	rlimits: [{type: 7, soft: 99, hard: 111}, {type: 6, soft: 1024, hard: 1024}],
	devices: draft_nodes, resources: {cpu: {}, memory: {}, blockIO: {}, network: {}}}};
# In one direction, besides what is asked for there already.
def shape($way; $keys): .networks[1].shaping[$way] |= ((. // {}) * $keys);
