#!/usr/bin/env python3
"""`verify --format sarif|junit|html`, as those who read such files read them. VAUBAN names the program."""

import html.parser
import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
EXAMPLE = ROOT / "examples" / "multi-zone-dns"
HOSTILE = "</title><script>alert(1)</script>"
# One claim of each verdict, and text that would be markup if it could.
MODEL = f"""vauban: 1
name: "{HOSTILE}"
zones:
  lan: {{networks: [10.1.0.0/24]}}
  dmz: {{networks: [10.2.0.0/24]}}
  net: {{networks: [0.0.0.0/0], untrusted: true}}
hosts:
  ws: {{zone: lan, address: 10.1.0.5, services: {{}}, client: isolated}}
  dns: {{zone: dmz, address: 10.2.0.2, services: {{dns: {{behaviour: dns-recursive, names: {{allow: [a.example]}}}}}}}}
flows:
  - allow: {{from: lan, to: dns, service: dns}}
  - allow: {{from: dns, to: net, service: dns}}
enforcement: {{anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,
              stateful: {{established: true, related: none, helpers: []}}}}
assets: {{data: {{at: [dns]}}}}
claims:
  - {{id: is-kept, never: {{reach: {{from: net, to: dns, service: any}}}}}}
  - {{id: is-conditional, never: {{channel: {{from: ws, to: net, over: dns}}}}}}
  - {{id: is-broken, never: {{channel: {{from: dns, to: net, over: dns}}}}}}
  - {{id: is-waived, never: {{channel: {{from: dns, to: net, over: dns}}}}, waived-until: 2030-01-01,
     because: "]]><img src=x onerror=alert(1)> & 'quoted'"}}
  - {{id: is-goal, never: {{goal: {{data: data}}}}}}
"""
IDS = ["is-kept", "is-conditional", "is-broken", "is-waived", "is-goal"]
VERDICTS = ["kept", "conditional", "broken", "waived", "kept"]


def vauban(*words, cwd=None):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def example_models():
    """Each example: a folder where the model lies in several files, else every file."""
    for folder in sorted({path.parent for path in (ROOT / "examples").rglob("*.yaml")}):
        if (folder / "hosts.yaml").exists():
            yield folder
        else:
            yield from sorted(folder.glob("*.yaml"))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "sub folder").mkdir()
        (self.folder / "sub folder" / "model.yaml").write_text(MODEL)

    def verify(self, form, *more, model="sub folder/model.yaml", exits=1):
        words = ("verify", model, "--format", form, "--today", "2026-01-01", *more)
        code, out, err = vauban(*words, cwd=self.folder)
        self.assertEqual(exits, code, out + err)
        self.assertEqual((code, out, err), vauban(*words, cwd=self.folder), "two runs say different things")
        return out


