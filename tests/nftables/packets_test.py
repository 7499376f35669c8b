#!/usr/bin/env python3
"""Real packets through real rulesets, in namespaces of this process.

    packets_test.py [--seed SEED] [--models N] [--packets N] [--rulesets N]

1. Small models, drawn from a seed: their compiled ruleset decides on packets of TCP, UDP, ICMP and ESP, own and forged
   sources, of both families. This file reads the model by itself: first match, families, sources, flows.
2. Conversations: replies, errors that quote a live flow, a helper's data connection, ports of a bridge; and what the
   router answers by itself, to own and to forged sources.
3. Rulesets drawn from a seed in nft's own words: what the reader of nft's JSON says of a packet, and what becomes of it.

VAUBAN_NFTABLES names tests/nftables/vauban-nftables. Exit 77 where the kernel allows no namespaces.
"""

import argparse
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from forged_errors import run_forged
from wire import ACK, ESP, ICMP, ICMP6, MARK, PSH, SYN, TCP, UDP, Packet, Router, confined, error_about, unavailable

PROGRAM = os.environ.get("VAUBAN_NFTABLES", "")
LINKS = {"a": ["198.51.100.0/26", "2001:db8:a::/64"], "b": ["198.51.100.64/26", "2001:db8:b::/64"],
         "fwd": ["198.51.100.128/26", "2001:db8:c::/64"], "internet": ["default", "::/0"]}
NETWORKS = {"a": ["198.51.100.0/26", "2001:db8:a::/64"], "b": ["198.51.100.64/26", "2001:db8:b::/64"],
            "fwd": ["198.51.100.128/26", "2001:db8:c::/64"], "internet": ["0.0.0.0/0", "::/0"]}
HOSTS = {"ha": ("a", ["198.51.100.5", "2001:db8:a::5"]), "hb": ("b", ["198.51.100.70", "2001:db8:b::5"]),
         "hb2": ("b", ["198.51.100.71"]), "hf": ("fwd", ["198.51.100.140", "2001:db8:c::5"]),
         "far": ("internet", ["203.0.113.9", "2001:db8:f::9"])}
ADDRESSES = {"a": ["198.51.100.5", "198.51.100.6", "2001:db8:a::5", "2001:db8:a::6"],
             "b": ["198.51.100.70", "198.51.100.71", "198.51.100.72", "2001:db8:b::5", "2001:db8:b::7"],
             "fwd": ["198.51.100.140", "198.51.100.141", "2001:db8:c::5", "2001:db8:c::6"],
             "internet": ["203.0.113.9", "203.0.113.77", "2001:db8:f::9", "2001:db8:f::a"]}
SERVICES = {"tcp/443": [(TCP, 443, 443)], "dns": [(TCP, 53, 53), (UDP, 53, 53)], "udp/1000-2000": [(UDP, 1000, 2000)],
            "tcp/1-1023": [(TCP, 1, 1023)], "ip/50": [(ESP, 0, 0)], "icmp/echo": [(ICMP, 8, 8), (ICMP6, 128, 128)],
            "icmp/3": [(ICMP, 3, 3), (ICMP6, 1, 2)], "tcp": [(TCP, 0, 65535)], "any": None,
            "icmp": [(ICMP, 0, 255), (ICMP6, 0, 255)]}


def zone_of(address):
    for zone in ("a", "b", "fwd"):
        if any(address.version == ipaddress.ip_network(n).version and address in ipaddress.ip_network(n)
               for n in NETWORKS[zone]):
            return zone
    return "internet"


class Failures:
    def __init__(self):
        self.found, self.checked = [], 0

    def check(self, right, what):
        self.checked += 1
        if not right:
            self.found.append(what)


# ---- one: models ----

