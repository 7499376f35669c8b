"""Packets as bytes, and a router in namespaces of its own to send them through; for packets_test.py.

Nothing here knows Vauban. Addresses are of the documentation ranges. The namespaces belong to the process and to its
children: they are gone when it is, however it ends.
"""

import ipaddress
import os
import select
import socket
import struct
import subprocess
import sys
import time

TCP, UDP, ICMP, ICMP6, ESP = 6, 17, 1, 58, 50
MARK = b"vauban-packet-"
SYN, ACK, PSH = 2, 16, 8


def unavailable():
    """Why no packet can be sent here; empty where it can."""
    for program in ("ip", "nft", "unshare", "mount"):
        found = any(os.access(os.path.join(folder, program), os.X_OK)
                    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"])
        if not found:
            return f"there is no program {program}"
    done = subprocess.run([*confining(), "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no namespaces: {done.stderr.strip()}"


def confining():
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]


def confined(arguments):
    """Runs this program again in namespaces of its own; returns its exit code."""
    environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return subprocess.run([*confining(), sys.executable, "-B", *arguments], env=environment, check=False).returncode


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Packet:
    """`sport` and `dport` of ICMP: the identifier, and the type."""

    def __init__(self, source, destination, protocol, sport=0, dport=0, payload=b"", flags=SYN, seq=1, ack=0, hops=64):
        self.source, self.destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
        self.protocol, self.sport, self.dport, self.payload = protocol, sport, dport, payload
        self.flags, self.seq, self.ack, self.hops = flags, seq, ack, hops

    def __str__(self):
        return f"{self.source} -> {self.destination} {self.protocol}/{self.sport}>{self.dport}"

    @property
    def version(self):
        return self.source.version

    def transport(self):
        if self.protocol == TCP:
            head = struct.pack("!HHIIBBHHH", self.sport, self.dport, self.seq, self.ack, 0x50, self.flags, 8192, 0, 0)
        elif self.protocol == UDP:
            head = struct.pack("!HHHH", self.sport, self.dport, 8 + len(self.payload), 0)
        elif self.protocol in (ICMP, ICMP6):
            head = struct.pack("!BBHHH", self.dport, 0, 0, self.sport, 1)
        else:
            return self.payload
        segment = head + self.payload
        pseudo = b""
        if self.protocol != ICMP:
            pseudo = self.source.packed + self.destination.packed
            pseudo += (struct.pack("!BBH", 0, self.protocol, len(segment)) if self.version == 4
                       else struct.pack("!I3xB", len(segment), self.protocol))
        value = checksum(pseudo + segment) or 0xFFFF
        at = {TCP: 16, UDP: 6}.get(self.protocol, 2)
        return segment[:at] + struct.pack("!H", value) + segment[at + 2:]

    def bytes(self):
        body = self.transport()
        if self.version == 6:
            head = struct.pack("!IHBB", 6 << 28, len(body), self.protocol, self.hops)
            return head + self.source.packed + self.destination.packed + body
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, self.hops, self.protocol, 0)
        head += self.source.packed + self.destination.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def error_about(router, packet):
    """The ICMP error (port unreachable) with which `router` answers a packet, quoting it."""
    quoted = packet.bytes()[:60 if packet.version == 4 else 100]
    protocol, kind = (ICMP, 3) if packet.version == 4 else (ICMP6, 1)
    error = Packet(router, packet.source, protocol, 0, kind, quoted)
    # Type, code 3 (4 of ICMPv6), and an unused word in the place of identifier and number.
    body = struct.pack("!BBHI", kind, 3 if packet.version == 4 else 4, 0, 0) + quoted

    def transport():
        pseudo = b""
        if packet.version == 6:
            pseudo = error.source.packed + error.destination.packed + struct.pack("!I3xB", len(body), ICMP6)
        return body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]

    error.transport = transport
    return error


