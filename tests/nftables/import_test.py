#!/usr/bin/env python3
"""`vauban import nft-json`: a listing becomes a model that the other commands take. VAUBAN names the program."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ.get("VAUBAN", "")


def matched(protocol, field, value):
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": field}}, "right": value}}


def prefix(address, length):
    return {"prefix": {"addr": address, "len": length}}


def rule(number, *expressions):
    return {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": number, "expr": list(expressions)}}


LISTING = {"nftables": [
    {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
    {"table": {"family": "inet", "name": "t", "handle": 1}},
    {"chain": {"family": "inet", "table": "t", "name": "f", "handle": 1, "type": "filter", "hook": "forward", "prio": 0,
               "policy": "drop"}},
    rule(2, matched("ip", "saddr", prefix("10.20.0.0", 16)), matched("tcp", "dport", 443), {"accept": None}),
    rule(3, matched("ip", "saddr", prefix("10.30.1.0", 24)), {"limit": {"rate": 5, "per": "second"}}, {"accept": None})]}


class Import(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "fw.json").write_text(json.dumps(LISTING), encoding="utf-8")

    def vauban(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)

    def imported(self, *arguments):
        done = self.vauban("import", "nft-json", "fw.json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        (self.folder / "model.yaml").write_text(done.stdout, encoding="utf-8")
        return done.stdout

    def reached(self, source, service):
        """Whether the model lets the network open a conversation of the service with the internet."""
        done = self.vauban("trace", "model.yaml", "--from", source, "--to", "internet", "--over", service, "--format", "json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)["claims"][0]["verdict"] == "broken"

    def test_the_model_is_taken_and_the_rules_decide(self):
        text = self.imported()
        self.assertEqual(text, self.imported())
        self.assertIn("net-10-20-0-0-16", text)
        self.assertIn("chain: FORWARD", text)
        self.assertIn("# 1 rules could not be read exactly", text)
        self.assertTrue(self.reached("net-10-20-0-0-16", "https"))
        self.assertFalse(self.reached("net-10-20-0-0-16", "ssh"))
        self.assertTrue(self.reached("net-10-30-1-0-24", "ssh"))  # the limit may match

    def test_the_chain_goes_into_the_model(self):
        text = self.imported("--chain", "INPUT")
        self.assertIn("{nft-json: \"fw.json\", chain: INPUT}", text)
        self.assertIn("no chain of the ruleset stands at this hook: everything passes", text)

    def test_mistakes_are_named(self):
        (self.folder / "broken.json").write_text('{"nftables": [\n{"table": 3}]}', encoding="utf-8")
        for arguments, words in ((["nft-json", "missing.json"], ["missing.json", "does not exist"]),
                                 (["nft-json", "broken.json"], ["broken.json:2:"]),
                                 (["nft-json", "fw.json", "--chain", "FORWRD"],
                                  ["'FORWRD' is no hook to import", "forward, input or output"]),
                                 (["nft-jsn", "fw.json"], ["'nft-jsn' is not read", "iptables or nft-json"])):
            done = self.vauban("import", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(done.stdout, "", arguments)
            for word in words:
                self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
