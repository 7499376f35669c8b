#!/usr/bin/env python3
"""`vauban compile` as a user calls it; that a ruleset equals its matrix is proven by the command itself, where it may
make a network namespace, and by tests/nftables. VAUBAN names the program."""

import json
import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAUBAN = os.environ["VAUBAN"]
MODEL = "examples/multi-zone-dns"


def run(*arguments):
    return subprocess.run([VAUBAN, "compile", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)


class Compile(unittest.TestCase):
    def test_the_examples(self):
        tried = 0
        for model in ("multi-zone-dns", "ntp-hierarchy", "multi-zone-dns/variants/10-ipv6-forgotten.yaml",
                      "multi-zone-dns/variants/09-no-anti-spoofing.yaml"):
            with self.subTest(model=model):
                result = run(f"examples/{model}")
                self.assertEqual(0, result.returncode, result.stderr)
                self.assertRegex(result.stderr, "^(proven|not tried): ")
                tried += result.stderr.startswith("proven")
                self.assertEqual(result.stdout, run(f"examples/{model}", "--unproven").stdout)
        if tried == 0:
            self.skipTest("no network namespaces or no nft here: the rulesets were not loaded")

    def test_lines_of_the_model_stand_in_the_rules(self):
        text = run(MODEL, "--unproven").stdout
        self.assertIn('comment "model.yaml:48"', text)
        rules = json.loads(run(MODEL, "--unproven", "--format", "json").stdout)
        self.assertEqual(text, rules["text"])
        by_line = {rule["line"]: rule["place"] for rule in rules["rules"]}
        number = next(n for n, line in enumerate(text.splitlines(), 1) if "model.yaml:48" in line)
        self.assertEqual(48, by_line[number]["line"])

    def test_interfaces_are_the_callers(self):
        text = run(MODEL, "--unproven", "--interface", "clients=eth1", "--interface", "internet=wan0").stdout
        self.assertIn('iifname "eth1" ip saddr != 10.20.0.0/16 drop', text)
        self.assertIn('"wan0"', text)

    def test_forged_sources_are_dropped_on_entry(self):
        text = run(MODEL, "--unproven", "--interface", "clients=eth1", "--interface", "clients=eth2").stdout
        entry = text[text.index("chain entry"):text.index("chain forward")]
        self.assertIn("type filter hook prerouting priority -450", entry)
        self.assertIn('iifname { "eth1", "eth2" } ip saddr != 10.20.0.0/16 drop', entry)
        self.assertNotIn("ip saddr", run(f"{MODEL}/variants/09-no-anti-spoofing.yaml", "--unproven")
                         .stdout.partition("chain entry")[2].partition("chain forward")[0])

    def test_mistakes(self):
        for arguments, said in ((["--interface", "clinets=eth1"], "did you mean 'clients'?"),
                                (["--interface", "clients"], "expected ZONE=NAME"),
                                (["--device", "fw"], "no device 'fw'"), (["--open", "x"], "no condition 'x'")):
            with self.subTest(arguments=arguments):
                result = run(MODEL, *arguments)
                self.assertEqual(2, result.returncode)
                self.assertIn(said, result.stderr)
                self.assertEqual("", result.stdout)

    def test_strict_refuses_what_is_not_stated(self):
        unstated = "tests/scenarios/truth-01-flat/model.yaml"
        if not (ROOT / unstated).exists():
            unstated = next(str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests/scenarios").glob("*/model.yaml"))
                            if "enforcement:" not in path.read_text() and "links:" not in path.read_text())
        loose, strict = run(unstated, "--unproven"), run(unstated, "--unproven", "--strict")
        self.assertEqual(0, loose.returncode, loose.stderr)
        self.assertEqual(2, strict.returncode)
        self.assertEqual("", strict.stdout)


if __name__ == "__main__":
    unittest.main()