class Router:
    """A namespace that forwards, with one link for each of `links` into this process's own.

    links: name -> networks behind it, as texts. Nothing answers behind a link: neighbours are written in.
    """

    def __init__(self, links):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        self.ip("netns", "add", "router")
        self.links = list(links)
        self.sockets, self.macs, self.known = {}, {}, set()
        self.inside("sh", "-c", "\n".join(
            f"echo {value} > /proc/sys/net/{path}" for path, value in (
                ("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1), ("ipv4/conf/all/rp_filter", 0),
                ("ipv4/conf/default/rp_filter", 0), ("ipv4/icmp_ratelimit", 0), ("ipv6/icmp/ratelimit", 0),
                ("ipv6/conf/default/accept_dad", 0), ("ipv4/conf/default/send_redirects", 0),
                ("ipv4/conf/all/send_redirects", 0))))
        # Not in every kernel.
        self.inside("sh", "-c", "for f in icmp_msgs_per_sec icmp_msgs_burst; do p=/proc/sys/net/ipv4/$f; "
                    "[ ! -w $p ] || echo 100000 > $p; done", check=False)
        for number, (name, networks) in enumerate(links.items()):
            self.macs[name] = f"02:00:00:00:01:{number:02x}"
            self.ip("link", "add", f"peer{number}", "address", f"02:00:00:00:02:{number:02x}", "type", "veth", "peer",
                    "name", name, "address", self.macs[name], "netns", "router")
            self.quiet(f"peer{number}")
            self.ip("link", "set", "dev", f"peer{number}", "up")
            self.ip("-n", "router", "link", "set", "dev", name, "up")
            for network in networks:
                self.ip("-n", "router", "route", "add", network, "dev", name)
        self.address("198.51.100.250/32", self.links[0])
        self.address("2001:db8:ff::1/128", self.links[0])
        self.awake()
        for number, name in enumerate(links):
            link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            link.bind((f"peer{number}", 3))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self.sockets[name] = link

    def close(self):
        for number, link in enumerate(self.sockets.values()):
            link.close()
            self.ip("link", "delete", f"peer{number}")

    @staticmethod
    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    @staticmethod
    def quiet(interface):
        with open(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6", "w", encoding="ascii") as setting:
            setting.write("1")

    def address(self, address, interface):
        self.ip("-n", "router", "address", "add", address, "dev", interface)

    def awake(self):
        """Until every link carries frames and has its own address of IPv6, without which nothing is forwarded."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            shown = self.inside("ip", "-6", "-o", "address", "show", "scope", "link").stdout
            up = self.inside("ip", "-o", "link", "show", "up").stdout
            if shown.count("fe80") >= len(self.links) and "tentative" not in shown and up.count("LOWER_UP") >= len(self.links):
                return
            time.sleep(0.05)
        raise RuntimeError("the links did not come up")

    def inside(self, *command, check=True, text=None):
        return subprocess.run(["ip", "netns", "exec", "router", *command], check=check, capture_output=True, text=True,
                              input=text)

    def load(self, ruleset):
        self.inside("nft", "flush", "ruleset")
        done = self.inside("nft", "-f", "-", check=False, text=ruleset)
        if done.returncode != 0:
            raise RuntimeError(f"nft: {done.stderr}\n{ruleset}")

    def listing(self):
        return self.inside("nft", "-j", "list", "ruleset").stdout

    def neighbour(self, address, name):
        if (address, name) in self.known:
            return
        self.known.add((address, name))
        number = self.links.index(name)
        self.ip("-n", "router", "neigh", "replace", str(address), "lladdr", f"02:00:00:00:02:{number:02x}", "dev", name)

    def send(self, name, packet):
        """Into a link, as if from a machine behind it."""
        self.frame(name, bytes.fromhex(self.macs[name].replace(":", "")),
                   0x0800 if packet.version == 4 else 0x86DD, packet.bytes())

    def frame(self, name, target, kind, body):
        number = self.links.index(name)
        own = bytes.fromhex(f"0200000002{number:02x}")
        self.sockets[name].send(target + own + struct.pack("!H", kind) + body)

    def heard(self, seconds):
        """What the router or another sent out of each link: (link, frame) pairs."""
        frames, until = [], time.monotonic() + seconds
        by_socket = {link: name for name, link in self.sockets.items()}
        while True:
            ready, _, _ = select.select(list(by_socket), [], [], max(0, until - time.monotonic()))
            if not ready:
                return frames
            for link in ready:
                frame, origin = link.recvfrom(65536)
                if origin[2] != socket.PACKET_OUTGOING:
                    frames.append((by_socket[link], frame))
