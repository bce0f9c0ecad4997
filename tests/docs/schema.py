# SPDX-License-Identifier: Apache-2.0
"""The schema for editors: see schema.sh. schema.py FILE"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

CTRNET = os.environ["CTRNET"]
FORMAT = "libcontainer (mid-2015)"

with open(sys.argv[1]) as file:
    text = file.read()
schema = json.loads(text)
validator = jsonschema.Draft7Validator(schema)


def ctrnet(*args):
    done = subprocess.run([CTRNET, *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def says(config):
    """What ctrnet has against a config; "": nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        return ctrnet("config", file.name)[2].strip()


def faults(config):
    return [f"{e.json_path}: {e.message[:160]}" for e in validator.iter_errors(config)]


def of_format(path):
    return ctrnet("config", "--keys", path)[1].startswith(f"# {FORMAT}\n")


def types():
    return re.findall(r"^  ([a-z-]+) ", ctrnet("help", "networks")[1], re.M)


def examples():
    """Of each type, as a config."""
    for type in types():
        shown = re.search(r'^  (\{ "type": .*\})$', ctrnet("help", "networks", type)[1], re.M)
        yield type, shown and {"namespaces": [{"type": "NEWNET"}], "networks": [json.loads(shown[1])]}


def network(**keys):
    return {"namespaces": [{"type": "NEWNET"}], "networks": [{"type": "veth", **keys}]}


def shaped(**keys):
    return network(shaping={"egress": keys})


def kind(type, **keys):
    return network() | {"networks": [{"type": type, **keys}]}


# --- Tests: each yields what is wrong ---


def valid_itself():
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        yield error.message
    if schema["$schema"] != "http://json-schema.org/draft-07/schema#":
        yield schema["$schema"]


def same_as_shown():
    if ctrnet("config", "--schema")[1] != text:
        yield "'ctrnet config --schema' shows another one"
    with tempfile.TemporaryDirectory() as dir:
        status, out, err = ctrnet("config", "--schema", "--file", f"{dir}/schema")
        if (status, out, err) != (0, "", "") or open(f"{dir}/schema").read() != text:
            yield f"--file: {status} {out} {err}"
    status, out, err = ctrnet("config", "--schema", "x.json")
    if (status, out, err) != (1, "", "ctrnet: config: --schema is about no FILE (see 'ctrnet help config')\n"):
        yield f"--schema x.json: {status} {out} {err}"


def samples():
    found = 0
    for path in sorted(glob.glob("sample_configs/**/*.json", recursive=True)):
        if not of_format(path):
            continue
        found += 1
        with open(path) as file:
            yield from (f"{path}: {fault}" for fault in faults(json.load(file)))
    if found < 20:
        yield f"only {found} samples are of this format"


def what_ctrnet_writes():
    """Configs of all formats, in the form of this one."""
    found = 0
    for path in sorted(glob.glob("tests/golden/configs/*.json")):
        status, out, _ = ctrnet("config", path)
        if status == 0:
            found += 1
            yield from (f"{path}: {fault}" for fault in faults(json.loads(out)))
    if not found:
        yield "there are no configs"


def all_examples():
    for type, config in examples():
        if not config:
            yield f"{type}: 'ctrnet help networks {type}' shows no example"
            continue
        yield from (f"{type}: {fault}" for fault in faults(config))
        if says(config):
            yield f"{type}: {says(config)}"


def below(value, path):
    """All schemas of a key, where its path goes through lists, alternatives and types."""
    if not path:
        yield value
    for inner in value.get("allOf", []) + value.get("anyOf", []):
        yield from below(inner.get("then", inner), path)
    if path and path[0] == "[]" and isinstance(value.get("items"), dict):
        yield from below(value["items"], path[1:])
    elif path and isinstance(value.get("properties", {}).get(path[0]), dict):
        yield from below(value["properties"][path[0]], path[1:])


def all_keys():
    """Each has a description, and says what it may be, unless that does not matter."""
    keys = ctrnet("config", "--keys")[1].split(f"# {FORMAT}\n")[1].split("\n# ")[0].splitlines()
    if len(keys) < 100:
        yield f"only {len(keys)} keys"
    for line in keys:
        key, what = line.split("\t")[:2]
        found = list(below(schema, key.replace("[]", ".[]").split(".")))
        if not found:
            yield f"{key} is not in it"
        elif not any(of.get("description") for of in found):
            yield f"{key} has no description"
        elif not what.startswith(("ignored", "refused")) and not any(set(of) & {"type", "enum", "anyOf"} for of in found):
            yield f"{key} may be anything"


