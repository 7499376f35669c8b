#!/usr/bin/env python3
"""Architectures for the benchmarks of the attack graph. The same arguments give the same bytes.

`offices`: as many hosts as asked for, each listed by itself, 50 a zone; half of them clients, the others servers of
four kinds; within a zone everybody reaches everybody, each zone reaches three others by https and ssh.
`everything_open`: one zone whose hosts offer every remote service to each other.
"""

import random

KINDS = ["client", "ssh-server", "client", "web-server", "client", "file-share", "client", "database"]
SERVICES = {
    "client": "{}",
    "ssh-server": "{ssh: {behaviour: ssh-server}}",
    "web-server": "{web: {behaviour: web-server, calls-out: false}}",
    "file-share": "{files: {behaviour: file-share}}",
    "database": "{db: {behaviour: database, calls-out: false}}",
}
BETWEEN_ZONES = {"web-server", "ssh-server"}  # behind https and ssh
ENFORCEMENT = """enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
"""


def offices(hosts):
    """zones, [(zone, kind)] by host, [(zone, zone)] allowed."""
    zones = max(4, hosts // 50)
    draw = random.Random(1)
    pairs = sorted({(a, b) for a in range(zones) for b in draw.sample(range(zones), 3) if a != b})
    return zones, [(h % zones, KINDS[h // zones % len(KINDS)]) for h in range(hosts)], pairs


def offices_file(hosts, single=False):
    """`single`: each host stands by itself; else hosts of one zone and kind are a group, as models have them."""
    zones, listed, pairs = offices(hosts)
    out = ["vauban: 1", f"name: {hosts} hosts in offices", "zones:",
           '  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}']
    out += [f"  z{z}: {{networks: [10.{z}.0.0/16], people: true}}" for z in range(zones)]
    out += ["hosts:"]
    groups = {}
    for h, place in enumerate(listed):
        groups.setdefault((h,) if single else place, []).append(h)
    seen = [0] * zones
    stores = {}
    for members in groups.values():
        h, (zone, kind) = members[0], listed[members[0]]
        software = "workplace" if kind == "client" else kind
        count = f", count: {len(members)}" if len(members) > 1 else ""
        address = seen[zone]
        seen[zone] += len(members)
        out.append(f"  h{h}: {{zone: z{zone}, address: 10.{zone}.{address // 250}.{address % 250 + 1}{count}, "
                   f"software: {software}, services: {SERVICES[kind]}}}")
        if kind in ("database", "file-share"):
            stores.setdefault(kind, h)
    out += ["flows:", "  - allow: {from: internet, to: z0, service: https}"]
    out += [f"  - allow: {{from: z{z}, to: internet, service: https}}" for z in range(zones)]
    out += [f"  - allow: {{from: z{a}, to: z{b}, service: [https, ssh]}}" for a, b in pairs]
    out += [ENFORCEMENT + "assets:"]
    out += [f"  {kind}-data: {{at: [h{h}], kinds: [confidentiality, integrity]}}" for kind, h in stores.items()]
    return "\n".join(out) + "\n"


def everything_open(hosts):
    out = ["vauban: 1", f"name: {hosts} hosts, everything open", "zones:",
           '  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}', "  lan: {networks: [10.0.0.0/8]}", "hosts:"]
    services = ("{ssh: {behaviour: ssh-server}, rdp: {behaviour: rdp-server}, files: {behaviour: file-share}, "
                "winrm: {behaviour: application, port: tcp/5985-5986}, vnc: {behaviour: application, port: tcp/5900}}")
    out += [f"  h{h}: {{zone: lan, address: 10.0.{h // 250}.{h % 250 + 1}, services: {services}}}" for h in range(hosts)]
    out += ["flows:", "  - allow: {from: internet, to: h0, service: ssh}", ENFORCEMENT]
    return "\n".join(out)