def draw_model(draw):
    places = list(NETWORKS) + list(HOSTS) + ["198.51.100.64/29", "203.0.113.0/24", "2001:db8:b::/120", "any"]
    flows = []
    for _ in range(draw.randint(3, 9)):
        action = draw.choices(["allow", "deny", "reject"], [8, 2, 2])[0]
        rule = {"from": draw.choice(places), "to": draw.choice(places),
                "service": draw.sample(list(SERVICES), 2) if draw.random() < 0.2 else draw.choice(list(SERVICES))}
        if draw.random() < 0.15:
            rule["when"] = "now"
        flows.append({action: rule})
    enforcement = {"anti-spoofing": draw.choice(["off", "zone", "zone"]),
                   "families": draw.choice([["ipv4", "ipv6"], ["ipv4", "ipv6"], ["ipv4"], ["ipv6"]]),
                   "uncovered": draw.choice(["pass", "drop"]),
                   "stateful": {"established": draw.random() < 0.7,
                                "related": draw.choice(["none", "from-untrusted", "all"]), "helpers": []},
                   "unmatched": draw.choice(["drop", "reject"])}
    isolated = draw.random() < 0.5
    return {"vauban": 1, "name": "packets",
            "zones": {z: {"networks": n, **({"untrusted": True} if z == "internet" else {}),
                          **({"isolated": True} if z == "b" and isolated else {})} for z, n in NETWORKS.items()},
            "hosts": {h: {"zone": z, "address": a, "services": {}} for h, (z, a) in HOSTS.items()},
            "flows": flows, "enforcement": enforcement, "conditions": {"now": {"default": "closed"}}}


class Oracle:
    """The model, read rule by rule; remembers what passed, as connection tracking does."""

    def __init__(self, model, is_open, flows):
        self.model, self.open, self.flows = model, is_open, flows

    def meant(self, word, address):
        if word == "any":
            return True
        if word in HOSTS:
            return str(address) in HOSTS[word][1]
        if word in NETWORKS:
            return zone_of(address) == word
        network = ipaddress.ip_network(word)
        return network.version == address.version and address in network

    def serves(self, words, packet):
        for word in words if isinstance(words, list) else [words]:
            if SERVICES[word] is None:
                return True
            if any(p == packet.protocol and low <= packet.dport <= high for p, low, high in SERVICES[word]):
                return True
        return False

    def enters(self, packet, link):
        """Whether it comes as far as connection tracking."""
        enforcement, isolated = self.model["enforcement"], self.model["zones"][link].get("isolated")
        if f"ipv{packet.version}" in enforcement["families"]:
            return enforcement["anti-spoofing"] == "off" or zone_of(packet.source) == link
        return enforcement["uncovered"] == "pass" or (not isolated and zone_of(packet.source) == link)

    def decide(self, packet, link, out):
        """accept, drop or reject."""
        if not self.enters(packet, link):
            return "drop"
        zones, enforcement, known = self.model["zones"], self.model["enforcement"], self.known(packet)
        if link == out and not zones[link].get("isolated"):
            return "accept"
        if f"ipv{packet.version}" not in enforcement["families"]:
            return "accept" if enforcement["uncovered"] == "pass" else "drop"
        if known and enforcement["stateful"]["established"]:
            return "accept"
        for rule in self.model["flows"]:
            (action, body), = rule.items()
            if body.get("when") and not self.open:
                continue
            if self.meant(body["from"], packet.source) and self.meant(body["to"], packet.destination) \
                    and self.serves(body["service"], packet):
                return {"allow": "accept", "deny": "drop", "reject": "reject"}[action]
        return enforcement["unmatched"]

    @staticmethod
    def tuple_of(packet, back=False):
        ends = [(packet.source, packet.sport), (packet.destination, packet.dport)]
        kind = 0
        if packet.protocol in (ICMP, ICMP6):  # the identifier, and request for answer
            answers = {8: 0, 128: 129}
            kind = {v: k for k, v in answers.items()}.get(packet.dport, packet.dport)
            ends = [(packet.source, packet.sport), (packet.destination, packet.sport)]
        if packet.protocol == ESP:
            ends = [(packet.source, 0), (packet.destination, 0)]
        return (packet.protocol, kind, *(reversed(ends) if back else ends))

    def known(self, packet):
        if packet.protocol in (ICMP, ICMP6) and packet.dport not in (0, 129):
            return False  # requests go the same way each time, and errors quote nothing live here
        answered = self.tuple_of(packet, back=True)
        if answered in self.flows:
            self.flows[answered] = True  # whatever becomes of the answer
            return True
        return self.flows.get(self.tuple_of(packet), False)

    def passed(self, packet):
        if self.tuple_of(packet, back=True) not in self.flows:
            self.flows.setdefault(self.tuple_of(packet), False)


