#!/usr/bin/env python3
"""`vauban lab` killed by SIGKILL at random moments leaves no process and no network namespace behind.

    killed_runner_test.py [--seed SEED] [--times N]

This process is the reaper of whatever its child leaves alone (prctl(2), PR_SET_CHILD_SUBREAPER), so that no process can
escape it by losing its parent; what else runs on the machine, other labs too, is not looked at. Namespaces are those in
which the lab's processes were, and those to which they held descriptors. VAUBAN names the program; exit 77 where no lab is
possible.
"""

import argparse
import ctypes
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
MODEL = "examples/multi-zone-dns/model.yaml"
SKIPPED, INCONCLUSIVE = 77, 3
EARLIEST, LATEST = 0.05, 4.0  # seconds
PATIENCE = 10.0               # until all must be gone
PR_SET_CHILD_SUBREAPER = 36
NAMESPACE = re.compile(r"net:\[(\d+)\]")


def processes():
    """pid -> (parent, start, name), as far as they can be read."""
    found = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            text = Path(entry.path, "stat").read_text()
        except OSError:
            continue  # it has ended
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        if rest[0] not in "ZX":
            found[int(entry.name)] = (int(rest[1]), int(rest[19]), name)
    return found


def descendants(of, everybody):
    children = {}
    for pid, (parent, _, _) in everybody.items():
        children.setdefault(parent, []).append(pid)
    found, todo = set(), [of]
    while todo:
        for child in children.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found


def namespaces(pid):
    """Network namespaces that the process is in or holds."""
    found = set()
    try:
        links = [f"/proc/{pid}/ns/net"] + [entry.path for entry in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return found
    for link in links:
        try:
            found.update(NAMESPACE.findall(os.readlink(link)))
        except OSError:
            pass
    return found


def mounted():
    """Those that a mount holds, as `ip netns` makes them."""
    return set(NAMESPACE.findall(Path("/proc/self/mountinfo").read_text()))


def reap():
    """Whether there are children left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return False
    return True


class Run:
    def __init__(self, seconds):
        own = namespaces(os.getpid())
        self.seen, self.names, self.spaces = {}, set(), set()
        self.said = tempfile.TemporaryFile()
        child = subprocess.Popen([PROGRAM, "lab", MODEL, "--format", "json"], cwd=ROOT, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=self.said)
        end = time.monotonic() + seconds
        while True:
            everybody = processes()
            for pid in descendants(os.getpid(), everybody):
                self.seen[pid] = everybody[pid][1]
                self.names.add(everybody[pid][2])
                self.spaces |= namespaces(pid) - own
            if time.monotonic() >= end or child.poll() is not None:
                break
            time.sleep(0.02)
        self.code = child.poll()
        if self.code is None:
            child.send_signal(signal.SIGKILL)
            child.wait()
        self.spaces -= own

    def error(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace").strip()

    def left(self):
        """What of it is still there, in words."""
        everybody = processes()
        left = [f"child {pid} ({everybody[pid][2]})" for pid in descendants(os.getpid(), everybody)]
        left += [f"process {pid} ({everybody[pid][2]})" for pid, start in self.seen.items()
                 if pid in everybody and everybody[pid][1] == start]
        for pid in everybody:
            left += [f"namespace {number}, held by {pid} ({everybody[pid][2]})" for number in namespaces(pid) & self.spaces]
        return left + [f"namespace {number}, mounted" for number in mounted() & self.spaces]

    def left_in_the_end(self):
        end = time.monotonic() + PATIENCE
        while True:
            children = reap()
            left = self.left()
            if not left and not children:
                return []
            if time.monotonic() >= end:
                return left or ["a child that is not in /proc"]
            time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--times", type=int, default=12)
    arguments = parser.parse_args()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        print("this kernel has no subreapers")
        return SKIPPED
    draw = random.Random(arguments.seed)
    failures, killed, names, most = [], 0, set(), 0
    for number in range(arguments.times):
        # Early, late, and anywhere between.
        share = (number + draw.random()) / arguments.times
        seconds = EARLIEST + (LATEST - EARLIEST) * share
        run = Run(seconds)
        if run.code == INCONCLUSIVE and "skipped" in run.error():
            print(run.error())
            return SKIPPED
        killed += run.code is None
        names |= run.names
        most = max(most, len(run.spaces))
        failures += [f"killed after {seconds:.2f} s: {what}" for what in run.left_in_the_end()]
    # A test that never had anything to lose would not show a thing.
    if killed < arguments.times / 2:
        failures.append(f"only {killed} of {arguments.times} were killed before they ended: {run.error()}")
    if most < 5 or not names & {"unbound", "named", "squid", "chronyd"}:
        failures.append(f"no lab stood when it was killed: {most} namespaces, {' '.join(sorted(names))}")
    for failure in failures:
        print(failure)
    print(f"seed {arguments.seed}: {killed} killed, up to {most} namespaces, processes seen: {' '.join(sorted(names))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
