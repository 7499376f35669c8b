#!/usr/bin/env python3
"""`vauban plan`, `compare` and `maturity` on the bank: as it is, and as it was before its resolvers and its proxy decided
what to ask. VAUBAN names the program."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
BANK = ROOT / "examples" / "bank"
SINGLE_FILTERS = ("dns-allowlisting", "dns-denylisting", "dns-traffic-analysis")


def run(*words, exits=0):
    ran = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, check=False)
    assert ran.returncode == exits, f"{words}: exit {ran.returncode}\n{ran.stderr.decode()}"
    return ran.stdout if exits == 0 else ran.stderr


def plan(model, *more):
    return json.loads(run("plan", model, "--today", "2026-01-01", "--format", "json", *more))


class Bank(unittest.TestCase):
    def test_a_road_map_keeps_all_claims_and_says_why(self):
        rows = list(csv.DictReader(io.StringIO(run("plan", BANK, "--today", "2026-01-01", "--format", "csv").decode())))
        kept = {claim for row in rows for claim in row["claims_kept"].split(";") if claim}
        self.assertEqual(kept, {"atm-no-dns", "core-admin-only-by-jump", "cms-not-by-www", "payments-no-ping"})
        self.assertTrue(all(row["why"] for row in rows))
        self.assertTrue(all(row["accountable"].count("WRL") == 1 for row in rows))
        self.assertLessEqual(float(rows[-1]["end_day"]), 120)

    def test_all_formats(self):
        answer = plan(BANK, "--budget", "20")
        self.assertEqual(answer["schema"], "vauban-plan-1")
        xml.etree.ElementTree.fromstring(run("plan", BANK, "--budget", "20", "--format", "svg").decode())
        self.assertIn("| --- |", run("plan", BANK, "--budget", "20", "--format", "markdown").decode())
        with tempfile.TemporaryDirectory() as folder:
            book = Path(folder) / "plan.xlsx"
            run("plan", BANK, "--budget", "20", "--format", "xlsx", "--output", book)
            self.assertIn("xl/workbook.xml", zipfile.ZipFile(book).namelist())

    def test_wrong_calls(self):
        self.assertIn(b"--standard", run("plan", BANK, "--standard", "cis:ig9", exits=2))
        self.assertIn(b"--role", run("plan", BANK, "--role", "IO-WRL-04=3", exits=2))

    def test_maturity(self):
        answer = json.loads(run("maturity", BANK, "--format", "json"))
        built = {it["pattern"]: it["built"] for it in answer["patterns"]}
        self.assertGreater(built["anti-spoofing"], 0)
        self.assertEqual(answer["reached"], 0)


class Before(unittest.TestCase):
    """The composition comes before any single filter on names, since only it makes the claims provable."""

    def test_the_composition_comes_first(self):
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "bank"
            shutil.copytree(BANK, model)
            hosts = model / "hosts.yaml"
            text = hosts.read_text()
            before = re.sub(r", decides: before-recursing, dnssec: validates", "", text)
            before = re.sub(r", resolves: after-allowing, reverse-lookups: never", "", before)
            self.assertNotEqual(before, text)
            hosts.write_text(before)
            rows = list(csv.DictReader(io.StringIO(
                run("plan", model, "--budget", "120", "--time-limit", "90", "--today", "2026-01-01", "--format", "csv").decode())))
        order = [row["candidate"].split("@")[0] for row in rows]
        self.assertIn("dns-multi-zone", order)
        self.assertIn("name-based-egress-proxy", order)
        last = max(order.index("dns-multi-zone"), order.index("name-based-egress-proxy"))
        for filter_ in SINGLE_FILTERS:
            self.assertNotIn(filter_, order[:last])
        why = " ".join(row["why"] for row in rows)
        self.assertRegex(why, "only together with (name-based-egress-proxy|dns-multi-zone)")
        self.assertIn("neither is enough alone", why)


if __name__ == "__main__":
    unittest.main()
