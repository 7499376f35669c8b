#!/usr/bin/env python3
"""Small random architectures for the lab: zones, relays, a flow matrix, its enforcement, and claims about all of it.

random_architecture(seed) gives the text of a model; the same seed, the same text. By hand:
  random_architectures.py --folder DIR --seed 1 --count 40
writes a folder that `vauban lab DIR` plays.
"""

import argparse
import random
from pathlib import Path

PROTOCOLS = ["dns", "ntp", "icmp/echo", "http", "tcp/8443", "udp/5000"]


class Architecture:
    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.seed = seed
        self.hosts, self.flows = [], []
        self.zones = ["clients"] + self.draw.sample(["servers", "dmz", "mgmt"], self.draw.randint(1, 3))

    def chance(self, share):
        return self.draw.random() < share

    def host(self, name, zone, services, more=""):
        number = len(self.hosts) + 10
        net = self.zones.index(zone) + 1
        self.hosts.append(f"  {name}: {{zone: {zone}, address: 10.{net}.0.{number}{more}, services: {services}}}")

    def flow(self, source, target, service):
        word = "allow" if self.chance(0.92) else "reject"
        self.flows.append(f"  - {word}: {{from: {source}, to: {target}, service: {service}}}")

    def inner(self):
        return self.draw.choice(self.zones[1:])

    def names(self):
        kind = self.draw.choice(["none", "none", "allow", "allow", "delegated", "deny"])
        if kind == "none":
            return ""
        if kind == "deny":
            return ", names: {deny: [bad.example]}"
        inside = "allow: [vendor.example]" + (", delegated: [cdn.vendor.example]" if kind == "delegated" else "")
        return f", names: {{{inside}}}"

    def resolver(self):
        if self.chance(0.3):
            return
        decides = self.draw.choice(["", ", decides: before-recursing"])
        if self.chance(0.6):
            self.host("dns-out", self.inner(), f"{{dns: {{behaviour: dns-recursive{self.names()}{decides}}}}}")
            self.host("dns-in", self.inner(), "{dns: {behaviour: dns-forwarder, upstream: [dns-out], "
                      f"answers: [corp.example]{self.names()}{decides}}}}}")
            self.flow("dns-in", "dns-out", "dns")
            self.flow("clients", "dns-in", "dns")
        else:
            self.host("dns-out", self.inner(), f"{{dns: {{behaviour: dns-recursive{self.names()}{decides}}}}}")
            self.flow("clients", "dns-out", "dns")
        if self.chance(0.9):
            self.flow("dns-out", "internet", "dns")
        return

    def proxy(self):
        if self.chance(0.5) or not any("dns-out" in host for host in self.hosts):
            return
        stated = self.draw.choice(["", ", resolves: after-allowing, reverse-lookups: never"])
        self.host("proxy", self.inner(), f"{{web: {{behaviour: http-forward-proxy, port: tcp/3128, resolver: dns-out"
                  f"{self.names()}{stated}}}}}")
        self.flow("clients", "proxy", "tcp/3128")
        self.flow("proxy", "dns-out", "dns")
        if self.chance(0.8):
            self.flow("proxy", "internet", "[http, https]")

    def clock(self):
        if self.chance(0.4):
            return
        self.host("ntp-in", self.inner(), "{ntp: {behaviour: ntp-server, upstream: [internet], modes: [server]}}")
        self.flow(self.draw.choice(["clients", "any"]), "ntp-in", "ntp")
        if self.chance(0.8):
            self.flow("ntp-in", "internet", "ntp")

    def relays(self):
        for kind, port, of in (("udp-relay", "udp/5000", "udp/5000"), ("tcp-relay", "tcp/8443", "tcp/8443")):
            if self.chance(0.7):
                continue
            self.host(kind, self.inner(), f"{{r: {{behaviour: {kind}, port: {port}, upstream: [internet]}}}}")
            self.flow("clients", kind, of)
            if self.chance(0.7):
                self.flow(kind, "internet", of)

    def web(self):
        if self.chance(0.6):
            return
        self.host("www", self.inner(), "{web: {behaviour: web-server, port: tcp/80, calls-out: false}}")
        self.flow(self.draw.choice(["internet", "any", "clients"]), "www", "tcp/80")

    def odds(self):
        for _ in range(self.draw.randint(0, 2)):
            self.flow(self.draw.choice(["clients", "mon", "any"]), self.draw.choice(["internet", "internet", "any"]),
                      self.draw.choice(PROTOCOLS))
        self.draw.shuffle(self.flows)

    def enforcement(self):
        draw = self.draw
        lines = []
        if self.chance(0.85):
            lines.append("  anti-spoofing: " + draw.choice(["off", "zone", "zone", "zone", "host"]))
        families = draw.choice(["[ipv4, ipv6]", "[ipv4, ipv6]", "[ipv4]"])
        if self.chance(0.9):
            lines.append("  families: " + families)
        if self.chance(0.9):
            lines.append("  uncovered: " + draw.choice(["drop", "drop", "drop", "pass"]))
        lines.append("  stateful: {established: true, related: " +
                     draw.choice(["none", "from-untrusted", "from-untrusted", "all"]) + ", helpers: []}")
        if self.chance(0.9):
            lines.append("  unmatched: " + draw.choice(["drop", "drop", "reject"]))
        return lines

    def text(self):
        self.host("ws", "clients", "{}")
        self.host("mon", self.draw.choice(self.zones), "{}")
        for part in (self.resolver, self.proxy, self.clock, self.relays, self.web, self.odds):
            part()
        if not self.flows:
            self.flow("clients", "internet", self.draw.choice(PROTOCOLS))
        lines = [f"# Seed {self.seed}.", "vauban: 1", "zones:"]
        for number, zone in enumerate(self.zones):
            isolated = ", isolated: true" if self.chance(0.1) else ""
            lines.append(f"  {zone}: {{networks: [10.{number + 1}.0.0/24]{isolated}}}")
        lines.append('  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}')
        lines += ["hosts:"] + self.hosts + ["flows:"] + self.flows + ["enforcement:"] + self.enforcement()
        lines.append("claims:")
        for protocol in PROTOCOLS:
            name = protocol.replace("/", "-")
            lines.append(f"  - {{id: no-{name}, never: {{channel: {{from: ws, to: internet, over: {protocol}}}}}}}")
            lines.append(f"  - {{id: no-direct-{name}, never: {{channel: {{from: ws, to: internet, over: {protocol}, "
                         "direct: true}}}")
        lines.append("  - {id: nothing-leaves, never: {channel: {from: ws, to: internet, over: any}}}")
        lines.append("  - {id: mon-is-quiet, never: {channel: {from: mon, to: internet, over: any}}}")
        return "\n".join(lines) + "\n"


def random_architecture(seed):
    return Architecture(seed).text()


def write_folder(folder, seed, count):
    """A folder for `vauban lab`: the first as the model, the others as its variants."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "variants").mkdir(exist_ok=True)
    (folder / "model.yaml").write_text(random_architecture(seed))
    for number in range(seed + 1, seed + count):
        (folder / "variants" / f"{number:04}.yaml").write_text(random_architecture(number))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    call = parser.parse_args()
    write_folder(call.folder, call.seed, call.count)


if __name__ == "__main__":
    main()
