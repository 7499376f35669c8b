"""What a router answers by itself, before any forward chain: to a source that is forged it must be nothing; for
packets_test.py.

The packets can never arrive: whatever is heard of them is an answer that quotes them, and where it is heard is where it
went.
"""

import ipaddress
import struct

from wire import ICMP, ICMP6, MARK, UDP, Packet, checksum

LINK = "a"  # that of the sender
DEVICE = {4: "198.51.100.250", 6: "2001:db8:ff::1"}
BEHIND = {4: ("198.51.100.6", "198.51.100.140"), 6: ("2001:db8:a::6", "2001:db8:c::5")}  # the link, and another
NOWHERE = {4: ("192.0.2.0/24", "192.0.2.1"), 6: ("2001:db8:dead::/48", "2001:db8:dead::1")}
# Of the case with that number: the kernel answers for a missing route once a second and source.
FORGED = {4: "203.0.113.{}", 6: "2001:db8:f::{}"}
OWN = {4: "198.51.100.{}", 6: "2001:db8:a::{}"}


def first_fragment(packet):
    """Of a datagram whose rest never comes."""
    whole = packet.bytes()
    if packet.version == 4:
        head = whole[:6] + b"\x20\0" + whole[8:10] + b"\0\0" + whole[12:20]
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + whole[20:]
    body = whole[40:]
    return (struct.pack("!IHBB", 6 << 28, len(body) + 8, 44, 64) + whole[8:40] +
            struct.pack("!BBHI", packet.protocol, 0, 1, packet.dport + packet.sport) + body)


def solicitation(source):
    """Who has the device's address?"""
    target = ipaddress.ip_address(DEVICE[6])
    packet = Packet(source, "ff02::1:ff00:1", ICMP6, hops=255)
    body = struct.pack("!BBHI", 135, 0, 0, 0) + target.packed
    if not packet.source.is_unspecified:
        body += b"\1\1" + bytes.fromhex("020000000200")
    pseudo = packet.source.packed + packet.destination.packed + struct.pack("!I3xB", len(body), ICMP6)
    packet.transport = lambda: body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return packet.bytes()


def probes(source, first):
    """(what, bytes) of packets that a router answers; they are numbered from `first`."""
    version = ipaddress.ip_address(source).version
    beside, across = BEHIND[version]

    def packet(destination, protocol=UDP, dport=6666, **more):
        return Packet(source, destination, protocol, 20000 + first + len(made), dport,
                      MARK + b"%06d...." % (first + len(made)), **more)  # whole words of a fragment

    made = []
    made.append(("no route", packet(NOWHERE[version][1]).bytes()))
    made.append(("hops used up", packet(across, hops=1).bytes()))
    made.append(("hops used up inside the zone", packet(beside, hops=1).bytes()))
    made.append(("a closed port of the device", packet(DEVICE[version]).bytes()))
    made.append(("echo of the device", packet(DEVICE[version], *((ICMP, 8) if version == 4 else (ICMP6, 128))).bytes()))
    made.append(("a first fragment for the device", first_fragment(packet(DEVICE[version]))))
    if version == 6:  # in IPv4 the kernel answers for none that it only forwards
        made.append(("a first fragment for another", first_fragment(packet(across))))
    return made


def prepare(router):
    for path in ("ipv4/ipfrag_time", "ipv6/ip6frag_time", "netfilter/nf_conntrack_frag6_timeout"):
        router.inside("sh", "-c", f"echo 1 > /proc/sys/net/{path}", check=False)
    for version, (network, _) in NOWHERE.items():
        router.inside("ip", f"-{version}", "route", "add", "unreachable", network)


def run_forged(router, cases, failures):
    """cases: (title, ruleset, versions of which forged sources are answered, versions of which own ones are)."""
    prepare(router)
    for case, (title, ruleset, forged, own) in enumerate(cases):
        router.load(ruleset)
        sent = []  # (what, where an answer would go, whether there is to be one)
        for version in (4, 6):
            for pattern, behind, answered in ((FORGED, "internet", forged), (OWN, LINK, own)):
                source = pattern[version].format(20 + case)
                router.neighbour(source, behind)
                for what, packet in probes(source, len(sent)):
                    sent.append((f"{what}, {source}", behind, version in answered))
                    router.frame(LINK, bytes.fromhex(router.macs[LINK].replace(":", "")),
                                 0x0800 if version == 4 else 0x86DD, packet)
        heard = {}
        for link, frame in router.heard(2.2):  # past the timeout of fragments
            at = frame.find(MARK) + len(MARK)
            if at >= len(MARK):
                heard.setdefault(int(frame[at:at + 6]), set()).add(link)
        for number, (what, behind, answered) in enumerate(sent):
            where = heard.get(number, set())
            failures.check(where == ({behind} if answered else set()),
                           f"{title}: {what}: answered at {sorted(where)}, wanted {answered}\n{ruleset}")
        discover(router, title, 6 in forged, 6 in own, failures)


def discover(router, title, by_others, by_own, failures):
    """The device is found by whoever has no address or a link-local one, and by sources that are let in."""
    for source, found in (("::", True), ("fe80::77", True), (OWN[6].format(5), by_own), (FORGED[6].format(99), by_others)):
        router.heard(0)
        router.frame(LINK, bytes.fromhex("3333ff000001"), 0x86DD, solicitation(source))
        answers = [link for link, frame in router.heard(0.15)
                   if len(frame) >= 78 and frame[20] == ICMP6 and frame[54] == 136
                   and frame[62:78] == ipaddress.ip_address(DEVICE[6]).packed]
        failures.check((answers != []) == found, f"{title}: discovery by {source}: answers at {answers}")
