#!/usr/bin/env python3
"""What the documents say the program prints, it prints.

docs/prestige.md: in a ```console block each line after `$ vauban ...` stands in what that command prints, in this
order; `...` stands for lines left out. docs/queries.md: a ```text block is the answer to the ```sparql block before it,
to the letter; and what can be counted without the graph is counted from the tables of the pack.

VAUBAN names the program.
"""

import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAUBAN = os.environ["VAUBAN"]
PACK = ROOT / "knowledge/pack"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*arguments):
    return subprocess.run([VAUBAN, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


def rows(*names):
    """The rows of tables of the pack, as dictionaries; leading lines are columns, too."""
    for pattern in names:
        for path in sorted(PACK.glob(pattern)):
            fixed, columns = {}, None
            for line in path.read_text().splitlines():
                if columns is None and line.startswith("# "):
                    key, _, value = line[2:].partition(": ")
                    fixed[key] = value
                elif columns is None:
                    columns = line.split("\t")
                else:
                    yield {**fixed, **dict(zip(columns, line.split("\t")))}


def has_rdf():
    return "without the RDF store" not in run("query", "ASK {}").stderr


class Prestige(unittest.TestCase):
    def test_every_command(self):
        blocks = [text for kind, text in BLOCK.findall((ROOT / "docs/prestige.md").read_text()) if kind == "console"]
        self.assertGreater(len(blocks), 10)
        for text in blocks:
            command, *expected = text.splitlines()
            with self.subTest(command=command):
                words = shlex.split(command.removeprefix("$ "))
                self.assertEqual("vauban", words[0])
                printed = [line.rstrip() for line in run(*words[1:]).stdout.splitlines()]
                at, skipping = 0, False
                for line in expected:
                    if line == "...":
                        skipping = True
                        continue
                    if skipping:
                        self.assertIn(line, printed[at:], f"not printed after line {at}")
                        at = printed.index(line, at)
                    self.assertEqual(line, printed[at])
                    at, skipping = at + 1, False


class Queries(unittest.TestCase):
    def setUp(self):
        if not has_rdf():
            self.skipTest("this program was built without the RDF store")
        document = (ROOT / "docs/queries.md").read_text()
        blocks = [block for block in BLOCK.findall(document) if block[0] in ("sparql", "text")]
        self.assertEqual(["sparql", "text"] * (len(blocks) // 2), [kind for kind, _ in blocks])
        self.pairs = [(blocks[i][1], blocks[i + 1][1]) for i in range(0, len(blocks), 2)]

    def answer(self, number):
        lines = self.pairs[number - 1][1].splitlines()
        return [re.split(r" {2,}", line.strip()) for line in lines[2:]]

    def test_every_query(self):
        self.assertGreaterEqual(len(self.pairs), 20)
        for number, (query, answer) in enumerate(self.pairs, 1):
            with self.subTest(query=number):
                form = "turtle" if query.lstrip().startswith(("CONSTRUCT", "DESCRIBE")) else "table"
                result = run("query", "--format", form, query)
                self.assertEqual("", result.stderr)
                self.assertEqual(answer, result.stdout)

    def test_what_fits_an_unencrypted_protocol(self):
        """Query 1 by hand: the inference over the tables, with sets."""
        parents = {}
        for row in rows("ontology-subclasses.tsv"):
            parents.setdefault(row["class"], set()).add(row["parent"])

        def above(name):
            found, todo = set(), [name]
            while todo:
                here = todo.pop()
                if here not in found:
                    found.add(here)
                    todo += parents.get(here, ())
            return found

        over = {}
        for row in rows("ontology-subproperties.tsv"):
            over.setdefault(row["property"], set()).add(row["parent"])
        associates, grown = {"may-be-associated-with"}, True
        while grown:
            more = {p for p, q in over.items() if q & associates} - associates
            associates |= more
            grown = bool(more)
        classes = {row["name"]: row for row in rows("ontology-classes.tsv")}
        touched = set()
        relations = list(rows("ontology-relations.tsv"))
        for row in relations:
            if row["class"] == "T1048.003" and row["property"] in associates:
                touched |= above(row["object"])
        found = {classes[row["class"]]["id"] for row in relations
                 if row["property"] in associates and row["object"] in touched
                 and classes[row["class"]]["kind"] == "defensive" and classes[row["class"]]["id"]
                 and "DigitalArtifact" in above(row["object"])}
        self.assertEqual(sorted(found), sorted(cells[1] for cells in self.answer(1)))

    def test_counts_of_the_tables(self):
        kinds = {row["id"] for row in rows("ontology-classes.tsv") if row["kind"] == "defensive" and row["id"]}
        self.assertEqual(len(kinds), sum(int(cells[1]) for cells in self.answer(2)))
        protocols = list(rows("protocols.tsv"))
        ours = sum(row["ours"] == "1" for row in protocols)
        # `any` is all traffic: D3FEND has that, too.
        self.assertEqual([["false", str(ours)], ["true", str(len(protocols) - ours)]], self.answer(4))

        mitigates = {row["mitigation"] for row in rows("attack-enterprise-mitigates.tsv")
                     if row["technique"] == "T1048"}
        self.assertEqual(sorted(mitigates), [cells[0] for cells in self.answer(9)])

        phishing = {row["from"] for row in rows("crosswalks-ctid-800-53-*.tsv") if row["to"] == "T1566"}
        low = {row["id"] for row in rows("controls-800-53.tsv") if "low" in row["profiles"].split(";")}
        self.assertEqual(phishing & low, {cells[0] for cells in self.answer(10)})

        ransom = {row["from"] for row in rows("crosswalks-cis-attack*.tsv") if row["to"] == "T1486"}
        ig1 = {row["id"] for row in rows("controls-cis.tsv") if "ig1" in row["profiles"].split(";")}
        self.assertEqual(ransom & ig1, {cells[0] for cells in self.answer(11)})

        scored = {row["technique"] for row in rows("scores-*.tsv")}
        tried = {row["technique"] for row in rows("trial-rates.tsv")}
        self.assertEqual([[str(len(scored - tried))]], self.answer(18))

        patents = {row["reference"] for row in rows("ontology-references.tsv") if row["type"] == "PatentReference"}
        on_patent = {row["class"] for row in rows("ontology-citations.tsv") if row["reference"] in patents}
        named = {row["name"] for row in rows("ontology-classes.tsv") if row["kind"] == "defensive" and row["id"]}
        self.assertEqual(len(on_patent & named), sum(int(cells[2]) for cells in self.answer(13)))

        became = {(row["old"], row["new"]) for row in rows("revocations.tsv")
                  if row["old"].startswith("T1562") and row["new"]}
        self.assertEqual(became, {tuple(cells) for cells in self.answer(19)})


if __name__ == "__main__":
    unittest.main()
