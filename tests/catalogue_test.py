#!/usr/bin/env python3
"""The commands of the catalogue as a user calls them: answers, bad input, packs that are written whole or not at all.

VAUBAN names the program. Official files are looked for in ../shared/data; what needs them says that it was skipped.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared/data"
VAUBAN = os.environ["VAUBAN"]
D3F = "http://d3fend.mitre.org/ontologies/d3fend.owl#"
HEAD = (f"@prefix : <{D3F}> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n:DefensiveTechnique a owl:Class .\n")


def run(*arguments, **options):
    return subprocess.run([VAUBAN, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


HAS_RDF = "without the RDF store" not in run("query", "ASK {}").stderr
needs_rdf = unittest.skipUnless(HAS_RDF, "this program was built without the RDF store")


def official(*names):
    """The files, or a skipped test."""
    paths = [DATA / name for name in names]
    if not all(path.exists() for path in paths):
        raise unittest.SkipTest(f"no {names[0]} in ../shared/data")
    return paths


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="vauban-catalogue-")
        self.addCleanup(scratch.cleanup)
        self.room = Path(scratch.name)

    def write(self, name, text):
        path = self.room / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def refused(self, result, *parts):
        """Exit 2, nothing on the standard output but what a format asks for, one error with its place."""
        self.assertEqual(2, result.returncode, result.stdout + result.stderr)
        for part in parts:
            self.assertIn(part, result.stderr)


class Answers(Folder):
    def test_everything_that_has_an_id_is_explained(self):
        for words in ("T1048.003", "D3-DNSAL", "M1037", "AC-4", "CIS 9.2", "DNSNetworkTraffic", "G0046", "TA0010",
                      "PR.DS-02", "A.8.20", "CCI-000015", "PD-WRL-001", "ntp", "T1562.001", "Harden"):
            with self.subTest(words=words):
                result = run("explain", *words.split(), "--format", "json")
                self.assertEqual(0, result.returncode, result.stderr)
                answer = json.loads(result.stdout)
                self.assertTrue(answer)
                self.assertTrue(run("explain", *words.split()).stdout.strip())

    def test_a_name_nearly_right(self):
        self.refused(run("explain", "T1048.0033"), "did you mean 'T1048.003'?")
        self.refused(run("map", "--over", "ntpp"), "did you mean 'ntp'?")
        self.refused(run("map", "--id", "T9999"), "no technique has the id 'T9999'")
        self.assertEqual(2, run("map", "--view", "sideways").returncode)

    def test_a_gap_has_its_reason(self):
        text = run("explain", "D3-BDI").stdout
        self.assertIn("it acts on no artifact that an attack technique touches (LocalAreaNetworkTraffic)", text)

    def test_over_a_protocol_the_fitting_ones_come_first(self):
        for service in ("ntp", "icmp", "dns", "modbus"):
            with self.subTest(service=service):
                lines = run("map", "--id", "T1048", "--over", service).stdout.splitlines()
                self.assertTrue(lines[1].split()[2] == "exact", lines[1])
                official_rows = run("map", "--id", "T1048").stdout
                self.assertNotIn("may-send-over", official_rows)

    def test_json_and_text_are_the_same_bytes_again(self):
        for call in (("map", "--view", "page", "--format", "json"), ("audit", "--format", "json"), ("audit",),
                     ("explain", "T1048", "--format", "json"), ("knowledge", "info", "--format", "json")):
            with self.subTest(call=call):
                self.assertEqual(run(*call).stdout, run(*call).stdout)

    def test_counts_of_what_ships(self):
        counts = json.loads(run("knowledge", "info", "--format", "json").stdout)["counts"]
        for what, count in {"D3FEND techniques": 249, "attack-enterprise techniques, live": 691,
                            "attack-ics techniques, live": 83, "attack-mobile techniques, live": 124,
                            "800-53 controls, low": 149, "800-53 controls, moderate": 287, "800-53 controls, high": 370,
                            "cis controls": 153, "cis controls, ig1": 56, "cis controls, ig2": 130,
                            "cis controls, ig3": 153, "csf controls": 106, "iso-27001 controls": 93,
                            "work roles": 41}.items():
            self.assertEqual(count, counts[what], what)


@needs_rdf
class Queries(Folder):
    def test_a_mistake_has_its_place(self):
        self.refused(run("query", "SELECT ?a WHERE { ?a ?b "), "<query>:1:")
        wrong = self.write("q.rq", "SELECT ?a\nWHERE { ?a nope:b ?c }")
        self.refused(run("query", "--file", wrong), "q.rq:2:")
        self.refused(run("query", "SELECT * { SERVICE <http://example.com/> { ?s ?p ?o } }"), "SERVICE")
        self.refused(run("query", "INSERT DATA { <a:a> <a:b> <a:c> }"), "error")
        self.refused(run("query"), "a query is expected")

    def test_limits(self):
        many = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        self.refused(run("query", "--time-limit", "0.3", f"SELECT (COUNT(*) AS ?n) {{ {many[9:]} }}"), "time limit")
        result = run("query", "--rows", "3", "--format", "csv", "SELECT ?a { ?a ?b ?c }")
        self.assertEqual(4, len(result.stdout.split()))
        self.assertIn("only the first 3 rows", result.stderr)

    def test_a_version_of_nothing(self):
        self.refused(run("audit", "--as-version", "1.0"), "--as-version", "--d3fend FILE")
        self.refused(run("audit", "--against-version", "1.0"), "--against-version", "--against FILE")

    def test_graphs_and_forms(self):
        for form, query in {"json": "ASK { d3f:T1048 a v:AttackTechnique }", "csv": "SELECT (1 AS ?one) {}",
                            "tsv": "SELECT (1 AS ?one) {}", "turtle": "DESCRIBE d3f:DNSAllowlisting",
                            "ntriples": "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 1"}.items():
            with self.subTest(form=form):
                result = run("query", "--format", form, query)
                self.assertEqual(0, result.returncode, result.stderr)
                self.assertTrue(result.stdout.strip())
        rows = run("query", "--format", "csv", "SELECT (COUNT(*) AS ?n) { GRAPH <urn:vauban:inferred> { ?r a v:Row } }")
        mapped = run("map", "--format", "tsv").stdout.count("\n") - 1
        self.assertEqual(str(mapped), rows.stdout.split()[1])


@needs_rdf
class Files(Folder):
    def test_bad_files(self):
        cases = {
            "cut.ttl": (HEAD + ':A a owl:Class ; :definition "no end', "cut.ttl:5:"),
            "circle.ttl": (HEAD + ":A rdfs:subClassOf :B .\n:B rdfs:subClassOf :A .\n", "circle.ttl:5:1: error: subclasses in a circle"),
            "wide.ttl": (HEAD.encode("utf-16"), "wide.ttl:1:1: error"),
            "other.ttl": ("<a:a> <a:b> <a:c> .", "no class d3f:DefensiveTechnique"),
            "what.doc": (HEAD, "no syntax of RDF has this ending"),
        }
        for name, (text, said) in cases.items():
            with self.subTest(name=name):
                self.refused(run("map", "--d3fend", self.write(name, text)), said)
        self.refused(run("map", "--d3fend", self.room / "nowhere.ttl"), "nowhere.ttl")

    def test_a_class_typed_as_itself_is_none_of_its_instances(self):
        text = HEAD + (":DecoyFile a :DecoyFile, owl:Class ; rdfs:subClassOf :DefensiveTechnique ; :d3fend-id \"D3-DF\" .\n")
        self.assertEqual(0, run("map", "--d3fend", self.write("self.ttl", text)).returncode)

    def test_a_pack_is_there_whole_or_not_at_all(self):
        good = self.write("d3fend.ttl", HEAD)
        bad = self.write("attack.json", '{"type": "bundle", "id": "bundle--1", "objects": [')
        target = self.room / "pack"
        self.refused(run("knowledge", "import", good, bad, "--into", target), "attack.json:1:")
        self.assertFalse(target.exists())
        self.assertEqual(0, run("knowledge", "import", good, "--into", target).returncode)
        before = {path.name: path.read_bytes() for path in target.iterdir()}
        self.refused(run("knowledge", "import", bad, "--into", target), "attack.json")
        self.assertEqual(before, {path.name: path.read_bytes() for path in target.iterdir()})
        info = json.loads(run("knowledge", "info", "--knowledge", target, "--format", "json").stdout)
        self.assertNotIn("D3FEND techniques", info["counts"])
        self.assertEqual({"pack", "d3fend.ttl", "attack.json"}, {path.name for path in self.room.iterdir()})

    def test_a_folder_with_something_else_in_it_is_left_alone(self):
        target = self.room / "mine"
        target.mkdir()
        (target / "thesis.odt").write_text("years of work")
        self.refused(run("knowledge", "import", self.write("d.ttl", HEAD), "--into", target), "thesis.odt")
        self.assertEqual("years of work", (target / "thesis.odt").read_text())

    def test_the_official_tables_byte_for_byte(self):
        ontology, direct, page = official("d3fend/0.17.0/d3fend-protege.ttl", "d3fend/0.17.0/official_def_to_off_0.17.0.tsv",
                                          "d3fend/0.17.0/official_off_to_def_0.17.0.tsv")
        self.assertEqual(direct.read_text(), run("map", "--d3fend", ontology, "--format", "tsv").stdout)
        printed = run("map", "--d3fend", ontology, "--view", "page", "--format", "tsv").stdout.splitlines()
        # The page of T1546 is absent from what was published.
        self.assertEqual(page.read_text().splitlines(), [line for line in printed if not line.endswith("\tT1546")])

    def test_what_is_imported_infers_as_the_file_does(self):
        (ontology, oracle, bundle) = official("d3fend/1.2.0/d3fend-protege.ttl", "d3fend/1.2.0/oracle_offpage_1.2.0.tsv",
                                              "attack/ics-attack.json.xz")
        target = self.room / "pack"
        self.assertEqual(0, run("knowledge", "import", ontology, bundle, "--as-version", "1.2.0", "--attack-version",
                                "18.1", "--into", target).returncode)
        printed = run("map", "--knowledge", target, "--view", "page", "--format", "tsv", "--with-deprecated").stdout
        self.assertEqual(sorted(oracle.read_text().splitlines()[1:]), sorted(printed.splitlines()[1:]))
        self.assertIn("ATT&CK ICS 18.1", run("explain", "--knowledge", target, "T0803").stdout)


if __name__ == "__main__":
    unittest.main()