def of_type(type):
    return next(rule["then"] for rule in schema["properties"]["networks"]["items"]["allOf"]
                if rule["if"]["properties"]["type"]["const"] == type)


def completion():
    """What an editor offers for a network: its own keys and the common ones, but not those of other types."""
    items = schema["properties"]["networks"]["items"]
    if items["properties"]["type"]["enum"] != types():
        yield f"types: {items['properties']['type']['enum']}"
    if not all(items["properties"]["type"]["enumDescriptions"]):
        yield f"types without a description: {items['properties']['type']['enumDescriptions']}"
    if [s["label"] for s in items["defaultSnippets"]] != types():
        yield f"snippets: {[s['label'] for s in items['defaultSnippets']]}"
    for type in types():
        keys = of_type(type)
        if keys["additionalProperties"] is not False or not set(items["properties"]) <= set(keys["properties"]):
            yield f"{type}: {keys}"
    if "mode" in of_type("veth")["properties"] or "bridge" in of_type("macvlan")["properties"]:
        yield "a type has another's keys"


def bad():
    """Each is refused by ctrnet, or warned of, and by the schema where ctrnet says."""
    for path, config in (
        ("$.networks[0]", network(bridg="br0")),
        ("$.networks[0]", kind("macvlan", parent="eth0", bridge="br0")),
        ("$.networks[0]", kind("loopback", mode="bridge")),
        ("$.networks[0]", {"networks": [{"name": "eth0"}], "rootfs": "/"}),
        ("$.networks[0].type", kind("vlxan")),
        ("$.networks", {"rootfs": "/", "networks": {}}),
        ("$.networks[0].name", network(name="sixteen-letters-")),
        ("$.networks[0].mtu", network(mtu=65536)),
        ("$.networks[0].mtu", network(mtu=-1)),
        ("$.networks[0].mtu", network(mtu="1500")),
        ("$.networks[0].mtu", network(mtu=1.5)),
        ("$.networks[0].address", network(address="10.0.0.1")),
        ("$.networks[0].address", network(address="10.0.0.256/24")),
        ("$.networks[0].address", network(address="10.0.0.1/33")),
        ("$.networks[0].ipv6_address", network(ipv6_address="fd00::g/64")),
        ("$.networks[0].ipv6_address", network(ipv6_address="fd00::1::2/64")),
        ("$.networks[0].ipv6_address", network(ipv6_address="fd00::1/129")),
        ("$.networks[0]", network(ipv6_address="fd00::1/64", address6="fd00::1/64")),
        ("$.networks[0].gateway", network(gateway="10.0.0.1/24")),
        ("$.networks[0].mac_address", network(mac_address="01:00:5e:00:00:01")),
        ("$.networks[0].mac_address", network(mac_address="02:42:ac:11:00")),
        ("$.networks[0].addresses", network(addresses=["10.0.0.1"])),
        ("$.networks[0].addresses", network(addresses=[{"peer": "10.0.0.1"}])),
        ("$.networks[0].addresses", network(addresses=[{"address": "10.0.0.1/24", "scope": "far"}])),
        ("$.networks[0].subnet", network(subnet=["10.0.0.0"])),
        ("$.networks[0].ranges", network(subnet="10.0.0.0/24", ranges="10.0.0.1-10.0.0")),
        ("$.networks[0].up", network(up="no")),
        ("$.networks[0].altnames", network(altnames="x")),
        ("$.networks[0].sysctl['ipv4.rp_filter']", network(sysctl={"ipv4.rp_filter": 0})),
        ("$.networks[0].snat", network(snat="10.0.0.1/24")),
        ("$.networks[0].ports[0]", network(ports=[{"container": 80}])),
        ("$.networks[0].ports[0].host", network(ports=[{"host": 0}])),
        ("$.networks[0].ports[0].host", network(ports=[{"host": "80-"}])),
        ("$.networks[0].ports[0].protocol", network(ports=[{"host": 80, "protocol": "icmp"}])),
        ("$.networks[0].routes[0]", network(routes=[{"interface_name": "eth0", "destination": "10.0.0.0/8"}])),
        ("$.networks[0].routes[0].table", network(routes=[{"destination": "10.0.0.0/8", "table": "mein"}])),
        ("$.networks[0].shaping", network(shaping={"egres": {}})),
        ("$.networks[0].shaping.egress", shaped(rat="1mbit")),
        ("$.networks[0].shaping.egress.rate", shaped(rate="1mbits")),
        ("$.networks[0].shaping.egress.rate", shaped(rate="fast")),
        ("$.networks[0].shaping.egress.delay", shaped(delay="20")),
        ("$.networks[0].shaping.egress.loss", shaped(loss="1percent")),
        ("$.networks[0].shaping.egress.loss", shaped(loss={"gemodel": {"r": "1%"}})),
        ("$.networks[0].shaping.egress.distribution", shaped(delay="1ms", jitter="1ms", distribution="gauss")),
        ("$.networks[0]", kind("vlan", parent="eth0")),
        ("$.networks[0].id", kind("vlan", parent="eth0", id=4095)),
        ("$.networks[0].mode", kind("macvlan", parent="eth0", mode="l2")),
        ("$.networks[0].learning", kind("vxlan", id=1, learning="on")),
        ("$.routes[0].gatewy", {"rootfs": "/", "routes": [{"gatewy": "10.0.0.1"}]}),
        ("$.rules[0].fwmark", {"rootfs": "/", "rules": [{"fwmark": "0x10/"}]}),
        ("$.dns.servers", {"rootfs": "/", "dns": {"servers": "10.0.0.1"}}),
        ("$.dns.server", {"rootfs": "/", "dns": {"server": []}}),
        ("$.namespaces[0].type", {"namespaces": [{"type": "newnet"}]}),
        ("$.namespaces[0]", {"namespaces": [{}], "rootfs": "/"}),
        ("$.rlimits[0].type", {"rootfs": "/", "rlimits": [{"type": "NOFILES", "hard": 1, "soft": 1}]}),
        ("$.rlimits[0]", {"rootfs": "/", "rlimits": [{"type": "NOFILE", "hard": 1}]}),
        ("$.devices[0].type", {"devices": [{"type": "x"}]}),
        ("$.capabilities", {"rootfs": "/", "capabilities": "CHOWN"}),
        ("$.cgroups.memory", {"rootfs": "/", "cgroups": {"memory": "1g"}}),
        ("$.cgroups.memory", {"rootfs": "/", "cgroups": {"memory": -2}}),
        ("$.cgroups.freezer", {"rootfs": "/", "cgroups": {"freezer": "frozen"}}),
        ("$.cgroups.memory_swappiness", {"rootfs": "/", "cgroups": {"memory_swappiness": 101}}),
        ("$.cgroups.blkio_weight_device", {"rootfs": "/", "cgroups": {"blkio_weight_device": "8:0"}}),
        ("$.cgroups.hugetlb_limit[0]", {"rootfs": "/", "cgroups": {"hugetlb_limit": [{"limit": 1}]}}),
        ("$.seccomp.default_action", {"rootfs": "/", "seccomp": {"default_action": -4}}),
        ("$.parent_death_signal", {"rootfs": "/", "parent_death_signal": 65}),
        ("$.process.args", {"rootfs": "/", "process": {"args": "sh"}}),
    ):
        found = [e.json_path for e in validator.iter_errors(config)]
        # Of an unknown key the schema names the object.
        if not any(p == path or p == path.rpartition(".")[0] for p in found):
            yield f"{json.dumps(config)}: {found}, not {path}"
        if not says(config):
            yield f"{json.dumps(config)}: ctrnet has nothing against it"