def draw_packet(draw, number):
    link = draw.choice(list(ADDRESSES))
    source = draw.choice(ADDRESSES[link])
    if draw.random() < 0.25:  # forged
        source = draw.choice(ADDRESSES[draw.choice(list(ADDRESSES))])
    version = ipaddress.ip_address(source).version
    out = draw.choice(list(ADDRESSES))
    destination = draw.choice([a for a in ADDRESSES[out] if ipaddress.ip_address(a).version == version])
    protocol = draw.choice([TCP, TCP, UDP, UDP, ICMP if version == 4 else ICMP6, ESP])
    if protocol in (TCP, UDP):
        dport = draw.choice([22, 53, 443, 999, 1000, 1500, 2001])
        sport = 20000 + number
    elif protocol == ESP:
        sport = dport = 0
    else:
        sport, dport = number, draw.choice([8, 3, 0] if version == 4 else [128, 1, 129])
    return link, out, Packet(source, destination, protocol, sport, dport, MARK + b"%06d" % number)


def aimed_packet(draw, number, oracle):
    """One that a rule of the model is about, or that its ports just miss: few of the others come near some rule."""
    (_, rule), = draw.choice(oracle.model["flows"]).items()
    addresses = [(zone, ipaddress.ip_address(text)) for zone, texts in ADDRESSES.items() for text in texts]
    ends = [(one, other) for one in addresses if oracle.meant(rule["from"], one[1])
            for other in addresses if other[1].version == one[1].version and oracle.meant(rule["to"], other[1])]
    if not ends:
        return draw_packet(draw, number)
    (link, source), (out, destination) = draw.choice(ends)
    words = rule["service"] if isinstance(rule["service"], list) else [rule["service"]]
    served = SERVICES[draw.choice(words)] or SERVICES[draw.choice(["tcp", "dns", "icmp", "ip/50"])]
    foreign = ICMP6 if source.version == 4 else ICMP
    protocol, low, high = draw.choice([service for service in served if service[0] != foreign])
    sport, dport = 20000 + number, min(max(draw.choice([low - 1, low, high, high + 1]), 1), 65535)
    if protocol == ESP:
        sport = dport = 0
    elif protocol in (ICMP, ICMP6):
        sport = number
        dport = draw.choice([kind for kind in ((8, 3, 0) if protocol == ICMP else (128, 1, 129)) if low <= kind <= high])
    return link, out, Packet(source, destination, protocol, sport, dport, MARK + b"%06d" % number)


def numbers_of(frames):
    """(link, number of the packet, whether an error of the router's quotes it) of all frames."""
    seen = []
    for link, frame in frames:
        at = frame.find(MARK)
        if at < 0 or not frame[at + len(MARK):at + len(MARK) + 6].isdigit():
            continue
        body = frame[14:]
        four = body[0] >> 4 == 4
        protocol = body[9] if four else body[6]
        kind = body[20] if four else body[40]
        direct = at - 14 <= (20 + 20 if four else 40 + 20)
        error = (protocol == ICMP and kind == 3) or (protocol == ICMP6 and kind == 1)
        if direct or error:  # what else quotes it is a redirect
            seen.append((link, int(frame[at + len(MARK):at + len(MARK) + 6]), not direct))
    return seen


