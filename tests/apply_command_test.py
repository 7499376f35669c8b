#!/usr/bin/env python3
"""`vauban apply`: what it says became provable is what `vauban verify` says of the model that it wrote; a second time,
wrong calls, and files that are written whole or not at all. VAUBAN names the program."""

import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
BANK = ROOT / "examples" / "bank"
CLOUD = ROOT / "examples" / "cloud-vpc"
FIREWALL = ROOT / "examples" / "imported-firewall"
TODAY = ("--today", "2026-01-01")


def run(*words, **options):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False, **options)


def verdicts(model):
    ran = run("verify", model, *TODAY, "--format", "json")
    assert ran.returncode != 2, ran.stderr
    return {it["id"]: it["verdict"] for it in json.loads(ran.stdout)["claims"]}


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="vauban-apply-")
        self.addCleanup(scratch.cleanup)
        self.room = Path(scratch.name)

    def refused(self, *words, said):
        """Exit 2, nothing on the standard output, nothing written."""
        before = sorted(self.room.rglob("*"))
        ran = run("apply", *words)
        self.assertEqual((2, ""), (ran.returncode, ran.stdout), words)
        for text in said:
            self.assertIn(text, ran.stderr, words)
        self.assertEqual(before, sorted(self.room.rglob("*")))


class Applied(Folder):
    def apply(self, pattern, model, *members):
        out = self.room / f"{pattern}.yaml"
        ran = run("apply", pattern, model, *TODAY, "--output", out, "--format", "json", "--members", *members)
        self.assertIn(ran.returncode, (0, 1), ran.stderr)
        return out, json.loads(ran.stdout), ran.returncode

    def test_what_it_says_is_what_verify_says(self):
        for pattern, model, members in (
                ("icmp-discipline", BANK, ["clients=payments"]),
                ("tiered-administration-bastion", BANK, ["targets=core-data"]),
                ("log-path", BANK, ["sources=atm-lan"]),
                ("name-based-egress-proxy", CLOUD, ["clients=ci"]),
                ("data-diode", CLOUD, ["high=ops", "low=vault"])):
            with self.subTest(pattern=pattern):
                before = verdicts(model)
                out, said, code = self.apply(pattern, model, *members)
                after = verdicts(out)
                self.assertEqual(after, {it["id"]: it["after"] for it in said["claims"]})
                for it in said["claims"]:
                    self.assertEqual(before.get(it["id"], it["before"]), it["before"], it["id"])
                self.assertTrue(any(it["became_provable"] for it in said["claims"]))
                fine = all(it["after"] == "kept" for it in said["claims"] if it["guarantee"])
                lost = any(it["before"] == "kept" != it["after"] for it in said["claims"])
                self.assertEqual(0 if fine and not lost else 1, code)

    def test_a_second_time_changes_nothing(self):
        out, first, _ = self.apply("icmp-discipline", BANK, "clients=payments")
        again = run("apply", "icmp-discipline", out, *TODAY, "--members", "clients=payments", "--format", "json")
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertEqual([], json.loads(again.stdout)["statements"])
        self.assertEqual(first["model"], json.loads(again.stdout)["model"])

    def test_a_place_that_is_gone_once_it_is_built(self):
        out, _, _ = self.apply("private-vlan-clients", CLOUD, "clients=corp")
        self.refused("private-vlan-clients", out, "--members", "clients=corp",
                     said=["it is isolated", "has this pattern among its countermeasures"])

    def test_a_list_that_nothing_takes_is_named(self):
        _, said, _ = self.apply("dns-multi-zone", BANK, "clients=branch-lan", "allowed=x.example")
        self.assertEqual(["allowed"], said["unused"])
        text = run("apply", "dns-multi-zone", BANK, *TODAY, "--members", "clients=branch-lan", "allowed=x.example").stdout
        self.assertIn("allowed of the call is not used: the model states its own", text)
        model = ROOT / "tests" / "patterns" / "dns-multi-zone" / "model.yaml"
        _, said, _ = self.apply("dns-multi-zone", model, "clients=clients", "resolvers=dns-int", "allowed=x.example")
        self.assertEqual([], said["unused"])
        self.assertIn("x.example", said["model"])


class Output(Folder):
    def test_rule_files_are_found_or_nothing_is_written(self):
        call = ("private-vlan-clients", FIREWALL, "--members", "clients=lan", "--output")
        self.refused(*call, self.room / "changed.yaml", said=["--output", "rules/edge.v4", "imported-firewall"])
        shutil.copytree(FIREWALL / "rules", self.room / "rules")
        ran = run("apply", *call, self.room / "changed.yaml")
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertEqual("kept", verdicts(self.room / "changed.yaml")["private-vlan-clients.no-neighbours-lan"])

    def test_where_none_can_be(self):
        call = ("icmp-discipline", BANK, "--members", "clients=payments", "--output")
        self.refused(*call, self.room / "none" / "a.yaml", said=["--output", "is no folder"])
        self.refused(*call, self.room, said=["--output", "is a folder"])

    def test_what_stood_there_stays_where_it_cannot_be_written_whole(self):
        out = self.room / "model.yaml"
        out.write_text("as before\n")

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        ran = run("apply", "icmp-discipline", BANK, *TODAY, "--members", "clients=payments", "--output", out,
                  preexec_fn=little_room)
        self.assertEqual(2, ran.returncode)
        self.assertIn("cannot be written", ran.stderr)
        self.assertEqual("as before\n", out.read_text())
        self.assertEqual([out], list(self.room.iterdir()))


class Mistakes(Folder):
    def test_names_and_what_is_nearest(self):
        for words, said in (
                (["dns-multizone", BANK], ["no pattern is called", "did you mean 'dns-multi-zone'"]),
                (["dns-multi-zone", BANK, "--members", "clients=branch-lann"], ["did you mean 'branch-lan'"]),
                (["dns-multi-zone", BANK, "--members", "client=branch-lan"], ["no member 'client'", "did you mean 'clients'"]),
                (["dns-multi-zone", BANK, "--members", "clients"], ["MEMBER=NAME,NAME"]),
                (["dns-multi-zone", BANK, "--members", "clients=branch-lan", "clients=hq-lan"], ["is there twice"]),
                (["dns-multi-zone", BANK, "--members", "clients=branch-lan,hq-lan"], ["is one zone"]),
                (["dns-multi-zone", BANK, "--members", "clients=internet"], ["it is untrusted"]),
                (["dns-multi-zone", BANK], ["more than one choice", "clients=ONE, of branch-lan"]),
                (["decoy-services", CLOUD, "--members", "asset=order"], ["did you mean 'orders'"]),
                (["anti-spoofing", BANK, "--members", "clients=branch-lan", "protocols=ntpp"],
                 ["(changed)", "did you mean 'ntp'"]),
                (["dns-multi-zone", BANK, "--today", "tomorrow"], ["--today", "a date as"]),
                (["dns-multi-zone"], ["a pattern and a model are expected"])):
            self.refused(*words, said=said)

    def test_a_list_is_only_that(self):
        for words, option in ((["--members", "a=b"], "--members"), (["--output", self.room / "x"], "--output"),
                              (["dns-multi-zone", BANK], "--list")):
            self.refused("--list", *words, said=[option])


if __name__ == "__main__":
    unittest.main()