def good():
    """What has more than one form, and is none of the above."""
    for config in (
        network(address="", gateway="localhost", mac_address="", name=None, routes=None),
        network(address6="2001:db8::/128", gateway6="::", addresses="10.0.0.1/0"),
        network(addresses=["1:2:3:4:5:6:7:8/0", "::ffff:10.0.0.1/96", {"address": "1::/16", "peer": "::1"}]),
        network(subnet=["10.0.0.0/024", "fd00::/64"], ranges=["10.0.0.1", "10.0.0.0/25", "fd00::1-fd00::ff"], exclude="10.0.0.3"),
        network(snat=["10.0.0.1", "fd00::1"], ports=[{"host": "80-90", "container": "8080-8090"}, {"host": 1}]),
        network(context={"bridge": "br0", "prefix": "v"}, hairpin_mode=False),
        shaped(rate="1.5 MBIT", ceil="2gibps", burst="10KB", delay="0", jitter="1.ms", loss=".1", correlation="25%"),
        shaped(rate="12345", loss={"gemodel": {"p": "1%", "k": "0"}}, slot={"min": "1usecs", "packets": 3}, seed=1),
        kind("loopback", bridge="x", context={"any": "thing"}, veth_prefix=7),
        kind("macvlan", link="eth0", mode="source", source_macs="02:00:00:00:00:01"),
        kind("vxlan", id=1, learning=False, remotes=["10.0.0.1"], ttl=None),
        {"routes": [{"type": "blackhole", "destination": "", "table": 7, "interface_name": "x"}], "rootfs": ""},
        {"rules": [{"fwmark": "0x10/0xff", "table": "main"}, {"fwmark": 16, "table": 4294967295}]},
        {"rlimits": [{"type": "rlimit_nofile", "hard": 2**64 - 1, "soft": 0}, {"type": 7, "hard": 1, "soft": 1}]},
        {"capabilities": {"bounding": ["CAP_CHOWN"], "ambient": []}, "additional_groups": ["adm", 4]},
        {"devices": [{"type": 99, "major_number": 1}, {"type": "p"}], "sysctl": {"net.x": "1"}},
        {"cgroups": {"freezer": "", "blkio_weight_device": [{"major": 8, "minor": 0, "weight": 1}, "8:0 1"], "net_cls_classid": "0x10"}},
        {"cgroups": {"freezer": "FROZEN", "blkio_weight_device": "", "net_cls_classid": 16, "hugetlb_limit": [{"pageSize": "2MB"}]}},
        {"seccomp": {"default_action": -1, "syscalls": [{"value": 1, "action": 1, "args": [{"value_two": 2**64 - 1}]}]}},
        {"$schema": "ctrnet.schema.json", "xyzzy": {}, "process": {"args": ["sh"]}},
    ):
        config = {"rootfs": "/"} | config
        yield from (f"{json.dumps(config)}: {fault}" for fault in faults(config))
        if says(config):
            yield f"{json.dumps(config)}: {says(config)}"