def send_all(router, packets):
    """Sends (link, out, packet) triples; what was heard, as sets of links by number: arrived, answered."""
    arrived, answered = {}, {}
    for number, (link, out, packet) in enumerate(packets):
        router.neighbour(packet.destination, out)
        # Where an error of the router's would go.
        router.neighbour(packet.source, zone_of(packet.source))
        router.send(link, packet)
        if number % 20 == 19:
            collect(router.heard(0.02), arrived, answered)
    collect(router.heard(0.3), arrived, answered)
    return arrived, answered


def collect(frames, arrived, answered):
    for link, number, error in numbers_of(frames):
        (answered if error else arrived).setdefault(number, set()).add(link)


def compiled(folder, model, *arguments):
    path = Path(folder) / "model.yaml"
    path.write_text(json.dumps(model, indent=1), encoding="utf-8")
    done = subprocess.run([PROGRAM, str(path), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def run_models(router, folder, draw, models, packets, failures):
    totals = {"accept": 0, "drop": 0, "reject": 0}
    flows = {}  # the kernel keeps them when the rules change: whether they were answered
    for number in range(models):
        model = draw_model(draw)
        is_open = draw.random() < 0.5
        ruleset = compiled(folder, model, *(["--open", "now"] if is_open else []))
        router.load(ruleset)
        oracle, wanted, sent = Oracle(model, is_open, flows), [], []
        for index in range(packets):
            count = number * packets + index
            aimed = draw.random() < 0.5
            link, out, packet = aimed_packet(draw, count, oracle) if aimed else draw_packet(draw, count)
            verdict = oracle.decide(packet, link, out)
            if verdict == "accept":
                oracle.passed(packet)
            wanted.append(verdict)
            sent.append((link, out, packet))
        arrived, answered = send_all(router, sent)
        for (link, out, packet), verdict in zip(sent, wanted):
            key = int(packet.payload[len(MARK):])
            totals[verdict] += 1
            context = f"model {number}: {packet} into {link} for {out}: wanted {verdict}"
            failures.check(arrived.get(key, set()) == ({out} if verdict == "accept" else set()),
                           f"{context}, arrived at {sorted(arrived.get(key, []))}\n{json.dumps(model)}\n{ruleset}")
            # No error answers an error, and one to a forged source goes where that is.
            if packet.dport not in (3, 1) or packet.protocol in (TCP, UDP):
                failures.check(bool(answered.get(key)) == (verdict == "reject"),
                               f"{context}, answered to {sorted(answered.get(key, []))}\n{ruleset}")
    print(f"{models} models, {models * packets} packets: {totals}")


# ---- two: conversations ----

def conversation_model(**stateful):
    return {"vauban": 1, "name": "conversations", "zones": draw_model(random.Random(1))["zones"],
            "hosts": {h: {"zone": z, "address": a, "services": {}} for h, (z, a) in HOSTS.items()},
            "flows": [{"allow": {"from": "ha", "to": "far", "service": ["udp/5000", "tcp/21", "tcp/80"]}},
                      {"allow": {"from": "far", "to": "hf", "service": "udp/5000"}}],
            "enforcement": {"anti-spoofing": "zone", "families": ["ipv4", "ipv6"], "uncovered": "drop",
                            "stateful": stateful, "unmatched": "drop"}}


def numbered(number, source, destination, protocol, sport, dport, **more):
    return Packet(source, destination, protocol, sport, dport, MARK + b"%06d" % number, **more)


def run_conversations(router, folder, failures):
    count = 0
    for family in (0, 1):
        ha, far, hf = HOSTS["ha"][1][family], HOSTS["far"][1][family], HOSTS["hf"][1][family]
        hb = HOSTS["hb"][1][family]
        for established in (True, False):
            for related in ("none", "from-untrusted", "all"):
                router.load(compiled(folder, conversation_model(established=established, related=related, helpers=[])))
                port = 30000 + count * 10
                count += 1
                out_flow = numbered(0, ha, far, UDP, port, 5000)
                in_flow = numbered(1, far, hf, UDP, port, 5000)
                packets = [("a", "internet", out_flow, True), ("internet", "fwd", in_flow, True),
                           ("internet", "a", numbered(2, far, ha, UDP, 5000, port), established),
                           ("fwd", "internet", numbered(3, hf, far, UDP, 5000, port), established),
                           ("internet", "a", numbered(4, far, ha, UDP, 5000, port + 1), False),
                           # A forged reply, from the side of b.
                           ("b", "a", numbered(5, far, ha, UDP, 5000, port), False),
                           # Errors that quote the live flows, from outside and from inside; and one of a flow
                           # that never was.
                           ("internet", "a", error_about(far, out_flow), related != "none"),
                           ("fwd", "internet", error_about(hf, in_flow), related == "all"),
                           ("b", "internet", error_about(hb, in_flow), related == "all"),
                           ("internet", "a", error_about(far, numbered(6, ha, far, UDP, port + 5, 5000)), False)]
                for link, out, packet, wanted in packets:
                    router.neighbour(packet.destination, out)
                    router.send(link, packet)
                    heard = [name for name, frame in router.heard(0.05) if MARK in frame]
                    failures.check(heard == ([out] if wanted else []),
                                   f"established {established}, related {related}: {packet} into {link} for {out}: "
                                   f"wanted {wanted}, arrived at {heard}")


def run_own_answers(router, folder, failures):
    def ruleset(isolated=False, **enforcement):
        model = conversation_model(established=True, related="from-untrusted", helpers=[])
        model["zones"] = {zone: {**keys, "isolated": isolated and zone == "a"} for zone, keys in model["zones"].items()}
        model["enforcement"].update(enforcement)
        return compiled(folder, model)

    off, four = {"anti-spoofing": "off"}, {"families": ["ipv4"]}
    run_forged(router, [
        ("no anti-spoofing", ruleset(**off), {4, 6}, {4, 6}), ("anti-spoofing", ruleset(), set(), {4, 6}),
        ("anti-spoofing, isolated", ruleset(True), set(), {4, 6}),
        ("IPv6 dropped", ruleset(**off, **four), {4}, {4, 6}),  # inside the zone it is free
        ("IPv6 dropped, isolated", ruleset(True, **four), set(), {4}),
        ("IPv6 passes", ruleset(**four, uncovered="pass"), {6}, {4, 6})], failures)


def run_helper(router, folder, failures):
    """An FTP client names a port to a tracking helper, and the server opens it."""
    ha, far = HOSTS["ha"][1][0], HOSTS["far"][1][0]
    for case, (helpers, related, passes) in enumerate(((["ftp"], "all", True), (["ftp"], "none", False),
                                                       ([], "all", False))):
        ruleset = compiled(folder, conversation_model(established=True, related=related, helpers=helpers))
        try:
            router.load(ruleset)
        except RuntimeError as error:
            print(f"helper not tried: {str(error).splitlines()[0]}")
            return
        port = 31000 + case
        command = b"PORT " + ha.replace(".", ",").encode() + b",200,%d\r\n" % case
        greeting = b"USER x\r\n"  # a helper reads from the second line on
        after = 1001 + len(greeting)
        talk = [("a", "internet", Packet(ha, far, TCP, port, 21, b"", SYN, 1000)),
                ("internet", "a", Packet(far, ha, TCP, 21, port, b"", SYN | ACK, 5000, 1001)),
                ("a", "internet", Packet(ha, far, TCP, port, 21, b"", ACK, 1001, 5001)),
                ("a", "internet", Packet(ha, far, TCP, port, 21, greeting, ACK | PSH, 1001, 5001)),
                ("a", "internet", Packet(ha, far, TCP, port, 21, command, ACK | PSH, after, 5001)),
                ("internet", "a", Packet(far, ha, TCP, 20, 200 * 256 + case, MARK + b"000009", SYN, 7000))]
        for link, out, packet in talk:
            router.neighbour(packet.destination, out)
            router.send(link, packet)
            heard = router.heard(0.05)
        arrived = any(MARK in frame for _, frame in heard)
        failures.check(arrived == passes, f"helpers {helpers}, related {related}: wanted {passes}, arrived {arrived}")


def run_bridge(folder, failures):
    """`anti-spoofing: host` inside a zone: ports of the zone's bridge. A router of its own, one more link."""
    router = Router({"p1": [], "p2": [], "internet": ["default", "::/0"]})
    for command in (["link", "add", "name", "b", "type", "bridge"], ["link", "set", "dev", "p1", "master", "b"],
                    ["link", "set", "dev", "p2", "master", "b"], ["link", "set", "dev", "b", "up"],
                    ["route", "add", "198.51.100.64/26", "dev", "b"]):
        router.ip("-n", "router", *command)
    router.inside("sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -w $f ] || echo 0 > $f; done",
                  check=False)
    router.awake()
    model = {"vauban": 1, "name": "bridge",
             "zones": {"b": {"networks": NETWORKS["b"]}, "internet": {"networks": NETWORKS["internet"], "untrusted": True}},
             "hosts": {h: {"zone": "b", "address": HOSTS[h][1], "services": {}} for h in ("hb", "hb2")},
             "flows": [{"allow": {"from": "b", "to": "internet", "service": "any"}}],
             "enforcement": {"anti-spoofing": "host", "families": ["ipv4", "ipv6"], "uncovered": "drop",
                             "stateful": {"established": True, "related": "none", "helpers": []}, "unmatched": "drop"}}
    router.load(compiled(folder, model, "--port", "hb=b=p1", "--port", "hb2=b=p2", "--strict"))
    hb, hb2, other, far = "198.51.100.70", "198.51.100.71", "198.51.100.72", "203.0.113.9"
    router.neighbour(far, "internet")
    to_two = bytes.fromhex("020000000201")
    address = json.loads(router.inside("ip", "-j", "link", "show", "dev", "b").stdout)[0]["address"]
    to_router = bytes.fromhex(address.replace(":", ""))

    def arp(sender):
        ends = ipaddress.ip_address(sender).packed, ipaddress.ip_address(hb2).packed
        return b"\0\1\10\0\6\4\0\1" + bytes.fromhex("020000000200") + ends[0] + bytes(6) + ends[1] + MARK + b"000001"

    cases = [("own source to a neighbour", to_two, 0x0800, Packet(hb, hb2, UDP, 1, 2, MARK + b"000000").bytes(), "p2", True),
             ("a neighbour's source to a neighbour", to_two, 0x0800,
              Packet(other, hb2, UDP, 1, 2, MARK + b"000000").bytes(), "p2", False),
             ("own source outwards", to_router, 0x0800, Packet(hb, far, UDP, 3, 2, MARK + b"000000").bytes(),
              "internet", True),
             ("a neighbour's source outwards", to_router, 0x0800,
              Packet(hb2, far, UDP, 4, 2, MARK + b"000000").bytes(), "internet", False),
             ("ARP for itself", to_two, 0x0806, arp(hb), "p2", True),
             ("ARP for a neighbour", to_two, 0x0806, arp(hb2), "p2", False),
             ("IPv6, own source", to_two, 0x86DD,
              Packet("2001:db8:b::5", "2001:db8:b::7", UDP, 1, 2, MARK + b"000000").bytes(), "p2", True),
             ("IPv6, a neighbour's source", to_two, 0x86DD,
              Packet("2001:db8:b::9", "2001:db8:b::7", UDP, 1, 2, MARK + b"000000").bytes(), "p2", False)]
    for what, target, wanted in (("advertises itself", "2001:db8:b::5", True), ("advertises another", "2001:db8:b::7", False),
                                 ("advertises a link-local address", "fe80::1", True)):
        cases.append((what, to_two, 0x86DD, neighbour_advertisement(target), "p2", wanted))
    for what, target, kind, body, out, wanted in cases:
        router.frame("p1", target, kind, body)
        heard = [name for name, frame in router.heard(0.1) if MARK in frame]
        failures.check((out in heard) == wanted, f"bridge port: {what}: wanted {wanted}, heard at {heard}")


def neighbour_advertisement(target):
    packet = Packet("fe80::200:ff:fe00:200", "2001:db8:b::7", ICMP6, 0, 136)
    body = b"\x88\0\0\0\x20\0\0\0" + ipaddress.ip_address(target).packed + MARK + b"000002"
    packet.transport = lambda: body  # a bridge looks at no checksum
    return packet.bytes()


# ---- three: rulesets in nft's words ----

def draw_rule(draw, chains, four):
    word = "ip" if four else "ip6"
    pools = [a for zone in ADDRESSES.values() for a in zone if (":" in a) != four]

    def addresses():
        some = draw.sample(pools, draw.randint(1, 3))
        networks = ["198.51.100.0/26", "198.51.100.64/28", "203.0.113.0/24"] if four \
            else ["2001:db8:a::/64", "2001:db8:f::/48"]
        choice = draw.random()
        if choice < 0.3:
            return some[0]
        if choice < 0.6:
            return draw.choice(networks)
        return "{ " + ", ".join(sorted(set(some))) + " }"

    def ports():
        return draw.choice(["53", "443", "1000-1500", "{ 22, 53, 1000-2000 }", "< 1000", ">= 1000", "!= 443"])

    def condition():
        return draw.choice([
            lambda: f"{word} saddr {draw.choice(['', '!= '])}{addresses()}",
            lambda: f"{word} daddr {draw.choice(['', '!= '])}{addresses()}",
            lambda: f"{draw.choice(['tcp', 'udp', 'meta l4proto { tcp, udp } th'])} dport {ports()}",
            lambda: f"tcp sport {draw.choice(['20000-30000', '!= 20500', '< 20100'])}",
            lambda: f"meta l4proto {draw.choice(['tcp', '!= udp', '{ tcp, esp }', '50', '{ icmp, ipv6-icmp }'])}",
            lambda: f"iifname {draw.choice(['a', '!= b', '{ a, fwd }', '!= { a, internet }'])}".replace("fwd", '"fwd"'),
            lambda: f"oifname {draw.choice(['b', '!= a', '{ b, internet }', 'int*'])}",
            lambda: "icmp type { echo-request, destination-unreachable }" if four else "icmpv6 type echo-request",
            lambda: f"meta nfproto {draw.choice(['ipv4', 'ipv6'])}",
            lambda: 'iifname . oifname { a . b, "fwd" . internet, internet . a }',
            lambda: f"{word} saddr . th dport {{ {pools[0]} . 53, {pools[2]} . 443 }}",
            lambda: "tcp flags & (fin|syn|rst|ack) == syn",
            lambda: "ct state new",
        ])()

    verdict = draw.choice(["accept", "accept", "drop", "reject", "return", "continue"] +
                          [f"{how} {chain}" for chain in chains for how in ("jump", "goto")])
    if draw.random() < 0.12:
        targets = [f"jump {chain}" for chain in chains] or ["continue"]
        return draw.choice([f"tcp dport vmap {{ 22 : drop, 443 : accept, 1000-1999 : {targets[0]} }}",
                            f'iifname . oifname vmap {{ a . b : accept, b . a : drop, "fwd" . internet : {targets[-1]} }}',
                            f"meta l4proto vmap {{ tcp : {targets[0]}, udp : continue, esp : accept }}"])
    conditions = " ".join(condition() for _ in range(draw.randint(0, 2)))
    if verdict == "reject" and draw.random() < 0.5:
        verdict = "meta l4proto tcp reject with tcp reset"
    return f"{conditions} {verdict}".strip()


def draw_ruleset(draw):
    text = []
    for number in range(draw.randint(1, 3)):
        family = draw.choice(["inet", "inet", "ip", "ip6"])
        lines, chains = [], []
        for name in (["deep", "side"] if draw.random() < 0.7 else []):
            rules = [draw_rule(draw, chains, family != "ip6") for _ in range(draw.randint(1, 4))]
            lines += [f" chain {name} {{", *(f"  {rule}" for rule in rules), " }"]
            chains = chains + [name]
        for hook in draw.sample(["prerouting", "forward", "postrouting"], draw.randint(1, 2)):
            lines += [f" chain at-{hook} {{", f"  type filter hook {hook} priority {draw.choice([-10, 0, 7])}; "
                      f"policy {draw.choice(['accept', 'accept', 'drop'])};"]
            for _ in range(draw.randint(1, 6)):
                rule = draw_rule(draw, chains, family != "ip6" and draw.random() < 0.7 or family == "ip")
                # A reject has its hooks, and an interface is not known before the route.
                if hook != "forward":
                    rule = rule.replace("meta l4proto tcp reject with tcp reset", "drop").replace("reject", "drop")
                    rule = rule.replace("oifname", "iifname") if hook == "prerouting" else rule
                    if "side" in rule or "deep" in rule:
                        rule = "accept"
                lines.append(f"  {rule}")
            lines.append(" }")
        text += [f"table {family} t{number} {{", *lines, "}"]
    return "\n".join(text) + "\n"


def run_rulesets(router, folder, draw, rulesets, packets, failures):
    loaded, refused, answers = 0, 0, {"+": 0, "-": 0, "?": 0}
    while loaded < rulesets and refused < 20 * rulesets:
        text = draw_ruleset(draw)
        try:
            router.load(text)
        except RuntimeError:
            refused += 1  # words that do not go together
            continue
        listing = Path(folder) / "listing.json"
        listing.write_text(router.listing(), encoding="utf-8")
        sent = []
        for index in range(packets):
            link, out, packet = draw_packet(draw, loaded * packets + index)
            while packet.protocol == ESP or packet.dport in (0, 1, 3, 129):  # no replies, and nothing invalid
                link, out, packet = draw_packet(draw, loaded * packets + index)
            sent.append((link, out, packet))
        asked = "\n".join(f"{link} {out} {p.source} {p.destination} {p.protocol} "
                          f"{p.sport if p.protocol in (TCP, UDP) else 0} {p.dport}" for link, out, p in sent)
        done = subprocess.run([PROGRAM, str(listing), "--decide"], input=asked, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failures.check(False, f"{done.stderr}\n{text}")
            return
        arrived, _ = send_all(router, sent)
        for (link, out, packet), answer in zip(sent, done.stdout.split()):
            key = int(packet.payload[len(MARK):])
            answers[answer] += 1
            came = arrived.get(key, set()) == {out}
            failures.check(answer == "?" or came == (answer == "+"),
                           f"{packet} into {link} for {out}: the reader says {answer}, arrived {came}\n{text}")
        loaded += 1
    print(f"{loaded} rulesets of nft's own words, {loaded * packets} packets: {answers}; {refused} not loaded by nft")
    failures.check(loaded == rulesets, f"only {loaded} rulesets could be drawn")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=int, default=16)
    parser.add_argument("--packets", type=int, default=120)
    parser.add_argument("--rulesets", type=int, default=8)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    call = parser.parse_args()
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        print("VAUBAN_NFTABLES names no program")
        return 2
    if not call.inside:
        reason = unavailable()
        if reason:
            print(f"skipped: {reason}")
            return 77
        return confined([__file__, *sys.argv[1:], "--inside"])
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # packets of two links stay in order
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder:
        router = Router(LINKS)
        draw = random.Random(call.seed)
        run_models(router, folder, draw, call.models, call.packets, failures)
        run_conversations(router, folder, failures)
        run_helper(router, folder, failures)
        run_own_answers(router, folder, failures)
        run_rulesets(router, folder, draw, call.rulesets, call.packets, failures)
        router.close()
        run_bridge(folder, failures)
    for failure in failures.found[:5]:
        print("FAILED: " + failure)
    print(f"seed {call.seed}: {failures.checked} checks, {len(failures.found)} failed")
    return 1 if failures.found else 0


if __name__ == "__main__":
    sys.exit(main())
