#!/usr/bin/env python3
"""The house's own instruments can fail: layers_test.py and run_scenarios.py are shown what they must refuse."""

import contextlib
import io
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import layers_test

HERE = Path(__file__).resolve().parent
VERDICT = """{"claims": [
  {"id": "a", "verdict": "broken", "assumptions": [{"stated": false, "text": "no dnssec", "place": null}],
   "witness": {"direct": false, "bits_per_second": 8, "hops": [
     {"from": "ws", "to": "dns", "service": "udp/53", "carrier": "query name", "rule": {"file": "m", "line": 3}},
     {"from": "dns", "to": "internet", "service": "udp/53", "carrier": "query name", "rule": null}]}},
  {"id": "b", "verdict": "conditional", "assumptions": [],
   "conditions": [{"line": "decides: before-recursing"}, {"line": "anti-spoofing: zone"}]}]}"""


class Layers(unittest.TestCase):
    def violations(self, files):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return layers_test.violations(root)

    def test_arrows_are_acyclic_and_complete(self):
        for room in layers_test.ARROWS:
            for other in layers_test.reachable(layers_test.ARROWS, room) - {room}:
                self.assertNotIn(room, layers_test.reachable(layers_test.ARROWS, other))
        everything = set(layers_test.ARROWS) - {"serve", "report"}
        self.assertEqual(layers_test.reachable(layers_test.ARROWS, "report") - {"report"}, everything)

    def test_accepts(self):
        self.assertEqual([], self.violations({
            "src/channel/a.cc": '#include <map>\n#include "channel/a.h"\n#include "space/b.h"\n',
            "src/space/a_test.cc": '#include "tests/support/slow.h"\n',
            "src/space/CMakeLists.txt": "vauban_room(space DEPENDS base LIBRARIES fmt::fmt)\n",
            "apps/vauban/main.cc": '#include "report/a.h"\n#include "exit_code.h"\n',
        }))

    def test_refuses(self):
        for path, text in {
            "src/space/a.cc": '#include "model/a.h"\n',
            "src/reach/a.cc": '#include "import/a.h"\n',
            "src/check/a.cc": '#include "space/packet_set.h"\n',
            "src/check/b.cc": '#include "channel/solver.h"\n',
            "src/space/b.cc": '#include "../model/a.h"\n',
            "src/space/c.cc": '#include "c.h"\n',
            "src/space/d.cc": '#include "tests/support/slow.h"\n',
            "src/attic/a.cc": "",
            "src/base/string_utils.h": "",
            "src/base/e.h": "class FlowManager {};\n",
            "src/base/f.cc": "\n" * 601,
            "src/base/CMakeLists.txt": "vauban_room(base DEPENDS os)\n",
        }.items():
            with self.subTest(path=path, text=text[:40]):
                self.assertEqual(1, len(self.violations({path: text})))


class Scenarios(unittest.TestCase):
    def run_case(self, expect, script=f"cat <<'END'\n{VERDICT}\nEND\nexit 1", files=(), options=()):
        with tempfile.TemporaryDirectory() as name:
            program = Path(name) / "program"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            folder = Path(name) / "cases" / "case"
            folder.mkdir(parents=True)
            (folder / "args").write_text("verify model.yaml --format json\n")
            (folder / "expect.yaml").write_text(expect)
            for path, text in dict(files).items():
                (folder / path).write_text(text)
            done = subprocess.run(
                [sys.executable, "-B", HERE / "run_scenarios.py", "--folder", folder.parent, *options],
                env={**os.environ, "VAUBAN": str(program)}, capture_output=True, text=True, check=False)
            self.after = {p.name: p.read_text() for p in folder.iterdir()}
            return done.returncode, done.stdout

    def assert_verdict(self, passes, expect, **more):
        code, output = self.run_case(expect, **more)
        self.assertEqual("1 passed, 0 failed" if passes else "0 passed, 1 failed", output.splitlines()[-1], output)
        self.assertEqual(0 if passes else 1, code, output)

    def test_accepts(self):
        for claims in (
            "{a: {verdict: broken, direct: false, bits-per-second: 8}}",
            "{a: {hops: [{from: ws, line: 3, file: m}, {to: internet, carrier: query name}]}}",
            "{a: {contains-assumption: dnssec, lacks-assumption: [diode]}}",
            '{b: {least-set: ["anti-spoofing", "decides: before"]}}',
        ):
            with self.subTest(claims):
                self.assert_verdict(True, f"exit: 1\nclaims: {claims}\n")

    def test_refuses(self):
        for expect in (
            "exit: 0", "claims: {a: {verdict: broken}}", "exit: 1\nclaim: {}", "exit: 1\nexit: 1",
            "exit: 1\nclaims: {a: {verdict: kept}}", "exit: 1\nclaims: {c: {verdict: kept}}", "exit: 1\nclaims: {a: {}}",
            "exit: 1\nclaims: {a: {direct: true}}", "exit: 1\nclaims: {a: {hops: [{from: ws}]}}",
            "exit: 1\nclaims: {a: {hops: [{line: 4}, {}]}}", "exit: 1\nclaims: {a: {hops: [{}, {line: 3}]}}",
            "exit: 1\nclaims: {a: {hops: [{form: ws}, {}]}}", "exit: 1\nclaims: {a: {contains-assumption: diode}}",
            "exit: 1\nclaims: {a: {lacks-assumption: dnssec}}", "exit: 1\nclaims: {b: {least-set: [decides]}}",
            "exit: 1\nclaims: {b: {least-set: [decides, before]}}", "exit: 1\nstdout-contains: [nothing]",
            "exit: 1\nstdout-lacks: [dnssec]", "exit: 1\nstderr-contains: [dnssec]",
        ):
            with self.subTest(expect):
                self.assert_verdict(False, expect)

    def test_refuses_what_is_no_json(self):
        self.assert_verdict(False, "exit: 1\nclaims: {a: {verdict: broken}}", script="echo kept; exit 1")

    def test_golden(self):
        self.assert_verdict(True, "exit: 0", script="echo kept", files={"expected.txt": "kept\n"})
        self.assert_verdict(False, "exit: 0", script="echo kept", files={"expected.txt": "kept"})

    def test_two_runs_must_agree(self):
        self.assert_verdict(False, "exit: 0", script="echo run >>log; wc -l log")

    def test_update(self):
        old = {"expected.txt": "old\n"}
        self.assert_verdict(True, "exit: 0", script="echo new", files=old, options=["--update"])
        self.assertEqual("new\n", self.after["expected.txt"])
        for script in ("echo run >>log; wc -l log", "echo new; exit 2"):
            self.assert_verdict(False, "exit: 0", script=script, files=old, options=["--update"])
            self.assertEqual("old\n", self.after["expected.txt"])

    def test_no_scenario_is_no_success(self):
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            done = subprocess.run([sys.executable, "-B", HERE / "run_scenarios.py", "--folder", name],
                                  env={**os.environ, "VAUBAN": "/bin/true"}, capture_output=True, check=False)
            self.assertEqual(1, done.returncode)


if __name__ == "__main__":
    unittest.main()