def texts():
    """Random texts: what the decoder of addresses takes, the schema takes."""
    import ipaddress
    import random

    random.seed(1)
    pattern = re.compile(of_type("veth") and schema["properties"]["dns"] and
                         schema["properties"]["networks"]["items"]["properties"]["ipv6_gateway"]["pattern"])
    for _ in range(20000):
        groups = ["%x" % random.choice((0, 1, 0xabcd, random.getrandbits(16))) for _ in range(random.randint(0, 9))]
        for _ in range(random.randint(0, 2)):
            groups.insert(random.randint(0, len(groups)), "")
        if random.random() < .2:
            groups.append("%d.%d.%d.%d" % tuple(random.randint(0, 300) for _ in range(4)))
        address = ":".join(groups)
        try:
            ipaddress.ip_address(address)
            right = True
        except ValueError:
            right = not address
        # A quad behind a wrong number of groups gets through.
        if bool(pattern.search(address)) != right and (right or "." not in address):
            yield f"'{address}' is {'' if right else 'no '}address"


tests = (
    ("it is a schema of draft 7", valid_itself),
    ("ctrnet config --schema shows it", same_as_shown),
    ("it lets each sample through", samples),
    ("and what ctrnet config makes of other formats", what_ctrnet_writes),
    ("and the example that there is of each type of networks", all_examples),
    ("each key is in it, described, and with what it may be", all_keys),
    ("each type of networks has its own keys and the common ones, and no others", completion),
    ("what is right in an unusual form gets through", good),
    ("what is wrong is found, as ctrnet finds it", bad),
    ("addresses are what they are to others", texts),
)
failed = False
print(f"1..{len(tests)}")
for number, (name, test) in enumerate(tests, 1):
    wrong = list(test())
    failed |= bool(wrong)
    print(f"{'not ' if wrong else ''}ok {number} - {name}")
    for line in wrong[:20]:
        print(f"# {line}")
sys.exit(failed)
