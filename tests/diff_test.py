#!/usr/bin/env python3
"""`vauban diff OLD NEW` on two versions of an example. VAUBAN names the program."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
EXAMPLE = (ROOT / "examples" / "multi-zone-dns" / "model.yaml").read_text()
OLD_TOOL = "  - allow: {from: clients, to: internet, service: udp/3478}"


class Diff(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def diff(self, old, new, *more, exits):
        for name, text in (("old.yaml", old), ("new.yaml", new)):
            (self.folder / name).write_text(text)
        words = [PROGRAM, "diff", "old.yaml", "new.yaml", *more]
        runs = [subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False) for _ in "12"]
        self.assertEqual(runs[0].stdout, runs[1].stdout)
        self.assertEqual(exits, runs[0].returncode, runs[0].stdout + runs[0].stderr)
        return runs[0]

    def changed(self, *replacements):
        text = EXAMPLE
        for before, after in replacements:
            self.assertIn(before, text)
            text = text.replace(before, after)
        return text

    def line_of(self, text, part):
        return 1 + next(i for i, line in enumerate(text.splitlines()) if part in line)

    def test_the_same(self):
        self.assertIn("**No change**", self.diff(EXAMPLE, EXAMPLE, exits=0).stdout)

    def test_the_mistake_mended(self):
        mended = "\n".join(line for line in EXAMPLE.splitlines() if not line.startswith(OLD_TOOL)) + "\n"
        root = json.loads(self.diff(EXAMPLE, mended, "--format", "json", exits=0).stdout)
        self.assertEqual("vauban-diff-1", root["schema"])
        self.assertFalse(root["worse"])
        self.assertEqual([("web-only-by-proxy", "better", "broken", "kept")],
                         [(c["id"], c["change"], c["before"]["verdict"], c["after"]["verdict"]) for c in root["claims"]])
        self.assertEqual([], root["reach"]["gained"])
        lost = {(c["from"], c["to"]): c for c in root["reach"]["lost"]}
        self.assertEqual({("ws", "internet"), ("clients", "internet")}, set(lost))
        rule = lost["ws", "internet"]["passes_by"]
        self.assertEqual(("old.yaml", self.line_of(EXAMPLE, OLD_TOOL)), (rule["file"], rule["line"]))
        self.assertEqual("udp/3478", lost["ws", "internet"]["example"]["service"])
        self.assertIn(("clients", "other udp", "direct", "shut"),
                      [(c["place"], c["protocol"], c["before"]["verdict"], c["after"]["verdict"])
                       for c in root["egress"]["shut"]])
        # The other way round it gets worse.
        text = self.diff(mended, EXAMPLE, exits=1).stdout
        self.assertTrue(text.startswith("## Vauban: what changes in `Multi-zone DNS, composed`\n**Worse**: 1 claim got"))
        self.assertIn("| `web-only-by-proxy` | kept | broken | **worse** |", text)
        self.assertIn(f"`new.yaml:{self.line_of(EXAMPLE, OLD_TOOL)}`", text)

    def test_a_property_taken_back(self):
        looser = self.changed((", decides: before-recursing", ""))
        root = json.loads(self.diff(EXAMPLE, looser, "--format", "json", exits=1).stdout)
        claim = next(c for c in root["claims"] if c["id"] == "no-dns-exfiltration")
        self.assertEqual("conditional", claim["after"]["verdict"])
        self.assertEqual(["ws", "dns-int", "dns-fwd"], [hop["from"] for hop in claim["after"]["witness"]["hops"]])
        self.assertEqual(["decides: before-recursing"], [c["line"] for c in claim["after"]["conditions"]])
        self.assertEqual([], root["reach"]["gained"] + root["reach"]["lost"])
        self.assertIn(("clients", "dns"), [(c["place"], c["protocol"]) for c in root["egress"]["opened"]])

    def test_claims_come_and_go(self):
        claim = "  - {id: only-mon-pings, only: {reach: {from: mon, to: internet, service: icmp/echo}}}\n"
        without = self.changed((claim, ""))
        self.assertIn("1 claim was removed", self.diff(EXAMPLE, without, exits=0).stdout)
        self.assertIn("1 new claim is kept", self.diff(without, EXAMPLE, exits=0).stdout)
        bad = "  - {id: no-time, never: {channel: {from: ntp-int, to: internet, over: ntp}}}\n"
        self.assertIn("| `no-time` | – | broken | **new, not kept** |",
                      self.diff(EXAMPLE, EXAMPLE + bad, exits=1).stdout)

    def test_folders(self):
        for name in ("a", "b"):
            (self.folder / name).mkdir()
            (self.folder / name / "model.yaml").write_text(EXAMPLE)
        done = subprocess.run([PROGRAM, "diff", "a", "b"], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_input_errors(self):
        self.assertIn("zonez", self.diff("vauban: 1\nzonez: {}\n", EXAMPLE, exits=2).stderr)
        done = self.diff(EXAMPLE, "vauban: 1\nzonez: {}\n", "--format", "json", exits=2)
        self.assertEqual("vauban-diagnostics-1", json.loads(done.stdout)["schema"])
        self.diff(EXAMPLE, EXAMPLE, "--format", "text", exits=2)


if __name__ == "__main__":
    unittest.main()
