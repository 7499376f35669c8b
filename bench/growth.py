#!/usr/bin/env python3
"""How `vauban verify` grows: wall time and memory of the whole process, one table a dimension.

  bench/growth.py VAUBAN [--small]

`--small` leaves out the last step of each table. Figures are the best of three runs.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from enterprise_model import model as enterprise  # noqa: E402

ENFORCEMENT = """enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
"""


def chain(length):
    """A relay in each of `length` zones, each passing to the next, the last to the internet."""
    out = ["vauban: 1", "name: chain", "zones:"]
    out += [f"  z{n}: {{networks: [10.{n // 250}.{n % 250}.0/24]}}" for n in range(length)]
    out += ['  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}', "hosts:"]
    out += [f"  r{n}: {{zone: z{n}, address: 10.{n // 250}.{n % 250}.1, services: {{s: {{behaviour: tcp-relay, port: tcp/9000, "
            f"upstream: [{'r' + str(n + 1) if n + 1 < length else 'internet'}]}}}}}}" for n in range(length)]
    out += ["flows:"]
    out += [f"  - allow: {{from: r{n}, to: {'r' + str(n + 1) if n + 1 < length else 'internet'}, service: tcp}}"
            for n in range(length)]
    out += [ENFORCEMENT + "claims:", "  - {id: out, never: {channel: {from: z0, to: internet, over: any}}}"]
    return "\n".join(out) + "\n"


def measure(vauban, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.yaml"
        path.write_text(text)
        best, memory = None, 0
        for _ in range(3):
            start = time.monotonic()
            child = subprocess.Popen([vauban, "verify", str(path), "--format", "json"], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            took = time.monotonic() - start
            if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
                raise SystemExit(f"verify failed on a model of {len(text)} bytes")
            best = took if best is None else min(best, took)
            memory = max(memory, usage.ru_maxrss)
            if took > 10:
                break
        return best, memory / 1024


def table(vauban, title, rows):
    print(f"\n{title}\n{'':>12} {'seconds':>9} {'MB':>7}")
    for name, text in rows:
        seconds, memory = measure(vauban, text)
        print(f"{name:>12} {seconds:9.3f} {memory:7.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vauban")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    last = -1 if arguments.small else None
    say = lambda title, rows: table(arguments.vauban, title, rows)  # noqa: E731
    say("flow rules (100 groups, 20 claims)",
        [(f"{n}", enterprise(100, 20_000, 20, n, 20, 1, False)) for n in (100, 1_000, 10_000, 100_000)[:last]])
    say("hosts in 500 groups (2,000 flows, 20 claims)",
        [(f"{n}", enterprise(min(n, 500), n, 40, 2_000, 20, 1, False)) for n in (100, 1_000, 10_000, 100_000)[:last]])
    say("groups (4 flows each, 20 claims)",
        [(f"{n}", enterprise(n, 100 * n, max(4, n // 25), 4 * n, 20, 1, False)) for n in (100, 500, 1_000, 5_000)[:last]])
    say("claims (500 groups, 2,000 flows)",
        [(f"{n}", enterprise(500, 100_000, 40, 2_000, n, 1, False)) for n in (1, 10, 100, 1_000)[:last]])
    say("relays in a row", [(f"{n}", chain(n)) for n in (10, 30, 100, 200)[:last]])
    say("the enterprise: 100,000 hosts in 500 groups, 2,000 flows, 200 claims",
        [("stated", enterprise(500, 100_000, 40, 2_000, 200, 1, False))])
    say("nothing stated, so that claims are conditional (100 groups, 400 flows, 20 claims)",
        [("unstated", enterprise(100, 20_000, 20, 400, 20, 1, True))])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
