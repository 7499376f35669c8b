#!/usr/bin/env python3
"""`vauban measure`: the detection queue in the loop on models of tests/scenarios (semantics 9), what the seats must
do to it, and calls that are wrong. VAUBAN names the program."""

import json
import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
SCENARIOS = ROOT / "tests" / "scenarios"
# What the models leave open, so that the queue alone decides.
SURE = [word for name in ("telemetry", "healthy", "judged", "response") for word in ("--say", f"{name}=1")]


def run(*words, exits=0):
    ran = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, check=False)
    assert ran.returncode == exits, f"{words}: exit {ran.returncode}\n{ran.stderr.decode()}"
    return ran.stdout if exits == 0 else ran.stderr


def queue(scenario, *more, seats=1):
    return json.loads(run("measure", SCENARIOS / scenario / "model.yaml", "--queue", "--today", "2026-01-01", "--format",
                          "json", "--say", f"seats={seats}", "--say", "deadline=4", *SURE, *more))


def acted_on(answer, technique, at=""):
    return next(it["acted_on"] for it in answer["acted_on"] if (it["technique"], it["at"]) == (technique, at))


def change(answer, name):
    return next(it for it in answer["marginals"] if it["change"] == name)


class TheQueueInTheLoop(unittest.TestCase):
    def test_a_noisy_rule_lowers_what_is_acted_on(self):
        alone, noisy = queue("measure-good-rule"), queue("measure-noisy-rule")
        self.assertLess(acted_on(noisy, "T1021.001")[1], acted_on(alone, "T1021.001")[1] / 2)
        of = change(noisy, "noisy")
        self.assertLess(of["mean_at_best"], 0)
        self.assertLess(min(it["at_best"] for it in of["differences"]), -0.5)
        # It sees what it sees; what it costs is its false alerts.
        self.assertGreater(max(it["at_best"] for it in of["differences"]), 0)
        self.assertGreater(change(noisy, "noisy without its false alerts")["mean_at_best"], 0.5)
        # Taking it away gives back exactly what stands without it.
        self.assertEqual(of["queue_then"]["in_time"], alone["queue"]["in_time"])

    def test_a_decoy_raises_it(self):
        noisy, decoy = queue("measure-noisy-rule"), queue("measure-decoy")
        self.assertTrue(decoy["queue"]["best"]["overloaded"])
        self.assertGreater(acted_on(decoy, "T1021.001", "servers")[0], acted_on(noisy, "T1021.001")[1])
        # Nobody meets it elsewhere.
        self.assertLessEqual(acted_on(decoy, "T1021.001")[1], acted_on(noisy, "T1021.001")[1])
        of = change(decoy, "D3-DUC at servers")
        self.assertGreater(of["mean_at_worst"], 0)
        self.assertGreater(of["mean_at_best"], 0)
        self.assertGreater(decoy["queue"]["decoys_in_time"][0], 0.99)

    def test_seats_take_the_noise_away(self):
        self.assertGreater(acted_on(queue("measure-noisy-rule", seats=4), "T1021.001")[1], 0.99)
        self.assertGreaterEqual(change(queue("measure-noisy-rule", seats=4), "noisy")["mean_at_best"], 0)


class Calls(unittest.TestCase):
    def test_wrong_ones(self):
        model = SCENARIOS / "measure-good-rule" / "model.yaml"
        self.assertIn(b"telemetry", run("measure", model, "--say", "telemetri=1", exits=2))
        self.assertIn(b"T1021.001", run("measure", model, "--technique", "T1021.01", exits=2))
        self.assertIn(b"false-positives", run("measure", model, "--assume", "false-positive", exits=2))
        self.assertIn(b"a date", run("measure", model, "--today", "yesterday", exits=2))
        for said in ("seats", "deadline", "judged"):
            twice = run("measure", model, "--say", f"{said}=1", "--say", f"{said}=0.5", exits=2)
            self.assertIn(b"is said twice", twice)

    def test_the_same_bytes_twice(self):
        model = ROOT / "examples" / "water-utility"
        one = ["measure", model, "--today", "2026-01-01", "--format", "json"]
        self.assertEqual(run(*one), run(*one))


if __name__ == "__main__":
    unittest.main()
