#!/usr/bin/env python3
"""Writes a synthetic enterprise as a model file: groups of hosts in zones, flows between groups, claims.

The same arguments give the same bytes. Every group states what it runs, every enforcement key is stated, so that
verdicts are kept or broken; `--unstated` leaves the keys and some properties out.
"""

import argparse
import random


def model(groups, hosts, zones, flows, claims, seed, unstated):
    draw = random.Random(seed)
    out = []
    say = out.append
    say("vauban: 1")
    say(f"name: synthetic enterprise of {hosts} hosts in {groups} groups")
    say("zones:")
    for z in range(zones):
        say(f"  z{z}: {{networks: [10.{z}.0.0/16]}}")
    say("  internet: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}")
    say("hosts:")
    per_group = max(1, hosts // groups)
    kinds = []
    for g in range(groups):
        zone = g % zones
        kind = ("client", "web", "db", "app", "client", "file", "log", "web")[draw.randrange(8)]
        if g == 0:
            kind = "resolver"
        elif g == 1:
            kind = "proxy"
        elif g == 2:
            kind = "forwarder"
        kinds.append(kind)
        services = {
            "client": "{}",
            "web": "{web: {behaviour: web-server, calls-out: false}}",
            "db": "{db: {behaviour: database, calls-out: false}}",
            "app": "{app: {behaviour: web-server, calls-out: false}}",
            "file": "{files: {behaviour: file-share}}",
            "log": "{log: {behaviour: log-collector, enriches: false}}",
            "resolver": "{dns: {behaviour: dns-forwarder, upstream: [g2], names: {allow: [corp.example]}, "
                        "decides: before-recursing}}",
            "forwarder": "{dns: {behaviour: dns-forwarder, names: {allow: [corp.example]}, decides: before-recursing}}",
            "proxy": "{web: {behaviour: http-forward-proxy, names: {allow: [corp.example]}, "
                     "resolves: after-allowing, reverse-lookups: never}}",
        }[kind]
        isolated = ", client: isolated" if kind == "client" and not unstated else ""
        say(f"  g{g}: {{zone: z{zone}, count: {per_group}, address: 10.{zone}.{g // zones // 250}.{g // zones % 250 + 1}"
            f"{isolated}, services: {services}}}")
    say("flows:")
    say("  - allow: {from: g2, to: internet, service: dns}")
    say("  - allow: {from: g1, to: internet, service: https}")
    say("  - allow: {from: g0, to: g2, service: dns}")
    for _ in range(max(0, flows - 3)):
        a, b = draw.randrange(groups), draw.randrange(3, groups)
        service = draw.choice(["http", "https", "ssh", "tcp/5432", "tcp/445", "udp/514"])
        say(f"  - allow: {{from: g{a}, to: g{b}, service: {service}}}")
    if not unstated:
        say("enforcement:")
        say("  anti-spoofing: host")
        say("  families: [ipv4, ipv6]")
        say("  uncovered: drop")
        say("  stateful: {established: true, related: none, helpers: []}")
        say("  unmatched: drop")
    say("claims:")
    for c in range(claims):
        group = draw.randrange(3, groups)
        shape = c % 4
        if shape == 0:
            say(f"  - {{id: c{c}, never: {{channel: {{from: g{group}, to: internet, over: any}}}}}}")
        elif shape == 1:
            say(f"  - {{id: c{c}, never: {{channel: {{from: z{group % zones}, to: internet, over: dns}}}}}}")
        elif shape == 2:
            say(f"  - {{id: c{c}, never: {{channel: {{from: internet, to: g{group}, over: any}}}}}}")
        else:
            say(f"  - {{id: c{c}, never: {{reach: {{from: z{group % zones}, to: internet, service: any}}}}}}")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=100_000)
    parser.add_argument("--zones", type=int, default=40)
    parser.add_argument("--flows", type=int, default=2000)
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unstated", action="store_true")
    a = parser.parse_args()
    print(model(a.groups, a.hosts, a.zones, a.flows, a.claims, a.seed, a.unstated), end="")