class Sarif(Case):
    """What sarif-schema-2.1.0.json requires, and GitHub's "SARIF support for code scanning" besides."""

    def check_message(self, message):
        self.assertTrue(message.get("text") or message.get("id"))

    def check_location(self, location):
        for key in ("message",):
            if key in location:
                self.check_message(location[key])
        physical = location["physicalLocation"]
        self.assertTrue(physical["artifactLocation"]["uri"])
        self.assertNotIn(" ", physical["artifactLocation"]["uri"])
        for value in physical.get("region", {}).values():
            self.assertIsInstance(value, int)
            self.assertGreaterEqual(value, 1)
        return physical

    def check_log(self, text):
        log = json.loads(text)
        self.assertEqual("2.1.0", log["version"])
        self.assertTrue(log["$schema"].endswith("sarif-2.1.0.json"))
        self.assertEqual(1, len(log["runs"]))
        run = log["runs"][0]
        driver = run["tool"]["driver"]
        self.assertEqual("vauban", driver["name"])
        self.assertRegex(driver["version"], r"^\d+\.\d+\.\d+$")
        rules = driver["rules"]
        self.assertEqual(len(rules), len({rule["id"] for rule in rules}))
        for rule in rules:
            self.check_message(rule["shortDescription"])
            self.check_message(rule["fullDescription"])
            self.check_message(rule["help"])
            self.assertIn(rule["defaultConfiguration"]["level"], ("none", "note", "warning", "error"))
        for invocation in run["invocations"]:
            self.assertIsInstance(invocation["executionSuccessful"], bool)
            for note in invocation.get("toolExecutionNotifications", []):
                self.check_message(note["message"])
        for result in run["results"]:
            self.check_message(result["message"])
            self.assertIn(result["level"], ("note", "warning", "error"))
            self.assertEqual(result["ruleId"], rules[result["ruleIndex"]]["id"])
            for location in result.get("locations", []):
                self.check_location(location)
            ids = [location["id"] for location in result.get("relatedLocations", [])]
            self.assertEqual(len(ids), len(set(ids)))
            for location in result.get("relatedLocations", []):
                self.check_location(location)
            for flow in result.get("codeFlows", []):
                self.assertTrue(flow["threadFlows"])
                for thread in flow["threadFlows"]:
                    self.assertTrue(thread["locations"])
                    for step in thread["locations"]:
                        self.check_location(step["location"])
            for suppression in result.get("suppressions", []):
                self.assertIn(suppression["kind"], ("inSource", "external"))
                self.assertIn(suppression["status"], ("accepted", "underReview", "rejected"))
        return run

    def test_a_result_for_each_claim_that_is_not_kept(self):
        run = self.check_log(self.verify("sarif"))
        self.assertTrue(run["invocations"][0]["executionSuccessful"])
        results = {result["properties"]["claim"]: result for result in run["results"]}
        self.assertEqual(
            {"is-conditional": "warning", "is-broken": "error", "is-waived": "note"},
            {name: result["level"] for name, result in results.items()})
        lines = MODEL.splitlines()
        for name, result in results.items():
            physical = self.check_location(result["locations"][0])
            self.assertEqual("sub%20folder/model.yaml", physical["artifactLocation"]["uri"])
            self.assertEqual("%SRCROOT%", physical["artifactLocation"]["uriBaseId"])
            self.assertIn(f"id: {name},", lines[physical["region"]["startLine"] - 1])
            self.assertIn(name, result["message"]["text"])
        steps = results["is-conditional"]["codeFlows"][0]["threadFlows"][0]["locations"]
        at = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
        self.assertEqual(["allow: {from: lan", "allow: {from: dns"], [lines[n - 1][4:21] for n in at])
        self.assertEqual(["accepted"], [s["status"] for s in results["is-waived"]["suppressions"]])

    def test_all_examples(self):
        for model in example_models():
            code, out, _ = vauban("verify", model, "--format", "sarif", cwd=ROOT)
            with self.subTest(model):
                run = self.check_log(out)
                self.assertLess(code, 2)
                self.assertEqual(code == 1, any(r["level"] != "note" for r in run["results"]))
                for result in run["results"]:
                    self.assertTrue(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                                    .startswith("examples/"))

    def test_files_elsewhere_are_named_in_full(self):
        run = self.check_log(self.verify("sarif", model=EXAMPLE / "model.yaml"))
        artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertTrue(artifact["uri"].startswith("file:///"))
        self.assertNotIn("uriBaseId", artifact)

    def test_a_wrong_model(self):
        (self.folder / "wrong.yaml").write_text("vauban: 1\nzonez: {}\n")
        run = self.check_log(self.verify("sarif", model="wrong.yaml", exits=2))
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        self.assertEqual(2, run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"])


class Junit(Case):
    def suite(self, *more, **how):
        root = xml.etree.ElementTree.fromstring(self.verify("junit", *more, **how))
        self.assertEqual("testsuites", root.tag)
        self.assertEqual(1, len(root.findall("testsuite")))
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            for element in (root, suite):
                self.assertEqual(int(element.get(key)), len([c for c in cases if c.find(tag) is not None]))
        self.assertEqual(int(suite.get("tests")), len(cases))
        return suite, {case.get("name"): case for case in cases}

    def test_a_case_for_each_claim(self):
        suite, cases = self.suite()
        self.assertEqual(HOSTILE, suite.get("name"))
        self.assertEqual(IDS, list(cases))
        for case in cases.values():
            self.assertTrue(case.get("classname") and case.get("file") and int(case.get("line")) > 0)
        self.assertEqual("broken", cases["is-broken"].find("failure").get("type"))
        self.assertIn("model.yaml:12: allow: {from: dns", cases["is-broken"].find("failure").text)
        self.assertIn("decides: before-recursing", cases["is-conditional"].find("failure").text)
        self.assertIn("<img src=x onerror=alert(1)> & 'quoted'", cases["is-waived"].find("skipped").get("message"))
        self.assertIsNone(cases["is-goal"].find("failure"))
        self.assertEqual([], [e.tag for e in cases["is-kept"] if e.tag != "system-out"])

    def test_conditional_may_be_allowed(self):
        _, cases = self.suite("--allow-conditional", "--claim", "is-conditional", exits=0)
        self.assertIsNone(cases["is-conditional"].find("failure"))
        self.assertIn("decides: before-recursing", cases["is-conditional"].find("system-out").text)

    def test_a_wrong_model(self):
        (self.folder / "wrong.yaml").write_text("vauban: 1\nzonez: {}\n")
        _, cases = self.suite(model="wrong.yaml", exits=2)
        self.assertIn("zonez", cases["the model can be read"].find("error").text)


class Page(html.parser.HTMLParser):
    """Collects what matters and checks that elements are closed in order."""

    VOID = {"meta", "br", "link", "img", "input", "hr"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.targets, self.attributes = [], [], [], []
        self.words, self.open, self.faults = "", [], []
        self.lang, self.headings, self.badges = None, [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"open at the end: {self.open}")

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag == "html":
            self.lang = names.get("lang")
        if "id" in names:
            self.ids.append(names["id"])
        if "href" in names:
            self.targets.append(names["href"])
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if "badge" in names.get("class", ""):
            self.badges.append(names["class"].split()[1])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words += data


class Html(Case):
    def check_page(self, text):
        page = Page(text)
        self.assertEqual([], page.faults)
        self.assertEqual("en", page.lang)
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        for tag in ("script", "img", "link", "iframe", "object", "embed", "svg", "form"):
            self.assertNotIn(tag, page.tags)
        for tag, name, value in page.attributes:
            self.assertFalse(name.startswith("on"), (tag, name))
            self.assertNotIn(name, ("src", "srcset", "style"))
        for target in page.targets:
            self.assertTrue(target.startswith("#"), target)
            self.assertIn(target[1:], page.ids)
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for name in ("url(", "@import", "http://", "https://"):
            self.assertNotIn(name, text)
        self.assertIn("@media print", text)
        self.assertEqual(1, page.headings.count(1))
        for before, after in zip(page.headings, page.headings[1:]):
            self.assertLessEqual(after, before + 1, "a level of heading is left out")
        return page

    def test_the_page(self):
        page = self.check_page(self.verify("html"))
        self.assertIn(HOSTILE, page.words)
        self.assertIn("<img src=x onerror=alert(1)> & 'quoted'", page.words)
        for name in IDS:
            self.assertGreaterEqual(page.words.count(name), 2, name)
        self.assertEqual(sorted(VERDICTS) * 2, sorted(page.badges[:5]) + sorted(page.badges[5:]))
        for words in ("1 of 5 claims is broken", "Claimed: Nothing can get from ws to net over dns", "model.yaml:11",
                      "decides: before-recursing", "Test it on the real network", "What this rests on",
                      "anti-spoofing is host", "outside the model: timing", "- deny: {from: dns, to: net, service: dns}"):
            self.assertIn(words, page.words)

    def test_all_examples(self):
        for model in example_models():
            with self.subTest(model):
                _, out, _ = vauban("verify", model, "--format", "html", cwd=ROOT)
                page = self.check_page(out)
                _, out, _ = vauban("verify", model, "--format", "json", cwd=ROOT)
                for claim in json.loads(out).get("claims", []):
                    self.assertIn(claim["id"], page.words)

    def test_without_claims_the_page_says_what_can_leave(self):
        (self.folder / "none.yaml").write_text(MODEL.split("claims:")[0])
        page = self.check_page(self.verify("html", model="none.yaml", exits=0))
        self.assertIn("makes no claims", page.words)
        self.assertIn("direct", page.badges)

    def test_a_hostile_id_is_refused_and_escaped(self):
        (self.folder / "bad.yaml").write_text(MODEL.replace("id: is-kept", 'id: "<script>alert(2)</script>"'))
        page = self.check_page(self.verify("html", model="bad.yaml", exits=2))
        self.assertIn("Nothing was judged", page.words)


if __name__ == "__main__":
    unittest.main()
